"""How much do the losses swing? Their standard deviation about a smoothed curve, of each player."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from gandash import registry
from gandash.analyses import Analysis, Progress
from gandash.analyses._scores import Measured, Number

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.runs import Run, Snapshot

ORDER = 2  # of the polynomial that is fitted to each window
FEWEST = 30  # logged steps
PLAYERS = {"d_loss": "Discriminator", "g_loss": "Generator"}


@dataclass(frozen=True, eq=False)
class Oscillation:
    """One loss, in its own units."""

    smooth: np.ndarray  # float64 (N,)
    deviation: float  # standard deviation about it
    level: float  # mean size of the smoothed loss

    @property
    def relative(self) -> float:
        return self.deviation / self.level if self.level else np.nan


def oscillation(values: np.ndarray, window: int) -> Oscillation:
    """Values ``(N,)`` at even distances against the curve of Savitzky and Golay: in each ``window`` of values, the parabola that fits best.

    The curve follows the noise a little, so what is left of it is too small: a value's own share in its curve, which is known, is made up
    for. The ends, where a window is not full, count as little. Raises ``ValueError`` where there are fewer values than a window.
    """
    from scipy.signal import savgol_coeffs, savgol_filter

    window += 1 - window % 2  # odd, so that it has a middle
    if len(values) < window or window <= ORDER + 1:
        raise ValueError(f"Of {len(values)} logged steps no curve over {window} can be made.")
    smooth = savgol_filter(values, window, ORDER)
    own = float(savgol_coeffs(window, ORDER)[window // 2])
    half = window // 2
    rest = (values - smooth)[half : len(values) - half]
    return Oscillation(smooth, float(np.sqrt(np.mean(rest**2) / (1 - own))), float(np.abs(smooth).mean()))


class LossOscillation(Analysis):
    """Measures how much each player's loss swings about its smoothed curve, as a share of its size.

    Savitzky and Golay 1964, "Smoothing and differentiation of data by simplified least squares procedures".
    """

    title = "How much the losses oscillate"
    family = "scores"
    order = 66

    class Options(registry.Options):
        window: float = Field(
            0.1,
            ge=0.02,
            le=0.5,
            title="Smoothing",
            description="The window's share of the steps: slower swings count as trend.",
        )
        skip: float = Field(0.1, ge=0, le=0.9, title="Leave out", description="Share of the steps at the start, when losses fall.")

    options: Options

    def depends(self, run: Run, snapshot: Snapshot) -> dict[str, Any]:
        """Nothing but the logged steps, all of them."""
        return {"metrics": hashlib.sha256(b"\n".join(run.metrics_lines())).hexdigest()[:20]}

    def run(self, run: Run, snapshot: Snapshot, progress: Progress | None = None) -> Measured:
        """Raises ``ValueError`` where too few steps are logged."""
        rows = [row for row in run.metrics() if all(np.isfinite(row.get(name, np.nan)) for name in PLAYERS)]
        return self.measure(rows)

    def measure(self, rows: list[dict[str, float]]) -> Measured:
        """Logged steps with ``step``, ``epoch``, ``d_loss`` and ``g_loss``."""
        if len(rows) >= FEWEST:
            rows = _even(rows)
            rows = rows[int(self.options.skip * len(rows)) :]
        if len(rows) < FEWEST:
            raise ValueError(f"Only {len(rows)} steps are logged: too few to tell a swing from a trend.")
        window = max(7, round(self.options.window * len(rows)))
        found = {name: oscillation(np.array([row[name] for row in rows]), window) for name in PLAYERS}
        third = len(rows) - len(rows) // 3
        late = {name: oscillation(np.array([row[name] for row in rows[third - window :]]), window) for name in PLAYERS}
        detail = {
            "epochs": [row["epoch"] for row in rows],
            "losses": {PLAYERS[name]: [row[name] for row in rows] for name in PLAYERS},
            "smooth": {PLAYERS[name]: each.smooth.round(6).tolist() for name, each in found.items()},
            "deviations": {PLAYERS[name]: each.deviation for name, each in found.items()},
            "heads": {"value": "Whole run", "beside": "Last third"},
            "notes": [
                f"Standard deviation about the smoothed curve, over the mean size of that curve; {len(rows):,} logged steps, windows of "
                f"{window}. Losses are those of single batches: smaller batches swing more in any case. Compare runs of one objective only."
            ],
        }
        numbers = tuple(_number(name, found[name], late[name], len(rows), self._crosses(found[name])) for name in PLAYERS)
        return Measured(numbers, detail, _reading(found, late))

    @staticmethod
    def _crosses(each: Oscillation) -> str:
        """A loss that passes zero, as a critic's does, has no size to measure against."""
        if each.smooth.min() < 0 < each.smooth.max():
            return "A loss changes its sign, so its share is one of its mean distance from zero: compare the curves in place of the shares."
        return ""

    def figure(self, result: Measured) -> go.Figure:
        """Both losses with their curves."""
        from gandash.plots.oscillation import oscillation_figure

        told = result.detail
        return oscillation_figure(told["epochs"], told["losses"], told["smooth"], told["deviations"])


def _even(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    """Without the first steps, which are logged more closely than the later ones."""
    apart = int(np.median(np.diff([row["step"] for row in rows])))
    return [row for row in rows if row["step"] % max(1, apart) == 0] if apart > 1 else rows


def _number(name: str, found: Oscillation, late: Oscillation, count: int, warning: str) -> Number:
    return Number(
        f"oscillation_{name}",
        PLAYERS[name],
        found.relative,
        found.relative / np.sqrt(2 * count),
        "standard error of a standard deviation",
        None,
        count,
        "lower",
        f"By which share of its size does the {PLAYERS[name].lower()}'s loss swing about its smoothed curve?",
        warning,
        late.relative,
    )


def _reading(found: dict[str, Oscillation], late: dict[str, Oscillation]) -> str:
    d, g = found["d_loss"], found["g_loss"]
    said = f"D's loss swings by {d.relative:.0%} of its size, G's by {g.relative:.0%}. "
    ratio = np.mean([late[name].relative / found[name].relative for name in found])
    if ratio < 0.8:
        return said + "Towards the end they are calmer."
    if ratio > 1.25:
        return said + "Towards the end they swing more: the players drive each other on rather than settle."
    return said + "Towards the end they swing as much: steadier losses would not mean better images, nor do these mean worse ones."
