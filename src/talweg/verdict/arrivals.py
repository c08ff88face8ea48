"""How soon each contestant is as good as the best: read off mean curves over the final seeds, in steps, examples, gradients and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from talweg.statistics import bootstrap, censoring
from talweg.store import Lane
from talweg.verdict import quality, resampling
from talweg.verdict.record import Entry, Record

COUNTS = ("time", "steps", "examples", "gradients")
SURE = 0.975  # of being better, in the bootstrap: separable from a tie at the 95 % level, two-sided
LEAST = 1e-9  #: steps, in a ratio: where a target was reached before the first step, nothing is as fast as nothing

Numbers = dict[str, float | None]


@dataclass(frozen=True, eq=False)
class Arrival:
    """The steps to the target of a contestant's fastest setting."""

    lanes: Sequence[Lane]
    steps: float  #: infinite where the mean curve does not reach the target
    draws: Float[np.ndarray, " draws"]  #: the same over resampled seeds
    longest: int  #: steps of its longest training: it took at least these where it did not reach the target
    loose_lanes: Sequence[Lane]  #: of the setting that is first at the looser target …
    loose: float  #: … its steps to it …
    loose_draws: Float[np.ndarray, " draws"]  #: … and the same over resampled seeds


@dataclass(frozen=True, eq=False)
class Arrivals:
    """All contestants' arrivals at one target."""

    value: float | None
    loose: float | None
    margin: float
    of: dict[str, Arrival]


def arrivals(record: Record, *, learned: bool = True, margin: float | None = None) -> Arrivals:
    """Who reaches the target when: what was asked for, or as good as the best; there is none where nothing was learned.

    As good is what lies within the `margin`, which is that of a race unless another is given.
    """
    finals = {entry.name: record.quality(entry.final) for entry in record.entries}
    nothing, best = record.nothing(), min(one.mean for one in finals.values())
    goal, margin = record.goal, quality.margin(best, nothing) if margin is None else margin
    seeds = resampling.final_seeds(record)
    lowest = np.min([one.losses[seeds].mean(axis=1) for one in finals.values()], axis=0)
    never = np.full(len(seeds), -np.inf)
    if goal.value is not None:
        value, drawn = goal.value, np.full(len(seeds), goal.value)
    else:
        value, drawn = (best + margin, lowest + margin) if learned else (-np.inf, never)
    loose, loose_drawn = (quality.looser(best, nothing), quality.looser(lowest, nothing)) if learned else (-np.inf, never)
    of = {}
    for entry in record.entries:
        groups = [entry.final, *quality.by_variant(entry.speed)]
        lanes, steps, draws = _first(
            groups, [_curves(each, record) for each in groups], _sign(goal.kind) * value, _sign(goal.kind) * drawn, seeds
        )
        losses = [quality.curves(each, record.constants) for each in groups]
        looser = _first(groups, losses, loose, loose_drawn, seeds)
        longest = max(int(each[0].steps[-1]) for each in groups)
        of[entry.name] = Arrival(lanes, steps, draws, longest, *looser)
    return Arrivals(value if np.isfinite(value) else None, loose if goal.kind == "loss" and learned else None, margin, of)


def _first(
    groups: Sequence[Sequence[Lane]], curves: Sequence[np.ndarray], target: float, drawn: np.ndarray, seeds: np.ndarray
) -> tuple[Sequence[Lane], float, np.ndarray]:
    """The lanes whose mean curve is at a target first, and their steps to it; and over resampled seeds those of who is first there."""
    points = [censoring.crossing(lanes[0].steps, curve.mean(axis=0), target) for lanes, curve in zip(groups, curves, strict=True)]
    draws = [
        censoring.crossings(np.asarray(lanes[0].steps, float), _resampled(curve, seeds), drawn)
        for lanes, curve in zip(groups, curves, strict=True)
    ]
    first = int(np.argmin(points))
    return groups[first], points[first], np.min(draws, axis=0)


def summary(record: Record, arrived: Arrivals, count: str) -> dict[str, dict[str, Any]]:
    """By contestant: how soon it is there, its rank by what is counted, and who can't be told apart from the fastest."""
    per = {entry.name: factors(entry) for entry in record.entries}
    costs = {name: one.steps * per[name][count] for name, one in arrived.of.items()}
    drawn = {name: one.draws * per[name][count] for name, one in arrived.of.items()}
    order = [name for name in sorted(costs, key=costs.__getitem__) if np.isfinite(costs[name])]
    rows = {}
    for entry in record.entries:
        name, one = entry.name, arrived.of[entry.name]
        first = one.lanes[0]
        rows[name] = {
            "reached": name in order,
            "rank": order.index(name) + 1 if name in order else None,
            "tied": bool(order) and bootstrap.probability_less(drawn[order[0]], drawn[name]) < SURE and name in order,
            "hyperparameters": {**entry.facts["fixed"], **first.hyperparameters},
            "schedule": first.schedule,
            **{
                word: estimate(one.steps * per[name][kind], one.draws * per[name][kind])
                for word, kind in (("steps", "steps"), ("examples", "examples"), ("gradients", "gradients"), ("seconds", "time"))
            },
            "loose_steps": one.loose,
            "speedup": _speedup(arrived.of[record.baseline.name], one, per[record.baseline.name][count], per[name][count]),
        }
    return rows


def factors(entry: Entry) -> dict[str, float]:
    """What one step counts as."""
    return {"steps": 1.0, "examples": entry.examples_per_step, "gradients": entry.gradients, "time": entry.step.seconds}


def fastest(rows: dict[str, dict[str, Any]]) -> tuple[str | None, list[str]]:
    """Who is there first, and who can't be told apart from it."""
    first = next((name for name, row in rows.items() if row["rank"] == 1), None)
    return first, [name for name, row in rows.items() if row["tied"] and name != first]


def _sign(kind: str) -> float:
    """An accuracy is to be reached from below."""
    return 1.0 if kind == "loss" else -1.0


def _curves(lanes: Sequence[Lane], record: Record) -> np.ndarray:
    if record.goal.kind == "loss":
        return quality.curves(lanes, record.constants)
    metric = np.array([lane.metric for lane in lanes], float)
    return -np.where(np.isfinite(metric), metric, 0.0)


def _resampled(curves: Float[np.ndarray, "seeds points"], seeds: np.ndarray) -> Float[np.ndarray, "draws points"]:
    """Mean curves over drawn seeds."""
    times = np.stack([(seeds == k).sum(axis=1) for k in range(curves.shape[0])], axis=1)
    return times @ curves / curves.shape[0]


def estimate(value: float, drawn: np.ndarray) -> Numbers:
    """A value with the interval of its draws."""
    low, high = bootstrap.interval(drawn)
    return {"value": value, "low": min(low, value), "high": max(high, value)}


def _speedup(baseline: Arrival, own: Arrival, per_baseline: float, per_own: float) -> Numbers:
    """How many times as soon as the baseline; where only one of the two arrives, what the other's longest training says at least."""
    reached = np.isfinite(own.steps)
    mine = np.where(np.isfinite(own.draws), own.draws, own.longest) * per_own
    theirs = np.where(np.isfinite(baseline.draws), baseline.draws, baseline.longest) * per_baseline
    ratios = np.maximum(theirs, LEAST * per_baseline) / np.maximum(mine, LEAST * per_own)
    low, high = bootstrap.interval(ratios)
    if not reached:
        return {"value": None, "low": None, "high": high if np.isfinite(baseline.steps) else None}
    value = max(min(baseline.steps, baseline.longest), LEAST) * per_baseline / (max(own.steps, LEAST) * per_own)
    return {"value": value, "low": min(low, value), "high": max(high, value)}
