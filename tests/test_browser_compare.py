"""The Compare page as a visitor has it: one cursor, one zoom and one axis for several runs, in a real browser."""

import json
import re
import shutil

import pytest
from conftest import settled
from playwright.sync_api import expect

A, B = "digits-dcgan", "other"
expect.set_options(timeout=60_000)


@pytest.fixture(scope="module")
def runs(app):
    """A shipped run, and one that kept only the first half of its samples; the steps of each, oldest first."""
    path = app.shelf.add(B, "stopped", title="Other seed", seed=7)
    sheets = sorted((path / "samples").glob("*.png"), key=lambda sheet: int(sheet.stem))
    for sheet in sheets[len(sheets) // 2 :]:
        sheet.unlink()
    steps = [int(sheet.stem) for sheet in sheets]
    return {A: steps, B: steps[: len(steps) // 2]}


@pytest.fixture
def compare(app, page, runs):
    """Open the page; ``compare("by=step")`` waits until the sheets are drawn."""

    def open_at(query="", names=(A, B)):
        page.goto(f"{app.url}/compare?run={A}&runs={','.join(names)}&{query}")
        settled(page)
        page.locator(".samples canvas[data-step]").first.wait_for()
        return page

    return open_at


def shows(page, **steps):
    for run, step in steps.items():
        expect(page.locator(f'[data-run="{run.replace("_", "-")}"] .samples canvas')).to_have_attribute("data-step", str(step))


def test_one_cursor_moves_all_sheets_and_the_sidebar(compare, runs):
    page = compare("by=step&heat=off")
    shows(page, digits_dcgan=runs[A][-1], other=runs[B][-1])
    expect(page.locator('[data-run="other"] .samples figcaption')).to_contain_text("its last")
    page.locator(".comparison").focus()
    page.keyboard.press("Home")
    shows(page, digits_dcgan=0, other=0)
    expect(page).to_have_url(re.compile("at=0(&|$)"))
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    shows(page, digits_dcgan=runs[A][3], other=runs[B][3])
    expect(page).to_have_url(re.compile(f"snapshot={runs[A][3]}(&|$)"))  # the cursor of every page
    slider = page.get_by_test_id("stSidebar").get_by_role("slider").first
    slider.focus()
    slider.press("ArrowRight")
    shows(page, digits_dcgan=runs[A][4], other=runs[B][-1])  # the other has no later one
    page.locator(".comparison").focus()
    page.keyboard.press("End")
    expect(page).not_to_have_url(re.compile("[?&]at="))  # the newest is what a link shows without being told


def test_a_link_opens_its_moment_and_its_zoom_and_a_click_shows_one_sample_in_all(compare, runs):
    page = compare(f"by=step&at={runs[A][2]}&zoom=2,0.5,0.5&heat=off")
    shows(page, digits_dcgan=runs[A][2], other=runs[B][2])
    expect(page.locator(".level")).to_have_text("×2")
    page.get_by_role("button", name="Zoom out").click()
    expect(page.locator(".level")).to_have_text("whole sheets")
    pixels = "canvas => canvas.toDataURL()"
    other = page.locator('[data-run="other"] .samples canvas')
    before = other.evaluate(pixels)
    first = page.locator(f'[data-run="{A}"] .samples canvas')
    box = first.bounding_box()
    first.click(position={"x": box["width"] * 2.5 / 8, "y": box["height"] * 1.5 / 8})
    expect(page.locator(".level")).to_have_text("×8")
    assert other.evaluate(pixels) != before
    expect(page).to_have_url(re.compile("zoom=8%2C0.3125%2C0.1875"))
    first.click(position={"x": 20, "y": 20})
    expect(page.locator(".level")).to_have_text("whole sheets")


def test_heatmaps_follow_the_cursor_and_say_where_there_are_none(app, compare, runs):
    path = app.shelf.add("flat", "stopped", title="Flat", architecture={"name": "mlp", "options": {}})
    shutil.rmtree(path / "weights")
    page = compare("by=step", (A, "flat"))
    heat = page.locator(f'[data-run="{A}"] .heat')
    expect(heat.locator("canvas")).to_have_attribute("data-step", str(runs[A][-1]))
    expect(heat.locator("figcaption")).to_contain_text("mean D(x)")
    expect(page.locator('[data-run="flat"] .heat .empty')).to_contain_text("No weights")
    page.locator(".comparison").focus()
    page.keyboard.press("Home")
    expect(heat.locator("canvas")).to_have_attribute("data-step", "0")


def test_curves_on_another_axis_hidden_and_clicked(compare, runs):
    page = compare("heat=off")
    expect(page.locator('[data-curve="d_loss"]')).to_be_visible()
    page.get_by_role("radio", name="Minute").or_(page.get_by_role("button", name="Minute")).first.click()
    expect(page).to_have_url(re.compile("by=minute"))
    expect(page.locator(".counter")).to_contain_text("training")
    page.locator(".legend button").nth(1).click()
    expect(page.locator('[data-run="other"].card')).to_be_hidden()
    expect(page.locator('[data-curve="d_loss"] .values span')).to_have_count(1)
    over = page.locator('[data-curve="d_loss"] .u-over')
    over.click(position={"x": 1, "y": 40})
    shows(page, digits_dcgan=0)


def test_a_run_that_goes_on_grows_by_itself(app, compare):
    path = app.shelf.add("growing", "stopped", title="Growing")
    sheets = sorted((path / "samples").glob("*.png"), key=lambda sheet: int(sheet.stem))
    lines = (path / "metrics.jsonl").read_text().splitlines(keepends=True)
    aside = path.parent.parent / sheets[-1].name
    shutil.move(sheets[-1], aside)
    (path / "metrics.jsonl").write_text("".join(lines[:-5]))
    page = compare("by=step&heat=off", ("growing",))
    expect(page.locator(".charts")).to_have_attribute("data-rows", str(len(lines) - 5))
    shows(page, growing=sheets[-2].stem)
    shutil.move(aside, sheets[-1])
    with (path / "metrics.jsonl").open("a") as log:
        log.write("".join(lines[-5:]))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # coming back to a tab asks at once
    expect(page.locator(".charts")).to_have_attribute("data-rows", str(len(lines)))
    shows(page, growing=sheets[-1].stem)


def test_what_differs_stands_there_and_comes_as_csv(compare):
    page = compare("heat=off")
    expect(page.locator(".runs-table").first).to_contain_text("Seed")
    with page.expect_download() as download:
        page.get_by_role("button", name="Differences (CSV)").click()
    assert download.value.path().read_text() == 'setting,"Digits, DCGAN",Other seed\nSeed,0,7\n'
    with page.expect_download() as download:
        page.get_by_role("button", name="Study (CSV)").click()
    assert "cGAN + VBN,,6.2," in download.value.path().read_text()


def test_one_run_is_offered_a_second_and_a_failed_one_says_why(app, compare):
    app.shelf.add("broken", "failed", error="The images are gone.", samples=False, title="Broken")
    page = compare("heat=off", (A,))
    page.get_by_role("button", name="Other seed").first.click()
    expect(page.locator(".card")).to_have_count(2)
    expect(page).to_have_url(re.compile(f"runs={A}%2C{B}(&|$)"))
    page.goto(f"{app.url}/compare?runs=broken")
    settled(page)
    expect(page.locator('[data-run="broken"] .samples .empty')).to_contain_text("The images are gone.")


def test_it_fits_a_phone(compare, page):
    page.set_viewport_size({"width": 390, "height": 844})
    compare()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    boxes = [page.locator(".card").nth(place).bounding_box() for place in range(2)]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]  # one under the other
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert json.loads(page.locator(".cards").evaluate("cards => getComputedStyle(cards).getPropertyValue('--columns')")) == 1


def test_a_run_stays_chosen_when_it_ends_and_goes_when_it_is_taken_out(app, compare):
    path = app.shelf.add("ending", "stopped", title="Ending")
    page = compare("heat=off", (A, "ending"))
    page.locator('[data-curve="d_loss"] .u-over').wait_for()
    status = json.loads((path / "status.json").read_text())
    (path / "status.json").write_text(json.dumps({**status, "phase": "finished"}))
    page.get_by_role("button", name="Zoom in").click()  # the page hears of it, and is drawn anew
    expect(page).to_have_url(re.compile("zoom=2"))
    settled(page)
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_test_id("stMultiSelect").get_by_role("button").nth(1).or_(page.locator('[aria-label^="Remove Ending"]')).first.click()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator('[data-curve="d_loss"] .values span')).to_have_count(1)
