"""What browsers fetch for the maps of the Embeddings page: thumbnails and coordinates, in files that are named after their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gandash import runs
from gandash.plots.atlas import atlas
from gandash.runs.files import write_bytes


@dataclass(frozen=True)
class Thumbnails:
    """Small pictures in one file: square tiles of ``tile`` pixels without gaps, row by row, ``columns`` in a row."""

    atlas: str  # file name below atlases()
    tile: int
    columns: int


def atlases() -> Path:
    """The folder of these files; made when asked for."""
    folder = runs.root() / ".cache" / "atlases"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep(content: bytes, suffix: str) -> str:
    """Write a file, unless it is there; its name."""
    name = f"{hashlib.sha256(content).hexdigest()[:32]}.{suffix}"
    if not (atlases() / name).exists():
        write_bytes(atlases() / name, content)
    return name


def keep_atlas(images: np.ndarray) -> Thumbnails:
    """Write an atlas of images ``uint8 (N, C, H, W)``."""
    made = atlas(images)
    return Thumbnails(keep(made.content, made.suffix), made.tile, made.columns)


def places(points: np.ndarray) -> np.ndarray:
    """Points ``(N, 2)`` as ``uint16 (N, 2)``, both axes on one scale: finer than any screen, and a quarter of what text would take."""
    low, extent = points.min(0), float(np.ptp(points, axis=0).max()) or 1.0
    return np.round((points - low) / extent * 65535).astype("<u2")
