"""Whether a generator that copies is told from one that does not."""

import numpy as np
import pytest

from gandash import datasets
from gandash.analyses.nearest_neighbours import NearestNeighbours, nearness, reading, training_features
from gandash.datasets import Images
from gandash.features.judge import nearest

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def digits(runs_folder):
    """300 training images of two classes, and 200 held-out ones."""
    return datasets.parts["mnist_subset"]({"classes": ("3", "8"), "count": 300})


def analysed(images: np.ndarray, dataset) -> dict[str, float]:
    told = NearestNeighbours({"rows": 4, "count": max(20, len(images))}).compare(images, dataset)
    return {number.name: number.value for number in told.numbers} | {"told": told}


def test_a_generator_that_copies_its_training_images_is_told(digits):
    found = analysed(digits.train().images[:100], digits)
    assert found["closer_pixels"] == found["closer_features"] == 1.0
    assert found["copies_pixels"] == found["copies_features"] == 1.0
    told = found["told"]
    assert told.reading.startswith("**It may be memorising**")
    assert all(float(value) == 0.0 for groups in told.detail["captions"] for value in (groups[1][0], groups[2][0]))
    assert len(NearestNeighbours().figure(told).data) == 5


def test_a_few_copies_among_many_samples_are_told(digits):
    train, test = digits.train().images, digits.test().images
    found = analysed(np.concatenate([test[:90], train[:10]]), digits)
    assert found["copies_pixels"] >= 0.1 and found["copies_features"] >= 0.1 and found["closer_pixels"] < 0.75
    shown = [int(groups[0][0]) for groups in found["told"].detail["captions"]]
    assert min(shown) > 90, "the copies stand first, not the simple images that lie near to many"


def test_images_that_nobody_trained_on_lie_as_near_as_held_out_ones(digits, monkeypatch):
    """Half of the test images stand for a generator that draws as nature does, the other half are held out."""
    test = digits.test()
    monkeypatch.setattr(type(digits), "test", lambda self: Images(test.images[1::2], test.labels[1::2]))
    found = analysed(test.images[::2], digits)
    for space in ("pixels", "features"):
        # standard error of the share: sqrt(1/4N + 1/4M) = 0.07
        assert found[f"closer_{space}"] == pytest.approx(0.5, abs=0.2)
        assert found[f"copies_{space}"] < 0.06
    assert "memorising" in found["told"].reading and "may be" not in found["told"].reading


def test_the_share_and_its_error_are_what_statistics_says():
    random = np.random.default_rng(0)
    shares, errors = [], []
    for seed in range(60):
        found = nearness(random.normal(size=200), random.normal(size=200), seed)
        shares.append(found.closer)
        errors.append(found.closer_error)
    assert np.mean(shares) == pytest.approx(0.5, abs=0.02)
    assert np.std(shares) == pytest.approx(np.sqrt(1 / 800 + 1 / 800), rel=0.25)  # of a share, and of the median it is taken at
    assert np.mean(errors) == pytest.approx(np.std(shares), rel=0.25)
    same = np.ones(10)
    assert nearness(same, same).closer == 0.5


def test_nearest_are_exact_and_come_in_order():
    random = np.random.default_rng(1)
    references, queries = random.integers(0, 256, (5000, 30), np.uint8), random.integers(0, 256, (40, 30), np.uint8)
    queries[3] = references[4999]
    distances, places = nearest(queries, references, 4)
    every = np.linalg.norm(queries[:, None].astype(float) - references[None].astype(float), axis=2)
    np.testing.assert_allclose(distances, np.sort(every, 1)[:, :4], rtol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(every, places, 1), distances, rtol=1e-5)
    assert places[3, 0] == 4999 and distances[3, 0] == 0
    with pytest.raises(ValueError, match="nearest of 2"):
        nearest(queries, references[:2], 3)


def test_training_features_are_kept_and_a_part_is_drawn_at_random(digits, monkeypatch):
    train = digits.train()
    chosen, features = training_features(digits, train, 100)
    assert len(chosen) == len(features) == 100 and chosen[-1] > 150 and features.dtype == np.float16
    monkeypatch.setattr("gandash.features.resnet18.load", lambda: pytest.fail("it was embedded again"))
    again, kept = training_features(digits, train, 100)
    np.testing.assert_array_equal(again, chosen)
    np.testing.assert_array_equal(kept, features)


def test_samples_are_chosen_by_number(shelf):
    from gandash import runs

    run = runs.get("digits-dcgan")
    options = {"count": 20, "chosen": (7, 2)}
    told = NearestNeighbours(options).run(run, run.snapshot())
    assert [groups[0] for groups in told.detail["captions"]] == [["7"], ["2"]]
    with pytest.raises(ValueError, match="none numbered 21"):
        NearestNeighbours({"count": 20, "chosen": (21,)}).run(run, run.snapshot())


def test_the_reading_says_no_more_than_the_shares_do():
    from gandash.analyses.nearest_neighbours import Nearness

    usual = Nearness(0.5, 0.02, 0.01, 0.005)
    assert "no nearer" in reading({"pixels": usual, "features": usual})
    far, near = Nearness(0.3, 0.02, 0.01, 0.005), Nearness(0.7, 0.02, 0.02, 0.005)
    assert "farther" in reading({"pixels": far, "features": far})
    assert "keep to the usual" in reading({"pixels": near, "features": usual})
    smooth = Nearness(0.7, 0.02, 0.2, 0.02)
    assert "in pixels, but not in features" in reading({"pixels": smooth, "features": usual})
