from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gandash.objectives import Objective, Step


class NonSaturating(Objective):
    """D learns to tell real from fake as a classifier does; G maximises the probability that D calls its images real.

    Goodfellow et al., "Generative adversarial nets", 2014, section 3: the heuristic that they trained with in place of the minimax game.
    """

    title = "Non-saturating"
    means = (
        "D's loss is the cross entropy of its real-or-fake answers, added over real and generated images: about 1.39 (2 ln 2) when it "
        "can only guess, near 0 when it is always right. G's loss is the surprise of D at hearing that the generated images are real: "
        "about 0.69 (ln 2) when D can only guess, large when D sees through them. With targets other than 0 and 1, D's loss cannot reach 0."
    )
    means_not = (
        "Neither loss measures how good the images are. Each is measured against an opponent that changes: G's loss can rise while its "
        "images improve, because D has improved more, and two runs' losses cannot be compared. A pair of losses that has settled may be "
        "an equilibrium, or a game that has stalled. A collapse on a few kinds of image need not show."
    )

    def discriminator_loss(self, step: Step) -> torch.Tensor:
        on_real = binary_cross_entropy_with_logits(step.real_logits, step.targets.real)
        on_fake = binary_cross_entropy_with_logits(step.fake_logits, step.targets.fake)
        return on_real + on_fake

    def generator_loss(self, step: Step) -> torch.Tensor:
        return binary_cross_entropy_with_logits(step.fake_logits, step.targets.generator)
