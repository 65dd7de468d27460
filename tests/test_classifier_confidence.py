"""How sure a classifier is, as nines and as two distributions."""

import numpy as np
import pytest

from gandash import analyses, further, runs
from gandash.analyses.classifier_confidence import MOST_NINES, compare, nines, probability


def sure(*probabilities: float) -> np.ndarray:
    """Logits of ten classes whose likeliest has these probabilities."""
    p = np.array(probabilities)
    return np.log(np.concatenate([p[:, None], np.repeat((1 - p)[:, None] / 9, 9, 1)], 1))


def test_nines_count_the_doubt_that_is_left():
    found = nines(sure(0.5, 0.9, 0.99, 0.9999))
    assert found == pytest.approx([np.log10(2), 1, 2, 4])
    assert [probability(value) for value in found] == pytest.approx([0.5, 0.9, 0.99, 0.9999])
    assert nines(np.zeros((1, 10))) == pytest.approx([-np.log10(0.9)])  # all ten alike
    assert nines(np.array([[1000.0, 0.0, 0.0]], np.float32)) == [MOST_NINES]  # where a probability would be exactly 1


def test_both_kinds_are_counted_in_the_same_bins_and_read_with_their_medians():
    real, unclear = nines(sure(*[0.999] * 80, *[0.6] * 20)), nines(sure(*[0.4] * 70, *[0.999] * 30))
    told = compare(real, unclear)
    for name in ("real", "generated"):
        assert sum(told.detail[name]) == pytest.approx(1.0) and len(told.detail[name]) == len(told.detail["edges"]) - 1
    numbers = {number.name: number for number in told.numbers}
    assert numbers["confident"].value == pytest.approx(0.3) and numbers["confident"].real == pytest.approx(0.8)
    assert numbers["median_doubt"].value == pytest.approx(0.6) and numbers["median_doubt"].real == pytest.approx(0.001)
    assert numbers["unclear"].value == pytest.approx(0.7) and numbers["unclear"].real == 0
    assert "40% sure" in told.reading and "99.9%" in told.reading and "unclear" in told.reading


def test_surer_than_of_real_images_is_no_praise():
    assert "leaves out what is odd" in compare(nines(sure(*[0.99] * 50)), nines(sure(*[0.9999] * 50))).reading
    same = nines(sure(*[0.99] * 50))
    assert "says nothing about their variety" in compare(same, same).reading


def test_of_a_run_without_its_data_set(shelf):
    shelf.add("noise", "finished", dataset={"name": "mnist", "options": {"size": 28}})
    run = runs.get("noise")
    told = further.compute(run, run.snapshot(), analyses.parts["classifier_confidence"]({"count": 100}))
    numbers = {number["name"]: number for number in told["numbers"]}
    assert numbers["confident"]["real"] > 0.95 > numbers["confident"]["value"]
    drawn = further.figure(told)
    assert [trace.name for trace in drawn.data] == ["real", "generated"] and drawn.data[0].x == drawn.data[1].x
    assert "2,000 of 10,000 test images of MNIST" in told["detail"]["notes"][0]
