"""Pictures of one's own: every layout of a folder and a zip, and everything that can be wrong with them."""

import io
import os
import shutil
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gandash.datasets import DatasetUnavailable, _images, _kept, _pictures
from gandash.datasets.image_folder import picture_folders, read_picture, read_pictures
from gandash.registry import parts

ImageFolder, CIFAR10 = parts("datasets")["image_folder"], parts("datasets")["cifar10"]


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("GANDASH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    _images._cell.cache_clear()
    return tmp_path / "data"


def grey(value, size=(10, 8)):
    return Image.new("RGB", size, (value, value, value))


def levels(images):
    """The grey level of each flat picture, as they were drawn."""
    return sorted(images.images.mean(axis=(1, 2, 3)).round().astype(int).tolist())


def write_zip(path, contents):
    """{name: picture or bytes} as a zip, with the names as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            if not isinstance(content, bytes):
                file = io.BytesIO()
                content.save(file, Image.registered_extensions()[Path(name).suffix.lower()])
                content = file.getvalue()
            archive.writestr(zipfile.ZipInfo(name), content)
    return path


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content) if isinstance(content, bytes) else content.save(path)


@pytest.fixture(params=["folder", "zip"])
def pictures(request, tmp_path):
    """Writes {name: picture or bytes} as a folder or as a zip, and gives its path."""

    def make(contents):
        if request.param == "zip":
            return write_zip(tmp_path / "mine.zip", contents)
        for name, content in contents.items():
            write(tmp_path / "mine" / name, content)
        (tmp_path / "mine").mkdir(exist_ok=True)
        return tmp_path / "mine"

    return make


def opened(path, **options):
    return ImageFolder(dict(path=str(path), size=8, **options))


def test_class_folders_are_classes_and_a_tenth_is_held_out(pictures):
    path = pictures({f"{name}/{n}.png": grey(10 * n + extra) for name, extra in (("cat", 0), ("dog", 5)) for n in range(20)})
    dataset = opened(path)
    assert dataset.available() and dataset.suits(None) is None
    assert dataset.shape == (3, 8, 8) and dataset.class_names == ("cat", "dog")
    train, test = dataset.train(), dataset.test()
    assert np.bincount(train.labels).tolist() == [18, 18] and np.bincount(test.labels).tolist() == [2, 2] and train.note == ""
    assert sorted(levels(train) + levels(test)) == sorted(10 * n + extra for extra in (0, 5) for n in range(20))
    assert all(level % 10 == 5 * label for level, label in zip(train.images[:, 0, 0, 0], train.labels, strict=True))
    dogs = opened(path, classes=["dog"], count=3, colour=False)
    assert dogs.class_names == ("dog",) and dogs.train().images.shape == (3, 1, 8, 8) and not dogs.train().labels.any()
    assert all(level % 10 == 5 for level in levels(dogs.train()))


@pytest.mark.parametrize(
    ("names", "classes", "train", "test", "note"),
    [
        (["1.png", "2.png", "3.png"], (), 2, 1, ""),
        (["campus/1.png", "campus/2.png", "campus/3.png"], (), 2, 1, ""),
        (["a/b/cat/1.png", "a/b/cat/2.png", "a/b/dog/1.png", "a/b/dog/deep/2.png"], ("cat", "dog"), 2, 2, ""),
        (["loose.png", "cat/1.png", "dog/1.png"], (), 2, 1, ""),
        (["x/train/cat/1.png", "x/train/dog/1.png", "x/test/dog/1.png"], ("cat", "dog"), 2, 1, ""),
        (["Train/images/1.png", "Test/images/1.png"], (), 1, 1, ""),
        (["train/cat/1.png", "train/dog/1.png", "test/1.png"], ("cat", "dog"), 2, 1, ""),
        (["train/1.png", "val/1.png", "test/1.png", "test/2.png"], (), 1, 2, "1 pictures outside of train and test"),
        (["train/1.png", "valid/1.png"], (), 1, 1, ""),
        (["1.JPEG", "2.Png", "__MACOSX/1.png", ".hidden.png", ".git/2.png", "._1.png", "notes.txt"], (), 1, 1, ""),
    ],
)
def test_layouts(pictures, names, classes, train, test, note):
    dataset = opened(pictures({name: b"text" if name.endswith("txt") else grey(9) for name in names}))
    assert dataset.class_names == classes
    assert (len(dataset.train()), len(dataset.test())) == (train, test) and note in dataset.train().note
    assert (dataset.train().labels is None) == (classes == ())


def test_broken_pictures_are_left_out_and_counted(pictures):
    file = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(file, "PNG")
    contents = {f"{n}.png": grey(10 * n) for n in range(20)}
    path = pictures({**contents, "cut.png": file.getvalue()[:500], "text.jpg": b"text", "empty.gif": b""})
    train, test = opened(path).train(), opened(path).test()
    assert len(train) + len(test) == 20 and levels(train) + levels(test) and sorted(levels(train) + levels(test)) == list(range(0, 200, 10))
    counted = [int(images.note.split()[0]) if images.note else 0 for images in (train, test)]
    assert sum(counted) == 3 and "of 21 pictures could not be read" in train.note


def test_a_picture_of_too_many_pixels_is_broken(pictures, monkeypatch):
    monkeypatch.setattr(_pictures, "MOST_PIXELS", 100)
    path = pictures({"train/a.png": grey(1), "train/huge.png": grey(2, (20, 20)), "test/b.png": grey(3)})
    assert levels(opened(path).train()) == [1] and "1 of 2" in opened(path).train().note
    monkeypatch.setattr(_pictures, "MOST_BYTES", 10)
    _images._cell.cache_clear()
    with pytest.raises(DatasetUnavailable, match=f"None of the 2 pictures in {path}"):
        opened(path).train()


@pytest.mark.parametrize("contents", [{}, {"readme.txt": b"text"}])
def test_empty_names_the_path_and_what_was_expected(pictures, contents):
    dataset = opened(pictures(contents))
    assert not dataset.available() and dataset.class_names == ()
    for read in (dataset.train, dataset.test, lambda: read_pictures(dataset.path, 8)):
        with pytest.raises(DatasetUnavailable, match=rf"{dataset.path} holds no picture: a folder or a zip of pictures was expected .*png"):
            read()
    assert str(dataset.path) in dataset.suits(None)


def test_what_is_not_there_or_no_zip(tmp_path):
    (tmp_path / "notes.zip").write_text("text")
    assert "Give the path" in ImageFolder().suits(None)
    assert "There is nothing at" in opened(tmp_path / "nowhere").suits(None)
    assert "not a zip that can be read" in opened(tmp_path / "notes.zip").suits(None)
    Image.new("L", (9, 9)).save(tmp_path / "only.png")
    assert "two are needed" in opened(tmp_path).suits(None)
    for name in ("a/1.png", "b/1.png"):
        write(tmp_path / "named" / name, grey(1))
    assert "has no class c: its classes are a, b" in opened(tmp_path / "named", classes=["c"]).suits(None)


def test_relative_path_is_looked_up_in_the_data_folder(data):
    for n in range(2):
        write(data / "mine" / f"{n}.png", grey(n))
    assert len(opened("mine").train()) == 1


def test_a_changed_folder_is_read_again(tmp_path):
    top = tmp_path / "mine"
    for n in range(3):
        write(top / f"{n}.png", grey(n))
    dataset = opened(top)
    first = dataset.train()
    assert dataset.train() is first
    write(top / "3.png", grey(3))
    os.utime(top, ns=(0, 1))  # the clock of a file system may be too coarse to tell
    assert len(dataset.train()) == 3
    shutil.rmtree(top)
    assert not dataset.available()


def test_harmful_names_in_a_zip_touch_no_disk(tmp_path):
    path = write_zip(tmp_path / "in" / "mine.zip", {"/abs/1.png": grey(1), "../../up/2.png": grey(2), "c:\\win\\3.png": grey(3)})
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    before = {file for file in tmp_path.rglob("*") if file.is_file()}
    read = read_pictures(path, 8)
    assert sum(map(len, read.values())) == 3
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == before


def test_a_member_that_is_larger_than_it_declares_is_broken(tmp_path):
    path = write_zip(tmp_path / "mine.zip", {"a.png": grey(1), "b.bmp": grey(2, (64, 64))})
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("b.bmp").file_size
    content = path.read_bytes()
    place = content.rindex(struct.pack("<I", size))  # in the central directory, which readers go by
    path.write_bytes(content[:place] + struct.pack("<I", 60) + content[place + 4 :])
    read = read_pictures(path, 8)["mine"]
    assert len(read) == 1 and "1 of 2" in read.note


def test_shorter_side_is_resized_and_the_middle_cropped():
    wide = np.zeros((64, 160, 3), np.uint8)
    wide[:, 48:112] = [200, 100, 50]  # the middle square
    file = io.BytesIO()
    Image.fromarray(wide).save(file, "PNG")
    pixels = read_picture(file.getvalue(), 32)
    assert pixels.shape == (3, 32, 32) and (pixels[:, :, 2:-2] == np.array([200, 100, 50])[:, None, None]).all()
    assert read_picture(io.BytesIO(file.getvalue()), 32, colour=False).shape == (1, 32, 32)


def test_upright_on_white_and_from_16_bits(tmp_path):
    half = np.zeros((16, 16, 3), np.uint8)
    half[:8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees clockwise to see it upright
    Image.fromarray(half).save(tmp_path / "turned.jpg", exif=exif, quality=95)
    turned = read_picture(tmp_path / "turned.jpg", 16, colour=False)[0]
    assert turned[:, 9:].min() > 240 and turned[:, :7].max() < 15
    Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (read_picture(tmp_path / "clear.png", 8) == 255).all()
    Image.fromarray(np.full((8, 8), 0x8000, np.uint16)).save(tmp_path / "deep.png")
    assert (read_picture(tmp_path / "deep.png", 8) == 128).all()


def test_folders_for_the_embeddings_page(pictures):
    path = pictures({f"{name}/{n}.png": grey(base + n) for name, base in (("real", 100), ("generated", 0)) for n in range(12)})
    assert {name: len(entries) for name, entries in picture_folders(path).items()} == {"generated": 12, "real": 12}
    read = read_pictures(path, 16, colour=False)
    assert list(read) == ["generated", "real"] and read["real"].images.shape == (12, 1, 16, 16)
    assert read["real"].images[:, 0, 0, 0].tolist() == list(range(100, 112)), "2 comes before 10"
    assert list(read_pictures(path, 16, folder="real", limit=5)) == ["real"] and len(read_pictures(path, 16, limit=5)["real"]) == 5
    with pytest.raises(DatasetUnavailable, match="generated, real"):
        read_pictures(path, 16, folder="fake")


def test_an_upload_is_read_like_a_path(tmp_path):
    path = write_zip(tmp_path / "mine.zip", {"real/1.png": grey(7), "generated/1.png": grey(8)})
    read = read_pictures(io.BytesIO(path.read_bytes()), 8)
    assert {name: levels(images) for name, images in read.items()} == {"real": [7], "generated": [8]}
    with pytest.raises(DatasetUnavailable, match="The upload is not a zip"):
        read_pictures(io.BytesIO(b"text"), 8)


def test_much_is_kept_on_disk_and_mapped(pictures, data, monkeypatch):
    path = pictures({"broken.png": b"", **{f"{n}.png": grey(n) for n in range(20)}})
    monkeypatch.setattr(_kept, "FROM", 0)
    train = opened(path).train()
    assert isinstance(train.images, np.memmap) and list((data / ".cache").glob("*/images.npy"))
    monkeypatch.setattr(_kept, "FROM", 1 << 30)
    _images._cell.cache_clear()
    assert (opened(path).train().images == train.images).all() and opened(path).train().note == train.note


def test_kept_arrays_are_thinned(pictures, data, monkeypatch):
    path = pictures({f"{n}.png": grey(n) for n in range(20)})
    monkeypatch.setattr(_kept, "FROM", 0)
    monkeypatch.setattr(_kept, "MOST", 0)
    opened(path).train()
    opened(path, colour=False).train()
    (kept,) = (data / ".cache").iterdir()
    assert np.load(kept / "images.npy").shape[1] == 1, "the newest stays"


@pytest.mark.parametrize("writable", [True, False])
def test_cifar10_from_jpegs_is_decoded_once(data, tmp_path, monkeypatch, writable):
    classes = CIFAR10.all_classes
    data.mkdir()
    pictures = {
        f"{part}/{name}/{number}.jpg": Image.new("RGB", (32, 32), (20 * index, 5, 5))
        for part, many in (("train", 3), ("test", 1))
        for index, name in enumerate(classes)
        for number in range(many)
    }
    write_zip(data / "cifar10-jpeg.zip", {**pictures, "train/frog/broken.jpg": b"no picture"})
    monkeypatch.setattr(_kept, "FROM", 0)
    if not writable:
        data.chmod(0o555)
    train = CIFAR10().train()
    assert train.images.shape == (30, 3, 32, 32) and "1 of 31 could not be read" in train.note and "JPEG" in train.note
    assert abs(train.images[:, 0].mean(axis=(1, 2)) - 20 * train.labels).max() < 3
    assert len(CIFAR10().test()) == 10

    assert len(list((data / ".cache" if writable else tmp_path / "cache" / "gandash").iterdir())) == 2
    _images._cell.cache_clear()
    monkeypatch.setattr(_kept, "decode_all", None)  # would raise if it were called
    again = CIFAR10().train()
    assert isinstance(again.images, np.memmap) and (again.images == train.images).all() and (again.labels == train.labels).all()


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"P5\n", b"II*\x00", b"\xff\xd8\xff\xe0", b"RIFF"]),
)
def test_bytes_that_are_no_picture_or_no_zip_say_so(content, start):
    try:
        assert read_picture(start + content, 8).shape == (3, 8, 8)  # a few bytes can make a picture
    except ValueError as error:
        assert "picture" in str(error) and str(error).endswith(".")
    with pytest.raises(DatasetUnavailable):
        read_pictures(io.BytesIO(b"PK\x03\x04" + content), 8)
