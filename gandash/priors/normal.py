from __future__ import annotations

import torch

from gandash.priors import Prior, slerp


class Normal(Prior):
    """Independent standard normal numbers: in many dimensions nearly all of them lie on a sphere, so paths go along it.

    Goodfellow et al., "Generative adversarial nets", 2014; for the paths White, "Sampling generative networks", 2016.
    """

    title = "Normal"

    def sample(self, count: int, latent_dim: int, generator: torch.Generator) -> torch.Tensor:
        return torch.randn(count, latent_dim, generator=generator)

    def path(self, a: torch.Tensor, b: torch.Tensor, steps: int) -> torch.Tensor:
        return slerp(a, b, steps)
