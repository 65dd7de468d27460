"""Pictures that lie in the folders of a folder or of a zip, for looking at two of them side by side."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from gandash.analyses._pictures import Pictures
from gandash.datasets import DatasetUnavailable
from gandash.datasets._pictures import FORMATS, opened
from gandash.datasets.image_folder import picture_folders, read_pictures

SIDES = (32, 128)  # pixels: pictures are brought to their own size within these bounds
_MADE = ("generat", "fake", "synth", "gan", "sample")  # what folders of generated pictures are called


@dataclass(frozen=True)
class PictureFolders:
    """The folders that hold pictures, in one folder or zip. ``content`` is an uploaded zip, or None where ``path`` is on this machine."""

    path: Path
    content: bytes | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Folder -> pictures in it and below it. Raises :class:`DatasetUnavailable` for fewer than two folders."""
        found = {name: len(entries) for name, entries in picture_folders(self._file).items()}
        if len(found) < 2:
            raise DatasetUnavailable(
                f"{self.path} holds one folder of pictures, {', '.join(found)}: two were expected, real and generated."
            )
        return found

    @property
    def digest(self) -> str:
        """Changes when a picture does: of the zip's content, or of the files' names, sizes and times."""
        if self.content is not None:
            return hashlib.sha256(self.content).hexdigest()[:32]
        files = [self.path]
        if self.path.is_dir():  # asked file by file, because a picture that is overwritten leaves its folder as it was
            files = [self.path / entry.path for entries in picture_folders(self.path).values() for entry in entries]
        told = [(str(file), status.st_size, status.st_mtime_ns) for file in files for status in [file.stat()]]
        return hashlib.sha256(repr(told).encode()).hexdigest()[:32]

    def guess(self) -> tuple[str, str]:
        """Which folder is real and which is generated, by their names; else the first two."""
        names = list(self.counts)
        made = next((name for name in names if any(word in name.lower() for word in _MADE) and "real" not in name.lower()), None)
        real = next((name for name in names if "real" in name.lower()), None) or next(name for name in names if name != made)
        return real, made or next(name for name in names if name != real)

    def read(self, folder: str, count: int) -> Pictures:
        """At most ``count`` pictures of one folder, always the same; all in colour, square, of one size.

        What cannot be read is left out, and the note says so. Raises :class:`DatasetUnavailable` where nothing can.
        """
        found = read_pictures(self._file, self._side(), folder=folder, limit=count)[folder]
        return Pictures(found.images, note=f"{folder}: {found.note}" if found.note else "")

    def _side(self) -> int:
        """The pictures' own size: that of the first that can be read."""
        with opened(self._file) as source:
            for entry in source.entries:
                try:
                    with Image.open(io.BytesIO(source.read(entry)), formats=FORMATS) as picture:
                        return int(np.clip(min(picture.size), *SIDES))
                except (UnidentifiedImageError, OSError):
                    continue
        return SIDES[0]

    @property
    def _file(self) -> Path | BinaryIO:
        if self.content is None:
            return self.path
        file = io.BytesIO(self.content)
        file.name = str(self.path)
        return file
