"""What the Embeddings page shows of a source of pictures: maps, errors and thumbnails, computed once and kept on disk."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gandash import embedding_drafts
from gandash.analyses import Progress
from gandash.analyses._embeddings import Embedded, EmbeddingOptions, embed, embed_images, part_of
from gandash.analyses._two_sample_test import MOST, TwoSampleTest, two_sample_test
from gandash.analyses.separability import Separation, separability
from gandash.analyses.tsne import highest_perplexity, maps
from gandash.embedding_sources import Source, digest
from gandash.embedding_thumbnails import atlases, keep_atlas
from gandash.runs.files import write_bytes

VERSION = 5  # raise it when the same source and options give another result
_FILE = "embedding.safetensors"


@dataclass(frozen=True, eq=False)
class EmbeddingMaps:
    """Everything that is drawn and downloaded."""

    version: str  # of the content
    coordinates: dict[str, np.ndarray]  # block -> float32 (N, 2)
    is_generated: np.ndarray  # bool (N,)
    labels: np.ndarray | None  # int64 (N,), -1 where there is none
    predicted: np.ndarray  # bool (N,): the label is what the embedded network named
    scores: np.ndarray | None  # float32 (N,): D(x)
    errors: dict[str, Separation]  # as the study measured them
    tests: dict[str, TwoSampleTest]  # empty where there are too few pictures
    kinds: tuple[str, str]
    colours: tuple[str, str]
    shapes: tuple[str, str]
    class_names: tuple[str, ...]
    score_title: str
    score_scale: tuple[float, float]  # the median, and how far from there nine in ten scores are
    layout: str
    metric: str
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


def work_key(source: Source, options: EmbeddingOptions) -> str:
    """The name under which this result is computed and kept."""
    return digest(_key(source, options))


def kept(source: Source, options: EmbeddingOptions) -> EmbeddingMaps | None:
    """The result, if it has been computed before."""
    path = source.folder(_key(source, options)) / _FILE
    found = _read(path, path.stat().st_mtime_ns) if path.exists() else None
    return found if found and (atlases() / found.atlas).exists() else None


def compute(source: Source, options: EmbeddingOptions, progress: Progress | None = None) -> EmbeddingMaps:
    """The result, kept on disk. Raises what the source and the feature network raise where something is not there.

    While the maps settle, :mod:`gandash.embedding_drafts` shows them.
    """
    _tell(progress, 0.0, "Reading and drawing the pictures")
    subjects = source.subjects(options)
    thumbnails = keep_atlas(subjects.images)
    embedded = embed(subjects, options.weights, part_of(progress, 0.05, 0.3))
    further = source.further(options, min(MOST, int(subjects.is_generated.sum())))  # as many as they stand in for
    further = {} if further is None else embed_images(further, options.weights, part_of(progress, 0.3, 0.35))
    with embedding_drafts.draft(work_key(source, options), subjects, thumbnails) as look:
        chosen = (options.perplexity, options.seed, part_of(progress, 0.35, 0.7), options.layout, options.metric)
        found = maps(embedded, *chosen, look)
        errors, tests = _separability(embedded, further, options.seed, part_of(progress, 0.7, 1.0))
    verdicts = source.verdicts(subjects)
    arrays = {f"map.{block}": places for block, places in found.coordinates.items()}
    arrays |= {"is_generated": embedded.is_generated, "predicted": embedded.predicted}
    if embedded.subjects.labels is not None:
        arrays["labels"] = embedded.subjects.labels
    if verdicts is not None:
        arrays["scores"] = verdicts.scores
    facts = {
        "blocks": list(found.coordinates),
        "errors": {block: asdict(error) for block, error in errors.items()},
        "tests": {block: asdict(test) for block, test in tests.items() if test},
        "kinds": subjects.kinds,
        "colours": subjects.colours,
        "shapes": subjects.shapes,
        "class_names": subjects.class_names,
        "score_title": verdicts.title if verdicts else "",
        "score_scale": (verdicts.middle, verdicts.reach) if verdicts else (0.0, 1.0),
        "layout": options.layout,
        "metric": options.metric,
        "perplexity": found.perplexity,
        "weights": options.weights,
        "notes": (*subjects.notes, *_lowered(found.perplexity, options, len(subjects))),
        **asdict(thumbnails),
    }
    return keep(source, options, arrays, facts)


def keep(source: Source, options: EmbeddingOptions, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> EmbeddingMaps:
    """Write a result as :func:`kept` reads it: ``arrays`` are its arrays, the coordinates as ``map.<block>``, and ``facts`` all else."""
    from safetensors.numpy import save

    path = source.folder(_key(source, options)) / _FILE
    write_bytes(path, save({key: np.ascontiguousarray(value) for key, value in arrays.items()}, {"facts": json.dumps(facts)}))
    return _read(path, path.stat().st_mtime_ns)


def _separability(
    embedded: Embedded, further: dict[str, np.ndarray], seed: int, progress: Progress | None
) -> tuple[dict[str, Separation], dict[str, TwoSampleTest | None]]:
    generated, errors, tests = embedded.is_generated, {}, {}
    for place, (block, values) in enumerate(embedded.blocks.items()):
        share = len(embedded.blocks)
        told = part_of(progress, place / share, (place + 1) / share, f"{block}: separability")
        _tell(told, 0.0, "the study's")
        errors[block] = separability(values, generated, seed)
        tests[block] = two_sample_test(values[~generated], values[generated], further.get(block), seed, told)
    return errors, tests


def _lowered(used: float, options: EmbeddingOptions, count: int) -> tuple[str, ...]:
    if used >= options.perplexity or options.layout == "pca":
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
        tests={block: TwoSampleTest.from_json(test) for block, test in facts.pop("tests").items()},
        **{name: tuple(facts.pop(name)) for name in ("kinds", "colours", "shapes", "score_scale")},
        class_names=tuple(facts.pop("class_names")),
        notes=tuple(facts.pop("notes")),
        **facts,
    )


def _key(source: Source, options: EmbeddingOptions) -> dict[str, Any]:
    return {"analysis": "embedding_maps", "version": VERSION, "options": options.model_dump(), **source.key()}


def _tell(progress: Progress | None, fraction: float, told: str) -> None:
    if progress:
        progress(fraction, told)
