from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import UnidentifiedImageError
from pydantic import Field

from gandash.datasets import DatasetUnavailable, ImageDataset, ImageOptions, Images, Progress, _images, _pictures, data_folder
from gandash.datasets._pictures import Entry, Listing
from gandash.randomness import derive
from gandash.registry import Options

TRAIN, TEST, VALIDATION = {"train", "training"}, {"test", "testing"}, {"val", "valid", "validation"}
HELD_OUT = 0.1  # of the pictures, where no folder says which


class _PathOptions(Options):
    path: str = Field("", title="Path", description="A folder or a zip of pictures; a relative path is looked up in the data folder, too.")


class ImageFolderOptions(ImageOptions, _PathOptions):  # fields of later bases come first: a form begins with the path
    size: int = Field(64, ge=8, le=256, title="Size", description="The shorter side becomes so many pixels, and the middle is cropped.")
    colour: bool = Field(True, title="Colour", description="Three channels; off: one, grey.")


class ImageFolder(ImageDataset):
    """Pictures of your own: a folder or a zip, with a folder a class or without, resized and cropped to a square.

    Where there are folders ``train`` and ``test`` (or ``val``), they are the split; else a tenth of each class is held out. Two or more
    folders below are the classes, unless pictures lie beside them. What cannot be read as a picture is left out and counted.
    """

    title = "Image folder"
    licence = "that of the pictures"
    source = "a folder or a zip on this computer"
    where = "the pictures"
    Options = ImageFolderOptions
    options: ImageFolderOptions

    @property
    def path(self) -> Path:
        """Where the pictures are, as far as the option says: as given, or below the data folder if only that is there."""
        given = Path(self.options.path).expanduser()
        below = data_folder() / given
        return below if not given.exists() and below.exists() else given

    @property
    def class_names(self) -> tuple[str, ...]:
        if self.options.classes:
            return tuple(sorted(self.options.classes))
        return _layout(self._listing()).class_names if self.available() else ()

    def findings(self) -> dict[str, list[str]]:
        """The classes by name, which the networks of a conditional run are built for."""
        return {"classes": list(self.class_names)} if self.class_names else {}

    def suits(self, config) -> str | None:
        try:
            layout = _layout(self._listing())
        except DatasetUnavailable as reason:
            return str(reason)
        unknown = sorted(set(self.options.classes) - set(layout.class_names))
        if unknown:
            there = f"its classes are {', '.join(layout.class_names)}" if layout.class_names else "it has no classes"
            return f"{self.path} has no class {', '.join(unknown)}: {there}."
        return None

    def files(self) -> tuple[Path, ...]:
        return (self.path,) if self.suits(None) is None else ()

    def missing(self) -> str:
        return self.suits(None) or f"{self.path} can be read."

    def download(self, progress: Progress | None = None) -> None:
        raise DatasetUnavailable(self.missing())

    def stamp(self) -> Listing:
        if reason := self.suits(None):
            raise DatasetUnavailable(reason)
        return self._listing()

    def make(self, train: bool) -> Images:
        return self.read(train)  # what is not wanted is not even decoded, and what is decoded has its size

    def read(self, train: bool) -> Images:
        from gandash.datasets import _kept

        layout = _layout(self._listing())
        entries, labels = layout.train if train else layout.test
        count = self.options.count if train else 0
        groups = np.zeros(len(entries), np.int64) if labels is None else labels
        chosen, groups = _images.choose(groups, layout.class_names, () if labels is None else self.options.classes, count)
        entries = entries if chosen is None else [entries[index] for index in chosen]
        with _pictures.opened(self.path) as source:
            images, good = _kept.pictures(source, entries, self.options.size, self.options.colour, (str(self.path.absolute()),))
        if not len(images):
            raise DatasetUnavailable(f"None of the {len(entries):,} pictures in {self.path} could be read: image files were expected.")
        return Images(images, None if labels is None else groups[good], " ".join(filter(None, [layout.note, _broken(good)])))

    def _listing(self) -> Listing:
        if not self.options.path:
            raise DatasetUnavailable("Give the path of a folder or a zip of pictures.")
        return _pictures.listing(self.path)


def _broken(good: np.ndarray) -> str:
    left_out = int((~good).sum())
    return f"{left_out:,} of {len(good):,} pictures could not be read and were left out." if left_out else ""


@dataclass(frozen=True)
class _Layout:
    """What the folders of a listing mean: pictures and labels to train on and held out."""

    class_names: tuple[str, ...]
    train: tuple[list[Entry], np.ndarray | None]
    test: tuple[list[Entry], np.ndarray | None]
    note: str = ""


@lru_cache(maxsize=8)
def _layout(listing: Listing) -> _Layout:
    depth = _shared([entry.folders for entry in listing.entries])
    tops = {entry.folders[depth] for entry in listing.entries if len(entry.folders) > depth}
    train, test = _named(tops, TRAIN), _named(tops, TEST) or _named(tops, VALIDATION)
    if train and test:
        halves = [[entry for entry in listing.entries if entry.folders[depth : depth + 1] == (top,)] for top in (train, test)]
        depth += 1 + _shared([entry.folders[depth + 1 :] for half in halves for entry in half])
        left_out = len(listing.entries) - sum(map(len, halves))
        note = f"{left_out:,} pictures outside of {train} and {test} were left out." if left_out else ""
        names = _classes(halves[0], depth)
        (learnt, labels), held_out = _labelled(halves[0], depth, names), _labelled(halves[1], depth, names)
        return _Layout(names, _shuffled(learnt, labels), _shuffled(*held_out), note)
    if len(listing.entries) < 2:
        raise DatasetUnavailable(f"There is only one picture, {listing.entries[0].path}: two are needed, one of them to be held out.")
    entries = list(listing.entries)
    names = _classes(entries, depth)
    entries, labels = _labelled(entries, depth, names)
    parts = _images.split(np.zeros(len(entries), np.int64) if labels is None else labels, HELD_OUT)
    halves = [([entries[index] for index in part], None if labels is None else labels[part]) for part in parts]
    return _Layout(names, _shuffled(*halves[0]), _shuffled(*halves[1]))


