"""Games small enough for a test: a hundred of scikit-learn's digits at 28 pixels, networks of width 8, batches of 8."""

from __future__ import annotations

import torch

from gandash.architectures import Judged
from gandash.assembly import Game, assemble
from gandash.config import Choice, RunConfig
from gandash.objectives import Step, Targets
from gandash.registry import parts

PICTURES = Choice(name="digits", options={"size": 28, "count": 100})
POINTS = Choice(name="ring", options={"count": 100})


def small(folder: str, name: str) -> Choice:
    """The part, as narrow as the tests want it."""
    return Choice(name=name, options={"width": 8} if "width" in parts(folder)[name].Options.model_fields else {})


def tiny(architecture: str | dict = "dcgan", objective: str = "non_saturating", **more) -> RunConfig:
    """A config that trains in a blink; ``more`` are its other fields."""
    if isinstance(architecture, str):
        architecture = small("architectures", architecture)
    chosen = {"dataset": PICTURES, "architecture": architecture, "objective": objective}
    return RunConfig(**{**chosen, "latent_dim": 8, "batch_size": 8, "epochs": 100, "device": "cpu", **more})


def begin(config: RunConfig) -> Game:
    return assemble(config, config.part("dataset").train())


REAL, FAKE = torch.tensor([2.0, -1.0]), torch.tensor([-3.0, 0.5])


def judged_step(phase: str, real: torch.Tensor = REAL, fake: torch.Tensor = FAKE, targets: tuple[float, float, float] = (1, 0, 1)) -> Step:
    """A step in which D has said these logits."""
    ones = torch.ones(len(real))
    return Step(0, phase, real_judged=Judged(real), fake_judged=Judged(fake), targets=Targets(*(target * ones for target in targets)))
