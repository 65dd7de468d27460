"""Tricks, one file each: what practitioners add to a GAN to make it train.

A trick overrides the hooks it needs. Where two tricks meet at a hook, the lower ``order`` acts first. What a trick remembers between
steps lives in its ``state_dict``, as tensors, and is saved with the run's state.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import nn

from gandash.registry import Part, Registry

if TYPE_CHECKING:
    from gandash.architectures import Discriminator, Generator, Judged
    from gandash.config import RunConfig
    from gandash.datasets import Images
    from gandash.objectives import Step, Targets


class Trick(Part):
    """Base of the tricks: every hook does nothing."""

    order: ClassVar[int] = 0

    # once, when the game is assembled (also for looking at a finished run, so without data)
    def wrap(self, generator: Generator, discriminator: Discriminator, config: RunConfig) -> tuple[Generator, Discriminator]:
        """Replace or change the networks before their optimisers are made."""
        return generator, discriminator

    # once, when the optimisers are made
    def learning_rate(self, role: str) -> float:
        """What to multiply the learning rate of ``role``, "generator" or "discriminator", by."""
        return 1.0

    # once, before the first step of a training process
    def prepare(self, train: Images, generator: Generator, discriminator: Discriminator, config: RunConfig, device: torch.device) -> None:
        """See the training images, and the networks on their device: for a reference batch, a helper network, a shadow copy."""

    # every phase, in this order
    def before_phase(self, step: Step, generator: Generator, discriminator: Discriminator) -> None:
        """Before a network is called in this phase (``step.phase``)."""

    def noise(self, z: torch.Tensor, step: Step) -> torch.Tensor:
        """Change the latents ``(N, latent_dim)``."""
        return z

    def images(self, images: torch.Tensor, step: Step, origin: str) -> torch.Tensor:
        """Change what D is shown, ``(N, C, H, W)``; ``origin`` is "real" or "fake". In G's phase gradients must pass through."""
        return images

    def labels(self, labels: torch.Tensor | None, step: Step) -> torch.Tensor | None:
        """Change the class labels of the real images."""
        return labels

    def judge(self, step: Step) -> tuple[Judged, Judged] | None:
        """Call ``step.discriminator`` on ``step.real`` and ``step.fake`` in another way than one batch each; None leaves that as it is."""
        return None

    def targets(self, targets: Targets, step: Step) -> Targets:
        """Change what D and G aim at."""
        return targets

    def discriminator_loss(self, step: Step) -> torch.Tensor | None:
        """Something to add to D's loss."""
        return None

    def generator_loss(self, step: Step) -> torch.Tensor | None:
        """Something to add to G's loss."""
        return None

    def before_optimiser_step(self, step: Step, network: nn.Module) -> None:
        """After the backward pass of this phase: gradients may be changed in place."""

    def after_generator_step(self, step: Step, generator: Generator) -> None:
        """After G's optimiser has stepped."""

    # between steps
    def critic_steps(self, planned: int, number: int) -> int:
        """How many D updates step ``number`` should have; may be 0."""
        return planned

    def sampling_generator(self, generator: Generator) -> Generator:
        """The generator that samples should be drawn from: an averaged one, say."""
        return generator

    # state
    def state_dict(self) -> dict[str, torch.Tensor]:
        """Everything that the next step depends on, as tensors."""
        return {}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        """Take back what :meth:`state_dict` gave."""


def batch_norm_layers(network: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Module]]:
    """``(parent, attribute, layer)`` of every batch normalisation in ``network``, so that a trick can replace it."""
    for parent in network.modules():
        for attribute, child in parent.named_children():
            if isinstance(child, nn.modules.batchnorm._BatchNorm):
                yield parent, attribute, child


parts: Registry[Trick] = Registry(__name__, Trick)
