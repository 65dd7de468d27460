from __future__ import annotations

import torch
from pydantic import Field

from gandash.objectives import Objective, Step
from gandash.registry import Options


class Wasserstein(Objective):
    """A critic values real images as far above generated ones, on the average, as its small weights allow; G closes the gap.

    Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017. Of all functions with a slope of at most 1, the one with the widest gap gives
    the Wasserstein distance; clipped weights keep the critic's slope below some bound, which is crude. Five updates of the critic for one
    of G, and RMSprop with a learning rate of 5e-5 in place of an optimiser with momentum, are the paper's.
    """

    title = "Wasserstein, weights clipped (WGAN)"
    critic_steps = 5
    uses_targets = False
    critic = True
    score_title = "D(x), the critic's value: only differences count"
    score_range = None
    equilibrium = None
    means = (
        "The critic's loss is minus the gap between the means of its values for real and for generated images. With its sign turned, "
        "and up to an unknown factor, it estimates the Wasserstein distance of the two: how far one would have to carry the one "
        "heap of images to make the other of it. That falls as the images improve, as long as the critic is trained well: here a "
        "curve can be read. G's loss is minus the mean value of its own images."
    )
    means_not = (
        "A value is no probability and means nothing alone: only the gap counts, since the same number added to all values changes "
        "nothing. G's loss wanders for that reason. The factor depends on the network and on the clipping bound, so that gaps of two runs "
        "cannot be compared. And a gap near 0 may be a critic that is too weak, as it easily becomes when its weights are clipped."
    )

    class Options(Options):
        clip: float = Field(
            0.01,
            gt=0,
            le=1,
            title="Clipping bound",
            description="Of every weight of the critic. A low bound lets gradients vanish layer by layer, a high one lets them explode.",
        )

    def score(self, logits: torch.Tensor) -> torch.Tensor:
        return logits

    def discriminator_loss(self, step: Step) -> torch.Tensor:
        return step.fake_logits.mean() - step.real_logits.mean()

    def generator_loss(self, step: Step) -> torch.Tensor:
        return -step.fake_logits.mean()

    def after_discriminator_step(self, discriminator: torch.nn.Module) -> None:
        for parameter in discriminator.parameters():
            parameter.clamp_(-self.options.clip, self.options.clip)
