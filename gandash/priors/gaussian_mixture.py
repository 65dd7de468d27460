from __future__ import annotations

import math

import torch
from pydantic import Field

from gandash.priors import Prior, slerp
from gandash.registry import Options

_CENTRES = 20_180_829  # seeds the centres, which are the same in every run with these options


class GaussianMixture(Prior):
    """Round clouds around fixed centres, with room between them: digits come in kinds, and G need not fill what lies between two kinds.

    From a single cloud a continuous G must draw something between any two classes, and those samples are neither. Ben-Yosef and Weinshall,
    "Gaussian mixture generative adversarial networks for diverse datasets, and the unsupervised clustering of images", 2018; Gurumurthy,
    Sarvadevabhatla and Babu, "DeLiGAN", 2017, who learn the centres. The centres here are themselves drawn from a normal distribution,
    so that every number of z has variance 1 over all of them, as with a normal prior.
    """

    title = "Mixture of Gaussians"

    class Options(Options):
        clusters: int = Field(50, ge=2, le=10_000, title="Clouds", description="Equally likely. A few for each kind of image there is.")
        spread: float = Field(
            0.5, gt=0, lt=1, title="Spread", description="Standard deviation within a cloud; near 1 it is one cloud, a normal prior."
        )

    def centres(self, latent_dim: int) -> torch.Tensor:
        """``float32 (clusters, latent_dim)``."""
        random = torch.Generator().manual_seed(_CENTRES)
        return math.sqrt(1 - self.options.spread**2) * torch.randn(self.options.clusters, latent_dim, generator=random)

    def sample(self, count: int, latent_dim: int, generator: torch.Generator) -> torch.Tensor:
        which = torch.randint(self.options.clusters, (count,), generator=generator)
        return self.centres(latent_dim)[which] + self.options.spread * torch.randn(count, latent_dim, generator=generator)

    def path(self, a: torch.Tensor, b: torch.Tensor, steps: int) -> torch.Tensor:
        return slerp(a, b, steps)
