"""Endless augmented batches for training the embedded ResNet-18."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gandash.features.embedded import INPUT_SIZE
from gandash.features.resnet18 import HEADS


class Sampler:
    """Endless batches of one data set, each image once an epoch; order and augmentation are functions of (seed, data set, position)."""

    def __init__(self, name: str, images: np.ndarray, labels: np.ndarray, seed: int):
        self.grey = images.shape[1] == 1
        self.images, self.labels = torch.from_numpy(images), torch.from_numpy(labels)
        self.key = [seed, HEADS.index(name)]
        self.epoch = -1

    def batch(self, position: int, count: int) -> tuple[Tensor, Tensor]:
        """The images from ``position`` on, ``(N, 3, 32, 32)`` in [-1, 1], and their labels; N is ``count``, or less at an epoch's end."""
        epoch, start = divmod(position, len(self.images))
        if epoch != self.epoch:
            self.epoch, self.order = epoch, np.random.default_rng([*self.key, 0, epoch]).permutation(len(self.images))
        chosen = torch.from_numpy(self.order[start : start + count])
        rng = np.random.default_rng([*self.key, 1, position])
        images = self.images[chosen].float().div_(127.5).sub_(1.0)
        return (augment_grey if self.grey else augment_colour)(images, rng), self.labels[chosen]


def augment_colour(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Photographs ``(N, 3, 32, 32)``, shifted by up to four pixels, half of them mirrored."""
    images = crop(functional.pad(images, (4, 4, 4, 4), mode="reflect"), INPUT_SIZE, rng)
    mirrored = torch.from_numpy(rng.random(len(images)) < 0.5)[:, None, None, None]
    return torch.where(mirrored, images.flip(3), images)


def augment_grey(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Digits and clothes ``(N, 1, 28, 28)``, shifted by up to two pixels and brought to ``(N, 3, 32, 32)``; never mirrored.

    Runs at 32 pixels may show them stretched or within a margin, so half are brought to size in each way.
    """
    half = len(images) // 2
    stretched = crop(functional.pad(images[:half], (2, 2, 2, 2), value=-1.0), images.shape[-1], rng)
    stretched = functional.interpolate(stretched, size=INPUT_SIZE, mode="bilinear", antialias=True)
    framed = crop(functional.pad(images[half:], (4, 4, 4, 4), value=-1.0), INPUT_SIZE, rng)
    return torch.cat([stretched, framed]).expand(-1, 3, -1, -1)


def crop(images: Tensor, size: int, rng: np.random.Generator) -> Tensor:
    """A window of ``size`` pixels out of each image ``(N, C, H, W)``, each at a random place of its own."""
    places = rng.integers(0, images.shape[-1] - size + 1, (2, len(images), 1))
    rows, columns = torch.from_numpy(places) + torch.arange(size)
    numbers = torch.arange(len(images))[:, None, None]
    return images.permute(0, 2, 3, 1)[numbers, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
