from __future__ import annotations

import io
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError
from pydantic import Field

from gandash.datasets import DatasetUnavailable, ImageDataset, Images, Progress, _images, _kept, _pictures, _tar, data_folder, image_options
from gandash.datasets._pictures import FORMATS, Entry
from gandash.randomness import derive

TOP, IMAGES = "CUB_200_2011", "images"
LISTS = ("images.txt", "image_class_labels.txt", "train_test_split.txt", "bounding_boxes.txt", "classes.txt")
KINDS = """
    Black_footed_Albatross Laysan_Albatross Sooty_Albatross Groove_billed_Ani Crested_Auklet Least_Auklet Parakeet_Auklet
    Rhinoceros_Auklet Brewer_Blackbird Red_winged_Blackbird Rusty_Blackbird Yellow_headed_Blackbird Bobolink Indigo_Bunting Lazuli_Bunting
    Painted_Bunting Cardinal Spotted_Catbird Gray_Catbird Yellow_breasted_Chat Eastern_Towhee Chuck_will_Widow Brandt_Cormorant
    Red_faced_Cormorant Pelagic_Cormorant Bronzed_Cowbird Shiny_Cowbird Brown_Creeper American_Crow Fish_Crow Black_billed_Cuckoo
    Mangrove_Cuckoo Yellow_billed_Cuckoo Gray_crowned_Rosy_Finch Purple_Finch Northern_Flicker Acadian_Flycatcher Great_Crested_Flycatcher
    Least_Flycatcher Olive_sided_Flycatcher Scissor_tailed_Flycatcher Vermilion_Flycatcher Yellow_bellied_Flycatcher Frigatebird
    Northern_Fulmar Gadwall American_Goldfinch European_Goldfinch Boat_tailed_Grackle Eared_Grebe Horned_Grebe Pied_billed_Grebe
    Western_Grebe Blue_Grosbeak Evening_Grosbeak Pine_Grosbeak Rose_breasted_Grosbeak Pigeon_Guillemot California_Gull
    Glaucous_winged_Gull Heermann_Gull Herring_Gull Ivory_Gull Ring_billed_Gull Slaty_backed_Gull Western_Gull Anna_Hummingbird
    Ruby_throated_Hummingbird Rufous_Hummingbird Green_Violetear Long_tailed_Jaeger Pomarine_Jaeger Blue_Jay Florida_Jay Green_Jay
    Dark_eyed_Junco Tropical_Kingbird Gray_Kingbird Belted_Kingfisher Green_Kingfisher Pied_Kingfisher Ringed_Kingfisher
    White_breasted_Kingfisher Red_legged_Kittiwake Horned_Lark Pacific_Loon Mallard Western_Meadowlark Hooded_Merganser
    Red_breasted_Merganser Mockingbird Nighthawk Clark_Nutcracker White_breasted_Nuthatch Baltimore_Oriole Hooded_Oriole Orchard_Oriole
    Scott_Oriole Ovenbird Brown_Pelican White_Pelican Western_Wood_Pewee Sayornis American_Pipit Whip_poor_Will Horned_Puffin Common_Raven
    White_necked_Raven American_Redstart Geococcyx Loggerhead_Shrike Great_Grey_Shrike Baird_Sparrow Black_throated_Sparrow Brewer_Sparrow
    Chipping_Sparrow Clay_colored_Sparrow House_Sparrow Field_Sparrow Fox_Sparrow Grasshopper_Sparrow Harris_Sparrow Henslow_Sparrow
    Le_Conte_Sparrow Lincoln_Sparrow Nelson_Sharp_tailed_Sparrow Savannah_Sparrow Seaside_Sparrow Song_Sparrow Tree_Sparrow Vesper_Sparrow
    White_crowned_Sparrow White_throated_Sparrow Cape_Glossy_Starling Bank_Swallow Barn_Swallow Cliff_Swallow Tree_Swallow Scarlet_Tanager
    Summer_Tanager Artic_Tern Black_Tern Caspian_Tern Common_Tern Elegant_Tern Forsters_Tern Least_Tern Green_tailed_Towhee Brown_Thrasher
    Sage_Thrasher Black_capped_Vireo Blue_headed_Vireo Philadelphia_Vireo Red_eyed_Vireo Warbling_Vireo White_eyed_Vireo
    Yellow_throated_Vireo Bay_breasted_Warbler Black_and_white_Warbler Black_throated_Blue_Warbler Blue_winged_Warbler Canada_Warbler
    Cape_May_Warbler Cerulean_Warbler Chestnut_sided_Warbler Golden_winged_Warbler Hooded_Warbler Kentucky_Warbler Magnolia_Warbler
    Mourning_Warbler Myrtle_Warbler Nashville_Warbler Orange_crowned_Warbler Palm_Warbler Pine_Warbler Prairie_Warbler
    Prothonotary_Warbler Swainson_Warbler Tennessee_Warbler Wilson_Warbler Worm_eating_Warbler Yellow_Warbler Northern_Waterthrush
    Louisiana_Waterthrush Bohemian_Waxwing Cedar_Waxwing American_Three_toed_Woodpecker Pileated_Woodpecker Red_bellied_Woodpecker
    Red_cockaded_Woodpecker Red_headed_Woodpecker Downy_Woodpecker Bewick_Wren Cactus_Wren Carolina_Wren House_Wren Marsh_Wren Rock_Wren
    Winter_Wren Common_Yellowthroat
"""
NAMES = tuple(name.replace("_", " ") for name in KINDS.split())


