"""What became of the descents on a surface, in words: who arrived first, who overshot, diverged, left the plot, or got stuck and where.

The functions take what `talweg.figures.surface.outcomes` computes: plain numbers, with the names of the methods.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from talweg.text.format import count, figures, listed, sentence, setting, signed

if TYPE_CHECKING:
    from talweg.figures.surface.outcomes import Goal, Outcome

#: A critical point by its kind.
POINTS = {
    "best": "lowest point",
    "minimum": "local minimum",
    "saddle": "saddle point",
    "maximum": "local maximum",
    "undecided": "degenerate point",
}
NO_LOWEST = "No lowest value is known, so no method can reach it."
EMPTY = "Every descent diverged at once."


def place(at: Sequence[float]) -> str:
    """A point: (1, 1)."""
    shown = [signed(float(f"{x:.12f}")) for x in list(at)[:4]]
    return f"({', '.join(shown)}{', …' if len(at) > 4 else ''})"


def lowest(goal: Goal) -> str:
    """What heights are counted from."""
    return "the lowest value" if goal.known else "the lowest known value"


def near(goal: Goal) -> str:
    """What a descent should reach: `within 0.001 of the lowest value`."""
    return f"within {figures(goal.within)} of {lowest(goal)}"


def outcome(one: Outcome) -> str:
    """What became of one descent."""
    steps, gone, point = f"after {count(one.steps, 'step')}", _gone(one), POINTS.get(one.where, "")
    above = f"{figures(one.above)} above {lowest(one.goal)}"
    if one.kind == "diverged":
        return f"diverged at step {one.step:,}"
    if one.goal.within is None:
        return f"at {signed(one.end)}{f', at the {point} {place(one.at)},' if one.at is not None else ''} {steps}{gone}"
    if one.kind == "reached":
        later = "" if one.stays else f", but ended {figures(one.above)} above it"
        return f"{near(one.goal)} after {count(one.step, 'step')}{later}{gone}"
    if one.kind == "stuck" and one.at is not None:
        return f"stuck at the {point} {place(one.at)}, {above}, {steps}{gone}"
    return f"{above} {steps}{gone}"


def _gone(one: Outcome) -> str:
    if one.left < 0:
        return ""
    since = f"step {one.left:,}" if one.left else "the start"
    return f", outside the plot from {since} on" if one.ends_outside else f", outside the plot for a while from {since}"


def rate(one: Outcome) -> str:
    """The learning rate as the legend has it."""
    if one.learning_rate is None:
        return "no learning rate"
    return f"learning rate {setting(one.learning_rate)}{' (best of 32)' if one.tuned else ''}"


def summed(group: Sequence[Outcome]) -> str:
    """What became of all descents of one method, for one entry of the legend."""
    if len(group) == 1:
        return outcome(group[0])
    n, goal, parts = len(group), group[0].goal, []
    reached = [one.step for one in group if one.kind == "reached"]
    if reached:
        parts.append(f"{near(goal)} from {len(reached)} of {n} starts (median {count(middle(reached), 'step')})")
    for where in sorted({one.where for one in group if one.kind == "stuck"}):
        parts.append(f"stuck at a {POINTS[where]} from {sum(one.where == where and one.kind == 'stuck' for one in group)}")
    others = [one for one in group if one.kind in ("short", "outside")]
    if others:
        end = f"at {signed(middle([one.end for one in others]))}"
        end = end if goal.within is None else f"{figures(middle([one.above for one in others]))} above {lowest(goal)}"
        parts.append(f"{end} (median) after {count(group[0].steps, 'step')} from {len(others)}")
    diverged = [one for one in group if one.kind == "diverged"]
    if diverged:
        parts.append(f"diverged from {len(diverged)} (earliest at step {min(one.step for one in diverged):,})")
    if not reached and parts and f" of {n}" not in parts[0]:
        parts[0] += f" of {n} starts"
    return ", ".join(parts)


def legend(group: Sequence[Outcome]) -> str:
    """One entry of the legend: who, with which learning rate, and what became of it."""
    return f"{group[0].label}, {rate(group[0])}: {summed(group)}"


def commented(label: str, one: Outcome, *, has_lowest: bool) -> str:
    """What became of one descent, and why; where a function falls without end, its learning rate is not to blame."""
    said = f"{label}: {outcome(one)}"
    if one.kind == "diverged" and has_lowest:
        return f"{said}: the learning rate is too large here"
    if one.climbed is None:
        return said
    step, low, high = one.climbed
    return f"{said}; it overshot, from {signed(low)} up to {signed(high)} at step {step:,}"


def headline(label: str, groups: Sequence[Sequence[Outcome]]) -> str:
    """The first thing to say; the outcomes come by method, the first to arrive first."""
    if not groups:
        return label
    if any(one.kind == "reached" for one in groups[0]):
        return f"{sentence(groups[0][0].label)} reaches the lowest point{' first' if len(groups) > 1 else ''}"
    if all(one.kind == "diverged" for group in groups for one in group):
        return "It diverges" if len(groups) == 1 else "All methods diverge"
    return "There is no lowest point to reach" if groups[0][0].goal.within is None else "No method reaches the lowest point"


def sentences(groups: Sequence[Sequence[Outcome]]) -> list[str]:
    """What there is to see, one sentence for each fact; the outcomes come by method, the first to arrive first."""
    if not groups:
        return []
    first = _arrivals(groups) if groups[0][0].goal.within is not None else _falls(groups)
    return [sentence(words) for words in (first, _stuck(groups), _overshoot(groups), _diverged(groups), _left(groups)) if words]


def _arrivals(groups: Sequence[Sequence[Outcome]]) -> str:
    goal, steps = groups[0][0].goal, groups[0][0].steps
    reached = [(group[0].label, [one.step for one in group if one.kind == "reached"], len(group)) for group in groups]
    there = [arrival for arrival in reached if arrival[1]]
    missed = [label for label, arrivals, _ in reached if not arrivals]
    if not there:
        nearest = min((one for group in groups for one in group if one.kind != "diverged"), key=lambda one: one.end, default=None)
        close = f"; {nearest.label} comes closest, {figures(nearest.above)} above it" if nearest and len(groups) > 1 else ""
        who = f"{groups[0][0].label} does not come" if len(groups) == 1 else "no method comes"
        return f"{who} {near(goal)} in {count(steps, 'step')}{close}."

    def share_and_median(arrival: Any) -> str:
        return f"from {len(arrival[1])} of {arrival[2]} starts, after a median of {count(middle(arrival[1]), 'step')}"

    if max(len(group) for group in groups) > 1:
        words = f"{there[0][0]} comes {near(goal)} most reliably: {share_and_median(there[0])}"
        words += f"; then {listed([f'{one[0]} ({share_and_median(one)})' for one in there[1:]])}." if there[1:] else "."
    else:
        words = f"{there[0][0]} is the first {near(goal)}, after {count(there[0][1][0], 'step')}"
        words += f"; then {listed([f'{label} ({arrivals[0]:,})' for label, arrivals, _ in there[1:]])}." if there[1:] else "."
    if missed:
        words += f" {sentence(listed(missed))} {'does' if len(missed) == 1 else 'do'} not get there in {count(steps, 'step')}."
    return words


def _falls(groups: Sequence[Sequence[Outcome]]) -> str:
    """For a function that has no lowest value, as far as is known: who is first below all that the plot shows."""
    below = []
    for group in groups:
        steps = [one.below for one in group if one.below is not None]
        if steps:
            below.append((middle(steps), group[0].label))
    below.sort()
    words = f"no lowest value is known; the lowest value in the plot is {signed(groups[0][0].goal.bottom)}"
    if not below:
        return f"{words}, and no method falls below it in {count(groups[0][0].steps, 'step')}."
    words += f", and {below[0][1]} is the first below it, after {count(below[0][0], 'step')}"
    return words + (f"; then {listed([f'{label} ({step:,})' for step, label in below[1:]])}." if below[1:] else ".")


def _stuck(groups: Sequence[Sequence[Outcome]]) -> str:
    if max(len(group) for group in groups) > 1:
        return _often_stuck(groups)
    places: dict[tuple[str, str, float], list[str]] = {}
    for one in (one for group in groups for one in group):
        if one.kind == "stuck" and one.at is not None:
            names = places.setdefault((POINTS[one.where], place(one.at), float(f"{one.above:.2g}")), [])
            if one.label not in names:
                names.append(one.label)
    base = lowest(groups[0][0].goal)
    said = [
        f"{sentence(listed(names))} {'gets' if len(names) == 1 else 'get'} stuck at the {where} {at}, {figures(above, 2)} above {base}."
        for (where, at, above), names in places.items()
    ]
    return " ".join(said[:3])


def _often_stuck(groups: Sequence[Sequence[Outcome]]) -> str:
    parts = []
    for group in groups:
        held = [one for one in group if one.kind == "stuck" and one.at is not None]
        if held:
            ends = sorted(one.above for one in held)
            far = figures(ends[0], 2) if len(ends) == 1 else f"{figures(ends[0], 2)} to {figures(ends[-1], 2)}"
            points = count(len({place(one.at) for one in held if one.at is not None}), "point")
            parts.append(f"{held[0].label} from {len(held)} of {len(group)} starts ({points}, {far} above {lowest(held[0].goal)})")
    return f"Stuck at other critical points: {listed(parts)}." if parts else ""


def _overshoot(groups: Sequence[Sequence[Outcome]]) -> str:
    climbs = [(one.label, one.climbed) for group in groups for one in group[:1] if one.climbed is not None and one.kind != "diverged"]
    climbs = sorted(climbs, key=lambda climb: climb[1][1] - climb[1][2])
    parts = [f"{label} from {signed(low)} up to {signed(high)} (step {step:,})" for label, (step, low, high) in climbs[:3]]
    return f"Overshooting: {listed(parts)}{f', and {len(climbs) - 3} more' if len(climbs) > 3 else ''}." if parts else ""


def _diverged(groups: Sequence[Sequence[Outcome]]) -> str:
    parts = []
    for group in groups:
        steps = [one.step for one in group if one.kind == "diverged"]
        several = f" or later, from {len(steps)} of {len(group)} starts" if len(group) > 1 else ""
        if steps:
            parts.append(f"{group[0].label} with {rate(group[0])} diverged at step {min(steps):,}{several}")
    return f"{sentence(listed(parts))}; a cross marks the last position in the plot." if parts else ""


def _left(groups: Sequence[Sequence[Outcome]]) -> str:
    left = []
    for group in groups:
        steps = [one.left for one in group if one.left >= 0]
        if steps:
            left.append(f"{group[0].label} ({f'step {min(steps):,}' if min(steps) else 'from the start'})")
    return f"Trajectories that leave the plot are cut at its edge: {listed(left)}." if left else ""


def reading(groups: Sequence[Sequence[Outcome]], notes: Sequence[str], *, log: bool, known: bool, outside: int) -> list[str]:
    """What must be known to read the plot: on which scale, above which lowest value, and how many starts lie outside."""
    said = [sentence(note) for note in notes]
    tuned = [group[0].label for group in groups if group[0].tuned]
    if tuned:
        who = "each method" if len(tuned) == len(groups) > 1 else listed(tuned)
        said.append(f"The learning rate of {who} is the best of 32: the fastest and furthest descent that never rises above the start.")
    if log:
        base = "the lowest value" if known else "the lowest value in the plot"
        said.append(f"Height is drawn on a log scale above {base}; the numbers are true values.")
    if outside:
        said.append(f"{count(outside, 'start')} {'lies' if outside == 1 else 'lie'} outside the plot.")
    return said


def unmarked(hidden: dict[str, int]) -> str:
    """Which critical points are not marked, by kind, because there are too many."""
    many = {"maximum": "local maxima", "minimum": "local minima"}
    names = [count(n, POINTS[kind], many.get(kind)) for kind, n in hidden.items() if n]
    return f"Too many to be marked: {listed(names)}." if names else ""


def arrival_note(goal: Goal) -> str:
    """When a descent counts as arrived."""
    return NO_LOWEST if goal.within is None else f"A descent has arrived when it is {near(goal)}."


def noise_note(deviation: float, *, full_batch: bool) -> str:
    """The noise of a surface's gradients; `full_batch`, whether a method with the mean over all examples is shown."""
    none = " (full-batch gradient descent averages over all examples and has none)" if full_batch else ""
    return f"the gradient of each example has noise of standard deviation {deviation:g}{none}; losses are shown without noise."


