"""Intervals of means: by hand, and by simulation against the truth that each is for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from talweg.statistics import means

ROWS, TRAIN, HELD_OUT, SPLITS = 100, 80, 20, 16
EXPERIMENTS = 1500

TWO, T = np.array([1.0, 3.0]), 12.706204736  # a variance of 2; Student's quantile with one degree of freedom


def test_the_intervals_by_hand() -> None:
    def half(interval: tuple[float, float]) -> float:
        assert sum(interval) / 2 == pytest.approx(2.0)
        return (interval[1] - interval[0]) / 2

    assert half(means.mean_interval(TWO)) == pytest.approx(T)
    assert half(means.resampled_interval(TWO, 40, 10)) == pytest.approx(T * math.sqrt((1 / 2 + 10 / 40) * 2))
    # the doubt about the mean, the luck of 20 new rows, and what the variance has beyond the luck of the 10 held-out rows
    assert half(means.prediction_interval(TWO, 2.0, 40, 10, 20)) == pytest.approx(T * math.sqrt(1.5 + 4 / 20 + (2 - 4 / 10)))
    # rows so different that they explain all of the variance, and more
    assert half(means.prediction_interval(TWO, 5.0, 40, 10, 20)) == pytest.approx(T * math.sqrt(1.5 + 25 / 20))
    fixed = means.prediction_interval(TWO, 2.0, 40, 10, 20, fresh_splits=False)
    assert half(fixed) == pytest.approx(T * math.sqrt(2 / 2 + 4 / 10 + 4 / 20 + 2))


def test_a_higher_level_is_a_wider_interval() -> None:
    quantile = float(stats.t.ppf(0.995, 1))
    assert means.mean_interval(TWO, 0.99) == pytest.approx((2 - quantile, 2 + quantile))
    assert np.ptp(means.resampled_interval(TWO, 40, 10, 0.99)) > np.ptp(means.resampled_interval(TWO, 40, 10, 0.9))
    assert np.ptp(means.prediction_interval(TWO, 1.0, 40, 10, 9, level=0.99)) > np.ptp(means.prediction_interval(TWO, 1.0, 40, 10, 9))


def test_a_single_value_has_no_interval_but_for_new_rows() -> None:
    one = np.array([0.5])
    assert means.mean_interval(one) == (0.5, 0.5)
    assert means.resampled_interval(one, 40, 10) == (0.5, 0.5)
    low, high = means.prediction_interval(one, 1.0, 40, 10, 20)
    assert low < 0.5 < high


@pytest.mark.parametrize("seeds", [4, 16])
def test_the_interval_of_a_mean_holds_it_as_often_as_it_says(seeds: int) -> None:
    rng = np.random.default_rng(0)
    held = [low <= 3.0 <= high for low, high in (means.mean_interval(rng.normal(3.0, 2.0, seeds)) for _ in range(4000))]
    assert np.mean(held) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize("seeds", [8, 32])
def test_the_interval_of_a_skewed_mean_holds_it_more_often_than_students(seeds: int) -> None:
    """Gamma's second shape has the skewness of losses, √2; misses lie on both sides."""
    rng, truth, held, student, low_misses = np.random.default_rng(3), 2.0, 0, 0, 0
    for _ in range(EXPERIMENTS * 2):
        values = rng.gamma(2.0, size=seeds)
        low, high = means.mean_interval(values)
        half = float(stats.t.ppf(0.975, seeds - 1)) * stats.sem(values)
        assert low < values.mean() < high
        held += low <= truth <= high
        student += abs(values.mean() - truth) <= half
        low_misses += high < truth
    assert held > student
    assert held / (2 * EXPERIMENTS) > (0.94 if seeds == 32 else 0.92)
    assert low_misses < 0.75 * (2 * EXPERIMENTS - student)


def test_a_mirrored_sample_has_the_mirrored_interval_and_a_symmetric_one_students() -> None:
    values = np.random.default_rng(4).gamma(2.0, size=20)
    low, high = means.mean_interval(values)
    assert means.mean_interval(-values) == pytest.approx((-high, -low))
    assert means.mean_interval(5 + 2 * values) == pytest.approx((5 + 2 * low, 5 + 2 * high))
    both = np.concatenate([values, -values])
    half = float(stats.t.ppf(0.975, len(both) - 1)) * stats.sem(both)
    assert means.mean_interval(both) == pytest.approx((-half, half), abs=1e-12)
    assert means.mean_interval(np.full(9, 0.3)) == (0.3, 0.3)


