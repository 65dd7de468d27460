"""Several runs side by side: what differs in their settings, their curves as one table. Loads no torch.

A setting is one field of a :class:`~gandash.config.RunConfig`, or one option of one of its parts, whether a config names it or leaves it
at its default.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gandash.config import ROLE_TITLES, ROLES, Choice, RunConfig
from gandash.part_files import UNKNOWN, described
from gandash.scores import known_scores

if TYPE_CHECKING:
    from gandash.runs import Run

MOST = 6  # runs at a time: as many as there are styles that can be told apart
ABSENT = "–"  # a setting that a run does not have
_SCORE_COLUMNS = ("run", "title", "step", "epoch", "score", "value", "spread", "real", "samples", "seed", "weights", "reference", "recipe")
NO_SETTINGS = ("title", "story")  # what a run is called and what is told of it decide nothing


@dataclass(frozen=True)
class Difference:
    """A setting in which configs differ: what it is called, and its value in each config, in words."""

    key: str  # "latent_dim", "architecture.width", "tricks.label_smoothing", "tricks.label_smoothing.amount"
    setting: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class _Setting:
    title: str
    value: Any  # JSON
    default: bool = False  # an option that is as its part would have it anyway

    @property
    def words(self) -> str:
        return in_words(self.value)


def differences(configs: Sequence[RunConfig]) -> list[Difference]:
    """The settings in which ``configs`` differ, in the order of a config's fields; none where they would play the same game.

    Where the parts themselves differ, an option that only some of them have is told only if it is not at its default: their own defaults
    are part of what a part is.
    """
    all_settings = [_settings(config) for config in configs]
    return [
        Difference(key, next(found.title for found in there if found), tuple(found.words if found else ABSENT for found in there))
        for key in _in_order(all_settings)
        if _differ(there := [settings.get(key) for settings in all_settings])
    ]


def nearest(config: RunConfig, others: Sequence[RunConfig]) -> list[int]:
    """The places of ``others``: those on the same data first, then those with the fewest settings that differ from ``config``.

    Equal ones keep their own order. Runs on other data may differ in fewer settings, and still show nothing beside each other.
    """

    def distance(place: int) -> tuple[bool, int]:
        other = others[place]
        return other.dataset.name != config.dataset.name, len(differences([config, other]))

    return sorted(range(len(others)), key=distance)


def names(runs: Sequence[Run]) -> list[str]:
    """What each run is called among the others: its title, with its id where another has the same title."""
    titles = [run.title for run in runs]
    return [title if titles.count(title) == 1 else f"{title} ({run.id})" for run, title in zip(runs, titles, strict=True)]


def curves_csv(runs: Sequence[Run]) -> str:
    """Every logged step of every run: a row a step, with the run's id and title, and a column for all that any of them logged."""
    rows = [{"run": run.id, "title": run.title, **line} for run in runs for line in run.metrics()]
    return table_csv(list(dict.fromkeys(key for row in rows for key in row)) or ["run", "title", "step"], rows)


def differences_csv(runs: Sequence[Run]) -> str:
    """:func:`differences`, a row a setting, a column a run."""
    columns = names(runs)
    rows = [{"setting": each.setting, **dict(zip(columns, each.values, strict=True))} for each in differences([run.config for run in runs])]
    return table_csv(["setting", *columns], rows)


def scores_csv(runs: Sequence[Run]) -> str:
    """What is known of the runs' scores: a row a run and score."""
    rows = []
    for run in runs:
        sheet = known_scores(run) or {"scores": {}}
        for name, number in sheet["scores"].items():
            told = {**sheet, **number, "title": run.title, "score": name}
            rows.append({column: told.get(column) for column in _SCORE_COLUMNS})
    return table_csv(_SCORE_COLUMNS, rows)


def table_csv(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    """A table as CSV; what a row lacks or has as None stays empty."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def in_words(value: Any) -> str:
    """A JSON value as a person writes it."""
    if value is None:
        return "no limit"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}" if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0") if 1e-9 < abs(value) < 1e-3 else f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(in_words, value)) or "all"
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {in_words(each)}" for key, each in value.items())
    return str(value).replace("_", " ")


def _settings(config: RunConfig) -> dict[str, _Setting]:
    """Every setting of a config by its key, options of parts included."""
    found: dict[str, _Setting] = {}
    for name, field in RunConfig.model_fields.items():
        if name in ROLES:
            found |= _part(name, ROLE_TITLES[name], ROLES[name], getattr(config, name), by_title=True)
        elif name == "tricks":
            for choice in config.tricks:
                found |= _part(f"tricks.{choice.name}", described("tricks", choice.name).title, "tricks", choice, by_title=False)
        elif name == "parent":
            if config.parent:
                found[name] = _Setting("Forked from", f"{config.parent.run}, step {config.parent.step}")
        elif name not in NO_SETTINGS:
            found[name] = _Setting(field.title or name.replace("_", " ").capitalize(), getattr(config, name))
    return found


def _part(key: str, title: str, folder: str, choice: Choice, by_title: bool) -> dict[str, _Setting]:
    """A part, and each of its options. A trick is there or not; a role has one part or another."""
    text = described(folder, choice.name)
    found = {key: _Setting(title, text.title if by_title else True)}
    for name, option in text.options.items():
        value = choice.options.get(name, option.default)
        if value is not UNKNOWN:
            found[f"{key}.{name}"] = _Setting(f"{title}: {_inside(option.title)}", value, default=value == option.default)
    for name in choice.options.keys() - text.options.keys():  # of a part that is not here any more
        found[f"{key}.{name}"] = _Setting(f"{title}: {name.replace('_', ' ')}", choice.options[name])
    return found


def _inside(title: str) -> str:
    """A title in the middle of a line: ``Beta 1`` -> ``beta 1``; what is written in capitals stays."""
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def _in_order(all_settings: Sequence[dict[str, _Setting]]) -> list[str]:
    """The keys of all, each field's and each part's together."""
    keys = list(dict.fromkeys(key for settings in all_settings for key in settings))
    heads = list(dict.fromkeys(_head(key) for field in RunConfig.model_fields for key in keys if key.split(".")[0] == field))
    return [key for head in heads for key in keys if _head(key) == head]


def _head(key: str) -> str:
    parts = key.split(".")
    return ".".join(parts[:2]) if parts[0] == "tricks" else parts[0]


def _differ(there: Sequence[_Setting | None]) -> bool:
    present = [found for found in there if found]
    if any(found.value != present[0].value for found in present):
        return True
    return len(present) < len(there) and not all(found.default for found in present)
