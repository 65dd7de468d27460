"""What the networks of PyTorch-GAN (Linder-Norén, 2018, https://github.com/eriklindernoren/PyTorch-GAN) have in common.

Their parameters keep the names that they have there, so that checkpoints fit as they are.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import nn

from gandash.registry import Options

Widths = Annotated[tuple[Annotated[int, Field(ge=1, le=8192)], ...], Field(min_length=1, max_length=12)]
SLOPE = 0.2  # of leaky ReLU


class NormalisedOptions(Options):
    """Options of all of them."""

    epsilon: float = Field(
        0.8,
        gt=0,
        le=1,
        title="Epsilon",
        description="Added to the variance in batch normalisation. 0.8 is PyTorch-GAN's: far above the usual 0.00001, it normalises weak "
        "features less than strong ones.",
    )


class FullyConnectedOptions(NormalisedOptions):
    widths_g: Widths = Field(
        (128, 256, 512, 1024), title="Widths of the generator", description="Units of its hidden layers, from z to the image."
    )


def fully_connected_generator(inputs: int, pixels: int, options: FullyConnectedOptions) -> nn.Sequential:
    """``(N, inputs)`` -> ``(N, pixels)`` in [-1, 1]; every hidden layer but the first is normalised over the batch."""
    layers: list[nn.Module] = []
    for index, width in enumerate(options.widths_g):
        layers.append(nn.Linear(inputs, width))
        if index:
            layers.append(nn.BatchNorm1d(width, eps=options.epsilon))
        layers.append(nn.LeakyReLU(SLOPE, inplace=True))
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, pixels), nn.Tanh())
