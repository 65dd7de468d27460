"""Every page as a script, without a browser: no run, a young, a failed, a queued and a shipped one."""

import json
import shutil
import subprocess
import sys

import pytest
from conftest import PROJECT
from PIL import Image
from streamlit.testing.v1 import AppTest

from gandash import jobs, retraining, runs
from gandash.scores import known_scores
from pages.components import cards, new_run, quick_train

PAGES = sorted((path.name for path in (PROJECT / "pages").glob("[0-9]*_*.py")), key=lambda name: int(name.split("_")[0]))


def opened(page: str, **query) -> AppTest:
    """The frame with ``page`` open; the address holds ``query``."""
    test = AppTest.from_file(str(PROJECT / "pages" / "frame.py"), default_timeout=120)
    for name, value in query.items():
        test.query_params[name] = str(value)
    test.run()
    if page != PAGES[0]:
        test.switch_page(page).run()
    assert not test.exception, [error.value for error in test.exception]
    return test


def picker(test: AppTest):
    return next(widget for widget in test.selectbox if widget.label == "Run")


def texts(test: AppTest) -> str:
    """All that can be read on the page and in the sidebar."""
    elements = (*test.markdown, *test.caption, *test.info, *test.warning, *test.error, *test.subheader, *test.header)
    return "\n".join(element.value for element in elements)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_any_run_says_what_to_do(page, runs_folder):
    test = opened(page)
    assert "Quick train" in texts(test) or "run" in texts(test)
    assert any(button.label == "Start" for button in test.button)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_on_a_shipped_run(page, shelf):
    test = opened(page, run="digits-dcgan")
    assert picker(test).value == "digits-dcgan"
    assert not test.error


def test_the_first_visit_begins_with_a_run_whose_images_are_embedded_and_later_ones_with_one_s_own(shelf):
    shelf.ship("mnist-dcgan")
    assert picker(opened(PAGES[0])).value == "mnist-dcgan"
    shelf.add("mine", "stopped")
    assert picker(opened(PAGES[0])).value == "mine"


def test_a_click_on_start_outlives_a_script_that_is_cut_short(shelf, monkeypatch):
    """Streamlit forgets a click when the script that was to heed it is begun anew; the callback was called all the same."""
    started = []
    monkeypatch.setattr(jobs, "start", lambda config: started.append(config) or runs.get("digits-dcgan"))
    test = opened(PAGES[0])
    cut = pytest.MonkeyPatch()
    cut.setattr(quick_train, "_launch", lambda config, key: None)  # as if it had ended before
    next(button for button in test.button if button.key == "quick_start").click().run()
    cut.undo()
    assert not started
    test.run()
    assert len(started) == 1 and not test.exception
    test.run()
    assert len(started) == 1


def test_an_imported_config_keeps_class_names_with_a_comma(shelf, tmp_path):
    classes = ["boats, ships", "cars"]
    for name in classes:
        (tmp_path / "pictures" / name).mkdir(parents=True)
        for number in range(2):
            Image.new("RGB", (8, 8)).save(tmp_path / "pictures" / name / f"{number}.png")
    dataset = {"name": "image_folder", "options": {"path": str(tmp_path / "pictures"), "classes": classes}}
    test = opened("2_train.py", show="Set up a run")
    importer = next(widget for widget in test.file_uploader if widget.key == "new_config")
    importer.upload("config.json", json.dumps({"dataset": dataset}).encode()).run()
    assert not test.exception and not test.warning, [warning.value for warning in test.warning]
    chosen = next(widget for widget in test.multiselect if widget.label == "Classes")
    assert chosen.value == classes


def test_a_form_has_its_fields_in_their_order(shelf):
    test = opened("8_classifier.py", run="digits-dcgan")
    fields = retraining.RetrainingOptions.model_fields.values()
    wanted = [field.title for field in fields if field.annotation in (int, float)]
    drawn = [widget.label for widget in test.main.number_input]
    assert drawn == wanted


