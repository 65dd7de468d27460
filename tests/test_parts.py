"""The parts' numbers against values computed by hand, and what is peculiar to each."""

from __future__ import annotations

import math

import pytest
import torch
from games import begin, judged_step, tiny
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from gandash.architectures import Judged
from gandash.architectures._convolutional import FromPoint, ToPoint
from gandash.objectives import Step
from gandash.priors import lerp, slerp
from gandash.registry import parts
from gandash.training.loop import play


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


# objectives


def test_non_saturating_losses() -> None:
    objective = parts("objectives")["non_saturating"]()
    d_loss = -(math.log(sigmoid(2)) + math.log(sigmoid(-1))) / 2 - (math.log(1 - sigmoid(-3)) + math.log(1 - sigmoid(0.5))) / 2
    g_loss = -(math.log(sigmoid(-3)) + math.log(sigmoid(0.5))) / 2
    assert objective.discriminator_loss(judged_step("discriminator")).item() == pytest.approx(d_loss, rel=1e-6)
    assert objective.generator_loss(judged_step("generator")).item() == pytest.approx(g_loss, rel=1e-6)


def test_non_saturating_losses_aim_at_the_targets() -> None:
    objective = parts("objectives")["non_saturating"]()
    step = judged_step("discriminator", targets=(0.9, 0.2, 0.7))

    def entropy(target: float, logit: float) -> float:
        return -target * math.log(sigmoid(logit)) - (1 - target) * math.log(sigmoid(-logit))

    d_loss = (entropy(0.9, 2) + entropy(0.9, -1) + entropy(0.2, -3) + entropy(0.2, 0.5)) / 2
    assert objective.discriminator_loss(step).item() == pytest.approx(d_loss, rel=1e-6)
    assert objective.generator_loss(step).item() == pytest.approx((entropy(0.7, -3) + entropy(0.7, 0.5)) / 2, rel=1e-6)


def test_least_squares_losses() -> None:
    objective = parts("objectives")["least_squares"]()
    # D(x) is 2.5, -0.5 for real and -2.5, 1.0 for generated images
    d_loss = 0.5 * ((1.5**2 + 1.5**2) / 2 + (2.5**2 + 1.0**2) / 2)
    assert objective.discriminator_loss(judged_step("discriminator")).item() == pytest.approx(d_loss)
    assert objective.generator_loss(judged_step("generator")).item() == pytest.approx(0.5 * (3.5**2 + 0.0) / 2)
    cannot_tell = judged_step("discriminator", torch.zeros(2), torch.zeros(2))
    assert objective.discriminator_loss(cannot_tell).item() == 0.25
    assert objective.generator_loss(cannot_tell).item() == 0.125


@pytest.mark.parametrize("gamma", [0.0, 3.0])
def test_relativistic_losses_and_both_penalties(gamma: float) -> None:
    """D(x) = sum(x^3): its gradient is 3 x^2, so an image's penalty is 9 sum(x^4)."""
    objective = parts("objectives")["relativistic"]({"gamma": gamma})
    real = torch.tensor([[1.0, 0.5], [-1.0, 0.2]], requires_grad=True)
    fake = torch.tensor([[0.1, 0.3], [0.7, -0.6]], requires_grad=True)
    step = Step(0, "discriminator", real=real, fake=fake, real_judged=Judged((real**3).sum(1)), fake_judged=Judged((fake**3).sum(1)))
    pairs = [(1 + 0.125) - (0.001 + 0.027), (-1 + 0.008) - (0.343 - 0.216)]
    r1 = 9 * ((1 + 0.0625) + (1 + 0.0016)) / 2
    r2 = 9 * ((0.0001 + 0.0081) + (0.2401 + 0.1296)) / 2
    d_loss = sum(math.log1p(math.exp(-pair)) for pair in pairs) / 2 + gamma / 2 * (r1 + r2)
    assert objective.discriminator_loss(step).item() == pytest.approx(d_loss, rel=1e-5)
    assert objective.generator_loss(step).item() == pytest.approx(sum(math.log1p(math.exp(pair)) for pair in pairs) / 2, rel=1e-5)
    logged = {name: value.item() for name, value in step.logged.items()}
    assert logged == (pytest.approx({"penalty_r1": r1, "penalty_r2": r2}, rel=1e-5) if gamma else {})


def test_the_relativistic_penalty_reaches_the_weights() -> None:
    """For D(x) = w x, the penalties are w^2 each: gamma / 2 * 2 w^2 has the derivative 2 gamma w."""
    weight = torch.tensor(1.5, requires_grad=True)
    x = torch.zeros(4, 1, requires_grad=True)
    y = torch.zeros(4, 1, requires_grad=True)
    step = Step(0, "discriminator", real=x, fake=y, real_judged=Judged((weight * x).sum(1)), fake_judged=Judged((weight * y).sum(1)))
    parts("objectives")["relativistic"]({"gamma": 2.0}).discriminator_loss(step).backward()
    assert weight.grad.item() == pytest.approx(2 * 2.0 * 1.5)


