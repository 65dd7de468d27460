"""Checkpoints from elsewhere, one file an importer: how another project's networks become a run like any other.

    read(files) -> Checkpoint       recognised by names and shapes of the weights, with the config that they tell
    Checkpoint.create(config)       the run, once every weight has found its place

A checkpoint does not tell everything: the data set is guessed by the images' shape where that is telling, and may be named instead
(:meth:`Checkpoint.with_dataset`); prior and objective are those of the importer's project, and fields of the config like any other.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from gandash.registry import Part, Registry

if TYPE_CHECKING:
    import torch

Weights = Mapping[str, "torch.Tensor"]  # a network's state dict


class CannotImport(ValueError):
    """The files are no checkpoint that is known here; the message says why, in sentences for people."""


@dataclass(frozen=True)
class Recognised:
    """What an importer reads from the weights of one network."""

    role: Literal["generator", "discriminator"]
    architecture: str  # the registered name of ours
    named: Callable[[str], str] = str  # our name of a weight -> its name in the file
    options: dict[str, Any] = field(default_factory=dict)  # of the architecture, as far as this network tells
    shape: tuple[int, int, int] | None = None  # (C, H, W), where it tells
    latent_dim: int | None = None
    num_classes: int = 0
    objective: str | None = None  # where the weights betray it


class Importer(Part):
    """Base of the importers. One reads the networks of a project's family; they need not have been trained with its data or sizes."""

    source: ClassVar[str]  # the project's address
    objective: ClassVar[str] = "non_saturating"  # what the project trains them with
    prior: ClassVar[str] = "normal"

    @abstractmethod
    def recognise(self, weights: Weights) -> Recognised | None:
        """What ``weights`` are, judged by their names and shapes; None where they are not of this family.

        Only what tells the sizes is looked at: that every weight fits is checked by the caller, by building the network.
        """


from gandash.importers._checkpoint import Checkpoint, read  # noqa: E402  they need the classes above

__all__ = ["CannotImport", "Checkpoint", "Importer", "Recognised", "Weights", "parts", "read"]

parts: Registry[Importer] = Registry(__name__, Importer)
