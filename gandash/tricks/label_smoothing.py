from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.objectives import Step, Targets


class LabelSmoothing(Trick):
    """D should be nearly sure in place of quite sure, so that it neither grows extreme nor stops teaching G.

    Salimans et al., "Improved techniques for training GANs", 2016, section 3.4. One-sided as they advise: softened targets for generated
    images, too, would pull D up wherever real images are rare, and so hold G's samples where they are. G's own target stays 1.
    """

    title = "Label smoothing"
    order = 10  # before targets are flipped, so that what is softened is what D is told of real images

    class Options(Options):
        sides: Literal["one_sided", "two_sided"] = Field(
            "one_sided", title="Sides", description="Soften the target of real images only, or that of generated ones as well."
        )
        amount: float = Field(0.1, ge=0, le=0.5, title="Amount", description="How far the targets move from 1, and from 0.")

    def suits(self, config) -> str | None:
        if not config.part("objective").uses_targets:
            return f"The objective {config.part('objective').title} has no targets that could be smoothed."
        return None

    def targets(self, targets: Targets, step: Step) -> Targets:
        real = targets.real * (1 - self.options.amount)
        if self.options.sides == "one_sided":
            return targets._replace(real=real)
        return targets._replace(real=real, fake=targets.fake + self.options.amount * (1 - targets.fake))
