"""What the tricks of practice do to a game, against values computed by hand."""

from __future__ import annotations

import pytest
import torch
from games import FAKE, POINTS, REAL, begin, judged_step, tiny
from torch import nn

from gandash.architectures import Judged
from gandash.assembly import networks
from gandash.config import RunConfig
from gandash.objectives import Step, Targets
from gandash.randomness import generator
from gandash.registry import parts
from gandash.training.loop import play

PLAIN = {"name": "dcgan", "options": {"width": 8, "normalisation_d": "none"}}


def trick(name: str, **options):
    return parts("tricks")[name](options)


def with_tricks(*choices: str | dict, architecture: str | dict = "dcgan", objective: str = "non_saturating", **more) -> RunConfig:
    return tiny(architecture, objective, tricks=choices, **more)


def step_of(phase: str, number: int = 0) -> Step:
    return Step(number, phase, random=lambda purpose: generator(0, purpose, number))


def targets_of(count: int) -> Targets:
    return Targets(torch.ones(count), torch.zeros(count), torch.ones(count))


# soft and noisy labels


def test_soft_labels_lie_evenly_between_the_ideal_and_the_amount() -> None:
    real, fake, own = trick("soft_noisy_labels", amount=0.1).targets(targets_of(20_000), step_of("discriminator"))
    assert 0.9 <= real.min() < 0.9001 and 0.9999 < real.max() <= 1 and real.mean().item() == pytest.approx(0.95, abs=1e-3)
    assert 0 <= fake.min() < 1e-4 and 0.0999 < fake.max() <= 0.1 and fake.mean().item() == pytest.approx(0.05, abs=1e-3)
    assert (own == 1).all()
    assert abs(torch.corrcoef(torch.stack([real, fake]))[0, 1]) < 0.03  # each drawn on its own


def test_soft_labels_are_drawn_anew_at_each_step_and_leave_g_alone() -> None:
    soft, targets = trick("soft_noisy_labels"), targets_of(4)
    first, again, later = (soft.targets(targets, step_of("discriminator", number)).real for number in (0, 0, 1))
    assert torch.equal(first, again) and not torch.equal(first, later)
    assert soft.targets(targets, step_of("generator")) is targets


@pytest.mark.parametrize("name", [name for name in parts("objectives") if parts("objectives")[name].uses_targets])
def test_a_flip_of_all_three_targets_is_a_change_of_names(name: str) -> None:
    """Every objective with targets must give -x at 1 - t the loss that it gives x at t: soft_noisy_labels relies on it."""
    objective = parts("objectives")[name]()
    told = judged_step("discriminator", targets=(0.93, 0.04, 1.0))
    flipped = judged_step("discriminator", -REAL, -FAKE, targets=(0.07, 0.96, 0.0))
    for loss in (objective.discriminator_loss, objective.generator_loss):
        assert loss(flipped).item() == pytest.approx(loss(told).item(), rel=1e-5)


def test_a_flipped_game_is_the_mirror_image_of_the_plain_one() -> None:
    """D's network starts mirrored, by its head, and both games stay the same: each logit of D, and all of G."""
    games = [begin(with_tricks({"name": "soft_noisy_labels", "options": {"flipped": flipped}})) for flipped in (False, True)]
    plain, flipped = games
    with torch.no_grad():
        flipped.discriminator.head[0].weight.neg_()
    assert play(plain) == play(flipped) and play(plain) == play(flipped)
    assert all(torch.equal(*pair) for pair in zip(plain.generator.parameters(), flipped.generator.parameters(), strict=True))
    assert torch.equal(plain.discriminator.head[0].weight, -flipped.discriminator.head[0].weight)


def test_a_flipped_d_says_fake_itself_and_real_to_everyone_else() -> None:
    config = with_tricks(
        "soft_noisy_labels", objective="least_squares", discriminator_optimiser={"name": "adam", "options": {"learning_rate": 0.002}}
    )
    game = begin(config)
    metrics = [play(game) for _ in range(12)][-1]
    assert metrics["d_real"] > metrics["d_fake_before"] + 0.2 and metrics["d_accuracy"] > 0.9
    discriminator, images = game.discriminator.eval(), torch.randn(3, 1, 28, 28)
    own = discriminator.head(discriminator.blocks(images)).flatten()
    assert torch.equal(discriminator(images).logits, -own)
    seen = networks(config)  # as a page has it, from the saved weights
    seen.discriminator.load_state_dict(discriminator.state_dict())
    assert torch.equal(seen.discriminator(images).logits, -own)


