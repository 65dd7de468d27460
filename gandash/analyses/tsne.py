"""t-SNE maps of real and generated images after each block of the feature network."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gandash.analyses import Analysis, Progress
from gandash.analyses._embeddings import Embedded, EmbeddingOptions, embeddings_of_run, part_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

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


def tsne(embeddings: np.ndarray, perplexity: float = 30.0, seed: int = 0, progress: Progress | None = None) -> np.ndarray:
    """A map ``float32 (N, 2)`` of ``(N, D)``: the same, bit for bit, for the same numbers and seed on one machine.

    Exact neighbours, principal components to begin with (so that the seed moves little), one thread (so that sums have one order).
    ``perplexity`` is lowered to :func:`highest_perplexity`. What ``progress`` raises ends the work.

    Van der Maaten and Hinton 2008, "Visualizing Data using t-SNE", as implemented by openTSNE (Poličar et al. 2024).
    """
    from openTSNE import TSNE

    points = np.ascontiguousarray(embeddings, np.float64)
    if points.ndim != 2 or len(points) < FEWEST or not np.isfinite(points).all():
        raise ValueError(f"t-SNE needs at least {FEWEST} points (N, D) of finite numbers, not {points.shape}.")

    done = itertools.count(REPORT_EVERY, REPORT_EVERY)

    def report(*_: object) -> None:
        if progress:
            iteration = next(done)
            progress(min(1.0, iteration / (EARLY + LATE)), f"t-SNE, iteration {iteration} of {EARLY + LATE}")

    fitted = TSNE(
        perplexity=min(perplexity, highest_perplexity(len(points))),
        initialization=_principal_components(points, seed),
        early_exaggeration_iter=EARLY,
        n_iter=LATE,
        neighbors="exact",
        negative_gradient_method="fft" if len(points) >= INTERPOLATE_FROM else "bh",
        ints_in_interval=2,
        n_jobs=1,
        random_state=seed,
        callbacks=report,
        callbacks_every_iters=REPORT_EVERY,
    ).fit(points)
    return np.asarray(fitted, np.float32)


def highest_perplexity(count: int) -> float:
    """The highest perplexity for ``count`` points: a third of a point's neighbours, as t-SNE looks at three times as many."""
    return max(1.0, (count - 1) / 3)


def _principal_components(points: np.ndarray, seed: int) -> np.ndarray:
    """Where a map begins: two components, scaled down, with a jitter that parts identical points."""
    from sklearn.decomposition import PCA

    with np.errstate(invalid="ignore"):  # identical points have no variance
        start = PCA(min(2, points.shape[1]), svd_solver="full").fit_transform(points)
    start = np.pad(start, ((0, 0), (0, 2 - start.shape[1])))
    spread = start[:, 0].std()
    jitter = np.random.default_rng(seed).normal(0, 1e-6, start.shape)
    return start * (1e-4 / spread if spread > 1e-12 else 0.0) + jitter


def aligned(coordinates: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Each map centred and turned or mirrored (never stretched) so that its points lie closest to those of the map before it."""
    from scipy.linalg import orthogonal_procrustes

    placed: dict[str, np.ndarray] = {}
    before = None
    for name, points in coordinates.items():
        centred = points - points.mean(0)
        if before is not None:
            centred = centred @ orthogonal_procrustes(centred, before)[0]
        placed[name] = before = centred.astype(np.float32)
    return placed


def maps(embedded: Embedded, perplexity: float = 30.0, seed: int = 0, progress: Progress | None = None) -> Maps:
    """One map a block, aligned."""
    found = {
        block: tsne(values, perplexity, seed, part_of(progress, i / len(embedded.blocks), (i + 1) / len(embedded.blocks), block))
        for i, (block, values) in enumerate(embedded.blocks.items())
    }
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
        return maps(embedded, self.options.perplexity, self.options.seed, part_of(progress, 0.3, 1.0))

    def figure(self, result: Maps) -> go.Figure:
        from gandash.plots.maps import maps_figure

        return maps_figure(result.coordinates, result.embedded.is_generated)
