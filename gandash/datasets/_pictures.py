"""Pictures of any format in a folder or a zip: listed, read without ever being unpacked, decoded in threads."""

from __future__ import annotations

import io
import logging
import os
import re
import zipfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps

from gandash.datasets import DatasetUnavailable
from gandash.datasets._images import RESAMPLING, threads

logger = logging.getLogger(__name__)

SUFFIXES = (".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM")  # Pillow knows more; some of those start other programs
MOST_BYTES = 128 << 20  # of one picture's file: beyond it is no picture, or a bomb
MOST_PIXELS = 100_000_000  # of one picture: a small file can hold more than memory does
NUMBERS = re.compile(r"([0-9]+)")
CHUNK = 64  # pictures that a thread takes at a time


@dataclass(frozen=True)
class Entry:
    """A picture's file: its path below the folder or in the archive, its size in bytes, and when it changed (0 in an archive).

    ``box`` is the part of the picture that is looked at, as left, top, right, bottom in its pixels; None means all of it.
    """

    path: str
    size: int
    changed: int = 0
    box: tuple[int, int, int, int] | None = None

    @property
    def folders(self) -> tuple[str, ...]:
        return tuple(self.path.split("/")[:-1])


def picture_like(path: str) -> bool:
    """Whether a path names a picture; what begins with a dot and what macOS puts into a zip does not."""
    hidden = any((part.startswith(".") and part != "..") or part == "__MACOSX" for part in path.split("/"))
    return path.lower().endswith(SUFFIXES) and not hidden


@dataclass(frozen=True, eq=False)
class Listing:
    """The pictures at a path in the order of their names, and the states of all that was looked at; equal only to itself."""

    entries: tuple[Entry, ...]
    seen: dict[str, tuple[int, int] | None]

    def holds(self) -> bool:
        """Whether nothing was added, removed or renamed since."""
        return all(_state(path) == state for path, state in self.seen.items())


def listing(path: Path) -> Listing:
    """What pictures are at a path; looked up again only where that has changed. Raises as :func:`opened` does."""
    found = _listed(path)
    if not found.holds():
        _listed.cache_clear()
        found = _listed(path)
    return found


@lru_cache(maxsize=8)
def _listed(path: Path) -> Listing:
    if path.is_dir():
        return _expect_some(path, _walk(path))
    seen = {str(path): _state(str(path))}
    with opened(path) as source:
        return Listing(source.entries, seen)


def _state(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None  # gone: unlike any state that was seen
    return status.st_mtime_ns, status.st_size


def _walk(top: Path) -> Listing:
    found, seen = [], {}
    for folder, below, names in os.walk(top):
        seen[folder] = _state(folder)
        below[:] = [name for name in below if not name.startswith(".") and name != "__MACOSX"]
        for name in names:
            path = Path(folder, name)
            inside = path.relative_to(top).as_posix()
            if picture_like(inside) and path.is_file():
                status = path.stat()
                found.append(Entry(inside, status.st_size, status.st_mtime_ns))
    return Listing(tuple(sorted(found, key=_order)), seen)


def _order(entry: Entry) -> tuple:
    """The order of names, with numbers in them by value: 2.jpg comes before 10.jpg."""
    return tuple((int(part), "") if part.isdecimal() and part.isascii() else (-1, part) for part in NUMBERS.split(entry.path))


class Folder:
    """The pictures under a folder; links to folders are not followed."""

    def __init__(self, path: Path):
        self.path, self.entries = path, listing(path).entries

    def read(self, entry: Entry) -> bytes:
        return (self.path / entry.path).read_bytes()

    def close(self) -> None:
        """Nothing is held open."""


class Zip:
    """The pictures in a zip, which is a path or an open file. Members are read, never unpacked, so their names can do no harm."""

    def __init__(self, file: Path | BinaryIO):
        self.archive = zipfile.ZipFile(file)
        members = ((member.filename.replace("\\", "/").lstrip("/"), member) for member in self.archive.infolist())
        self._members = {path: member for path, member in members if picture_like(path)}
        self.entries = tuple(sorted((Entry(path, member.file_size) for path, member in self._members.items()), key=_order))

    def read(self, entry: Entry) -> bytes:
        return self.archive.read(self._members[entry.path])  # gives no more than the size that the member declares

    def close(self) -> None:
        self.archive.close()


Source = Folder | Zip
EXPECTED = "a folder or a zip of pictures was expected"


def _expect_some(name: object, found: Listing | Source):
    if not found.entries:
        kinds = ", ".join(suffix[1:] for suffix in SUFFIXES)
        raise DatasetUnavailable(f"{name} holds no picture: {EXPECTED} (files that end in {kinds}).")
    return found


@contextmanager
def opened(where: Path | BinaryIO) -> Iterator[Source]:
    """The pictures at a path, or in an open zip. Raises :class:`DatasetUnavailable`, naming the path and what was expected."""
    name = where if isinstance(where, Path) else getattr(where, "name", "The upload")
    if isinstance(where, Path) and not where.exists():
        raise DatasetUnavailable(f"There is nothing at {name}: {EXPECTED}.")
    try:
        source = Folder(where) if isinstance(where, Path) and where.is_dir() else Zip(where)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, EOFError) as error:
        raise DatasetUnavailable(f"{name} is not a zip that can be read ({error}): {EXPECTED}.") from error
    except OSError as error:
        raise DatasetUnavailable(f"{name} cannot be read ({error.strerror or error}): {EXPECTED}.") from error
    with closing(source):
        yield _expect_some(name, source)


