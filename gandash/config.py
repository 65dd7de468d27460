"""RunConfig: everything that decides a run, validated, <-> ``config.json``.

Parts are named by string, with their options beside the name. Reading a config checks its form only and imports no part, so a page can
show a hundred runs without torch; :meth:`RunConfig.problems` asks every part whether it suits the others.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from gandash.registry import Part, UnknownPart, parts


class ConfigError(ValueError):
    """The parts of a config do not fit together; the message holds one sentence a problem."""


class Choice(BaseModel):
    """A part by its registered name, with the options that differ from its defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    options: dict[str, Any] = {}

    @classmethod
    def of(cls, value: Any) -> Choice:
        return cls(name=value) if isinstance(value, str) else cls.model_validate(value)


class Story(BaseModel):
    """What a person should know of a recorded run: filled for shipped ones."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tag: str = Field("", description="'healthy', or the failure that the run shows")
    look_for: str = Field("", description="what to look for, a paragraph")
    study: str = Field("", description="the study that it belongs to, and what that study reported")


class Parent(BaseModel):
    """Where a fork comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    step: int = Field(ge=0)


ROLES = {  # field of a config -> folder of parts
    "dataset": "datasets",
    "architecture": "architectures",
    "objective": "objectives",
    "prior": "priors",
    "generator_optimiser": "optimisers",
    "discriminator_optimiser": "optimisers",
}
ROLE_TITLES = {  # what a person calls them
    "dataset": "Data set",
    "architecture": "Architecture",
    "objective": "Objective",
    "prior": "Prior",
    "generator_optimiser": "Generator's optimiser",
    "discriminator_optimiser": "Discriminator's optimiser",
}


