"""Descents in a picture: cut at its edge, with arrows that point along the way."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.figures.palette import Look
from talweg.figures.surface import trajectories
from talweg.figures.surface.grid import Grid
from talweg.figures.surface.trajectories import SingleTrajectory, clipped

SIDE = np.linspace(0, 10, 21)
BOWL = Grid(SIDE, SIDE, np.add(*np.meshgrid((SIDE - 5) ** 2, (SIDE - 5) ** 2)), [((5.0, 5.0), 0.0, "minimum", True)], "bowl", 0.0)
DOMAIN = BOWL.domain


def trajectory(*places: tuple[float, float], loss: list[float] | None = None, **more: object) -> SingleTrajectory:
    values = loss if loss is not None else [float((x - 5) ** 2 + (y - 5) ** 2) for x, y in places]
    return SingleTrajectory("adam", "Adam", Look("#2885eb", "dash"), np.array(places, float), np.array(values, float), 0.1, **more)  # type: ignore[arg-type]


def test_a_line_is_cut_where_it_leaves_the_picture() -> None:
    corners, steps = clipped(np.array([[5.0, 5.0], [15.0, 5.0], [15.0, 9.0], [5.0, 9.0]]), DOMAIN)
    known = np.isfinite(steps)
    assert corners[known].max() == 10.0
    assert steps[known][0] == 0.0
    assert 0.5 in steps  # half of the first step is inside
    assert (steps[known] <= 0.5).sum() + (steps[known] >= 2.5).sum() == known.sum()
    assert (~known).sum() == 1  # one gap
    assert tuple(corners[-1]) == (5.0, 9.0)


def test_what_never_comes_in_is_not_drawn_and_what_never_moves_is_a_point() -> None:
    assert len(clipped(np.array([[11.0, 11.0], [12.0, 20.0]]), DOMAIN)[0]) == 0
    corners, _ = clipped(np.array([[3.0, 4.0]]), DOMAIN)
    assert set(map(tuple, corners)) == {(3.0, 4.0)}
    crossing, _ = clipped(np.array([[-5.0, 5.0], [15.0, 5.0]]), DOMAIN)
    assert crossing[0][0] == pytest.approx(0.0)
    assert crossing[-1][0] == pytest.approx(10.0)


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=12))
def test_the_visible_part_lies_inside_and_on_the_way(places: list[tuple[float, float]]) -> None:
    plane = np.array(places, float)
    corners, steps = clipped(plane, DOMAIN)
    known = np.isfinite(steps)
    assert ((corners[known] >= 0) & (corners[known] <= 10)).all()
    assert (np.diff(steps[known]) >= 0).all()
    for corner, step in zip(corners[known], steps[known], strict=True):
        k = min(math.floor(step), max(len(plane) - 2, 0))
        on_the_way = plane[k] + (step - k) * (plane[min(k + 1, len(plane) - 1)] - plane[k])
        np.testing.assert_allclose(corner, on_the_way, atol=1e-6)
    inside = [k for k, (x, y) in enumerate(places) if 0 <= x <= 10 and 0 <= y <= 10]
    assert set(inside) <= set(np.round(steps[known], 9))  # every step that is inside is a corner


def test_arrows_point_the_way_the_descent_goes() -> None:
    there = trajectories.drawn(trajectory((1, 1), (9, 1), (9, 9)), BOWL)
    pairs, steps = trajectories.arrows(there, DOMAIN)
    assert 2 <= len(pairs) <= trajectories.ARROWS
    for (before, tip), step in zip(pairs, steps, strict=True):
        way = (tip - before) / np.linalg.norm(tip - before)
        np.testing.assert_allclose(way, [1, 0] if step <= 1 else [0, 1], atol=1e-9)
    back, _ = trajectories.arrows(trajectories.drawn(trajectory((9, 1), (1, 1)), BOWL), DOMAIN)
    assert (back[:, 1, 0] < back[:, 0, 0]).all()
    assert len(trajectories.arrows(trajectories.drawn(trajectory((5, 5), (5.01, 5)), BOWL), DOMAIN)[0]) == 0


def test_a_trail_lies_on_the_ground_even_where_a_step_jumps_over_a_valley() -> None:
    there = trajectories.drawn(trajectory((0, 5), (10, 5)), BOWL)
    middle = there.height[np.abs(there.x - 5).argmin()]
    assert middle == pytest.approx(float(BOWL.height(0.0)) + trajectories.LIFT * BOWL.rise, abs=0.1)
    assert there.height[0] > middle


def test_it_has_the_colour_and_dash_of_its_method_in_both_pictures() -> None:
    one = trajectory((1, 1), (4, 4), (5, 5))
    there = trajectories.drawn(one, BOWL)
    flat, space = trajectories.on_plane([one], [there], BOWL, "Adam & co"), trajectories.in_space([one], [there], BOWL)
    assert (flat[0].line.color, flat[0].line.dash) == ("#2885eb", "dash") == (space[0].line.color, space[0].line.dash)
    assert flat[0].name == "Adam &amp; co"
    assert flat[0].showlegend
    assert "step 1: 2" in flat[1].hovertext[1]
    assert flat[2].marker.angleref == "previous"
    assert (flat[3].x[0], flat[3].y[0]) == (5.0, 5.0)


@pytest.mark.parametrize(
    ("places", "more", "symbol"),
    [
        ([(1, 1), (4, 4)], {}, "circle"),
        ([(1, 1), (40, 4)], {}, "circle-open"),
        ([(1, 1), (40, 4)], {"diverged_at": 1, "loss": [32.0, math.nan]}, "x"),
    ],
)
def test_the_end_says_whether_it_stayed_left_or_diverged(places: list, more: dict, symbol: str) -> None:
    one = trajectory(*places, **more)
    assert trajectories.end_symbol(one, BOWL) == symbol
    assert trajectories.on_plane([one], [trajectories.drawn(one, BOWL)], BOWL)[3].marker.symbol == (symbol,)


def test_several_starts_of_a_method_are_one_line_with_gaps() -> None:
    two = [trajectory((1, 1), (4, 4)), trajectory((9, 9), (6, 6), start=1)]
    parts = [trajectories.drawn(one, BOWL) for one in two]
    joined = trajectories.together(parts)
    assert np.isnan(joined.step).sum() == 1
    assert len(trajectories.on_plane(two, parts, BOWL)) == 4
    assert len(trajectories.starts(two, BOWL).x) == 2


def test_each_start_becomes_a_trajectory_of_its_own() -> None:
    path = SimpleNamespace(
        name="adam",
        label="Adam",
        method="adam",
        batch=None,
        hyperparameters={"learning_rate": 0.1, "b1": 0.9},
        tuned=True,
        positions=np.zeros((2, 3, 2)),
        loss=np.array([[3.0, 2.0, 1.0], [3.0, np.nan, np.nan]]),
    )
    descents = trajectories.single([path])
    assert [one.diverged_at for one in descents] == [-1, 1]
    assert [one.start for one in descents] == [0, 1]
    assert descents[0].learning_rate == 0.1
    assert descents[0].tuned
    assert len(descents[1].plane) == 2
    assert not hasattr(descents[0], "batch")


def test_when_it_left_the_picture() -> None:
    assert trajectories.left_at(trajectory((1, 1), (4, 4)), BOWL) == -1
    assert trajectories.left_at(trajectory((1, 1), (4, 4), (4, 40), (4, 4)), BOWL) == 2
    assert trajectories.end_symbol(trajectory((1, 1), (4, 40), (4, 4)), BOWL) == "circle"
    assert trajectories.left_at(trajectory((-1, 1), (4, 4)), BOWL) == 0
