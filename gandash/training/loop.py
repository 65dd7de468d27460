"""The two-player game, readable top to bottom.

The loop knows the contracts of the parts and nothing of any one part, and nothing of files: it is handed a recorder and asks
``should_stop`` after every step.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch

from gandash.assembly import Game, draw_labels
from gandash.objectives import Step, Targets
from gandash.randomness import derive
from gandash.tricks import Trick

SAVE_EVERY = 120.0  # seconds of training that a crash may cost
CLOSE_LOOK = 100  # the first steps, each of which is logged


class Recorder(Protocol):
    """Where a game leaves its traces."""

    def log(self, game: Game, metrics: dict[str, float]) -> None: ...
    def sample(self, game: Game, images: np.ndarray) -> None: ...
    def save(self, game: Game, snapshot: bool) -> None: ...


def train(game: Game, recorder: Recorder, should_stop: Callable[[], bool]) -> None:
    """Play until the config's end, or until ``should_stop``; what was reached is sampled and saved either way."""
    if game.step == 0:
        take_snapshot(game, recorder)
    saved_at = game.seconds
    while not game.finished and not should_stop():
        watched = game.step < CLOSE_LOOK or (game.step + 1) % game.config.log_every == 0
        started = time.perf_counter()
        metrics = play(game, watched)
        took = time.perf_counter() - started  # a pause, a log line or a snapshot is not training time
        game.seconds += took
        if watched:
            recorder.log(game, {**metrics, "images_per_second": game.config.batch_size * game.fabric.world_size / took})
        if is_due(game):
            take_snapshot(game, recorder)
            saved_at = game.seconds
        elif game.seconds - saved_at > SAVE_EVERY:
            recorder.save(game, snapshot=False)
            saved_at = game.seconds
    if not is_due(game):
        take_snapshot(game, recorder)


def is_due(game: Game) -> bool:
    """Whether this step has a snapshot: the powers of two in the first epoch, then every ``sample_every`` epochs, and the end."""
    if game.step == 0 or (game.total_steps is not None and game.step == game.total_steps):
        return True
    if game.step < game.steps_per_epoch:
        return game.step & (game.step - 1) == 0
    every = game.config.sample_every
    return int(game.epoch / every) > int((game.step - 1) / game.steps_per_epoch / every)


@torch.inference_mode()
def take_snapshot(game: Game, recorder: Recorder) -> None:
    """The fixed noise's samples, then weights and state."""
    seen = game.sampler()
    z, labels = seen.fixed_noise()
    was_training = seen.generator.training
    seen.generator.eval()
    device = game.fabric.device
    images = seen.generate(z.to(device), None if labels is None else labels.to(device))
    seen.generator.train(was_training)
    recorder.sample(game, images)
    recorder.save(game, snapshot=True)


def play(game: Game, watched: bool = True) -> dict[str, float]:
    """One step of the game: D's updates, then G's. Gives its metrics where ``watched``."""
    torch.manual_seed(derive(game.config.seed, "layers", game.step))  # for dropout, the only random layers there are
    updates = game.objective.critic_steps
    for trick in game.tricks:
        updates = trick.critic_steps(updates, game.step)

    metrics: dict[str, float] = {}
    round_ = None
    for iteration in range(updates):
        round_ = deal(game, iteration, for_generator=iteration == updates - 1)
        metrics = discriminator_step(game, round_, watched and iteration == updates - 1)
    metrics |= generator_step(game, round_ or deal(game, 0, for_generator=True), watched)
    game.step += 1
    return metrics


class Round:
    """What is dealt for one update of D, and for the update of G that follows the last of them."""

    def __init__(self, step: Step, z: torch.Tensor, real: torch.Tensor, labels: torch.Tensor | None, fake: torch.Tensor):
        self.step, self.z, self.real, self.labels, self.fake = step, z, real, labels, fake


def deal(game: Game, iteration: int, for_generator: bool) -> Round:
    """A real batch, noise, and the images that G makes of it, with the graph that G's update needs where it follows."""
    step = Step(
        number=game.step,
        phase="discriminator",
        iteration=iteration,
        epoch=game.epoch,
        discriminator=game.D,
        random=game.random(iteration),
    )
    real, labels = game.batch(iteration)
    z = game.prior.sample(len(real), game.config.latent_dim, step.random("noise")).to(game.fabric.device)
    asked = draw_labels(game, len(real), step.random("labels"))
    step.fake_labels = None if asked is None else asked.to(game.fabric.device)
    for trick in game.tricks:
        trick.before_phase(step, game.generator, game.discriminator)
        z = trick.noise(z, step)
        labels = trick.labels(labels, step)
    step.labels = labels if game.conditional else None
    keep_graph = for_generator and not _prepares_phases(game.tricks)
    with torch.set_grad_enabled(keep_graph):
        fake = game.G(z, step.fake_labels)
    return Round(step, z, real, labels, fake)


