"""Retraining: the exchange rate against curves with a known answer, labels, filter, determinism, a real accuracy, what is kept."""

import csv
import io
import math

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from gandash import registry, retraining, runs
from gandash.analyses import Cancelled
from gandash.analyses._augmentation import Augmentation, mirror_keeps_the_class
from gandash.analyses._exchange_rate import ExchangeRate, exchange_rate
from gandash.analyses._retraining_images import Labelled, Labeller, generated, labeller_for, real_images
from gandash.analyses._retraining_plan import Amounts, RetrainingOptions, Trained, cells, plan
from gandash.analyses._small_classifier import Recipe, accuracy, at_size, train
from gandash.analyses.retraining import Retraining, Study
from gandash.assembly import networks
from gandash.config import RunConfig
from gandash.randomness import generator

COUNTS = np.array([10, 50, 100, 200, 500, 1000])
TINY = {"real_per_class": 4, "generated": 40, "portions": (50, 100), "few_per_class": 1, "steps": 4, "test_count": 50, "seeds": 2}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def config(dataset="mnist_subset", architecture="dcgan", **options) -> RunConfig:
    return RunConfig.model_validate({
        "dataset": {"name": dataset, "options": options},
        "architecture": {"name": architecture, "options": {} if dataset == "ring" else {"width": 4}},
        "latent_dim": 8,
    })  # fmt: skip


class TestTheExchangeRate:
    """The synthetic curve is 0.4 + 0.1 log10(n): an accuracy is worth the count at which the curve reaches it."""

    def curve(self, seeds=4, noise=0.0):
        random = np.random.default_rng(0)
        return 0.4 + 0.1 * np.log10(COUNTS) + noise * random.normal(size=(seeds, len(COUNTS)))

    @pytest.mark.parametrize(("reached", "generated", "worth"), [(300, 1000, 250), (300, 500, 500), (50, 1000, 0), (20, 1000, -30)])
    def test_is_what_the_curve_says(self, reached, generated, worth):
        accuracies = np.full(4, 0.4 + 0.1 * np.log10(reached))
        found = exchange_rate(COUNTS, self.curve(), 50, generated, accuracies)
        assert found.worth == pytest.approx(worth, abs=1e-6)
        assert found.low == pytest.approx(worth, abs=1e-6) and found.high == pytest.approx(worth, abs=1e-6)

    def test_the_interval_covers_the_truth_as_often_as_it_says(self):
        random, truth, hits = np.random.default_rng(1), 250.0, 0
        for _ in range(200):
            noisy = 0.4 + 0.1 * np.log10(COUNTS) + 0.01 * random.normal(size=(4, len(COUNTS)))
            found = exchange_rate(COUNTS, noisy, 50, 1000, 0.4 + 0.1 * np.log10(300) + 0.01 * random.normal(size=4))
            hits += found.low <= truth <= found.high
        assert 0.82 <= hits / 200 <= 0.98

    def test_beyond_the_curve_only_a_bound_is_told(self):
        above = exchange_rate(COUNTS, self.curve(), 50, 1000, np.full(4, 0.99))
        assert above.worth == pytest.approx(950) and above.text() == "at least 950"
        below = exchange_rate(COUNTS, self.curve(), 50, 1000, np.full(4, 0.1))
        assert below.worth == pytest.approx(-40) and below.text() == "at most −40"

    def test_a_dent_in_the_curve_is_ironed_out_and_one_seed_has_no_interval(self):
        dented = np.array([[0.5, 0.7, 0.6, 0.8, 0.85, 0.9]])
        found = exchange_rate(COUNTS, dented, 50, 1000, np.array([0.65]))
        assert found.worth == pytest.approx(math.sqrt(50 * 100) - 50) and math.isnan(found.low)
        assert found.text() == "21"

    def test_what_does_not_fit_is_refused(self):
        with pytest.raises(ValueError, match="does not fit"):
            exchange_rate(COUNTS, self.curve(3), 50, 1000, np.zeros(4))
        with pytest.raises(ValueError, match="rise"):
            exchange_rate(COUNTS[::-1], self.curve(), 50, 1000, np.zeros(4))

    @pytest.mark.parametrize(
        ("numbers", "text"),
        [
            ((123, 61, 208, -50, 950), "120 (61 to 210)"),
            ((-31, -50, 4, -50, 950), "−31 (−50 or less to 4)"),
            ((1234, 300, 2000, -50, 1900), "1,200 (300 to 1,900 or more)"),
        ],
    )
    def test_in_words(self, numbers, text):
        assert ExchangeRate(*map(float, numbers)).text() == text


