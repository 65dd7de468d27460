"""What the Embeddings page shows of a source: maps, errors and thumbnails, computed once and kept on disk.

A source is a run at a snapshot, or two folders of pictures. It says what its result depends on, where that is kept, and its pictures.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from gandash import runs
from gandash.analyses import Progress
from gandash.analyses._embeddings import EmbeddingOptions, Subjects, embed, part_of, subjects_of_run, together
from gandash.analyses._folders import PictureFolders
from gandash.analyses.separability import Separation, separability
from gandash.analyses.tsne import highest_perplexity, maps
from gandash.plots.atlas import atlas

VERSION = 1  # raise it when the same source and options give another result
_FILE = "embedding.safetensors"


class Source(Protocol):
    """Where real and generated pictures come from."""

    def key(self) -> dict[str, Any]:
        """All that the pictures depend on, as JSON values."""

    def folder(self, key: dict[str, Any]) -> Path:
        """Where the result of ``key`` is kept."""

    def subjects(self, options: EmbeddingOptions) -> Subjects:
        """The pictures. Raises ``ValueError`` or :class:`gandash.datasets.DatasetUnavailable`."""

    def scores(self, subjects: Subjects) -> tuple[str, np.ndarray | None]:
        """What D says of each picture ``(N,)`` and what that is called; None where there is no D."""


@dataclass(frozen=True)
class OfRun:
    """A run's samples at a snapshot, or the nearest one that has weights, against its data set."""

    run: runs.Run
    snapshot: runs.Snapshot

    def key(self) -> dict[str, Any]:
        return {"run": self.run.id, "weights": self.run.weights_step(self.snapshot.step)}

    def folder(self, key: dict[str, Any]) -> Path:
        return self.run.cache(key)

    def subjects(self, options: EmbeddingOptions) -> Subjects:
        return subjects_of_run(self.run, self.snapshot, options.count, options.seed)

    def scores(self, subjects: Subjects) -> tuple[str, np.ndarray | None]:
        networks = self.run.networks(self.snapshot)
        if networks.discriminator is None or networks.conditional or subjects.images.shape[1:] != tuple(networks.shape):
            return "", None  # a conditional D judges an image only together with a class
        return networks.objective.score_title, networks.scores(subjects.images)


@dataclass(frozen=True)
class OfFolders:
    """Two of the folders that lie in a folder or zip; no run is needed."""

    pictures: PictureFolders
    real: str
    generated: str

    def key(self) -> dict[str, Any]:
        return {"pictures": self.pictures.digest, "real": self.real, "generated": self.generated}

    def folder(self, key: dict[str, Any]) -> Path:
        folder = runs.root() / ".cache" / "folders" / _digest(key)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def subjects(self, options: EmbeddingOptions) -> Subjects:
        return together(
            self.pictures.read(self.real, options.count),
            self.pictures.read(self.generated, options.count),
            (self.real, self.generated),
        )

    def scores(self, subjects: Subjects) -> tuple[str, np.ndarray | None]:
        return "", None


