"""Retraining experiments of a run: begun, trained, kept on disk and found again.

An experiment is a folder under what it depends on: ``experiment.json`` says what was asked, ``rows.jsonl`` gets a line as soon as a
classifier is trained (so that nothing is lost by a cancel or a crash), ``study.json`` and ``study.csv`` appear when all are. Those that a
run came with lie in ``retraining/`` in its directory.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import shutil
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gandash import runs
from gandash.analyses import Progress
from gandash.analyses._exchange_rate import CONFIDENCE, PER, ExchangeRate
from gandash.analyses._pictures import stand_in
from gandash.analyses._retraining_plan import STRATEGIES, Amounts, RetrainingOptions, Trained, plan
from gandash.analyses.retraining import Retraining, Study, grid, lines
from gandash.runs.files import append_line, json_lines, read_json, write_bytes, write_json

VERSION = 2  # raise it when the same run and options give another result
HEADLINE = ("mixed", "pretrained")  # what the exchange rate is told of, in this order

_COLUMNS = ("strategy", "real", "generated", "used", "seed", "accuracy_real", "accuracy_generated", "seconds")
_TITLES = ("strategy", "real images", "generated images", "generated images used", "seed", "accuracy on real test images")
_TITLES = (*_TITLES, "accuracy on generated test images", "seconds")


@dataclass(frozen=True)
class Experiment:
    """What is asked of a run at a snapshot, or the nearest one that has weights."""

    run: runs.Run
    snapshot: runs.Snapshot
    options: RetrainingOptions

    def __post_init__(self) -> None:
        if reason := unsuited(self.run):
            raise ValueError(reason)

    @property
    def key(self) -> dict[str, Any]:
        """All that the result depends on. Raises :class:`gandash.datasets.DatasetUnavailable`."""
        return {
            "analysis": Retraining.__name__,
            "version": VERSION,
            "options": self.options.model_dump(mode="json"),
            "weights": self.run.weights_step(self.snapshot.step),
            "dataset": stand_in(self.run.config)[0].name,
        }

    @property
    def folder(self) -> Path:
        """Where it is, or will be, kept."""
        shipped = _shipped(self.run) / self.run.cached(self.key).name
        return shipped if shipped.exists() else self.run.cache(self.key)

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def trials(self) -> int:
        """How many classifiers will be trained, at most."""
        dataset = self.run.config.part("dataset")
        wanted = self.options.real_per_class * dataset.num_classes + self.options.generated
        return len(plan(self.options, Amounts.of(self.options, dataset.num_classes, wanted)))

    def begin(self) -> None:
        """Write down what is asked, so that the experiment is found by its id from now on."""
        write_json(self.folder / "experiment.json", self.key)

    def rows(self) -> list[Trained]:
        """The classifiers that have been trained so far."""
        return [Trained(**row) for row in json_lines(self.folder / "rows.jsonl")]

    def study(self) -> Study | None:
        """The result, if it is there."""
        path = self.folder / "study.json"
        return _read(path, path.stat().st_mtime_ns) if path.exists() else None

    def train(self, progress: Progress | None = None) -> Study:
        """Train what is not trained yet, and keep the result. Raises what :meth:`gandash.analyses.retraining.Retraining.run` does."""
        self.begin()
        folder = self.folder
        study = Retraining(self.options).run(
            self.run, self.snapshot, progress, self.rows(), lambda row: append_line(folder / "rows.jsonl", asdict(row))
        )
        write_bytes(folder / "study.csv", table(study))
        facts = {"rows": [asdict(row) for row in study.rows], "amounts": asdict(study.amounts), "notes": study.notes}
        write_json(folder / "study.json", facts | {"rates": {f"{name} {real}": asdict(r) for (name, real), r in study.rates().items()}})
        return study


    def ship(self) -> Path:
        """Put what was found, numbers all of it, into the run's directory. Raises ``LookupError`` where the study is not there yet."""
        if self.study() is None:
            raise LookupError(f"This experiment on {self.run.title} is not done.")
        target = _shipped(self.run) / self.folder.name
        if target != self.folder:
            shutil.copytree(self.folder, target)
        return target


def unsuited(run: runs.Run) -> str | None:
    """Why there is no experiment for a run, in a sentence."""
    return Retraining().suits(run.config)


def begun(run: runs.Run, snapshot: runs.Snapshot) -> dict[str, Experiment]:
    """The experiments on these weights by id, the newest first; those of other versions or data are left alone."""
    fresh = Experiment(run, snapshot, RetrainingOptions())
    places = [folder.glob("*/experiment.json") for folder in (run.cached(fresh.key).parent, _shipped(run))]
    found = {}
    for path in sorted(itertools.chain(*places), key=lambda path: path.stat().st_mtime, reverse=True):
        about = read_json(path)
        if (about.get("version"), about.get("weights")) == (VERSION, run.weights_step(snapshot.step)):
            experiment = Experiment(run, snapshot, RetrainingOptions.model_validate(about["options"]))
            if experiment.folder == path.parent:
                found[experiment.id] = experiment
    return found


