"""Ranges: positions in the unit interval, edges, and what a search opens."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.checks import InputError
from talweg.methods.space import LARGEST_COMPLEMENT, Range, tunable

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


@pytest.mark.parametrize(("settings", "names"), [(9, "a"), (10, "ab"), (25, "ab"), (26, "abc"), (100, "abc")])
def test_what_is_tuned_grows_with_the_number_of_settings(settings, names):
    space = {"a": Range(1, 2), "b": Range(1, 2, tier=2), "c": Range(1, 2, tier=3)}
    assert "".join(tunable(space, settings)) == names


@pytest.mark.parametrize(("low", "high", "complement"), [(0, 1, False), (2, 1, False), (-1, 1, False), (0.1, 1.5, True), ("1", 2, False)])
def test_a_range_that_holds_no_numbers_is_refused(low, high, complement):
    with pytest.raises(InputError, match=r"^Range: (low|high) must"):
        Range(low, high, complement=complement)


@given(RANGES, st.sampled_from([-1, 1]))
def test_beyond_an_edge_a_range_goes_on_half_as_wide(span, edge):
    further = span.beyond(edge)
    assert (further.tier, further.complement) == (span.tier, span.complement)
    width = math.log(span.high / span.low)
    if edge < 0:
        assert further.high == span.low
        assert math.log(further.high / further.low) == pytest.approx(width / 2)
    else:
        assert further.low == span.high
        if further.high < LARGEST_COMPLEMENT or not span.complement:
            assert math.log(further.high / further.low) == pytest.approx(width / 2)
    assert not span.complement or further.high <= LARGEST_COMPLEMENT
    assert math.copysign(1, span.position(further.value(0.5)) - 0.5) == edge


def test_beyond_by_hand():
    assert Range(1e-4, 1.0).beyond(1) == Range(1.0, 100.0)
    further = Range(1e-4, 1.0).beyond(-1)
    assert (further.low, further.high) == (pytest.approx(1e-6), 1e-4)
    wide = Range(0.01, 0.5, complement=True).beyond(1)
    assert (wide.low, wide.high, wide.value(1.0)) == (0.5, LARGEST_COMPLEMENT, pytest.approx(0.001))  # a momentum is never negative
