"""What a study reported, beside what the recorded runs that repeat it reach here. Loads no torch, computes nothing.

A study is a file in ``studies/``: where its numbers come from, what it scored real images with, and for each GAN the run that repeats it::

    {"title": ..., "source": ..., "through": ..., "not_reported": ..., "dataset": "mnist",
     "reference": {"title": "Real MNIST", "inception_score": 9.67, "accuracy": null},
     "gans": [{"title": "cGAN", "run": "mnist-cgan", "inception_score": 6.01, "accuracy": null}, ...]}

A number that the study does not give is null. Two classifiers give two Inception scores for the same images, so what can be compared
across them is each score as a share of the one that the same classifier gives real images.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gandash import runs
from gandash.comparison import table_csv
from gandash.scores import known_scores

FOLDER = Path(__file__).parent / "studies"
COLUMNS = (
    "gan",
    "run",
    "reported_inception_score",
    "reported_share_of_real",
    "reported_accuracy",
    "inception_score",
    "inception_score_spread",
    "real_inception_score",
    "share_of_real",
    "accuracy",
    "samples",
    "step",
    "weights",
    "recipe",
)


@dataclass(frozen=True)
class Study:
    """A file of ``studies/``."""

    title: str
    source: str
    through: str
    not_reported: str
    dataset: str
    reference: dict[str, Any]
    gans: tuple[dict[str, Any], ...]

    @property
    def run_ids(self) -> list[str]:
        return [gan["run"] for gan in self.gans]


@dataclass(frozen=True)
class Line:
    """One GAN: the study's number and ours. What is not known is None."""

    title: str
    reported: float | None
    reported_share: float | None  # of the study's own score of real images
    reported_accuracy: float | None
    run: runs.Run | None  # None where it is not recorded here
    sheet: dict[str, Any] | None  # its scores, as gandash.scores keeps them

    def score(self, key: str, field: str = "value") -> float | None:
        """A number of the run's score sheet."""
        return ((self.sheet or {}).get("scores", {}).get(key) or {}).get(field)

    @property
    def share(self) -> float | None:
        """Our Inception score as a share of what real images get through the same classifier."""
        value, real = self.score("inception_score"), self.score("inception_score", "real")
        return value / real if value is not None and real else None


def names() -> list[str]:
    """The studies there are."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@lru_cache
def load(name: str) -> Study:
    """The study of that name. Raises ``FileNotFoundError``."""
    told = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return Study(**{**told, "gans": tuple(told["gans"])})


def lines(study: Study) -> list[Line]:
    """The study's GANs in its order, then every other shipped run of its data set, which the study has no number for."""
    real = study.reference["inception_score"]
    found = []
    for gan in study.gans:
        score = gan["inception_score"]
        found.append(Line(gan["title"], score, None if score is None else score / real, gan["accuracy"], *_ours(gan["run"])))
    others = [run for run in runs.all() if run.shipped and run.config.dataset.name == study.dataset and run.id not in study.run_ids]
    return found + [Line(run.title, None, None, None, run, known_scores(run)) for run in others]


def study_csv(study: Study) -> str:
    """The table, real images first. ``recipe`` is the command that makes our numbers again."""
    found, through_the_study = lines(study), study.reference["inception_score"]
    reference = next((line for line in found if line.score("inception_score", "real") is not None), None)
    rows = [
        {
            "gan": study.reference["title"],
            "reported_inception_score": through_the_study,
            "reported_share_of_real": 1.0,
            "reported_accuracy": study.reference["accuracy"],
            "inception_score": reference and reference.score("inception_score", "real"),
            "real_inception_score": reference and reference.score("inception_score", "real"),
            "share_of_real": reference and 1.0,
        }
    ]
    for line in found:
        sheet = line.sheet or {}
        rows.append(
            {
                "gan": line.title,
                "run": line.run.id if line.run else None,
                "reported_inception_score": line.reported,
                "reported_share_of_real": _rounded(line.reported_share),
                "reported_accuracy": line.reported_accuracy,
                "inception_score": line.score("inception_score"),
                "inception_score_spread": line.score("inception_score", "spread"),
                "real_inception_score": line.score("inception_score", "real"),
                "share_of_real": _rounded(line.share),
                "accuracy": line.score("class_accuracy"),
                **{key: sheet.get(key) for key in ("samples", "step", "weights", "recipe")},
            }
        )
    return table_csv(COLUMNS, rows)


def _ours(run_id: str) -> tuple[runs.Run | None, dict[str, Any] | None]:
    try:
        run = runs.get(run_id)
    except runs.RunNotFound:
        return None, None
    return run, known_scores(run)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
