"""Principal components as a generative model: it has the mean and the covariance of its images in the space that it keeps."""

import numpy as np
import pytest

from gandash import analyses, further, runs
from gandash.analyses.pca_baseline import as_pictures, fit, reading
from gandash.features import measures
from gandash.features.measures import Measure


def gaussian(count: int = 4000, dimensions: int = 30, rank: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points of a Gaussian that lies in a subspace of ``rank``, its mean and its covariance."""
    random = np.random.default_rng(seed)
    factors = random.normal(size=(rank, dimensions)) * np.linspace(1, 4, rank)[:, None]
    mean = random.uniform(100, 150, dimensions)
    return (mean + random.normal(size=(count, rank)) @ factors).astype(np.float32), mean, factors.T @ factors


def test_a_gaussian_is_recovered():
    points, mean, covariance = gaussian()
    model = fit(points, 6)
    assert model.kept == pytest.approx(1.0)
    np.testing.assert_allclose(model.mean, mean, atol=0.8)  # standard errors of up to 0.17
    recovered = (model.components.T * model.deviations**2) @ model.components
    assert np.linalg.norm(recovered - covariance) < 0.08 * np.linalg.norm(covariance)


@pytest.mark.parametrize("components", [3, 12])
def test_samples_have_the_mean_and_covariance_of_the_images_in_the_kept_space_and_nothing_beside_it(components):
    points, _, _ = gaussian(rank=20)
    model = fit(points, components)
    drawn = model.draw(20_000, seed=1)
    np.testing.assert_allclose(model.components @ model.components.T, np.eye(components), atol=1e-4)
    along, real = ((each - points.mean(0)) @ model.components.T for each in (drawn, points))
    np.testing.assert_allclose(along.mean(0), 0, atol=4 * model.deviations.max() / np.sqrt(20_000))
    wanted = np.cov(real, rowvar=False)
    assert np.linalg.norm(np.cov(along, rowvar=False) - wanted) < 0.05 * np.linalg.norm(wanted)
    across = (drawn - points.mean(0)) - along @ model.components
    assert np.abs(across).max() < 1e-2
    assert model.kept == pytest.approx(np.trace(wanted) / points.var(0, ddof=1).sum(), rel=1e-3)


def test_there_are_no_more_components_than_images_span():
    points, _, _ = gaussian(count=5)
    assert len(fit(points, 100).deviations) == 4
    with pytest.raises(ValueError, match="two images"):
        fit(points[:1], 3)


def test_pictures_are_cut_off_at_black_and_white():
    made = as_pictures(np.array([[-3.0, 0.4, 254.6, 300.0]], np.float32), (1, 2, 2))
    assert made.dtype == np.uint8 and made.tolist() == [[[[0, 0], [255, 255]]]]


def test_it_is_scored_beside_a_run(shelf, monkeypatch):
    """The recorded run is nearly untrained; even few principal components beat it."""
    monkeypatch.setattr(measures, "GROUPS", 2)  # the jackknife's: a spread takes ten times as long as a distance
    shelf.add("noise", "finished", dataset={"name": "mnist_subset", "options": {"size": 28}})
    run = runs.get("noise")
    told = further.compute(run, run.snapshot(), analyses.parts["pca_baseline"]({"count": 100}))
    numbers = {number["name"]: number for number in told["numbers"]}
    assert list(numbers) == ["pca_inception_score", "pca_fid", "pca_kid", "pca_precision", "pca_recall", "pca_coverage"]
    assert numbers["pca_fid"]["real"] < numbers["pca_fid"]["value"] < numbers["pca_fid"]["beside"]
    assert "Principal components are better in" in told["reading"]
    assert any(note.startswith("8 components of 9,000 images keep") for note in told["detail"]["notes"])
    assert len(further.figure(told).data) == 2
    assert "PCA" in further.as_text("pca_baseline", told) and "This GAN" in further.as_text("pca_baseline", told)


def test_the_reading_names_only_what_is_beyond_the_spreads():
    pca = {"fid": Measure(50.0, 1.0, ""), "recall": Measure(0.9, 0.01, ""), "kid": Measure(1.0, 0.5, "")}
    gan = {"fid": Measure(10.0, 1.0, ""), "recall": Measure(0.3, 0.01, ""), "kid": Measure(0.8, 0.5, "")}
    told = reading(pca, gan)
    assert told.startswith("The GAN is better in FID; principal components are better in Recall; no difference can be told in KID.")
    assert "spreads over everything" in told
