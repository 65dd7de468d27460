"""How clearly each sample is of one class, and how evenly the classes come: the Inception score, and the two halves that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gandash.analyses._scores import Measured, Number, Score, Subject
from gandash.features.looking import EMBEDDED

if TYPE_CHECKING:
    import plotly.graph_objects as go

FEW = 1000  # samples below which ten splits hold fewer than ten images of each of ten classes


class InceptionScore(Score):
    """Scores samples by how clearly each is of one class, and how evenly the classes come.

    Salimans et al. 2016, "Improved techniques for training GANs", section 4; computed by torch-fidelity. Through the embedded classifier
    of the run's own classes it runs from 1 to their number, and compares with the real images' score beside it and with no published one.
    """

    title = "Inception score"
    family = "scores"
    order = 1

    @property
    def needs_classes(self) -> bool:
        """Inception brings classes of its own."""
        return self.options.network == EMBEDDED

    def measure(self, subject: Subject) -> Measured:
        from gandash.features import extractors, measures

        found = measures.inception(subject.logits)
        even, doubt = measures.evenness_and_doubt(subject.logits)
        detail = {"generated": [even, doubt], "network": subject.network}
        if subject.network == EMBEDDED:
            detail["real"] = list(measures.evenness_and_doubt(extractors.logits_of(subject.reference.features, subject.reader)))
        warning = subject.doubt() if subject.network == EMBEDDED else ""
        if len(subject) < FEW:
            warning = f"Of {len(subject):,} samples a split holds too few of each class: the score is too low. {warning}".strip()
        number = Number(
            name="inception_score",
            title="Inception score",
            value=found.value,
            spread=found.spread,
            how=found.how,
            real=subject.reference.ceiling("inception_score", len(subject)),
            samples=len(subject),
            better="higher",
            asks="Is each image clearly of one class, and do the classes come evenly?",
            warning=warning,
        )
        return Measured((number,), detail, _reading(even, doubt))

    def figure(self, result: Measured) -> go.Figure:
        """The score's two halves, generated beside real."""
        from gandash.plots.score_halves import score_halves_figure

        return score_halves_figure(result.detail["generated"], result.detail.get("real"))


def _reading(even: float, doubt: float) -> str:
    return (
        f"The samples come as evenly as if there were {even:.2f} classes, and each leaves the classifier in doubt between {doubt:.2f} of "
        f"them; over all samples at once the score is the one over the other, {even / doubt:.2f}."
    )
