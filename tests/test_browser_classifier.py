"""The Classifier page as a visitor has it: an experiment started, watched, found again after a reload, finished, downloaded."""

import csv
import io
import re

import pytest
from conftest import settled
from playwright.sync_api import expect

SLOW = 240_000  # milliseconds: a machine that also trains answers late


@pytest.mark.timeout(600)
def test_an_experiment_from_start_to_csv(app, page):
    page.goto(f"{app.url}/classifier?run=digits-dcgan")
    settled(page)
    expect(page.get_by_text("129 classifiers of 300 steps each.")).to_be_visible(timeout=SLOW)
    for label, value in (("Steps", 4), ("Seeds", 2), ("Generated images", 40), ("Real images a class", 4), ("Test images", 50)):
        field = page.get_by_role("spinbutton", name=label, exact=True)
        field.fill(str(value))
        field.press("Enter")
        settled(page)
    page.get_by_role("button", name="Start").last.click()
    expect(page).to_have_url(re.compile("experiment=[0-9a-f]{20}"), timeout=SLOW)
    page.reload()  # the work belongs to nobody: its bar, or what came of it, stands there again
    expect(page.get_by_text(re.compile("A thousand generated images are worth"))).to_be_visible(timeout=SLOW)
    settled(page)
    expect(page.locator(".js-plotly-plot")).to_have_count(2, timeout=SLOW)
    with page.expect_download() as download:
        page.get_by_role("button", name="Classifiers (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert {row["strategy"] for row in rows} == {"real", "generated", "mixed", "pretrained", "filtered", "augmented"}
    assert {row["seed"] for row in rows} == {"0", "1"} and all(0 <= float(row["accuracy on real test images"]) <= 1 for row in rows)
    page.get_by_role("radiogroup", name="Tested on").get_by_text("Generated images").click()
    expect(page.get_by_text("learned the generator's habits")).to_be_visible(timeout=SLOW)
