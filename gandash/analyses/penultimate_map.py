"""What the classifier sees before it decides: its penultimate activations of real and generated images of each class, as a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from gandash import registry
from gandash.analyses import Progress
from gandash.analyses._embeddings import part_of
from gandash.analyses._pictures import stand_in
from gandash.analyses._scores import Measured, Number, OfImages, no_classes
from gandash.features import reference, resnet18
from gandash.randomness import derive

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.assembly import Networks
    from gandash.datasets import Images
    from gandash.features.network import FeatureNetwork
    from gandash.runs import Run, Snapshot

LOTS = 6  # times as many samples as are wanted that an unconditional G is asked for, to have enough of each class
APART = 0.15  # above an even mixture, from which a class is said to lie apart


@dataclass(frozen=True, eq=False)
class Drawn:
    """Images as the classifier sees them, ``features float32 (N, 512)``, with the class that each is drawn as."""

    features: np.ndarray
    labels: np.ndarray  # int64 (N,): of real images the true class, of generated ones the class asked for or else read
    read: np.ndarray  # int64 (N,): what the classifier says


class PenultimateMap(OfImages):
    """Draws the classifier's penultimate activations of real and generated images of each class as a map.

    512 numbers an image, laid out by t-SNE (van der Maaten and Hinton 2008) or by principal components. How mixed the kinds are is measured
    in all 512 by nearest neighbours: Lopez-Paz and Oquab 2017, "Revisiting classifier two-sample tests".
    """

    title = "Penultimate activations, class by class"
    family = "scores"
    order = 63
    needs_classes = True

    class Options(registry.Options):
        per_class: int = Field(100, ge=5, le=500, title="Images a class", description="Real ones, and as many generated.")
        method: Literal["t-SNE", "PCA"] = Field("t-SNE", title="Map", description="t-SNE keeps neighbours together, PCA keeps distances.")
        perplexity: float = Field(30.0, ge=2, le=200, title="Perplexity", description="Of t-SNE: how many neighbours a point attends to.")
        seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Draws the images, and starts the map.")

    options: Options

    def look(self, run: Run, snapshot: Snapshot, progress: Progress | None) -> Measured:
        dataset, note = stand_in(run.config)
        if reason := no_classes(dataset):
            raise ValueError(reason)
        networks, network, reader = run.networks(snapshot), resnet18.load(), reference.reader_of(dataset)
        chosen = self._some(dataset.test(), dataset.num_classes)
        test = dataset.test()
        real = _seen(network, reader, reference.seen(test.images[chosen], dataset), test.labels[chosen], part_of(progress, 0.0, 0.15))
        made = self.generated(networks, network, reader, dataset, part_of(progress, 0.15, 0.4))
        both = np.concatenate([real.features, made.features])
        places = self._map(both, part_of(progress, 0.4, 1.0))
        labels, read = (np.concatenate([getattr(each, name) for each in (real, made)]) for name in ("labels", "read"))
        is_generated = np.repeat([False, True], [len(real.labels), len(made.labels)])
        names = run.config.part("dataset").class_names
        found = mixture(both, labels, is_generated, len(names))
        counts = np.bincount(made.labels, minlength=len(names))
        detail: dict[str, Any] = {
            "places": places.round(3).tolist(),
            "labels": labels.tolist(),
            "read": read.tolist(),
            "is_generated": is_generated.tolist(),
            "class_names": list(names),
            "heads": {"value": "Generated", "real": "Real"},
            "notes": self._notes(networks.conditional, counts, names, note),
        }
        return Measured(_numbers(found, len(made.labels)), detail, reading(found, counts, names))

    def generated(self, networks: Networks, network: FeatureNetwork, reader: Any, dataset: Any, progress: Progress | None = None) -> Drawn:
        """As many samples of each class: asked for, or else drawn until the classifier has read enough of each."""
        import torch

        wanted, classes = self.options.per_class, len(networks.class_names)
        if networks.conditional:
            asked = torch.arange(classes).repeat_interleave(wanted)
            images = networks.generate(networks.latents(self.options.seed, len(asked)), asked)
            return _seen(network, reader, reference.seen(images, dataset), asked.numpy(), progress)
        lots: list[Drawn] = []
        for lot in range(LOTS):
            images = networks.generate(networks.latents(derive(self.options.seed, "samples of each class", lot) % 2**31, wanted * classes))
            part = part_of(progress, lot / LOTS, (lot + 1) / LOTS)
            lots.append(_seen(network, reader, reference.seen(images, dataset), None, part))
            if np.bincount(np.concatenate([each.read for each in lots]), minlength=classes).min() >= wanted:
                break
        features, read = (np.concatenate([getattr(each, name) for each in lots]) for name in ("features", "read"))
        kept = np.sort(np.concatenate([np.flatnonzero(read == label)[:wanted] for label in range(classes)]))
        return Drawn(features[kept], read[kept], read[kept])

    def _some(self, images: Images, classes: int) -> np.ndarray:
        """Places of as many images of each class, or of all that there are."""
        order = np.random.default_rng(derive(self.options.seed, "real images of each class")).permutation(len(images))
        labels = images.labels[order]
        return np.sort(np.concatenate([order[labels == label][: self.options.per_class] for label in range(classes)]))

    def _map(self, features: np.ndarray, progress: Progress | None) -> np.ndarray:
        if self.options.method == "t-SNE":
            from gandash.analyses.tsne import tsne

            return tsne(features, self.options.perplexity, self.options.seed, progress)
        from sklearn.decomposition import PCA

        return PCA(2, svd_solver="full").fit_transform(features)

    def _notes(self, conditional: bool, counts: np.ndarray, names: tuple[str, ...], note: str) -> list[str]:
        told = ["Circles are real test images in their true class, diamonds are generated ones."]
        if conditional:
            told.append("The class of a generated image is the one that was asked for.")
        else:
            told.append(
                "This generator takes no class: a generated image has the class that the classifier reads, so none can look misplaced."
            )
            short = [f"{name} {count}" for name, count in zip(names, counts, strict=True) if count < self.options.per_class]
            if short:
                told.append(f"Of some classes there are fewer than {self.options.per_class}: {', '.join(short)}.")
        return [*told, *([note] if note else [])]

    def figure(self, result: Measured) -> go.Figure:
        """The map, a colour a class."""
        from gandash.plots.class_map import class_map_figure

        told = result.detail
        return class_map_figure(told["places"], told["labels"], told["is_generated"], told["read"], told["class_names"])


def _seen(network: FeatureNetwork, reader: Any, images: np.ndarray, labels: np.ndarray | None, progress: Progress | None) -> Drawn:
    features = network.penultimate(images, progress=progress)
    read = network.classify(features, reader.head, reader.columns).argmax(1)
    return Drawn(features, read if labels is None else labels, read)


@dataclass(frozen=True)
class Mixture:
    """What nearest neighbours say of the two kinds; shares in [0, 1]."""

    own_kind: tuple[float, float]  # of real and of generated images, those whose nearest neighbour is of their own kind
    by_class: tuple[float, ...]  # the same of the generated images of each class; NaN where there are none
    even: tuple[float, ...]  # what it would be if the kinds of this class were mixed
    same_class: tuple[float, float]  # of real and of generated images, those whose nearest real image is of their class


def mixture(features: np.ndarray, labels: np.ndarray, is_generated: np.ndarray, classes: int) -> Mixture:
    """Of points ``(N, D)``; an image is no neighbour of itself."""
    from sklearn.neighbors import NearestNeighbors

    def neighbour(among: np.ndarray) -> np.ndarray:
        """The nearest of ``among`` for every point, itself left out."""
        places = np.flatnonzero(among)
        found = places[NearestNeighbors(n_neighbors=2, algorithm="brute").fit(features[places]).kneighbors(features, return_distance=False)]
        return np.where(found[:, 0] == np.arange(len(features)), found[:, 1], found[:, 0])

    own = is_generated[neighbour(np.ones(len(features), bool))] == is_generated
    same = labels[neighbour(~is_generated)] == labels
    by_class, even = [], []
    for label in range(classes):
        ours = is_generated & (labels == label)
        by_class.append(float(own[ours].mean()) if ours.any() else np.nan)
        both = (labels == label).sum()
        even.append((ours.sum() - 1) / (both - 1) if ours.any() and both > 1 else np.nan)
    kinds = (~is_generated, is_generated)
    return Mixture(
        tuple(float(own[kind].mean()) for kind in kinds), tuple(by_class), tuple(even), tuple(float(same[kind].mean()) for kind in kinds)
    )


def _numbers(found: Mixture, count: int) -> tuple[Number, ...]:
    rows = (
        (
            "own_kind",
            "Next to its own kind",
            found.own_kind,
            "lower",
            "Which share has a nearest neighbour of its own kind? About half where both mix.",
        ),
        (
            "same_class",
            "Nearest real one is of its class",
            found.same_class,
            "higher",
            "Which share has a nearest real image of its own class?",
        ),
    )
    return tuple(
        Number(name, title, made, float(np.sqrt(made * (1 - made) / count)), "standard error of a share", real, count, better, asks)
        for name, title, (real, made), better, asks in rows
    )


def reading(found: Mixture, counts: np.ndarray, names: tuple[str, ...]) -> str:
    """Which class lies most apart from its real images, and which is mixed best."""
    beyond = np.array(found.by_class) - np.array(found.even)
    known = np.flatnonzero(np.isfinite(beyond) & (counts >= 5))
    said = (
        f"{found.own_kind[1]:.0%} of the generated images have a generated one as their nearest neighbour; about half would if both mixed."
    )
    if not len(known):
        return said
    worst, best = known[beyond[known].argmax()], known[beyond[known].argmin()]
    if beyond[worst] < APART:
        return f"{said} No class lies apart from its real images."
    shares = [f"{names[place]} {how} ({found.by_class[place]:.0%})" for place, how in ((worst, "lies most apart"), (best, "least"))]
    return f"{said} From its real images {', '.join(shares)}."
