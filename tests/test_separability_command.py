"""``python -m gandash separability`` on two folders: the table, the files, and what it says where something is not there."""

import csv
import io
import zipfile

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from gandash.__main__ import app


@pytest.fixture
def folders(tmp_path, runs_folder):
    """Two folders of 24 pictures of noise each: of one brightness, and of another."""
    rng = np.random.default_rng(0)
    for name, low in (("photographs", 0), ("fakes", 120)):
        (tmp_path / name / "inside").mkdir(parents=True)
        for index in range(24):
            Image.fromarray(rng.integers(low, low + 100, (36, 36, 3), np.uint8)).save(tmp_path / name / "inside" / f"{index}.png")
    return tmp_path


def run(*arguments: object):
    return CliRunner().invoke(app, ["separability", *map(str, arguments)])


def test_the_table_is_printed_and_written_with_the_figures(folders):
    asked = (
        "--real",
        folders / "photographs",
        "--generated",
        folders / "fakes",
        "--out",
        folders / "out",
        "--layout",
        "pca",
        "--count",
        12,
        "--generated-count",
        10,
    )
    done = run(*asked)
    assert done.exit_code == 0, done.output
    assert "12 real and 10 generated pictures, seen through the embedded ResNet-18" in done.output
    assert "After every block an SVM tells generated pictures from real ones better than chance" in done.output
    rows = list(csv.DictReader(io.StringIO((folders / "out" / "separability.csv").read_text())))
    assert [row["block"] for row in rows] == ["layer1", "layer2", "layer3", "layer4"]
    for row in rows:
        assert float(row["error"]) < 0.1 and float(row["p"]) == 0.01
        assert float(row["control"]) > 0.3  # more of the same kind cannot be told from these
        assert [row[name] for name in ("real", "generated", "error_real", "error_generated")] == ["12", "10", "12", "10"]
        assert (row["control_first"], row["control_second"]) == ("12", "10")  # as uneven as the test
        assert f"{row['block']:8}" in done.output
    assert (folders / "out" / "maps.csv").read_text().count("\n") == 23
    figure = (folders / "out" / "separability.html").read_text()
    assert "cross-validated" in figure and "http" not in figure.split("plotly.min.js")[0]
    assert (folders / "out" / "plotly.min.js").exists() and (folders / "out" / "maps.html").exists()
    for name, shape in (("separability", (2700, 1740)), ("maps", (4200, 1500))):
        with Image.open(folders / "out" / f"{name}.png") as drawn:
            assert drawn.size == shape
            assert len(drawn.convert("RGB").quantize(64).getcolors()) > 20  # something is drawn
    figure = (folders / "out" / "separability.html").read_text()
    for words in ("12 real and 10 generated pictures, seen through the embedded ResNet-18", "after block", "guessing: 50", "learned from"):
        assert words in figure
    assert "1st component" in (folders / "out" / "maps.html").read_text()
    assert run(*asked).stdout == done.stdout  # the second time read from disk


def test_without_a_browser_there_are_figures_as_html_and_a_sentence(folders, monkeypatch):
    out = folders / "out"
    asked = ("--real", folders / "photographs", "--generated", folders / "fakes", "--out", out, "--layout", "pca", "--count", 4)
    monkeypatch.setenv("BROWSER_PATH", str(folders / "nowhere"))
    done = run(*asked)
    assert done.exit_code == 0, done.output
    assert "HTML only: no Chrome or Chromium was found" in done.output and "maps.html" in done.output
    assert (out / "maps.html").exists() and not list(out.glob("*.png"))
    broken = folders / "chrome"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(broken))
    done = run(*asked)
    assert done.exit_code == 0, done.output
    assert "did not start" in done.output and not list(out.glob("*.png"))


def test_a_zip_will_do_and_few_pictures_have_no_test(folders):
    with zipfile.ZipFile(folders / "few.zip", "w") as made:
        for index in range(4):
            made.write(folders / "fakes" / "inside" / f"{index}.png", f"{index}.png")
    done = run(
        "--real", folders / "photographs", "--generated", folders / "few.zip", "--out", folders / "out", "--layout", "pca", "--count", 8
    )
    assert done.exit_code == 0, done.output
    assert "too few pictures to learn from some" in done.output and "8 real and 4 generated" in done.output
    rows = list(csv.DictReader(io.StringIO((folders / "out" / "separability.csv").read_text())))
    assert rows[0]["error"] == "" and 0 <= float(rows[0]["svm"]) <= 0.5


def test_what_is_not_there_is_one_sentence(folders):
    from gandash.datasets import DatasetUnavailable

    missing = run("--real", folders / "nowhere", "--generated", folders / "fakes", "--out", folders / "out")
    assert isinstance(missing.exception, DatasetUnavailable) and "There is nothing at" in str(missing.exception)  # main prints it
    wrong = run("--real", folders / "photographs", "--generated", folders / "fakes", "--layout", "umap")
    assert wrong.exit_code == 1 and "layout: Input should be 'tsne' or 'pca'" in wrong.output
    assert not (folders / "out").exists()
