"""What each score calls best, by losses made by hand."""

from __future__ import annotations

import numpy as np

from talweg.problems import load
from talweg.studies import tuning

NAN, INF = np.nan, np.inf


def test_of_equal_scores_the_next_key_decides_then_the_first() -> None:
    assert tuning.best(np.array([[1.0, 5.0], [1.0, 4.0], [1.0, 4.0], [2.0, 0.0]])) == 1
    assert tuning.best(np.array([INF, INF])) == 0
    assert tuning.best(np.array([INF, 2.0, 2.0])) == 1


def test_a_half_sample_keeps_one_of_every_two_neighbours() -> None:
    points = np.array([0.9, 0.1, 0.6, 0.3, 0.2])[:, None]  # neighbours: 1 and 4, 3 and 2; 0 is alone
    kept = tuning.half_samples(points, 400, seed=0)
    assert kept.shape == (400, 5)
    assert (kept[:, 1] != kept[:, 4]).all()
    assert (kept[:, 2] != kept[:, 3]).all()
    assert ((kept.mean(axis=0) > 0.4) & (kept.mean(axis=0) < 0.6)).all()
    assert (kept == tuning.half_samples(points, 400, seed=0)).all()


def test_the_mean_loss_counts_soon_as_well_as_low_and_a_divergence_is_the_worst() -> None:
    scores = tuning.mean_loss(np.array([[4.0, 3.0, 2.0], [4.0, 1.0, 2.0], [4.0, 0.1, NAN]]))
    np.testing.assert_array_equal(scores, [3, 7 / 3, INF])


def test_of_the_gap_left_the_deepest_wins_unless_it_climbed() -> None:
    steady, deep, leap, lost = [4.0, 2.0, 1.0], [4.0, 1.0, 0.5], [4.0, 9.0, 0.0], [4.0, NAN, NAN]
    scores = tuning.gap_left(np.array([steady, deep, leap, lost])[:, None], lowest=0.0)
    assert scores[0] == np.mean(np.log(steady))
    assert tuning.best(scores) == 1
    assert scores[2] == scores[3] == INF


def test_where_every_setting_climbs_the_deepest_of_them_wins() -> None:
    assert tuning.best(tuning.gap_left(np.array([[[1.0, 5.0, 3.0]], [[1.0, 5.0, 2.0]]]), lowest=0.0)) == 1


def test_without_a_known_lowest_value_the_gap_is_counted_from_the_lowest_seen() -> None:
    losses = np.array([[[4.0, 3.0, 2.5]], [[4.0, 2.0, 2.0]]])
    np.testing.assert_allclose(tuning.gap_left(losses), tuning.gap_left(losses, lowest=2.0))
    assert np.isinf(tuning.gap_left(np.full((2, 1, 3), NAN))).all()


def test_more_arrivals_come_first_then_the_median_at_the_end_then_that_on_the_way() -> None:
    lowest = np.array([[0.0, 0.0, 5.0], [0.0, 3.0, 3.0], [0.0, 0.0, 4.0], [0.0, 0.0, 4.0]])
    last = np.array([[1.0, 1.0, 5.0], [0.0, 0.0, 0.0], [1.0, 1.0, 9.0], [0.5, 2.0, 2.0]])
    scores = tuning.arrivals_then_losses(lowest, last, 0.1)
    np.testing.assert_array_equal(scores[:, 0], [-2, -1, -2, -2])
    assert tuning.best(scores) == 0
    assert tuning.best(scores[1:]) == 1


def test_a_function_is_searched_far_wider_than_data_and_a_fixed_rate_not_at_all() -> None:
    from talweg.contestants.notation import listed

    def tried(name: str, method: str) -> list[dict[str, float]]:
        problem = load(name)
        return tuning.learning_rates(problem, listed(problem, method, settings=1)[0])

    on_function, on_data = tried("rosenbrock", "sgd"), tried("iris", "sgd")
    assert len(on_function) == 32
    assert (on_function[0]["learning_rate"], on_function[-1]["learning_rate"]) == (1e-7, 30)
    assert len(on_data) == tuning.SPREAD
    assert 1e-7 < on_data[0]["learning_rate"] < on_data[-1]["learning_rate"] < 30
    assert tried("iris", "sgd:learning_rate=0.1") == [{}]