def test_label_games_need_targets_and_do_not_meet_twice() -> None:
    for name in ("soft_noisy_labels", "label_flips"):
        assert "no targets" in with_tricks(name, objective="hinge").problems()[f"tricks.{name}"]
    assert "label smoothing" in with_tricks("soft_noisy_labels", "label_smoothing").problems()["tricks.soft_noisy_labels"].lower()


# random label flips


def test_label_flips_are_as_frequent_as_they_should_be() -> None:
    real, fake, own = trick("label_flips", probability=0.2).targets(targets_of(50_000), step_of("discriminator"))
    assert set(real.unique().tolist()) == set(fake.unique().tolist()) == {0.0, 1.0}
    assert (1 - real).mean().item() == pytest.approx(0.2, abs=0.006)  # three deviations
    assert fake.mean().item() == pytest.approx(0.2, abs=0.006)
    assert ((real == 0) & (fake == 1)).float().mean().item() == pytest.approx(0.04, abs=0.003)  # independent of each other
    assert (own == 1).all()


def test_a_flipped_label_is_the_other_kind_s_softness_included_and_g_is_told_the_truth() -> None:
    softened, flips = Targets(torch.full((1000,), 0.9), torch.full((1000,), 0.2), torch.ones(1000)), trick("label_flips", probability=0.5)
    assert flips.targets(softened, step_of("generator")) is softened
    real, fake, _ = flips.targets(softened, step_of("discriminator"))
    assert {round(value, 3) for value in real.tolist()} == {round(value, 3) for value in fake.tolist()} == {0.9, 0.2}


def test_label_flips_fade() -> None:
    flips = trick("label_flips", probability=0.4, fade=100)
    assert [flips.probability(number) for number in (0, 25, 100, 500)] == pytest.approx([0.4, 0.3, 0.0, 0.0])
    assert trick("label_flips", probability=0.4).probability(10**6) == 0.4
    assert torch.equal(flips.targets(targets_of(100), step_of("discriminator", 100)).real, torch.ones(100))


# instance noise


@pytest.mark.parametrize(("number", "deviation"), [(0, 0.5), (60, 0.2), (100, 0.0), (101, 0.0)])
def test_instance_noise_fades_evenly(number: int, deviation: float) -> None:
    noise, images = trick("instance_noise", deviation=0.5, fade=100), torch.full((50, 1, 28, 28), 0.25)
    for phase in ("discriminator", "generator"):
        for origin in ("real", "fake"):
            step = step_of(phase, number)
            added = noise.images(images, step, origin) - images
            assert added.mean().item() == pytest.approx(0, abs=0.01)
            assert added.var().item() == pytest.approx(deviation**2, rel=0.03)
            if phase == "discriminator":
                assert step.logged["instance_noise"].item() == pytest.approx(deviation)
    assert trick("instance_noise", deviation=0.5, fade=0).deviation(10**6) == 0.5


def test_instance_noise_differs_by_image_origin_phase_and_step() -> None:
    noise, images = trick("instance_noise"), torch.zeros(2, 1, 4, 4)
    drawn = [
        noise.images(images, step_of(phase, number), origin)
        for phase in ("discriminator", "generator")
        for origin in ("real", "fake")
        for number in (0, 1)
    ]
    assert len({tuple(image.flatten().tolist()) for batch in drawn for image in batch}) == 16
    assert torch.equal(noise.images(images, step_of("discriminator"), "real"), drawn[0])


def test_d_is_never_shown_an_image_without_noise() -> None:
    game = begin(with_tricks({"name": "instance_noise", "options": {"deviation": 1.0}}, objective="relativistic", architecture=PLAIN))
    ranges: list[float] = []
    game.discriminator.register_forward_pre_hook(lambda network, args: ranges.append(args[0].detach().abs().max().item()))
    play(game)
    assert len(ranges) == 4 and min(ranges) > 1.5  # real and generated, for D and for G


# two time scales, updates of D


