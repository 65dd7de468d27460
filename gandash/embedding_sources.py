"""Where the pictures of the Embeddings page come from. A source says what its result depends on, where that is kept, and its pictures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gandash import runs
from gandash.analyses._embeddings import EmbeddingOptions, Subjects, further_real, subjects_of_run, together
from gandash.analyses._folders import PictureSet
from gandash.analyses._pictures import Pictures, samples
from gandash.datasets._images import fit
from gandash.features import resnet18
from gandash.plots.colours import RUNS


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What a D says of pictures."""

    title: str  # what it says is called
    scores: np.ndarray  # float32 (N,), higher for real
    middle: float  # the median: what D says of single pictures, outside of the batches it learned in, has no fixed zero
    reach: float  # how far from there nine in ten scores are


class Source(Protocol):
    """Where two kinds of pictures come from."""

    @property
    def kinds(self) -> tuple[str, str]:
        """What the two are called."""

    def key(self) -> dict[str, Any]:
        """All that the pictures depend on, as JSON values."""

    def folder(self, key: dict[str, Any]) -> Path:
        """Where the result of ``key`` is kept."""

    def subjects(self, options: EmbeddingOptions) -> Subjects:
        """The pictures. Raises ``ValueError`` or :class:`gandash.datasets.DatasetUnavailable`."""

    def further(self, options: EmbeddingOptions, most: int) -> np.ndarray | None:
        """Up to ``most`` more pictures of the first kind ``uint8 (K, C, H, W)``, none of them among :meth:`subjects`; None for none."""

    def verdicts(self, subjects: Subjects) -> Verdicts | None:
        """What D says of each picture; None where there is no D."""


@dataclass(frozen=True)
class OfRun:
    """A run's samples at a snapshot, or the nearest one that has weights, against its data set."""

    run: runs.Run
    snapshot: runs.Snapshot

    kinds = ("real", "generated")

    def key(self) -> dict[str, Any]:
        return run_key(self.run, self.snapshot)

    def folder(self, key: dict[str, Any]) -> Path:
        return self.run.cache(key)

    def subjects(self, options: EmbeddingOptions) -> Subjects:
        return subjects_of_run(self.run, self.snapshot, options)

    def further(self, options: EmbeddingOptions, most: int) -> np.ndarray | None:
        found = further_real(self.run.config, options.real_count, options.seed, most)
        return found if len(found) else None

    def verdicts(self, subjects: Subjects) -> Verdicts | None:
        return judged(self.run, self.snapshot, subjects.images)


@dataclass(frozen=True)
class OfRuns:
    """The samples of two runs, each at a snapshot, or of one run at two. No image is real; the first run's D judges both."""

    run: runs.Run
    snapshot: runs.Snapshot
    other: runs.Run
    other_snapshot: runs.Snapshot

    def key(self) -> dict[str, Any]:
        return {"first": run_key(self.run, self.snapshot), "second": run_key(self.other, self.other_snapshot)}

    def folder(self, key: dict[str, Any]) -> Path:
        return folder_of(key)

    def subjects(self, options: EmbeddingOptions) -> Subjects:
        both = [run.networks(snapshot) for run, snapshot in ((self.run, self.snapshot), (self.other, self.other_snapshot))]
        if any(len(networks.shape) != 3 for networks in both):
            raise ValueError("One of these runs draws points in a plane, not images: there is nothing to look through a ResNet at.")
        first, second = (samples(networks, count, options.seed) for networks, count in zip(both, _counts(options), strict=True))
        names = [networks.class_names for networks in both]
        same = names[0] if names[0] == names[1] else ()  # classes of other data would be named wrongly
        first, second = (replace(each, class_names=same, labels=each.labels if same else None) for each in (first, second))
        note = ""
        if first.images.shape != second.images.shape:
            _, side, _ = both[0].shape
            second = replace(second, images=fit(second.images, side, both[0].shape[0] == 3))
            note = f"Those of {self.other.title} were brought to the size and colours of the others, {' x '.join(map(str, both[0].shape))}."
        reader = resnet18.reader_for(both[0].config.part("dataset")) if same else None
        found = together(first, replace(second, note=note), self.kinds, reader)
        return replace(found, colours=(RUNS[0].colour, RUNS[1].colour), shapes=(RUNS[0].symbol, RUNS[1].symbol))

    @property
    def kinds(self) -> tuple[str, str]:
        titles = (self.run.title, self.other.title)
        if self.run.id == self.other.id:
            return self.snapshot.label, self.other_snapshot.label
        return titles if titles[0] != titles[1] else (self.run.id, self.other.id)

    def further(self, options: EmbeddingOptions, most: int) -> np.ndarray | None:
        return samples(self.run.networks(self.snapshot), most, options.seed + 1).images  # other latents

    def verdicts(self, subjects: Subjects) -> Verdicts | None:
        return judged(self.run, self.snapshot, subjects.images)


