"""Data sets in the IDX format of MNIST (LeCun et al., https://yann.lecun.com/exdb/mnist): four files, plain or gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from abc import abstractmethod
from pathlib import Path
from typing import ClassVar

import numpy as np

from gandash.datasets import DatasetUnavailable, ImageDataset, Images, Progress, data_folder

UNSIGNED_BYTES = 0x08


def read_idx(path: Path) -> np.ndarray:
    """The ``uint8`` array of an IDX file, gzipped where its name ends so. Raises :class:`DatasetUnavailable` where it is damaged."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatasetUnavailable(f"{path} is damaged ({error}): delete it and download it again.") from error
    rank = content[3] if len(content) >= 4 and content[:3] == bytes([0, 0, UNSIGNED_BYTES]) else 0
    shape = tuple(np.frombuffer(content, ">u4", rank, 4).tolist()) if len(content) >= 4 + 4 * rank else ()
    if not rank or len(content) != 4 + 4 * rank + math.prod(shape):
        raise DatasetUnavailable(f"{path} is damaged (not an IDX file of bytes, or cut short): delete it and download it again.")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * rank).reshape(shape)


class IdxDataset(ImageDataset):
    """Base of the data sets whose images and labels are IDX files in one folder."""

    @abstractmethod
    def root(self) -> Path:
        """The folder of the four files."""

    def files(self) -> tuple[Path, ...]:
        names = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]
        found = [next((path for path in (self.root() / name, self.root() / f"{name}.gz") if path.is_file()), None) for name in names]
        return () if None in found else tuple(found)

    def read(self, train: bool) -> Images:
        pixels, labels = (read_idx(path) for path in (self.files()[:2] if train else self.files()[2:]))
        if pixels.ndim != 3 or labels.shape != pixels.shape[:1] or labels.max(initial=0) >= len(self.all_classes):
            raise DatasetUnavailable(f"The files in {self.root()} do not belong together: delete them and download them again.")
        return Images(pixels[:, None], labels.astype(np.int64))


class TorchvisionIdx(IdxDataset):
    """Base of MNIST and its relatives, in torchvision's folders, from the addresses that torchvision knows."""

    downloadable = True
    folder: ClassVar[str]  # torchvision's class, which is also its folder's name

    def root(self) -> Path:
        return data_folder() / self.folder / "raw"

    def download(self, progress: Progress | None = None) -> None:
        import torchvision.datasets

        from gandash.datasets._download import fetch

        original = getattr(torchvision.datasets, self.folder)
        files = [([mirror + name for mirror in original.mirrors], self.root() / name, md5) for name, md5 in original.resources]
        fetch(self.title, files, progress)


class EmbeddedIdx(IdxDataset):
    """Base of the subsets that ship with the project."""

    embedded = True

    def root(self) -> Path:
        return Path(__file__).parent / "embedded" / type(self).__module__.rpartition(".")[2]

    def missing(self) -> str:
        return f"The files of {self.title} are missing in {self.root()}: install GANdash again."
