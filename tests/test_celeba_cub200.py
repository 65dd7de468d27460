"""CelebA and CUB-200-2011, each from a small copy in the original layout that the tests make."""

import hashlib
import io
import shutil
import tarfile
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from gandash.config import RunConfig
from gandash.datasets import DatasetUnavailable, _images, _kept, _tar
from gandash.registry import parts

datasets = parts("datasets")
GREEN = np.array([0, 255, 0])


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """An empty data folder, and nothing held from another test."""
    from gandash.datasets import cub200

    (tmp_path / "data").mkdir()
    monkeypatch.setenv("GANDASH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _images._cell.cache_clear()
    cub200._index.cache_clear()
    return tmp_path / "data"


def jpeg(pixels):
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=95, subsampling=0)
    return content.getvalue()


# CelebA

FACES = 12


def face(number):
    """178 by 218: one colour, by the number, within a square of 108 in the middle; black around it."""
    pixels = np.zeros((218, 178, 3), np.uint8)
    pixels[55 : 55 + 108, 35 : 35 + 108] = (20 * number, 255 - 20 * number, 128)
    return pixels


@pytest.fixture
def celeba(data):
    """Pictures 1 to 8 are to train on, 9 validates, 10 to 12 are held out; every third smiles."""
    names = [f"{number:06}.jpg" for number in range(1, FACES + 1)]
    root = data / "celeba"
    root.mkdir()
    with zipfile.ZipFile(root / "img_align_celeba.zip", "w") as archive:
        for number, name in enumerate(names, start=1):
            archive.writestr(f"img_align_celeba/{name}", jpeg(face(number)))
    parts_of = [0] * 8 + [1] + [2] * 3
    (root / "list_eval_partition.txt").write_text("".join(f"{name} {part}\n" for name, part in zip(names, parts_of, strict=True)))
    rows = [f"{name} {-1:>2} {1 if number % 3 == 0 else -1:>2}" for number, name in enumerate(names, start=1)]
    (root / "list_attr_celeba.txt").write_text("\n".join([str(FACES), "Male Smiling", *rows]) + "\n")
    return root


def test_celeba_has_the_official_split_and_is_read_from_the_zip(celeba):
    dataset = datasets["celeba"]({"crop": 108})
    assert dataset.available() and dataset.num_classes == 0 and dataset.shape == (3, 64, 64)
    for images, numbers in ((dataset.train(), range(1, 9)), (dataset.test(), range(10, 13))):
        assert images.labels is None and images.images.shape == (len(numbers), 3, 64, 64)
        expected = [(20 * number, 255 - 20 * number, 128) for number in numbers]
        np.testing.assert_allclose(images.images.astype(int).mean(axis=(2, 3)), expected, atol=3)
    assert {path.name for path in celeba.iterdir()} == {"img_align_celeba.zip", "list_eval_partition.txt", "list_attr_celeba.txt"}


def test_celeba_is_cropped_in_its_middle(celeba):
    whole = datasets["celeba"]({"size": 178}).train().images[3].astype(int)
    inside = whole.sum(axis=0) > 100
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    assert abs(rows[0] - 35) <= 1 and abs(rows[-1] - 142) <= 1 and abs(columns[0] - 35) <= 1 and abs(columns[-1] - 142) <= 1
    assert (datasets["celeba"]({"size": 178, "crop": 108}).train().images[3].astype(int).sum(axis=0) > 100).all()


def test_an_attribute_of_celeba_becomes_two_classes(celeba):
    smiling = datasets["celeba"]({"attribute": "Smiling", "size": 32})
    assert smiling.class_names == ("Smiling: no", "Smiling: yes")
    assert smiling.train().labels.tolist() == [0, 0, 1, 0, 0, 1, 0, 0]
    only = datasets["celeba"]({"attribute": "Smiling", "size": 32, "classes": ["yes"]})
    assert only.class_names == ("Smiling: yes",) and only.test().labels.tolist() == [0]
    np.testing.assert_array_equal(only.train().images, smiling.train().images[[2, 5]])
    assert datasets["celeba"]({"attribute": "Smiling", "count": 4}).train().labels.tolist().count(1) == 2


