"""What became of the runs on a surface, in words: which reached the lowest point first, which overshot, diverged, left the plot, got stuck.

The functions take what `talweg.figures.surface.outcomes` computes: plain numbers, with the names of the methods.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median_high
from typing import TYPE_CHECKING

from talweg.text.format import NOTHING, bare, count, figures, listed, sentence, setting, signed, whole

if TYPE_CHECKING:
    from talweg.figures.surface.outcomes import Goal, Outcome

    Groups = Sequence[Sequence[Outcome]]  #: by method, the first to arrive first

#: A critical point by its kind.
POINTS = {
    "best": "lowest point",
    "minimum": "local minimum",
    "saddle": "saddle point",
    "maximum": "local maximum",
    "undecided": "degenerate point",
}
#: Why a run did not arrive, of one and of several.
WHY = {"overshoots": "it overshoots, from wall to wall", "too slow": "its learning rate is too small"}
OF_SEVERAL = {"overshoots": "overshoot from wall to wall", "too slow": "too slow"}
NO_LOWEST = "No lowest value is known, so no method can reach it."
EMPTY = "Every run diverged at once."
CONTOUR_ALT = "Contour lines of {} with the trajectory of each run"
SURFACE_3D_ALT = "{} in three dimensions with the trajectory of each run"
DIMENSIONS_NOTE = "the function has {} coordinates; the plots show the first two, so the surface drawn and the loss differ."
RATE_NOTE = "no lowest value is known to tune for, so every method uses the learning rate {:g}, 2 % of the plot's width."
LOSS_CAPTION = "The loss of each run after each step. Vertical line: the step of the plots above; dotted line: below it a run has arrived."


def place(at: Sequence[float]) -> str:
    """A point: (1, 1)."""
    shown = [signed(float(f"{x:.12f}")) for x in list(at)[:4]]
    return f"({', '.join(shown)}{', …' if len(at) > 4 else ''})"


def lowest(goal: Goal) -> str:
    """What heights are counted from."""
    return "the lowest value" if goal.known else "the lowest known value"


def near(goal: Goal) -> str:
    """What a run should reach: `within 0.001 of the lowest value`."""
    return f"within {figures(goal.within)} of {lowest(goal)}"


def outcome(one: Outcome) -> str:
    """What became of one run."""
    if one.kind == "diverged":
        return f"diverged at step {one.step:,}"
    steps, outside, point = f"after {count(one.trajectory.steps, 'step')}", _outside(one), POINTS.get(one.where, "")
    if one.goal.within is None:
        return f"at {signed(one.final_loss)}{f', at the {point} {place(one.at)},' if one.at is not None else ''} {steps}{outside}"
    if one.kind == "reached":
        later = "" if one.stays else f", but ended {figures(one.above)} above it"
        return f"{near(one.goal)} after {count(one.step, 'step')}{later}{outside}"
    above = f"{figures(one.above)} above {lowest(one.goal)}"
    if one.kind == "stuck" and one.at is not None:
        return f"stuck at the {point} {place(one.at)}, {above}, {steps}{outside}"
    return f"{above} {steps}{outside}{f'; {WHY[one.why]}' if one.why else ''}"


def _outside(one: Outcome) -> str:
    if one.left < 0:
        return ""
    since = f"step {one.left:,}" if one.left else "the start"
    return f", outside the plot from {since} on" if one.ends_outside else f", outside the plot for a while from {since}"


def rate(one: Outcome) -> str:
    """The learning rate as the legend has it."""
    value = one.trajectory.learning_rate
    return "no learning rate" if value is None else f"learning rate {setting(value)}{' (best of 32)' if one.trajectory.tuned else ''}"


def summed(group: Sequence[Outcome]) -> str:
    """What became of all runs of one method, for one entry of the legend."""
    if len(group) == 1:
        return outcome(group[0])
    n, goal, parts = len(group), group[0].goal, []
    reached = steps_to(group, "reached")
    if reached:
        parts.append(f"{near(goal)} from {len(reached)} of {n} starts (median {count(median_high(reached), 'step')})")
    for where in sorted({one.where for one in group if one.kind == "stuck"}):
        parts.append(f"stuck at a {POINTS[where]} from {sum(one.where == where and one.kind == 'stuck' for one in group)}")
    others = [one for one in group if one.kind in ("short", "outside")]
    if others:
        at = f"at {signed(median_high([one.final_loss for one in others]))}"
        at = at if goal.within is None else f"{figures(median_high([one.above for one in others]))} above {lowest(goal)}"
        whys = [f"{k} {words}" for why, words in OF_SEVERAL.items() if (k := sum(one.why == why for one in others))]
        steps = count(group[0].trajectory.steps, "step")
        parts.append(f"{at} (median) after {steps} from {len(others)}{f' ({listed(whys)})' if whys else ''}")
    diverged = steps_to(group, "diverged")
    if diverged:
        parts.append(f"diverged from {len(diverged)} (earliest at step {min(diverged):,})")
    if not reached:
        parts[0] += f" of {n} starts"
    return ", ".join(parts)


def steps_to(group: Sequence[Outcome], kind: str) -> list[int]:
    """The steps at which runs of a method reached the goal, or diverged."""
    return [one.step for one in group if one.kind == kind]


def legend(group: Sequence[Outcome]) -> str:
    """One entry of the legend: the method, its learning rate, and what became of it."""
    return f"{_without_rate(group[0])}, {rate(group[0])}: {summed(group)}"


def _without_rate(one: Outcome) -> str:
    """The label where the learning rate follows, which it may have already."""
    value = one.trajectory.learning_rate
    return bare(one.label, {} if value is None else {"learning_rate": value})


def cells(group: Sequence[Outcome]) -> dict[str, tuple[str, str]]:
    """A method's row in the table, by the heads of its columns: what counts, and what stands below it."""
    trajectory, reached = group[0].trajectory, steps_to(group, "reached")
    losses = [one.final_loss for one in group if one.kind != "diverged"]
    median = "median" if len(group) > 1 else ""
    others = ", ".join(f"{name} {setting(value)}" for name, value in trajectory.hyperparameters if name != "learning_rate")
    row = {
        "Method": (trajectory.label, others),
        "Learning rate": (setting(trajectory.learning_rate), "best of 32" if trajectory.tuned else ""),
        "Outcome": (summed(group), ""),
        "Final loss": (signed(median_high(losses)), median) if losses else ("diverged", ""),
    }
    if group[0].goal.within is not None:
        row["Steps to the lowest point"] = (whole(median_high(reached)), median) if reached else (NOTHING, "")
    return row


