"""What is recommended in numbers: what was learned, what is promised, and how landmarks compare."""

from __future__ import annotations

import runpy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.statistics import means
from talweg.store import Landmark
from talweg.verdict import quality, recommending, resampling

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
Made, record, falling, seeds, diverging, baseline = (MADE[name] for name in ("Made", "record", "falling", "seeds", "diverging", "baseline"))
STEPS, PROMISED = MADE["STEPS"], MADE["PROMISED"]


@pytest.fixture(autouse=True)
def reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentences are somebody else's."""
    monkeypatch.setattr(recommending.words, "nothing_learned", lambda problem: "nothing was learned", raising=False)
    monkeypatch.setattr(recommending.words, "all_diverged_reason", lambda problem: "all diverged", raising=False)


def good(end: float = 0.5, name: str = "it", **more: Any) -> Any:
    return Made(seeds(30.0, count=32, end=end, spread=0.05, seed=9), name, **more)


def recommended(race: Any) -> dict[str, Any]:
    return recommending.recommendation(race, resampling.draws(race))


# ---- what is recommended ---------------------------------------------------------------------------------------------------------


def test_the_recommendation_has_the_numbers_of_the_promise_and_not_of_the_final() -> None:
    race = record([baseline(), Made(seeds(30.0), "it", seconds=2e-4, gradients=2)], promise=good(end=0.6))
    row = recommended(race)
    assert (row["name"], row["method"], row["label"], row["reason"]) == ("it", "adam", "It", None)
    assert (row["steps"], row["epochs"], row["seconds"], row["batch"]) == (100, 100 * 20 / 1000, pytest.approx(0.02), 10)
    assert row["hyperparameters"] == {"learning_rate": 0.1}
    assert row["seeds"] == 32
    losses = np.array([curve[-1] for curve in good(end=0.6).final])
    low, high = means.mean_interval(losses)
    assert row["validation_loss"] == {"mean": pytest.approx(0.6), "low": pytest.approx(low), "high": pytest.approx(high)}
    assert row["validation_metric"]["mean"] == pytest.approx(0.7)
    assert row["test_loss"]["mean"] == pytest.approx(0.7)
    assert row["test_metric"]["mean"] == pytest.approx(0.7)
    assert row["original_rmse"] is None


def test_while_no_promise_has_run_the_lowest_final_is_what_is_recommended() -> None:
    row = recommended(record([baseline(), Made(seeds(30.0), "it"), Made(seeds(30.0, end=0.6), "worse")]))
    assert (row["name"], row["seeds"], row["instead_of"]) == ("it", 16, None)


def test_another_than_the_lowest_is_named_with_it() -> None:
    row = recommended(record([baseline(), Made(seeds(30.0), "lowest"), Made(seeds(30.0, end=0.501), "it")], promise="it"))
    assert (row["name"], row["instead_of"]) == ("it", "lowest")
    assert "lowest" in row["tied"]
    row = recommended(record([baseline(), Made(seeds(30.0), "it"), Made(seeds(30.0, end=0.6, seed=2), "worse")], promise="it"))
    assert row["tied"] == []


def test_where_most_seeds_fail_nothing_is_recommended() -> None:
    lost = [*[falling(30.0)] * 7, *[diverging()] * 9]
    row = recommended(record([Made(lost, "it")], promise="it"))
    assert (row["name"], row["method"], row["reason"]) == ("it", None, "all diverged")
    assert (row["quick"], row["tied"], row["instead_of"]) == (None, [], None)
    assert recommended(record([Made([*[falling(30.0)] * 31, diverging()], "it")], promise="it"))["method"] == "adam"


def test_where_it_is_no_better_than_the_constant_prediction_nothing_was_learned() -> None:
    row = recommended(record([Made(seeds(30.0, end=1.99), "it")], promise=good(end=1.99)))
    assert (row["method"], row["reason"]) == (None, "nothing was learned")
    assert row["validation_loss"]["mean"] == pytest.approx(1.99)  # what was best all the same is kept
    row = recommended(record([Made(seeds(30.0, end=1.7), "it")], promise=good(end=1.7)))
    assert (row["method"], row["reason"]) == ("adam", None)


def test_the_root_mean_squared_error_is_in_the_unit_of_the_target() -> None:
    race = record([Made(seeds(30.0), "it")], promise="it", metric="R²", facts={"task": "regression", "target_deviation": 10.0})
    r_squared = 1 - np.array([curve[-1] for curve in seeds(30.0)]) / 2
    assert recommended(race)["original_rmse"]["mean"] == pytest.approx(np.mean(10 * np.sqrt(1 - r_squared)))
    assert recommended(record([Made(seeds(30.0), "it")], promise="it", metric="R²"))["original_rmse"] is None
    worse = [np.where(STEPS == 0, 2.0, -0.1)] * 16  # an R² above 1 can't be, but rounding may make it
    exact = record([Made(worse, "it")], promise="it", metric="R²", facts={"target_deviation": 10.0})
    assert recommended(exact)["original_rmse"]["mean"] == 0.0


