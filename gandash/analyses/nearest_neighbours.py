"""Is the generator memorising? The training images nearest to samples, and how near they are beside images that nobody has trained on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from gandash import registry
from gandash.analyses import Progress
from gandash.analyses._embeddings import part_of
from gandash.analyses._pictures import samples, stand_in
from gandash.analyses._scores import Measured, Number, OfImages
from gandash.features import looking, resnet18
from gandash.randomness import derive

if TYPE_CHECKING:
    from pathlib import Path

    import plotly.graph_objects as go

    from gandash.datasets import Dataset, Images
    from gandash.runs import Run, Snapshot

SHOWN = 3  # neighbours of a sample in each space
RARE = 0.01  # share of held-out images that lie as near to a training image as what is called a near copy
REDRAWN = 400  # times, for the spread
SURE = 2.0  # standard errors


@dataclass(frozen=True)
class Nearness:
    """How near generated images are to training images, measured by how near held-out ones are. Shares in [0, 1]."""

    closer: float  # share that lies nearer than the median held-out image: 0.5 for images like held-out ones, 1 for copies
    closer_error: float
    copies: float  # share that lies nearer than the nearest hundredth of held-out images: 0.01 for images like held-out ones
    copies_error: float


def nearness(generated: np.ndarray, held_out: np.ndarray, seed: int = 0) -> Nearness:
    """Of distances ``(N,)`` and ``(M,)`` to the nearest training image; standard errors by a bootstrap over both.

    Equal distances count half, so that the share is one half for images that are held-out ones, whatever their distances. Raises
    ``ValueError`` where either is empty.
    """
    if not len(generated) or not len(held_out):
        raise ValueError("Generated and held-out images are both needed.")

    def shares(near: np.ndarray, far: np.ndarray) -> tuple[float, float]:
        return tuple(_below(near, np.quantile(far, level)) for level in (0.5, RARE))

    random = np.random.default_rng(seed)
    redrawn = [shares(random.choice(generated, len(generated)), random.choice(held_out, len(held_out))) for _ in range(REDRAWN)]
    closer, copies = shares(generated, held_out)
    errors = np.std(redrawn, axis=0)
    return Nearness(closer, float(errors[0]), copies, float(errors[1]))


def _below(values: np.ndarray, level: float) -> float:
    return float((values < level).mean() + 0.5 * (values == level).mean())


class NearestNeighbours(OfImages):
    """Shows the training images nearest to samples, and whether samples lie nearer to them than held-out images do.

    The distance to the nearest training image against that of held-out images: Meehan, Chaudhuri and Dasgupta 2020, "A non-parametric
    test to detect data-copying in generative models", who compare the two by ranks.
    """

    title = "Nearest training images: is it memorising?"
    family = "scores"
    order = 61

    class Options(registry.Options):
        count: int = Field(1000, ge=20, le=10_000, title="Samples", description="Whose distances are measured; as many held-out images.")
        rows: int = Field(8, ge=1, le=24, title="Samples shown", description="In rows, each with its nearest training images.")
        show: Literal["suspicious", "first"] = Field(
            "suspicious",
            title="Which",
            description="Those nearest to a training image for how far that one lies from all others, in features; or the first drawn.",
        )
        chosen: tuple[Annotated[int, Field(ge=1)], ...] = Field(
            (), title="Numbers", description="Of samples to show, such as 3, 17; none chosen: as said beside."
        )
        most: int = Field(
            20_000, ge=100, le=200_000, title="Searched in features", description="Training images, drawn at random; in pixels all are."
        )
        seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="Draws the samples and the held-out images.")

    options: Options
    shows_real_images = True

    def look(self, run: Run, snapshot: Snapshot, progress: Progress | None) -> Measured:
        options, networks = self.options, run.networks(snapshot)
        if strange := [number for number in options.chosen if number > options.count]:
            raise ValueError(f"There are {options.count:,} samples, and none numbered {strange[0]}.")
        if progress:
            progress(0.0, f"Drawing {options.count:,} samples")
        dataset, note = stand_in(run.config)
        generated = samples(networks, options.count, options.seed).images
        return self.compare(generated, dataset, note, progress)

    def compare(self, generated: np.ndarray, dataset: Dataset, note: str = "", progress: Progress | None = None) -> Measured:
        """Samples ``uint8 (N, C, H, W)`` with the training and the held-out images of ``dataset``."""
        from gandash.features.judge import nearest
        from gandash.plots.picture_rows import data_uri

        train, test = dataset.train(), dataset.test()
        order = np.random.default_rng(derive(self.options.seed, "held-out images")).permutation(len(test))
        held_out = test.images[np.sort(order[: len(generated)])]
        both, count = np.concatenate([generated, held_out]), len(generated)
        shown = min(SHOWN, len(train))
        network = resnet18.load()
        searched, known = training_features(dataset, train, self.options.most, part_of(progress, 0.05, 0.6, "Training images"))
        seen = network.penultimate(both, progress=part_of(progress, 0.6, 0.8, "Samples and held-out images")).astype(np.float16)
        far = {"features": nearest(seen, known, shown, part_of(progress, 0.8, 0.85, "In features"))}
        flat = (both.reshape(len(both), -1), train.images.reshape(len(train), -1))
        far["pixels"] = nearest(*flat, shown, part_of(progress, 0.85, 1.0, "In pixels"))
        unit = {space: float(np.median(distances[count:, 0])) or 1.0 for space, (distances, _) in far.items()}
        away = {space: distances / unit[space] for space, (distances, _) in far.items()}
        found = {space: nearness(distances[:count, 0], distances[count:, 0]) for space, distances in away.items()}
        near, places = (values[:count, 0] for values in far["features"])
        lonely = nearest(known[places], known, min(2, len(known)))[0][:, -1]  # simple images lie near to many: that is no suspicion
        picked = self._picked(near / np.maximum(lonely, 1e-6))
        pictures = [[generated[[at]], train.images[far["pixels"][1][at]], train.images[searched[far["features"][1][at]]]] for at in picked]
        captions = [
            [[str(at + 1)], *([f"{value:.2f}" for value in away[space][at]] for space in ("pixels", "features"))] for at in picked.tolist()
        ]
        detail = {
            "distances": {space: [values[:count, 0].tolist(), values[count:, 0].tolist()] for space, values in away.items()},
            "pictures": data_uri(pictures),
            "captions": captions,
            "heads": {"value": "Generated", "real": "Held-out"},
            "notes": _notes(note, dataset, len(train), len(searched)),
        }
        return Measured(_numbers(found, count), detail, reading(found))

    def _picked(self, suspicion: np.ndarray) -> np.ndarray:
        """Which samples are shown: with the smallest ``suspicion`` first, as they came, or as they were chosen."""
        if self.options.chosen:
            return np.array(self.options.chosen) - 1
        order = suspicion.argsort(kind="stable") if self.options.show == "suspicious" else np.arange(len(suspicion))
        return order[: self.options.rows]

    def figure(self, result: Measured) -> go.Figure:
        """How near they are, above the pictures; numbers under pictures are distances over the median held-out image's."""
        from gandash.plots.neighbours import neighbours_figure

        told = result.detail
        return neighbours_figure({space: told["distances"][space] for space in ("pixels", "features")}, told["pictures"], told["captions"])


