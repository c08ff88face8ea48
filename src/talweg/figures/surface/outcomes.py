"""What became of each descent, in numbers: when it arrived, whether it overshot, diverged, left the plot, or got stuck and where.

A descent has arrived when its loss is within a round number of the lowest value: a power of ten, at most 1/10,000 of the initial gap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from talweg.figures.surface import pace
from talweg.figures.surface.grid import Grid
from talweg.figures.surface.trajectories import SingleTrajectory, left_at

CLOSE = 1e-4  #: the share of the initial gap that may be left
NEAR = 0.02  #: of the plot's width, and no further from a critical point, is at that point
OVERSHOT = 0.05  #: of the initial gap, climbed back


@dataclass(frozen=True)
class Goal:
    """What a descent should reach: `within` above `base`; no `within` where no lowest value is known."""

    base: float
    within: float | None
    known: bool = True  #: whether `base` is the lowest value of the function, and not just the lowest that is known
    bottom: float = math.nan  #: the lowest value in the plot, where there is nothing to reach


@dataclass(frozen=True, eq=False)
class Outcome:
    """What became of one descent."""

    trajectory: SingleTrajectory
    goal: Goal
    kind: str  #: diverged, reached, stuck, outside or short
    step: int  #: at which it diverged or reached the goal; otherwise the last
    final_loss: float  #: before it diverged, if it did
    at: Sequence[float] | None = None  #: the critical point, other than the lowest, at which it ended
    where: str = ""  #: the kind of that point: minimum, saddle, maximum or undecided
    climbed: tuple[int, float, float] | None = None  #: the step, and from which loss to which, if it overshot
    left: int = -1  #: the first step after which it was outside the plot, −1 if it never was
    ends_outside: bool = False
    below: int | None = None  #: the first step below `goal.bottom`
    why: str | None = None  #: one that did not arrive: `overshoots`, from wall to wall, or `too slow`, its learning rate too small

    @property
    def label(self) -> str:
        """Of the method."""
        return self.trajectory.label

    @property
    def above(self) -> float:
        """How far above the lowest value it ended."""
        return self.final_loss - self.goal.base

    @property
    def stays(self) -> bool:
        """Whether it ended at the goal."""
        return self.goal.within is not None and self.final_loss <= self.goal.base + self.goal.within


def goal(trajectories: Sequence[SingleTrajectory], grid: Grid) -> Goal:
    """What the descents should reach: near the lowest value if there is one, otherwise nothing."""
    best = [value for _, value, kind, is_best in grid.critical if kind == "minimum" and is_best]
    base = grid.lowest if grid.lowest is not None else min(best) if best else None
    first = [float(one.loss[0]) for one in trajectories if math.isfinite(one.loss[0])]
    if base is None or not first:
        least = [float(np.nanmin(one.loss)) for one in trajectories if np.isfinite(one.loss).any()]
        finite = grid.z[np.isfinite(grid.z)]
        return Goal(min(least, default=0.0), None, known=False, bottom=float(finite.min()) if finite.size else math.nan)
    gap = max(first) - base
    if not gap > 0:
        return Goal(base, 1e-6)
    return Goal(base, 10.0 ** math.floor(math.log10(gap * CLOSE) + 1e-9), known=grid.lowest is not None)


def outcome(trajectory: SingleTrajectory, grid: Grid, aim: Goal) -> Outcome:
    """What became of one descent."""
    finite = trajectory.loss[np.isfinite(trajectory.loss)]
    final_loss = float(finite[-1]) if len(finite) else math.nan
    climbed, left, below = overshot(finite, aim), left_at(trajectory, grid), _first(trajectory.loss < aim.bottom)
    if trajectory.diverged_at >= 0:
        return Outcome(trajectory, aim, "diverged", trajectory.diverged_at, final_loss, climbed=climbed, left=left, below=below)
    at, where = converged_at(trajectory, grid) or (None, "")
    arrived = None if aim.within is None else _first(trajectory.loss <= aim.base + aim.within)
    if arrived is not None:
        kind = "reached"
    elif aim.within is not None and at is not None:
        kind = "stuck"
    else:
        kind = "outside" if left >= 0 else "short"
    step, ends_outside = trajectory.steps if arrived is None else arrived, not grid.contains(trajectory.plane[-1])
    why = pace.why(trajectory.finite, trajectory.loss) if kind in ("outside", "short") and aim.within is not None else None
    if why == "too slow" and (trajectory.learning_rate is None or trajectory.tuned):
        why = None  # there is none to raise, or a larger one was tried
    return Outcome(trajectory, aim, kind, step, final_loss, at, where, climbed, left, ends_outside, below, why)


def outcomes(trajectories: Sequence[SingleTrajectory], grid: Grid) -> list[Outcome]:
    """What became of each descent, all with the same goal."""
    aim = goal(trajectories, grid)
    return [outcome(one, grid, aim) for one in trajectories]


def _first(true: np.ndarray) -> int | None:
    return int(true.argmax()) if true.any() else None


def overshot(loss: np.ndarray, aim: Goal) -> tuple[int, float, float] | None:
    """The step at which the loss had climbed back furthest, from what to what; None if it was a small part of the initial gap."""
    if len(loss) < 2:
        return None
    lowest = np.minimum.accumulate(loss)
    climb = loss - lowest
    step, drop = int(climb.argmax()), float(loss[0] - min(aim.base, loss.min()))
    if not climb[step] > OVERSHOT * drop:
        return None
    return step, float(lowest[step]), float(loss[step])


def converged_at(trajectory: SingleTrajectory, grid: Grid) -> tuple[Sequence[float], str] | None:
    """The known critical point, other than the lowest, at which a trajectory has converged, and its kind."""
    places = trajectory.finite
    size = np.resize(np.ptp(grid.domain, axis=1), places.shape[1])
    size[2:] = size[0]
    late = places[-max(2, len(places) // 10) :]
    if np.linalg.norm(np.ptp(late, axis=0) / size) > NEAR:
        return None
    for at, _, kind, best in grid.critical:
        if not best and len(at) == len(size) and np.linalg.norm((places[-1] - np.asarray(at, float)) / size) < NEAR:
            return at, kind
    return None


def by_method(outcomes: Sequence[Outcome]) -> list[list[Outcome]]:
    """The outcomes of each method together, the first to arrive first, those that diverged last."""
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(one.trajectory.name, []).append(one)

    def rank(group: list[Outcome]) -> tuple[float, ...]:
        reached = [one.step for one in group if one.kind == "reached"]
        diverged = any(one.kind == "diverged" for one in group)
        losses = [one.final_loss for one in group if math.isfinite(one.final_loss)]
        return (-len(reached), float(np.median(reached)) if reached else diverged, float(np.median(losses)) if losses else math.inf)

    return sorted(groups.values(), key=rank)