def test_scores_that_cannot_be_computed_anew_are_still_told(shelf, tmp_path):
    elsewhere = {"name": "image_folder", "options": {"path": str(tmp_path / "gone"), "size": 28}}
    path = shelf.ship("campus-dcgan", dataset=elsewhere)
    told = json.loads((PROJECT / "checkpoints" / "campus-dcgan" / "scores.json").read_text())
    step = runs.get("campus-dcgan").snapshot().step
    (path / "scores.json").write_text(json.dumps({**told, "step": step}))
    test = opened("7_scores.py", run="campus-dcgan")
    assert "cannot be measured anew" in texts(test) and "gone" in texts(test)
    assert f"<b>{told['scores']['fid']['value']:.3f}</b>" in "".join(part.proto.body for part in test.get("html"))
    (path / "scores.json").unlink()
    assert "Nothing to score" in texts(opened("7_scores.py", run="campus-dcgan"))


def test_runs_with_scores_stand_side_by_side_in_a_table(shelf):
    for name in ("mnist-dcgan", "mnist-cdcgan"):
        shutil.copy(PROJECT / "checkpoints" / name / "scores.json", shelf.ship(name))
    test = opened("9_compare.py", runs="mnist-dcgan,mnist-cdcgan")
    tables = "".join(part.proto.body for part in test.get("html"))
    inception_score = known_scores(runs.get("mnist-cdcgan"))["scores"]["inception_score"]
    assert f"<b>{inception_score['value']:.2f}</b>" in tables and f"real {inception_score['real']:.2f}" in tables


@pytest.mark.parametrize("page", PAGES)
def test_a_page_on_a_run_that_failed_before_its_first_sample(page, shelf):
    shelf.add("broken", "failed", error="The disk is full.", samples=False)
    test = opened(page, run="broken")
    assert picker(test).value == "broken"
    if page != "2_train.py":  # where the live view tells it in the browser
        assert "The disk is full." in texts(test)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_on_a_run_that_has_just_begun(page, shelf):
    shelf.add("young", "new", samples=False)
    opened(page, run="young")


@pytest.mark.parametrize("page", PAGES)
def test_a_page_on_a_run_that_failed_later_keeps_its_snapshots(page, shelf):
    shelf.add("late", "failed", error="The loss is not a number.")
    test = opened(page, run="late", snapshot=4)
    assert test.select_slider[0].value == "4"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_on_a_run_whose_weights_are_damaged(page, shelf):
    for path in (shelf.add("torn", "finished") / "weights").iterdir():
        path.write_bytes(path.read_bytes()[:-100])
    test = opened(page, run="torn")
    told = texts(test)
    assert "is damaged" in told or page in ("2_train.py", "3_evolution.py", "4_latent_space.py", "9_compare.py")  # or in the browser


def test_the_address_names_run_and_snapshot(shelf):
    test = opened(PAGES[0], run="digits-dcgan", snapshot=8)
    assert test.query_params["run"] == "digits-dcgan" and test.query_params["snapshot"] == "8"
    test.button(key="cursor_next").click().run()
    assert test.query_params["snapshot"] == "16"
    for _ in range(20):  # to the newest, which needs no name
        if not test.button(key="cursor_next").disabled:
            test.button(key="cursor_next").click().run()
    assert "snapshot" not in test.query_params


def test_an_address_of_what_is_not_there_falls_back(shelf):
    test = opened(PAGES[0], run="../../etc", snapshot="never")
    assert picker(test).value == "digits-dcgan"
    assert "snapshot" not in test.query_params


def test_a_card_chooses_its_run(shelf):
    shelf.add("second", "stopped", title="Another")
    test = opened(PAGES[0], run="digits-dcgan")
    test.button(key="choose_second").click().run()
    assert picker(test).value == "second" and test.query_params["run"] == "second"


def test_one_s_own_runs_and_the_chosen_one_have_a_card_however_many_there_are(shelf, monkeypatch):
    monkeypatch.setattr(cards, "FIRST", 2)
    for name in ("one", "two", "zebra"):
        shelf.ship(name)
    shelf.add("mine", "stopped")
    test = opened(PAGES[0], run="zebra")
    shown = [button.key for button in test.button if button.key and button.key.startswith("choose_")]
    assert shown == ["choose_mine", "choose_digits-dcgan", "choose_zebra"]


def test_the_overview_shows_what_the_networks_are(shelf):
    shown = texts(opened(PAGES[0], run="digits-dcgan"))
    assert "| transposed convolution 7 × 7; batch normalisation; ReLU | 8×7×7 |" in shown
    assert "| transposed convolution 4 × 4, stride 2; tanh | 1×28×28 | 64 |" in shown


