from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
from pydantic import Field

from gandash.datasets import ImageDataset, Images, image_options

NAMES = tuple("0123456789")
MARGIN = 4  # pixels of 28, around a digit of 20: LeCun et al., "Gradient-based learning applied to document recognition", 1998, III.A


class DigitsOptions(image_options(NAMES)):
    margin: bool = Field(
        True,
        title="Margin",
        description="A black border of a seventh of the side, as MNIST has. Without it the digits fill the image, and what was trained on "
        "MNIST misreads every third.",
    )


class Digits(ImageDataset):
    """Scikit-learn's handwritten digits, 8 by 8 and grey: 1,497 to train on, 300 (30 a class) held out.

    They are the test part of "Optical Recognition of Handwritten Digits", a subset of it: Alpaydin, Kaynak, 1998.
    """

    title = "Digits, subset"
    licence = "CC BY 4.0; scikit-learn BSD-3-Clause"
    source = "https://archive.ics.uci.edu/dataset/80"
    embedded = True
    all_classes = NAMES
    Options = DigitsOptions
    options: DigitsOptions

    def files(self) -> tuple[Path, ...]:
        found = importlib.util.find_spec("sklearn")
        return (Path(found.origin),) if found else ()

    def missing(self) -> str:
        return "Digits comes with scikit-learn, which is not installed: `pip install scikit-learn`."

    def read(self, train: bool) -> Images:
        from sklearn.datasets import load_digits

        from gandash.datasets._images import resize, split

        bunch = load_digits()
        part = split(bunch.target, held_out=30)[0 if train else 1]
        pixels = np.rint(bunch.images[part] * (255 / 16)).astype(np.uint8)  # stored as counts from 0 to 16
        images = pixels[:, None]
        if self.options.margin:  # they lie in 28 pixels as MNIST's do, so that every other size is made of that as MNIST's is
            images = np.pad(resize(images, 28 - 2 * MARGIN), ((0, 0), (0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN)))
        return Images(images, bunch.target[part].astype(np.int64))