def test_classes_of_celeba_without_an_attribute_are_refused(celeba):
    config = RunConfig(dataset={"name": "celeba", "options": {"classes": ["yes"]}})
    assert "attribute" in config.problems()["dataset"]
    with pytest.raises(ValidationError):
        datasets["celeba"]({"attribute": "Juggling"})


def test_celeba_can_be_a_folder_that_is_not_complete(celeba):
    with zipfile.ZipFile(celeba / "img_align_celeba.zip") as archive:
        archive.extractall(celeba)
    (celeba / "img_align_celeba.zip").unlink()
    (celeba / "img_align_celeba" / "000002.jpg").unlink()
    (celeba / "img_align_celeba" / "000003.jpg").write_bytes(b"no picture")
    images = datasets["celeba"]({"attribute": "Smiling"}).train()
    assert len(images) == 6 and images.labels.tolist() == [0, 0, 0, 1, 0, 0]
    assert images.note == "Only 7 of 8 pictures are here. 1 of 7 pictures could not be read and were left out."


def test_celeba_says_which_file_is_missing(celeba):
    (celeba / "list_attr_celeba.txt").unlink()
    assert datasets["celeba"]().available()
    with pytest.raises(DatasetUnavailable, match=r"list_attr_celeba\.txt.*Smiling"):
        datasets["celeba"]({"attribute": "Smiling"}).train()
    (celeba / "list_eval_partition.txt").unlink()
    with pytest.raises(DatasetUnavailable, match="python -m gandash download celeba"):
        datasets["celeba"]().train()


def test_celeba_asks_torchvision_for_its_three_files(data, monkeypatch):
    asked, told = [], []
    monkeypatch.setattr("torchvision.datasets.utils.download_file_from_google_drive", lambda *file: asked.append(file))
    datasets["celeba"]().download(lambda done, what: told.append(done))
    assert [(root, name) for _, root, name, _ in asked] == [
        (data / "celeba", name) for name in ("list_attr_celeba.txt", "list_eval_partition.txt", "img_align_celeba.zip")
    ]
    assert all(len(md5) == 32 for *_, md5 in asked)
    assert told == sorted(told) and told[-1] == 1.0

    def refuse(*_):
        raise RuntimeError("quota exceeded")

    monkeypatch.setattr("torchvision.datasets.utils.download_file_from_google_drive", refuse)
    with pytest.raises(DatasetUnavailable, match="quota exceeded"):
        datasets["celeba"]().download()


# CUB-200-2011

BIRDS = [  # kind, whether to train on it, width and height, the box's left, top, width, height
    ("001.Black_footed_Albatross", 1, (200, 100), (120.0, 30.0, 40.0, 20.0)),
    ("001.Black_footed_Albatross", 0, (100, 200), (10.0, 10.0, 30.0, 60.0)),
    ("002.Laysan_Albatross", 1, (160, 120), (40.0, 20.0, 80.0, 80.0)),
    ("200.Common_Yellowthroat", 1, (120, 120), (0.0, 90.0, 30.0, 30.0)),
    ("200.Common_Yellowthroat", 0, (120, 90), (30.0, 30.0, 60.0, 30.0)),
]


