"""``python -m gandash evaluate``: scores, and what looks further, on the command line: as a table, as CSV or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gandash import analyses, further, runs, scores
from gandash.analyses import Analysis
from gandash.analyses._folders import PictureSet
from gandash.analyses._scores import ScoreOptions
from gandash.features import resnet18
from gandash.features.resnet18 import WeightsUnavailable


def run(
    run_id: str,
    wanted: str,
    step: int | None,
    every: bool,
    options: dict[str, Any],
    write: bool,
    table: str,
    further_options: dict[str, Any] | None = None,
) -> None:
    """Compute what is not known yet of a run, and print it. Ends with one sentence where something is not there or does not fit.

    ``wanted`` names scores, or analyses that look further; ``further_options`` are given to those of the latter that have such options.
    """
    others, names = further.names(scores.FAMILY), _names(wanted)
    found = runs.get(run_id)
    try:
        if set(names) <= set(others):
            given = {"seed": options["seed"], **(further_options or {})}
            _print_further(found, names, _snapshots(found, step, every), given, table, write)
            return
        if set(names) & set(others):
            raise ValueError(f"Scores are told in one table, and {', '.join(others)} are not: ask for either in a call of its own.")
        sources = [scores.OfRun(found, snapshot) for snapshot in _snapshots(found, step, every)]
        sheets = _sheets(sources, names, ScoreOptions.model_validate(options))
        if write:
            print(scores.ship(found, ScoreOptions.model_validate(options)), file=sys.stderr)
    except (ValueError, WeightsUnavailable) as error:
        sys.exit(str(error))
    _print(sheets if every else sheets[-1:], table, as_list=every)


def pictures(real: Path, generated: Path, classes: str, wanted: str, options: dict[str, Any], table: str) -> None:
    """:func:`run` for generated pictures in a folder or zip against real ones in another; ``classes`` names the data set they are of."""
    try:
        if classes and classes not in resnet18.HEADS:
            raise ValueError(f"The embedded classifier knows the classes of {', '.join(resnet18.HEADS)}, and not of {classes}.")
        source = scores.OfPictures(PictureSet.at(real.expanduser()), PictureSet.at(generated.expanduser()), classes)
        sheets = _sheets([source], _names(wanted), ScoreOptions.model_validate(options))
    except (ValueError, WeightsUnavailable) as error:
        sys.exit(str(error))
    _print(sheets, table, as_list=False)


def help_() -> None:
    """Print what can be asked for."""
    for name in [*scores.names(), *further.names(scores.FAMILY)]:
        print(f"{name:24} {analyses.parts[name].summary()}")


def _names(wanted: str) -> list[str]:
    return [name.strip() for name in wanted.split(",")]


def _print(sheets: list[scores.Sheet], table: str, as_list: bool) -> None:
    if table == "json":
        print(json.dumps(sheets if as_list else sheets[-1], indent=1, ensure_ascii=False))
    elif table == "csv":
        sys.stdout.write(scores.as_csv(sheets).decode())
    else:
        print("\n\n".join(as_text(sheet) for sheet in sheets))


def further_options(wanted: str) -> dict[str, None]:
    """The options that those of ``wanted`` have which look further, without values."""
    names = {name.strip() for name in wanted.split(",")}
    kinds = [analyses.parts[name] for name in further.names(scores.FAMILY) if name in names]
    return dict.fromkeys(field for kind in kinds for field in kind.Options.model_fields)


def _snapshots(found: runs.Run, step: int | None, every: bool) -> list[runs.Snapshot]:
    snapshots = scores.scored(found) if every else [snapshot] if (snapshot := found.snapshot(step)) else []
    if not snapshots:
        raise LookupError(f"{found.title} has no snapshot with weights yet.")
    return snapshots


def _sheets(sources: Sequence[scores.Source], names: list[str], options: ScoreOptions) -> list[scores.Sheet]:
    only = None if names == ["all"] else names
    if unknown := set(only or ()) - set(scores.names()):
        there = ", ".join([*scores.names(), *further.names(scores.FAMILY)])
        raise ValueError(f"There is no score named {', '.join(sorted(unknown))}. There are: {there}.")
    sheets = []
    for source in sources:
        sheets.append(scores.evaluate(source, options, only, _tell))
        print(f"\r{'':100}\r", end="", file=sys.stderr)
    return sheets


def _with(kind: type[Analysis], options: dict[str, Any]) -> Analysis:
    """An analysis with those of the options that it has."""
    return kind({field: value for field, value in options.items() if field in kind.Options.model_fields})


def _print_further(
    found: runs.Run, names: list[str], snapshots: list[runs.Snapshot], options: dict[str, Any], table: str, write: bool
) -> None:
    """What looks further, snapshot by snapshot; CSV and JSON without the figures."""
    for number, snapshot in enumerate(snapshots):
        chosen = {name: _with(analyses.parts[name], options) for name in names}
        told = {name: further.compute(found, snapshot, analysis, _tell) for name, analysis in chosen.items()}
        print(f"\r{'':100}\r", end="", file=sys.stderr)
        if write:
            print(further.ship(found, snapshot, list(chosen.values())), file=sys.stderr)
        if table == "csv":
            lines = further.as_csv(found, snapshot, told).decode().splitlines(keepends=True)
            sys.stdout.writelines(lines[number > 0 :])  # one head for all
        elif table == "json":
            said = {name: {key: value for key, value in each.items() if key != "figure"} for name, each in told.items()}
            print(json.dumps({"run": found.id, "step": snapshot.step, **said}, indent=1, ensure_ascii=False))
        else:
            print(f"{found.id}, {snapshot.label} (step {snapshot.step})\n")
            print("\n\n".join(further.as_text(name, each) for name, each in told.items()))


def _tell(done: float, what: str) -> None:
    print(f"\r{done:4.0%} {what:90.90}", end="", file=sys.stderr, flush=True)


def as_text(sheet: scores.Sheet) -> str:
    """A sheet as a table for a terminal."""
    made = f"{sheet['run']}, {sheet['label']} (step {sheet['step']})" if sheet["run"] else sheet["label"]
    drawn = f"{sheet['samples']:,} samples, seed {sheet['seed']}" if sheet["run"] else f"{sheet['samples']:,} pictures"
    lines = [
        f"{made}: {drawn}",
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
    reasons = [f"{analyses.parts[name].title}: {reason}" for name, reason in sheet["left_out"].items()]
    if "ceiling" in sheet:
        lines.append(f"\nreal: {sheet['ceiling']}")
    return "\n".join([*lines, *(f"\n! {warning}" for warning in warnings), *(f"\nLeft out: {reason}" for reason in reasons)])
