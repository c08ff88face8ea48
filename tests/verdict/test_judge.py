"""The verdict on rows made by hand: who is recommended, who is tied, what is said, and what the JSON holds."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.verdict.judge import judge

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
Made, record, falling, seeds, diverging, baseline = (MADE[name] for name in ("Made", "record", "falling", "seeds", "diverging", "baseline"))
STEPS = MADE["STEPS"]
FAST = seeds(30.0, seed=1)
LUCK = 0.1  #: of a seed, where contestants are to be told apart by their differences
UNKNOWN = {"mean": None, "low": None, "high": None}


def contestant(summary: dict[str, Any], name: str) -> dict[str, Any]:
    return next(row for row in summary["contestants"] if row["name"] == name)


def lost(name: str, **more: Any) -> Any:
    """One that always diverges."""
    few = [diverging()] * 4
    return Made([diverging()] * 16, name, search=[diverging()] * 4, confirm={3: few, 2: few}, default=few, **more)


@pytest.fixture(scope="module")
def usual() -> dict[str, Any]:
    """A good one, one that is level with it, one that ends higher, one that always diverges."""
    return judge(
        record(
            [
                baseline(),
                Made(seeds(30.0, spread=LUCK, seed=1), "good", seconds=3e-4),
                Made([curve + 0.001 * x for curve, x in zip(seeds(31.0, spread=LUCK, seed=1), np.tile([-1, 2], 8), strict=True)], "level"),
                Made(seeds(60.0, end=0.7, spread=LUCK, seed=3), "high", method="sgd", batch="full"),
                Made([diverging()] * 16, "wild", method="lion", search=[falling(90.0), *[diverging()] * 3]),
            ],
            promise="good",
            landmarks={"constant": 2.0, "linear": 0.8},
        )
    )


def test_the_order_is_by_expected_validation_loss(usual: dict[str, Any]) -> None:
    assert [row["name"] for row in usual["contestants"]] == ["good", "level", "high", "baseline", "wild"]
    assert [row["rank"] for row in usual["contestants"]] == [1, 2, 3, 4, 5]
    assert [row["tied"] for row in usual["contestants"]] == [True, True, False, False, False]
    losses = [row["validation_loss"]["mean"] for row in usual["contestants"]]
    assert losses == pytest.approx([0.5, 0.5005, 0.7, 0.9, 6.0], abs=1e-6)
    assert usual["recommendation"]["name"] == usual["verdict"]["winner"] == "good"
    assert usual["verdict"]["tied"] == usual["recommendation"]["tied"] == ["level"]


def test_what_a_contestant_loses_is_a_difference_seed_by_seed(usual: dict[str, Any]) -> None:
    level, high = contestant(usual, "level"), contestant(usual, "high")
    assert contestant(usual, "good")["excess"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
    assert level["excess"]["mean"] == pytest.approx(0.0005)
    assert level["excess"]["high"] - level["excess"]["low"] < 0.1 * (level["validation_loss"]["high"] - level["validation_loss"]["low"])
    assert high["excess"]["low"] <= high["excess"]["mean"] <= high["excess"]["high"]
    assert high["beats"]["probability"] > 0.9
    assert contestant(usual, "good")["beats"] is None


def test_who_always_diverges_comes_last_and_the_share_of_the_search_is_told(usual: dict[str, Any]) -> None:
    row = contestant(usual, "wild")
    assert (row["failed"], row["diverged"]) == (1.0, 0.75)
    assert row["test"] == {"metric": None, "loss": None}
    assert row["validation_loss"] == {key: pytest.approx(6.0) for key in ("mean", "low", "high")}  # three times the constant's
    assert [lane["diverged"] for lane in row["search"]] == [False, True, True, True]
    assert any("Most settings diverged for Wild (75 %)" in warning for warning in usual["verdict"]["warnings"])


def test_the_length_and_the_time_of_a_training_are_those_of_the_final(usual: dict[str, Any]) -> None:
    row = contestant(usual, "good")
    assert (row["steps"], row["epochs"], row["training_seconds"]) == (100, 1.0, pytest.approx(0.03))
    assert contestant(usual, "high")["epochs"] == 100
    assert (row["endpoints"], row["probes"]) == (None, None)  # nobody looked
    assert row["seconds_per_step"] == {"seconds": 3e-4, "low": 3e-4, "high": 3e-4, "steady": True}
    assert usual["problem"]["budget"] == {"epochs": 1.0, "examples": 100_000.0, "seconds": None}


def test_the_target_is_as_good_as_the_best_and_the_fastest_need_not_be_it(usual: dict[str, Any]) -> None:
    target = usual["target"]
    assert (target["kind"], target["given"], target["count"], target["baseline"]) == ("loss", False, "time", "baseline")
    assert target["value"] == pytest.approx(0.505)
    assert target["margin"] == pytest.approx(0.005)
    assert (target["fastest"], target["tied"]) == ("level", [])
    assert contestant(usual, "level")["to_target"]["rank"] == 1
    assert contestant(usual, "good")["to_target"]["rank"] == 2
    assert contestant(usual, "high")["to_target"] | {"reached": False, "rank": None} == contestant(usual, "high")["to_target"]


def test_speed_may_be_counted_in_steps() -> None:
    rows = record([baseline(), Made(FAST, "few", seconds=9e-4), Made(seeds(60.0, seed=1), "cheap")])
    assert (judge(rows)["target"]["fastest"], judge(rows, "steps")["target"]["fastest"]) == ("cheap", "few")
    assert judge(rows, "steps")["target"]["count"] == "steps"


def test_landmarks_stand_beside_the_recommendation(usual: dict[str, Any]) -> None:
    assert [(row["name"], row["as_good"]) for row in usual["landmarks"]] == [("constant", False), ("linear", False)]
    rows = record([baseline(), Made(FAST, "it")], promise="it", landmarks={"constant": 2.0, "linear": 0.45})
    assert judge(rows)["landmarks"][1]["as_good"]


def test_the_order_is_told_at_three_budgets() -> None:
    early = [np.maximum(2.0 - STEPS / 20.0, 0.9)] * 16  # soon at 0.9, and there it stays
    late = [2.0 - 1.9 * (STEPS / 100.0) ** 3] * 16
    summary = judge(record([baseline(), Made(early, "early"), Made(late, "late")]))
    assert [(order["share"], order["examples"]) for order in summary["order"]] == [(0.25, 250), (0.5, 500), (1.0, 1000)]
    assert [order["ranking"][0]["name"] for order in summary["order"]] == ["early", "early", "late"]
    assert summary["order"][0]["ranking"][0]["loss"]["mean"] == pytest.approx(0.9)
    assert not summary["order"][0]["ranking"][1]["tied"]
    assert summary["recommendation"]["name"] == "late"


def test_what_tuning_gains_is_measured_against_the_default_number_by_number() -> None:
    made = Made([falling(30.0)] * 16, "it", default=[falling(30.0, 0.8)] * 4)
    row = contestant(judge(record([baseline(), made])), "it")["default"]
    assert row["hyperparameters"] == {"learning_rate": 0.001}
    assert row["validation_loss"]["mean"] == pytest.approx(0.8)
    assert row["rate_alone"]["mean"] == row["all_tuned"]["mean"] == pytest.approx(0.5)
    assert row["gain"] == {key: pytest.approx(0.3) for key in ("mean", "low", "high")}


def test_of_two_numbers_it_is_said_what_the_learning_rate_alone_comes_to() -> None:
    rows = record([baseline(), Made([falling(30.0)] * 16, "it", confirm={3: [falling(30.0)] * 4, 2: [falling(30.0, 0.6)] * 4})])
    entry = rows.entries[1]
    entry.facts["space"]["b1"], entry.facts["defaults"]["b1"] = [0.02, 0.5, True], 0.9
    b1 = {-1: 0.9, 3: 0.7, 2: 0.9}  # of the two, the second has its default
    entry.trained[:] = [replace(one, hyperparameters={**one.hyperparameters, "b1": b1[one.setting]}) for one in entry.trained]
    row = contestant(judge(rows), "it")["default"]
    assert (row["rate_alone"]["mean"], row["all_tuned"]["mean"]) == (pytest.approx(0.6), pytest.approx(0.5))


def test_what_was_trained_longer_is_no_gain_from_tuning() -> None:
    decayed = {("cosine", 3): [falling(30.0, 0.2)] * 4}
    row = contestant(judge(record([baseline(), Made([falling(30.0)] * 16, "it", lengths=decayed)])), "it")["default"]
    assert row["all_tuned"]["mean"] == pytest.approx(0.5)


def test_a_contestant_with_fixed_numbers_has_nothing_tuned() -> None:
    row = contestant(judge(record([baseline(), Made(FAST, "fixed", fixed={"learning_rate": 0.5})])), "fixed")
    assert (row["tuned"], row["search"], row["diverged"], row["good_range"], row["default"]) == ([], [], 0.0, None, None)
    assert row["hyperparameters"] == {"learning_rate": 0.5}


def test_a_goal_that_is_given_is_the_target_of_all() -> None:
    summary = judge(record([baseline(), Made(FAST, "fast")], {"kind": "accuracy", "value": 0.7}))
    assert (summary["target"]["kind"], summary["target"]["value"], summary["target"]["given"]) == ("accuracy", 0.7, True)
    assert "70 %" in summary["target"]["text"]
    assert not contestant(summary, "baseline")["to_target"]["reached"]  # it ends at 0.55
    assert contestant(summary, "fast")["to_target"]["examples"]["value"] == pytest.approx(1.4 * 300, rel=0.1)


def test_where_nothing_was_learned_nothing_is_recommended_and_nobody_is_soon_as_good_as_the_best() -> None:
    flat = [np.full(len(STEPS), 2.0)] * 16
    summary = judge(record([Made(flat, "baseline"), Made(flat, "it")], promise="it"))
    assert (summary["recommendation"]["method"], summary["verdict"]["winner"], summary["verdict"]["tied"]) == (None, None, [])
    assert "nothing was learned" in summary["verdict"]["headline"].lower()
    assert (summary["target"]["value"], summary["target"]["loose"], summary["target"]["fastest"]) == (None, None, None)
    assert not any(row["to_target"]["reached"] for row in summary["contestants"])
    assert not any("By time" in words or "looser target" in words for words in summary["verdict"]["sentences"])
    json.dumps(summary, allow_nan=False)
    given = judge(record([Made(flat, "baseline"), Made(flat, "it")], {"kind": "loss", "value": 1.9}, promise="it"))
    assert given["target"]["value"] == 1.9


@pytest.mark.parametrize("landmarks", [{"constant": 2.0}, {}])
def test_a_race_in_which_all_diverge_says_so_and_is_json(landmarks: dict[str, float]) -> None:
    summary = judge(record([lost("baseline", method="sgd"), lost("it")], landmarks=landmarks))
    json.dumps(summary, allow_nan=False)
    assert (summary["recommendation"]["method"], summary["verdict"]["winner"]) == (None, None)
    assert "diverge" in summary["verdict"]["headline"]
    assert all(row["diverged"] == row["failed"] == 1 and row["good_range"] is None for row in summary["contestants"])


def test_a_diverged_final_seed_counts_as_the_worst_test_result() -> None:
    mixed = [*[falling(30.0, 0.5)] * 8, *[falling(30.0, 0.7)] * 4, *[diverging()] * 4]
    row = contestant(judge(record([baseline(), Made(mixed, "it")])), "it")
    assert row["test"]["loss"]["mean"] == pytest.approx((8 * 0.6 + 8 * 0.8) / 16)
    assert row["test"]["metric"]["mean"] == pytest.approx((8 * 0.75 + 8 * 0.65) / 16)
    assert (row["failed"], row["validation_loss"]["mean"]) == (0.25, pytest.approx((8 * 0.5 + 4 * 0.7 + 4 * 6) / 16))


def test_a_learning_rate_at_the_edge_of_what_was_searched_is_a_warning() -> None:
    inside = judge(record([baseline(), Made(FAST, "fast", reach=(1e-5, 1.0))]))
    outside = judge(record([baseline(), Made(FAST, "fast", reach=(1e-5, 0.12))]))
    assert contestant(inside, "fast")["at_edge"] is None
    assert "upper edge" in contestant(outside, "fast")["at_edge"]
    assert contestant(outside, "fast")["at_edge"] in outside["verdict"]["warnings"]
    low = Made(FAST, "fast", chosen=0, search=[falling(30.0)] * 4, confirm={0: FAST[:4], 1: FAST[:4]}, reach=(9e-5, 1.0))
    assert "lower edge" in contestant(judge(record([baseline(), low])), "fast")["at_edge"]
    # what was widened beyond the edge counts as searched
    rates = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
    wide = Made(FAST, "fast", rates=rates, search=[falling(30.0)] * 5, reach=(1e-5, 0.12))
    assert contestant(judge(record([baseline(), wide])), "fast")["at_edge"] is None


def test_losing_clearly_to_a_special_case_is_a_warning() -> None:
    slow: dict[str, Any] = {"name": "momentum", "method": "momentum", "contains": ("sgd",)}
    summary = judge(record([baseline(), Made(seeds(400.0), **slow)]))
    assert any("Momentum is significantly worse than Baseline" in warning for warning in summary["verdict"]["warnings"])
    summary = judge(record([baseline(), Made(FAST, **slow)]))
    assert not any("a special case of it" in warning for warning in summary["verdict"]["warnings"])
    # with fixed numbers it does not contain it
    summary = judge(record([baseline(), Made(seeds(400.0), **slow, fixed={"momentum": 0.99})]))
    assert not any("a special case of it" in warning for warning in summary["verdict"]["warnings"])


@pytest.mark.parametrize("facts", [{}, {"restarts": 4}, {"width": 4}, {"batch": 20}])
def test_a_method_is_compared_with_its_special_case_only_where_all_else_is_the_same(facts: dict[str, Any]) -> None:
    outer = Made(seeds(80.0, seed=2), "outer", contains=["momentum"])
    rows = record([baseline(), Made(seeds(30.0, seed=1), "inner", method="momentum"), outer])
    rows.entries[1].facts.update(facts)
    assert sum("special case" in sentence for sentence in judge(rows)["verdict"]["warnings"]) == (not facts)


def test_the_good_range_is_where_settings_come_within_a_tenth_of_the_gap() -> None:
    search = [falling(30.0, 0.66), falling(30.0, 0.64), falling(30.0), diverging()]  # of the gap of 1.5 a tenth is 0.15
    row = contestant(judge(record([baseline(), Made(FAST, "it", search=search, chosen=2)])), "it")
    assert row["good_range"] == [1e-3, 1e-2]
    newer = contestant(judge(record([baseline(), Made(FAST, "it", search=search, chosen=3)])), "it")
    assert newer["good_range"] == [1e-3, 1e-1]  # the chosen one is always in it
    flat = [np.full(len(STEPS), 2.0)] * 4
    assert contestant(judge(record([baseline(), Made(FAST, "it", search=flat, chosen=2)])), "it")["good_range"] is None


def test_settings_that_diverge_have_the_loss_that_they_had_before(usual: dict[str, Any]) -> None:
    found = contestant(usual, "wild")["search"]
    assert [lane["loss"] for lane in found][1:] == [2.0] * 3
    assert [lane["chosen"] for lane in found] == [False, False, False, True]
    assert [lane["learning_rate"] for lane in found] == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1])


def test_the_json_has_the_keys_that_were_promised_and_no_nan(usual: dict[str, Any]) -> None:
    assert json.loads(json.dumps(usual, allow_nan=False)) == usual
    assert {"problem", "recommendation", "landmarks", "target", "contestants", "order", "verdict", "timing", "run"} <= set(usual)
    assert {"winner", "tied", "text", "headline", "sentences", "warnings"} <= set(usual["verdict"])
    assert usual["timing"] == {"wall": 1.5, "compile": 0.5, "lanes": 12, "lane_steps": 1200}
    for row in usual["contestants"]:
        for key in ("validation_loss", "excess"):
            assert row[key]["low"] <= row[key]["mean"] <= row[key]["high"]
        for key in ("steps", "examples", "gradients", "seconds", "speedup"):
            low, value, high = (row["to_target"][key][end] for end in ("low", "value", "high"))
            assert value is None or (low <= value and (high is None or value <= high))


def test_the_types_of_the_json_name_every_key(usual: dict[str, Any]) -> None:
    from talweg.summary import ContestantSummary, RaceSummary

    assert set(usual) == set(RaceSummary.__annotations__)
    assert set(usual["contestants"][0]) == set(ContestantSummary.__annotations__)


def test_curves_have_a_value_for_every_point(usual: dict[str, Any]) -> None:
    for row in usual["contestants"]:
        curves = row["curves"]
        assert len(curves["examples"]) == len(curves["seconds"]) == len(curves["validation_loss"]["mean"]) == len(STEPS)
    wild, good = contestant(usual, "wild")["curves"], contestant(usual, "good")["curves"]
    assert wild["validation_loss"]["median"][-1] is None
    assert wild["validation_loss"]["mean"][-1] == pytest.approx(6.0)  # a failure has a loss in a mean
    assert good["validation_loss"]["mean"][0] == 2.0
    assert good["seconds"][-1] == pytest.approx(100 * 3e-4)
    assert contestant(usual, "high")["curves"]["examples"][-1] == 100 * 1000


def test_the_verdict_is_the_same_every_time() -> None:
    made = [baseline(), Made(FAST, "fast"), Made(seeds(31.0, seed=2), "level")]
    assert judge(record(made)) == judge(record(made))


def test_a_lone_contestant_has_no_rivals() -> None:
    summary = judge(record([baseline()], promise="baseline"))
    assert (summary["verdict"]["winner"], summary["verdict"]["tied"]) == ("baseline", [])
    assert "No other contestant took part" in summary["verdict"]["text"]


def test_a_race_that_was_stopped_says_so() -> None:
    rows = record([baseline(), Made(FAST, "fast")])
    assert judge(rows)["run"]["stopped"] is False
    assert judge(replace(rows, race=replace(rows.race, finished=None)))["run"]["stopped"] is True


def test_every_sentence_ends_and_begins_as_one(usual: dict[str, Any]) -> None:
    assert usual["verdict"]["text"] == " ".join(usual["verdict"]["sentences"])
    for sentence in [*usual["verdict"]["sentences"], *usual["verdict"]["warnings"]]:
        assert not sentence[0].islower()
        assert sentence[-1] == "."
        assert not {"None", "nan", "inf"} & set(sentence.replace(",", " ").split())


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
    assert any(sentence.startswith("Large trains a wider network") for sentence in warnings)
    assert "Remedy left out: nobody knows why." in warnings
    assert not any("Training dynamics" in sentence for sentence in warnings)
