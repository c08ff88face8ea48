"""What one lane achieved, and which setting is chosen for it: the rule that the race follows and the verdict resamples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from talweg.statistics import bootstrap, censoring
from talweg.store import Lane

GAP_LEFT = 0.05  # of the baseline's initial gap


@dataclass(frozen=True)
class Target:
    """What is to be reached: a validation loss of at most `value`, or a metric of at least `value`; None if nothing can be."""

    kind: str = "loss"
    value: float | None = None
    own: bool = False  #: whether the baseline set it


@dataclass(frozen=True)
class Scores:
    """What lanes achieved, one value for each; infinite where it was not."""

    costs: Float[np.ndarray, "*lanes"]  #: examples seen until the target
    losses: Float[np.ndarray, "*lanes"]  #: final validation losses
    budget: float  #: examples that each could see

    @classmethod
    def stacked(cls, parts: Sequence[Scores], axis: int = 0) -> Scores:
        """Several of the same shape as one, along a new axis; the budget is that of the first."""
        return cls(np.stack([one.costs for one in parts], axis), np.stack([one.losses for one in parts], axis), parts[0].budget)

    def take(self, index: np.ndarray) -> Scores:
        """Some of the lanes."""
        return Scores(self.costs[..., index], self.losses[..., index], self.budget)

    def penalised(self) -> Scores:
        """Over seeds (the last axis): the penalised average cost, PAR2, and the median loss; what a setting is chosen by.

        A lane that did not arrive counts as twice its budget: a setting that is fast on half of its seeds and lost on the others is
        not a good one. PAR2 is the usual score where algorithms are configured for speed (Hutter et al. 2009).
        """
        return Scores(np.minimum(self.costs, 2 * self.budget).mean(axis=-1), np.median(self.losses, axis=-1), self.budget)

    def medians(self) -> Scores:
        """Over seeds (the last axis): the median cost and the median loss; what is reported."""
        return Scores(np.median(self.costs, axis=-1), np.median(self.losses, axis=-1), self.budget)

    def median_cost(self) -> float:
        """The Kaplan–Meier median of all costs; infinite if fewer than half of the lanes reached the target."""
        return censoring.censored_median(self.costs, self.budget)

    def median_loss(self) -> float:
        """The median of all final losses."""
        return float(np.median(self.losses, axis=-1))

    def keys(self) -> np.ndarray:
        """Lanes as numbers that compare as they do: first by cost, then by loss."""
        return bootstrap.lexicographic(self.costs, self.losses)


def cost(lane: Lane, target: Target, examples_per_step: int) -> float:
    """Examples seen until the target; infinite if it was not reached."""
    if target.value is None:
        return np.inf
    if target.kind == "loss":
        step = censoring.crossing(lane.steps, lane.validation_loss, target.value)
    else:
        step = censoring.crossing(lane.steps, -lane.metric, -target.value)
    return step * examples_per_step


def final_loss(lane: Lane) -> float:
    """The validation loss at the end of the budget; infinite for a lane that diverged."""
    loss = float(lane.validation_loss[-1])
    return loss if np.isfinite(loss) and lane.diverged_at is None else np.inf


def scores(lanes: Sequence[Lane], target: Target, examples_per_step: int) -> Scores:
    """What each lane achieved."""
    costs = np.array([cost(lane, target, examples_per_step) for lane in lanes])
    return Scores(costs, np.array([final_loss(lane) for lane in lanes]), float(lanes[0].steps[-1] * examples_per_step))


def by_setting(lanes: Sequence[Lane]) -> dict[int, list[Lane]]:
    """Lanes of each setting, settings and their seeds in order."""
    groups: dict[int, list[Lane]] = {}
    for lane in sorted(lanes, key=lambda lane: lane.setting):
        groups.setdefault(lane.setting, []).append(lane)
    return groups


def best_settings(lanes: Sequence[Lane], target: Target, examples_per_step: int) -> list[int]:
    """Settings from the best to the worst: fewest examples to the target (penalised average over seeds), then lowest final loss.

    So settings that never reach the target are told apart by their final losses, and settings that all diverged stand last, in the
    order of their numbers.
    """

    def standing(setting: int) -> tuple[float, float, int]:
        over_seeds = scores(groups[setting], target, examples_per_step).penalised()
        return float(over_seeds.costs), float(over_seeds.losses), setting

    groups = by_setting(lanes)
    return sorted(groups, key=standing)


def own_target(baseline: Sequence[Lane]) -> Target:
    """Where the baseline has closed 95 % of its initial gap, from its start to its final loss, medians over its final runs.

    Its final loss itself is no good as a target. With a generous budget it lies in the noise of the validation data, where curves are
    flat: whether a run arrives there is luck, and so is who wins.
    """
    start = float(np.median([lane.validation_loss[0] for lane in baseline]))
    end = float(np.median(np.array([final_loss(lane) for lane in baseline]), axis=-1))
    return Target("loss", end + GAP_LEFT * max(start - end, 0.0) if np.isfinite(end) else None, own=True)
