from __future__ import annotations

import torch
from pydantic import Field
from torch import nn

from gandash.architectures import Architecture, Discriminator, Generator, Judged
from gandash.architectures._pytorch_gan import SLOPE, NormalisedOptions

BLOCKS = 4  # of the discriminator, each of which halves the side
DROPOUT = 0.25
CLIP, EPSILON = 0.1, 0.001  # a smaller bound on D's weights and a larger epsilon do not go together


class UpsamplingGenerator(Generator):
    """A fully connected layer to a quarter of the image's side, then twice: nearest-neighbour upsampling and a convolution."""

    def __init__(self, shape: tuple[int, ...], latent_dim: int, options: PyTorchGANDCGAN.Options):
        super().__init__()
        self.latent_dim, self.side, self.width = latent_dim, shape[1] // 4, options.width
        half = max(1, options.width // 2)
        self.l1 = nn.Sequential(nn.Linear(latent_dim, options.width * self.side**2))
        self.conv_blocks = nn.Sequential(
            nn.BatchNorm2d(options.width),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(options.width, options.width, 3, padding=1),
            nn.BatchNorm2d(options.width, eps=options.epsilon),
            nn.LeakyReLU(SLOPE, inplace=True),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(options.width, half, 3, padding=1),
            nn.BatchNorm2d(half, eps=options.epsilon),
            nn.LeakyReLU(SLOPE, inplace=True),
            nn.Conv2d(half, shape[0], 3, padding=1),
            nn.Tanh(),
        )
        _initialise(self)

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return self.conv_blocks(self.l1(z).view(-1, self.width, self.side, self.side))


class DropoutDiscriminator(Discriminator):
    """Four strided convolutions with dropout, normalised after the activation, and a fully connected layer to one logit."""

    def __init__(self, shape: tuple[int, ...], options: PyTorchGANDCGAN.Options):
        super().__init__()
        self.model = nn.Sequential()
        self._blocks: dict[str, int] = {}  # name -> the place of the block's last layer
        before, side = shape[0], shape[1]
        for block in range(BLOCKS):
            width, side = options.width_d << block, (side + 1) // 2
            self.model.extend([nn.Conv2d(before, width, 3, stride=2, padding=1), nn.LeakyReLU(SLOPE, inplace=True), nn.Dropout2d(DROPOUT)])
            if block and (block < BLOCKS - 1 or options.last_normalised):
                self.model.append(nn.BatchNorm2d(width, eps=options.epsilon))
            self._blocks[f"conv {block + 1}, {side}x{side}"] = len(self.model) - 1
            before = width
        self.adv_layer = nn.Sequential(nn.Linear(before * side**2, 1))
        _initialise(self)

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """What each block hands on, after dropout and normalisation."""
        return {name: self.model[place] for name, place in self._blocks.items()}

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        return Judged(self.adv_layer(self.model(x).flatten(1)).flatten())


class PyTorchGANDCGAN(Architecture):
    """A convolutional pair whose generator upsamples in place of transposed convolution, and whose discriminator hides features at random.

    Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative adversarial networks", 2016, as
    Linder-Norén's PyTorch-GAN, 2018, builds it in ``dcgan``.
    """

    title = "DCGAN of PyTorch-GAN (upsampling)"

    class Options(NormalisedOptions):
        width: int = Field(
            128, ge=2, le=1024, title="Width of the generator", description="Channels of its maps; half as many in the last."
        )
        width_d: int = Field(
            16, ge=1, le=512, title="Width of the discriminator", description="Channels of its first map; doubled at each halving."
        )
        last_normalised: bool = Field(
            True, title="Normalise the last block", description="Of the discriminator; older versions of PyTorch-GAN did not."
        )

    def suits(self, config) -> str | None:
        shape = config.part("dataset").shape
        if len(shape) != 3:
            return "Convolutions need images, and these data are points in a plane; take the mlp architecture."
        if shape[1] != shape[2] or shape[1] % 4:
            return (
                f"This generator doubles twice: square images with a side that 4 divides are needed, not {shape[1]} by {shape[2]} pixels."
            )
        if getattr(config.part("objective").options, "clip", 1) < CLIP and self.options.epsilon > EPSILON:
            return (
                f"With weights clipped below {CLIP:g} this discriminator passes no gradient on (at 0.01, 1e-15 was measured), because its "
                f"normalisation has a large epsilon: set that to {EPSILON:g} or less, or clip at {CLIP:g}."
            )
        return None

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[UpsamplingGenerator, DropoutDiscriminator]:
        return UpsamplingGenerator(shape, latent_dim, self.options), DropoutDiscriminator(shape, self.options)


def _initialise(network: nn.Module) -> None:
    """As there: convolutions from N(0, 0.02), scales of a normalisation from N(1, 0.02) with shifts at 0; the rest as torch does."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, 0.0, 0.02)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)
            nn.init.zeros_(module.bias)
