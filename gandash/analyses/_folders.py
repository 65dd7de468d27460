"""Pictures that lie in a folder or a zip, for looking at two kinds of them side by side."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from gandash.analyses._pictures import Pictures
from gandash.datasets import DatasetUnavailable, _kept
from gandash.datasets._pictures import FORMATS, Entry, decode_all, opened
from gandash.datasets.image_folder import picture_folders
from gandash.randomness import derive

SIDES = (32, 128)  # pixels: pictures are brought to their own size within these bounds
_MADE = ("generat", "fake", "synth", "gan", "sample")  # what folders of generated pictures are called


@dataclass(frozen=True)
class PictureSet:
    """All the pictures in a folder or zip and below it. ``content`` is an uploaded zip, or None where ``path`` is on this machine."""

    path: Path
    content: bytes | None = None

    @property
    def count(self) -> int:
        """Pictures. Raises :class:`DatasetUnavailable` where there are none."""
        return len(self.entries())

    def entries(self) -> Sequence[Entry]:
        """Their files in the order of their names. Raises :class:`DatasetUnavailable` where there are none."""
        with opened(self._file) as source:
            return source.entries

    @property
    def digest(self) -> str:
        """Changes when a picture does: of the zip's content, or of the files' names, sizes and times. Raises as :meth:`entries` does."""
        if self.content is not None:
            return hashlib.sha256(self.content).hexdigest()[:32]
        files = [self.path / entry.path for entry in self.entries()]
        if not self.path.is_dir():  # a folder is asked file by file, because a picture that is overwritten leaves it as it was
            files = [self.path]
        told = [(str(file), status.st_size, status.st_mtime_ns) for file in files for status in [file.stat()]]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]

    def side(self) -> int:
        """The pictures' own size in pixels: that of the first that can be read, within :data:`SIDES`."""
        with opened(self._file) as source:
            for entry in source.entries:
                try:
                    with Image.open(io.BytesIO(source.read(entry)), formats=FORMATS) as picture:
                        return int(np.clip(min(picture.size), *SIDES))
                except (UnidentifiedImageError, OSError):
                    continue
        return SIDES[0]

    def read(self, count: int, start: int = 0, shape: tuple[int, ...] | None = None, entries: Sequence[Entry] | None = None) -> Pictures:
        """At most ``count`` pictures from the ``start``-th on of an order that is drawn once; square, all of one ``shape`` ``(C, H, W)``.

        Without ``shape`` they are in colour and of their own size; without ``entries`` they are chosen among all. What cannot be read is
        left out, and the note says so. Raises :class:`DatasetUnavailable` where nothing can; there may be none from ``start`` on.
        """
        entries = self.entries() if entries is None else entries
        order = np.random.default_rng(derive(0, "pictures")).permutation(len(entries))[start : start + count]
        chosen = [entries[index] for index in sorted(order)]
        channels, _, side = shape or (3, 0, self.side())
        if not chosen:
            return Pictures(np.empty((0, channels, side, side), np.uint8))
        with opened(self._file) as source:
            if self.content is None:
                images, good = _kept.pictures(source, chosen, side, channels == 3, (str(self.path.absolute()),))
            else:
                images, good = decode_all(source, chosen, side, channels == 3)
        if not len(images):
            raise DatasetUnavailable(f"None of the {len(chosen):,} pictures in {self.path} could be read: image files were expected.")
        broken = int((~good).sum())
        return Pictures(images, note=f"{broken:,} of {len(good):,} pictures could not be read and were left out." if broken else "")

    @property
    def _file(self) -> Path | BinaryIO:
        if self.content is None:
            return self.path
        file = io.BytesIO(self.content)
        file.name = str(self.path)
        return file


@dataclass(frozen=True)
class PictureFolders(PictureSet):
    """The folders that hold pictures, in one folder or zip."""

    def folders(self) -> dict[str, list[Entry]]:
        """Folder -> the pictures in it and below it. Raises :class:`DatasetUnavailable` for fewer than two folders."""
        found = picture_folders(self._file)
        if len(found) < 2:
            raise DatasetUnavailable(
                f"{self.path} holds one folder of pictures, {', '.join(found)}: two were expected, real and generated."
            )
        return found

    @property
    def counts(self) -> dict[str, int]:
        """Folder -> how many. Raises as :meth:`folders` does."""
        return {name: len(entries) for name, entries in self.folders().items()}

    def guess(self) -> tuple[str, str]:
        """Which folder is real and which is generated, by their names; else the first two."""
        names = list(self.counts)
        made = next((name for name in names if any(word in name.lower() for word in _MADE) and "real" not in name.lower()), None)
        real = next((name for name in names if "real" in name.lower()), None) or next(name for name in names if name != made)
        return real, made or next(name for name in names if name != real)

    def of(self, folder: str, count: int, start: int = 0) -> Pictures:
        """:meth:`read` among the pictures of one folder. Raises as it does, and where there is no such folder."""
        folders = self.folders()
        if folder not in folders:
            raise DatasetUnavailable(f"There is no folder {folder!r} with pictures, but {', '.join(folders)}.")
        found = self.read(count, start, entries=folders[folder])
        return Pictures(found.images, note=f"{folder}: {found.note}" if found.note else "")
