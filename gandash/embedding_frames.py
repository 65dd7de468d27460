"""The pieces of :mod:`gandash.embedding_evolution`, each kept in a file of its own, so that what is known is never computed again.

The ground is the maps of the real images: it depends on the data, the options and the feature weights. A frame is one snapshot's samples
in them: it depends on the ground and on that snapshot, and on no other frame.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gandash import runs
from gandash.analyses import Progress
from gandash.analyses._embeddings import Embedded, EmbeddingOptions, Subjects, embed, part_of
from gandash.analyses._pictures import Pictures, fixed_samples, real_images, samples
from gandash.analyses._placement import Ground, grounds, placed
from gandash.embedding_sources import judged
from gandash.embedding_thumbnails import Thumbnails, atlases, keep_atlas
from gandash.features import resnet18
from gandash.plots.sheet import cells
from gandash.runs.files import write_bytes

MOST = 500  # samples of a snapshot: beyond it the clouds hide each other
NO_LABEL = 255


@dataclass(frozen=True, eq=False)
class RealMaps:
    """The ground: real images, and their maps of all blocks."""

    real: Pictures
    maps: dict[str, Ground]
    labels: np.ndarray  # uint8 (R,), NO_LABEL where there is none
    predicted: np.ndarray  # uint8 (R,): the label is what the embedded network named
    thumbnails: Thumbnails


@dataclass(frozen=True, eq=False)
class PlacedSamples:
    """A frame: one snapshot's M samples."""

    places: dict[str, np.ndarray]  # block -> float32 (R + M, 2), real images first
    labels: np.ndarray  # uint8 (M,)
    predicted: np.ndarray  # uint8 (M,)
    scores: np.ndarray  # float32 (M,): D(x), NaN where D says nothing
    real_scores: np.ndarray  # float32 (R,)
    score_title: str
    score_scale: tuple[float, float]  # the median, and how far from there nine in ten scores are
    from_sheet: bool  # no weights were kept, so the sample sheet had to do
    thumbnails: Thumbnails


def real_maps(folder: Path, run: runs.Run, options: EmbeddingOptions, progress: Progress | None = None) -> tuple[RealMaps, Path]:
    """The ground, read from a folder in ``folder`` or computed and written there; and that folder, where its frames belong.

    It is named after the real images: where other data has come to stand for them, another ground is made.
    """
    real = real_images(run.config, options.real_count, options.seed)
    if real.images.ndim != 4:
        raise ValueError("This run draws points in a plane, not images: there is nothing to look through a ResNet at.")
    within = folder / hashlib.sha256(np.ascontiguousarray(real.images)).hexdigest()[:16]
    path = within / "real.safetensors"
    if not path.exists():
        labels = None if real.labels is None or not real.class_names else real.labels
        found = embed(_subjects(run, real, real.images, labels), options.weights, part_of(progress, 0.0, 0.3))
        maps = grounds(found.blocks, options, part_of(progress, 0.3, 1.0))
        arrays = {f"embeddings.{block}": ground.embeddings for block, ground in maps.items()}
        arrays |= {f"places.{block}": ground.places for block, ground in maps.items()}
        within.mkdir(parents=True, exist_ok=True)
        _write(path, {**arrays, **_named(found)}, {"blocks": list(maps)})
    arrays, facts = _read(path)
    maps = {
        block: Ground(arrays[f"embeddings.{block}"], arrays[f"places.{block}"], options.layout, options.metric) for block in facts["blocks"]
    }
    return RealMaps(real, maps, arrays["labels"], arrays["predicted"], keep_atlas(real.images)), within


def is_placed(snapshot: runs.Snapshot, from_sheet: bool) -> bool:
    """Whether a frame of a snapshot will do: of one whose weights are here now, a sample sheet will not."""
    return not (from_sheet and snapshot.has_weights)


