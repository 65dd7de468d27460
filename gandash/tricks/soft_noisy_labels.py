from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import nn

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.architectures import Discriminator, Generator, Judged
    from gandash.objectives import Step, Targets


class SoftNoisyLabels(Trick):
    """D's targets lie at random a little off 0 and 1, and the labels are flipped: D's own output says how fake an image is.

    Chintala et al., "How to train a GAN? Tips and tricks to make GANs work", 2016, tip 6. With an amount of 0.1, D's own output should be
    between 0.0 and 0.1 for real images and between 0.9 and 1.0 for generated ones; G wants 0.

    A flip is a change of names. D's network says the opposite, and the wrapped D negates that, so that a positive logit means real here as
    everywhere; the targets that a step carries are told in the same terms, real 0.9 to 1.0 and generated 0.0 to 0.1. Every objective
    that has targets gives -x at 1 - t the loss that it gives x at t, so each gradient is the one that flipped targets of all three roles
    would give. What helps is therefore the noise, not the flip: a flipped game is the mirror image of the plain one.
    """

    title = "Soft and noisy labels, flipped"
    order = 10  # before some of them are swapped

    class Options(Options):
        amount: float = Field(
            0.1, ge=0, le=0.5, title="Amount", description="How far at most a target lies from 0 or 1; drawn anew for every image."
        )
        flipped: bool = Field(True, title="Flipped labels", description="D's network learns 0 for real images and 1 for generated ones.")

    def suits(self, config) -> str | None:
        if not config.part("objective").uses_targets:
            return f"The objective {config.part('objective').title} has no targets that could be softened or flipped."
        if any(choice.name == "label_smoothing" for choice in config.tricks):
            return "Label smoothing moves the same targets by a fixed amount; take one of the two."
        return None

    def wrap(self, generator: Generator, discriminator: Discriminator, config) -> tuple[Generator, Discriminator]:
        if self.options.flipped:
            discriminator.register_forward_hook(_negated)
        return generator, discriminator

    def targets(self, targets: Targets, step: Step) -> Targets:
        if step.phase == "generator":
            return targets
        off = [self.options.amount * torch.rand(len(targets.real), generator=step.random(f"soft labels, {of}")) for of in ("real", "fake")]
        real, fake = (amounts.to(targets.real.device) for amounts in off)
        return targets._replace(real=targets.real - real, fake=targets.fake + fake)


def _negated(network: nn.Module, args: Any, judged: Judged) -> Judged:
    return judged._replace(logits=-judged.logits)
