from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import Field

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.objectives import Step


class InstanceNoise(Trick):
    """Noise is added to every image that D sees, real or generated, and fades as training goes on.

    Sønderby et al., "Amortised MAP inference for image super-resolution", 2017, and Arjovsky and Bottou, "Towards principled methods for
    training generative adversarial networks", 2017. Images fill next to nothing of the space of all pixel values, and at first the
    generated ones lie nowhere near the real ones: a D could tell them apart without error and teach nothing. Noise makes the two overlap.
    """

    title = "Instance noise"
    order = 40  # after augmentation: noise is what D sees last

    class Options(Options):
        deviation: float = Field(
            0.2, ge=0, le=2, title="Standard deviation", description="Of the noise at the first step, where pixels range from -1 to 1."
        )
        fade: int = Field(
            2000,
            ge=0,
            le=10_000_000,
            title="Fades over, steps",
            description="The deviation falls evenly to 0 in so many steps; 0 keeps it.",
        )

    def deviation(self, number: int) -> float:
        """At step ``number``, from 0."""
        left = max(0.0, 1 - number / self.options.fade) if self.options.fade else 1.0
        return self.options.deviation * left

    def images(self, images: torch.Tensor, step: Step, origin: str) -> torch.Tensor:
        deviation = self.deviation(step.number)
        if step.phase == "discriminator":
            step.logged["instance_noise"] = torch.tensor(deviation)
        if deviation == 0:
            return images
        noise = torch.empty_like(images, device="cpu").normal_(
            std=deviation, generator=step.random(f"instance noise, {step.phase}, {origin}")
        )
        return images + noise.to(images.device)