@dataclass(frozen=True)
class OfRunAndPictures:
    """A run's samples at a snapshot against pictures from elsewhere, which are brought to the size of the samples."""

    run: runs.Run
    snapshot: runs.Snapshot
    pictures: PictureSet

    kinds = ("other", "generated")

    def key(self) -> dict[str, Any]:
        return {**run_key(self.run, self.snapshot), "pictures": self.pictures.digest}

    def folder(self, key: dict[str, Any]) -> Path:
        return self.run.cache(key)

    def subjects(self, options: EmbeddingOptions) -> Subjects:
        networks = self.run.networks(self.snapshot)
        found = self.pictures.read(options.real_count, shape=networks.shape)
        made = samples(networks, options.generated_count, options.seed)
        return together(Pictures(found.images, note=found.note), Pictures(made.images), self.kinds)

    def further(self, options: EmbeddingOptions, most: int) -> np.ndarray | None:
        found = self.pictures.read(most, start=options.real_count, shape=self.run.networks(self.snapshot).shape).images
        return found if len(found) else None

    def verdicts(self, subjects: Subjects) -> Verdicts | None:
        return judged(self.run, self.snapshot, subjects.images)


@dataclass(frozen=True)
class OfPictures:
    """Two sets of pictures, wherever they lie; the second is brought to the size of the first. No run is needed."""

    real: PictureSet
    generated: PictureSet

    @property
    def kinds(self) -> tuple[str, str]:
        """What their folders are called, where they are folders in one place."""
        names = self.real.folder or "real", self.generated.folder or "generated"
        return names if names[0] != names[1] else ("real", "generated")

    def key(self) -> dict[str, Any]:
        return {"real": self.real.digest, "generated": self.generated.digest}

    def folder(self, key: dict[str, Any]) -> Path:
        return folder_of(key)

    def subjects(self, options: EmbeddingOptions) -> Subjects:
        both = zip((self.real, self.generated), _counts(options), strict=True)
        return together(*(pictures.read(count, shape=self._shape) for pictures, count in both), self.kinds)

    def further(self, options: EmbeddingOptions, most: int) -> np.ndarray | None:
        found = self.real.read(most, start=options.real_count, shape=self._shape).images
        return found if len(found) else None

    def verdicts(self, subjects: Subjects) -> Verdicts | None:
        return None

    @property
    def _shape(self) -> tuple[int, int, int]:
        side = self.real.side()
        return 3, side, side


def _counts(options: EmbeddingOptions) -> tuple[int, int]:
    return options.real_count, options.generated_count


def run_key(run: runs.Run, snapshot: runs.Snapshot) -> dict[str, Any]:
    """What a run's samples at a snapshot depend on; the same name may be recorded again."""
    return {"run": run.id, "created": run.created.isoformat(), "weights": run.weights_step(snapshot.step)}


def judged(run: runs.Run, snapshot: runs.Snapshot, images: np.ndarray) -> Verdicts | None:
    """What a run's D says of images ``(N, C, H, W)``; None where it cannot."""
    networks = run.networks(snapshot)
    if networks.discriminator is None or networks.conditional or images.shape[1:] != tuple(networks.shape):
        return None  # a conditional D judges an image only together with a class
    scores = networks.scores(images)
    middle = float(np.median(scores))
    return Verdicts(networks.objective.score_title, scores, middle, float(np.quantile(np.abs(scores - middle), 0.9)) or 1.0)


def folder_of(key: dict[str, Any]) -> Path:
    """Where the result of a key is kept that belongs to no run."""
    folder = runs.root() / ".cache" / "folders" / digest(key)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def digest(key: dict[str, Any]) -> str:
    """A short name for what depends on a key."""
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]
