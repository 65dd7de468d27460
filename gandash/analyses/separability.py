"""How well generated images can be told from real ones in one block's embedding, as the study behind the Embeddings page measured it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gandash.analyses import Analysis, Progress
from gandash.analyses._embeddings import EmbeddingOptions, embeddings_of_run

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.runs import Run, Snapshot

COMPONENTS = 2


@dataclass(frozen=True)
class Separation:
    """Fractions of all points in [0, 0.5] if both kinds are equally many: 0 is told apart without an error, 0.5 is guessing."""

    svm_error: float
    kmeans_error: float
    real: int  # points
    generated: int
    explained: float  # share of the embedding's variance that the two components keep, in [0, 1]


def separability(embeddings: np.ndarray, is_generated: np.ndarray, seed: int = 0) -> Separation:
    """Errors of a support vector machine and of k-means that tell generated from real on two principal components.

    ``embeddings`` is one block's ``(N, D)``, ``is_generated`` boolean ``(N,)``. The machine has an RBF kernel, ``gamma="auto"`` (one
    half, for two components) and C = 1, and its error is that on the points it was trained on, as in jasonwei20/campus-gan. So it
    depends on the scale of the embedding: spread the same points ten times as far and the kernel learns them by heart. k-means knows no
    labels; its two clusters are matched to the two kinds in the better of both ways.

    Raises ``ValueError`` where lengths differ, a value is not finite, a kind is missing or there are fewer than two dimensions.
    """
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA
    from sklearn.svm import SVC

    points, generated = _checked(embeddings, is_generated)
    reduction = PCA(COMPONENTS, svd_solver="full")
    with np.errstate(invalid="ignore"):  # identical points have no variance to explain a share of
        plane = reduction.fit_transform(points)
        explained = float(np.nan_to_num(reduction.explained_variance_ratio_.sum()))
    machine = SVC(kernel="rbf", C=1.0, gamma="auto", cache_size=500).fit(plane, generated)
    svm_error = float(np.mean(machine.predict(plane) != generated))
    distinct = len(np.unique(plane, axis=0))
    clusters = KMeans(min(2, distinct), n_init=10, random_state=seed).fit_predict(plane)
    wrong = float(np.mean(clusters.astype(bool) != generated))
    return Separation(svm_error, min(wrong, 1 - wrong), int((~generated).sum()), int(generated.sum()), explained)


def _checked(embeddings: np.ndarray, is_generated: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    points, generated = np.asarray(embeddings, np.float64), np.asarray(is_generated)
    if points.ndim != 2 or points.shape[1] < COMPONENTS:
        raise ValueError(f"embeddings is (N, D) with D of at least {COMPONENTS}, not {points.shape}.")
    if generated.dtype != bool or generated.shape != points.shape[:1]:
        raise ValueError(f"is_generated is a boolean for each of the {len(points)} embeddings, not {generated.dtype} {generated.shape}.")
    if not np.isfinite(points).all():
        raise ValueError(f"{int((~np.isfinite(points)).any(1).sum())} of the {len(points)} embeddings are not finite.")
    if generated.all() or not generated.any():
        raise ValueError(f"Separability needs both kinds; all {len(points)} embeddings are {'generated' if generated.any() else 'real'}.")
    return points, generated


class Separability(Analysis):
    """Tells at which block of a ResNet-18 generated images stop passing for real.

    J. Wei, campus-gan; the network: He et al. 2016, "Deep Residual Learning for Image Recognition".
    """

    title = "Separability"
    family = "embeddings"
    Options = EmbeddingOptions

    def run(self, run: Run, snapshot: Snapshot, progress: Progress | None = None) -> dict[str, Separation]:
        """Block -> its errors, for a run's samples against its data set."""
        embedded = embeddings_of_run(run, snapshot, self.options, progress)
        return {block: separability(values, embedded.is_generated, self.options.seed) for block, values in embedded.blocks.items()}

    def figure(self, result: dict[str, Separation]) -> go.Figure:
        from gandash.plots.separability import separability_figure

        return separability_figure(
            list(result), [each.svm_error for each in result.values()], [each.kmeans_error for each in result.values()]
        )
