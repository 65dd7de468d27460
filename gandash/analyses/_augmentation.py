"""Flips, shifts and rotations of real images: the baseline that generated images must beat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

BLACK = -1.0  # what comes in from outside the image


@dataclass(frozen=True)
class Augmentation:
    """Each image is turned, moved and perhaps mirrored on its own, by torchvision's ``transforms.v2``."""

    rotation: float = 10.0  # degrees, at most, either way
    shift: float = 0.08  # of the image's side, at most, either way
    flips: bool = False  # half of the images are mirrored

    def __call__(self, images: Tensor, random: torch.Generator) -> Tensor:
        """``float32 (N, C, H, W)`` in [-1, 1] -> the same; all that is drawn comes from ``random``."""
        draws = torch.rand(len(images), 4, generator=random)
        angles = (2 * draws[:, 0] - 1) * self.rotation
        moves = ((2 * draws[:, 1:3] - 1) * self.shift * images.shape[-1]).round()
        mirrored = (draws[:, 3] < 0.5) & self.flips
        return torch.stack([self._one(*each) for each in zip(images, angles.tolist(), moves.tolist(), mirrored.tolist(), strict=True)])

    def _one(self, image: Tensor, angle: float, move: list[float], mirrored: bool) -> Tensor:
        if mirrored:
            image = functional.horizontal_flip(image)
        return functional.affine(
            image, angle=angle, translate=move, scale=1.0, shear=[0.0, 0.0], interpolation=InterpolationMode.BILINEAR, fill=BLACK
        )


def mirror_keeps_the_class(class_names: Sequence[str]) -> bool:
    """Whether a mirrored image is still one of its class: not for written characters, which a mirror turns into other ones or none."""
    return not all(len(name) == 1 for name in class_names)