class TestThePlan:
    def test_real_alone_generated_alone_and_each_with_each(self):
        options = RetrainingOptions()
        trials = plan(options, Amounts.of(options, 10, 9000))
        first = [trial for trial in trials if trial.seed == 0]
        assert len(trials) == 3 * len(first) and len(set(trials)) == len(trials)
        assert {trial.real for trial in first if trial.strategy == "real"} == {10, 50, 100, 200, 500, 1000}
        mixed = {(trial.real, trial.generated) for trial in first if trial.strategy == "mixed"}
        assert mixed == {(real, made) for real in (100, 200, 500, 1000) for made in (100, 200, 500, 1000)} | {(50, 1000)}
        assert {trial.generated for trial in first if trial.strategy == "generated"} == {100, 200, 500, 1000}
        assert {trial.generated for trial in first if trial.strategy == "augmented"} == {0}

    def test_a_small_data_set_gives_what_it_has_and_an_unknown_one_is_not_filtered(self):
        options = RetrainingOptions(further=("filtered",))
        trials = plan(options, Amounts.of(options, 10, 300), can_filter=False)
        assert max(trial.real for trial in trials) == 300 and not any(trial.strategy == "filtered" for trial in trials)

    def test_cells_are_means_over_seeds(self):
        rows = [Trained("real", 10, 0, seed, 0, accuracy, 0.5, 1.0) for seed, accuracy in enumerate((0.4, 0.6))]
        (cell,) = cells(rows)
        assert (cell.mean_real, cell.spread_real, cell.seeds) == (pytest.approx(0.5), pytest.approx(0.02**0.5), 2)


class TestTheClassifier:
    @pytest.fixture(scope="class")
    def digits(self):
        return real_images(config(size=28), 1000)

    def test_a_thousand_real_digits_teach_it_to_read(self, digits):
        found = {}
        for count in (50, 1000):
            images = digits.drawn(count, 0)
            model = train([(images.images, images.labels)], 10, Recipe(steps=150), seed=0)
            found[count] = accuracy(model, digits.test.images, digits.test.labels)
        assert 0.35 < found[50] < found[1000] - 0.1 and 0.85 < found[1000] < 0.99

    def test_the_same_seed_gives_the_same_network_and_another_one_another(self, digits):
        images = digits.drawn(40, 3)
        stages = [(images.images, images.labels)] * 2
        states = [
            train(stages, 10, Recipe(steps=6, batch_size=8), seed, augment).state_dict()
            for seed, augment in ((5, Augmentation()), (5, Augmentation()), (6, Augmentation()), (5, None))
        ]
        same = [all(torch.equal(value, other[name]) for name, value in states[0].items()) for other in states]
        assert same == [True, True, False, False]

    def test_an_order_shows_each_image_once_an_epoch(self):
        from gandash.analyses._small_classifier import _order

        order = _order(10, 4, 5, seed=0, stage=0)
        assert order.shape == (4, 5) and sorted(order[:2].flatten()) == list(range(10)) == sorted(order[2:].flatten())

    def test_few_real_images_are_a_part_of_more_and_as_many_of_each_class(self, digits):
        few, more = digits.drawn(50, 7), digits.drawn(200, 7)
        assert np.bincount(few.labels).tolist() == [5] * 10 and np.bincount(more.labels).tolist() == [20] * 10
        assert np.array_equal(few.images, more.images[:50])
        assert not np.array_equal(few.images, digits.drawn(50, 8).images)

    def test_other_sizes_are_brought_to_32(self):
        assert at_size(np.zeros((2, 3, 64, 64), np.uint8)).shape == (2, 3, 32, 32)
        assert at_size(np.zeros((2, 1, 28, 28), np.uint8)).shape == (2, 1, 28, 28)


