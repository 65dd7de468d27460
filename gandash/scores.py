"""Scores as sheets of JSON: what was measured, of how many samples, beside what real images get, and how to make it again.

A sheet is of one source: a run at a snapshot, or pictures in a folder or zip, which have neither run nor step::

    {"run": "mnist-dcgan", "step": 18740, "epoch": 20.0, "label": "epoch 20",
     "samples": 5000, "seed": 0, "network": "embedded", "weights": "Embedded ResNet-18",
     "reference": "10,000 test images of MNIST", "ceiling": "as many training images in place of the samples ...",
     "recipe": "python -m gandash evaluate mnist-dcgan --step 18740 --count 5000 --seed 0",
     "scores": {"inception_score": {"title": "Inception score", "value": 9.6, "spread": 0.1, "how": "standard deviation over 10 splits",
                                    "real": 9.8, "samples": 5000, "better": "higher", "asks": "...", "warning": ""},
                "fid", "kid", "precision", "recall", "density", "coverage", "modes", "confident", "class_accuracy": likewise},
     "analyses": {"inception_score": {"key": ..., "result": ...}, ...},      what the figures are drawn from
     "left_out": {"asked_class": "Only a conditional run can be asked for a class."}}

``scores.json`` in a shipped run's directory is the sheet of its newest snapshot, and under ``snapshots`` those of all. Reading a sheet
needs no torch.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from gandash import analyses
from gandash.analyses._embeddings import part_of
from gandash.analyses._scores import Measured, Score, ScoreOptions
from gandash.datasets import DatasetUnavailable
from gandash.embedding_sources import digest
from gandash.features import looking
from gandash.features.resnet18 import WeightsUnavailable
from gandash.runs.files import read_json, write_bytes
from gandash.score_sources import SHEET, OfPictures, OfRun, Source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from gandash.analyses import Progress
    from gandash.runs import Run, Snapshot

__all__ = ["OfPictures", "OfRun", "Sheet", "Source"]  # what sources are there is part of what a caller needs

FAMILY = "scores"
_NEWEST = {"analysis": "scores", "what": "newest sheet"}
_LIBRARIES = ("torch", "torch-fidelity", "numpy")

EXPECTED = (ValueError, LookupError, WeightsUnavailable, DatasetUnavailable)  # with a sentence for people

Sheet = dict[str, Any]


def known_scores(run: Run) -> Sheet | None:
    """The run's newest sheet as far as it is known: what it was shipped with, else what was computed last here; None where neither is.

    Only reads: no torch, and nothing is computed or written. ``known["scores"].get("inception_score", {}).get("value")`` is a number;
    ``known["step"]`` says of which snapshot it is.
    """
    return read_json(run.path / SHEET) or read_json(run.cached(_NEWEST) / SHEET) or None


def names() -> list[str]:
    """The analyses that are scores, in the table's order; the others of the family have no number for it."""
    found = [name for name in analyses.of_family(FAMILY) if issubclass(analyses.parts[name], Score)]
    return sorted(found, key=lambda name: (analyses.parts[name].order, name))


def obstacle(source: Source, options: ScoreOptions) -> str:
    """Why nothing of a source can be scored with these options, as a sentence; empty where something can."""
    reasons = [source.reason(score) for _, score in _scores(options)]
    return (reasons[0] or "") if all(reasons) else source.obstacle(options.network)


def scored(run: Run) -> list[Snapshot]:
    """The snapshots that can be scored: those whose own weights are kept, oldest first."""
    return [snapshot for snapshot in run.snapshots if snapshot.has_weights]


def kept(source: Source, options: ScoreOptions) -> Sheet | None:
    """The sheet of a source, where every score that suits it has been computed with these options; else None.

    Raises :class:`~gandash.features.resnet18.WeightsUnavailable` and :class:`~gandash.datasets.DatasetUnavailable`.
    """
    keys, left_out = _keys(source, _scores(options), options.network)
    found = _looked_up(source, keys)
    whole = found and all(told["result"] for told in found.values())
    return _sheet(source, options, found, left_out) if whole else None


def evaluate(source: Source, options: ScoreOptions, only: list[str] | None = None, progress: Progress | None = None) -> Sheet:
    """Compute what is not kept yet of a source's scores (or of those named in ``only``), keep it, and give the sheet.

    Raises ``ValueError`` where nothing suits it, and what :meth:`Source.subject` raises.
    """
    chosen = {name: score for name, score in _scores(options) if only is None or name in only}
    keys, left_out = _keys(source, chosen.items(), options.network)
    if not keys:
        raise ValueError(" ".join(dict.fromkeys(left_out.values())))
    found = _looked_up(source, keys)
    missing = [name for name, told in found.items() if not told["result"]]
    for done, name in enumerate(missing):
        score, begin = chosen[name], 0.8 * (done > 0) + 0.2 * done / len(missing)  # nearly all the time goes into the first one's samples
        part = part_of(progress, begin, 0.8 + 0.2 * (done + 1) / len(missing))
        if part:
            part(0.0, score.title)
        found[name]["result"] = score.measure(source.subject(score.options, part)).as_json()
        _write(source.folder(keys[name]) / SHEET, found[name]["result"])
    sheet = _sheet(source, options, found, left_out)
    if only is None and isinstance(source, OfRun):
        _remember(source.run, sheet)
    return sheet


