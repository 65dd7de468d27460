"""Images -> what a ResNet-18 makes of them after each block, and the classes that it sees."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet18
from torchvision.models.feature_extraction import create_feature_extractor

from gandash.features.embedded import EmbeddedResNet
from gandash.features.resnet18 import BLOCKS, WeightsUnavailable

Progress = Callable[[float, str], None]

MEAN = {"embedded": (0.5, 0.5, 0.5), "imagenet": (0.485, 0.456, 0.406)}
DEVIATION = {"embedded": (0.5, 0.5, 0.5), "imagenet": (0.229, 0.224, 0.225)}
COUNTER = ".num_batches_tracked"  # older files lack these counters, which only training reads
PIXELS_A_BATCH = 128 * 64 * 64  # more at once only leaves the processor's cache


class FeatureNetwork:
    """A ResNet-18 (He et al. 2016) that is only looked through: fixed weights, no gradients, safe to share between threads.

    Images are ``uint8 (N, C, H, W)`` of any size, with one channel (repeated) or three; they are brought to ``input_size`` pixels by
    antialiased bilinear interpolation. An image gives the same numbers whatever batch it is in, to about 1e-5.
    """

    penultimate_block = BLOCKS[-1]

    def __init__(self, name: str, module: nn.Module, input_size: int):
        self.name, self.module, self.input_size = name, module, input_size
        self._blocks = create_feature_extractor(module, return_nodes=list(BLOCKS))

    @property
    def heads(self) -> tuple[str, ...]:
        """The data sets whose classes this network can name."""
        return tuple(self.module.heads) if isinstance(self.module, EmbeddedResNet) else ()

    def blocks(self, images: np.ndarray, batch_size: int | None = None, progress: Progress | None = None) -> dict[str, np.ndarray]:
        """The average-pooled output of all four blocks from one forward pass over each batch.

        ``{"layer1": float32 (N, 64), "layer2": (N, 128), "layer3": (N, 256), "layer4": (N, 512)}``.
        """
        found: dict[str, list[Tensor]] = {block: [] for block in BLOCKS}
        for batch in self._batches(images, batch_size, progress):
            with torch.inference_mode():
                for block, values in self._blocks(batch).items():
                    found[block].append(values.mean((2, 3)))
        return {block: torch.cat(parts).numpy() for block, parts in found.items()}

    def penultimate(self, images: np.ndarray, batch_size: int | None = None, progress: Progress | None = None) -> np.ndarray:
        """``layer4`` alone, ``float32 (N, 512)``: what the classes are read from."""
        return self.blocks(images, batch_size, progress)[self.penultimate_block]

    def probabilities(self, images: np.ndarray, head: str, progress: Progress | None = None) -> np.ndarray:
        """How likely each of the ten classes is, ``float32 (N, 10)``; rows sum to one. Raises ``ValueError`` for an unknown head."""
        self._check(head)
        return self.classify(self.penultimate(images, progress=progress), head)

    def classify(self, penultimate: np.ndarray, head: str, columns: tuple[int, ...] | None = None) -> np.ndarray:
        """:meth:`probabilities` from the features that :meth:`penultimate` gave; with ``columns``, among these classes of the head only."""
        self._check(head)
        with torch.inference_mode():
            logits = self.module.heads[head](torch.from_numpy(penultimate))
            return (logits if columns is None else logits[:, list(columns)]).softmax(1).numpy()

    def _check(self, head: str) -> None:
        if not self.heads:
            raise ValueError(f"The {self.name} weights name no digits or clothes; only the embedded weights have heads.")
        if head not in self.heads:
            raise ValueError(f"There is no head {head!r}; the embedded network has {', '.join(self.heads)}.")

    def _batches(self, images: np.ndarray, batch_size: int | None, progress: Progress | None) -> Iterator[Tensor]:
        if images.dtype != np.uint8 or images.ndim != 4 or images.shape[1] not in (1, 3) or not len(images):
            raise ValueError(f"Images are uint8 (N, C, H, W) with one or three channels, not {images.dtype} {images.shape}.")
        size = batch_size or max(1, min(128, PIXELS_A_BATCH // self.input_size**2))
        for start in range(0, len(images), size):
            batch = images[start : start + size]
            yield prepare(batch, self.input_size, MEAN[self.name], DEVIATION[self.name])
            if progress:
                progress((start + len(batch)) / len(images), f"{start + len(batch):,} of {len(images):,} images embedded")


def prepare(images: np.ndarray, size: int, mean: tuple[float, ...], deviation: tuple[float, ...]) -> Tensor:
    """``uint8 (N, C, H, W)`` -> ``float32 (N, 3, size, size)``, standardised with a mean and deviation for values in [0, 1]."""
    batch = torch.from_numpy(images.astype(np.float32)).div_(255.0)
    if batch.shape[-2:] != (size, size):
        batch = functional.interpolate(batch, size=(size, size), mode="bilinear", antialias=True)
    if batch.shape[1] == 1:
        batch = batch.expand(-1, 3, -1, -1)
    centre, spread = (torch.tensor(values)[:, None, None] for values in (mean, deviation))
    return ((batch - centre) / spread).contiguous(memory_format=torch.channels_last)


def embedded_module(path: Path) -> EmbeddedResNet:
    """The embedded network with the half-precision weights of ``path``, in single precision."""
    return _filled(EmbeddedResNet(), path)


def imagenet_module(path: Path) -> nn.Module:
    """torchvision's ResNet-18 with the weights of ``path``, a ``.pth`` or a ``.safetensors`` file."""
    return _filled(resnet18(), path)


def _filled(module: nn.Module, path: Path) -> nn.Module:
    """``module`` with the weights of ``path``, whose names and shapes must fit exactly; ready to be looked through.

    Raises :class:`~gandash.features.resnet18.WeightsUnavailable` with one sentence for whatever is wrong with the file.
    """
    try:
        tensors = load_file(path) if path.suffix == ".safetensors" else torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, SafetensorError) as error:
        raise WeightsUnavailable(f"{path} cannot be read as a file of weights.") from error
    if not isinstance(tensors, dict) or not all(isinstance(value, Tensor) for value in tensors.values()):
        raise WeightsUnavailable(f"{path} holds no weights by name.")
    own = module.state_dict()
    tensors = {name: value for name, value in own.items() if name.endswith(COUNTER)} | tensors
    wrong = [name for name in sorted(own.keys() | tensors.keys()) if _shape(own, name) != _shape(tensors, name)]
    if wrong:
        raise WeightsUnavailable(f"{path} does not hold this ResNet-18: {len(wrong)} names or shapes do not fit, the first is {wrong[0]}.")
    module.load_state_dict({name: value.float() if value.is_floating_point() else value for name, value in tensors.items()})
    return module.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _shape(tensors: dict[str, Tensor], name: str) -> tuple[int, ...] | None:
    return tuple(tensors[name].shape) if name in tensors else None
