"""Parts are found by their files; configs are validated by the parts that they name."""

import importlib
import textwrap

import pytest

from gandash.config import Choice, ConfigError, RunConfig
from gandash.registry import Registry, UnknownPart, parts

OBJECTIVE = '''
from gandash.objectives.non_saturating import NonSaturating as _NonSaturating
from gandash.objectives import Objective


class Dropped(Objective):
    """A file that was dropped into the folder."""

    title = "Dropped"
    discriminator_loss = _NonSaturating.discriminator_loss
    generator_loss = _NonSaturating.generator_loss
'''


@pytest.fixture
def objectives(tmp_path, monkeypatch):
    """The folder of objectives, which also looks into a temporary folder."""
    package = importlib.import_module("gandash.objectives")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    registry = Registry("gandash.objectives", package.Objective)
    monkeypatch.setattr(registry, "folder", tmp_path)
    return registry, tmp_path


def test_a_dropped_file_is_found_without_a_restart(objectives):
    registry, folder = objectives
    assert "dropped" not in registry
    (folder / "dropped.py").write_text(textwrap.dedent(OBJECTIVE))
    assert list(registry) == ["dropped"]
    assert registry["dropped"].title == "Dropped" and registry["dropped"].name == "dropped"


def test_a_file_without_a_part_is_an_error_that_names_it(objectives):
    registry, folder = objectives
    (folder / "barren.py").write_text("x = 1\n")
    with pytest.raises(TypeError, match=r"gandash\.objectives\.barren must define exactly one public Objective, and defines 0"):
        registry["barren"]


def test_an_unknown_name_lists_what_there_is_and_guesses():
    with pytest.raises(UnknownPart, match=r"no objective named 'least_square'. Did you mean 'least_squares'\?.*non_saturating"):
        parts("objectives")["least_square"]


def test_listing_names_imports_nothing():
    import subprocess
    import sys

    script = "import sys; from gandash.registry import parts; list(parts('datasets')); from gandash import presets, runs, jobs\n"
    script += "presets.load('one-minute'); runs.all(); print('torch' in sys.modules, 'plotly' in sys.modules, 'sklearn' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["False", "False", "False"]


def test_a_config_survives_its_file():
    config = RunConfig(dataset="digits", tricks=("label_smoothing", Choice(name="averaged_generator", options={"half_life": 7})), epochs=2)
    assert RunConfig.model_validate_json(config.model_dump_json()) == config


def test_every_problem_is_told_by_the_part_that_has_it():
    config = RunConfig(dataset="ring", architecture="dcgan", epochs=None)
    problems = config.problems()
    assert set(problems) == {"architecture", "epochs"} and "mlp" in problems["architecture"]
    with pytest.raises(ConfigError, match="mlp"):
        config.check()


def test_unknown_parts_and_options_out_of_bounds_are_problems():
    config = RunConfig(dataset="digits", objective="magic", architecture=Choice(name="dcgan", options={"width": -1}), tricks=("nothing",))
    problems = config.problems()
    assert set(problems) == {"objective", "architecture", "tricks.nothing"}
    assert "greater than or equal" in problems["architecture"]


def test_a_trick_cannot_be_named_twice():
    assert "twice" in RunConfig(dataset="digits", tricks=("label_smoothing", "label_smoothing")).problems()["tricks.label_smoothing"]
