"""Are all classes there? The classes of the samples as the embedded classifier reads them, and how many of them are covered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gandash.analyses._scores import Measured, Number, Score, Subject
from gandash.features.reference import CONFIDENT, confident_share

if TYPE_CHECKING:
    import plotly.graph_objects as go

COVERED = 0.02  # share of the samples above which a class counts as covered
COLLAPSED = 0.5  # a generator that covers no more than this share of the classes, on images that are mostly clear, has collapsed
FEW = 500  # samples
DRAWS = 1000  # of the class counts, for the spread


class ClassCoverage(Score):
    """Counts the classes that the generator draws: one counts as covered that more than 2 % of the samples are read as.

    The embedded classifier names a class for every image, also for one that shows nothing; so the share of samples that it is confident
    of stands beside the count.
    """

    title = "Classes covered"
    family = "scores"
    order = 4
    needs_classes = True

    def measure(self, subject: Subject) -> Measured:
        count = len(subject)
        likeliest = subject.class_logits.argmax(1)
        read = np.bincount(likeliest, minlength=len(subject.class_names))
        shares = read / count
        redrawn = np.random.default_rng(0).multinomial(count, shares, DRAWS) / count
        covered, confident = int((shares > COVERED).sum()), confident_share(subject.class_logits)
        real, warning = _real_shares(subject), subject.doubt()
        numbers = (
            Number(
                "modes",
                "Classes covered",
                covered,
                float((redrawn > COVERED).sum(1).std()),
                "standard deviation over redrawn counts",
                float((np.array(real) > COVERED).sum()) if real else float(len(shares)),
                count,
                "higher",
                f"How many of the {len(shares)} classes have more than {COVERED:.0%} of the samples?",
                f"{count:,} samples are few for counting shares of {COVERED:.0%}. {warning}".strip() if count < FEW else warning,
            ),
            Number(
                "confident",
                "Clear samples",
                confident,
                float(np.sqrt(confident * (1 - confident) / count)),
                "standard error of a share",
                subject.reference.ceiling("confident", count),
                count,
                "higher",
                f"Which share of the samples gives one class a probability above {CONFIDENT:.0%}?",
                warning,
            ),
        )
        detail = {"class_names": list(subject.class_names), "generated": shares.tolist(), "real": real}
        return Measured(numbers, detail, _reading(covered, subject.class_names, shares, confident))

    def figure(self, result: Measured) -> go.Figure:
        """The shares of the classes, generated beside real."""
        from gandash.plots.class_shares import class_shares_figure

        return class_shares_figure(result.detail["class_names"], result.detail["generated"], result.detail["real"])


def _real_shares(subject: Subject) -> list[float]:
    """What the classifier reads the real test images as; where that was not measured, every class equally often."""
    confusion = subject.reference.confusion
    if confusion is None:
        return [1 / len(subject.class_names)] * len(subject.class_names)
    return (confusion.sum(0) / confusion.sum()).tolist()


def _reading(covered: int, names: tuple[str, ...], shares: np.ndarray, confident: float) -> str:
    missing = [name for name, share in zip(names, shares, strict=True) if share <= COVERED]
    if covered <= COLLAPSED * len(names) and confident > COLLAPSED:
        return f"**Mode collapse**: {covered} of {len(names)} classes are left, though {confident:.0%} of the samples are clear."
    if covered <= COLLAPSED * len(names):
        return f"{covered} of {len(names)} classes are covered, but only {confident:.0%} of the samples are clear enough to count by class."
    if missing:
        return f"{covered} of {len(names)} classes are covered; {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
    rarest = int(shares.argmin())
    return f"All {len(names)} classes are covered; the rarest is {names[rarest]}, with {shares[rarest]:.1%} of the samples."
