from __future__ import annotations

import os
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from gandash.datasets import DatasetUnavailable, ImageDataset, Images, Progress, data_folder, image_options

RECORD = 1 + 3 * 32 * 32  # bytes: a label, then a red, a green and a blue plane
TRAIN = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST = ("test_batch.bin",)


class CIFAR10(ImageDataset):
    """Small colour photographs of ten kinds of things, 32 by 32: 50,000 to train on, 10,000 held out.

    Krizhevsky, "Learning multiple layers of features from tiny images", 2009. Read from the binary version (the Python version is pickled,
    and pickles run code), else from ``cifar10-jpeg.zip``, whose pictures lie in ``train/<class>`` and ``test/<class>``.
    """

    title = "CIFAR-10"
    licence = "free for research, with citation"
    source = "https://www.cs.toronto.edu/~kriz/cifar.html"
    downloadable = True
    where = "cifar-10-batches-bin or cifar10-jpeg.zip"
    all_classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    Options = image_options(all_classes, size=32, colour=True)

    url = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    md5 = "c32a1d4ab5d03f1284b67883e8d87530"

    def files(self) -> tuple[Path, ...]:
        binary = tuple(data_folder() / "cifar-10-batches-bin" / name for name in (*TRAIN, *TEST))
        if all(path.is_file() for path in binary):
            return binary
        jpeg = data_folder() / "cifar10-jpeg.zip"
        return (jpeg,) if jpeg.is_file() else ()

    def read(self, train: bool) -> Images:
        files = self.files()
        if len(files) == 1:
            return _read_jpeg(files[0], train, self.all_classes)
        records = [_read_binary(path) for path in (files[: len(TRAIN)] if train else files[len(TRAIN) :])]
        whole = np.concatenate(records)
        return Images(whole[:, 1:].reshape(-1, 3, 32, 32), whole[:, 0].astype(np.int64))

    def download(self, progress: Progress | None = None) -> None:
        from gandash.datasets._download import fetch

        archive = data_folder() / self.url.rpartition("/")[2]
        brought = archive.exists()
        fetch(self.title, [([self.url], archive, self.md5)], progress)
        _unpack(archive)
        if not brought:
            archive.unlink()  # 170 MB that are not needed again


def _unpack(archive: Path) -> None:
    """Write the six files, and nothing else that the archive may hold, each whole or not at all."""
    folder = archive.parent / "cifar-10-batches-bin"
    folder.mkdir(exist_ok=True)
    with tarfile.open(archive) as tar, tempfile.TemporaryDirectory(dir=archive.parent, prefix=".unpacking-") as unpacking:
        for name in (*TRAIN, *TEST):
            part = Path(unpacking, name)
            part.write_bytes(tar.extractfile(f"cifar-10-batches-bin/{name}").read())
            os.replace(part, folder / name)


def _read_binary(path: Path) -> np.ndarray:
    content = np.fromfile(path, np.uint8)
    if len(content) % RECORD or not len(content) or content[::RECORD].max() > 9:
        raise DatasetUnavailable(f"{path} is damaged: delete it and download CIFAR-10 again.")
    return content.reshape(-1, RECORD)


def _read_jpeg(path: Path, train: bool, classes: tuple[str, ...]) -> Images:
    """The pictures of ``train/<class>`` or ``test/<class>``, in an order drawn once, so that any stretch of them holds all classes."""
    from gandash.datasets import _kept, _pictures
    from gandash.randomness import derive

    with _pictures.opened(path) as source:
        part = "train" if train else "test"
        folders = {(part, name) for name in classes}
        entries = [entry for entry in source.entries if entry.folders in folders]
        if not entries:
            raise DatasetUnavailable(f"{path} holds no pictures in {part}/<class>, with <class> being one of {', '.join(classes)}.")
        entries = [entries[index] for index in np.random.default_rng(derive(0, "order")).permutation(len(entries))]
        status = path.stat()
        images, good = _kept.pictures(source, entries, 32, True, (str(path.absolute()), status.st_mtime_ns, status.st_size))
    labels = np.array([classes.index(entry.folders[1]) for entry in entries], np.int64)[good]
    left_out = len(entries) - len(labels)
    broken = f" {left_out:,} of {len(entries):,} could not be read and were left out." if left_out else ""
    return Images(images, labels, f"Decoded from {path.name}: JPEG copies of the originals.{broken}")