def commented(label: str, one: Outcome, *, has_lowest: bool) -> str:
    """What became of one run, and why; where a function falls without end, its learning rate is not to blame."""
    words = f"{label}: {outcome(one)}"
    if one.kind == "diverged" and has_lowest:
        return f"{words}: the learning rate is too large here"
    if one.climbed is None:
        return words
    step, low, high = one.climbed
    return f"{words}; it overshot, from {signed(low)} up to {signed(high)} at step {step:,}"


def headline(label: str, groups: Groups) -> str:
    """The first thing to say."""
    if not groups:
        return label
    if steps_to(groups[0], "reached"):
        return f"{sentence(groups[0][0].label)} reaches the lowest point{' first' if len(groups) > 1 else ''}"
    only = sentence(groups[0][0].label) if len(groups) == 1 else ""
    if all(one.kind == "diverged" for group in groups for one in group):
        return f"{only} diverges" if only else "All methods diverge"
    if groups[0][0].goal.within is None:
        return "There is no lowest point to reach"
    why = groups[0][0].why if len({one.why for one in groups[0]}) == 1 else None
    return f"{only} does not reach the lowest point{f': {WHY[why]}' if why else ''}" if only else "No method reaches the lowest point"


def sentences(groups: Groups) -> list[str]:
    """What there is to see, one sentence for each fact."""
    if not groups:
        return []
    first = _arrivals(groups) if groups[0][0].goal.within is not None else _falls(groups)
    facts = (first, _stuck(groups), _too_large(groups), _too_small(groups), _overshoot(groups), _diverged(groups), _left(groups))
    return [sentence(words) for words in facts if words]


