"""What real images look like to a network that scores look through, and what they score themselves: the ceiling.

    python -m gandash.features.reference [mnist] [fashion_mnist] [cifar10]

makes the files in ``references/`` from the full data sets in ``GANDASH_DATA``. They hold means, covariances, features and scores, no
image; with them a run can be scored where its data set is not.

Generated images are compared with test images; training images in their place show what a perfect generator would get. Through
Inception-v3 the sides are exchanged, since papers compare with the training images.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from gandash.features import looking, resnet18
from gandash.features.looking import EMBEDDED, INCEPTION

if TYPE_CHECKING:
    from gandash.features.measures import Measure, Statistics

Progress = Callable[[float, str], None]

FOLDER = Path(__file__).parent / "references"
KEPT = 2000  # features of real images: scores of neighbours compare as many generated with them
MOST = 10_000  # images of the other part that ceilings are measured on
GRID = (100, 200, 500, 1000, 2000, 5000, 10_000)  # sample sizes that ceilings are measured at
DRAWS = 5  # disjoint samples that a ceiling is the mean of, where there are so many
CONFIDENT = 0.9  # a classifier that gives its likeliest class more than this is called confident
FEWEST = 40  # images that anything can be said of


@dataclass(frozen=True, eq=False)
class Reference:
    """Real images, as one network sees them."""

    mean: np.ndarray  # float32 (D,)
    covariance: np.ndarray  # float64 (D, D)
    features: np.ndarray  # float32 (M, D), of M images drawn at random
    ceilings: Mapping[str, Mapping[int, float]]  # score -> sample size -> what so many real images get
    confusion: np.ndarray | None  # int64 (K, K): how the classifier reads the real test images of each class
    facts: Mapping[str, Any]  # images, network, weights, size, note; dataset, split where it is of a data set, else title

    @property
    def statistics(self) -> Statistics:
        """For :func:`gandash.features.measures.frechet`."""
        return {"mu": self.mean, "sigma": self.covariance}

    @property
    def title(self) -> str:
        """What generated images are compared with."""
        if "title" in self.facts:
            return self.facts["title"]
        split = {"test": "test", "train": "training"}[self.facts["split"]]
        return f"{self.facts['images']:,} {split} images of {self.facts['dataset_title']}"

    def ceiling(self, score: str, samples: int) -> float | None:
        """What so many real images get; None for a score that was not measured.

        Between the sizes that were measured it is interpolated in 1/N, in which the bias of small samples is nearly linear.
        """
        found = self.ceilings.get(score)
        if not found:
            return None
        sizes = sorted(found, reverse=True)  # ascending in 1/N
        return float(np.interp(1 / samples, [1 / n for n in sizes], [found[n] for n in sizes]))


def shipped_name(dataset: Any, network: str) -> str | None:
    """The file that describes a data set's images; None where its options (or its kind) give others than those it was made from."""
    name = type(dataset).subset_of or type(dataset).name
    options = dataset.options
    if network != EMBEDDED or name not in resnet18.HEADS or set(dataset.class_names) != set(dataset.all_classes):
        return None
    fits = (options.size == 32 and options.colour) if name == "cifar10" else options.size in (28, 32)
    return name if fits and (FOLDER / f"{name}.safetensors").exists() else None


def reader_of(dataset: Any) -> resnet18.Reader | None:
    """How the embedded network tells the data set's own classes apart; None where it does not know them, or there is only one."""
    reader = resnet18.reader_for(dataset)
    return reader if reader and len(reader.columns) > 1 else None


def seen(images: np.ndarray, dataset: Any) -> np.ndarray:
    """Images as they are compared: 28 pixels of MNIST's kind become 32 by a black border, as the data set itself makes 32 of 28.

    So runs of either size are held against the same real images. All else is brought to size by the network.
    """
    if images.shape[-2:] == (28, 28) and (type(dataset).subset_of or type(dataset).name) in ("mnist", "fashion_mnist"):
        return np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    return images


def measured(features: np.ndarray, reference: Reference, spreads: bool = True) -> dict[str, Measure]:
    """Every distance of features ``(N, D)`` from a reference's.

    Scores of neighbours compare as many images of the one kind as of the other.
    """
    from gandash.features import measures

    few = min(len(features), len(reference.features))
    found = {
        "fid": measures.frechet(features, reference.statistics, spreads),
        "kid": measures.kernel(features, reference.features),
    }
    pair = features[:few], reference.features[:few], spreads
    found["precision"], found["recall"] = measures.precision_recall(*pair)
    found["density"], found["coverage"] = measures.density_coverage(*pair)
    return found


