"""What can be scored: a run's samples at a snapshot, or generated pictures that lie in a folder or zip, against real ones in another.

A source says which scores suit it, what its result depends on, where that is kept, and gives the images as a network sees them.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gandash import datasets, runs
from gandash.analyses import Progress
from gandash.analyses._embeddings import part_of
from gandash.analyses._folders import SIDES, PictureSet, folder_labels
from gandash.analyses._scores import Score, ScoreOptions, Subject, held, reference_key, reference_of, subject_of
from gandash.datasets import DatasetUnavailable
from gandash.datasets._images import resize
from gandash.embedding_sources import digest
from gandash.features import looking, reference, resnet18
from gandash.features.looking import EMBEDDED, INCEPTION
from gandash.features.reference import FEWEST, Reference, shipped_name
from gandash.runs.files import read_json

SHEET = "scores.json"
MOST_REAL = 10_000  # pictures that generated ones are held against: as many as MNIST has test images
BORDERED = ("mnist", "fashion_mnist")  # 28 pixels of this kind become 32 by a black border, as they do where the classifier learned
SIZES = {EMBEDDED: (8, SIDES[1]), INCEPTION: (8, 299)}  # pixels: between these it is the network that brings pictures to its own size
CEILINGS = {
    "run": "as many training images in place of the samples (test images, where classes are read)",
    "pictures": "half of the real pictures in place of the generated ones, against the other half, and so of fewer",
}


class Source(Protocol):
    """What is scored."""

    def reason(self, score: Score) -> str | None:
        """Why a score does not suit, as a sentence."""

    def obstacle(self, network: str) -> str:
        """Why nothing can be scored through a network, as a sentence; empty where something can."""

    def key(self, network: str) -> dict[str, Any]:
        """All that a score depends on beside its options and version; no path of a run is in it, so that it is the same everywhere."""

    def folder(self, key: dict[str, Any]) -> Path:
        """Where the result of ``key`` is kept, whether it is there or not."""

    def shipped(self) -> dict[str, Any]:
        """Results that came with it, by the digest of their key."""

    def subject(self, options: ScoreOptions, progress: Progress | None = None) -> Subject:
        """The images. Raises ``ValueError``, ``WeightsUnavailable`` or :class:`gandash.datasets.DatasetUnavailable`."""

    def reference(self, network: str) -> Reference:
        """What they are held against. Raises as :meth:`subject` does."""

    def about(self, options: ScoreOptions) -> str:
        """What computing a sheet does, from its verb on, before anything is computed."""

    def note(self, options: ScoreOptions, samples: int) -> str:
        """What else a person should know where so many could be looked at; empty for nothing."""

    def facts(self, options: ScoreOptions) -> dict[str, Any]:
        """What a sheet says of them: run, step, epoch, label, how the ceiling was found, and the command that makes the sheet again."""


@dataclass(frozen=True)
class OfRun:
    """A run's samples at a snapshot, or at the nearest one that has weights, against images of its data set."""

    run: runs.Run
    snapshot: runs.Snapshot

    def reason(self, score: Score) -> str | None:
        return score.suits(self.run.config)

    def obstacle(self, network: str) -> str:
        return _obstacle(lambda: reference_key(self.run.config, network), network)

    def key(self, network: str) -> dict[str, Any]:
        weights = looking.digest(self.run.path / "weights" / f"{self.step}.safetensors")
        return {"weights": weights, "reference": reference_key(self.run.config, network)}

    @property
    def step(self) -> int:
        """Of the weights. Raises ``LookupError`` where there are none."""
        if (step := self.run.weights_step(self.snapshot.step)) is None:
            raise LookupError(f"{self.run.title} has no weights yet.")
        return step

    def folder(self, key: dict[str, Any]) -> Path:
        return self.run.cached(key)

    def shipped(self) -> dict[str, Any]:
        told = read_json(self.run.path / SHEET)
        return {each["key"]: each["result"] for sheet in told.get("snapshots", ()) for each in sheet["analyses"].values()}

    def subject(self, options: ScoreOptions, progress: Progress | None = None) -> Subject:
        return subject_of(self.run, self.snapshot, options, progress)

    def reference(self, network: str) -> Reference:
        return reference_of(self.run.config, network)

    def facts(self, options: ScoreOptions) -> dict[str, Any]:
        of = next((each for each in self.run.snapshots if each.step == self.step), self.snapshot)
        command = f"evaluate {self.run.id} --step {self.step} --count {options.count} --seed {options.seed}"
        return {
            "run": self.run.id,
            "step": self.step,
            "epoch": of.epoch,
            "label": of.label,
            "ceiling": CEILINGS["run"],
            "recipe": _recipe(command, options),
        }

    def note(self, options: ScoreOptions, samples: int) -> str:
        return ""

    def about(self, options: ScoreOptions) -> str:
        dataset = self.run.config.part("dataset")
        against = f"images of {dataset.title}, which are looked at first"
        if shipped_name(dataset, options.network):
            against = f"{self.reference(options.network).title}, whose statistics ship with GANdash"
        return f"draws {options.count:,} samples of this snapshot and holds them against {against}."


