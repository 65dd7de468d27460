from __future__ import annotations

from typing import Literal

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import one_hot

from gandash.architectures import Architecture, Judged
from gandash.architectures._convolutional import (
    ConditionalGenerator,
    ConvolutionalDiscriminator,
    ConvolutionalGenerator,
    ConvolutionalOptions,
    unsuitable,
)


class ConditionalOptions(ConvolutionalOptions):
    """The body's, and how each player is told."""

    condition_g: Literal["factor", "appended"] = Field(
        "factor",
        title="Class in the generator",
        description="Factor: z is multiplied by a learnt vector for the class, so that G cannot do without z. Appended: that vector stands "
        "behind z, and a small G may heed it alone and draw one picture a class.",
    )
    condition_d: Literal["maps", "projection"] = Field(
        "projection",
        title="Class in the discriminator",
        description="Maps: beside the image's channels lies one for each class, 1 all over for the right one and 0 for the others. "
        "Projection: the last features are compared with a learnt vector for each class, which costs less where classes are many.",
    )


class AppendingGenerator(ConvolutionalGenerator):
    """Reads z and, behind it, a learnt vector for the class, as long as z."""

    def __init__(self, shape: tuple[int, ...], num_classes: int, latent_dim: int, options: ConditionalOptions):
        super().__init__(shape, latent_dim, options, told=latent_dim)
        self.embedding = nn.Embedding(num_classes, latent_dim)

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        if labels is None:
            raise ValueError("This generator is conditional: it must be told a class for each latent.")
        return super().forward(torch.cat([z, self.embedding(labels)], 1))


class ConditionalDiscriminator(ConvolutionalDiscriminator):
    """Is told the class of what it sees, before its first convolution or after its last."""

    def __init__(self, shape: tuple[int, ...], num_classes: int, options: ConditionalOptions):
        maps = num_classes if options.condition_d == "maps" else 0
        super().__init__((shape[0] + maps, *shape[1:]), options)
        self.maps = maps
        if not maps:
            self.embedding = nn.Embedding(num_classes, self.features)
            nn.init.normal_(self.embedding.weight, 0.0, 0.02)

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        if labels is None:
            raise ValueError("This discriminator is conditional: it must be told a class for each image.")
        if self.maps:
            told = one_hot(labels, self.maps).to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])
            return super().forward(torch.cat([x, told], 1))
        features = self.blocks(x)
        agreement = (features.flatten(1) * self.embedding(labels)).sum(1)
        return Judged(self.head(features).flatten() + agreement)


class ConditionalDCGAN(Architecture):
    """A DCGAN in which both players are told the class: one must draw it, the other judges whether it is a real one of it.

    Mirza and Osindero, "Conditional generative adversarial nets", 2014, with the networks of Radford et al., 2016 (cDCGAN). D's
    projection is that of Miyato and Koyama, "cGANs with projection discriminator", 2018; its maps repeat the class at every place, as Reed
    et al., "Generative adversarial text to image synthesis", 2016, do with their text.
    """

    title = "cDCGAN (conditional DCGAN)"
    conditional = True
    Options = ConditionalOptions

    def suits(self, config) -> str | None:
        dataset = config.part("dataset")
        if dataset.num_classes < 2:
            return "A conditional GAN is told the class of each image, and these data have no labels; the dcgan architecture needs none."
        return unsuitable(dataset.shape, self.options.stride)

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[ConvolutionalGenerator, ConditionalDiscriminator]:
        generator = AppendingGenerator if self.options.condition_g == "appended" else ConditionalGenerator
        return generator(shape, num_classes, latent_dim, self.options), ConditionalDiscriminator(shape, num_classes, self.options)
