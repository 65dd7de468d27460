"""The classifier's penultimate activations as a map, and how mixed real and generated images are in them."""

import numpy as np
import pytest
from games import tiny

from gandash import analyses, further, runs
from gandash.analyses.penultimate_map import PenultimateMap, mixture, reading
from gandash.assembly import assemble
from gandash.config import RunConfig
from gandash.runs.recorder import Recorder
from gandash.training.loop import take_snapshot
from gandash.training.state import state_tensors

pytestmark = pytest.mark.usefixtures("one_thread")


def cloud(apart: float, count: int = 300, classes: int = 2) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Real and generated points of classes that lie far from each other; the generated ones of the last class lie ``apart``."""
    random = np.random.default_rng(0)
    labels = np.tile(np.repeat(np.arange(classes), count), 2)
    is_generated = np.repeat([False, True], classes * count)
    points = random.normal(size=(len(labels), 5)) + 100 * labels[:, None]
    points[is_generated & (labels == classes - 1), 0] += apart
    return points, labels, is_generated


def test_mixed_kinds_have_half_of_their_neighbours_from_either():
    found = mixture(*cloud(0.0), 2)
    assert found.own_kind == pytest.approx((0.5, 0.5), abs=0.06) and found.by_class == pytest.approx((0.5, 0.5), abs=0.08)
    assert found.even == pytest.approx((299 / 599, 299 / 599)) and found.same_class == (1.0, 1.0)


def test_a_class_that_lies_apart_is_found_and_named():
    found = mixture(*cloud(20.0), 2)
    assert found.by_class[0] == pytest.approx(0.5, abs=0.08) and found.by_class[1] == 1.0
    assert found.same_class == (1.0, 1.0)
    told = reading(found, np.array([300, 300]), ("shoe", "bag"))
    assert "bag lies most apart (100%)" in told and "shoe least" in told


def test_generated_images_of_another_class_are_nearest_to_that():
    points, labels, is_generated = cloud(0.0)
    swapped = np.where(is_generated, 1 - labels, labels)  # asked for one class, drawn the other
    found = mixture(points, swapped, is_generated, 2)
    assert found.same_class == (1.0, 0.0)
    few = mixture(points[:302], labels[:302], is_generated[:302] | (np.arange(302) == 0), 3)
    assert np.isnan(few.by_class[2])


def test_an_unconditional_run_has_the_classes_that_are_read_and_says_so(shelf):
    run = runs.get("digits-dcgan")
    told = further.compute(run, run.snapshot(), analyses.parts["penultimate_map"]({"per_class": 8, "method": "PCA"}))
    notes = " ".join(told["detail"]["notes"])
    assert "takes no class" in notes and "fewer than 8" in notes
    figure = further.figure(told)
    real = [trace for trace in figure.data if trace.marker.symbol == "circle" and trace.text is not None]
    assert [trace.name for trace in real] == list("0123456789") and all(len(trace.x) == 8 for trace in real)
    assert len({trace.marker.color for trace in real}) == 10
    generated = [trace for trace in figure.data if trace.marker.symbol == "diamond" and trace.text is not None]
    assert all(set(trace.text) <= {trace.name} for trace in generated)
    numbers = {number["name"]: number for number in told["numbers"]}
    assert numbers["same_class"]["real"] > 0.7 and 0.5 < numbers["own_kind"]["value"] <= 1


def test_a_conditional_run_is_asked_for_each_class(runs_folder):
    digits = {"name": "mnist_subset", "options": {"classes": ["3", "8"], "count": 100}}
    config = RunConfig(**{**tiny("conditional_mlp").model_dump(), "dataset": digits, "epochs": 1})
    run = runs.create(config)
    take_snapshot(assemble(config, config.part("dataset").train()), Recorder(run, state_tensors))
    told = PenultimateMap({"per_class": 6, "perplexity": 4}).run(run, run.snapshot())
    detail = told.detail
    made = np.array(detail["labels"])[np.array(detail["is_generated"])]
    assert np.bincount(made).tolist() == [6, 6] and detail["class_names"] == ["3", "8"]
    assert set(detail["read"]) <= {0, 1} and len(detail["places"]) == 24
    assert "asked for" in " ".join(detail["notes"])