class CUB200Options(image_options(NAMES, size=64, colour=True)):
    crop: Literal["centre", "box"] = Field(
        "centre", title="Crop", description="The middle of each photograph, or a square around the bird's bounding box."
    )
    margin: float = Field(
        0.25,
        ge=0,
        le=2,
        title="Margin",
        description="Around the box, on each side, as a share of its longer side; only for a crop to the box. StackGAN took 0.25.",
    )


class CUB200(ImageDataset):
    """Photographs of 200 kinds of birds, each with the bird's bounding box: 5,994 to train on, 5,794 held out.

    Wah, Branson, Welinder, Perona and Belongie, "The Caltech-UCSD Birds-200-2011 dataset", 2011. Read from the original archive as it is,
    or from the folder that it unpacks to; split and classes are the original ones. :attr:`Images.boxes` says where the bird is in the crop.
    """

    title = "CUB-200-2011"
    licence = "non-commercial research and education only"
    source = "https://www.vision.caltech.edu/datasets/cub_200_2011"
    downloadable = True
    boxed = True
    where = f"{TOP}.tgz, or the folder {TOP}"
    all_classes = NAMES
    Options = CUB200Options
    options: CUB200Options

    url = "https://data.caltech.edu/records/65de6-vp158/files/CUB_200_2011.tgz"
    md5 = "97eceeb196236b17998738112f37df78"

    def files(self) -> tuple[Path, ...]:
        lists = tuple(data_folder() / TOP / name for name in LISTS)
        if all(path.is_file() for path in lists):
            return lists
        archive = data_folder() / f"{TOP}.tgz"
        return (archive,) if archive.is_file() else ()

    def make(self, train: bool) -> Images:
        return self.read(train)  # what is not wanted is not even decoded

    def read(self, train: bool) -> Images:
        path, stamp = self._path(), self.stamp()
        index = _index(path, stamp)
        part = np.flatnonzero(index.train == train)
        part = part[np.random.default_rng(derive(0, "order")).permutation(len(part))]  # so that any stretch holds all kinds
        chosen, labels = _images.choose(index.labels[part], NAMES, self.options.classes, self.options.count if train else 0)
        rows = part if chosen is None else part[chosen]
        here = index.sizes[rows].all(axis=1)
        rows, labels, missing = rows[here], labels[here], (~here).sum()
        crops = [self._crop(box, size) for box, size in zip(index.boxes[rows], index.sizes[rows], strict=True)]
        entries = [Entry(str(index.paths[row]), int(index.bytes[row]), box=crop) for row, crop in zip(rows, crops, strict=True)]
        with closing(_pictures.Folder(path / IMAGES) if path.is_dir() else _tar.Tar(path, f"{TOP}/{IMAGES}/")) as source:
            images, good = _kept.pictures(source, entries, self.options.size, self.options.colour, (str(path.absolute()), stamp))
        if not len(images):
            raise DatasetUnavailable(f"{path} holds no picture that can be read: delete it and download {self.title} again.")
        left_out = missing + (~good).sum()
        note = f"{left_out:,} of {len(here):,} pictures could not be read and were left out." if left_out else ""
        return Images(images, labels[good], note, _within(index.boxes[rows[good]], np.array(crops)[good], self.options.size))

    def download(self, progress: Progress | None = None) -> None:
        """The archive, 1.1 GB, which stays packed."""
        from gandash.datasets._download import fetch

        fetch(self.title, [([self.url], data_folder() / f"{TOP}.tgz", self.md5)], progress)

    def _path(self) -> Path:
        """The folder or the archive."""
        self.stamp()  # raises where neither is there
        files = self.files()
        return files[0] if len(files) == 1 else files[0].parent

    def _crop(self, box: np.ndarray, size: np.ndarray) -> tuple[int, int, int, int]:
        """The square to look at, in pixels of a picture of ``size`` (width, height): left, top, right, bottom, all within the picture."""
        width, height = size.tolist()
        if self.options.crop == "centre":
            side, middle = min(width, height), (width / 2, height / 2)
        else:
            left, top, right, bottom = box.tolist()
            wanted = max(right - left, bottom - top) * (1 + 2 * self.options.margin)
            side, middle = min(round(max(wanted, 1)), width, height), ((left + right) / 2, (top + bottom) / 2)
        x, y = (min(max(round(at - side / 2), 0), most - side) for at, most in zip(middle, (width, height), strict=True))
        return x, y, x + side, y + side


