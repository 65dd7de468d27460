"""The Latent page's routes: pictures that agree with the run's own sheets, and sentences where there is no answer."""

import io
import json
from urllib.parse import urlencode

import numpy as np
import pytest
from PIL import Image, ImageSequence
from starlette.requests import Request

from gandash import api_latent, runs
from gandash.assembly import assemble
from gandash.config import RunConfig
from gandash.plots.sheet import Cells
from gandash.runs.recorder import Recorder
from gandash.training.loop import take_snapshot
from gandash.training.state import state_tensors


@pytest.fixture
def ask(shelf):
    """Ask a route of the shipped run, or of another one."""
    answers = {route.path.rsplit("/", 1)[1]: route.endpoint for route in api_latent.routes()}

    def ask(what, run="digits-dcgan", **query):
        scope = {"type": "http", "method": "GET", "headers": [], "path_params": {"run_id": run}, "query_string": urlencode(query).encode()}
        return answers[what](Request(scope))

    return ask


def told_by(answer):
    return json.loads(answer.body)


def pictures(answer):
    """The cells of an answer's sheet, one array each, and what its header tells."""
    assert answer.status_code == 200, answer.body
    told = json.loads(answer.headers["x-walk"])
    grid = Cells(len(told["scores"]), told["columns"], told["width"], told["height"], told["gap"])
    sheet = Image.open(io.BytesIO(answer.body))
    assert sheet.size == grid.size
    return [np.asarray(sheet.crop(grid.box(i))) for i in range(grid.count)], told


def untrained(**config):
    """A fresh run with one snapshot: what stands before the first step."""
    made = RunConfig(**{"seed": 1, "epochs": 1, **config}).check()
    run = runs.create(made, "untrained")
    take_snapshot(assemble(made, made.part("dataset").train()), Recorder(run, state_tensors))
    return run


def test_a_sample_of_the_fixed_noise_is_the_one_on_the_sheet(ask):
    run = runs.get("digits-dcgan")
    snapshot = run.snapshots[-1]
    found, _ = pictures(ask("points", names="f0,f9,f63", snapshot=snapshot.step))
    sheet, grid = Image.open(snapshot.sheet), Cells(64, 8, 28, 28)
    for picture, number in zip(found, (0, 9, 63), strict=True):
        np.testing.assert_allclose(picture.astype(int), np.asarray(sheet.crop(grid.box(number))), atol=1)


def test_a_path_of_any_length_begins_and_ends_where_it_should(ask):
    found, told = pictures(ask("path", a="3", b="f7", steps=60, way="lerp"))
    ends, scores = pictures(ask("points", names="3,f7"))
    assert len(found) == 60
    np.testing.assert_allclose(np.stack([found[0], found[-1]]).astype(int), np.stack(ends), atol=1)
    assert [told["scores"][0], told["scores"][-1]] == pytest.approx(scores["scores"], abs=1e-3)


def test_the_grid_has_its_corners(ask):
    found, told = pictures(ask("grid", corners="1,2,3,4", side=5))
    corners, _ = pictures(ask("points", names="1,2,3,4"))
    assert told["columns"] == 5 and len(found) == 25
    np.testing.assert_allclose(np.stack([found[i] for i in (0, 4, 20, 24)]).astype(int), np.stack(corners), atol=1)


def test_a_step_along_a_direction_changes_the_picture_and_zero_does_not(ask):
    shares = told_by(ask("directions"))["shares"]
    assert shares == sorted(shares, reverse=True) and 0 < sum(shares) <= 1.01
    (still,), _ = pictures(ask("points", names="5"))
    (zero,), _ = pictures(ask("points", names="5", moves="p0:0,z1:0"))
    (moved,), _ = pictures(ask("points", names="5", moves="p0:3"))
    np.testing.assert_array_equal(still, zero)
    assert (still != moved).any()


def test_the_gif_holds_every_picture_of_the_path(ask):
    answer = ask("path.gif", a="1", b="2", steps=7)
    assert answer.headers["content-type"] == "image/gif" and "digits-dcgan-1-to-2.gif" in answer.headers["content-disposition"]
    assert len(list(ImageSequence.Iterator(Image.open(io.BytesIO(answer.body))))) == 7


def test_about_names_the_weights_that_stand_for_a_snapshot(ask, shelf):
    path = shelf.add("thinned", "finished")
    steps = sorted(runs.get("thinned").steps_of("weights"))
    assert told_by(ask("about", "thinned", snapshot=steps[-2]))["exact"] is True
    (path / "weights" / f"{steps[-2]}.safetensors").unlink()
    told = told_by(ask("about", "thinned", snapshot=steps[-2]))
    assert told["exact"] is False and told["step"] in (steps[-1], steps[-3]) and told["way"] == "slerp" and told["classes"] == []


def test_a_toy_is_shown_as_pictures_too(ask):
    untrained(dataset="ring", architecture="mlp", latent_dim=3)
    assert told_by(ask("about", "untrained"))["toy"] is True
    found, told = pictures(ask("path", "untrained", a="1", b="2", steps=4))
    assert len(found) == len(told["scores"]) == 4 and found[0].ndim == 3
    assert (found[0] != found[-1]).any()  # the point has moved


def test_a_conditional_run_offers_its_classes(ask):
    untrained(dataset="digits", architecture={"name": "auxiliary_classifier", "options": {"width": 4}}, latent_dim=6)
    assert len(told_by(ask("about", "untrained"))["classes"]) == 10
    (three,), _ = pictures(ask("points", "untrained", names="1", label=3))
    (four,), _ = pictures(ask("points", "untrained", names="1", label=4))
    assert (three != four).any()
    both, _ = pictures(ask("points", "untrained", names="1,1", labels="3,4"))
    np.testing.assert_allclose(np.stack(both).astype(int), np.stack([three, four]), atol=1)
    assert ask("points", "untrained", names="1", label=10).status_code == 400


def test_a_run_without_weights_says_so(ask, shelf):
    shelf.add("young", "stopped", samples=False)
    answer = ask("about", "young")
    assert answer.status_code == 404 and "no snapshot yet" in told_by(answer)["error"]
    path = shelf.add("bare", "stopped")
    for file in (path / "weights").iterdir():
        file.unlink()
    assert "no weights yet" in told_by(ask("about", "bare"))["error"]
    assert ask("about", "nobody").status_code == 404


@pytest.mark.parametrize(
    ("what", "query"),
    [
        ("path", {"a": "x", "b": "1"}),
        ("path", {"a": "0", "b": "1", "steps": "1"}),
        ("path", {"a": "0", "b": "1", "steps": "100000"}),
        ("path", {"a": "0", "b": "1", "way": "straight"}),
        ("path", {"a": "0"}),
        ("grid", {"corners": "1,2,3"}),
        ("grid", {"corners": "1,2,3,4", "side": "1000"}),
        ("points", {}),
        ("points", {"names": "1", "labels": "1,2"}),
        ("points", {"names": "1", "moves": "p99:1"}),
        ("points", {"names": "1", "moves": "p0:far"}),
        ("points", {"names": "1", "moves": "p0:nan"}),
        ("points", {"names": "1", "snapshot": "-1"}),
    ],
)
def test_questions_that_make_no_sense_are_answered_with_a_sentence(ask, what, query):
    answer = ask(what, **query)
    assert answer.status_code == 400
    assert len(told_by(answer)["error"]) > 15
