"""Downloads of data sets, real ones from a server of the test's own: by the data set itself and by the Train page's button."""

import gzip
import hashlib
import io
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from conftest import PROJECT
from streamlit.testing.v1 import AppTest

from gandash.datasets import DatasetUnavailable, _images
from gandash.registry import parts

datasets = parts("datasets")


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty data folder, and nothing held from another test."""
    monkeypatch.setenv("GANDASH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _images._cell.cache_clear()
    return tmp_path / "data"


@pytest.fixture
def server():
    """A web server that serves ``server.files``, path -> bytes, and notes in ``server.asked`` what was fetched."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content = self.server.files.get(self.path)
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            if self.command == "GET":
                self.server.asked.append(self.path)
                self.wfile.write(content or b"")

        do_HEAD = do_GET

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.asked, server.url = {}, [], f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def idx(array):
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes())


@pytest.fixture(params=["mnist", "fashion_mnist"])
def published(request, server, monkeypatch):
    """(data set's name, torchvision's class, training images): small archives, published where torchvision is told to look."""
    import torchvision.datasets

    original = getattr(torchvision.datasets, datasets[request.param].folder)
    arrays = [np.random.default_rng(count).integers(0, 256, (count, 28, 28), np.uint8) for count in (40, 20)]
    files = {}
    for part, images in zip(("train", "t10k"), arrays, strict=True):
        files[f"{part}-images-idx3-ubyte.gz"] = idx(images)
        files[f"{part}-labels-idx1-ubyte.gz"] = idx(np.arange(len(images), dtype=np.uint8) % 10)
    server.files = {f"/second/{name}": content for name, content in files.items()}
    monkeypatch.setattr(original, "mirrors", [f"{server.url}/first/", f"{server.url}/second/"])
    monkeypatch.setattr(original, "resources", [(name, hashlib.md5(content).hexdigest()) for name, content in files.items()])
    return request.param, original, arrays[0]


def test_download_of_mnist_and_fashion_mnist(published, server, data):
    name, original, images = published
    dataset, told = datasets[name](), []
    dataset.download(lambda fraction, text: told.append((fraction, text)))
    assert told == sorted(told, key=lambda item: item[0]) and 0 < told[0][0] < 1 and told[-1][0] == 1
    assert dataset.title in told[0][1] and "MB" in told[0][1]
    assert dataset.available() and (dataset.train().images[:, 0] == images).all() and len(dataset.test()) == 20
    assert not list(data.rglob("*.part"))

    server.asked.clear()
    dataset.download()
    theirs = original(data, train=True, download=True)
    assert server.asked == [], "what is there is not fetched again, neither by us nor by torchvision"
    assert (theirs.data.numpy() == images).all() and (dataset.train().images[:, 0] == images).all()


def test_download_of_a_wrong_file_leaves_nothing(published, server, data):
    name, *_ = published
    server.files["/second/train-images-idx3-ubyte.gz"] += b"!"
    with pytest.raises(DatasetUnavailable, match=r"another file than the one expected.*put train-images-idx3-ubyte.gz into"):
        datasets[name]().download()
    assert not [path for path in data.rglob("*") if path.is_file()] and not datasets[name]().available()


def test_download_can_be_called_off(published, data):
    def enough(fraction, text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        datasets[published[0]]().download(enough)
    assert not [path for path in data.rglob("*") if path.is_file()]


def test_download_into_a_place_that_cannot_be_written(published, data):
    data.write_text("a file where the folder should be")
    with pytest.raises(DatasetUnavailable, match=f"{data}.*cannot be written"):
        datasets[published[0]]().download()


def test_download_of_cifar10_is_of_its_binary_version(server, data, monkeypatch):
    random = np.random.default_rng(0)
    names = [f"data_batch_{number}.bin" for number in range(1, 6)] + ["test_batch.bin"]
    images = {name: random.integers(0, 256, (20, 3, 32, 32), np.uint8) for name in names}
    labels = np.arange(20, dtype=np.uint8) % 10
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in [*names, "../../escaped.bin"]:
            content = np.concatenate([labels[:, None], images.get(name, images[names[0]]).reshape(20, -1)], axis=1).tobytes()
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    server.files["/cifar-10-binary.tar.gz"] = buffer.getvalue()
    monkeypatch.setattr(datasets["cifar10"], "url", f"{server.url}/cifar-10-binary.tar.gz")
    monkeypatch.setattr(datasets["cifar10"], "md5", hashlib.md5(buffer.getvalue()).hexdigest())

    dataset, told = datasets["cifar10"](), []
    dataset.download(lambda fraction, text: told.append(fraction))
    assert told == sorted(told) and told[-1] == 1
    train, test = dataset.train(), dataset.test()
    assert {path.name for path in data.parent.rglob("*") if path.is_file()} == set(names), "no archive, no other member"
    assert (train.images == np.concatenate([images[name] for name in names[:5]])).all()
    assert (test.images == images["test_batch.bin"]).all() and (test.labels == labels).all()
    assert datasets["cifar10"]({"classes": ["frog"], "colour": False, "size": 28}).train().images.shape == (10, 1, 28, 28)

    (data / "cifar-10-batches-bin" / "test_batch.bin").write_bytes(b"short")
    with pytest.raises(DatasetUnavailable, match=r"test_batch.bin is damaged"):
        dataset.test()


class TestTheButton:
    """On the Train page, where a run on a data set is set up that is not here."""

    @pytest.fixture
    def form(self, shelf, published):
        test = AppTest.from_file(str(PROJECT / "pages" / "frame.py"), default_timeout=120)
        for name, value in (("run", "digits-dcgan"), ("show", "Set up a run"), ("preset", "one-minute")):
            test.query_params[name] = value
        test.run()
        test.switch_page("2_train.py").run()
        test.selectbox(key="new.one-minute.dataset").set_value(published[0]).run()
        assert not test.exception, [error.value for error in test.exception]
        return test

    def offers(self, form):
        return [button for button in form.button if button.key == "download_dataset"]

    def test_offers_what_is_not_here_fetches_it_and_goes(self, form, published, data):
        name, _, images = published
        dataset = datasets[name]()
        told = next(text.value for text in form.markdown if "not on this machine" in text.value)
        assert dataset.title in told and dataset.source in told and dataset.licence in told
        assert form.button(key="new_start").disabled
        form.button(key="download_dataset").click().run()
        assert not form.exception and not form.error
        assert (dataset.train().images[:, 0] == images).all()
        assert not self.offers(form) and not form.button(key="new_start").disabled

    def test_says_what_went_wrong_and_can_be_pressed_again(self, form, published, server, data):
        kept = server.files.pop("/second/t10k-labels-idx1-ubyte.gz")
        form.button(key="download_dataset").click().run()
        assert not form.exception and "t10k-labels-idx1-ubyte.gz" in form.error[0].value
        assert form.button(key="new_start").disabled
        server.files["/second/t10k-labels-idx1-ubyte.gz"] = kept
        form.button(key="download_dataset").click().run()
        assert not form.error and not self.offers(form) and datasets[published[0]]().available()
