"""What a race says and keeps does not depend on where and in which order its blocks are run."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest

import talweg as tw
from metronome import ticking
from talweg.engine.block import Block
from talweg.engine.executors.base import Finished
from talweg.engine.executors.local import Local
from talweg.methods import GradientDescent
from talweg.problems import Problem
from talweg.racing.events import Event, Going

TABLES = {
    "lane": "contestant, rung, block, lane, setting, seed, schedule, hyperparameters, diverged_at, test_loss, test_metric, row_deviation",
    "point": "contestant, rung, block, lane, step, training_loss, validation_loss, metric",
    "weights": "contestant, lane, tensors",
    "block": "contestant, rung, block, steps",
}


class Backwards(Local):
    """Runs what was submitted last first, and every block from its JSON: an executor in six lines."""

    def finished(self) -> Iterator[Finished]:
        while self._waiting:
            *_, block = self._waiting.pop(max(range(len(self._waiting)), key=lambda i: self._waiting[i][1]))
            assert Block.from_json(block.to_json()) == block
            yield self.run(Block.from_json(block.to_json()))


def rows(file: Path) -> dict[str, list[str]]:
    """All rows of a store, as text; no times."""
    db = sqlite3.connect(file)
    try:
        return {table: sorted(map(repr, db.execute(f"SELECT {columns} FROM {table}"))) for table, columns in TABLES.items()}
    finally:
        db.close()


@pytest.fixture(scope="module", autouse=True)
def steady() -> Iterator[None]:
    """No decision of a race in this file depends on how busy the machine is."""
    with ticking():
        yield


@pytest.fixture
def flat() -> Problem:
    """A function on which every seed ends alike, so that many final lanes are the best."""
    return Problem(loss=lambda x, _: 1.0 + jnp.sum((x - 2.0) ** 2), start=lambda key: jnp.zeros(2), name="flat", facts={"loss": "own"})


@pytest.fixture
def slope() -> Problem:
    """A function whose starts depend on the seed."""
    return Problem(loss=lambda x, _: 1.0 + jnp.sum(x**2), start=lambda key: jax.random.normal(key, (2,)), name="slope")


CASES: dict[str, dict[str, Any]] = {
    "many blocks": {"methods": [GradientDescent(0.05)], "settings": 40, "seeds": 40, "epochs": 16},
    "a widened search and a goal": {"methods": "adam:b1=0.5,sgd", "settings": 4, "seeds": 2, "epochs": 16, "goal_loss": 1.5},
}


@pytest.mark.parametrize("problem", ["flat", "slope"])
@pytest.mark.parametrize("case", CASES)
def test_the_order_in_which_blocks_are_run_changes_nothing(problem: str, case: str, tmp_path: Path, request: Any) -> None:
    for executor in (Local, Backwards):
        events: list[Event] = []
        file = tmp_path / f"{executor.__name__}.db"
        tw.race(request.getfixturevalue(problem), **CASES[case], store=file, executor=executor, listener=events.append)
        going = [event.done for event in events if isinstance(event, Going)]
        assert going == sorted(going)
    assert rows(tmp_path / "Local.db") == rows(tmp_path / "Backwards.db")


def test_searches_of_all_contestants_wait_at_once(slope: Problem) -> None:
    waiting: list[set[str]] = []

    class Watched(Local):
        def run(self, block: Block) -> Finished:
            waiting.append({block.contestant, *(other.contestant for *_, other in self._waiting)})
            return super().run(block)

    tw.race(slope, "sgd,adam,momentum", settings=2, seeds=2, epochs=16, goal_loss=1.5, executor=Watched)
    assert waiting[0] == {"sgd", "adam", "momentum"}


def test_the_contestants_take_turns_in_every_rung_on_this_machine(slope: Problem) -> None:
    ran: list[tuple[str, str]] = []

    class Watched(Local):
        def run(self, block: Block) -> Finished:
            ran.append((block.rung, block.contestant))
            return super().run(block)

    tw.race(slope, "sgd,adam,momentum", settings=2, seeds=2, epochs=16, executor=Watched)
    for rung in ("search", "confirm", "final"):
        assert [name for other, name in ran if other == rung] == ["sgd", "adam", "momentum"]
    assert [rung for rung, _ in ran].index("final") > max(i for i, (rung, _) in enumerate(ran) if rung == "confirm")
    assert ran[-1][0] == "promise"
