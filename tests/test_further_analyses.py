"""Any analysis appears on the page of its family, with nothing written for it; what it finds is computed in the background and kept."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import settled
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from gandash import analyses, background, datasets, further, runs
from gandash.analyses import Cancelled


def script():
    from gandash import runs
    from pages.components.further_analyses import further_analyses

    run = runs.get("digits-dcgan")
    further_analyses("latent", run, run.snapshot(None))
    further_analyses("latent", run, run.snapshot(None), shown=["interpolation"])  # draws nothing, or the keys would clash


def finished() -> None:
    """Wait for all that has been begun in the background."""
    background._workers.submit(lambda: None).result(timeout=120)


def test_an_analysis_is_drawn_from_its_options_and_shows_its_figure(shelf):
    at = AppTest.from_function(script, default_timeout=60)
    at.query_params["analysis_interpolation"] = "true"  # the address says what is unfolded
    at.run()
    assert not at.exception
    assert [expander.label for expander in at.expander] == ["Interpolation"]
    assert not at.get("plotly_chart")
    at.number_input(key="analysis_interpolation_options.0.steps").set_value(5)
    at.button(key="analysis_interpolation_compute").click().run()
    finished()
    at.run()
    assert not at.exception
    figure = at.get("plotly_chart")[0].proto.spec
    assert "way from A (0) to B (1)" in figure
    at.number_input(key="analysis_interpolation_options.0.steps").set_value(6).run()
    assert at.get("plotly_chart") and "other settings" in at.caption[0].value


def test_what_is_folded_in_is_not_computed(shelf):
    at = AppTest.from_function(script, default_timeout=60).run()
    assert not at.exception and at.expander[0].label == "Interpolation" and not at.button


def test_what_was_found_is_read_again_and_belongs_to_its_options_and_weights(shelf, monkeypatch):
    run = runs.get("digits-dcgan")
    newest, analysis = run.snapshot(), analyses.parts["interpolation"]({"steps": 3})
    assert further.kept(run, newest, analysis) is None
    told = further.compute(run, newest, analysis)
    monkeypatch.setattr(type(analysis), "run", lambda *_: pytest.fail("it was computed again"))
    assert further.compute(run, newest, analysis) == json.loads(json.dumps(told))
    assert "template" not in told["figure"]["layout"] and further.figure(told).data
    assert further.kept(run, newest, analyses.parts["interpolation"]({"steps": 4})) is None
    earlier = next(snapshot for snapshot in run.snapshots if snapshot.has_weights and snapshot.step < newest.step)
    assert further.kept(run, earlier, analysis) is None


def test_a_run_ships_with_what_was_found_and_with_no_real_image(shelf):
    run = runs.get("digits-dcgan")
    correlation, nearest = (
        analyses.parts[name](options)
        for name, options in (("batch_correlation", {"batches": 4, "batch_size": 4}), ("nearest_neighbours", {"count": 20}))
    )
    with pytest.raises(LookupError, match="has not been computed"):
        further.ship(run, run.snapshot(), [correlation])
    told = further.compute(run, run.snapshot(), correlation)
    assert further.ship(run, run.snapshot(), [correlation]) == run.path / "further.json"
    shutil.rmtree(shelf.runs)  # all that was computed here
    assert further.kept(run, run.snapshot(), correlation) == json.loads(json.dumps(told))
    further.compute(run, run.snapshot(), nearest)
    with pytest.raises(ValueError, match="images of the data set"):
        further.ship(run, run.snapshot(), [nearest])


def test_what_is_embedded_is_the_same_on_every_machine(monkeypatch, tmp_path):
    digits = datasets.parts["mnist_subset"]()
    before, files = digits.stamp(), digits.files()
    moved = tuple(Path(shutil.copy(file, tmp_path)) for file in files)  # with another path and another time
    monkeypatch.setattr(type(digits), "files", lambda self: moved)
    assert digits.stamp() == before
    moved[0].write_bytes(b"something else")
    assert digits.stamp() != before


def test_what_is_cancelled_leaves_nothing(shelf):
    run = runs.get("digits-dcgan")
    analysis = analyses.parts["nearest_neighbours"]({"count": 20})

    def stop(fraction, told):
        raise Cancelled

    with pytest.raises(Cancelled):
        further.compute(run, run.snapshot(), analysis, stop)
    assert further.kept(run, run.snapshot(), analysis) is None


def test_scores_stay_in_their_table():
    assert "nearest_neighbours" in further.names("scores") and "inception_score" not in further.names("scores")


def test_on_the_page_it_is_computed_in_the_background_and_stands_there_again(app, page):
    page.goto(f"{app.url}/scores?run=digits-dcgan&analysis_loss_oscillation=true&analysis_batch_correlation=true")
    settled(page)
    expect(page.get_by_text("Heat inside the box: Digits, subset does not say")).to_be_visible()
    box = page.locator(".st-key-analysis_batch_correlation")
    box.get_by_role("button", name="Compute").click()
    expect(box.get_by_text("Due to the company")).to_be_visible(timeout=120_000)
    expect(box.locator(".js-plotly-plot")).to_be_visible()
    page.reload()
    settled(page)
    expect(box.get_by_text("G is normalised over the batch: while it trains")).to_be_visible()
    losses = page.locator(".st-key-analysis_loss_oscillation")
    losses.get_by_role("button", name="Compute").click()
    expect(losses.get_by_text("D's loss swings by")).to_be_visible(timeout=60_000)
    page.set_viewport_size({"width": 390, "height": 844})
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
