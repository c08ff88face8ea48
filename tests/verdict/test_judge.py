"""The verdict on rows made by hand: who wins, who is tied, what is said, and what the JSON holds."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.verdict.judge import judge

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
Made, record, falling, seeds, diverging, baseline = (MADE[name] for name in ("Made", "record", "falling", "seeds", "diverging", "BASELINE"))
FAST = seeds(30.0, seed=1)
INTERVAL = {"median", "low", "high"}


def contestant(summary: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in summary["contestants"] if row["name"] == name)


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    """A fast one, one that is level with it, one that is too slow for the target, one that always diverges."""
    return judge(
        record(
            [
                baseline(),
                Made(FAST, "fast", seconds_per_step=3e-4),
                Made(seeds(31.0, spread=0.3, seed=2), "level", method="nadam", seconds_per_step=1e-4),
                Made(seeds(400.0, seed=3), "slow", method="sgd", batch="full"),
                Made([diverging()] * 16, "wild", method="lion", search=[falling(90.0), *[diverging()] * 3]),
            ]
        )
    )


def test_the_fastest_wins_and_those_level_with_it_are_tied(usual: dict[str, Any]) -> None:
    assert usual["verdict"]["winner"] == usual["contestants"][0]["name"] == "fast"
    assert usual["verdict"]["tied"] == ["level"]
    assert [row["name"] for row in usual["contestants"]] == ["fast", "level", "baseline", "slow", "wild"]
    assert [row["rank"] for row in usual["contestants"]] == [1, 2, 3, 4, 5]
    assert [row["tied"] for row in usual["contestants"]] == [True, True, False, False, False]


def test_costs_in_steps_examples_and_seconds_are_one_cost(usual: dict[str, Any]) -> None:
    row = contestant(usual, "fast")
    median = np.median([float(np.interp(-1.05, -curve, MADE["STEPS"])) for curve in FAST])
    assert row["steps_to_target"]["median"] == pytest.approx(median, rel=0.02)  # the target is nearly, not exactly, 1.05
    assert row["examples_to_target"]["median"] == pytest.approx(10 * row["steps_to_target"]["median"])
    assert row["seconds_to_target"]["median"] == pytest.approx(3e-4 * row["steps_to_target"]["median"])
    assert row["examples_to_target"]["low"] <= row["examples_to_target"]["median"] <= row["examples_to_target"]["high"]
    assert row["reached"] == 1.0


def test_the_speed_up_is_against_the_baseline(usual: dict[str, Any]) -> None:
    assert contestant(usual, "fast")["speedup"]["median"] == pytest.approx(1000 / 300, rel=0.1)
    assert contestant(usual, "fast")["speedup"]["low"] > 2
    # 95 % of the way is where every run of the baseline arrives, not half of them
    assert contestant(usual, "baseline")["reached"] == 1


def test_who_does_not_reach_the_target_has_no_cost_and_no_speed_up(usual: dict[str, Any]) -> None:
    row = contestant(usual, "slow")
    for key in ("steps_to_target", "examples_to_target", "seconds_to_target", "speedup"):
        assert row[key] == {"median": None, "low": None, "high": None}
    assert row["reached"] == 0
    assert row["final_validation_loss"]["median"] == pytest.approx(1.75, abs=0.05)
    assert "slow (final loss 1.7" in usual["verdict"]["text"].lower()


def test_who_always_diverges_comes_last_and_the_share_of_the_search_is_told(usual: dict[str, Any]) -> None:
    row = contestant(usual, "wild")
    assert row["final_validation_loss"]["median"] is None
    assert row["test"] == {"metric": None, "loss": None}
    assert row["diverged"] == 0.75
    assert [lane["diverged"] for lane in row["search"]] == [False, True, True, True]
    assert "Wild (diverged)" in usual["verdict"]["text"]
    assert any("Most settings diverged for Wild (75 %)" in warning for warning in usual["verdict"]["warnings"])


def test_the_order_is_told_at_three_budgets() -> None:
    early = [np.maximum(2.0 - MADE["STEPS"] / 20.0, 0.9)] * 16  # soon at 0.9, and there it stays
    late = [2.0 - 1.9 * (MADE["STEPS"] / 100.0) ** 3] * 16
    summary = judge(record([baseline(), Made(early, "early"), Made(late, "late")]))
    assert [(order["share"], order["examples"]) for order in summary["order"]] == [(0.25, 250), (0.5, 500), (1.0, 1000)]
    assert [order["ranking"][0]["name"] for order in summary["order"]] == ["early", "early", "late"]
    assert summary["order"][0]["ranking"][0]["loss"]["median"] == pytest.approx(0.9)
    assert not summary["order"][0]["ranking"][1]["tied"]
    assert "order by validation loss changes with the budget" in summary["verdict"]["text"]
    assert summary["verdict"]["winner"] == "early"


def test_another_contestant_may_be_first_by_time(usual: dict[str, Any]) -> None:
    assert "By time to target on this machine, Level is first" in usual["verdict"]["text"]


@pytest.mark.parametrize(("arrival", "gain_from_tuning"), [(90.0, 3.0), (1000.0, 1000 / 300), (30.0, 1.0)])
def test_what_tuning_paid_is_measured_against_the_default_and_at_most_by_the_budget(arrival: float, gain_from_tuning: float) -> None:
    made = Made([falling(30.0)] * 16, "it", default=[falling(arrival)] * 16)
    row = contestant(judge(record([baseline(), made], {"kind": "loss", "value": 1.0})), "it")
    assert row["default"]["gain_from_tuning"] == pytest.approx(gain_from_tuning)
    assert row["default"]["hyperparameters"] == {"learning_rate": 0.001}
    assert row["default"]["reached"] == float(arrival <= 100)


def test_a_goal_that_is_given_is_the_target_of_all() -> None:
    summary = judge(record([baseline(), Made(FAST, "fast")], {"kind": "accuracy", "value": 0.7}))
    assert summary["target"]["kind"] == "accuracy"
    assert "70 %" in summary["target"]["text"]
    assert contestant(summary, "baseline")["reached"] == 0  # it ends at 0.5
    assert contestant(summary, "fast")["examples_to_target"]["median"] == pytest.approx(1.4 * 300, rel=0.1)


def test_a_goal_that_all_have_reached_at_the_start_is_a_tie_with_a_speed_up_of_one() -> None:
    summary = judge(record([baseline(), Made(FAST, "fast")], {"kind": "loss", "value": 3.0}))
    for row in summary["contestants"]:
        assert row["examples_to_target"]["median"] == 0
        assert row["speedup"]["median"] == 1
        assert row["default"]["gain_from_tuning"] == 1


def test_no_contestant_reaches_an_impossible_goal() -> None:
    summary = judge(record([baseline(), Made(FAST, "fast")], {"kind": "loss", "value": 0.001}))
    assert "No contestant reaches the target" in summary["verdict"]["sentences"][0]
    assert "Fast" in summary["verdict"]["sentences"][0]
    assert all(row["speedup"]["median"] is None for row in summary["contestants"])


def test_a_race_in_which_all_diverge_says_so_and_is_json() -> None:
    lost = [diverging()] * 16
    kind = {"search": [diverging()] * 4, "confirm": {3: lost, 2: lost}, "default": lost}
    summary = judge(record([Made(lost, "baseline", method="sgd", **kind), Made(lost, "it", **kind)]))
    json.dumps(summary, allow_nan=False)
    assert summary["target"]["value"] is None
    assert any("Every contestant has diverged" in warning for warning in summary["verdict"]["warnings"])
    assert all(row["diverged"] == 1 and row["good_range"] is None for row in summary["contestants"])


def test_a_lone_contestant_has_no_rivals() -> None:
    assert "No other contestant took part" in judge(record([baseline()]))["verdict"]["text"]


def test_a_diverged_final_seed_counts_as_the_worst_test_result() -> None:
    final = [*[falling(30.0)] * 9, *[diverging()] * 7]
    test = contestant(judge(record([baseline(), Made(final, "it")], {"kind": "loss", "value": 1.0})), "it")["test"]
    assert test["metric"] == {"median": 0.75, "low": 0.75, "high": 0.75}
    mixed = [*[falling(30.0, 0.5)] * 5, *[falling(30.0, 0.7)] * 4, *[diverging()] * 7]
    test = contestant(judge(record([baseline(), Made(mixed, "it")], {"kind": "loss", "value": 1.0})), "it")["test"]
    assert test["loss"]["median"] == pytest.approx(0.8)  # 0.6 five times, then 0.8: the middle of sixteen
    assert test["metric"]["median"] == pytest.approx(0.65)


def test_a_learning_rate_at_the_edge_of_what_was_searched_is_a_warning() -> None:
    inside = judge(record([baseline(), Made(FAST, "fast", reach=(1e-5, 1.0))]))
    outside = judge(record([baseline(), Made(FAST, "fast", reach=(1e-5, 0.12))]))
    assert contestant(inside, "fast")["at_edge"] is None
    assert "upper edge" in contestant(outside, "fast")["at_edge"]
    assert contestant(outside, "fast")["at_edge"] in outside["verdict"]["warnings"]
    lower = judge(
        record([baseline(), Made(FAST, "fast", chosen=0, search=[falling(30.0)] * 4, confirm={0: FAST, 1: FAST}, reach=(9e-5, 1.0))])
    )
    assert "lower edge" in contestant(lower, "fast")["at_edge"]


def test_losing_clearly_to_a_special_case_is_a_warning() -> None:
    slow = {"name": "momentum", "method": "momentum", "contains": ("sgd",)}
    summary = judge(record([baseline(), Made(seeds(400.0), **slow)]))
    assert any("Momentum is significantly worse than Baseline" in warning for warning in summary["verdict"]["warnings"])
    summary = judge(record([baseline(), Made(FAST, **slow)]))
    assert not any("a special case of it" in warning for warning in summary["verdict"]["warnings"])
    # with fixed numbers it does not contain it
    summary = judge(record([baseline(), Made(seeds(400.0), **slow, fixed={"momentum": 0.99})]))
    assert not any("a special case of it" in warning for warning in summary["verdict"]["warnings"])


def test_the_good_range_is_where_settings_need_at_most_twice_the_best() -> None:
    search = [falling(90.0), falling(50.0), falling(30.0), diverging()]
    row = contestant(judge(record([baseline(), Made(FAST, "it", search=search, chosen=2)], {"kind": "loss", "value": 1.0})), "it")
    assert row["good_range"] == [1e-3, 1e-2]
    nobody = [falling(900.0), falling(210.0), falling(200.0), diverging()]
    row = contestant(judge(record([baseline(), Made(FAST, "it", search=nobody, chosen=2)], {"kind": "loss", "value": 1.0})), "it")
    assert row["good_range"] == [1e-3, 1e-2]


def test_the_baseline_of_a_sentence_is_the_baseline_of_the_numbers() -> None:
    other = Made(seeds(60.0, seed=4), "other", method="sgd", batch=20)
    text = judge(record([baseline(), other, Made(FAST, "fast")]))["verdict"]["text"]
    assert "as fast as tuned Baseline" in text
    full = Made(seeds(100.0, spread=0.02), "whole", method="sgd", batch="full")  # as in a function without data
    text = judge(record([full, Made(FAST, "fast", batch="full"), Made(seeds(400.0), "slow", batch="full")]))["verdict"]["text"]
    assert "as fast as tuned Whole" in text
    beaten = judge(record([baseline(), Made(seeds(40.0, seed=4), "other", method="sgd", batch=20)]))["verdict"]["text"]
    assert "Other" in beaten
    assert "is the fastest" in beaten


def test_a_contestant_with_fixed_numbers_has_nothing_tuned() -> None:
    row = contestant(judge(record([baseline(), Made(FAST, "fixed", fixed={"learning_rate": 0.5})])), "fixed")
    assert (row["tuned"], row["search"], row["diverged"], row["good_range"]) == ([], [], 0.0, None)
    assert row["hyperparameters"] == {"learning_rate": 0.5}


def test_the_json_has_the_keys_that_were_promised_and_no_nan(usual: dict[str, Any]) -> None:
    assert json.loads(json.dumps(usual, allow_nan=False)) == usual
    assert {"problem", "target", "contestants", "verdict", "timing"} <= set(usual)
    assert {"winner", "tied", "text"} <= set(usual["verdict"])
    assert set(usual["timing"]) == {"wall", "compile", "lanes", "lane_steps"}
    assert (usual["timing"]["lanes"], usual["timing"]["lane_steps"]) == (12, 1200)
    for row in usual["contestants"]:
        assert {"name", "method", "batch", "hyperparameters", "reached", "test", "diverged", "default"} <= set(row)
        for key in ("steps_to_target", "examples_to_target", "seconds_to_target", "speedup", "final_validation_loss"):
            assert set(row[key]) == INTERVAL
            low, middle, high = (row[key][end] for end in ("low", "median", "high"))
            assert middle is None or ((low is None or low <= middle) and (high is None or middle <= high))


def test_curves_have_a_value_for_every_point_and_a_diverged_median_is_none(usual: dict[str, Any]) -> None:
    for row in usual["contestants"]:
        curves = row["curves"]
        assert len(curves["examples"]) == len(curves["validation_loss"]["median"]) == len(MADE["STEPS"])
    assert contestant(usual, "wild")["curves"]["validation_loss"]["median"][-1] is None
    assert contestant(usual, "fast")["curves"]["validation_loss"]["median"][0] == 2.0


def test_the_verdict_is_the_same_every_time() -> None:
    made = [baseline(), Made(FAST, "fast"), Made(seeds(31.0, seed=2), "level")]
    assert judge(record(made)) == judge(record(made))


def test_every_sentence_ends_and_begins_as_one(usual: dict[str, Any]) -> None:
    assert usual["verdict"]["text"] == " ".join(usual["verdict"]["sentences"])
    for sentence in [*usual["verdict"]["sentences"], *usual["verdict"]["warnings"]]:
        assert not sentence[0].islower()
        assert sentence[-1] == "."
        assert "None" not in sentence
        assert "nan" not in sentence
        assert "inf" not in sentence.split()


def test_a_method_is_compared_with_its_special_case_only_where_all_else_is_the_same() -> None:
    def warned(**facts: Any) -> list[str]:
        rows = record(
            [baseline(), Made(seeds(30.0, seed=1), "inner", method="momentum"), Made(seeds(80.0, seed=2), "outer", contains=["momentum"])]
        )
        rows.entries[1].facts.update(facts)
        return [sentence for sentence in judge(rows)["verdict"]["warnings"] if "special case" in sentence]

    assert len(warned()) == 1
    for facts in ({"restarts": 4}, {"width": 4}, {"schedule": "cosine"}, {"batch": 20}):
        assert warned(**facts) == []


def test_what_is_not_alike_with_a_remedy_is_said() -> None:
    rows = record([baseline(), Made(FAST, "again"), Made(FAST, "large", method="lion"), Made(FAST, "plain", method="nadam")])
    rows.entries[1].facts["restarts"] = 4
    rows.entries[2].facts["width"] = 4
    rows.race.run["left_out"] = ["Remedy left out: nobody knows why."]
    summary = judge(rows)
    assert [(contestant(summary, name)["restarts"], contestant(summary, name)["width"]) for name in ("again", "large", "plain")] == [
        (4, 1),
        (1, 4),
        (1, 1),
    ]
    warnings = summary["verdict"]["warnings"]
    assert "Again keeps the best of its restarts so far, so its loss curve never rises." in warnings
    assert "Large trains a wider network: its steps take longer, which the count of examples does not show." in warnings
    assert "Remedy left out: nobody knows why." in warnings
    assert not any("Training dynamics" in sentence for sentence in warnings)
