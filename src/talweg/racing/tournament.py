"""Who runs next, from what came back: search → widened → confirm → lengths → choice → final → speed → promise.

Pure: no JAX, no store, no machine. The tournament is a generator, which yields what to run and is sent its lanes. It decides nothing
but from them, so a race that was stopped is replayed from the lanes of its finished blocks and finds its way again.

Successive halving over settings, seeds and length (docs/protocol.md):

- *search*: all settings on one seed; *widened* where the best learning rates lie at an edge, at most twice.
- *confirm*: fewer settings on a few more seeds, the untuned method beside them.
- *lengths*: the contestants that can still win, with a longer training and with decaying learning rates of several lengths.
- *refined*: new settings of them, where the surface over all that was tried is lowest, with the schedule and length that is best so far.
- *choice*: the best variants of all on many seeds: which one each contestant enters the final with, and how long it trains.
- *final*: one variant of every contestant on fresh seeds. What is recommended is chosen here, and all that is reported of the others.
- *speed*: on the same seeds, the setting that is as good as the best soonest, where that is another one.
- *promise*: what is recommended, on seeds that nobody has seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from talweg.contestants.design import cube
from talweg.engine.block import Entry
from talweg.racing.standing import CONSTANT_LENGTHS, DECAY_LENGTHS, Standing, length
from talweg.store import Lane
from talweg.verdict import choosing, quality
from talweg.verdict.choosing import Seconds
from talweg.verdict.quality import Constants
from talweg.verdict.record import UNTUNED

if TYPE_CHECKING:
    from talweg.contestants.contestant import Contestant
    from talweg.racing.plan import Plan

EDGE_LEADERS = 3  #: settings of which one at an edge widens a search
WIDENED_AT_MOST = 2
SEARCH_LENGTH = 1 / 8  #: of the longest training, in search and confirmation
CAN_WIN = 10.0  #: margins above the lowest loss: who is farther away is not trained for longer
LENGTHENED = 4  #: settings of each of them that are
CHOICES = ("choice", "choice-again")
REFINED = ("refined", "refined-again")  #: rounds of new settings
CHOSEN_FROM, OF_ONE = (16, 6), (5, 3)  #: variants in the two rounds of the choice, and at most of one contestant


class Request(NamedTuple):
    """Lanes that a contestant wants to be run, all at once and equally long."""

    contestant: str
    rung: str
    steps: int
    entries: Sequence[Entry]


class Variant(NamedTuple):
    """A setting with a schedule and a length."""

    contestant: str
    setting: int
    hyperparameters: Mapping[str, float]
    schedule: str
    steps: int


class Outcome(NamedTuple):
    """What came of it."""

    recommended: Variant | None  #: None where every contestant failed
    finals: Mapping[str, Variant]  #: by contestant


Sent = Sequence[Sequence[Lane]]
Rung = Generator[Sequence[Request], Sent, None]
Tournament = Generator[Sequence[Request], Sent, Outcome]


class Course:
    """The rungs of a race."""

    def __init__(self, plan: Plan, examples: int, constants: Constants, seconds: Mapping[str, Seconds]):
        self.plan, self.examples, self.constants = plan, examples, constants
        self.field = [Standing(c, constants, seconds[c.name]) for c in plan.contestants]

    def run(self) -> Tournament:
        """All rungs, one after the other."""
        yield from self.search()
        yield from self.confirm()
        yield from self.lengths()
        yield from self.choose()
        finals = yield from self.finals()
        yield from self.speed()
        recommended = self.recommended(finals)
        if recommended is not None:
            entries = self._of(recommended, "promise")
            yield [Request(recommended.contestant, "promise", recommended.steps, entries)]
        return Outcome(recommended, finals)

    # ---- the rungs

    def search(self) -> Rung:
        """All settings on one seed, and once more around an edge."""
        spaces = {one.name: one.contestant for one in self.field if one.contestant.space}
        for stage in ("search", "widened", "widened-again")[: 1 + WIDENED_AT_MOST]:
            requests = []
            for one in (one for one in self.field if one.name in spaces):
                points = cube(self.plan.settings if stage == "search" else max(1, self.plan.settings // 4), self.plan.seed)
                new = one.add(spaces[one.name].settings(points, self.plan.rate_alone() if stage == "search" else 0))
                entries = self._entries(new, one.contestant.schedule, "search")
                requests.append(Request(one.name, stage, self._length(one, SEARCH_LENGTH), entries))
            if not requests:
                return
            for request, lanes in zip(requests, (yield requests), strict=True):
                self._named(request.contestant).search += lanes
            spaces = {name: wider for name, space in spaces.items() if (wider := self._widened(name, space)) is not None}

    def confirm(self) -> Rung:
        """The best settings on a few seeds, and the untuned method on the same."""
        requests = []
        for one in self.field:
            ranked = one.ranked()
            alone = [i for i in ranked if one.contestant.rate_alone(one.settings[i])][:1]  # what tuning the learning rate alone comes to
            kept = list(dict.fromkeys([UNTUNED, *alone, *ranked]))[: 1 + self.plan.confirmed()]
            entries = self._entries({i: one.settings[i] for i in kept}, one.contestant.schedule, "confirm")
            requests.append(Request(one.name, "confirm", self._length(one, SEARCH_LENGTH), entries))
        yield from self._sent(requests)

    def lengths(self) -> Rung:
        """The leaders for longer, and with decaying learning rates: each length that paid is doubled; new settings after the first."""
        tuned, margin = [one for one in self.field if one.contestant.space], self._margin()
        leaders = sorted(tuned, key=lambda one: one.lowest_price(margin))[: self.plan.leaders()]
        usual = [one for one in self.field if not one.contestant.space]
        yield from self._sent(self._trained({one: one.first_lengths() for one in leaders + usual}))
        yield from self.refine(leaders)
        while requests := self._trained({one: one.longer() for one in [*self._able(leaders), *usual]}):
            yield from self._sent(requests)

    def _trained(self, asked: Mapping[Standing, Sequence[tuple[str, float]]]) -> list[Request]:
        """The best settings of each, with schedules and lengths."""
        requests = []
        for one, variants in asked.items():
            kept = {i: one.settings[i] for i in (one.ranked()[:LENGTHENED] if variants else ()) or [UNTUNED]}
            for schedule, share in variants:
                entries = self._entries(kept, schedule, "confirm")
                requests.append(Request(one.name, f"{schedule}-{share:g}", self._length(one, share), entries))
        return requests

    def _able(self, leaders: Sequence[Standing]) -> list[Standing]:
        """Those who can still win."""
        margin = self._margin()
        prices = {one: one.lowest_price(margin) for one in leaders}
        return [one for one in leaders if prices[one] <= min(prices.values()) + CAN_WIN * margin]

    def _sent(self, requests: Sequence[Request]) -> Rung:
        for request, lanes in zip(requests, (yield requests) if requests else (), strict=True):
            self._named(request.contestant).trained += lanes

    def refine(self, leaders: Sequence[Standing]) -> Rung:
        """New settings where the surface over those that were tried is lowest, with the schedule and the length that are best so far."""
        for stage, rung in enumerate(REFINED):
            requests = []
            for one in self._able(leaders):
                new, known = one.proposed(self.plan.confirmed(), self.plan.seed + stage)
                requests.append(Request(one.name, rung, known.steps, self._entries(new, known.schedule, "confirm")))
            yield from self._sent(requests)

    def choose(self) -> Rung:
        """The best variants of all on more seeds, and the best of those on many."""
        seeds = self.plan.seeds_of("choice")
        few = max(1, len(seeds) // 3)
        for stage, part in enumerate((seeds[:few], seeds[few:])):
            tried = [(one, lanes) for one in self.field for lanes in quality.by_variant(one.choice if stage else one.trained)]
            requests: dict[tuple[str, int], list[Entry]] = {}
            for one, first in self._lowest(tried, CHOSEN_FROM[stage], OF_ONE[stage]):
                entries = [Entry(first.setting, first.hyperparameters, seed, first.schedule) for seed in part]
                requests.setdefault((one.name, length([first])), []).extend(entries)
            rung = CHOICES[stage]
            asked = [Request(name, f"{rung}-{steps}", steps, entries) for (name, steps), entries in requests.items()]
            for request, answer in zip(asked, (yield asked), strict=True):
                self._named(request.contestant).choice += answer

    def _lowest(self, tried: Sequence[tuple[Standing, list[Lane]]], count: int, of_one: int) -> list[tuple[Standing, Lane]]:
        """The first lane of so many variants that are lowest in price, and of all that has nothing to tune."""
        known = [one.quality(lanes) for one, lanes in tried]
        margin = quality.margin(min(each.mean for each in known), self._nothing())
        prices = [one.price(each, margin) for (one, _), each in zip(tried, known, strict=True)]
        counts: Counter[str] = Counter()
        kept = []
        for k in np.argsort(prices, kind="stable"):
            one, lanes = tried[k]
            if counts[one.name] == of_one or (counts.total() >= count and (counts[one.name] or one.contestant.space)):
                continue  # what nothing is tuned of is always there: what a person would do without a race
            counts[one.name] += 1
            kept.append((one, lanes[0]))
        return kept

    def finals(self) -> Generator[Sequence[Request], Sent, dict[str, Variant]]:
        """One variant of every contestant, for as long as is best for it."""
        finals = {one.name: self._variant(one) for one in self.field}
        requests = [Request(name, "final", one.steps, self._of(one, "final")) for name, one in finals.items()]
        for one, final in zip(self.field, (yield requests), strict=True):
            one.final = list(final)
        return finals

    def speed(self) -> Rung:
        """On the seeds of the final, each contestant's setting that was as good as the best soonest; where it is not that of the final."""
        requests = []
        target = choosing.target([one.quality(lanes) for one in self.field for lanes in quality.by_variant(one.trained)], self._nothing())
        for one in self.field:
            fastest = choosing.fastest(quality.by_variant(one.trained), self.constants, target)
            if fastest is not None and not self._final(one, fastest[0]):
                requests.append(self._timed(one, *fastest, "speed"))
        if requests:
            yield requests

    def _final(self, one: Standing, lanes: Sequence[Lane]) -> bool:
        """Whether the final has run the same setting with the same schedule."""
        return (lanes[0].setting, lanes[0].schedule) == (one.final[0].setting, one.final[0].schedule)

    def _timed(self, one: Standing, lanes: Sequence[Lane], arrival: float, rung: str) -> Request:
        """A variant on the seeds of the final, for as long as it needs to the target, and as long again."""
        first, longest = lanes[0], length(lanes)
        steps = longest if first.schedule != "constant" else max(1, min(longest, int(np.ceil(2 * arrival))))
        variant = Variant(one.name, first.setting, first.hyperparameters, first.schedule, steps)
        return Request(one.name, rung, steps, self._of(variant, "final"))

    def recommended(self, finals: Mapping[str, Variant]) -> Variant | None:
        """What is recommended: the lowest expected loss, or what is clearly faster and worth it."""
        standing = {one.name: quality.at_end(one.final, self.constants) for one in self.field}
        seconds = {one.name: one.seconds.times(finals[one.name].steps) for one in self.field}
        name = choosing.recommended(standing, seconds, self._nothing())
        return None if quality.failed(self._named(name).final, self.constants) == 1 else finals[name]

    # ---- what they ask

    def _length(self, one: Standing, share: float) -> int:
        return self.plan.steps(self.examples, one.contestant, share)

    def _named(self, name: str) -> Standing:
        return next(one for one in self.field if one.name == name)

    def _nothing(self) -> float:
        """What it is to have learned nothing."""
        return float(np.mean([one.nothing() for one in self.field]))

    def _margin(self) -> float:
        """What counts as equally good, on the seeds of the confirmation."""
        return quality.margin(min(one.lowest() for one in self.field), self._nothing())

    def _widened(self, name: str, space: Contestant) -> Contestant | None:
        """The contestant with another range of learning rates next to this one, if one of the best settings lies at an edge of it.

        Of three, because one seed does not say which of them is the best. Only the learning rate is widened: the other hyperparameters
        often hardly matter, and then their best lies at an edge by chance.
        """
        reach = space.space.get("learning_rate")
        if reach is None:
            return None
        one = self._named(name)
        own, rates = one.contestant.space["learning_rate"], [lane.hyperparameters["learning_rate"] for lane in one.search]
        searched = replace(own, low=min(own.low, reach.low, *rates), high=max(own.high, reach.high, *rates))
        leaders = [one.settings[i]["learning_rate"] for i in one.ranked()[:EDGE_LEADERS]]
        if all(quality.failed([lane], self.constants) == 1 for lane in one.search):
            return space.with_range("learning_rate", searched.beyond(-1))
        edges = [edge for rate in leaders if (edge := searched.edge(rate))]
        edges += [1] * (leaders[0] == max(rates)) + [-1] * (leaders[0] == min(rates))  # of few points none need lie close to an edge
        return space.with_range("learning_rate", searched.beyond(edges[0])) if edges else None

    def _variant(self, one: Standing) -> Variant:
        """What a contestant enters the final with: the best of the choice, otherwise of what was confirmed."""
        variants = quality.by_variant(one.choice or one.trained)
        variants = [lanes for lanes in variants if len(lanes) == max(map(len, variants))]  # those that went on
        standing = {k: one.quality(lanes) for k, lanes in enumerate(variants)}
        seconds = {k: one.seconds.times(known.steps) for k, known in standing.items()}
        k = choosing.recommended(standing, seconds, self._nothing())
        first = variants[k][0]
        return Variant(one.name, first.setting, first.hyperparameters, first.schedule, standing[k].steps)

    def _entries(self, settings: Mapping[int, Mapping[str, float]], schedule: str, seeds: str) -> list[Entry]:
        return [Entry(i, setting, seed, schedule) for i, setting in settings.items() for seed in self.plan.seeds_of(seeds)]

    def _of(self, variant: Variant, seeds: str) -> list[Entry]:
        return self._entries({variant.setting: variant.hyperparameters}, variant.schedule, seeds)


def expected(plan: Plan, contestant: Contestant) -> list[tuple[float, float]]:
    """What a contestant will about run, as numbers of lanes and the share of the longest training that each takes.

    Who leads is not known beforehand, so that what leaders run is spread over all; widened searches are left out.
    """
    searched, confirm, final = bool(contestant.space), len(plan.seeds_of("confirm")), len(plan.seeds_of("final"))
    among = 1 / len(plan.contestants)
    leading = min(1.0, plan.leaders() * among)
    lengths = [*CONSTANT_LENGTHS[:2], *DECAY_LENGTHS[:-1]] if searched else []
    usual = CONSTANT_LENGTHS[0]
    return [
        *([(float(plan.settings), SEARCH_LENGTH)] if searched else []),
        ((1 + plan.confirmed() * searched) * confirm, SEARCH_LENGTH),
        *((leading * LENGTHENED * confirm, share) for share in lengths),
        *([(leading * len(REFINED) * plan.confirmed() * confirm, usual)] if searched else []),
        (CHOSEN_FROM[0] * among * len(plan.seeds_of("choice")) / 2, usual),
        (final, usual),
        (final * among, usual),
    ]
