"""Is a classifier as sure of generated images as of real ones? Its confidence in either as a distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from gandash import registry
from gandash.analyses import Progress
from gandash.analyses._embeddings import part_of
from gandash.analyses._scores import Measured, Number, OfImages, ScoreOptions, subject_of
from gandash.features.reference import CONFIDENT

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.runs import Run, Snapshot

MOST_NINES = 6.0  # a doubt below a millionth is counted as a millionth: half-precision weights tell no more
BIN = 0.2  # of a nine


def nines(logits: np.ndarray) -> np.ndarray:
    """How sure each row of logits ``(N, K)`` is of its likeliest class, in nines: 1 for 90 %, 2 for 99 %; ``float64 (N,)``.

    Minus the decimal logarithm of what is left for the other classes, at most :data:`MOST_NINES`. From the logits themselves: one minus
    a probability in single precision has no digits left where it matters.
    """
    sorted_logits = np.sort(np.asarray(logits, np.float64), 1)
    others = np.exp(sorted_logits[:, :-1] - sorted_logits[:, -1:]).sum(1)
    return np.clip(np.log10(1 + others) - np.log10(np.maximum(others, 1e-300)), 0.0, MOST_NINES)


def probability(value: float) -> float:
    """What so many nines are as a probability."""
    return 1 - 10.0**-value


class ClassifierConfidence(OfImages):
    """Compares how sure the embedded classifier is of generated images with how sure it is of real test images.

    Less sure: many samples are unclear or between two classes. Surer: the generator draws the typical and leaves out the odd.
    """

    title = "Confidence of the classifier"
    family = "scores"
    order = 60
    needs_classes = True

    class Options(registry.Options):
        count: int = Field(2000, ge=100, le=20_000, title="Samples", description="Drawn afresh.")
        seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Draws the latents, and the classes of a conditional run.")

    options: Options

    def look(self, run: Run, snapshot: Snapshot, progress: Progress | None) -> Measured:
        from gandash.features import extractors

        options = ScoreOptions(count=self.options.count, seed=self.options.seed)
        subject = subject_of(run, snapshot, options, part_of(progress, 0.0, 0.95))
        real = nines(extractors.logits_of(subject.reference.features, subject.reader))
        told = compare(real, nines(subject.class_logits), subject.doubt())
        told.detail["notes"] = [
            f"The real images are {len(real):,} of {subject.reference.title}. The scale counts nines, since most images of either kind lie "
            "between 99 % and 100 %; what is surer than 99.9999 % is drawn there."
        ]
        return told

    def figure(self, result: Measured) -> go.Figure:
        """Both distributions over the same bins, with their medians."""
        from gandash.plots.two_distributions import confidence_figure

        told = result.detail
        return confidence_figure(told["edges"], told["real"], told["generated"], told["medians"])


def compare(real: np.ndarray, generated: np.ndarray, warning: str = "") -> Measured:
    """Two samples of :func:`nines` as distributions."""
    edges = np.arange(0.0, MOST_NINES + BIN / 2, BIN)
    kinds = {"real": real, "generated": generated}
    detail = {
        "edges": edges.round(6).tolist(),
        **{name: (np.histogram(np.minimum(values, MOST_NINES - 1e-9), edges)[0] / len(values)).tolist() for name, values in kinds.items()},
        "medians": {name: float(np.median(values)) for name, values in kinds.items()},
    }
    sure = {name: float((values > -np.log10(1 - CONFIDENT)).mean()) for name, values in kinds.items()}
    medians = {name: probability(value) for name, value in detail["medians"].items()}
    numbers = (
        Number(
            "median_doubt",
            "Median doubt",
            1 - medians["generated"],
            None,
            "",
            1 - medians["real"],
            len(generated),
            "",
            "Which probability is left for all other classes in the middle one, if the samples are put in order?",
            warning,
        ),
        Number(
            "confident",
            f"Above {CONFIDENT:.0%}",
            sure["generated"],
            float(np.sqrt(sure["generated"] * (1 - sure["generated"]) / len(generated))),
            "standard error of a share",
            sure["real"],
            len(generated),
            "higher",
            f"Which share of the samples gives one class a probability above {CONFIDENT:.0%}?",
            warning,
        ),
        Number(
            "unclear",
            "Below 50%",
            float((generated < -np.log10(0.5)).mean()),
            None,
            "",
            float((real < -np.log10(0.5)).mean()),
            len(generated),
            "lower",
            "For which share does no class get more than half of the probability?",
            warning,
        ),
    )
    return Measured(numbers, detail, _reading(detail["medians"], sure))


def _reading(medians: dict[str, float], sure: dict[str, float]) -> str:
    middle = {name: _percent(value) for name, value in medians.items()}
    said = (
        f"Of the middle one of the generated images the classifier is {middle['generated']} sure, of the middle real one {middle['real']}; "
        f"it gives one class more than {CONFIDENT:.0%} for {sure['generated']:.0%} of the generated and {sure['real']:.0%} of the real. "
    )
    if sure["generated"] < sure["real"] - 0.02:
        return said + "The rest of the samples is unclear, or between two classes: the generator draws what no real image shows."
    if medians["generated"] > medians["real"] + 0.3:
        return said + "It is surer of generated images than of real ones: the generator draws the typical, and leaves out what is odd."
    return said + "So the samples are about as clear as real images. That says nothing about their variety."


def _percent(value: float) -> str:
    """A probability with as many digits as its nines need."""
    return f"{probability(value):.{max(0, int(np.floor(value)) - 1)}%}" if value < MOST_NINES else "more than 99.9999%"