def evaluate_all(run: Run, options: ScoreOptions, progress: Progress | None = None) -> list[Sheet]:
    """The sheets of every snapshot that has weights, oldest first. What is cancelled keeps what it has."""
    snapshots = scored(run)
    sheets = []
    for done, snapshot in enumerate(snapshots):
        part = part_of(progress, done / len(snapshots), (done + 1) / len(snapshots), f"{done + 1} of {len(snapshots)}, {snapshot.label}")
        sheets.append(evaluate(OfRun(run, snapshot), options, progress=part))
    return sheets


def kept_all(run: Run, options: ScoreOptions) -> list[Sheet]:
    """The sheets of all snapshots that have one, oldest first."""
    return [sheet for snapshot in scored(run) if (sheet := kept(OfRun(run, snapshot), options))]


def ship(run: Run, options: ScoreOptions) -> Path:
    """Write what is kept of the run's scores into its directory, beside the weights that they are of. Raises ``LookupError``."""
    sheets = kept_all(run, options)
    if not sheets:
        raise LookupError(f"No scores of {run.title} have been computed with these options.")
    _write(run.path / SHEET, {**sheets[-1], "snapshots": sheets})
    return run.path / SHEET


def work_key(source: Source, options: ScoreOptions) -> str:
    """The name under which a source is scored in the background."""
    return digest({"scores": source.key(options.network), "options": options.model_dump()})


def work_key_all(run: Run, options: ScoreOptions) -> str:
    """The name under which every snapshot of a run is scored in the background."""
    return digest({"scores": str(run.path), "options": options.model_dump()})


def figure(name: str, sheet: Sheet) -> Any:
    """The plotly figure that a score draws of its result in a sheet."""
    return analyses.parts[name]().figure(Measured.from_json(sheet["analyses"][name]["result"]))


def as_csv(sheets: list[Sheet]) -> bytes:
    """A line a snapshot and score."""
    text = io.StringIO()
    fields = ("run", "step", "epoch", "score", "value", "spread", "real", "samples", "seed", "weights", "reference", "warning")
    writer = csv.DictWriter(text, fields, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for sheet in sheets:
        for name, number in sheet["scores"].items():
            writer.writerow({**sheet, **number, "samples": number["samples"], "score": name})
    return text.getvalue().encode()


def _scores(options: ScoreOptions) -> list[tuple[str, Score]]:
    return [(name, analyses.parts[name](options.model_dump())) for name in names()]


def _keys(source: Source, scores: Iterable[tuple[str, Score]], network: str) -> tuple[dict[str, Any], dict[str, str]]:
    """By the names of scores, all that each depends on, which is the same on every machine; and why others are left out.

    The source is asked once: it may have ten thousand files to look at.
    """
    reasons = [(name, score, source.reason(score)) for name, score in scores]
    left_out = {name: reason for name, _, reason in reasons if reason}
    if len(left_out) == len(reasons):
        return {}, left_out
    shared = {"network": looking.identity(network), "classifier": looking.identity(looking.EMBEDDED), **source.key(network)}
    suited = [(name, score) for name, score, reason in reasons if not reason]
    return {
        name: {"analysis": name, "version": score.version, "options": score.options.model_dump(), **shared} for name, score in suited
    }, left_out


def _looked_up(source: Source, keys: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a source's scores, ``{name: {"key", "result"}}``, a result empty where it is not."""
    shipped = source.shipped()
    return {
        name: {"key": digest(key), "result": shipped.get(digest(key)) or read_json(source.folder(key) / SHEET)}
        for name, key in keys.items()
    }


def _sheet(source: Source, options: ScoreOptions, found: dict[str, Any], left_out: dict[str, str]) -> Sheet:
    numbers = [number for each in found.values() for number in Measured.from_json(each["result"]).numbers]
    reference = source.reference(options.network)
    samples = max((number.samples for number in numbers), default=0)  # fewer than were asked for, where there are not so many
    return {
        **source.facts(options),
        "samples": samples,
        "seed": options.seed,
        "network": options.network,
        "weights": looking.choices()[options.network].title,
        "reference": reference.title,
        "note": f"{reference.facts['note']} {source.note(options, samples)}".strip(),
        "versions": {name: version(name) for name in _LIBRARIES},
        "scores": {number.name: {key: value for key, value in asdict(number).items() if key != "name"} for number in numbers},
        "analyses": found,
        "left_out": left_out,
    }


def _remember(run: Run, sheet: Sheet) -> None:
    """Let :func:`known_scores` find a sheet, unless it knows one of a later snapshot."""
    before = read_json(run.cached(_NEWEST) / SHEET)
    newer = before and before["step"] > sheet["step"] and before["step"] in run.steps_of("weights")
    if not newer and sheet["network"] == looking.EMBEDDED:
        _write(run.cached(_NEWEST) / SHEET, sheet)


def _write(path: Path, told: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, json.dumps(told, ensure_ascii=False, allow_nan=False).encode())
