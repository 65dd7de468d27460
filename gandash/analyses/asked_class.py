"""Does a conditional generator draw what it is asked for? The classifier's reading of each sample against the class that was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gandash.analyses._scores import Measured, Number, Score, Subject

if TYPE_CHECKING:
    import plotly.graph_objects as go

FEW = 50  # samples a class


class AskedClass(Score):
    """Tells how often the embedded classifier reads a conditional sample as the class that was asked for.

    High only where the condition is obeyed and the image is legible; the classifier's accuracy on real test images is the ceiling.
    """

    title = "Class asked for"
    family = "scores"
    order = 5
    needs_classes = True
    needs_asked = True

    def measure(self, subject: Subject) -> Measured:
        confusion = np.zeros((len(subject.class_names),) * 2, np.int64)
        np.add.at(confusion, (subject.asked, subject.class_logits.argmax(1)), 1)
        right = confusion.diagonal()
        accuracy, asked = float(right.sum() / len(subject)), confusion.sum(1)
        few = int(asked.min())
        number = Number(
            "class_accuracy",
            "Class asked for",
            accuracy,
            float(np.sqrt(accuracy * (1 - accuracy) / len(subject))),
            "standard error of a share",
            subject.real_accuracy(),
            len(subject),
            "higher",
            "Which share of the samples is read as the class that was asked for?",
            f"Only {few} samples of a class. {subject.doubt()}".strip() if few < FEW else subject.doubt(),
        )
        names = list(subject.class_names)
        shares = (confusion / np.maximum(asked, 1)[:, None]).tolist()
        worst = int(np.where(asked > 0, right / np.maximum(asked, 1), np.inf).argmin())  # pictures from elsewhere may lack a class
        taken = names[int(np.argmax([share if place != worst else -1 for place, share in enumerate(shares[worst])]))]
        reading = (
            f"{names[worst]} obeys least: {shares[worst][worst]:.0%} of its samples are read as asked, "
            f"and what is not is taken for {taken} most often."
        )
        return Measured((number,), {"class_names": names, "shares": shares}, reading)

    def figure(self, result: Measured) -> go.Figure:
        """The confusion matrix: rows are asked for, columns are read."""
        from gandash.plots.confusion import confusion_figure

        return confusion_figure(result.detail["class_names"], result.detail["shares"])
