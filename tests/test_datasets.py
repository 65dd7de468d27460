"""Data sets: what is embedded, what options make of it, and real downloads from a server of the test's own."""

import gzip
import hashlib
import io
import struct
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

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


def each(images):
    return {image.tobytes() for image in images}


@pytest.mark.parametrize(
    ("name", "whole", "train", "test", "checksums"),
    [
        (
            "mnist_subset",
            "mnist",
            [901, 1027, 891, 932, 880, 763, 914, 970, 844, 878],
            [100] * 10,
            ("dd6f5d51848be1bc", "4933d2086d5e5d96"),
        ),
        ("fashion_mnist_subset", "fashion_mnist", [1000] * 10, [200] * 10, ("6c4e625ef3c853a9", "7ec252a9163a79dc")),
    ],
)
def test_embedded_subsets_are_what_they_say(name, whole, train, test, checksums):
    dataset = datasets[name]()
    assert dataset.available() and dataset.embedded and dataset.subset_of == whole
    assert "subset" in dataset.title and "subset" in dataset.summary()
    assert dataset.class_names == datasets[whole]().class_names
    for images, counts, checksum in zip((dataset.train(), dataset.test()), (train, test), checksums, strict=True):
        assert images.images.shape == (sum(counts), 1, 28, 28) and images.images.dtype == np.uint8
        assert np.bincount(images.labels).tolist() == counts and images.labels.dtype == np.int64
        assert hashlib.sha256(images.images.tobytes() + images.labels.tobytes()).hexdigest().startswith(checksum)
        assert len(set(images.labels[:100].tolist())) == 10, "a stretch holds all classes"
    assert not each(dataset.train().images) & each(dataset.test().images)


def test_digits():
    dataset = datasets["digits"]({"size": 8, "margin": False})
    train, test = dataset.train(), dataset.test()
    assert train.images.shape == (1497, 1, 8, 8) and test.images.shape == (300, 1, 8, 8)
    assert train.images.min() == 0 and train.images.max() == 255
    assert np.bincount(test.labels).tolist() == [30] * 10
    assert not each(train.images) & each(test.images)


@pytest.mark.parametrize(("size", "margin"), [(28, 4), (32, 6), (56, 8)])
def test_digits_lie_in_their_image_as_those_of_mnist(size, margin):
    def around(**options) -> int:
        images = datasets["digits"]({"size": size, "count": 50, **options}).train().images.copy()
        assert images.shape == (50, 1, size, size)
        inner = slice(margin - size // 40, size - margin + size // 40)  # resizing once more spreads an edge by a pixel
        images[:, :, inner, inner] = 0
        return images.max()

    assert around() < 20 and around(margin=False) > 200


def test_held_once_and_read_only():
    images = datasets["mnist_subset"]().train()
    assert datasets["mnist_subset"]().train() is images
    with pytest.raises(ValueError, match="read-only"):
        images.images[0] = 0


def test_listing_data_sets_loads_no_torch():
    code = "import sys; from gandash.registry import parts; [part().available() for part in parts('datasets').values()]; "
    subprocess.run([sys.executable, "-c", code + "assert 'torch' not in sys.modules"], check=True)


def test_options_choose_class_count_size_and_colour():
    options = {"classes": ["Bag", "Trouser"], "count": 31, "size": 32, "colour": True}
    dataset = datasets["fashion_mnist_subset"](options)
    whole = datasets["fashion_mnist_subset"]()
    assert dataset.shape == (3, 32, 32) and dataset.class_names == ("Trouser", "Bag")
    train, test = dataset.train(), dataset.test()
    assert sorted(np.bincount(train.labels)) == [15, 16] and np.bincount(test.labels).tolist() == [200, 200]
    bags = each(whole.test().images[whole.test().labels == 8])
    assert each(test.images[test.labels == 1, :1, 2:30, 2:30]) == bags
    assert (train.images[:, 0] == train.images[:, 2]).all() and not train.images[:, :, :2].any()
    with pytest.raises(ValidationError):
        datasets["fashion_mnist_subset"]({"classes": ["Hat"]})


def test_resizing_is_antialiased_and_keeps_a_flat_colour():
    stripes = np.zeros((1, 3, 64, 64), np.uint8)
    stripes[..., ::2] = 255
    small = _images.resize(stripes, 16)
    assert small.shape == (1, 3, 16, 16) and abs(small[..., 2:-2].astype(int) - 127).max() <= 3, "subsampling would give 0 or 255"
    assert (_images.resize(np.full((2, 1, 28, 28), 77, np.uint8), 64) == 77).all()


@pytest.mark.parametrize("size", [12, 40])
def test_resizing_is_that_of_pillow(size):
    images = np.random.default_rng(0).integers(0, 256, (300, 3, 28, 28), np.uint8)
    resized = _images.resize(images, size)
    for before, after in zip(images[::99], resized[::99], strict=True):
        expected = Image.fromarray(before.transpose(1, 2, 0)).resize((size, size), Image.Resampling.BICUBIC)
        assert (after.transpose(1, 2, 0) == np.asarray(expected)).all()


def test_grey_is_that_of_pillow():
    colour = np.random.default_rng(0).integers(0, 256, (2, 3, 9, 9), np.uint8)
    grey = _images.recolour(colour, colour=False)
    for before, after in zip(colour, grey, strict=True):
        assert (after[0] == np.asarray(Image.fromarray(before.transpose(1, 2, 0)).convert("L"))).all()


labelled = st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.array)