def _arrivals(groups: Groups) -> str:
    goal, steps, several = groups[0][0].goal, count(groups[0][0].trajectory.steps, "step"), max(len(group) for group in groups) > 1
    arrived = [(group[0].label, steps_to(group, "reached"), len(group)) for group in groups if steps_to(group, "reached")]
    if not arrived:
        nearest = min((one for group in groups for one in group if one.kind != "diverged"), key=lambda one: one.final_loss, default=None)
        close = f"; {nearest.label} comes closest, {figures(nearest.above)} above it" if nearest and len(groups) > 1 else ""
        who = f"{groups[0][0].label} does not come" if len(groups) == 1 else "no method comes"
        return f"{who} {near(goal)} in {steps}{close}."
    if several:
        when = [f"from {len(at)} of {n} starts, after a median of {count(median_high(at), 'step')}" for _, at, n in arrived]
        words = f"{arrived[0][0]} comes {near(goal)} most reliably: {when[0]}"
    else:
        when = [f"{at[0]:,}" for _, at, _ in arrived]
        words = f"{arrived[0][0]} is the first {near(goal)}, after {count(arrived[0][1][0], 'step')}"
    others = [f"{label} ({at})" for (label, *_), at in zip(arrived[1:], when[1:], strict=True)]
    words += f"; then {listed(others)}." if others else "."
    missed = [group[0].label for group in groups if not steps_to(group, "reached")]
    return f"{words} {sentence(listed(missed))} {'does' if len(missed) == 1 else 'do'} not get there in {steps}." if missed else words


def _falls(groups: Groups) -> str:
    """For a function that has no lowest value, as far as is known: who is first below all that the plot shows."""
    steps = [(group[0].label, [one.below for one in group if one.below is not None]) for group in groups]
    below = sorted((median_high(at), label) for label, at in steps if at)
    words = f"no lowest value is known; the lowest value in the plot is {signed(groups[0][0].goal.bottom)}"
    if not below:
        return f"{words}, and no method falls below it in {count(groups[0][0].trajectory.steps, 'step')}."
    words += f", and {below[0][1]} is the first below it, after {count(below[0][0], 'step')}"
    return words + (f"; then {listed([f'{label} ({step:,})' for step, label in below[1:]])}." if below[1:] else ".")


def _stuck(groups: Groups) -> str:
    if max(len(group) for group in groups) > 1:
        return _often_stuck(groups)
    labels: dict[str, list[str]] = {}
    for (one,) in groups:
        if one.kind == "stuck" and one.at is not None:
            where = f"{POINTS[one.where]} {place(one.at)}, {figures(one.above, 2)} above {lowest(one.goal)}"
            labels.setdefault(where, []).append(one.label)
    words = [f"{sentence(listed(names))} {'gets' if len(names) == 1 else 'get'} stuck at the {where}." for where, names in labels.items()]
    return " ".join(words[:3])


def _often_stuck(groups: Groups) -> str:
    parts = []
    for group in groups:
        stuck = [one for one in group if one.kind == "stuck" and one.at is not None]
        if stuck:
            above = sorted(one.above for one in stuck)
            far = " to ".join(dict.fromkeys((figures(above[0], 2), figures(above[-1], 2))))
            points = count(len({place(one.at) for one in stuck if one.at is not None}), "point")
            parts.append(f"{stuck[0].label} from {len(stuck)} of {len(group)} starts ({points}, {far} above {lowest(stuck[0].goal)})")
    return f"Stuck at other critical points: {listed(parts)}." if parts else ""


def _too_large(groups: Groups) -> str:
    who = _because("overshoots", groups)
    return f"Too large a learning rate to settle, jumping from wall to wall: {listed(who)}." if who else ""


