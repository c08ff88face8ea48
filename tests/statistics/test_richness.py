"""What starts did not find: intervals that hold as often as they say, for the basins of real functions and for hard cases."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.checks import InputError
from talweg.statistics.richness import Estimate, better_than_best, missing_mass, richness

REPEATS = 1000
NOISE = 0.015  # about two standard errors of a share of 95 % of so many repeats


def between_hilltops(function: Callable[[np.ndarray], np.ndarray], reach: float) -> np.ndarray:
    """The masses of a function's basins on [−reach, reach]: the shares between its local maxima."""
    x = np.linspace(-reach, reach, 200_001)
    y = function(x)
    tops = x[1:-1][(y[1:-1] > y[:-2]) & (y[1:-1] > y[2:])]
    return np.diff([-reach, *tops, reach]) / (2 * reach)


def separable(one: np.ndarray, dimensions: int) -> np.ndarray:
    return functools.reduce(np.multiply.outer, [one] * dimensions).ravel()


def normed(masses: np.ndarray) -> np.ndarray:
    return masses / masses.sum()


STYBLINSKI_TANG = between_hilltops(lambda x: x**4 - 16 * x**2 + 5 * x, 5)
RASTRIGIN = between_hilltops(lambda x: x**2 - 10 * np.cos(2 * np.pi * x), 5.12)
MASSES = {
    "himmelblau": np.array([0.23725, 0.25994375, 0.25568125, 0.247125]),  # by descent from a grid of 400 × 400 in [−5, 5]²
    "six-hump camel": normed(np.repeat([0.17476875, 0.12455, 0.20068125], 2)),  # likewise, in [−3, 3] × [−2, 2]
    "styblinski-tang in 2": separable(STYBLINSKI_TANG, 2),
    "styblinski-tang in 4": separable(STYBLINSKI_TANG, 4),
    "rastrigin in 2": separable(RASTRIGIN, 2),
    **{f"{k} alike": np.full(k, 1 / k) for k in (1, 2, 5, 50, 1000)},
    "each half the one before": normed(0.5 ** np.arange(60)),
    "each 0.8 of the one before": normed(0.8 ** np.arange(200)),
    "zipf": normed(1 / np.arange(1, 2001)),
    "zipf, squared": normed(1 / np.arange(1, 2001) ** 2),
}
RARE = ("one of mass 1/n", "eight of mass 1/n")


def masses(name: str, n: int) -> np.ndarray:
    rare = {"one of mass 1/n": 1, "eight of mass 1/n": 8}.get(name)
    return np.array([1 / n] * rare + [1 - rare / n]) if rare else MASSES[name]