def cub_files():
    """Path in the archive -> bytes: a green bird in its box, grey around it."""
    names = [f"{kind}/{kind.partition('.')[2]}_{number:04}_{number}.jpg" for number, (kind, *_) in enumerate(BIRDS, start=1)]
    lists = {
        "images.txt": names,
        "image_class_labels.txt": [int(kind[:3]) for kind, *_ in BIRDS],
        "train_test_split.txt": [train for _, train, _, _ in BIRDS],
        "bounding_boxes.txt": [" ".join(map(str, box)) for *_, box in BIRDS],
    }
    files = {f"CUB_200_2011/{name}": "".join(f"{n} {row}\n" for n, row in enumerate(rows, 1)).encode() for name, rows in lists.items()}
    kinds = dict.fromkeys(kind for kind, *_ in BIRDS)
    files["CUB_200_2011/classes.txt"] = "".join(f"{int(kind[:3])} {kind}\n" for kind in kinds).encode()
    files["CUB_200_2011/README"] = b"The birds."
    files["attributes.txt"] = b"1 has_bill_shape::curved\n"
    for name, (_, _, (width, height), (x, y, w, h)) in zip(names, BIRDS, strict=True):
        pixels = np.full((height, width, 3), 128, np.uint8)
        pixels[int(y) : int(y + h), int(x) : int(x + w)] = GREEN
        files[f"CUB_200_2011/images/{name}"] = jpeg(pixels)
    return files