@given(labelled, st.sets(st.sampled_from("abcde")), st.integers(0, 70))
def test_choose_takes_what_there_is_as_evenly_as_it_can(labels, classes, count):
    names, classes = tuple("abcde"), tuple(sorted(classes))
    wanted, renumbered = _images.choose(labels, names, classes, count)
    wanted = np.arange(len(labels)) if wanted is None else wanted
    assert (np.diff(wanted) > 0).all() and len(wanted) == len(renumbered)
    kept = tuple(name for name in names if name in (classes or names))
    assert [kept[label] for label in renumbered] == [names[label] for label in labels[wanted]]
    there = np.bincount(labels, minlength=5)[[names.index(name) for name in kept]]
    taken = np.bincount(renumbered, minlength=len(kept))
    assert taken.sum() == (min(count, there.sum()) if count else there.sum())
    assert all(taken[a] == there[a] or taken[a] >= taken.max() - 1 for a in range(len(kept)))
    if count > 1:
        fewer, _ = _images.choose(labels, names, classes, count - 1)
        assert fewer is None or set(fewer) <= set(wanted)


@given(labelled, st.sampled_from([0.1, 0.5, 1, 3]))
def test_split_is_disjoint_and_holds_out_of_each_class(labels, held_out):
    train, test = _images.split(labels, held_out)
    assert sorted([*train, *test]) == list(range(len(labels)))
    for label in np.unique(labels):
        count, out = (labels == label).sum(), (labels[test] == label).sum()
        assert out == min(held_out, count) if isinstance(held_out, int) else (out >= 1) == (count > 1)


@pytest.mark.parametrize("name", [name for name in datasets if datasets[name].downloadable])
def test_absent_data_set_says_what_to_do(name, data):
    dataset = datasets[name]()
    assert not dataset.available() and dataset.num_classes == {"celeba": 0, "cub200": 200}.get(name, 10)
    with pytest.raises(DatasetUnavailable, match=rf"{data}.*python -m gandash download {name}.*GANDASH_DATA"):
        dataset.train()


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


@given(content=st.binary(max_size=40))
def test_damaged_idx_file_is_told(content, tmp_path_factory):
    from gandash.datasets._idx import read_idx

    for suffix in ("", ".gz"):
        path = tmp_path_factory.mktemp("idx") / f"images{suffix}"
        path.write_bytes(content)
        with pytest.raises(DatasetUnavailable, match="damaged"):
            read_idx(path)


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


@given(st.integers(2, 32), st.floats(0.1, 0.8), st.floats(0.001, 0.04))
def test_ring_lies_on_its_modes(modes, radius, std):
    dataset = datasets["ring"]({"modes": modes, "radius": radius, "std": std, "count": 320})
    train, test, centres = dataset.train(), dataset.test(), dataset.centres()
    assert train.images.shape == (320, 2) and train.images.dtype == np.float32 and len(test) == 64
    assert dataset.num_classes == modes == len(centres) and np.allclose(np.hypot(*centres.T), radius, atol=1e-6)
    assert np.ptp(np.bincount(train.labels, minlength=modes)) <= 1
    assert np.hypot(*(train.images - centres[train.labels]).T).max() < 6 * std
    assert abs(train.images).max() <= 1 and not each(train.images) & each(test.images)
    assert (dataset._draw("train", 320).images == train.images).all()