def test_the_first_page_waits_for_no_heavy_library():
    """What the application and the frame import at their start; models, tables and forms load theirs when they are drawn."""
    frame = (PROJECT / "pages" / "frame.py").read_text() + (PROJECT / "pages" / PAGES[0]).read_text()
    imported = [line for line in frame.splitlines() if line.startswith(("from ", "import "))]
    code = "; ".join(["from gandash import api", "api.routes()", *imported, "import sys"])
    code += "; print([name for name in ('torch', 'torchvision', 'sklearn', 'scipy', 'pandas') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


class TestTheForm:
    """The Train page's set-up of a run."""

    @pytest.fixture
    def form(self, shelf):
        return opened("2_train.py", run="digits-dcgan", show="Set up a run", preset="one-minute")

    def test_every_role_is_there_and_begins_as_the_preset(self, form):
        from gandash import presets

        config = presets.load("one-minute")
        for role in ("dataset", "architecture", "objective", "prior", "generator_optimiser", "discriminator_optimiser"):
            assert form.selectbox(key=f"new.one-minute.{role}").value == getattr(config, role).name

    def test_a_choice_that_does_not_fit_says_why_and_cannot_start(self, form):
        form.selectbox(key="new.one-minute.dataset").set_value("ring").run()
        assert not form.exception
        assert any("points in a plane" in warning.value for warning in form.warning)
        assert form.button(key="new_start").disabled
        form.selectbox(key="new.one-minute.architecture").set_value("mlp").run()
        assert not form.warning and not form.button(key="new_start").disabled

    def test_a_run_is_named_after_its_preset_only_while_it_plays_the_preset_s_game(self, form, monkeypatch):
        called = []
        monkeypatch.setattr(new_run, "start_button", lambda config, *_, **__: called.append(config.title))
        form.number_input(key="new.one-minute.length.0.seed").set_value(7).run()
        form.selectbox(key="new.one-minute.dataset").set_value("ring").run()
        form.selectbox(key="new.one-minute.architecture").set_value("mlp").run()
        form.text_input(key="new.one-minute.length.0.title").set_value("Mine").run()
        toy = "Ring of Gaussians, {}, Non-saturating"
        assert called == ["One minute of MNIST", toy.format("DCGAN"), toy.format("MLP (vanilla GAN)"), "Mine"]

    def test_what_does_not_fit_is_marked_in_the_list(self, form):
        form.selectbox(key="new.one-minute.dataset").set_value("ring").run()
        options = form.selectbox(key="new.one-minute.architecture").options
        assert "DCGAN (does not fit)" in options and any(option.startswith("M") and "fit" not in option for option in options)

    def test_options_of_every_part_are_drawn_and_reset(self, form):
        width = next(widget for widget in form.number_input if widget.label == "Width")
        before = width.value
        width.set_value(before + 3).run()
        reset = next(button for button in form.button if button.key == "new.one-minute.architecture.dcgan.reset")
        reset.click().run()
        from gandash.architectures.dcgan import DCGAN

        width = next(widget for widget in form.number_input if widget.label == "Width")
        assert width.value == DCGAN.Options().width

    def test_reasons_follow_an_option_at_once(self, form):
        def widget(kind, label):
            return next(each for each in getattr(form, kind) if each.label == label)

        def unfit():
            return {option for option in widget("selectbox", "Objective").options if option.endswith(" (does not fit)")}

        before = unfit()
        widget("selectbox", "Precision").set_value("bf16-mixed").run()
        assert [title.split(" ")[0] for title in unfit() - before] == ["Relativistic"]
        assert "second derivatives" in widget("selectbox", "Objective").help
        widget("selectbox", "Precision").set_value("32-true").run()
        assert unfit() == before

    def test_an_option_of_a_part_is_judged_at_once_and_so_is_its_reset(self, form):
        def reasons():
            return [caption.value for caption in form.caption if "with stride 3" in caption.value]

        next(widget for widget in form.number_input if widget.label == "Stride").set_value(3).run()
        assert len(reasons()) == 1  # below the choice of the architecture
        next(button for button in form.button if button.key == "new.one-minute.architecture.dcgan.reset").click().run()
        assert not reasons() and not form.warning
