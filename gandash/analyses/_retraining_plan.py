"""Which classifiers a retraining experiment trains, and what came of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from gandash import registry

STRATEGIES = {  # name -> what a page calls it
    "real": "Real alone",
    "generated": "Generated alone",
    "mixed": "Mixed",
    "pretrained": "Pretrained on generated",
    "filtered": "Mixed, confident ones only",
    "augmented": "Real, augmented",
}
Further = Literal["augmented", "pretrained", "filtered"]


class RetrainingOptions(registry.Options):
    """What decides a retraining experiment. The defaults are for a classroom; raise images, steps and seeds for a study."""

    real_per_class: int = Field(100, ge=2, le=6000, title="Real images a class", description="100 %; as many of each class as there are.")
    generated: int = Field(1000, ge=20, le=60_000, title="Generated images", description="100 %, over all classes together.")
    portions: tuple[Literal[1, 2, 5, 10, 20, 50, 100], ...] = Field(
        (10, 20, 50, 100),
        title="Portions, in %",
        description="Of the real and of the generated images; each with each. None chosen means all.",
    )
    few_per_class: int = Field(
        5, ge=1, le=100, title="Few real images a class", description="With plenty of generated ones: where these can help most."
    )
    further: tuple[Further, ...] = Field(
        (),
        title="Further strategies",
        description="Augmented: real images flipped, shifted, turned. Pretrained: generated images first, then the real ones. Filtered: "
        "only generated images that the embedded classifier is confident of. None chosen means all.",
    )
    threshold: float = Field(
        0.9, ge=0.0, le=1.0, title="Confidence threshold", description="A filtered image's class is at least this likely."
    )
    rotation: float = Field(10.0, ge=0.0, le=180.0, title="Rotation, degrees", description="Augmented images are turned by up to this.")
    shift: float = Field(0.08, ge=0.0, le=0.5, title="Shift", description="And moved by up to this share of their side.")
    flips: Literal["where they make sense", "always", "never"] = Field(
        "where they make sense",
        title="Flips",
        description="Half of the augmented images are mirrored; written characters never make sense.",
    )
    steps: int = Field(
        300,
        ge=2,
        le=50_000,
        title="Steps",
        description="Of training, the same for every classifier: more images do not mean more training.",
    )
    batch_size: int = Field(32, ge=1, le=512, title="Batch size", description="Images a step.")
    learning_rate: float = Field(0.006, gt=0.0, le=1.0, title="Learning rate", description="Adam's, falling to zero along a cosine.")
    test_count: int = Field(1000, ge=50, le=10_000, title="Test images", description="Real ones, held out; half as many generated ones.")
    seeds: int = Field(3, ge=1, le=30, title="Seeds", description="Each draws images, weights and order anew; the spread comes from these.")
    seed: int = Field(0, ge=0, lt=2**31, title="First seed", description="Draws images, weights and batches; the others count on from it.")


@dataclass(frozen=True)
class Trial:
    """One classifier to be trained: on so many images of each kind. ``generated`` counts those offered, before any filter."""

    strategy: str
    real: int
    generated: int
    seed: int

    def words(self) -> str:
        """Such as ``50 real + 1,000 generated, pretrained``."""
        kinds = [f"{count:,} {kind}" for count, kind in ((self.real, "real"), (self.generated, "generated")) if count]
        how = "" if self.strategy in ("real", "generated", "mixed") else f", {self.strategy}"
        return f"{' + '.join(kinds)}{how}"


@dataclass(frozen=True)
class Trained(Trial):
    """What came of it. Accuracies are shares in [0, 1]; ``used`` counts the generated images that passed the filter."""

    used: int
    accuracy_real: float
    accuracy_generated: float
    seconds: float

    @property
    def trial(self) -> Trial:
        """What it was."""
        return Trial(self.strategy, self.real, self.generated, self.seed)


@dataclass(frozen=True)
class Cell:
    """All classifiers that differ in the seed alone: means, and standard deviations over the seeds (0 for a single one)."""

    strategy: str
    real: int
    generated: int
    used: float
    mean_real: float
    spread_real: float
    mean_generated: float
    spread_generated: float
    seeds: int


@dataclass(frozen=True)
class Amounts:
    """How many images of each kind make 100 %, and how few are few; real ones over all classes.

    ``most`` ends the learning curve on real images alone: as many more than 100 % as there are generated ones, so that it can be read from
    the curve what these are worth even where all real ones are taken already.
    """

    classes: int
    real: int
    few: int
    generated: int
    most: int

    @classmethod
    def of(cls, options: RetrainingOptions, classes: int, available: int) -> Amounts:
        """For a data set of ``available`` training images."""
        real = min(options.real_per_class * classes, available)
        most = min(real + options.generated, available)
        return cls(classes, real, min(options.few_per_class * classes, real), options.generated, most)


def plan(options: RetrainingOptions, amounts: Amounts, can_filter: bool = True) -> list[Trial]:
    """Every classifier of the experiment, seed by seed.

    The learning curve on real images alone begins at one image a class, below the few, so that harm can be read from it, and ends above
    100 %. The further strategies take all of the generated images. Without a classifier that knows the classes nothing can be filtered.
    """
    portions = sorted(options.portions or (1, 2, 5, 10, 20, 50, 100))
    reals = sorted({max(1, round(amounts.real * portion / 100)) for portion in portions})
    generateds = sorted({max(1, round(amounts.generated * portion / 100)) for portion in portions})
    further = [name for name in options.further or ("augmented", "pretrained", "filtered") if can_filter or name != "filtered"]
    studied = sorted({amounts.few, *reals})
    cells = [("real", real, 0) for real in sorted({min(amounts.classes, amounts.few), *studied, amounts.most})]
    cells += [("generated", 0, generated) for generated in generateds]
    cells += [("mixed", real, generated) for real in studied for generated in generateds if real in reals or generated == generateds[-1]]
    for name in further:
        cells += [(name, real, 0 if name == "augmented" else generateds[-1]) for real in studied]
    return [Trial(*cell, options.seed + seed) for seed in range(options.seeds) for cell in cells]


def cells(rows: Sequence[Trained]) -> list[Cell]:
    """The rows by strategy and counts, in the order of their first appearance."""
    grouped: dict[tuple[str, int, int], list[Trained]] = {}
    for row in rows:
        grouped.setdefault((row.strategy, row.real, row.generated), []).append(row)
    found = []
    for place, group in grouped.items():
        real, generated = (np.array([getattr(row, name) for row in group]) for name in ("accuracy_real", "accuracy_generated"))
        spreads = [float(values.std(ddof=1)) if len(group) > 1 else 0.0 for values in (real, generated)]
        used = float(np.mean([row.used for row in group]))
        found.append(Cell(*place, used, float(real.mean()), spreads[0], float(generated.mean()), spreads[1], len(group)))
    return found
