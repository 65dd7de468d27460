"""Minimax, hinge and the Wasserstein objectives, against values computed by hand."""

from __future__ import annotations

import math

import pytest
import torch
from games import FAKE, REAL, begin, judged_step, tiny
from torch import nn

from gandash.architectures import Judged
from gandash.objectives import Step
from gandash.registry import parts
from gandash.training.loop import play

PLAIN = {"name": "dcgan", "options": {"width": 8, "normalisation_d": "none"}}


def log_sigmoid(x: float) -> float:
    return -math.log1p(math.exp(-x))


def gradient(objective: str, logit: float) -> float:
    """What one logit of a generated image passes on to G."""
    fake = torch.tensor([logit], requires_grad=True)
    parts("objectives")[objective]().generator_loss(judged_step("generator", torch.zeros(1), fake)).backward()
    return fake.grad.item()


# minimax


def test_minimax_losses() -> None:
    objective = parts("objectives")["minimax"]()
    # log(1 - D) of a logit x is log_sigmoid(-x)
    on_fake = (log_sigmoid(3) + log_sigmoid(-0.5)) / 2
    d_loss = -(log_sigmoid(2) + log_sigmoid(-1)) / 2 - on_fake
    assert objective.discriminator_loss(judged_step("discriminator")).item() == pytest.approx(d_loss, rel=1e-6)
    assert objective.generator_loss(judged_step("generator")).item() == pytest.approx(on_fake, rel=1e-6)
    cannot_tell = judged_step("generator", torch.zeros(2), torch.zeros(2))
    assert objective.discriminator_loss(cannot_tell).item() == pytest.approx(2 * math.log(2))
    assert objective.generator_loss(cannot_tell).item() == pytest.approx(-math.log(2))


def test_minimax_is_a_game_of_zero_sum() -> None:
    """What G wins by a generated image, D loses; the real images are beyond G's reach."""
    objective = parts("objectives")["minimax"]()
    d_losses, g_losses = (
        [loss(judged_step("discriminator", REAL, fake)).item() for fake in (FAKE, FAKE + 1.7)]
        for loss in (objective.discriminator_loss, objective.generator_loss)
    )
    assert d_losses[1] - d_losses[0] == pytest.approx(-(g_losses[1] - g_losses[0]), rel=1e-5)


@pytest.mark.parametrize("logit", [-5.0, 0.0, 3.0])
def test_minimax_saturates_where_d_is_sure_and_the_non_saturating_one_does_not(logit: float) -> None:
    said = 1 / (1 + math.exp(-logit))
    assert gradient("minimax", logit) == pytest.approx(-said, rel=1e-5)
    assert gradient("non_saturating", logit) == pytest.approx(said - 1, rel=1e-5)


def test_minimax_aims_at_the_targets() -> None:
    objective = parts("objectives")["minimax"]()
    step = judged_step("discriminator", torch.tensor([2.0]), torch.tensor([-3.0]), targets=(0.9, 0.2, 1.0))
    on_real = 0.9 * log_sigmoid(2) + 0.1 * log_sigmoid(-2)
    on_fake = 0.2 * log_sigmoid(-3) + 0.8 * log_sigmoid(3)
    assert objective.discriminator_loss(step).item() == pytest.approx(-on_real - on_fake, rel=1e-6)
    assert objective.generator_loss(step).item() == pytest.approx(log_sigmoid(3), rel=1e-6)


# hinge


def test_hinge_losses() -> None:
    objective = parts("objectives")["hinge"]()
    # real: 2 is beyond the margin, -1 falls 2 short; generated: -3 is beyond, 0.5 falls 1.5 short
    assert objective.discriminator_loss(judged_step("discriminator")).item() == pytest.approx((0 + 2) / 2 + (0 + 1.5) / 2)
    assert objective.generator_loss(judged_step("generator")).item() == pytest.approx((3 - 0.5) / 2)
    cannot_tell = judged_step("discriminator", torch.zeros(2), torch.zeros(2))
    assert objective.discriminator_loss(cannot_tell).item() == 2


def test_hinge_learns_nothing_from_what_lies_beyond_the_margin() -> None:
    real, fake = (values.clone().requires_grad_() for values in (REAL, FAKE))
    parts("objectives")["hinge"]().discriminator_loss(judged_step("discriminator", real, fake)).backward()
    assert real.grad.tolist() == [0, -0.5] and fake.grad.tolist() == [0, 0.5]


# Wasserstein


@pytest.mark.parametrize("name", ["wasserstein", "wasserstein_gp"])
def test_a_critic_s_losses_are_means_of_its_values(name: str) -> None:
    objective = parts("objectives")[name]({"penalty": 0.0} if name == "wasserstein_gp" else {})
    assert objective.discriminator_loss(judged_step("discriminator")).item() == pytest.approx((-3 + 0.5) / 2 - (2 - 1) / 2)
    assert objective.generator_loss(judged_step("generator")).item() == pytest.approx((3 - 0.5) / 2)
    drifted = judged_step("discriminator", REAL + 7, FAKE + 7)
    assert objective.discriminator_loss(drifted).item() == pytest.approx(-1.75)
    assert objective.critic and objective.critic_steps == 5 and objective.equilibrium is None