def _shared(folders: list[tuple[str, ...]]) -> int:
    """How many leading folders all paths have in common."""
    return next((depth for depth, names in enumerate(zip(*folders, strict=False)) if len(set(names)) > 1), min(map(len, folders)))


def _named(tops: set[str], names: set[str]) -> str:
    return next((top for top in sorted(tops) if top.lower() in names), "")


def _classes(entries: list[Entry], depth: int) -> tuple[str, ...]:
    """The folders at a depth, if there are several and no picture lies beside them."""
    if any(len(entry.folders) <= depth for entry in entries):
        return ()
    names = sorted({entry.folders[depth] for entry in entries})
    return tuple(names) if len(names) > 1 else ()


def _labelled(entries: list[Entry], depth: int, names: tuple[str, ...]) -> tuple[list[Entry], np.ndarray | None]:
    """Labels by folder; None where there are no classes, or where a picture is of none of them."""
    numbers = {name: number for number, name in enumerate(names)}
    labels = [numbers.get(entry.folders[depth], -1) if len(entry.folders) > depth else -1 for entry in entries]
    return entries, None if -1 in labels else np.array(labels, np.int64)


def _shuffled(entries: list[Entry], labels: np.ndarray | None) -> tuple[list[Entry], np.ndarray | None]:
    """In an order drawn once, so that any stretch of them holds all classes."""
    order = np.random.default_rng(derive(0, "order")).permutation(len(entries))
    return [entries[index] for index in order], None if labels is None else labels[order]


def picture_folders(where: str | Path | BinaryIO) -> dict[str, list[Entry]]:
    """The pictures of a folder or a zip (a path, or an open file such as an upload) by the uppermost folders that tell them apart.

    Pictures that lie beside the folders, or in no folder, stand under the name of what holds them. Raises :class:`DatasetUnavailable`.
    """
    where = Path(where).expanduser() if isinstance(where, str) else where
    with _pictures.opened(where) as source:
        return by_folder(source.entries, getattr(where, "name", "pictures"))


def read_pictures(
    where: str | Path | BinaryIO, size: int, colour: bool = True, folder: str | None = None, limit: int = 0
) -> dict[str, Images]:
    """:func:`picture_folders` with the pictures themselves, ``uint8 (N, C, size, size)``, in the order of their names; no labels.

    ``folder`` reads only that one; ``limit`` takes at most so many of each, drawn with a fixed seed. A folder in which nothing can be read
    is left out, and :class:`DatasetUnavailable` is raised where that leaves none.
    """
    from gandash.datasets import _kept

    where = Path(where).expanduser() if isinstance(where, str) else where
    read = {}
    with _pictures.opened(where) as source:
        folders = by_folder(source.entries, getattr(where, "name", "pictures"))
        if folder is not None and folder not in folders:
            raise DatasetUnavailable(f"There is no folder {folder!r} with pictures, but {', '.join(folders)}.")
        for name in folders if folder is None else [folder]:
            entries = folders[name]
            if limit and limit < len(entries):
                entries = [entries[index] for index in _images.balanced(np.zeros(len(entries)), limit)]
            if isinstance(where, Path):
                images, good = _kept.pictures(source, entries, size, colour, (str(where.absolute()),))
            else:
                images, good = _pictures.decode_all(source, entries, size, colour)
            if len(images):
                read[name] = Images(images, note=_broken(good))
    if not read:
        raise DatasetUnavailable(f"None of the pictures in {getattr(where, 'name', where)} could be read: image files were expected.")
    return read


def read_picture(file: str | Path | bytes | BinaryIO, size: int, colour: bool = True) -> np.ndarray:
    """One picture (a path, its bytes, or an open file such as an upload) -> ``uint8 (C, size, size)``, its middle.

    Raises ``ValueError`` with a sentence for people where it is no picture.
    """
    try:
        if isinstance(file, str | Path):
            content = Path(file).expanduser().read_bytes()
        else:
            content = file if isinstance(file, bytes) else file.read()
        return _pictures.decode(content, size, colour)
    except UnidentifiedImageError as error:
        raise ValueError(f"This is no picture of a kind that can be read: {', '.join(_pictures.FORMATS)}.") from error
    except Exception as error:  # decoders raise a dozen types on a broken file, which all mean this
        raise ValueError(f"This cannot be read as a picture: {error}.") from error


def by_folder(entries: Sequence[Entry], name: str) -> dict[str, list[Entry]]:
    """:func:`picture_folders` of what lies in a place of that name. There is at least one entry."""
    depth = _shared([entry.folders for entry in entries])
    around = Path(name).stem if depth == 0 else entries[0].folders[depth - 1]
    folders: dict[str, list[Entry]] = {}
    for entry in entries:
        folders.setdefault(entry.folders[depth] if len(entry.folders) > depth else around, []).append(entry)
    return folders
