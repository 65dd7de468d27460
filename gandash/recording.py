"""The recorded runs that ship with the project: each is trained by the preset of its name, made small, and scored.

Resumable: what is there is left alone, what was interrupted goes on, so the same command is given until all are there.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from gandash import jobs, presets, runs
from gandash.config import RunConfig
from gandash.runs.files import write_json

MOST, LEAST = 7, 2  # snapshots with weights
ROOM = 4_000_000  # bytes for them


def names() -> list[str]:
    """The presets that tell a story: a recorded run each."""
    return [name for name in presets.names() if presets.load(name).story.look_for]


def record(name: str, told: Callable[[str], None] = print, weights: int = 0) -> Path:
    """Train preset ``name`` to its end, where that is not done yet, export it to ``checkpoints/`` and give that directory.

    ``told`` hears what happens; ``weights`` is how many snapshots keep theirs, 0 for as many as there is room for. Raises
    ``RuntimeError`` where training fails, and ``ValueError`` where a run of that name was begun with other settings.
    """
    config, target = presets.load(name).check(), runs.shipped_root() / name
    if (target / "config.json").exists():
        told(f"{name}: there already")
        _retell(target, config)
        return target
    run = _begun(name, config)
    while run.status.alive:
        told(f"{name}: {run.status.phase}, {run.status.progress:.0%}, {run.status.images_per_second:.0f} images/s")
        time.sleep(5)
    if run.status.phase != "finished":
        raise RuntimeError(f"{name} is {run.status.phase}: {run.status.error or run.path / 'log.txt'}")
    from gandash.runs.export import export  # with torch, which nobody else here needs

    export(run, target, weights or _fitting(run))
    _retell(target, config)
    told(f"{name}: recorded in {target.name}")
    return target


def _fitting(run: runs.Run) -> int:
    """How many snapshots' weights a recorded run may keep: MOST, or fewer where they are large, but LEAST."""
    largest = max((path.stat().st_size for path in (run.path / "weights").glob("*.safetensors")), default=1)
    return min(MOST, max(LEAST, ROOM // (largest // 2)))  # exported in half precision


def _begun(name: str, config: RunConfig) -> runs.Run:
    """The run that works on a preset: under way, gone on with, or new."""
    path = runs.root() / name
    if not (path / "config.json").exists():
        return jobs.start(config, name)
    run = runs.get(name)
    if _untold(run.config.settled()) != _untold(config.settled()):
        raise ValueError(f"{path} was begun with other settings than the preset {name} has now: delete it to train it anew.")
    if not run.status.alive and run.status.phase != "finished":
        jobs.resume(run)
    return run


def _untold(config: RunConfig) -> RunConfig:
    """What decides the training: all but the words about it."""
    return config.model_copy(update={"story": RunConfig().story, "title": ""})


def _retell(target: Path, config: RunConfig) -> None:
    """The words of a recorded run are its preset's, whenever those were written."""
    path = target / "config.json"
    about = json.loads(path.read_text(encoding="utf-8"))
    words = {"title": config.title, "story": config.story.model_dump(mode="json")}
    if {key: about["config"].get(key) for key in words} != words:
        about["config"] |= words
        write_json(path, about)