def losses(rng: np.random.Generator, x: np.ndarray, splits: int = SPLITS) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A model that is the mean of its training rows: its mean squared error on each split's held-out rows, its deviation, the models."""
    order = rng.permuted(np.tile(np.arange(len(x)), (splits, 1)), axis=1)
    models = x[order[:, HELD_OUT:]].mean(axis=1)
    rows = (x[order[:, :HELD_OUT]] - models[:, None]) ** 2
    return rows.mean(axis=1), rows.std(axis=1, ddof=1), models


def test_the_interval_for_data_drawn_anew_holds_where_the_usual_one_does_not() -> None:
    """The truth is the expected loss over pools that are drawn anew: splits of one pool share its luck."""
    rng = np.random.default_rng(1)
    truth = 1 + 1 / TRAIN
    usual = corrected = narrower = 0
    for _ in range(EXPERIMENTS):
        values, _, _ = losses(rng, rng.normal(size=ROWS))
        narrow, wide = means.mean_interval(values), means.resampled_interval(values, TRAIN, HELD_OUT)
        narrower += np.ptp(narrow) < np.ptp(wide)
        usual += narrow[0] <= truth <= narrow[1]
        corrected += wide[0] <= truth <= wide[1]
    assert narrower / EXPERIMENTS > 0.9  # all but those whose skewness is large by chance
    assert usual / EXPERIMENTS < 0.85
    assert 0.92 <= corrected / EXPERIMENTS <= 0.995


@pytest.mark.parametrize("new_rows", [20, 200])
def test_the_promise_holds_for_one_more_training_and_new_rows(new_rows: int) -> None:
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(EXPERIMENTS):
        values, deviations, models = losses(rng, rng.normal(size=ROWS), SPLITS + 1)
        deviation = float(np.sqrt(np.mean(deviations[:-1] ** 2)))
        low, high = means.prediction_interval(values[:-1], deviation, TRAIN, HELD_OUT, new_rows)
        held += low <= ((rng.normal(size=new_rows) - models[-1]) ** 2).mean() <= high
    assert 0.92 <= held / EXPERIMENTS <= 0.99


@pytest.mark.parametrize("luck", [0.0, 0.5])
@pytest.mark.parametrize("new_rows", [20, 200])
def test_the_promise_holds_where_all_seeds_share_one_split(new_rows: int, luck: float) -> None:
    """Seeds differ in the luck of their training alone; that of the held-out rows is in all of them."""
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(EXPERIMENTS):
        models = rng.normal(0, 1 / math.sqrt(TRAIN)) + luck * rng.normal(size=SPLITS + 1)
        rows = (rng.normal(size=HELD_OUT) - models[:-1, None]) ** 2
        deviation = float(np.sqrt(np.mean(rows.var(axis=1, ddof=1))))
        low, high = means.prediction_interval(rows.mean(axis=1), deviation, TRAIN, HELD_OUT, new_rows, fresh_splits=False)
        held += low <= ((rng.normal(size=new_rows) - models[-1]) ** 2).mean() <= high
    assert 0.90 <= held / EXPERIMENTS <= 0.985  # 20 rows with skewed losses say little of their own deviation


def test_the_promise_would_not_hold_without_the_luck_of_the_shared_rows() -> None:
    """The same experiment with the formula for fresh splits: it must be seen that the other one is needed."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(EXPERIMENTS):
        rows = (rng.normal(size=HELD_OUT) - 0.001 * rng.normal(size=(SPLITS, 1))) ** 2
        deviation = float(np.sqrt(np.mean(rows.var(axis=1, ddof=1))))
        low, high = means.prediction_interval(rows.mean(axis=1), deviation, TRAIN, HELD_OUT, 200)
        held += low <= (rng.normal(size=200) ** 2).mean() <= high
    assert held / EXPERIMENTS < 0.8
