"""Maps of real and generated images after each block of the feature network: by t-SNE, or by principal components."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gandash.analyses import Analysis, Progress
from gandash.analyses._embeddings import Embedded, EmbeddingOptions, embeddings_of_run, part_of

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from openTSNE import TSNEEmbedding
    from sklearn.decomposition import PCA

    from gandash.runs import Run, Snapshot

EARLY, LATE = 250, 500  # iterations with and without early exaggeration
REPORT_EVERY = 25
INTERPOLATE_FROM = 3_000  # points from which interpolated repulsion (Linderman et al. 2019) is quicker than a Barnes-Hut tree
FEWEST = 4  # points


@dataclass(frozen=True, eq=False)
class Maps:
    """Block -> ``float32 (N, 2)``, in the order of ``embedded``; each map is turned, not stretched, to lie on the one before it."""

    coordinates: dict[str, np.ndarray]
    perplexity: float  # that was used: what was asked for, or as much as the number of points allows
    embedded: Embedded


Look = Callable[[np.ndarray], None]  # is shown a layout (N, 2) while it settles
Coordinates = dict[str, np.ndarray]  # block -> (N, 2)


def tsne(
    embeddings: np.ndarray,
    perplexity: float = 30.0,
    seed: int = 0,
    progress: Progress | None = None,
    metric: str = "euclidean",
    look: Look | None = None,
) -> np.ndarray:
    """A map ``float32 (N, 2)`` of ``(N, D)``: the same, bit for bit, for the same numbers and seed on one machine.

    Exact neighbours, principal components to begin with (so that the seed moves little), one thread (so that sums have one order).
    ``perplexity`` is lowered to :func:`highest_perplexity`. ``look`` is shown the beginning, then every 25th step; what it or ``progress``
    raises ends the work.

    Van der Maaten and Hinton 2008, "Visualizing Data using t-SNE", as implemented by openTSNE (Poličar et al. 2024).
    """
    return np.asarray(fitted(embeddings, perplexity, seed, progress, metric, look), np.float32)


def principal_components(embeddings: np.ndarray, metric: str = "euclidean") -> np.ndarray:
    """The two directions of most variance, ``float32 (N, 2)``; for the cosine metric, of rows brought to length 1."""
    points = rows_for(embeddings, metric)
    return principal_axes(points).transform(points).astype(np.float32)


def fitted(
    embeddings: np.ndarray, perplexity: float, seed: int, progress: Progress | None, metric: str, look: Look | None = None
) -> TSNEEmbedding:
    """:func:`tsne` before it is rounded to single precision."""
    from openTSNE import TSNE

    points = np.ascontiguousarray(embeddings, np.float64)
    if points.ndim != 2 or len(points) < FEWEST or not np.isfinite(points).all():
        raise ValueError(f"t-SNE needs at least {FEWEST} points (N, D) of finite numbers, not {points.shape}.")
    start = _start(principal_components(points, metric), seed)
    if look:
        look(start)
    if progress:
        progress(0.0, f"t-SNE, looking for the neighbours of {len(points):,} pictures")

    done = itertools.count(REPORT_EVERY, REPORT_EVERY)

    def report(_iteration: int, _error: float, places: np.ndarray) -> None:
        if look:
            look(np.array(places))
        if progress:
            iteration, total = next(done), EARLY + LATE
            progress(iteration / total, f"t-SNE, iteration {iteration} of {total}")

    return TSNE(
        perplexity=min(perplexity, highest_perplexity(len(points))),
        initialization=start,
        early_exaggeration_iter=EARLY,
        n_iter=LATE,
        random_state=seed,
        **exact_tsne(len(points), metric),
        callbacks=report,
        callbacks_every_iters=REPORT_EVERY,
    ).fit(points)


def exact_tsne(count: int, metric: str) -> dict[str, Any]:
    """How ``count`` points are laid out, as openTSNE's arguments: exact neighbours, one thread."""
    return {
        "metric": metric,
        "neighbors": "exact",
        "negative_gradient_method": "fft" if count >= INTERPOLATE_FROM else "bh",
        "ints_in_interval": 2,
        "n_jobs": 1,
    }


