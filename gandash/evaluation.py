"""``python -m gandash evaluate``: scores on the command line, as a table, as CSV or as JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from gandash import analyses, runs, scores
from gandash.analyses._scores import ScoreOptions
from gandash.features.resnet18 import WeightsUnavailable


def run(run_id: str, wanted: str, step: int | None, every: bool, options: dict[str, Any], write: bool, table: str) -> None:
    """Compute what is not known yet, and print it. Ends with one sentence where something is not there or does not fit."""
    if wanted == "help":
        for name in scores.names():
            print(f"{name:24} {analyses.parts[name].summary()}")
        return
    try:
        sheets = _sheets(runs.get(run_id), wanted, step, every, ScoreOptions.model_validate(options))
        if write:
            print(scores.ship(runs.get(run_id), ScoreOptions.model_validate(options)), file=sys.stderr)
    except (ValueError, WeightsUnavailable) as error:
        sys.exit(str(error))
    if table == "json":
        print(json.dumps(sheets if every else sheets[-1], indent=1, ensure_ascii=False))
    elif table == "csv":
        sys.stdout.write(scores.as_csv(sheets).decode())
    else:
        print("\n\n".join(as_text(sheet) for sheet in sheets))


def _sheets(found: runs.Run, wanted: str, step: int | None, every: bool, options: ScoreOptions) -> list[scores.Sheet]:
    only = None if wanted == "all" else [name.strip() for name in wanted.split(",")]
    if unknown := set(only or ()) - set(scores.names()):
        raise ValueError(f"There is no score named {', '.join(sorted(unknown))}. There are: {', '.join(scores.names())}.")
    if every:
        snapshots = scores.scored(found)
    else:
        snapshots = [snapshot] if (snapshot := found.snapshot(step)) else []
    if not snapshots:
        raise LookupError(f"{found.title} has no snapshot with weights yet.")
    sheets = []
    for snapshot in snapshots:
        sheets.append(scores.evaluate(found, snapshot, options, only, _tell))
        print(f"\r{'':100}\r", end="", file=sys.stderr)
    return sheets


def _tell(done: float, what: str) -> None:
    print(f"\r{done:4.0%} {what:90.90}", end="", file=sys.stderr, flush=True)


def as_text(sheet: scores.Sheet) -> str:
    """A sheet as a table for a terminal."""
    lines = [
        f"{sheet['run']}, {sheet['label']} (step {sheet['step']}): {sheet['samples']:,} samples, seed {sheet['seed']}",
        f"seen through {sheet['weights']}, against {sheet['reference']}",
        "",
        f"{'':20} {'generated':>10} {'±':>8} {'real':>10} {'samples':>8}",
    ]
    for number in sheet["scores"].values():
        spread = "" if number["spread"] is None else f"{number['spread']:.2g}"
        real = "" if number["real"] is None else f"{number['real']:.4g}"
        better = {"higher": "↑", "lower": "↓"}[number["better"]]
        lines.append(f"{number['title']:18} {better} {number['value']:>10.4g} {spread:>8} {real:>10} {number['samples']:>8,}")
    warnings = dict.fromkeys(f"{number['title']}: {number['warning']}" for number in sheet["scores"].values() if number["warning"])
    reasons = dict.fromkeys(sheet["left_out"].values())
    return "\n".join([*lines, *(f"\n! {warning}" for warning in warnings), *(f"\nLeft out: {reason}" for reason in reasons)])
