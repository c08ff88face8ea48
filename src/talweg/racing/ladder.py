"""The batch ladder: a method raced against itself at every batch size, its learning rate tuned for each of them.

The same rungs as in a race, without those that seek the lowest loss of all: search → widened → confirm → between → longer → final →
speed. Every size is a contestant of which only the learning rate is searched, and has as long as it needs to come down to the target.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.engine.cost import batch_size
from talweg.methods import Range
from talweg.problems.base import Problem
from talweg.racing.plan import Plan
from talweg.racing.standing import Standing, length
from talweg.racing.tournament import SEARCH_LENGTH, Course, Outcome, Request, Rung, Tournament, Variant
from talweg.store import Lane
from talweg.verdict import choosing, quality
from talweg.verdict.choosing import Seconds
from talweg.verdict.quality import Constants

LENGTHS = (
    1 / 4,
    1 / 2,
)  #: of a race's longest training, each for those that have not come down to the target before
RATE = "learning_rate"
BETWEEN = ("between", "between-again")
LOWEST, SOONEST = 3, 2  #: settings with the lowest losses, and for each target the soonest, that are tried on the seeds of the final
LARGEST = 0.5  #: of the training rows: a size above it is the full batch but for a few rows


@dataclass(frozen=True)
class LadderPlan(Plan):
    """What a batch ladder will do: its contestants are methods at sizes."""

    observes: ClassVar[bool] = False
    confirmation: ClassVar[int] = 8

    usual: int = 1  #: the size at which a training is as long as in a race

    def steps(self, examples: int, contestant: Contestant, share: float = 1.0) -> int:
        """As many examples for all sizes up to the usual one; above it, more by the square root of how much larger the batch is."""
        larger = contestant.examples_per_step(examples) / (self.usual * contestant.gradients)
        return super().steps(examples, contestant, share / LENGTHS[-1] * max(1.0, math.sqrt(larger)))

    def all_seeds(self) -> list[int]:
        return [seed for rung in ("search", "confirm", "final") for seed in self.seeds_of(rung)]

    def course(self, examples: int, constants: Constants, seconds: Mapping[str, Seconds]) -> Ladder:
        return Ladder(self, examples, constants, seconds)

    def expected(self, contestant: Contestant) -> list[tuple[float, float]]:
        return [
            (float(self.settings), SEARCH_LENGTH),
            ((8.0 + self.confirmed()) * len(self.seeds_of("confirm")), SEARCH_LENGTH),
            ((LOWEST + SOONEST) * self.seeds, SEARCH_LENGTH),
        ]

    def describe(self) -> dict[str, Any]:
        return {**super().describe(), "kind": "batch", "usual": self.usual}


class Ladder(Course):
    """The rungs of a batch ladder."""

    def run(self) -> Tournament:
        yield from self.search()
        yield from self.confirm()
        yield from self.between()
        yield from self.longer()
        finals = yield from self.finals()
        yield from self.speed()
        return Outcome(None, finals)

    def between(self) -> Rung:
        """New learning rates beside those that are best so far, twice: halfway to the next ones that were tried, in logarithms."""
        for rung in BETWEEN:
            requests = []
            for one in self.field:
                variants = quality.by_variant(one.trained)
                best = [min(variants, key=self._mean)]
                best += [variants[k] for k in self._soonest(one, variants, 1)]
                rates = sorted({setting[RATE] for setting in one.settings.values()})
                new: dict[float, None] = {}
                for lanes in best:
                    at = rates.index(lanes[0].hyperparameters[RATE])
                    new |= dict.fromkeys(math.sqrt(low * high) for low, high in itertools.pairwise(rates[max(at - 1, 0) : at + 2]))
                entries = self._entries(one.add([{RATE: rate} for rate in new]), one.contestant.schedule, "confirm")
                requests.append(Request(one.name, rung, self._length(one, SEARCH_LENGTH), entries))
            yield from self._sent(requests)

    def longer(self) -> Rung:
        """Twice as long, for the sizes that have not come down to the target and still improve; as often as there are lengths."""
        for share in LENGTHS:
            target = self._targets()[0]
            late = {one: [("constant", share)] for one in self.field if not self._arrived(one, target) and self._improves(one)}
            if not late:
                return
            yield from self._sent(self._trained(late))

    def speed(self) -> Rung:
        """On the seeds of the final, the settings of each size that had the next lowest losses, and those that were soonest at the targets.

        The lowest loss of all that was tried on a few seeds is lucky: a size that came to none as low has the target of its own lowest.
        """
        requests = []
        for one in self.field:
            variants = quality.by_variant(one.trained)
            losses = [one.quality(lanes).mean for lanes in variants]
            tried = {int(k): length(variants[k]) / 2 for k in np.argsort(losses, kind="stable")[:LOWEST]}  # the steps that it needs
            for k, steps in self._soonest(one, variants, SOONEST).items():
                tried[k] = max(steps, tried.get(k, 0.0))
            late = [(variants[k], steps) for k, steps in tried.items() if not self._final(one, variants[k])]
            requests += [self._timed(one, *each, f"speed-{number}") for number, each in enumerate(late)]
        if requests:
            yield requests

    def _soonest(self, one: Standing, variants: Sequence[Sequence[Lane]], count: int) -> dict[int, float]:
        """The variants of a size that are at each of the two targets first, and their steps to it."""
        own = choosing.target([one.quality(lanes) for lanes in variants], self._nothing()) if self.plan.goal.value is None else -np.inf
        soonest: dict[int, float] = {}
        for target in self._targets():
            arrivals = [choosing.arrival(lanes, self.constants, max(target, own)) for lanes in variants]
            for k in map(int, np.argsort(arrivals, kind="stable")[:count]):
                if np.isfinite(arrivals[k]):
                    soonest[k] = max(arrivals[k], soonest.get(k, 0.0))
        return soonest

    def _variant(self, one: Standing) -> Variant:
        """What a size enters the final with: the lowest loss, however long it takes."""
        lanes = min(quality.by_variant(one.trained), key=self._mean)
        first = lanes[0]
        return Variant(one.name, first.setting, first.hyperparameters, first.schedule, one.quality(lanes).steps)

    def _mean(self, lanes: Sequence[Lane]) -> float:
        return quality.quality(lanes, self.constants).mean

    def _targets(self) -> tuple[float, float]:
        """As good as the best, and the looser target, on the seeds of the confirmation."""
        known = [one.quality(lanes) for one in self.field for lanes in quality.by_variant(one.trained)]
        nothing, best = self._nothing(), min(each.mean for each in known)
        wanted = self.plan.goal.value
        return choosing.target(known, nothing) if wanted is None else wanted, quality.looser(best, nothing)

    def _arrived(self, one: Standing, target: float) -> bool:
        return choosing.fastest(quality.by_variant(one.trained), self.constants, target) is not None

    def _improves(self, one: Standing) -> bool:
        longest = max(map(length, quality.by_variant(one.trained)))
        known = [one.quality(lanes) for lanes in quality.by_variant(one.trained) if length(lanes) == longest]
        return min(known, key=lambda each: each.mean).steps > quality.STILL * longest


def sizes_of(problem: Problem, factor: int = 2, least: int = 1) -> list[int | None]:
    """Powers of a factor times `least` up to half of the training rows, the usual size, and the full batch."""
    usual = batch_size(problem, None)
    powers = {least * factor**k for k in range(1 + int(math.log(max(problem.examples / least, 1), factor)))}
    whole = sorted(size for size in powers | ({usual} if usual is not None else set()) if size <= LARGEST * problem.examples)
    return [*whole, None]


def rungs(problem: Problem, one: Contestant, sizes: Sequence[int | None], searched: Range) -> list[Contestant]:
    """A method at each size; `searched` are the learning rates at its own size, and move with the square root of the batch size.

    Neither a linear rule nor one of roots holds for all methods and data (Shallue et al. 2019), so the ranges are wide and are widened.
    Raises InputError for a method whose learning rate is fixed, or that has none.
    """
    if RATE not in one.defaults() or RATE in one.fixed:
        why = "is fixed" if RATE in one.fixed else "does not exist"
        raise InputError(f"batch: the learning rate of {one.label} {why}, but has to be tuned for each batch size; leave it open")
    own, made = one.size or problem.examples, []
    for size in sizes:
        moved = math.sqrt((size or problem.examples) / own)
        space = {RATE: replace(searched, low=moved * searched.low, high=moved * searched.high)}
        batch = "full" if size is None else size
        name, label = f"{one.name}@{batch}", f"{one.label} (batch {batch})"
        made.append(replace(one, name=name, label=label, size=size, space=space, decays=False, schedule="constant", reference=False))
    return made
