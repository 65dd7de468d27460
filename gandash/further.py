"""Analyses that have no view of their own, computed once and kept on disk: the figure, and numbers and a sentence where there are any.

What is kept is one JSON file::

    {"figure": {...},                                   as plotly writes it
     "numbers": [{"name": ..., "title": ..., "value": ..., "spread": ..., "real": ...}, ...],
     "detail": {"heads": {...}, "notes": [...]}, "reading": "One sentence."}

Reading it needs no torch. ``further.json`` in a shipped run's directory holds those that the run came with, by the digest of what they
depend on; images of its data set are in none of them.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gandash import analyses, scores
from gandash.analyses._scores import Measured, Score
from gandash.embedding_sources import digest
from gandash.runs.files import read_json, write_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import plotly.graph_objects as go

    from gandash.analyses import Analysis, Progress
    from gandash.runs import Run, Snapshot

EXPECTED = scores.EXPECTED  # exceptions that carry a sentence for people
_FILE = "further.json"
_SAID = ("heads", "notes")  # of a result's detail: what a page writes beside the figure

Told = dict[str, Any]


def names(family: str) -> list[str]:
    """The analyses of a family that are no scores, in their order."""
    found = [name for name in analyses.of_family(family) if not issubclass(analyses.parts[name], Score)]
    return sorted(found, key=lambda name: (analyses.parts[name].order, name))


def kept(run: Run, snapshot: Snapshot, analysis: Analysis) -> Told | None:
    """What was found, if the run came with it or it has been computed before."""
    key = _key(run, snapshot, analysis)
    return read_json(run.path / _FILE).get(digest(key)) or read_json(run.cached(key) / _FILE) or None


def compute(run: Run, snapshot: Snapshot, analysis: Analysis, progress: Progress | None = None) -> Told:
    """What is found, kept on disk. Raises ``ValueError`` where the analysis does not suit the run, and what its ``run`` raises."""
    if known := kept(run, snapshot, analysis):
        return known
    if reason := analysis.suits(run.config):
        raise ValueError(reason)
    result = analysis.run(run, snapshot, progress)
    drawn = json.loads(analysis.figure(result).to_json())
    drawn["layout"].pop("template", None)  # the page's own
    told: Told = {"figure": drawn, "numbers": [], "detail": {}, "reading": ""}
    if isinstance(result, Measured):
        said = {name: result.detail[name] for name in _SAID if name in result.detail}
        told |= {"numbers": [asdict(number) for number in result.numbers], "detail": said, "reading": result.reading}
    write_bytes(run.cache(_key(run, snapshot, analysis)) / _FILE, json.dumps(told, ensure_ascii=False).encode())
    return told


def ship(run: Run, snapshot: Snapshot, found: Sequence[Analysis]) -> Path:
    """Write what is kept of these analyses into the run's directory, beside what it came with before.

    Raises ``ValueError`` for one that shows real images, and ``LookupError`` for one that was not computed.
    """
    told = read_json(run.path / _FILE)
    for analysis in found:
        if analysis.shows_real_images:
            raise ValueError(f"{analysis.title} shows images of the data set, and no run ships with any.")
        if (known := kept(run, snapshot, analysis)) is None:
            raise LookupError(f"{analysis.title} has not been computed with these options.")
        told[digest(_key(run, snapshot, analysis))] = known
    write_bytes(run.path / _FILE, json.dumps(told, ensure_ascii=False).encode())
    return run.path / _FILE


def work_key(run: Run, snapshot: Snapshot, analysis: Analysis) -> str:
    """The name under which it is computed in the background."""
    return digest({"run": str(run.path), **_key(run, snapshot, analysis)})


def figure(told: Told) -> go.Figure:
    """The figure as it was drawn."""
    import plotly.graph_objects as go

    return go.Figure(told["figure"])


def as_text(name: str, told: Told) -> str:
    """For a terminal: the numbers, and the sentence that reads them."""
    heads = told["detail"].get("heads", {})
    shown = [heads.get("value", "generated"), heads.get("beside", ""), heads.get("real", "real")]
    lines = [analyses.parts[name].title, f"{'':36} {shown[0]:>12} {'±':>8} {shown[1]:>12} {shown[2]:>12} {'samples':>8}"]
    for number in told["numbers"]:
        value, spread, beside, real = (_written(number.get(field)) for field in ("value", "spread", "beside", "real"))
        lines.append(f"{number['title']:36} {value:>12} {spread:>8} {beside:>12} {real:>12} {number['samples']:>8,}")
    return "\n".join([*lines, *filter(None, [told["reading"], *told["detail"].get("notes", ())])])


def as_csv(run: Run, snapshot: Snapshot, found: dict[str, Told]) -> bytes:
    """A line a number of each analysis."""
    fields = ("run", "step", "analysis", "name", "title", "value", "spread", "beside", "real", "samples", "warning")
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for name, told in found.items():
        for number in told["numbers"]:
            writer.writerow({"run": run.id, "step": snapshot.step, "analysis": name, **number})
    return text.getvalue().encode()


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _key(run: Run, snapshot: Snapshot, analysis: Analysis) -> dict[str, Any]:
    about = {"further": analysis.name, "version": analysis.version, "options": analysis.options.model_dump(mode="json")}
    return about | analysis.depends(run, snapshot)
