"""A run's samples through its training, in the maps of its real images: computed once, kept on disk, and moved in the browser.

The maps are laid out for the real images alone, and the samples of every snapshot are placed in them afterwards. So the real images stand
still, and what moves is the generator. Snapshots with weights give as many samples as were asked for, the fixed noise's first; the others
give those of their sample sheet, which are the fixed noise's. So the first 64 are the same latents everywhere.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gandash import runs
from gandash.analyses import Progress
from gandash.analyses._embeddings import Embedded, EmbeddingOptions, embed, part_of, together
from gandash.analyses._pictures import Pictures, fixed_samples, real_images, samples
from gandash.analyses.tsne import evolution, highest_perplexity
from gandash.embedding_sources import digest, judged
from gandash.embedding_thumbnails import Thumbnails, atlases, keep, keep_atlas, places
from gandash.features import resnet18
from gandash.plots.sheet import cells
from gandash.runs.files import write_bytes

VERSION = 1  # raise it when the same run and options give another result
MOST = 500  # samples of a snapshot: beyond it the clouds hide each other
NO_LABEL = 255
_FILE = "evolution.json"


@dataclass(frozen=True)
class Frame:
    """One snapshot: its samples are the points ``start`` to ``start + count`` after the real ones."""

    step: int
    label: str
    start: int
    count: int
    from_sheet: bool  # no weights were kept, so the sample sheet had to do
    score_scale: tuple[float, float]  # of this snapshot: the median, and how far from there nine in ten scores are
    thumbnails: Thumbnails


@dataclass(frozen=True)
class EmbeddingEvolution:
    """What the browser draws; the coordinates are in the file ``data``, which it fetches.

    ``places.<block>`` uint16 ``(R + M, 2)``, ``labels`` and ``predicted`` uint8 ``(R + M,)``, ``scores`` float32 ``(M,)`` and
    ``real_scores`` float32 ``(frames, R)``, NaN where D says nothing.
    """

    version: str
    data: str  # file name below atlases()
    blocks: tuple[str, ...]
    real: int  # images
    thumbnails: Thumbnails  # of the real images
    frames: tuple[Frame, ...]
    class_names: tuple[str, ...]
    score_title: str
    layout: str
    perplexity: float
    weights: str
    notes: tuple[str, ...]

    def csv(self) -> bytes:
        """A line a point: the real images, then every snapshot's samples, with their places in the maps (0 to 65535)."""
        from safetensors.numpy import load_file

        arrays = load_file(atlases() / self.data)
        found = np.concatenate([arrays[f"places.{block}"] for block in self.blocks], 1)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["kind", "step", "index", "class", "D(x)", *(f"{block}_{axis}" for block in self.blocks for axis in "xy")])
        rows = [("real", "", index, index) for index in range(self.real)]
        rows += [("generated", frame.step, index, self.real + frame.start + index) for frame in self.frames for index in range(frame.count)]
        for kind, step, index, point in rows:
            label = arrays["labels"][point]
            score = arrays["scores"][point - self.real] if kind == "generated" else np.nan
            name = "" if label == NO_LABEL or not self.class_names else self.class_names[label]
            writer.writerow([kind, step, index, name, "" if np.isnan(score) else f"{score:.6g}", *found[point]])
        return text.getvalue().encode()


def work_key(run: runs.Run, options: EmbeddingOptions) -> str:
    """The name under which this result is computed and kept."""
    return digest(_key(run, options))


def kept(run: runs.Run, options: EmbeddingOptions) -> EmbeddingEvolution | None:
    """The result, if it has been computed before for the snapshots that the run has now."""
    path = run.cached(_key(run, options)) / _FILE
    found = _read(path, path.stat().st_mtime_ns) if path.exists() else None
    return found if found and all((atlases() / name).exists() for name in _files(found)) else None


