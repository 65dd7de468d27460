"""The recorded runs and the command that makes them."""

import json
import subprocess
import sys

import pytest

from gandash import jobs, presets, recording, runs
from gandash.__main__ import list_
from gandash.scores import SHEET

TINY = {
    "title": "A recorded run",
    "dataset": {"name": "digits", "options": {"count": 64}},
    "architecture": {"name": "mlp", "options": {"width": 8, "depth": 1}},
    "batch_size": 16,
    "epochs": 2,
    "story": {"tag": "healthy", "look_for": "Little.", "study": ""},
}


@pytest.fixture
def preset(runs_folder, monkeypatch):
    """A preset of a run that trains in a moment."""
    folder = runs_folder / "presets"
    folder.mkdir()
    monkeypatch.setattr(presets, "FOLDER", folder)

    def write(**changes):
        (folder / "small.json").write_text(json.dumps({**TINY, **changes}))

    write()
    (folder / "untold.json").write_text(json.dumps({**TINY, "story": {}}))
    return write


def test_a_recorded_run_is_trained_once_and_keeps_its_presets_words(preset, runs_folder):
    assert recording.names() == ["small"]
    said = []
    path = recording.record("small", said.append)
    run = runs.get("small")
    assert path == runs_folder / "checkpoints" / "small"
    assert (path / "weights").is_dir() and not (path / "states").exists()
    assert run.status.phase == "finished" and run.config.story.look_for == "Little."

    weights = {file.name: file.stat().st_mtime_ns for file in (path / "weights").iterdir()}
    preset(story={"tag": "tiled", "look_for": "Tiles.", "study": "d"})
    recording.record("small", said.append)
    assert said[-1] == "small: there already"
    assert json.loads((path / "config.json").read_text())["config"]["story"]["look_for"] == "Tiles."
    assert {file.name: file.stat().st_mtime_ns for file in (path / "weights").iterdir()} == weights


def test_it_goes_on_where_it_was_interrupted_and_not_with_other_settings(preset):
    config = presets.load("small")
    begun = runs.create(config, "small")
    from gandash.training.__main__ import train

    jobs._ask(begun, want="stop")
    train(begun, None)
    assert begun.status.phase == "stopped"
    preset(seed=1)
    with pytest.raises(ValueError, match="other settings"):
        recording.record("small", print)
    preset()
    recording.record("small", print)
    assert runs.get("small").status.phase == "finished"
    assert len(runs.get("small").metrics()) == runs.get("small").status.total_steps


def test_training_that_fails_is_said(preset):
    preset(dataset={"name": "mnist"})
    with pytest.raises(RuntimeError, match="failed"):
        recording.record("small", print)


def test_recording_needs_no_torch():
    code = "import gandash.__main__, sys; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_list_tells_scores(shelf, capsys):
    run = next(run for run in runs.all() if run.shipped)
    assert " of " not in _listed(capsys)
    sheet = {"scores": {"modes": {"value": 9.0, "real": 10.0}, "inception_score": {"value": 8.018, "real": 9.62}}}
    (run.path / SHEET).write_text(json.dumps(sheet))
    listed = _listed(capsys)
    assert run.id in listed and "9 of 10" in listed and "8.02 of 9.62" in listed


def _listed(capsys) -> str:
    list_(alive=False)
    return capsys.readouterr().out
