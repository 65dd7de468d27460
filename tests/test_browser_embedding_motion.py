"""What moves on the Embeddings page: samples through training, maps that settle, and ten thousand points under a lasso."""

import csv
import io
import re
from dataclasses import asdict

import numpy as np
from conftest import settled
from maps_in_a_browser import at, compute, drawn, lasso_everything, pixels
from playwright.sync_api import expect

from gandash import embedding_maps, runs
from gandash.analyses.separability import Separation
from gandash.embedding_maps import EmbeddingOptions
from gandash.embedding_sources import OfRun
from gandash.embedding_thumbnails import keep_atlas
from gandash.features.resnet18 import BLOCKS
from gandash.plots.colours import GENERATED, REAL, SHAPES
from gandash.runs import Run

expect.set_options(timeout=60_000)  # milliseconds: a machine that also trains answers late

PAIRS = (("real", "generated"), (REAL, GENERATED), (SHAPES[REAL], SHAPES[GENERATED]))


def test_the_epoch_cursor_moves_the_cloud_and_the_player_moves_the_cursor(app, page):
    steps = [snapshot.step for snapshot in Run(app.shelf.shipped / "digits-dcgan", shipped=True).snapshots]
    compute(page, app, "run=digits-dcgan&pictures=training&map_count=30")
    expect(page.get_by_text("t-SNE of the 30 real images alone")).to_be_visible()
    seen = [at(page, steps[-1])]
    page.get_by_test_id("stSidebar").get_by_test_id("stBaseButton-tertiary").first.click()  # previous snapshot
    seen.append(at(page, steps[-2]))
    expect(page).to_have_url(re.compile(f"snapshot={steps[-2]}"))
    scrubber = page.locator(".scrubber")
    scrubber.focus()
    scrubber.press("Home")
    seen.append(at(page, steps[0]))
    expect(page).to_have_url(re.compile(f"snapshot={steps[0]}"))
    assert len(set(seen)) == 3  # the cloud is elsewhere each time
    page.reload()
    drawn(page)
    assert at(page, steps[0]) == seen[-1]  # read from disk
    expect(page.locator(".legend button")).to_have_text(["real (30)", "generated (30)"])
    page.get_by_role("button", name="Play", exact=True).click()
    assert at(page, steps[-1]) == seen[0]
    expect(page).not_to_have_url(re.compile("snapshot="))  # the newest, which is where the player came to rest
    page.get_by_role("radiogroup", name="Colour by").get_by_text("D(x)", exact=True).click()
    lasso_everything(page)
    expect(page.locator(".sheet-title")).to_have_text("60 picked: 30 real, 30 generated. Below each: D(x)")
    settled(page)  # a download that is asked for while the page is made anew is lost
    with page.expect_download() as download:
        page.get_by_role("button", name="Coordinates (CSV)").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
    assert {row["step"] for row in rows} == {"", *map(str, steps)}


def test_a_run_that_grew_offers_to_place_the_rest_and_keeps_what_is_known_on_the_page(app, page, tmp_path):
    run = Run(app.shelf.ship("growing", title="Growing"), shipped=True)
    steps = [snapshot.step for snapshot in run.snapshots]
    later = [run.sheet(step) for step in steps[-2:]]
    for sheet in later:
        sheet.rename(tmp_path / sheet.name)
    compute(page, app, "run=growing&pictures=training&map_count=12&layout=pca")
    at(page, steps[-3])
    expect(page.get_by_role("button", name="more snapshots")).to_have_count(0)
    for sheet in later:
        (tmp_path / sheet.name).rename(sheet)
    page.reload()
    settled(page)
    at(page, steps[-3])  # under the cursor is the newest snapshot, of which the newest that is placed is shown
    page.get_by_role("button", name="Place 2 more snapshots").click()
    at(page, steps[-1])
    expect(page.get_by_role("button", name="more snapshots")).to_have_count(0)
    expect(page.locator(".scrubber")).to_have_attribute("max", str(len(steps) - 1))


def test_maps_are_seen_to_settle_and_can_be_principal_components(app, page):
    page.goto(f"{app.url}/embeddings?run=digits-dcgan&map_count=300")
    settled(page)
    page.get_by_role("button", name="Compute").click()
    draft = page.locator("div.scatter[data-draft]")
    draft.wait_for()  # before the work has ended
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.locator(".map")).to_have_count(4)
    expect(page.locator(".legend button")).to_have_text(["real (300)", "generated (300)"])
    first, number = pixels(page, 3), draft.get_attribute("data-draft")
    expect(draft).not_to_have_attribute("data-draft", number)
    page.wait_for_function(
        "before => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('canvas.points') && "
        "[...e.shadowRoot.querySelectorAll('canvas.points')].pop().toDataURL() !== before)",
        arg=first,  # of the last block, which settles last
    )
    page.get_by_role("button", name="Cancel").click()
    draft.wait_for(state="detached")
    page.goto(f"{app.url}/embeddings?run=digits-dcgan&map_count=20&layout=pca&metric=cosine")
    settled(page)
    page.get_by_role("button", name="Compute").click()
    page.locator("div.scatter[data-ready]:not([data-draft])").wait_for()
    expect(page.get_by_text("Principal components, cosine, seed 0.")).to_be_visible()


def test_a_lasso_in_ten_thousand_points_gives_a_contact_sheet_with_scores(app, page, monkeypatch):
    for name, value in app.shelf.environment.items():
        monkeypatch.setenv(name, value)
    run = runs.get("digits-dcgan")
    rng, each = np.random.default_rng(0), 5000
    generated = np.repeat([False, True], each)
    arrays = {f"map.{block}": rng.normal(size=(2 * each, 2)).astype(np.float32) for block in BLOCKS}
    arrays |= {"is_generated": generated, "predicted": generated, "scores": rng.uniform(size=2 * each).astype(np.float32)}
    facts = {
        "blocks": list(BLOCKS),
        "errors": {block: asdict(Separation(0.4, 0.5, each, each, 0.5)) for block in BLOCKS},
        "tests": {},
        **dict(zip(("kinds", "colours", "shapes"), PAIRS, strict=True)),
        "class_names": (),
        "score_title": "D(x), probability of real",
        "score_scale": (0.5, 0.5),
        **{"layout": "tsne", "metric": "euclidean", "perplexity": 30.0, "weights": "embedded", "notes": ()},
        **asdict(keep_atlas(rng.integers(0, 255, (2 * each, 1, 8, 8), np.uint8))),
    }
    embedding_maps.keep(OfRun(run, run.snapshot()), EmbeddingOptions(count=each), arrays, facts)
    page.goto(f"{app.url}/embeddings?run=digits-dcgan&map_count={each}")
    drawn(page)
    expect(page.locator("div.scatter")).to_have_attribute("data-ready", str(2 * each))
    lasso_everything(page, 2)
    expect(page.locator(".sheet-title")).to_have_text(
        f"{2 * each} picked: {each} real, {each} generated; the first 240 are shown. Below each: D(x)"
    )
    assert page.locator(".tiles").bounding_box()["height"] > 200
    page.get_by_role("button", name="Clear").click()
    page.locator(".legend button").first.click()  # real images are hidden: only the others can be picked
    lasso_everything(page)
    expect(page.locator(".sheet-title")).to_have_text(re.compile(f"^{each} picked: 0 real, {each} generated"))