def make(dataset: Any, network: str = EMBEDDED, progress: Progress | None = None, note: str = "") -> Reference:
    """The reference of a data set's images through a network. Raises ``ValueError``, ``WeightsUnavailable`` and ``DatasetUnavailable``."""
    from gandash.features import extractors, measures

    if len(dataset.shape) != 3:
        raise ValueError(f"{dataset.title} has no images to be looked at.")
    reader = reader_of(dataset)
    split = "train" if network == INCEPTION else "test"
    against, other = (dataset.train(), dataset.test()) if split == "train" else (dataset.test(), dataset.train())
    if min(len(against), len(other)) < FEWEST:
        raise ValueError(f"{dataset.title} has too few images to score against: {len(against)} and {len(other)}.")
    images, place = seen(against.images, dataset), np.random.default_rng(0).permutation(len(against))
    chosen = np.random.default_rng(1).permutation(len(other))[:MOST]
    share = len(images) / (len(images) + len(chosen)) * 0.8
    features, logits = extractors.look(network, images, reader, _part(progress, 0.0, share, "Real images"))
    placed, placed_logits = extractors.look(
        network, seen(other.images[chosen], dataset), reader, _part(progress, share, 0.8, "Real images for the ceiling")
    )
    stats = measures.statistics(features)
    confusion = _confusion(logits, against.labels) if reader and network == EMBEDDED else None
    facts = {
        "dataset": type(dataset).name,
        "dataset_title": dataset.title,
        "split": split,
        "images": len(images),
        "size": list(images.shape[1:]),
        "network": network,
        "weights": looking.identity(network),
        "note": note or against.note,
    }
    kept = features[place[:KEPT]].astype(np.float16).astype(np.float32)  # as it is stored
    bare = Reference(stats["mu"].astype(np.float32), stats["sigma"], kept, {}, confusion, facts)
    if logits is not None:  # the classes are judged on test images
        logits = logits[place] if split == "test" else placed_logits
    ceilings = _ceilings(bare, placed, logits, _part(progress, 0.8, 1.0, "Real against real"))
    return Reference(bare.mean, bare.covariance, kept, ceilings, confusion, facts)


