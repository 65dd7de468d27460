"""A run's samples through its training, in the maps of its real images: kept on disk, added to as the run grows, moved in the browser.

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
from gandash.analyses._embeddings import EmbeddingOptions, part_of
from gandash.analyses.tsne import highest_perplexity
from gandash.embedding_frames import NO_LABEL, PlacedSamples, RealMaps, frame, is_placed, real_maps
from gandash.embedding_sources import digest
from gandash.embedding_thumbnails import Thumbnails, atlases, keep, places
from gandash.runs.files import write_bytes

VERSION = 2  # raise it when the same run and options give another result
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
    """The name under which this result is computed and kept, however many snapshots the run has."""
    return digest(_key(run, options))


def kept(run: runs.Run, options: EmbeddingOptions) -> EmbeddingEvolution | None:
    """The result as it was last computed, perhaps for fewer snapshots than the run has now: :func:`missing` tells which."""
    path = run.cached(_key(run, options)) / _FILE
    found = _read(path, path.stat().st_mtime_ns) if path.exists() else None
    if found is None or not {frame.step for frame in found.frames} <= {snapshot.step for snapshot in run.snapshots}:
        return None  # a run that was taken up again at an earlier step has lost what came after it
    return found if all((atlases() / name).exists() for name in _files(found)) else None


def missing(run: runs.Run, found: EmbeddingEvolution) -> list[runs.Snapshot]:
    """The run's snapshots that :func:`compute` would add to a result, or place anew, because their weights are here now."""
    sheets = {frame.step: frame.from_sheet for frame in found.frames}
    return [snapshot for snapshot in run.snapshots if snapshot.step not in sheets or not is_placed(snapshot, sheets[snapshot.step])]


def compute(run: runs.Run, options: EmbeddingOptions, progress: Progress | None = None) -> EmbeddingEvolution:
    """The result for all snapshots there are now, kept on disk; of what was computed before, nothing is computed again.

    Raises ``ValueError`` for a toy, and what the data set and the feature network raise if not here.
    """
    folder, snapshots = run.cache(_key(run, options)), run.snapshots
    ground, within = real_maps(folder, run, options, part_of(progress, 0.0, 0.3))
    placed: list[PlacedSamples] = []
    for done, snapshot in enumerate(snapshots):
        told = part_of(progress, 0.3 + 0.7 * done / len(snapshots), 0.3 + 0.7 * (done + 1) / len(snapshots), snapshot.label)
        placed.append(frame(within, ground, run, snapshot, options, told))
    starts = np.cumsum([0, *(len(each.labels) for each in placed)])
    made = EmbeddingEvolution(
        version="",
        data=keep(_tensors(ground, placed), "safetensors"),
        blocks=tuple(ground.maps),
        real=len(ground.real),
        thumbnails=ground.thumbnails,
        frames=tuple(
            Frame(snapshot.step, snapshot.label, int(start), len(each.labels), each.from_sheet, each.score_scale, each.thumbnails)
            for snapshot, start, each in zip(snapshots, starts[:-1], placed, strict=True)
        ),
        class_names=ground.real.class_names,
        score_title=next((each.score_title for each in reversed(placed) if each.score_title), ""),
        layout=options.layout,
        perplexity=min(options.perplexity, highest_perplexity(len(ground.real))),
        weights=options.weights,
        notes=(ground.real.note,) if ground.real.note else (),
    )
    path = folder / _FILE
    write_bytes(path, json.dumps(asdict(made)).encode())
    return _read(path, path.stat().st_mtime_ns)


def _tensors(ground: RealMaps, placed: list[PlacedSamples]) -> bytes:
    from safetensors.numpy import save

    real = len(ground.real)
    arrays = {
        f"places.{block}": places(np.concatenate([placed[0].places[block][:real], *(each.places[block][real:] for each in placed)]))
        for block in ground.maps
    }
    for name in ("labels", "predicted"):
        arrays[name] = np.concatenate([getattr(part, name) for part in (ground, *placed)])
    arrays["scores"] = np.concatenate([each.scores for each in placed])
    arrays["real_scores"] = np.stack([each.real_scores for each in placed])
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
    return {
        "analysis": "embedding_evolution",
        "version": VERSION,
        "options": options.model_dump(),
        "run": run.id,
        "created": run.created.isoformat(),  # the same name may be recorded again
    }
