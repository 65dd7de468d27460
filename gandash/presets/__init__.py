"""Presets, one JSON file each: a RunConfig by name. Data only, so that a page can offer them without loading torch."""

from __future__ import annotations

import json
from pathlib import Path

from gandash.config import RunConfig

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The names of all presets, sorted."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(name: str) -> RunConfig:
    """The preset as a config. Raises ``KeyError`` with the names there are."""
    if name not in names():
        raise KeyError(f"There is no preset named {name!r}. There are: {', '.join(names())}.")
    return RunConfig.model_validate(json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))
