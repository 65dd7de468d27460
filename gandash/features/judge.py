"""Whether generated images hold up against real ones: do they look like something, are all classes there, are they copied?

    python -m gandash.features.judge RUN

judges a run's newest snapshot, or the one of a step, against the whole data set.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from gandash import runs
from gandash.features import resnet18
from gandash.features.resnet18 import Progress

if TYPE_CHECKING:
    from gandash.features.network import FeatureNetwork

CHUNK = 4096  # training images compared at once: 5,000 x 4,096 distances take 80 MB


@dataclass(frozen=True)
class Nearness:
    """How far images are from their nearest training image, in one space; medians.

    ``share_closer`` is the share of the generated images that lie closer than the median held-out image does: 0.5 for images that are
    as far from the training set as held-out ones are, near 1 for copies.
    """

    generated: float
    held_out: float
    share_closer: float

    @property
    def copied(self) -> bool:
        """Whether the generated images lie closer to the training images than held-out images do."""
        return self.generated < self.held_out


@dataclass(frozen=True)
class Judgement:
    """What the classes and the nearest training images say about generated images."""

    inception_score: float  # of the generated images, through one head of the embedded network: 1 to 10
    inception_score_real: float  # of the real test images, through the same head
    class_shares: tuple[float, ...]  # of the generated images, by the likeliest class
    confidence: float  # mean probability of the likeliest class of a generated image
    confidence_real: float
    features: Nearness  # Euclidean distance of the 512 numbers after layer4
    pixels: Nearness  # root mean square difference of pixels in [0, 1]

    @property
    def ratio(self) -> float:
        """The generated images' Inception score as a share of the real test images'."""
        return self.inception_score / self.inception_score_real

    def problems(self, least_ratio: float, least_share: float = 0.04) -> tuple[str, ...]:
        """What speaks against the generated images, a sentence each; empty where nothing does."""
        found = []
        if self.ratio < least_ratio:
            found.append(f"The Inception score reaches {self.ratio:.1%} of the real test set's, not {least_ratio:.0%}.")
        for number, share in enumerate(self.class_shares):
            if share < least_share:
                found.append(f"Class {number} has {share:.1%} of the images, not {least_share:.0%}.")
        for space, nearness in (("features", self.features), ("pixels", self.pixels)):
            if nearness.copied:
                found.append(
                    f"In {space} the images lie closer to the training images than held-out ones do "
                    f"(median {nearness.generated:.3g} against {nearness.held_out:.3g})."
                )
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "ratio": self.ratio}


def inception_score(probabilities: np.ndarray) -> float:
    """The Inception score (Salimans et al. 2016, section 4) of class probabilities ``(N, K)``: from 1 to K.

    ``exp`` of the mean Kullback-Leibler divergence of the images' class probabilities from their mean: high where each image is clearly
    of one class and the classes come equally often. Taken over all images at once, not over splits. Raises ``ValueError``.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 2 or not len(p) or (p < 0).any() or not np.allclose(p.sum(1), 1.0, atol=1e-3):
        raise ValueError("The Inception score needs class probabilities (N, K): at least one row, none negative, each summing to one.")
    mean = p.mean(0)
    logs = np.log(np.divide(p, mean, out=np.ones_like(p), where=p > 0))  # 0 log 0 is 0
    return float(np.exp((p * logs).sum(1).mean()))


def judge(
    samples: np.ndarray,
    real_test: np.ndarray,
    real_train: np.ndarray,
    head: str,
    network: FeatureNetwork,
    progress: Progress | None = None,
    columns: tuple[int, ...] | None = None,
) -> Judgement:
    """Judge generated images against real ones of the same shape, all ``uint8 (N, C, H, W)``, through a head of the embedded network.

    With ``columns`` only these classes of the head are told apart, and the Inception score runs from 1 to their number. Held-out
    distances are those of as many test images as there are samples. Raises ``ValueError`` where shapes differ.
    """
    if not samples.shape[1:] == real_test.shape[1:] == real_train.shape[1:]:
        raise ValueError(f"Images of one shape are needed, not {samples.shape[1:]}, {real_test.shape[1:]} and {real_train.shape[1:]}.")
    counts = [len(samples), len(real_test), len(real_train)]
    embedded, done = [], 0
    for images in (samples, real_test, real_train):
        embedded.append(network.penultimate(images, progress=_part(progress, done / sum(counts), len(images) / sum(counts))))
        done += len(images)
    of_samples, of_test, of_train = embedded
    probabilities, real_probabilities = (network.classify(each, head, columns) for each in (of_samples, of_test))
    shares = np.bincount(probabilities.argmax(1), minlength=probabilities.shape[1]) / len(samples)
    held_out = slice(0, len(samples))
    pixels = [images.reshape(len(images), -1) for images in (samples, real_test[held_out], real_train)]
    unit = 255.0 * np.sqrt(pixels[0].shape[1])
    return Judgement(
        inception_score=inception_score(probabilities),
        inception_score_real=inception_score(real_probabilities),
        class_shares=tuple(map(float, shares)),
        confidence=float(probabilities.max(1).mean()),
        confidence_real=float(real_probabilities.max(1).mean()),
        features=_nearness(of_samples, of_test[held_out], of_train),
        pixels=_nearness(*pixels, unit=unit),
    )


