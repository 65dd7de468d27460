"""What each trick does to a game, against values computed by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from games import FAKE, REAL, begin, judged_step, tiny
from torch import nn

from gandash.assembly import networks
from gandash.datasets import Images
from gandash.objectives import Step, Targets
from gandash.registry import parts
from gandash.training.loop import play
from gandash.tricks.classifier_guidance import build_classifier
from gandash.tricks.virtual_batch_norm import ReferenceNorm


def test_label_smoothing_moves_only_what_it_should() -> None:
    targets = Targets(torch.ones(2), torch.zeros(2), torch.ones(2))
    smoothing = parts("tricks")["label_smoothing"]
    one = smoothing({"amount": 0.1}).targets(targets, judged_step("discriminator"))
    assert [part.tolist() for part in one] == [pytest.approx([0.9, 0.9]), [0, 0], [1, 1]]
    two = smoothing({"amount": 0.2, "sides": "two_sided"}).targets(targets, judged_step("discriminator"))
    assert [part.tolist() for part in two] == [pytest.approx([0.8, 0.8]), pytest.approx([0.2, 0.2]), [1, 1]]


def test_label_smoothing_needs_targets() -> None:
    problems = tiny(tricks=("label_smoothing",), objective="relativistic").problems()
    assert "no targets" in problems["tricks.label_smoothing"]


class Line(nn.Module):
    """A generator with one weight and a counter."""

    def __init__(self, value: float):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([value]))
        self.register_buffer("seen", torch.tensor(0))


def test_averaged_generator_s_numbers() -> None:
    generator = Line(0.0)
    trick = parts("tricks")["averaged_generator"]({"half_life": 2, "warm_up": 0.0})
    assert trick.sampling_generator(generator) is generator
    trick.prepare(Images(np.zeros((1, 1, 1, 1), np.uint8)), generator, generator, tiny(), torch.device("cpu"))
    average, kept = 0.0, 0.5**0.5
    for number, value in enumerate([1.0, 3.0, -2.0]):
        generator.weight.data.fill_(value)
        generator.seen += 1
        trick.after_generator_step(Step(number, "generator"), generator)
        average = kept * average + (1 - kept) * value
        assert trick.sampling_generator(generator).weight.item() == pytest.approx(average, rel=1e-6)
    assert trick.sampling_generator(generator).seen.item() == 3
    assert generator.weight.item() == -2.0


def test_averaged_generator_warms_up() -> None:
    trick = parts("tricks")["averaged_generator"]({"half_life": 10, "warm_up": 0.05})
    assert trick.decay(19) == pytest.approx(0.5)  # after 20 steps the half-life is one step
    assert trick.decay(0) < 1e-5
    assert trick.decay(10**6) == pytest.approx(0.5**0.1)


def test_an_average_begun_in_a_fork_starts_from_the_weights_of_then() -> None:
    generator = Line(0.0)
    trick = parts("tricks")["averaged_generator"]()
    trick.prepare(Images(np.zeros((1, 1, 1, 1), np.uint8)), generator, generator, tiny(), torch.device("cpu"))
    generator.weight.data.fill_(5.0)  # the fork's state is put into the networks
    trick.load_state_dict({})
    assert trick.sampling_generator(generator).weight.item() == 5.0


def adaptive(**options):
    return parts("tricks")["adaptive_critic_steps"]({"losing": 0.6, "winning": 0.8, "fewest": 0, "most": 3, "memory": 0.5, **options})


def test_adaptive_critic_steps_give_the_winner_fewer_updates() -> None:
    trick = adaptive()
    assert trick.critic_steps(1, 0) == 1
    for _ in range(4):
        trick.before_optimiser_step(judged_step("discriminator", torch.ones(4), -torch.ones(4)), nn.Identity())
    assert trick.accuracy == pytest.approx(1 - 0.3 * 0.5**4)
    assert trick.critic_steps(1, 1) == 0
    for _ in range(2):  # G's phases alone, since D is waiting: it is overtaken on generated images
        trick.before_optimiser_step(judged_step("generator", torch.ones(4), torch.ones(4)), nn.Identity())
    assert trick.critic_steps(1, 2) == 1
    for _ in range(9):
        trick.before_optimiser_step(judged_step("generator", torch.ones(4), torch.ones(4)), nn.Identity())
    assert trick.critic_steps(1, 3) == 3


def test_adaptive_critic_steps_read_accuracy_against_the_targets() -> None:
    trick = adaptive(memory=0.0)
    flipped = judged_step("discriminator", -torch.ones(4), torch.ones(4), targets=(0.1, 1.0, 0.0))
    trick.before_optimiser_step(flipped, nn.Identity())
    assert trick.accuracy == 1.0


def test_adaptive_critic_steps_remember() -> None:
    trick, other = adaptive(), adaptive()
    trick.before_optimiser_step(judged_step("discriminator", REAL, FAKE), nn.Identity())
    other.load_state_dict(trick.state_dict())
    assert other.accuracy == trick.accuracy != adaptive().accuracy


@pytest.mark.parametrize("bounds", [{"losing": 0.9, "winning": 0.5}, {"fewest": 5, "most": 2}])
def test_adaptive_critic_steps_refuse_bounds_that_cross(bounds: dict) -> None:
    assert "must not" in tiny(tricks=({"name": "adaptive_critic_steps", "options": bounds},)).problems()["tricks.adaptive_critic_steps"]


def test_reference_norm_by_hand() -> None:
    """Reference 1, 3 and example 5 (one feature): the mean of 1, 3, 5 is 3, their variance 8/3."""
    layer = ReferenceNorm(nn.BatchNorm1d(1), count=2)
    layer.observing = True
    layer(torch.tensor([[1.0], [3.0]]))
    layer.observing = False
    assert layer(torch.tensor([[5.0]])).item() == pytest.approx(2 / math.sqrt(8 / 3 + 1e-5), rel=1e-5)
    # with places: 4 and 8 in the example have the mean 6 and the mean square 40; the reference's are 2 and 5
    layer = ReferenceNorm(nn.BatchNorm2d(1), count=2)
    layer.observing = True
    layer(torch.tensor([1.0, 3.0]).view(2, 1, 1, 1))
    layer.observing = False
    mean, square = (2 * 2 + 6) / 3, (2 * 5 + 40) / 3
    expected = [(x - mean) / math.sqrt(square - mean**2 + 1e-5) for x in (4.0, 8.0)]
    assert layer(torch.tensor([4.0, 8.0]).view(1, 1, 1, 2)).flatten().tolist() == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("virtual", [True, False])
@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_only_virtual_batch_norm_makes_an_example_independent_of_its_batch(virtual: bool, player: str) -> None:
    game = begin(tiny(tricks=("virtual_batch_norm",) if virtual else ()))
    for _ in range(2):
        play(game, watched=False)
    shape = (8,) if player == "generator" else (1, 28, 28)
    first, some, others = torch.randn(1, *shape), torch.randn(7, *shape), torch.randn(7, *shape) * 3
    network = getattr(game, player).train()
    assert any(isinstance(module, ReferenceNorm) for module in network.modules()) == virtual

    def of_first(rest: torch.Tensor) -> torch.Tensor:
        out = network(torch.cat([first, rest]))
        return (out if player == "generator" else out.logits)[0]

    assert torch.allclose(of_first(some), of_first(others), atol=1e-6, rtol=1e-5) == virtual


def test_virtual_batch_norm_in_evaluation_is_what_it_is_in_training() -> None:
    game = begin(tiny(tricks=("virtual_batch_norm",)))
    play(game, watched=False)
    z = torch.randn(4, 8)
    assert torch.equal(game.generator.train()(z), game.generator.eval()(z))


def test_virtual_batch_norm_s_statistics_are_those_of_the_weights_as_they_are() -> None:
    game = begin(tiny(tricks=("virtual_batch_norm",)))
    for _ in range(3):
        play(game, watched=False)
    (trick,) = game.tricks
    first = game.generator.blocks[0]
    with torch.no_grad():
        features = first[0](trick._noise[0][:, :, None, None])
    assert torch.allclose(first[1].mean, features.mean((0, 2, 3)), atol=1e-6)
    assert torch.allclose(first[1].square, features.square().mean((0, 2, 3)), atol=1e-6)


def test_virtual_batch_norm_trains_through_the_reference_batch() -> None:
    """With the batch's own part made negligible, a weight's gradient through the normalised features comes from the reference."""
    layer = ReferenceNorm(nn.BatchNorm1d(1, affine=True), count=10**6)
    weight = torch.tensor(2.0, requires_grad=True)
    layer.observing = True
    layer(weight * torch.tensor([[1.0], [3.0]]))
    layer.observing = False
    out = layer((weight * torch.tensor([[5.0]])).detach())
    out.backward()
    # (x - 2w) / w by w is -x / w^2, at x = 10 and w = 2
    assert out.item() == pytest.approx((10 - 4) / 2, rel=1e-3)
    assert weight.grad.item() == pytest.approx(-10 / 4, rel=1e-3)


def test_virtual_batch_norm_saves_no_image() -> None:
    game = begin(tiny(tricks=("virtual_batch_norm",)))
    assert game.tricks[0].state_dict() == {}
    looked_at = networks(game.config)
    looked_at.generator.load_state_dict(game.generator.state_dict())
    looked_at.discriminator.load_state_dict(game.discriminator.state_dict())
    z = torch.randn(3, 8)
    assert torch.equal(looked_at.generator(z), game.generator.eval()(z))


def test_virtual_batch_norm_needs_batch_norm() -> None:
    config = tiny(tricks=("virtual_batch_norm",), architecture="mlp")
    assert "batch normalisation" in config.problems()["tricks.virtual_batch_norm"]
    normalised = tiny(tricks=("virtual_batch_norm",), architecture={"name": "mlp", "options": {"normalisation_g": "batch"}})
    assert not normalised.problems()


def test_an_averaged_generator_is_sampled_with_its_own_virtual_statistics() -> None:
    game = begin(tiny(tricks=("virtual_batch_norm", "averaged_generator")))
    for _ in range(3):
        play(game, watched=False)
    averaged = game.sampler().generator
    assert averaged is not game.generator
    noise = next(trick for trick in game.tricks if trick.name == "virtual_batch_norm")._noise[0]
    with torch.no_grad():
        features = averaged.blocks[0][0](noise[:, :, None, None])
    assert torch.allclose(averaged.blocks[0][1].mean, features.mean((0, 2, 3)), atol=1e-6)


def test_classifier_guidance_reads_digits_and_is_not_trained_again() -> None:
    conditional = {"name": "auxiliary_classifier", "options": {"width": 8}}
    config = tiny(tricks=("classifier_guidance",), architecture=conditional, dataset="digits")
    game = begin(config)
    assert game.tricks[0].state_dict() == {}
    first = play(game)
    assert first["classifier_accuracy"] > 0.6  # 1,348 images, seen once
    assert {"guidance_loss", "guidance_accuracy"} <= first.keys()
    state = {name: value.clone() for name, value in game.tricks[0].state_dict().items()}
    play(game)
    assert all(torch.equal(value, game.tricks[0].state_dict()[name]) for name, value in state.items())
    resumed = parts("tricks")["classifier_guidance"]()
    resumed.prepare(Images(np.empty((0, 1, 28, 28), np.uint8)), None, None, config, torch.device("cpu"))
    resumed.load_state_dict(state)  # and with no image to learn from, it can still judge
    step = Step(1, "generator", fake=torch.rand(8, 1, 28, 28), fake_labels=torch.arange(8))
    (original,) = game.tricks
    assert torch.equal(resumed.generator_loss(step), original.generator_loss(step))


def test_classifier_guidance_pulls_towards_the_class_that_was_asked_for() -> None:
    trick = parts("tricks")["classifier_guidance"]({"weight": 3.0})
    trick._classifier, trick._accuracy = nn.Flatten(), torch.tensor(1.0)
    step = Step(0, "generator", fake=torch.tensor([[0.0, math.log(3)]], requires_grad=True), fake_labels=torch.tensor([0]))
    assert trick.generator_loss(step).item() == pytest.approx(3 * math.log(4))


@pytest.mark.parametrize("shape", [(2,), (1, 28, 28), (3, 64, 64), (1, 7, 7)])
def test_the_classifier_fits_any_data(shape: tuple[int, ...]) -> None:
    assert build_classifier(shape, 5)(torch.zeros(2, *shape)).shape == (2, 5)
