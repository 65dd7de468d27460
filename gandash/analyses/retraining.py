"""Is a GAN worth anything? A small classifier, retrained on portions of real and generated images and tested on real ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from gandash.analyses import Analysis, Progress
from gandash.analyses._augmentation import Augmentation, mirror_keeps_the_class
from gandash.analyses._embeddings import part_of
from gandash.analyses._exchange_rate import ExchangeRate, exchange_rate
from gandash.analyses._retraining_images import TEST_SEED, Labelled, generated, labeller_for, real_images, what_to_know
from gandash.analyses._retraining_plan import Amounts, Cell, RetrainingOptions, Trained, Trial, cells, plan
from gandash.analyses._small_classifier import Recipe, accuracy, at_size, train
from gandash.features import resnet18
from gandash.randomness import derive

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from gandash.config import RunConfig
    from gandash.runs import Run, Snapshot

PREPARING = 0.1  # of the progress bar

Line = list[tuple[int, float, float]]  # real images, mean accuracy, standard deviation over the seeds


@dataclass(frozen=True)
class Study:
    """What came of an experiment: a row a classifier, and what must be known to read them."""

    rows: tuple[Trained, ...]
    amounts: Amounts
    notes: tuple[str, ...]

    @property
    def cells(self) -> list[Cell]:
        return cells(self.rows)

    def rates(self) -> dict[tuple[str, int], ExchangeRate]:
        """(strategy, real images) -> what a thousand generated images are worth, where all of the generated ones were offered."""
        curve = sorted({row.real for row in self.rows if row.strategy == "real"})
        if len(curve) < 2:
            return {}
        seeds = sorted({row.seed for row in self.rows})
        found = {(row.strategy, row.real, row.generated, row.seed): row.accuracy_real for row in self.rows}
        alone = np.array([[found["real", count, 0, seed] for count in curve] for seed in seeds])
        rates = {}
        for strategy, count, offered in dict.fromkeys((row.strategy, row.real, row.generated) for row in self.rows):
            if offered == self.amounts.generated:
                reached = np.array([found[strategy, count, offered, seed] for seed in seeds])
                rates[strategy, count] = exchange_rate(np.array(curve), alone, count, offered, reached)
        return rates


class Retraining(Analysis):
    """Retrains a small classifier on real and generated images, and finds how many real ones a thousand generated ones are worth.

    Ravuri and Vinyals 2019, "Classification accuracy score for conditional generative models", train on generated images alone; here they
    are mixed with real ones in portions, come first, or are filtered, beside real ones alone and real ones that were augmented.
    """

    title = "Retraining"
    family = "classifier"
    Options = RetrainingOptions
    options: RetrainingOptions

    def suits(self, config: RunConfig) -> str | None:
        """Why there is no experiment for a run of this config. Whether its data are here is another question."""
        dataset, architecture = config.part("dataset"), config.part("architecture")
        if len(dataset.shape) != 3:
            return "This run draws points in a plane, not images: there is nothing for an image classifier to learn."
        if dataset.num_classes < 2:
            return (
                f"{dataset.title} has no classes here, so there is nothing to classify. Choose a run on MNIST, Fashion-MNIST or CIFAR-10."
            )
        if not architecture.conditional and resnet18.head_for(config.dataset.name) is None:
            return (
                f"Nobody can label these samples: the generator takes no class, and the embedded classifier does not know those of "
                f"{dataset.title}. Choose a conditional run, or one on MNIST, Fashion-MNIST or CIFAR-10."
            )
        return None

    def run(
        self,
        run: Run,
        snapshot: Snapshot,
        progress: Progress | None = None,
        done: Iterable[Trained] = (),
        keep: Callable[[Trained], None] | None = None,
    ) -> Study:
        """Train and test every classifier; ``done`` are taken as they are, ``keep`` hears of each new one at once.

        Raises ``ValueError`` for a run that does not suit, :class:`gandash.datasets.DatasetUnavailable`, ``LookupError`` without weights.
        """
        if reason := self.suits(run.config):
            raise ValueError(reason)
        options, networks = self.options, run.networks(snapshot)
        tell = progress or (lambda fraction, told: None)
        tell(0.0, "Reading the real images")
        real = real_images(run.config, options.test_count)
        labeller = labeller_for(real.dataset)
        rightly = None
        if labeller:
            named = labeller.probabilities(real.test.images, part_of(tell, 0.0, PREPARING / 2, "Real test images")).argmax(1)
            rightly = float((named == real.test.labels).mean())
        tell(PREPARING / 2, "Drawing generated test images")
        made_tests = generated(networks, options.test_count // 2, TEST_SEED, labeller, part_of(tell, PREPARING / 2, PREPARING))
        tests = (Labelled(at_size(real.test.images), real.test.labels), made_tests)
        amounts = Amounts.of(options, real.dataset.num_classes, len(real.pool))
        trials = plan(options, amounts, labeller is not None)
        kept = {row.trial: row for row in done}
        rows, pool, pool_seed = [], None, None
        for number, trial in enumerate(trials):
            if trial in kept:
                rows.append(kept[trial])
                continue
            told = f"Seed {trial.seed - options.seed + 1} of {options.seeds}, classifier {number + 1} of {len(trials)}"
            say = part_of(tell, *(PREPARING + (1 - PREPARING) * place / len(trials) for place in (number, number + 1)), told)
            if pool_seed != trial.seed:
                say(0.0, "drawing generated images")
                seed = derive(trial.seed, "generated images to retrain on")
                pool, pool_seed = generated(networks, options.generated, seed, labeller, part_of(say, 0.0, 0.0)), trial.seed
            images = real.drawn(trial.real, trial.seed), pool[: trial.generated]
            rows.append(_trained(trial, *images, tests, amounts.classes, options, self.augmentation(real.dataset.class_names), say))
            if keep:
                keep(rows[-1])
        return Study(tuple(rows), amounts, what_to_know(run.config, real, labeller, rightly))

    def augmentation(self, class_names: Sequence[str]) -> Augmentation:
        """What augmented images go through; flips are left out where a mirrored image is not one of its class."""
        flips = {"always": True, "never": False}.get(self.options.flips, mirror_keeps_the_class(class_names))
        return Augmentation(self.options.rotation, self.options.shift, flips)

    def figure(self, result: Study) -> go.Figure:
        """Accuracy on real test images over the number of real images, a line a strategy."""
        from gandash.plots.retraining import strategies_figure

        return strategies_figure(lines(result))


def _trained(
    trial: Trial,
    real: Labelled,
    made: Labelled,
    tests: tuple[Labelled, Labelled],
    classes: int,
    options: RetrainingOptions,
    augmentation: Augmentation,
    say: Progress,
) -> Trained:
    began = time.perf_counter()
    say(0.0, trial.words())
    if trial.strategy == "filtered":
        made = made.confident(options.threshold)
    stages = [made, real] if trial.strategy == "pretrained" and len(made) else [real.with_(made)]
    # threads that wait for each other at every layer of so small a network take ten times as long where another program needs a core
    with threadpool_limits(1, user_api="openmp"):
        model = train(
            [(stage.images, stage.labels) for stage in stages],
            classes,
            Recipe(options.steps, options.batch_size, options.learning_rate),
            trial.seed,  # the same first weights for every strategy: differences between them are the images'
            augmentation if trial.strategy == "augmented" else None,
            lambda fraction: say(fraction, trial.words()),
        )
        on_real, on_generated = (accuracy(model, test.images, test.labels) for test in tests)
    seconds = round(time.perf_counter() - began, 3)
    return Trained(trial.strategy, trial.real, trial.generated, trial.seed, len(made), on_real, on_generated, seconds)


def lines(study: Study, tested_on: str = "real") -> dict[str, Line]:
    """Strategy -> its curve over the number of real images, where all or none of the generated images were offered."""
    found: dict[str, Line] = {}
    for cell in study.cells:
        if cell.real and cell.generated in (0, study.amounts.generated):
            found.setdefault(cell.strategy, []).append((cell.real, *_accuracy(cell, tested_on)))
    return found


def grid(study: Study, tested_on: str = "real") -> dict[tuple[int, int], tuple[float, float]]:
    """(real images, generated images) -> mean accuracy and its spread, for each count of real images that generated ones were added to."""
    reals = {cell.real for cell in study.cells if cell.strategy in ("generated", "mixed")}
    plain = [cell for cell in study.cells if cell.strategy in ("real", "generated", "mixed") and cell.real in reals]
    return {(cell.real, cell.generated): _accuracy(cell, tested_on) for cell in plain}


def _accuracy(cell: Cell, tested_on: str) -> tuple[float, float]:
    return (cell.mean_real, cell.spread_real) if tested_on == "real" else (cell.mean_generated, cell.spread_generated)