def tgz(files, strange=()):
    """An archive with the pictures before the lists that name them; ``strange`` members are added as they are."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        for name, data in sorted(files.items(), key=lambda item: not item[0].endswith(".jpg")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        for member, data in strange:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


def unpack(files, data):
    for name, content in files.items():
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_bytes(content)


def green(image):
    """Left, top, right, bottom of what is green, in pixels; the edges are where it is half green."""
    inside = np.abs(image.astype(int) - GREEN[:, None, None]).sum(axis=0) < 128
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


@pytest.mark.parametrize("crop", ["centre", "box"])
def test_the_archive_gives_what_its_folder_gives(data, crop):
    files = cub_files()
    (data / "CUB_200_2011.tgz").write_bytes(tgz(files))
    found = [datasets["cub200"]({"crop": crop, "size": 32}).train()]
    assert not (data / "CUB_200_2011").exists()
    (data / "CUB_200_2011.tgz").unlink()
    unpack(files, data)
    found.append(datasets["cub200"]({"crop": crop, "size": 32}).train())
    for name in ("images", "labels", "boxes"):
        np.testing.assert_array_equal(*(getattr(images, name) for images in found))


def test_birds_have_the_original_split_and_readable_kinds(data):
    (data / "CUB_200_2011.tgz").write_bytes(tgz(cub_files()))
    dataset = datasets["cub200"]()
    assert dataset.num_classes == 200
    assert dataset.class_names[0] == "Black footed Albatross" and dataset.class_names[199] == "Common Yellowthroat"
    assert sorted(dataset.train().labels) == [0, 1, 199] and sorted(dataset.test().labels) == [0, 199]
    two = datasets["cub200"]({"classes": ["Common Yellowthroat", "Black footed Albatross"]})
    assert two.class_names == ("Black footed Albatross", "Common Yellowthroat")
    assert sorted(two.train().labels) == [0, 1]
    assert datasets["cub200"]({"count": 1}).train().images.shape == (1, 3, 64, 64)


@pytest.mark.parametrize("options", [{"crop": "centre"}, {"crop": "box"}, {"crop": "box", "margin": 0.0}], ids=str)
def test_a_bounding_box_is_where_the_bird_is_in_the_crop(data, options):
    unpack(cub_files(), data)
    dataset = datasets["cub200"]({**options, "size": 128})
    for images in (dataset.train(), dataset.test()):
        assert images.boxes.shape == (len(images), 4) and images.boxes.dtype == np.float32
        assert images.boxes.min() >= 0 and images.boxes.max() <= 128 and not images.boxes.flags.writeable
        for image, box in zip(images.images, images.boxes, strict=True):
            if box[2] - box[0] > 1 and box[3] - box[1] > 1:
                np.testing.assert_allclose(green(image), box, atol=2)


def test_a_crop_to_the_box_shows_the_bird_with_its_margin(data):
    unpack(cub_files(), data)
    index = [label for label, *_ in BIRDS].index("002.Laysan_Albatross")
    assert BIRDS[index][3][2:] == (80.0, 80.0)
    tight, wide = (datasets["cub200"]({"crop": "box", "margin": margin, "size": 64}).train() for margin in (0.0, 0.25))
    bird = tight.labels.tolist().index(1)
    np.testing.assert_allclose(tight.boxes[bird], [0, 0, 64, 64])
    np.testing.assert_allclose(wide.boxes[bird], [64 / 6, 64 / 6, 64 * 5 / 6, 64 * 5 / 6], atol=1e-4)


def test_the_archive_is_read_through_once(data, monkeypatch):
    from gandash.datasets import cub200

    monkeypatch.setattr(_kept, "FROM", 1)
    archive = data / "CUB_200_2011.tgz"
    archive.write_bytes(tgz(cub_files()))
    first = datasets["cub200"]().train().images.copy()
    _images._cell.cache_clear()
    cub200._index.cache_clear()
    monkeypatch.setattr(_tar, "members", lambda *_: pytest.fail("the archive was read again"))
    again = datasets["cub200"]().train()
    np.testing.assert_array_equal(again.images, first)
    assert isinstance(again.images.base, np.memmap) or isinstance(again.images, np.memmap)


def test_nothing_of_a_hostile_archive_is_written_anywhere(data, tmp_path):
    up, link = tarfile.TarInfo("../outside.jpg"), tarfile.TarInfo("CUB_200_2011/images/link.jpg")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    above = tarfile.TarInfo("CUB_200_2011/images/../../../above.jpg")
    (data / "CUB_200_2011.tgz").write_bytes(tgz(cub_files(), [(up, b"x"), (link, b""), (above, b"x")]))
    assert len(datasets["cub200"]().train()) == 3
    assert sorted(path.name for path in data.iterdir()) == [".cache", "CUB_200_2011.tgz"]
    assert not list(tmp_path.parent.glob("outside.jpg")) and not list(tmp_path.rglob("above.jpg"))


def test_birds_that_cannot_be_read_are_counted(data):
    files = cub_files()
    broken = next(name for name in files if "Yellowthroat_0004" in name)
    unpack({**files, broken: b"no picture"}, data)
    images = datasets["cub200"]().train()
    assert len(images) == len(images.boxes) == len(images.labels) == 2
    assert images.note == "1 of 3 pictures could not be read and were left out."


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda files: tgz(files)[:-300], "damaged|holds no"),
        (lambda files: tgz({**files, "CUB_200_2011/classes.txt": b"1 001.Cat\n"}), "200 kinds of birds"),
        (lambda files: tgz({name: data for name, data in files.items() if "bounding" not in name}), "holds no bounding_boxes"),
        (lambda files: tgz({**files, "CUB_200_2011/bounding_boxes.txt": b"1 2\n"}), "damaged"),
    ],
    ids=["cut short", "other classes", "no boxes", "half a box"],
)
def test_another_archive_is_refused_with_a_sentence(data, change, word):
    (data / "CUB_200_2011.tgz").write_bytes(change(cub_files()))
    with pytest.raises(DatasetUnavailable, match=word):
        datasets["cub200"]().train()


def test_birds_are_downloaded_from_a_server(data, tmp_path, monkeypatch):
    served = tmp_path / "served"
    served.mkdir()
    content = tgz(cub_files())
    (served / "CUB_200_2011.tgz").write_bytes(content)

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=served)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        dataset = datasets["cub200"]
        monkeypatch.setattr(dataset, "url", f"http://127.0.0.1:{server.server_port}/CUB_200_2011.tgz")
        with pytest.raises(DatasetUnavailable, match="another file"):
            dataset().download()
        assert not dataset().available() and not list(data.glob("*.part"))
        monkeypatch.setattr(dataset, "md5", hashlib.md5(content, usedforsecurity=False).hexdigest())
        told = []
        dataset().download(lambda done, what: told.append(done))
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert told[-1] == 1.0 and dataset().available() and len(dataset().train()) == 3
    shutil.rmtree(served)
