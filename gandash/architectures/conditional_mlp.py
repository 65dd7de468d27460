from __future__ import annotations

import torch
from torch.nn.functional import one_hot

from gandash.architectures import Architecture, Judged
from gandash.architectures._fully_connected import MLPDiscriminator, MLPGenerator, MLPOptions


class ToldGenerator(MLPGenerator):
    """Reads z and, behind it, the class: a 1 in the class's place, 0 in all others."""

    def __init__(self, shape: tuple[int, ...], num_classes: int, latent_dim: int, options: MLPOptions):
        super().__init__(shape, latent_dim, options, told=num_classes)
        self.num_classes = num_classes

    def forward(self, z: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        return super().forward(_with_class(z, labels, self.num_classes))


class ToldDiscriminator(MLPDiscriminator):
    """Reads all pixels in one row and, behind them, the class, in the same way."""

    def __init__(self, shape: tuple[int, ...], num_classes: int, options: MLPOptions):
        super().__init__(shape, options, told=num_classes)
        self.num_classes = num_classes

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        return super().forward(_with_class(x.flatten(1), labels, self.num_classes))


class ConditionalMLP(Architecture):
    """A fully connected GAN in which both players are told the class: one must draw it, the other judges whether it is a real one of it.

    Mirza and Osindero, "Conditional generative adversarial nets", 2014 (CGAN). The class, one-hot, is appended to z and to the pixels: what
    the first layer adds for it is a learnt vector for each class. Theirs has a layer for each of the two before they meet.
    """

    title = "CGAN (conditional MLP)"
    conditional = True
    Options = MLPOptions

    def suits(self, config) -> str | None:
        if config.part("dataset").num_classes < 2:
            return "A conditional GAN is told the class of each example, and these data have no labels; the mlp architecture needs none."
        return None

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[ToldGenerator, ToldDiscriminator]:
        return ToldGenerator(shape, num_classes, latent_dim, self.options), ToldDiscriminator(shape, num_classes, self.options)


def _with_class(values: torch.Tensor, labels: torch.Tensor | None, num_classes: int) -> torch.Tensor:
    """``(N, n)`` and labels ``(N,)`` -> ``(N, n + num_classes)``."""
    if labels is None:
        raise ValueError("This network is conditional: it must be told a class for each latent or image.")
    return torch.cat([values, one_hot(labels, num_classes).to(values.dtype)], 1)
