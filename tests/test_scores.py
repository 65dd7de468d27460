"""Scores of runs: computed, kept, shipped, told on the command line and on the page."""

import json
import shutil
import subprocess
import sys

import pytest
from conftest import PROJECT, settled
from playwright.sync_api import expect
from test_pages import opened, texts
from typer.testing import CliRunner

from gandash import runs, scores
from gandash.__main__ import app as commands
from gandash.analyses._scores import Measured, Number, ScoreOptions
from gandash.analyses.asked_class import AskedClass
from gandash.analyses.class_coverage import ClassCoverage
from gandash.analyses.inception_score import InceptionScore
from gandash.assembly import assemble
from gandash.config import RunConfig
from gandash.features.resnet18 import WeightsUnavailable
from gandash.registry import parts
from gandash.runs.recorder import Recorder
from gandash.scores import OfRun
from gandash.training.loop import take_snapshot
from gandash.training.state import state_tensors

pytestmark = pytest.mark.usefixtures("one_thread")

FEW = ScoreOptions(count=100)
MNIST = {"dataset": {"name": "mnist_subset", "options": {"size": 28}}}  # the recorded run's networks fit, and statistics ship
TABLE = ["inception_score", "fid", "kid", "precision", "recall", "density", "coverage", "modes", "confident"]


@pytest.fixture
def run(shelf) -> runs.Run:
    shelf.add("noise", "finished", **MNIST)
    return runs.get("noise")


def untrained(config: RunConfig) -> runs.Run:
    made = runs.create(config)
    take_snapshot(assemble(config, config.part("dataset").train()), Recorder(made, state_tensors))
    return made


def test_a_run_is_scored_beside_real_images_without_its_data_set(shelf):
    shelf.add("noise", "finished", dataset={"name": "mnist", "options": {"size": 28}})
    run = runs.get("noise")
    assert not run.config.part("dataset").available()
    sheet = scores.evaluate(OfRun(run, run.snapshot()), FEW)
    assert list(sheet["scores"]) == TABLE
    for name, number in sheet["scores"].items():
        assert number["samples"] == 100 and number["spread"] is not None and number["real"] is not None, name
    fid = sheet["scores"]["fid"]
    assert fid["value"] > 2 * fid["real"] and "covariance is singular" in fid["warning"]
    assert sheet["scores"]["modes"]["real"] == 10 and sheet["scores"]["precision"]["warning"]
    assert sheet["reference"] == "10,000 test images of MNIST"
    assert sheet["left_out"] == {"asked_class": "Only a conditional run can be asked for a class."}
    for name in sheet["analyses"]:
        assert scores.figure(name, sheet).data


def test_what_is_known_is_read_and_never_computed(run):
    assert scores.known_scores(run) is None and scores.kept(OfRun(run, run.snapshot()), FEW) is None
    assert not list((run.path / "analyses").glob("*")), "looking leaves no trace"
    sheet = scores.evaluate(OfRun(run, run.snapshot()), FEW)
    told = []
    assert scores.evaluate(OfRun(run, run.snapshot()), FEW, progress=lambda *args: told.append(args)) == sheet and not told
    assert scores.kept(OfRun(run, run.snapshot()), FEW) == sheet and scores.known_scores(run) == sheet
    assert scores.kept(OfRun(run, run.snapshot()), ScoreOptions(count=101)) is None
    code = "import sys; from gandash import runs, scores; print(scores.known_scores(runs.get('noise'))['step'], 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(sheet["step"]), "False"]


def test_a_shipped_sheet_goes_with_its_weights_and_no_others(run, shelf):
    earlier, newest = scores.scored(run)[0], run.snapshot()
    sheets = [scores.evaluate(OfRun(run, snapshot), FEW) for snapshot in (earlier, newest)]
    assert scores.known_scores(run)["step"] == newest.step and scores.kept_all(run, FEW) == sheets
    scores.ship(run, FEW)
    shipped = shelf.shipped / "shipped-noise"
    shutil.copytree(run.path, shipped, ignore=shutil.ignore_patterns("analyses", "lock"))
    found = runs.get("shipped-noise")
    assert scores.known_scores(found)["scores"] == sheets[1]["scores"]
    assert scores.kept(OfRun(found, earlier), FEW)["scores"] == sheets[0]["scores"]
    shutil.copyfile(shipped / "weights" / f"{earlier.step}.safetensors", shipped / "weights" / f"{newest.step}.safetensors")
    assert scores.kept(OfRun(found, newest), FEW)["scores"] == sheets[0]["scores"], "the sheet of these weights"
    (shipped / "weights" / f"{newest.step}.safetensors").write_bytes(b"others")
    assert scores.kept(OfRun(found, newest), FEW) is None


