"""Maps of some pictures alone, in which further ones are placed, each for itself: of real images, for the samples of every snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from gandash.analyses import Progress
from gandash.analyses._embeddings import part_of
from gandash.analyses.tsne import Coordinates, aligned, exact_tsne, fitted, highest_perplexity, principal_axes, rows_for

if TYPE_CHECKING:
    from gandash.analyses._embeddings import EmbeddingOptions

_GRADIENT = ("negative_gradient_method", "ints_in_interval", "n_jobs")  # what placing goes on with of how the map was laid out
PERPLEXITY = 5.0  # of further points: the few pictures that they are most like say where they belong


@dataclass(frozen=True, eq=False)
class Ground:
    """A map of one block, and what placing others in it needs. Nothing else is needed: kept in a file, it places as it did before."""

    embeddings: np.ndarray  # float32 (N, D)
    places: np.ndarray  # float64 (N, 2)
    layout: str
    metric: str

    def place(self, further: np.ndarray) -> np.ndarray:
        """Where ``further (M, D)`` come to lie, ``float32 (M, 2)``: where each would lie if it came alone, whatever else comes with it.

        By the map's own principal components, or by openTSNE's ``transform`` (Poličar et al. 2024): attracted by the pictures of the
        map that it is most like, repelled by all of the map, and neither by another further one.
        """
        if self.layout == "pca":
            return self._axes.transform(rows_for(further, self.metric)).astype(np.float32)
        from openTSNE import TSNEEmbedding

        # made anew each time, because transform moves the map to its centre, by a rounding error when it is there
        method = exact_tsne(len(self.places), self.metric)
        among = TSNEEmbedding(self.places, self._neighbours, **{name: method[name] for name in _GRADIENT})
        found = among.transform(np.ascontiguousarray(further, np.float64), perplexity=min(PERPLEXITY, highest_perplexity(len(among))))
        return np.asarray(found, np.float32)

    @cached_property
    def _axes(self) -> Any:
        return principal_axes(rows_for(self.embeddings, self.metric))

    @cached_property
    def _neighbours(self) -> Any:
        from openTSNE.affinity import PerplexityBasedNN

        points = np.ascontiguousarray(self.embeddings, np.float64)
        few = min(PERPLEXITY, highest_perplexity(len(points)))  # transform asks for its own; what the map's was is no longer of use
        return PerplexityBasedNN(points, perplexity=few, method="exact", metric=self.metric, n_jobs=1)


def grounds(embeddings: Mapping[str, np.ndarray], options: EmbeddingOptions, progress: Progress | None = None) -> dict[str, Ground]:
    """One map a block of ``{"layer1": (N, D), ...}``. Raises ``ValueError`` for fewer points than t-SNE needs."""
    made = {}
    for place, (block, values) in enumerate(embeddings.items()):
        if options.layout == "pca":
            points = rows_for(values, options.metric)
            places = principal_axes(points).transform(points)
        else:
            told = part_of(progress, place / len(embeddings), (place + 1) / len(embeddings), block)
            places = np.asarray(fitted(values, options.perplexity, options.seed, told, options.metric), np.float64)
            places = places - (places.max(0) + places.min(0)) / 2  # where openTSNE has it when it places others
        made[block] = Ground(np.asarray(values, np.float32), places, options.layout, options.metric)
    return made


def placed(maps: Mapping[str, Ground], further: Mapping[str, np.ndarray], progress: Progress | None = None) -> Coordinates:
    """The maps of all blocks, aligned, with ``further`` (block -> ``(M, D)``) placed in them: ``float32 (N + M, 2)``, those last."""
    found = {}
    for done, (block, ground) in enumerate(maps.items()):
        if progress:
            progress(done / len(maps), block)
        found[block] = ground.place(further[block])
    return aligned({block: ground.places for block, ground in maps.items()}, found)