def decode(content: bytes, size: int, colour: bool, box: tuple[int, int, int, int] | None = None) -> np.ndarray:
    """A picture's file -> ``uint8 (C, size, size)``: upright, transparency on white, its shorter side resized, its middle cropped.

    Where there is a ``box`` (left, top, right, bottom in pixels of the upright picture), the same of what lies in it. Raises what Pillow
    raises on a broken file (of many types), and ``ValueError`` for more pixels than a picture has.
    """
    picture = Image.open(io.BytesIO(content), formats=FORMATS)
    if picture.width * picture.height > MOST_PIXELS:
        raise ValueError(f"{picture.width} by {picture.height} pixels are too many")
    if box is None:
        picture.draft(None, (2 * size, 2 * size))  # a JPEG is decoded at half, a quarter or an eighth where that is plenty
    picture = ImageOps.exif_transpose(picture)
    if box is not None:
        picture = picture.crop(box)
    if picture.mode.startswith("I"):  # 16 bits a channel
        picture = Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    picture = ImageOps.fit(picture.convert("RGB" if colour else "L"), (size, size), RESAMPLING)
    pixels = np.asarray(picture)
    return pixels.transpose(2, 0, 1) if colour else pixels[None]


def decode_all(
    source: Source,
    entries: Sequence[Entry],
    size: int,
    colour: bool,
    out: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The readable ones of ``entries`` as ``uint8 (N, C, size, size)``, and which they are, ``bool (len(entries),)``.

    ``out`` is filled instead of a new array where it is given, and the readable ones are moved to its front.
    """
    if out is None:
        out = np.empty((len(entries), 3 if colour else 1, size, size), np.uint8)
    good = np.zeros(len(entries), bool)

    def work(start: int) -> None:
        for index in range(start, min(start + CHUNK, len(entries))):
            good[index] = _decoded(source, entries[index], size, colour, out[index])

    with ThreadPoolExecutor(threads()) as pool:
        list(pool.map(work, range(0, len(entries), CHUNK)))
    if not good.all():
        for to, index in enumerate(np.flatnonzero(good)):
            out[to] = out[index]
    return out[: good.sum()], good


def _decoded(source: Source, entry: Entry, size: int, colour: bool, out: np.ndarray) -> bool:
    if entry.size > MOST_BYTES:
        return False
    try:
        out[:] = decode(source.read(entry), size, colour, entry.box)
    except Exception as error:  # noqa: BLE001 - decoders raise a dozen types on a broken file; Images.note says how many there were
        logger.warning("%s cannot be read as a picture: %s: %s", entry.path, type(error).__name__, error)
        return False
    return True