def highest_perplexity(count: int) -> float:
    """The highest perplexity for ``count`` points: a third of a point's neighbours, as t-SNE looks at three times as many."""
    return max(1.0, (count - 1) / 3)


def rows_for(points: np.ndarray, metric: str) -> np.ndarray:
    """``float64 (N, D)``, of which principal components are taken; for the cosine metric, brought to length 1."""
    points = np.asarray(points, np.float64)
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12) if metric == "cosine" else points


def principal_axes(points: np.ndarray) -> PCA:
    """The two directions of most variance in ``(N, D)``, by which other points can be transformed, too."""
    from sklearn.decomposition import PCA

    with np.errstate(invalid="ignore"):  # identical points have no variance
        return PCA(2, svd_solver="covariance_eigh" if len(points) > points.shape[1] else "full").fit(points)


def _start(places: np.ndarray, seed: int) -> np.ndarray:
    """Where a map begins: the principal components, scaled down, with a jitter that parts identical points."""
    start = places.astype(np.float64)
    spread = start[:, 0].std()
    jitter = np.random.default_rng(seed).normal(0, 1e-6, start.shape)
    return start * (1e-4 / spread if spread > 1e-12 else 0.0) + jitter


def aligned(coordinates: Coordinates, further: Coordinates | None = None) -> Coordinates:
    """Each map centred and turned or mirrored (never stretched) so that its points lie closest to those of the map before it.

    ``further`` is turned along with them and stands behind them.
    """
    from scipy.linalg import orthogonal_procrustes

    found: Coordinates = {}
    before = None
    for name, points in coordinates.items():
        middle = points.mean(0)
        centred = points - middle
        turn = np.eye(2) if before is None else orthogonal_procrustes(centred, before)[0]
        before = centred @ turn
        everything = before if further is None else np.concatenate([before, (further[name] - middle) @ turn])
        found[name] = everything.astype(np.float32)
    return found


def maps(
    embedded: Embedded,
    perplexity: float = 30.0,
    seed: int = 0,
    progress: Progress | None = None,
    layout: str = "tsne",
    metric: str = "euclidean",
    look: Callable[[Coordinates], None] | None = None,
) -> Maps:
    """One map a block, aligned. ``look`` is shown all: first their principal components, then t-SNE as it settles, block by block."""
    blocks = embedded.blocks
    found = {block: principal_components(values, metric) for block, values in blocks.items()}
    if look:
        look(aligned(found))
    if layout == "pca":
        return Maps(aligned(found), min(perplexity, highest_perplexity(len(embedded))), embedded)

    for place, (block, values) in enumerate(blocks.items()):

        def settling(places: np.ndarray, block: str = block) -> None:
            look(aligned({**found, block: places}))

        told = part_of(progress, place / len(blocks), (place + 1) / len(blocks), block)
        found[block] = tsne(values, perplexity, seed, told, metric, settling if look else None)
    return Maps(aligned(found), min(perplexity, highest_perplexity(len(embedded))), embedded)


class TSne(Analysis):
    """Draws every image as a point, close to those that a ResNet-18 finds similar: where the two colours part, fakes can be told.

    Van der Maaten and Hinton 2008, "Visualizing Data using t-SNE".
    """

    title = "t-SNE"
    family = "embeddings"

    Options = EmbeddingOptions

    def run(self, run: Run, snapshot: Snapshot, progress: Progress | None = None) -> Maps:
        """Maps of a run's samples and of as many of its real images."""
        embedded = embeddings_of_run(run, snapshot, self.options, part_of(progress, 0.0, 0.3))
        chosen = self.options
        return maps(embedded, chosen.perplexity, chosen.seed, part_of(progress, 0.3, 1.0), chosen.layout, chosen.metric)

    def figure(self, result: Maps) -> go.Figure:
        from gandash.plots.maps import maps_figure

        return maps_figure(result.coordinates, result.embedded.is_generated)
