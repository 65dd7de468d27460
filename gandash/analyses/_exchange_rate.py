"""How many real images a thousand generated ones are worth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

PER = 1000  # generated images
CONFIDENCE = 0.9  # of the interval


@dataclass(frozen=True)
class ExchangeRate:
    """What ``PER`` generated images are worth, in real ones; negative where they do harm.

    ``low`` to ``high`` is a 90 % interval over the seeds (NaN for a single seed). The learning curve ends somewhere: ``lowest`` and
    ``highest`` are the least and the most that can be read from it, and a number that reaches them only says "or less", "or more".
    """

    worth: float
    low: float
    high: float
    lowest: float
    highest: float

    def text(self) -> str:
        """``120 (60 to 210)``, to two digits; ``at least 400`` where the learning curve ends below."""
        if self.worth >= self.highest:
            return f"at least {_rounded(self.highest)}"
        if self.worth <= self.lowest:
            return f"at most {_rounded(self.lowest)}"
        if math.isnan(self.low):
            return _rounded(self.worth)
        low = f"{_rounded(self.lowest)} or less" if self.low <= self.lowest else _rounded(self.low)
        high = f"{_rounded(self.highest)} or more" if self.high >= self.highest else _rounded(self.high)
        return f"{_rounded(self.worth)} ({low} to {high})"


def exchange_rate(counts: np.ndarray, curve: np.ndarray, real: int, generated: int, accuracies: np.ndarray) -> ExchangeRate:
    """How many real images ``PER`` generated ones are worth to a classifier that has ``real`` real images.

    The learning curve on real images alone: ``counts`` ``(P,)``, rising, and ``curve`` ``(S, P)``, the accuracy at each of them with each
    seed. ``accuracies`` ``(S,)`` are those of classifiers that had ``real`` real and ``generated`` generated images, of the same seeds.

    **Definition.** Let f be the mean learning curve, made monotone and interpolated linearly in the logarithm of the count, and a the mean
    accuracy with the generated images added. As many real images alone as reach a are n* = f⁻¹(a). The generated images did the work of
    n* − ``real`` real ones, so the rate is ``PER`` (n* − ``real``) / ``generated``. Where f is flat, the middle of the flat piece is taken.

    **Uncertainty.** Jackknife over the seeds (Efron and Stein 1981) of log n*, which moves curve and accuracies together, with Student's t
    for few seeds. It covers the choice of real images, the generator's draw, the initialisation and the order, and not the generator's own
    training, of which there is one.

    Raises ``ValueError`` for shapes that do not fit, counts that do not rise or are below one, or no generated images.
    """
    counts, curve, accuracies = (np.asarray(values, np.float64) for values in (counts, curve, accuracies))
    if curve.shape != (len(accuracies), len(counts)) or len(counts) < 2 or not len(accuracies):
        raise ValueError(f"A curve of {curve.shape} does not fit {len(accuracies)} seeds and {len(counts)} counts (at least two).")
    if counts[0] < 1 or (np.diff(counts) <= 0).any() or generated < 1:
        raise ValueError("Counts rise from one on, and there is at least one generated image.")
    found = _log_count(counts, curve.mean(0), accuracies.mean())
    spread = math.nan
    if (seeds := len(accuracies)) > 1:
        from scipy.stats import t

        without = [np.arange(seeds) != seed for seed in range(seeds)]
        left = np.array([_log_count(counts, curve[kept].mean(0), accuracies[kept].mean()) for kept in without])
        error = math.sqrt((seeds - 1) / seeds * float(((left - left.mean()) ** 2).sum()))
        spread = float(t.ppf((1 + CONFIDENCE) / 2, seeds - 1)) * error
    ends = np.log(counts[[0, -1]])
    worths = PER * (np.exp(np.clip([found, found - spread, found + spread, *ends], *ends)) - real) / generated
    return ExchangeRate(*worths.tolist())


def _log_count(counts: np.ndarray, curve: np.ndarray, accuracy: float) -> float:
    """The logarithm of the count at which the monotone curve reaches ``accuracy``; the curve's end where it does not."""
    from scipy.optimize import isotonic_regression

    rising = np.round(isotonic_regression(curve).x, 12)
    heights = np.unique(rising)
    places = np.array([np.log(counts[rising == height]).mean() for height in heights])
    if accuracy > heights[-1]:
        return float(np.log(counts[-1]))
    if accuracy < heights[0]:
        return float(np.log(counts[0]))
    return float(np.interp(accuracy, heights, places))


def _rounded(number: float) -> str:
    """Two digits that mean something: ``1,200``, ``−35``, ``0``."""
    if abs(number) < 1:
        return "0"
    digits = 1 - math.floor(math.log10(abs(number)))
    return f"{round(number, min(digits, 0)):,.0f}".replace("-", "−")
