from __future__ import annotations

import torch
from pydantic import Field
from torch.nn.functional import softplus

from gandash.objectives import Objective, Step
from gandash.registry import Options


class Relativistic(Objective):
    """D compares each real image with a generated one and should call it the more real of the two; G wants the opposite.

    Huang et al., "The GAN is dead; long live the GAN! A modern GAN baseline" (R3GAN), 2024: the pairing of Jolicoeur-Martineau, 2018, with
    zero-centred gradient penalties on real images (R1) and on generated ones (R2). Made for discriminators without batch normalisation,
    in which the gradient of one image's logit depends on that image alone.
    """

    title = "Relativistic with R1 and R2 (R3GAN)"
    uses_targets = False
    pairs_in_generator_loss = True
    differentiates_inputs = True
    gradient_penalty = True
    critic = True
    score_title = "D(x), of which only differences count"
    score_range = None
    equilibrium = None
    means = (
        "D's loss is the surprise at hearing which image of a pair is the real one, plus the penalties: about 0.69 (ln 2) when it can "
        "only guess. Without penalties, G's loss would be the mirror image. What can be read is the gap between D(x) and D(G(z)): 0 means "
        "that D cannot tell. With both penalties the game provably settles near its equilibrium, where the plain one may circle."
    )
    means_not = (
        "D(x) alone means nothing: only pairs were ever compared, so all scores may drift together. The losses do not measure how "
        "good the images are, and a D that is held back by a strong penalty keeps both near 0.69 without any image being good."
    )

    class Options(Options):
        gamma: float = Field(
            1.0,
            ge=0,
            le=1000,
            title="Gamma",
            description="Weight of both gradient penalties; smaller lets D be sharper, larger calms the game.",
        )

    def score(self, logits: torch.Tensor) -> torch.Tensor:
        return logits

    def discriminator_loss(self, step: Step) -> torch.Tensor:
        loss = softplus(step.fake_logits - step.real_logits).mean()
        if self.options.gamma:
            r1 = _squared_gradient(step.real_logits, step.real)
            r2 = _squared_gradient(step.fake_logits, step.fake)
            step.logged["penalty_r1"], step.logged["penalty_r2"] = r1.detach(), r2.detach()
            loss = loss + self.options.gamma / 2 * (r1 + r2)
        return loss

    def generator_loss(self, step: Step) -> torch.Tensor:
        return softplus(step.real_logits - step.fake_logits).mean()


def _squared_gradient(logits: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """The squared norm of each image's gradient, as a mean over the batch; ``images`` asked for gradients before D saw them."""
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.square().flatten(1).sum(1).mean()
