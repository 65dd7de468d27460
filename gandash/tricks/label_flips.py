from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import Field

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.objectives import Step, Targets


class LabelFlips(Trick):
    """D is now and then told the opposite of the truth, so that it cannot afford to be sure.

    Chintala et al., "How to train a GAN? Tips and tricks to make GANs work", 2016, tip 6. With the probability p, a real image is presented
    as generated or a generated one as real. The best D then says at least p and at most 1 - p, however far the two lie apart, and
    goes on teaching G. G is never told anything false.
    """

    title = "Random label flips"
    order = 20  # after targets are softened: a flipped image has the other kind's target, softness included

    class Options(Options):
        probability: float = Field(
            0.05, ge=0, le=0.5, title="Probability", description="Of an image's label to be wrong; at 0.5, D learns nothing."
        )
        fade: int = Field(
            0, ge=0, le=10_000_000, title="Fades over, steps", description="The probability falls evenly to 0 in so many steps; 0 keeps it."
        )

    def suits(self, config) -> str | None:
        if not config.part("objective").uses_targets:
            return f"The objective {config.part('objective').title} has no targets that could be flipped."
        return None

    def probability(self, number: int) -> float:
        """At step ``number``, from 0."""
        left = max(0.0, 1 - number / self.options.fade) if self.options.fade else 1.0
        return self.options.probability * left

    def targets(self, targets: Targets, step: Step) -> Targets:
        if step.phase == "generator":
            return targets
        real = torch.where(self._wrong(targets.real, step, "real"), targets.fake, targets.real)
        fake = torch.where(self._wrong(targets.fake, step, "fake"), targets.real, targets.fake)
        return targets._replace(real=real, fake=fake)

    def _wrong(self, targets: torch.Tensor, step: Step, of: str) -> torch.Tensor:
        drawn = torch.rand(len(targets), generator=step.random(f"label flips, {of}"))
        return (drawn < self.probability(step.number)).to(targets.device)
