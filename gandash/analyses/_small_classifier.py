"""The small classifier that the retraining experiment trains again and again, and its training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import skip_init

from gandash.pixels import to_network
from gandash.randomness import generator

SIDES = (28, 32)  # pixels: images of another size are brought to the last of these
MAPS = (8, 16)
HIDDEN = 64
TELL_EVERY = 10  # steps
TEST_BATCH = 250

Augment = Callable[[Tensor, torch.Generator], Tensor]  # float32 (N, C, H, W) in [-1, 1] -> the same


@dataclass(frozen=True)
class Recipe:
    """How each classifier is trained: all of them take the same number of steps, however many images they are given."""

    steps: int
    batch_size: int = 32
    learning_rate: float = 6e-3


class SmallClassifier(nn.Module):
    """Two 5x5 convolutions of stride 2 and one hidden layer, as in the first convolutional network that read digits.

    LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition", with ReLU in place of tanh. Small, so that a study
    of a hundred of them fits into a coffee break; its accuracy still rises with the number of images over three orders of magnitude.

    Input ``(N, C, H, W)`` in [-1, 1], H = W divisible by 4; output logits ``(N, classes)``. All weights come from ``random``.
    """

    def __init__(self, shape: Sequence[int], classes: int, random: torch.Generator):
        super().__init__()
        channels, side, _ = shape
        self.layers = nn.Sequential(
            skip_init(nn.Conv2d, channels, MAPS[0], 5, stride=2, padding=2),
            nn.ReLU(),
            skip_init(nn.Conv2d, MAPS[0], MAPS[1], 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            skip_init(nn.Linear, MAPS[1] * (side // 4) ** 2, HIDDEN),
            nn.ReLU(),
            skip_init(nn.Linear, HIDDEN, classes),
        )
        for layer in self.layers:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu", generator=random)
                nn.init.zeros_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)


def train(
    stages: Sequence[tuple[np.ndarray, np.ndarray]],
    classes: int,
    recipe: Recipe,
    seed: int,
    augment: Augment | None = None,
    tell: Callable[[float], None] | None = None,
) -> SmallClassifier:
    """A classifier trained on images ``uint8 (N, C, H, W)`` and labels ``int64 (N,)``, on one stage of them after the other.

    The stages share the steps evenly and one cosine schedule, so that a second stage (fine-tuning) learns at a lower rate than the first.
    Weights, order and augmentation are functions of ``seed``: the same call gives the same network, bit for bit on one machine. ``tell``
    hears the fraction done; what it raises ends the training. Raises ``ValueError`` where a stage has no images.
    """
    if not all(len(images) for images, _ in stages):
        raise ValueError("A classifier cannot be trained on no images.")
    model = SmallClassifier(stages[0][0].shape[1:], classes, generator(seed, "classifier weights")).to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(model.parameters(), recipe.learning_rate, fused=True)
    done = 0
    for number, (images, labels) in enumerate(stages):
        steps = recipe.steps * (number + 1) // len(stages) - done
        pixels, answers = torch.tensor(images), torch.tensor(labels)
        for chosen in _order(len(images), steps, recipe.batch_size, seed, number):
            for group in optimiser.param_groups:
                group["lr"] = recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done / recipe.steps))
            batch = to_network(pixels[chosen])
            if augment:
                batch = augment(batch, generator(seed, "augmentation", done))
            optimiser.zero_grad()
            functional.cross_entropy(model(batch), answers[chosen]).backward()
            optimiser.step()
            done += 1
            if tell and done % TELL_EVERY == 0:
                tell(done / recipe.steps)
    return model.eval()


def _order(count: int, steps: int, batch_size: int, seed: int, stage: int) -> Tensor:
    """Which images each step sees, ``int64 (steps, batch_size)``: one shuffle of all of them after the other."""
    epochs = -(-steps * batch_size // count)
    shuffles = [torch.randperm(count, generator=generator(seed, f"classifier order {stage}", epoch)) for epoch in range(epochs)]
    return torch.cat([*shuffles, torch.empty(0, dtype=torch.int64)])[: steps * batch_size].view(steps, batch_size)


@torch.inference_mode()
def accuracy(model: SmallClassifier, images: np.ndarray, labels: np.ndarray) -> float:
    """The share of images ``uint8 (N, C, H, W)`` whose label ``int64 (N,)`` the classifier finds likeliest, in [0, 1]; NaN for none."""
    right = 0
    for start in range(0, len(images), TEST_BATCH):
        batch = torch.tensor(images[start : start + TEST_BATCH])
        right += int((model(to_network(batch)).argmax(1) == torch.tensor(labels[start : start + TEST_BATCH])).sum())
    return right / len(images) if len(images) else math.nan


def at_size(images: np.ndarray) -> np.ndarray:
    """``uint8 (N, C, H, W)`` as the classifier takes them: 28 and 32 pixels pass, all else is resized to 32."""
    from gandash.datasets._images import resize

    return images if images.shape[-1] in SIDES else resize(images, SIDES[-1])
