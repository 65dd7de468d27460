"""Settings as a command line changes them: ``epochs=3``, ``architecture.width=32``."""

from __future__ import annotations

import json
from typing import Any

import typer


def changed(settings: dict[str, Any], assignments: list[str]) -> dict[str, Any]:
    """``settings`` with ``field=value`` applied; ``role.option=value`` reaches a part's options. Values are JSON, or else text.

    Raises :class:`typer.BadParameter` for what is no assignment, and for a setting that is not there.
    """
    made = json.loads(json.dumps(settings))
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise typer.BadParameter(f"{assignment!r} is not FIELD=VALUE.")
        try:
            value = json.loads(text)
        except json.JSONDecodeError:
            value = text
        field, _, option = path.partition(".")
        if field not in made:
            raise typer.BadParameter(f"There is no setting {field!r}. There are: {', '.join(made)}.")
        if not option:
            made[field] = value
        elif isinstance(made[field], dict) and "options" in made[field]:
            made[field]["options"][option] = value
        else:
            raise typer.BadParameter(f"{field} has no options.")
    return made
