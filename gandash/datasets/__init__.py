"""Data sets, one file each. A data set says what its images are, where they come from, and gives them as arrays held once in memory.

Imports nothing heavier than numpy: pages list the data sets before torch is loaded.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field, create_model

from gandash.registry import Options, Part, Registry

Progress = Callable[[float, str], None]  # fraction done in [0, 1], what is being done


class DatasetUnavailable(RuntimeError):
    """The images are not here; the message says in one sentence what to do."""


@dataclass(frozen=True, eq=False)
class Images:
    """Images at rest: ``uint8 (N, C, H, W)``, or ``float32 (N, 2)`` in [-1, 1] for a two-dimensional toy; labels ``int64 (N,)`` or None."""

    images: np.ndarray
    labels: np.ndarray | None = None
    note: str = ""  # what a person should know, such as how many pictures could not be read
    boxes: np.ndarray | None = None  # float32 (N, 4), where it is known what each shows: left, top, right, bottom in pixels of the image

    def __len__(self) -> int:
        return len(self.images)


class Dataset(Part):
    """Base of the data sets."""

    licence: ClassVar[str]  # of the images, in a few words
    source: ClassVar[str]  # where they come from: address or reference
    embedded: ClassVar[bool] = False  # ships with the project
    downloadable: ClassVar[bool] = False  # :meth:`download` knows where to fetch them
    subset_of: ClassVar[str] = ""  # the full data set's registered name, where this is a part of it
    test_from_train: ClassVar[bool] = False  # its held-out images are training images of the full data set
    boxed: ClassVar[bool] = False  # it knows where in each image the object is: :attr:`Images.boxes`

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """``(C, H, W)``, or ``(2,)`` for a toy."""

    @property
    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """One name a label; empty where there are no labels."""

    @property
    def num_classes(self) -> int:
        """0 where there are no labels."""
        return len(self.class_names)

    @abstractmethod
    def available(self) -> bool:
        """Whether :meth:`train` works now, without a download."""

    def missing(self) -> str:
        """What to tell a person where the images are not here, and what to do then."""
        return f"The images of {self.title} are not on this machine."

    def download(self, progress: Progress | None = None) -> None:
        """Fetch the images into :func:`data_folder`. Raises :class:`DatasetUnavailable` where that is not possible."""
        raise DatasetUnavailable(f"{self.title} cannot be downloaded: {self.source}")

    @abstractmethod
    def train(self) -> Images:
        """The training images, read-only. Raises :class:`DatasetUnavailable`."""

    @abstractmethod
    def test(self) -> Images:
        """The held-out images, never trained on, read-only. Raises :class:`DatasetUnavailable`."""


Size = Annotated[
    int,
    Field(
        ge=8,
        le=256,
        title="Size",
        description="Height and width in pixels; 28 becomes 32 by a black border, all else by resizing.",
        examples=[28, 32, 64, 128],
    ),
]
Colour = Annotated[bool, Field(title="Colour", description="Three channels; a grey picture repeats its one. Off: one channel.")]
CLASSES = {"title": "Classes", "description": "Only images of these classes; none chosen means all."}
Count = Annotated[int, Field(ge=0, title="Count", description="Training images to use, spread evenly over the classes; 0 means all.")]


class ImageOptions(Options):
    """At which size and in how many channels the images come, and which of them."""

    size: Size = 28
    colour: Colour = False
    classes: Annotated[tuple[str, ...], Field(**CLASSES)] = ()
    count: Count = 0


def image_options(class_names: tuple[str, ...], size: int = 28, colour: bool = False) -> type[ImageOptions]:
    """:class:`ImageOptions` with a data set's own defaults, and its classes as the only ones to choose from."""
    classes = Annotated[tuple[Literal[class_names], ...], Field(**CLASSES)]
    return create_model("ImageOptions", __base__=ImageOptions, size=(Size, size), colour=(Colour, colour), classes=(classes, ()))


class ImageDataset(Dataset):
    """Base of the data sets of pictures: each comes at any size, in grey or colour, whole or a part by class and by count.

    A data set says where its files are and how they are read as they are stored; the rest, and that images are held once in a process
    until a file changes, is here.
    """

    Options = ImageOptions
    options: ImageOptions
    all_classes: ClassVar[tuple[str, ...]] = ()  # one name a stored label
    where: ClassVar[str] = ""  # what lies in data_folder(): the words for a person who puts the files there

    @property
    def shape(self) -> tuple[int, int, int]:
        return (3 if self.options.colour else 1, self.options.size, self.options.size)

    @property
    def class_names(self) -> tuple[str, ...]:
        chosen = self.options.classes or self.all_classes
        return tuple(name for name in self.all_classes if name in chosen)

    @abstractmethod
    def files(self) -> tuple[Path, ...]:
        """The files that the images are read from; empty where one is missing."""

    @abstractmethod
    def read(self, train: bool) -> Images:
        """All images of the training or the held-out part, as stored. Raises :class:`DatasetUnavailable`."""

    def available(self) -> bool:
        return bool(self.files())

    def train(self) -> Images:
        return self._held(train=True)

    def test(self) -> Images:
        return self._held(train=False)

    def missing(self) -> str:
        return (
            f"{self.title} is not in {data_folder().absolute()}: download it on the Train page or with "
            f"`python -m gandash download {self.name}`, or set GANDASH_DATA to the folder that holds {self.where}."
        )

    def stamp(self) -> Hashable:
        """What changes when the files do; of what ships with the project, the same on every machine.

        Raises :class:`DatasetUnavailable` where they are not here.
        """
        if not (files := self.files()):
            raise DatasetUnavailable(self.missing())
        if self.embedded:
            return tuple((path.name, path.stat().st_size) for path in files)
        return tuple((str(path), status.st_mtime_ns, status.st_size) for path in files for status in [path.stat()])

    def make(self, train: bool) -> Images:
        """The images as the options want them: chosen by class and (training images only) by count, at the size, in grey or colour."""
        from gandash.datasets import _images

        stored = self.read(train)
        chosen, labels = _images.choose(stored.labels, self.all_classes, self.options.classes, self.options.count if train else 0)
        images = stored.images if chosen is None else stored.images[chosen]
        return Images(_images.fit(images, self.options.size, self.options.colour), labels, stored.note)

    def _held(self, train: bool) -> Images:
        from gandash.datasets import _images

        return _images.held((type(self), self.options, self.stamp(), train), lambda: self.make(train))


def data_folder() -> Path:
    """Where downloaded data sets live: ``GANDASH_DATA``, or ``data`` in the working directory."""
    return Path(os.environ.get("GANDASH_DATA", "data")).expanduser()


parts: Registry[Dataset] = Registry(__name__, Dataset)
