"""What the importers of PyTorch-GAN's networks share."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from gandash.importers import CannotImport

if TYPE_CHECKING:
    import torch

    from gandash.importers import Weights

SOURCE = "https://github.com/eriklindernoren/PyTorch-GAN"


def linear_layers(weights: Weights) -> list[torch.Tensor]:
    """The matrices ``(outputs, inputs)`` of the layers named ``model.<number>``, in their order; none where one is not fully connected."""
    names = [name for name, weight in weights.items() if re.fullmatch(r"model\.\d+\.weight", name) and weight.ndim != 1]
    layers = [weights[name] for name in sorted(names, key=lambda name: int(name.split(".")[1]))]
    return layers if all(layer.ndim == 2 for layer in layers) else []


def image_shape(pixels: int) -> tuple[int, int, int]:
    """``(C, H, W)`` of square images with so many numbers, grey or in colour; never both, since the root of 3 is irrational."""
    for channels in (1, 3):
        side = math.isqrt(pixels // channels)
        if channels * side * side == pixels:
            return channels, side, side
    raise CannotImport(f"The generator makes {pixels} numbers, which are no square image, grey or in colour.")