class TestAugmentation:
    def test_a_shift_moves_and_a_flip_mirrors(self):
        images = torch.full((64, 1, 9, 9), -1.0)
        images[:, :, 4, 2] = 1.0
        moved = Augmentation(rotation=0, shift=0.2)(images, generator(0, "test"))
        places = {tuple(place) for place in torch.stack(torch.where(moved[:, 0] > 0.9)[1:], 1).tolist()}
        assert places <= {(row, column) for row in range(2, 7) for column in range(5)} and len(places) > 5
        flipped = Augmentation(rotation=0, shift=0, flips=True)(images, generator(0, "test"))
        assert {int(column) for column in torch.where(flipped > 0.9)[3]} == {2, 6}

    def test_flips_are_for_clothes_and_not_for_digits(self):
        digits, clothes = (registry.parts("datasets")[name]().class_names for name in ("mnist_subset", "fashion_mnist_subset"))
        assert not mirror_keeps_the_class(digits) and mirror_keeps_the_class(clothes)
        assert not Retraining().augmentation(digits).flips and Retraining().augmentation(clothes).flips
        assert Retraining({"flips": "always"}).augmentation(digits).flips


class TestLabels:
    def test_filtering_keeps_exactly_those_that_are_sure_enough(self):
        confidence = np.array([0.2, 0.9, 0.8999, 1.0, 0.95], np.float32)
        made = Labelled(np.arange(5, dtype=np.uint8)[:, None, None, None], np.arange(5), confidence)
        assert made.confident(0.9).labels.tolist() == [1, 3, 4] and made.confident(0.9).images.ravel().tolist() == [1, 3, 4]
        assert len(made.confident(0.0)) == 5

    def test_a_conditional_generator_labels_its_own_samples(self):
        game = networks(config(architecture="conditional_dcgan", size=28))
        made = generated(game, 30, 4, labeller_for(real_images(game.config, 50).dataset))
        assert made.labels.tolist() == game.labels(4, 30).tolist()
        assert made.confidence.shape == (30,) and made.confidence.max() <= 1  # of an untrained generator: in the class that was asked for
        assert generated(game, 30, 4, None).confidence is None

    def test_samples_of_others_get_the_class_that_the_embedded_classifier_sees(self):
        game = networks(config(size=28))
        labeller = labeller_for(real_images(game.config, 50).dataset)
        made = generated(game, 20, 4, labeller)
        likely = labeller.network.probabilities(made.images, "mnist")
        assert np.array_equal(made.labels, likely.argmax(1)) and np.allclose(made.confidence, likely.max(1), atol=1e-5)

    def test_a_run_on_some_classes_is_judged_among_these(self):
        labeller = labeller_for(real_images(config(size=28, classes=("3", "7")), 60).dataset)
        assert isinstance(labeller, Labeller) and labeller.columns == (3, 7)
        real = real_images(config(size=28, classes=("3", "7")), 60)
        likely = labeller.probabilities(real.test.images)
        assert likely.shape == (60, 2) and np.allclose(likely.sum(1), 1) and (likely.argmax(1) == real.test.labels).mean() > 0.9


class TestWhatDoesNotSuit:
    @pytest.mark.parametrize(
        ("made", "told"),
        [
            (("ring", "mlp"), "points in a plane"),
            (("image_folder", "dcgan"), "no classes"),
            (("unknown", "dcgan"), "no classes"),
        ],
    )
    def test_is_said_in_a_sentence(self, made, told):
        assert told in Retraining().suits(config(*made))

    def test_what_nobody_can_label_is_refused_and_what_labels_itself_is_not(self):
        unknown = {"classes": 5, "size": 32, "channels": 1}
        assert "Nobody can label" in Retraining().suits(config("unknown", "dcgan", **unknown))
        assert Retraining().suits(config("unknown", "conditional_dcgan", **unknown)) is None
        assert Retraining().suits(config("mnist", "dcgan")) is None


