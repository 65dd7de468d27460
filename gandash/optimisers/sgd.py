from __future__ import annotations

from collections.abc import Iterable

import torch
from pydantic import Field

from gandash.optimisers import Optimiser
from gandash.registry import Options


class SGD(Optimiser):
    """Plain gradient steps, all of one scale, with momentum if wished.

    Robbins and Monro, "A stochastic approximation method", 1951; momentum from Polyak, 1964, its look-ahead from Nesterov, 1983.
    """

    title = "SGD"

    class Options(Options):
        learning_rate: float = Field(0.01, gt=0, le=10, title="Learning rate", description="How much of the gradient is a step.")
        momentum: float = Field(0.0, ge=0, lt=1, title="Momentum", description="How much of the last step is taken again.")
        nesterov: bool = Field(False, title="Nesterov", description="Use the gradient where momentum is about to lead; needs momentum.")
        weight_decay: float = Field(0.0, ge=0, le=1, title="Weight decay", description="Adds this much of each weight to its gradient.")

    def suits(self, config) -> str | None:
        if self.options.nesterov and not self.options.momentum:
            return "Nesterov's look-ahead needs a momentum above 0."
        return None

    def build(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.SGD:
        options = self.options
        return torch.optim.SGD(
            parameters,
            lr=options.learning_rate,
            momentum=options.momentum,
            nesterov=options.nesterov,
            weight_decay=options.weight_decay,
            fused=True,
        )
