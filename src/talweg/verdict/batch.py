"""What a batch ladder came to, from its rows: steps, examples and seconds to the target at every size, and the critical batch size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np

from talweg.statistics import bootstrap, scaling
from talweg.statistics.scaling import BEYOND
from talweg.summary import BatchSummary, plain
from talweg.text import batch as words
from talweg.verdict import arrivals, numbers, quality, recommending, resampling
from talweg.verdict.arrivals import SURE, Arrivals
from talweg.verdict.record import Entry, Record, best_so_far

UNKNOWN: arrivals.Numbers = {"value": None, "low": None, "high": None}
NEAR_END = 0.9  #: of `BEYOND`: so far outside of the sizes an end of an interval is not known


def judge(record: Record) -> BatchSummary:
    """The summary of a batch ladder."""
    record = replace(record, entries=[_lowest(entry, record) for entry in record.entries])
    row, plan = record.race, record.race.plan
    learned = _learned(record)
    drawn = resampling.draws(record)
    arrived = arrivals.arrivals(record, learned=learned, margin=_margin(record, drawn))
    by_method: dict[str, list[Entry]] = {}
    for entry in record.entries:
        by_method.setdefault(entry.name.rpartition("@")[0], []).append(entry)
    summary: dict[str, Any] = {
        "kind": "batch",
        "problem": row.problem,
        "target": {
            "learned": learned,
            **{key: getattr(arrived, key) for key in ("value", "loose", "margin")},
            "given": record.goal.value is not None,
            "clock": row.run["clock"],
        },
        "ladders": [_ladder(name, entries, record, arrived, drawn) for name, entries in by_method.items()],
        "timing": {"wall": row.wall, "compile": row.compile, "lanes": record.lanes, "lane_steps": record.lane_steps},
        "run": {
            **row.run,
            "race": row.race,
            "created": row.created,
            **{key: plan[key] for key in ("seed", "settings", "seeds", "epochs")},
        },
    }
    summary = plain(summary)
    summary["sentences"], summary["warnings"] = words.sentences(summary), words.warnings(summary)
    return cast(BatchSummary, summary)


def _margin(record: Record, drawn: dict[str, np.ndarray]) -> float:
    """So far above the lowest loss that every size comes down there which can't be told apart from it; at most 1 % of the gap.

    The margin of a race is often less than what the seeds can tell: then half of the sizes would miss the target by luck.
    """
    means_ = {entry.name: record.quality(entry.final).mean for entry in record.entries}
    best, nothing = min(means_, key=lambda name: means_[name]), record.nothing()
    tied = max(mean for name, mean in means_.items() if _tied(drawn[best], drawn[name]))
    least, most = quality.margin(means_[best], nothing), quality.SHARE * abs(nothing - means_[best])
    return max(least, min(tied - means_[best], most))


def _tied(best: np.ndarray, own: np.ndarray) -> bool:
    return bootstrap.probability_less(best, own) < SURE


def _lowest(entry: Entry, record: Record) -> Entry:
    """A size with the lowest of all that was trained on the final seeds as its final: a few settings, the same number for each size."""
    lanes = [*entry.final, *entry.speed]
    return replace(entry, final=best_so_far(lanes, record.constants), speed=lanes)


def _learned(record: Record) -> bool:
    """Whether the lowest expected loss is better than the constant prediction, by the interval for new data."""
    return recommending.learned(record, min((record.quality(entry.final) for entry in record.entries), key=lambda one: one.mean))


def _ladder(name: str, entries: list[Entry], record: Record, arrived: Arrivals, drawn: dict[str, np.ndarray]) -> dict[str, Any]:
    """One method at its sizes, from the smallest."""
    entries = sorted(entries, key=lambda entry: entry.examples_per_step)
    best = min(entries, key=lambda entry: record.quality(entry.final).mean)
    first = {count: _first(entries, arrived, count) for count in ("time", "steps", "examples")}
    facts = entries[0].facts
    return {
        "name": name,
        "label": facts["label"].rpartition(" (batch ")[0],
        "method": facts["method"],
        "sizes": [_size(entry, best, first["time"], record, arrived, drawn) for entry in entries],
        "fit": _fit(entries, [arrived.of[entry.name].steps for entry in entries], [arrived.of[e.name].draws for e in entries], arrived),
        "loose_fit": _fit(
            entries, [arrived.of[entry.name].loose for entry in entries], [arrived.of[e.name].loose_draws for e in entries], arrived
        ),
        "best": best.facts["batch"],
        "fastest": {count: None if entry is None else entry.facts["batch"] for count, entry in first.items()},
    }


def _first(entries: Sequence[Entry], arrived: Arrivals, count: str) -> Entry | None:
    """The size that reaches the target first; None if none does."""
    costs = [arrived.of[entry.name].steps * arrivals.factors(entry)[count] for entry in entries]
    return entries[int(np.argmin(costs))] if np.isfinite(costs).any() else None


def _size(
    entry: Entry, best: Entry, fastest: Entry | None, record: Record, arrived: Arrivals, drawn: dict[str, np.ndarray]
) -> dict[str, Any]:
    one = arrived.of[entry.name]
    own = one.draws * entry.step.seconds
    tied = fastest is not None and bool(np.isfinite(one.steps) and _tied(arrived.of[fastest.name].draws * fastest.step.seconds, own))
    return {
        **{key: entry.facts[key] for key in ("name", "label", "method", "batch")},
        "examples": entry.examples_per_step,
        "hyperparameters": {**entry.facts["fixed"], **entry.final[0].hyperparameters},
        "steps": entry.steps,
        "validation_loss": numbers.mean(record.quality(entry.final).losses),
        "tied": _tied(drawn[best.name], drawn[entry.name]),
        "failed": quality.failed(entry.final, record.constants),
        "to_target": _reached(entry, one.lanes[0].hyperparameters, one.steps, one.draws, tied=tied),
        "to_loose": _reached(entry, one.loose_lanes[0].hyperparameters, one.loose, one.loose_draws, tied=False),
        "seconds_per_step": {key: getattr(entry.step, key) for key in ("seconds", "low", "high", "steady")},
    }


def _reached(entry: Entry, setting: Any, steps: float, draws: np.ndarray, *, tied: bool) -> dict[str, Any]:
    per = arrivals.factors(entry)
    kinds = (("steps", "steps"), ("examples", "examples"), ("seconds", "time"))
    costs = {word: arrivals.estimate(steps * per[kind], draws * per[kind]) for word, kind in kinds}
    return {"learning_rate": setting.get("learning_rate"), **costs, "tied": tied}


def _fit(entries: Sequence[Entry], steps: Sequence[float], draws: Sequence[np.ndarray], arrived: Arrivals) -> dict[str, Any]:
    """The fit to the steps at each size, and to each draw of them."""
    sizes = np.array([entry.examples_per_step for entry in entries], float)
    bounds = np.array([arrived.of[entry.name].longest for entry in entries], float)
    fitted = scaling.fit(sizes, np.array([steps], float), bounds)
    least, critical = float(fitted.least[0]), float(fitted.critical[0])
    if not np.isfinite(critical) or 0 in steps:  # too few sizes arrive, or nothing was left to do
        return {"seen": None, "steps": UNKNOWN, "critical": UNKNOWN, "curve": [None] * len(entries)}
    drawn = scaling.fit(sizes, np.stack(draws, axis=1), bounds)
    ends = {"steps": _estimate(least, drawn.least), "critical": _estimate(critical, drawn.critical)}
    return {
        "seen": "larger" if critical > sizes[-1] else "smaller" if critical < sizes[0] else "inside",
        "steps": {**ends["steps"], "value": least},
        "critical": {**_inside(ends["critical"], sizes), "value": critical},
        "curve": fitted.steps(sizes).tolist(),
    }


def _estimate(value: float, draws: np.ndarray) -> arrivals.Numbers:
    """An estimate with its interval; a draw in which too few sizes arrive may lie anywhere."""
    low, high = (bootstrap.interval(np.where(np.isnan(draws), unknown, draws))[end] for end, unknown in enumerate((0.0, np.inf)))
    return {"value": value, "low": min(low, value), "high": max(high, value)}


def _inside(ends: arrivals.Numbers, sizes: np.ndarray) -> arrivals.Numbers:
    """Ends of an interval without those that the sizes say nothing of."""
    low, high = ends["low"], ends["high"]
    return {
        "low": 0.0 if low is not None and low < sizes[0] / (NEAR_END * BEYOND) else low,
        "high": None if high is not None and high > sizes[-1] * NEAR_END * BEYOND else high,
    }
