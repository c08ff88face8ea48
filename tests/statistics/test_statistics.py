"""The statistics, on cases worked out by hand and against slow second opinions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from talweg.statistics import bootstrap, censoring, proportions, search

INF = math.inf


NAN = math.nan
CURVES = {
    "between two points": ([2.0, 1.5, 0.5, 0.4], 1.0, 15.0),
    "at a point": ([2.0, 1.0, 0.5, 0.4], 1.0, 10.0),
    "at the start": ([0.9, 1.5, 0.5, 0.4], 1.0, 0.0),
    "at the very end": ([2.0, 1.8, 1.5, 1.0], 1.0, 30.0),
    "never": ([2.0, 1.8, 1.5, 1.2], 1.0, INF),
    "only the first time counts": ([2.0, 0.5, 3.0, 0.1], 1.0, 10 * 2 / 3),
    "diverged before": ([2.0, NAN, NAN, NAN], 1.0, INF),
    "diverged after": ([2.0, 0.0, NAN, NAN], 1.0, 5.0),
    "diverged from the start": ([NAN, NAN, NAN, NAN], 1.0, INF),
    "after a gap": ([2.0, NAN, 0.5, NAN], 1.0, 20.0),
    "from infinity": ([INF, INF, 0.5, 0.4], 1.0, 20.0),
    "a target of minus infinity": ([2.0, 1.0, 0.5, 0.4], -INF, INF),
}


@pytest.mark.parametrize(("values", "target", "step"), CURVES.values(), ids=CURVES)
def test_the_crossing_by_hand(values: list[float], target: float, step: float) -> None:
    assert censoring.crossing(np.array([0, 10, 20, 30]), np.array(values), target) == pytest.approx(step)


@given(st.lists(st.floats(0.01, 10), min_size=2, max_size=20), st.floats(0.01, 10))
def test_the_crossing_is_where_the_straight_line_meets_the_target(values: list[float], target: float) -> None:
    steps = np.arange(len(values)) * 10
    found = censoring.crossing(steps, np.array(values), target)
    if found == INF:
        assert min(values) > target
        return
    assert np.interp(found, steps, values) <= target + 1e-9
    assert all(v > target for v in np.array(values)[steps < found - 1e-6])


@given(
    st.integers(1, 8).flatmap(
        lambda points: st.tuples(
            st.lists(
                st.lists(st.one_of(st.floats(0.01, 10), st.just(NAN), st.just(INF)), min_size=points, max_size=points),
                min_size=1,
                max_size=6,
            ),
            st.lists(st.one_of(st.floats(0.01, 10), st.just(-INF)), min_size=6, max_size=6),
        )
    )
)
def test_crossings_are_the_crossing_of_every_row(drawn: tuple[list[list[float]], list[float]]) -> None:
    curves, targets = np.array(drawn[0]), np.array(drawn[1][: len(drawn[0])])
    steps = 10.0 * np.arange(curves.shape[1]) ** 2
    one_by_one = [censoring.crossing(steps, curve, target) for curve, target in zip(curves, targets, strict=True)]
    np.testing.assert_allclose(censoring.crossings(steps, curves, targets), one_by_one)


@pytest.mark.parametrize(("values", "target", "step"), CURVES.values(), ids=CURVES)
def test_a_crossing_among_many_by_hand(values: list[float], target: float, step: float) -> None:
    curves = np.array([[2.0, 2.0, 2.0, 2.0], values, [0.0, 0.0, 0.0, 0.0]])
    found = censoring.crossings(np.array([0.0, 10.0, 20.0, 30.0]), curves, np.array([1.0, target, 1.0]))
    np.testing.assert_allclose(found, [INF, step, 0.0])


def least(losses: list[float], n: int) -> np.ndarray:
    """The best of every subset of n, sorted."""
    return np.sort([min(subset) for subset in itertools.combinations(losses, n)])


@pytest.mark.parametrize("losses", [[3.0], [3.0, 1.0, 2.0], [5.0, 5.0, 1.0, 2.0], [0.3, 0.1, 0.4, 0.15, 0.9, 0.2, 0.6], [*np.arange(10.0)]])
def test_the_best_of_n_is_the_mean_and_the_quantiles_over_all_subsets(losses: list[float]) -> None:
    expected, low, high = search.best_of(np.array(losses))
    for n in range(1, len(losses) + 1):
        best = least(losses, n)
        assert expected[n - 1] == pytest.approx(best.mean())
        assert low[n - 1] == best[math.ceil(0.1 * len(best) - 1e-9) - 1]
        assert high[n - 1] == best[math.ceil(0.9 * len(best) - 1e-9) - 1]


def test_diverged_settings_count_as_the_worst_that_did_not_diverge() -> None:
    np.testing.assert_allclose(search.best_of(np.array([1.0, INF, 2.0, NAN])), search.best_of(np.array([1.0, 2.0, 2.0, 2.0])))
    assert np.isnan(search.best_of(np.array([INF, NAN]))).all()
    assert search.best_of(np.array([])).shape == (3, 0)


def test_resampled_lanes_are_the_same_for_all_contestants() -> None:
    one, again, other = (bootstrap.resampled(16, 500, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert one.shape == (500, 16)
    assert set(np.unique(one)) == set(range(16))
    np.testing.assert_allclose(np.bincount(one.ravel()) / one.size, 1 / 16, atol=0.01)


def test_medians_may_be_infinite() -> None:
    values = np.array([[1, 2, INF, INF], [1, 2, 3, INF], [INF, INF, INF, INF], [4, 3, 2, 1]])
    assert np.median(values, axis=-1).tolist() == [INF, 2.5, INF, 2.5]
    assert np.median(np.array([3.0, 1.0, INF]), axis=-1) == 3.0


def test_the_probability_of_being_less_counts_equal_ones_half() -> None:
    assert bootstrap.probability_less(np.array([1, 2, 3, 4]), np.array([2, 2, 1, 9])) == (1 + 0.5 + 0 + 1) / 4
    a = np.random.default_rng(0).integers(0, 3, 50)
    assert bootstrap.probability_less(a, a) == 0.5
    assert bootstrap.probability_less(a, a[::-1]) + bootstrap.probability_less(a[::-1], a) == pytest.approx(1)


@pytest.mark.parametrize("count", [8, 16])
def test_the_bootstrap_interval_of_a_median_holds_the_truth_as_often_as_it_says(count: int) -> None:
    """400 experiments with costs of a known median: a skewed distribution, as times to a target are."""
    rng = np.random.default_rng(0)
    index = bootstrap.resampled(count, 1000, 1)
    held = 0
    for _ in range(400):
        costs = 100 * np.exp(0.5 * rng.normal(size=count))
        low, high = bootstrap.interval(np.median(costs[index], axis=-1))
        held += low <= 100 <= high
    assert 0.90 <= held / 400 <= 0.985


def test_an_interval_may_end_at_infinity() -> None:
    low, high = bootstrap.interval(np.array([1.0] * 50 + [INF] * 50))
    assert (low, high) == (1.0, INF)
    np.testing.assert_allclose(bootstrap.interval(np.arange(1000.0)), (24.5, 974.5), atol=0.5)


@pytest.mark.parametrize(("wins", "count"), [(0, 16), (8, 16), (15, 16), (16, 16), (3, 4)])
def test_wilsons_interval_is_scipys(wins: int, count: int) -> None:
    expected = stats.binomtest(wins, count).proportion_ci(0.95, method="wilson")
    np.testing.assert_allclose(proportions.proportion_interval(wins, count), expected, atol=1e-12)


@pytest.mark.parametrize("count", [1, 16, 1000])
def test_nothing_of_all_is_exactly_nothing(count: int) -> None:
    assert proportions.proportion_interval(0.0, count)[0] == 0.0
    assert proportions.proportion_interval(count, count)[1] == 1.0


def test_the_difference_of_pairs_by_hand() -> None:
    """Of ten pairs five have only the first true and one only the second: 5.5 and 1.5 of 12 cells."""
    one = np.array([1, 1, 1, 1, 1, 0, 1, 1, 0, 0], bool)
    other = np.array([0, 0, 0, 0, 0, 1, 1, 1, 0, 0], bool)
    half = 1.959964 * math.sqrt(7 - 16 / 12) / 12
    np.testing.assert_allclose(proportions.paired_difference(one, other), (0.4, 1 / 3 - half, 1 / 3 + half), atol=1e-6)
    np.testing.assert_allclose(proportions.paired_difference(other, one), (-0.4, -1 / 3 - half, -1 / 3 + half), atol=1e-6)


def test_pairs_that_never_differ_still_leave_a_doubt() -> None:
    for same in (np.zeros(20, bool), np.ones(20, bool)):
        value, low, high = proportions.paired_difference(same, same)
        assert value == 0.0
        assert -0.2 < low < 0 < high < 0.2
    assert proportions.paired_difference(np.ones(4, bool), np.zeros(4, bool))[2] <= 1.0


def test_a_higher_level_is_a_wider_interval() -> None:
    one, other = np.arange(40) % 3 == 0, np.arange(40) % 2 == 0
    widths = [high - low for _, low, high in (proportions.paired_difference(one, other, level) for level in (0.8, 0.95, 0.995))]
    assert widths == sorted(widths)
    assert widths[0] < widths[2]


@pytest.mark.parametrize(("both", "first", "second"), [(0.2, 0.4, 0.1), (0.0, 0.05, 0.0), (0.5, 0.1, 0.1), (0.9, 0.05, 0.0)])
@pytest.mark.parametrize("count", [32, 256])
def test_the_interval_of_a_paired_difference_holds_the_truth_as_often_as_it_says(
    both: float, first: float, second: float, count: int
) -> None:
    """2,000 experiments; the shares are of pairs in which both, only the first and only the second are true."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        cell = rng.choice(4, size=count, p=[both, first, second, 1 - both - first - second])
        _, low, high = proportions.paired_difference((cell == 0) | (cell == 1), (cell == 0) | (cell == 2))
        held += low <= first - second <= high
    assert held / 2000 >= 0.925


def test_a_mixture_of_one_is_the_interval_of_it_and_one_of_two_reaches_from_the_one_to_the_other() -> None:
    one = np.array([True, True, False, True, True, False])
    other = ~one
    single = proportions.mixed_difference([(one, other)], np.array([3.0]))
    assert single == pytest.approx(proportions.paired_difference(one, other)[1:])
    assert proportions.mixed_proportion([4], 6, np.ones(1)) == pytest.approx(proportions.proportion_interval(4, 6))
    low, high = proportions.mixed_proportion([0, 64], 64, np.array([1.0, 1.0]))
    assert low == pytest.approx(0.0, abs=0.02)
    assert high == pytest.approx(1.0, abs=0.02)
    rare = proportions.mixed_proportion([0, 64], 64, np.array([1.0, 1000.0]))  # less than the tail
    assert rare[0] > 0.9
