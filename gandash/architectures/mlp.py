from __future__ import annotations

from gandash.architectures import Architecture
from gandash.architectures._fully_connected import MLPDiscriminator, MLPGenerator, MLPOptions


class MLP(Architecture):
    """Fully connected players that know nothing of images: each pixel is a number like any other, and the points of a ring fit as well.

    Goodfellow et al., "Generative adversarial nets", 2014: the network of the first GANs, often called vanilla.
    """

    title = "MLP (vanilla GAN)"
    Options = MLPOptions

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[MLPGenerator, MLPDiscriminator]:
        return MLPGenerator(shape, latent_dim, self.options), MLPDiscriminator(shape, self.options)
