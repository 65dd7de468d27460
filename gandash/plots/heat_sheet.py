"""A contact sheet of heatmaps: each cell an image in grey, with the evidence found in it laid over in colour."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image

from gandash.plots.heatmap import VIRIDIS
from gandash.plots.sheet import sheet

COVER = 0.85  # of the image under the strongest evidence; less evidence covers less
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def heat_sheet(images: np.ndarray, maps: np.ndarray, top: np.ndarray | float, columns: int = 8) -> Image.Image:
    """A sheet with the geometry of ``gandash.plots.sheet.sheet(images, columns)``, so that whatever shows the one can show the other.

    Args:
        images: ``uint8 (N, 1 or 3, H, W)``; drawn in grey, so that colour means evidence alone.
        maps: ``float32 (N, h, w)``, none negative; interpolated to the images' size.
        top: the evidence that is drawn in the strongest colour, and all above it: one for all, or ``(N,)``; 0 draws none.
    """
    grey = images.astype(np.float32).transpose(0, 2, 3, 1) @ (_LUMA if images.shape[1] == 3 else np.ones(1, np.float32))
    height, width = grey.shape[1:]
    heat = np.stack([np.asarray(Image.fromarray(each).resize((width, height), Image.Resampling.BILINEAR)) for each in maps])
    top = np.broadcast_to(np.asarray(top, np.float32), len(heat))[:, None, None]
    heat = np.clip(np.divide(heat, top, out=np.zeros_like(heat), where=top > 0), 0.0, 1.0)
    colours = _ramp()[np.rint(heat * 255).astype(np.uint8)]  # (N, H, W, 3)
    cover = COVER * heat[..., None]
    drawn = grey[..., None] * (1 - cover) + colours * cover
    return sheet(np.rint(drawn).astype(np.uint8).transpose(0, 3, 1, 2), columns)


@lru_cache(maxsize=1)
def _ramp() -> np.ndarray:
    """Viridis as ``float32 (256, 3)``."""
    stops = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in VIRIDIS], np.float32)
    places = np.linspace(0, len(stops) - 1, 256)
    return np.stack([np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)], 1).astype(np.float32)
