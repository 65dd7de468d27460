"""What the Scores page scores: the run under the cursor, or generated pictures that a visitor brings, against real ones."""

from __future__ import annotations

from gandash import datasets
from gandash.features.resnet18 import HEADS
from gandash.scores import OfPictures, OfRun
from pages.components.switch import switch
from pages.components.two_picture_sets import two_picture_sets
from pages.components.view import view
from pages.components.weights import with_weights

RUN, PICTURES = "run", "pictures"
_NAMES = {RUN: "Run and data set", PICTURES: "Two folders"}
_HELP = "**Run and data set**: the samples at the cursor. **Two folders**: any generated pictures against any real ones, without a run."
_CLASSES = (
    "Whose classes the embedded classifier shall read in them, for the Inception score and the classes covered. Where pictures lie in "
    "folders of the classes' names, it is also told how often a class is read rightly."
)


def score_source() -> OfRun | OfPictures:
    """Draw the choice; what was chosen. Where it is not complete yet, says what is missing and ends the page."""
    kind = switch("score", _NAMES, default=RUN if view().run else PICTURES, help=_HELP)
    if kind == RUN:
        return OfRun(*with_weights())
    real, generated = two_picture_sets()
    titles = {"none": "No classes", **{name: datasets.parts[name].title for name in HEADS}}
    classes = switch("classes", titles, label="Classes", help=_CLASSES)
    return OfPictures(real, generated, "" if classes == "none" else classes)
