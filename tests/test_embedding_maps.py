"""The Embeddings page's result: computed, kept, read again, downloaded; folders of pictures; work beside the pages; thumbnails."""

import csv
import io
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import PROJECT
from PIL import Image
from streamlit.testing.v1 import AppTest

from gandash import background, embedding_maps, runs
from gandash.analyses._folders import PictureSet, Upload
from gandash.datasets import DatasetUnavailable
from gandash.embedding_maps import EmbeddingOptions
from gandash.embedding_sources import OfPictures, OfRun, OfRunAndPictures, OfRuns
from gandash.features.resnet18 import BLOCKS
from gandash.plots.atlas import LONGEST_SIDE, atlas
from gandash.plots.colours import GENERATED, REAL


def picture(level: int, side: int = 20) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(level).integers(level, level + 50, (side, side + 6, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def folders(tmp_path) -> Path:
    """A folder with two folders of eight pictures, one of which is broken."""
    for folder, low in (("fakes", 150), ("photographs", 0)):
        (tmp_path / "both" / folder).mkdir(parents=True)
        for index in range(8):
            (tmp_path / "both" / folder / f"{index}.png").write_bytes(picture(low + index, 40))
    (tmp_path / "both" / "fakes" / "3.png").write_bytes(b"no picture")
    return tmp_path / "both"


def both(folders: Path) -> OfPictures:
    return OfPictures(PictureSet(folders, folder="photographs"), PictureSet(folders, folder="fakes"))


class TestPictureSets:
    def test_which_is_real_is_guessed_by_name(self, folders):
        found = PictureSet(folders)
        assert found.kinds() == {"fakes": 8, "photographs": 8}
        assert found.guess() == ("photographs", "fakes")

    @pytest.mark.parametrize(
        ("names", "expected"),
        [(("real", "generated"), ("real", "generated")), (("a", "b"), ("a", "b")), (("b", "real_b"), ("real_b", "b"))],
    )
    def test_guesses(self, names, expected, tmp_path):
        for name in names:
            (tmp_path / name).mkdir()
            (tmp_path / name / "0.png").write_bytes(picture(0))
        assert PictureSet(tmp_path).guess() == expected

    def test_pictures_have_their_own_size_and_broken_ones_are_counted(self, folders):
        found = PictureSet(folders, folder="fakes").read(100)
        assert found.images.shape == (7, 3, 40, 40) and found.images.min() >= 150
        assert "fakes" in found.note and "1 of 8" in found.note

    def test_a_changed_picture_changes_the_digest(self, folders):
        before = PictureSet(folders).digest
        assert PictureSet(folders).digest == before
        (folders / "photographs" / "0.png").write_bytes(picture(99, 41))
        assert PictureSet(folders).digest != before

    def test_an_uploaded_zip_is_read_in_memory(self, folders):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as made:
            for path in folders.rglob("*.png"):
                made.write(path, f"wrapped/{path.relative_to(folders)}")
        found = PictureSet(Path("mine.zip"), Upload("mine.zip", buffer.getvalue()))
        assert found.kinds() == {"fakes": 8, "photographs": 8}
        assert len(replace(found, folder="photographs").read(5)) == 5 and replace(found, folder="fakes").digest != found.digest

    def test_a_folder_that_is_not_there_is_named_with_those_that_are(self, folders):
        with pytest.raises(DatasetUnavailable, match=r"no folder 'paintings' with pictures in .*, but fakes, photographs\."):
            PictureSet(folders, folder="paintings").read(5)


class TestMaps:
    options = EmbeddingOptions(count=8, perplexity=5)

    def test_two_folders(self, folders, runs_folder):
        source = both(folders)
        assert embedding_maps.kept(source, self.options) is None
        told = []
        made = embedding_maps.compute(source, self.options, lambda fraction, text: told.append((fraction, text)))
        assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told) and told[-1][1].startswith(
            "layer4: separability"
        )
        assert list(made.coordinates) == list(BLOCKS) == list(made.errors)
        assert made.kinds == ("photographs", "fakes") and made.is_generated.tolist() == [False] * 8 + [True] * 7
        assert made.labels is None and made.scores is None and made.perplexity == pytest.approx(14 / 3)
        assert made.tests["layer1"].error.counts == (8, 7) and made.tests["layer1"].split
        assert len(made.notes) == 2 and "Perplexity was lowered from 5" in made.notes[1]
        again = embedding_maps.kept(source, self.options)
        assert again.version == made.version and np.array_equal(again.coordinates["layer2"], made.coordinates["layer2"])
        assert embedding_maps.kept(source, self.options.model_copy(update={"seed": 1})) is None

    def test_a_picture_that_changed_is_computed_anew(self, folders, runs_folder):
        source = both(folders)
        embedding_maps.compute(source, self.options)
        (folders / "photographs" / "0.png").write_bytes(picture(99, 41))
        assert embedding_maps.kept(source, self.options) is None

    def test_one_count_is_as_many_of_either_kind(self):
        assert self.options == EmbeddingOptions(real_count=8, generated_count=8, perplexity=5)
        assert EmbeddingOptions() == EmbeddingOptions(count=300)

    def test_as_many_of_each_as_were_asked_for(self, shelf, folders):
        shelf.ship("mine", title="Mine")
        run, other = runs.get("digits-dcgan"), runs.get("mine")
        options, pictures = EmbeddingOptions(real_count=7, generated_count=5), PictureSet(folders)
        for source in (
            OfRun(run, run.snapshot()),
            OfRuns(run, run.snapshot(), other, other.snapshot(0)),
            OfRunAndPictures(run, run.snapshot(), PictureSet(folders / "photographs")),
            OfPictures(PictureSet(folders / "photographs"), PictureSet(folders / "photographs")),
            OfPictures(*[replace(pictures, folder="photographs")] * 2),
        ):
            subjects = source.subjects(options)
            assert subjects.is_generated.tolist() == [False] * 7 + [True] * 5 and subjects.kinds == source.kinds
            further = source.further(options, 3)
            assert len(further) >= 1 and not any((image == drawn).all() for image in further for drawn in subjects.images[:7])
        made = embedding_maps.compute(OfRun(run, run.snapshot()), options)
        assert made.tests["layer1"].error.counts == (7, 5) == made.tests["layer1"].control.counts
        assert len(list(csv.DictReader(io.StringIO(made.csv().decode())))) == 12

    def test_of_a_small_data_set_equally_many_stay_equally_many(self, shelf):
        run = runs.get("digits-dcgan")
        there = len(run.config.part("dataset").train())
        counts = [
            np.bincount(OfRun(run, run.snapshot()).subjects(EmbeddingOptions(**asked)).is_generated).tolist()
            for asked in ({"count": there + 9}, {"real_count": there + 9, "generated_count": 20})
        ]
        assert counts == [[there, there], [there, 20]]

    def test_a_run_with_labels_scores_and_the_same_again(self, shelf):
        run = runs.get("digits-dcgan")
        source = OfRun(run, run.snapshot())
        made = embedding_maps.compute(source, self.options)
        assert len(made) == 16 and made.score_title.startswith("D(x)") and made.scores.shape == (16,)
        assert made.predicted.tolist() == [False] * 8 + [True] * 8 and made.labels.min() >= 0 and made.labels.max() <= 9
        places = {block: values.copy() for block, values in made.coordinates.items()}
        again = embedding_maps.compute(source, self.options)
        assert all(np.array_equal(again.coordinates[block], places[block]) for block in BLOCKS)

    def test_two_runs_and_one_run_at_two_snapshots(self, shelf):
        shelf.ship("mine", title="Mine")
        run, other = runs.get("digits-dcgan"), runs.get("mine")
        source = OfRuns(run, run.snapshot(), other, other.snapshot(0))
        subjects = source.subjects(self.options)
        assert subjects.kinds == ("Digits, DCGAN", "Mine") and subjects.shapes == ("triangle-up", "triangle-down")
        assert REAL not in subjects.colours and GENERATED not in subjects.colours  # no image of these is real
        assert subjects.class_names == tuple("0123456789") and subjects.labels.tolist() == [-1] * 16
        further = source.further(self.options, 8)
        assert not any((image == drawn).all() for image in further for drawn in subjects.images[:8])
        verdicts = source.verdicts(subjects)
        np.testing.assert_array_equal(verdicts.scores, run.networks(run.snapshot()).scores(subjects.images))  # the first run's D on both
        made = embedding_maps.compute(source, self.options)
        assert made.shapes == subjects.shapes and embedding_maps.kept(source, self.options).version == made.version
        assert made.predicted.all()
        itself = OfRuns(run, run.snapshot(), run, run.snapshot(0))
        assert itself.subjects(self.options).kinds == ("epoch 3", "untrained")
        assert embedding_maps.kept(itself, self.options) is None

    def test_runs_of_other_sizes_and_classes(self, shelf):
        """A run of 28 pixels against one of 32: both are looked at in the first one's size, and no class is named for both."""
        shelf.ship("clothes", title="Clothes")
        run, other = runs.get("digits-dcgan"), runs.get("clothes")
        networks = other.networks(other.snapshot())

        class Larger(type(networks)):
            shape, class_names = (3, 32, 32), ("shirt",)

            def generate(self, z, labels=None, batch_size=256):
                return np.repeat(np.pad(super().generate(z, labels), ((0, 0), (0, 0), (2, 2), (2, 2))), 3, 1)

        larger = Larger(networks.config, networks.generator, networks.discriminator)
        object.__setattr__(other, "networks", lambda snapshot: larger)
        subjects = OfRuns(run, run.snapshot(), other, other.snapshot()).subjects(self.options)
        assert subjects.images.shape == (16, 1, 28, 28) and subjects.class_names == ()
        assert subjects.notes == ("Those of Clothes were brought to the size and colours of the others, 1 x 28 x 28.",)

    def test_a_run_against_pictures_from_elsewhere(self, shelf, folders):
        run = runs.get("digits-dcgan")
        (folders / "fakes" / "3.png").unlink()  # no picture
        source = OfRunAndPictures(run, run.snapshot(), PictureSet(folders))
        subjects = source.subjects(self.options)
        assert subjects.images.shape == (16, 1, 28, 28) and subjects.kinds == ("other", "generated")
        assert len(source.further(self.options, 5)) == 5 and source.further(EmbeddingOptions(count=16), 5) is None
        made = embedding_maps.compute(source, self.options)
        assert made.scores.shape == (16,) and len(made) == 16
        (folders / "fakes" / "0.png").write_bytes(picture(77, 41))
        assert embedding_maps.kept(source, self.options) is None

    def test_a_line_a_picture(self, shelf):
        run = runs.get("digits-dcgan")
        made = embedding_maps.compute(OfRun(run, run.snapshot()), self.options)
        rows = list(csv.DictReader(io.StringIO(made.csv([2]).decode())))
        assert len(rows) == 16 and [row["chosen"] for row in rows].index("1") == 2
        assert {row["class_from"] for row in rows[8:]} == {"classifier"} and rows[0]["class_from"] == "label"
        assert float(rows[5]["layer3_y"]) == pytest.approx(made.coordinates["layer3"][5, 1], rel=1e-4)

    def test_the_atlas_has_an_address_and_nothing_else_does(self, shelf):
        from starlette.requests import Request

        from gandash import api_embeddings

        run = runs.get("digits-dcgan")
        made = embedding_maps.compute(OfRun(run, run.snapshot()), self.options)
        assert api_embeddings.routes("base")[0].path == "/base/api/atlases/{name}"
        ask = lambda name: api_embeddings.atlas(Request({"type": "http", "path_params": {"name": name}}))  # noqa: E731
        answer = ask(made.atlas)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        assert Image.open(io.BytesIO(answer.body)).size == (4 * made.tile, 4 * made.tile)
        for name in ("0" * 32 + ".png", "../../checkpoints/digits-dcgan/config.json", "config.json"):
            assert ask(name).status_code == 404


@pytest.mark.parametrize(("shape", "tile"), [((5, 1, 28, 28), 28), ((5, 3, 64, 64), 64), ((3000, 3, 128, 128), LONGEST_SIDE // 55)])
def test_atlas(shape, tile):
    count = shape[0]
    images = np.broadcast_to(np.linspace(0, 255, count).astype(np.uint8)[:, None, None, None], shape)
    made = atlas(images)
    drawn = np.asarray(Image.open(io.BytesIO(made.content)))
    assert made.tile == tile and max(drawn.shape[:2]) <= LONGEST_SIDE
    for index in (0, 1, count - 1):
        row, column = divmod(index, made.columns)
        middle = drawn[row * tile + tile // 2, column * tile + tile // 2]
        assert np.abs(middle.astype(int) - int(images[index, 0, 0, 0])).max() <= (0 if count < 10 else 12)


class TestBackground:
    def test_who_asks_for_the_same_gets_the_same_and_can_cancel_it(self):
        begun, stopped, goes_on = threading.Event(), threading.Event(), threading.Event()

        def work(progress):
            try:
                for step in range(10_000):
                    progress(step / 10_000, f"step {step}")
                    begun.set()
                    goes_on.wait(0.01)
            finally:
                stopped.set()

        first = background.start("shared", work)
        assert begun.wait(30)
        assert background.start("shared", work) is first and background.find("shared") is first
        first.cancel()
        assert stopped.wait(30)

    @pytest.mark.parametrize(
        ("error", "expected", "told"),
        [(ValueError("There are no pictures."), (ValueError,), "There are no pictures."), (KeyError("x"), (), "KeyError: 'x'")],
    )
    def test_what_went_wrong_is_told(self, error, expected, told):
        ended = threading.Event()

        def work(progress):
            raise error

        made = background.start(f"fails {told}", work, expected)
        background.start("after it", lambda progress: ended.set())
        assert ended.wait(30)
        assert made.done and made.error == told
        again = background.start(f"fails {told}", lambda progress: None)
        assert again is not made and background.find(f"fails {told}") is again


def test_weights_that_are_not_here_say_what_to_do(shelf, monkeypatch, tmp_path):
    monkeypatch.setenv("GANDASH_RESNET18", str(tmp_path / "nowhere.pth"))
    test = AppTest.from_file(str(PROJECT / "pages" / "frame.py"), default_timeout=120)
    test.query_params["weights"] = "imagenet"
    test.run()
    test.switch_page("6_embeddings.py").run()
    assert not test.exception
    assert any("GANDASH_RESNET18 points to" in info.value for info in test.info)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("grad_cam", {"count": 3, "images": "real"}),
        ("grad_cam_plus_plus", {"count": 3, "seed": 4, "target": "real"}),
        ("tsne", {"count": 6}),
        ("separability", {"count": 6}),
    ],
)
def test_an_analysis_runs_on_a_run_and_draws_it(name, options, shelf):
    from gandash import analyses

    run = runs.get("digits-dcgan")
    analysis = analyses.parts[name](options)
    figure = analysis.figure(analysis.run(run, run.snapshot()))
    assert len(figure.data) >= 2
