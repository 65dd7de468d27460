"""Recognised networks, paired by epoch and held to fit to the last weight before anything is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from gandash.config import Choice, RunConfig
from gandash.datasets import parts as datasets
from gandash.importers import CannotImport, Importer, Recognised, Weights
from gandash.importers._files import File, state_dicts

if TYPE_CHECKING:
    import torch

    from gandash.runs import Run

MOST_NAMES = 6  # of weights in one sentence
MNIST_SHAPES = ((1, 28, 28), (1, 32, 32))  # what both projects train on, at these sizes


class Network(NamedTuple):
    """One network's weights, and what they are."""

    label: str  # for messages: the file
    epoch: int | None
    recognised: Recognised
    weights: Weights


class Moment(NamedTuple):
    """The networks of one epoch; D may not have come along."""

    epoch: int
    generator: Network
    discriminator: Network | None


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What was found in the files, ready to become a run."""

    importer: Importer
    config: RunConfig  # as far as the weights tell, and guessed for the rest
    moments: tuple[Moment, ...]  # by epoch
    files: tuple[str, ...]
    dataset_named: bool = False  # whether somebody said which data set it is

    def with_dataset(self, choice: Choice | str) -> Checkpoint:
        """The same, trained on that data set, at the size and in the channels that the generator makes.

        Raises :class:`CannotImport` where these do not go together.
        """
        choice = Choice.of(choice)
        told = self.moments[0].generator.recognised
        kind = datasets[choice.name]
        fitting = {"size": told.shape[1], "colour": told.shape[0] == 3}
        options = {name: value for name, value in fitting.items() if name in kind.Options.model_fields} | choice.options
        config = self.config.with_part("dataset", Choice(name=choice.name, options=options))
        try:
            dataset = config.part("dataset")
        except ValidationError as error:
            raise CannotImport(f"{kind.title} does not come as the generator makes images, {_words(told.shape)}: {error}") from error
        if reason := config.problems().get("dataset"):
            raise CannotImport(reason)
        if dataset.shape != told.shape:
            raise CannotImport(f"The images of {dataset.title} are {_words(dataset.shape)}; the generator makes {_words(told.shape)}.")
        if told.num_classes and dataset.num_classes != told.num_classes:
            raise CannotImport(f"{dataset.title} has {dataset.num_classes} classes, and the generator knows {told.num_classes}.")
        return replace(self, config=config, dataset_named=True)

    @property
    def note(self) -> str:
        """What a person should know of the run, in sentences."""
        said = [f"Imported from {_listed(self.files)}: {self.importer.title}."]
        without = [moment for moment in self.moments if moment.discriminator is None]
        if without:
            which = "" if len(without) == len(self.moments) else f" for {_listed([f'epoch {moment.epoch}' for moment in without])}"
            said.append(f"No discriminator came along{which}, so nothing can be said of what it would have judged.")
        if not self.dataset_named and self.config.dataset.name != "unknown":
            said.append(f"That it was trained on {self.config.part('dataset').title} is a guess by the shape of its images.")
        return " ".join(said)

    def create(self, config: RunConfig | None = None) -> Run:
        """The run: every moment a snapshot, with a sheet of our own fixed noise. ``config`` may change what the weights do not decide.

        Raises :class:`CannotImport` where a weight is missing, left over or of another shape, and ``ConfigError`` where the parts of
        ``config`` do not fit together; then nothing was written.
        """
        from gandash.assembly import networks
        from gandash.runs.imported import ImportedSnapshot, create

        found = networks(config or self.config)
        noise = found.fixed_noise()
        snapshots = []
        for moment in self.moments:
            tensors = {}
            for role, network in (("generator", found.generator), ("discriminator", found.discriminator)):
                if (brought := getattr(moment, role)) is not None:
                    fitted = _fitted(network, brought, found.architecture.title)
                    network.load_state_dict(fitted)
                    tensors |= {f"{role}.{name}": tensor for name, tensor in fitted.items()}
            snapshots.append(ImportedSnapshot(moment.epoch, tensors, found.generate(*noise)))
        note = replace(self, config=found.config).note
        return create(found.config, snapshots, note, {"importer": self.importer.name, "files": list(self.files)})


def read(files: Iterable[str | Path | tuple[str, bytes]]) -> Checkpoint:
    """What the files hold, each a path or an upload's (name, content). Raises :class:`CannotImport`."""
    files = [File.of(file) for file in files]
    found: dict[str, list[Network]] = {"generator": [], "discriminator": []}
    families: dict[str, str] = {}
    for file in files:
        for label, weights in state_dicts(file).items():
            importer, recognised = _recognise(label, weights)
            families[importer] = label
            found[recognised.role].append(Network(label, file.epoch, recognised, weights))
    if len(families) > 1:
        told = ", ".join(f"{label} is of {_importers()[name].title}" for name, label in families.items())
        raise CannotImport(f"These files do not belong together: {told}.")
    if not found["generator"]:
        raise CannotImport("No generator is among the files; a discriminator alone makes no run.")
    importer = _importers()[next(iter(families))]()
    moments = _paired(found["generator"], found["discriminator"])
    return Checkpoint(importer, _config(importer, moments), moments, tuple(file.name for file in files))


