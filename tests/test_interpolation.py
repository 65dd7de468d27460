"""Walks through latent space: ends that are the ends, grids that are bilinear, and directions that do what they say."""

import numpy as np
import pytest
import torch

from gandash.analyses.interpolation import Interpolation, between_corners, latent, moved, path, principal_directions, walk
from gandash.assembly import networks
from gandash.config import RunConfig

SMALL = {"dataset": "mnist_subset", "architecture": {"name": "dcgan", "options": {"width": 4}}, "latent_dim": 12}


@pytest.fixture(scope="module")
def made():
    return networks(RunConfig(**SMALL))


def test_names_of_latents(made):
    assert torch.equal(latent(made, "12"), latent(made, "12")) and not torch.equal(latent(made, "12"), latent(made, "13"))
    assert torch.equal(latent(made, "f5"), made.fixed_noise()[0][5])
    for wrong in ("", "f64", "-1", "2147483648", "seed", "f", "1.5", "٣٣x"):
        with pytest.raises(ValueError, match="A latent is called"):
            latent(made, wrong)


@pytest.mark.parametrize("way", ["slerp", "lerp"])
def test_a_walk_begins_at_a_and_ends_at_b(made, way):
    a, b = latent(made, "1"), latent(made, "2")
    found = walk(made, path(a, b, 7, way))
    ends = walk(made, torch.stack([a, b]))
    assert found.images.shape == (7, 1, 28, 28) and found.images.dtype == np.uint8
    np.testing.assert_allclose(found.images[[0, -1]].astype(int), ends.images, atol=1)  # a batch of another size may round otherwise
    np.testing.assert_allclose(found.scores[[0, -1]], ends.scores, rtol=1e-4)
    np.testing.assert_allclose(found.scores, made.scores(found.images), rtol=1e-5)


def test_slerp_keeps_to_the_sphere_where_lerp_cuts_through_it():
    a, b = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])
    assert path(a, b, 5, "slerp").norm(dim=1) == pytest.approx(3.0)
    assert path(a, b, 5, "lerp").norm(dim=1).min() == pytest.approx(3 / 2**0.5)


def test_the_grid_between_corners():
    corners = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    square = between_corners(corners, 5, "lerp").reshape(5, 5, 6)
    assert torch.equal(square[[0, 0, -1, -1], [0, -1, 0, -1]], corners)
    for row in range(5):
        for column in range(5):
            u, v = column / 4, row / 4
            weights = torch.tensor([(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v])
            torch.testing.assert_close(square[row, column], weights @ corners)
    turned = between_corners(torch.nn.functional.normalize(corners), 5, "slerp")
    assert turned.norm(dim=1) == pytest.approx(1.0, abs=1e-5)


def test_principal_directions_of_a_linear_generator_are_its_singular_vectors(made, monkeypatch):
    weights = torch.randn(12, 784, generator=torch.Generator().manual_seed(0)) * torch.linspace(1, 0.1, 12)[:, None]
    linear = lambda z, labels: (z @ weights).reshape(-1, 1, 28, 28)  # noqa: E731
    monkeypatch.setattr(made, "generator", linear)
    found = principal_directions(made, 4)
    left, values, _ = torch.linalg.svd(weights)
    agreement = np.abs(np.sum(found.vectors * left[:, :4].T.numpy(), axis=1))
    assert agreement == pytest.approx(1.0, abs=1e-3)
    assert found.shares == pytest.approx((values[:4] ** 2 / (values**2).sum()).numpy(), rel=1e-3)


def test_the_first_direction_changes_the_picture_more_than_the_last(made):
    found = principal_directions(made, 12)
    assert found.vectors @ found.vectors.T == pytest.approx(np.eye(12), abs=1e-5)
    assert found.shares.sum() == pytest.approx(1.0, abs=1e-5) and (np.diff(found.shares) <= 1e-7).all()
    z = made.latents(3, 16)

    def change(key):
        return np.abs(made.generate(torch.stack([moved(each, found, {key: 1.0}) for each in z])).astype(int) - made.generate(z)).mean()

    assert change("p0") > change("p11")


def test_moves_add_up_and_leave_the_latent_alone(made):
    found = principal_directions(made, 2)
    z = latent(made, "5")
    before = z.clone()
    after = moved(z, found, {"p1": 2.0, "z7": -1.0})
    expected = before + 2 * torch.from_numpy(found.vectors[1])
    expected[7] -= 1
    torch.testing.assert_close(after, expected)
    assert torch.equal(z, before)
    for wrong in ("p2", "z12", "q1", "p", "p-1"):
        with pytest.raises(ValueError, match="A direction is"):
            moved(z, found, {wrong: 1.0})


def test_a_class_that_is_not_there_is_refused():
    conditional = networks(RunConfig(**{**SMALL, "architecture": {"name": "auxiliary_classifier", "options": {"width": 4}}}))
    z = conditional.latents(0, 2)
    assert walk(conditional, z, 9).images.shape == (2, 1, 28, 28)
    with pytest.raises(ValueError, match="0 to 9"):
        walk(conditional, z, 10)


def test_the_figure_has_a_picture_and_a_point_for_every_step(made):
    found = walk(made, path(latent(made, "1"), latent(made, "2"), 6, "slerp"))
    strip, curve = Interpolation().figure(found).data
    assert np.asarray(strip.z).shape == (28, 6 * 29 - 1, 3)
    np.testing.assert_allclose(curve.y, found.scores)


def test_a_toy_s_walk_is_drawn_in_its_plane():
    ring = networks(RunConfig(dataset="ring", architecture="mlp", latent_dim=3))
    found = walk(ring, path(latent(ring, "1"), latent(ring, "2"), 6, "slerp"))
    way, curve = Interpolation().figure(found).data
    np.testing.assert_allclose(np.stack([way.x, way.y], axis=1), found.images)
    np.testing.assert_allclose(curve.y, found.scores)
