"""Rows → the summary, all that tables, reports and JSON show: the numbers are computed here, `text` says them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from talweg.statistics import bootstrap, proportions, search
from talweg.store import Lane
from talweg.summary import RaceSummary, plain
from talweg.text import dynamics as dynamics_text
from talweg.text import race, warnings
from talweg.verdict import dynamics, endpoints, resampling, scores
from talweg.verdict.record import Entry, Record
from talweg.verdict.scores import Scores

SURE = 0.975  # of being better, in the bootstrap: separable from a tie at the 95 % level, two-sided
SHARES = (0.25, 0.5, 1.0)
LEAST = 1e-6  # examples, in a ratio of costs: where a target was reached before the first step, nothing is as fast as nothing

Numbers = dict[str, float | None]
UNKNOWN: Numbers = {"median": None, "low": None, "high": None}


def judge(record: Record) -> RaceSummary:
    """The summary of a race."""
    drawn, race_row, plan, target = resampling.draws(record), record.race, record.race.plan, record.target
    finals = {entry.name: record.scored(entry, entry.final) for entry in record.entries}
    ranked = sorted(record.entries, key=lambda e: (finals[e.name].median_cost(), finals[e.name].median_loss()))
    best = ranked[0]
    keys = _comparable(drawn)
    rows = [_row(i, e, best, bootstrap.probability_less(keys[best.name], keys[e.name]), drawn, record) for i, e in enumerate(ranked, 1)]
    examples = float(max(e.final[0].steps[-1] * e.examples_per_step for e in record.entries))
    summary: dict[str, Any] = {
        "kind": "race",
        "problem": {**race_row.problem, "budget": {"epochs": plan["epochs"], "examples": examples, "seconds": plan["budget_seconds"]}},
        "target": {
            "kind": target.kind,
            "value": target.value,
            "text": race.target(target.kind, target.value, race_row.problem, record.baseline.label, own=target.own),
            "baseline": record.baseline.name,
        },
        "contestants": rows,
        "order": [_order(record, share) for share in SHARES],
        "timing": {"wall": race_row.wall, "compile": race_row.compile, "lanes": record.lanes, "lane_steps": record.lane_steps},
        "run": {
            **race_row.run,
            "race": race_row.race,
            "created": race_row.created,
            **{key: plan[key] for key in ("seed", "settings", "seeds", "epochs", "budget_seconds")},
            "schedule": record.baseline.facts["schedule"],
            "start_loss": _start_loss(record.baseline.final),
            "search_start_loss": _start_loss(record.baseline.search or record.baseline.final),
        },
        "dynamics": dynamics_text.sentences(rows),
    }
    summary = plain(summary)
    sentences = race.verdict(summary)
    summary["verdict"] = {
        "winner": best.name,
        "tied": [row["name"] for row in rows[1:] if row["tied"]],
        "text": " ".join(sentences),
        "sentences": sentences,
        "warnings": warnings.sentences(summary, _beaten_by_their_special_cases(record, keys)),
    }
    return cast(RaceSummary, summary)


def _comparable(drawn: dict[str, Scores]) -> dict[str, np.ndarray]:
    """Every contestant's draws as numbers that compare as they do: first by cost, then by loss."""
    return dict(zip(drawn, Scores.stacked(list(drawn.values())).keys(), strict=True))


def _row(rank: int, entry: Entry, best: Entry, sure: float, drawn: dict[str, Scores], record: Record) -> dict[str, Any]:
    final, own = record.scored(entry, entry.final), drawn[entry.name]
    cost = _with_interval(final.median_cost(), own.costs)
    steps = _scaled(cost, 1 / entry.examples_per_step)
    return {
        "rank": rank,
        **{key: entry.facts[key] for key in ("name", "label", "method", "batch", "reference", "schedule", "restarts", "width")},
        "tied": sure < SURE,
        "confidence": sure,
        "hyperparameters": {**entry.facts["fixed"], **entry.final[0].hyperparameters},
        "tuned": list(entry.facts["space"]),
        "good_range": _good_range(entry, record),
        "steps_to_target": steps,
        "examples_to_target": cost,
        "seconds_to_target": _scaled(steps, entry.seconds_per_step),
        "speedup": _speedup(cost["median"], own.costs, record, drawn[record.baseline.name].costs),
        "final_validation_loss": _with_interval(final.median_loss(), own.losses),
        "validation_metric": _over_seeds([lane.metric[-1] for lane in entry.final], worst=min),
        "test": {
            "metric": _over_seeds([lane.test_metric for lane in entry.final], worst=min),
            "loss": _over_seeds([lane.test_loss for lane in entry.final], worst=max),
        },
        "reached": float(np.isfinite(final.costs).mean()),
        "diverged": float(np.mean([lane.diverged_at is not None for lane in entry.search])) if entry.search else 0.0,
        "endpoints": endpoints.numbers(entry, record),
        "default": _default(entry, record, cost["median"]),
        "beats": None if entry is best else _beats(best, entry, record),
        "seconds_per_step": entry.seconds_per_step,
        "gradients_per_step": entry.gradients_per_step,
        "curves": _curves(entry),
        "search": [_searched(lane, entry, record) for lane in entry.search],
        "tuning": _tuning(entry),
        "at_edge": _edge(entry, record),
        "probes": dynamics.numbers(*entry.probes, entry.examples_per_step, entry.facts["schedule"]) if entry.probes else None,
    }


