"""A finished run, made small enough to ship: weights in half precision at a few snapshots, no states, no log."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from gandash.runs.run import Run
from gandash.runs.weights import read_tensors, write_tensors

if TYPE_CHECKING:
    import torch

HALF_RANGE = 6e4  # what float16 holds, with a little room


def export(run: Run, destination: Path, weights: int = 7, half: bool = True) -> Path:
    """Write ``run`` to the new directory ``destination`` in the run format and return it.

    The newest weights are kept and ``weights - 1`` earlier ones, spread evenly over the logarithm of the steps. With ``half``, floating
    point numbers are stored as float16 where its range allows. Of a run that keeps an average of G, only that is kept. Raises
    ``FileExistsError`` and, for a run without weights, ``LookupError``.
    """
    chosen = spread(sorted(run.steps_of("weights")), weights)
    if not chosen:
        raise LookupError(f"{run.title} has no weights to export.")
    destination.mkdir(parents=True)
    for name in ("config.json", "status.json", "metrics.jsonl", "events.jsonl"):
        if (run.path / name).exists():
            shutil.copyfile(run.path / name, destination / name)
    shutil.copytree(run.path / "samples", destination / "samples", ignore=shutil.ignore_patterns(".*"))
    (destination / "weights").mkdir()
    for step in chosen:
        tensors, texts = read_tensors(run.path / "weights" / f"{step}.safetensors")
        if any(name.startswith("average.") for name in tensors):  # samples are drawn from it: what G itself was matters to a resume only
            tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("generator.")}
        kept = {name: _halved(tensor) if half else tensor for name, tensor in tensors.items()}
        write_tensors(destination / "weights" / f"{step}.safetensors", kept, texts)
    return destination


def spread(steps: list[int], count: int) -> list[int]:
    """Of ascending ``steps``, at most ``count``: the last, and others spread over the logarithm of the step."""
    if len(steps) <= count or not steps:
        return steps
    last = steps[-1]
    first = max(1.0, steps[0], last / 1000)  # before a thousandth of the way there is noise to see
    targets = [first * (last / first) ** (i / max(1, count - 1)) for i in range(count)]
    targets[-1] = last
    chosen: list[int] = []
    for target in reversed(targets):
        free = [step for step in steps if step not in chosen]
        chosen.append(min(free, key=lambda step: (abs(math.log(max(step, 1) / target)), -step)))
    return sorted(chosen)


def _halved(tensor: torch.Tensor) -> torch.Tensor:
    fits = tensor.is_floating_point() and (tensor.numel() == 0 or tensor.abs().max().item() < HALF_RANGE)
    return tensor.half() if fits else tensor