def training_features(dataset: Dataset, train: Images, most: int, progress: Progress | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Places ``int64 (M,)`` of up to ``most`` training images, drawn at random, and their ``layer4`` features ``float16 (M, 512)``.

    Kept on disk for the next snapshot, in half precision: what is compared with them is rounded, too, so that copies stay at 0.
    """
    from safetensors.numpy import load_file, save

    chosen = np.sort(np.random.default_rng(derive(0, "training images")).permutation(len(train))[:most])
    path = _features_path(dataset, most)
    if path.exists():
        return chosen, load_file(path)["features"]
    features = resnet18.load().penultimate(train.images[chosen], progress=progress).astype(np.float16)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(save({"features": features}))
    unfinished.replace(path)
    return chosen, features


def _features_path(dataset: Any, most: int) -> Path:
    from gandash.runs import root

    key = [type(dataset).name, dataset.options.model_dump(mode="json"), repr(dataset.stamp()), most, looking.identity(looking.EMBEDDED)]
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]
    return root() / ".cache" / "training_features" / f"{digest}.safetensors"


def _numbers(found: dict[str, Nearness], count: int) -> tuple[Number, ...]:
    how = f"standard deviation over {REDRAWN} bootstrap samples"
    numbers = []
    for space, near in found.items():
        numbers += [
            Number(
                f"closer_{space}",
                f"Closer, in {space}",
                near.closer,
                near.closer_error,
                how,
                0.5,
                count,
                "",
                f"Which share of the samples lies nearer to a training image, in {space}, than the median held-out image does?",
            ),
            Number(
                f"copies_{space}",
                f"Near copies, in {space}",
                near.copies,
                near.copies_error,
                how,
                RARE,
                count,
                "lower",
                f"Which share lies nearer than {1 - RARE:.0%} of the held-out images do?",
            ),
        ]
    return tuple(numbers)


def reading(found: dict[str, Nearness]) -> str:
    """What the shares say about memorising, and what they do not."""
    copied = {space: near for space, near in found.items() if near.copies > max(5 * RARE, RARE + SURE * near.copies_error)}
    near = [space for space, each in found.items() if each.closer > 0.5 + SURE * each.closer_error]
    far = [space for space, each in found.items() if each.closer < 0.5 - SURE * each.closer_error]
    if len(copied) == len(found):
        shares = " and ".join(f"{each.copies:.0%} in {space}" for space, each in copied.items())
        return (
            f"**It may be memorising**: nearer to a training image than all but {RARE:.0%} of held-out images come {shares}. "
            "Compare the rows: are they the same image, or only the same simple kind?"
        )
    if copied:
        space, each = next(iter(copied.items()))
        return (
            f"**No sign of memorising**: {each.copies:.0%} of the samples lie unusually near to a training image in {space}, but not in "
            f"{_other(space, found)}, so these are no copies: {_WHY[space]}"
        )
    if near:
        return (
            f"**Hardly memorising**: in {' and in '.join(near)} the samples lie nearer to the training images than held-out images do, yet "
            "hardly any is a near copy. So lie samples that keep to the usual and leave out the rare."
        )
    if len(far) == len(found):
        return (
            "**No sign of memorising**: samples lie farther from the training images than held-out images do. Farther is not better: "
            "images that are wrong in some way are far from everything."
        )
    return "**No sign of memorising**: samples are no nearer to the training images than images are that nobody trained on."


_WHY = {
    "pixels": "few or smooth strokes lie near to many images pixel by pixel.",
    "features": "to the network they show the same thing, drawn otherwise.",
}


def _other(space: str, found: dict[str, Nearness]) -> str:
    return next(name for name in found if name != space)


def _notes(note: str, dataset: Dataset, images: int, searched: int) -> list[str]:
    told = [
        "Under each picture: its distance from the sample, where 1 is how far the median held-out image lies from its nearest training "
        "image, and 0 is a copy. Mirrored or shifted copies are not found in pixels."
    ]
    if note:
        told.append(f"{note} A copy of a training image that is not among these goes unnoticed.")
    if note and type(dataset).test_from_train:
        told.append("Its held-out images belong to those that the run was trained on.")
    if searched < images:
        told.append(f"In features {searched:,} of {images:,} training images were searched.")
    return told
