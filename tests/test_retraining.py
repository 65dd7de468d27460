"""Retraining experiments: the plan, what is kept and found again, the command line, the page."""

import csv
import io
import shutil

import pytest
import torch
from typer.testing import CliRunner

from gandash import retraining, runs
from gandash.analyses import Cancelled
from gandash.analyses._retraining_plan import Amounts, RetrainingOptions, Trained, cells, plan

TINY = {"real_per_class": 4, "generated": 40, "portions": (50, 100), "few_per_class": 1, "steps": 4, "test_count": 50, "seeds": 2}


class TestThePlan:
    def test_real_alone_generated_alone_and_each_with_each(self):
        options = RetrainingOptions()
        trials = plan(options, Amounts.of(options, 10, 9000))
        first = [trial for trial in trials if trial.seed == 0]
        assert len(trials) == 3 * len(first) and len(set(trials)) == len(trials)
        assert {trial.real for trial in first if trial.strategy == "real"} == {10, 50, 100, 200, 500, 1000, 2000}
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

    def test_a_run_comes_with_its_studies(self, experiment, shelf):
        with pytest.raises(LookupError, match="is not done"):
            experiment.ship()
        study = experiment.train()
        there = experiment.ship()
        assert there == experiment.run.path / "retraining" / experiment.id
        shutil.rmtree(shelf.runs)  # all that was computed here
        found = retraining.begun(experiment.run, experiment.snapshot)
        assert list(found) == [there.name] and found[there.name].study() == study and found[there.name].ship() == there

    def test_every_classifier_is_trained_by_one_thread(self, experiment, monkeypatch):
        """Several that wait for each other at every layer take ten times as long beside a training run."""
        before, seen = torch.get_num_threads(), []

        def look(*_):
            seen.append(torch.get_num_threads())
            raise Cancelled

        monkeypatch.setattr("gandash.analyses.retraining.train", look)
        torch.set_num_threads(2)
        try:
            with pytest.raises(Cancelled):
                experiment.train()
            assert seen == [1] and torch.get_num_threads() == 2
        finally:
            torch.set_num_threads(before)

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
        assert any(each.value == "129 classifiers of 300 steps each." for each in test.caption)
        assert test.button(key="retraining_start").label == "Start"
