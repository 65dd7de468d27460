from __future__ import annotations

import torch
from pydantic import Field
from torch.nn.modules.batchnorm import _BatchNorm

from gandash.objectives import Objective, Step
from gandash.registry import Options


class WassersteinGP(Objective):
    """A critic whose slope a penalty holds near 1 values real images above generated ones; G closes the gap.

    Gulrajani et al., "Improved training of Wasserstein GANs", 2017. The penalty is taken between: at a random point of the line from each
    real image to a generated one, where the best critic would have a slope of exactly 1. A conditional critic is told the real image's
    class there. The paper's weight is 10, with five updates of the critic for one of G, by Adam with betas of 0 and 0.9.
    """

    title = "Wasserstein with gradient penalty (WGAN-GP)"
    critic_steps = 5
    uses_targets = False
    gradient_penalty = True
    critic = True
    score_title = "D(x), the critic's value: only differences count"
    score_range = None
    equilibrium = None
    means = (
        "Without the penalty, the critic's loss is minus the gap between the means of its values for real and for generated images. "
        "With its sign turned, it estimates the Wasserstein distance of the two: how far, in pixel values, one would have to carry the one "
        "heap of images to make the other of it. That falls as the images improve, as long as the critic is trained well: here a curve "
        "can be read. G's loss is minus the mean value of its own images. The penalty is near 0 where the critic's slope is near 1."
    )
    means_not = (
        "A value is no probability and means nothing alone: only the gap counts, since the same number added to all values changes "
        "nothing. G's loss wanders for that reason. A distance in pixel values is not a distance in what a person sees: sharp and varied "
        "images can lie as far from the real ones as blurred ones do. While the penalty is large, the gap is no distance at all."
    )

    class Options(Options):
        penalty: float = Field(
            10.0,
            ge=0,
            le=1000,
            title="Gradient penalty",
            description="Weight of the squared distance of the critic's slope from 1; the paper takes 10. At 0 the values run away.",
        )

    def suits(self, config) -> str | None:
        networks = config.part("architecture").outline(config)
        normalised = networks is not None and any(isinstance(layer, _BatchNorm) for layer in networks[1].modules())
        if normalised and not any(choice.name == "virtual_batch_norm" for choice in config.tricks):
            return (
                "The penalty asks how the critic's value of one image changes with that image, and under batch normalisation it changes "
                "with the whole batch: choose a discriminator with another normalisation, or with none, as the paper says."
            )
        return super().suits(config)

    def score(self, logits: torch.Tensor) -> torch.Tensor:
        return logits

    def discriminator_loss(self, step: Step) -> torch.Tensor:
        loss = step.fake_logits.mean() - step.real_logits.mean()
        if self.options.penalty:
            penalty = _penalty(step)
            step.logged["penalty"] = penalty.detach()
            loss = loss + self.options.penalty * penalty
        return loss

    def generator_loss(self, step: Step) -> torch.Tensor:
        return -step.fake_logits.mean()


def _penalty(step: Step) -> torch.Tensor:
    """The squared distance of D's slope from 1, between each real image and a generated one; a mean over the batch."""
    real, fake = step.real.detach(), step.fake.detach()
    share = torch.rand(len(real), *[1] * (real.ndim - 1), generator=step.random("penalty")).to(real.device)
    between = torch.lerp(fake, real, share).requires_grad_()
    (gradient,) = torch.autograd.grad(step.discriminator(between, step.labels).logits.sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