def frame(
    within: Path, ground: RealMaps, run: runs.Run, snapshot: runs.Snapshot, options: EmbeddingOptions, progress: Progress | None = None
) -> PlacedSamples:
    """A snapshot's samples in the maps of ``ground``: read from the folder of the ground, or computed and written there."""
    path = within / f"{snapshot.step}.safetensors"
    kept = _frame(path) if path.exists() else None
    if kept and is_placed(snapshot, kept.from_sheet) and (atlases() / kept.thumbnails.atlas).exists():
        return kept
    if progress:
        progress(0.0, "drawing samples")
    real = ground.real
    cloud = _samples(run, snapshot, options) if snapshot.has_weights else from_sheet(snapshot.sheet, real.images.shape[1:])
    verdicts = judged(run, snapshot, np.concatenate([real.images, cloud])) if snapshot.has_weights else None
    said = verdicts.scores.astype(np.float32) if verdicts else np.full(len(real) + len(cloud), np.nan, np.float32)
    unknown = np.full(len(cloud), -1) if real.class_names else None
    found = embed(_subjects(run, real, cloud, unknown), options.weights, part_of(progress, 0.2, 0.6))
    places = placed(ground.maps, found.blocks, part_of(progress, 0.6, 1.0, "placing"))
    arrays = {f"places.{block}": points for block, points in places.items()}
    arrays |= {**_named(found), "scores": said[len(real) :], "real_scores": said[: len(real)]}
    facts = {
        "blocks": list(places),
        "score_title": verdicts.title if verdicts else "",
        "score_scale": (verdicts.middle, verdicts.reach) if verdicts else (0.0, 1.0),
        "from_sheet": not snapshot.has_weights,
        "thumbnails": asdict(keep_atlas(cloud)),
    }
    _write(path, arrays, facts)
    return _frame(path)


def from_sheet(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The samples of a sheet, ``uint8 (64, C, H, W)``, as they were drawn: sheets are lossless."""
    from PIL import Image

    channels, height, width = shape
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert("L" if channels == 1 else "RGB")).reshape(picture.height, picture.width, channels)
    count = (pixels.shape[0] + 1) // (height + 1) * ((pixels.shape[1] + 1) // (width + 1))
    geometry = cells(np.empty((count, channels, height, width), np.uint8))
    boxes = [geometry.box(index) for index in range(count)]
    return np.stack([pixels[top:bottom, left:right].transpose(2, 0, 1) for left, top, right, bottom in boxes])


def _samples(run: runs.Run, snapshot: runs.Snapshot, options: EmbeddingOptions) -> np.ndarray:
    networks, count = run.networks(snapshot), min(options.generated_count, MOST)
    fixed = fixed_samples(networks, count).images
    more = count - len(fixed)
    return np.concatenate([fixed, samples(networks, more, options.seed).images]) if more > 0 else fixed


def _subjects(run: runs.Run, real: Pictures, images: np.ndarray, labels: np.ndarray | None) -> Subjects:
    """Images alone, to be embedded, and named as the classes of the real ones are."""
    reader = resnet18.reader_for(run.config.part("dataset"))
    head, columns = (reader.head, reader.columns) if reader else (None, None)
    return Subjects(images, np.zeros(len(images), bool), labels, real.class_names, head if real.class_names else None, columns=columns)


def _named(found: Embedded) -> dict[str, np.ndarray]:
    labels = np.full(len(found), -1) if found.subjects.labels is None else found.subjects.labels
    named = np.where((labels >= 0) & (labels < NO_LABEL), labels, NO_LABEL).astype(np.uint8)
    return {"labels": named, "predicted": found.predicted.astype(np.uint8)}


def _frame(path: Path) -> PlacedSamples:
    arrays, facts = _read(path)
    return PlacedSamples(
        places={block: arrays[f"places.{block}"] for block in facts["blocks"]},
        **{name: arrays[name] for name in ("labels", "predicted", "scores", "real_scores")},
        **{name: facts[name] for name in ("score_title", "from_sheet")},
        score_scale=tuple(facts["score_scale"]),
        thumbnails=Thumbnails(**facts["thumbnails"]),
    )


def _write(path: Path, arrays: dict[str, np.ndarray], facts: dict[str, Any]) -> None:
    from safetensors.numpy import save

    whole = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    write_bytes(path, save(whole, {"facts": json.dumps(facts)}))


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        facts = json.loads(file.metadata()["facts"])
        return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118  not a mapping
