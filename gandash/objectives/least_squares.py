from __future__ import annotations

import torch
from torch.nn.functional import mse_loss

from gandash.objectives import Objective, Step


class LeastSquares(Objective):
    """D is a regression that should say 1 of real images and 0 of generated ones; G pulls what D says of its own to 1.

    Mao et al., "Least squares generative adversarial networks", 2017. Its gradient does not fade where D is sure and right, and images
    that D takes for more than real are pulled back too. D(x) is the logit plus one half, so that a positive logit means real here as well.
    """

    title = "Least squares"
    score_title = "D(x), near 1 for real and 0 for generated"
    score_range = None
    equilibrium = 0.5
    means = (
        "Both losses are squared distances to what each player wants D to say, halved. When D cannot tell, it says 0.5 of everything: its "
        "loss is then 0.25 and G's 0.125. Near 0 for D and 0.5 for G means that D sees through every image."
    )
    means_not = (
        "Neither loss measures how good the images are, since each is measured against an opponent that changes. D(x) is not a "
        "probability: it may leave the range from 0 to 1. A small loss of G can mean good images or a weak D."
    )

    def score(self, logits: torch.Tensor) -> torch.Tensor:
        return logits + 0.5

    def discriminator_loss(self, step: Step) -> torch.Tensor:
        on_real = mse_loss(self.score(step.real_logits), step.targets.real)
        on_fake = mse_loss(self.score(step.fake_logits), step.targets.fake)
        return 0.5 * (on_real + on_fake)

    def generator_loss(self, step: Step) -> torch.Tensor:
        return 0.5 * mse_loss(self.score(step.fake_logits), step.targets.generator)
