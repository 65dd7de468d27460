from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from pydantic import Field

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.objectives import Step


class GradientClipping(Trick):
    """A gradient that is longer than a bound is shortened to it, so that a single batch cannot throw a player far off.

    Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013. All of a player's gradients together are
    one vector, whose direction is kept. Adam, which scales every step, feels it only where single gradients are longer than usual.
    """

    title = "Gradient clipping"

    class Options(Options):
        norm: float = Field(1.0, gt=0, le=10_000, title="Longest gradient", description="Euclidean norm over all weights of a player.")
        players: Literal["both", "generator", "discriminator"] = Field("both", title="Players", description="Whose gradients are clipped.")

    def suits(self, config) -> str | None:
        if config.precision == "16-mixed":
            return (
                "With 16-mixed precision gradients are multiplied by a changing factor until the optimiser steps, so their norm is "
                "not what it seems; choose bf16-mixed or 32-true."
            )
        return None

    def before_optimiser_step(self, step: Step, network: torch.nn.Module) -> None:
        if self.options.players in ("both", step.phase):
            before = torch.nn.utils.clip_grad_norm_(network.parameters(), self.options.norm)
            step.logged[f"{step.phase[0]}_grad_norm_before_clipping"] = before