def test_a_later_snapshot_is_not_forgotten_for_an_earlier_one(run):
    newest = scores.evaluate(OfRun(run, run.snapshot()), FEW)
    scores.evaluate(OfRun(run, scores.scored(run)[0]), FEW)
    assert scores.known_scores(run) == newest


def test_a_conditional_run_is_asked_for_classes(runs_folder):
    classes = {"name": "mnist_subset", "options": {"count": 200}}
    run = untrained(RunConfig(dataset=classes, architecture={"name": "conditional_mlp", "options": {}}, epochs=1))
    options = ScoreOptions(count=300)
    found = AskedClass(options).run(run, run.snapshot())
    shares = found.detail["shares"]
    assert 0 <= found.numbers[0].value < 0.4 < found.numbers[0].real
    assert sum(shares[label][label] for label in range(10)) / 10 == pytest.approx(found.numbers[0].value, abs=0.05)
    drawn = AskedClass().figure(Measured.from_json(json.loads(json.dumps(found.as_json())))).data[0]
    assert list(drawn.y) == list("0123456789") and len(drawn.z) == 10
    covered = ClassCoverage(options).run(run, run.snapshot())
    assert sum(covered.detail["generated"]) == pytest.approx(1.0) and covered.numbers[0].value < 10


def test_a_choice_of_classes_is_read_in_its_own_numbering(monkeypatch):
    from gandash.analyses._scores import Subject
    from gandash.features import extractors, reference

    monkeypatch.setattr(reference, "MOST", 120)
    dataset = parts("datasets")["mnist_subset"]({"classes": ["3", "7"], "size": 32})
    against, test, reader = reference.make(dataset), dataset.test(), reference.reader_of(dataset)
    assert against.confusion.shape == (2, 2) and against.confusion.trace() > 0.95 * against.confusion.sum()
    features, logits = extractors.look("embedded", test.images, reader)
    subject = Subject(test.images, test.labels, dataset.class_names, reader, features, logits, "embedded", against)
    assert subject.real_accuracy() > 0.95 and not subject.doubt()
    asked = AskedClass().measure(subject)
    assert asked.numbers[0].value > 0.95 and asked.detail["class_names"] == ["3", "7"]
    covered = ClassCoverage().measure(subject)
    assert covered.numbers[0].value == 2 and covered.detail["generated"] == pytest.approx([0.5, 0.5], abs=0.05)
    clear = InceptionScore().measure(subject)
    assert clear.numbers[0].value == pytest.approx(2.0, abs=0.1) and clear.detail["real"] == pytest.approx([2.0, 1.0], abs=0.1)


def test_one_class_alone_is_told_from_nothing():
    one = RunConfig(dataset={"name": "cifar10", "options": {"classes": ["bird"]}})
    assert "only the class bird was chosen" in ClassCoverage().suits(one) and "bird" in InceptionScore().suits(one)
    assert InceptionScore({"network": "inception"}).suits(one) is None


@pytest.mark.parametrize(("coverage", "told"), [(0.9, "reach most kinds"), (0.3, "many real images have no sample near")])
def test_a_high_recall_alone_does_not_make_the_samples_reach_most_kinds(coverage, told):
    from gandash.analyses.fidelity_and_diversity import _reading

    shares = {"precision": 0.5, "recall": 0.9, "density": 0.3, "coverage": coverage}
    found = {name: Number(name, name, value, 0.0, "", 1.0, 1000, "higher", "", "") for name, value in shares.items()}
    assert told in _reading(found)


def test_collapse_is_said_only_of_clear_images():
    from gandash.analyses.class_coverage import _reading

    names, one = tuple("abcdefghij"), [1.0] + [0.0] * 9
    import numpy as np

    assert "Mode collapse" in _reading(1, names, np.array(one), 0.9)
    assert "only 20%" in _reading(1, names, np.array(one), 0.2)
    assert "missing" in _reading(9, names, np.array([0.11] * 9 + [0.01]), 0.9)


def test_what_cannot_be_scored_is_said(runs_folder):
    points = untrained(RunConfig(dataset="ring", architecture="mlp", epochs=1))
    assert "points in a plane" in scores.obstacle(OfRun(points, points.snapshot()), FEW)
    with pytest.raises(ValueError, match="points in a plane"):
        scores.evaluate(OfRun(points, points.snapshot()), FEW)


