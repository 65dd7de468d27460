"""The process that trains one run: ``python -m gandash.training RUN_ID``.

It holds the run's lock as long as it lives, waits for its turn, obeys ``request.json`` and leaves everything else to the loop. Nothing
but files connects it with whoever started it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from pathlib import Path
from typing import Annotated

import typer
from filelock import FileLock, Timeout

from gandash import runs
from gandash.runs.files import read_json

LOOK_EVERY = 0.25  # seconds between two looks at what is asked
NICENESS = 5  # pages go before training


class Turn:
    """One of the machine's places for a training run (``GANDASH_SLOTS``, one unless said otherwise), taken in the order of tickets."""

    def __init__(self, run: runs.Run):
        self.run = run
        places = runs.root() / ".slots"
        places.mkdir(parents=True, exist_ok=True)
        self._locks = [FileLock(places / f"{i}.lock", thread_local=False) for i in range(int(os.environ.get("GANDASH_SLOTS", "1")))]
        self._held: FileLock | None = None

    def take(self) -> bool:
        """Take a free place if it is this run's turn."""
        ticket = self.run.request.get("ticket", 0.0)
        others = (other for other in runs.all() if not other.shipped and other.id != self.run.id)
        waiting = (other for other in others if other.status.phase in ("queued", "starting"))
        if any(other.request.get("ticket", 0.0) < ticket for other in waiting):
            return False
        for lock in self._locks:
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            self._held = lock
            return True
        return False

    def give_back(self) -> None:
        if self._held is not None:
            self._held.release()
            self._held = None


class Requests:
    """What visitors ask of the run, looked up a few times a second."""

    def __init__(self, run: runs.Run):
        self.path = run.path / "request.json"
        self._looked, self._want, self._terminated = 0.0, "train", False
        signal.signal(signal.SIGTERM, self._terminate)
        signal.signal(signal.SIGINT, self._terminate)

    def _terminate(self, *_) -> None:
        self._terminated = True

    @property
    def want(self) -> str:
        """train, pause or stop."""
        if self._terminated:
            return "stop"
        if time.monotonic() - self._looked > LOOK_EVERY:
            self._looked, self._want = time.monotonic(), read_json(self.path).get("want", "train")
        return self._want


def wait_for_turn(turn: Turn, requests: Requests, tell) -> bool:
    """Whether the run's turn came before it was asked to stop."""
    tell("queued")
    while requests.want != "stop":
        if requests.want == "train" and turn.take():
            return True
        time.sleep(LOOK_EVERY)
    return False


def train(run: runs.Run, step: int | None) -> None:
    """Train ``run`` from its newest state, or from that of ``step``, to its end."""
    from gandash.runs.recorder import Recorder

    requests, turn = Requests(run), Turn(run)
    recorder = Recorder(run, _state_of)
    try:
        if not wait_for_turn(turn, requests, recorder.tell):
            recorder.tell("stopped")
            return
        recorder.tell("starting")
        game = _assemble(run, step, recorder)
        recorder.tell("training", game)

        def should_stop() -> bool:
            if requests.want == "pause":
                recorder.save(game, snapshot=False)
                recorder.event(game, "pause")
                recorder.tell("paused", game)
                turn.give_back()
                while requests.want == "pause":
                    time.sleep(LOOK_EVERY)
                if not wait_for_turn(turn, requests, lambda phase: recorder.tell(phase, game)):
                    return True
                recorder.event(game, "go on")
                recorder.tell("training", game)
            return requests.want == "stop"

        from gandash.training.loop import train as play

        play(game, recorder, should_stop)
        recorder.event(game, "end" if game.finished else "stop")
        recorder.tell("finished" if game.finished else "stopped", game)
    except Exception as error:
        traceback.print_exc()
        recorder.tell("failed", error=_sentence(error))
        raise typer.Exit(1) from error
    finally:
        turn.give_back()


def _give_way() -> None:
    """Let pages go before training, as far as the system allows it: a run that cannot say so trains all the same."""
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    group = Path("/proc/self/autogroup")  # Linux shares the processor between sessions first, and this process leads one of its own
    if group.exists():
        try:
            group.write_text(str(NICENESS))
        except OSError as error:  # in a container: read-only, or asked for too often, or too soon after the machine's start
            print(f"Training shares the processor with the pages as an equal: {group} cannot be set ({error.strerror}).")


def _assemble(run: runs.Run, step: int | None, recorder):
    import torch

    from gandash.assembly import assemble
    from gandash.runs.weights import read_tensors
    from gandash.training.state import restore

    torch.set_num_threads(run.config.threads)
    data = run.config.part("dataset").train()
    game = assemble(run.config, data)
    kept = run.steps_of("states")
    wanted = max(kept, default=None) if step is None else step
    if wanted is not None:
        restore(game, *read_tensors(run.path / "states" / f"{wanted}.safetensors"))
    recorder.rewind(-1 if wanted is None else wanted)
    if wanted is not None:
        recorder.event(game, "fork" if run.config.parent and run.config.parent.step == wanted else "resume")
    recorder.tell("starting", game, note=data.note)
    return game


def _state_of(game):
    from gandash.training.state import state_tensors

    return state_tensors(game)


def _sentence(error: Exception) -> str:
    text = str(error).strip().split("\n", 1)[0]
    return text or type(error).__name__


def main(
    run_id: Annotated[str, typer.Argument(help="The run's id: the name of its directory.")],
    step: Annotated[int | None, typer.Option(help="Go on from the state of this step; the newest unless said otherwise.")] = None,
) -> None:
    """Train a run to its end, from its newest state."""
    run = runs.get(run_id)
    if run.shipped:
        sys.exit(f"{run.title} ships with the project and is read-only.")
    lock = FileLock(Path(run.path / "lock"), thread_local=False)
    try:
        lock.acquire(timeout=5)  # whoever asks whether it is held holds it for a moment
    except Timeout:
        sys.exit(f"{run.title} is being trained by another process.")
    _give_way()
    with lock:
        train(run, step)


if __name__ == "__main__":
    typer.run(main)
