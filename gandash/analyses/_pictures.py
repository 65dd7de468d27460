"""The images that analyses look at: a run's samples, its data set, pictures that a visitor brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gandash import datasets
from gandash.randomness import derive

if TYPE_CHECKING:
    import torch

    from gandash.assembly import Networks
    from gandash.config import RunConfig


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images at rest ``uint8 (N, C, H, W)`` (``float32 (N, 2)`` for a toy), with labels ``int64 (N,)`` where there are any."""

    images: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    note: str = ""  # what a person should know of them, one sentence
    titles: tuple[str, ...] = ()  # one a picture

    def __len__(self) -> int:
        return len(self.images)


def fixed_samples(networks: Networks, count: int) -> Pictures:
    """The first samples of the fixed noise: those of the sample sheets."""
    z, labels = networks.fixed_noise()
    return _generated(networks, z[:count], None if labels is None else labels[:count], "sample")


def samples(networks: Networks, count: int, seed: int) -> Pictures:
    """Samples of latents that are drawn by ``seed``."""
    return _generated(networks, networks.latents(seed, count), networks.labels(seed, count), f"seed {seed},")


def _generated(networks: Networks, z: torch.Tensor, labels: torch.Tensor | None, title: str) -> Pictures:
    made = networks.generate(z, labels)
    named = labels is not None
    names = networks.class_names if named else ()
    titles = tuple(f"{title} {place}{f', {names[labels[place - 1]]}' if named else ''}" for place in range(1, len(made) + 1))
    return Pictures(made, labels.numpy() if named else None, names, titles=titles)


def real_images(config: RunConfig, count: int, seed: int | None = None) -> Pictures:
    """Training images of a run's data set: its first ``count``, or as many drawn by ``seed`` (fewer where there are not so many).

    Where the data set is not here but a part of it ships with the project, the part stands in and the note says so.
    Raises :class:`gandash.datasets.DatasetUnavailable`.
    """
    dataset, note = stand_in(config)
    everything = dataset.train()
    chosen = np.arange(min(count, len(everything)))
    if seed is not None:
        chosen = np.random.default_rng(derive(seed, "real images")).permutation(len(everything))[:count]
    labels = None if everything.labels is None else everything.labels[chosen]
    titles = [f"image {index}" if labels is None else dataset.class_names[labels[place]] for place, index in enumerate(chosen)]
    return Pictures(everything.images[chosen], labels, dataset.class_names, note, tuple(titles))


def stand_in(config: RunConfig) -> tuple[datasets.Dataset, str]:
    """The data set that is looked at, and what should be said of it: the run's own or, where that is not here, its embedded part."""
    own = config.part("dataset")
    if own.available():
        return own, ""
    for name, part in datasets.parts.items():
        if part.subset_of == config.dataset.name and part.embedded:
            found = datasets.parts[name](config.dataset.options)
            return found, f"{own.title} is not on this machine; these are from {found.title}, which ships with GANdash."
    raise datasets.DatasetUnavailable(own.missing())


def uploaded(files: list[tuple[str, bytes]], shape: tuple[int, int, int]) -> tuple[Pictures, list[str]]:
    """Picture files, each ``(name, content)``, as images of ``shape`` ``(C, H, H)``; and a sentence for each file that is none."""
    from gandash.datasets.image_folder import read_picture

    images, titles, problems = [], [], []
    for name, content in files:
        try:
            images.append(read_picture(content, shape[1], shape[0] == 3))
            titles.append(name)
        except ValueError:
            problems.append(f"{name} cannot be read as a picture.")
    return Pictures(np.stack(images) if images else np.empty((0, *shape), np.uint8), titles=tuple(titles)), problems
