from __future__ import annotations

from collections.abc import Iterable

import torch
from pydantic import Field

from gandash.optimisers import Optimiser
from gandash.registry import Options


class Adam(Optimiser):
    """Step sizes that adapt to each weight; with a small first beta, the customary choice for GANs.

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015; a learning rate of 2e-4 and a beta 1 of 0.5 are those of Radford,
    Metz and Chintala (DCGAN), 2016.
    """

    title = "Adam"

    class Options(Options):
        learning_rate: float = Field(
            2e-4, gt=0, le=1, title="Learning rate", description="The length of a step, roughly, for every weight."
        )
        beta1: float = Field(0.5, ge=0, lt=1, title="Beta 1", description="Memory of past gradients. GANs want less than the usual 0.9.")
        beta2: float = Field(
            0.999, ge=0, lt=1, title="Beta 2", description="Memory of the gradients' squares, which scale each weight's step."
        )
        eps: float = Field(1e-8, gt=0, le=0.1, title="Epsilon", description="Keeps the step finite where the gradients are almost zero.")
        weight_decay: float = Field(0.0, ge=0, le=1, title="Weight decay", description="Adds this much of each weight to its gradient.")

    def build(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Adam:
        options = self.options
        return torch.optim.Adam(
            parameters,
            lr=options.learning_rate,
            betas=(options.beta1, options.beta2),
            eps=options.eps,
            weight_decay=options.weight_decay,
            fused=True,
        )
