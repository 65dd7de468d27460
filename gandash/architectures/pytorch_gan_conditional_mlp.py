from __future__ import annotations

import math

import torch
from pydantic import Field
from torch import nn

from gandash.architectures import Architecture, Discriminator, Generator, Judged
from gandash.architectures._pytorch_gan import SLOPE, FullyConnectedOptions, Widths, fully_connected_generator


class ConditionalMLPGenerator(Generator):
    """Reads a learnt vector for the class before z."""

    def __init__(self, shape: tuple[int, ...], num_classes: int, latent_dim: int, options: PyTorchGANConditionalMLP.Options):
        super().__init__()
        self.latent_dim, self.shape = latent_dim, shape
        self.label_emb = nn.Embedding(num_classes, num_classes)
        self.model = fully_connected_generator(num_classes + latent_dim, math.prod(shape), options)

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        if labels is None:
            raise ValueError("This generator is conditional: it must be told a class for each latent.")
        return self.model(torch.cat([self.label_emb(labels), z], dim=1)).view(-1, *self.shape)


class ConditionalMLPDiscriminator(Discriminator):
    """Reads a learnt vector for the class after the pixels."""

    def __init__(self, shape: tuple[int, ...], num_classes: int, options: PyTorchGANConditionalMLP.Options):
        super().__init__()
        self.label_embedding = nn.Embedding(num_classes, num_classes)
        layers: list[nn.Module] = []
        before = math.prod(shape) + num_classes
        for index, width in enumerate(options.widths_d):
            layers.append(nn.Linear(before, width))
            if index:
                layers.append(nn.Dropout(options.dropout))  # there also where it hides nothing: it counts in the names of what follows
            layers.append(nn.LeakyReLU(SLOPE, inplace=True))
            before = width
        self.model = nn.Sequential(*layers, nn.Linear(before, 1))

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        if labels is None:
            raise ValueError("This discriminator is conditional: it must be told the class of each image.")
        return Judged(self.model(torch.cat([x.flatten(1), self.label_embedding(labels)], dim=1)).flatten())


class PyTorchGANConditionalMLP(Architecture):
    """A fully connected pair that is told the class: both players read a learnt vector for it beside their input.

    Mirza and Osindero, "Conditional generative adversarial nets", 2014, as Linder-Norén's PyTorch-GAN, 2018, builds it in ``cgan``.
    """

    title = "Conditional MLP of PyTorch-GAN (CGAN)"
    conditional = True

    class Options(FullyConnectedOptions):
        widths_d: Widths = Field(
            (512, 512, 512), title="Widths of the discriminator", description="Units of its hidden layers, from the image to the logit."
        )
        dropout: float = Field(
            0.4, ge=0, lt=1, title="Dropout in the discriminator", description="Share of units hidden at random, after its first layer."
        )

    def suits(self, config) -> str | None:
        if config.part("dataset").num_classes < 2:
            return "A conditional network needs data with at least two classes, and these have no labels."
        return None

    def build(
        self, shape: tuple[int, ...], num_classes: int, latent_dim: int
    ) -> tuple[ConditionalMLPGenerator, ConditionalMLPDiscriminator]:
        generator = ConditionalMLPGenerator(shape, num_classes, latent_dim, self.options)
        return generator, ConditionalMLPDiscriminator(shape, num_classes, self.options)