def test_a_function_has_no_metric() -> None:
    row = recommended(record([Made(seeds(30.0), "it")], promise="it", metric=None, rows=[1000, None, None], landmarks={}))
    assert (row["validation_metric"], row["test_metric"], row["expected_on_new_data"]) == (None, None, None)
    assert row["method"] == "adam"


# ---- whether anything was learned ------------------------------------------------------------------------------------------------


def learned(race: Any) -> bool:
    return recommending.learned(race, race.quality(race.promise[1]))


def test_a_function_is_learned_where_it_falls_at_all() -> None:
    assert learned(record([Made(seeds(30.0, end=1.9), "it")], promise="it", landmarks={}))
    assert not learned(record([Made([np.full(len(STEPS), 2.0)] * 8, "it")], promise="it", landmarks={}))


def noise(rng: np.random.Generator, rows: int, effect: float, candidates: int = 6) -> Any:
    """A race on rows with as many features as candidates, of which the first has an effect: of the regressions on one feature that
    which is best on the seeds of a search is promised on others. Losses are those of splits of one pool."""
    held_out, x = rows // 5, rng.normal(size=(rows, candidates))
    y = effect * x[:, 0] + rng.normal(size=rows)

    def losses(features: list[int], splits: int) -> np.ndarray:
        order = rng.permuted(np.tile(np.arange(rows), (splits, 1)), axis=1)
        found = []
        for test, train in zip(order[:, :held_out], order[:, held_out:], strict=True):
            own = [np.mean((y[test] - y[train].mean()) ** 2)]
            for feature in features:
                slope, level = np.polyfit(x[train, feature], y[train], 1)
                own.append(np.mean((y[test] - level - slope * x[test, feature]) ** 2))
            found.append(own)
        return np.array(found)

    best = int(losses(list(range(candidates)), 8)[:, 1:].mean(axis=0).argmin())
    constant, own = losses([best], 16).T
    made = Made([np.where(STEPS == 0, 2.0, value) for value in own], "it")
    return record([made], promise="it", landmarks={"constant": constant.tolist()}, rows=[rows - held_out, held_out, None])


def test_pure_noise_is_not_learned_and_a_clear_effect_is() -> None:
    rng = np.random.default_rng(0)
    assert np.mean([learned(noise(rng, 80, 0.0)) for _ in range(150)]) <= 0.07
    assert np.mean([learned(noise(rng, 80, 2.0)) for _ in range(30)]) >= 0.9


# ---- the promise -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fresh", [True, False])
def test_the_promise_is_the_prediction_interval_for_so_many_rows_as_the_test_part_has(fresh: bool) -> None:
    race = record([baseline(), good()], promise="it", fresh=fresh)
    own = race.quality(race.promise[1])
    row = recommending.promise(race, race.promise[1], own)
    low, high = means.prediction_interval(own.losses, 0.5, 1000, 250, 400, fresh_splits=fresh)
    assert row == {"mean": own.mean, "low": low, "high": high, "rows": 400}


def test_without_test_rows_the_promise_is_for_so_many_as_were_held_out() -> None:
    race = record([baseline(), good()], promise="it", rows=[1000, 250, None])
    assert recommending.promise(race, race.promise[1], race.quality(race.promise[1]))["rows"] == 250


def test_deviations_of_rows_are_averaged_as_variances_over_the_seeds_that_have_one() -> None:
    race = record([baseline(), good()], promise="it")
    lanes = [replace(one, row_deviation=d) for one, d in zip(race.promise[1], [0.1, 0.7, None, *[None] * 29], strict=True)]
    own = race.quality(lanes)
    low, _ = means.prediction_interval(own.losses, 0.5, 1000, 250, 400)
    assert recommending.promise(race, lanes, own)["low"] == pytest.approx(low)
    bare = [replace(one, row_deviation=None) for one in lanes]
    assert recommending.promise(race, bare, own) is None


# ---- landmarks -------------------------------------------------------------------------------------------------------------------


def marks(**landmarks: Any) -> dict[str, dict[str, Any]]:
    race = record([baseline(), good()], promise="it", landmarks=landmarks)
    return {row["name"]: row for row in recommending.landmarks(race, 0.005)}


