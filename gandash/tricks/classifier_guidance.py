from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import cross_entropy

from gandash.pixels import to_network
from gandash.randomness import derive
from gandash.randomness import generator as random_generator
from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.objectives import Step

HELD_OUT = 0.1  # share of the training images that the classifier is tested on
BATCH_SIZE = 64


class ClassifierGuidance(Trick):
    """G must also please a classifier, trained beforehand on the real images, that should read the class that was asked for.

    The class term of Odena et al. (AC-GAN), 2017, with a pretrained network in place of D's class head. That network is small, trained in
    one pass at the first step, and never the one that a run is judged by: the score would then measure how well G flatters its judge.
    """

    title = "Guidance by a classifier"

    class Options(Options):
        weight: float = Field(1.0, ge=0, le=100, title="Weight", description="What being read as the right class counts for, beside D.")
        images: int = Field(
            10_000, ge=100, le=1_000_000, title="Images", description="How many training images the classifier learns from, once each."
        )
        learning_rate: float = Field(2e-3, gt=0, le=1, title="Learning rate", description="Of the classifier.")

    _classifier: nn.Module | None = None
    _accuracy: torch.Tensor | None = None  # of the classifier, on held-out training images; None until it is trained

    def suits(self, config) -> str | None:
        if config.part("dataset").num_classes < 2:
            return "A classifier needs data with at least two classes, and these have no labels."
        if not config.part("architecture").conditional:
            return "The classifier checks for the class that was asked for, and this architecture takes no class; choose a conditional one."
        return None

    def prepare(self, train, generator, discriminator, config, device) -> None:
        dataset = config.part("dataset")
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(config.seed, "classifier"))
            self._classifier = build_classifier(dataset.shape, dataset.num_classes).to(device)
        self._train, self._seed, self._device = train, config.seed, device

    def generator_loss(self, step: Step) -> torch.Tensor:
        if self._accuracy is None:  # not in prepare: a run that is resumed brings its classifier along
            self._learn()
        said = self._classifier(step.fake)
        loss = cross_entropy(said, step.fake_labels)
        step.logged["guidance_loss"] = loss.detach()
        step.logged["guidance_accuracy"] = (said.argmax(1) == step.fake_labels).float().mean()
        step.logged["classifier_accuracy"] = self._accuracy
        return self.options.weight * loss

    def _learn(self) -> None:
        order = torch.randperm(len(self._train), generator=random_generator(self._seed, "classifier"))[: self.options.images]
        held_out, seen = order.split([math.ceil(HELD_OUT * len(order)), len(order) - math.ceil(HELD_OUT * len(order))])
        optimiser = torch.optim.Adam(self._classifier.parameters(), lr=self.options.learning_rate)
        for batch in seen.split(BATCH_SIZE):
            images, labels = self._examples(batch)
            optimiser.zero_grad()
            cross_entropy(self._classifier(images), labels).backward()
            optimiser.step()
        self._classifier.requires_grad_(False)
        right = [
            (self._classifier(images).argmax(1) == labels).float() for images, labels in map(self._examples, held_out.split(BATCH_SIZE))
        ]
        self._accuracy = torch.cat(right).mean()

    def _examples(self, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        images, labels = self._train.images[chosen.numpy()], self._train.labels[chosen.numpy()]
        return to_network(torch.from_numpy(images).to(self._device)), torch.from_numpy(labels).to(self._device)

    def state_dict(self) -> dict[str, torch.Tensor]:
        if self._accuracy is None:  # the first step will train it, here as anywhere
            return {}
        return {"accuracy": self._accuracy, **{f"classifier.{name}": value for name, value in self._classifier.state_dict().items()}}

    def load_state_dict(self, state: dict[str, torch.Tensor]) -> None:
        if not state:
            return
        self._accuracy = state["accuracy"].to(self._device)
        weights = {name.removeprefix("classifier."): value for name, value in state.items() if name != "accuracy"}
        self._classifier.load_state_dict(weights)
        self._classifier.requires_grad_(False)


def build_classifier(shape: tuple[int, ...], num_classes: int) -> nn.Sequential:
    """A small convolutional network for images ``(C, H, W)`` in [-1, 1], or a fully connected one for points: class logits."""
    if len(shape) == 1:
        return nn.Sequential(nn.Linear(*shape, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, num_classes))
    channels, side = [shape[0]], shape[1]
    layers: list[nn.Module] = []
    while side > 7 or len(channels) == 1:
        channels.append(16 * len(channels))
        layers += [nn.Conv2d(*channels[-2:], 3, stride=2, padding=1), nn.ReLU()]
        side = (side + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels[-1] * side * side, num_classes))
