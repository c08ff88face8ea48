"""What became of each descent, in numbers and in words: who arrived first, who overshot, diverged, left, or got stuck and where.

A descent has arrived when its loss is within a round number of the lowest value: a power of ten, at most 1/10,000 of the way down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from talweg.figures.surface.grid import Relief, place
from talweg.figures.surface.trajectories import Trail, ends_outside, left_at
from talweg.text.format import count, figures, listed, sentence, setting

CLOSE = 1e-4  #: the share of the way down that may be left
NEAR = 0.02  #: of the picture's width, and no further from a point of slope zero, is at that point
OVERSHOT = 0.05  #: of the way down, climbed back


@dataclass(frozen=True)
class Goal:
    """What a descent should reach: `within` above `base`; no `within` where nothing lowest is known."""

    base: float
    within: float | None
    name: str = "the lowest"

    @property
    def text(self) -> str:
        """As words: `0.001 above the lowest`."""
        return f"{figures(self.within)} above {self.name}"


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one trail."""

    trail: Trail
    kind: str  #: diverged, reached, stuck, outside or short
    step: int  #: at which it diverged or reached the goal; otherwise the last
    end: float  #: the loss at the end; before it diverged
    words: str
    at: Sequence[float] | None = None  #: the local minimum, or other point of slope zero, where it got stuck
    where: str = ""  #: what that point is
    climbed: tuple[int, float, float] | None = None  #: the step, and from which loss to which, if it overshot


def goal(trails: Sequence[Trail], relief: Relief) -> Goal:
    """What the trails should reach: near the lowest value if there is one, otherwise nothing."""
    best = [value for _, value, kind, is_best in relief.critical if kind == "minimum" and is_best]
    base = relief.lowest if relief.lowest is not None else min(best) if best else None
    first = [float(trail.loss[0]) for trail in trails if math.isfinite(trail.loss[0])]
    seen = [float(np.nanmin(trail.loss)) for trail in trails if np.isfinite(trail.loss).any()]
    if base is None or not first:
        return Goal(min(seen, default=0.0), None)
    drop = max(first) - base
    if not drop > 0:
        return Goal(base, 1e-6)
    return Goal(
        base, 10.0 ** math.floor(math.log10(drop * CLOSE) + 1e-9), "the lowest" if relief.lowest is not None else "the lowest known"
    )


def outcome(trail: Trail, relief: Relief, aim: Goal) -> Outcome:
    """What became of one trail, with the words for it."""
    known = trail.loss[np.isfinite(trail.loss)]
    end = float(known[-1]) if len(known) else math.nan
    climbed = overshot(known, aim)
    if trail.diverged_at >= 0:
        return Outcome(trail, "diverged", trail.diverged_at, end, f"diverged at step {trail.diverged_at:,}", climbed=climbed)
    gone, steps = _gone(trail, relief), f"after {count(trail.steps, 'step')}"
    point = resting(trail, relief)
    where = {"minimum": "local minimum", "saddle": "saddle", "maximum": "maximum"}.get(point[1], "flat point") if point else ""
    if aim.within is None:
        said = f"at {_number(end)}{f', at the {where} {place(point[0])},' if point else ''} {steps}{gone}"
        return Outcome(trail, "outside" if gone else "short", trail.steps, end, said, climbed=climbed)
    there = np.flatnonzero(trail.loss <= aim.base + aim.within)
    if len(there):
        later = "" if end <= aim.base + aim.within else f", but ended {figures(end - aim.base)} above"
        said = f"reached {aim.text} after {count(int(there[0]), 'step')}{later}{gone}"
        return Outcome(trail, "reached", int(there[0]), end, said, climbed=climbed)
    above = f"{figures(end - aim.base)} above {aim.name}"
    if point is not None:
        said = f"stuck at the {where} {place(point[0])}, {above}, {steps}{gone}"
        return Outcome(trail, "stuck", trail.steps, end, said, point[0], where, climbed=climbed)
    return Outcome(trail, "outside" if gone else "short", trail.steps, end, f"still {above} {steps}{gone}", climbed=climbed)


def outcomes(trails: Sequence[Trail], relief: Relief) -> tuple[Goal, list[Outcome]]:
    """The goal, and what became of each trail."""
    aim = goal(trails, relief)
    return aim, [outcome(trail, relief, aim) for trail in trails]


def overshot(loss: np.ndarray, aim: Goal) -> tuple[int, float, float] | None:
    """The step at which the loss had climbed back furthest, from what to what; None if it was a small part of the way down."""
    if len(loss) < 2:
        return None
    lowest = np.minimum.accumulate(loss)
    climb = loss - lowest
    step, drop = int(climb.argmax()), float(loss[0] - min(aim.base, loss.min()))
    if not climb[step] > OVERSHOT * drop:
        return None
    return step, float(lowest[step]), float(loss[step])


