"""What page tests share: recorded runs, the real application on a port of its own, and a browser.

Fixtures, by what they cost:
    runs_folder     empty directories for fresh and shipped runs, for one test (GANDASH_RUNS, GANDASH_CHECKPOINTS)
    recorded        a tiny convolutional run, really trained once a session, on scikit-learn's digits
    shelf           runs_folder with the recorded run shipped as "digits-dcgan"; young, failed and stopped ones by ``shelf.add``
    app             the real application over a shelf of its own, one a test module: ``app.url``, ``app.shelf``
    one_thread      torch on one thread, for a module: ``pytestmark = pytest.mark.usefixtures("one_thread")``
    page            a browser page that fails the test where the page's scripts threw an error; ``settled(page)`` waits for Streamlit
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
TINY = {
    "title": "Digits, DCGAN",
    "dataset": {"name": "digits", "options": {"size": 28}},
    "architecture": {"name": "dcgan", "options": {"width": 4}},
    "latent_dim": 8,
    "batch_size": 64,
    "epochs": 3,
}
CHROMIUM = "/usr/bin/chromium"
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"


@dataclass
class Shelf:
    """Directories of fresh and shipped runs that a test may fill."""

    runs: Path
    shipped: Path
    recorded: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process look here; also keeps downloaded data sets out of the test."""
        return {"GANDASH_RUNS": str(self.runs), "GANDASH_CHECKPOINTS": str(self.shipped), "GANDASH_DATA": str(self.runs.parent / "data")}

    def ship(self, name: str = "digits-dcgan", **changes) -> Path:
        """Put the recorded run among the shipped ones."""
        return self._place(self.shipped / name, changes)

    def add(self, name: str, phase: str, error: str = "", samples: bool = True, **changes) -> Path:
        """A fresh run that ended in ``phase``: the recorded one with another status, without its samples if so wished."""
        path = self._place(self.runs / name, changes)
        status = json.loads((path / "status.json").read_text())
        (path / "status.json").write_text(json.dumps({**status, "phase": phase, "error": error}))
        if not samples:
            for folder in ("samples", "weights", "states"):
                shutil.rmtree(path / folder)
            for log in ("metrics.jsonl", "events.jsonl"):
                (path / log).unlink()
            (path / "status.json").write_text(json.dumps({"phase": phase, "error": error}))
        return path

    def _place(self, path: Path, changes: dict) -> Path:
        shutil.copytree(self.recorded, path, ignore=shutil.ignore_patterns("lock", "*.lock"))
        if changes:
            about = json.loads((path / "config.json").read_text())
            about["config"] |= changes
            (path / "config.json").write_text(json.dumps(about))
        return path


@pytest.fixture(scope="session")
def recorded(tmp_path_factory) -> Path:
    """The directory of a run that was really trained, in its own process as any run is: three epochs, a few seconds."""
    place = tmp_path_factory.mktemp("recorded")
    create = (
        "import sys; from gandash import runs; from gandash.config import RunConfig; "
        "runs.create(RunConfig.model_validate_json(sys.argv[1]), 'tiny')"
    )
    environment = {**os.environ, "GANDASH_RUNS": str(place), "OMP_NUM_THREADS": "1"}
    for command in ([sys.executable, "-c", create, json.dumps(TINY)], [sys.executable, "-m", "gandash.training", "tiny"]):
        done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=280)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert json.loads((place / "tiny" / "status.json").read_text())["phase"] == "finished"
    return place / "tiny"


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """On a busy machine two threads that wait for each other are far slower than one."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def runs_folder(tmp_path, monkeypatch) -> Path:
    """Empty directories for one test's runs, fresh and shipped."""
    monkeypatch.setenv("GANDASH_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("GANDASH_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("GANDASH_DATA", str(tmp_path / "data"))
    return tmp_path


@pytest.fixture
def shelf(runs_folder, recorded) -> Shelf:
    """One shipped run, and room for others."""
    made = Shelf(runs_folder / "runs", runs_folder / "checkpoints", recorded)
    made.ship()
    return made


@dataclass
class App:
    """The application as visitors have it."""

    url: str
    shelf: Shelf
    process: subprocess.Popen
    project: Path = PROJECT

    def cpu_seconds(self) -> float:
        """Processor time that the server has used so far."""
        import psutil

        used = psutil.Process(self.process.pid).cpu_times()
        return used.user + used.system


@pytest.fixture(scope="module")
def app(tmp_path_factory, recorded):
    """``streamlit run app.py`` on a free port, with a shipped run; what it trains is stopped with it."""
    with serving(tmp_path_factory.mktemp("app"), recorded) as running:
        yield running


@contextmanager
def serving(place: Path, recorded: Path, project: Path = PROJECT, **environment: str) -> Iterator[App]:
    """The application of ``project`` (a copy of this one, where a test changes its files), with its runs and its log in ``place``."""
    shelf = Shelf(place / "runs", place / "checkpoints", recorded)
    shelf.ship()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (place / "server.log").open("w+")
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(project / "app.py"), f"--server.port={port}", "--server.headless=true"],
        cwd=project,
        env={**os.environ, **shelf.environment, "HOME": str(place), "OMP_NUM_THREADS": "1", **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(process, url, log)
        yield App(url, shelf, process, project)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        _end_training(shelf.runs)
        log.seek(0)
        print(log.read())
        log.close()


def _wait_until_it_answers(process, url, log) -> None:
    for _ in range(600):
        if process.poll() is not None:
            log.seek(0)
            pytest.fail(f"The application ended at its start:\n{log.read()}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.read() == b"ok":
                    return
        except OSError:
            time.sleep(0.1)
    pytest.fail("The application does not answer.")


def _end_training(runs: Path) -> None:
    """End the training processes of these runs, which outlive the server."""
    import psutil

    for process in psutil.process_iter(["pid", "cmdline", "environ"]):
        if "gandash.training" in (process.info["cmdline"] or []) and (process.info["environ"] or {}).get("GANDASH_RUNS") == str(runs):
            process.send_signal(signal.SIGKILL)


@pytest.fixture(scope="session")
def browser():
    """Chromium, without a window. Its absence is a failure: ``apt-get install chromium`` on Debian."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=60_000)  # a busy machine may take its time; what comes sooner is seen sooner
    assert Path(CHROMIUM).exists(), f"Browser tests need {CHROMIUM}: apt-get install chromium"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield launched
        launched.close()


@pytest.fixture
def page(browser):
    """A page of 1280 by 720 pixels; an error in any of its scripts fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    made = context.new_page()
    made.set_default_timeout(120_000)
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    yield made
    context.close()
    assert not errors, errors


def settled(page, timeout: int = 180_000) -> None:
    """Wait until Streamlit is connected and runs no script; no exception and no unfinished part may stand on the page."""
    from playwright.sync_api import expect

    state = '[data-testid="stApp"][data-test-script-state="notRunning"][data-test-connection-state="CONNECTED"]'
    page.locator(state).wait_for(timeout=timeout)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=timeout)
    expect(page.get_by_test_id("stException")).to_have_count(0)
