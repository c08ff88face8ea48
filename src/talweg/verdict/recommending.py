"""What is recommended in numbers: what it promises, on these data and on new data, and how landmarks compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from talweg.statistics import bootstrap, means
from talweg.store import Landmark, Lane
from talweg.text import race as words
from talweg.text.format import bare
from talweg.verdict import numbers, quality
from talweg.verdict.arrivals import SURE
from talweg.verdict.quality import Quality
from talweg.verdict.record import Entry, Record

TENTH = 0.1  #: of the time of the recommended training: what else to use in it
NEVER_NEGATIVE = ("squared", "absolute", "huber", "cross-entropy", "hinge")  #: losses that no interval needs to go below zero for
LANDMARKS = {"constant": "the constant prediction", "linear": "a linear model"}


def recommendation(record: Record, drawn: dict[str, np.ndarray]) -> dict[str, Any]:
    """The recommendation; without a `method`, and with a reason, where everything failed or nothing was learned."""
    best = min(record.entries, key=lambda entry: record.quality(entry.final).mean)
    name, lanes = record.promise or (best.name, best.final)
    entry, own = record.named(name), record.quality(lanes)
    problem = record.race.problem
    failed = quality.failed(lanes, record.constants) > 0.5
    row = {
        "name": entry.name,
        "method": entry.facts["method"],
        "reason": None,
        "label": bare(entry.label, {**entry.facts["fixed"], **entry.final[0].hyperparameters}, entry.facts["batch"]),
        "batch": entry.facts["batch"],
        "hyperparameters": {**entry.facts["defaults"], **entry.facts["fixed"], **entry.final[0].hyperparameters},
        "schedule": entry.schedule,
        "steps": entry.steps,
        "epochs": entry.steps * entry.gradients / problem["examples"],
        "validation_loss": numbers.mean(own.losses),
        "validation_metric": numbers.metric([lane.metric[-1] for lane in lanes], problem),
        "expected_on_new_data": promise(record, lanes, own),
        "test_loss": numbers.of_known([lane.test_loss for lane in lanes], largest=True),
        "test_metric": numbers.metric([lane.test_metric for lane in lanes], problem),
        "original_rmse": _rmse(problem, lanes),
        "seconds": entry.steps * entry.step.seconds,
        "seeds": len(lanes),
        "tied": [e.name for e in record.entries if e is not entry and bootstrap.probability_less(drawn[name], drawn[e.name]) < SURE],
        "instead_of": best.name if best is not entry else None,
        "still_improving": still_improving(entry, record),
        "early_stopping": _early_stopping(lanes, record, own),
        "quick": quick(record, entry),
    }
    if failed:
        return _none(row, words.all_diverged_reason(problem))
    if not learned(record, own):
        return _none(row, words.nothing_learned(problem))
    return row


def _none(row: dict[str, Any], reason: str) -> dict[str, Any]:
    """What was best all the same is kept, but for its method: nothing is recommended."""
    return {**row, "method": None, "reason": reason, "quick": None, "tied": [], "instead_of": None}


def learned(record: Record, own: Quality) -> bool:
    """Whether its loss is below the constant predictor's by the interval for new data; a function is learned where it falls at all.

    Failures are judged apart: they count in the mean, but one of them would make the interval of all others as wide as itself.
    """
    constants = record.constants
    if not constants:
        return own.mean < record.nothing()
    nothing = np.array([constants[int(seed)] for seed in own.seeds])
    better, fine = nothing - own.losses, own.losses < [quality.failure(x) for x in nothing]
    return bool(better.mean() > 0 and fine.any() and means.resampled_interval(better[fine], *_rows(record))[0] > 0)


def promise(record: Record, lanes: Sequence[Lane], own: Quality) -> dict[str, Any] | None:
    """Where the mean loss on new rows lies; None where there are no held-out rows to say it from."""
    train, held_out, test = record.race.problem["rows"]
    deviations = np.array([lane.row_deviation for lane in lanes], float)
    if held_out is None or not np.isfinite(deviations).any():
        return None
    rows = test or held_out
    deviation = float(np.sqrt(np.nanmean(deviations**2)))
    fresh = record.race.problem["fresh_splits"]
    low, high = means.prediction_interval(own.losses, deviation, train, held_out, rows, fresh_splits=fresh)
    never_negative = record.race.problem["facts"].get("loss") in NEVER_NEGATIVE
    return {"mean": own.mean, "low": max(low, 0.0) if never_negative else low, "high": high, "rows": rows}


def landmarks(record: Record, margin: float) -> list[dict[str, Any]]:
    """The constant prediction and the linear model, beside what is recommended, seed by seed."""
    if record.promise is None:
        return []
    own = record.quality(record.promise[1])
    rows = []
    for name, label in LANDMARKS.items():
        known = record.landmarks.get(name, {})
        seeds = [seed for seed in own.seeds.tolist() if seed in known]
        if not seeds:
            continue
        losses = np.array([known[seed].validation_loss for seed in seeds])
        excess = losses - own.losses[np.isin(own.seeds, seeds)]
        rows.append(
            {
                "name": name,
                "label": label,
                "validation_loss": numbers.mean(losses),
                "validation_metric": numbers.of_known(
                    [known[s].validation_metric for s in seeds], largest=False, share=record.race.problem["metric_percent"]
                ),
                "test_loss": _first(known, seeds, "test_loss"),
                "test_metric": _first(known, seeds, "test_metric"),
                "excess": numbers.mean(excess),
                "as_good": float(excess.mean()) <= margin,
            }
        )
    return rows


def quick(record: Record, best: Entry) -> dict[str, Any] | None:
    """The lowest mean loss that any contestant's final curve has within a tenth of the time; None if none is measured in it."""
    seconds = TENTH * best.steps * best.step.seconds
    own, found = record.quality(best.final), []
    for entry in record.entries:
        for lanes in filter(None, (entry.final, entry.speed)):
            values, steps = quality.curves(lanes, record.constants), lanes[0].steps
            able = np.flatnonzero((steps > 0) & (steps * entry.step.seconds <= seconds))
            if lanes[0].schedule != "constant":  # a decaying learning rate is what it is at its end only
                able = able[able == len(steps) - 1]
            found += [(float(values[:, point].mean()), entry.name, entry, lanes, point) for point in able.tolist()]
    if not found:
        return None
    _, _, entry, lanes, point = min(found, key=lambda one: one[:2])
    losses = quality.curves(lanes, record.constants)[:, point]
    return {
        **{key: entry.facts[key] for key in ("name", "method", "batch")},
        "label": bare(entry.label, {**entry.facts["fixed"], **lanes[0].hyperparameters}, entry.facts["batch"]),
        "hyperparameters": {**entry.facts["defaults"], **entry.facts["fixed"], **lanes[0].hyperparameters},
        "schedule": lanes[0].schedule,
        "steps": int(lanes[0].steps[point]),
        "seconds": float(lanes[0].steps[point] * entry.step.seconds),
        "validation_loss": numbers.mean(losses),
        "excess": numbers.mean(losses - own.losses),
    }