def _too_small(groups: Groups) -> str:
    who = _because("too slow", groups)
    steps = count(groups[0][0].trajectory.steps, "step")
    return f"Too small a learning rate for {steps}, crawling without ever having turned sharply: {listed(who)}." if who else ""


def _because(why: str, groups: Groups) -> list[str]:
    """The methods with a run that did not arrive because of this, and from how many starts."""
    several = max(len(group) for group in groups) > 1
    runs = [(group, sum(one.why == why for one in group)) for group in groups]
    return [
        f"{_without_rate(group[0])} ({rate(group[0])}{f'; from {n} of {len(group)} starts' if several else ''})" for group, n in runs if n
    ]


def _overshoot(groups: Groups) -> str:
    climbs = [(group[0].label, group[0].climbed) for group in groups if group[0].climbed is not None and group[0].kind != "diverged"]
    climbs = sorted(climbs, key=lambda climb: climb[1][1] - climb[1][2])
    parts = [f"{label} from {signed(low)} up to {signed(high)} (step {step:,})" for label, (step, low, high) in climbs[:3]]
    return f"Overshooting: {listed(parts)}{f', and {len(climbs) - 3} more' if len(climbs) > 3 else ''}." if parts else ""


def _diverged(groups: Groups) -> str:
    parts = [
        f"{_without_rate(group[0])} with {rate(group[0])} diverged at step {min(steps):,}"
        + (f" or later, from {len(steps)} of {len(group)} starts" if len(group) > 1 else "")
        for group in groups
        if (steps := steps_to(group, "diverged"))
    ]
    return f"{sentence(listed(parts))}; a cross marks the last position in the plot." if parts else ""


def _left(groups: Groups) -> str:
    steps = [(group[0].label, [one.left for one in group if one.left >= 0]) for group in groups]
    left = [f"{label} ({f'step {min(at):,}' if min(at) else 'from the start'})" for label, at in steps if at]
    return f"Trajectories that leave the plot are cut at its edge: {listed(left)}." if left else ""


def reading(groups: Groups, notes: Sequence[str], *, log: bool, known: bool, outside: int) -> list[str]:
    """What must be known to read the plot: on which scale, above which lowest value, and how many starts lie outside."""
    words = [sentence(note) for note in notes]
    tuned = [group[0].label for group in groups if group[0].trajectory.tuned]
    if tuned:
        who = "each method" if len(tuned) == len(groups) > 1 else listed(tuned)
        words.append(
            f"The learning rate of {who} is the best of 32, by how fast and how far the loss falls without rising above its start."
        )
    if log:
        base = "the lowest value" if known else "the lowest value in the plot"
        words.append(f"Height is drawn on a log scale above {base}; the numbers are true values.")
    if outside:
        words.append(f"{count(outside, 'start')} {'lies' if outside == 1 else 'lie'} outside the plot.")
    return words


def unmarked(hidden: dict[str, int]) -> str:
    """Which critical points are not marked, by kind, because there are too many."""
    many = {"maximum": "local maxima", "minimum": "local minima"}
    names = [count(n, POINTS[kind], many.get(kind)) for kind, n in hidden.items() if n]
    return f"Too many to be marked: {listed(names)}." if names else ""


def arrival_note(goal: Goal) -> str:
    """When a run counts as arrived."""
    return NO_LOWEST if goal.within is None else f"A run has arrived when it is {near(goal)}."


def noise_note(deviation: float, *, full_batch: bool) -> str:
    """The noise of a surface's gradients; `full_batch`, whether a method with the mean over all examples is shown."""
    none = " (full-batch gradient descent averages over all examples and has none)" if full_batch else ""
    return f"the gradient of each example has noise of standard deviation {deviation:g}{none}; losses are shown without noise."


# ---- the figures and the page -------------------------------------------------------------------------------------------------


def height_title(kind: str, base: float, what: str = "value") -> str:
    """What the numbers beside the scale of heights are, and on a log scale above what."""
    return what if kind == "linear" else f"{what}{f' above {signed(base, 5)}' if base else ''} (log)"


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
