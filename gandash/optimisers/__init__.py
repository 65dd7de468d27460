"""Optimisers, one file each, with their options."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gandash.registry import Part, Registry

if TYPE_CHECKING:
    import torch


class Optimiser(Part):
    """Base of the optimisers. Every one has the option ``learning_rate``."""

    @abstractmethod
    def build(self, parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
        """A torch optimiser over ``parameters``, with one kernel for the whole update where torch has it ("fused")."""


parts: Registry[Optimiser] = Registry(__name__, Optimiser)
