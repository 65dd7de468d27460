"""What scores share: a run's samples as a network sees them, the real images they are held against, and what a score tells.

A score is one file with a class that derives from :class:`Score`::

    class Median(Score):
        \"\"\"One sentence. The paper.\"\"\"
        title = "Median"
        family = "scores"          # spelled out in the file: the registry is searched for it without importing

        def measure(self, subject: Subject) -> Measured: ...
        def figure(self, result: Measured) -> go.Figure: ...

and is then on the Scores page, in the table, over the epochs, in ``python -m gandash evaluate`` and in a run's ``scores.json``.
"""

from __future__ import annotations

import hashlib
import json
import threading
from abc import abstractmethod
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field

from gandash import registry
from gandash.analyses import Analysis, Progress
from gandash.analyses._embeddings import part_of
from gandash.analyses._pictures import samples, stand_in
from gandash.features import looking, reference, resnet18
from gandash.features.looking import EMBEDDED, INCEPTION
from gandash.features.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gandash.config import RunConfig
    from gandash.runs import Run, Snapshot

HELD = 2  # subjects kept in memory, 15 MB each for 5,000 small images: all scores of a snapshot share one
DOUBTFUL = 0.9  # a classifier that reads fewer of the real images rightly says little of generated ones


class ScoreOptions(registry.Options):
    """What decides a score."""

    count: int = Field(
        5000, ge=100, le=50_000, title="Samples", description="Drawn afresh. Scores of few samples are biased and uncertain."
    )
    seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Draws the latents, and the classes of a conditional run.")
    network: Literal["embedded", "inception"] = Field(EMBEDDED, title="Look through", description="The network that features come from.")


@dataclass(frozen=True)
class Number:
    """One line of the table."""

    name: str  # in scores.json and CSV; never renamed
    title: str
    value: float | None  # a score always has one; what looks further may find nothing to measure
    spread: float | None  # how far it would differ another time
    how: str  # the spread was found
    real: float | None  # what as many real images get: the ceiling (for what should be low, the floor)
    samples: int  # generated images that it rests on
    better: Literal["higher", "lower", ""]  # empty where neither is
    asks: str  # the question that it answers, for people
    warning: str = ""  # why it means little here
    beside: float | None = None  # what something else gets that is not real either, such as the GAN where a baseline is measured


@dataclass(frozen=True)
class Measured:
    """What a score tells. Everything is a JSON value, so that it can be kept, shipped and drawn without computing again."""

    numbers: tuple[Number, ...]
    detail: dict[str, Any] = field(default_factory=dict)  # what the figure draws
    reading: str = ""  # the figure in a sentence

    def as_json(self) -> dict[str, Any]:
        """For :meth:`from_json`."""
        return {"numbers": [asdict(number) for number in self.numbers], "detail": self.detail, "reading": self.reading}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Measured:
        return cls(tuple(Number(**number) for number in told["numbers"]), told["detail"], told["reading"])


@dataclass(frozen=True, eq=False)
class Subject:
    """Samples of a run at a snapshot, or generated pictures from elsewhere, as a network sees them."""

    images: np.ndarray  # uint8 (N, C, H, W), as they are compared (see features.reference.seen)
    asked: np.ndarray | None  # int64 (N,): the classes that a conditional run was asked for
    class_names: tuple[str, ...]  # of the run's data set
    reader: resnet18.Reader | None  # names these classes, where the embedded network knows them
    features: np.ndarray  # float32 (N, D)
    logits: np.ndarray | None  # float32 (N, K), what an Inception score is taken of: of the run's classes, or of Inception's own
    network: str
    reference: Reference

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def class_logits(self) -> np.ndarray:
        """Logits ``(N, K)`` of the run's own classes, in the order of its labels, whatever network features come from."""
        from gandash.features import extractors

        return self.logits if self.network == EMBEDDED else extractors.look(EMBEDDED, self.images, self.reader)[1]

    def real_accuracy(self) -> float | None:
        """The share of the real test images that the classifier reads rightly; None where that was not measured."""
        confusion = self.reference.confusion
        return None if confusion is None else float(confusion.trace() / confusion.sum())

    def doubt(self) -> str:
        """A warning where the classifier misreads many real images of this kind."""
        accuracy = self.real_accuracy()
        if accuracy is None or accuracy >= DOUBTFUL:
            return ""
        return f"The classifier reads only {accuracy:.0%} of the real images rightly, so what it says of generated ones means little."


