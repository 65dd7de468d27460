from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import Field

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.objectives import Step


class AdaptiveCriticSteps(Trick):
    """Balances the players: D gets fewer updates a step while it is winning and more while it is losing.

    A rule of practice without one source; Goodfellow, "NIPS 2016 tutorial: generative adversarial networks", 2016, discusses why it may
    help and why it may not. Who is winning is read from D's accuracy, averaged over the last steps.
    """

    title = "Balanced updates of D"

    class Options(Options):
        losing: float = Field(0.6, ge=0, le=1, title="Losing below", description="Accuracy below which D gets the most updates.")
        winning: float = Field(0.85, ge=0, le=1, title="Winning above", description="Accuracy above which D gets the fewest updates.")
        fewest: int = Field(
            0, ge=0, le=20, title="Fewest updates", description="Of D, for each of G's. With 0, D waits until G has caught up."
        )
        most: int = Field(3, ge=1, le=20, title="Most updates", description="Of D, for each of G's.")
        memory: float = Field(0.9, ge=0, lt=1, title="Memory", description="What a step keeps of the accuracy so far.")

    def __init__(self, options=None):
        super().__init__(options)
        between = (self.options.losing + self.options.winning) / 2  # neither winning nor losing until there is something to see
        self._real = self._fake = between
        self._updates = 0

    def suits(self, config) -> str | None:
        if config.part("objective").critic:
            return f"With the objective {config.part('objective').title} a single score is neither right nor wrong, so D has no accuracy."
        if self.options.losing > self.options.winning:
            return "The accuracy below which D is losing must not lie above the one at which it is winning."
        if self.options.fewest > self.options.most:
            return "The fewest updates of D must not be more than the most."
        return None

    @property
    def accuracy(self) -> float:
        """D's accuracy, averaged over the last steps, real and generated images counting alike."""
        return (self._real + self._fake) / 2

    def critic_steps(self, planned: int, number: int) -> int:
        self._updates = planned
        if self.accuracy < self.options.losing:
            self._updates = self.options.most
        elif self.accuracy > self.options.winning:
            self._updates = self.options.fewest
        return self._updates

    def before_optimiser_step(self, step: Step, network: torch.nn.Module) -> None:
        # G's phase counts as well: a D that is not updated must be seen to be overtaken, or it would never be updated again
        self._fake = self._remember(self._fake, step.fake_logits, step.targets.fake)
        if step.phase == "discriminator":
            self._real = self._remember(self._real, step.real_logits, step.targets.real)
        else:
            step.logged["d_updates"] = torch.tensor(float(self._updates))
            step.logged["d_running_accuracy"] = torch.tensor(self.accuracy)

    def _remember(self, before: float, logits: torch.Tensor, targets: torch.Tensor) -> float:
        right = ((logits > 0) == (targets > 0.5)).double().mean().item()
        return self.options.memory * before + (1 - self.options.memory) * right

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {"accuracy": torch.tensor([self._real, self._fake], dtype=torch.float64)}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        if state:  # a fork may add this trick to a run that had nothing to remember
            self._real, self._fake = state["accuracy"].tolist()