def draws(name: str, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The masses, and so many draws of the counts of n starts."""
    p = np.sort(masses(name, n))
    return p, np.random.default_rng(0).multinomial(n, p, size=REPEATS)


@pytest.mark.parametrize("n", [16, 64, 256, 1024])
@pytest.mark.parametrize("name", [*MASSES, *RARE])
def test_the_interval_of_the_missing_mass_holds_what_is_unseen_as_often_as_it_says(name: str, n: int) -> None:
    p, counts = draws(name, n)
    really = ((counts == 0) * p).sum(axis=1)
    low, high = np.array([missing_mass(one)[1:] for one in counts]).T
    assert np.mean((low <= really + 1e-12) & (really <= high + 1e-12)) >= 0.95 - NOISE
    assert np.mean(really > high + 1e-12) <= 0.025 + 0.01  # the upper end is what a search is ended by


def test_the_interval_is_not_so_wide_that_it_says_nothing() -> None:
    """On Rastrigin's 121 basins, on the mean, with 256 starts and with 1,024."""
    for n, width in ((256, 0.17), (1024, 0.011)):
        _, counts = draws("rastrigin in 2", n)
        assert np.mean([high - low for _, low, high in map(missing_mass, counts)]) < width


@pytest.mark.parametrize("name", ["rastrigin in 2", "50 alike", "zipf"])
def test_the_estimate_is_right_on_the_mean_to_one_start(name: str) -> None:
    """Good: the mean of n₁/n is the missing mass of n − 1 starts."""
    p, counts = draws(name, 64)
    expected = (p * (1 - p) ** 63).sum()
    assert np.mean([missing_mass(one).value for one in counts]) == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("n", [16, 64, 256])
@pytest.mark.parametrize("name", [*MASSES, *RARE])
def test_the_number_of_basins_is_seldom_said_to_be_larger_than_it_is(name: str, n: int) -> None:
    p, counts = draws(name, n)
    found = np.array([richness(one) for one in counts])
    assert np.mean(found[:, 1] <= len(p)) >= 0.95 - NOISE
    assert np.all(found[:, 1] >= (counts > 0).sum(axis=1))
    assert found[:, 0].mean() <= len(p) * 1.05


@pytest.mark.parametrize(("name", "n", "least"), [("50 alike", 64, 0.85), ("rastrigin in 2", 256, 0.85), ("1000 alike", 1024, 0.9)])
def test_the_interval_of_the_number_of_basins_holds_it_where_they_are_alike(name: str, n: int, least: float) -> None:
    p, counts = draws(name, n)
    found = np.array([richness(one) for one in counts])
    assert np.mean((found[:, 1] <= len(p)) & (len(p) <= found[:, 2])) >= least
    assert found[:, 0].mean() == pytest.approx(len(p), rel=0.05)


def test_the_missing_mass_by_hand() -> None:
    """None seen once: m² = z² (m (1 − m) + 2/n) / n. One seen once of two starts: s = 1/2."""
    n, z = 64, 1.959963984540054
    value, low, high = missing_mass([40, 24])
    assert (value, low) == (0, 0)
    assert high**2 == pytest.approx(z * z * (high * (1 - high) + 2 / n) / n)
    assert missing_mass([1]) == (1, 0, 1)
    assert missing_mass([1, 0, 3, 1]).value == 2 / 5
    value, low, high = missing_mass([1] * 40 + [2] * 10 + [5] * 8)  # n = 100, s = 0.4; Wald's end lies above Wilson's here
    assert low == pytest.approx(min(0.4 - z * math.sqrt((0.24 + 0.26) / 100), low))
    assert (high - 0.4) ** 2 == pytest.approx(z * z * (high * (1 - high) + 0.22) / 100)


def test_the_number_of_basins_by_hand() -> None:
    """Two seen once and one twice of k = 4: u = 2 · 1 / (2 · 2) = 1/2, v = 1/2 + 2 · 9 / 16 + 4 / (4 · 16)."""
    value, low, high = richness([1, 1, 2, 6])
    assert value == 4.5
    factor = math.exp(1.959963984540054 * math.sqrt(math.log(1 + (0.5 + 18 / 16 + 4 / 64) / 0.25)))
    assert (low, high) == (4, math.ceil(4 + 0.5 * factor))
    assert richness([1] * 16)[:2] == (16 + 16 * 15 / 2, 16 + 16 * 15 / 8)
    assert richness([1, 1, 1]).value == 3 + 3
    assert richness([30, 30]) == pytest.approx((2, 2, 2))


@given(st.lists(st.integers(0, 30), min_size=1, max_size=40).filter(any))
def test_an_estimate_lies_in_its_interval_and_the_order_of_basins_is_nothing_to_it(counts: list[int]) -> None:
    for estimate in (missing_mass, richness):
        value, low, high = estimate(counts)
        assert isinstance(estimate(counts), Estimate)
        assert low <= value + 1e-12
        assert value <= high + 1e-12
        assert estimate([*sorted(counts), 0]) == (value, low, high)
    assert missing_mass(counts).low >= 0
    assert missing_mass(counts).high <= 1


@pytest.mark.parametrize("n", [1, 4, 30])
def test_one_more_start_is_better_than_the_bound_says_in_one_case_of_twenty(n: int) -> None:
    """The mass below the best of n uniform draws is the best itself."""
    best = np.random.default_rng(0).uniform(size=(20_000, n)).min(axis=1)
    assert np.mean(best <= better_than_best(n)) == pytest.approx(0.95, abs=0.005)
    assert np.mean(best <= better_than_best(n, level=0.5)) == pytest.approx(0.5, abs=0.012)


def test_the_bound_by_hand() -> None:
    assert better_than_best(1) == pytest.approx(0.95)
    assert better_than_best(2, level=0.75) == pytest.approx(0.5)
    assert better_than_best(1000) == pytest.approx(3 / 1000, rel=0.01)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ([], "richness: counts must hold at least one end, got none"),
        ([0, 0], "richness: counts must hold at least one end, got none"),
        ([3, -1], "richness: counts must be whole numbers of at least 0, one for each basin"),
        ([1.5], "richness: counts must be whole numbers"),
        ([math.nan], "richness: counts must be whole numbers"),
        ([[1, 2]], "richness: counts must be whole numbers"),
        (["many"], "richness: counts must be whole numbers"),
    ],
)
def test_counts_that_are_none_are_refused_in_one_sentence(counts: list[float], sentence: str) -> None:
    for estimate in (missing_mass, richness):
        with pytest.raises(InputError, match=sentence):
            estimate(counts)


def test_a_bound_needs_a_start_and_a_level() -> None:
    with pytest.raises(InputError, match="n must be at least 1, got 0"):
        better_than_best(0)
    with pytest.raises(InputError, match=r"level must lie in \(0, 1\), got 1"):
        better_than_best(3, level=1.0)
