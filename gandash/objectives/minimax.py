from __future__ import annotations

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gandash.objectives import Objective, Step


class Minimax(Objective):
    """D learns to tell real from fake as a classifier does; G minimises the probability that D recognises its images.

    Goodfellow et al., "Generative adversarial nets", 2014, equation 1: G minimises log(1 - D(G(z))). They say why it is not what they
    trained with: where D is sure that an image is fake, this has almost no gradient, and G, which needs it most then, stops learning.
    """

    title = "Minimax (saturating)"
    means = (
        "D's loss is the cross entropy of its real-or-fake answers, added over real and generated images: about 1.39 (2 ln 2) when it "
        "can only guess, near 0 when it is always right. G's loss is the mean of log(1 - D(G(z))): about -0.69 (-ln 2) when D can only "
        "guess, lower still when G fools it, and near 0 from below when D sees through every image. A logit x of D passes the gradient "
        "D(x) on to G, so where D says 0.01 of G's images, G learns a hundred times more slowly than where D says 1."
    )
    means_not = (
        "A G loss near 0 is no success: it is the flat end, at which D has won and G gets no gradient. Neither loss measures how good "
        "the images are, since each is measured against an opponent that changes. With the best possible D, 2 ln 2 minus D's loss would be "
        "twice the Jensen-Shannon divergence of real and generated images; the D that is being trained is never that."
    )

    def discriminator_loss(self, step: Step) -> torch.Tensor:
        on_real = binary_cross_entropy_with_logits(step.real_logits, step.targets.real)
        on_fake = binary_cross_entropy_with_logits(step.fake_logits, step.targets.fake)
        return on_real + on_fake

    def generator_loss(self, step: Step) -> torch.Tensor:
        # log(1 - D(G(z))) is the cross entropy of D's answer with the opposite of what G wants to hear, negated
        return -binary_cross_entropy_with_logits(step.fake_logits, 1 - step.targets.generator)
