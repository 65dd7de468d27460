"""Do the images of a batch depend on each other? What batch normalisation does to G's samples, and virtual batch normalisation does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from gandash import registry
from gandash.analyses import Progress
from gandash.analyses._embeddings import part_of
from gandash.analyses._pictures import stand_in
from gandash.analyses._scores import Measured, Number, OfImages
from gandash.randomness import derive
from gandash.randomness import generator as random_generator

if TYPE_CHECKING:
    import plotly.graph_objects as go
    import torch

    from gandash.assembly import Networks
    from gandash.runs import Run, Snapshot

PROBES = 16  # latents that are drawn again and again in other company
SURE = 2.0  # standard errors
NOTHING = 1e-6  # share of a variance that is rounding
MODES = {"trained": "G as it trains", "sampled": "G as it is sampled from", "real": "Real images"}


@dataclass(frozen=True)
class Alike:
    """Mean correlations of pairs of images, in [-1, 1]."""

    within: float  # of one batch
    between: float  # of different batches
    error: float  # standard error of their difference, by a jackknife over the batches

    @property
    def excess(self) -> float:
        """How much more alike two images are for sharing a batch: 0 where images do not depend on their company."""
        return self.within - self.between


def alike(batches: np.ndarray) -> Alike:
    """Of images ``(B, N, D)`` in B batches: Pearson's correlation over the pixels, of every pair. Raises ``ValueError``.

    Every pair at once: with each image brought to mean 0 and length 1, the sum of all correlations is the square of the images' sum.
    """
    count, size = batches.shape[:2]
    if count < 3 or size < 2:
        raise ValueError(f"Pairs within and between batches need three batches of two images, not {count} of {size}.")
    rows = batches.reshape(count, size, -1).astype(np.float64)
    rows -= rows.mean(2, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=2, keepdims=True), 1e-12)  # a blank image correlates with nothing
    sums = rows.sum(1)  # (B, D)
    themselves = (rows**2).sum((1, 2))  # of each batch: how many images are not blank
    inside = ((sums**2).sum(1) - themselves) / (size * (size - 1))
    products = sums @ sums.T / size**2
    every, own = products.sum(), np.diag(products)

    def difference(left: int | None) -> tuple[float, float]:
        kept = np.arange(count) != left
        pairs = every - own.sum() if left is None else products[np.ix_(kept, kept)].sum() - own[kept].sum()
        number = kept.sum()
        return float(inside[kept].mean()), float(pairs / (number * (number - 1)))

    within, between = difference(None)
    left_out = np.array([np.subtract(*difference(batch)) for batch in range(count)])
    error = np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum())
    return Alike(within, between, float(error))


def company_share(images: np.ndarray) -> float:
    """The share of the variance of images ``(P, M, D)`` that comes from the company: P latents, each drawn in M batches. In [0, 1]."""
    images = images.astype(np.float64)
    total = images.reshape(-1, images.shape[2]).var(0, ddof=1).sum()
    return float(images.var(1, ddof=1).mean(0).sum() / total) if total else 0.0


class BatchCorrelation(OfImages):
    """Measures how much the images of a batch depend on each other when G is trained, beside G in use and real images.

    Salimans et al. 2016, "Improved techniques for training GANs", section 3.5: batch normalisation makes the output for one example depend
    on the others of its batch, and virtual batch normalisation is made to avoid that.
    """

    title = "Correlation within a batch"
    family = "scores"
    order = 65

    class Options(registry.Options):
        batches: int = Field(64, ge=4, le=1000, title="Batches", description="Of each kind.")
        batch_size: int = Field(
            0, ge=0, le=512, title="Batch size", description="0: the run's own. The smaller, the stronger the dependence."
        )
        seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Draws latents, classes and real images.")

    options: Options

    def look(self, run: Run, snapshot: Snapshot, progress: Progress | None) -> Measured:
        size = self.options.batch_size or run.config.batch_size
        networks = run.networks(snapshot)
        found, shares = {}, {}
        for place, mode in enumerate(("trained", "sampled")):
            part = part_of(progress, 0.45 * place, 0.45 * (place + 1), MODES[mode])
            drawn, probed = draw(networks, mode == "trained", self.options.batches, size, self.options.seed, part)
            found[mode], shares[mode] = alike(drawn), company_share(probed)
        if progress:
            progress(0.92, "Batches of real images")
        dataset, note = stand_in(run.config)
        train = dataset.train().images
        order = np.random.default_rng(derive(self.options.seed, "real batches")).permutation(len(train))
        count = min(self.options.batches, len(order) // size)
        if count < 3:
            raise ValueError(f"{len(order):,} real images make fewer than three batches of {size}: choose a smaller batch size.")
        found["real"], shares["real"] = alike(train[order[: count * size]].reshape(count, size, -1)), 0.0
        normalised = normalised_over_the_batch(networks)
        detail = {
            "alike": {MODES[mode]: [each.within, each.between] for mode, each in found.items()},
            "heads": {"value": "As it trains", "beside": "As sampled", "real": "Real"},
            "notes": [
                f"{self.options.batches} batches of {size}. Alike: the mean correlation of the pixels of two images, over all pairs. "
                "Dropout is off throughout, so that only the batch can make a difference; real images are drawn independently.",
                *([note] if note else []),
            ],
        }
        return Measured(_numbers(found, shares, size * self.options.batches), detail, reading(found, shares, normalised))

    def figure(self, result: Measured) -> go.Figure:
        """How alike two images are, of one batch and of two."""
        from gandash.plots.pairs import pairs_figure

        return pairs_figure(result.detail["alike"])


def draw(
    networks: Networks, training: bool, batches: int, size: int, seed: int, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Batches ``float32 (B, N, D)`` of G in training or evaluation mode, and probes ``(P, M, D)``: a few latents, each in M batches.

    G is a copy, whose running statistics may change; the same latents and classes in either mode. Dropout is off in both.
    """
    import copy

    import torch
    from torch import nn

    G = copy.deepcopy(networks.generator).train(training)
    for module in G.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.eval()
    latents = networks.latents(seed, batches * size).reshape(batches, size, -1)
    random = random_generator(seed, "classes of batches")
    classes = torch.randint(len(networks.class_names), (batches, size), generator=random) if networks.conditional else None

    @torch.inference_mode()
    def made(z: torch.Tensor, labels: torch.Tensor | None) -> np.ndarray:
        return G(z, labels).flatten(1).numpy()

    drawn = np.stack([made(latents[batch], None if classes is None else classes[batch]) for batch in range(batches)])
    if progress:
        progress(0.5, "one latent in other company")
    probes, meetings = min(PROBES, size), max(2, batches // PROBES)
    probed = []
    for probe in range(probes):
        for meeting in range(meetings):
            batch = (probe * meetings + meeting) % batches
            z, labels = latents[batch].clone(), None if classes is None else classes[batch].clone()
            z[0] = latents[0, probe]
            if labels is not None:
                labels[0] = classes[0, probe]
            probed.append(made(z, labels)[0])
        if progress:
            progress(0.5 + 0.5 * (probe + 1) / probes, f"latent {probe + 1} of {probes} in other company")
    return drawn, np.stack(probed).reshape(probes, meetings, -1)


def normalised_over_the_batch(networks: Networks) -> str:
    """What normalises G: ``"batch"``, ``"virtual"`` or ``""``."""
    from gandash.tricks import batch_norm_layers

    if any(True for _ in batch_norm_layers(networks.generator)):
        return "batch"
    return "virtual" if any(choice.name == "virtual_batch_norm" for choice in networks.config.tricks) else ""


def _numbers(found: dict[str, Alike], shares: dict[str, float], count: int) -> tuple[Number, ...]:
    rows = (
        ("alike_within", "Alike in one batch", lambda each: each.within, None, "How alike are two images of one batch?"),
        ("alike_between", "Alike across batches", lambda each: each.between, None, "How alike are two images of different batches?"),
        (
            "alike_excess",
            "More alike in one batch",
            lambda each: each.excess,
            found["trained"].error,
            "How much more alike are two images for sharing a batch? 0 where they do not depend on their company.",
        ),
    )
    numbers = [
        Number(
            name,
            title,
            measured(found["trained"]),
            error,
            "jackknife over the batches" if error else "",
            measured(found["real"]),
            count,
            "",
            asks,
            "",
            measured(found["sampled"]),
        )
        for name, title, measured, error, asks in rows
    ]
    asks = "Which share of the difference between images comes from the company in the batch rather than from z?"
    return (
        *numbers,
        Number("company", "Due to the company", shares["trained"], None, "", 0.0, count, "lower", asks, "", shares["sampled"]),
    )


def reading(found: dict[str, Alike], shares: dict[str, float], normalised: str) -> str:
    """Whether the images of a batch depend on each other, and through what."""
    trained = found["trained"]
    if normalised == "virtual":
        said = "G is normalised by a reference batch"
    elif normalised == "batch":
        said = "G is normalised over the batch"
    else:
        said = "Nothing in G looks at the batch"
    if shares["trained"] < NOTHING:
        said += ": in training as in use, an image depends on its z alone and not on its company."
    else:
        pairs = f"{trained.excess:+.4f} ± {trained.error:.4f}"
        seen = f"Two images of one batch are more alike by {pairs}"
        unseen = f"In the mean over all pairs that does not show ({pairs})"
        said += (
            f": while it trains, {shares['trained']:.1%} of the difference between images is due to the others of the batch. "
            f"{seen if trained.excess > SURE * trained.error else unseen}. In use, an image depends on its z alone."
        )
    alike_real, alike_made = found["real"].between, found["sampled"].between
    if alike_made > alike_real + 0.05:
        said += f" Any two samples are more alike ({alike_made:.2f}) than two real images ({alike_real:.2f}): there is less variety."
    return said
