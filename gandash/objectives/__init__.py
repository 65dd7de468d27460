"""Objectives, one file each: what the two players minimise.

An objective is handed a :class:`Step` that carries whatever it may need. It never calls an optimiser and never changes a network.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import torch

from gandash.registry import Part, Registry

if TYPE_CHECKING:
    from gandash.architectures import Judged


class Targets(NamedTuple):
    """What D should say of real images, of fake ones, and what G wants D to say of its own; each ``float32 (N,)``, 1 meaning real."""

    real: torch.Tensor
    fake: torch.Tensor
    generator: torch.Tensor


@dataclass
class Step:
    """One phase of one step of the game: all that an objective or a trick may need to know.

    In D's phase ``fake`` carries no gradient to G; ``real`` and ``fake`` ask for gradients themselves, from before D saw them, if the
    objective sets ``differentiates_inputs``. In G's phase D's parameters ask for no gradient; ``real`` and ``real_judged`` are
    there only if the objective sets ``pairs_in_generator_loss``.
    """

    number: int  # of G's steps, from 0
    phase: str  # "discriminator" or "generator"
    iteration: int = 0  # which of this step's D updates, from 0
    epoch: float = 0.0
    real: torch.Tensor | None = None  # (N, C, H, W) in [-1, 1]
    fake: torch.Tensor | None = None
    labels: torch.Tensor | None = None  # int64 (N,), of the real images; None where the data have none
    fake_labels: torch.Tensor | None = None  # what was asked of G
    discriminator: Callable[[torch.Tensor, torch.Tensor | None], Judged] | None = None  # for penalties
    real_judged: Judged | None = None
    fake_judged: Judged | None = None
    targets: Targets | None = None
    random: Callable[[str], torch.Generator] | None = None  # purpose -> a CPU generator, a function of (seed, purpose, step, iteration)
    logged: dict[str, torch.Tensor] = field(default_factory=dict)  # scalars to log beside the losses, such as a penalty

    @property
    def real_logits(self) -> torch.Tensor:
        return self.real_judged.logits

    @property
    def fake_logits(self) -> torch.Tensor:
        return self.fake_judged.logits


class Objective(Part):
    """Base of the objectives. Losses are means over the batch, in nats or in the critic's own units."""

    critic_steps: ClassVar[int] = 1  # the customary number of D steps a G step
    uses_targets: ClassVar[bool] = True  # whether label games have an effect
    pairs_in_generator_loss: ClassVar[bool] = False  # whether G's loss needs D's logits of real images too
    differentiates_inputs: ClassVar[bool] = False  # whether D's loss takes gradients with respect to real and fake
    gradient_penalty: ClassVar[bool] = False  # whether D's loss holds a gradient, so that it takes second derivatives to train D
    critic: ClassVar[bool] = False  # D is a critic: its output is a value, not a probability
    score_title: ClassVar[str] = "D(x), probability of real"
    score_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    equilibrium: ClassVar[float | None] = 0.5  # the score where D cannot tell; None where there is no such value
    means: ClassVar[str]  # in words: what these losses mean
    means_not: ClassVar[str]  # and what they cannot mean

    def suits(self, config) -> str | None:
        if self.gradient_penalty and config.precision != "32-true":
            return f"{self.title} has a gradient penalty, whose second derivatives need full precision (32-true)."
        return None

    @abstractmethod
    def discriminator_loss(self, step: Step) -> torch.Tensor:
        """D's loss, a scalar."""

    @abstractmethod
    def generator_loss(self, step: Step) -> torch.Tensor:
        """G's loss, a scalar."""

    def score(self, logits: torch.Tensor) -> torch.Tensor:
        """What a page calls D(x), elementwise: a probability, a margin or a critic's value."""
        return torch.sigmoid(logits)

    def after_discriminator_step(self, discriminator: torch.nn.Module) -> None:
        """Called after D's optimiser has stepped, without gradients: where weight clipping lives."""


parts: Registry[Objective] = Registry(__name__, Objective)
