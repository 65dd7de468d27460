"""Grad-CAM on every layer of a DCGAN's discriminator: one pass for all of them against one call of the library for each."""

from __future__ import annotations

import statistics

import numpy as np
import torch

from benchmarks.embedding import seconds

IMAGES, SIZE, WIDTH, ROUNDS = 64, 64, 64, 3


def library(discriminator: torch.nn.Module, images: torch.Tensor) -> dict[str, np.ndarray]:
    """The customary way: a call a layer, each with a forward and a backward pass of its own."""
    from pytorch_grad_cam import GradCAM

    from gandash.analyses._class_activation import Evidence, SingleLogit

    judge, maps = SingleLogit(discriminator).eval(), {}
    for name, layer in discriminator.cam_layers.items():
        with GradCAM(model=judge, target_layers=[layer]) as method:
            maps[name] = method(input_tensor=images, targets=[Evidence("fake")] * len(images))
    return maps


def main() -> None:
    """Print the table, after making sure that both ways give the same maps."""
    from gandash.analyses._class_activation import own_modules, stretched
    from gandash.analyses.grad_cam import grad_cam
    from gandash.assembly import networks
    from gandash.config import RunConfig

    torch.set_num_threads(1)
    config = {
        "dataset": {"name": "cifar10", "options": {"size": SIZE}},
        "architecture": {"name": "dcgan", "options": {"width": WIDTH}},
        "objective": "non_saturating",
    }
    discriminator = own_modules(networks(RunConfig.model_validate(config)).discriminator).requires_grad_(True)
    images = torch.rand(IMAGES, 3, SIZE, SIZE, generator=torch.Generator().manual_seed(0)) * 2 - 1

    ours, theirs = grad_cam(discriminator, images).maps, library(discriminator, images)
    worst = max(np.abs(stretched(ours[name], (SIZE, SIZE)) - theirs[name]).max() for name in theirs)
    ways = {"one pass": lambda: grad_cam(discriminator, images), "a call a layer": lambda: library(discriminator, images)}
    times = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append(seconds(way))
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"Grad-CAM, {len(theirs)} layers of D, {IMAGES} images at {SIZE} pixels, one thread, medians of {ROUNDS}")
    for name, median in medians.items():
        print(f"  {name:16} {median:8.3f} s")
    print(f"  ratio {medians['a call a layer'] / medians['one pass']:.1f} (at least {len(theirs)} wanted)")
    print(f"  largest difference of two maps {worst:.1e} (at most 1e-05)")


if __name__ == "__main__":
    main()
