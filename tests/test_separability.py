"""Separability: what the study's two errors are on clouds whose answer is known."""

import numpy as np
import pytest

from gandash.analyses.separability import separability


def clouds(distance: float, count: int = 200, dimensions: int = 16, seed: int = 0, scale: float = 1.0):
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(2 * count, dimensions))
    points[count:, 0] += distance
    return (scale * points).astype(np.float32), np.repeat([False, True], count)


def test_clouds_far_apart_are_told_without_an_error():
    found = separability(*clouds(30.0))
    assert (found.svm_error, found.kmeans_error) == (0.0, 0.0)
    assert (found.real, found.generated) == (200, 200)
    assert found.explained > 0.9


def test_the_same_cloud_twice_is_close_to_guessing():
    found = separability(*clouds(0.0))
    assert 0.3 < found.svm_error <= 0.5  # below one half: it is measured on the points it learned from
    assert 0.4 < found.kmeans_error <= 0.5


def test_errors_fall_as_clouds_part():
    errors = [separability(*clouds(distance)) for distance in (0.0, 2.0, 4.0, 12.0)]
    for kind in ("svm_error", "kmeans_error"):
        values = [getattr(each, kind) for each in errors]
        assert values == sorted(values, reverse=True) and values[0] > values[-1] == 0.0


def test_the_machine_is_the_one_of_the_study():
    from sklearn.decomposition import PCA
    from sklearn.svm import SVC

    points, generated = clouds(1.5)
    plane = PCA(2).fit_transform(points)
    expected = 1 - SVC(gamma="auto").fit(plane, generated).score(plane, generated)
    assert separability(points, generated).svm_error == pytest.approx(expected, abs=1 / 400)


def test_the_studys_machine_learns_points_by_heart_at_a_large_scale():
    """Why the page says so where the number stands: nothing but the scale differs, and k-means does not mind."""
    points, generated = clouds(0.0, count=64)
    near, far = separability(points, generated), separability(30 * points, generated)
    assert far.svm_error < near.svm_error / 4
    assert far.kmeans_error == pytest.approx(near.kmeans_error)


def test_which_kind_is_called_generated_does_not_matter_to_kmeans():
    points, generated = clouds(3.0)
    assert separability(points, generated).kmeans_error == separability(points, ~generated).kmeans_error


def test_kinds_need_not_be_equally_many():
    points, generated = clouds(30.0)
    found = separability(points[:250], generated[:250])
    assert (found.real, found.generated, found.svm_error, found.kmeans_error) == (200, 50, 0.0, 0.0)


def test_guessing_is_one_half_however_many_there_are_of_each():
    """A machine that calls everything by the name of the larger kind would be wrong on one in nine of these; here it learns nothing."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(900, 16)).astype(np.float32)
    few = np.arange(900) >= 800
    even = separability(points[700:], few[700:])
    found = separability(points, few)
    assert (even.real, even.generated, found.real, found.generated) == (100, 100, 800, 100)
    assert found.svm_error > 0.3 and found.kmeans_error > 0.4
    for kind in ("svm_error", "kmeans_error"):
        assert getattr(found, kind) == pytest.approx(getattr(even, kind), abs=0.12)


def test_the_same_numbers_twice():
    assert separability(*clouds(1.0), seed=3) == separability(*clouds(1.0), seed=3)


def test_a_collapsed_generator_and_identical_points_are_no_accident():
    points, generated = clouds(0.0)
    points[generated] = points[0]
    assert 0 <= separability(points, generated).svm_error < 0.5
    found = separability(np.ones_like(points), generated)
    assert (found.svm_error, found.kmeans_error, found.explained) == (0.5, 0.5, 0.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, g: (x[:-1], g), "for each of the 399"),
        (lambda x, g: (x, g.astype(int)), "boolean"),
        (lambda x, g: (x[:, :1], g), "at least 2"),
        (lambda x, g: (x[0], g), "N, D"),
        (lambda x, g: (np.where(np.arange(400)[:, None] == 7, np.nan, x), g), "1 of the 400 embeddings are not finite"),
        (lambda x, g: (x, np.zeros(400, bool)), "both kinds; all 400 embeddings are real"),
        (lambda x, g: (x, np.ones(400, bool)), "are generated"),
    ],
)
def test_what_cannot_be_measured_says_why(change, message):
    with pytest.raises(ValueError, match=message):
        separability(*change(*clouds(1.0)))
