"""Name -> part, found by importing the files of a folder.

A part is the one public class in a file of a part folder that derives from the folder's base class. Its registered name is the file's
name, which is also the string in ``config.json``; it is never renamed. Nothing is imported before it is asked for, and a file dropped
into a folder while the program runs is found at the next look.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict


class Options(BaseModel):
    """What a part lets its user decide: each field is default, bound, JSON schema and widget at once."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Part:
    """Base of every data set, architecture, objective, trick, prior, optimiser and analysis.

    The class docstring's first line is one sentence that the Train page shows as help; the paper is named after it.
    """

    name: ClassVar[str]  # set by the registry: the file's name
    title: ClassVar[str]  # what a page calls it
    Options: ClassVar[type[Options]] = Options

    def __init__(self, options: Options | Mapping[str, Any] | None = None):
        """Take validated options, or a mapping that is validated here (``pydantic.ValidationError`` if it does not fit)."""
        self.options = options if isinstance(options, self.Options) else self.Options.model_validate(options or {})

    def suits(self, config) -> str | None:
        """Why this part cannot be used in ``config`` (a :class:`gandash.config.RunConfig`), as one sentence; None where it can."""
        return None

    def findings(self) -> dict[str, Any]:
        """Options that say what this part looks up outside of its options, as JSON values; a run keeps them and outlives what is gone."""
        return {}

    @classmethod
    def summary(cls) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(cls) or "").split("\n", 1)[0]


P = TypeVar("P", bound=Part)


class UnknownPart(KeyError):
    """No file of that name in the folder; the message lists what there is."""

    def __str__(self) -> str:
        return self.args[0]


class Registry(Mapping[str, type[P]], Generic[P]):
    """The parts of one folder as a mapping from name to class; listing names imports nothing."""

    def __init__(self, package: str, base: type[P]):
        self.package, self.base = package, base
        self.folder = Path(importlib.import_module(package).__file__).parent

    @property
    def kind(self) -> str:
        """The folder's name without its plural s: what one part is called."""
        return self.package.rsplit(".", 1)[-1].removesuffix("s")

    def _names(self) -> list[str]:
        return sorted(path.stem for path in self.folder.glob("*.py") if not path.stem.startswith("_"))

    def __iter__(self) -> Iterator[str]:
        return iter(self._names())

    def __len__(self) -> int:
        return len(self._names())

    def __contains__(self, name: object) -> bool:
        return name in self._names()

    def __getitem__(self, name: str) -> type[P]:
        if name not in self:
            near = difflib.get_close_matches(name, self._names(), n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UnknownPart(f"There is no {self.kind} named {name!r}.{hint} There are: {', '.join(self)}.")
        importlib.invalidate_caches()
        module = importlib.import_module(f"{self.package}.{name}")
        found = [
            value
            for key, value in vars(module).items()
            if inspect.isclass(value) and issubclass(value, self.base) and value.__module__ == module.__name__ and not key.startswith("_")
        ]
        if len(found) != 1:
            raise TypeError(f"{module.__name__} must define exactly one public {self.base.__name__}, and defines {len(found)}.")
        found[0].name = name
        return found[0]


def parts(folder: str) -> Registry:
    """The registry of a part folder of this package: ``parts("datasets")``. Imports the folder's ``__init__`` by name only."""
    return importlib.import_module(f"gandash.{folder}").parts
