"""How much losses swing: of a known noise on a known curve."""

import json
import shutil

import numpy as np
import pytest

from gandash import analyses, further, runs
from gandash.analyses.loss_oscillation import LossOscillation, oscillation


def rows(d: np.ndarray, g: np.ndarray, every: int = 20) -> list[dict[str, float]]:
    steps = np.arange(1, len(d) + 1) * every
    return [{"step": int(step), "epoch": step / 2000, "d_loss": a, "g_loss": b} for step, a, b in zip(steps, d, g, strict=True)]


@pytest.mark.parametrize("window", [15, 41, 101])
def test_known_noise_about_a_known_curve_is_measured_whatever_the_window(window):
    random, at = np.random.default_rng(0), np.linspace(0, 1, 3000)
    found = oscillation(2 + np.sin(2 * at) + random.normal(0, 0.3, len(at)), window)
    assert found.deviation == pytest.approx(0.3, rel=0.05)
    assert found.relative == pytest.approx(0.3 / (2 + np.sin(2 * at)).mean(), rel=0.06)


def test_a_trend_is_no_swing():
    assert oscillation(np.linspace(5, 1, 500), 51).deviation == pytest.approx(0.0, abs=1e-9)
    assert oscillation(np.linspace(-1, 1, 500) ** 2, 51).deviation == pytest.approx(0.0, abs=1e-9)


def test_each_player_has_its_share_and_its_end():
    random = np.random.default_rng(1)
    swing = np.where(np.arange(2000) < 1000, 0.4, 0.04)
    told = LossOscillation({"skip": 0.0}).measure(rows(1 + 0.1 * random.normal(size=2000), 2 + swing * random.normal(size=2000)))
    d, g = told.numbers
    assert d.value == pytest.approx(0.1, rel=0.1) and d.beside == pytest.approx(0.1, rel=0.1)
    assert g.value == pytest.approx(np.sqrt((0.4**2 + 0.04**2) / 2) / 2, rel=0.1) and g.beside == pytest.approx(0.02, rel=0.15)
    assert "calmer" in told.reading and not d.warning
    assert len(LossOscillation().figure(told).data) == 6


def test_a_loss_that_passes_zero_is_warned_of_and_too_few_steps_are_refused():
    random = np.random.default_rng(2)
    crossing = np.linspace(-1, 1, 200) + 0.01 * random.normal(size=200)
    told = LossOscillation().measure(rows(crossing, np.ones(200) + 0.01 * random.normal(size=200)))
    assert "changes its sign" in told.numbers[0].warning and not told.numbers[1].warning
    with pytest.raises(ValueError, match="Only 8 steps"):
        LossOscillation().measure(rows(np.ones(8), np.ones(8)))


def test_the_first_steps_which_are_logged_closely_are_left_out():
    close = [{"step": step, "epoch": 0.0, "d_loss": 100.0 * (-1) ** step, "g_loss": 100.0} for step in range(1, 20)]
    random = np.random.default_rng(3)
    later = rows(1 + 0.1 * random.normal(size=300), 1 + 0.1 * random.normal(size=300))
    told = LossOscillation({"skip": 0.0}).measure(close + later)
    assert told.numbers[0].value == pytest.approx(0.1, rel=0.1)


def test_it_needs_no_weights_and_follows_the_log(shelf):
    path = shelf.add("bare", "finished")
    shutil.rmtree(path / "weights")
    random = np.random.default_rng(4)
    lines = [json.dumps(row) for row in rows(1 + 0.1 * random.normal(size=200), 1 + 0.1 * random.normal(size=200))]
    (path / "metrics.jsonl").write_text("\n".join(lines[:150]) + "\n")
    run, analysis = runs.get("bare"), analyses.parts["loss_oscillation"]()
    before = further.compute(run, run.snapshot(), analysis)
    assert before["numbers"][0]["value"] == pytest.approx(0.1, rel=0.25)
    with (path / "metrics.jsonl").open("a") as file:
        file.write("\n".join(lines[150:]) + "\n")
    assert further.kept(run, run.snapshot(), analysis) is None
