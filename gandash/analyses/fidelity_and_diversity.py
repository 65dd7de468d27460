"""Fidelity apart from diversity: precision and recall, density and coverage of nearest neighbours in a network's features."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gandash.analyses._scores import Measured, Number, Score, Subject

if TYPE_CHECKING:
    import plotly.graph_objects as go

FEW = 1000  # images of each kind below which neighbourhoods are coarse
MOST = 0.6  # of the coverage that real images reach: below it nobody says that most of them have a sample near

_ASKS = {
    "precision": "Which share of the samples lies where real images lie?",
    "recall": "Which share of the real images lies where samples lie?",
    "density": "How deep among real images do samples lie? About 1 for real ones; more where they crowd.",
    "coverage": "Which share of the real images has a sample close by?",
}


class FidelityAndDiversity(Score):
    """Tells good but few kinds of images (high precision, low recall) from many but poor ones (the reverse).

    Precision and recall: Kynkäänniemi et al. 2019, "Improved precision and recall metric for assessing generative models", by
    torch-fidelity. Density and coverage, which single outliers mislead less: Naeem et al. 2020, "Reliable fidelity and diversity metrics
    for generative models".
    """

    title = "Precision, recall, density, coverage"
    family = "scores"
    order = 3
    version = 2  # the sentence

    def measure(self, subject: Subject) -> Measured:
        from gandash.features import measures

        against = subject.reference
        few = min(len(subject), len(against.features))
        pair = subject.features[:few], against.features[:few]
        found = dict(zip(_ASKS, (*measures.precision_recall(*pair), *measures.density_coverage(*pair)), strict=True))
        warning = f"Neighbourhoods of {few:,} images are coarse: the numbers are uncertain." if few < FEW else ""
        numbers = tuple(
            Number(
                name, name.capitalize(), got.value, got.spread, got.how, against.ceiling(name, len(subject)), few, "higher", asks, warning
            )
            for (name, asks), got in zip(_ASKS.items(), found.values(), strict=True)
        )
        return Measured(numbers, {}, _reading({number.name: number for number in numbers}))

    def figure(self, result: Measured) -> go.Figure:
        """The four, generated beside real."""
        from gandash.plots.score_bars import score_bars_figure

        numbers = result.numbers
        return score_bars_figure(
            [number.title for number in numbers],
            [number.value for number in numbers],
            [number.spread or 0.0 for number in numbers],
            [number.real for number in numbers],
        )


def _reading(found: dict[str, Number]) -> str:
    """Which of the two is lacking, measured against real images."""
    share = {name: number.value / number.real for name, number in found.items() if number.real}
    if len(share) < len(found):
        return ""
    if min(share["precision"], share["coverage"]) > 0.95:
        return "Both fidelity and diversity come close to what real images get against each other."
    if share["recall"] + share["coverage"] < share["precision"] + share["density"] - 0.1:
        return "Diversity is what lacks: the samples lie among real images, but parts of these have no sample near."
    if share["precision"] + share["density"] < share["recall"] + share["coverage"] - 0.1:
        if share["coverage"] < MOST:  # a few strays far out are enough for a high recall (Naeem et al. 2020, section 3)
            return "Fidelity is what lacks most: many samples lie where no real image is, and many real images have no sample near."
        return "Fidelity is what lacks: the samples reach most kinds of real images, but many lie where no real image is."
    return "Fidelity and diversity lack about as much."