def test_without_inceptions_weights_nothing_is_scored_through_it(run, monkeypatch):
    monkeypatch.setenv("GANDASH_INCEPTION_V3", "absent.pth")
    through = ScoreOptions(count=100, network="inception")
    assert "absent.pth" in scores.obstacle(OfRun(run, run.snapshot()), through)
    with pytest.raises(WeightsUnavailable, match="Inception-v3 is not here"):
        scores.evaluate(OfRun(run, run.snapshot()), through)


def test_the_command_line_prints_a_table_and_writes_what_is_shipped(run):
    told = CliRunner().invoke(commands, ["evaluate", "noise", "--count", "100", "--write"])
    assert told.exit_code == 0, told.output
    assert "Inception score" in told.output and "10,000 test images" in told.output and "! FID" in told.output
    assert json.loads((run.path / "scores.json").read_text())["snapshots"][-1]["samples"] == 100
    lines = CliRunner().invoke(commands, ["evaluate", "noise", "--count", "100", "--table", "csv", "--scores", "class_coverage"])
    assert [line.split(",")[3] for line in lines.stdout.splitlines()] == ["score", "modes", "confident"]
    unknown = CliRunner().invoke(commands, ["evaluate", "noise", "--scores", "beauty"])
    assert unknown.exit_code != 0 and "no score named beauty" in str(unknown.exception) + unknown.output
    assert "asked_class" in CliRunner().invoke(commands, ["evaluate", "noise", "--scores", "help"]).output


def test_the_command_line_looks_further(shelf):
    def asked(*arguments: str):
        return CliRunner().invoke(commands, ["evaluate", "digits-dcgan", *arguments])

    few = ("--scores", "batch_correlation", "--set", "batches=4", "--set", "batch_size=4")
    told = asked(*few)
    assert told.exit_code == 0, told.output
    assert "Due to the company" in told.stdout and "G is normalised over the batch" in told.stdout
    lines = asked(*few, "--table", "csv", "--every-snapshot").stdout.splitlines()
    snapshots = len(scores.scored(runs.get("digits-dcgan")))
    assert snapshots > 1 and len(lines) == 1 + 4 * snapshots and lines[1].split(",")[2] == "batch_correlation"
    found = json.loads(asked(*few, "--table", "json").stdout)
    assert [number["name"] for number in found["batch_correlation"]["numbers"]][-1] == "company" and "figure" not in found[
        "batch_correlation"
    ]
    assert "nearest_neighbours" in asked("--scores", "help").output
    for wrong, word in (
        (("--scores", "heat_in_box"), "does not say where"),
        (("--scores", "heat_in_box,fid"), "call of its own"),
        ((*few, "--set", "rows=3"), "no setting 'rows'"),
    ):
        refused = asked(*wrong)
        assert refused.exit_code != 0 and word in str(refused.exception) + refused.output


class TestThePage:
    """What a visitor sees."""

    def test_known_scores_are_there_at_once_with_curves(self, run):
        for snapshot in scores.scored(run)[-2:]:
            scores.evaluate(OfRun(run, snapshot), FEW)
        page = opened("7_scores.py", run="noise", score_count=100)
        assert "covariance is singular" in texts(page) and "10,000 test images of MNIST" in texts(page)
        drawn = page.get("plotly_chart")
        assert len(drawn) >= len(TABLE) + 4  # a curve a score, a figure an analysis
        assert any("Score every snapshot" in button.label for button in page.button)

    def test_points_in_a_plane_have_no_score(self, runs_folder):
        points = untrained(RunConfig(dataset="ring", architecture="mlp", epochs=1))
        assert "points in a plane" in texts(opened("7_scores.py", run=points.id))


def test_scores_are_computed_in_the_background_and_followed_in_the_browser(app, page):
    app.shelf.add("noise", "finished", **MNIST)
    page.goto(f"{app.url}/scores?run=noise&score_count=100")
    settled(page)
    page.get_by_role("button", name="Compute").click()
    expect(page.locator("table.scores tbody tr")).to_have_count(len(TABLE), timeout=120_000)
    page.reload()
    settled(page)
    expect(page.locator("table.scores tbody tr").first).to_contain_text("Inception score")
    page.get_by_role("button", name="Score every snapshot").click()
    expect(page.get_by_text("the grey line is the epoch cursor")).to_be_visible(timeout=120_000)
    expect(page.get_by_role("button", name="Score every snapshot")).to_have_count(0, timeout=120_000)
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Scores (CSV)").click()
    assert download.value.suggested_filename == "noise-scores.csv"
