"""Rows of races by hand, as a store would give them back: curves are drawn, not run."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from talweg.store import Lane, RaceRow
from talweg.verdict.record import Entry, Record
from talweg.verdict.record import target as target_of

STEPS = np.arange(0, 101, 5)
START = 2.0

#: A loss curve from its numbers: how many steps it takes to come down to 1, and where it ends.
Curve = np.ndarray


def falling(arrival: float, end: float = 0.5) -> Curve:
    """A straight line from 2 at the start to 1 at step `arrival`, and on to `end`, where it stays."""
    return np.maximum(START - STEPS / arrival, end)


def diverging(at: int = 10) -> Curve:
    """NaN from step `at` on."""
    return np.where(at <= STEPS, np.nan, START)


def lane(setting: int, seed: int, curve: Curve, numbers: Mapping[str, float] | None = None, **more: Any) -> Lane:
    """A lane with that validation loss; its measure is one minus half of it."""
    gone = np.flatnonzero(~np.isfinite(curve))
    diverged = int(STEPS[gone[0]]) if gone.size else None
    numbers = {"learning_rate": 0.1} if numbers is None else numbers
    made = Lane(setting, seed, numbers, diverged, STEPS, curve.copy(), curve.copy(), 1 - curve / 2, key=(0, setting))
    made.test_loss, made.test_metric = (None, None) if diverged is not None else (float(curve[-1]) + 0.1, float(1 - curve[-1] / 2))
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
    default: Sequence[Curve] | None = None
    fixed: Mapping[str, float] = field(default_factory=dict)
    contains: Sequence[str] = ()
    reference: bool = False
    reach: tuple[float, float] = (1e-5, 1.0)
    seconds_per_step: float = 1e-4

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
            "defaults": {"learning_rate": 0.001},
            "schedule": "constant",
            "reference": self.reference,
            "contains": list(self.contains),
            "restarts": 1,
            "width": 1,
        }
        numbers = [{"learning_rate": rate} for rate in self.rates]
        search = self.search if self.search is not None else [falling(20.0 * 5 ** (len(numbers) - 1 - i)) for i in range(len(numbers))]
        confirm = self.confirm
        if confirm is None:
            confirm = dict.fromkeys((self.chosen, self.chosen - 1, self.chosen - 2), self.final)
        default = self.default if self.default is not None else [falling(90.0)] * len(self.final)
        chosen = numbers[self.chosen % len(numbers)] if searched else {}
        return Entry(
            facts,
            [lane(i, 7, curve, numbers[i % len(numbers)]) for i, curve in enumerate(search)] if searched else [],
            [lane(i, 20 + s, c, numbers[i % len(numbers)]) for i, curves in confirm.items() for s, c in enumerate(curves)]
            if searched
            else [],
            [lane(self.chosen if searched else 0, 40 + s, curve, chosen) for s, curve in enumerate(self.final)],
            [lane(-1, 40 + s, curve, {"learning_rate": 0.001}) for s, curve in enumerate(default)],
            1000 if self.batch == "full" else int(self.batch),
            self.seconds_per_step,
            1,
        )


def record(made: Sequence[Made], goal: Mapping[str, Any] | None = None, settings: int = 4) -> Record:
    """A race's rows, the baseline first."""
    entries = [m.entry() for m in made]
    goal = dict(goal or {"kind": "loss", "value": None})
    plan = {
        "contestants": [entry.facts for entry in entries],
        "settings": settings,
        "seeds": len(made[0].final),
        "epochs": 1.0,
        "seed": 0,
        "goal": goal,
        "budget_seconds": None,
    }
    problem = {
        "name": "clouds",
        "facts": {"task": "classification"},
        "notes": [],
        "parameters": 3,
        "examples": 1000,
        "metric": "accuracy",
        "metric_percent": True,
    }
    race = RaceRow("0123456789", 1e9, 1e9 + 1, problem, json.loads(json.dumps(plan)), {"command": None}, 1.5, 0.5)
    return Record(race, entries, target_of(goal, entries[0].final), 12, 1200)


def seeds(arrival: float, count: int = 16, spread: float = 0.1, end: float = 0.5, seed: int = 0) -> list[Curve]:
    """Curves of several seeds, which arrive at about the same step."""
    rng = np.random.default_rng(seed)
    return [falling(arrival * float(np.exp(spread * rng.normal())), end + 0.01 * float(rng.uniform())) for _ in range(count)]


#: How slow the baseline is, whose way from 2 to a median of 1 sets the target at 1.05.
BASELINE: Callable[[], Made] = lambda: Made(seeds(100.0, spread=0.02), "baseline", method="sgd", reference=True)  # noqa: E731
