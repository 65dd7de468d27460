"""From a latent slider's move, with a latent never seen before, to the new image in the browser: milliseconds, through the real page.

A move renders eight latents and D's score of each: the one that is looked at and the seven that move along. The clock runs in the browser,
from the input event to the frame after the picture was drawn.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks.browser import SETTLED, browse, serve
from gandash import runs
from gandash.config import Choice, RunConfig

MOVES, WARM_UP = 60, 5
BAR = 200
_MOVE = """(slider, value) => new Promise((resolve) => {
    const picture = slider.getRootNode().querySelector('.moved'), started = performance.now()
    const drawn = new MutationObserver(() => { drawn.disconnect(); requestAnimationFrame(() => resolve(performance.now() - started)) })
    drawn.observe(picture, { attributeFilter: ['data-moves'] })
    slider.value = value
    slider.dispatchEvent(new Event('input'))
})"""


def main() -> None:
    """Print the table: the shipped runs, and the paper's DCGAN at 64 pixels as the slowest that GANdash offers in its first zoo."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["GANDASH_RUNS"] = place
        paper = untrained("dcgan-64", size=64, colour=True)
        shown = [(run.title, run.id) for run in runs.all() if run.shipped] + [("64 pixels, 3 channels, width 64", paper)]
        print(f"run                               median, ms  95th percentile, ms  at most, median   ({MOVES} moves each)")
        with serve(Path(place)) as (url, _), browse() as page:
            for title, run_id in shown:
                times = measure(page, f"{url}/latent_space?run={run_id}&mode=directions")
                median, late = statistics.median(times), statistics.quantiles(times, n=20)[-1]
                print(f"{title[:32]:32}  {median:10.0f}  {late:19.0f}  {BAR:15}", flush=True)


def untrained(run_id: str, **dataset) -> str:
    """A run with one snapshot, of networks as they are before the first step: what a picture costs does not depend on training."""
    from gandash.assembly import assemble
    from gandash.runs.recorder import Recorder
    from gandash.training.loop import take_snapshot
    from gandash.training.state import state_tensors

    config = RunConfig(dataset=Choice(name="fashion_mnist_subset", options=dataset), architecture="dcgan", title=run_id).check()
    run = runs.create(config, run_id)
    take_snapshot(assemble(config, config.part("dataset").train()), Recorder(run, state_tensors))
    return run.id


def measure(page, address: str) -> list[float]:
    """Milliseconds of each move; every place of the slider is a new one."""
    page.goto(address)
    page.locator(SETTLED).wait_for()
    page.locator(".sliders[data-ready]").wait_for()
    page.locator(".moved[data-moves]").wait_for()
    slider = page.locator(".sliders input[type=range]").first
    places = [round(-6 + 0.1 * ((37 * i) % 121), 1) for i in range(MOVES + WARM_UP)]  # 37 and 121 share no factor: no place twice
    return [slider.evaluate(_MOVE, str(place)) for place in places if place][WARM_UP:]


if __name__ == "__main__":
    main()
