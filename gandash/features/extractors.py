"""The networks that scores look through, as torch-fidelity's feature extractors.

``gandash-resnet18`` is registered with torch-fidelity, so its own ``calculate_metrics`` can look through it too; Inception-v3 is
torch-fidelity's, with weights that a person brings.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch_fidelity import register_feature_extractor
from torch_fidelity.feature_extractor_base import FeatureExtractorBase
from torch_fidelity.registry import FEATURE_EXTRACTORS_REGISTRY

from gandash.features import resnet18
from gandash.features.looking import EMBEDDED, INCEPTION, inception_path
from gandash.features.resnet18 import HEADS, WeightsUnavailable

Progress = Callable[[float, str], None]

RESNET = "gandash-resnet18"
LAYER = {EMBEDDED: "layer4", INCEPTION: "2048"}  # that distances are taken in


class EmbeddedExtractor(FeatureExtractorBase):
    """The embedded ResNet-18 for torch-fidelity: ``uint8 (N, 3, H, W)`` -> ``layer4`` ``(N, 512)`` and its heads' logits ``(N, 10)``."""

    def __init__(self, name: str, features_list: list[str], **_: object):
        super().__init__(name, features_list)
        self.network = resnet18.load()

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = torch.from_numpy(self.network.penultimate(images.cpu().numpy(), batch_size=len(images)))
        with torch.inference_mode():
            return tuple(features if name == LAYER[EMBEDDED] else self.network.module.heads[name](features) for name in self.features_list)

    @staticmethod
    def get_provided_features_list() -> tuple[str, ...]:
        return (LAYER[EMBEDDED], *HEADS)

    @staticmethod
    def get_default_feature_layer_for_metric(metric: str) -> str:
        """The Inception score has no default: it needs to be told whose classes, as ``feature_layer_isc``."""
        if metric == "isc":
            raise ValueError(f"Say whose classes the Inception score is of: feature_layer_isc is one of {', '.join(HEADS)}.")
        return LAYER[EMBEDDED]

    @staticmethod
    def can_be_compiled() -> bool:
        return False

    @staticmethod
    def get_dummy_input_for_compile() -> torch.Tensor:
        return torch.zeros(1, 3, 32, 32, dtype=torch.uint8)


if RESNET not in FEATURE_EXTRACTORS_REGISTRY:
    register_feature_extractor(RESNET, EmbeddedExtractor)


def extract(
    name: str, images: np.ndarray, head: str | None = None, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Features ``float32 (N, D)`` and logits ``(N, K)`` (None where the network knows no classes of these) of ``uint8 (N, C, H, W)``.

    Raises :class:`~gandash.features.resnet18.WeightsUnavailable`.
    """
    logits = {EMBEDDED: head, INCEPTION: "logits_unbiased"}[name]
    wanted = [LAYER[name], *([logits] if logits else [])]
    extractor = _inception(inception_path(), tuple(wanted)) if name == INCEPTION else EmbeddedExtractor(RESNET, wanted)
    device = "cuda" if name == INCEPTION and torch.cuda.is_available() else "cpu"
    size = 32 if name == INCEPTION else 128
    found: dict[str, list[torch.Tensor]] = {layer: [] for layer in wanted}
    for start in range(0, len(images), size):
        batch = torch.from_numpy(np.array(images[start : start + size]))  # data sets give read-only arrays
        with torch.inference_mode():
            given = extractor(batch.expand(-1, 3, -1, -1).to(device))
        for layer, values in extractor.convert_features_tuple_to_dict(given).items():
            found[layer].append(values.cpu())
        if progress:
            progress((start + len(batch)) / len(images), f"{start + len(batch):,} of {len(images):,} images embedded")
    arrays = {layer: torch.cat(values).numpy() for layer, values in found.items()}
    return arrays[LAYER[name]], arrays.get(logits) if logits else None


def look(
    name: str, images: np.ndarray, reader: resnet18.Reader | None, progress: Progress | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """:func:`extract` for images of one data set: the embedded network's logits ``(N, K)`` are those of its own classes only."""
    features, logits = extract(name, images, reader.head if reader else None, progress)
    return features, logits[:, list(reader.columns)] if reader and name == EMBEDDED else logits


def logits_of(features: np.ndarray, reader: resnet18.Reader) -> np.ndarray:
    """What the embedded network says of features ``float32 (N, 512)``: ``(N, K)``, of the reader's classes."""
    with torch.inference_mode():
        return resnet18.load().module.heads[reader.head](torch.from_numpy(features))[:, list(reader.columns)].numpy()


@lru_cache(maxsize=1)
def _inception(path: Path, layers: tuple[str, ...]) -> FeatureExtractorBase:
    """torch-fidelity unpickles the file as it is, so it is first read in the way that runs no code."""
    if not path.is_file():
        raise WeightsUnavailable(f"Inception-v3 is not here: there is no file {path}.")
    try:
        torch.load(path, map_location="cpu", weights_only=True)
        made = FEATURE_EXTRACTORS_REGISTRY["inception-v3-compat"](
            "inception-v3-compat", list(layers), feature_extractor_weights_path=str(path)
        )
    except (RuntimeError, EOFError, OSError, pickle.UnpicklingError, TypeError, AttributeError) as error:
        raise WeightsUnavailable(f"{path} does not hold the weights of Inception-v3 as torch-fidelity publishes them.") from error
    return made.cuda() if torch.cuda.is_available() else made
