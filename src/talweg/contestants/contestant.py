"""Who races: method × batch × schedule × search space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from talweg import schedules
from talweg.checks import InputError
from talweg.contestants.design import DIMENSIONS
from talweg.methods import Method, MethodFactory, Range
from talweg.methods.factories import decayed, required
from talweg.methods.space import tunable
from talweg.results import attributes

#: From none that is felt to what halves weights within a few hundred steps; the same for all, as a fair comparison needs it.
WEIGHT_DECAY = Range(1e-3, 10, tier=2)


@dataclass(frozen=True)
class Contestant:
    """A method with a batch size: a row of the result table.

    `fixed` hyperparameters are not searched, `space` is where the others are.
    """

    name: str
    label: str
    factory: MethodFactory
    size: int | None  #: examples per step; None for the whole training set
    fixed: Mapping[str, float] = field(default_factory=dict)
    space: Mapping[str, Range] = field(default_factory=dict)
    schedule: str = "constant"
    decays: bool = False  #: whether a race tries a decaying learning rate, too, where the schedule is constant
    reference: bool = False  #: joined as the baseline, without being asked for
    gradients: int = 1  #: gradient evaluations per step, each of which is charged
    restarts: int = 1  #: trainings one after the other, each with its share of the steps and a fresh start; the best so far is kept
    width: int = 1  #: how many times as wide the hidden layers of the problem's model are

    def __post_init__(self) -> None:
        if len(self.space) > DIMENSIONS:
            numbers = ", ".join(self.space)
            raise InputError(
                f"race: {self.name} has {len(self.space)} numbers to search ({numbers}), at most {DIMENSIONS} can be; fix some"
            )

    @property
    def method_name(self) -> str:
        """The method by its name in the catalogue, or that of somebody's own class."""
        return self.factory.name or self.factory.__name__

    @property
    def batch(self) -> int | str:
        """The batch size as it is shown and stored: "full" is the whole training set."""
        return "full" if self.size is None else self.size

    @property
    def decay(self) -> str | None:
        """The schedule whose length has to be known before a training; None if its learning rates are constant."""
        return schedules.DECAY if self.decays else self.schedule if self.schedule != "constant" else None

    @property
    def probed(self) -> bool:
        """Whether its training dynamics can be recorded: not where a lane is several trainings."""
        return self.restarts == 1

    def examples_per_step(self, examples: int) -> int:
        """What one step costs: its examples, once for every gradient that it asks for; of so many training examples."""
        return (examples if self.size is None else self.size) * self.gradients

    def method(self, hyperparameters: Mapping[str, float], steps: int, schedule: str | None = None) -> Method:
        """The method with these hyperparameters, for a run of so many steps; with its own schedule unless another is named."""
        return self._scheduled(hyperparameters, lambda rate: schedules.over(schedule or self.schedule, rate, steps))

    def lane(self, hyperparameters: Mapping[str, float], steps: int, schedule: str) -> Method:
        """The same method, of the one structure that all its schedules share, so that all are lanes of one program."""
        if not self.decays:
            return self.method(hyperparameters, steps)
        return self._scheduled(hyperparameters, lambda rate: schedules.alike(schedule, rate, steps))

    def _scheduled(self, hyperparameters: Mapping[str, float], over: Callable[[float], schedules.Schedule]) -> Method:
        chosen: dict[str, Any] = {**self.fixed, **hyperparameters}
        rate = chosen["learning_rate"] if "learning_rate" in chosen else self.defaults().get("learning_rate")
        if rate is not None:
            schedule = over(rate)
            chosen["learning_rate"] = rate if isinstance(schedule, schedules.Constant) else schedule
        factory = decayed(self.factory) if "weight_decay" in chosen else self.factory
        return factory(**chosen)

    def defaults(self) -> dict[str, float]:
        """The hyperparameters of the untuned method, with the fixed ones in their place; without weight decay where its own has none."""
        usual = {} if required(self.factory) else self.factory().hyperparameters()
        return {**dict.fromkeys(self.space.keys() & {"weight_decay"}, 0.0), **usual, **self.fixed}

    def with_weight_decay(self, settings: int) -> Contestant:
        """The same contestant with weight decay among what a search of so many settings tunes.

        As it is where nothing is searched, where weight decay is fixed, and where it has no learning rate to decay by.
        """
        if not self.space or "weight_decay" in self.fixed or "learning_rate" not in self.defaults():
            return self
        return replace(self, space={**self.space, **tunable({"weight_decay": WEIGHT_DECAY}, settings)})

    def settings(self, points: np.ndarray, alone: int = 0) -> list[dict[str, float]]:
        """The setting at each point of the unit cube; all contestants map the same points through their own search space.

        In the first so many `alone`, the learning rate is the only one that is not at its default.
        """
        settings = [self.at(point) for point in points]
        if "learning_rate" in self.space:
            usual = {name: value for name, value in self.defaults().items() if name in self.space and name != "learning_rate"}
            settings[:alone] = [setting | usual for setting in settings[:alone]]
        return settings

    def at(self, point: np.ndarray) -> dict[str, float]:
        """The setting at a point of the unit cube, or a little outside of it."""
        return {name: r.value(float(u)) for (name, r), u in zip(self.space.items(), point, strict=False)}

    def rate_alone(self, setting: Mapping[str, float]) -> bool:
        """Whether in this setting nothing but the learning rate is tuned."""
        defaults = self.defaults()
        return "learning_rate" in self.space and all(setting[name] == defaults[name] for name in self.space if name != "learning_rate")

    def with_range(self, name: str, searched: Range) -> Contestant:
        """The same contestant with another range for one hyperparameter."""
        return replace(self, space={**self.space, name: searched})

    def describe(self) -> dict[str, Any]:
        """All that makes it what it is, as JSON."""
        return {
            **attributes(self, "name", "label", "batch", "schedule", "decays", "reference", "gradients"),
            "method": self.method_name,
            "fixed": _readable(self.fixed),
            "space": {name: [r.low, r.high, r.complement] for name, r in self.space.items()},
            "defaults": _readable(self.defaults()),
            "contains": list(self.factory.contains),
            **{word: value for word in ("restarts", "width") if (value := getattr(self, word)) != 1},  # older races have neither
        }


def _readable(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON has them: what is neither number nor text as Python writes it."""
    return {name: value if isinstance(value, int | float | str | None) else repr(value) for name, value in hyperparameters.items()}
