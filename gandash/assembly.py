"""RunConfig -> networks that can be looked at, or a game that can be played. The only constructor there is."""

from __future__ import annotations

import math
import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from lightning_fabric import Fabric

from gandash.architectures import Architecture, Discriminator, Generator
from gandash.config import RunConfig
from gandash.datasets import Images
from gandash.objectives import Objective
from gandash.pixels import to_network, to_rest
from gandash.priors import Prior
from gandash.randomness import derive, generator
from gandash.tricks import Trick

FIXED_NOISE = 64  # samples on a run's sheets, eight by eight


class NoDiscriminator(LookupError):
    """The run was imported from elsewhere, and its discriminator did not come along."""


@dataclass(eq=False)
class Networks:
    """G and D of a run, to look at: evaluation mode, no gradients asked of parameters. Shared between threads.

    Whoever hooks into a network, or changes what its parameters ask for, holds ``lock`` meanwhile.
    """

    config: RunConfig
    generator: Generator  # the one that samples are drawn from: the average where the run keeps one
    discriminator: Discriminator | None  # None where a checkpoint from elsewhere came without one
    lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def architecture(self) -> Architecture:
        return self.config.part("architecture")

    @property
    def objective(self) -> Objective:
        return self.config.part("objective")

    @property
    def prior(self) -> Prior:
        return self.config.part("prior")

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """``(C, H, W)``, or ``(2,)``."""
        return self.config.part("dataset").shape

    @cached_property
    def class_names(self) -> tuple[str, ...]:
        return self.config.part("dataset").class_names

    @property
    def conditional(self) -> bool:
        return self.architecture.conditional

    def latents(self, seed: int, count: int = 1) -> torch.Tensor:
        """``float32 (count, latent_dim)`` from the prior; the same for the same seed."""
        return self.prior.sample(count, self.config.latent_dim, generator(seed, "latents"))

    def labels(self, seed: int, count: int) -> torch.Tensor | None:
        """``int64 (count,)``, every class equally likely; None for an unconditional run."""
        return draw_labels(self, count, generator(seed, "latent labels"))

    def fixed_noise(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """z ``(64, latent_dim)`` and labels ``(64,)`` (None if unconditional) of the sample sheets, row by row."""
        z = self.prior.sample(FIXED_NOISE, self.config.latent_dim, generator(self.config.seed, "fixed noise"))
        return z, torch.arange(FIXED_NOISE) % len(self.class_names) if self.conditional else None

    @torch.inference_mode()
    def generate(self, z: torch.Tensor, labels: torch.Tensor | None = None, batch_size: int = 256) -> np.ndarray:
        """Images at rest for latents ``(N, latent_dim)``: ``uint8 (N, C, H, W)``, or ``float32 (N, 2)``."""
        made = [
            to_rest(self.generator(z[i : i + batch_size], None if labels is None else labels[i : i + batch_size]))
            for i in range(0, len(z), batch_size)
        ]
        return torch.cat(made).numpy()

    @torch.inference_mode()
    def logits(self, images: np.ndarray | torch.Tensor, labels: torch.Tensor | None = None, batch_size: int = 256) -> np.ndarray:
        """D's logits ``float32 (N,)`` for images at rest, or ``float32`` ones in [-1, 1]; positive means real.

        Raises :class:`NoDiscriminator`.
        """
        if self.discriminator is None:
            raise NoDiscriminator(f"{self.config.title or 'This run'} came without its discriminator, so nothing judges its images.")
        images = torch.as_tensor(images)
        said = [
            self.discriminator(to_network(images[i : i + batch_size]), None if labels is None else labels[i : i + batch_size]).logits
            for i in range(0, len(images), batch_size)
        ]
        return torch.cat(said).float().numpy()

    def scores(self, images: np.ndarray | torch.Tensor, labels: torch.Tensor | None = None) -> np.ndarray:
        """What the run's objective calls D(x), ``float32 (N,)``: a probability, a margin or a critic's value."""
        return self.objective.score(torch.from_numpy(self.logits(images, labels))).numpy()


def networks(config: RunConfig) -> Networks:
    """G and D as they are before the first step, with whatever the run's tricks make of them. The data set need not be here.

    Raises :class:`ConfigError`.
    """
    G, D, _ = _build(config.check(to_train=False))
    return Networks(config, _at_rest(G), _at_rest(D))


def _build(config: RunConfig) -> tuple[Generator, Discriminator, list[Trick]]:
    dataset, tricks = config.part("dataset"), config.trick_parts()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(config.seed, "initialisation"))
        G, D = config.part("architecture").build(dataset.shape, dataset.num_classes, config.latent_dim)
        for trick in tricks:
            G, D = trick.wrap(G, D, config)
    return G.to(memory_format=torch.channels_last), D.to(memory_format=torch.channels_last), tricks


def _at_rest(network: torch.nn.Module) -> torch.nn.Module:
    return network.eval().requires_grad_(False)


def draw_labels(game: Networks | Game, count: int, random: torch.Generator) -> torch.Tensor | None:
    """Class labels to ask of G, ``int64 (count,)``, every class equally likely; None where G takes none."""
    if not game.conditional:
        return None
    return torch.randint(len(game.class_names), (count,), generator=random)


