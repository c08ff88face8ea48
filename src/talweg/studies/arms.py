"""The arms of an escape: the best of the settings that each was tuned with, from fresh starts, and how much of that is luck.

The luck of the starts: trials are compared start by start. The luck of the search: each of many draws leaves out one of every two
neighbouring settings, the same of all arms, and chooses the best of the rest; those that are chosen run from the fresh starts, too. An
interval is that of the mixture.

What no search found can't be drawn. So that an arm does worse than another can only be said if it was **tuned enough**: if at least
three of its settings arrive about as often as its best, or at least three of the other's more often. Had it as many such settings, a
search would have missed them all with a probability of at most (1 − 3/n)ⁿ < 5 %, the rule of three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from talweg.contestants.contestant import Contestant
from talweg.statistics import bootstrap, proportions
from talweg.studies import tuning
from talweg.studies.multistart import Endpoints, Multistart

LEVEL = 0.95
SEED = 20260102
RARE = 0.05  #: the share of draws below which a setting is not run from the fresh starts, and these draws are not counted
ENOUGH = 3  #: settings that arrive about as often as the best …
ABOUT = 0.5  #: … which is at least so often

Triple = tuple[float, float, float]


class Entry(NamedTuple):
    """An arm before it is run."""

    remedy: str | None
    contestant: Contestant
    steps: int
    settings: list[dict[str, float]]  #: that it is tuned with


@dataclass(frozen=True, eq=False)
class Arm:
    """The method with one remedy, or without any (`remedy` is then None)."""

    contestant: Contestant
    remedy: str | None
    hyperparameters: Mapping[str, float]
    steps: int
    ends: Endpoints
    reached: Bool[np.ndarray, " starts"]
    rate: Triple  #: how often it reached the best known value, and its interval
    gain: Triple | None  #: over the plain method, start by start, with an interval that holds for all arms at once
    significant: bool  #: whether the gain would be, were these two settings known to be the best
    tuned_enough: bool  #: the one of these two that does worse
    good_settings: int  #: that arrived about as often as the best one while it was tuned
    tried_settings: int
    seconds: float

    @property
    def verdict(self) -> str:
        """helps, hurts, can't be told, or not known where more tuning may turn it; plain for the method alone."""
        if self.gain is None:
            return "plain"
        if not self.tuned_enough:
            return "not known"
        told = "helps" if self.gain[1] > 0 else "hurts" if self.gain[2] < 0 else "can't be told"
        return "not known" if told == "can't be told" and self.significant else told


class _Trials(NamedTuple):
    """An arm that has run: with its best setting, and with those that its best might have been."""

    entry: Entry
    arrivals: Int[np.ndarray, " settings"]  #: while it was tuned
    chosen: Int[np.ndarray, " draws"]  #: the setting of each draw
    best: int
    ends: Endpoints  #: with its best setting
    reached: dict[int, Bool[np.ndarray, " starts"]]  #: by setting
    seconds: float

    @property
    def good(self) -> int:
        """How many settings arrive about as often as the best; none where none arrives."""
        return int((self.arrivals >= max(1.0, ABOUT * self.arrivals.max())).sum())

    @property
    def fixed(self) -> bool:
        """Whether there was nothing to tune."""
        return not self.entry.contestant.space

    def tuned_enough(self, better: _Trials) -> bool:
        """Whether it can be said to do worse than another."""
        above = int((better.arrivals > self.arrivals.max()).sum())
        return self.fixed or max(self.good, above * len(self.arrivals) / len(better.arrivals)) >= ENOUGH


def run(
    running: Multistart,
    entries: Sequence[Entry],
    tuned: Sequence[Endpoints],
    points: Float[np.ndarray, "settings k"],
    threshold: float,
    seeds: Sequence[int],
    progress: Callable[[str], None],
) -> tuple[Arm, ...]:
    """Each entry with the best of its settings, from fresh starts, and its gain over the first, the plain method.

    `tuned` are the endpoints of every setting of each entry; `points` are these settings in the unit cube.
    """
    kept = tuning.half_samples(points, bootstrap.DRAWS, SEED)
    trials = []
    for number, (entry, before) in enumerate(zip(entries, tuned, strict=True), 1):
        progress(f"running {number} of {len(entries)}: {entry.contestant.label}")
        trials.append(_trials(running, entry, before, kept, threshold, seeds))
    level = 1 - (1 - LEVEL) / (len(entries) - 1)  # of one gain, so that the intervals hold for all of them at once
    return tuple(_arm(one, trials[0], level) for one in trials)


def _trials(running: Multistart, entry: Entry, before: Endpoints, kept: np.ndarray, threshold: float, seeds: Sequence[int]) -> _Trials:
    _, contestant, steps, settings = entry
    lowest, last = (losses.reshape(len(settings), -1) for losses in (before.best, before.loss))
    order = tuning.ranked(tuning.arrivals_then_losses(lowest, last, threshold))
    chosen = order[np.argmax(kept[:, order], axis=1)] if contestant.space else np.zeros(len(kept), int)
    counts = np.bincount(chosen, minlength=len(settings))
    likely = [int(setting) for setting in order if setting == order[0] or counts[setting] >= RARE * len(kept)]
    ends = {setting: running.run(contestant, [settings[setting]] * len(seeds), seeds, steps) for setting in likely}
    best = likely[0]
    reached = {setting: ends[setting].best <= threshold for setting in likely}
    arrivals = (lowest <= threshold).sum(axis=1)
    return _Trials(entry, arrivals, chosen, best, ends[best], reached, sum(one.seconds for one in ends.values()))


def _arm(one: _Trials, plain: _Trials, level: float) -> Arm:
    reached, starts = one.reached[one.best], len(one.reached[one.best])
    counted = np.isin(one.chosen, list(one.reached))
    settings, weights = np.unique(one.chosen[counted], return_counts=True)
    arrived = [int(one.reached[setting].sum()) for setting in settings]
    gain, significant, tuned_enough = None, False, True
    if one is not plain:
        difference, low, high = proportions.paired_difference(reached, plain.reached[plain.best], level)
        gain, significant = (difference, *_gains(one, plain, level)), low > 0 or high < 0
        worse, better = (one, plain) if difference < 0 else (plain, one)
        tuned_enough = worse.tuned_enough(better) or not (one.good or plain.good)
    return Arm(
        one.entry.contestant,
        one.entry.remedy,
        one.entry.settings[one.best],
        one.entry.steps,
        one.ends,
        reached,
        (float(reached.mean()), *proportions.mixed_proportion(arrived, starts, weights.astype(float), LEVEL)),
        gain,
        significant,
        tuned_enough,
        one.good,
        len(one.entry.settings),
        one.seconds,
    )


def _gains(one: _Trials, plain: _Trials, level: float) -> tuple[float, float]:
    """The interval of the gain over the settings that the draws choose for both."""
    both = np.stack([one.chosen, plain.chosen], axis=1)
    both = both[np.isin(one.chosen, list(one.reached)) & np.isin(plain.chosen, list(plain.reached))]
    pairs, weights = np.unique(both, axis=0, return_counts=True)
    return proportions.mixed_difference([(one.reached[a], plain.reached[b]) for a, b in pairs], weights.astype(float), level)