class OfImages(Analysis):
    """Base of what is told of a run's images in numbers and a figure: scores, and what looks further."""

    needs_classes: bool = False  # the embedded classifier must know the run's classes
    needs_asked: bool = False  # there must be a class that each sample was asked to be of

    def suits(self, config: RunConfig) -> str | None:
        if len(config.part("dataset").shape) != 3:
            return "This run draws points in a plane, not images: there is nothing to look through a network at."
        if self.needs_classes and (reason := no_classes(config.part("dataset"))):
            return reason
        conditional = not self.needs_asked or config.part("architecture").conditional
        return None if conditional else "Only a conditional run can be asked for a class."

    def run(self, run: Run, snapshot: Snapshot, progress: Progress | None = None) -> Measured:
        """Raises ``ValueError`` where the analysis does not suit the run, ``LookupError`` where the run has no weights,
        :class:`~gandash.features.resnet18.WeightsUnavailable` and :class:`~gandash.datasets.DatasetUnavailable`."""
        if reason := self.suits(run.config):
            raise ValueError(reason)
        return self.look(run, snapshot, progress)

    @abstractmethod
    def look(self, run: Run, snapshot: Snapshot, progress: Progress | None) -> Measured:
        """What :meth:`run` gives for a run that suits."""


class Score(OfImages):
    """Base of the scores; ``order`` is the place in the table."""

    Options = ScoreOptions

    def look(self, run: Run, snapshot: Snapshot, progress: Progress | None) -> Measured:
        return self.measure(subject_of(run, snapshot, self.options, progress))

    @abstractmethod
    def measure(self, subject: Subject) -> Measured:
        """The score of these samples."""


def no_classes(dataset: Any) -> str | None:
    """Why the embedded classifier cannot tell a data set's classes apart, as a sentence; None where it can."""
    if reference.reader_of(dataset):
        return None
    if len(dataset.class_names) == 1:
        return f"Of {dataset.title} only the class {dataset.class_names[0]} was chosen: there is nothing to tell it from."
    return f"The embedded classifier does not know the classes of {dataset.title}."


def subject_of(run: Run, snapshot: Snapshot, options: ScoreOptions, progress: Progress | None = None) -> Subject:
    """The samples that ``options`` describe; the newest few are kept in memory."""
    path = run.path / "weights" / f"{run.weights_step(snapshot.step)}.safetensors"
    key = (path, path.stat().st_mtime_ns, options.count, options.seed, options.network)
    return held(key, lambda: _drawn(run, snapshot, options, progress))


def held(key: tuple, make: Callable[[], Subject]) -> Subject:
    """What ``make`` gives; the newest :data:`HELD` are kept in memory."""
    with _lock:
        if key in _held:
            _held.move_to_end(key)
            return _held[key]
    made = make()
    with _lock:
        _held[key] = made
        while len(_held) > HELD:
            _held.popitem(last=False)
    return made


def _drawn(run: Run, snapshot: Snapshot, options: ScoreOptions, progress: Progress | None) -> Subject:
    from gandash.features import extractors

    networks = run.networks(snapshot)
    against = reference_of(run.config, options.network, part_of(progress, 0.0, 0.5))
    dataset = run.config.part("dataset")
    begin = 0.0 if against.facts.get("shipped") else 0.5
    if progress:
        progress(begin, f"Drawing {options.count:,} samples")
    drawn = samples(networks, options.count, options.seed)
    images = reference.seen(drawn.images, dataset)
    reader = reference.reader_of(dataset)
    features, logits = extractors.look(options.network, images, reader, part_of(progress, begin, 0.9, "Samples"))
    return Subject(images, drawn.labels, dataset.class_names, reader, features, logits, options.network, against)


_held: OrderedDict[tuple, Subject] = OrderedDict()
_lock = threading.Lock()


def reference_of(config: RunConfig, network: str, progress: Progress | None = None) -> Reference:
    """What a run's samples are held against: the statistics that ship, else those of its data, computed once and kept on disk.

    Raises :class:`~gandash.datasets.DatasetUnavailable` where neither they nor the data are here, and ``ValueError``.
    """
    own = config.part("dataset")
    name = reference.shipped_name(own, network)
    if name:
        return reference.load(reference.FOLDER / f"{name}.safetensors")
    dataset, note = stand_in(config)
    path = _reference_path(dataset, network)
    if not path.exists():
        reference.save(reference.make(dataset, network, progress, note), path)
    return reference.load(path)


def reference_key(config: RunConfig, network: str) -> str:
    """Changes when :func:`reference_of` would give another one. Raises as it does."""
    own = config.part("dataset")
    name = reference.shipped_name(own, network)
    if name:
        return looking.digest(reference.FOLDER / f"{name}.safetensors")
    return _reference_path(stand_in(config)[0], network).stem


def _reference_path(dataset: Any, network: str) -> Path:
    from gandash.runs import root

    if len(dataset.shape) != 3:
        raise ValueError(f"{dataset.title} has no images to be looked at.")
    key = {
        "version": 2,
        "dataset": type(dataset).name,
        "options": dataset.options.model_dump(mode="json", exclude={"count"}),
        "files": repr(dataset.stamp()),
        "network": network,
        "weights": looking.identity(network),
    }
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]
    return root() / ".cache" / "references" / f"{digest}.safetensors"


def dimensions(network: str) -> int:
    """How many numbers a feature has."""
    return {EMBEDDED: 512, INCEPTION: 2048}[network]
