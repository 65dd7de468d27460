"""The two ResNet-18s to look through, where their weights are, and loading them once.

Listing them imports no torch, so every page can say which one it is looking through.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from gandash import datasets

if TYPE_CHECKING:
    from gandash.features.network import FeatureNetwork

Progress = Callable[[float, str], None]  # fraction done in [0, 1], what is being done

BLOCKS = ("layer1", "layer2", "layer3", "layer4")  # 64, 128, 256 and 512 numbers after average pooling
HEADS = ("mnist", "fashion_mnist", "cifar10")  # of the embedded network, ten classes each

EMBEDDED_WEIGHTS = Path(__file__).parent / "weights" / "resnet18.safetensors"
EMBEDDED_FACTS = EMBEDDED_WEIGHTS.with_suffix(".json")
IMAGENET_URL = "https://download.pytorch.org/models/resnet18-f37072fd.pth"  # torchvision's IMAGENET1K_V1

_loading, _downloading = threading.Lock(), threading.Lock()
_loaded: dict[tuple[str, Path, int], FeatureNetwork] = {}


class WeightsUnavailable(RuntimeError):
    """The weights are not here, or are not a ResNet-18's; the message says in one sentence what to do."""


@dataclass(frozen=True)
class Source:
    """One set of weights: what a person chooses between, and what a page says it is looking through."""

    name: str
    title: str
    description: str  # one sentence
    input_size: int  # pixels of a side that images are brought to
    available: bool
    where: str  # where the weights are, or what to do to get them
    licence: str
    accuracies: dict[str, float] = field(default_factory=dict)  # data set -> share of its test images named rightly


def sources() -> dict[str, Source]:
    """The choices by name, the default first."""
    path, there = _imagenet_path()
    return {
        "embedded": Source(
            name="embedded",
            title="Embedded ResNet-18",
            description="A ResNet-18 trained for GANdash on digits, clothes and small photographs (MNIST, Fashion-MNIST and CIFAR-10).",
            input_size=32,
            available=EMBEDDED_WEIGHTS.exists(),
            where="ships with GANdash",
            licence="MIT",
            accuracies=json.loads(EMBEDDED_FACTS.read_text())["test_accuracies"] if EMBEDDED_FACTS.exists() else {},
        ),
        "imagenet": Source(
            name="imagenet",
            title="ImageNet ResNet-18",
            description="torchvision's ResNet-18, trained on 1.28 million ImageNet photographs of a thousand kinds of things.",
            input_size=224,
            available=there,
            where=str(path) if there else _how_to_get(path),
            licence="BSD 3-Clause (torchvision); ImageNet's photographs are for research",
            accuracies={"imagenet": 0.69758},
        ),
    }


def load(name: str = "embedded", input_size: int | None = None) -> FeatureNetwork:
    """The network of that name, loaded once and shared by all threads; ``input_size`` where images should be brought to another size.

    Raises :class:`WeightsUnavailable`, or ``KeyError`` for a name that :func:`sources` does not know.
    """
    from gandash.features import network

    with _loading:
        source = sources()[name]
        if not source.available:
            raise WeightsUnavailable(f"{source.title} is not here: {source.where}")
        path = EMBEDDED_WEIGHTS if name == "embedded" else _imagenet_path()[0]
        key = (name, path, input_size or source.input_size)
        if key not in _loaded:
            shared = next((other.module for loaded, other in _loaded.items() if loaded[:2] == key[:2]), None)
            module = shared or (network.embedded_module(path) if name == "embedded" else network.imagenet_module(path))
            _loaded[key] = network.FeatureNetwork(name, module, key[2])
        return _loaded[key]


def download(progress: Progress | None = None) -> Path:
    """Fetch the ImageNet weights into torch hub's cache, checked against the hash in their name, and give their path.

    Raises :class:`WeightsUnavailable` where the network or the hash says no. What ``progress`` raises ends the download.
    """
    import torch.hub

    target = _hub_path()
    with _downloading, _reporting(progress or (lambda fraction, told: None)):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            torch.hub.download_url_to_file(IMAGENET_URL, str(target), hash_prefix=target.stem.rpartition("-")[2])
        except OSError as error:
            raise WeightsUnavailable(f"{IMAGENET_URL} could not be fetched ({error}); {_by_hand()}") from error
        except RuntimeError as error:
            if "invalid hash value" not in str(error):
                raise
            raise WeightsUnavailable(f"What came from {IMAGENET_URL} is not the file that was asked for; {_by_hand()}") from error
    return target


def head_for(dataset: str) -> str | None:
    """The head of the embedded network that knows a data set's classes, by the data set's registered name; None where there is none.

    scikit-learn's digits are MNIST's classes in another hand: with MNIST's margin it names 95 % of them rightly, without it 61 %.
    """
    if dataset == "digits":
        return "mnist"
    if dataset not in datasets.parts:
        return None
    known = datasets.parts[dataset].subset_of or dataset
    return known if known in HEADS else None


@dataclass(frozen=True)
class Reader:
    """How the embedded network names the classes of one data set, which may be a choice of those that its head knows."""

    head: str
    columns: tuple[int, ...]  # of the head, one a class of the data set, in the order of its labels


def reader_for(dataset: datasets.Dataset) -> Reader | None:
    """The reader of a data set with its options: labels are numbered within the chosen classes. None where a class is unknown."""
    head = head_for(dataset.name)
    known = datasets.parts[head].all_classes if head else ()
    if not head or not set(dataset.class_names) <= set(known):
        return None
    return Reader(head, tuple(known.index(name) for name in dataset.class_names))


def hub_folder() -> Path:
    """Where torch hub keeps weights: below ``torch.hub.get_dir()``, worked out without importing torch."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache"))
    home = Path(os.environ.get("TORCH_HOME", cache / "torch"))
    return home.expanduser() / "hub" / "checkpoints"


def _hub_path() -> Path:
    return hub_folder() / IMAGENET_URL.rpartition("/")[2]


def _imagenet_path() -> tuple[Path, bool]:
    """Where the ImageNet weights are or would be, and whether they are."""
    named = os.environ.get("GANDASH_RESNET18")
    path = Path(named).expanduser() if named else _hub_path()
    return path, path.is_file()


def _how_to_get(path: Path) -> str:
    if "GANDASH_RESNET18" in os.environ:
        return f"GANDASH_RESNET18 points to {path}, where there is no file."
    return f"download it (45 MB), or {_by_hand()}"


def _by_hand() -> str:
    return f"fetch {IMAGENET_URL} yourself and let GANDASH_RESNET18 point to it."


@contextmanager
def _reporting(progress: Progress) -> Iterator[None]:
    """Lets torch hub's download tell ``progress`` what it would draw as a bar: the bar's class is the only hook that it offers."""
    import torch.hub

    class Bar:
        def __init__(self, total: int | None = None, **_: object):
            self.total, self.done = total, 0

        def __enter__(self) -> Bar:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def update(self, count: int) -> None:
            self.done += count
            fraction = min(1.0, self.done / self.total) if self.total else 0.0
            progress(fraction, f"ImageNet ResNet-18: {self.done / 1e6:.0f} MB")

    drawn, torch.hub.tqdm = torch.hub.tqdm, Bar
    try:
        yield
    finally:
        torch.hub.tqdm = drawn
