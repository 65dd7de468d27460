"""What the presets of one minute reach: sixty seconds of training beside an open page, judged by the embedded classifier.

The Inception score of 5,000 samples as a share of what real test images get through the same head, and how many classes are there.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from benchmarks.browser import SETTLED, browse, serve
from gandash import presets, runs

PRESETS = {"one-minute": 0.6, "one-minute-fashion": None}
COUNT = 5000


def main() -> None:
    """Print the table. Each run is started from the sidebar of a page that stays open."""
    from gandash.features.judge import judge_run

    print("preset              images/s  images seen  Inception score  real test set  ratio  at least  classes above 2 %")
    for preset, bar in PRESETS.items():
        with tempfile.TemporaryDirectory() as place:
            os.environ["GANDASH_RUNS"] = place
            run = train_from_the_sidebar(preset, Path(place))
            judged = judge_run(run, run.snapshot(), COUNT)
            status = run.status
            seen = status.step * run.config.batch_size
            covered = sum(share > 0.02 for share in judged.class_shares)
            scores = f"{judged.inception_score:15.2f}  {judged.inception_score_real:13.2f}  {judged.ratio:5.2f}"
            print(f"{preset:18}  {seen / status.elapsed:8.0f}  {seen:11}  {scores}  {bar or '-':>8}  {covered:18}", flush=True)


def train_from_the_sidebar(preset: str, place: Path) -> runs.Run:
    """Choose the preset under Quick train, press Start, and wait with the page open until the run has finished."""
    with serve(place) as (url, _), browse() as page:
        page.goto(url)
        page.locator(SETTLED).wait_for()
        sidebar = page.get_by_test_id("stSidebar")
        sidebar.get_by_role("combobox", name="Preset").click()
        page.get_by_role("option", name=presets.load(preset).title, exact=True).click()
        page.locator(SETTLED).wait_for()
        sidebar.get_by_role("button", name="Start", exact=True).click()
        while not (found := [run for run in runs.all() if not run.shipped]) or found[0].status.phase in (*runs.ALIVE, "new"):
            page.wait_for_timeout(200)
    if found[0].status.phase != "finished":
        raise RuntimeError(found[0].status.error or found[0].status.phase)
    return found[0]


if __name__ == "__main__":
    main()