def still_improving(entry: Entry, record: Record) -> bool:
    """Whether its best length is about that of the longest training that the race allows; a shorter one was not worth making longer."""
    longest = record.race.plan["epochs"] * record.race.problem["examples"] / entry.gradients
    return entry.steps > quality.STILL * longest


def _early_stopping(lanes: Sequence[Lane], record: Record, own: Quality) -> float:
    return float(np.mean(own.losses - quality.curves(lanes, record.constants)[:, 1:].min(axis=1)))


def _rows(record: Record) -> tuple[int, int]:
    train, held_out, _ = record.race.problem["rows"]
    return train, held_out or train


def _rmse(problem: dict[str, Any], lanes: Sequence[Lane]) -> dict[str, float | None] | None:
    """The root of the mean squared error in the target's own unit: R² is a share of the variance of the target, whose scale is known."""
    scale = problem["facts"].get("target_deviation")
    if problem["metric"] != "R²" or scale is None:
        return None
    return numbers.of_known([scale * math.sqrt(max(1 - lane.metric[-1], 0.0)) for lane in lanes], largest=True)


def _first(known: dict[int, Landmark], seeds: Sequence[int], key: str) -> float | None:
    """On the test part, the mean over the seeds' fits."""
    values = np.array([getattr(known[seed], key) for seed in seeds])
    return float(values.mean()) if np.isfinite(values).all() else None