def resting(trail: Trail, relief: Relief) -> tuple[Sequence[float], str] | None:
    """The known point of slope zero, other than the lowest, at which a trail has come to rest."""
    shown = [high - low for low, high in relief.domain]
    places = trail.positions if trail.diverged_at < 0 else trail.positions[: trail.diverged_at + 1]
    size = np.array(shown + shown[:1] * (places.shape[1] - 2))
    late = places[-max(2, len(places) // 10) :]
    if np.linalg.norm((late.max(axis=0) - late.min(axis=0)) / size) > NEAR:
        return None
    for at, _, kind, best in relief.critical:
        if not best and len(at) == len(size) and np.linalg.norm((places[-1] - np.asarray(at, float)) / size) < NEAR:
            return at, kind
    return None


def rate(trail: Trail) -> str:
    """The learning rate as the legend says it."""
    if trail.learning_rate is None:
        return "no learning rate"
    return f"learning rate {setting(trail.learning_rate)}{' (best of 32)' if trail.tuned else ''}"


def by_method(found: Sequence[Outcome]) -> list[list[Outcome]]:
    """The outcomes of each method together, the first to arrive first, those that diverged last."""
    groups: dict[str, list[Outcome]] = {}
    for one in found:
        groups.setdefault(one.trail.name, []).append(one)
    order = {"reached": 0, "stuck": 1, "short": 1, "outside": 1, "diverged": 2}

    def rank(group: list[Outcome]) -> tuple[float, ...]:
        reached = [one.step for one in group if one.kind == "reached"]
        worst = max(order[one.kind] for one in group) if not reached else 0
        ends = [one.end for one in group if math.isfinite(one.end)]
        return (-len(reached), float(np.median(reached)) if reached else worst, float(np.median(ends)) if ends else math.inf)

    return sorted(groups.values(), key=rank)


def summed(group: Sequence[Outcome], aim: Goal) -> str:
    """What became of all descents of one method, for one entry of the legend."""
    if len(group) == 1:
        return group[0].words
    n = len(group)
    parts = []
    reached = [one.step for one in group if one.kind == "reached"]
    if reached:
        parts.append(f"reached {aim.text} from {len(reached)} of {n} starts (median {count(middle(reached), 'step')})")
    for where in sorted({one.where for one in group if one.kind == "stuck"}):
        parts.append(f"stuck at a {where} from {sum(one.where == where for one in group)}")
    others = [one for one in group if one.kind in ("short", "outside")]
    if others:
        end = middle([one.end for one in others])
        said = f"at {_number(end)}" if aim.within is None else f"still {figures(end - aim.base)} above {aim.name}"
        parts.append(f"{said} (median) after {count(group[0].trail.steps, 'step')} from {len(others)}")
    diverged = [one for one in group if one.kind == "diverged"]
    if diverged:
        parts.append(f"diverged from {len(diverged)} (first at step {min(one.step for one in diverged):,})")
    if not reached and parts and f" of {n}" not in parts[0]:
        parts[0] += f" of {n} starts"
    return ", ".join(parts)


def legend(group: Sequence[Outcome], aim: Goal) -> str:
    """One entry of the legend: who, with which learning rate, and what became of it."""
    return f"{group[0].trail.label}, {rate(group[0].trail)}: {summed(group, aim)}"


def sentences(found: Sequence[Outcome], aim: Goal, relief: Relief) -> list[str]:
    """What there is to see, one sentence for each fact; all computed from the trails."""
    if not found:
        return []
    groups = by_method(found)
    said = [_arrivals(groups, aim)] if aim.within is not None else [_falls(groups, relief)]
    said += [_stuck(groups, aim), _overshooting(groups), _diverging(groups), _leaving(groups, relief)]
    return [sentence(words) for words in said if words]


def _arrivals(groups: list[list[Outcome]], aim: Goal) -> str:
    several = max(len(group) for group in groups) > 1
    came = [(group[0].trail.label, [one.step for one in group if one.kind == "reached"], len(group)) for group in groups]
    there = [(label, steps, n) for label, steps, n in came if steps]
    missed = [label for label, steps, _ in came if not steps]
    steps = groups[0][0].trail.steps
    if not there:
        nearest = min((one for group in groups for one in group if one.kind != "diverged"), key=lambda one: one.end, default=None)
        far = f"; {nearest.trail.label} comes nearest, {figures(nearest.end - aim.base)} above" if nearest and len(groups) > 1 else ""
        words = f"{groups[0][0].trail.label} does not reach" if len(groups) == 1 else "nobody reaches"
        return f"{words} {aim.text} in {count(steps, 'step')}{far}."

    def tell(one: Any) -> str:
        return f"from {len(one[1])} of {one[2]} starts, after {count(middle(one[1]), 'step')} (median)"

    if several:
        words = f"{there[0][0]} reaches {aim.text} most often or soonest: {tell(there[0])}."
        words += f" Then {listed([f'{one[0]} ({tell(one)})' for one in there[1:]])}." if len(there) > 1 else ""
    else:
        words = f"{there[0][0]} is first at {aim.text}, after {count(there[0][1][0], 'step')}"
        words += f"; then {listed([f'{label} ({steps[0]:,})' for label, steps, _ in there[1:]])}." if len(there) > 1 else "."
    if missed:
        words += f" {sentence(listed(missed))} {'does' if len(missed) == 1 else 'do'} not get there in {count(steps, 'step')}."
    return words


def _falls(groups: list[list[Outcome]], relief: Relief) -> str:
    """For a function that has no lowest value, as far as is known: who is first below all that the picture shows."""
    bottom = float(np.nanmin(np.where(np.isfinite(relief.z), relief.z, np.nan)))
    below = []
    for group in groups:
        first = [np.flatnonzero(one.trail.loss < bottom) for one in group]
        steps = [int(found[0]) for found in first if len(found)]
        if steps:
            below.append((middle(steps), group[0].trail.label))
    below.sort()
    words = f"no lowest value is known, so nobody can arrive; the picture goes down to {_number(bottom)}"
    if not below:
        return f"{words}, and nobody falls below that in {count(groups[0][0].trail.steps, 'step')}."
    words += f", and {below[0][1]} is first below that, after {count(below[0][0], 'step')}"
    return words + (f"; then {listed([f'{label} ({step:,})' for step, label in below[1:]])}." if below[1:] else ".")


def _stuck(groups: list[list[Outcome]], aim: Goal) -> str:
    if max(len(group) for group in groups) > 1:
        return _often_stuck(groups, aim)
    places: dict[tuple[str, str, float], list[str]] = {}
    for group in groups:
        for one in group:
            if one.kind == "stuck" and one.at is not None:
                names = places.setdefault((one.where, place(one.at), float(f"{one.end - aim.base:.2g}")), [])
                if one.trail.label not in names:
                    names.append(one.trail.label)
    said = [
        f"{sentence(listed(names))} {'gets' if len(names) == 1 else 'get'} stuck at the {where} {at}, {figures(above, 2)} above {aim.name}."
        for (where, at, above), names in places.items()
    ]
    return " ".join(said[:3])


def _often_stuck(groups: list[list[Outcome]], aim: Goal) -> str:
    parts = []
    for group in groups:
        held = [one for one in group if one.kind == "stuck" and one.at is not None]
        if held:
            ends = sorted(one.end - aim.base for one in held)
            far = figures(ends[0], 2) if len(ends) == 1 else f"{figures(ends[0], 2)} to {figures(ends[-1], 2)}"
            places = len({place(one.at) for one in held if one.at is not None})
            parts.append(f"{held[0].trail.label} from {len(held)} of {len(group)} ({count(places, 'place')}, {far} above {aim.name})")
    return f"Stuck where the slope is zero and it is not lowest: {listed(parts)}." if parts else ""


def _overshooting(groups: list[list[Outcome]]) -> str:
    told = [(one.trail.label, one.climbed) for group in groups for one in group[:1] if one.climbed is not None and one.kind != "diverged"]
    told = sorted(told, key=lambda one: one[1][1] - one[1][2])
    parts = [f"{label} from {_number(low)} up to {_number(high)} (step {step:,})" for label, (step, low, high) in told[:3]]
    return f"Overshooting: {listed(parts)}{f', and {len(told) - 3} more' if len(told) > 3 else ''}." if parts else ""


def _diverging(groups: list[list[Outcome]]) -> str:
    parts = []
    for group in groups:
        steps = [one.step for one in group if one.kind == "diverged"]
        several = f" or later, from {len(steps)} of {len(group)} starts" if len(group) > 1 else ""
        if steps:
            parts.append(f"{group[0].trail.label} with {rate(group[0].trail)} diverged at step {min(steps):,}{several}")
    return f"{sentence(listed(parts))}; a cross marks where it was last seen." if parts else ""


def _leaving(groups: list[list[Outcome]], relief: Relief) -> str:
    left = []
    for group in groups:
        steps = [left_at(one.trail, relief) for one in group]
        outside = [step for step in steps if step >= 0]
        if outside:
            left.append(f"{group[0].trail.label} ({f'step {min(outside):,}' if min(outside) else 'from the start'})")
    if not left:
        return ""
    return f"Outside the picture for a while, or for good: {listed(left)}; lines are cut at its edge."


def _gone(trail: Trail, relief: Relief) -> str:
    step = left_at(trail, relief)
    if step < 0:
        return ""
    since = f"step {step:,}" if step else "the start"
    return f", outside the picture from {since} on" if ends_outside(trail, relief) else f", outside the picture for a while from {since}"


def middle(values: Sequence[Any]) -> Any:
    """One of the values that has as many below as above it: of an even number, the upper one."""
    return sorted(values)[len(values) // 2]


def _number(value: float) -> str:
    return figures(value).replace("-", "−")
