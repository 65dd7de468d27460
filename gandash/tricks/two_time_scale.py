from __future__ import annotations

from pydantic import Field

from gandash.registry import Options
from gandash.tricks import Trick


class TwoTimeScale(Trick):
    """D learns at a higher rate than G, so that it keeps up with one update for each of G's.

    Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium", 2017 (TTUR). With rates that differ,
    D is near its best answer to G all the time while G moves slowly below it. Zhang et al. (SAGAN), 2019, take four times G's rate.
    """

    title = "Two time scales (TTUR)"

    class Options(Options):
        ratio: float = Field(
            4.0, gt=0, le=100, title="Ratio", description="The learning rate of the discriminator's optimiser is multiplied by this."
        )

    def learning_rate(self, role: str) -> float:
        return self.options.ratio if role == "discriminator" else 1.0
