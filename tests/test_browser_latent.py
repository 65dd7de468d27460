"""The Latent space page as a visitor has it: walks, corners and directions in a real browser."""

import io
import re
from urllib.parse import parse_qs, urlparse

import pytest
from conftest import settled
from PIL import Image, ImageSequence
from playwright.sync_api import expect

RUN = "digits-dcgan"
expect.set_options(timeout=30_000)
READY = {"path": ".strip[data-count]", "grid": ".square[data-count]", "directions": ".sliders[data-ready]"}


@pytest.fixture
def latent(app, page):
    """Open the page; ``latent("mode=grid")`` waits for its pictures. ``page.asked`` lists the questions to the latent routes."""
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url) if "/latent/" in request.url else None)

    def open_at(query="", run=RUN):
        page.goto(f"{app.url}/latent_space?run={run}&{query}")
        settled(page)
        page.locator(READY[parse_qs(query).get("mode", ["path"])[0]]).wait_for()
        return page

    return open_at


def asked(page, route):
    """The queries that went to one of the latent routes."""
    return [parse_qs(urlparse(url).query) for url in page.asked if urlparse(url).path.endswith(f"/latent/{route}")]


def drag(page, slider, value):
    """Move a range input as a hand does: an event for the new place."""
    page.locator(slider).first.evaluate("(input, value) => { input.value = value; input.dispatchEvent(new Event('input')) }", str(value))


def test_a_path_is_scrubbed_without_asking_again(latent):
    page = latent("a=3&b=4")
    expect(page.locator(".strip")).to_have_attribute("data-count", "24")
    drag(page, ".slider", 23)
    expect(page.locator(".now")).to_have_attribute("data-at", "23")
    expect(page.locator(".path .reading")).to_contain_text("t = 1.00")
    page.locator(".path .slider").press("ArrowLeft")
    expect(page.locator(".now")).to_have_attribute("data-at", "22")
    assert [(query["a"], query["b"]) for query in asked(page, "path")] == [(["3"], ["4"])]


def test_as_many_steps_as_wished(latent):
    page = latent("steps=60")
    expect(page.locator(".strip")).to_have_attribute("data-count", "60")
    page.locator(".steps").fill("7")
    page.locator(".steps").press("Enter")
    expect(page.locator(".strip")).to_have_attribute("data-count", "7")
    expect(page).to_have_url(re.compile("steps=7(&|$)"))


def test_ends_by_seed_and_by_dice(latent):
    page = latent()
    page.get_by_label("Seed of B").fill("41")
    page.get_by_label("Seed of B").press("Enter")
    expect(page).to_have_url(re.compile("b=41(&|$)"))
    page.get_by_role("button", name="Another seed for A").click()
    expect(page).to_have_url(re.compile(r"a=\d+(&|$)"))
    expect(page.get_by_label("Seed of B")).to_have_value("41")


def test_ends_by_clicking_samples(latent):
    page = latent()
    picker = page.locator(".picker[data-ready]")
    box = picker.bounding_box()
    for number in (10, 63):  # the first click chooses A, the second B
        column, row = number % 8 + 0.5, number // 8 + 0.5
        picker.click(position={"x": box["width"] * column / 8, "y": box["height"] * row / 8})
    expect(page).to_have_url(re.compile("a=f10(&|$)"))
    expect(page).to_have_url(re.compile("b=f63(&|$)"))
    expect(page.get_by_label("Seed of A")).to_have_attribute("placeholder", "sample 11")
    assert [asked(page, "path")[-1][end] for end in "ab"] == [["f10"], ["f63"]]


def test_a_link_holds_the_whole_view(latent):
    page = latent("mode=grid&a=7&d=f3&side=5&way=lerp")
    expect(page.get_by_role("button", name="Four corners")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".square")).to_have_attribute("data-count", "25")
    expect(page.get_by_label("Seed of Top left")).to_have_value("7")
    expect(page.locator(".grid .way")).to_have_value("lerp")
    box = page.locator(".square").bounding_box()
    page.locator(".square").hover(position={"x": box["width"] - 5, "y": box["height"] - 5})
    expect(page.locator(".grid .reading")).to_contain_text("1.00 ↓ 1.00")
    page.get_by_role("link", name="Evolution").click()
    settled(page)
    page.get_by_role("link", name="Latent space").click()
    expect(page.get_by_label("Seed of Top left")).to_have_value("7")


def test_a_direction_is_rendered_while_the_slider_moves(latent):
    page = latent("mode=directions")
    page.locator(".moved[data-moves='']").wait_for()
    page.asked.clear()
    page.locator(".sliders input[type=range]").first.evaluate(
        """(input) => {
            for (let i = 1; i <= 50; i++) { input.value = i / 10; input.dispatchEvent(new Event('input')) }
            input.dispatchEvent(new Event('change'))
        }"""
    )
    expect(page.locator(".moved")).to_have_attribute("data-moves", "p0:5")
    moves = [query["moves"] for query in asked(page, "points") if "moves" in query]
    assert moves[-1] == ["p0:5"] and len(moves) <= 3  # fifty places of the hand, and only the newest one waited
    expect(page).to_have_url(re.compile("moves=p0%3A5(&|$)"))
    page.get_by_role("button", name="Reset").click()
    expect(page.locator(".moved")).to_have_attribute("data-moves", "")


def test_the_path_as_a_gif(latent):
    page = latent("steps=9")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save GIF").click()
    film = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert len(list(ImageSequence.Iterator(film))) == 9


def test_the_snapshot_follows_the_cursor_of_all_pages(latent):
    page = latent()
    page.get_by_test_id("stSidebar").get_by_role("slider").first.press("ArrowLeft")
    expect(page).to_have_url(re.compile(r"snapshot=\d+"))
    step = re.search(r"snapshot=(\d+)", page.url)[1]
    expect(page.locator(".gif")).to_have_attribute("href", re.compile(f"snapshot={step}(&|$)"))


def test_a_snapshot_without_weights_says_whose_are_shown(app, latent):
    path = app.shelf.add("thinned", "finished")
    kept = max(path.joinpath("weights").iterdir(), key=lambda file: int(file.stem))
    for file in path.joinpath("weights").iterdir():
        if file != kept:
            file.unlink()
    page = latent("snapshot=0", run="thinned")
    expect(page.locator(".note")).to_have_text("Weights of epoch 3, the nearest that are kept")


def test_a_run_without_weights_says_so_and_goes_on_when_they_come(app, page):
    path = app.shelf.add("bare", "stopped")
    weights, aside = path / "weights", path / "aside"
    weights.rename(aside)
    page.goto(f"{app.url}/latent_space?run=bare")
    settled(page)
    expect(page.get_by_text("has no weights yet")).to_be_visible()
    aside.rename(weights)
    page.locator(READY["path"]).wait_for()
    expect(page.get_by_text("has no weights yet")).to_be_hidden()


def test_runs_without_a_picture_say_why(app, page):
    app.shelf.add("broken", "failed", error="The images are gone.", samples=False)
    page.goto(f"{app.url}/latent_space?run=broken")
    settled(page)
    expect(page.get_by_text("The images are gone.")).to_be_visible()
    expect(page.locator(".explorer")).to_have_count(0)


@pytest.mark.parametrize("mode", ["path", "grid", "directions"])
def test_it_fits_a_phone(latent, page, mode):
    page.set_viewport_size({"width": 390, "height": 844})
    latent(f"mode={mode}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for part in page.locator(f".{mode}.view > *, .picker").all():
        box = part.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 391
