"""What a part's file says of it, read without being imported: its title, and its options with their titles and defaults.

Most parts import torch. Who only compares settings, or names them, needs words, and should not wait for it. Data sets import nothing heavy
and make some of their options by a function, so they are asked themselves.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from gandash.registry import parts

PACKAGE = Path(__file__).parent
UNKNOWN = object()  # the default of a field that is not written as a literal


@dataclass(frozen=True)
class OptionText:
    """One option of a part."""

    title: str
    default: Any  # or UNKNOWN


@dataclass(frozen=True)
class PartText:
    """A part in words."""

    title: str
    options: dict[str, OptionText]


def described(folder: str, name: str) -> PartText:
    """The part ``name`` of ``folder``. One that is not there is called by its name, and has no options that are known."""
    path = PACKAGE / folder / f"{name}.py"
    spoken = _spoken(name)
    if not path.is_file():
        return PartText(spoken, {})
    if folder == "datasets":
        return _asked(parts(folder)[name])
    for node in _module(path).body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and (title := _assigned(node.body, "title")) is not None:
            return PartText(_value(title, path, spoken), _options(path, node))
    return PartText(spoken, {})


def _asked(part: type) -> PartText:
    """The same of a part that has been imported."""
    fields = part.Options.model_fields
    return PartText(part.title, {name: OptionText(field.title or _spoken(name), _plain(field.default)) for name, field in fields.items()})


def _options(path: Path, part: ast.ClassDef) -> dict[str, OptionText]:
    """Of the class or name that ``part`` calls ``Options``."""
    for node in part.body:
        if isinstance(node, ast.ClassDef) and node.name == "Options":
            return _fields(path, node)
    named = _assigned(part.body, "Options")
    return _fields_of(path, named.id) if isinstance(named, ast.Name) else {}


def _fields(path: Path, model: ast.ClassDef) -> dict[str, OptionText]:
    """The fields of a pydantic model, those of its bases first."""
    found: dict[str, OptionText] = {}
    for base in model.bases:
        if isinstance(base, ast.Name):
            found |= _fields_of(path, base.id, but=model)
    for node in model.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = _field(node.target.id, node.value, path)
    return found


def _fields_of(path: Path, name: str, but: ast.ClassDef | None = None) -> dict[str, OptionText]:
    """The fields of the model that ``name`` stands for in a file: a class there, or one that it imports from this package."""
    for node in _module(path).body:
        if isinstance(node, ast.ClassDef) and node.name == name and node is not but:
            return _fields(path, node)
        source = _imported_from(node, name)
        if source is not None:
            return _fields_of(source, name)
    return {}


def _imported_from(node: ast.stmt, name: str) -> Path | None:
    """The file of this package that ``node`` imports ``name`` from."""
    if not isinstance(node, ast.ImportFrom) or name not in {alias.asname or alias.name for alias in node.names}:
        return None
    parts = (node.module or "").split(".")
    if parts[0] != PACKAGE.name:
        return None
    place = PACKAGE.joinpath(*parts[1:])
    return next((path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file()), None)


def _field(name: str, value: ast.expr, path: Path) -> OptionText:
    title = _spoken(name)
    if not (isinstance(value, ast.Call) and getattr(value.func, "id", "") == "Field"):
        return OptionText(title, _value(value, path))
    said = {keyword.arg: keyword.value for keyword in value.keywords}
    default = value.args[0] if value.args else said.get("default")
    return OptionText(_value(said["title"], path, title) if "title" in said else title, _value(default, path) if default else UNKNOWN)


def _value(node: ast.expr, path: Path, otherwise: Any = UNKNOWN) -> Any:
    """What a literal says, or a name that its file gives a literal; tuples as lists, which is what JSON has."""
    if isinstance(node, ast.Name):
        constant = _assigned(_module(path).body, node.id)
        return otherwise if constant is None else _value(constant, path, otherwise)
    try:
        return _plain(ast.literal_eval(node))
    except ValueError:
        return otherwise


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _spoken(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _assigned(body: list[ast.stmt], name: str) -> ast.expr | None:
    return next((node.value for node in body if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name), None)


def _module(path: Path) -> ast.Module:
    return _parsed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _parsed(path: Path, stamp: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
