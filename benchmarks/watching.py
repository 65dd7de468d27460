"""What one page that watches a training run costs the server: processor seconds a second, while the run trains beside it."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.browser import SETTLED, browse, cpu_seconds, serve
from gandash import jobs, presets

WINDOWS, SECONDS = 6, 10.0
BAR = 0.02


def main() -> None:
    """Print the table: the Train page open on a run, and as a baseline the same server with no page open."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["GANDASH_RUNS"] = place
        run = jobs.start(presets.load("one-minute").model_copy(update={"seconds": 600.0}))
        try:
            with serve(Path(place)) as (url, server), browse() as page:
                page.goto(f"{url}/train?run={run.id}")
                page.locator(SETTLED).wait_for()
                page.wait_for_timeout(20_000)  # the libraries are loaded beside the first page; that is not the watching's cost
                steps = run.status.step
                watching = [_cost(server) for _ in range(WINDOWS)]
                trained = run.status.step - steps
                page.goto("about:blank")
                page.wait_for_timeout(2000)
                alone = [_cost(server) for _ in range(3)]
        finally:
            jobs.stop(run)
            while run.status.alive:
                time.sleep(0.1)
    print("server CPU s/s with one watching page  without a page  steps trained meanwhile  at most")
    print(f"{statistics.median(watching):37.4f}  {statistics.median(alone):14.4f}  {trained:23}  {BAR}")


def _cost(server) -> float:
    before, started = cpu_seconds(server), time.perf_counter()
    time.sleep(SECONDS)
    return (cpu_seconds(server) - before) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
