"""Rows → the summary, all that tables, reports and JSON show: the numbers are computed here, `text` says them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from talweg.statistics import bootstrap, proportions, search
from talweg.store import Lane
from talweg.summary import RaceSummary, plain
from talweg.text import dynamics as dynamics_text
from talweg.text import race, warnings
from talweg.verdict import arrivals, dynamics, endpoints, numbers, quality, reasons, recommending, resampling
from talweg.verdict.arrivals import SURE, Arrivals
from talweg.verdict.numbers import Numbers
from talweg.verdict.quality import Quality
from talweg.verdict.record import UNTUNED, Entry, Record

SHARES = (0.25, 0.5, 1.0)
GOOD = 0.1  #: of the gap between nothing learned and a contestant's best: learning rates that come so near are good

Draws = dict[str, np.ndarray]


def judge(record: Record, count: str = "time") -> RaceSummary:
    """The summary of a race; `count` is what speed is counted in."""
    drawn, race_row, plan = resampling.draws(record), record.race, record.race.plan
    recommended = recommending.recommendation(record, drawn)
    arrived = arrivals.arrivals(record, learned=recommended["method"] is not None)
    soonest = arrivals.summary(record, arrived, count)
    ranked = sorted(record.entries, key=lambda entry: record.quality(entry.final).mean)
    rows = [
        _row(i, entry, ranked[0], drawn, record, arrived.margin) | {"to_target": soonest[entry.name]} for i, entry in enumerate(ranked, 1)
    ]
    longest = max(e.gradients * max(int(lane.steps[-1]) for lane in (*e.trained, *e.choice)) for e in record.entries)
    summary: dict[str, Any] = {
        "kind": "race",
        "problem": {
            **race_row.problem,
            "budget": {"epochs": plan["epochs"], "examples": float(longest), "seconds": plan["budget_seconds"]},
        },
        "recommendation": recommended,
        "landmarks": recommending.landmarks(record, arrived.margin),
        "target": _target(record, arrived, soonest, count),
        "contestants": rows,
        "initialisations": None,
        "order": [_order(record, share) for share in SHARES],
        "timing": {"wall": race_row.wall, "compile": race_row.compile, "lanes": record.lanes, "lane_steps": record.lane_steps},
        "run": {
            **race_row.run,
            "race": race_row.race,
            "created": race_row.created,
            **{key: plan[key] for key in ("seed", "settings", "seeds", "epochs", "budget_seconds")},
            "stopped": record.stopped,
            "schedule": "raced" if any(e.facts["decays"] for e in record.entries) else record.entries[-1].facts["schedule"],
            "start_loss": _start_loss(record.baseline.final),
            "search_start_loss": _start_loss(next((e.search for e in record.entries if e.search), record.baseline.final)),
        },
        "dynamics": dynamics_text.sentences(rows),
    }
    summary = plain(summary)
    sentences = race.verdict(summary)
    summary["verdict"] = {
        "headline": race.headline(summary),
        "winner": recommended["name"] if recommended["method"] else None,
        "tied": recommended["tied"],
        "text": " ".join(sentences),
        "sentences": sentences,
        "warnings": warnings.sentences(summary, _beaten_by_their_special_cases(record, drawn)),
    }
    return cast(RaceSummary, summary)


def _target(record: Record, arrived: Arrivals, soonest: dict[str, dict[str, Any]], count: str) -> dict[str, Any]:
    goal, (first, tied) = record.goal, arrivals.fastest(soonest)
    given = goal.value is not None
    return {
        "kind": goal.kind,
        "value": arrived.value,
        "loose": arrived.loose,
        "margin": arrived.margin,
        "text": race.target(goal.kind, arrived.value, record.race.problem, given=given, margin=arrived.margin),
        "given": given,
        "count": count,
        "clock": record.race.run["clock"],
        "baseline": record.baseline.name,
        "fastest": first,
        "tied": tied,
    }


def _row(rank: int, entry: Entry, best: Entry, drawn: Draws, record: Record, margin: float) -> dict[str, Any]:
    own, first = record.quality(entry.final), record.quality(best.final)
    sure = bootstrap.probability_less(drawn[best.name], drawn[entry.name])
    problem, tied = record.race.problem, sure < SURE
    return {
        "rank": rank,
        **{key: entry.facts[key] for key in ("name", "label", "method", "batch", "reference", "restarts", "width")},
        "schedule": entry.schedule,
        "tied": tied,
        "confidence": sure,
        "hyperparameters": {**entry.facts["fixed"], **entry.final[0].hyperparameters},
        "tuned": list(entry.facts["space"]),
        "steps": entry.steps,
        "epochs": entry.steps * entry.gradients / problem["examples"],
        "training_seconds": entry.steps * entry.step.seconds,
        "good_range": _good_range(entry, record),
        "validation_loss": numbers.mean(own.losses),
        "validation_metric": numbers.metric([lane.metric[-1] for lane in entry.final], problem),
        "excess": _excess(own, first, drawn[entry.name] - drawn[best.name]),
        "test": {
            "metric": numbers.metric([lane.test_metric for lane in entry.final], problem),
            "loss": numbers.of_known([lane.test_loss for lane in entry.final], largest=True),
        },
        "failed": quality.failed(entry.final, record.constants),
        "diverged": float(np.mean([lane.diverged_at is not None for lane in entry.search])) if entry.search else 0.0,
        "why": None if entry is best else reasons.reason(entry, best, record, margin, tied=tied),
        "endpoints": endpoints.numbers(entry, record),
        "default": _default(entry, record),
        "beats": None if entry is best else _beats(first, own),
        "seconds_per_step": {key: getattr(entry.step, key) for key in ("seconds", "low", "high", "steady")},
        "gradients_per_step": entry.step.gradients,
        "curves": _curves(entry, record),
        "search": [_searched(lane, entry) for lane in [*entry.search, *_made_later(entry)]],
        "tuning": _tuning(entry, record),
        "at_edge": _edge(entry, record),
        "probes": dynamics.numbers(*entry.probes, entry.examples_per_step, entry.schedule) if entry.probes else None,
    }


def _excess(own: Quality, best: Quality, draws: np.ndarray) -> Numbers:
    """How much higher than the lowest it is, by seed; the interval has the luck of the search, too."""
    low, high = bootstrap.interval(draws)
    mean = float(quality.paired(own, best).mean())
    return {"mean": mean, "low": min(low, mean), "high": max(high, mean)}


def _beats(best: Quality, own: Quality) -> dict[str, float]:
    """P(a run of the best beats one of this entry), seed by seed, with its interval over seeds."""
    difference = quality.paired(own, best)
    wins = (difference > 0) + 0.5 * (difference == 0)
    low, high = proportions.proportion_interval(wins.sum(), len(wins))
    return {"probability": float(wins.mean()), "low": low, "high": high}


def _default(entry: Entry, record: Record) -> dict[str, Any] | None:
    """What tuning is worth, number by number: on the seeds of the confirmation, all for as long as was best for each."""
    qualities = {
        lanes[0].setting: (quality.quality(lanes, record.constants), lanes[0].hyperparameters)
        for lanes in quality.by_variant(entry.trained)
        if lanes[0].steps[-1] == entry.trained[0].steps[-1] and lanes[0].schedule == entry.trained[0].schedule
    }
    tuned = {setting: one for setting, one in qualities.items() if setting != UNTUNED}
    if UNTUNED not in qualities or not tuned:
        return None
    usual, defaults, searched = qualities[UNTUNED], entry.facts["defaults"], entry.facts["space"]
    alone = [one for one, own in tuned.values() if "learning_rate" in searched and _alike(own, defaults, set(searched) - {"learning_rate"})]
    best = min((one for one, _ in tuned.values()), key=lambda one: one.mean)
    return {
        "hyperparameters": dict(usual[1]),
        "validation_loss": numbers.mean(usual[0].losses),
        "rate_alone": numbers.mean(min(alone, key=lambda one: one.mean).losses) if alone else None,
        "all_tuned": numbers.mean(best.losses),
        "gain": numbers.mean(quality.paired(usual[0], best)),
    }


def _alike(setting: Mapping[str, float], other: Mapping[str, float], names: Iterable[str]) -> bool:
    return all(setting[name] == other[name] for name in names)


def _good_range(entry: Entry, record: Record) -> list[float] | None:
    """The learning rates of the search that come within a tenth of the gap of its best, and the chosen one, which may be newer."""
    if "learning_rate" not in entry.facts["space"] or not entry.search:
        return None
    losses = np.array([quality.quality([lane], record.constants).mean for lane in entry.search])
    nothing, low = float(quality.reference(entry.search, record.constants).mean()), losses.min()
    if low >= nothing:
        return None
    rates = [lane.hyperparameters["learning_rate"] for lane in itertools.compress(entry.search, losses <= low + GOOD * (nothing - low))]
    rates.append(entry.final[0].hyperparameters["learning_rate"])
    return [min(rates), max(rates)]


def _made_later(entry: Entry) -> list[Lane]:
    """One lane of each setting that was made after the search, where the surface over it was low."""
    known = {UNTUNED, *(lane.setting for lane in entry.search)}
    later: dict[int, Lane] = {}
    for lane in entry.trained if entry.search else ():
        if lane.setting not in known:
            later.setdefault(lane.setting, lane)
    return list(later.values())


def _searched(lane: Lane, entry: Entry) -> dict[str, Any]:
    curve = np.where(np.isfinite(lane.validation_loss), lane.validation_loss, np.inf)[1:]
    return {
        "learning_rate": lane.hyperparameters.get("learning_rate", entry.facts["fixed"].get("learning_rate")),
        "hyperparameters": dict(lane.hyperparameters),
        "loss": float(curve.min()),
        "schedule": lane.schedule,
        "diverged": lane.diverged_at is not None,
        "chosen": lane.setting == entry.chosen,
    }


def _tuning(entry: Entry, record: Record) -> dict[str, list[float]]:
    losses = np.array([quality.quality([lane], record.constants).mean for lane in entry.search])
    expected, low, high = search.best_of(losses)
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
    settings = record.race.plan["settings"]
    widened = round((len(entry.search) - settings) / max(1, settings // 4))
    return warnings.edge(entry.label, chosen, low, high, upper=place > 0.5, widened=widened)


def _curves(entry: Entry, record: Record) -> dict[str, Any]:
    steps = entry.final[0].steps
    means = quality.curves(entry.final, record.constants).mean(axis=0)
    return {
        "steps": steps.tolist(),
        "examples": [int(s) * entry.gradients for s in steps],
        "seconds": [float(s) * entry.step.seconds for s in steps],
        "validation_loss": _band([lane.validation_loss for lane in entry.final], means),
        "training_loss": _band([lane.training_loss for lane in entry.final]),
        "metric": _band([lane.metric for lane in entry.final]),
    }


def _band(curves: Sequence[np.ndarray], means: np.ndarray | None = None) -> dict[str, list[float]]:
    """Mean, median, and the quantiles that hold four fifths of the seeds; diverged seeds count as worst."""
    values = np.sort(np.where(np.isfinite(curves), curves, np.inf), axis=0)
    low, high = (values[round(share * (len(values) - 1))].tolist() for share in (0.1, 0.9))
    mean = values.mean(axis=0) if means is None else means
    return {"mean": mean.tolist(), "median": np.median(values.T, axis=-1).tolist(), "low": low, "high": high}


def _order(record: Record, share: float) -> dict[str, Any]:
    """The order after a share of the length of the search, each contestant with what is best for that length, on the same few seeds."""
    longest = min(e.trained[0].steps[-1] * e.gradients for e in record.entries)
    reached = {}
    for entry in record.entries:
        by_setting = []
        for lanes in quality.by_variant(entry.trained):
            if lanes[0].schedule != entry.trained[0].schedule:
                continue
            point = max(1, int(np.abs(lanes[0].steps * entry.gradients - share * longest).argmin()))
            by_setting.append(quality.curves(lanes, record.constants)[:, point])
        reached[entry.name] = min(by_setting, key=lambda losses: losses.mean())
    ranking = sorted(record.entries, key=lambda e: reached[e.name].mean())
    index = bootstrap.resampled(len(reached[ranking[0].name]), bootstrap.DRAWS, resampling.SEED + 3)
    best = reached[ranking[0].name][index].mean(axis=1)
    return {
        "share": share,
        "examples": float(share * longest),
        "ranking": [
            {
                "name": e.name,
                "label": e.label,
                "loss": numbers.mean(reached[e.name]),
                "tied": bootstrap.probability_less(best, reached[e.name][index].mean(axis=1)) < SURE,
            }
            for e in ranking
        ],
    }


def _beaten_by_their_special_cases(record: Record, drawn: Draws) -> list[tuple[str, str]]:
    """The labels of each contestant that lost clearly to a special case of itself, and of that case."""
    alike = {(e.facts["method"], *_around(e)): e for e in record.entries if not e.facts["fixed"]}
    beaten = []
    for entry in record.entries:
        if entry.facts["fixed"]:  # with a fixed hyperparameter, it may contain nothing
            continue
        for contained in entry.facts["contains"]:
            case = alike.get((contained, *_around(entry)))
            if case is not None and bootstrap.probability_less(drawn[case.name], drawn[entry.name]) >= SURE:
                beaten.append((entry.label, case.label))
    return beaten


def _around(entry: Entry) -> tuple[Any, ...]:
    """All but the method: only where it is the same are two contestants a comparison of their methods."""
    return tuple(entry.facts[key] for key in ("batch", "restarts", "width"))


def _start_loss(lanes: Sequence[Lane]) -> float:
    return float(np.mean([lane.validation_loss[0] for lane in lanes]))
