"""How soon each contestant is as good as the best, from curves that are drawn."""

from __future__ import annotations

import math
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.verdict import arrivals

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
Made, record, falling, seeds, diverging, baseline = (MADE[name] for name in ("Made", "record", "falling", "seeds", "diverging", "baseline"))
STEPS = MADE["STEPS"]
MARGIN = 0.005  # 1 % of the best loss, 0.5


def rows(race: Any, count: str = "time") -> dict[str, dict[str, Any]]:
    return arrivals.summary(race, arrivals.arrivals(race), count)


def crossing(arrival: float, target: float, end: float = 0.5) -> float:
    """Where the mean curve of `seeds` comes down to a target: on the line between two measuring points."""
    curve = falling(arrival, end)
    return float(np.interp(-target, -curve[: 1 + int(curve.argmin())], STEPS[: 1 + int(curve.argmin())]))


def goal(value: float, kind: str = "loss") -> dict[str, Any]:
    return {"kind": kind, "value": value}


def test_the_target_is_the_lowest_mean_loss_of_the_finals_and_the_margin() -> None:
    arrived = arrivals.arrivals(record([baseline(), Made(seeds(30.0), "good"), Made(seeds(30.0, end=0.6), "worse")]))
    assert arrived.margin == pytest.approx(MARGIN)
    assert arrived.value == pytest.approx(0.5 + MARGIN)
    assert arrived.loose == pytest.approx(0.5 + 0.1 * 1.5)  # of the gap between 2 and 0.5 a tenth is left
    assert arrivals.arrivals(record([baseline()], goal(0.7))).value == 0.7
    assert arrivals.arrivals(record([baseline()], goal(0.7, "accuracy"))).loose is None


def test_one_arrival_is_counted_in_steps_examples_gradients_and_seconds() -> None:
    row = rows(record([baseline(), Made(seeds(30.0), "it", seconds=3e-4, gradients=2)]))["it"]
    steps = crossing(30.0, 0.5 + MARGIN)
    assert row["reached"]
    assert row["steps"]["value"] == pytest.approx(steps)
    assert row["examples"]["value"] == pytest.approx(10 * steps)
    assert row["gradients"]["value"] == pytest.approx(20 * steps)
    assert row["seconds"]["value"] == pytest.approx(3e-4 * steps)
    assert row["loose_steps"] == pytest.approx(crossing(30.0, 0.65))
    for word, factor in (("steps", 1.0), ("examples", 10.0), ("gradients", 20.0), ("seconds", 3e-4)):
        assert row[word]["low"] <= row[word]["value"] <= row[word]["high"]
        assert row[word]["low"] == pytest.approx(factor * row["steps"]["low"])
    full = rows(record([baseline(), Made(seeds(30.0), "it", batch="full")]))["it"]
    assert full["examples"]["value"] == pytest.approx(1000 * steps)


def test_it_is_the_mean_curve_that_arrives_not_the_single_lanes() -> None:
    """Half of the lanes are at 0.3 at once, the others at 0.7: no lane is near the mean, and the mean is there at once."""
    early, late = np.where(STEPS == 0, 2.0, 0.3), np.where(STEPS == 0, 2.0, 0.7)
    row = rows(record([baseline(), Made([early, late] * 8, "it")], goal(0.5)))["it"]
    assert row["steps"]["value"] == pytest.approx(5.0)
    assert row["steps"]["high"] == math.inf  # of other seeds more might be of the late ones


def test_a_seed_that_fails_keeps_the_mean_from_arriving() -> None:
    lucky = [*[falling(30.0)] * 15, diverging()]
    race = rows(record([baseline(), Made(lucky, "gambler"), Made([falling(60.0)] * 16, "steady")]))
    assert (race["gambler"]["reached"], race["steady"]["reached"]) == (False, True)


def test_who_does_not_arrive_is_a_bound_in_the_ratios() -> None:
    race = rows(record([baseline(), Made(seeds(30.0), "fast", seconds=2e-4), Made(seeds(30.0, end=0.8), "never")]))
    fast, never, slow = race["fast"], race["never"], race["baseline"]
    assert (slow["reached"], slow["rank"], slow["tied"], slow["steps"]["value"]) == (False, None, False, math.inf)
    # the baseline took at least the 100 steps that it was trained for
    assert fast["speedup"]["value"] == pytest.approx(100 * 1e-4 / (crossing(30.0, 0.505) * 2e-4))
    assert fast["speedup"]["low"] <= fast["speedup"]["value"] <= fast["speedup"]["high"] < 1.1 * fast["speedup"]["value"]
    # of two that do not arrive nothing is known
    assert never["speedup"] == {"value": None, "low": None, "high": None}


