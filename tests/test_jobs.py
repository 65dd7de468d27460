"""Training processes: started, queued, paused, stopped, killed and resumed, with nothing shared but a directory."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from gandash import jobs, runs
from gandash.config import ConfigError, RunConfig
from gandash.runs.files import write_json

TINY = {
    "dataset": {"name": "digits", "options": {"size": 28, "count": 160}},  # ten steps an epoch
    "architecture": {"name": "dcgan", "options": {"width": 4}},
    "latent_dim": 8,
    "batch_size": 16,
}


def config(**changes) -> RunConfig:
    return RunConfig.model_validate({**TINY, "epochs": 1000, "sample_every": 10, **changes})


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """An empty runs directory and no shipped runs; whatever still trains at the end is killed."""
    monkeypatch.setenv("GANDASH_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GANDASH_CHECKPOINTS", str(tmp_path / "checkpoints"))
    yield tmp_path
    for child in jobs._children:
        child.kill()
        child.wait()


def until(condition, seconds=120):
    """Wait for what another process does; fails, telling what was seen last, if it does not."""
    end = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < end, f"waited {seconds} s in vain: {[(run.id, run.status, run.log[-500:]) for run in runs.all()]}"
        threading.Event().wait(0.05)
    return seen


def phase(run, *phases):
    return until(lambda: run.status.phase in phases)


def weights(run, step):
    return (run.path / "weights" / f"{step}.safetensors").read_bytes()


def test_a_run_from_start_to_end():
    run = jobs.start(config(epochs=1))
    phase(run, "finished")
    status = run.status
    assert (status.step, status.total_steps, status.progress, status.error) == (10, 10, 1.0, "")
    assert [s.step for s in run.snapshots] == [0, 1, 2, 4, 8, 10] and all(s.has_weights and s.has_state for s in run.snapshots)
    assert [row["step"] for row in run.metrics()] == list(range(1, 11))
    assert run.events()[-1]["kind"] == "end"
    seen = run.networks(run.snapshot())
    z, labels = seen.fixed_noise()
    from PIL import Image

    from gandash.plots.sheet import sheet

    drawn = sheet(seen.generate(z, labels))
    assert Image.open(run.snapshot().sheet).convert("RGB").tobytes() == drawn.convert("RGB").tobytes()  # what is kept is what is shown


def test_stop_and_resume_give_what_an_uninterrupted_run_gives():
    straight = jobs.start(config(epochs=5, sample_every=1))
    phase(straight, "finished")
    run = jobs.start(config(epochs=5, sample_every=1))
    until(lambda: run.status.step >= 1 or not run.status.alive)
    if run.status.alive:
        jobs.stop(run)
    stopped = phase(run, "stopped", "finished") and run.status
    if stopped.phase == "stopped":
        jobs.resume(run)
        phase(run, "finished")
    else:  # it was faster than the request: go back and play the second half again
        jobs.resume(run, step=20)
        until(lambda: any(event["kind"] == "resume" for event in run.events()) and run.status.phase == "finished")
    assert weights(run, run.status.total_steps) == weights(straight, straight.status.total_steps)
    assert [row["step"] for row in run.metrics()] == [row["step"] for row in straight.metrics()]
    assert [row["d_loss"] for row in run.metrics()] == [row["d_loss"] for row in straight.metrics()]


def test_a_killed_run_is_interrupted_and_goes_on():
    run = jobs.start(config())
    until(lambda: run.status.step > 2)
    child = jobs._children[-1]
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert run.status.phase == "interrupted" and not run.status.alive
    with (run.path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 999')  # the crash cut a line
    jobs.resume(run)
    phase(run, "training")
    until(lambda: any(event["kind"] == "resume" for event in run.events()))
    until(lambda: len(run.metrics()) > 20)
    jobs.stop(run)
    phase(run, "stopped")
    steps = [row["step"] for row in run.metrics()]
    assert steps == sorted(set(steps)) and 999 not in steps


def test_the_second_run_waits_for_the_first_and_a_pause_lets_it_pass():
    first = jobs.start(config())
    second = jobs.start(config(seed=1))
    phase(first, "training")
    phase(second, "queued")
    assert [run.id for run in jobs.alive()] == [first.id, second.id]
    jobs.pause(first)
    phase(first, "paused")
    phase(second, "training")
    step = first.status.step
    jobs.unpause(first)
    phase(first, "queued")
    assert first.status.step == step
    jobs.stop(second)
    phase(second, "stopped")
    until(lambda: first.status.step > step)
    jobs.stop(first)
    phase(first, "stopped")
    assert not jobs.alive()


def test_a_queued_run_can_be_stopped_before_its_turn():
    first = jobs.start(config())
    phase(first, "training")
    second = jobs.start(config())
    phase(second, "queued")
    jobs.stop(second)
    phase(second, "stopped")
    assert first.status.phase == "training" and second.snapshots == []
    jobs.stop(first)
    phase(first, "stopped")


def test_a_failure_is_told_in_a_sentence():
    run = jobs.start(config())
    phase(run, "training")
    jobs.stop(run)
    phase(run, "stopped")
    step = max(run.steps_of("states"))
    (run.path / "states" / f"{step}.safetensors").write_bytes(b"not a state")
    jobs.resume(run)
    phase(run, "failed")
    assert run.status.error and "Traceback" in run.log and "\n" not in run.status.error


def test_a_fork_goes_on_from_the_state_with_one_setting_changed():
    run = jobs.start(config(epochs=1))
    phase(run, "finished")
    lane = jobs.fork(run, 4, {"discriminator_optimiser": {"name": "adam", "options": {"learning_rate": 0.01}}})
    phase(lane, "finished")
    assert lane.config.parent.run == run.id and lane.config.parent.step == 4
    assert next(event["kind"] for event in lane.events()) == "fork"
    assert [row["step"] for row in lane.metrics()] == list(range(5, 11))
    assert weights(lane, 10) != weights(run, 10)
    same = jobs.fork(run, 4, {})
    phase(same, "finished")
    assert weights(same, 10) == weights(run, 10)  # an unchanged lane is the same run
    with pytest.raises(LookupError, match="keeps no state of step 5"):
        jobs.fork(run, 5, {})


def test_what_does_not_fit_is_refused_before_anything_is_written(place):
    with pytest.raises(ConfigError, match="mlp"):
        jobs.start(config(dataset="ring"))
    assert not (place / "runs").exists()


def test_requests_that_go_with_no_phase_are_refused():
    run = runs.create(config())
    assert run.status.phase == "new"
    for ask in (jobs.stop, jobs.pause, jobs.unpause):
        with pytest.raises(jobs.NotPossible):
            ask(run)
    write_json(run.path / "status.json", {"phase": "training", "step": 5})
    assert run.status.phase == "interrupted"  # it says that it trains, and nobody holds its lock


def test_shipped_runs_are_read_only(place):
    run = runs.create(config())
    (place / "checkpoints").mkdir()
    run.path.rename(place / "checkpoints" / "classic")
    shipped = runs.get("classic")
    assert shipped.shipped
    with pytest.raises(jobs.NotPossible, match="read-only"):
        jobs.resume(shipped)
    with pytest.raises(PermissionError):
        runs.delete(shipped)
    assert shipped.cache({"a": 1}).is_relative_to(place / "runs")


def test_ids_are_names_and_not_paths():
    runs.create(config(), run_id="mine")
    assert runs.get("mine").id == "mine" and runs.create(config(), run_id="mine").id == "mine-2"
    for name in ("../mine", "", ".", "/etc", "mine/../mine", "theirs"):
        with pytest.raises(runs.RunNotFound):
            runs.get(name)


def test_a_folder_that_is_no_run_is_skipped_and_told(place):
    runs.create(config(), run_id="good")
    (place / "runs" / "bad").mkdir()
    (place / "runs" / "bad" / "config.json").write_text("{")
    (place / "runs" / "other").mkdir()
    assert [run.id for run in runs.all()] == ["good"]
    assert [path.name for path in runs.unreadable()] == ["bad"]


def test_the_command_line(place):
    def gandash(*arguments, code=0):
        done = subprocess.run([sys.executable, "-m", "gandash", *arguments], capture_output=True, text=True)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    file = place / "config.json"
    file.write_text(json.dumps(TINY))
    said = gandash("train", "--config", str(file), "--set", "epochs=0.05", "--set", "architecture.width=2", "--set", "title=Mine")
    run = runs.all()[0]
    assert said.startswith(run.id) and run.config.architecture.options["width"] == 2 and run.status.phase == "finished"
    listed = gandash("list")
    assert run.id in listed and "digits" in listed and "finished" in listed
    shown = gandash("show", run.id)
    assert "Mine" in shown and '"width": 2' in shown
    gandash("export", run.id, str(place / "checkpoints" / "mine"), "--weights", "2")
    shipped = runs.get("mine")
    assert shipped.shipped and len(shipped.steps_of("weights")) == 2 and not (shipped.path / "states").exists()
    ours, theirs = run.networks(run.snapshot()), shipped.networks(shipped.snapshot())
    z, _ = ours.fixed_noise()
    assert abs(ours.generate(z).astype(int) - theirs.generate(z).astype(int)).max() <= 2  # half precision, in 256 levels
    assert "There is no run named 'nobody'" in gandash("show", "nobody", code=1)
    assert "no preset named" in gandash("train", "--preset", "nothing", code=1)
    assert "mnist-dcgan" in gandash("train", "--preset", "help")