def _with_interval(median: float, draws: np.ndarray) -> Numbers:
    if not math.isfinite(median):
        return UNKNOWN
    low, high = bootstrap.interval(draws)
    return {"median": median, "low": min(low, median), "high": max(high, median)}


def _scaled(numbers: Numbers, factor: float) -> Numbers:
    return {key: None if value is None else value * factor for key, value in numbers.items()}


def _over_seeds(values: Sequence[float | None], worst: Callable[[Any], float]) -> Numbers | None:
    """Median and its interval over the final seeds, the diverged ones as bad as the worst; None where nothing was measured."""
    known = np.array(values, float)
    if not np.isfinite(known).any():
        return None
    full = np.where(np.isfinite(known), known, worst(known[np.isfinite(known)]))
    medians = np.median(full[bootstrap.resampled(len(full), bootstrap.DRAWS, resampling.SEED)], axis=-1)
    return _with_interval(float(np.median(full, axis=-1)), medians)


def _speedup(cost: float | None, own: np.ndarray, record: Record, baseline: np.ndarray) -> Numbers:
    """How many times fewer examples than the baseline; its budget stands for it where it did not reach the target itself.

    Budgets differ by what is rounded to whole steps: a step on the whole training set may be more than the budget of the others.
    """
    if cost is None:
        return UNKNOWN
    final = record.scored(record.baseline, record.baseline.final)
    reference = min(final.median_cost(), final.budget)
    ratios = np.maximum(np.minimum(baseline, final.budget), LEAST) / np.maximum(own, LEAST)  # an infinite cost is a speed-up of zero
    return _with_interval(max(reference, LEAST) / max(cost, LEAST), ratios)


def _beats(best: Entry, entry: Entry, record: Record) -> Numbers:
    """P(a run of the best beats one of this entry), seed by seed, with its interval over seeds."""
    keys = Scores.stacked([record.scored(best, best.final), record.scored(entry, entry.final)]).keys()
    wins = (keys[0] < keys[1]) + 0.5 * (keys[0] == keys[1])
    low, high = proportions.proportion_interval(wins.sum(), len(wins))
    return {"probability": float(wins.mean()), "low": low, "high": high}


def _default(entry: Entry, record: Record, tuned: float | None) -> dict[str, Any]:
    """What the untuned method reached on the same seeds, and how many times faster the tuned one is (at least, if it never arrived)."""
    final = record.scored(entry, entry.default)
    cost = final.median_cost()
    drawn = final.take(bootstrap.resampled(len(entry.default), bootstrap.DRAWS, resampling.SEED + 1)).medians()
    return {
        "hyperparameters": dict(entry.default[0].hyperparameters),
        "final_validation_loss": _with_interval(final.median_loss(), drawn.losses),
        "examples_to_target": _with_interval(cost, drawn.costs),
        "reached": float(np.isfinite(final.costs).mean()),
        "gain_from_tuning": None if tuned is None else max(min(cost, final.budget), LEAST) / max(tuned, LEAST),
    }


def _good_range(entry: Entry, record: Record) -> list[float] | None:
    """The learning rates whose settings need at most twice the examples of the best; if none reaches the target, those nearly as low.

    Nearly: above the best loss by at most a tenth of the gap between it and the start.
    """
    if "learning_rate" not in entry.facts["space"]:
        return None
    searched = record.scored(entry, entry.search)
    if np.isfinite(searched.costs).any():
        good = searched.costs <= 2 * searched.costs.min()
    elif np.isfinite(searched.losses).any():
        start, low = float(entry.search[0].validation_loss[0]), searched.losses.min()
        good = searched.losses <= low + 0.1 * max(start - low, 0.0)
    else:
        return None
    rates = [lane.hyperparameters["learning_rate"] for lane in itertools.compress(entry.search, good)]
    return [min(rates), max(rates)]


