"""Whether two kinds of images can be told apart in an embedding: the error of a classifier on images that it has not seen.

The error stands with its interval, beside chance (the same with shuffled labels) and beside a control (real against further real images).

Lopez-Paz and Oquab 2017, "Revisiting Classifier Two-Sample Tests".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gandash.analyses import Progress
from gandash.analyses._embeddings import part_of

FOLDS, REPEATS = 5, 3  # of the cross-validation
PERMUTATIONS = 99  # so that p is at least 0.01
MOST = 1_000  # points of a kind that are used: a fit takes 40 ms then, and a block has 525 of them
LEVEL = 0.95  # of intervals
SIGNIFICANCE = 0.05  # of all blocks together
_TOLD_EVERY = 10  # fits


@dataclass(frozen=True)
class Estimate:
    """An error in [0, 1], the mean of both kinds' own, so that guessing gives 0.5 however many there are of each; with its 95 % range."""

    error: float
    low: float
    high: float
    counts: tuple[int, int]  # points of the first and of the second kind


@dataclass(frozen=True)
class TwoSampleTest:
    """What one block says."""

    error: Estimate  # on points that were not learned from
    chance: Estimate  # the same with shuffled labels: its mean, and the range that holds 95 % of shuffles
    p_value: float  # the share of shuffles, and the data itself, that are told apart as well: at least 1 / (PERMUTATIONS + 1)
    control: Estimate  # the first kind against further images of it
    split: bool  # the control had no further images: it is one half of the first kind against the other

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> TwoSampleTest:
        """Of ``dataclasses.asdict``."""
        estimates = {name: Estimate(**{**told[name], "counts": tuple(told[name]["counts"])}) for name in ("error", "chance", "control")}
        return cls(**{**told, **estimates})


