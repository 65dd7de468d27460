"""The loop: repeatable, resumable bit for bit, forkable; it plays the game that the contracts describe."""

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins import MixedPrecision

from gandash.assembly import assemble
from gandash.config import Choice, RunConfig
from gandash.randomness import derive, generator
from gandash.training.loop import is_due, loss_scale, play, train
from gandash.training.state import StateMismatch, restore, state_tensors

SMALL = {"dataset": {"name": "digits", "options": {"size": 28}}, "architecture": {"name": "dcgan", "options": {"width": 4, "dropout": 0.3}}}


def config(**changes) -> RunConfig:
    return RunConfig.model_validate({**SMALL, "latent_dim": 8, "batch_size": 16, "epochs": 1, **changes})


def game(run_config: RunConfig):
    return assemble(run_config, run_config.part("dataset").train())


def played(run_config: RunConfig, steps: int):
    made = game(run_config)
    for _ in range(steps):
        play(made)
    return made


def assert_same(a, b):
    tensors_a, texts_a = state_tensors(a)
    tensors_b, texts_b = state_tensors(b)
    assert tensors_a.keys() == tensors_b.keys() and texts_a["step"] == texts_b["step"]
    for name, value in tensors_a.items():
        assert torch.equal(value, tensors_b[name]), name


HUGE = 2.0**40  # overflows at first, so that it is halved until it fits


def half_precision_game(run_config: RunConfig, scale: float = HUGE, growth_interval: int = 3):
    """As 16-mixed runs on a GPU: Lightning takes bfloat16 on a processor, so its plugin is handed over with a scaler of its own."""
    half = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=scale, growth_interval=growth_interval))
    return assemble(run_config, run_config.part("dataset").train(), Fabric(accelerator="cpu", devices=1, plugins=[half]))


def copied(state):
    tensors, texts = state
    return {name: value.clone() for name, value in tensors.items()}, dict(texts)


class Notes:
    """A recorder that remembers."""

    def __init__(self):
        self.rows, self.samples, self.saved = [], {}, []

    def log(self, game, metrics):
        self.rows.append({"step": game.step, **metrics})

    def sample(self, game, images):
        self.samples[game.step] = images

    def save(self, game, snapshot):
        self.saved.append((game.step, snapshot))


def test_the_same_config_and_seed_give_the_same_samples():
    first, second, other = Notes(), Notes(), Notes()
    train(game(config(epochs=0.05)), first, lambda: False)
    train(game(config(epochs=0.05)), second, lambda: False)
    train(game(config(epochs=0.05, seed=1)), other, lambda: False)
    assert first.samples.keys() == second.samples.keys() and len(first.samples) > 2
    for step, images in first.samples.items():
        assert np.array_equal(images, second.samples[step])
    assert not np.array_equal(first.samples[4], other.samples[4])


@pytest.mark.parametrize("optimiser", ["adam", "sgd", "rmsprop"])
def test_a_resumed_run_goes_on_bit_for_bit(optimiser):
    run_config = config(tricks=["label_smoothing", "averaged_generator"], generator_optimiser=optimiser, discriminator_optimiser=optimiser)
    straight = played(run_config, 9)
    state = copied(state_tensors(played(run_config, 4)))
    resumed = game(run_config)
    torch.manual_seed(12345)  # what the process drew before must not matter
    restore(resumed, *state)
    for _ in range(5):
        play(resumed)
    assert_same(straight, resumed)


def test_a_resumed_run_in_half_precision_goes_on_bit_for_bit():
    """The scale of the gradients goes on too: from its beginning, as large as it is, it would make them overflow anew."""
    straight = half_precision_game(config())
    for _ in range(4):
        play(straight)
    state = copied(state_tensors(straight))
    scale = loss_scale(straight)
    for _ in range(5):
        play(straight)
    resumed = half_precision_game(config())
    restore(resumed, *state)
    assert loss_scale(resumed) == scale != HUGE
    for _ in range(5):
        play(resumed)
    assert_same(straight, resumed)
    assert state_tensors(straight)[1]["precision"] == state_tensors(resumed)[1]["precision"]


def test_a_state_without_the_scale_of_gradients_is_still_restored():
    full = played(config(), 2)
    state = copied(state_tensors(full))
    assert "precision" not in state[1]
    fork = half_precision_game(config(precision="16-mixed", parent={"run": "somewhere", "step": 2}))
    restore(fork, *state)
    assert fork.step == 2 and loss_scale(fork) == HUGE
    back = game(config(parent={"run": "somewhere", "step": 2}))
    restore(back, *copied(state_tensors(fork)))
    play(back)
    assert back.step == 3 and loss_scale(back) == 1.0


def test_looking_does_not_change_the_game():
    watched, unwatched = game(config()), game(config())
    notes = Notes()
    train(watched, notes, lambda: watched.step == 7)
    for _ in range(7):
        play(unwatched, watched=False)
    assert_same(watched, unwatched)


