"""Who runs next, from what came back: search → widened → confirm → lengths → choice → final → speed → promise.

Pure: no JAX, no store, no machine. The tournament is a generator, which yields what to run and is sent its lanes. It decides nothing
but from them, so a race that was stopped is replayed from the lanes of its finished blocks and finds its way again.

Successive halving over settings, seeds and length (docs/protocol.md):

- *search*: all settings on one seed; *widened* where the best learning rates lie at an edge, at most twice.
- *confirm*: fewer settings on a few more seeds, the untuned method beside them.
- *lengths*: the contestants that can still win, with a longer training and with decaying learning rates of several lengths.
- *choice*: the best variants of all on many seeds: which one each contestant enters the final with, and how long it trains.
- *final*: one variant of every contestant on fresh seeds. What is recommended is chosen here, and all that is reported of the others.
- *speed*: on the same seeds, the setting that is as good as the best soonest, where that is another one.
- *promise*: what is recommended, on seeds that nobody has seen.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from talweg.contestants.design import cube
from talweg.engine.block import Entry
from talweg.statistics import smoothing
from talweg.store import Lane
from talweg.verdict import choosing, quality
from talweg.verdict.choosing import Seconds
from talweg.verdict.quality import Constants, Quality
from talweg.verdict.record import UNTUNED

if TYPE_CHECKING:
    from talweg.contestants.contestant import Contestant
    from talweg.racing.plan import Plan

EDGE_LEADERS = 3  #: settings of which one at an edge widens a search
WIDENED_AT_MOST = 2
SEARCH_LENGTH = 1 / 8  #: of the longest training, in search and confirmation
CONSTANT_LENGTHS = (
    1 / 4,
    1 / 2,
    1.0,
)  #: with constant learning rates, of the leaders; each after the first if the one before still improved
DECAY_LENGTHS = (1 / 8, 1 / 4, 1 / 2, 1.0)  #: with decaying ones; the first two, then each if the one before paid
CAN_WIN = 10.0  #: margins above the lowest loss: who is farther away is not trained for longer
STILL = 0.9  #: of a training: a best length beyond it says that the loss still falls
LENGTHENED = 4  #: settings of each of them that are
CHOSEN_FROM, OF_ONE = 8, 3  #: variants in the choice, and at most of one contestant


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


@dataclass
class Standing:
    """A contestant and what is known of it."""

    contestant: Contestant
    settings: dict[int, Mapping[str, float]]
    positions: dict[int, np.ndarray] = field(default_factory=dict)  #: of the settings in the cube of the first search
    search: list[Lane] = field(default_factory=list)
    trained: list[Lane] = field(default_factory=list)  #: of the confirmation and the lengths, all on the same seeds
    choice: list[Lane] = field(default_factory=list)
    final: list[Lane] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.contestant.name


class Course:
    """The rungs of a race."""

    def __init__(self, plan: Plan, examples: int, constants: Constants, seconds: Mapping[str, Seconds]):
        self.plan, self.examples, self.constants, self.seconds = plan, examples, constants, seconds
        self.field = [Standing(c, {UNTUNED: _untuned(c)}) for c in plan.contestants]

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
            entries = self._entries([recommended], "promise")
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
                first = len(one.settings) - 1
                new = dict(enumerate(spaces[one.name].settings(points, self.plan.rate_alone() if stage == "search" else 0), first))
                one.settings |= new
                one.positions |= {i: _position(one.contestant, setting) for i, setting in new.items()}
                entries = [
                    Entry(i, setting, seed, one.contestant.schedule) for i, setting in new.items() for seed in self.plan.seeds_of("search")
                ]
                requests.append(Request(one.name, stage, self._length(one, SEARCH_LENGTH), entries))
            if not requests:
                return
            for request, lanes in zip(requests, (yield requests), strict=True):
                self._named(request.contestant).search += lanes
            spaces = {name: wider for name, space in spaces.items() if (wider := self._widened(name, space)) is not None}

    def confirm(self) -> Rung:
        """The best settings on a few seeds, and the untuned method on the same."""
        requests = []
        seeds = self.plan.seeds_of("confirm")
        for one in self.field:
            ranked = self._ranked(one)
            alone = [i for i in ranked if one.contestant.rate_alone(one.settings[i])][:1]  # what tuning the learning rate alone comes to
            kept = list(dict.fromkeys([UNTUNED, *alone, *ranked]))[: 1 + self.plan.confirmed()]
            entries = [Entry(i, one.settings[i], seed, one.contestant.schedule) for i in kept for seed in seeds]
            requests.append(Request(one.name, "confirm", self._length(one, SEARCH_LENGTH), entries))
        for one, lanes in zip(self.field, (yield requests), strict=True):
            one.trained += lanes

    def lengths(self) -> Rung:
        """The leaders for longer, and with decaying learning rates: each length that paid is doubled."""
        tuned = [one for one in self.field if one.contestant.space]
        leaders = sorted(tuned, key=lambda one: self._best(one.trained))[: self.plan.leaders()]
        leaders += [one for one in self.field if not one.contestant.space]
        kept = {one.name: self._ranked(one)[:LENGTHENED] or [UNTUNED] for one in leaders}
        constant, decaying = {one.name: list(CONSTANT_LENGTHS) for one in leaders}, {one.name: list(DECAY_LENGTHS) for one in leaders}
        while True:
            requests = []
            for one in leaders:
                due = []
                if one.contestant.schedule == "constant" and constant[one.name] and self._improves(one, leaders):
                    due += [("constant", constant[one.name].pop(0))]
                if one.contestant.decay and decaying[one.name] and self._pays(one, leaders):
                    first = len(decaying[one.name]) == len(DECAY_LENGTHS)  # two at once: only both say whether the longer one pays
                    due += [(one.contestant.decay, decaying[one.name].pop(0)) for _ in range(1 + first)]
                for schedule, share in due:
                    entries = [Entry(i, one.settings[i], seed, schedule) for i in kept[one.name] for seed in self.plan.seeds_of("confirm")]
                    requests.append(Request(one.name, f"{schedule}-{share:g}", self._length(one, share), entries))
            if not requests:
                return
            for request, lanes in zip(requests, (yield requests), strict=True):
                self._named(request.contestant).trained += lanes

    def choose(self) -> Rung:
        """The best variants of all on many seeds."""
        tried = [(one, lanes) for one in self.field for lanes in quality.by_variant(one.trained)]
        tried.sort(key=lambda pair: self._quality(pair[1]).mean)
        counts: dict[str, int] = {}
        requests: dict[tuple[str, int], list[Entry]] = {}
        for one, lanes in tried:
            own = counts.get(one.name, 0)
            if own == OF_ONE or (sum(counts.values()) >= CHOSEN_FROM and (own or one.contestant.space)):
                continue  # what nothing is tuned of is always there: what a person would do without a race
            counts[one.name] = own + 1
            first = lanes[0]
            entries = [Entry(first.setting, first.hyperparameters, seed, first.schedule) for seed in self.plan.seeds_of("choice")]
            requests.setdefault((one.name, _length(lanes)), []).extend(entries)
        asked = [Request(name, f"choice-{steps}", steps, entries) for (name, steps), entries in requests.items()]
        for request, answer in zip(asked, (yield asked), strict=True):
            self._named(request.contestant).choice += answer

    def finals(self) -> Generator[Sequence[Request], Sent, dict[str, Variant]]:
        """One variant of every contestant, for as long as is best for it."""
        finals = {one.name: self._variant(one) for one in self.field}
        requests = [Request(name, "final", one.steps, self._entries([one], "final")) for name, one in finals.items()]
        for one, final in zip(self.field, (yield requests), strict=True):
            one.final = list(final)
        return finals

    def speed(self) -> Rung:
        """On the seeds of the final, each contestant's setting that was as good as the best soonest; where it is not that of the final."""
        requests = []
        target = choosing.target([self._quality(lanes) for one in self.field for lanes in quality.by_variant(one.trained)], self._nothing())
        for one in self.field:
            fastest = choosing.fastest(quality.by_variant(one.trained), self.constants, target)
            if fastest is None:
                continue
            lanes, arrival = fastest
            first, final = lanes[0], one.final[0]
            if (first.setting, first.schedule) == (final.setting, final.schedule):
                continue
            steps = int(first.steps[-1]) if first.schedule != "constant" else max(1, min(int(first.steps[-1]), int(np.ceil(2 * arrival))))
            variant = Variant(one.name, first.setting, first.hyperparameters, first.schedule, steps)
            requests.append(Request(one.name, "speed", steps, self._entries([variant], "final")))
        if requests:
            yield requests

    def recommended(self, finals: Mapping[str, Variant]) -> Variant | None:
        """What is recommended: the lowest expected loss, or what is shown to be no worse and is clearly faster."""
        standing = {one.name: quality.at_end(one.final, self.constants) for one in self.field}
        seconds = {name: self.seconds[name].times(variant.steps) for name, variant in finals.items()}
        name = choosing.recommended(standing, seconds, self._nothing())
        return None if quality.failed(self._named(name).final, self.constants) == 1 else finals[name]

    # ---- what they ask

    def _length(self, one: Standing, share: float) -> int:
        return self.plan.steps(self.examples, one.contestant, share)

    def _named(self, name: str) -> Standing:
        return next(one for one in self.field if one.name == name)

    def _quality(self, lanes: Sequence[Lane]) -> Quality:
        return quality.quality(lanes, self.constants)

    def _best(self, lanes: Sequence[Lane]) -> float:
        return min(self._quality(group).mean for group in quality.by_variant(lanes))

    def _nothing(self) -> float:
        """What it is to have learned nothing."""
        return float(np.mean([quality.reference(one.trained, self.constants).mean() for one in self.field]))

    def _improves(self, one: Standing, leaders: Sequence[Standing]) -> bool:
        """Whether the longest training with a constant learning rate is best at its end, of one who can win; all are lengthened once."""
        lanes = [group for group in quality.by_variant(one.trained) if group[0].schedule == "constant"]
        longest = max(map(_length, lanes))
        if longest < self._length(one, CONSTANT_LENGTHS[0]):
            return True
        best = min((self._quality(group) for group in lanes), key=lambda known: known.mean)
        return best.steps > STILL * longest and self._can_win(one, leaders)

    def _pays(self, one: Standing, leaders: Sequence[Standing]) -> bool:
        """Whether the longest training under decay is better than all shorter ones, of one who can win; all try the first."""
        by_length: dict[int, float] = {}
        for lanes in quality.by_variant(one.trained):
            if lanes[0].schedule != "constant":
                by_length[_length(lanes)] = min(self._quality(lanes).mean, by_length.get(_length(lanes), np.inf))
        if len(by_length) < 2:
            return True
        longest = by_length.pop(max(by_length))
        shorter = min(by_length.values())
        return longest < shorter - quality.NEGLIGIBLE * quality.margin(shorter, self._nothing()) and self._can_win(one, leaders)

    def _can_win(self, one: Standing, leaders: Sequence[Standing]) -> bool:
        lowest = min(self._best(other.trained) for other in leaders)
        return not one.contestant.space or self._best(one.trained) <= lowest + CAN_WIN * quality.margin(lowest, self._nothing())

    def _ranked(self, one: Standing) -> list[int]:
        """Settings of the search from the best to the worst, by a surface smoothed over them; of those confirmed, once there are some."""
        if not one.search:
            return []
        searched = {lane.setting: self._quality([lane]).mean for lane in one.search}
        confirmed = {
            lanes[0].setting: self._quality(lanes).mean
            for lanes in quality.by_variant(one.trained)
            if lanes[0].setting != UNTUNED and (lanes[0].schedule, _length(lanes)) == (one.search[0].schedule, _length(one.search))
        }
        # the seeds of the two rungs have other splits, and so another level
        level = float(np.mean([confirmed[i] - searched[i] for i in confirmed])) if confirmed else 0.0
        ids = list(searched)
        losses = np.array([confirmed.get(i, searched[i] + level) for i in ids])
        seeds = np.array([len(self.plan.seeds_of("confirm")) if i in confirmed else 1 for i in ids], float)
        low = float(losses.min())
        depth = np.log(losses - low + max(quality.margin(low, self._nothing_of(one)), np.finfo(float).tiny))
        smooth = smoothing.smoothed(np.stack([one.positions[i] for i in ids]), depth, seeds)
        return [ids[k] for k in np.argsort(smooth, kind="stable") if not confirmed or ids[k] in confirmed]

    def _nothing_of(self, one: Standing) -> float:
        return float(quality.reference(one.search, self.constants).mean())

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
        leaders = [one.settings[i]["learning_rate"] for i in self._ranked(one)[:EDGE_LEADERS]]
        if all(quality.failed([lane], self.constants) == 1 for lane in one.search):
            return space.with_range("learning_rate", searched.beyond(-1))
        edges = [edge for rate in leaders if (edge := searched.edge(rate))]
        edges += [1] * (leaders[0] == max(rates)) + [-1] * (leaders[0] == min(rates))  # of few points none need lie close to an edge
        return space.with_range("learning_rate", searched.beyond(edges[0])) if edges else None

    def _variant(self, one: Standing) -> Variant:
        """What a contestant enters the final with: the best of the choice, otherwise of what was confirmed."""
        variants = quality.by_variant(one.choice or one.trained)
        standing = {k: self._quality(lanes) for k, lanes in enumerate(variants)}
        seconds = {k: self.seconds[one.name].times(known.steps) for k, known in standing.items()}
        k = choosing.recommended(standing, seconds, self._nothing())
        first = variants[k][0]
        return Variant(one.name, first.setting, first.hyperparameters, first.schedule, standing[k].steps)

    def _entries(self, variants: Iterable[Variant], rung: str) -> list[Entry]:
        return [Entry(v.setting, v.hyperparameters, seed, v.schedule) for v in variants for seed in self.plan.seeds_of(rung)]


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
        (CHOSEN_FROM * among * len(plan.seeds_of("choice")), usual),
        (final, usual),
        (final * among, usual),
    ]


def _length(lanes: Sequence[Lane]) -> int:
    return int(lanes[0].steps[-1])


def _untuned(contestant: Contestant) -> Mapping[str, float]:
    """The hyperparameters of the untuned method that are numbers."""
    return {name: value for name, value in contestant.defaults().items() if isinstance(value, (int, float))}


def _position(contestant: Contestant, setting: Mapping[str, float]) -> np.ndarray:
    """Where a setting lies in the cube of a contestant's search; outside of the unit cube where the search was widened."""
    return np.clip([reach.position(setting[name]) for name, reach in contestant.space.items()], -1.0, 2.0)
