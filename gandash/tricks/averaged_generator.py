from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import torch
from pydantic import Field

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.architectures import Generator
    from gandash.objectives import Step


class AveragedGenerator(Trick):
    """Samples are drawn from a running average of G's weights, which is calmer than G and nearly always better.

    Yazıcı et al., "The unusual effectiveness of averaging in GAN training", 2019; the warm-up is that of Karras et al. (EDM), 2022. G
    itself trains on as if nothing had happened.
    """

    title = "Averaged generator (EMA)"

    class Options(Options):
        half_life: int = Field(500, ge=1, le=1_000_000, title="Half-life, steps", description="After so many steps a weight counts half.")
        warm_up: float = Field(
            0.05, ge=0, le=1, title="Warm-up", description="The half-life is at most this share of the steps so far; 0 for no warm-up."
        )

    _generator: Generator | None = None
    _average: Generator | None = None

    def prepare(self, train, generator, discriminator, config, device) -> None:
        self._generator = generator
        self._average = copy.deepcopy(generator).eval().requires_grad_(False)

    def decay(self, number: int) -> float:
        """What is kept of the average at the end of step ``number``, from 0."""
        half_life = float(self.options.half_life)
        if self.options.warm_up:
            half_life = min(half_life, self.options.warm_up * (number + 1))
        return 0.5 ** (1 / half_life)

    @torch.no_grad()
    def after_generator_step(self, step: Step, generator: Generator) -> None:
        share = 1 - self.decay(step.number)
        now = generator.state_dict()
        for name, average in self._average.state_dict().items():
            if average.is_floating_point():  # a normalisation's statistics too: those of now would not fit the averaged weights
                average.lerp_(now[name], share)
            else:
                average.copy_(now[name])

    def sampling_generator(self, generator: Generator) -> Generator:
        return generator if self._average is None else self._average

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {} if self._average is None else dict(self._average.state_dict())

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        # a run that is forked to begin averaging has no average yet: it begins at the weights of now
        self._average.load_state_dict(state or self._generator.state_dict())
