"""Reading a run's directory, while a training process may be writing it."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from gandash.config import RunConfig
from gandash.runs.files import json_lines, read_json, tail, tensor_names

if TYPE_CHECKING:
    from gandash.assembly import Networks

ALIVE = ("queued", "starting", "training", "paused", "stopping")  # phases in which a process works on the run


@dataclass(frozen=True)
class Status:
    """Where a run stands, as its files tell."""

    phase: str  # one of ALIVE, or new, stopped, finished, failed, interrupted
    step: int = 0
    total_steps: int | None = None
    epoch: float = 0.0
    progress: float = 0.0  # in [0, 1]
    images_per_second: float = 0.0
    seconds_left: float | None = None
    elapsed: float = 0.0  # seconds of training
    error: str = ""
    note: str = ""  # what a person should know, such as how many pictures were skipped

    @property
    def alive(self) -> bool:
        return self.phase in ALIVE


@dataclass(frozen=True)
class Snapshot:
    """One moment of a run that can be looked at."""

    step: int
    epoch: float
    sheet: Path  # the fixed noise's samples, PNG
    has_weights: bool
    has_state: bool

    @property
    def label(self) -> str:
        if self.step == 0:
            return "untrained"
        whole = abs(self.epoch - round(self.epoch)) < 1e-6 and round(self.epoch) >= 1
        return f"epoch {round(self.epoch)}" if whole else (f"step {self.step}" if self.epoch < 1 else f"epoch {self.epoch:.1f}")


@dataclass(frozen=True)
class Run:
    """A run by its directory. Cheap to make: everything is read when asked for."""

    path: Path
    shipped: bool = False

    @property
    def id(self) -> str:
        return self.path.name

    @cached_property
    def config(self) -> RunConfig:
        """Raises ``FileNotFoundError`` or ``pydantic.ValidationError``."""
        return RunConfig.model_validate(self._config_file["config"])

    @cached_property
    def _config_file(self) -> dict[str, Any]:
        return json.loads((self.path / "config.json").read_text(encoding="utf-8"))

    @property
    def title(self) -> str:
        return self.config.title or self.id

    @property
    def created(self) -> datetime:
        return datetime.fromisoformat(self._config_file["created"])

    @property
    def versions(self) -> dict[str, str]:
        """The libraries that made the run, by name."""
        return self._config_file["versions"]

    @property
    def facts(self) -> dict[str, str]:
        """What the run is made of, by role: names as they stand in its config."""
        config = self.config
        return {
            "data set": config.dataset.name,
            "architecture": config.architecture.name,
            "objective": config.objective.name,
            "tricks": ", ".join(choice.name for choice in config.tricks) or "none",
        }

    # what the training process says

    @property
    def status(self) -> Status:
        """The phase is derived: a run that says it is alive and holds no lock was interrupted."""
        told = read_json(self.path / "status.json")
        status = Status(**{key: value for key, value in told.items() if key in Status.__dataclass_fields__}) if told else Status("new")
        if self.shipped:
            return status
        if status.phase not in (*ALIVE, "new"):
            return replace(status, phase="starting", error="") if self._just_resumed else status
        held = self.locked
        if status.phase == "new":
            if held or self._just_created:
                return Status("starting")
            return Status("interrupted") if "started" in self.request else status  # its process ended before it could say a word
        return status if held else replace(status, phase="interrupted", seconds_left=None)

    @property
    def _just_created(self) -> bool:
        """A process was asked for a moment ago and has not taken the lock yet."""
        asked = self.request.get("started")
        return asked is not None and datetime.now(UTC).timestamp() - asked < 20

    @property
    def _just_resumed(self) -> bool:
        """A process was asked for a moment ago and has not said a word since."""
        path = self.path / "status.json"
        return self._just_created and path.exists() and path.stat().st_mtime < self.request["started"]

    @property
    def locked(self) -> bool:
        """Whether a training process holds the run's lock."""
        if not (self.path / "lock").exists():
            return False
        lock = FileLock(self.path / "lock", thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    @property
    def request(self) -> dict[str, Any]:
        """What visitors ask of the run: ``want`` (train, pause, stop), ``ticket`` (its place in the queue), ``started``."""
        return read_json(self.path / "request.json")

    def metrics(self, since: int = 0) -> list[dict[str, float]]:
        """The logged steps from the ``since``-th on."""
        return [json.loads(line) for line in self.metrics_lines()[since:]]

    def metrics_lines(self) -> list[bytes]:
        """The logged steps as JSON lines; only whole ones."""
        return tail(self.path / "metrics.jsonl").lines()

    def events(self) -> list[dict[str, Any]]:
        """What happened, in order: ``kind``, ``step``, ``epoch`` and more."""
        return json_lines(self.path / "events.jsonl")

    @property
    def log(self) -> str:
        """What the training process printed."""
        path = self.path / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    # snapshots

    @property
    def snapshots(self) -> list[Snapshot]:
        """All moments that have samples, oldest first."""
        epochs = {event["step"]: event["epoch"] for event in self.events() if event["kind"] == "snapshot"}
        weights, states = self.steps_of("weights"), self.steps_of("states")
        return [
            Snapshot(step, epochs.get(step, 0.0), self.sheet(step), step in weights, step in states)
            for step in sorted(_steps(self.path / "samples", ".png"))
        ]

    def snapshot(self, step: int | None = None) -> Snapshot | None:
        """The newest snapshot, or the newest at or below ``step``; the first where all are later; None where there is none."""
        snapshots = self.snapshots
        return next((s for s in reversed(snapshots) if step is None or s.step <= step), snapshots[0] if snapshots else None)

    def sheet(self, step: int) -> Path:
        """The sample sheet of a snapshot."""
        return self.path / "samples" / f"{step}.png"

    def steps_of(self, folder: str) -> set[int]:
        """The steps whose ``weights`` or ``states`` are kept."""
        return _steps(self.path / folder, ".safetensors")

    def weights_step(self, step: int) -> int | None:
        """The step whose weights stand for a snapshot: its own, or the nearest that are kept; None where there are none yet."""
        return min(self.steps_of("weights"), key=lambda kept: (abs(kept - step), kept), default=None)

    def networks(self, snapshot: Snapshot) -> Networks:
        """G and D at a snapshot, or at the nearest one that has weights. Shared between visitors: hold ``lock`` to hook into them.

        Raises ``LookupError`` where no weights are kept yet, ``ValueError`` where they are damaged or of other networks.
        """
        from gandash.runs.weights import restore

        step = self.weights_step(snapshot.step)
        if step is None:
            raise LookupError(f"{self.title} has no weights yet.")
        path = self.path / "weights" / f"{step}.safetensors"
        return restore(self, path, path.stat().st_mtime_ns)

    def judges(self, snapshot: Snapshot) -> bool:
        """Whether a discriminator is kept for a snapshot. A run that was imported may have come without; one that trains has one.

        Raises :class:`DamagedFile`.
        """
        step = self.weights_step(snapshot.step)
        if step is None:
            return True
        return any(name.startswith("discriminator.") for name in tensor_names(self.path / "weights" / f"{step}.safetensors"))

    def cache(self, key: dict[str, Any]) -> Path:
        """A folder for results that depend on ``key`` and on nothing else of this run; made when asked for.

        ``key`` must hold everything that the result depends on, as JSON values.
        """
        folder = self.cached(key)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def cached(self, key: dict[str, Any]) -> Path:
        """The folder of :meth:`cache`, whether it is there or not: for looking without leaving a trace."""
        from gandash.runs.store import root

        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]
        within = root() / ".cache" / self.id if self.shipped or not os.access(self.path, os.W_OK) else self.path / "analyses"
        return within / digest


def _steps(folder: Path, suffix: str) -> set[int]:
    if not folder.is_dir():
        return set()
    return {int(entry.name.removesuffix(suffix)) for entry in os.scandir(folder) if entry.name.endswith(suffix) and entry.name[0].isdigit()}
