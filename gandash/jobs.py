"""Start, stop, pause and queue training processes. All that is shared with them is the run's directory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gandash import runs
from gandash.config import RunConfig
from gandash.runs.files import write_json

_children: list[subprocess.Popen] = []  # kept so that they can be reaped when they have ended


class NotPossible(RuntimeError):
    """What was asked does not go with the run's phase; the message says why."""


def start(config: RunConfig, run_id: str | None = None) -> runs.Run:
    """Make a run and train it in a process of its own, after those that wait already. Raises :class:`gandash.config.ConfigError`."""
    run = runs.create(config.check(), run_id)
    _spawn(run)
    return run


def fork(run: runs.Run, step: int, changes: dict[str, Any]) -> runs.Run:
    """A second lane: go on from ``run``'s state at ``step`` with some settings changed, the same noise and the same batches."""
    made = runs.fork(run, step, changes)
    _spawn(made)
    return made


def resume(run: runs.Run, step: int | None = None) -> None:
    """Go on with a run that is not alive, from its newest state or that of ``step``. What was recorded after it is recorded again."""
    _refuse_shipped(run)
    if run.status.alive:
        raise NotPossible(f"{run.title} is already {run.status.phase}.")
    if run.status.phase == "finished" and step is None:
        raise NotPossible(f"{run.title} has finished.")
    if step is not None and step not in run.steps_of("states"):
        raise NotPossible(f"{run.title} keeps no state of step {step}.")
    _ask(run, want="train", ticket=time.time())
    _spawn(run, step)


def pause(run: runs.Run) -> None:
    """Let the process wait, and the next in the queue go on."""
    _want(run, "pause")


def unpause(run: runs.Run) -> None:
    """Queue a paused run again; where nothing else trains it goes on at once."""
    _ask_alive(run, want="train", ticket=time.time())


def stop(run: runs.Run) -> None:
    """Save and end; :func:`resume` goes on from there."""
    _want(run, "stop")


def alive() -> list[runs.Run]:
    """The runs that a process works on or waits for, in the order of their tickets."""
    _reap()
    return sorted((run for run in runs.all() if not run.shipped and run.status.alive), key=lambda run: run.request.get("ticket", 0.0))


def _want(run: runs.Run, want: str) -> None:
    _ask_alive(run, want=want)


def _ask_alive(run: runs.Run, **asked: Any) -> None:
    _refuse_shipped(run)
    if not run.status.alive:
        raise NotPossible(f"{run.title} is {run.status.phase}, so there is nothing to {asked['want']}.")
    _ask(run, **asked)


def _ask(run: runs.Run, **asked: Any) -> None:
    write_json(run.path / "request.json", {**run.request, **asked})


def _refuse_shipped(run: runs.Run) -> None:
    if run.shipped:
        raise NotPossible(f"{run.title} ships with the project and is read-only.")


def environment(config: RunConfig) -> dict[str, str]:
    """What a training process of ``config`` finds in its environment."""
    project = str(Path(__file__).parents[1])
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [project, os.environ.get("PYTHONPATH")])),
        "GANDASH_RUNS": str(runs.root()),
        "OMP_NUM_THREADS": str(config.threads),  # before torch is loaded: threads that wait for each other cost more than they give
        # glibc hands large blocks back to the system at once; a step asks for the same ones again, and every page of them faults
        "MALLOC_MMAP_THRESHOLD_": str(2**32),
        "MALLOC_TRIM_THRESHOLD_": str(2**32),
        "MALLOC_TOP_PAD_": str(2**26),
    }


def _spawn(run: runs.Run, step: int | None = None) -> None:
    _reap()
    _ask(run, started=time.time())
    with (run.path / "log.txt").open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "gandash.training", run.id, *([] if step is None else ["--step", str(step)])],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # closing the server or its terminal changes nothing for a run
            env=environment(run.config),
        )
    _children.append(child)


def _reap() -> None:
    _children[:] = [child for child in _children if child.poll() is None]