def test_two_time_scales_multiply_d_s_learning_rate_alone() -> None:
    adam = {"name": "adam", "options": {"learning_rate": 1e-4}}
    options = {"architecture": PLAIN, "generator_optimiser": adam, "discriminator_optimiser": adam}
    game = begin(with_tricks({"name": "two_time_scale", "options": {"ratio": 5.0}}, **options))
    plain = begin(with_tricks(**options))
    assert game.discriminator_optimiser.param_groups[0]["lr"] == pytest.approx(5e-4)
    assert game.generator_optimiser.param_groups[0]["lr"] == plain.discriminator_optimiser.param_groups[0]["lr"] == 1e-4
    before = [weight.detach().clone() for weight in plain.discriminator.parameters()]
    for each in (game, plain):
        play(each, watched=False)
    for each, length in ((game, 5e-4), (plain, 1e-4)):  # Adam's first step is as long as the learning rate
        moved = [(now - then).flatten() for now, then in zip(each.discriminator.parameters(), before, strict=True)]
        assert torch.cat(moved).abs().median().item() == pytest.approx(length, rel=0.01)


@pytest.mark.parametrize("objective", ["non_saturating", "wasserstein"])
def test_critic_steps_are_what_was_chosen_whatever_is_customary(objective: str) -> None:
    game = begin(with_tricks({"name": "critic_steps", "options": {"updates": 3}}, architecture=PLAIN, objective=objective))
    play(game, watched=False)
    assert {int(state["step"]) for state in game.discriminator_optimiser.optimizer.state.values()} == {3}
    assert {int(state["step"]) for state in game.generator_optimiser.optimizer.state.values()} == {1}


def test_updates_of_d_are_fixed_or_adaptive() -> None:
    problems = with_tricks("critic_steps", "adaptive_critic_steps").problems()
    assert list(problems) == ["tricks.critic_steps"] and "either" in problems["tricks.critic_steps"]


# gradient clipping


def test_gradient_clipping_shortens_and_keeps_the_direction() -> None:
    network = nn.Linear(2, 1, bias=True)
    network.weight.grad, network.bias.grad = torch.tensor([[3.0, 0.0]]), torch.tensor([4.0])
    step = step_of("discriminator")
    trick("gradient_clipping", norm=2.0).before_optimiser_step(step, network)
    assert network.weight.grad.flatten().tolist() == pytest.approx([1.2, 0.0]) and network.bias.grad.item() == pytest.approx(1.6)
    assert step.logged["d_grad_norm_before_clipping"].item() == pytest.approx(5)
    trick("gradient_clipping", norm=10.0).before_optimiser_step(step, network)
    assert network.bias.grad.item() == pytest.approx(1.6)  # short enough already


@pytest.mark.parametrize("players", ["both", "generator", "discriminator"])
def test_gradient_clipping_of_whom_it_is_asked(players: str) -> None:
    game = begin(with_tricks({"name": "gradient_clipping", "options": {"norm": 0.001, "players": players}}))
    metrics = play(game)
    for role in ("generator", "discriminator"):
        clipped = players in ("both", role)
        assert (metrics[f"{role[0]}_grad_norm"] <= 0.001 * (1 + 1e-4)) == clipped
        assert (f"{role[0]}_grad_norm_before_clipping" in metrics) == clipped


def test_scaled_gradients_are_not_clipped() -> None:
    assert "16-mixed" in with_tricks("gradient_clipping", precision="16-mixed").problems()["tricks.gradient_clipping"]


# one mixed batch


@pytest.mark.parametrize("architecture", ["dcgan", "auxiliary_classifier"])
def test_a_mixed_batch_is_one_pass_over_both(architecture: str) -> None:
    game = begin(with_tricks("mixed_batch", architecture=architecture))
    real, fake = torch.randn(6, 1, 28, 28), torch.randn(6, 1, 28, 28) * 0.3
    labels = (torch.arange(6), torch.arange(6) + 2) if game.conditional else (None, None)
    passes: list[int] = []
    game.discriminator.register_forward_pre_hook(lambda network, args: passes.append(len(args[0])))
    step = Step(0, "discriminator", real=real, fake=fake, labels=labels[0], fake_labels=labels[1], discriminator=game.D)
    of_real, of_fake = game.tricks[0].judge(step)
    assert passes == [12]
    together = game.discriminator(torch.cat([real, fake]), torch.cat(labels) if game.conditional else None)
    assert torch.equal(torch.cat([of_real.logits, of_fake.logits]), together.logits)
    assert len(of_real.logits) == len(of_fake.logits) == 6
    if architecture == "auxiliary_classifier":
        assert torch.equal(torch.cat([of_real.class_logits, of_fake.class_logits]), together.class_logits)
    alone = game.discriminator(real, labels[0])
    assert not torch.allclose(of_real.logits, alone.logits, atol=1e-3)  # batch normalisation has seen both kinds


