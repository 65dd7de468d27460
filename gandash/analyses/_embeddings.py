"""What t-SNE and separability share: real and generated pictures, and what the feature network makes of them after each block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from gandash import registry
from gandash.analyses import Progress
from gandash.analyses._pictures import Pictures, real_images, samples
from gandash.features import resnet18
from gandash.plots.colours import GENERATED, REAL, SHAPES

if TYPE_CHECKING:
    from gandash.config import RunConfig
    from gandash.runs import Run, Snapshot


class EmbeddingOptions(registry.Options):
    """What decides the maps of the Embeddings page. ``count=n`` asks for n of either kind."""

    real_count: int = Field(
        300, ge=4, le=5000, title="Real", description="How many images of the data set; of other sources, pictures of the first kind."
    )
    generated_count: int = Field(
        300,
        ge=4,
        le=5000,
        title="Generated",
        description="How many samples of the generator; of other sources, pictures of the second kind.",
    )
    layout: Literal["tsne", "pca"] = Field(
        "tsne",
        title="Layout",
        description="t-SNE keeps neighbours together. Principal components (PCA) keep distances, as far as two directions can.",
    )
    perplexity: float = Field(
        30.0, ge=2, le=500, title="Perplexity", description="How many neighbours a point attends to, roughly; for t-SNE only."
    )
    metric: Literal["euclidean", "cosine"] = Field(
        "euclidean",
        title="Metric",
        description="What is near: by distance, or by the angle between two embeddings, whatever their lengths.",
    )
    seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Draws the latents and the real images, and starts the maps.")
    weights: Literal["embedded", "imagenet"] = Field(
        "embedded", title="Feature weights", description="The ResNet-18 that is looked through."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_count(cls, told: Any) -> Any:
        if isinstance(told, dict) and "count" in told:
            rest = {name: value for name, value in told.items() if name != "count"}
            return {"real_count": told["count"], "generated_count": told["count"], **rest}
        return told


@dataclass(frozen=True, eq=False)
class Subjects:
    """Real and generated pictures together, real ones first; ``kinds`` says what the two are called."""

    images: np.ndarray  # uint8 (N, C, H, W)
    is_generated: np.ndarray  # bool (N,)
    labels: np.ndarray | None = None  # int64 (N,), -1 where a picture has none
    class_names: tuple[str, ...] = ()
    head: str | None = None  # of the embedded network: names the classes that pictures have no label of
    kinds: tuple[str, str] = ("real", "generated")
    notes: tuple[str, ...] = ()
    colours: tuple[str, str] = (REAL, GENERATED)
    shapes: tuple[str, str] = (SHAPES[REAL], SHAPES[GENERATED])
    columns: tuple[int, ...] | None = None  # of the head, one a class name; None where the names are all of the head's

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, eq=False)
class Embedded:
    """Subjects and their four embeddings, ``{"layer1": float32 (N, 64), ..., "layer4": (N, 512)}``."""

    subjects: Subjects
    blocks: dict[str, np.ndarray]
    weights: str
    predicted: np.ndarray = field(default_factory=lambda: np.zeros(0, bool))  # bool (N,): whose class the network had to name

    @property
    def is_generated(self) -> np.ndarray:
        return self.subjects.is_generated

    def __len__(self) -> int:
        return len(self.subjects)


def together(
    real: Pictures, generated: Pictures, kinds: tuple[str, str] = ("real", "generated"), reader: resnet18.Reader | None = None
) -> Subjects:
    """Two sets of pictures as one. Raises ``ValueError`` where either is empty or their shapes differ."""
    for pictures, kind in ((real, kinds[0]), (generated, kinds[1])):
        if not len(pictures):
            raise ValueError(f"There are no {kind} pictures.")
    if real.images.shape[1:] != generated.images.shape[1:]:
        raise ValueError(f"The {kinds[0]} pictures are {real.images.shape[1:]}, the {kinds[1]} ones {generated.images.shape[1:]}.")
    names = real.class_names or generated.class_names
    labels = None
    if names:
        labels = np.concatenate([np.full(len(each), -1) if each.labels is None else each.labels for each in (real, generated)])
    return Subjects(
        np.concatenate([real.images, generated.images]),
        np.repeat([False, True], [len(real), len(generated)]),
        labels,
        names,
        reader.head if names and reader else None,
        kinds,
        tuple(pictures.note for pictures in (real, generated) if pictures.note),
        columns=reader.columns if reader else None,
    )


def subjects_of_run(run: Run, snapshot: Snapshot, options: EmbeddingOptions) -> Subjects:
    """A run's samples and images of its data set, both drawn by the seed. Raises ``ValueError`` for a toy, which has no images.

    Where the data set is smaller than what was asked for and equally many of both were, there are as many samples as images.
    """
    networks = run.networks(snapshot)
    if len(networks.shape) != 3:
        raise ValueError("This run draws points in a plane, not images: there is nothing to look through a ResNet at.")
    real = real_images(networks.config, options.real_count, options.seed)
    count = len(real) if options.real_count == options.generated_count else options.generated_count
    return together(real, samples(networks, count, options.seed), reader=resnet18.reader_for(networks.config.part("dataset")))


def further_real(config: RunConfig, count: int, seed: int, most: int) -> np.ndarray:
    """Up to ``most`` images of a run's data set that are not among the ``count`` which ``seed`` draws for :func:`subjects_of_run`."""
    return real_images(config, count + most, seed).images[count:]


def embed_images(images: np.ndarray, weights: str = "embedded", progress: Progress | None = None) -> dict[str, np.ndarray]:
    """The four embeddings of images alone. Raises :class:`gandash.features.resnet18.WeightsUnavailable`."""
    return resnet18.load(weights).blocks(images, progress=progress)


def embed(subjects: Subjects, weights: str = "embedded", progress: Progress | None = None) -> Embedded:
    """All four blocks from one pass; what has no label gets the class that the embedded network names, where it knows them.

    Raises :class:`gandash.features.resnet18.WeightsUnavailable`.
    """
    network = resnet18.load(weights)
    blocks = network.blocks(subjects.images, progress=progress)
    unknown = np.zeros(len(subjects), bool) if subjects.labels is None else subjects.labels < 0
    if subjects.head in network.heads and unknown.any():
        named = network.classify(blocks[network.penultimate_block][unknown], subjects.head, subjects.columns).argmax(1)
        labels = subjects.labels.copy()
        labels[unknown] = named
        subjects = Subjects(**{**subjects.__dict__, "labels": labels})
    else:
        unknown[:] = False
    return Embedded(subjects, blocks, weights, unknown)


def embeddings_of_run(run: Run, snapshot: Snapshot, options: EmbeddingOptions, progress: Progress | None = None) -> Embedded:
    """What the two analyses begin with."""
    return embed(subjects_of_run(run, snapshot, options), options.weights, progress)


def part_of(progress: Progress | None, start: float, end: float, prefix: str = "") -> Progress | None:
    """A progress call whose 0 and 1 are ``start`` and ``end`` of another one's."""
    if progress is None:
        return None
    return lambda fraction, told: progress(start + (end - start) * fraction, f"{prefix}: {told}" if prefix else told)