class TestAnExperiment:
    @pytest.fixture
    def experiment(self, shelf):
        run = runs.get("digits-dcgan")
        return retraining.Experiment(run, run.snapshot(), RetrainingOptions(**TINY))

    def test_is_kept_found_again_and_the_same_each_time(self, experiment):
        told = []
        study = experiment.train(lambda fraction, what: told.append((fraction, what)))
        assert experiment.study() == study and list(retraining.begun(experiment.run, experiment.snapshot)) == [experiment.id]
        assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
        assert any("Seed 2 of 2" in what and "10 real + 40 generated, pretrained" in what for _, what in told)
        rows = list(csv.DictReader(io.StringIO(retraining.table(study).decode())))
        assert len(rows) == len(study.rows) == experiment.trials == len(experiment.rows())
        assert {row["strategy"] for row in rows} == {"real", "generated", "mixed", "pretrained", "filtered", "augmented"}
        filtered = [row for row in study.rows if row.strategy == "filtered"]
        assert all(row.used <= row.generated == 40 for row in filtered)
        assert "labels its images" in " ".join(study.notes) and "has not seen these test images" in " ".join(study.notes)
        assert retraining.reading(study).startswith("A thousand generated images are worth")
        (experiment.folder / "rows.jsonl").unlink()
        again = experiment.train()
        numbers = [[(row.trial, row.used, row.accuracy_real, row.accuracy_generated) for row in each.rows] for each in (study, again)]
        assert numbers[0] == numbers[1]

    def test_what_was_trained_before_a_cancel_is_not_trained_again(self, experiment):
        def impatient(fraction, told):
            if "classifier 4 " in told:
                raise Cancelled

        with pytest.raises(Cancelled):
            experiment.train(impatient)
        before = experiment.rows()
        assert len(before) == 3 and experiment.study() is None
        assert list(experiment.train().rows[:3]) == before

    def test_the_command_line_prints_the_tables_and_writes_the_rows(self, experiment, tmp_path):
        from gandash.__main__ import app

        settings = [f"--set={name}={list(value) if isinstance(value, tuple) else value}" for name, value in TINY.items()]
        done = CliRunner().invoke(app, ["retrain", "digits-dcgan", *settings, "--csv", str(tmp_path / "rows.csv")])
        assert done.exit_code == 0, done.output
        assert "A thousand generated images are worth" in done.output and "Real, augmented" in done.output
        assert len((tmp_path / "rows.csv").read_text().splitlines()) == 1 + experiment.trials
        assert experiment.study() is not None


def study_of(curve: dict[int, float], mixed: dict[int, float]) -> Study:
    rows = [Trained("real", count, 0, seed, 0, value, value, 1.0) for seed in (0, 1) for count, value in curve.items()]
    rows += [Trained("mixed", count, 1000, seed, 1000, value, value, 1.0) for seed in (0, 1) for count, value in mixed.items()]
    return Study(tuple(rows), Amounts(10, 1000, 50, 1000), ())


@pytest.mark.parametrize(
    ("reached", "worth"),
    [
        (0.7, "about 50 real ones (50 to 50) when they are mixed with 50 real ones."),
        (0.55, "about −28 real ones (−28 to −28) when they are mixed with 50 real ones: they do harm."),
        (0.95, "at least 950 real ones when they are mixed with 50 real ones."),
        (0.6, "about 0 real ones (0 to 0) when they are mixed with 50 real ones, which cannot be told from nothing."),
    ],
)
def test_the_reading_comes_from_the_numbers(reached, worth):
    study = study_of({10: 0.5, 50: 0.6, 100: 0.7, 1000: 0.9}, {50: reached})
    assert retraining.reading(study) == f"A thousand generated images are worth {worth}"
    start, level, end = retraining.curves(study)["arrow"]
    assert (start, level) == (50, pytest.approx(reached)) and (end > start) == (reached > 0.6)
    assert "arrow" not in retraining.curves(study, "generated")


class TestThePage:
    """The page as a script: what it says where there is nothing to train."""

    def opened(self, run):
        from conftest import PROJECT
        from streamlit.testing.v1 import AppTest

        test = AppTest.from_file(str(PROJECT / "pages" / "frame.py"), default_timeout=120)
        test.query_params["run"] = run
        test.run()
        test.switch_page("8_classifier.py").run()
        assert not test.exception, [error.value for error in test.exception]
        return test

    def test_a_young_run_has_nothing_to_learn_from(self, shelf):
        shelf.add("young", "new", samples=False)
        assert any("Not started" in each.value for each in self.opened("young").markdown)

    def test_a_run_without_classes_says_so(self, shelf):
        shelf.add("nameless", "finished", dataset={"name": "unknown", "options": {"channels": 1, "size": 28}})
        said = [each.value for each in self.opened("nameless").markdown]
        assert any("no classes here" in text for text in said), said

    def test_a_shipped_run_says_what_will_be_trained(self, shelf):
        test = self.opened("digits-dcgan")
        assert any(each.value == "126 classifiers of 100 steps each." for each in test.caption)
        assert test.button(key="retraining_start").label == "Start"