def test_a_mixed_batch_takes_the_labels_of_both() -> None:
    told: list[torch.Tensor] = []

    def discriminator(images: torch.Tensor, labels: torch.Tensor) -> Judged:
        told.append(labels)
        return Judged(images.flatten(1).sum(1))

    labels = {"labels": torch.tensor([4, 5]), "fake_labels": torch.tensor([6, 7])}
    step = Step(0, "discriminator", real=torch.ones(2, 1), fake=torch.zeros(2, 1), discriminator=discriminator, **labels)
    real, fake = trick("mixed_batch").judge(step)
    assert told[0].tolist() == [4, 5, 6, 7]
    assert real.logits.tolist() == [1, 1] and fake.logits.tolist() == [0, 0] and real.class_logits is None


def test_mixing_matters_only_to_batch_normalisation() -> None:
    assert "batch normalisation" in with_tricks("mixed_batch", architecture=PLAIN).problems()["tricks.mixed_batch"]
    games = [begin(with_tricks(architecture=PLAIN)) for _ in range(2)]
    games[1].tricks.append(trick("mixed_batch"))
    one, other = (play(game) for game in games)
    assert one["d_loss"] == pytest.approx(other["d_loss"], rel=1e-5)


# unnormalised images


@pytest.mark.parametrize(("stored", "low", "high"), [("zero_to_one", 0.0, 1.0), ("zero_to_255", 0.0, 255.0)])
def test_d_s_network_sees_real_images_as_they_are_stored_and_g_s_as_tanh_gives_them(stored: str, low: float, high: float) -> None:
    game = begin(with_tricks({"name": "unnormalised_images", "options": {"range": stored}}))
    seen: list[torch.Tensor] = []
    game.discriminator.blocks.register_forward_pre_hook(lambda network, args: seen.append(args[0].detach()))
    raw: list[torch.Tensor] = []
    game.generator.blocks.register_forward_hook(lambda network, args, out: raw.append(out.detach()))
    play(game, watched=False)
    real, fake, _ = seen
    assert real.min().item() == pytest.approx(low, abs=1e-5) and real.max().item() == pytest.approx(high, rel=1e-5)
    assert torch.allclose(real, game.images[game._order(0, 0)[:8]].float() / 255 * high, atol=1e-4)
    assert fake.abs().max() <= 1 + 1e-4 and torch.allclose(fake, raw[0], atol=2e-5)


def test_what_an_unnormalised_g_makes_is_shown_in_the_stored_range() -> None:
    """Its tanh says 0.5: that is half grey where pixels go up to 1, and black where they go up to 255; below 0 there is nothing."""
    for stored, said, shown in (("zero_to_one", 0.5, 128), ("zero_to_one", -0.7, 0), ("zero_to_255", 0.99, 1), ("zero_to_255", 0.2, 0)):
        seen = networks(with_tricks({"name": "unnormalised_images", "options": {"range": stored}}))
        seen.generator.blocks = nn.Sequential(nn.Flatten(), nn.LazyLinear(1, bias=False), nn.Unflatten(1, (1, 1, 1)))
        seen.generator.blocks.register_forward_hook(lambda network, args, out, said=said: torch.full_like(out, said))
        assert seen.generate(torch.zeros(2, 8)).flatten().tolist() == [shown, shown]


def test_weights_of_a_wrapped_run_are_those_of_the_plain_one() -> None:
    """Flipped labels and unnormalised images change what goes in and out of the networks, and no name in a file of weights."""
    plain = networks(tiny())
    wrapped = networks(with_tricks("soft_noisy_labels", "unnormalised_images"))
    assert wrapped.discriminator.state_dict().keys() == plain.discriminator.state_dict().keys()
    assert wrapped.generator.state_dict().keys() == plain.generator.state_dict().keys()


@pytest.mark.parametrize("name", ["differentiable_augmentation", "unnormalised_images"])
def test_what_is_done_to_images_cannot_be_done_to_points(name: str) -> None:
    assert "points" in with_tricks(name, architecture="mlp", dataset=POINTS).problems()[f"tricks.{name}"]