def _importers():
    from gandash.importers import parts

    return parts


def _recognise(label: str, weights: Weights) -> tuple[str, Recognised]:
    """The importer's name, and what it says."""
    for name, importer in _importers().items():
        if recognised := importer().recognise(weights):
            return name, recognised
    known = ", ".join(importer.title for importer in _importers().values())
    raise CannotImport(f"{label} is none of the networks that are known here ({known}): its weights are called {_listed(weights)}.")


def _paired(generators: list[Network], discriminators: list[Network]) -> tuple[Moment, ...]:
    """By epoch; where there is one of each, whatever their names say. Raises :class:`CannotImport`."""
    for networks in (generators, discriminators):
        for network in networks[1:]:
            if not _alike(network.recognised, networks[0].recognised):
                raise CannotImport(f"{network.label} and {networks[0].label} are not of one run: their sizes differ.")
    if len(generators) == 1 and len(discriminators) <= 1:
        return (Moment(generators[0].epoch or 1, generators[0], discriminators[0] if discriminators else None),)
    made, judged = _by_epoch(generators), _by_epoch(discriminators)
    if alone := [network.label for epoch, network in judged.items() if epoch not in made]:
        raise CannotImport(f"No generator of the same epoch is beside {_listed(alone)}.")
    return tuple(Moment(epoch, made[epoch], judged.get(epoch)) for epoch in sorted(made))


def _by_epoch(networks: list[Network]) -> dict[int, Network]:
    """The one whose name tells no epoch is the last."""
    found: dict[int, Network] = {}
    newest = max((network.epoch or 0 for network in networks), default=0)
    for network in networks:
        epoch = network.epoch or newest + 1
        if epoch in found:
            raise CannotImport(
                f"{found[epoch].label} and {network.label} are of the same epoch: their names should tell them apart by a number."
            )
        found[epoch] = network
    return found


def _alike(one: Recognised, other: Recognised) -> bool:
    return all(getattr(one, what) == getattr(other, what) for what in ("architecture", "options", "shape", "latent_dim", "num_classes"))


def _config(importer: Importer, moments: tuple[Moment, ...]) -> RunConfig:
    """What the weights tell; the data set by the shape of its images where that is telling."""
    told = moments[0].generator.recognised
    judges = [moment.discriminator.recognised for moment in moments if moment.discriminator]
    if judges and judges[0].num_classes != told.num_classes:
        raise CannotImport(f"The generator knows {told.num_classes} classes and the discriminator {judges[0].num_classes}.")
    if told.shape[1] != told.shape[2]:
        raise CannotImport(f"The generator makes images of {_words(told.shape)}, and only square ones are known here.")
    if told.shape in MNIST_SHAPES and told.num_classes in (0, 10):
        dataset = Choice(name="mnist", options={"size": told.shape[1]})
    else:
        dataset = Choice(name="unknown", options={"channels": told.shape[0], "size": told.shape[1], "classes": told.num_classes})
    options = told.options | (judges[0].options if judges else {})
    try:
        return RunConfig(
            title=f"{importer.title}, imported",
            dataset=dataset,
            architecture=Choice(name=told.architecture, options=options),
            objective=next((judge.objective for judge in judges if judge.objective), importer.objective),
            prior=importer.prior,
            latent_dim=told.latent_dim,
            epochs=float(moments[-1].epoch),
        )
    except ValidationError as error:
        raise CannotImport(" ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}." for each in error.errors())) from error


def _fitted(network: torch.nn.Module, brought: Network, title: str) -> dict[str, torch.Tensor]:
    """The weights under our names, all of them, each of the right shape. Raises :class:`CannotImport`, which names those that are not."""
    import torch

    fitted, missing, shapes, left = {}, [], [], dict(brought.weights)
    for name, ours in network.state_dict().items():
        theirs = brought.recognised.named(name)
        weight = left.pop(theirs, None)
        if weight is None and name.endswith("num_batches_tracked"):
            weight = ours  # PyTorch writes this count, which no forward pass reads, only since version 0.4.1
        if weight is None:
            missing.append(theirs)
        elif weight.shape != ours.shape:
            shapes.append(f"{theirs} {tuple(weight.shape)} in place of {tuple(ours.shape)}")
        else:
            fitted[name] = weight.detach().to(ours.dtype)
    wrong = {"missing": missing, "not known": list(left), "of another shape": shapes}
    if any(wrong.values()):
        told = "; ".join(f"{what}: {_listed(names)}" for what, names in wrong.items() if names)
        raise CannotImport(f"The weights in {brought.label} do not fit {title} ({told}). Nothing was imported.")
    if spoilt := [brought.recognised.named(name) for name, weight in fitted.items() if not torch.isfinite(weight).all()]:
        raise CannotImport(f"The weights in {brought.label} are not finite numbers in {_listed(spoilt)}. Nothing was imported.")
    return fitted


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:MOST_NAMES]) + (f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else "")


def _words(shape: tuple[int, ...]) -> str:
    """``(3, 64, 64)`` -> ``64 by 64 pixels in colour``."""
    if len(shape) != 3:
        return "points in a plane"
    return f"{shape[1]} by {shape[2]} pixels {'in colour' if shape[0] == 3 else 'in grey'}"
