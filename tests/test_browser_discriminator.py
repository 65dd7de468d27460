"""The Discriminator page as a visitor has it."""

import io
import re

import numpy as np
import pytest
from conftest import settled
from PIL import Image
from playwright.sync_api import expect

expect.set_options(timeout=60_000)  # milliseconds: a machine that also trains answers late

ADDRESS = "/discriminator?run=digits-dcgan"


def opened(page, app, query: str = ""):
    page.goto(app.url + ADDRESS + query)
    settled(page)
    expect(page.locator(".card").first).to_be_visible()
    return page


def colours(canvas) -> int:
    """How many different colours are drawn."""
    return canvas.evaluate(
        """canvas => { const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height), seen = new Set()
        for (let p = 0; p < data.length; p += 4) seen.add(data[p] << 16 | data[p + 1] << 8 | data[p + 2])
        return seen.size }"""
    )


def choose(page, label: str, group: str) -> None:
    page.get_by_role("radiogroup", name=group).get_by_text(label, exact=True).click()
    settled(page)


def test_all_layers_stand_in_one_row_with_the_score_and_the_scale(app, page):
    opened(page, app)
    expect(page.locator(".card")).to_have_count(6)
    card = page.locator(".card").first
    layers = card.locator(".layer").all_text_contents()
    assert len(layers) >= 2 and all(re.search(r"\d+x\d+", layer) for layer in layers)
    expect(card.locator(".score")).to_have_text(re.compile(r"D\(x\) = 0\.\d+"))
    expect(card).to_contain_text(re.compile("scale 0 to "))
    assert colours(card.locator("canvas").first) > 5
    assert any(colours(canvas) > 5 for canvas in card.locator(".picture canvas").all())


def test_one_place_is_marked_in_all_maps_of_an_image(app, page):
    opened(page, app)
    card = page.locator(".card").first
    expect(card.locator(".mark:visible")).to_have_count(0)
    card.locator(".picture").first.hover()
    expect(card.locator(".mark:visible")).to_have_count(card.locator(".picture").count())
    expect(card.locator(".caption", has_text="here")).to_have_count(card.locator(".layer").count())


def test_a_heatmap_is_drawn_at_the_layers_own_resolution(app, page):
    opened(page, app, "&show=heatmap")
    for cell in page.locator(".card").first.locator(".cell").all():
        width, height = map(int, re.search(r"(\d+)x(\d+)", cell.locator(".layer").text_content()).groups())
        size = cell.locator("canvas").evaluate("canvas => [canvas.width, canvas.height]")
        assert size == [width, height]


def test_the_address_holds_what_is_seen(app, page):
    opened(page, app)
    choose(page, "Both", "Method")
    choose(page, "real", "Evidence for")
    choose(page, "Each map", "One scale for")
    expect(page).to_have_url(re.compile("method=both.*evidence=real.*scale=own"))
    expect(page.locator(".card").first.locator(".method")).to_have_text(["Grad-CAM", "Grad-CAM++"])
    expect(page.locator(".legend")).to_contain_text("no evidence for real")
    page.reload()
    settled(page)
    expect(page.locator(".card").first.locator(".method")).to_have_count(2)
    expect(page.locator(".legend")).to_contain_text("strongest of each map")


def test_real_images_carry_their_class_and_another_seed_draws_others(app, page):
    opened(page, app, "&images=real")
    titles = [card.locator(".first .caption").nth(1).text_content() for card in page.locator(".card").all()]
    assert all(re.fullmatch(r"\d|zero|one|two|three|four|five|six|seven|eight|nine", title) for title in titles), titles
    before = page.locator(".card canvas").first.evaluate("canvas => canvas.toDataURL()")
    page.get_by_role("spinbutton", name="Seed").last.fill("5")
    page.get_by_role("spinbutton", name="Seed").last.press("Enter")
    expect(page).to_have_url(re.compile("image_seed=5"))
    settled(page)
    page.wait_for_function(
        "before => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector('.card canvas') && "
        "e.shadowRoot.querySelector('.card canvas').toDataURL() !== before)",
        arg=before,
    )


def test_own_pictures_are_judged_and_a_broken_file_is_named(app, page):
    page.goto(app.url + ADDRESS + "&images=own")
    settled(page)
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (50, 80, 3), np.uint8)).save(buffer, "PNG")
    files = [
        {"name": "noise.png", "mimeType": "image/png", "buffer": buffer.getvalue()},
        {"name": "broken.png", "mimeType": "image/png", "buffer": b"no picture"},
    ]
    page.get_by_test_id("stMainBlockContainer").get_by_test_id("stFileUploaderDropzoneInput").set_input_files(files)
    expect(page.get_by_text("broken.png cannot be read as a picture.")).to_be_visible()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("noise.png")
    assert page.locator(".card canvas").first.evaluate("canvas => [canvas.width, canvas.height]") == [28, 28]


@pytest.fixture
def connected(app):
    """A run whose discriminator is fully connected, with weights as before its first step."""
    from gandash import runs
    from gandash.assembly import networks
    from gandash.runs.weights import write_tensors

    path = app.shelf.add("connected", "finished", architecture={"name": "mlp"}, title="Connected")
    made = networks(runs.Run(path).config)
    roles = {"generator": made.generator, "discriminator": made.discriminator}
    tensors = {f"{role}.{name}": value for role, network in roles.items() for name, value in network.state_dict().items()}
    for weights in (path / "weights").glob("*.safetensors"):
        write_tensors(weights, tensors, {"step": weights.stem})
    return path.name


def test_a_fully_connected_discriminator_has_no_map_and_says_why(app, page, connected):
    page.goto(f"{app.url}/discriminator?run={connected}")
    settled(page)
    expect(page.get_by_text("The discriminator of Connected is fully connected")).to_be_visible()


def test_on_a_telephone_nothing_is_wider_than_the_screen(app, page):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, app)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".card").first.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