@dataclass(eq=False)
class Game:
    """Everything that the two players need, on its device; ``step`` counts G's finished steps."""

    config: RunConfig
    fabric: Fabric
    images: torch.Tensor  # at rest
    labels: torch.Tensor | None
    G: torch.nn.Module
    D: torch.nn.Module
    generator: Generator  # G and D without Fabric's wrapping
    discriminator: Discriminator
    generator_optimiser: torch.optim.Optimizer
    discriminator_optimiser: torch.optim.Optimizer
    objective: Objective
    architecture: Architecture
    prior: Prior
    tricks: list[Trick]
    class_names: tuple[str, ...]
    step: int = 0
    seconds: float = 0.0  # of training, over all the processes that worked on the run

    @property
    def conditional(self) -> bool:
        return self.architecture.conditional

    @cached_property
    def steps_per_epoch(self) -> int:
        return max(1, len(self.images) // (self.config.batch_size * self.fabric.world_size))

    @property
    def epoch(self) -> float:
        return self.step / self.steps_per_epoch

    @cached_property
    def total_steps(self) -> int | None:
        """The step at which the run ends; None where only the clock ends it."""
        return None if self.config.epochs is None else max(1, round(self.config.epochs * self.steps_per_epoch))

    @property
    def finished(self) -> bool:
        out_of_time = self.config.seconds is not None and self.seconds >= self.config.seconds
        return out_of_time or (self.total_steps is not None and self.step >= self.total_steps)

    def batch(self, iteration: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Real images in [-1, 1] and their labels, for D's update ``iteration`` of this step; a function of the seed and the step."""
        size, place = self.config.batch_size, self.step * self.fabric.world_size + self.fabric.global_rank
        epoch, slot = divmod(place, self.steps_per_epoch * self.fabric.world_size)
        order = self._order(iteration, epoch)[slot * size : (slot + 1) * size]
        labels = None if self.labels is None else self.labels[order].to(self.fabric.device)
        return to_network(self.images[order].to(self.fabric.device)), labels

    def _order(self, iteration: int, epoch: int) -> torch.Tensor:
        """A shuffle of the data set for each epoch, and an independent one for each further update of D within a step."""
        key = (iteration, epoch)
        if key not in self._orders:
            self._orders = {k: v for k, v in self._orders.items() if k[1] == epoch}
            shuffled = torch.randperm(len(self.images), generator=generator(self.config.seed, f"batches {iteration}", epoch))
            # a data set smaller than a batch is gone through as often as it takes
            repeats = -(-self.config.batch_size * self.fabric.world_size // len(shuffled))
            self._orders[key] = shuffled.repeat(repeats).to(self.images.device)
        return self._orders[key]

    @cached_property
    def _orders(self) -> dict[tuple[int, int], torch.Tensor]:
        return {}

    def random(self, iteration: int) -> Callable[[str], torch.Generator]:
        """Purpose -> a generator for this step, this update of D and this process."""
        return lambda purpose: generator(self.config.seed, f"{purpose}/{iteration}/{self.fabric.global_rank}", self.step)

    def sampler(self) -> Networks:
        """The networks as a visitor sees them, on the game's device, sharing its parameters; evaluation mode is the caller's business."""
        sampling = self.generator
        for trick in self.tricks:
            sampling = trick.sampling_generator(sampling)
        return Networks(self.config, sampling, self.discriminator)


def assemble(config: RunConfig, train: Images, fabric: Fabric | None = None) -> Game:
    """A game ready for its first step. ``train`` holds the data set's images at rest. Raises :class:`ConfigError`."""
    G, D, tricks = _build(config.check())
    if fabric is None:
        fabric = build_fabric(config)
    wrapped_G, g_optimiser = fabric.setup(G, _optimiser("generator", G, config, tricks))
    wrapped_D, d_optimiser = fabric.setup(D, _optimiser("discriminator", D, config, tricks))
    for trick in tricks:
        trick.prepare(train, G, D, config, fabric.device)
    images = _as_tensor(train.images)
    small = images.nbytes < 4 * 2**30  # held on the device, so that a batch is one gather there
    return Game(
        config=config,
        fabric=fabric,
        images=images.to(fabric.device) if small else images,
        labels=None if train.labels is None else _as_tensor(train.labels),
        G=wrapped_G.train(),
        D=wrapped_D.train(),
        generator=G,
        discriminator=D,
        generator_optimiser=g_optimiser,
        discriminator_optimiser=d_optimiser,
        objective=config.part("objective"),
        architecture=config.part("architecture"),
        prior=config.part("prior"),
        tricks=tricks,
        class_names=config.part("dataset").class_names,
    )


def _optimiser(role: str, network: torch.nn.Module, config: RunConfig, tricks: list[Trick]) -> torch.optim.Optimizer:
    optimiser = config.part(f"{role}_optimiser").build(network.parameters())
    for group in optimiser.param_groups:
        group["lr"] *= math.prod(trick.learning_rate(role) for trick in tricks)
    return optimiser


def _as_tensor(array: np.ndarray) -> torch.Tensor:
    """Without a copy. Data sets give read-only arrays, which torch warns of; the game only ever reads them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(np.ascontiguousarray(array))


def build_fabric(config: RunConfig) -> Fabric:
    """The devices that a game is played on: one, or those that ``fabric run`` was told."""
    if os.environ.get("LT_CLI_USED"):
        fabric = Fabric()
    else:
        fabric = Fabric(accelerator=config.device, devices=1, precision=config.precision)
    fabric.launch()
    return fabric