@dataclass(frozen=True)
class OfPictures:
    """Generated pictures against real ones, wherever they lie; they are brought to the size of the real ones.

    ``classes`` names the data set whose classes the embedded classifier reads in them, one of :data:`resnet18.HEADS`; empty for none.
    Where every picture of a set lies in a folder that has a class's name, that is its class: the one that was asked for, where generated.
    """

    real: PictureSet
    generated: PictureSet
    classes: str = ""

    def reason(self, score: Score) -> str | None:
        if score.needs_classes and not self.classes:
            return "It is not said whose classes these pictures show."
        if score.needs_asked and not self._asked:
            return "Generated pictures do not lie in folders of the classes' names, so none was asked to be of a class."
        return None

    def obstacle(self, network: str) -> str:
        return _obstacle(lambda: (self.real.count, self.generated.count), network)

    def key(self, network: str) -> dict[str, Any]:
        return {"generated": self.generated.digest, **self._reference_key}

    def folder(self, key: dict[str, Any]) -> Path:
        return runs.root() / ".cache" / "folders" / digest(key)

    def shipped(self) -> dict[str, Any]:
        return {}

    def subject(self, options: ScoreOptions, progress: Progress | None = None) -> Subject:
        key = (digest(self.key(options.network)), options.count, options.seed, options.network)
        return held(key, lambda: self._looked(options, progress))

    def reference(self, network: str, progress: Progress | None = None) -> Reference:
        name = digest({"network": looking.identity(network), **self._reference_key})
        path = runs.root() / ".cache" / "references" / f"{name}.safetensors"
        if not path.exists():
            found = self.real.read(MOST_REAL, shape=self._shape(network), class_names=self.class_names)
            all_of = f"{len(found):,} of {self.real.count:,}" if self.real.count > len(found) else f"{len(found):,}"
            facts = {"title": f"{all_of} pictures of {self.real.title}", "note": found.note}
            images = self._seen(found.images)
            reference.save(reference.of_pictures(images, found.labels, network, self.reader, facts, progress), path)
        return reference.load(path)

    def facts(self, options: ScoreOptions) -> dict[str, Any]:
        real, generated = (shlex.quote(pictures.address) for pictures in (self.real, self.generated))
        command = f"evaluate --real {real} --generated {generated} --count {options.count} --seed {options.seed}"
        command += f" --classes {self.classes}" if self.classes else ""
        return {
            "run": "",
            "step": None,
            "epoch": None,
            "label": self.generated.title,
            "ceiling": CEILINGS["pictures"],
            "recipe": _recipe(command, options),
        }

    def note(self, options: ScoreOptions, samples: int) -> str:
        wanted = min(options.count, self.generated.count)
        broken = wanted - samples
        return f"{broken:,} of {wanted:,} pictures in {self.generated.title} could not be read and were left out." if broken else ""

    def about(self, options: ScoreOptions) -> str:
        count, most = min(options.count, self.generated.count), min(MOST_REAL, self.real.count)
        return f"holds {count:,} generated pictures against {most:,} real ones, each seen once through a network."

    @property
    def class_names(self) -> tuple[str, ...]:
        """Those that the classifier tells apart; none where it is not said whose."""
        return datasets.parts[self.classes].all_classes if self.classes else ()

    @property
    def reader(self) -> resnet18.Reader | None:
        """How the embedded network reads them."""
        return resnet18.Reader(self.classes, tuple(range(len(self.class_names)))) if self.classes else None

    @property
    def _asked(self) -> bool:
        return bool(self.classes) and folder_labels(self.generated.entries(), self.class_names) is not None

    @property
    def _reference_key(self) -> dict[str, Any]:
        return {"real": self.real.digest, "classes": self.classes, "most": MOST_REAL}

    def _shape(self, network: str) -> tuple[int, int, int]:
        side = self.real.side(SIZES[network])
        return 3, side, side

    def _seen(self, images: np.ndarray) -> np.ndarray:
        return resize(images, 32) if self.classes in BORDERED and images.shape[-1] == 28 else images

    def _looked(self, options: ScoreOptions, progress: Progress | None) -> Subject:
        from gandash.features import extractors

        against = self.reference(options.network, part_of(progress, 0.0, 0.5))
        if progress:
            progress(0.5, "Reading the generated pictures")
        found = self.generated.read(options.count, shape=self._shape(options.network), class_names=self.class_names)
        if len(found) < FEWEST:
            raise ValueError(f"{len(found)} generated pictures are too few to be scored: it takes {FEWEST}.")
        mixed = np.random.default_rng(options.seed).permutation(len(found))  # splits and parts of them shall not be folders
        images, labels = self._seen(found.images)[mixed], None if found.labels is None else found.labels[mixed]
        features, logits = extractors.look(options.network, images, self.reader, part_of(progress, 0.5, 1.0, "Generated pictures"))
        return Subject(images, labels, self.class_names, self.reader, features, logits, options.network, against)


def _obstacle(ask: Callable[[], object], network: str) -> str:
    try:
        looking.identity(network)
        ask()
    except (resnet18.WeightsUnavailable, DatasetUnavailable, ValueError) as error:
        return str(error)
    return ""


def _recipe(command: str, options: ScoreOptions) -> str:
    """The command that computes a sheet."""
    return f"python -m gandash {command}" + ("" if options.network == EMBEDDED else f" --network {options.network}")
