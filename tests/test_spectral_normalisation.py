"""Spectral normalisation against singular value decompositions."""

from __future__ import annotations

import copy

import pytest
import torch
from games import begin, small, tiny
from torch import nn
from torch.nn.utils import parametrize

from gandash.assembly import networks
from gandash.config import RunConfig
from gandash.registry import parts
from gandash.training.loop import play
from gandash.tricks.spectral_normalisation import SpectralNorm, leading_singular_vectors

PLAIN = {"name": "dcgan", "options": {"width": 8, "normalisation_d": "none"}}


def normalised(architecture, objective: str = "non_saturating", **more) -> RunConfig:
    return tiny(architecture, objective, tricks=("spectral_normalisation",), **more)


def norms(network: nn.Module) -> list[float]:
    """Of every layer's weight, read as a matrix of output channels by everything else."""
    weights = [module.weight for module in network.modules() if isinstance(module, (nn.Linear, nn.Conv2d, nn.Embedding))]
    return [torch.linalg.matrix_norm(weight.detach().double().flatten(1), 2).item() for weight in weights]


@pytest.mark.parametrize("name", list(parts("architectures")))
def test_the_spectral_norm_of_every_layer_of_d_is_one_before_and_after_a_step(name: str) -> None:
    fast = {"name": "adam", "options": {"learning_rate": 0.01}}  # one step turns the singular vectors far
    game = begin(normalised(small("architectures", name), discriminator_optimiser=fast))
    layers = len(norms(game.discriminator))
    assert layers >= 3
    assert norms(game.discriminator) == pytest.approx([1.0] * layers, abs=1e-4)
    play(game, watched=False)
    assert norms(game.discriminator.eval()) == pytest.approx([1.0] * layers, abs=1e-4)
    assert not any(parametrize.is_parametrized(module) for module in game.generator.modules())


@pytest.mark.parametrize("shape", [(64, 300), (300, 64), (1, 40), (40, 1), (7, 7)])
def test_leading_singular_vectors_are_those_of_the_decomposition(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    left, right = leading_singular_vectors(matrix)
    u, s, v = torch.linalg.svd(matrix)
    assert torch.dot(left, matrix @ right).item() == pytest.approx(s[0].item(), rel=1e-5)
    assert abs(torch.dot(left, u[:, 0]).item()) == pytest.approx(1, abs=1e-4)
    assert abs(torch.dot(right, v[0]).item()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("close", [1.0, 0.9999, 0.999, 0.99])
def test_singular_values_that_lie_close_do_not_matter(close: float) -> None:
    """The worst case for power iteration: eight values within ``close`` of the largest."""
    random = torch.Generator().manual_seed(1)
    left, right = (torch.linalg.qr(torch.randn(32, 32, generator=random))[0] for _ in range(2))
    values = torch.cat([torch.ones(1), torch.full((8,), close), torch.full((23,), 0.5)])
    weight = SpectralNorm()(3 * left @ torch.diag(values) @ right)
    assert 1 - 1e-5 <= torch.linalg.matrix_norm(weight, 2).item() <= 1 + 1e-3


def test_the_gradient_passes_through_the_norm_as_in_the_paper() -> None:
    """d(W / s) / dW against finite differences, in double precision; a W of zeros stays finite."""
    weight = torch.randn(3, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(2), requires_grad=True)
    assert torch.autograd.gradcheck(SpectralNorm(), weight)
    assert torch.isfinite(SpectralNorm()(torch.zeros(3, 4))).all()


def test_the_norm_is_taken_in_full_precision() -> None:
    weight = torch.randn(16, 30, generator=torch.Generator().manual_seed(0))
    with torch.autocast("cpu", torch.bfloat16):
        inside = SpectralNorm()(weight)
    assert torch.equal(inside, SpectralNorm()(weight))


def test_spectral_normalisation_has_no_state_beside_the_weights_and_looks_the_same_from_outside() -> None:
    config = normalised(PLAIN)
    game = begin(config)
    play(game, watched=False)
    assert not list(game.discriminator.buffers())
    seen, images = networks(config), torch.randn(3, 1, 28, 28)
    seen.discriminator.load_state_dict(game.discriminator.state_dict())
    assert torch.equal(seen.discriminator(images).logits, game.discriminator.train()(images).logits)
    assert torch.equal(seen.discriminator(images).logits, copy.deepcopy(seen.discriminator)(images).logits)
    assert seen.discriminator.cam_layers


def test_spectral_normalisation_takes_the_place_of_clipping() -> None:
    config = normalised(PLAIN, objective="wasserstein")
    assert "clip" in config.problems()["tricks.spectral_normalisation"]
    game = begin(normalised(PLAIN, objective="wasserstein_gp"))  # and goes with a penalty
    assert play(game)["penalty"] <= 1
    assert all(parametrize.is_parametrized(module) for module in game.discriminator.modules() if isinstance(module, nn.Conv2d))
