"""Pictures that lie in a folder or a zip, for looking at two kinds of them side by side."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, UnidentifiedImageError

from gandash.analyses._pictures import Pictures
from gandash.datasets import DatasetUnavailable, _kept
from gandash.datasets._pictures import FORMATS, Entry, Listing, decode_all, listing, opened
from gandash.datasets.image_folder import by_folder
from gandash.randomness import derive

SIDES = (32, 128)  # pixels: pictures are brought to their own size within these bounds
_MADE = ("generat", "fake", "synth", "gan", "sample")  # what folders of generated pictures are called


@dataclass(frozen=True, eq=False)
class Upload:
    """An uploaded zip. Keep it as long as the visitor does: it is hashed and listed once."""

    name: str
    content: bytes

    def open(self) -> BinaryIO:
        """It as a file that has its name."""
        file = io.BytesIO(self.content)
        file.name = self.name
        return file

    @cached_property
    def digest(self) -> str:
        """Of the content."""
        return hashlib.sha256(self.content).hexdigest()[:32]

    @cached_property
    def entries(self) -> Sequence[Entry]:
        """Its pictures. Raises :class:`DatasetUnavailable` where there are none, or where it is no zip."""
        with opened(self.open()) as source:
            return source.entries

    @cached_property
    def folders(self) -> dict[str, list[Entry]]:
        """Its pictures by their folders. Raises as :attr:`entries` does."""
        return by_folder(self.entries, self.name)


@lru_cache(maxsize=4)
def _folders_of(listed: Listing, name: str) -> dict[str, list[Entry]]:
    """Of ten thousand pictures and more it takes a while to tell."""
    return by_folder(listed.entries, name)


@dataclass(frozen=True)
class PictureSet:
    """All the pictures in a folder or zip and below it, or those of one ``folder`` in it.

    Folders are called as in :func:`~gandash.datasets.image_folder.picture_folders`. ``upload`` holds them, or is None where ``path`` is on
    this machine.
    """

    path: Path
    upload: Upload | None = None
    folder: str = ""

    @property
    def title(self) -> str:
        """What a person calls it: the name of the folder or zip, and the folder in it."""
        name = self.path.name or str(self.path)
        return f"{name}/{self.folder}" if self.folder and self.folder != name else name

    @classmethod
    def at(cls, path: Path) -> PictureSet:
        """The pictures at a path, which may go on into a zip: ``archive.zip/real``."""
        archive = next((above for above in path.parents if above.is_file()), None)
        return cls(path) if path.exists() or archive is None else cls(archive, folder=path.relative_to(archive).as_posix())

    @property
    def address(self) -> str:
        """The path that :meth:`at` finds it by; of an upload, its name."""
        if not self.folder or not self.path.is_dir():
            return str(self.path / self.folder)
        inside = self.entries()[0].folders
        return str(Path(self.path, *inside[: inside.index(self.folder) + 1])) if self.folder in inside else str(self.path)

    @property
    def count(self) -> int:
        """Pictures. Raises :class:`DatasetUnavailable` where there are none."""
        return len(self.entries())

    def entries(self) -> Sequence[Entry]:
        """Their files in the order of their names. Raises :class:`DatasetUnavailable` where there are none."""
        if not self.folder:
            return self._everything()
        folders = self._folders()
        if self.folder not in folders:
            raise DatasetUnavailable(f"There is no folder {self.folder!r} with pictures in {self.path}, but {', '.join(folders)}.")
        return folders[self.folder]

    def kinds(self) -> dict[str, int]:
        """The folders that lie in it, by name, with how many pictures are in and below each. Raises as :meth:`entries` does."""
        return {name: len(entries) for name, entries in self._folders().items()}

    def _everything(self) -> Sequence[Entry]:
        """Listed once as long as it stays the same."""
        return self.upload.entries if self.upload else listing(self.path).entries

    def _folders(self) -> dict[str, list[Entry]]:
        return self.upload.folders if self.upload else _folders_of(listing(self.path), self.path.name)

    def guess(self) -> tuple[str, str] | None:
        """Which folder is real and which is generated, by their names; else the first and the second of two, or None of more."""
        names = list(self.kinds())
        made = next((name for name in names if any(word in name.lower() for word in _MADE) and "real" not in name.lower()), None)
        real = next((name for name in names if "real" in name.lower()), None)
        if len(names) < 2 or (len(names) > 2 and not (made or real)):
            return None
        real = real or next(name for name in names if name != made)
        return real, made or next(name for name in names if name != real)

    @property
    def digest(self) -> str:
        """Changes when a picture does: of the zip's content, or of the files' names, sizes and times. Raises as :meth:`entries` does."""
        if self.upload:
            return f"{self.upload.digest}{self.folder}"
        entries, files = self.entries(), [self.path]
        if self.path.is_dir():  # file by file, because a picture that is overwritten leaves the folder as it was
            files = [self.path / entry.path for entry in entries]
        told = [(str(file), status.st_size, status.st_mtime_ns) for file in files for status in [file.stat()]]
        return hashlib.sha256((repr(told) + self.folder).encode()).hexdigest()[:32]

    def side(self, within: tuple[int, int] = SIDES) -> int:
        """The pictures' own size in pixels: the shorter side of the first that can be read, brought ``within`` two bounds."""
        entries = self.entries()
        with opened(self._file) as source:
            for entry in entries:
                try:
                    with Image.open(io.BytesIO(source.read(entry)), formats=FORMATS) as picture:
                        return int(np.clip(min(picture.size), *within))
                except (UnidentifiedImageError, OSError):
                    continue
        return within[0]

    def read(
        self,
        count: int,
        start: int = 0,
        shape: tuple[int, ...] | None = None,
        entries: Sequence[Entry] | None = None,
        class_names: tuple[str, ...] = (),
    ) -> Pictures:
        """At most ``count`` pictures from the ``start``-th on of an order that is drawn once; square, all of one ``shape`` ``(C, H, W)``.

        Without ``shape`` they are in colour and of their own size; without ``entries`` they are chosen among all. Where ``class_names``
        are given and every picture lies in a folder of such a name, they are labelled. What cannot be read is left out, and the note says
        so. Raises :class:`DatasetUnavailable` where nothing can; there may be none from ``start`` on.
        """
        entries = self.entries() if entries is None else entries
        order = np.random.default_rng(derive(0, "pictures")).permutation(len(entries))[start : start + count]
        chosen = [entries[index] for index in sorted(order)]
        channels, _, side = shape or (3, 0, self.side())
        if not chosen:
            return Pictures(np.empty((0, channels, side, side), np.uint8))
        with opened(self._file) as source:
            if self.upload is None:
                images, good = _kept.pictures(source, chosen, side, channels == 3, (str(self.path.absolute()),))
            else:
                images, good = decode_all(source, chosen, side, channels == 3)
        if not len(images):
            raise DatasetUnavailable(f"None of the {len(chosen):,} pictures in {self.path} could be read: image files were expected.")
        broken = int((~good).sum())
        note = f"{broken:,} of {len(good):,} pictures in {self.title} could not be read and were left out." if broken else ""
        labels = folder_labels([entry for entry, there in zip(chosen, good, strict=True) if there], class_names)
        return Pictures(images, labels, () if labels is None else class_names, note)

    @property
    def _file(self) -> Path | BinaryIO:
        return self.upload.open() if self.upload else self.path


def folder_labels(entries: Sequence[Entry], class_names: tuple[str, ...]) -> np.ndarray | None:
    """The class of each picture by the innermost folder that has a class's name, ``int64 (N,)``; None unless every picture has one.

    Names are compared by their letters and digits: ``t-shirt_top`` is *T-shirt/top*.
    """
    known = {_letters(name): label for label, name in enumerate(class_names)}
    labels = [next((known[name] for name in map(_letters, reversed(entry.folders)) if name in known), None) for entry in entries]
    return np.array(labels, np.int64) if labels and None not in labels else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name.lower()))