def nearest(queries: np.ndarray, references: np.ndarray, count: int = 1, progress: Progress | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The ``count`` nearest rows of ``references (M, D)`` to each row of ``queries (N, D)``, nearest first.

    Euclidean distances ``float32 (N, count)``, exact, and places ``int64 (N, count)``. The nearest are found by |a|^2 - 2ab, a matrix
    product a chunk; their distances are then taken from the differences themselves, since |a|^2 - 2ab + |b|^2 loses the small ones that
    tell a copy. Raises ``ValueError`` where there are fewer than ``count`` references.
    """
    import torch

    if len(references) < count:
        raise ValueError(f"{count} nearest of {len(references)} images cannot be found.")
    centre = torch.from_numpy(references.mean(0, dtype=np.float64).astype(np.float32))  # near zero, squares keep their digits
    wanted = torch.from_numpy(np.asarray(queries, dtype=np.float32)) - centre
    best = torch.full((len(wanted), count), torch.inf)
    places = torch.zeros((len(wanted), count), dtype=torch.long)
    for start in range(0, len(references), CHUNK):
        chunk = torch.from_numpy(references[start : start + CHUNK].astype(np.float32)) - centre
        values = torch.addmm(chunk.square().sum(1), wanted, chunk.T, alpha=-2.0)
        values, where = values.topk(min(count, len(chunk)), largest=False)
        best, order = torch.cat([best, values], 1).topk(count, largest=False)
        places = torch.cat([places, where + start], 1).gather(1, order)
        if progress:
            done = min(start + CHUNK, len(references))
            progress(done / len(references), f"compared with {done:,} of {len(references):,} training images")
    found = np.empty((len(wanted), count), dtype=np.float32)
    for start in range(0, len(wanted), CHUNK):
        rows = slice(start, start + CHUNK)
        for column in range(count):
            apart = queries[rows].astype(np.float32) - references[places[rows, column].numpy()].astype(np.float32)
            found[rows, column] = np.linalg.norm(apart, axis=1)
    order = found.argsort(1, kind="stable")
    return np.take_along_axis(found, order, 1), np.take_along_axis(places.numpy(), order, 1)


def nearest_distances(queries: np.ndarray, references: np.ndarray) -> np.ndarray:
    """The exact Euclidean distance from each row of ``queries (N, D)`` to the nearest row of ``references (M, D)``: ``float32 (N,)``."""
    return nearest(queries, references)[0][:, 0]


def _nearness(generated: np.ndarray, held_out: np.ndarray, train: np.ndarray, unit: float = 1.0) -> Nearness:
    near, far = nearest_distances(generated, train) / unit, nearest_distances(held_out, train) / unit
    return Nearness(float(np.median(near)), float(np.median(far)), float((near < np.median(far)).mean()))


def _part(progress: Progress | None, start: float, length: float) -> Progress | None:
    """``progress`` for a part of the work."""
    return progress and (lambda fraction, told: progress(start + length * fraction, told))


def judge_run(run: runs.Run, snapshot: runs.Snapshot, count: int = 5000, seed: int = 0, progress: Progress | None = None) -> Judgement:
    """Judge ``count`` samples of a run against its data set, through the embedded weights.

    Raises ``ValueError`` where the embedded network does not know the data set's classes, ``LookupError`` where the run has no weights
    yet, and :class:`gandash.datasets.DatasetUnavailable`.
    """
    dataset = run.config.part("dataset")
    reader = resnet18.reader_for(dataset)
    if reader is None:
        raise ValueError(f"The embedded network does not know the classes of {dataset.title}.")
    if len(reader.columns) < 2:
        raise ValueError(f"Of {dataset.title} only the class {dataset.class_names[0]} was chosen: one class has no Inception score.")
    networks = run.networks(snapshot)
    samples = networks.generate(networks.latents(seed, count), networks.labels(seed, count))
    return judge(samples, dataset.test().images, dataset.train().images, reader.head, resnet18.load(), progress, reader.columns)


if __name__ == "__main__":
    import typer

    def main(
        run: Annotated[str, typer.Argument(help="The run's id.")],
        step: Annotated[int | None, typer.Option(help="The snapshot at or before this step; without it the newest.")] = None,
        count: Annotated[int, typer.Option(min=2, help="Samples to draw.")] = 5000,
        seed: Annotated[int, typer.Option(min=0)] = 0,
    ) -> None:
        """Judge a run's samples: Inception score, classes, distance to the training images."""
        found = runs.get(run)
        snapshot = found.snapshot(step)
        if snapshot is None:
            raise typer.BadParameter(f"{run} has no snapshots yet.")
        told = judge_run(found, snapshot, count, seed)
        typer.echo(json.dumps(told.as_dict(), indent=2))

    typer.run(main)
