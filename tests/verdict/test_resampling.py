"""The paired two-level bootstrap tells apart what is apart, and nothing else."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np

from talweg.verdict import resampling
from talweg.verdict.judge import judge

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))
Made, record, falling, seeds, diverging, baseline = (MADE[name] for name in ("Made", "record", "falling", "seeds", "diverging", "BASELINE"))


def test_a_method_raced_against_itself_is_a_tie() -> None:
    twins = [Made(seeds(40.0, seed=1), name) for name in ("one", "other")]
    race = record([baseline(), *twins])
    drawn = resampling.draws(race)
    np.testing.assert_array_equal(drawn["one"].costs, drawn["other"].costs)
    assert judge(race)["verdict"]["tied"] == ["other"]


def drawn_by_chance(rng: np.random.Generator, name: str, count: int = 8) -> Any:
    """A contestant whose settings and seeds are luck: every one is as good as every other of this kind."""
    curve = lambda: falling(50.0 * float(np.exp(0.3 * rng.normal())))  # noqa: E731
    search = [curve() for _ in range(8)]
    confirm = {i: [curve() for _ in range(4)] for i in (2, 5)}
    return Made([curve() for _ in range(count)], name, rates=np.geomspace(1e-4, 0.1, 8).tolist(), search=search, confirm=confirm, chosen=5)


def test_equal_methods_with_other_seeds_are_seldom_told_apart() -> None:
    rng = np.random.default_rng(0)
    ready = baseline()
    ready.final = ready.final[:8]
    apart = 0
    for _ in range(150):
        race = record([ready, drawn_by_chance(rng, "one"), drawn_by_chance(rng, "other")], settings=8)
        keys = _keys(race)
        sure = float(np.mean((keys["one"] < keys["other"]) + 0.5 * (keys["one"] == keys["other"])))
        apart += max(sure, 1 - sure) >= 0.975
    assert apart / 150 <= 0.07


def _keys(race: Any) -> dict[str, np.ndarray]:
    from talweg.verdict.judge import _comparable

    return _comparable(resampling.draws(race))


def test_methods_that_are_apart_are_told_apart() -> None:
    summary = judge(record([baseline(), Made(seeds(30.0, seed=1), "fast"), Made(seeds(60.0, seed=2), "slow")]))
    assert [row["name"] for row in summary["contestants"]] == ["fast", "slow", "baseline"]
    assert summary["verdict"]["tied"] == []
    assert summary["contestants"][1]["confidence"] > 0.975


def test_the_luck_of_the_settings_widens_the_interval() -> None:
    steady = {3: seeds(40.0, 8), 2: seeds(40.0, 8, seed=5)}
    lucky = {3: seeds(40.0, 8), 2: seeds(90.0, 8, seed=5)}  # one good setting: without it the method is half as fast
    width = []
    for confirm in (steady, lucky):
        drawn = resampling.draws(record([baseline(), Made(seeds(40.0), "it", confirm=confirm)]))["it"].costs
        low, high = np.quantile(drawn, [0.025, 0.975])
        width.append(high - low)
        assert np.median(drawn) == np.clip(np.median(drawn), 300, 500)
    assert width[1] > 3 * width[0]
    # the chosen one of four settings is not among four drawn ones in (3/4)⁴ of the draws, nor is the other in (1/2)⁴
    assert np.mean(drawn > 600) == np.clip(np.mean(drawn > 600), 0.75**4 - 0.5**4 - 0.04, 0.75**4 - 0.5**4 + 0.04)


def test_settings_of_a_widened_search_stand_or_fall_with_their_point() -> None:
    """Setting 7 of a widened search of four is point 3 again."""
    rates = [1e-4, 1e-3, 1e-2, 1e-1]
    search = [falling(100.0)] * 8
    confirm = {7: seeds(40.0, 8), 2: seeds(90.0, 8, seed=5)}
    wide = Made(seeds(40.0), "it", rates=rates, search=search, confirm=confirm, chosen=7)
    drawn = resampling.draws(record([baseline(), wide]))["it"].costs
    assert 0.75**4 - 0.5**4 - 0.04 <= np.mean(drawn > 600) <= 0.75**4 - 0.5**4 + 0.04


def test_draws_of_a_contestant_that_always_diverges_are_infinite() -> None:
    drawn = resampling.draws(record([baseline(), Made([diverging()] * 16, "wild", confirm={3: [diverging()] * 8, 2: [diverging()] * 8})]))
    assert np.isinf(drawn["wild"].costs).all()
    assert np.isinf(drawn["wild"].losses).all()
    assert np.isfinite(drawn["baseline"].losses).all()
