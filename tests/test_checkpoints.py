"""The recorded runs that ship: each is what its preset says, is small, and shows by number what its tag claims."""

import json
from pathlib import Path

import numpy as np
import pytest

from gandash import analyses, datasets, further, presets, recording, retraining, runs, scores
from gandash.analyses._scores import ScoreOptions
from gandash.runs import Run
from gandash.runs.files import tensor_names
from gandash.scores import known_scores

FOLDER = Path(__file__).parents[1] / "checkpoints"
SHIPPED = {path.name: Run(path, True) for path in sorted(FOLDER.iterdir())}
LABELLED = {
    name
    for name, run in SHIPPED.items()
    if run.config.dataset.name in ("mnist", "fashion_mnist", "cifar10") and not run.config.dataset.options.get("classes")
}


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recorded_run_is_what_its_preset_says(name):
    run, config = SHIPPED[name], presets.load(name)
    assert run.config == config
    assert config.story.tag and len(config.story.look_for) > 100
    assert run.status.phase == "finished"
    assert not (run.path / "states").exists() and not (run.path / "log.txt").exists()


@pytest.mark.parametrize("name", SHIPPED)
def test_a_recorded_run_has_an_evolution_and_scores(name):
    run = SHIPPED[name]
    assert len(run.snapshots) >= 10
    kept = run.steps_of("weights")
    assert len(kept) >= 2 and max(kept) == run.status.step
    if name in LABELLED:
        known = known_scores(run)
        assert known["step"] == run.status.step and known["samples"] == 5000


def test_there_is_a_recorded_run_for_every_preset_that_tells_a_story():
    assert sorted(SHIPPED) == recording.names()


def test_all_of_them_are_small():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) <= 150e6


def tagged(tag: str) -> list[str]:
    return [name for name in SHIPPED if presets.load(name).story.tag == tag]


@pytest.mark.parametrize("name", [name for name in tagged("healthy") if name in LABELLED])
def test_a_healthy_run_covers_all_classes(name):
    scores = known_scores(SHIPPED[name])["scores"]
    assert scores["modes"]["value"] == scores["modes"]["real"] == 10


@pytest.mark.parametrize("name", tagged("mode collapse"))
def test_a_collapsed_run_covers_few_classes_though_it_draws_them_clearly(name):
    scores = known_scores(SHIPPED[name])["scores"]
    assert scores["modes"]["value"] <= 5
    assert scores["confident"]["value"] > 0.5


def metric(run: Run, key: str, begin: float, end: float) -> float:
    """The median of a logged number over steps in ``[begin, end]``."""
    return float(np.median([line[key] for line in run.metrics() if begin <= line["step"] <= end]))


def test_the_vanishing_gradient_vanishes_and_its_twins_grows():
    vanishing, twin = SHIPPED["mnist-vanilla-vanishing"], SHIPPED["mnist-vanilla-nonsaturating"]
    last = vanishing.status.step
    assert metric(vanishing, "d_accuracy", last / 2, last) > 0.98
    assert metric(vanishing, "g_grad_norm", last / 2, last) < metric(vanishing, "g_grad_norm", 0, 20) / 10
    assert metric(twin, "g_grad_norm", last / 2, last) > metric(twin, "g_grad_norm", 0, 20)
    assert metric(twin, "g_loss", last / 2, last) > twin.metrics()[0]["g_loss"]
    changed = {key for key, value in vanishing.config.model_dump().items() if value != twin.config.model_dump()[key]}
    assert changed == {"title", "objective", "story"}


def test_a_head_that_weighs_every_place_makes_the_stronger_discriminator():
    pooling, connected = SHIPPED["cifar10-birds-pooling"], SHIPPED["cifar10-birds-connected"]
    last = pooling.status.step
    assert metric(pooling, "d_loss", last / 2, last) > 1.2 > metric(connected, "d_loss", last / 2, last)
    changed = {key for key, value in pooling.config.model_dump().items() if value != connected.config.model_dump()[key]}
    assert changed == {"title", "architecture", "story"}


def stride_energy(images: np.ndarray, stride: int) -> float:
    """The share of the energy (without the mean) at the frequencies of a grid of ``stride`` pixels."""
    power = np.abs(np.fft.fft2(images.astype(float).mean(1))) ** 2
    power[:, 0, 0] = 0
    side, at = images.shape[-1], []
    for multiple in range(stride):
        at.append(multiple * side // stride)
    grid = power[:, at][:, :, at].sum((1, 2))
    return float((grid / power.sum((1, 2))).mean())


def test_the_tiled_run_is_tiled_and_its_cure_is_not():
    real = datasets.parts["mnist_subset"]({}).test().images[:256]
    found = {}
    for name in ("mnist-tiled", "mnist-untiled"):
        run = SHIPPED[name]
        networks = run.networks(run.snapshot())
        found[name] = stride_energy(networks.generate(networks.latents(0, 256)), run.config.architecture.options["stride"])
    assert found["mnist-tiled"] > 5 * stride_energy(real, 4)
    assert found["mnist-untiled"] < found["mnist-tiled"] / 5


def test_every_snapshot_with_weights_comes_with_its_scores(runs_folder):
    """Found by what they depend on, so that nothing is computed anew; without the data sets that they were made with."""
    for run in SHIPPED.values():
        if run.config.dataset.name in ("mnist", "fashion_mnist") or run.id in ("cifar10-dcgan", "cifar10-sngan"):
            assert [sheet["step"] for sheet in scores.kept_all(run, ScoreOptions())] == sorted(run.steps_of("weights")), run.id
        told = json.loads((run.path / "scores.json").read_text(encoding="utf-8"))
        assert [sheet["step"] for sheet in told["snapshots"]] == sorted(run.steps_of("weights")), run.id


def test_what_looks_further_ships_where_it_is_shown_first(runs_folder):
    run = SHIPPED["mnist-dcgan"]
    for name in further.names("scores"):
        analysis = analyses.parts[name]()
        expected = not analysis.shows_real_images and analysis.suits(run.config) is None
        assert (further.kept(run, run.snapshot(), analysis) is not None) == expected, name
    (study,) = retraining.begun(run, run.snapshot()).values()
    assert study.study().rates()["mixed", 50].worth > 0


def test_shipped_weights_are_the_samples_networks_and_hold_no_images():
    for run in SHIPPED.values():
        for step in run.steps_of("weights"):
            roots = {name.partition(".")[0] for name in tensor_names(run.path / "weights" / f"{step}.safetensors")}
            assert roots <= {"generator", "average", "discriminator"}, (run.id, roots)


def test_config_files_are_json_that_a_person_can_read():
    for run in SHIPPED.values():
        about = json.loads((run.path / "config.json").read_text(encoding="utf-8"))
        assert set(about) == {"config", "created", "versions"}
    assert runs.shipped_root() == FOLDER
