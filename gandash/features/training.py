"""How the embedded ResNet-18 is trained: one trunk, three heads, every batch a mixture of the three data sets.

    python -m gandash.features.training --data DIR

The trunk's batch normalisation has one set of statistics for all three data sets, so every batch holds all three in fixed shares.
CIFAR-10 is the hardest and gets the most. The learning rate rises, stays, then falls linearly to zero; the first images are seen smaller,
which is quicker. The weights that ship are a running average of the trained ones.

Training may be interrupted at any time and continues from its newest state. Batches and augmentation are functions of (seed, data set,
position), so nothing about random numbers is saved. It may go on by a changed recipe, say fewer images where time runs out; what was
changed, and when, is kept and shipped with the weights.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import typer
from pydantic import BaseModel, ConfigDict, Field
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from gandash import datasets
from gandash.features.batches import Sampler
from gandash.features.embedded import INPUT_SIZE, EmbeddedResNet
from gandash.features.export import Data, accuracies, export
from gandash.features.resnet18 import EMBEDDED_WEIGHTS, HEADS

Log = Callable[[dict[str, Any]], None]


class Recipe(BaseModel):
    """Everything that decides the embedded weights, apart from the data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int = Field(1_450_000, ge=1, description="Images seen in all.")
    batch: dict[str, int] = Field({"mnist": 16, "fashion_mnist": 32, "cifar10": 80}, description="Images of each data set in a batch.")
    learning_rate: float = Field(0.2, gt=0, description="At its peak; stochastic gradient descent with Nesterov's momentum.")
    momentum: float = Field(0.9, gt=0, lt=1)
    weight_decay: float = Field(5e-4, ge=0, description="On convolutions and heads, not on normalisation and biases.")
    warm_up: int = Field(40_000, ge=0, description="Images over which the learning rate rises.")
    decay: float = Field(0.6, gt=0, le=1, description="Share of the images over which it falls to zero.")
    sizes: dict[float, int] = Field(
        {0.0: 24, 0.3: 28, 0.5: INPUT_SIZE}, description="Pixels of a side, each from a share of the images on."
    )
    label_smoothing: dict[str, float] = Field({"mnist": 0.0, "fashion_mnist": 0.0, "cifar10": 0.1})
    average: float = Field(0.98, ge=0, lt=1, description="Decay of the running average of the weights.")
    average_every: int = Field(8, ge=1, description="Steps between two updates of that average.")
    seed: int = 0

    def learning_rate_at(self, seen: int) -> float:
        """The learning rate once ``seen`` images were seen."""
        rising = (seen + 1) / (self.warm_up + 1)
        falling = (self.images - seen) / (self.decay * self.images)
        return self.learning_rate * max(0.0, min(1.0, rising, falling))

    def size_at(self, seen: int) -> int:
        """The pixels of an image's side once ``seen`` images were seen."""
        return self.sizes[max(start for start in self.sizes if start <= seen / self.images)]


