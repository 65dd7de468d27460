"""Where runs live: shipped ones in ``checkpoints/``, read-only; fresh ones in ``runs/``, which ``GANDASH_RUNS`` moves."""

from __future__ import annotations

import os
import platform
import re
import shutil
import time
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gandash.config import Parent, RunConfig
from gandash.runs.files import write_json
from gandash.runs.run import Run

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_VERSIONS = ("torch", "torchvision", "lightning-fabric", "numpy", "safetensors")


class RunNotFound(LookupError):
    """There is no run of that id."""


def root() -> Path:
    """Where fresh runs are kept."""
    return Path(os.environ.get("GANDASH_RUNS", "runs")).expanduser().absolute()


def shipped_root() -> Path:
    """The pretrained runs that come with the project; ``GANDASH_CHECKPOINTS`` moves it."""
    return Path(os.environ.get("GANDASH_CHECKPOINTS", Path(__file__).parents[2] / "checkpoints")).expanduser().absolute()


def all() -> list[Run]:
    """Every readable run: shipped ones by name, then fresh ones, newest first."""
    fresh = [run for run in _found(root(), shipped=False) if _readable(run)]
    shipped = [run for run in _found(shipped_root(), shipped=True) if _readable(run)]
    return shipped + sorted(fresh, key=lambda run: run.created, reverse=True)


def unreadable() -> dict[Path, str]:
    """Folders that look like runs and cannot be read, with the reason."""
    found = [*_found(shipped_root(), shipped=True), *_found(root(), shipped=False)]
    return {run.path: problem for run in found if (problem := _problem(run))}


def get(run_id: str) -> Run:
    """The run of that id. Raises :class:`RunNotFound`."""
    if _ID.fullmatch(run_id):
        for place, shipped in ((root(), False), (shipped_root(), True)):
            run = _run(place / run_id, shipped, _stamp(place / run_id))
            if run is not None and _readable(run):
                return run
    raise RunNotFound(f"There is no run named {run_id!r}.")


def create(config: RunConfig, run_id: str | None = None) -> Run:
    """A new directory that holds ``config``, with what its parts found elsewhere, and nothing else yet."""
    return _create(config, run_id or f"{datetime.now():%Y%m%d-%H%M%S}-{config.dataset.name}-{config.architecture.name}".replace("_", "-"))


def fork(run: Run, step: int, changes: dict[str, Any]) -> Run:
    """A new run that goes on from ``run``'s state at ``step`` with the settings in ``changes`` (fields of RunConfig) changed.

    Raises ``LookupError`` where that state is not kept, and ``ConfigError`` where the changed parts do not fit together.
    """
    state = run.path / "states" / f"{step}.safetensors"
    if not state.exists():
        kept = ", ".join(map(str, sorted(run.steps_of("states")))) or "none"
        raise LookupError(f"{run.title} keeps no state of step {step}, so nothing can be forked there; states are kept of: {kept}.")
    inherited = {**run.config.model_dump(), **changes, "parent": Parent(run=run.id, step=step).model_dump()}
    config = RunConfig.model_validate(inherited).check()
    made = _create(config, f"{datetime.now():%Y%m%d-%H%M%S}-fork-{config.dataset.name}-{config.architecture.name}".replace("_", "-"))
    (made.path / "states").mkdir()
    shutil.copyfile(state, made.path / "states" / state.name)
    return made


def delete(run: Run) -> None:
    """Remove a fresh run that no process works on. Raises ``PermissionError`` or ``RuntimeError`` where that is not so."""
    if run.shipped:
        raise PermissionError(f"{run.title} ships with the project and is read-only.")
    if run.locked:
        raise RuntimeError(f"{run.title} is still training: stop it first.")
    shutil.rmtree(run.path)


def _create(config: RunConfig, wanted: str) -> Run:
    config = config.settled()
    for attempt in range(1, 1000):
        path = root() / (wanted if attempt == 1 else f"{wanted}-{attempt}")
        try:
            path.mkdir(parents=True)
            break
        except FileExistsError:
            continue
    else:
        raise FileExistsError(f"There are a thousand runs named {wanted} already.")
    versions = {"python": platform.python_version(), **{name: version(name) for name in _VERSIONS}}
    about = {"config": config.model_dump(mode="json"), "created": datetime.now(UTC).isoformat(timespec="seconds"), "versions": versions}
    write_json(path / "config.json", about)
    write_json(path / "request.json", {"want": "train", "ticket": time.time()})
    return _run(path, False, _stamp(path))


def _found(place: Path, shipped: bool) -> list[Run]:
    if not place.is_dir():
        return []
    folders = sorted(entry.path for entry in os.scandir(place) if entry.is_dir() and not entry.name.startswith("."))
    return [run for folder in folders if (run := _run(Path(folder), shipped, _stamp(Path(folder)))) is not None]


def _stamp(path: Path) -> int | None:
    try:
        return (path / "config.json").stat().st_mtime_ns
    except OSError:
        return None


@lru_cache(maxsize=1024)
def _run(path: Path, shipped: bool, stamp: int | None) -> Run | None:
    """One object a directory and version of its config, so that the config is read once."""
    return None if stamp is None else Run(path, shipped)


def _readable(run: Run) -> bool:
    return not _problem(run)


def _problem(run: Run) -> str:
    try:
        run.config, run.created  # noqa: B018  read and kept by the run
    except (OSError, ValueError, KeyError, ValidationError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
