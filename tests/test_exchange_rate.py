"""The exchange rate against learning curves with a known answer, and what is read from it."""

import math

import numpy as np
import pytest

from gandash import retraining
from gandash.analyses._exchange_rate import ExchangeRate, exchange_rate
from gandash.analyses._retraining_plan import Amounts, Trained
from gandash.analyses.retraining import Study, grid
from gandash.plots.retraining import grid_figure, strategies_figure

COUNTS = np.array([10, 50, 100, 200, 500, 1000])


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


def study_of(curve: dict[int, float], mixed: dict[int, float], seeds: tuple[int, ...] = (0, 1)) -> Study:
    rows = [Trained("real", count, 0, seed, 0, value, value, 1.0) for seed in seeds for count, value in curve.items()]
    rows += [Trained("mixed", count, 1000, seed, 1000, value, value, 1.0) for seed in seeds for count, value in mixed.items()]
    return Study(tuple(rows), Amounts(10, 1000, 50, 1000, 2000), ())


def test_a_single_seed_has_no_spread_and_says_so():
    study = study_of({10: 0.5, 50: 0.6, 100: 0.7, 1000: 0.9}, {50: 0.7}, seeds=(0,))
    assert retraining.reading(study).endswith("With a single seed nobody can tell how much of this is chance.")
    drawn = grid_figure(retraining.grid(study)).to_json()
    assert "60.0%" in drawn and "±" not in drawn and "\\u00b1" not in drawn


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


def test_at_all_of_the_real_images_the_curve_goes_on_so_that_a_rate_can_be_told():
    study = study_of({10: 0.5, 50: 0.6, 100: 0.7, 1000: 0.9, 2000: 0.94}, {50: 0.7, 1000: 0.92})
    assert study.rates()["mixed", 1000].worth == pytest.approx(1000 * (2**0.5 - 1))  # halfway from 1,000 to 2,000, by the logarithm
    assert sorted(grid(study)) == [(50, 0), (50, 1000), (1000, 0), (1000, 1000)]  # what only the curve has is no portion


def test_the_view_begins_at_the_few_unless_harm_leads_further_down():
    for reached, begins in ((0.7, True), (0.55, False)):
        study = study_of({10: 0.1, 50: 0.6, 100: 0.7, 1000: 0.9}, {50: reached})
        figure = strategies_figure(**retraining.curves(study))
        if begins:
            assert 10 < 10 ** figure.layout.xaxis.range[0] < 50 and 0.5 < figure.layout.yaxis.range[0] < 0.6
        else:
            assert figure.layout.xaxis.range is None and figure.layout.yaxis.range is None