def test_a_fork_sees_the_same_batches_and_noise():
    run_config = config()
    state = copied(state_tensors(played(run_config, 3)))
    lane, other = game(run_config), game(config(generator_optimiser=Choice(name="adam", options={"learning_rate": 0.01})))
    for one in (lane, other):
        restore(one, *copied(state))
    assert torch.equal(lane.batch(0)[0], other.batch(0)[0])
    assert torch.equal(torch.randn(4, generator=lane.random(0)("noise")), torch.randn(4, generator=other.random(0)("noise")))
    before = {name: value.clone() for name, value in lane.generator.state_dict().items()}
    play(lane), play(other)
    moved = [(one.generator.state_dict()["blocks.0.0.weight"] - before["blocks.0.0.weight"]).abs().mean().item() for one in (lane, other)]
    assert moved[1] > 10 * moved[0]  # the changed setting is the fork's, not the state's


def test_a_state_of_other_networks_is_refused():
    state = state_tensors(game(config()))
    with pytest.raises(StateMismatch, match="generator"):
        restore(game(config(latent_dim=9)), *state)
    with pytest.raises(StateMismatch, match="averaged_generator"):
        restore(game(config()), *state_tensors(game(config(tricks=["averaged_generator"]))))


def test_a_fork_may_drop_a_trick():
    state = copied(state_tensors(played(config(tricks=["averaged_generator"]), 3)))
    lane = game(config(parent={"run": "somewhere", "step": 3}))
    restore(lane, *state)
    play(lane)
    assert lane.step == 4


def test_each_epoch_shows_every_image_once():
    one = game(config(dataset={"name": "digits", "options": {"size": 28, "count": 64}}))
    seen = []
    for step in range(2 * one.steps_per_epoch):
        one.step = step
        seen.append(one.batch(0)[0].flatten(1).sum(1))
    first, second = torch.cat(seen[:4]), torch.cat(seen[4:])
    assert torch.allclose(first.sort().values, second.sort().values) and not torch.equal(first, second)
    assert torch.equal(one.batch(1)[0], one.batch(1)[0]) and not torch.equal(one.batch(0)[0], one.batch(1)[0])


def test_a_data_set_smaller_than_a_batch_is_gone_through_again():
    one = game(config(dataset={"name": "digits", "options": {"size": 28, "count": 10}}))
    assert one.batch(0)[0].shape == (16, 1, 28, 28)


def test_snapshots_double_in_the_first_epoch_and_then_come_every_epoch():
    one = game(config(dataset={"name": "digits", "options": {"size": 28, "count": 160}}, epochs=3.5))
    assert one.steps_per_epoch == 10 and one.total_steps == 35
    due = []
    for step in range(36):
        one.step = step
        if is_due(one):
            due.append(step)
    assert due == [0, 1, 2, 4, 8, 10, 20, 30, 35]


def test_a_stop_saves():
    one, notes = game(config()), Notes()
    train(one, notes, lambda: one.step == 3)
    assert one.step == 3 and 3 in notes.samples and (3, True) in notes.saved


def test_metrics_are_what_their_names_say():
    one = game(config(objective="non_saturating"))
    metrics = play(one)
    assert {"d_loss", "g_loss", "d_real", "d_fake_before", "d_fake_after", "d_grad_norm", "g_grad_norm", "d_accuracy"} <= metrics.keys()
    assert all(0 <= metrics[key] <= 1 for key in ("d_real", "d_fake_before", "d_fake_after", "d_accuracy"))
    norm = torch.sqrt(sum(p.grad.square().sum() for p in one.generator.parameters()))
    assert metrics["g_grad_norm"] == pytest.approx(norm.item(), rel=1e-5)


@pytest.mark.parametrize("optimiser", ["adam", "sgd"])
def test_gradient_norms_are_told_as_they_are_where_half_precision_scales_them(optimiser):
    wanted = config(generator_optimiser=optimiser, discriminator_optimiser=optimiser)
    told = []
    for scale in (None, 1024.0, 8192.0):
        one = half_precision_game(wanted, scale, growth_interval=2) if scale else game(wanted)
        told.append([play(one) for _ in range(3)])
        assert loss_scale(one) == (scale * 8 if scale else 1.0)  # six updates, doubled after each second one
    for full, *halves in zip(*told, strict=True):
        for half in halves:
            for name in ("d_grad_norm", "g_grad_norm"):
                assert half[name] == pytest.approx(full[name], rel=0.1)


def test_gs_step_leaves_ds_gradients_and_asks_them_back():
    one = game(config())
    play(one)
    assert all(p.requires_grad for p in one.discriminator.parameters())
    before = [p.grad.clone() for p in one.discriminator.parameters()]
    one.discriminator.requires_grad_(False)
    from gandash.training.loop import deal, generator_step

    generator_step(one, deal(one, 0, for_generator=True), watched=False)
    assert all(torch.equal(a, p.grad) for a, p in zip(before, one.discriminator.parameters(), strict=True))


def test_random_numbers_are_a_function_of_seed_purpose_and_step():
    assert derive(1, "noise", 2) == derive(1, "noise", 2)
    assert len({derive(seed, purpose, step) for seed in (0, 1) for purpose in ("noise", "labels") for step in (0, 1)}) == 8
    assert torch.equal(torch.rand(3, generator=generator(0, "noise", 5)), torch.rand(3, generator=generator(0, "noise", 5)))
