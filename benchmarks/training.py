"""Training throughput of ``dcgan`` against the customary loop on the same network: images a second, medians of alternating runs.

Each side runs in a process of its own, as it is run in life: ours with the environment that ``gandash.jobs`` gives a training process.
One of them works at a time. The loader of the customary loop works in its own process, or in two workers beside it.
"""

from __future__ import annotations

import gzip
import json
import os
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from gandash import jobs
from gandash.config import Choice, RunConfig

BATCH, LATENT = 64, 100
CASES = (  # size, channels, width, steps a round, the ratio to reach
    (32, 1, 16, 60, 1.3),
    (32, 1, 64, 12, 1.3),
    (64, 3, 64, 3, 1.15),
)
ROUNDS = 7


def main() -> None:
    """Print the table."""
    print("size  channels  width  loader workers  customary, images/s  GANdash, images/s  ratio  at least")
    with tempfile.TemporaryDirectory() as folder:
        write_torchvision_layout(Path(folder))
        for size, channels, width, steps, bar in CASES:
            for workers in (0, 2):
                theirs, ours = measure(Path(folder), size, channels, width, steps, workers)
                rates = f"{theirs:19.0f}  {ours:17.0f}  {ours / theirs:5.2f}"
                print(f"{size:4}  {channels:8}  {width:5}  {workers:14}  {rates}  {bar:8}", flush=True)


def measure(folder: Path, size: int, channels: int, width: int, steps: int, workers: int) -> tuple[float, float]:
    """Images a second of the customary loop and of ours."""
    case = {"folder": str(folder), "size": size, "channels": channels, "width": width, "steps": steps, "workers": workers}
    plain = {**os.environ, "OMP_NUM_THREADS": "1"}
    sides = [Side("customary", case, plain), Side("ours", case, jobs.environment(settings(case)))]
    try:
        rates = [[side.rate() for side in sides] for _ in range(ROUNDS + 1)][1:]  # the first round warms both up
    finally:
        for side in sides:
            side.end()
    theirs, ours = zip(*rates, strict=True)
    return statistics.median(theirs), statistics.median(ours)


class Side:
    """One of the two loops, in a process that works a round at each request."""

    def __init__(self, name: str, case: dict, environment: dict[str, str]):
        command = [sys.executable, "-c", f"from benchmarks.training import work; work({name!r}, {json.dumps(case)!r})"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def rate(self) -> float:
        """Images a second over one round."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def end(self) -> None:
        self._process.stdin.close()
        self._process.wait(60)


def work(name: str, case_text: str) -> None:
    """In a side's process: a round of steps for each line that comes in, its rate as a line that goes out."""
    import torch

    torch.set_num_threads(1)
    case = json.loads(case_text)
    step = {"ours": _ours, "customary": _customary}[name](case)
    for _ in sys.stdin:
        started = time.perf_counter()
        for _ in range(case["steps"]):
            step()
        print(BATCH * case["steps"] / (time.perf_counter() - started), flush=True)


def settings(case: dict) -> RunConfig:
    """The run that is trained."""
    return RunConfig(
        dataset=Choice(name="fashion_mnist_subset", options={"size": case["size"], "colour": case["channels"] == 3}),
        architecture=Choice(name="dcgan", options={"width": case["width"]}),
        latent_dim=LATENT,
        batch_size=BATCH,
    )


def _ours(case: dict) -> Callable[[], object]:
    from gandash.assembly import assemble
    from gandash.training.loop import play

    config = settings(case)
    game = assemble(config, config.part("dataset").train())
    return lambda: play(game, watched=(game.step + 1) % config.log_every == 0)


def _customary(case: dict) -> Callable[[], object]:
    from benchmarks.customary_loop import customary, customary_networks

    G, D = customary_networks(case["size"], case["channels"], case["width"], LATENT)
    ours = settings(case).part("architecture").build((case["channels"], case["size"], case["size"]), 10, LATENT)
    for theirs, mine in zip((G, D), ours, strict=True):
        counts = [sum(parameter.numel() for parameter in network.parameters()) for network in (theirs, mine)]
        if counts[0] != counts[1]:
            raise RuntimeError(f"The networks differ: {counts[0]} and {counts[1]} parameters.")
    return customary(G, D, Path(case["folder"]), case["size"], case["channels"], LATENT, BATCH, case["workers"]).__next__


def write_torchvision_layout(folder: Path) -> None:
    """The embedded subset of Fashion-MNIST as torchvision wants it, so that the baseline reads through torchvision's own class."""
    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    images = RunConfig(dataset="fashion_mnist_subset").part("dataset").train()
    for name in ("train", "t10k"):
        pixels = struct.pack(">IIII", 2051, len(images), 28, 28) + images.images.tobytes()
        labels = struct.pack(">II", 2049, len(images)) + images.labels.astype("uint8").tobytes()
        for kind, content in (("images-idx3", pixels), ("labels-idx1", labels)):
            (raw / f"{name}-{kind}-ubyte").write_bytes(content)
            (raw / f"{name}-{kind}-ubyte.gz").write_bytes(gzip.compress(content, 1))
