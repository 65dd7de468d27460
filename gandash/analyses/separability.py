"""How well generated images can be told from real ones after each block: as the study measured it, and on images not learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gandash.analyses import Analysis, Progress
from gandash.analyses._embeddings import EmbeddingOptions, embed_images, embeddings_of_run, further_real, part_of
from gandash.analyses._two_sample_test import MOST, TwoSampleTest, two_sample_test
from gandash.plots.colours import REAL
from gandash.plots.separability import STUDY, Range, separability_figure

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.runs import Run, Snapshot

COMPONENTS = 2


@dataclass(frozen=True)
class Separation:
    """Errors in [0, 0.5], the mean of both kinds' own: 0 is told apart without an error, 0.5 is guessing, whatever the counts."""

    svm_error: float
    kmeans_error: float
    real: int  # points
    generated: int
    explained: float  # share of the embedding's variance that the two components keep, in [0, 1]


class BlockSeparability(NamedTuple):
    """Both measures of one block."""

    study: Separation
    test: TwoSampleTest | None  # None where there are too few images


def separability(embeddings: np.ndarray, is_generated: np.ndarray, seed: int = 0) -> Separation:
    """Errors of a support vector machine and of k-means that tell generated from real on two principal components.

    ``embeddings`` is one block's ``(N, D)``, ``is_generated`` boolean ``(N,)``. The machine has an RBF kernel, ``gamma="auto"`` (one
    half, for two components) and C = 1, and its error is that on the points it was trained on, as in jasonwei20/campus-gan. So it
    depends on the scale of the embedding: spread the same points ten times as far and the kernel learns them by heart. k-means knows no
    labels; its two clusters are matched to the two kinds in the better of both ways.

    The study has equally many of both kinds. Where there are more of one, a machine that calls everything by its name would be seldom
    wrong; so each kind weighs as much as the other, when the machine learns and in both errors. Of equally many this changes nothing.

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
    weights = None if 2 * generated.sum() == len(generated) else "balanced"
    machine = SVC(kernel="rbf", C=1.0, gamma="auto", class_weight=weights, cache_size=500).fit(plane, generated)
    svm_error = _mean_of_kinds(machine.predict(plane) != generated, generated)
    distinct = len(np.unique(plane, axis=0))
    clusters = KMeans(min(2, distinct), n_init=10, random_state=seed).fit_predict(plane)
    wrong = _mean_of_kinds(clusters.astype(bool) != generated, generated)
    return Separation(svm_error, min(wrong, 1 - wrong), int((~generated).sum()), int(generated.sum()), explained)


def _mean_of_kinds(wrong: np.ndarray, generated: np.ndarray) -> float:
    return float((wrong[generated].mean() + wrong[~generated].mean()) / 2)


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

    def run(self, run: Run, snapshot: Snapshot, progress: Progress | None = None) -> dict[str, BlockSeparability]:
        """Block -> its errors, for a run's samples against its data set."""
        seed, weights = self.options.seed, self.options.weights
        embedded = embeddings_of_run(run, snapshot, self.options, part_of(progress, 0.0, 0.4))
        most = min(MOST, int(embedded.is_generated.sum()))
        further = further_real(run.networks(snapshot).config, self.options.real_count, seed, most)
        further = embed_images(further, weights, part_of(progress, 0.4, 0.6)) if len(further) else {}
        generated, found = embedded.is_generated, {}
        for done, (block, values) in enumerate(embedded.blocks.items()):
            told = part_of(progress, 0.6 + 0.1 * done, 0.7 + 0.1 * done, block)
            test = two_sample_test(values[~generated], values[generated], further.get(block), seed, told)
            found[block] = BlockSeparability(separability(values, generated, seed), test)
        return found

    def figure(self, result: dict[str, BlockSeparability]) -> go.Figure:
        return chart(
            {block: each.study for block, each in result.items()}, {block: each.test for block, each in result.items() if each.test}
        )


def chart(
    errors: dict[str, Separation],
    tests: dict[str, TwoSampleTest],
    kinds: tuple[str, str] = ("real", "generated"),
    colour: str = REAL,
    study: tuple[str, str] = STUDY,
) -> go.Figure:
    """Both measures over the blocks. ``tests`` is empty where there were too few images; ``colour`` is that of the first kind."""
    return separability_figure(
        list(errors),
        [each.svm_error for each in errors.values()],
        [each.kmeans_error for each in errors.values()],
        [tuple(Range(part.error, part.low, part.high) for part in (test.error, test.chance, test.control)) for test in tests.values()],
        f"{kinds[0]} against {kinds[0]}",
        colour,
        study,
    )
