from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch import nn
from torch.nn.functional import cross_entropy

from gandash.architectures import Architecture, Judged
from gandash.architectures._convolutional import (
    ConditionalGenerator,
    ConvolutionalDiscriminator,
    ConvolutionalOptions,
    initialise,
    unsuitable,
)

if TYPE_CHECKING:
    from gandash.objectives import Step


class ClassifyingDiscriminator(ConvolutionalDiscriminator):
    """Says real or fake and, from the same features, which class; it is not told the class."""

    def __init__(self, shape: tuple[int, ...], num_classes: int, options: ConvolutionalOptions):
        super().__init__(shape, options)
        self.class_head = nn.Sequential(nn.Flatten(), nn.Linear(self.features, num_classes))
        initialise(self.class_head)

    def forward(self, x: torch.Tensor, labels: torch.Tensor | None = None) -> Judged:
        features = self.blocks(x)
        return Judged(self.head(features).flatten(), self.class_head(features))


class AuxiliaryClassifier(Architecture):
    """A DCGAN that is told which class to make, with a discriminator that must also name the class of what it sees.

    Odena, Olah and Shlens, "Conditional image synthesis with auxiliary classifier GANs", 2017 (AC-GAN). Both players maximise the
    likelihood of the right class, on real and on generated images: here they are allies.
    """

    title = "AC-GAN (auxiliary classifier)"
    conditional = True

    class Options(ConvolutionalOptions):
        class_weight: float = Field(
            1.0, ge=0, le=100, title="Weight of the class loss", description="What naming the class counts for, beside real or fake."
        )

    def suits(self, config) -> str | None:
        dataset = config.part("dataset")
        if dataset.num_classes < 2:
            return "A class head needs data with at least two classes, and these have no labels."
        return unsuitable(dataset.shape, self.options.stride)

    def build(self, shape: tuple[int, ...], num_classes: int, latent_dim: int) -> tuple[ConditionalGenerator, ClassifyingDiscriminator]:
        generator = ConditionalGenerator(shape, num_classes, latent_dim, self.options)
        return generator, ClassifyingDiscriminator(shape, num_classes, self.options)

    def class_loss(self, step: Step) -> torch.Tensor:
        """Cross entropy in nats: D's of real and of generated images, added as in the paper; G's of its own images."""
        loss = cross_entropy(step.fake_judged.class_logits, step.fake_labels)
        if step.phase == "discriminator":
            loss = loss + cross_entropy(step.real_judged.class_logits, step.labels)
        step.logged[f"{step.phase[0]}_class_loss"] = loss.detach()
        return self.options.class_weight * loss
