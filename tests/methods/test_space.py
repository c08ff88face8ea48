"""Ranges: positions in the unit interval, edges, and what a search opens."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.checks import InputError
from talweg.methods.space import Range, tunable

UNIT = st.floats(0, 1)
RANGES = st.builds(
    lambda low, width, complement: Range(low, min(low * width, 0.9) if complement else low * width, complement=complement),
    st.floats(1e-6, 1e-2),
    st.floats(10, 1e4),
    st.booleans(),
)


def test_the_middle_of_a_range_is_its_geometric_mean():
    assert Range(1e-4, 1.0).value(0.5) == pytest.approx(1e-2)
    assert Range(1e-4, 1e-2, complement=True).value(0.5) == pytest.approx(0.999)


@given(RANGES, UNIT)
def test_a_position_and_its_value_are_inverse(span, u):
    assert span.position(span.value(u)) == pytest.approx(u, abs=1e-6)


def test_a_number_that_no_range_reaches_lies_below_all():
    assert Range(1e-4, 1.0).position(0.0) == -math.inf
    assert Range(1e-4, 0.5, complement=True).position(1.0) == -math.inf


@pytest.mark.parametrize(("u", "edge"), [(-0.5, -1), (0.05, -1), (0.15, 0), (0.85, 0), (0.95, 1), (1.5, 1)])
def test_the_outermost_tenth_of_the_log_range_is_an_edge(u, edge):
    span = Range(1e-4, 1.0)
    assert span.edge(span.value(u)) == edge


@given(RANGES, st.sampled_from([-1, 1]))
def test_a_widened_range_goes_further_and_keeps_half_of_the_old_one(span, edge):
    wider = span.widened(edge)
    if edge < 0:
        assert wider.low < span.low
        assert wider.high == pytest.approx(math.sqrt(span.low * span.high))
    else:
        assert wider.high > span.high
        assert wider.low == pytest.approx(math.sqrt(span.low * span.high))


def test_a_widened_complement_never_makes_a_negative_number():
    assert Range(5e-3, 0.3, complement=True).widened(1).value(1.0) == pytest.approx(0.001)


@pytest.mark.parametrize(("settings", "names"), [(9, "a"), (10, "ab"), (25, "ab"), (26, "abc"), (100, "abc")])
def test_what_is_tuned_grows_with_the_number_of_settings(settings, names):
    space = {"a": Range(1, 2), "b": Range(1, 2, tier=2), "c": Range(1, 2, tier=3)}
    assert "".join(tunable(space, settings)) == names


@pytest.mark.parametrize(("low", "high", "complement"), [(0, 1, False), (2, 1, False), (-1, 1, False), (0.1, 1.5, True), ("1", 2, False)])
def test_a_range_that_holds_no_numbers_is_refused(low, high, complement):
    with pytest.raises(InputError, match=r"^Range: (low|high) must"):
        Range(low, high, complement=complement)
