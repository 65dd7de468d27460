"""Files of weights -> state dicts. Nothing in them is ever run: tensors and plain values are read, and whatever else is refused."""

from __future__ import annotations

import io
import pickle
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gandash.importers import CannotImport

if TYPE_CHECKING:
    from gandash.importers import Weights

SUFFIXES = (".pth", ".pt", ".ckpt", ".bin", ".safetensors")
_EPOCH = (re.compile(r"epoch[_\-. ]*(\d+)", re.IGNORECASE), re.compile(r"[_\-. ](\d+)$"))
_NAMED = re.compile(r"GLOBAL ([\w.]+)")


@dataclass(frozen=True)
class File:
    """A file on this machine, or an upload's name and content."""

    name: str
    content: Path | bytes

    @classmethod
    def of(cls, file: str | Path | tuple[str, bytes]) -> File:
        return cls(*file) if isinstance(file, tuple) else cls(Path(file).name, Path(file).expanduser())

    @property
    def epoch(self) -> int | None:
        """Finished epochs, as the name tells: ``netG_epoch_24.pth`` was written after the 25th, as both projects count from 0."""
        stem = Path(self.name).stem
        found = next((match for pattern in _EPOCH if (match := pattern.search(stem))), None)
        return int(found[1]) + 1 if found else None


def state_dicts(file: File) -> dict[str, Weights]:
    """The networks in a file, by a name for messages. Raises :class:`CannotImport`."""
    if isinstance(file.content, Path) and not file.content.is_file():
        raise CannotImport(f"There is no file {file.content}.")
    found = _safetensors(file) if file.name.endswith(".safetensors") else _torch(file)
    networks = {name: _without_wrapper(value) for name, value in _networks(found, file.name).items()}
    if not networks:
        raise CannotImport(f"{file.name} holds no weights: a state dict was expected, as `torch.save(netG.state_dict(), ...)` writes it.")
    return networks


def _safetensors(file: File) -> dict:
    from safetensors import SafetensorError
    from safetensors.torch import load, load_file

    try:
        return load(file.content) if isinstance(file.content, bytes) else load_file(file.content)
    except (SafetensorError, OSError) as error:
        raise CannotImport(f"{file.name} is no safetensors file that can be read: {error}.") from error


def _torch(file: File) -> object:
    import torch

    content = io.BytesIO(file.content) if isinstance(file.content, bytes) else file.content
    try:
        return torch.load(content, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if named := _NAMED.search(str(error)):
            raise CannotImport(
                f"{file.name} was refused, and nothing of it was run: it holds more than weights, and reading it would call {named[1]}. "
                "Where it comes from a source that you trust, save the weights alone: `torch.save(netG.state_dict(), ...)`."
            ) from error
        raise CannotImport(f"{file.name} was refused: it holds what is no weight and could run code, or it is damaged.") from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise CannotImport(f"{file.name} is no checkpoint that can be read; files of torch.save and safetensors can.") from error


def _networks(value: object, name: str) -> dict[str, Weights]:
    """``value`` where it is a state dict itself, else those in it: ``{"netG": ..., "netD": ..., "epoch": 3}``."""
    import torch

    if not isinstance(value, Mapping):
        return {}
    if value and all(isinstance(tensor, torch.Tensor) for tensor in value.values()):
        return {name: value}
    inner = {f"{name}, {key}": below for key, below in value.items() if isinstance(below, Mapping) and "optim" not in str(key).lower()}
    return {label: weights for key, below in inner.items() for label, weights in _networks(below, key).items()}


def _without_wrapper(weights: Weights) -> Weights:
    """Without the ``module.`` that DataParallel puts before each name."""
    wrapped = all(name.startswith("module.") for name in weights)
    return {name.removeprefix("module."): tensor for name, tensor in weights.items()} if wrapped else weights