class RunConfig(BaseModel):
    """Everything that decides a run; the same config and seed on the same machine give the same samples."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    title: str = Field("", max_length=80, title="Name", description="What the run is called; left empty, it is named after its parts.")
    dataset: Choice = Choice(name="mnist_subset")
    architecture: Choice = Choice(name="dcgan")
    objective: Choice = Choice(name="non_saturating")
    tricks: tuple[Choice, ...] = ()
    prior: Choice = Choice(name="normal")
    generator_optimiser: Choice = Choice(name="adam")
    discriminator_optimiser: Choice = Choice(name="adam")
    latent_dim: int = Field(100, ge=1, le=1024, title="Latent size", description="How many numbers the generator starts from.")
    batch_size: int = Field(64, ge=2, le=1024, title="Batch size", description="Real images, and as many generated ones, a step.")
    epochs: float | None = Field(5.0, gt=0, le=10_000, title="Epochs", description="Passes over the data set; steps times batch size.")
    seconds: float | None = Field(
        None, gt=0, le=1e7, title="Seconds", description="Stop after so much training time, if that comes before the epochs do."
    )
    seed: int = Field(0, ge=0, lt=2**31, title="Seed", description="The same seed gives the same run on the same machine.")
    log_every: int = Field(
        10, ge=1, le=10_000, title="Log every", description="Steps between two points of a curve; the first 100 all count."
    )
    sample_every: float = Field(1.0, gt=0, le=1000, title="Sample every", description="Epochs between two snapshots after the first epoch.")
    weights_budget: int = Field(
        500, ge=1, le=100_000, title="Weights, MB", description="Disk for the weights of snapshots; older ones are thinned."
    )
    states_budget: int = Field(
        500, ge=1, le=100_000, title="States, MB", description="Disk for states to resume from; older ones are thinned."
    )
    device: str = Field("auto", pattern="^(auto|cpu|cuda|mps)$", title="Device", description="auto takes a GPU where there is one.")
    precision: str = Field("32-true", pattern="^(32-true|bf16-mixed|16-mixed)$", title="Precision")
    threads: int = Field(1, ge=1, le=256, title="CPU threads", description="One is fastest beside an open page on a small machine.")
    parent: Parent | None = None
    story: Story = Story()

    @field_validator(*ROLES, mode="before")
    @classmethod
    def _choice(cls, value: Any) -> Any:
        return Choice.of(value) if isinstance(value, str) else value

    @field_validator("tricks", mode="before")
    @classmethod
    def _choices(cls, value: Any) -> Any:
        return tuple(Choice.of(v) if isinstance(v, str) else v for v in value)

    def part(self, role: str) -> Part:
        """The part that plays ``role`` (a key of :data:`ROLES`), with its options; made once a config.

        Raises :class:`gandash.registry.UnknownPart` or ``pydantic.ValidationError``.
        """
        if role not in self._parts:
            choice = getattr(self, role)
            self._parts[role] = parts(ROLES[role])[choice.name](choice.options)
        return self._parts[role]

    @cached_property
    def _parts(self) -> dict[str, Part]:
        return {}

    def trick_parts(self) -> list[Part]:
        """The tricks, in the order in which they act where two meet at one hook."""
        found = [parts("tricks")[choice.name](choice.options) for choice in self.tricks]
        return sorted(found, key=lambda trick: trick.order)

    def problems(self) -> dict[str, str]:
        """Role (or ``tricks.<name>``) -> the sentence that says why this config cannot run; empty where it can."""
        made, found = self._made()
        if not found:  # a part may ask another one, so all must be there
            found.update({role: reason for role, part in made if (reason := part.suits(self))})
        if self.epochs is None and self.seconds is None:
            found["epochs"] = "Give a number of epochs, a number of seconds, or both: a run must end."
        doubled = {choice.name for choice in self.tricks if sum(other.name == choice.name for other in self.tricks) > 1}
        for name in doubled:
            found[f"tricks.{name}"] = f"The trick {name} is named twice."
        return found

    def _made(self) -> tuple[list[tuple[str, Part]], dict[str, str]]:
        """Every part with its role, and the sentences about those that are unknown or have options that do not fit."""
        made, found = [], {}
        for role in ROLES:
            try:
                made.append((role, self.part(role)))
            except (UnknownPart, ValidationError) as error:
                found[role] = _sentence(error, getattr(self, role).name)
        for choice in self.tricks:
            try:
                made.append((f"tricks.{choice.name}", parts("tricks")[choice.name](choice.options)))
            except (UnknownPart, ValidationError) as error:
                found[f"tricks.{choice.name}"] = _sentence(error, choice.name)
        return made, found

    def check(self, to_train: bool = True) -> RunConfig:
        """This config, if its parts fit together; else :class:`ConfigError`.

        With ``to_train=False`` the data set may refuse, since its files may be gone: networks are built without an image.
        """
        problems = self.problems()
        only_images = problems.keys() == {"dataset"} and not self._made()[1]
        if problems and (to_train or not only_images):
            raise ConfigError(" ".join(problems.values()))
        return self

    def settled(self) -> RunConfig:
        """A copy whose options say all that its parts would look up elsewhere, such as which classes a folder holds: what a run keeps.

        Raises :class:`gandash.registry.UnknownPart` or ``pydantic.ValidationError``.
        """
        found = {role: _with_findings(getattr(self, role), self.part(role)) for role in ROLES}
        tricks = [_with_findings(choice, parts("tricks")[choice.name](choice.options)) for choice in self.tricks]
        return self.model_validate({**self.model_dump(), **found, "tricks": tricks})

    def with_part(self, role: str, choice: Choice | str) -> RunConfig:
        """A copy in which ``role`` is played by another part."""
        return self.model_validate({**self.model_dump(), role: Choice.of(choice).model_dump()})


def _with_findings(choice: Choice, part: Part) -> Choice:
    return Choice(name=choice.name, options={**choice.options, **part.findings()})


def _sentence(error: Exception, name: str) -> str:
    if isinstance(error, ValidationError):
        return " ".join(f"{name}: {'.'.join(map(str, e['loc']))}: {e['msg']}." for e in error.errors())
    return str(error)
