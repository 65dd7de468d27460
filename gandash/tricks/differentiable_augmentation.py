from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from pydantic import Field
from torch.nn.functional import pad

from gandash.registry import Options
from gandash.tricks import Trick

if TYPE_CHECKING:
    from gandash.objectives import Step


class DifferentiableAugmentation(Trick):
    """D sees every image, real or generated, changed at random in colour and place and with a part cut out.

    Zhao et al., "Differentiable augmentation for data-efficient GAN training" (DiffAugment), 2020. With few real images D soon knows them
    by heart; changed ones it never sees twice. Were only the real images changed, G would learn to make changed ones. So generated
    images are changed in the same way, in both phases, and G's gradient passes through the change.
    """

    title = "Differentiable augmentation"
    order = 30  # before noise is added

    class Options(Options):
        colour: bool = Field(True, title="Colour", description="Change brightness, saturation and contrast.")
        translation: float = Field(
            0.125, ge=0, le=0.5, title="Translation", description="Shift by up to this share of a side; what comes in is mid grey."
        )
        cutout: float = Field(
            0.5, ge=0, le=1, title="Cutout", description="Side of the square that is made mid grey, as a share of the image's side."
        )

    def suits(self, config) -> str | None:
        if len(config.part("dataset").shape) != 3:
            return "Augmentation changes an image's colours and places, and these data are points in a plane."
        return None

    def images(self, images: torch.Tensor, step: Step, origin: str) -> torch.Tensor:
        random = step.random(f"augmentation, {step.phase}, {origin}")
        if self.options.colour:
            images = coloured(images, random)
        if self.options.translation:
            images = translated(images, self.options.translation, random)
        if self.options.cutout:
            images = cut_out(images, self.options.cutout, random)
        return images


def coloured(images: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Brightness moved by up to 0.5, saturation by a factor from 0 to 2, contrast by one from 0.5 to 1.5; drawn for each image."""
    brightness, saturation, contrast = torch.rand(3, len(images), 1, 1, 1, generator=random).to(images.device)
    images = images + (brightness - 0.5)
    images = torch.lerp(images.mean(1, keepdim=True), images, 2 * saturation)
    return torch.lerp(images.mean((1, 2, 3), keepdim=True), images, contrast + 0.5)


def translated(images: torch.Tensor, share: float, random: torch.Generator) -> torch.Tensor:
    """Each image shifted by whole pixels, up to ``share`` of a side in either direction; 0 comes in."""
    rows, columns = (_shifted(side, round(side * share), len(images), random).to(images.device) for side in images.shape[2:])
    batch = torch.arange(len(images), device=images.device)[:, None, None]
    framed = pad(images, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    return framed[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _shifted(side: int, most: int, count: int, random: torch.Generator) -> torch.Tensor:
    """Where in an image with a frame of one pixel each pixel of a shifted line comes from, ``int64 (count, side)``; beyond is the frame."""
    shifts = torch.randint(-most, most + 1, (count, 1), generator=random)
    return (torch.arange(1, side + 1) + shifts).clamp(0, side + 1)


def cut_out(images: torch.Tensor, share: float, random: torch.Generator) -> torch.Tensor:
    """A square of ``share`` of the side set to 0 in each image, its middle anywhere, what lies outside the image lost."""
    inside = [_window(side, round(side * share), len(images), random) for side in images.shape[2:]]
    kept = ~(inside[0][:, None, :, None] & inside[1][:, None, None, :])
    return images * kept.to(images)


def _window(side: int, size: int, count: int, random: torch.Generator) -> torch.Tensor:
    """Which places of a line lie in a window of ``size`` around a random place, ``bool (count, side)``."""
    first = torch.randint(side, (count, 1), generator=random) - size // 2
    places = torch.arange(side)
    return (places >= first) & (places < first + size)