def test_a_contestant_that_does_not_arrive_is_at_most_so_fast_as_its_training_was_long() -> None:
    ready = baseline()
    ready.final = seeds(40.0)
    never = rows(record([ready, Made(seeds(30.0, end=0.8), "never")]))["never"]
    assert (never["speedup"]["value"], never["speedup"]["low"]) == (None, None)
    arrival = crossing(40.0, 0.505)
    assert arrival / 100 <= never["speedup"]["high"] <= 1.05 * arrival / 100


def test_the_baseline_is_as_fast_as_itself() -> None:
    ready = baseline()
    ready.final = seeds(40.0, spread=0.1)
    own = rows(record([ready, Made(seeds(60.0, spread=0.1), "slow")]))
    assert own["baseline"]["speedup"] == {"value": 1.0, "low": 1.0, "high": 1.0}
    slow = own["slow"]["speedup"]
    assert slow["value"] == pytest.approx(2 / 3, rel=0.05)
    assert slow["low"] <= slow["value"] <= slow["high"]


def test_the_order_is_by_what_is_counted_and_the_speed_up_too() -> None:
    race = record([baseline(), Made(seeds(30.0), "few", seconds=9e-4), Made(seeds(60.0), "cheap")])
    by_time, by_steps = rows(race), rows(race, "steps")
    assert arrivals.fastest(by_time) == ("cheap", [])
    assert arrivals.fastest(by_steps) == ("few", [])
    assert [by_time[name]["rank"] for name in ("baseline", "few", "cheap")] == [None, 2, 1]
    assert by_steps["few"]["speedup"]["value"] == pytest.approx(9 * by_time["few"]["speedup"]["value"])
    assert by_steps["few"]["steps"] == by_time["few"]["steps"]


def test_who_can_not_be_told_apart_from_the_fastest_is_tied() -> None:
    luck = seeds(30.0, spread=0.1)
    alike = record([baseline(), Made(luck, "one"), Made(seeds(30.5, spread=0.1, seed=5), "other"), Made(seeds(90.0, seed=6), "slow")])
    first, tied = arrivals.fastest(rows(alike))
    assert {first, *tied} == {"one", "other"}


def test_seeds_are_drawn_for_all_jointly_so_shared_luck_ties_nobody() -> None:
    """Where the intervals overlap by far, but one is later with every seed, it is later."""
    luck = [falling(30.0 * factor) for factor in np.exp(0.3 * np.random.default_rng(0).normal(size=16))]
    later = [falling(30.0 * factor) for factor in 1.05 * np.exp(0.3 * np.random.default_rng(0).normal(size=16))]
    race = rows(record([baseline(), Made(luck, "one"), Made(later, "other")], goal(0.8)))
    assert race["other"]["steps"]["low"] < race["one"]["steps"]["value"] < race["other"]["steps"]["value"] < race["one"]["steps"]["high"]
    assert arrivals.fastest(race) == ("one", [])


def test_the_fastest_setting_counts_where_it_is_there_before_the_one_of_the_final() -> None:
    final, quick = seeds(60.0), seeds(20.0, seed=4)
    row = rows(record([baseline(), Made(final, "it", speed=quick)]))["it"]
    assert row["steps"]["value"] == pytest.approx(crossing(20.0, 0.505), rel=1e-3)
    assert row["hyperparameters"] == {"learning_rate": 1e-4}  # the first setting of the search
    row = rows(record([baseline(), Made(seeds(20.0), "it", speed=seeds(60.0))]))["it"]
    assert row["hyperparameters"] == {"learning_rate": 0.1}
    poor = rows(record([baseline(), Made(final, "it", speed=seeds(20.0, end=0.6))]))["it"]
    assert poor["steps"]["value"] == pytest.approx(crossing(60.0, 0.505), rel=1e-3)


def test_an_accuracy_is_reached_from_below() -> None:
    race = rows(record([baseline(), Made(seeds(30.0), "it")], goal(0.7, "accuracy")))  # 1 − 0.6 / 2
    assert race["it"]["steps"]["value"] == pytest.approx(crossing(30.0, 0.6), rel=0.01)
    assert not race["baseline"]["reached"]  # it ends at 0.55
    wild = rows(record([baseline(), Made([diverging()] * 16, "wild")], goal(0.7, "accuracy")))["wild"]
    assert not wild["reached"]  # what diverged has no accuracy


def test_a_goal_that_all_have_reached_at_the_start_is_a_tie_with_a_speed_up_of_one() -> None:
    race = rows(record([baseline(), Made(seeds(30.0), "fast")], goal(3.0)), "steps")
    for row in race.values():
        assert row["steps"] == {"value": 0.0, "low": 0.0, "high": 0.0}
        assert row["speedup"] == {"value": 1.0, "low": 1.0, "high": 1.0}
        assert row["tied"]


def test_an_impossible_goal_is_reached_by_nobody() -> None:
    race = rows(record([baseline(), Made(seeds(30.0), "fast")], goal(0.001)))
    assert arrivals.fastest(race) == (None, [])
    assert not any(row["reached"] or row["tied"] for row in race.values())