def discriminator_step(game: Game, dealt: Round, watched: bool) -> dict[str, float]:
    """Tell real from fake."""
    step = dealt.step
    step.real = _shown(game, dealt.real, step, "real")
    step.fake = _shown(game, dealt.fake.detach(), step, "fake")
    if game.objective.differentiates_inputs:
        step.real, step.fake = step.real.detach().requires_grad_(), step.fake.detach().requires_grad_()

    judged = next((said for trick in game.tricks if (said := trick.judge(step)) is not None), None)
    step.real_judged, step.fake_judged = judged or (game.D(step.real, step.labels), game.D(step.fake, step.fake_labels))
    step.targets = _targets(game, step)
    d_loss = _total(game, step, game.objective.discriminator_loss(step), [trick.discriminator_loss(step) for trick in game.tricks])

    game.discriminator_optimiser.zero_grad(set_to_none=True)
    game.fabric.backward(d_loss)
    for trick in game.tricks:
        trick.before_optimiser_step(step, game.discriminator)
    d_grad_norm = gradient_norm(game.discriminator) / loss_scale(game) if watched else None
    game.discriminator_optimiser.step()
    with torch.no_grad():
        game.objective.after_discriminator_step(game.discriminator)
    if not watched:
        return {}

    score = game.objective.score
    metrics = {
        "d_loss": d_loss,
        "d_real": score(step.real_logits).mean(),
        "d_fake_before": score(step.fake_logits).mean(),
        "d_grad_norm": d_grad_norm,
    }
    if not game.objective.critic:
        metrics["d_accuracy"] = ((step.real_logits > 0).float().mean() + (step.fake_logits < 0).float().mean()) / 2
    return _numbers({**metrics, **step.logged})


def generator_step(game: Game, dealt: Round, watched: bool) -> dict[str, float]:
    """Pass for real. D is only looked through: its parameters ask for no gradient meanwhile, which saves their share of the work."""
    before = dealt.step
    step = Step(
        number=before.number,
        phase="generator",
        iteration=before.iteration,
        epoch=before.epoch,
        labels=before.labels,
        fake_labels=before.fake_labels,
        discriminator=game.D,
        random=before.random,
    )
    game.discriminator.requires_grad_(False)
    for trick in game.tricks:
        trick.before_phase(step, game.generator, game.discriminator)
    # D's update left G as it was, so the images that D was just shown are the ones that G would make again
    fake = dealt.fake if dealt.fake.requires_grad else game.G(dealt.z, step.fake_labels)
    step.fake = _shown(game, fake, step, "fake")
    step.fake_judged = game.D(step.fake, step.fake_labels)
    if game.objective.pairs_in_generator_loss:
        with torch.no_grad():
            step.real = _shown(game, dealt.real, step, "real")
            step.real_judged = game.D(step.real, step.labels)
    step.targets = _targets(game, step)
    g_loss = _total(game, step, game.objective.generator_loss(step), [trick.generator_loss(step) for trick in game.tricks])

    game.generator_optimiser.zero_grad(set_to_none=True)
    game.fabric.backward(g_loss)
    for trick in game.tricks:
        trick.before_optimiser_step(step, game.generator)
    g_grad_norm = gradient_norm(game.generator) / loss_scale(game) if watched else None
    game.generator_optimiser.step()
    for trick in game.tricks:
        trick.after_generator_step(step, game.generator)
    game.discriminator.requires_grad_(True)
    if not watched:
        return {}
    after = game.objective.score(step.fake_logits).mean()
    return _numbers({"g_loss": g_loss, "d_fake_after": after, "g_grad_norm": g_grad_norm, **step.logged})


def gradient_norm(network: torch.nn.Module) -> torch.Tensor:
    """The Euclidean norm of all of a network's gradients together."""
    return torch.nn.utils.get_total_norm([p.grad for p in network.parameters() if p.grad is not None])


def loss_scale(game: Game) -> float:
    """What the gradients are too large by until the optimiser steps: 1, but for 16-mixed, which holds them in half precision.

    They are left as they are, since an optimiser that is fused divides them itself.
    """
    scaler = getattr(game.fabric.strategy.precision, "scaler", None)
    return 1.0 if scaler is None else scaler.get_scale()


def _prepares_phases(tricks: list[Trick]) -> bool:
    """Whether a trick changes what the networks compute from one phase to the next, so that G's images must be made anew."""
    return any(type(trick).before_phase is not Trick.before_phase for trick in tricks)


def _shown(game: Game, images: torch.Tensor, step: Step, origin: str) -> torch.Tensor:
    for trick in game.tricks:
        images = trick.images(images, step, origin)
    return images


def _targets(game: Game, step: Step) -> Targets:
    ones = torch.ones_like(step.fake_judged.logits, dtype=torch.float32)
    targets = Targets(ones, torch.zeros_like(ones), ones.clone())
    for trick in game.tricks:
        targets = trick.targets(targets, step)
    return targets


def _total(game: Game, step: Step, loss: torch.Tensor, more: list[torch.Tensor | None]) -> torch.Tensor:
    for term in (game.architecture.class_loss(step), *more):
        if term is not None:
            loss = loss + term
    return loss


def _numbers(metrics: dict[str, torch.Tensor]) -> dict[str, float]:
    return {key: float(value.detach()) for key, value in metrics.items()}
