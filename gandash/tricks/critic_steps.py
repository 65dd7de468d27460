from __future__ import annotations

from pydantic import Field

from gandash.registry import Options
from gandash.tricks import Trick


class CriticSteps(Trick):
    """D gets a fixed number of updates for each of G's, each with a batch of its own.

    Goodfellow et al., "Generative adversarial nets", 2014, algorithm 1: k steps of D keep it near its best answer to G. Classifying
    objectives are customarily played with one, Wasserstein critics with five: for them it is a help that D is ahead.
    """

    title = "Updates of D for each of G"

    class Options(Options):
        updates: int = Field(
            2, ge=1, le=100, title="Updates", description="Of D, for each of G's, whatever is customary for the objective."
        )

    def suits(self, config) -> str | None:
        if any(choice.name == "adaptive_critic_steps" for choice in config.tricks):
            return "D gets either a fixed number of updates or, with balanced updates, as many as it needs; take one of the two."
        return None

    def critic_steps(self, planned: int, number: int) -> int:
        return self.options.updates
