"""A contestant during a race: what has been tried of it, and what is known of each setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from talweg.statistics import smoothing
from talweg.store import Lane
from talweg.verdict import choosing, quality
from talweg.verdict.choosing import Seconds
from talweg.verdict.quality import Constants, Quality
from talweg.verdict.record import UNTUNED

if TYPE_CHECKING:
    from talweg.contestants.contestant import Contestant

CONSTANT_LENGTHS = (
    1 / 4,
    1 / 2,
    1.0,
)  #: of the longest training, with constant learning rates; each after the first if the one before paid
DECAY_LENGTHS = (1 / 8, 1 / 4, 1 / 2, 1.0)  #: with decaying ones; the first two, then each if the one before paid


class Known(NamedTuple):
    """What is known of the settings of one contestant, as if all had been trained with one schedule and length."""

    settings: list[int]
    points: np.ndarray  #: where they lie in the cube, settings × numbers
    depths: np.ndarray  #: the logarithm of how much higher their losses are than the lowest
    seeds: np.ndarray  #: that each was trained on
    schedule: str
    steps: int


@dataclass(eq=False)
class Standing:
    """A contestant and what is known of it."""

    contestant: Contestant
    constants: Constants
    seconds: Seconds  #: of a step
    settings: dict[int, Mapping[str, float]] = field(default_factory=dict)
    points: dict[int, np.ndarray] = field(default_factory=dict)  #: of the settings, in the cube of the first search
    search: list[Lane] = field(default_factory=list)
    trained: list[Lane] = field(default_factory=list)  #: of the confirmation, the lengths and new settings, all on the same seeds
    choice: list[Lane] = field(default_factory=list)
    final: list[Lane] = field(default_factory=list)
    _ranked: tuple[tuple[int, int], list[int]] = field(default=((0, 0), []), init=False, repr=False)  #: from so many lanes

    def __post_init__(self) -> None:
        usual = self.contestant.defaults().items()
        self.settings[UNTUNED] = {name: value for name, value in usual if isinstance(value, (int, float))}
        self.constant = [*CONSTANT_LENGTHS] if self.contestant.schedule == "constant" else []  #: lengths that it has not had yet
        self.decaying = [*DECAY_LENGTHS] if self.contestant.decay else []

    @property
    def name(self) -> str:
        return self.contestant.name

    def add(self, settings: Iterable[Mapping[str, float]]) -> dict[int, Mapping[str, float]]:
        """New settings, by the numbers that they get."""
        new = dict(enumerate(settings, len(self.settings) - 1))
        self.settings |= new
        self.points |= {i: _point(self.contestant, setting) for i, setting in new.items()}
        return new

    def quality(self, lanes: Sequence[Lane]) -> Quality:
        return quality.quality(lanes, self.constants)

    def lowest(self) -> float:
        """The lowest loss of all that was trained."""
        return min(self.quality(lanes).mean for lanes in quality.by_variant(self.trained))

    def price(self, known: Quality, margin: float) -> float:
        """What a variant of it costs, in expected loss and time."""
        return choosing.price(known.mean, self.seconds.times(known.steps).high, margin)

    def lowest_price(self, margin: float) -> float:
        """That of the cheapest that was trained."""
        return min(self.price(self.quality(lanes), margin) for lanes in quality.by_variant(self.trained))

    def nothing(self) -> float:
        """What it is to have learned nothing, on the seeds that it was trained on."""
        return float(quality.reference(self.trained or self.search, self.constants).mean())

    # ---- settings

    def ranked(self) -> list[int]:
        """Settings from the best to the worst, by the surface smoothed over them; those trained like the best, once there are some."""
        if not self.search:
            return []
        lanes = len(self.search), len(self.trained)
        if self._ranked[0] != lanes:  # a surface takes its time, and is asked for more often than there is anything new
            known = self.known()
            order = np.argsort(smoothing.smoothed(known.points, known.depths, known.seeds), kind="stable")
            self._ranked = lanes, [known.settings[k] for k in order if known.seeds[k] == known.seeds.max()]
        return self._ranked[1]

    def known(self, decaying: bool = False) -> Known:
        """What is known of each setting that was tried, as if all had been trained like the best of them; or like the best under decay.

        Other seeds and lengths have another level: that of the settings which were trained both ways says how much higher it is.
        """
        losses = {lane.setting: self.quality([lane]).mean for lane in self.search}
        layers: dict[tuple[str, int], dict[int, Quality]] = {(self.search[0].schedule, length(self.search)): {}}
        for lanes in quality.by_variant(self.trained):
            if lanes[0].setting != UNTUNED:
                layers.setdefault((lanes[0].schedule, length(lanes)), {})[lanes[0].setting] = self.quality(lanes)
        confirmed = next(iter(layers))
        able = [each for each, layer in layers.items() if layer and not (decaying and each[0] == "constant")]
        best = min(able, key=lambda each: min(known.mean for known in layers[each].values()), default=confirmed)
        for each in dict.fromkeys((confirmed, best)):
            means = {i: known.mean for i, known in layers[each].items()}
            both = losses.keys() & means.keys()
            level = float(np.median([means[i] - losses[i] for i in both])) if both else 0.0
            losses = {i: loss + level for i, loss in losses.items()} | means
        values = np.array([*losses.values()])
        floor = max(quality.margin(float(values.min()), self.nothing()), np.finfo(float).tiny)
        seeds = np.array([len(layers[best][i].losses) if i in layers[best] else 1 for i in losses], float)
        return Known([*losses], np.stack([self.points[i] for i in losses]), np.log(values - values.min() + floor), seeds, *best)

    def proposed(self, count: int, seed: int) -> tuple[dict[int, Mapping[str, float]], Known]:
        """So many new settings, under decay where it is tried; and with what schedule and length they are to be trained."""
        known = self.known(decaying=self.contestant.decay is not None)
        points = smoothing.proposed(known.points, known.depths, known.seeds, count, seed)
        return self.add(map(self.contestant.at, points)), known

    # ---- lengths

    def first_lengths(self) -> list[tuple[str, float]]:
        """One with a constant learning rate, and two under decay: only both say whether the longer one pays."""
        due = [("constant", share) for share in self.constant[:1]] + [(self.contestant.decay or "", share) for share in self.decaying[:2]]
        self.constant, self.decaying = self.constant[1:], self.decaying[2:]
        return due

    def longer(self) -> list[tuple[str, float]]:
        """The next longer training of each schedule, where the longest so far paid."""
        due = []
        if self.constant and self._pays(decaying=False):
            due.append(("constant", self.constant.pop(0)))
        if self.decaying and self._pays(decaying=True):
            due.append((self.contestant.decay or "", self.decaying.pop(0)))
        return due

    def _pays(self, *, decaying: bool) -> bool:
        """Whether the longest training is better than all shorter ones, by what twice the time has to be worth, and still improves."""
        by_length: dict[int, Quality] = {}
        for lanes in quality.by_variant(self.trained):
            if (lanes[0].schedule != "constant") == decaying:
                steps, known = length(lanes), self.quality(lanes)
                by_length[steps] = min(known, by_length.get(steps, known), key=lambda each: each.mean)
        steps = max(by_length)
        longest = by_length.pop(steps)
        shorter = min((known.mean for known in by_length.values()), default=np.inf)
        return longest.steps > quality.STILL * steps and longest.mean < shorter - quality.margin(longest.mean, self.nothing())


def length(lanes: Sequence[Lane]) -> int:
    """The steps of lanes that are equally long."""
    return int(lanes[0].steps[-1])


def _point(contestant: Contestant, setting: Mapping[str, float]) -> np.ndarray:
    """Where a setting lies in the cube of a contestant's search; outside of the unit cube where the search was widened."""
    beyond = np.array([name == "learning_rate" for name in contestant.space], float)
    return np.clip([reach.position(setting[name]) for name, reach in contestant.space.items()], -beyond, 1.0 + beyond)
