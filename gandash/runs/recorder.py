"""Writing a run's directory: the training process's side. Only that process holds the run's lock, so only it writes here."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from gandash.plots.sheet import sheet
from gandash.runs.files import append_line, write_bytes, write_json
from gandash.runs.run import Run

if TYPE_CHECKING:
    from gandash.assembly import Game

STATUS_EVERY = 0.5  # seconds
SMOOTHING = 0.9  # of the rate, over logged steps


class Recorder:
    """What :func:`gandash.training.loop.train` is handed."""

    def __init__(self, run: Run, state_of):
        """``state_of(game)`` gives the tensors and texts to resume from."""
        self.run, self._state_of = run, state_of
        self._told = 0.0
        self._rate = 0.0
        self._note = ""
        for folder in ("samples", "weights", "states", "analyses"):
            (run.path / folder).mkdir(exist_ok=True)

    def log(self, game: Game, metrics: dict[str, float]) -> None:
        """One line of ``metrics.jsonl``; the status now and then."""
        rate = metrics["images_per_second"]
        self._rate = rate if not self._rate else SMOOTHING * self._rate + (1 - SMOOTHING) * rate
        line = {"step": game.step, "epoch": round(game.epoch, 4), "seconds": round(game.seconds, 3)}
        append_line(self.run.path / "metrics.jsonl", line | {key: float(f"{value:.5g}") for key, value in metrics.items()})
        if time.monotonic() - self._told > STATUS_EVERY:
            self.tell("training", game)

    def sample(self, game: Game, images: np.ndarray) -> None:
        """The sheet of the fixed noise's samples."""
        from io import BytesIO

        content = BytesIO()
        sheet(images).save(content, "PNG")
        write_bytes(self.run.sheet(game.step), content.getvalue())
        self.event(game, "snapshot")

    def save(self, game: Game, snapshot: bool) -> None:
        """The state to resume from, and with a snapshot the weights to look at."""
        from gandash.runs.weights import network_tensors, write_tensors  # torch: a run that waits in the queue does without

        if snapshot:
            write_tensors(self.run.path / "weights" / f"{game.step}.safetensors", *network_tensors(game))
            self._thin("weights", game.config.weights_budget)
        write_tensors(self.run.path / "states" / f"{game.step}.safetensors", *self._state_of(game))
        self._thin("states", game.config.states_budget)

    def event(self, game: Game | None, kind: str, **more: Any) -> None:
        """One line of ``events.jsonl``."""
        place = {} if game is None else {"step": game.step, "epoch": round(game.epoch, 6), "seconds": round(game.seconds, 3)}
        append_line(self.run.path / "events.jsonl", {"kind": kind, **place, **more})

    def tell(self, phase: str, game: Game | None = None, error: str = "", note: str = "") -> None:
        """Replace ``status.json``."""
        self._told = time.monotonic()
        self._note = note or self._note
        status: dict[str, Any] = {"phase": phase, "error": error, "note": self._note}
        if game is not None:
            progress, left = _progress(game, self._rate)
            status |= {
                "step": game.step,
                "total_steps": game.total_steps,
                "epoch": game.epoch,
                "progress": 1.0 if phase == "finished" else progress,
                "images_per_second": self._rate,
                "seconds_left": left if phase == "training" else None,
                "elapsed": game.seconds,
            }
        else:
            status |= {key: getattr(self.run.status, key) for key in ("step", "total_steps", "epoch", "progress", "elapsed")}
        write_json(self.run.path / "status.json", status)

    def rewind(self, step: int) -> None:
        """Forget what was recorded after ``step``: a run that is resumed from there will record it again."""
        for name in ("metrics.jsonl", "events.jsonl"):
            path = self.run.path / name
            if path.exists():
                # a crash may have left half a line at the end
                whole = [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
                kept = [line for line in whole if json.loads(line).get("step", 0) <= step]
                if sum(map(len, kept)) != path.stat().st_size:
                    write_bytes(path, b"".join(kept))
        for folder, suffix in (("samples", ".png"), ("weights", ".safetensors"), ("states", ".safetensors")):
            for path in (self.run.path / folder).glob(f"*{suffix}"):
                if int(path.stem) > step:
                    path.unlink()

    def _thin(self, folder: str, budget: int) -> None:
        """Keep the newest and roughly doubling older ones, as many as fit into ``budget`` megabytes."""
        paths = {int(path.stem): path for path in (self.run.path / folder).glob("*.safetensors")}
        sizes = {step: path.stat().st_size for step, path in paths.items()}
        while sum(sizes.values()) > budget * 1e6 and len(sizes) > 1:
            step = most_crowded(sorted(sizes))
            paths[step].unlink()
            del sizes[step]


def most_crowded(steps: list[int]) -> int:
    """Of ascending ``steps``, the one to drop so that the rest, seen back from the newest, lie at roughly doubling distances.

    The newest is never dropped. Raises ``ValueError`` for fewer than two.
    """
    if len(steps) < 2:
        raise ValueError("There is nothing to thin.")
    newest = steps[-1]
    if len(steps) == 2:
        return steps[0]
    # the inner one whose neighbours lie closest, measured against how old the later of them is
    gaps = {b: (c - a) / (newest - a) for a, b, c in zip(steps[:-2], steps[1:-1], steps[2:], strict=True)}
    return min(gaps, key=lambda step: (gaps[step], step))


def _progress(game: Game, rate: float) -> tuple[float, float | None]:
    """The share of the run that is done, in [0, 1], and the seconds that are left."""
    ends: list[tuple[float, float]] = []
    if game.total_steps is not None:
        left = (game.total_steps - game.step) * game.config.batch_size * game.fabric.world_size
        ends.append((game.step / game.total_steps, left / rate if rate else float("inf")))
    if game.config.seconds is not None:
        ends.append((game.seconds / game.config.seconds, game.config.seconds - game.seconds))
    progress, seconds = min(ends, key=lambda end: end[1])
    return min(1.0, progress), None if seconds == float("inf") else max(0.0, seconds)
