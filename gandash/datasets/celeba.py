from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from gandash.datasets import DatasetUnavailable, ImageDataset, Images, Progress, data_folder, image_options

WIDTH, HEIGHT = 178, 218  # of every aligned picture, pixels
PARTS = {"train": 0, "valid": 1, "test": 2}  # in list_eval_partition.txt
LISTED = """
    5_o_Clock_Shadow Arched_Eyebrows Attractive Bags_Under_Eyes Bald Bangs Big_Lips Big_Nose Black_Hair Blond_Hair Blurry Brown_Hair
    Bushy_Eyebrows Chubby Double_Chin Eyeglasses Goatee Gray_Hair Heavy_Makeup High_Cheekbones Male Mouth_Slightly_Open Mustache
    Narrow_Eyes No_Beard Oval_Face Pale_Skin Pointy_Nose Receding_Hairline Rosy_Cheeks Sideburns Smiling Straight_Hair Wavy_Hair
    Wearing_Earrings Wearing_Hat Wearing_Lipstick Wearing_Necklace Wearing_Necktie Young
"""
ATTRIBUTES = tuple(LISTED.split())
IMAGES, PARTITION, ATTRIBUTE_LIST = "img_align_celeba", "list_eval_partition.txt", "list_attr_celeba.txt"


class CelebAOptions(image_options(("no", "yes"), size=64, colour=True)):
    crop: int = Field(
        WIDTH,
        ge=32,
        le=WIDTH,
        title="Crop",
        description="Side in pixels of the square that is cut from the middle of each picture, 178 by 218, before it is resized. 178 is "
        "the PyTorch tutorial's; 108, as in many DCGANs, leaves little but the face.",
    )
    attribute: Literal["none", *ATTRIBUTES] = Field(
        "none", title="Attribute", description="One of 40 yes-or-no attributes that becomes the label: two classes, no and yes."
    )


class CelebA(ImageDataset):
    """Faces of celebrities, aligned by the eyes: 162,770 to train on, 19,962 held out, in colour.

    Liu, Luo, Wang and Tang, "Deep learning face attributes in the wild", 2015. In torchvision's layout below ``celeba``; the zip of
    pictures is read without being unpacked. The official validation part is left out.
    """

    title = "CelebA"
    licence = "non-commercial research only"
    source = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"
    downloadable = True
    where = f"celeba with {IMAGES} (a folder, or the zip) and {PARTITION}"
    all_classes = ("no", "yes")
    Options = CelebAOptions
    options: CelebAOptions

    @property
    def root(self) -> Path:
        return data_folder() / "celeba"

    @property
    def class_names(self) -> tuple[str, ...]:
        if self.options.attribute == "none":
            return ()
        return tuple(f"{self.options.attribute.replace('_', ' ')}: {name}" for name in super().class_names)

    def suits(self, config) -> str | None:
        if self.options.classes and self.options.attribute == "none":
            return "CelebA has classes only where an attribute is chosen; choose one, or no classes."
        return None

    def files(self) -> tuple[Path, ...]:
        pictures = self.root / IMAGES
        found = [pictures if pictures.is_dir() else pictures.with_suffix(".zip"), self.root / PARTITION]
        if self.options.attribute != "none":
            found.append(self.root / ATTRIBUTE_LIST)
        return tuple(found) if all(path.exists() for path in found) else ()

    def missing(self) -> str:
        if self.options.attribute != "none" and type(self)().available():
            return f"{ATTRIBUTE_LIST}, which says who has the attribute {self.options.attribute}, is not in {self.root}: put it there."
        return super().missing()

    def make(self, train: bool) -> Images:
        return self.read(train)  # what is not wanted is not even decoded

    def read(self, train: bool) -> Images:
        from gandash.datasets import _images, _kept, _pictures

        left, top = (WIDTH - self.options.crop) // 2, (HEIGHT - self.options.crop) // 2
        box = (left, top, left + self.options.crop, top + self.options.crop)
        pictures, partition, *attributes = self.files()
        wanted = _partition(partition, PARTS["train" if train else "test"])
        with _pictures.opened(pictures) as source:
            here = {entry.path.rpartition("/")[2]: entry for entry in source.entries}
            names = [name for name in wanted if name in here]
            labels = _labels(attributes[0], self.options.attribute, names) if attributes else np.zeros(len(names), np.int64)
            classes = self.options.classes if attributes else ()
            chosen, labels = _images.choose(labels, self.all_classes, classes, self.options.count if train else 0)
            entries = [replace(here[names[index]], box=box) for index in (range(len(names)) if chosen is None else chosen)]
            stamp = (str(pictures.absolute()), pictures.stat().st_mtime_ns)
            images, good = _kept.pictures(source, entries, self.options.size, self.options.colour, stamp)
        if not len(images):
            raise DatasetUnavailable(f"{pictures} holds none of the pictures that {partition.name} lists: download CelebA again.")
        notes = []
        if len(names) < len(wanted):
            notes.append(f"Only {len(names):,} of {len(wanted):,} pictures are here.")
        if not good.all():
            notes.append(f"{(~good).sum():,} of {len(good):,} pictures could not be read and were left out.")
        return Images(images, labels[good] if attributes else None, " ".join(notes))

    def download(self, progress: Progress | None = None) -> None:
        """From the authors' Google Drive, as torchvision does it; the zip stays as it is."""
        import torchvision.datasets
        from torchvision.datasets.utils import download_file_from_google_drive

        files = [file for file in torchvision.datasets.CelebA.file_list if file[2] in (f"{IMAGES}.zip", PARTITION, ATTRIBUTE_LIST)]
        for done, (file_id, md5, name) in enumerate(sorted(files, key=lambda file: file[2].endswith(".zip"))):
            if progress:
                progress(done / len(files), f"CelebA: {name}" + (", 1.4 GB, which takes a while" if name.endswith(".zip") else ""))
            try:
                download_file_from_google_drive(file_id, self.root, name, md5)
            except Exception as error:  # of many types, which all mean this
                raise DatasetUnavailable(
                    f"{name} could not be downloaded ({error}): Google Drive limits how often it is fetched. Try later, or put "
                    f"{IMAGES}.zip, {PARTITION} and {ATTRIBUTE_LIST} from {self.source} into {self.root}."
                ) from error
        if progress:
            progress(1.0, "CelebA: downloaded")


def _partition(path: Path, part: int) -> list[str]:
    """The names of the pictures of one part, in the file's order, which mixes all persons."""
    rows = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    if any(len(row) != 2 for row in rows):
        raise DatasetUnavailable(f"{path} is damaged: a name and a number were expected in each line.")
    return [name for name, number in rows if int(number) == part]


def _labels(path: Path, attribute: str, names: list[str]) -> np.ndarray:
    """1 where a picture has the attribute, else 0, ``int64 (len(names),)``."""
    _, header, *lines = path.read_text(encoding="utf-8").splitlines()
    column = header.split().index(attribute) + 1
    told = {row[0]: row[column] == "1" for line in lines if (row := line.split())}
    missing = next((name for name in names if name not in told), None)
    if missing:
        raise DatasetUnavailable(f"{path} says nothing of {missing}: download CelebA again.")
    return np.array([told[name] for name in names], np.int64)