def dimensions_note(dimensions: int) -> str:
    """That only two of the coordinates are drawn."""
    return f"the function has {dimensions} coordinates; the plots show the first two, so the surface drawn and the loss differ."


def rate_note(rate: float) -> str:
    """Which learning rate all methods take where there is nothing to tune for."""
    return f"no lowest value is known to tune for, so every method uses the learning rate {rate:g}, 2 % of the plot's width."


def height_title(kind: str, base: float) -> str:
    """What the numbers beside the scale of heights are."""
    if kind == "linear":
        return "value"
    return "value (log)" if base == 0 else f"above {signed(base, 5)} (log)"


def loss_title(goal: Goal) -> str:
    """The title of an axis of losses."""
    if goal.within is None:
        return "loss"
    return f"{'loss' if goal.base == 0 else f'loss above {lowest(goal)}, {signed(goal.base, 5)}'} (log scale)"


def step_hover(label: str, step: int, loss: float | None) -> str:
    """What the pointer reads at a step; `label` is safe HTML."""
    return f"<b>{label}</b><br>step {step:,}: {'diverged' if loss is None or not math.isfinite(loss) else signed(loss, 5)}"


def point_hover(kind: str, at: Sequence[float], value: float) -> str:
    """What the pointer reads at a critical point."""
    return f"<b>{POINTS[kind]}</b><br>{place(at)}<br>value {signed(value, 5)}"


def surface_hover(names: tuple[str, str]) -> str:
    """What the pointer reads on the surface, as Plotly's template."""
    return f"{names[0]} %{{x:.4g}}, {names[1]} %{{y:.4g}}<br>value %{{customdata:.5g}}<extra></extra>"


def middle(values: Sequence[Any]) -> Any:
    """One of the values that has as many below as above it: of an even number, the upper one."""
    return sorted(values)[len(values) // 2]