@dataclass(frozen=True, eq=False)
class EmbeddingMaps:
    """Everything that is drawn and downloaded."""

    version: str  # of the content
    coordinates: dict[str, np.ndarray]  # block -> float32 (N, 2)
    is_generated: np.ndarray  # bool (N,)
    labels: np.ndarray | None  # int64 (N,), -1 where there is none
    predicted: np.ndarray  # bool (N,): the label is what the embedded network named
    scores: np.ndarray | None  # float32 (N,): D(x)
    errors: dict[str, Separation]
    kinds: tuple[str, str]
    class_names: tuple[str, ...]
    score_title: str
    perplexity: float
    weights: str
    notes: tuple[str, ...]
    atlas: str  # file name below atlases()
    tile: int
    columns: int

    def __len__(self) -> int:
        return len(self.is_generated)

    def csv(self, chosen: list[int] | None = None) -> bytes:
        """A line a picture: its place in the four maps, kind, class, D(x), and whether it is among ``chosen``."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        axes = [f"{block}_{axis}" for block in self.coordinates for axis in "xy"]
        writer.writerow(["index", "kind", "class", "class_from", "D(x)", "chosen", *axes])
        places = np.concatenate(list(self.coordinates.values()), 1)
        marked = set(chosen or ())
        for index in range(len(self)):
            label = -1 if self.labels is None else int(self.labels[index])
            named = "" if label < 0 else ("classifier" if self.predicted[index] else "label")
            score = "" if self.scores is None else f"{self.scores[index]:.6g}"
            kind, name = self.kinds[int(self.is_generated[index])], self.class_names[label] if label >= 0 else ""
            writer.writerow([index, kind, name, named, score, int(index in marked), *(f"{value:.6g}" for value in places[index])])
        return text.getvalue().encode()


def atlases() -> Path:
    """The folder of thumbnail atlases, named after their content."""
    return runs.root() / ".cache" / "atlases"


def work_key(source: Source, options: EmbeddingOptions) -> str:
    """The name under which this result is computed and kept."""
    return _digest(_key(source, options))


def kept(source: Source, options: EmbeddingOptions) -> EmbeddingMaps | None:
    """The result, if it has been computed before."""
    path = source.folder(_key(source, options)) / _FILE
    found = _read(path, path.stat().st_mtime_ns) if path.exists() else None
    return found if found and (atlases() / found.atlas).exists() else None


def compute(source: Source, options: EmbeddingOptions, progress: Progress | None = None) -> EmbeddingMaps:
    """The result, kept on disk. Raises what the source and the feature network raise where something is not there."""
    _tell(progress, 0.0, "Reading and drawing the pictures")
    subjects = source.subjects(options)
    embedded = embed(subjects, options.weights, part_of(progress, 0.05, 0.35))
    found = maps(embedded, options.perplexity, options.seed, part_of(progress, 0.35, 0.9))
    errors = {}
    for done, (block, values) in enumerate(embedded.blocks.items()):
        _tell(progress, 0.9 + 0.025 * done, f"{block}: separability")
        errors[block] = separability(values, embedded.is_generated, options.seed)
    score_title, scores = source.scores(subjects)
    pictures = atlas(subjects.images)
    name = f"{hashlib.sha256(pictures.content).hexdigest()[:32]}.{pictures.suffix}"
    _write(atlases() / name, pictures.content)
    arrays = {f"map.{block}": places for block, places in found.coordinates.items()}
    arrays |= {"is_generated": embedded.is_generated, "predicted": embedded.predicted}
    if embedded.subjects.labels is not None:
        arrays["labels"] = embedded.subjects.labels
    if scores is not None:
        arrays["scores"] = scores
    facts = {
        "blocks": list(found.coordinates),
        "errors": {block: asdict(error) for block, error in errors.items()},
        "kinds": subjects.kinds,
        "class_names": subjects.class_names,
        "score_title": score_title,
        "perplexity": found.perplexity,
        "weights": options.weights,
        "notes": (*subjects.notes, *_lowered(found.perplexity, options, len(subjects))),
        "atlas": name,
        "tile": pictures.tile,
        "columns": pictures.columns,
    }
    from safetensors.numpy import save

    path = source.folder(_key(source, options)) / _FILE
    _write(path, save({key: np.ascontiguousarray(value) for key, value in arrays.items()}, {"facts": json.dumps(facts)}))
    return _read(path, path.stat().st_mtime_ns)


def _lowered(used: float, options: EmbeddingOptions, count: int) -> tuple[str, ...]:
    if used >= options.perplexity:
        return ()
    return (f"Perplexity was lowered from {options.perplexity:g} to {highest_perplexity(count):.3g}: {count} pictures allow no more.",)


@lru_cache(maxsize=8)
def _read(path: Path, stamp: int) -> EmbeddingMaps:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        facts = json.loads(file.metadata()["facts"])
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a mapping
    return EmbeddingMaps(
        version=f"{path.parent.name}-{stamp}",
        coordinates={block: arrays[f"map.{block}"] for block in facts.pop("blocks")},
        is_generated=arrays["is_generated"],
        predicted=arrays["predicted"],
        labels=arrays.get("labels"),
        scores=arrays.get("scores"),
        errors={block: Separation(**error) for block, error in facts.pop("errors").items()},
        kinds=tuple(facts.pop("kinds")),
        class_names=tuple(facts.pop("class_names")),
        notes=tuple(facts.pop("notes")),
        **facts,
    )


def _key(source: Source, options: EmbeddingOptions) -> dict[str, Any]:
    return {"analysis": "embedding_maps", "version": VERSION, "options": options.model_dump(), **source.key()}


def _digest(key: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]


def _tell(progress: Progress | None, fraction: float, told: str) -> None:
    if progress:
        progress(fraction, told)


def _write(path: Path, content: bytes) -> None:
    """A file that appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
