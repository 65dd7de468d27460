"""A run outlives the folder that it was trained on: what its data set found there is kept with it when it is created."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from starlette.requests import Request

from gandash import api_latent, jobs, runs
from gandash.analyses._pictures import fixed_samples
from gandash.config import Choice, ConfigError, RunConfig
from gandash.datasets import DatasetUnavailable
from gandash.registry import Part, parts
from gandash.runs.recorder import Recorder
from gandash.summary import layer_tables
from gandash.training.loop import train
from gandash.training.state import state_tensors

NAMES = ("cat", "dog", "owl")


@pytest.fixture
def folder(runs_folder, tmp_path, monkeypatch):
    """Twelve flat pictures in a folder a class."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for level, name in enumerate(NAMES):
        (tmp_path / "animals" / name).mkdir(parents=True)
        for number in range(4):
            Image.new("L", (8, 8), 60 * level + 5 * number).save(tmp_path / "animals" / name / f"{number}.png")
    return tmp_path / "animals"


def config(folder, architecture="conditional_mlp", **options) -> RunConfig:
    return RunConfig.model_validate({
        "dataset": {"name": "image_folder", "options": {"path": str(folder), "size": 8, "colour": False, **options}},
        "architecture": architecture, "latent_dim": 4, "batch_size": 4, "epochs": 1, "device": "cpu",
    })  # fmt: skip


def trained(config: RunConfig) -> runs.Run:
    """A run of one epoch, trained in this process."""
    from gandash.assembly import assemble

    run = runs.create(config, "animals")
    train(assemble(run.config, run.config.part("dataset").train()), Recorder(run, state_tensors), lambda: False)
    return run


def anew(run: runs.Run) -> runs.Run:
    """As another process finds it."""
    return runs.Run(run.path)


def test_a_conditional_run_keeps_its_classes_when_the_folder_is_gone(folder):
    run = trained(config(folder))
    before = run.networks(run.snapshot())
    shown = before.generate(*before.fixed_noise())
    shutil.rmtree(folder)
    run = anew(run)
    found = run.networks(run.snapshot())
    assert found.class_names == run.config.part("dataset").class_names == NAMES
    assert found.labels(0, 50).max() == 2 and np.array_equal(found.generate(*found.fixed_noise()), shown)
    assert fixed_samples(found, 3).titles == ("sample 1, cat", "sample 2, dog", "sample 3, owl")
    assert layer_tables(run.config)["generator"]
    asked = Request(
        {"type": "http", "query_string": b"", "path_params": {"run_id": run.id, "step": str(run.snapshot().step)}, "headers": []}
    )
    assert json.loads(api_latent.about(asked).body)["classes"] == list(NAMES)
    with pytest.raises(DatasetUnavailable, match="There is nothing at"):
        run.config.part("dataset").train()
    with pytest.raises(ConfigError, match="There is nothing at"):
        jobs.start(run.config)


def test_naming_all_classes_changes_no_image_and_no_label(folder):
    plain, settled = config(folder), config(folder).settled()
    assert settled.dataset.options["classes"] == list(NAMES) and settled.settled() == settled
    for half in ("train", "test"):
        one, other = (getattr(each.part("dataset"), half)() for each in (plain, settled))
        assert np.array_equal(one.images, other.images) and np.array_equal(one.labels, other.labels)


def test_a_class_that_comes_later_is_not_the_runs(folder):
    run = trained(config(folder))
    (folder / "bat").mkdir()
    shutil.copy(folder / "cat" / "0.png", folder / "bat" / "0.png")
    dataset = anew(run).config.part("dataset")
    assert dataset.class_names == NAMES and len(dataset.train()) + len(dataset.test()) == 12
    assert anew(run).networks(run.snapshot()).class_names == NAMES


def test_an_old_run_that_did_not_keep_them_loads_while_the_folder_is_there(folder):
    run = trained(config(folder))
    about = json.loads((run.path / "config.json").read_text())
    del about["config"]["dataset"]["options"]["classes"]
    (run.path / "config.json").write_text(json.dumps(about))
    assert anew(run).networks(run.snapshot()).class_names == NAMES
    shutil.rmtree(folder)
    from gandash.runs.weights import restore

    restore.cache_clear()
    with pytest.raises(ConfigError, match="There is nothing at"):
        anew(run).networks(run.snapshot())


def test_an_unconditional_run_needs_no_folder_to_be_looked_at(folder):
    run = trained(config(folder, "mlp"))
    shutil.rmtree(folder)
    found = anew(run).networks(run.snapshot())
    assert found.generate(*found.fixed_noise()).shape == (64, 1, 8, 8)


def test_what_is_broken_is_refused_all_the_same(folder):
    for wrong in (Choice(name="image_folder", options={"size": -1}), Choice(name="nowhere")):
        broken = config(folder, "mlp").model_copy(update={"dataset": wrong})
        with pytest.raises(ConfigError, match="size" if wrong.options else "nowhere"):
            broken.check(to_train=False)


def test_any_part_may_keep_what_it_finds(monkeypatch):
    monkeypatch.setattr(parts("tricks")["label_smoothing"], "findings", lambda self: {"amount": 0.2})
    plain = RunConfig(tricks=("label_smoothing",))
    assert plain.settled().tricks[0].options == {"amount": 0.2} and plain.settled().dataset == plain.dataset
    assert Part().findings() == {} and RunConfig().settled() == RunConfig()