def two_sample_test(
    first: np.ndarray, second: np.ndarray, further: np.ndarray | None = None, seed: int = 0, progress: Progress | None = None
) -> TwoSampleTest | None:
    """How well ``second (M, D)`` is told from ``first (N, D)``; ``further (K, D)`` is more of the first kind, for the control.

    In the control, up to M of ``further`` stand where ``second`` stood, so that it is as uneven as the test.

    A support vector machine with an RBF kernel (C = 1, gamma = 1 / D) on all D features, each brought to mean 0 and variance 1 over both
    kinds together; so the scale of the features has no effect, unlike in the study's measure. Five folds, three times; the interval is the
    corrected resampled t of Nadeau and Bengio 2003, "Inference for the Generalization Error", which allows for folds sharing what they
    learn from, and at least Wilson's for so many points. At most :data:`MOST` points of a kind, the first ones. None where a kind has
    fewer than :data:`FOLDS`.

    Raises ``ValueError`` where a value is not finite or the features are not equally many.
    """
    first, second = first[:MOST], second[:MOST]
    if min(len(first), len(second)) < FOLDS:
        return None
    rng = np.random.default_rng(seed)
    kernel, labels = _kernel(first, second), np.repeat([False, True], [len(first), len(second)])
    errors = _errors(kernel, labels, REPEATS, seed, part_of(progress, 0.0, 0.03, "cross-validation"))
    shuffled, told = [], part_of(progress, 0.03, 0.97)
    for done in range(PERMUTATIONS):
        if told and done % _TOLD_EVERY == 0:
            told(done / PERMUTATIONS, f"chance, {done} of {PERMUTATIONS} shuffles")
        shuffled.append(_errors(kernel, rng.permutation(labels), 1, seed + done).mean())
    split = further is None or len(further) < max(FOLDS, len(second) // 2)
    if split:
        order = rng.permutation(len(first))
        one, other = first[order[: len(first) // 2]], first[order[len(first) // 2 :]]
    else:
        one, other = first, further[: len(second)]
    low, high = np.quantile(shuffled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    counts = (len(first), len(second))
    return TwoSampleTest(
        error=_estimate(errors, counts),
        chance=Estimate(float(np.mean(shuffled)), float(low), float(high), counts),
        p_value=float((1 + np.sum(np.array(shuffled) <= errors[:FOLDS].mean())) / (1 + PERMUTATIONS)),
        control=_control(one, other, seed, part_of(progress, 0.97, 1.0, "real against real")),
        split=split,
    )


def _control(one: np.ndarray, other: np.ndarray, seed: int, progress: Progress | None) -> Estimate:
    counts = (len(one), len(other))
    if min(counts) < FOLDS:
        return Estimate(0.5, 0.0, 1.0, counts)  # so few say nothing
    return _estimate(_errors(_kernel(one, other), np.repeat([False, True], counts), REPEATS, seed, progress), counts)


def _kernel(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The RBF kernel ``(N + M, N + M)`` of the standardised features. It knows no labels, so that one serves all folds and shuffles."""
    if first.ndim != 2 or first.shape[1:] != second.shape[1:]:
        raise ValueError(f"Both kinds have the same features, not {first.shape} and {second.shape}.")
    points = np.concatenate([first, second]).astype(np.float64)
    if not np.isfinite(points).all():
        raise ValueError(f"{int((~np.isfinite(points)).any(1).sum())} of the {len(points)} embeddings are not finite.")
    points -= points.mean(0)
    spread = points.std(0)
    points /= np.where(spread > 1e-12, spread, 1.0)
    squares = np.square(points).sum(1)
    distances = squares[:, None] + squares[None] - 2 * points @ points.T
    return np.exp(-np.maximum(distances, 0.0) / points.shape[1])


def _errors(kernel: np.ndarray, labels: np.ndarray, repeats: int, seed: int, progress: Progress | None = None) -> np.ndarray:
    """Balanced errors of all folds ``(repeats * FOLDS,)``."""
    from sklearn import config_context
    from sklearn.svm import SVC

    uneven = None if labels.mean() == 0.5 else "balanced"
    found = []
    with config_context(skip_parameter_validation=True, assume_finite=True):  # checked once; half the time of a small fit
        for learn, test in _folds(labels, repeats, seed):
            if progress:
                progress(len(found) / (repeats * FOLDS), f"fold {len(found) + 1} of {repeats * FOLDS}")
            machine = SVC(kernel="precomputed", C=1.0, class_weight=uneven, cache_size=100)
            machine.fit(kernel[np.ix_(learn, learn)], labels[learn])
            wrong = machine.predict(kernel[np.ix_(test, learn)]) != labels[test]
            found.append(np.mean([wrong[labels[test] == kind].mean() for kind in (False, True)]))
    return np.array(found)


def _folds(labels: np.ndarray, repeats: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Indices to learn from and to be asked, :data:`FOLDS` times a repeat; each fold has its share of both kinds."""
    rng = np.random.default_rng(seed)
    for _ in range(repeats):
        fold = np.empty(len(labels), np.int64)
        for kind in (False, True):
            members = rng.permutation(np.flatnonzero(labels == kind))
            fold[members] = np.arange(len(members)) % FOLDS
        for which in range(FOLDS):
            yield np.flatnonzero(fold != which), np.flatnonzero(fold == which)


def _estimate(errors: np.ndarray, counts: tuple[int, int]) -> Estimate:
    from scipy.stats import t

    variance = (1 / len(errors) + 1 / (FOLDS - 1)) * errors.var(ddof=1)
    reach = t.ppf((1 + LEVEL) / 2, len(errors) - 1) * np.sqrt(variance)
    first, second = counts
    as_many = 4 * first * second / (first + second)  # points, half of each kind, whose mean error varies as much: all of them if even
    mean, (low, high) = float(errors.mean()), _wilson(float(errors.mean()), as_many)
    return Estimate(mean, float(max(0.0, min(low, mean - reach))), float(min(1.0, max(high, mean + reach))), counts)


def _wilson(share: float, count: float) -> tuple[float, float]:
    """Wilson's interval of a share of ``count`` points: not without width where no fold had an error."""
    from scipy.stats import norm

    z = norm.ppf((1 + LEVEL) / 2)
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return middle - reach, middle + reach


def told_apart(tests: Mapping[str, TwoSampleTest]) -> list[str]:
    """The blocks after which the kinds are told apart better than by chance: all of these are right in 95 % of cases (Bonferroni)."""
    return [block for block, test in tests.items() if test.p_value <= SIGNIFICANCE / len(tests) and test.error.high < 0.5]


def reading(tests: Mapping[str, TwoSampleTest], kinds: tuple[str, str] = ("real", "generated")) -> str:
    """All blocks in a sentence. ``tests`` is not empty."""
    first, second = kinds
    told, blocks = told_apart(tests), list(tests)
    best = min(tests, key=lambda block: tests[block].error.error)
    missed = f"wrong on {_percent(tests[best].error)} of the pictures that it has not seen (guessing: 50 %)"
    if not told:
        alone = [block for block, test in tests.items() if test.p_value <= SIGNIFICANCE]
        hint = ""
        if alone and len(tests) > 1:
            least = SIGNIFICANCE / len(tests)
            small = f"The p of {' and '.join(alone)} is small"
            hint = f" {small}, but of {len(tests)} blocks one easily is: it would have to be below {least:.2g}."
        return (
            f"After no block does an SVM surely tell {second} pictures from {first} ones better than chance would: at best, after {best}, "
            f"it is {missed}.{hint}"
        )
    if told == blocks:
        where = "After every block"
    elif told == blocks[-len(told) :] and len(told) > 1:
        where = f"From {told[0]} on"
    else:
        where = f"After {' and '.join(told)}"
    return (
        f"{where} an SVM tells {second} pictures from {first} ones better than chance; best after {best}, where it is {missed}, and on "
        f"{_percent(tests[best].control)} when both sets are {first}."
    )


def _percent(estimate: Estimate) -> str:
    return f"{estimate.error:.0%} ({estimate.low:.0%} to {estimate.high:.0%})".replace("%", " %")