def _shipped(run: runs.Run) -> Path:
    return run.path / "retraining"


def table(study: Study) -> bytes:
    """CSV: a line a trained classifier."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_TITLES)
    writer.writerows([getattr(row, name) for name in _COLUMNS] for row in study.rows)
    return text.getvalue().encode()


def summary(study: Study) -> list[dict[str, Any]]:
    """A row a strategy and counts, means and spreads in percent, for a table."""
    rows = []
    for cell in study.cells:
        row = {"strategy": STRATEGIES[cell.strategy], "real": cell.real, "generated": cell.generated, "used": round(cell.used)}
        for kind in ("real", "generated"):
            row |= {f"on {kind}": 100 * getattr(cell, f"mean_{kind}"), f"± {kind}": 100 * getattr(cell, f"spread_{kind}")}
        rows.append(row)
    return rows


def curves(study: Study, tested_on: str = "real") -> dict[str, Any]:
    """What :func:`gandash.plots.retraining.strategies_figure` takes; with the arrow of the exchange where that is about real images."""
    drawn = lines(study, tested_on)
    found: dict[str, Any] = {"lines": drawn, "tested_on": tested_on}
    whole = grid(study, tested_on).get((0, study.amounts.generated))
    if whole:
        found["alone"] = whole
    few, rate = study.amounts.few, study.rates().get((HEADLINE[0], study.amounts.few))
    if tested_on == "real" and rate:
        level = next(mean for count, mean, _ in drawn[HEADLINE[0]] if count == few)
        found["arrow"] = (few, level, few + rate.worth * study.amounts.generated / PER)
    return found


def rates_table(study: Study) -> list[dict[str, str]]:
    """A row for each number of real images, a column for each way to use the generated ones."""
    rates = study.rates()
    ways = list(dict.fromkeys(name for name, _ in rates if name != "generated"))
    rows = []
    for real in sorted({real for _, real in rates}):
        row = {"real images": f"{real:,}" if real else "none"}
        for name in ways:
            rate = rates.get((name, real)) if real else rates.get(("generated", 0)) if name == "mixed" else None
            row[STRATEGIES[name].lower()] = rate.text() if rate else ""
        rows.append(row)
    return rows


def as_text(study: Study) -> str:
    """The tables, the reading and the notes, for a terminal."""
    import pandas

    tables = [pandas.DataFrame(rows).to_string(index=False, float_format="{:.1f}".format) for rows in (summary(study), rates_table(study))]
    worth = f"What {PER:,} generated images are worth, in real ones ({CONFIDENCE:.0%} interval over the seeds):"
    return "\n\n".join([tables[0], f"{worth}\n{tables[1]}", reading(study), "\n".join(study.notes)])


def reading(study: Study) -> str:
    """The result in a sentence or two, made from the numbers."""
    rates, few = study.rates(), study.amounts.few
    told = [(name, rates[name, few]) for name in HEADLINE if (name, few) in rates]
    if not told:
        return "There are too few points on the learning curve to tell what the generated images are worth."
    per = "A thousand" if PER == 1000 else f"{PER:,}"
    sentence = f"{per} generated images are worth {_about(told[0][1])} when they are mixed with {few:,} real ones{_verdict(told[0][1])}."
    if len(told) > 1:
        sentence += f" When the classifier is pretrained on them and fine-tuned on the {few:,}, they are worth {_about(told[1][1])}."
    if len({row.seed for row in study.rows}) == 1:
        sentence += " With a single seed nobody can tell how much of this is chance."
    return sentence


def _about(rate: ExchangeRate) -> str:
    text = rate.text()
    return (
        f"{text} real ones"
        if text.startswith("at ")
        else f"about {text.replace(' (', ' real ones (', 1)}" + ("" if "(" in text else " real ones")
    )


def _verdict(rate: ExchangeRate) -> str:
    low, high = (rate.worth, rate.worth) if math.isnan(rate.low) else (rate.low, rate.high)
    bounded = rate.text().startswith("at ")  # the learning curve ends before the answer
    if not bounded and low < 0.5 and high > -0.5:  # of an image
        return ", which cannot be told from nothing"
    return ": they do harm" if rate.worth < -0.5 else ""


@lru_cache(maxsize=16)
def _read(path: Path, stamp: int) -> Study:
    facts = read_json(path)
    return Study(tuple(Trained(**row) for row in facts["rows"]), Amounts(**facts["amounts"]), tuple(facts["notes"]))
