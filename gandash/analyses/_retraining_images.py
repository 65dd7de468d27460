"""The images of a retraining experiment: real ones by class, generated ones with a label and how sure it is, and those to test on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gandash import registry
from gandash.analyses import Progress
from gandash.analyses._pictures import samples, stand_in
from gandash.analyses._small_classifier import at_size
from gandash.features import resnet18
from gandash.randomness import derive

if TYPE_CHECKING:
    from gandash.assembly import Networks
    from gandash.config import RunConfig
    from gandash.datasets import Dataset
    from gandash.features.network import FeatureNetwork

TEST_SEED = 2**30  # of the generated images to test on: no experiment trains on these


@dataclass(frozen=True, eq=False)
class Labelled:
    """Images ``uint8 (N, C, H, W)`` with labels ``int64 (N,)``; ``confidence`` ``float32 (N,)``: how likely the label is, where known."""

    images: np.ndarray
    labels: np.ndarray
    confidence: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: slice | np.ndarray) -> Labelled:
        return Labelled(self.images[chosen], self.labels[chosen], None if self.confidence is None else self.confidence[chosen])

    def confident(self, threshold: float) -> Labelled:
        """Exactly the images whose label is at least ``threshold`` likely."""
        return self[self.confidence >= threshold]

    def with_(self, other: Labelled) -> Labelled:
        """Both together."""
        return Labelled(np.concatenate([self.images, other.images]), np.concatenate([self.labels, other.labels]))


@dataclass(frozen=True)
class Labeller:
    """The embedded ResNet-18 as a judge of a run's classes."""

    network: FeatureNetwork
    head: str
    columns: tuple[int, ...]  # of the head, for the run's classes

    def probabilities(self, images: np.ndarray, progress: Progress | None = None) -> np.ndarray:
        """``float32 (N, classes)``; rows sum to one over the run's own classes."""
        found = self.network.probabilities(images, self.head, progress)[:, self.columns]
        return found / found.sum(1, keepdims=True)


def labeller_for(dataset: Dataset) -> Labeller | None:
    """The judge of a data set's classes; None where the embedded network knows none of them."""
    reader = resnet18.reader_for(dataset)
    return None if reader is None else Labeller(resnet18.load(), reader.head, reader.columns)


def generated(networks: Networks, count: int, seed: int, labeller: Labeller | None, progress: Progress | None = None) -> Labelled:
    """``count`` samples of latents drawn by ``seed``.

    A conditional generator's carry the class that it was asked for; others the one that ``labeller`` finds likeliest. Confidence is the
    labeller's in that class.
    """
    made = samples(networks, count, seed)
    probabilities = labeller.probabilities(made.images, progress) if labeller else None
    labels = made.labels if made.labels is not None else probabilities.argmax(1).astype(np.int64)
    confidence = probabilities[np.arange(count), labels] if probabilities is not None else None
    return Labelled(at_size(made.images), labels, confidence)


@dataclass(frozen=True, eq=False)
class RealImages:
    """The data set of an experiment: a pool to train on, and held-out images."""

    dataset: Dataset
    pool: Labelled
    test: Labelled
    note: str = ""  # which images stand in for others

    def drawn(self, count: int, seed: int) -> Labelled:
        """``count`` training images, as many of each class as there are; fewer with the same seed are a part of more."""
        chosen = self.pool[_by_turns(self.pool.labels, derive(seed, "real images to retrain on"))[:count]]
        return Labelled(at_size(chosen.images), chosen.labels)


def real_images(config: RunConfig, test_count: int) -> RealImages:
    """The run's data set, or the embedded part that stands in. Raises :class:`gandash.datasets.DatasetUnavailable`."""
    dataset, note = stand_in(config)
    train, test = dataset.train(), dataset.test()
    chosen = _by_turns(test.labels, derive(0, "real images to test on"))[:test_count]
    return RealImages(dataset, Labelled(train.images, train.labels), Labelled(test.images[chosen], test.labels[chosen]), note)


def what_to_know(config: RunConfig, real: RealImages, labeller: Labeller | None, rightly: float | None) -> tuple[str, ...]:
    """What a reader of the numbers must know of the images, in sentences; ``rightly``: the labeller's accuracy on the real test images."""
    notes = [real.note] if real.note else []
    conditional = config.part("architecture").conditional
    notes.append(
        "The generator takes a class: its images are labelled with the class that was asked for."
        if conditional
        else "The generator takes no class: the embedded ResNet-18 labels its images with the class that it finds likeliest."
    )
    if labeller:
        whole = registry.parts("datasets")[labeller.head].title
        notes.append(f"How confident a label is, the embedded ResNet-18 says, which names {rightly:.1%} of the real test images rightly.")
        notes.append(
            f"It was trained on all of {whole}'s training images, and these test images are among those: that flatters the generated ones."
            if real.dataset.test_from_train and real.dataset.subset_of == labeller.head
            else "It has not seen these test images."
        )
    else:
        notes.append("The embedded ResNet-18 does not know these classes, so nothing is filtered by confidence.")
    if real.dataset.test_from_train and config.dataset.name == real.dataset.subset_of:
        notes.append(f"The generator was trained on all of {config.part('dataset').title}: it has seen these test images as well.")
    return tuple(notes)


def _by_turns(labels: np.ndarray, seed: int) -> np.ndarray:
    """All indices, shuffled, one of each class by turns while there are."""
    shuffled = np.random.default_rng(seed).permutation(len(labels))
    turn = np.empty(len(labels), np.int64)
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        turn[members] = np.arange(len(members))
    return shuffled[np.argsort(turn[shuffled], kind="stable")]
