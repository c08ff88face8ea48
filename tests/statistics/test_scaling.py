"""The fit of steps to batch sizes, where the answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from talweg.statistics import scaling

SIZES = 2.0 ** np.arange(11)
FAR = np.full(len(SIZES), 1e12)


def steps(least: float, critical: float) -> np.ndarray:
    return least * (1 + critical / SIZES)


@pytest.mark.parametrize("critical", [3.0, 90.0, 700.0])
def test_steps_that_follow_the_curve_give_its_numbers_back(critical: float) -> None:
    fitted = scaling.fit(SIZES, steps(120, critical)[None], FAR)
    assert fitted.critical[0] == pytest.approx(critical, rel=1e-3)
    assert fitted.least[0] == pytest.approx(120, rel=1e-3)
    assert fitted.steps(SIZES) == pytest.approx(steps(120, critical), rel=1e-3)


def test_each_row_of_steps_is_fitted_alone_and_noise_moves_the_fit_as_theory_says() -> None:
    rng = np.random.default_rng(0)
    noisy = steps(120, 90) * np.exp(0.1 * rng.normal(size=(500, len(SIZES))))
    fitted = scaling.fit(SIZES, noisy, FAR)
    assert np.median(fitted.critical) == pytest.approx(90, rel=0.03)
    # the standard error of log B_crit by linearised least squares
    share = 90 / SIZES / (1 + 90 / SIZES)
    design = np.stack([np.ones_like(share), share], axis=1)
    error = 0.1 * np.sqrt(np.linalg.inv(design.T @ design)[1, 1])
    assert np.std(np.log(fitted.critical)) == pytest.approx(error, rel=0.15)
    assert scaling.fit(SIZES, noisy[7:8], FAR).critical[0] == pytest.approx(fitted.critical[7])


def test_sizes_that_do_not_arrive_count_only_where_the_curve_lies_below_their_longest_training() -> None:
    true = steps(120, 90)
    missed = np.where(SIZES <= 4, np.inf, true)
    loose, tight = np.full(len(SIZES), 1.0), np.where(SIZES <= 4, 10 * true, 1e12)
    assert scaling.fit(SIZES, missed[None], loose).critical[0] == pytest.approx(90, rel=1e-3)  # they say nothing new
    assert scaling.fit(SIZES, missed[None], tight).critical[0] > 150  # small batches need far more than the others tell


def test_perfect_scaling_and_none_lie_at_the_ends_of_what_is_sought() -> None:
    inverse, flat = (1e4 / SIZES)[None], np.full((1, len(SIZES)), 50.0)
    assert scaling.fit(SIZES, inverse, FAR).critical[0] == pytest.approx(scaling.BEYOND * SIZES[-1])
    assert scaling.fit(SIZES, flat, FAR).critical[0] == pytest.approx(SIZES[0] / scaling.BEYOND)


def test_two_sizes_say_nothing_of_a_curve_with_two_numbers() -> None:
    few = np.where(SIZES <= 2, steps(120, 90), np.inf)
    fitted = scaling.fit(SIZES, np.stack([few, steps(120, 90)]), FAR)
    assert np.isnan(fitted.critical[0])
    assert np.isnan(fitted.least[0])
    assert fitted.critical[1] == pytest.approx(90, rel=1e-3)