def _searched(lane: Lane, entry: Entry, record: Record) -> dict[str, Any]:
    return {
        "learning_rate": lane.hyperparameters.get("learning_rate", entry.facts["fixed"].get("learning_rate")),
        "hyperparameters": dict(lane.hyperparameters),
        "loss": scores.final_loss(lane),
        "examples_to_target": scores.cost(lane, record.target, entry.examples_per_step),
        "diverged": lane.diverged_at is not None,
        "chosen": lane.setting == entry.chosen,
    }


def _tuning(entry: Entry) -> dict[str, list[float]]:
    expected, low, high = search.best_of(np.array([scores.final_loss(lane) for lane in entry.search]))
    return {"settings": list(range(1, len(expected) + 1)), "expected": expected.tolist(), "low": low.tolist(), "high": high.tolist()}


def _edge(entry: Entry, record: Record) -> str | None:
    """What is said if the best learning rate still lies at an edge of what was searched, after widening."""
    reach = entry.facts["space"].get("learning_rate")
    searched = [lane.hyperparameters["learning_rate"] for lane in entry.search if "learning_rate" in lane.hyperparameters]
    chosen = entry.final[0].hyperparameters.get("learning_rate")
    if reach is None or chosen is None or not searched:
        return None
    low, high = min(reach[0], *searched), max(reach[1], *searched)
    place = math.log(chosen / low) / math.log(high / low)
    tenth = 0.1 * math.log(reach[1] / reach[0]) / math.log(high / low)
    if tenth <= place <= 1 - tenth:
        return None
    widened = len(entry.search) > record.race.plan["settings"]
    return warnings.edge(entry.label, chosen, low, high, upper=place > 0.5, widened=widened)


def _curves(entry: Entry) -> dict[str, Any]:
    steps = entry.final[0].steps
    return {
        "examples": [int(s) * entry.examples_per_step for s in steps],
        "validation_loss": _band([lane.validation_loss for lane in entry.final]),
        "training_loss": _band([lane.training_loss for lane in entry.final]),
        "metric": _band([lane.metric for lane in entry.final]),
    }


def _band(curves: Sequence[np.ndarray]) -> dict[str, list[float]]:
    """Median, and the quantiles that hold four fifths of the seeds; diverged seeds count as worst."""
    values = np.sort(np.where(np.isfinite(curves), curves, np.inf), axis=0)
    low, high = (values[round(share * (len(values) - 1))].tolist() for share in (0.1, 0.9))
    return {"median": np.median(values.T, axis=-1).tolist(), "low": low, "high": high}


def _order(record: Record, share: float) -> dict[str, Any]:
    """The order by validation loss after a share of the budget, over the final seeds."""
    index = bootstrap.resampled(len(record.baseline.final), bootstrap.DRAWS, resampling.SEED + 1)
    medians, drawn, examples = {}, {}, 0.0
    for entry in record.entries:
        steps = entry.final[0].steps
        point = int(np.abs(steps - share * steps[-1]).argmin())
        losses = np.array([lane.validation_loss[point] for lane in entry.final])
        losses = np.where(np.isfinite(losses), losses, np.inf)
        medians[entry.name], drawn[entry.name] = float(np.median(losses, axis=-1)), np.median(losses[index], axis=-1)
        examples = max(examples, float(steps[point] * entry.examples_per_step))
    ranking = sorted(record.entries, key=lambda e: medians[e.name])
    best = drawn[ranking[0].name]
    return {
        "share": share,
        "examples": examples,
        "ranking": [
            {
                "name": e.name,
                "label": e.label,
                "loss": _with_interval(medians[e.name], drawn[e.name]),
                "tied": bootstrap.probability_less(best, drawn[e.name]) < SURE,
            }
            for e in ranking
        ],
    }


def _beaten_by_their_special_cases(record: Record, keys: dict[str, np.ndarray]) -> list[tuple[str, str]]:
    """The labels of each contestant that lost clearly to a special case of itself, and of that case."""
    alike = {(e.facts["method"], *_around(e)): e for e in record.entries}
    beaten = []
    for entry in record.entries:
        if entry.facts["fixed"]:  # with a fixed hyperparameter, it may contain nothing
            continue
        for contained in entry.facts["contains"]:
            case = alike.get((contained, *_around(entry)))
            if case is not None and bootstrap.probability_less(keys[case.name], keys[entry.name]) >= SURE:
                beaten.append((entry.label, case.label))
    return beaten


def _around(entry: Entry) -> tuple[Any, ...]:
    """All but the method: only where it is the same are two contestants a comparison of their methods."""
    return tuple(entry.facts[key] for key in ("batch", "schedule", "restarts", "width"))


def _start_loss(lanes: Sequence[Lane]) -> float:
    return float(np.median([lane.validation_loss[0] for lane in lanes]))
