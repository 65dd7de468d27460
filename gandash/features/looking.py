"""What scores can be looked through, and whether it is here; imports no torch.

Papers give FID and Inception score through Inception-v3, trained on ImageNet; its weights are for those who have them. The embedded
ResNet-18 knows the classes of MNIST, Fashion-MNIST and CIFAR-10, and looks at small images at their own size.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gandash.features import resnet18

EMBEDDED, INCEPTION = "embedded", "inception"
INCEPTION_URL = "https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/weights-inception-2015-12-05-6726825d.pth"


@dataclass(frozen=True)
class Choice:
    """One network: what a person chooses between."""

    name: str
    title: str
    description: str  # one sentence
    dimensions: int  # of its features
    available: bool
    where: str  # where its weights are, or what to do to get them


def choices() -> dict[str, Choice]:
    """By name, the default first."""
    embedded = resnet18.sources()["embedded"]
    path = inception_path()
    return {
        EMBEDDED: Choice(EMBEDDED, embedded.title, embedded.description, 512, embedded.available, embedded.where),
        INCEPTION: Choice(
            INCEPTION,
            "Inception-v3",
            "The network of the papers' FID and Inception score, trained on ImageNet; slow without a GPU.",
            2048,
            path.is_file(),
            str(path) if path.is_file() else _how_to_get(path),
        ),
    }


def inception_path() -> Path:
    """``GANDASH_INCEPTION_V3``, or where torch hub keeps what torch-fidelity downloads."""
    named = os.environ.get("GANDASH_INCEPTION_V3")
    if named:
        return Path(named).expanduser()
    return resnet18.hub_folder() / INCEPTION_URL.rpartition("/")[2]


def identity(name: str) -> str:
    """Changes when the weights do. Raises :class:`~gandash.features.resnet18.WeightsUnavailable`."""
    choice = choices()[name]
    if not choice.available:
        raise resnet18.WeightsUnavailable(f"{choice.title} is not here: {choice.where}")
    return digest(inception_path() if name == INCEPTION else resnet18.EMBEDDED_WEIGHTS)


def digest(path: Path) -> str:
    """The beginning of a file's SHA-256, taken once while the file stays the same."""
    return _digest(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _digest(path: Path, stamp: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _how_to_get(path: Path) -> str:
    if "GANDASH_INCEPTION_V3" in os.environ:
        return f"GANDASH_INCEPTION_V3 points to {path}, where there is no file."
    return f"fetch {INCEPTION_URL} (91 MB) and let GANDASH_INCEPTION_V3 point to it, or put it into {path.parent}."
