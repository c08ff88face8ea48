"""The ground of a picture: its height on a scale that shows the valley, its contour lines, its critical points."""

from __future__ import annotations

import json

import numpy as np
import pytest

from talweg.checks import InputError
from talweg.figures.surface import grid
from talweg.figures.surface.grid import Grid, scaled
from talweg.report.shell import data
from talweg.text.surface import unmarked

SIDE = np.linspace(-2, 2, 41)
X, Y = np.meshgrid(SIDE, np.linspace(-1, 3, 41))
ROSENBROCK = (1 - X) ** 2 + 100 * (Y - X**2) ** 2
SADDLE = np.subtract(*np.meshgrid(SIDE**2, SIDE**2))
POINTS = [((1.0, 1.0), 0.0, "minimum", True), ((9.0, 0.0), 3.0, "minimum", False), ((0.0, 0.5), 1.0, "saddle", False)]


def made(z: np.ndarray = ROSENBROCK, lowest: float | None = 0.0) -> Grid:
    return Grid(SIDE, np.linspace(-1, 3, 41), z, POINTS, "a <valley>", lowest)


def test_the_valley_of_rosenbrock_needs_a_log_scale_and_a_saddle_does_not() -> None:
    assert scaled(ROSENBROCK, 0.0).kind == "log"
    assert scaled(SADDLE).kind == "linear"
    assert scaled(X**2 + 10 * X.T**2, 0.0).kind == "linear"
    assert scaled(ROSENBROCK, 0.0, "linear").kind == "linear"
    assert scaled(SADDLE, None, "log").kind == "log"
    with pytest.raises(InputError, match="unknown height 'tall'"):
        scaled(SADDLE, None, "tall")


def test_a_height_keeps_the_order_of_values_and_its_ticks_are_true_values() -> None:
    for scale in ("linear", "log"):
        height = scaled(ROSENBROCK, 0.0, scale)
        drawn = height(np.sort(ROSENBROCK.ravel()))
        assert (np.diff(drawn) >= 0).all()
        places, words = height.ticks(ROSENBROCK)
        assert 3 <= len(places) <= 8
        for place, number in zip(places, words, strict=True):
            assert place == pytest.approx(float(height(float(number.replace(",", "")))))
    assert scaled(ROSENBROCK, 0.0, "log").title == "value (log)"
    assert scaled(ROSENBROCK - 7.5, -7.5, "log").title == "value above −7.5 (log)"


def test_what_is_not_finite_is_left_out_and_a_plain_is_drawn() -> None:
    z = ROSENBROCK.copy()
    z[3, 4], z[5, 6] = np.nan, np.inf
    for ground in (made(z), made(np.full_like(z, 2.0), None), made(np.full_like(z, np.nan), None)):
        figure = grid.contour_figure(ground), grid.surface_3d_figure(ground)
        for one in figure:
            assert json.loads(data({"figure": one.to_plotly_json()}))
    assert grid.contours(made(z))[0].z[3][4] is None


def test_there_are_about_twenty_lines_and_hovering_says_true_values() -> None:
    ground = grid.contours(made())[0]
    lines = (ground.contours.end - ground.contours.start) / ground.contours.size
    assert 15 <= lines <= 25
    np.testing.assert_allclose(np.array(ground.customdata, float), ROSENBROCK, rtol=1e-4)
    np.testing.assert_allclose(np.array(grid.surface_3d(made()).customdata, float), ROSENBROCK, rtol=1e-4)


def test_critical_points_have_a_symbol_for_each_kind_and_those_outside_are_not_drawn() -> None:
    traces = {trace.name: trace for trace in grid.marks(made())}
    assert set(traces) == {"lowest point", "saddle point"}  # the other minimum lies outside
    assert len({trace.marker.symbol for trace in traces.values()}) == 2
    assert (traces["lowest point"].x[0], traces["lowest point"].y[0]) == (1.0, 1.0)
    assert "(1, 1)" in traces["lowest point"].hovertext[0]
    inside = Grid(SIDE, SIDE, SADDLE, [((0.0, 0.0), 0.0, kind, False) for kind in ("minimum", "maximum", "saddle", "undecided")])
    assert len({trace.marker.symbol for trace in grid.marks(inside)}) == 4
    assert len(grid.peaks(inside)) == 4


def test_the_axes_are_those_of_the_domain_and_words_are_shown_literally() -> None:
    figure = grid.contour_figure(made())
    assert figure.layout.xaxis.range == (-2, 2)
    assert figure.layout.yaxis.range == (-1, 3)
    assert figure.data[0].name == "a &lt;valley&gt;"


def test_the_ground_is_as_high_as_its_corners() -> None:
    ground = made()
    assert ground.ground([(ground.x[7], ground.y[9])])[0] == pytest.approx(float(ground.height(ROSENBROCK[9, 7])))
    assert np.isnan(ground.ground([(5.0, 0.0)])[0])


def test_points_that_are_too_many_are_not_marked_and_this_is_said() -> None:
    many = [((float(x), 0.0), 1.0, "saddle", False) for x in np.linspace(-1, 1, grid.MOST_MARKS + 1)]
    crowded = Grid(SIDE, SIDE, SADDLE, [*many, ((0.0, 0.0), 0.0, "minimum", True)])
    assert list(grid.marked(crowded)) == ["best"]
    assert unmarked(grid.unmarked(crowded)) == "Too many to be marked: 61 saddle points."
    assert not any(grid.unmarked(made()).values())
