"""The settings that a study tries, and how it scores what their runs gave: `best` has the least score. Every study names its score.

A score is a number for each setting, or several in the order in which they count; less is better, and infinity is the worst.
A race does not come here: it compares contestants over many seeds, with intervals (`talweg.verdict.scores`).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int

from talweg.contestants.contestant import Contestant
from talweg.methods import Range
from talweg.problems.base import Problem

RATES = np.geomspace(1e-7, 30.0, 32)  #: learning rates that are tried on a function, which may be steep or flat
SPREAD = 16  #: learning rates that are tried on data, from end to end of the method's search range
CLIMB = 0.01  #: of the height of the start above the lowest value; a loss that is higher than that has climbed above its start
DEPTH = 1e-8  #: the share of the initial gap below which no more is asked of a learning rate


def best(scores: Float[np.ndarray, settings * keys]) -> int:
    """The setting with the least score, the first of equal ones; later keys decide between those that are equal in the earlier ones."""
    return int(ranked(scores)[0])


def ranked(scores: Float[np.ndarray, settings * keys]) -> Int[np.ndarray, " settings"]:
    """The settings from the best to the worst, as `best` has it."""
    keys = np.reshape(scores, (len(scores), -1)).T
    return np.lexsort(keys[::-1])


def half_samples(points: Float[np.ndarray, "settings k"], draws: int, seed: int) -> Bool[np.ndarray, "draws settings"]:
    """Which settings each draw keeps: one of every two neighbours along the first number that is searched, the learning rate.

    What half as many settings, spread just as evenly, might have led to: the points of a search are no independent draws, so that
    resampling them with replacement would leave gaps that no search has (McCarthy, "Pseudo-replication: half samples", 1969). A last
    one without a neighbour is kept in half of the draws.
    """
    count = len(points)
    place = np.empty(count, int)
    place[np.argsort(points[:, 0], kind="stable")] = np.arange(count)
    second = np.random.default_rng((seed, count)).integers(2, size=(draws, -(-count // 2))).astype(bool)
    return second[:, place // 2] == (place % 2 == 1)


def rounded(rate: float) -> float:
    """A learning rate with three digits, as it is shown."""
    return float(f"{rate:.3g}")


def spread(searched: Range, count: int) -> list[float]:
    """So many learning rates from end to end of a range."""
    return [rounded(searched.value(u)) for u in np.linspace(0, 1, count)]


def has_free_rate(contestant: Contestant) -> bool:
    """Whether it has a learning rate that is not fixed."""
    return "learning_rate" in contestant.defaults() and "learning_rate" not in contestant.fixed


def learning_rates(problem: Problem, contestant: Contestant) -> list[dict[str, float]]:
    """The settings that are tried where nothing but the learning rate is tuned; one without any where there is none to choose."""
    if "learning_rate" not in contestant.space:
        return [{}]
    rates = map(rounded, RATES) if problem.train is None else spread(contestant.space["learning_rate"], SPREAD)
    return [{"learning_rate": rate} for rate in rates]


def mean_loss(losses: Float[np.ndarray, "settings points"]) -> Float[np.ndarray, " settings"]:
    """The mean over the measuring points, so that soon counts as well as low; infinite where a run diverged."""
    return np.asarray(np.where(np.isfinite(losses), losses, np.inf).mean(axis=1))


def gap_left(losses: Float[np.ndarray, "settings starts steps"], lowest: float | None = None) -> Float[np.ndarray, " settings"]:
    """The mean, over steps and starts, of the logarithm of what is left of the initial gap; infinite where a loss climbs above its start.

    The gap is to the `lowest` value, or to the lowest loss of any setting. Unless all of them climb: without that condition a single
    wild leap that happens to land well would be the best.
    """
    if lowest is None:
        known = losses[np.isfinite(losses)]
        lowest = float(known.min()) if known.size else 0.0
    start = losses[..., :1] - lowest
    left = np.log(np.maximum(losses - lowest, DEPTH * np.maximum(start, DEPTH)))
    score = np.asarray(np.where(np.isfinite(losses), left, np.inf).mean(axis=(1, 2)))
    climbs = (losses > losses[..., :1] + CLIMB * np.abs(start)).any(axis=(1, 2))
    return score if climbs.all() else np.where(climbs, np.inf, score)


def arrivals_then_losses(
    lowest: Float[np.ndarray, "settings starts"], last: Float[np.ndarray, "settings starts"], threshold: float
) -> Float[np.ndarray, "settings 3"]:
    """The most starts whose lowest loss is at most the threshold; then the lowest median at the end, then that on the way."""
    arrivals = (lowest <= threshold).sum(axis=1)
    return np.stack([-arrivals, np.median(last, axis=-1), np.median(lowest, axis=-1)], axis=1)
