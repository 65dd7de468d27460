from __future__ import annotations

import math

import torch
from pydantic import Field
from torch import nn

from gandash.architectures import Architecture, Discriminator, Generator, Judged
from gandash.architectures._convolutional import start, unsuitable
from gandash.registry import Options


class UpBlock(nn.Module):
    """``(N, C, H, W)`` -> ``(N, C, 2H, 2W)``: two normalised 3x3 convolutions, the first of the enlarged map, beside a 1x1 convolution."""

    def __init__(self, width: int):
        super().__init__()
        self.residual = nn.Sequential(
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.Upsample(scale_factor=2, mode="nearest"),
            convolution(width, width, 3, math.sqrt(2)),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            convolution(width, width, 3, math.sqrt(2)),
        )
        # the pixels could be repeated first, with the same outcome at four times the work
        self.shortcut = nn.Sequential(convolution(width, width, 1), nn.Upsample(scale_factor=2, mode="nearest"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.residual(x) + self.shortcut(x)


class DownBlock(nn.Module):
    """``(N, C, H, W)`` -> ``(N, C', H/2, W/2)``, or the same size: two 3x3 convolutions beside a 1x1 convolution, or beside x itself.

    The first block of a network does not rectify what it is given: that is the image, half of which is negative.
    """

    def __init__(self, before: int, width: int, halves: bool, first: bool = False):
        super().__init__()
        self.residual = nn.Sequential(
            *([] if first else [nn.ReLU()]),  # not in place: the shortcut, and Grad-CAM, want x as it came
            convolution(before, width, 3, math.sqrt(2)),
            nn.ReLU(inplace=True),
            convolution(width, width, 3, math.sqrt(2)),
        )
        self.shortcut = nn.Sequential()
        if halves:
            self.residual.append(nn.AvgPool2d(2))
            self.shortcut.extend([nn.AvgPool2d(2), convolution(before, width, 1)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.residual(x) + self.shortcut(x)


class ResNetGenerator(Generator):
    """A dense layer from z to the smallest map, one block a doubling, a last convolution; tanh at the end."""

    def __init__(self, shape: tuple[int, ...], latent_dim: int, width: int):
        super().__init__()
        self.latent_dim, small = latent_dim, start(shape[1])
        self.dense = nn.Sequential(nn.Linear(latent_dim, width * small * small), nn.Unflatten(1, (width, small, small)))
        nn.init.xavier_uniform_(self.dense[0].weight)
        nn.init.zeros_(self.dense[0].bias)
        self.blocks = nn.Sequential(*[UpBlock(width) for _ in range(int(math.log2(shape[1] // small)))])
        self.head = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(inplace=True), convolution(width, shape[0], 3), nn.Tanh())
        self.to(memory_format=torch.channels_last)

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return self.head(self.blocks(self.dense(z)))


class ResNetDiscriminator(Discriminator):
    """Blocks that halve until 8 places or fewer are left on a side, two that do not, the sum over all places, one logit."""

    def __init__(self, shape: tuple[int, ...], width: int):
        super().__init__()
        halvings = max(1, math.ceil(math.log2(shape[1] / 8)))
        self.sides = [shape[1] >> min(block, halvings) for block in range(1, halvings + 3)]
        self.blocks = nn.Sequential(DownBlock(shape[0], width, halves=True, first=True))
        for block in range(1, halvings + 2):
            self.blocks.append(DownBlock(width, width, halves=block < halvings))
        self.head = nn.Linear(width, 1, bias=False)
        nn.init.xavier_uniform_(self.head.weight)
        self.to(memory_format=torch.channels_last)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """The residual blocks: the sums that they hand on."""
        named = enumerate(zip(self.sides, self.blocks, strict=True), start=1)
        return {f"block {index}, {side}x{side}": block for index, (side, block) in named}

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        return Judged(self.head(self.blocks(x).relu().sum((2, 3))).flatten())


class ResNetGAN(Architecture):
    """Residual networks in both players, batch normalisation in the generator alone: the strong baseline of small colour images.

    Miyato, Kataoka, Koyama and Yoshida, "Spectral normalization for generative adversarial networks", 2018 (SNGAN), whose residual network
    for CIFAR-10 this is at 32 pixels, 3 channels, width 128 and latent size 128, with 4,276,739 parameters in G and 1,053,824 in D. The
    spectral normalisation of D is a trick to be chosen with it, as is its hinge objective, with five steps of D to one of G. Other sizes
    have as many blocks as it takes.
    """

    title = "Residual network (SNGAN)"

    class Options(Options):
        width: int = Field(
            32,
            ge=2,
            le=512,
            title="Width",
            description="Channels of the discriminator's blocks; the generator's have twice as many. The paper's 128 needs a GPU.",
        )

    def suits(self, config) -> str | None:
        return unsuitable(config.part("dataset").shape)

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[ResNetGenerator, ResNetDiscriminator]:
        return ResNetGenerator(shape, latent_dim, 2 * self.options.width), ResNetDiscriminator(shape, self.options.width)


def convolution(before: int, after: int, kernel: int, gain: float = 1.0) -> nn.Conv2d:
    """One that keeps the map's size, with Glorot and Bengio's uniform weights times ``gain``, as the authors of SNGAN begin."""
    layer = nn.Conv2d(before, after, kernel, padding=kernel // 2)
    nn.init.xavier_uniform_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer
