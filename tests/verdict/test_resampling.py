"""The paired two-level bootstrap tells apart what is apart, and nothing else."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.statistics import bootstrap
from talweg.verdict import resampling

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
Made, record, falling, seeds, diverging, baseline = (MADE[name] for name in ("Made", "record", "falling", "seeds", "diverging", "baseline"))

LACKED, BOTH = 0.75**4, 0.5**4  # how often four drawn settings of four lack a certain one, or two certain ones


def sure(race: Any, one: str, other: str) -> float:
    drawn = resampling.draws(race)
    return bootstrap.probability_less(drawn[one], drawn[other])


def test_a_method_raced_against_itself_is_a_tie() -> None:
    race = record([baseline(), *(Made(seeds(40.0, seed=1), name) for name in ("one", "other"))])
    drawn = resampling.draws(race)
    np.testing.assert_array_equal(drawn["one"], drawn["other"])
    assert sure(race, "one", "other") == 0.5


def test_a_draw_is_the_mean_of_drawn_seeds() -> None:
    made = Made(seeds(40.0, spread=0.1, seed=1), "it", confirm={3: [falling(40.0)] * 4})
    drawn = resampling.draws(record([baseline(), made], settings=1))["it"]  # the only setting is in every draw
    losses = np.array([curve[-1] for curve in made.final])
    assert drawn.shape == (bootstrap.DRAWS,)
    assert drawn.mean() == pytest.approx(losses.mean(), abs=0.003)
    assert drawn.std() == pytest.approx(losses.std() / 4, rel=0.1)


def test_contestants_that_share_their_luck_are_told_apart_by_far_less_than_it() -> None:
    """Seeds are drawn jointly, so that what is compared is the difference."""
    luck = seeds(40.0, spread=0.2, seed=1)
    race = record([baseline(), Made(luck, "one"), Made([curve + 0.01 for curve in luck], "other")])
    drawn = resampling.draws(race)
    assert drawn["one"].std() > 0.03
    assert sure(race, "one", "other") > 0.99
    strangers = record([baseline(), Made(luck, "one"), Made([x + 0.01 for x in seeds(40.0, spread=0.2, seed=2)], "other")])
    assert 0.3 < sure(strangers, "one", "other") < 0.8


def drawn_by_chance(rng: np.random.Generator, name: str, count: int = 8) -> Any:
    """A contestant whose settings and seeds are luck: every one is as good as every other of this kind."""
    curve = lambda: falling(30.0, 0.5 + 0.1 * rng.normal())  # noqa: E731
    search = [curve() for _ in range(8)]
    confirm = {i: [curve() for _ in range(4)] for i in (2, 5)}
    rates = np.geomspace(1e-4, 0.1, 8).tolist()
    return Made([curve() for _ in range(count)], name, rates=rates, search=search, confirm=confirm, chosen=5)


def test_equal_methods_with_other_seeds_are_seldom_told_apart() -> None:
    rng = np.random.default_rng(0)
    ready = baseline()
    ready.final = ready.final[:8]
    apart = 0
    for _ in range(150):
        chance = sure(record([ready, drawn_by_chance(rng, "one"), drawn_by_chance(rng, "other")], settings=8), "one", "other")
        apart += max(chance, 1 - chance) >= 0.975
    assert apart / 150 <= 0.07


def test_methods_that_are_apart_are_told_apart() -> None:
    race = record([baseline(), Made(seeds(30.0, seed=1), "good"), Made(seeds(30.0, seed=2, end=0.55), "bad")])
    assert sure(race, "good", "bad") > 0.975
    assert sure(race, "bad", "baseline") > 0.975


def lost(drawn: np.ndarray, final: float = 0.5) -> np.ndarray:
    return np.round(drawn - final, 6)


def test_the_luck_of_the_settings_widens_the_interval() -> None:
    """Where a draw lacks the chosen setting, the best of those that it has stands for it; the untuned one is in every draw."""
    final, untuned = [falling(30.0)] * 16, [falling(90.0, 0.9)] * 4
    lucky = {3: [falling(30.0)] * 4, 2: [falling(30.0, 0.7)] * 4}
    values = lost(resampling.draws(record([baseline(), Made(final, "it", confirm=lucky, default=untuned)]))["it"])
    assert set(np.unique(values)) == {0.0, 0.2, 0.4}
    assert np.mean(values == 0.2) == pytest.approx(LACKED - BOTH, abs=0.04)
    assert np.mean(values == 0.4) == pytest.approx(BOTH, abs=0.02)
    steady = {3: [falling(30.0)] * 4, 2: [falling(30.0)] * 4}
    values = lost(resampling.draws(record([baseline(), Made(final, "it", confirm=steady, default=untuned)]))["it"])
    assert set(np.unique(values)) == {0.0, 0.4}
    # one that is better than the chosen one on those few seeds is no gain
    better = {3: [falling(30.0)] * 4, 2: [falling(30.0, 0.4)] * 4}
    values = lost(resampling.draws(record([baseline(), Made(final, "it", confirm=better, default=untuned)]))["it"])
    assert values.min() == 0.0


def test_where_the_untuned_method_is_as_good_nothing_is_lost() -> None:
    confirm = {3: [falling(30.0)] * 4, 2: [falling(30.0, 0.7)] * 4}
    made = Made([falling(30.0)] * 16, "it", confirm=confirm, default=[falling(30.0)] * 4)
    assert not lost(resampling.draws(record([baseline(), made]))["it"]).any()


def test_settings_of_a_widened_search_stand_or_fall_with_their_point() -> None:
    """Setting 7 of a widened search of four is point 3 again."""
    confirm = {7: [falling(30.0)] * 4, 2: [falling(30.0, 0.7)] * 4}
    wide = Made([falling(30.0)] * 16, "it", search=[falling(100.0)] * 8, confirm=confirm, chosen=7, default=[falling(90.0, 0.9)] * 4)
    values = lost(resampling.draws(record([baseline(), wide]))["it"])
    assert np.mean(values == 0.2) == pytest.approx(LACKED - BOTH, abs=0.04)


def test_a_setting_that_was_made_later_is_lacking_where_both_points_near_it_are() -> None:
    """Setting 4 lies between points 3 and 2, and so does 5: without both of them, point 1 stands for the chosen one."""
    rates = [1e-4, 1e-3, 1e-2, 1e-1, 0.04, 0.03]
    confirm = {4: [falling(30.0)] * 4, 5: [falling(30.0, 0.6)] * 4, 1: [falling(30.0, 0.7)] * 4}
    curves = [falling(100.0)] * 4
    made = Made([falling(30.0)] * 16, "it", rates=rates, search=curves, confirm=confirm, chosen=4, default=[falling(90.0, 0.9)] * 4)
    values = lost(resampling.draws(record([baseline(), made]))["it"])
    assert set(np.unique(values)) == {0.0, 0.2, 0.4}
    assert np.mean(values == 0.0) == pytest.approx(1 - BOTH, abs=0.03)


def test_only_what_was_trained_alike_stands_for_the_chosen_setting() -> None:
    confirm = {3: [falling(30.0)] * 4, 2: [falling(30.0, 0.7)] * 4}
    decayed = {("cosine", 1): [falling(30.0, 0.55)] * 4}
    made = Made([falling(30.0)] * 16, "it", confirm=confirm, default=[falling(90.0, 0.9)] * 4, lengths=decayed)
    assert set(np.unique(lost(resampling.draws(record([baseline(), made]))["it"]))) == {0.0, 0.2, 0.4}


def test_a_length_that_two_rungs_asked_for_counts_once() -> None:
    """With a schedule of its own, a contestant is confirmed under decay, and that length may be tried again."""
    confirm = {3: [falling(30.0)] * 4, 2: [falling(30.0, 0.7)] * 4}
    again = {("constant", 3): [falling(30.0)] * 4}
    once, twice = (
        resampling.draws(record([baseline(), Made([falling(30.0)] * 16, "it", confirm=confirm, lengths=lengths)]))["it"]
        for lengths in ({}, again)
    )
    np.testing.assert_array_equal(once, twice)


def test_a_contestant_of_which_nothing_is_tuned_has_the_luck_of_its_seeds_alone() -> None:
    made = Made([falling(30.0)] * 16, "it", fixed={"learning_rate": 0.5})
    assert not lost(resampling.draws(record([baseline(), made]))["it"]).any()


def test_one_that_always_diverges_counts_three_times_the_constant_prediction() -> None:
    wild = Made([diverging()] * 16, "wild", confirm={3: [diverging()] * 4, 2: [diverging()] * 4}, default=[diverging()] * 4)
    drawn = resampling.draws(record([baseline(), wild]))
    np.testing.assert_allclose(drawn["wild"], 3 * MADE["NOTHING"])
    assert (drawn["baseline"] < 0.95).all()
