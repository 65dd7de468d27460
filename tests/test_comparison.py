"""Runs side by side: what differs, colours that can be told apart, heat sheets, and the study's table."""

import csv
import io
import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from conftest import PROJECT
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from starlette.requests import Request

from gandash import api_comparison, comparison, runs, study
from gandash.comparison import differences, nearest
from gandash.config import Choice, RunConfig
from gandash.part_files import described
from gandash.plots import colours
from gandash.plots.heat_sheet import heat_sheet
from gandash.plots.heatmap import VIRIDIS
from gandash.plots.sheet import sheet
from gandash.registry import parts

PLAIN = {
    "latent_dim": st.integers(1, 1024),
    "batch_size": st.integers(2, 1024),
    "seed": st.integers(0, 9),
    "epochs": st.sampled_from([1.0, 5.0, 20.0]),
    "seconds": st.sampled_from([None, 60.0]),
    "device": st.sampled_from(["auto", "cpu"]),
}


def rows(*configs):
    return {each.key: each.values for each in differences(configs)}


@given(*[st.fixed_dictionaries({}, optional=PLAIN)] * 2)
def test_just_the_settings_that_differ_are_told(first, second):
    a, b = RunConfig(**first), RunConfig(**second)
    assert set(rows(a, b)) == {name for name in PLAIN if getattr(a, name) != getattr(b, name)}
    assert all(one != other for one, other in rows(a, b).values())


def test_names_and_stories_are_no_settings():
    assert not rows(RunConfig(title="One"), RunConfig(title="Other", story={"tag": "healthy"}))


def test_a_default_is_the_same_whether_it_is_named_or_not():
    named = RunConfig(architecture=Choice(name="dcgan", options={"width": 64, "dropout": 0.0}))
    assert not rows(RunConfig(), named)
    assert rows(RunConfig(), named.with_part("architecture", Choice(name="dcgan", options={"width": 32}))) == {
        "architecture.width": ("64", "32")
    }


def test_tricks_are_there_or_not_and_tell_options_off_their_defaults():
    smooth = RunConfig(tricks=("label_smoothing",))
    more = RunConfig(tricks=(Choice(name="label_smoothing", options={"amount": 0.3}), "virtual_batch_norm"))
    assert rows(RunConfig(), smooth) == {"tricks.label_smoothing": ("–", "yes")}
    assert rows(RunConfig(), smooth, more) == {
        "tricks.label_smoothing": ("–", "yes", "yes"),
        "tricks.label_smoothing.amount": ("–", "0.1", "0.3"),
        "tricks.virtual_batch_norm": ("–", "–", "yes"),
    }


def test_of_other_parts_what_both_have_and_what_was_chosen():
    told = Choice(name="conditional_dcgan", options={"condition_d": "maps"})
    found = rows(RunConfig(), RunConfig(architecture=told))
    assert found == {"architecture": ("DCGAN", "cDCGAN (conditional DCGAN)"), "architecture.condition_d": ("–", "maps")}
    slower = RunConfig(generator_optimiser=Choice(name="adam", options={"learning_rate": 5e-5}))
    assert rows(RunConfig(), slower) == {"generator_optimiser.learning_rate": ("0.0002", "0.00005")}


def test_a_part_that_is_gone_is_still_told():
    lost = RunConfig(objective=Choice(name="no_such_one", options={"a_b": 2}))
    assert rows(RunConfig(), lost) == {"objective": ("Non-saturating", "No such one"), "objective.a_b": ("–", "2")}


def test_the_nearest_come_first():
    base, near, far = RunConfig(), RunConfig(seed=1), RunConfig(architecture="mlp", objective="hinge", seed=1)
    assert nearest(base, [far, base, near]) == [1, 2, 0]


def test_runs_on_the_same_data_are_nearer_than_any_others():
    base, elsewhere = RunConfig(dataset="mnist"), RunConfig(dataset="cifar10")
    unlike = RunConfig(dataset="mnist", architecture="mlp", objective="hinge", seed=1)
    assert nearest(base, [elsewhere, unlike]) == [1, 0]


