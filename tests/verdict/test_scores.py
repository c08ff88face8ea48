"""What a lane achieved, and which setting is chosen."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

import numpy as np

from talweg.verdict import scores
from talweg.verdict.scores import Scores, Target

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
lane, falling, diverging = MADE["lane"], MADE["falling"], MADE["diverging"]
LOSS, ACCURACY, NOTHING = Target("loss", 1.0), Target("accuracy", 0.6), Target("loss", None)
INF = math.inf


def test_a_cost_is_examples_seen_until_the_target() -> None:
    assert scores.cost(lane(0, 0, falling(40.0)), LOSS, 10) == 400
    assert scores.cost(lane(0, 0, falling(200.0)), LOSS, 10) == INF
    assert scores.cost(lane(0, 0, diverging()), LOSS, 10) == INF
    assert scores.cost(lane(0, 0, falling(40.0)), NOTHING, 10) == INF
    # the measure is 1 − loss / 2, so 0.6 is a loss of 0.8, six fifths of the way to 1
    assert math.isclose(scores.cost(lane(0, 0, falling(40.0)), ACCURACY, 10), 480)


def test_the_final_loss_of_a_diverged_lane_is_infinite() -> None:
    assert scores.final_loss(lane(0, 0, falling(100.0))) == 1.0
    assert scores.final_loss(lane(0, 0, diverging())) == INF


def test_lanes_that_did_not_arrive_cost_twice_the_budget() -> None:
    par = Scores(np.array([[100.0, INF], [INF, INF], [300.0, 500.0]]), np.array([[1.0, 3.0], [1.0, INF], [2.0, 2.0]]), 1000.0).penalised()
    assert par.costs.tolist() == [(100 + 2000) / 2, 2000, 400]
    assert par.losses.tolist() == [2.0, INF, 2.0]


def test_the_best_setting_is_the_fastest_then_the_lowest_and_diverged_ones_come_last() -> None:
    curves = {0: falling(300.0), 1: falling(50.0), 2: diverging(), 3: falling(200.0), 4: falling(30.0), 5: diverging(50)}
    lanes = [lane(i, 7, curve) for i, curve in curves.items()]
    assert scores.best_settings(lanes, LOSS, 10) == [4, 1, 3, 0, 2, 5]
    assert scores.best_settings(lanes[::-1], LOSS, 10) == [4, 1, 3, 0, 2, 5]
    assert scores.best_settings(lanes, NOTHING, 10)[:4] == [1, 4, 3, 0]  # by the final loss alone: 0.5 for both, and by number


def test_a_setting_that_is_fast_on_half_of_its_seeds_is_not_the_best() -> None:
    gambler = [lane(0, s, falling(20.0) if s % 2 else diverging()) for s in range(4)]
    steady = [lane(1, s, falling(80.0)) for s in range(4)]
    assert scores.best_settings(gambler + steady, LOSS, 10) == [1, 0]


def test_the_baselines_own_target_is_95_percent_of_its_median_way() -> None:
    assert scores.own_target([lane(0, s, falling(a)) for s, a in enumerate((80.0, 100.0, 125.0))]) == Target("loss", 1.05, own=True)
    assert scores.own_target([lane(0, 0, falling(100.0)), lane(0, 1, diverging()), lane(0, 2, diverging())]).value is None
