"""What neighbours know of each other: a surface over the settings of a search."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from talweg.statistics import smoothing
from talweg.statistics.smoothing import proposed, smoothed


def parabola(points: np.ndarray) -> np.ndarray:
    """Lowest at 0.4 of the first dimension; the others do not matter."""
    return 4 * (points[:, 0] - 0.4) ** 2


def test_a_noisy_parabola_is_ranked_better_than_by_its_raw_values() -> None:
    rng = np.random.default_rng(0)
    raw, smooth, ranks = [], [], []
    for _ in range(20):
        points = rng.uniform(size=(24, 2))
        truth = parabola(points)
        values = truth + 0.2 * rng.normal(size=24)
        surface = smoothed(points, values, np.ones(24))
        raw.append(truth[values.argmin()])
        smooth.append(truth[surface.argmin()])
        ranks.append(stats.spearmanr(surface, truth).statistic - stats.spearmanr(values, truth).statistic)
    assert np.mean(smooth) < 0.8 * np.mean(raw)
    assert np.mean(np.array(ranks) > 0) >= 0.9


def test_a_dimension_that_does_not_matter_is_averaged_over() -> None:
    rng = np.random.default_rng(1)
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 8), np.linspace(0, 1, 4), indexing="ij"), axis=-1).reshape(-1, 2)
    left = []
    for _ in range(10):
        noise = 0.2 * rng.normal(size=32)
        surface = smoothed(grid, parabola(grid) + noise, np.ones(32)).reshape(8, 4)
        left.append(surface.std(axis=1).mean() / noise.reshape(8, 4).std(axis=1).mean())
    assert np.mean(left) < 0.35
    # one that matters is not
    surface = smoothed(grid, parabola(grid) + parabola(grid[:, ::-1]), np.ones(32)).reshape(8, 4)
    np.testing.assert_allclose(surface.std(axis=1), parabola(grid[:, ::-1]).reshape(8, 4).std(axis=1), rtol=0.2)


def test_a_mean_over_many_seeds_is_believed() -> None:
    points = np.linspace(0, 1, 12)[:, None]
    values = 0.3 * np.random.default_rng(2).normal(size=12)
    values[5] = -3.0
    seeds = np.ones(12)
    single = smoothed(points, values, seeds)[5]
    seeds[5] = 1000.0
    many = smoothed(points, values, seeds)[5]
    assert abs(many + 3.0) < 0.25 < abs(single + 3.0)


def test_the_level_and_the_unit_of_the_values_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    points = rng.uniform(size=(16, 1))
    values = parabola(points) + 0.1 * rng.normal(size=16)
    np.testing.assert_allclose(
        smoothed(points, 5 + 1e-4 * values, np.ones(16)), 5 + 1e-4 * smoothed(points, values, np.ones(16)), atol=1e-8
    )


@pytest.mark.parametrize(
    ("points", "values"),
    [
        (np.linspace(0, 1, smoothing.LEAST - 1)[:, None], np.arange(smoothing.LEAST - 1.0)),
        (np.zeros((9, 0)), np.arange(9.0)),
        (np.linspace(0, 1, 9)[:, None], np.full(9, 2.5)),
    ],
    ids=["few settings", "nothing searched", "all alike"],
)
def test_what_no_surface_can_be_fitted_to_comes_back_as_it_is(points: np.ndarray, values: np.ndarray) -> None:
    np.testing.assert_array_equal(smoothed(points, values, np.ones(len(values))), values)


def test_new_points_lie_where_the_surface_is_low() -> None:
    rng = np.random.default_rng(4)
    points = rng.uniform(size=(24, 2))
    new = proposed(points, parabola(points) + 0.02 * rng.normal(size=24), np.ones(24), 16, 0)
    assert new.shape == (16, 2)
    assert parabola(new).mean() < 0.3 * parabola(points).mean()
    assert len(np.unique(new, axis=0)) == 16
    assert new.min() >= 0
    assert new.max() <= 1


@pytest.mark.parametrize("settings", [1, 3])
def test_of_few_points_new_ones_lie_around_the_best(settings: int) -> None:
    points = np.linspace(0.3, 0.6, settings)[:, None]
    new = proposed(points, np.arange(settings, dtype=float), np.ones(settings), 8, 0)
    assert (np.abs(new - points.T).min(axis=1) < 0.5).all()
    assert ((new >= 0) & (new <= 1)).all()


def test_the_same_seed_proposes_the_same_points() -> None:
    points = np.random.default_rng(5).uniform(size=(12, 2))
    first, again, other = (proposed(points, parabola(points), np.ones(12), 4, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
