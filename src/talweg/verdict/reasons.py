"""Why a contestant is not first, from its rows."""

from __future__ import annotations

import numpy as np

from talweg.statistics import search
from talweg.text import why
from talweg.text.dynamics import STALLED
from talweg.verdict import dynamics, quality
from talweg.verdict.record import Entry, Record

FLAT = 0.5  #: of a training: a curve that neither falls nor rises in its second half is flat
SLOWER = 1.5  #: times as long is worth saying
UNFAVOURABLE = 1 / 16  #: of the seeds: more that fail are worth saying


def reason(entry: Entry, best: Entry, record: Record, margin: float, *, tied: bool) -> str:
    """One short sentence. The first that applies: failures, stalls, overfitting, a budget that ended, noise, too little tuning, time."""
    longest = max(quality.by_variant(_of_setting(entry)), key=lambda lanes: int(lanes[0].steps[-1]))
    curve, steps = quality.curves(longest, record.constants).mean(axis=0), longest[0].steps
    low = int(curve[1:].argmin()) + 1
    failures = quality.failed(entry.final, record.constants)
    if tied:
        times = entry.steps * entry.step.seconds / (best.steps * best.step.seconds)
        alike = record.quality(entry.final).mean <= record.quality(best.final).mean + margin
        return why.tied(alike=alike, times=times if times > SLOWER else None)
    if failures >= UNFAVOURABLE:
        return why.diverges(failures, entry.final[0].hyperparameters.get("learning_rate"))
    if entry.probes:
        ratio = dynamics.numbers(*entry.probes, entry.examples_per_step, entry.schedule)["rate_ratio"]
        if ratio is not None and ratio <= STALLED:
            return why.stalls(1 / ratio)
    constant = longest[0].schedule == "constant"
    if constant and steps[low] <= FLAT * steps[-1] and curve[-1] - curve[low] > margin:
        return why.overfits(float(steps[low]) * entry.gradients / record.race.problem["examples"])
    middle = int(np.searchsorted(steps, FLAT * steps[-1]))
    if constant and low == len(curve) - 1 and curve[middle] - curve[-1] > margin:
        return why.budget()
    if constant and _noisy(entry, record) and abs(curve[middle] - curve[-1]) <= margin:
        return why.noise_floor(entry.facts["batch"])
    losses = np.array([quality.quality([lane], record.constants).mean for lane in entry.search])
    if len(losses) > 3:
        expected = search.best_of(losses)[0]
        if expected[len(losses) // 2 - 1] - expected[-1] > margin:
            return why.tuning()
    return why.worse()


def _of_setting(entry: Entry) -> list:
    return [lane for lane in entry.trained if lane.setting == entry.chosen and lane.schedule == entry.schedule] or entry.trained


def _noisy(entry: Entry, record: Record) -> bool:
    """Whether the same method is better with a larger batch or a decaying learning rate."""
    own, size = record.quality(entry.final).mean, entry.facts["batch"]
    return size != "full" and any(
        other.facts["method"] == entry.facts["method"]
        and record.quality(other.final).mean < own
        and (other.schedule != "constant" or other.facts["batch"] == "full" or other.facts["batch"] > size)
        for other in record.entries
        if other is not entry
    )