def test_a_gradient_penalty_needs_full_precision() -> None:
    assert "full precision" in tiny(objective="relativistic", precision="bf16-mixed").problems()["objective"]
    assert not tiny(objective="least_squares", precision="bf16-mixed").problems()


# architectures


def test_dcgan_is_the_paper_s_at_64_pixels() -> None:
    generator, discriminator = parts("architectures")["dcgan"]({"width": 64}).build((3, 64, 64), 0, 100)
    assert (count(generator), count(discriminator)) == (3_576_704, 2_765_568)


def test_dcgan_parameters_layer_by_layer_at_28_pixels() -> None:
    generator, discriminator = parts("architectures")["dcgan"]({"width": 16}).build((1, 28, 28), 10, 50)
    assert count(generator) == 50 * 32 * 49 + 2 * 32 + 32 * 16 * 16 + 2 * 16 + 16 * 1 * 16
    assert count(discriminator) == 1 * 16 * 16 + 16 * 32 * 16 + 2 * 32 + 32 * 49


@pytest.mark.parametrize("side", [8, 28, 32, 48, 64, 128])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("head", ["convolution", "global_pooling", "fully_connected"])
def test_dcgan_is_one_family(side: int, channels: int, head: str) -> None:
    options = {"width": 2, "head": head, "normalisation_g": "instance", "normalisation_d": "none", "dropout": 0.25}
    generator, discriminator = parts("architectures")["dcgan"](options).build((channels, side, side), 0, 3)
    images = generator(torch.randn(2, 3))
    assert images.shape == (2, channels, side, side)
    assert discriminator(images).logits.shape == (2,)
    maps = [int(name.rsplit("x", 1)[1]) for name in discriminator.cam_layers]
    assert maps == [side >> index for index in range(1, len(maps) + 1)] and 4 <= maps[-1] <= 7
    for name, layer in discriminator.cam_layers.items():
        images = layer(images)
        assert f"{images.shape[2]}x{images.shape[3]}" in name


def test_dcgan_starts_from_the_paper_s_weights() -> None:
    torch.manual_seed(0)
    generator, _ = parts("architectures")["dcgan"]().build((3, 64, 64), 0, 100)
    for module in generator.modules():
        if isinstance(module, nn.ConvTranspose2d):
            assert module.weight.std().item() == pytest.approx(0.02, rel=0.05) and module.bias is None
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.mean().item() == pytest.approx(1, abs=0.01) and not module.bias.any()


@pytest.mark.parametrize("bias", [True, False])
def test_the_first_and_the_last_layer_are_the_convolutions_that_they_are_called(bias: bool) -> None:
    z, features = torch.randn(3, 5, 1, 1), torch.randn(3, 5, 4, 4).to(memory_format=torch.channels_last)
    for kind, plain, x in ((FromPoint, nn.ConvTranspose2d, z), (ToPoint, nn.Conv2d, features)):
        mine, theirs = kind(5, 6, 4, bias=bias), plain(5, 6, 4, bias=bias)
        theirs.load_state_dict(mine.state_dict())
        assert torch.allclose(mine(x), theirs(x), atol=1e-6)


@pytest.mark.parametrize("size", [30, 100, 44])
def test_dcgan_refuses_sizes_that_cannot_be_doubled_up_to(size: int) -> None:
    problems = tiny(dataset={"name": "digits", "options": {"size": size}}).problems()
    assert "doubling" in problems["architecture"]


@pytest.mark.parametrize(("shape", "options"), [((2,), {}), ((3, 9, 7), {"normalisation_g": "batch", "normalisation_d": "layer"})])
def test_mlp_takes_any_shape(shape: tuple[int, ...], options: dict) -> None:
    generator, discriminator = parts("architectures")["mlp"]({"width": 4, "depth": 2, **options}).build(shape, 0, 5)
    images = generator(torch.randn(3, 5))
    assert images.shape == (3, *shape)
    assert discriminator(images).logits.shape == (3,) and not discriminator.cam_layers


def test_mlp_parameters() -> None:
    generator, discriminator = parts("architectures")["mlp"]({"width": 8, "depth": 3}).build((1, 28, 28), 0, 10)
    assert count(generator) == (10 + 1) * 8 + (8 + 1) * 16 + (16 + 1) * 32 + (32 + 1) * 784
    assert count(discriminator) == (784 + 1) * 32 + (32 + 1) * 16 + (16 + 1) * 8 + (8 + 1)


def test_the_auxiliary_classifier_s_loss_of_both_players() -> None:
    architecture = parts("architectures")["auxiliary_classifier"]({"class_weight": 2.0})
    on_real, on_fake = torch.tensor([[0.0, math.log(3)]]), torch.tensor([[math.log(4), 0.0]])
    step = Step(
        0,
        "discriminator",
        labels=torch.tensor([1]),
        fake_labels=torch.tensor([1]),
        real_judged=Judged(torch.zeros(1), on_real),
        fake_judged=Judged(torch.zeros(1), on_fake),
    )
    assert architecture.class_loss(step).item() == pytest.approx(2 * (math.log(4 / 3) + math.log(5)), rel=1e-6)
    assert step.logged["d_class_loss"].item() == pytest.approx(math.log(4 / 3) + math.log(5), rel=1e-6)
    step.phase = "generator"
    assert architecture.class_loss(step).item() == pytest.approx(2 * math.log(5), rel=1e-6)


