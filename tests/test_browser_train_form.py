"""The Train form as a visitor has it: every architecture trains from it, and a file dropped into a folder of parts stands in it."""

import json
import shutil
import time

import pytest
from conftest import PROJECT, serving, settled
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from playwright.sync_api import expect

from gandash.config import RunConfig
from gandash.registry import parts

BEGINNING = "one-minute-fashion"  # the preset that the form begins with
FORM = f"/train?show=Set+up+a+run&preset={BEGINNING}"
IMAGES, BATCH, STEPS = 160, 16, 50
NARROW = 4

OBJECTIVE = '''
from gandash.objectives import Objective
from gandash.objectives.non_saturating import NonSaturating as _NonSaturating


class Dropped(_NonSaturating):
    """A file that was dropped into the folder while the server ran."""

    title = "Dropped objective"
'''


@pytest.fixture(scope="module")
def app(tmp_path_factory, recorded):
    """The application of a copy of the project, whose folders of parts a test may change; two runs train at a time."""
    place = tmp_path_factory.mktemp("copy")
    for folder in ("gandash", "pages", ".streamlit"):
        shutil.copytree(PROJECT / folder, place / folder)
    shutil.copy2(PROJECT / "app.py", place)
    with serving(place, recorded, project=place, GANDASH_SLOTS="2") as running:
        yield running


def pick(page, label: str, option: str) -> None:
    """Choose in a select box; once more where the page was drawn anew meanwhile, which closes its list."""
    box, wanted = page.get_by_role("combobox", name=label, exact=True), page.get_by_role("option", name=option, exact=True)
    for patience in (10_000, 10_000, 60_000):
        settled(page)
        box.click()
        box.fill(option)
        try:
            wanted.click(timeout=patience)
            break
        except PlaywrightTimeout:
            page.keyboard.press("Escape")
    expect(box).to_have_value(option)
    settled(page)


def fill(page, label: str, value: str) -> None:
    """Write into a number's field of the form, wherever it stands on it."""
    field = page.get_by_test_id("stMain").get_by_role("spinbutton", name=label, exact=True)
    field.fill(value)
    field.press("Enter")
    settled(page)


def open_options(page, title: str) -> None:
    page.get_by_test_id("stExpander").filter(has_text=f"{title}: options").locator("summary").click()


def offered(page, label: str) -> list[str]:
    """What a select box lists, from its first option to its last: the list draws only what can be seen of it."""
    box = page.get_by_role("combobox", name=label, exact=True)
    box.click()
    seen: dict[str, None] = {}
    while True:
        before = len(seen)
        seen.update(dict.fromkeys(page.get_by_role("option").all_inner_texts()))
        if len(seen) == before:
            break
        page.get_by_role("option").last.scroll_into_view_if_needed()
    page.keyboard.press("Escape")
    return list(seen)


def begun(app, architecture: str, seconds: float = 60) -> str:
    """The id of the run of that architecture, once it is there: a run is a directory, and its config is written first."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for path in app.shelf.runs.glob("*/config.json"):
            if json.loads(path.read_text())["config"]["architecture"]["name"] == architecture:
                return path.parent.name
        time.sleep(0.2)
    pytest.fail(f"Start has made no run of {architecture} within {seconds:.0f} s.")


def ended(app, run_id: str, seconds: float = 240) -> dict:
    """The status of a run once it has ended."""
    path, until = app.shelf.runs / run_id / "status.json", time.monotonic() + seconds
    while time.monotonic() < until:
        status = json.loads(path.read_text()) if path.exists() else {"phase": "new"}
        if status["phase"] in ("finished", "failed", "stopped"):
            return status
        time.sleep(0.2)
    pytest.fail(f"{run_id} has not ended after {seconds:.0f} s: {status}")


@pytest.mark.timeout(900)
def test_every_architecture_trains_fifty_steps_on_fashion_mnist(app, page):
    architectures = parts("architectures")
    fits = {
        name: architectures[name].title
        for name in architectures
        if not RunConfig(dataset={"name": "fashion_mnist_subset", "options": {"size": 32}}, architecture=name).problems()
    }
    page.goto(app.url + FORM)
    settled(page)
    assert offered(page, "Architecture") == list(fits.values()), "all that fit, none marked"
    fill(page, "Epochs", f"{STEPS * BATCH / IMAGES:g}")
    fill(page, "Seconds", "")
    fill(page, "Batch size", str(BATCH))
    open_options(page, parts("datasets")["fashion_mnist_subset"].title)
    fill(page, "Count", str(IMAGES))
    started = {}
    for name, title in fits.items():
        pick(page, "Architecture", title)
        if "width" in architectures[name].Options.model_fields:
            open_options(page, title)
            fill(page, architectures[name].Options.model_fields["width"].title, str(NARROW))
        page.get_by_test_id("stMain").get_by_role("button", name="Start", exact=True).click()
        started[name] = begun(app, name)
        expect(page.get_by_role("tab", name="Watch")).to_have_attribute("aria-selected", "true")
        settled(page)
        page.get_by_role("tab", name="Set up a run").click()
        settled(page)
    assert len(set(started.values())) == len(fits)
    for name, run_id in started.items():
        status = ended(app, run_id)
        assert (status["phase"], status["step"]) == ("finished", STEPS), f"{name}: {status}"
        config = json.loads((app.shelf.runs / run_id / "config.json").read_text())["config"]
        assert config["architecture"]["name"] == name and config["dataset"]["options"] == {"size": 32, "count": IMAGES}
    page.goto(f"{app.url}/train?run={run_id}&show=Watch")
    expect(page.locator(".live .phase")).to_have_text("Finished")
    expect(page.locator(".live .facts")).to_contain_text(f"step {STEPS} of {STEPS}")
    expect(page.locator(".live")).to_have_attribute("data-rows", str(STEPS))


def test_a_file_dropped_into_the_folder_stands_in_the_form_without_a_restart(app, page):
    page.goto(app.url + FORM)
    settled(page)
    assert "Dropped objective" not in offered(page, "Objective")
    (app.project / "gandash" / "objectives" / "dropped.py").write_text(OBJECTIVE)
    mlp = parts("architectures")["mlp"]
    pick(page, "Architecture", mlp.title)  # whatever is touched draws the form anew
    expect(page.get_by_text(mlp.summary())).to_be_visible()
    assert "Dropped objective" in offered(page, "Objective")
    pick(page, "Objective", "Dropped objective")
    expect(page.get_by_text("A file that was dropped into the folder while the server ran.")).to_be_visible()
    expect(page.get_by_test_id("stMain").get_by_role("button", name="Start", exact=True)).to_be_enabled()
