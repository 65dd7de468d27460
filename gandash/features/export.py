"""From a trained network to the files that ship: weights in half precision, how they were made, and what was measured on just that file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from gandash.features.embedded import INPUT_SIZE, EmbeddedResNet
from gandash.features.network import FeatureNetwork, embedded_module

Data = Mapping[str, tuple[np.ndarray, np.ndarray]]  # data set -> images uint8 (N, C, H, W), labels int64 (N,)


def accuracies(network: EmbeddedResNet, tests: Data, size: int = INPUT_SIZE) -> dict[str, float]:
    """The share of the images of each data set that its head names rightly when they are brought to ``size`` pixels, to four digits."""
    looking = FeatureNetwork("embedded", network.eval(), size)
    named = {name: looking.probabilities(images, name).argmax(1) for name, (images, _) in tests.items()}
    return {name: round(float((named[name] == labels).mean()), 4) for name, (_, labels) in tests.items()}


def export(network: EmbeddedResNet, path: Path, tests: Data, facts: dict[str, Any]) -> dict[str, Any]:
    """Write ``path`` (safetensors) and the JSON beside it, and give what the JSON says: ``facts``, versions, measured accuracies.

    The accuracies are measured on the file as written. Raises ``ValueError`` where a weight has no finite half-precision value.
    """
    halves = {name: value.half() if value.is_floating_point() else value for name, value in network.state_dict().items()}
    broken = [name for name, value in halves.items() if not torch.isfinite(value).all()]
    if broken:
        raise ValueError(f"Half precision cannot hold {', '.join(broken)}.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(save({name: value.contiguous() for name, value in halves.items()}))
    told = {
        **facts,
        "test_accuracies": accuracies(embedded_module(path), tests),
        "test_images": {name: len(labels) for name, (_, labels) in tests.items()},
        "versions": {library: version(library) for library in ("torch", "torchvision", "numpy", "safetensors")},
    }
    path.with_suffix(".json").write_text(json.dumps(told, indent=2) + "\n")
    return told
