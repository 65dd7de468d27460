"""Architectures, one file a family: how the generator and the discriminator are built."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import torch
from torch import nn

from gandash.registry import Part, Registry

if TYPE_CHECKING:
    from gandash.objectives import Step


class Judged(NamedTuple):
    """What a discriminator says of a batch of N images. No sigmoid anywhere: a positive logit means real."""

    logits: torch.Tensor  # (N,)
    class_logits: torch.Tensor | None = None  # (N, num_classes), from an auxiliary class head


class Generator(nn.Module):
    """``G(z, labels)``: z ``float32 (N, latent_dim)``, labels ``int64 (N,)`` or None -> images ``float32 (N, C, H, W)`` in [-1, 1]."""

    latent_dim: int


class Discriminator(nn.Module):
    """``D(x, labels)``: x ``float32 (N, C, H, W)`` in [-1, 1], labels ``int64 (N,)`` or None -> :class:`Judged`."""

    @property
    def cam_layers(self) -> dict[str, nn.Module]:
        """The convolutional layers that Grad-CAM may look at, by a readable name, first to last; none for a fully connected network."""
        return {}


class Architecture(Part):
    """Base of the architectures."""

    conditional: ClassVar[bool] = False  # whether the labels have an effect

    @abstractmethod
    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[Generator, Discriminator]:
        """G and D for images of ``shape`` (``(C, H, W)`` or ``(2,)``), freshly initialised from torch's global generator."""

    def outline(self, config) -> tuple[Generator, Discriminator] | None:
        """The networks of ``config``, empty, for a part that asks which layers there are; None where they cannot be built."""
        dataset = config.part("dataset")
        if self.suits(config) is not None:
            return None
        with torch.device("meta"):
            return self.build(dataset.shape, dataset.num_classes, config.latent_dim)

    def class_loss(self, step: Step) -> torch.Tensor | None:
        """What the player of ``step.phase`` minimises beside the objective's loss, where D has a class head; None where it has none.

        It stands here and not in an objective, so that a class head goes with every objective.
        """
        return None


parts: Registry[Architecture] = Registry(__name__, Architecture)