def of_pictures(
    images: np.ndarray,
    labels: np.ndarray | None,
    network: str,
    reader: resnet18.Reader | None,
    facts: Mapping[str, Any],
    progress: Progress | None = None,
) -> Reference:
    """The reference of pictures ``uint8 (N, C, H, W)`` that are all there is of their kind.

    ``labels`` ``int64 (N,)``, where they are known, are the reader's classes. All pictures are compared with; the ceiling is what one half
    of them gets against the other half. Raises ``ValueError`` for fewer than :data:`FEWEST`, and
    :class:`~gandash.features.resnet18.WeightsUnavailable`.
    """
    from gandash.features import extractors, measures

    if len(images) < FEWEST:
        raise ValueError(f"{len(images)} real pictures are too few to score against: it takes {FEWEST}.")
    features, logits = extractors.look(network, images, reader, _part(progress, 0.0, 0.9, "Real pictures"))
    place = np.random.default_rng(0).permutation(len(images))
    told = {"images": len(images), "size": list(images.shape[1:]), "network": network, "weights": looking.identity(network), **facts}
    confusion = _confusion(logits, labels) if reader and network == EMBEDDED else None

    def reference(chosen: np.ndarray, ceilings: Mapping[str, Mapping[int, float]]) -> Reference:
        stats = measures.statistics(features[chosen])
        return Reference(stats["mu"].astype(np.float32), stats["sigma"], features[chosen[:KEPT]], ceilings, confusion, told)

    one, other = place[: len(place) // 2], place[len(place) // 2 :]
    ceilings: dict[str, dict[int, float]] = {}
    if len(one) < FEWEST:
        told["note"] = f"{told['note']} {len(images)} real pictures are too few to hold one half against the other.".strip()
    else:
        asked = None if logits is None else logits[place]
        ceilings = _ceilings(reference(one, {}), features[other][:MOST], asked, _part(progress, 0.9, 1.0, "Real against real"))
    return reference(place, ceilings)


def _confusion(logits: np.ndarray, labels: np.ndarray | None) -> np.ndarray | None:
    """How real images of each class are read, ``int64 (K, K)``; None where their classes are unknown."""
    if labels is None:
        return None
    confusion = np.zeros((logits.shape[1],) * 2, np.int64)
    np.add.at(confusion, (labels, logits.argmax(1)), 1)
    return confusion


def _ceilings(
    reference: Reference, placed: np.ndarray, logits: np.ndarray | None, progress: Progress | None
) -> dict[str, dict[int, float]]:
    """Real images in place of generated ones, at every size of :data:`GRID` that there are images for, and at all of them."""
    from gandash.features.measures import inception

    found: dict[str, dict[int, float]] = {}
    sizes = sorted({n for n in GRID if n <= len(placed)} | {len(placed)})
    for done, size in enumerate(sizes):
        several: dict[str, list[float]] = {}
        for features in _draws(placed, size):
            for name, measure in measured(features, reference, spreads=False).items():
                several.setdefault(name, []).append(measure.value)
        if logits is not None and size <= len(logits):
            several["inception_score"] = [inception(part).value for part in _draws(logits, size)]
            several["confident"] = [confident_share(part) for part in _draws(logits, size)]
        for name, values in several.items():
            found.setdefault(name, {})[size] = float(np.mean(values))
        if progress:
            progress((done + 1) / len(sizes), f"{size:,} images")
    return found


def _draws(rows: np.ndarray, size: int) -> list[np.ndarray]:
    return [rows[draw * size : (draw + 1) * size] for draw in range(max(1, min(DRAWS, len(rows) // size)))]


def confident_share(logits: np.ndarray) -> float:
    """The share of images whose likeliest class has a probability above :data:`CONFIDENT`."""
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return float((powers.max(1) / powers.sum(1) > CONFIDENT).mean())


def save(reference: Reference, path: Path) -> None:
    """One safetensors file: half precision for the features, the covariance's upper half in single precision."""
    from safetensors.numpy import save as packed

    upper = reference.covariance[np.triu_indices(len(reference.mean))].astype(np.float32)
    tensors = {"mean": reference.mean, "covariance": upper, "features": reference.features.astype(np.float16)}
    if reference.confusion is not None:
        tensors["confusion"] = reference.confusion
    told = {"facts": json.dumps(dict(reference.facts)), "ceilings": json.dumps(reference.ceilings)}
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(packed(tensors, told))
    unfinished.replace(path)


def load(path: Path) -> Reference:
    """What :func:`save` wrote, read once while the file stays the same. Raises ``OSError`` or ``SafetensorError``."""
    return _loaded(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=8)
def _loaded(path: Path, stamp: int) -> Reference:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        told = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a mapping
    size = len(tensors["mean"])
    covariance = np.zeros((size, size))
    covariance[np.triu_indices(size)] = tensors["covariance"]
    covariance += np.triu(covariance, 1).T
    ceilings = {score: {int(samples): value for samples, value in sizes.items()} for score, sizes in json.loads(told["ceilings"]).items()}
    return Reference(
        tensors["mean"],
        covariance,
        tensors["features"].astype(np.float32),
        ceilings,
        tensors.get("confusion"),
        json.loads(told["facts"]),
    )


def _part(progress: Progress | None, start: float, end: float, prefix: str) -> Progress | None:
    return progress and (lambda fraction, told: progress(start + (end - start) * fraction, f"{prefix}: {told}"))


if __name__ == "__main__":
    import typer

    from gandash import datasets

    def main(names: Annotated[list[str] | None, typer.Argument(help="Data sets; without any, all three.")] = None) -> None:
        """Make the files that ship, from the full data sets."""
        for name in names or resnet18.HEADS:
            options = {"size": 32, "colour": name == "cifar10"}
            made = make(datasets.parts[name](options), progress=lambda done, told: print(f"\r{done:4.0%} {told:60.60}", end="", flush=True))
            path = FOLDER / f"{name}.safetensors"
            save(made, path)
            print(f"\n{path.name}: {path.stat().st_size / 1e6:.1f} MB, {made.title}")

    typer.run(main)
