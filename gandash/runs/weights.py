"""Safetensors <-> networks. Half precision at rest is read back as float32."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import save

from gandash.assembly import Networks, networks
from gandash.runs.files import opened_tensors, write_bytes

if TYPE_CHECKING:
    from gandash.assembly import Game
    from gandash.runs.run import Run


class WeightsMismatch(ValueError):
    """A file of weights that does not belong to the run's networks."""


def network_tensors(game: Game) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """G, D and, where a trick keeps one, the average of G: tensors by name, and the step as text."""
    kept = {"generator": game.generator, "discriminator": game.discriminator}
    sampling = game.sampler().generator
    if sampling is not game.generator:
        kept["average"] = sampling
    tensors = {f"{role}.{name}": value for role, network in kept.items() for name, value in network.state_dict().items()}
    return tensors, {"step": str(game.step)}


def write_tensors(path: Path, tensors: dict[str, torch.Tensor], texts: dict[str, str]) -> None:
    """A safetensors file that appears whole or not at all."""
    write_bytes(path, save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, metadata=texts))


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """What :func:`write_tensors` wrote, on the CPU. Raises :class:`gandash.runs.files.DamagedFile`."""
    with opened_tensors(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, dict(file.metadata() or {})  # noqa: SIM118  not a mapping


@lru_cache(maxsize=12)
def restore(run: Run, path: Path, stamp: int) -> Networks:
    """The networks whose weights lie in ``path``; the last few are kept. Raises :class:`WeightsMismatch` or ``DamagedFile``.

    Where the file holds no discriminator, there is none: one that was never trained must not judge.
    """
    found = networks(run.config)
    tensors, _ = read_tensors(path)
    averaged = any(name.startswith("average.") for name in tensors)
    if averaged:
        _load(found.generator, "average", tensors, path)
    else:
        _load(found.generator, "generator", tensors, path)
    if any(name.startswith("discriminator.") for name in tensors):
        _load(found.discriminator, "discriminator", tensors, path)
    else:
        found.discriminator = None
    return found


def _load(network: torch.nn.Module, role: str, tensors: dict[str, torch.Tensor], path: Path) -> None:
    start = role + "."
    wanted = network.state_dict()
    mine = {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}
    mine = {name: value.to(wanted[name].dtype) if name in wanted else value for name, value in mine.items()}
    try:
        network.load_state_dict(mine)
    except RuntimeError as error:
        raise WeightsMismatch(f"The weights in {path.name} do not fit the run's {role}: {error}") from error
