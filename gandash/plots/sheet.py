"""Contact sheets: a batch of images as one picture, and which pixel of it belongs to which image.

Two-dimensional toys become a scatter picture, so whoever shows or animates sheets needs to know nothing of them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

GAP = 1  # pixels between two cells; none around the sheet
GAP_LEVEL = 128  # grey: tells black pictures from white ones and from either theme's background
WINDOW = 1.25  # a toy's picture shows [-WINDOW, WINDOW] on both axes
TOY_SIDE = 271  # pixels; as large as 8 x 8 cells of 33 pixels, so that players need no case for it
_OVERSAMPLING = 4  # of the scatter picture before it is shrunk, for round dots
_REAL, _GENERATED = (0, 114, 178), (213, 94, 0)  # gandash.plots.colours, as Pillow wants them


@dataclass(frozen=True)
class Cells:
    """Where the cells of a sheet lie: row by row from the top left, ``gap`` pixels between neighbours, none at the border."""

    count: int
    columns: int
    width: int  # of one cell, pixels
    height: int
    gap: int = GAP

    @property
    def rows(self) -> int:
        return -(-self.count // self.columns)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole sheet in pixels."""
        return self.columns * (self.width + self.gap) - self.gap, self.rows * (self.height + self.gap) - self.gap

    def box(self, index: int) -> tuple[int, int, int, int]:
        """Left, top, right, bottom of a cell in pixels; raises ``IndexError`` where there is no such cell."""
        if not 0 <= index < self.count:
            raise IndexError(f"The sheet has {self.count} cells, and none numbered {index}.")
        left, top = index % self.columns * (self.width + self.gap), index // self.columns * (self.height + self.gap)
        return left, top, left + self.width, top + self.height

    def at(self, x: float, y: float) -> int | None:
        """The cell that holds the pixel ``(x, y)``; None on a gap, beside the sheet or where the last row has ended."""
        column, in_x = divmod(int(x // 1), self.width + self.gap)
        row, in_y = divmod(int(y // 1), self.height + self.gap)
        index = row * self.columns + column
        inside = 0 <= column < self.columns and row >= 0 and in_x < self.width and in_y < self.height and index < self.count
        return index if inside else None


def cells(images: np.ndarray, columns: int = 8) -> Cells:
    """The geometry of ``sheet(images, columns)``; a toy's ``(N, 2)`` points share one cell, the scatter picture."""
    if images.ndim == 2:
        return Cells(1, 1, TOY_SIDE, TOY_SIDE)
    count, _, height, width = images.shape
    return Cells(count, max(1, min(columns, count)), width, height)


def sheet(images: np.ndarray, columns: int = 8, real: np.ndarray | None = None) -> Image.Image:
    """Images side by side, row by row, :data:`GAP` pixels apart.

    Args:
        images: ``uint8 (N, C, H, W)`` with one or three channels, N > 0; or ``float32 (N, 2)``, points of a two-dimensional toy.
        columns: cells in a row, fewer where there are fewer images.
        real: ``float32 (M, 2)``, drawn under a toy's generated points for comparison; ignored for images.

    Returns a picture of mode L for one channel, else RGB. Raises ``ValueError`` for any other array.
    """
    images = np.asarray(images)
    if images.ndim == 2 and images.shape[1] == 2:
        return _scatter(images, real)
    if images.ndim != 4 or images.dtype != np.uint8 or images.shape[1] not in (1, 3) or not len(images):
        raise ValueError(f"A sheet takes uint8 (N, 1 or 3, H, W) or float (N, 2), and was given {images.dtype} {images.shape}.")
    grid = cells(images, columns)
    channels = images.shape[1]
    padded = np.full((grid.rows * grid.columns, grid.height + grid.gap, grid.width + grid.gap, channels), GAP_LEVEL, np.uint8)
    padded[: len(images), : grid.height, : grid.width] = images.transpose(0, 2, 3, 1)
    tiled = padded.reshape(grid.rows, grid.columns, *padded.shape[1:]).swapaxes(1, 2)
    tiled = tiled.reshape(grid.rows * padded.shape[1], grid.columns * padded.shape[2], channels)
    tiled = tiled[: grid.size[1], : grid.size[0]]
    return Image.fromarray(np.ascontiguousarray(tiled[..., 0] if channels == 1 else tiled))


def toy_pictures(points: np.ndarray, backdrop: np.ndarray, side: int = 127) -> np.ndarray:
    """One small picture a point, ``(N, 2)`` -> ``uint8 (N, 3, side, side)``: where it lies among ``backdrop (M, 2)``, drawn pale.

    So that what is made for images (strips, grids, sliders) shows two-dimensional toys too.
    """
    behind = np.asarray(_scatter(backdrop, None), np.float32)
    faint = Image.fromarray((255 - 0.35 * (255 - behind)).astype(np.uint8)).resize((side, side), Image.Resampling.BOX)
    radius = side / 18
    made = []
    for x, y in _pixels(np.nan_to_num(points), side / 2, side / (2 * WINDOW)):
        picture = faint.copy()
        corners = [(x - radius, y), (x, y - radius), (x + radius, y), (x, y + radius)]
        ImageDraw.Draw(picture).polygon(corners, fill=_GENERATED, outline=(0, 0, 0))
        made.append(np.asarray(picture).transpose(2, 0, 1))
    return np.stack(made)


def _scatter(points: np.ndarray, real: np.ndarray | None) -> Image.Image:
    """Real points as blue circles under generated ones as vermilion diamonds; a point outside the window sits at its border."""
    side = TOY_SIDE * _OVERSAMPLING
    picture = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(picture)
    middle, unit = side / 2, side / (2 * WINDOW)
    for line in (-1, 0, 1):
        at = middle + line * unit
        draw.line([(at, 0), (at, side)], fill=(228, 228, 228), width=_OVERSAMPLING)
        draw.line([(0, at), (side, at)], fill=(228, 228, 228), width=_OVERSAMPLING)
    radius = (3.5 if len(points) <= 256 else 2.0) * _OVERSAMPLING
    for x, y in _pixels(real, middle, unit):
        draw.ellipse([x - 0.6 * radius, y - 0.6 * radius, x + 0.6 * radius, y + 0.6 * radius], fill=_REAL)
    for x, y in _pixels(points, middle, unit):
        draw.polygon([(x - radius, y), (x, y - radius), (x + radius, y), (x, y + radius)], fill=_GENERATED)
    return picture.resize((TOY_SIDE, TOY_SIDE), Image.Resampling.BOX)


def _pixels(points: np.ndarray | None, middle: float, unit: float) -> np.ndarray:
    """``(N, 2)`` points, y upwards, -> ``(N, 2)`` pixel coordinates; what is not finite is left out."""
    if points is None:
        return np.empty((0, 2))
    points = np.asarray(points, np.float64)
    points = np.clip(points[np.isfinite(points).all(axis=1)], -WINDOW, WINDOW)
    return np.stack([middle + points[:, 0] * unit, middle - points[:, 1] * unit], axis=1)
