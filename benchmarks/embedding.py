"""Embedding images through all four blocks of a ResNet-18: one pass over a batch against the customary way, one pass a block and image.

    python benchmarks/embedding.py

128 images at 64 pixels through torchvision's ImageNet stem. The weights are random: they do not change the
time. The customary way cuts the network after a block and sends one image at a time through each of the four stumps.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
import typer
from torch import nn
from torchvision.models import resnet18

from gandash.features.network import DEVIATION, MEAN, FeatureNetwork, prepare
from gandash.features.resnet18 import BLOCKS

SIZE = 64


def customary(module: nn.Module, images: np.ndarray) -> dict[str, np.ndarray]:
    """One pass a block and image, channels first, each pass from the pixels on."""
    children = list(module.named_children())
    names = [name for name, _ in children]
    found = {}
    for block in BLOCKS:
        stump = nn.Sequential(*(child for _, child in children[: names.index(block) + 1]))
        rows = []
        with torch.no_grad():
            for image in images:
                batch = prepare(image[None], SIZE, MEAN["imagenet"], DEVIATION["imagenet"]).contiguous()
                rows.append(stump(batch).mean((2, 3))[0].numpy())
        found[block] = np.stack(rows)
    return found


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main(images: int = 128, rounds: int = 5, threads: int = 1) -> None:
    """Prints medians of alternating runs and their ratio."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    pictures = np.random.default_rng(0).integers(0, 256, (images, 3, SIZE, SIZE), dtype=np.uint8)
    plain = resnet18().eval()
    ours = resnet18().eval().requires_grad_(False).to(memory_format=torch.channels_last)
    ours.load_state_dict(plain.state_dict())
    network = FeatureNetwork("imagenet", ours, SIZE)
    ways = {"one pass over the batch": lambda: network.blocks(pictures), "a pass a block and image": lambda: customary(plain, pictures)}

    one, other = (way() for way in ways.values())
    for block in BLOCKS:
        np.testing.assert_allclose(one[block], other[block], rtol=1e-3, atol=1e-4)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            times[name].append(seconds(way))

    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"{images} images at {SIZE} pixels, four blocks of ResNet-18 (ImageNet stem, random weights)")
    print(f"{threads} thread(s), medians of {rounds} alternating runs")
    for name, median in medians.items():
        print(f"  {name:26} {median:8.3f} s   {images / median:8.1f} images/s")
    ratio = medians["a pass a block and image"] / medians["one pass over the batch"]
    print(f"  ratio {ratio:.1f} (at least 10 wanted)")


if __name__ == "__main__":
    typer.run(main)
