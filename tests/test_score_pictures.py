"""Scores of generated pictures in a folder or zip against real ones in another, without a run."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import settled
from PIL import Image
from playwright.sync_api import expect
from test_pages import opened, texts
from typer.testing import CliRunner

from gandash import scores
from gandash.__main__ import app as commands
from gandash.analyses._folders import PictureSet, Upload, folder_labels
from gandash.analyses._scores import ScoreOptions
from gandash.datasets import DatasetUnavailable
from gandash.datasets._pictures import Entry
from gandash.features import extractors, measures
from gandash.registry import parts
from gandash.scores import OfPictures

pytestmark = pytest.mark.usefixtures("one_thread")

FEW = ScoreOptions(count=100)
REAL, MADE = 96, 96  # as many of each, so that scores of neighbours compare all of them


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Real digits and digits with noise on them, ``uint8 (N, 1, 28, 28)``, and the labels of all."""
    test = parts("datasets")["mnist_subset"]().test()
    chosen = np.argsort(test.labels, kind="stable").reshape(10, -1)[:, :20].T.ravel()[: REAL + MADE]
    noise = np.random.default_rng(0).integers(0, 120, (MADE, 1, 28, 28))
    made = np.clip(test.images[chosen[REAL:]].astype(int) + noise, 0, 255).astype(np.uint8)
    return test.images[chosen[:REAL]], made, test.labels[chosen]


@pytest.fixture
def folders(digits, runs_folder) -> Path:
    """``real`` with a folder a class, ``made`` without folders."""
    real, made, labels = digits
    for index, (image, label) in enumerate(zip(real, labels[:REAL], strict=True)):
        _write(runs_folder / "real" / str(label) / f"{index}.png", image)
    for index, image in enumerate(made):
        _write(runs_folder / "made" / f"{index}.png", image)
    return runs_folder


@pytest.fixture
def archive(folders, digits) -> Path:
    """Both in one zip, the generated ones in folders of the classes that they are of."""
    with zipfile.ZipFile(folders / "both.zip", "w") as made:
        for path in (folders / "real").rglob("*.png"):
            made.write(path, f"real/{path.parent.name}/{path.name}")
        for path in (folders / "made").glob("*.png"):
            made.write(path, f"generated/{digits[2][REAL + int(path.stem)]}/{path.name}")
    return folders / "both.zip"


def _write(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image[0]).save(path)


def test_pictures_score_as_their_pixels_do(folders, digits):
    real, made, _ = digits
    sheet = scores.evaluate(OfPictures(PictureSet(folders / "real"), PictureSet(folders / "made"), "mnist"), FEW)
    bordered = [np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2))) for images in (made, real)]
    (features, logits), (of_real, _) = (extractors.extract("embedded", images, "mnist") for images in bordered)
    assert sheet["scores"]["fid"]["value"] == pytest.approx(measures.frechet(features, measures.statistics(of_real)).value, rel=1e-3)
    mixed = np.random.default_rng(FEW.seed).permutation(MADE)
    assert sheet["scores"]["inception_score"]["value"] == pytest.approx(measures.inception(logits[mixed]).value, rel=1e-5)
    assert sheet["scores"]["coverage"]["value"] == pytest.approx(measures.density_coverage(features, of_real)[1].value, abs=0.011)  # one
    assert sheet["samples"] == MADE and sheet["reference"] == f"{REAL} pictures of real" and sheet["label"] == "made"
    assert sheet["left_out"]["asked_class"].startswith("Generated pictures do not lie in folders")
    for name in sheet["analyses"]:
        assert scores.figure(name, sheet).data