def test_the_auxiliary_classifier_teaches_the_generator_its_classes() -> None:
    """Only G's class embedding can tell it the class, so a gradient there is the class loss's work."""
    game = begin(tiny(architecture={"name": "auxiliary_classifier", "options": {"width": 8}}))
    before = game.generator.embedding.weight.detach().clone()
    assert {"d_class_loss", "g_class_loss"} <= play(game).keys()
    assert not torch.equal(before, game.generator.embedding.weight)
    with pytest.raises(ValueError, match="class"):
        game.generator(torch.zeros(1, 8))


# priors

numbers = st.floats(-3, 3, allow_nan=False, width=32)
vectors = st.integers(2, 12).flatmap(lambda size: st.tuples(*[st.lists(numbers, min_size=size, max_size=size)] * 2))


@given(vectors)
@settings(max_examples=200, deadline=None)
def test_slerp_keeps_norms_and_turns_evenly(pair: tuple[list[float], list[float]]) -> None:
    a, b = (torch.tensor(values, dtype=torch.float64) for values in pair)
    if min(a.norm(), b.norm()) < 1e-3:
        return
    way = slerp(a, b, 9)
    assert torch.equal(way[0], a) and torch.equal(way[-1], b)
    expected = torch.linspace(0, 1, 9, dtype=torch.float64) * (b.norm() - a.norm()) + a.norm()
    assert torch.allclose(way.norm(dim=1), expected, atol=1e-6)
    units = way / way.norm(dim=1, keepdim=True)
    chords = (units[1:] - units[:-1]).norm(dim=1)
    assert torch.allclose(chords, chords.mean(), atol=1e-5)


def test_slerp_by_hand() -> None:
    way = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), 3)
    assert way[1].tolist() == pytest.approx([2 * math.sqrt(0.5)] * 2)


@pytest.mark.parametrize("scale", [-1.0, -2.5, 1.0, 4.0])
def test_slerp_of_parallel_and_opposite_vectors(scale: float) -> None:
    a = torch.randn(16, generator=torch.Generator().manual_seed(3))
    way = slerp(a, scale * a, 33)
    expected = torch.linspace(1, abs(scale), 33) * a.norm()
    assert torch.isfinite(way).all()
    assert torch.allclose(way.norm(dim=1), expected, rtol=1e-4)


def test_slerp_where_there_is_no_direction_is_the_straight_line() -> None:
    zero, one = torch.zeros(4), torch.ones(4)
    assert torch.equal(slerp(zero, one, 5), lerp(zero, one, 5))
    assert slerp(torch.tensor([1.0]), torch.tensor([-1.0]), 3).flatten().tolist() == [1, 0, -1]
    assert torch.equal(slerp(one, one, 1), one[None])


def test_a_uniform_path_stays_in_the_cube_and_a_normal_one_on_the_sphere() -> None:
    random = torch.Generator().manual_seed(0)
    uniform, normal = parts("priors")["uniform"](), parts("priors")["normal"]()
    a, b = uniform.sample(2, 100, random)
    assert a.abs().max() <= 1 and a.min() < -0.9
    assert uniform.path(a, b, 20).abs().max() <= 1
    a, b = normal.sample(2, 400, random)
    assert ((normal.path(a, b, 20).norm(dim=1) - 20).abs() < 2).all()
    assert lerp(a, b, 3)[1].norm() < 16  # the straight line cuts through where no latent ever is


def test_a_mixture_has_its_clouds_far_apart_and_a_normal_prior_s_variance() -> None:
    prior = parts("priors")["gaussian_mixture"]({"clusters": 7, "spread": 0.3})
    z = prior.sample(7000, 200, torch.Generator().manual_seed(0))
    assert float(z.var()) == pytest.approx(1, abs=0.06)
    nearest = torch.cdist(z, prior.centres(200)).argsort(1)[:, :2]
    own = z - prior.centres(200)[nearest[:, 0]]
    assert float(own.std()) == pytest.approx(0.3, abs=0.003)  # each lies around one centre, as far as it was told
    counts = nearest[:, 0].bincount(minlength=7)
    assert counts.min() > 880 and counts.max() < 1120  # 1,000 each, give or take four standard deviations
    assert torch.cdist(prior.centres(200), prior.centres(200)).fill_diagonal_(99).min() > 4 * 0.3 * math.sqrt(2)


# optimisers


def test_nesterov_needs_momentum() -> None:
    config = tiny(generator_optimiser={"name": "sgd", "options": {"nesterov": True}})
    assert "momentum" in config.problems()["generator_optimiser"]


def test_adam_s_first_step_is_as_long_as_the_learning_rate() -> None:
    weight = nn.Parameter(torch.tensor([1.0, -1.0]))
    optimiser = parts("optimisers")["adam"]({"learning_rate": 0.01}).build([weight])
    weight.grad = torch.tensor([100.0, -0.001])
    optimiser.step()
    assert weight.tolist() == pytest.approx([0.99, -0.99], abs=1e-6)