@pytest.mark.parametrize("folder", ["datasets", "architectures", "objectives", "tricks", "priors", "optimisers"])
def test_a_parts_file_says_what_the_part_says(folder):
    for name, part in parts(folder).items():
        fields = part.Options.model_fields
        said = {key: (field.title or key.replace("_", " ").capitalize(), field.default) for key, field in fields.items()}
        text = described(folder, name)
        assert text.title == part.title
        assert {key: (each.title, each.default) for key, each in text.options.items()} == {
            key: (title, list(default) if isinstance(default, tuple) else default) for key, (title, default) in said.items()
        }, name


def test_comparing_needs_no_torch():
    code = (
        "import sys; from gandash import comparison, runs, study; found = runs.all(); "
        "comparison.differences([run.config for run in found]); comparison.curves_csv(found); comparison.scores_csv(found); "
        "study.study_csv(study.load('mnist_coursework')); print(len(found), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout.split()[0]) >= 2 and done.stdout.split()[1] == "False"


# colours

BLIND = {  # Machado, Oliveira and Fernandes 2009, table 1, severity 1; on linear RGB
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])


def linear(colour):
    c = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab(colour, sight):
    x = TO_XYZ @ np.clip(np.asarray(BLIND[sight]) @ linear(colour), 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(x > 0.008856, np.cbrt(x), 7.787 * x + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def apart(a, b, sight):
    """CIE76: rougher than CIEDE2000, and short enough to be read here."""
    return np.linalg.norm(lab(a, sight) - lab(b, sight))


def contrast(a, b):
    low, high = sorted(TO_XYZ[1] @ linear(colour) + 0.05 for colour in (a, b))
    return high / low


@pytest.mark.parametrize("sight", BLIND)
def test_six_runs_can_be_told_apart(sight):
    palette = [style.colour for style in colours.RUNS]
    okabe_ito = ["#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"]
    closest = min(apart(a, b, sight) for a, b in itertools.combinations(palette, 2))
    assert len(palette) == comparison.MOST
    assert closest > 20 and closest > min(apart(a, b, sight) for a, b in itertools.combinations(okabe_ito, 2))


def test_no_run_looks_like_a_player_or_like_the_page():
    meanings = (colours.REAL, colours.GENERATED, colours.DISCRIMINATOR, colours.GRADIENT)
    for style in colours.RUNS:
        assert all(apart(style.colour, meaning, "normal") > 20 for meaning in meanings)
        assert all(contrast(style.colour, page) > 2.2 for page in ("#FFFFFF", "#12161D"))
        assert style.symbol not in colours.SHAPES.values()
    for channel in ("symbol", "glyph", "dash"):
        assert len({getattr(style, channel) for style in colours.RUNS}) == comparison.MOST


# heat sheets


def test_a_heat_sheet_lies_on_the_sample_sheet():
    images = np.random.default_rng(0).integers(0, 256, (5, 3, 8, 8), np.uint8)
    maps = np.zeros((5, 2, 2), np.float32)
    maps[1] = 3.0
    maps[2] = 30.0
    made = heat_sheet(images, maps, top=3.0, columns=2)
    assert made.size == sheet(images, 2).size
    pixels = np.asarray(made)
    assert (pixels[:8, :8, 0] == pixels[:8, :8, 1]).all()  # no evidence: the image in grey
    bright = [int(VIRIDIS[-1][at : at + 2], 16) for at in (1, 3, 5)]
    grey = images[1].transpose(1, 2, 0) @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(pixels[:8, 9:17], 0.15 * grey[..., None] + 0.85 * np.array(bright), atol=1)
    assert abs(int(pixels[9:17, :8].mean()) - int(pixels[:8, 9:17].mean())) < 40  # what is above the scale is drawn as its end


def test_each_sample_by_its_own_scale():
    maps = np.array([[[1.0]], [[9.0]], [[0.0]]], np.float32)
    pixels = np.asarray(heat_sheet(np.zeros((3, 1, 4, 4), np.uint8), maps, maps.max((1, 2)), columns=3))
    assert (pixels[:, :4] == pixels[:, 5:9]).all() and pixels[0, 0].any() and not pixels[:, 10:].any()


@pytest.fixture
def heat(shelf):
    def ask(step, run="digits-dcgan", query=""):
        scope = {"type": "http", "method": "GET", "headers": [], "query_string": query.encode()}
        return api_comparison.heat(Request({**scope, "path_params": {"run_id": run, "step": step}}))

    return ask


def test_the_route_draws_what_grad_cam_finds(heat):
    from gandash.analyses.grad_cam import GradCam

    run = runs.get("digits-dcgan")
    newest = run.snapshot()
    answer = heat(newest.step, query="evidence=real&depth=first")
    told = json.loads(answer.headers["x-heat"])
    explained = GradCam({"target": "real", "count": 64}).run(run, newest)
    layer, maps = next(iter(explained.heat.maps.items()))
    assert told["layer"] == layer and told["exact"] and told["weights"] == newest.label
    top = np.quantile(maps.max((1, 2)), 0.9)
    assert told["top"] == pytest.approx(top, rel=0.01) and told["score"] == pytest.approx(explained.scores.mean(), rel=0.01)
    drawn = np.asarray(Image.open(io.BytesIO(answer.body)))
    assert (drawn == np.asarray(heat_sheet(explained.pictures.images, maps, top))).all()
    assert drawn.shape[:2] == np.asarray(Image.open(newest.sheet)).shape[:2]


def test_what_cannot_be_drawn_is_said(heat, shelf):
    shelf.add("young", "training", samples=False)
    shelf.add("flat", "finished", architecture={"name": "mlp", "options": {}})
    assert heat(0, run="young").status_code == 404 and heat(0, run="no-such-run").status_code == 404
    assert b"first or middle or last" in heat(0, query="depth=deep").body
    assert heat(0, query="evidence=neither").status_code == 400


# tables


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_curves_of_all_runs_in_one_table(shelf):
    shelf.add("second", "stopped", title="Second")
    chosen = [runs.get("digits-dcgan"), runs.get("second")]
    found = read(comparison.curves_csv(chosen))
    assert len(found) == sum(len(run.metrics()) for run in chosen)
    assert {row["run"] for row in found} == {"digits-dcgan", "second"}
    assert float(found[0]["d_loss"]) == chosen[0].metrics()[0]["d_loss"]


def test_runs_of_one_name_are_told_apart(shelf):
    shelf.add("again", "stopped")
    assert comparison.names([runs.get("digits-dcgan"), runs.get("again")]) == ["Digits, DCGAN (digits-dcgan)", "Digits, DCGAN (again)"]


def scored(path, score, accuracy=None):
    number = {"title": "Inception score", "value": score, "spread": 0.05, "real": 9.6, "samples": 5000, "better": "higher", "warning": ""}
    scores = {"inception_score": number}
    if accuracy is not None:
        scores["class_accuracy"] = {**number, "title": "Accuracy", "value": accuracy, "real": 0.99}
    told = {"run": path.name, "step": 12, "label": "epoch 3", "samples": 5000, "weights": "W", "reference": "R", "recipe": "again"}
    (path / "scores.json").write_text(json.dumps({**told, "scores": scores}))


def test_the_study_stands_beside_the_runs_that_are_recorded(shelf):
    scored(shelf.ship("mnist-cgan-vbn", dataset={"name": "mnist", "options": {}}), 4.8, 0.9)
    shelf.ship("mnist-dcgan", dataset={"name": "mnist", "options": {}}, title="MNIST, DCGAN")
    told = study.load("mnist_coursework")
    reported = {line.title: line.reported for line in study.lines(told) if line.reported}
    assert told.reference["inception_score"] == 9.67 and list(reported.values()) == [6.01, 6.2, 6.3, 6.4, 6.5, 6.8, 7.3]
    found = {row["gan"]: row for row in read(study.study_csv(told))}
    ours = found["cGAN + VBN"]
    assert (ours["run"], ours["inception_score"], ours["share_of_real"], ours["accuracy"]) == ("mnist-cgan-vbn", "4.8", "0.5", "0.9")
    assert ours["reported_share_of_real"] == "0.6412"
    assert found["cGAN"]["run"] == "" and found["cGAN"]["inception_score"] == ""  # not recorded
    assert found["MNIST, DCGAN"]["reported_inception_score"] == ""  # recorded, and not in the study
    assert found["Real MNIST"]["inception_score"] == "9.6"
    assert read(comparison.scores_csv([runs.get("mnist-cgan-vbn")]))[0]["value"] == "4.8"
