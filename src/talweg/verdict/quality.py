"""What trainings are worth: expected validation loss at the best common length, and what counts as equally good.

The rules that a race follows and the verdict repeats, as pure functions of stored lanes. A *variant* is a setting with a schedule and a
length; its lanes differ in their seeds alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from talweg.store import Lane

FAILED = 3.0  #: times the constant predictor's loss is what a failed training counts as
SHARE = 0.01  #: of the initial gap, or of the best loss if that is less: losses no farther apart are equally good
LEAST_SHARE = 0.001  #: of the initial gap, which is the least that can matter
LOOSE = 0.1  #: of the initial gap that the looser target leaves open
STILL = 0.9  #: of a training: a best length beyond it says that the loss still falls
NEGLIGIBLE = 0.1  #: of the margin: a length is not made longer for less

#: The constant predictor's validation loss, by seed; empty for a problem that has none.
Constants = Mapping[int, float]


def failure(constant: float) -> float:
    """The loss that a failed training counts as: three times the constant predictor's, or as far above where that is negative."""
    return constant + (FAILED - 1) * abs(constant)


def reference(lanes: Sequence[Lane], constants: Constants) -> Float[np.ndarray, " lanes"]:
    """What it is to have learned nothing, for each lane: the constant predictor's loss, or where there is none the loss at the start."""
    return np.array([constants.get(lane.seed, lane.validation_loss[0]) for lane in lanes], float)


def curves(lanes: Sequence[Lane], constants: Constants) -> Float[np.ndarray, "lanes points"]:
    """Validation losses of lanes of one length, none above that of a failure: so a mean can be taken over them."""
    losses = np.array([lane.validation_loss for lane in lanes], float)
    nothing = reference(lanes, constants)
    ceiling = np.array([failure(x) for x in np.where(np.isfinite(nothing), nothing, np.finfo(float).max / 1e9)])
    return np.minimum(np.where(np.isfinite(losses), losses, np.inf), ceiling[:, None])


def failed(lanes: Sequence[Lane], constants: Constants) -> float:
    """The share of lanes that end as a failure."""
    ceiling = [failure(x) for x in reference(lanes, constants)]
    return float(np.mean(curves(lanes, constants)[:, -1] >= ceiling))


def final_loss(lane: Lane) -> float:
    """The validation loss at the end of a training; infinite for a lane that diverged."""
    loss = float(lane.validation_loss[-1])
    return loss if np.isfinite(loss) and lane.diverged_at is None else np.inf


def margin(best: float, nothing: float) -> float:
    """What counts as equally good: 1 % of the gap between nothing learned and the best loss, or of the best loss where that is less."""
    gap = abs(nothing - best)
    return max(min(SHARE * gap, SHARE * abs(best)), LEAST_SHARE * gap)


def looser(best: Any, nothing: float) -> Any:
    """The looser target: a loss, or an array of them, that leaves a tenth of the gap between nothing learned and the best open."""
    return best + LOOSE * np.maximum(nothing - best, 0.0)


@dataclass(frozen=True, eq=False)
class Quality:
    """The losses of a variant's lanes at their best common length."""

    steps: int  #: that length
    losses: Float[np.ndarray, " seeds"]
    seeds: Int[np.ndarray, " seeds"]
    at_end: bool  #: whether it is the end of the training

    @property
    def mean(self) -> float:
        """The expected validation loss."""
        return float(self.losses.mean())


def quality(lanes: Sequence[Lane], constants: Constants) -> Quality:
    """The quality of one variant.

    With a constant learning rate, the length is where the mean curve over seeds is lowest, or the first point that is practically as
    low; so no lane picks its own best moment. A decaying one has its length in advance, which is that of the training.
    """
    if lanes[0].schedule != "constant":
        return at_end(lanes, constants)
    values = curves(lanes, constants)
    return _at(lanes, values, best_point(values.mean(axis=0), float(reference(lanes, constants).mean())))


def at_end(lanes: Sequence[Lane], constants: Constants) -> Quality:
    """The quality of one variant whose length was chosen before."""
    values = curves(lanes, constants)
    return _at(lanes, values, values.shape[1] - 1)


def _at(lanes: Sequence[Lane], values: np.ndarray, point: int) -> Quality:
    steps, seeds = lanes[0].steps, np.array([lane.seed for lane in lanes])
    return Quality(int(steps[point]), values[:, point], seeds, at_end=point == len(steps) - 1)


def best_point(curve: Float[np.ndarray, " points"], nothing: float) -> int:
    """Where a mean curve is lowest: the first point after the start that is as low but for a tenth of the margin."""
    low = float(curve[1:].min())
    return 1 + int(np.argmax(curve[1:] <= low + NEGLIGIBLE * margin(low, nothing)))


def by_variant(lanes: Sequence[Lane]) -> list[list[Lane]]:
    """Lanes of each setting, schedule and length, in the order of their first lanes; those of one variant in the order of their seeds.

    A seed counts once: two lengths of a very short race may be the same number of steps, and then the same training has run twice.
    """
    groups: dict[tuple[int, str, int], dict[int, Lane]] = {}
    for lane in lanes:
        groups.setdefault((lane.setting, lane.schedule, int(lane.steps[-1])), {}).setdefault(lane.seed, lane)
    return [list(group.values()) for group in groups.values()]


def paired(one: Quality, other: Quality) -> Float[np.ndarray, " seeds"]:
    """How much higher the first one's losses are, seed by seed, over the seeds that both have."""
    _, mine, theirs = np.intersect1d(one.seeds, other.seeds, return_indices=True)
    return one.losses[mine] - other.losses[theirs]