def test_wasserstein_clips_every_weight_after_each_update_of_the_critic() -> None:
    game = begin(tiny(PLAIN, {"name": "wasserstein", "options": {"clip": 0.005}}))
    before = [weight.detach().clone() for weight in game.generator.parameters()]
    assert max(weight.abs().max().item() for weight in game.discriminator.parameters()) > 0.05
    metrics = play(game)
    assert all(weight.abs().max() <= 0.005 for weight in game.discriminator.parameters())
    assert any(weight.abs().max().item() == pytest.approx(0.005) for weight in game.discriminator.parameters())
    assert max(weight.abs().max().item() for weight in game.generator.parameters()) > 0.05  # G's are left alone
    assert not all(torch.equal(*pair) for pair in zip(before, game.generator.parameters(), strict=True))
    assert "d_accuracy" not in metrics


@pytest.mark.parametrize("name", ["wasserstein", "wasserstein_gp"])
def test_a_critic_is_updated_five_times_for_each_update_of_g(name: str) -> None:
    game = begin(tiny(PLAIN, name))
    play(game, watched=False)
    for role, updates in (("generator", 1), ("discriminator", 5)):
        optimiser = getattr(game, f"{role}_optimiser").optimizer
        assert {int(state["step"]) for state in optimiser.state.values()} == {updates}, role


def penalised(critic: nn.Module, real: torch.Tensor, fake: torch.Tensor, **options) -> tuple[torch.Tensor, Step]:
    step = Step(
        0,
        "discriminator",
        real=real,
        fake=fake,
        labels=None,
        discriminator=lambda images, labels: Judged(critic(images)),
        real_judged=Judged(critic(real)),
        fake_judged=Judged(critic(fake)),
        random=lambda purpose: torch.Generator().manual_seed(3),
    )
    return parts("objectives")["wasserstein_gp"](options).discriminator_loss(step), step


def linear(weight: torch.Tensor):
    return lambda images: images.flatten(1) @ weight


def test_the_penalty_of_a_linear_critic() -> None:
    """Its slope is |w| = 5 everywhere: (5 - 1)^2 = 16, whose derivative by w is 2 (5 - 1) w / 5."""
    weight = torch.tensor([3.0, 4.0], requires_grad=True)
    zeros = torch.zeros(6, 2)
    loss, step = penalised(linear(weight), zeros, zeros)
    assert step.logged["penalty"].item() == pytest.approx(16)
    assert loss.item() == pytest.approx(10 * 16)
    loss.backward()
    assert weight.grad.tolist() == pytest.approx([10 * 2 * 4 * 3 / 5, 10 * 2 * 4 * 4 / 5], rel=1e-5)


def test_a_critic_with_a_slope_of_one_is_not_penalised_and_a_flat_one_is_by_one() -> None:
    images = torch.randn(5, 1, 2, 1)
    loss, step = penalised(linear(torch.tensor([0.6, 0.8])), images, images)
    assert step.logged["penalty"].item() == pytest.approx(0, abs=1e-12) and loss.item() == pytest.approx(0, abs=1e-6)
    flat = torch.zeros(2, requires_grad=True)
    loss, step = penalised(linear(flat), images, images, penalty=3.0)
    loss.backward()
    assert loss.item() == 3 and torch.isfinite(flat.grad).all()


def test_the_penalty_is_taken_between_a_real_image_and_a_generated_one() -> None:
    """D(x) = x^2 / 2 has the slope |x|; from real 2 to generated 4 it lies between 2 and 4, elsewhere in each pair."""
    seen: list[torch.Tensor] = []

    def critic(images: torch.Tensor) -> torch.Tensor:
        if images.requires_grad:
            seen.append(images.detach().flatten())
        return images.flatten(1).square().sum(1) / 2

    _, step = penalised(critic, torch.full((1000, 1), 2.0), torch.full((1000, 1), 4.0))
    (between,) = seen
    assert 2 <= between.min() < 2.01 and 3.99 < between.max() <= 4
    assert between.mean().item() == pytest.approx(3, abs=0.06)  # uniform: a deviation of 0.58 over 1000 pairs
    assert step.logged["penalty"].item() == pytest.approx((between - 1).square().mean().item(), rel=1e-5)


def test_the_best_slope_is_one_and_a_little_more() -> None:
    """For D(x) = w x, real 3 and generated 0: -3 w + 10 (w - 1)^2 is least where w = 1 + 3 / 20."""
    weight = torch.tensor([0.1], requires_grad=True)
    optimiser = torch.optim.SGD([weight], lr=0.02)
    for _ in range(60):
        optimiser.zero_grad()
        penalised(linear(weight), torch.full((4, 1), 3.0), torch.zeros(4, 1))[0].backward()
        optimiser.step()
    assert weight.item() == pytest.approx(1.15, abs=1e-4)


def test_a_penalty_on_single_images_refuses_batch_normalisation_in_the_critic() -> None:
    reason = tiny("dcgan", "wasserstein_gp").problems()["objective"]
    assert "batch" in reason and "discriminator" in reason
    assert not tiny(PLAIN, "wasserstein_gp").problems()
    assert not tiny("dcgan", "wasserstein_gp", tricks=("virtual_batch_norm",)).problems()
    assert "full precision" in tiny(PLAIN, "wasserstein_gp", precision="bf16-mixed").problems()["objective"]


def test_the_penalty_goes_with_a_virtual_batch_norm_whose_statistics_carry_gradients() -> None:
    game = begin(tiny("dcgan", "wasserstein_gp", tricks=("virtual_batch_norm",)))
    metrics = [play(game) for _ in range(2)]
    assert all(math.isfinite(value) for line in metrics for value in line.values())