@dataclass(frozen=True, eq=False)
class _Index:
    """What the archive says of its pictures, in the order of its list."""

    paths: np.ndarray  # str (N,): "<class>/<name>.jpg"
    labels: np.ndarray  # int64 (N,), from 0
    train: np.ndarray  # bool (N,)
    boxes: np.ndarray  # float64 (N, 4): left, top, right, bottom in pixels of the picture
    bytes: np.ndarray  # int64 (N,): of each picture's file
    sizes: np.ndarray  # int64 (N, 2): width and height; 0 where there is no picture that can be read


@lru_cache(maxsize=2)
def _index(path: Path, stamp: tuple) -> _Index:
    """Kept on disk: for the archive it means to read all of it."""
    return _Index(**_kept.arrays((TOP, str(path.absolute()), stamp), lambda: _read_index(path)))


def _read_index(path: Path) -> dict[str, np.ndarray]:
    lists, pictures = _look_through_folder(path) if path.is_dir() else _look_through_archive(path)
    if missing := [name for name in LISTS if name not in lists]:
        raise DatasetUnavailable(f"{path} holds no {', '.join(missing)}: the original {TOP} was expected.")
    try:
        rows = {name: {int(number): rest for number, _, rest in _lines(lists[name])} for name in LISTS}
        names, kinds, parts, places, classes = (rows[name] for name in LISTS)
        strange = {kind: name for kind, name in classes.items() if _readable(name) != NAMES[kind - 1]}
        x, y, width, height = np.array([[float(number) for number in places[n].split()] for n in names]).T
        labels = np.array([int(kinds[n]) - 1 for n in names], np.int64)
        train = np.array([parts[n] == "1" for n in names])
        if strange or labels.min() < 0 or labels.max() >= len(NAMES):
            raise ValueError("its classes are not the 200 kinds of birds")
    except (ValueError, KeyError, IndexError) as error:
        raise DatasetUnavailable(f"The lists in {path} are damaged ({error}): delete it and download it again.") from error
    files = np.array([pictures.get(name, _Picture()) for name in names.values()], np.int64)
    return {
        "paths": np.array(list(names.values())),
        "labels": labels,
        "train": train,
        "boxes": np.stack([x, y, x + width, y + height], axis=1),
        "bytes": files[:, 0],
        "sizes": files[:, 1:],
    }


def _lines(text: str) -> list[tuple[str, str, str]]:
    return [line.strip().partition(" ") for line in text.splitlines() if line.strip()]


def _readable(name: str) -> str:
    """``001.Black_footed_Albatross`` -> ``Black footed Albatross``."""
    return name.partition(".")[2].replace("_", " ")


class _Picture(NamedTuple):
    """What is known of a picture's file without decoding it."""

    bytes: int = 0
    width: int = 0
    height: int = 0


def _look_through_folder(path: Path) -> tuple[dict[str, str], dict[str, _Picture]]:
    """The lists' texts by name, and the pictures by their paths below ``images``."""
    with _pictures.opened(path / IMAGES) as source:
        pictures = {entry.path: _Picture(entry.size, *_size(source.path / entry.path)) for entry in source.entries}
    return {name: (path / name).read_text(encoding="utf-8") for name in LISTS}, pictures


def _look_through_archive(path: Path) -> tuple[dict[str, str], dict[str, _Picture]]:
    """The same of the archive, all of which has to be read for that."""
    lists, pictures = {}, {}
    for name, content in _tar.members(path, lambda name: name.startswith(f"{TOP}/")):
        inside = name.removeprefix(f"{TOP}/")
        if inside in LISTS:
            lists[inside] = content.decode("utf-8", errors="replace")
        elif inside.startswith(f"{IMAGES}/") and _pictures.picture_like(inside):
            pictures[inside.removeprefix(f"{IMAGES}/")] = _Picture(len(content), *_size(io.BytesIO(content)))
    return lists, pictures


def _size(file: Path | io.BytesIO) -> tuple[int, int]:
    """Width and height from a picture's header; zeros where it has none."""
    try:
        with Image.open(file, formats=FORMATS) as picture:
            return picture.size
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return 0, 0


def _within(boxes: np.ndarray, crops: np.ndarray, size: int) -> np.ndarray:
    """Boxes in pixels of the pictures -> ``float32 (N, 4)`` in pixels of their square crops at ``size``, cut off at the border."""
    corner, side = np.tile(crops[:, :2], 2), (crops[:, 2] - crops[:, 0])[:, None]
    return ((boxes - corner) * (size / side)).clip(0, size).astype(np.float32)
