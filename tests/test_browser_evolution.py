"""The Evolution page as a visitor has it: played, scrubbed and followed in a real browser."""

import io
import re
import shutil

import pytest
from conftest import settled
from PIL import Image, ImageSequence
from playwright.sync_api import expect

RUN = "digits-dcgan"
expect.set_options(timeout=30_000)


@pytest.fixture
def steps(app):
    """The steps of the shipped run's snapshots, oldest first."""
    return sorted(int(path.stem) for path in (app.shelf.shipped / RUN / "samples").glob("*.png"))


@pytest.fixture
def evolution(app, page):
    """Open the page; ``evolution("run=...")`` waits until the first sheet is drawn."""
    page.emulate_media(reduced_motion="reduce")

    def open_at(query=f"run={RUN}"):
        page.goto(f"{app.url}/evolution?{query}")
        settled(page)
        page.locator("canvas.sheet[data-step]").wait_for()
        return page

    return open_at


def shows(page, step):
    expect(page.locator("canvas.sheet")).to_have_attribute("data-step", str(step))


def test_a_link_opens_its_snapshot_and_sample(evolution, steps):
    page = evolution(f"run={RUN}&snapshot={steps[2]}&sample=9")
    shows(page, steps[2])
    expect(page.locator(".number")).to_have_text("10 of 64")
    expect(page.locator(".counter")).to_have_text(re.compile(rf"^step {steps[2]} · epoch 0\.\d+ / 3$"))


def test_what_is_ahead_on_the_bar_is_dark_on_a_dark_page(evolution, page, steps):
    page.emulate_media(color_scheme="dark")
    evolution(f"run={RUN}&snapshot={steps[1]}")
    bar = Image.open(io.BytesIO(page.locator(".scrubber").screenshot())).convert("L")
    assert bar.getpixel((bar.width - 20, bar.height // 2)) < 128


def test_keys_move_the_player_and_the_cursor_of_every_page_follows(evolution, steps):
    page = evolution()
    shows(page, steps[-1])
    page.locator(".player").focus()
    page.keyboard.press("ArrowLeft")
    shows(page, steps[-2])
    expect(page).to_have_url(re.compile(f"snapshot={steps[-2]}(&|$)"))
    page.keyboard.press("Shift+ArrowLeft")
    shows(page, steps[max(0, len(steps) - 12)])
    page.keyboard.press("Home")
    shows(page, steps[0])
    expect(page).to_have_url(re.compile(f"snapshot={steps[0]}(&|$)"))
    page.keyboard.press("End")
    shows(page, steps[-1])
    expect(page).not_to_have_url(re.compile("snapshot="))  # the newest is what a link shows without being told


def test_the_cursor_in_the_sidebar_moves_the_player(evolution, steps):
    page = evolution()
    slider = page.get_by_test_id("stSidebar").get_by_role("slider").first
    slider.focus()
    slider.press("ArrowLeft")
    shows(page, steps[-2])


def test_playing_shows_every_snapshot_without_a_word_to_the_server(evolution, page, steps):
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append(1)))
    evolution()
    page.locator(".bar select").select_option("4")
    page.locator("canvas.sheet").evaluate(
        """(canvas) => {
            window.seen = []
            const note = () => window.seen.push(Number(canvas.dataset.step))
            new MutationObserver(note).observe(canvas, { attributeFilter: ['data-step'] })
        }"""
    )
    before = len(sent)
    assert before > 0  # so that silence means something
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator(".player")).to_have_attribute("data-playing", "false")  # not there before it has played
    assert page.evaluate("window.seen") == steps
    assert len(sent) == before


def test_a_click_on_a_sample_follows_it(evolution):
    page = evolution()
    box = page.locator("canvas.sheet").bounding_box()
    page.locator("canvas.sheet").click(position={"x": box["width"] * 3.5 / 8, "y": box["height"] * 1.5 / 8})
    expect(page.locator(".number")).to_have_text("12 of 64")
    expect(page).to_have_url(re.compile("sample=11(&|$)"))
    page.get_by_role("button", name="Follow the next sample").click()
    expect(page.locator(".number")).to_have_text("13 of 64")


def test_the_curves_carry_the_cursor_and_move_the_player(evolution, steps):
    page = evolution()
    page.locator(".plot[data-ready]").wait_for()
    over = page.locator(".plot .u-over")
    over.click(position={"x": 1, "y": 20})
    shows(page, steps[0])
    expect(page.locator(".plot")).to_have_attribute("data-epoch", "0")
    width = over.bounding_box()["width"]
    over.click(position={"x": width - 1, "y": 20})
    shows(page, steps[-1])


def test_new_snapshots_of_a_run_appear_by_themselves(app, evolution):
    path = app.shelf.add("growing", "stopped")
    sheets = sorted((path / "samples").glob("*.png"), key=lambda sheet: int(sheet.stem))
    aside = path.parent.parent / sheets[-1].name
    shutil.move(sheets[-1], aside)
    page = evolution("run=growing")
    shows(page, sheets[-2].stem)
    shutil.move(aside, sheets[-1])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # coming back to a tab asks at once
    shows(page, sheets[-1].stem)
    expect(page.locator(".counter b")).to_have_text("epoch 3")


def test_the_whole_evolution_as_gif_and_as_film(evolution, steps):
    page = evolution()
    with page.expect_download() as download:
        page.get_by_role("button", name="GIF").click()
    film = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert download.value.suggested_filename == f"{RUN}.gif" and len(list(ImageSequence.Iterator(film))) == len(steps)
    with page.expect_download() as download:
        page.get_by_role("button", name="MP4").click()
    assert download.value.path().read_bytes()[4:8] == b"ftyp"


def test_it_plays_once_by_itself_unless_motion_is_to_be_reduced(app, page, steps):
    page.goto(f"{app.url}/evolution?run={RUN}")
    expect(page.locator(".player")).to_have_attribute("data-playing", "false")  # not there before it has played
    shows(page, steps[-1])
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{app.url}/evolution?run={RUN}")
    page.locator(".plot[data-ready]").wait_for()
    shows(page, steps[-1])
    assert page.locator(".player").get_attribute("data-playing") is None


def test_runs_without_a_picture_say_why(app, page):
    app.shelf.add("broken", "failed", error="The images are gone.", samples=False)
    page.goto(f"{app.url}/evolution?run=broken")
    settled(page)
    expect(page.get_by_text("The images are gone.")).to_be_visible()
    expect(page.locator(".player")).to_have_count(0)


def test_it_fits_a_phone(evolution, page):
    page.set_viewport_size({"width": 390, "height": 844})
    evolution()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for part in ("canvas.sheet", ".plot", ".scrubber"):
        box = page.locator(part).bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390
