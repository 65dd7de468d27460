from __future__ import annotations

import torch

from gandash.priors import Prior, lerp


class Uniform(Prior):
    """Independent numbers, uniform in [-1, 1]: a cube is convex, so a straight line between two of its points stays in it.

    Radford, Metz and Chintala, "Unsupervised representation learning with deep convolutional generative adversarial networks", 2016.
    """

    title = "Uniform in [-1, 1]"

    def sample(self, count: int, latent_dim: int, generator: torch.Generator) -> torch.Tensor:
        return torch.rand(count, latent_dim, generator=generator) * 2 - 1

    def path(self, a: torch.Tensor, b: torch.Tensor, steps: int) -> torch.Tensor:
        return lerp(a, b, steps)
