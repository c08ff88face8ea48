"""Rows of races by hand, as a store would give them back: curves are drawn, not run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from talweg.store import Landmark, Lane, RaceRow, Speed
from talweg.verdict.record import Entry, Record

STEPS = np.arange(0, 101, 5)
START = 2.0  #: the loss of every lane at its start
NOTHING = 2.0  #: the constant predictor's
TRAIN, HELD_OUT, TEST = 1000, 250, 400

Curve = np.ndarray


def falling(arrival: float, end: float = 0.5, steps: np.ndarray = STEPS) -> Curve:
    """A straight line from 2 at the start to 1 at step `arrival`, and on to `end`, where it stays."""
    return np.maximum(START - steps / arrival, end)


def diverging(at: int = 10) -> Curve:
    """NaN from step `at` on."""
    return np.where(at <= STEPS, np.nan, START)


def seeds(arrival: float, count: int = 16, spread: float = 0.01, end: float = 0.5, seed: int = 0) -> list[Curve]:
    """Curves of several seeds, which arrive at about the same step; the luck of a seed is added to all of its curve but the start."""
    rng = np.random.default_rng(seed)
    luck = spread * rng.normal(size=count)
    return [np.where(STEPS == 0, START, falling(arrival, end) + x) for x in luck - luck.mean()]


def lane(setting: int, seed: int, curve: Curve, numbers: Mapping[str, float] | None = None, **more: Any) -> Lane:
    """A lane with that validation loss; its metric is one minus half of it. More steps than points of the curve are cut off."""
    gone = np.flatnonzero(~np.isfinite(curve))
    steps = more.pop("steps", STEPS)[: len(curve)]
    diverged = int(steps[gone[0]]) if gone.size else None
    numbers = {"learning_rate": 0.1} if numbers is None else numbers
    made = Lane(setting, seed, numbers, diverged, steps, curve.copy(), curve.copy(), 1 - curve / 2, key=(0, setting))
    if diverged is None:
        made.test_loss, made.test_metric, made.row_deviation = float(curve[-1]) + 0.1, float(1 - curve[-1] / 2), 0.5
    return replace(made, **more)


@dataclass
class Made:
    """A contestant to be: the curves of its final seeds, and what is not as usual."""

    final: Sequence[Curve]
    name: str
    method: str = "adam"
    batch: int | str = 10
    chosen: int = 3
    rates: Sequence[float] = (1e-4, 1e-3, 1e-2, 1e-1)  #: of the search
    search: Sequence[Curve] | None = None  #: by default each setting is five times as slow as the next
    confirm: Mapping[int, Sequence[Curve]] | None = None  #: by default the chosen one and two more are as good as in the final
    default: Sequence[Curve] | None = None  #: the untuned method, in the confirmation
    lengths: Mapping[tuple[str, int], Sequence[Curve]] = field(default_factory=dict)  #: (schedule, setting): more of what was trained
    speed: Sequence[Curve] = ()
    schedule: str = "constant"  #: of the final
    fixed: Mapping[str, float] = field(default_factory=dict)
    contains: Sequence[str] = ()
    reference: bool = False
    reach: tuple[float, float] = (1e-5, 1.0)
    seconds: float = 1e-4  #: of a step
    steady: bool = True
    gradients: int = 1

    def entry(self) -> Entry:
        """The rows."""
        searched = not self.fixed
        facts = {
            "name": self.name,
            "label": self.name.capitalize(),
            "method": self.method,
            "batch": self.batch,
            "fixed": dict(self.fixed),
            "space": {"learning_rate": [*self.reach, False]} if searched else {},
            "defaults": {"learning_rate": 0.001, **self.fixed},
            "schedule": "constant",
            "decays": searched,
            "reference": self.reference,
            "contains": list(self.contains),
            "restarts": 1,
            "width": 1,
        }
        numbers = [{"learning_rate": rate} for rate in self.rates]
        search = self.search if self.search is not None else [falling(20.0 * 5 ** (len(numbers) - 1 - i)) for i in range(len(numbers))]
        confirm = self.confirm
        if confirm is None:
            confirm = dict.fromkeys((self.chosen, self.chosen - 1, self.chosen - 2), self.final[:4])
        few = len(next(iter(confirm.values())))
        default = self.default if self.default is not None else [falling(90.0)] * few
        chosen = numbers[self.chosen % len(numbers)] if searched else {}
        own = [lane(-1, 20 + s, curve, {"learning_rate": 0.001} if searched else {}) for s, curve in enumerate(default)]
        if searched:
            own += [lane(i, 20 + s, c, numbers[i % len(numbers)]) for i, curves in confirm.items() for s, c in enumerate(curves)]
            for (schedule, i), curves in self.lengths.items():
                own += [lane(i, 20 + s, c, numbers[i % len(numbers)], schedule=schedule) for s, c in enumerate(curves)]
        setting = self.chosen if searched else -1
        return Entry(
            facts,
            [lane(i, 7, curve, numbers[i % len(numbers)]) for i, curve in enumerate(search)] if searched else [],
            own,
            [lane(setting, 30 + s, curve, chosen, schedule=self.schedule) for s, curve in enumerate(self.final[:4])],
            [lane(setting, 40 + s, curve, chosen, schedule=self.schedule) for s, curve in enumerate(self.final)],
            [lane(0, 40 + s, curve, numbers[0]) for s, curve in enumerate(self.speed)],
            TRAIN if self.batch == "full" else int(self.batch),
            Speed(self.seconds, self.gradients, self.seconds, self.seconds * (1.0 if self.steady else 2.0), self.steady),
        )


#: The seeds of the promise are those from here on.
PROMISED = 100


def record(
    made: Sequence[Made],
    goal: Mapping[str, Any] | None = None,
    settings: int = 4,
    *,
    promise: Made | str | None = None,
    landmarks: Mapping[str, float | Sequence[float]] | None = None,
    fresh: bool = True,
    **problem: Any,
) -> Record:
    """A race's rows, the baseline first.

    What is recommended is `promise`, a contestant by its name or one with other curves than in its final; by default nobody has run it.
    `landmarks` are losses by name, of all seeds or of the promised ones; `problem` is what differs in its description.
    """
    entries = [m.entry() for m in made]
    plan = {
        "contestants": [entry.facts for entry in entries],
        "settings": settings,
        "seeds": len(made[0].final),
        "epochs": 1.0,
        "seed": 0,
        "goal": dict(goal or {"kind": "loss", "value": None}),
        "budget_seconds": None,
        "clock": "jax",
        "protocol": 2,
    }
    described = {
        "name": "clouds",
        "facts": {"task": "classification"},
        "notes": [],
        "parameters": 3,
        "examples": TRAIN,
        "rows": [TRAIN, HELD_OUT, TEST],
        "fresh_splits": fresh,
        "metric": "accuracy",
        "metric_percent": True,
        "optimum": None,
        **problem,
    }
    race = RaceRow("0123456789", 1e9, 1e9 + 1, described, json.loads(json.dumps(plan)), {"command": None, "clock": "jax"}, 1.5, 0.5)
    name = promise if isinstance(promise, str) else promise.name if promise else None
    curves = () if promise is None else next(m for m in made if m.name == promise).final if isinstance(promise, str) else promise.final
    first = next((entry.final[0] for entry in entries if entry.name == name), None)
    promised = [replace(lane(3, PROMISED + s, c), setting=first.setting, schedule=first.schedule) for s, c in enumerate(curves) if first]
    every = sorted({one.seed for entry in entries for one in (*entry.search, *entry.trained, *entry.choice, *entry.final)} | {7})
    marks = {}
    for mark, losses in ({"constant": NOTHING} if landmarks is None else landmarks).items():
        values = [float(losses)] * len(promised) if isinstance(losses, int | float) else list(losses)
        by_seed = {PROMISED + s: value for s, value in enumerate(values)} | dict.fromkeys(every, float(np.mean(losses)))
        marks[mark] = {seed: Landmark(value, 1 - value / 2, value + 0.1, 1 - value / 2) for seed, value in by_seed.items()}
    return Record(race, entries, marks, (name, promised) if name else None, 12, 1200)


def baseline() -> Made:
    """A slow one, which comes down to 0.9."""
    return Made(seeds(90.0, end=0.9), "baseline", method="sgd", reference=True)
