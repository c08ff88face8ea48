"""Ticks, and labels that do not overlap."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.figures import layout


@given(st.floats(1e-8, 1e6), st.floats(1.5, 1e9), st.integers(4, 9))
def test_ticks_lie_in_the_axis_and_are_not_too_many(low: float, ratio: float, most: int) -> None:
    ticks = layout.ticks(low, low * ratio, most)
    assert len(ticks) <= most
    assert all(low * 0.99 <= x <= low * ratio * 1.01 for x in ticks)
    assert ticks == sorted(ticks)


def test_ticks_of_a_usual_loss_are_the_usual_ones() -> None:
    assert layout.ticks(0.11, 2.6, 5) == [0.2, 0.5, 1.0, 2.0]
    assert layout.ticks(1.1e-5, 0.3, 5) == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1])
    assert layout.linear_ticks(0, 33449) == [0, 10000, 20000, 30000]
    assert layout.linear_ticks(-4.0, 4.0) == [-4.0, -2.0, 0.0, 2.0, 4.0]
    assert layout.linear_ticks(3.0, 3.0) == [3.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=14), st.floats(0.01, 0.07))
def test_labels_are_apart_in_order_and_inside(wanted: list[float], gap: float) -> None:
    places = layout.apart(wanted, gap)
    ordered = sorted(places)
    assert all(b - a >= gap * (1 - 1e-9) for a, b in itertools.pairwise(ordered))
    assert ordered[0] >= -1e-9
    assert ordered[-1] <= 1 + 1e-9
    by_wish = [place for _, place in sorted(zip(wanted, places, strict=True))]
    assert by_wish == pytest.approx(ordered)


def test_labels_with_room_stay_where_they_want_to_be() -> None:
    assert layout.apart([0.9, 0.1, 0.5], 0.1) == pytest.approx([0.9, 0.1, 0.5])


def test_labels_without_room_stand_about_the_middle_of_what_they_want() -> None:
    assert layout.apart([0.5, 0.5, 0.9], 0.1) == pytest.approx([0.45, 0.55, 0.9])
    assert layout.apart([0.4, 0.4, 0.4], 0.1) == pytest.approx([0.3, 0.4, 0.5])
    assert layout.apart([0.0, 0.0], 0.1) == pytest.approx([0.0, 0.1])


def test_a_height_on_a_log_axis_is_that_of_the_logarithm() -> None:
    assert math.isclose(layout.height_of(1, 0.1, 10), 0.5)
    assert layout.height_of(1e9, 0.1, 10) == 1
    assert layout.height_of(-1, 0.1, 10) == 0
