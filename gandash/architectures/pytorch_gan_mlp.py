from __future__ import annotations

import math

import torch
from pydantic import Field
from torch import nn

from gandash.architectures import Architecture, Discriminator, Generator, Judged
from gandash.architectures._pytorch_gan import SLOPE, FullyConnectedOptions, Widths, fully_connected_generator


class MLPGenerator(Generator):
    """Fully connected layers that widen, normalised from the second on."""

    def __init__(self, shape: tuple[int, ...], latent_dim: int, options: PyTorchGANMLP.Options):
        super().__init__()
        self.latent_dim, self.shape = latent_dim, shape
        self.model = fully_connected_generator(latent_dim, math.prod(shape), options)

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return self.model(z).view(-1, *self.shape)


class MLPDiscriminator(Discriminator):
    """Fully connected layers that narrow to one logit."""

    def __init__(self, shape: tuple[int, ...], options: PyTorchGANMLP.Options):
        super().__init__()
        layers: list[nn.Module] = []
        before = math.prod(shape)
        for width in options.widths_d:
            layers += [nn.Linear(before, width), nn.LeakyReLU(SLOPE, inplace=True)]
            before = width
        self.model = nn.Sequential(*layers, nn.Linear(before, 1))

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        return Judged(self.model(x.flatten(1)).flatten())


class PyTorchGANMLP(Architecture):
    """The fully connected pair that many tutorials share: a normalised generator, and a smaller discriminator that is not normalised.

    Goodfellow et al., "Generative adversarial nets", 2014, and Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017, as Linder-Norén's
    PyTorch-GAN, 2018, builds them in ``gan`` and ``wgan``.
    """

    title = "MLP of PyTorch-GAN (GAN, WGAN)"

    class Options(FullyConnectedOptions):
        widths_d: Widths = Field(
            (512, 256), title="Widths of the discriminator", description="Units of its hidden layers, from the image to the logit."
        )

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[MLPGenerator, MLPDiscriminator]:
        return MLPGenerator(shape, latent_dim, self.options), MLPDiscriminator(shape, self.options)
