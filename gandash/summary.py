"""What a run is: its networks as readable tables, and real images to hold beside its samples."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from gandash.config import RunConfig
from gandash.datasets import Dataset, DatasetUnavailable, parts
from gandash.plots.sheet import sheet
from gandash.randomness import derive

if TYPE_CHECKING:
    from torch import nn

    from gandash.assembly import Networks


@dataclass(frozen=True)
class Layer:
    """One row of a network's table: a layer with weights, and what follows it up to the next one."""

    name: str
    what: str  # such as "convolution 4 × 4, stride 2; batch normalisation; leaky ReLU"
    output: tuple[int, ...]  # of one image, without the batch
    parameters: int


def layer_tables(config: RunConfig) -> dict[str, list[Layer]]:
    """``{"generator": rows, "discriminator": rows}`` in the order in which data flow. Needs no weights and no data.

    Raises :class:`gandash.config.ConfigError` where the parts do not fit together.
    """
    from gandash.assembly import networks

    built = networks(config)
    z, labels = built.fixed_noise()
    z, labels = z[:2], None if labels is None else labels[:2]
    return {
        "generator": _table(built.generator, z, labels),
        "discriminator": _table(built.discriminator, _images(built), labels),
    }


def real_images(config: RunConfig, count: int = 64) -> tuple[np.ndarray, str]:
    """``count`` training images at rest, always the same ones, and a sentence that says which.

    Where the data set is not on this machine, its embedded subset stands in. Raises :class:`DatasetUnavailable` where there is none.
    """
    dataset = config.part("dataset")
    note = f"Training images of {dataset.title}"
    if not dataset.available():
        dataset, wanted = _subset(dataset), dataset
        note = f"{dataset.title} (all of {wanted.title} is not on this machine)"
    images = dataset.train().images
    chosen = np.random.default_rng(derive(config.seed, "real beside generated")).choice(len(images), min(count, len(images)), replace=False)
    return images[np.sort(chosen)], note


def real_sheet(config: RunConfig, count: int = 64, columns: int = 8) -> tuple[bytes, str]:
    """:func:`real_images` as one PNG, laid out as the run's sample sheets are; for a two-dimensional toy, its points."""
    images, note = real_images(config, count if len(config.part("dataset").shape) == 3 else 512)
    picture = sheet(images, columns) if images.ndim == 4 else sheet(images[:0], columns, real=images)
    content = BytesIO()
    picture.save(content, "PNG")
    return content.getvalue(), note


def _subset(dataset: Dataset) -> Dataset:
    """The embedded part of ``dataset``, with its size and colour."""
    for name in parts:
        if parts[name].embedded and parts[name].subset_of == dataset.name:
            shared = dataset.options.model_dump(exclude={"count"})
            return parts[name]({key: value for key, value in shared.items() if key in parts[name].Options.model_fields})
    raise DatasetUnavailable(dataset.missing())


def _images(built: Networks):
    import torch

    return torch.zeros(2, *built.shape)


def _table(network: nn.Module, *inputs) -> list[Layer]:
    """Rows from one forward pass of a private copy, so that nobody else's call is seen."""
    import torch

    network, seen = copy.deepcopy(network), []
    names = {module: name for name, module in network.named_modules()}

    def saw(module: nn.Module, _inputs, output) -> None:
        if isinstance(output, torch.Tensor):
            seen.append((module, tuple(output.shape[1:])))

    for module in network.modules():
        own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
        if own or not list(module.children()):
            module.register_forward_hook(saw)
    with torch.inference_mode():
        network(*inputs)
    rows: list[Layer] = []
    counted: set[nn.Module] = set()
    for module, shape in seen:
        own = 0 if module in counted else sum(parameter.numel() for parameter in module.parameters(recurse=False))
        counted.add(module)
        begins = any(parameter.ndim > 1 for parameter in module.parameters(recurse=False)) or not rows
        if begins:
            rows.append(Layer(names[module] or type(module).__name__, _words(module), shape, own))
        elif own or _words(module):  # what only changes the form of its input is not worth a word
            last = rows[-1]
            rows[-1] = Layer(last.name, f"{last.what}; {_words(module)}", shape, last.parameters + own)
    return rows


_NAMES = {
    "LeakyReLU": "leaky ReLU",
    "BatchNorm1d": "batch normalisation",
    "BatchNorm2d": "batch normalisation",
    "InstanceNorm2d": "instance normalisation",
    "Tanh": "tanh",
    "Sigmoid": "sigmoid",
    "Identity": "",
    "Flatten": "",
    "Unflatten": "",
    "AdaptiveAvgPool2d": "mean over all places",
}


def _words(module: nn.Module) -> str:
    """A layer as a person says it; a class of ours is called what it derives from, where torch has a word for that."""
    kinds = [kind.__name__ for kind in type(module).__mro__]
    if "Conv2d" in kinds or "ConvTranspose2d" in kinds:
        height, width = module.kernel_size
        word = "convolution" if "Conv2d" in kinds else "transposed convolution"
        stride = f", stride {module.stride[0]}" if module.stride[0] > 1 else ""
        return f"{word} {height} × {width}{stride}"
    if "Linear" in kinds:
        return f"fully connected, {module.in_features} → {module.out_features}"
    if "Embedding" in kinds:
        return f"embedding of {module.num_embeddings} classes"
    if kinds[0].startswith("Dropout"):
        return f"dropout {module.p:g}" if module.p else ""
    return next((_NAMES[kind] for kind in kinds if kind in _NAMES), _spaced(kinds[0]))


def _spaced(name: str) -> str:
    """``VirtualBatchNorm`` -> ``virtual batch norm``; ``ReLU`` stays."""
    if name.isupper() or name.endswith("LU"):
        return name
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
