"""Thumbnail atlases: thousands of small pictures as one file that a browser decodes once."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO

import numpy as np
from PIL import Image

LONGEST_SIDE = 4096  # pixels: what browsers on telephones still draw
LOSSLESS_PIXELS = 4_000_000  # of colour, beyond which a lossless file would be tens of megabytes


@dataclass(frozen=True)
class Atlas:
    """``content`` is a picture of square tiles without gaps, row by row, ``columns`` in a row."""

    content: bytes
    suffix: str  # "png" or "webp"
    tile: int  # pixels
    columns: int


def atlas(images: np.ndarray) -> Atlas:
    """Pictures ``uint8 (N, C, H, W)``, H = W, each at its own size or, where they are too many for that, as large as fits."""
    count, channels, side, _ = images.shape
    columns = int(np.ceil(np.sqrt(count)))
    tile = min(side, LONGEST_SIDE // columns)
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, tile, tile, channels), np.uint8)
    for place, image in zip(sheet[:count], images, strict=True):
        pixels = image.transpose(1, 2, 0)
        place[:] = pixels if tile == side else _smaller(pixels, tile)
    sheet = sheet.reshape(rows, columns, tile, tile, channels).swapaxes(1, 2).reshape(rows * tile, columns * tile, channels)
    buffer = BytesIO()
    if channels == 1:
        Image.fromarray(sheet[..., 0]).save(buffer, "PNG", compress_level=4)
        return Atlas(buffer.getvalue(), "png", tile, columns)
    lossless = sheet[..., 0].size <= LOSSLESS_PIXELS
    Image.fromarray(sheet).save(buffer, "WEBP", lossless=lossless, quality=30 if lossless else 88, method=0)
    return Atlas(buffer.getvalue(), "webp", tile, columns)


def _smaller(pixels: np.ndarray, side: int) -> np.ndarray:
    picture = Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0])
    return np.atleast_3d(np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS)))