def test_the_real_ones_own_score_is_that_of_one_half_against_the_other(folders):
    source = OfPictures(PictureSet(folders / "real"), PictureSet(folders / "made"))
    sheet = scores.evaluate(source, FEW)
    fid = sheet["scores"]["fid"]
    assert 0 < fid["real"] < fid["value"] and "half of the real pictures" in sheet["ceiling"]
    assert list(source.reference("embedded").ceilings["fid"]) == [REAL // 2]
    assert sheet["left_out"]["inception_score"] == "It is not said whose classes these pictures show."
    for path in list((folders / "made").glob("*.png"))[70:]:
        path.unlink()
    few = scores.evaluate(OfPictures(PictureSet(folders / "made"), PictureSet(folders / "real")), FEW)
    assert few["scores"]["fid"]["real"] is None and "too few to hold one half" in few["note"]


def test_what_is_known_is_kept_until_a_picture_changes(folders):
    source = OfPictures(PictureSet(folders / "real"), PictureSet(folders / "made"))
    assert scores.kept(source, FEW) is None
    assert not (folders / "runs").exists(), "looking leaves no trace"
    sheet, told = scores.evaluate(source, FEW), []
    assert scores.kept(source, FEW) == sheet
    assert scores.evaluate(source, FEW, progress=lambda *args: told.append(args)) == sheet and not told
    Image.new("L", (28, 28), 200).save(folders / "made" / "0.png")
    assert scores.kept(source, FEW) is None
    assert scores.evaluate(source, FEW)["scores"]["fid"]["value"] != sheet["scores"]["fid"]["value"]


def test_folders_of_classes_tell_what_was_asked_for(archive):
    source = OfPictures(PictureSet(archive, folder="real"), PictureSet.at(archive / "generated"), "mnist")
    sheet = scores.evaluate(source, FEW)
    asked = sheet["scores"]["class_accuracy"]
    assert asked["real"] > asked["value"] > 0.3 and not sheet["left_out"]
    assert len(set(source.subject(FEW).asked[:20])) > 5, "folders are mixed: a part of the pictures is a part of every class"
    assert sheet["recipe"].endswith(f"--real {archive}/real --generated {archive}/generated --count 100 --seed 0 --classes mnist")


def test_a_class_that_no_picture_is_of_does_not_obey_least(archive):
    without = archive.with_name("without.zip")
    with zipfile.ZipFile(archive) as before, zipfile.ZipFile(without, "w") as after:
        for name in before.namelist():
            if not name.startswith("generated/4/"):
                after.writestr(name, before.read(name))
    source = OfPictures(PictureSet(without, folder="real"), PictureSet(without, folder="generated"), "mnist")
    told = scores.evaluate(source, FEW, ["asked_class"])["analyses"]["asked_class"]["result"]
    assert told["detail"]["shares"][4] == [0.0] * 10 and not told["reading"].startswith("4 obeys least")
    assert "Only 0 samples of a class" in told["numbers"][0]["warning"]


def test_pictures_that_cannot_be_read_are_told(folders):
    for index in range(3):
        (folders / "made" / f"{index}.png").write_bytes(b"no picture")
    (folders / "real" / "0" / "broken.png").write_bytes(b"no picture")
    sheet = scores.evaluate(OfPictures(PictureSet(folders / "real"), PictureSet(folders / "made")), FEW)
    assert sheet["samples"] == MADE - 3
    assert f"1 of {REAL + 1} pictures in real" in sheet["note"] and f"3 of {MADE} pictures in made" in sheet["note"]


@pytest.mark.parametrize("uploaded", [True, False])
def test_an_archive_is_listed_and_hashed_once(archive, uploaded, monkeypatch):
    upload = Upload("both.zip", archive.read_bytes()) if uploaded else None
    opened_before, opened_zip = [], zipfile.ZipFile
    monkeypatch.setattr("gandash.datasets._pictures.zipfile.ZipFile", lambda *a, **k: opened_before.append(a) or opened_zip(*a, **k))
    for _ in range(3):  # as a page asks at every rerun
        real, made = (PictureSet(archive, upload, folder) for folder in ("real", "generated"))
        source = OfPictures(real, made, "mnist")
        assert (real.count, made.count, real.guess()) == (REAL, MADE, ("real", "generated"))
        assert not scores.obstacle(source, FEW) and scores.kept(source, FEW) is None and scores.work_key(source, FEW)
    assert len(opened_before) == 1


def test_labels_are_the_innermost_folders_name():
    names = ("T-shirt/top", "Trouser")
    inside = [Entry("Trouser/t-shirt_top/1.png", 1), Entry("x/trouser/2.png", 1)]
    assert folder_labels(inside, names).tolist() == [0, 1]
    assert folder_labels([*inside, Entry("hats/3.png", 1)], names) is None and folder_labels(inside, ()) is None


def test_kinds_are_told_from_classes(folders, archive):
    assert PictureSet(archive).guess() == ("real", "generated")
    assert PictureSet(folders / "real").guess() is None and PictureSet(folders / "made").guess() is None
    assert PictureSet(folders).kinds() == {"real": REAL, "made": MADE}


@pytest.mark.parametrize("count", [10, 39])
def test_too_few_are_refused(folders, count):
    for path in sorted((folders / "made").glob("*.png"))[count:]:
        path.unlink()
    few, many = PictureSet(folders / "made"), PictureSet(folders / "real")
    for source in (OfPictures(few, many), OfPictures(many, few)):
        with pytest.raises(ValueError, match=f"{count} .* are too few"):
            scores.evaluate(source, FEW)


def test_the_command_line_scores_two_folders(folders):
    def asked(*arguments: object):
        return CliRunner().invoke(commands, ["evaluate", *map(str, arguments)])

    both = ("--real", folders / "real", "--generated", folders / "made")
    told = asked(*both, "--classes", "mnist")
    assert told.exit_code == 0, told.output
    assert f"made: {MADE} pictures" in told.output and "Inception score" in told.output and "half of the real pictures" in told.output
    lines = asked(*both, "--table", "csv", "--scores", "feature_distances").stdout.splitlines()
    assert [line.split(",")[3] for line in lines] == ["score", "fid", "kid"]
    for wrong, word in (
        ((*both, "--classes", "letters"), "not of letters"),
        (("--real", folders / "real"), "name a RUN, or --real and --generated"),
        (("a-run", *both), "name a RUN, or --real and --generated"),
        ((), "name a RUN, or --real and --generated"),
        ((*both, "--scores", "inception_score"), "whose classes"),
    ):
        refused = asked(*wrong)
        assert refused.exit_code != 0 and word in " ".join(refused.output.replace("│", " ").split())
    with pytest.raises(DatasetUnavailable, match="There is nothing at"):
        raise asked("--real", folders / "nowhere", "--generated", folders / "made").exception


class TestThePage:
    """Scores of pictures, without any run."""

    def test_it_asks_for_pictures_where_there_is_no_run(self, runs_folder):
        page = opened("7_scores.py")
        assert "give a path, or drop a zip" in texts(page)

    def test_a_folder_may_be_called_as_it_likes(self, runs_folder):
        for name in ("all", "elsewhere", "real"):
            (runs_folder / "odd" / name).mkdir(parents=True)
            Image.new("L", (28, 28)).save(runs_folder / "odd" / name / "0.png")
        page = opened("7_scores.py", folder=str(runs_folder / "odd"))
        inside, made = (page.selectbox(key=key) for key in ("real_folder", "generated_folder"))
        assert inside.value == "real" and made.value == "all"
        assert inside.options[:3] == ["all of it", "all (1 pictures)", "elsewhere (1 pictures)"]
        assert "1 real pictures in odd/real, 1 generated ones in odd/all." in texts(page)

    def test_a_path_that_is_not_there_is_told(self, runs_folder):
        page = opened("7_scores.py", folder=str(runs_folder / "nowhere.zip"))
        assert "There is nothing at" in texts(page)


def test_two_folders_of_a_zip_are_scored_in_the_browser(app, page, archive):
    page.goto(f"{app.url}/scores?score=pictures&classes=mnist&score_count=100&folder={archive}")
    settled(page)
    expect(page.get_by_text(f"{REAL} real pictures in both.zip/real, {MADE} generated ones in both.zip/generated.")).to_be_visible()
    page.get_by_role("button", name="Compute").click()
    expect(page.locator("table.scores tbody tr")).to_have_count(10, timeout=120_000)
    expect(page.get_by_text(f"{MADE} pictures of both.zip/generated")).to_be_visible()
    page.reload()
    settled(page)
    expect(page.locator("table.scores tbody tr").first).to_contain_text("Inception score")
    with page.expect_download() as download:
        page.get_by_role("button", name="Scores (CSV)").click()
    assert download.value.suggested_filename == "scores.csv"
