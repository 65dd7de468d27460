"""What a colour means, everywhere: Okabe and Ito's palette, which colour-blind readers can tell apart. A shape doubles each."""

from typing import NamedTuple

REAL = "#0072B2"  # circle
GENERATED = "#D55E00"  # diamond; the generator too
DISCRIMINATOR = "#009E73"  # square
GRADIENT = "#CC79A7"
VERDICT = "#F0E442"  # on dark only

# of a data set, one after the other; where classes are coloured, shapes alone tell real from generated
CLASSES = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7", "#999999", "#7A4FBF", "#8C5A2B")

SHAPES = {REAL: "circle", GENERATED: "diamond", DISCRIMINATOR: "square"}


class RunStyle(NamedTuple):
    """How one of several runs is drawn: its colour, doubled by a shape and by a dash."""

    colour: str
    symbol: str  # plotly's name of the shape
    glyph: str  # the shape as a letter
    dash: tuple[int, ...]  # pixels drawn and left out in turn; empty for a solid line


# Where several runs share a chart, a curve's place says what was measured and its colour whose it is. So no run has a colour or a shape
# that means real, generated or discriminator. Okabe and Ito leave orange and sky blue; the other four were searched for: with normal
# sight and with each of the three kinds of colour blindness (Machado et al. 2009) all six lie at least 22 apart (CIEDE2000; Okabe and
# Ito's own eight reach 10.9), at least 18 from each colour above but yellow, and each has a contrast of 2.2 with a white page and with a
# dark one.
RUNS = (
    RunStyle("#E69F00", "triangle-up", "▲", ()),
    RunStyle("#8800EE", "triangle-down", "▼", (9, 4)),
    RunStyle("#446666", "cross", "✚", (3, 3)),
    RunStyle("#56B4E9", "star", "★", (9, 3, 3, 3)),
    RunStyle("#BB0000", "x", "✖", (15, 4)),
    RunStyle("#999988", "pentagon", "⬟", (15, 3, 3, 3, 3, 3)),
)
