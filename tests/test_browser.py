"""The application as a visitor has it: Chromium on a real server. Overview, Train and Quick train; other pages have files of their own."""

import json
import re
import urllib.error
import urllib.request

import pytest
from conftest import settled
from playwright.sync_api import expect

SLOW = 240_000  # milliseconds that a training process may take to load its libraries on a busy machine


def rows(page) -> int:
    """How many logged steps the live view holds."""
    return int(page.locator(".live").get_attribute("data-rows") or 0)


def wait_for_more_rows(page, than: int) -> int:
    """Wait until more than so many have arrived."""
    enough = re.compile(rf"^(?!({'|'.join(map(str, range(than + 1)))})$)\d+$")
    expect(page.locator(".live")).to_have_attribute("data-rows", enough, timeout=SLOW)
    return rows(page)


def start(page, seconds: int) -> None:
    """Quick train for so many seconds."""
    amount = page.get_by_role("spinbutton", name="Seconds")
    amount.fill(str(seconds))
    amount.press("Enter")
    settled(page)
    page.get_by_role("button", name="Start", exact=True).first.click()
    page.wait_for_url(re.compile("/train"))


def drag(page, box, begin: float, end: float) -> None:
    """Drag over a chart between two shares of its width."""
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + begin * box["width"], y)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], y, steps=5)
    page.mouse.up()


def test_a_deep_link_as_the_first_request_opens_the_whole_frame(app, page):
    page.goto(f"{app.url}/train?run=digits-dcgan&snapshot=8")
    settled(page)
    expect(page.get_by_role("heading", name="Train")).to_be_visible()
    expect(page.get_by_role("link", name="Overview")).to_be_visible()
    expect(page.get_by_text("step 8", exact=True)).to_be_visible()
    expect(page).to_have_url(re.compile(r"run=digits-dcgan.*snapshot=8"))


def test_every_page_stands_in_the_bar(app, page):
    page.goto(f"{app.url}/discriminator?run=digits-dcgan")
    settled(page)
    for name in ("Overview", "Classifier", "Compare"):
        expect(page.get_by_test_id("stTopNav").get_by_role("link", name=name)).to_be_in_viewport()
    expect(page.get_by_text(re.compile(r"^\d+ more$"))).to_have_count(0)


def test_the_buttons_of_cards_stand_in_one_line(app, page):
    app.shelf.ship("long-title", title="A title that needs several lines on a card as narrow as this one is")
    page.goto(f"{app.url}/?run=digits-dcgan")
    settled(page)
    feet = [page.get_by_role("button", name=name, exact=True).first.bounding_box() for name in ("Chosen", "Choose")]
    assert abs(feet[0]["y"] - feet[1]["y"]) < 2


def test_the_overview_shows_real_beside_generated_pixel_by_pixel(app, page):
    page.goto(f"{app.url}/?run=digits-dcgan")
    settled(page)
    for alt in ("64 real images", "64 samples of Digits, DCGAN"):
        picture = page.get_by_alt_text(alt)
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
        assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8 * 29 - 1
        assert picture.evaluate("image => getComputedStyle(image).imageRendering") == "pixelated"
    expect(page.get_by_text("transposed convolution 4 × 4, stride 2; tanh")).to_be_visible()


def test_choosing_a_card_and_moving_the_cursor_change_the_address_and_every_page(app, page):
    app.shelf.add("second", "stopped", title="Second run")
    page.goto(f"{app.url}/?run=digits-dcgan")
    settled(page)
    page.get_by_role("button", name="Choose", exact=True).first.click()
    expect(page).to_have_url(re.compile("run=second"))
    settled(page)
    page.get_by_test_id("stSidebar").get_by_role("button").filter(has_text="chevron_left").click()
    expect(page).to_have_url(re.compile(r"snapshot=\d+"))
    address = page.url
    page.get_by_role("link", name="Train").click()
    expect(page).to_have_url(re.compile("/train.*run=second"))
    for _ in range(4):  # Streamlit adds an entry for the page and one for each parameter
        if page.url != address:
            page.go_back()
            settled(page)
    expect(page).to_have_url(address)
    page.reload()
    settled(page)
    expect(page.get_by_role("heading", name="Second run")).to_be_visible()


def test_of_two_runs_with_one_title_the_chosen_one_stays(app, page):
    """The browser names a choice by its label: two alike, and the wrong one comes back with the next click."""
    for name in ("alike-1", "alike-2", "alike-3"):
        app.shelf.add(name, "stopped", title="The same title")
    page.goto(f"{app.url}/?run=alike-2")
    settled(page)
    page.get_by_test_id("stSidebar").get_by_role("button").filter(has_text="chevron_left").click()
    expect(page).to_have_url(re.compile(r"snapshot=\d+"))
    settled(page)
    expect(page).to_have_url(re.compile("run=alike-2"))


