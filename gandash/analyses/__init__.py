"""Analyses, one file each: what is computed about a run at a snapshot, or about two sets of images.

Results are cached in the run's directory under the hash of what they depend on; a page shows every analysis of its family.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from gandash.registry import Part, Registry

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.runs import Run, Snapshot

Progress = Callable[[float, str], None]  # fraction done in [0, 1], what is being done


class Cancelled(RuntimeError):
    """The visitor asked to stop; raised out of a progress call."""


class Analysis(Part):
    """Base of the analyses."""

    family: ClassVar[str]  # the page that shows it: "latent", "discriminator", "embeddings", "scores"
    version: ClassVar[int] = 1  # part of the cache key: raise it when the same inputs give another result
    order: ClassVar[int] = 50  # its place among those of its family
    shows_real_images: ClassVar[bool] = False  # its figure holds some, and no run may ship with images of its data

    @abstractmethod
    def run(self, run: Run, snapshot: Snapshot, progress: Progress | None = None) -> Any:
        """Compute the result, with ``self.options``."""

    @abstractmethod
    def figure(self, result: Any) -> go.Figure:
        """The result as a plotly figure."""

    def depends(self, run: Run, snapshot: Snapshot) -> dict[str, Any]:
        """What the result depends on beside options and version, as JSON values: the weights, the data, the embedded network."""
        from gandash.analyses._pictures import stand_in
        from gandash.datasets import DatasetUnavailable
        from gandash.features import looking

        step = run.weights_step(snapshot.step)
        if step is None:
            raise LookupError(f"{run.title} has no weights yet.")
        try:
            dataset, _ = stand_in(run.config)
            data = [type(dataset).name, dataset.options.model_dump(mode="json"), repr(getattr(dataset, "stamp", str)())]
        except DatasetUnavailable:
            data = None
        weights = looking.digest(run.path / "weights" / f"{step}.safetensors")
        return {"weights": weights, "data": data, "network": looking.identity(looking.EMBEDDED)}


parts: Registry[Analysis] = Registry(__name__, Analysis)


def of_family(family: str) -> list[str]:
    """The names of a family's analyses. What does not name the family is not imported: some bring half a dozen heavy libraries."""
    return [name for name in parts if f'family = "{family}"' in (parts.folder / f"{name}.py").read_text(encoding="utf-8")]
