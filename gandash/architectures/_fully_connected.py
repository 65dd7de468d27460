"""The fully connected pair that several architectures share: it takes images of any shape, and points in a plane."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from gandash.architectures import Discriminator, Generator, Judged
from gandash.registry import Options

Normalisation = Literal["none", "batch", "layer"]


class MLPOptions(Options):
    """What can be decided of the layers."""

    width: int = Field(128, ge=2, le=2048, title="Width", description="Units of the narrowest hidden layer.")
    depth: int = Field(3, ge=1, le=8, title="Depth", description="Hidden layers in each player.")
    growth: Literal["doubling", "constant"] = Field(
        "doubling", title="Growth", description="Whether each layer towards the image is twice as wide as the one before."
    )
    normalisation_g: Normalisation = Field(
        "none", title="Normalisation in the generator", description="Over the batch, each layer, or none."
    )
    normalisation_d: Normalisation = Field("none", title="Normalisation in the discriminator", description="The same for the other player.")
    slope: float = Field(0.2, ge=0, le=1, title="Slope of leaky ReLU", description="What is left of negative values; 0 is plain ReLU.")
    dropout: float = Field(0.0, ge=0, lt=1, title="Dropout in the discriminator", description="Share of its units hidden at random.")

    def widths(self) -> list[int]:
        """Of the generator's hidden layers, first to last; the discriminator has them in reverse."""
        return [self.width << layer if self.growth == "doubling" else self.width for layer in range(self.depth)]


class MLPGenerator(Generator):
    """Fully connected layers that widen from z, and ``told`` more numbers, to all pixels at once; tanh at the end."""

    def __init__(self, shape: tuple[int, ...], latent_dim: int, options: MLPOptions, told: int = 0):
        super().__init__()
        self.latent_dim, self.shape = latent_dim, shape
        sizes = [latent_dim + told, *options.widths()]
        hidden = [_layer(before, after, options.normalisation_g, options, 0.0) for before, after in pairwise(sizes)]
        self.layers = nn.Sequential(*hidden, nn.Sequential(nn.Linear(sizes[-1], math.prod(shape)), nn.Tanh()))

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return self.layers(z).view(-1, *self.shape)


class MLPDiscriminator(Discriminator):
    """The mirror image of the generator: all pixels in one row, and ``told`` more numbers, layers that narrow, one logit."""

    def __init__(self, shape: tuple[int, ...], options: MLPOptions, told: int = 0):
        super().__init__()
        sizes = [math.prod(shape) + told, *reversed(options.widths())]
        pairs = enumerate(pairwise(sizes))
        hidden = [  # as in convolutional ones, the first layer is not normalised: D should see the images' own range
            _layer(before, after, options.normalisation_d if index else "none", options, options.dropout)
            for index, (before, after) in pairs
        ]
        self.layers = nn.Sequential(*hidden, nn.Linear(sizes[-1], 1))

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        return Judged(self.layers(x.flatten(1)).flatten())


def _layer(before: int, after: int, normalisation: Normalisation, options: MLPOptions, dropout: float) -> nn.Sequential:
    block = nn.Sequential(nn.Linear(before, after))
    if normalisation != "none":
        block.append({"batch": nn.BatchNorm1d, "layer": nn.LayerNorm}[normalisation](after))
    block.append(nn.LeakyReLU(options.slope, inplace=True))
    if dropout:
        block.append(nn.Dropout(dropout))
    return block
