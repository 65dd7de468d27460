from __future__ import annotations

import torch
from torch.nn.functional import relu

from gandash.objectives import Objective, Step


class Hinge(Objective):
    """D should put real images above 1 and generated ones below -1, and cares no more for those that are; G raises what D says of its own.

    Lim and Ye, "Geometric GAN", 2017, and Tran, Ranganath and Blei, 2017; with spectral normalisation in D it is what Miyato et al.
    (SNGAN), 2018, and Brock et al. (BigGAN), 2019, train with. D is a classifier with a margin, like a support vector machine.
    """

    title = "Hinge"
    uses_targets = False
    score_title = "D(x), a margin: above 0 for real"
    score_range = None
    equilibrium = 0.0
    means = (
        "D's loss adds, over real and generated images, how far they fall short of their side of the margin: 2 when D says 0 of "
        "everything, 0 when every image lies beyond its side of the margin, and D then learns nothing more. G's loss is what D says of "
        "generated images, on the average and negated: near 1 when D has just won, 0 when it cannot tell, negative when G fools it."
    )
    means_not = (
        "Neither loss measures how good the images are: each is measured against an opponent that changes. D(x) is not a probability "
        "and has no bounds. G's loss has none either: below 0, it shows who is ahead at this moment, not that anything has converged."
    )

    def score(self, logits: torch.Tensor) -> torch.Tensor:
        return logits

    def discriminator_loss(self, step: Step) -> torch.Tensor:
        return relu(1 - step.real_logits).mean() + relu(1 + step.fake_logits).mean()

    def generator_loss(self, step: Step) -> torch.Tensor:
        return -step.fake_logits.mean()