class Trainer:
    """The network, its average, its optimiser, how far they are, and the folder that keeps all that."""

    def __init__(self, recipe: Recipe, data: Data, folder: Path):
        self.recipe, self.folder = recipe, folder
        self.samplers = {name: Sampler(name, *data[name], recipe.seed) for name in HEADS}
        self.positions = dict.fromkeys(HEADS, 0)
        self.steps, self.seconds = 0, 0.0
        self.changes: list[dict[str, Any]] = []  # of the recipe while it was followed: {"seen": images, field: (before, after)}
        torch.manual_seed(recipe.seed)
        self.network = EmbeddedResNet().to(memory_format=torch.channels_last)
        self.average = AveragedModel(self.network, multi_avg_fn=get_ema_multi_avg_fn(recipe.average), use_buffers=True)
        matrices = [parameter for parameter in self.network.parameters() if parameter.ndim > 1]
        vectors = [parameter for parameter in self.network.parameters() if parameter.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        self.optimiser = torch.optim.SGD(groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=True, fused=True)

    @property
    def seen(self) -> int:
        """Images seen so far."""
        return sum(self.positions.values())

    def step(self) -> dict[str, tuple[float, float]]:
        """One step on one mixed batch; gives each head's loss and share of right answers."""
        recipe = self.recipe
        batches = {name: self.samplers[name].batch(self.positions[name], recipe.batch[name]) for name in HEADS}
        images = torch.cat([images for images, _ in batches.values()])
        if (size := recipe.size_at(self.seen)) != INPUT_SIZE:
            images = functional.interpolate(images, size=size, mode="bilinear", antialias=True)
        for group in self.optimiser.param_groups:
            group["lr"] = recipe.learning_rate_at(self.seen)

        self.network.train()
        self.optimiser.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            features = self.network(images.contiguous(memory_format=torch.channels_last)).float()
        loss, told = torch.zeros(()), {}
        for name, part in zip(HEADS, features.split([len(labels) for _, labels in batches.values()]), strict=True):
            labels = batches[name][1]
            logits = self.network.heads[name](part)
            own = functional.cross_entropy(logits, labels, label_smoothing=recipe.label_smoothing[name])
            loss = loss + own * len(labels) / len(images)
            told[name] = own.item(), (logits.argmax(1) == labels).float().mean().item()
            self.positions[name] += len(labels)
        loss.backward()
        self.optimiser.step()

        self.steps += 1
        if self.steps % recipe.average_every == 0:
            self.average.update_parameters(self.network)
        return told

    def save(self) -> None:
        """Write the state beside the older one, let ``state.json`` name it, then delete the older one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tensors = {f"network.{name}": value for name, value in self.network.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in self.average.state_dict().items()}
        for index, parameter in enumerate(self._parameters()):
            if state := self.optimiser.state[parameter]:
                tensors[f"momentum.{index}"] = state["momentum_buffer"]
        weights = f"{self.seen}.safetensors"
        save_file({name: value.contiguous() for name, value in tensors.items()}, self.folder / weights)
        told = {"weights": weights, "steps": self.steps, "positions": self.positions}
        told |= {"seconds": round(self.seconds), "changes": self.changes}
        draft = self.folder / "state.json.new"
        draft.write_text(json.dumps({**told, "recipe": self.recipe.model_dump(mode="json")}, indent=2))
        draft.replace(self.folder / "state.json")
        for older in self.folder.glob("*.safetensors"):
            if older.name != weights:
                older.unlink()

    def restore(self) -> None:
        """Continue from the newest state in the folder, where there is one."""
        if not (self.folder / "state.json").exists():
            return
        told = json.loads((self.folder / "state.json").read_text())
        tensors = load_file(self.folder / told["weights"])
        self.network.load_state_dict(_under("network.", tensors))
        self.average.load_state_dict(_under("average.", tensors))
        for index, parameter in enumerate(self._parameters()):
            if f"momentum.{index}" in tensors:  # laid out in memory as its parameter is, or the fused step is slow
                buffer = torch.empty_like(parameter).copy_(tensors[f"momentum.{index}"])
                self.optimiser.state[parameter]["momentum_buffer"] = buffer.detach()
        self.steps, self.positions, self.seconds, self.changes = told["steps"], told["positions"], float(told["seconds"]), told["changes"]
        now = self.recipe.model_dump(mode="json")
        changed = {name: (before, now[name]) for name, before in told["recipe"].items() if now[name] != before}
        if changed:
            self.changes.append({"seen": self.seen, **changed})

    def _parameters(self) -> list[nn.Parameter]:
        return [parameter for group in self.optimiser.param_groups for parameter in group["params"]]


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def train(recipe: Recipe, data: Data, tests: Data, folder: Path, log: Log, save_seconds: float = 240.0) -> Trainer:
    """Train to the recipe's end, from the newest state in ``folder`` where there is one; a SIGTERM saves and stops."""
    trainer = Trainer(recipe, data, folder)
    trainer.restore()
    stops: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stops.append(number))
    some = {name: (images[:1000], labels[:1000]) for name, (images, labels) in tests.items()}
    started = saved = logged = time.monotonic()
    seconds, seen = trainer.seconds, trainer.seen
    recent = []
    while trainer.seen < recipe.images and not stops:
        recent.append(trainer.step())
        now = time.monotonic()
        trainer.seconds = seconds + now - started
        if now - logged > 20.0:
            means = {name: np.mean([step[name] for step in recent], axis=0).round(4).tolist() for name in HEADS}
            rate = (trainer.seen - seen) / (now - logged)
            log({"seen": trainer.seen, "images/s": round(rate), "learning rate": round(recipe.learning_rate_at(trainer.seen), 5), **means})
            recent, logged, seen = [], now, trainer.seen
        if now - saved > save_seconds:
            trainer.save()
            told = accuracies(trainer.average.module, some, recipe.size_at(trainer.seen))
            log({"seen": trainer.seen, "accuracy on 1,000 test images": told})
            saved = time.monotonic()
    trainer.save()
    return trainer


def main(
    data: Annotated[Path | None, typer.Option(help="Folder of the data sets; without it GANDASH_DATA.")] = None,
    state: Annotated[Path, typer.Option(help="Folder that the state is kept in and continued from.")] = Path(".training/resnet18"),
    weights: Annotated[Path, typer.Option(help="File to write, with a JSON beside it.")] = EMBEDDED_WEIGHTS,
    images: Annotated[int, typer.Option(min=0, help="Images to see in all; 0 writes the weights of the newest state.")] = 1_450_000,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    threads: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """Train the embedded ResNet-18 and write the weights that ship."""
    torch.set_num_threads(threads)
    if data is not None:
        os.environ["GANDASH_DATA"] = str(data)
    parts = {name: datasets.parts[name]() for name in HEADS}
    trains, tests = ({name: _arrays(part, split) for name, part in parts.items()} for split in ("train", "test"))
    if images:
        trainer = train(Recipe(images=images, seed=seed), trains, tests, state, lambda told: typer.echo(json.dumps(told)))
    else:
        trainer = Trainer(Recipe.model_validate_json(json.dumps(json.loads((state / "state.json").read_text())["recipe"])), trains, state)
        trainer.restore()
    typer.echo(json.dumps(write(trainer, weights, tests), indent=2))


def write(trainer: Trainer, weights: Path, tests: Data) -> dict[str, Any]:
    """The average's weights in half precision, and the JSON beside them."""
    facts = {"recipe": trainer.recipe.model_dump(mode="json"), "images_seen": trainer.seen, "changes": trainer.changes}
    return export(trainer.average.module, weights, tests, {**facts, "seconds": round(trainer.seconds)})


def _arrays(part: datasets.Dataset, split: str) -> tuple[np.ndarray, np.ndarray]:
    found = part.train() if split == "train" else part.test()
    return np.array(found.images), np.array(found.labels)  # copies: torch wants what it could write to


if __name__ == "__main__":
    typer.run(main)