def test_curves_zoom_hide_and_smooth(app, page):
    page.goto(f"{app.url}/train?run=digits-dcgan&smoothing=0.9&log=1")
    settled(page)
    wait_for_more_rows(page, 50)
    expect(page.locator(".tools output")).to_have_text("0.90")
    expect(page.locator(".tools .log")).to_be_checked()
    whole = page.get_by_role("button", name="Whole run")
    expect(page.locator(".reset")).to_be_disabled()
    over = page.locator(".u-over").first
    drag(page, over.bounding_box(), 0.3, 0.6)
    expect(whole).to_be_enabled()
    over.dblclick()
    expect(page.locator(".reset")).to_be_disabled()
    curve = page.locator(".legend .key").first
    curve.click()
    expect(curve).to_have_attribute("aria-pressed", "false")
    page.locator(".tools .log").uncheck()
    expect(page).to_have_url(re.compile("log=0"))
    expect(curve).to_have_attribute("aria-pressed", "false")


@pytest.mark.timeout(1200)
def test_a_run_from_the_sidebar_watched_paused_stopped_and_resumed(app, page):
    page.goto(app.url)
    settled(page)
    start(page, seconds=600)
    expect(page.locator(".live .phase")).to_have_text("Training", timeout=SLOW)
    seen = wait_for_more_rows(page, 0)
    over = page.locator(".u-over").first
    drag(page, over.bounding_box(), 0.1, 0.5)
    expect(page.get_by_role("button", name="Whole run")).to_be_enabled()
    wait_for_more_rows(page, seen)
    expect(page.get_by_role("button", name="Whole run")).to_be_enabled()  # the zoom is kept while lines arrive
    sample = page.locator(".samples img")
    first = sample.get_attribute("data-step")
    expect(sample).not_to_have_attribute("data-step", first, timeout=SLOW)
    expect(page.get_by_test_id("stSidebar").get_by_role("progressbar")).to_be_visible()

    second = page.context.new_page()  # another visitor starts one more
    second.goto(app.url)
    settled(second)
    start(second, seconds=5)
    expect(second.get_by_text("waits in the queue")).to_be_visible()
    expect(second.locator(".live .phase")).to_have_text("In the queue", timeout=SLOW)
    second.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(second.locator(".live .phase")).to_have_text("Stopped", timeout=SLOW)
    second.close()

    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".live .phase")).to_have_text("Paused", timeout=SLOW)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".live .phase")).to_have_text("Training", timeout=SLOW)
    page.get_by_test_id("stSidebar").get_by_role("button", name=re.compile("^Stop")).click()
    expect(page.locator(".live .phase")).to_have_text("Stopped", timeout=SLOW)
    before = rows(page)
    page.reload()
    settled(page)
    page.get_by_test_id("stMain").get_by_role("button", name="Resume").click()
    expect(page.locator(".live .phase")).to_have_text("Training", timeout=SLOW)
    wait_for_more_rows(page, before)
    page.get_by_test_id("stMain").get_by_role("button", name="Stop").click()
    expect(page.locator(".live .phase")).to_have_text("Stopped", timeout=SLOW)


def test_a_failed_run_says_why(app, page):
    app.shelf.add("full", "failed", error="The disk is full.", samples=False)
    page.goto(f"{app.url}/train?run=full")
    settled(page)
    expect(page.get_by_role("alert").filter(has_text="The disk is full.")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/train", "/train?show=Set+up+a+run"])
def test_nothing_is_wider_than_a_phone(app, page, path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(app.url + path)
    settled(page)
    main = page.get_by_test_id("stMain")
    assert main.evaluate("element => element.scrollWidth <= element.clientWidth")


class TestRoutes:
    """What browser parts ask, by plain HTTP."""

    def ask(self, app, path):
        try:
            with urllib.request.urlopen(f"{app.url}/{path}") as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def test_only_new_lines_are_sent(self, app):
        _, headers, body = self.ask(app, "api/runs/digits-dcgan/metrics?since=0")
        everything = json.loads(body)
        assert headers["cache-control"] == "no-store"
        assert everything["n"] == len(everything["rows"]) > 10
        rest = json.loads(self.ask(app, f"api/runs/digits-dcgan/metrics?since={everything['n'] - 2}")[2])
        assert rest["rows"] == everything["rows"][-2:] and rest["snapshots"] == everything["snapshots"]

    def test_a_sheet_may_be_kept(self, app):
        status, headers, body = self.ask(app, "api/runs/digits-dcgan/samples/8.png")
        assert status == 200 and body.startswith(b"\x89PNG") and "immutable" in headers["cache-control"]

    @pytest.mark.parametrize(
        "path",
        [
            "api/runs/nobody/metrics",
            "api/runs/%2e%2e/metrics",
            "api/runs/digits-dcgan/samples/7.png",
            "api/assets/uplot/LICENSE",
            "api/assets/..%2f..%2ficon.png",
        ],
    )
    def test_what_is_not_there_is_not_found(self, app, path):
        assert self.ask(app, path)[0] in (400, 404)

    def test_a_number_of_lines_is_a_number(self, app):
        status, _, body = self.ask(app, "api/runs/digits-dcgan/metrics?since=-1")
        assert status == 400 and "number" in json.loads(body)["error"]
