from __future__ import annotations

from collections.abc import Iterable

import torch
from pydantic import Field

from gandash.optimisers import Optimiser
from gandash.registry import Options


class RMSprop(Optimiser):
    """Gradient steps divided by the recent size of each weight's gradient; what Wasserstein GANs with clipping were trained with.

    Hinton, "Neural networks for machine learning", lecture 6e, 2012; Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017.
    """

    title = "RMSprop"

    class Options(Options):
        learning_rate: float = Field(
            5e-5, gt=0, le=1, title="Learning rate", description="The length of a step, roughly, for every weight."
        )
        alpha: float = Field(
            0.99, ge=0, lt=1, title="Alpha", description="Memory of the gradients' squares, which scale each weight's step."
        )
        momentum: float = Field(0.0, ge=0, lt=1, title="Momentum", description="How much of the last step is taken again.")
        eps: float = Field(1e-8, gt=0, le=0.1, title="Epsilon", description="Keeps the step finite where the gradients are almost zero.")
        centered: bool = Field(False, title="Centred", description="Divide by the gradient's standard deviation in place of its size.")
        weight_decay: float = Field(0.0, ge=0, le=1, title="Weight decay", description="Adds this much of each weight to its gradient.")

    def build(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.RMSprop:
        options = self.options
        return torch.optim.RMSprop(
            parameters,
            lr=options.learning_rate,
            alpha=options.alpha,
            momentum=options.momentum,
            eps=options.eps,
            centered=options.centered,
            weight_decay=options.weight_decay,
        )
