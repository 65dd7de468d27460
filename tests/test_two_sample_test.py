"""Telling two kinds apart on points not learned from: identical clouds are at chance, different ones are not, and scale has no effect."""

import dataclasses
import json

import numpy as np
import pytest

from gandash.analyses import Cancelled
from gandash.analyses._two_sample_test import FOLDS, MOST, PERMUTATIONS, TwoSampleTest, reading, told_apart, two_sample_test
from gandash.analyses.separability import separability


def clouds(distance: float, count: int = 60, dimensions: int = 32, seed: int = 0, spread: float = 1.0):
    """Two clouds and further points of the first."""
    rng = np.random.default_rng(seed)
    first, second, further = rng.normal(size=(3, count, dimensions)).astype(np.float32)
    return first, spread * second + distance / np.sqrt(dimensions), further


@pytest.mark.parametrize("seed", range(3))
def test_identical_distributions_are_at_chance_within_the_interval(seed):
    found = two_sample_test(*clouds(0.0, seed=seed), seed=seed)
    assert found.error.low < 0.5 < found.error.high and found.control.low < 0.5 < found.control.high
    assert found.chance.low < found.error.error < found.chance.high and found.p_value > 0.05
    assert found.chance.error == pytest.approx(0.5, abs=0.03)
    assert told_apart({"layer1": found}) == []


def test_different_distributions_are_not():
    found = two_sample_test(*clouds(4.0))
    assert found.error.high < found.chance.low and found.error.high < found.control.low
    assert found.p_value == 1 / (1 + PERMUTATIONS)
    without_error = two_sample_test(*clouds(40.0, count=10)).error
    assert without_error.error == 0.0 and without_error.high == pytest.approx(3.8415 / (20 + 3.8415), rel=1e-3)  # Wilson's, of 0 in 20
    assert told_apart({"layer1": found}) == ["layer1"]


def test_what_differs_in_spread_alone_is_told_too():
    """A generator that draws only the middle of the data: no straight line parts it from the rest."""
    assert two_sample_test(*clouds(0.0, spread=0.5)).error.high < 0.2


def test_the_interval_holds_the_true_error_and_narrows_with_more_points():
    """Against the error on a large fresh sample, which no learning saw."""
    from gandash.analyses import _two_sample_test as module

    few, many = (two_sample_test(*clouds(2.0, count)) for count in (30, 200))
    assert many.error.high - many.error.low < few.error.high - few.error.low
    first, second, _ = clouds(2.0, 1200, seed=9)
    learnt, asked = [np.concatenate([first[part], second[part]]) for part in (slice(0, 160), slice(160, None))]
    from sklearn.svm import SVC

    machine = SVC(gamma=1 / 32).fit(learnt, np.repeat([0, 1], 160))
    true = np.mean(machine.predict(asked) != np.repeat([0, 1], 1040))
    assert many.error.low < true < many.error.high
    assert module.LEVEL == 0.95


def test_scale_has_no_effect_here_and_decides_the_studys_number():
    """What the page says: identical clouds give the study's machine 0.38 at one scale and 0.04 at ten times it."""
    near, far = [], []
    for seed in range(8):
        points = np.random.default_rng(seed).normal(size=(200, 16))
        kinds = np.repeat([False, True], 100)
        near.append(separability(points, kinds).svm_error)
        far.append(separability(10 * points, kinds).svm_error)
    assert np.mean(near) == pytest.approx(0.38, abs=0.01) and np.mean(far) == pytest.approx(0.04, abs=0.01)
    first, second, further = clouds(0.0)
    once, tenfold = two_sample_test(first, second, further), two_sample_test(10 * first, 10 * second, 10 * further)
    assert tenfold.error.error == pytest.approx(once.error.error, abs=1e-6)


def test_the_control_is_further_points_or_two_halves():
    first, second, further = clouds(0.0)
    assert not two_sample_test(first, second, further).split
    found = two_sample_test(first, second)
    assert found.split and found.control.counts == (30, 30) and found.control.low < 0.5 < found.control.high


def test_kinds_need_not_be_equally_many_and_guessing_is_still_one_half():
    first, second, further = clouds(0.0)
    found = two_sample_test(first, second[:15], further)
    assert found.error.counts == (60, 15) and found.error.low < 0.5 < found.error.high
    assert found.chance.error == pytest.approx(0.5, abs=0.06)
    assert found.control.counts == (60, 15) and not found.split  # as uneven as the test
    assert two_sample_test(first, second[:15], further[:5]).split


def test_what_few_of_a_kind_say_is_not_made_surer_by_many_of_the_other():
    """Without an error on either kind the interval is Wilson's alone: of 10 and 1000 points it is nearly that of 20 and 20, not of 1010."""
    rng = np.random.default_rng(0)
    many, few = rng.normal(size=(1000, 8)), rng.normal(size=(10, 8)) + 60
    found = two_sample_test(many, few).error
    assert found.error == 0.0 and found.high == pytest.approx(3.8415 / (4e4 / 1010 + 3.8415), rel=1e-3)


def test_few_points_many_points_and_identical_ones():
    first, second, further = clouds(0.0)
    assert two_sample_test(first[: FOLDS - 1], second) is None
    many = np.zeros((MOST + 50, 2), np.float32)
    assert two_sample_test(first[:FOLDS], second[:FOLDS], further[:FOLDS]).error.counts == (FOLDS, FOLDS)
    found = two_sample_test(many[:8], many[:8])
    assert found.error.error == 0.5 and found.p_value == 1.0
    with pytest.raises(ValueError, match="not finite"):
        two_sample_test(np.full((9, 2), np.nan), np.zeros((9, 2)))


def test_the_same_twice_and_through_json():
    found = two_sample_test(*clouds(1.0), seed=3)
    assert found == two_sample_test(*clouds(1.0), seed=3)
    assert TwoSampleTest.from_json(json.loads(json.dumps(dataclasses.asdict(found)))) == found


def test_it_can_be_ended():
    def stop(fraction, told):
        if "shuffles" in told:
            raise Cancelled

    with pytest.raises(Cancelled):
        two_sample_test(*clouds(0.0), progress=stop)


def test_the_sentence_follows_the_numbers():
    same, apart = two_sample_test(*clouds(0.0)), two_sample_test(*clouds(6.0))
    tests = {"layer1": same, "layer2": apart, "layer3": apart}
    percent = f"{apart.error.error:.0%}".replace("%", " %")
    assert reading(tests).startswith("From layer2 on an SVM tells generated pictures from real ones better than chance; best after layer2")
    assert f"wrong on {percent}" in reading(tests) and "when both sets are real" in reading(tests)
    assert reading({"layer1": same}, ("a", "b")).startswith("After no block does an SVM surely tell b pictures from a ones")
    assert reading({"layer1": apart}).startswith("After every block")
    lucky = dataclasses.replace(same, p_value=0.04)
    assert "of 2 blocks one easily is: it would have to be below 0.025" in reading({"layer1": lucky, "layer2": same})
    assert reading({"layer1": apart, "layer2": same}).startswith("After layer1 an SVM")