def compute(run: runs.Run, options: EmbeddingOptions, progress: Progress | None = None) -> EmbeddingEvolution:
    """The result, kept on disk. Raises ``ValueError`` for a toy, and what the data set and the feature network raise if not here."""
    told = part_of(progress, 0.0, 0.2)
    key, snapshots = _key(run, options), run.snapshots
    real = real_images(run.config, options.real_count, options.seed)
    frames, clouds, scores, judged_real = [], [], [], []
    title = ""
    for place, snapshot in enumerate(snapshots):
        if told:
            told(place / len(snapshots), f"Drawing the samples of {snapshot.label}")
        cloud = _samples(run, snapshot, options) if snapshot.has_weights else from_sheet(snapshot.sheet, real.images.shape[1:])
        verdicts = judged(run, snapshot, np.concatenate([real.images, cloud])) if snapshot.has_weights else None
        said = verdicts.scores if verdicts else np.full(len(real) + len(cloud), np.nan, np.float32)
        title = verdicts.title if verdicts else title
        scale = (verdicts.middle, verdicts.reach) if verdicts else (0.0, 1.0)
        frames.append(
            Frame(snapshot.step, snapshot.label, sum(map(len, clouds)), len(cloud), not snapshot.has_weights, scale, keep_atlas(cloud))
        )
        clouds.append(cloud)
        scores.append(said[len(real) :])
        judged_real.append(said[: len(real)])
    subjects = together(real, Pictures(np.concatenate(clouds)), reader=resnet18.reader_for(run.config.part("dataset")))
    embedded = embed(subjects, options.weights, part_of(progress, 0.2, 0.7))
    generated = subjects.is_generated
    blocks = embedded.blocks
    found = evolution(
        {block: values[~generated] for block, values in blocks.items()},
        {block: values[generated] for block, values in blocks.items()},
        options,
        part_of(progress, 0.7, 1.0),
    )
    made = EmbeddingEvolution(
        version="",
        data=keep(_tensors(found, embedded, np.concatenate(scores), np.stack(judged_real)), "safetensors"),
        blocks=tuple(found),
        real=len(real),
        thumbnails=keep_atlas(real.images),
        frames=tuple(frames),
        class_names=subjects.class_names,
        score_title=title,
        layout=options.layout,
        perplexity=min(options.perplexity, highest_perplexity(len(real))),
        weights=options.weights,
        notes=subjects.notes,
    )
    path = run.cache(key) / _FILE
    write_bytes(path, json.dumps(asdict(made)).encode())
    return _read(path, path.stat().st_mtime_ns)


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


def _tensors(found: dict[str, np.ndarray], embedded: Embedded, scores: np.ndarray, real_scores: np.ndarray) -> bytes:
    from safetensors.numpy import save

    labels = embedded.subjects.labels
    labels = np.full(len(embedded), -1) if labels is None else labels
    arrays = {f"places.{block}": places(points) for block, points in found.items()}
    arrays["labels"] = np.where((labels >= 0) & (labels < NO_LABEL), labels, NO_LABEL).astype(np.uint8)
    arrays["predicted"] = embedded.predicted.astype(np.uint8)
    arrays["scores"], arrays["real_scores"] = scores.astype(np.float32), real_scores.astype(np.float32)
    return save({name: np.ascontiguousarray(values) for name, values in arrays.items()})


@lru_cache(maxsize=8)
def _read(path: Path, stamp: int) -> EmbeddingEvolution:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    frames = tuple(Frame(**{**frame, "thumbnails": Thumbnails(**frame["thumbnails"])}) for frame in told["frames"])
    lists = {name: tuple(told[name]) for name in ("blocks", "class_names", "notes")}
    about = {"version": f"{path.parent.name}-{stamp}", "frames": frames, "thumbnails": Thumbnails(**told["thumbnails"])}
    return EmbeddingEvolution(**{**told, **lists, **about})


def _files(found: EmbeddingEvolution) -> list[str]:
    return [found.data, found.thumbnails.atlas, *(frame.thumbnails.atlas for frame in found.frames)]


def _key(run: runs.Run, options: EmbeddingOptions) -> dict[str, Any]:
    snapshots = [[snapshot.step, snapshot.has_weights] for snapshot in run.snapshots]
    return {
        "analysis": "embedding_evolution",
        "version": VERSION,
        "options": options.key(),
        "run": run.id,
        "created": run.created.isoformat(),  # the same name may be recorded again
        "snapshots": snapshots,
    }