def test_a_landmark_is_as_good_where_it_is_above_by_no_more_than_the_margin() -> None:
    assert not marks(constant=2.0, linear=0.506)["linear"]["as_good"]
    assert marks(constant=2.0, linear=0.504)["linear"]["as_good"]
    assert marks(constant=2.0, linear=0.4)["linear"]["as_good"]
    assert not marks(constant=2.0, linear=0.4)["constant"]["as_good"]


def test_landmarks_are_compared_seed_by_seed() -> None:
    own = np.array([curve[-1] for curve in good().final])
    row = marks(constant=2.0, linear=(own + 0.1).tolist())["linear"]
    assert row["validation_loss"]["mean"] == pytest.approx(0.6)
    assert row["excess"] == {key: pytest.approx(0.1) for key in ("mean", "low", "high")}  # the luck of the splits is in both
    assert row["validation_loss"]["high"] - row["validation_loss"]["low"] > 0.02
    assert row["validation_metric"]["mean"] == pytest.approx(0.7)
    assert (row["test_loss"], row["test_metric"]) == (pytest.approx(0.7), pytest.approx(0.7))


def test_only_landmarks_that_were_computed_are_there() -> None:
    assert list(marks(constant=2.0)) == ["constant"]
    assert marks() == {}
    assert recommending.landmarks(record([baseline(), good()]), 0.005) == []  # before the promise
    race = record([baseline(), good()], promise="it", landmarks={"constant": 2.0, "linear": 0.7})
    race.landmarks["linear"] = {PROMISED: Landmark(0.7, float("nan"), float("nan"), float("nan"))}
    row = recommending.landmarks(race, 0.005)[1]
    assert row["excess"]["mean"] == pytest.approx(0.7 - good().final[0][-1])
    assert (row["validation_metric"], row["test_loss"], row["test_metric"]) == (None, None, None)


# ---- in a tenth of the time ------------------------------------------------------------------------------------------------------


def quick(*made: Any) -> dict[str, Any] | None:
    race = record(made)
    return recommending.quick(race, race.named("it"))


def test_in_a_tenth_of_the_time_the_lowest_curve_of_anyone_counts() -> None:
    slow = Made(seeds(30.0), "it")
    row = quick(slow, Made(seeds(30.0, end=0.8), "other"))  # ten of a hundred steps
    assert row is not None
    assert (row["name"], row["steps"], row["seconds"]) == ("it", 10, pytest.approx(1e-3))
    assert row["validation_loss"]["mean"] == pytest.approx(2 - 10 / 30)
    assert row["excess"]["mean"] == pytest.approx(1.5 - 10 / 30)
    row = quick(slow, Made(seeds(30.0, end=0.8), "cheap", method="nadam", batch=20, seconds=2e-5))
    assert row is not None
    assert (row["name"], row["method"], row["batch"], row["steps"]) == ("cheap", "nadam", 20, 40)
    assert row["validation_loss"]["mean"] == pytest.approx(0.8)
    row = quick(slow, Made(seeds(60.0), "fast", speed=seeds(10.0)))  # its fastest setting, not that of the final
    assert row is not None
    assert (row["name"], row["hyperparameters"], row["steps"]) == ("fast", {"learning_rate": 1e-4}, 10)


def test_of_a_decaying_learning_rate_only_the_end_is_a_training() -> None:
    decayed = Made(seeds(5.0), "early", schedule="cosine")
    row = quick(Made(seeds(30.0), "it"), decayed)
    assert row is not None
    assert row["name"] == "it"
    row = quick(Made(seeds(30.0), "it"), replace(decayed, seconds=1e-5))
    assert row is not None
    assert (row["name"], row["schedule"], row["steps"]) == ("early", "cosine", 100)


def test_nothing_is_quick_where_nothing_was_measured_so_soon() -> None:
    assert quick(Made(seeds(30.0), "it", schedule="cosine")) is None


# ---- lengths ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("longest", "improving"), [(100, True), (108, True), (115, False), (200, False)])
def test_it_was_still_improving_where_its_length_is_about_the_longest_that_the_race_allows(longest: int, improving: bool) -> None:
    race = record([Made(seeds(30.0), "it")], promise="it")
    (entry,) = race.entries
    assert entry.steps == 100
    race.race.plan["epochs"] = longest * entry.gradients / race.race.problem["examples"]
    assert recommending.still_improving(entry, race) == improving


def test_early_stopping_would_gain_what_each_lanes_best_moment_is_below_its_end() -> None:
    dip = [np.where((40 * (s % 2) + 20) == STEPS, 0.2, curve) for s, curve in enumerate([falling(10.0)] * 16)]
    race = record([Made(dip, "it")], promise="it")
    assert recommended(race)["early_stopping"] == pytest.approx(0.3)
    assert quality.quality(race.promise[1], race.constants).mean > 0.3
