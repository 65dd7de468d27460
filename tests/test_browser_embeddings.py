"""The Embeddings page as a visitor has it: two folders without a run, a run against its data, lasso, link, download."""

import csv
import io
import re
import zipfile

import numpy as np
import pytest
from conftest import settled
from maps_in_a_browser import compute, drawn, lasso_everything
from PIL import Image
from playwright.sync_api import expect

from pages.components.figure import FONTS, SCALE

expect.set_options(timeout=60_000)  # milliseconds: a machine that also trains answers late

EACH = 12  # pictures a folder


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A zip of two folders: dark noise is real, bright noise is generated."""
    path, rng = tmp_path_factory.mktemp("pictures") / "noise.zip", np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as made:
        for folder, low in (("generated", 150), ("real", 0)):
            for index in range(EACH):
                buffer = io.BytesIO()
                Image.fromarray(rng.integers(low, low + 100, (40, 40, 3), np.uint8)).save(buffer, "PNG")
                made.writestr(f"{folder}/{index}.png", buffer.getvalue())
    return path


def test_two_folders_of_a_zip_open_without_a_run(app, page, archive):
    compute(page, app, f"pictures=folders&folder={archive}")
    expect(page.locator(".map > button")).to_have_text(["layer1", "layer2", "layer3", "layer4"])
    expect(page.locator(".legend button")).to_have_text([f"real ({EACH})", f"generated ({EACH})"])
    expect(page.get_by_text("After every block an SVM tells generated pictures from real ones better than chance")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    expect(page.get_by_text(f"{EACH} real and {EACH} generated points")).to_be_visible()
    expect(page.get_by_text("it is 0.38, and 0.04 on the same clouds ten times as large")).to_be_visible()
    expect(page.get_by_text("Perplexity was lowered from 30 to 7.67")).to_be_visible()
    expect(page.get_by_text("Looking through: Embedded ResNet-18")).to_be_visible()


def test_an_uploaded_zip_opens_too(app, page, archive):
    page.goto(f"{app.url}/embeddings?pictures=folders&map_count=8")
    settled(page)
    page.get_by_test_id("stMainBlockContainer").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(archive)
    expect(page.get_by_text("draws 8 of each kind")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Compute").click()
    drawn(page)
    expect(page.locator(".legend button").first).to_have_text("real (8)")


def test_a_lasso_gives_a_contact_sheet_and_a_line_in_the_download(app, page, archive):
    compute(page, app, f"pictures=folders&folder={archive}")
    expect(page.locator(".sheet")).to_be_hidden()
    lasso_everything(page)
    expect(page.locator(".sheet-title")).to_have_text(f"{2 * EACH} picked: {EACH} real, {EACH} generated")
    assert (
        page.locator(".tiles").evaluate(
            "canvas => new Set(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data).size"
        )
        > 50
    )
    for _ in range(20):  # nothing on the page tells when the server has heard of the lasso
        with page.expect_download() as download:
            page.get_by_role("button", name="Coordinates (CSV)").click()
        rows = list(csv.DictReader(io.StringIO(download.value.path().read_text())))
        if rows[0]["chosen"] == "1":
            break
    assert len(rows) == 2 * EACH and {row["chosen"] for row in rows} == {"1"}
    assert {"kind", "layer1_x", "layer4_y"} <= set(rows[0]) and [row["kind"] for row in rows] == ["real"] * EACH + ["generated"] * EACH
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".sheet")).to_be_hidden()


def test_the_keyboard_reaches_every_picture_and_all_maps_mark_it(app, page, archive):
    compute(page, app, f"pictures=folders&folder={archive}")
    blank = page.locator(".marks").nth(3).evaluate("canvas => canvas.toDataURL()")
    first = page.locator(".marks").first
    first.focus()
    first.press("ArrowRight")
    expect(page.locator(".tip")).to_be_visible()
    expect(page.locator(".tip-text")).to_have_text(re.compile(r"(real|generated) \d+"))
    assert page.locator(".marks").nth(3).evaluate("canvas => canvas.toDataURL()") != blank
    first.press("Enter")
    expect(page.locator(".sheet-title")).to_have_text(re.compile("^1 picked"))
    first.press("Escape")
    expect(page.locator(".sheet")).to_be_hidden()


def test_a_figure_has_one_button_which_saves_it_as_a_sharp_picture(app, page, archive):
    compute(page, app, f"pictures=folders&folder={archive}")
    figure = page.locator(".js-plotly-plot")
    figure.scroll_into_view_if_needed()
    button = figure.locator(".modebar-btn")
    expect(button).to_have_count(1)
    figure.hover()
    expect(button).to_be_visible()
    covered, legend, whole = button.bounding_box(), figure.locator(".legend .bg").first.bounding_box(), figure.bounding_box()
    assert covered["x"] > legend["x"] + legend["width"] or covered["y"] + covered["height"] < legend["y"]
    with page.expect_download() as download:
        button.click()
    assert download.value.suggested_filename == "gandash-separability.png"
    with Image.open(download.value.path()) as picture:
        assert picture.format == "PNG" and picture.height == SCALE * whole["height"]
        assert abs(picture.width - SCALE * whole["width"]) < SCALE
    fonts = figure.locator(".legendtext").first.evaluate("text => getComputedStyle(text).fontFamily")
    assert fonts.replace('"', "") == FONTS  # none that the picture could not draw with


def test_a_title_enlarges_its_map_and_the_link_shows_the_same_again(app, page, archive):
    compute(page, app, f"pictures=folders&folder={archive}")
    page.locator(".map > button").nth(2).click()
    expect(page.locator(".map")).to_have_count(1)
    expect(page).to_have_url(re.compile("block=layer3"))
    page.get_by_text("Thumbnails").click()
    expect(page).to_have_url(re.compile("thumbnails=true"))
    page.reload()
    drawn(page)
    expect(page.locator(".map > button")).to_have_text("layer3")  # read from disk: nothing was computed again
    page.locator(".map > button").click()
    expect(page.locator(".map")).to_have_count(4)


def test_the_wheel_zooms_and_a_double_click_shows_everything_again(app, page, archive):
    compute(page, app, f"pictures=folders&folder={archive}&block=layer1")
    picture = "canvas => canvas.toDataURL()"
    points = page.locator("canvas.points")
    everything = points.evaluate(picture)
    page.locator(".marks").scroll_into_view_if_needed()
    page.locator(".marks").hover()
    page.mouse.wheel(0, -400)
    page.wait_for_function(
        "before => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('canvas.points') && "
        "e.shadowRoot.querySelector('canvas.points').toDataURL() !== before)",
        arg=everything,
    )
    page.locator(".marks").press("0")
    assert points.evaluate(picture) == everything


def test_a_run_against_its_data_set_with_classes_and_scores(app, page):
    page.goto(f"{app.url}/embeddings?run=digits-dcgan&map_count=20")
    settled(page)
    expect(page.get_by_text("draws 20 of each kind")).to_be_visible()
    expect(page).to_have_url(re.compile("map_real_count=20&map_generated_count=20"))  # what the link of old meant
    generated = page.get_by_role("spinbutton", name="Generated")
    generated.fill("16")
    generated.press("Tab")
    page.get_by_role("button", name="Compute").click()
    drawn(page)
    expect(page).to_have_url(re.compile("map_generated_count=16"))
    expect(page.locator(".legend button")).to_have_text(["real (20)", "generated (16)"])
    expect(page.get_by_text("here real and generated weigh alike")).to_be_visible()
    page.get_by_role("radiogroup", name="Colour by").get_by_text("class", exact=True).click()
    expect(page).to_have_url(re.compile("colour_by=class"))
    settled(page)
    assert page.locator(".legend button").count() > 4
    lasso_everything(page, 3)
    expect(page.locator(".sheet-title")).to_have_text("36 picked: 20 real, 16 generated. Below each: D(x)")
    first = page.locator(".marks").first
    first.focus()
    first.press("ArrowRight")
    expect(page.locator(".tip-text")).to_have_text(re.compile(r"D\(x\) \d"))
    page.get_by_role("radiogroup", name="Colour by").get_by_text("D(x)", exact=True).click()
    expect(page.locator(".legend .scale")).to_have_text("D(x) lowerhigher")


def test_two_runs_and_a_run_against_pictures(app, page, archive):
    app.shelf.ship("mine", title="Mine")
    page.goto(f"{app.url}/embeddings?run=digits-dcgan&pictures=runs&map_count=10&layout=pca")
    settled(page)
    expect(page).to_have_url(re.compile("other=mine"))
    page.get_by_role("button", name="Compute").click()
    drawn(page)
    expect(page.locator(".legend button")).to_have_text(["Digits, DCGAN (10)", "Mine (10)"])
    told = page.get_by_text("After no block does an SVM surely tell Mine pictures from Digits, DCGAN ones")
    expect(told).to_be_visible()  # they are copies
    page.goto(f"{app.url}/embeddings?run=digits-dcgan&pictures=runs&other=digits-dcgan&map_count=10&layout=pca")
    settled(page)
    expect(page.get_by_text("That is the same run at the same snapshot")).to_be_visible()
    page.goto(f"{app.url}/embeddings?run=digits-dcgan&pictures=pictures&folder={archive}&map_count=10&layout=pca")
    settled(page)
    expect(page.get_by_text(f"{2 * EACH} pictures.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Compute").click()
    drawn(page)
    expect(page.locator(".legend button")).to_have_text(["other (10)", "generated (10)"])


def test_what_cannot_be_opened_says_why(app, page, tmp_path):
    page.goto(f"{app.url}/embeddings?pictures=folders&folder={tmp_path}/nowhere")
    settled(page)
    expect(page.get_by_text(re.compile(f"There is nothing at {tmp_path}/nowhere"))).to_be_visible()
    (tmp_path / "broken.zip").write_bytes(b"no zip")
    page.goto(f"{app.url}/embeddings?pictures=folders&folder={tmp_path}/broken.zip")
    settled(page)
    expect(page.get_by_text(re.compile("is not a zip that can be read"))).to_be_visible()


def test_on_a_telephone_two_maps_stand_side_by_side(app, page, archive):
    compute(page, app, f"pictures=folders&folder={archive}")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".map")).to_have_count(4)
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    boxes = [box.bounding_box() for box in page.locator(".map").all()]
    assert boxes[0]["y"] == boxes[1]["y"] < boxes[2]["y"] and boxes[0]["width"] > 140
