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
from talweg.engine.block import Block
from talweg.engine.executors.base import Finished
from talweg.engine.executors.local import Local
from talweg.methods import GradientDescent
from talweg.problems import Problem
from talweg.racing.events import Event, Going

TABLES = {
    "lane": "contestant, rung, block, lane, setting, seed, hyperparameters, diverged_at, test_loss, test_metric",
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


@pytest.fixture
def flat() -> Problem:
    """A function on which every seed ends alike, so that many final lanes are the best."""
    return Problem(loss=lambda x, _: 1.0 + jnp.sum((x - 2.0) ** 2), start=lambda key: jnp.zeros(2), name="flat", facts={"loss": "own"})


@pytest.fixture
def slope() -> Problem:
    """A function whose starts depend on the seed."""
    return Problem(loss=lambda x, _: 1.0 + jnp.sum(x**2), start=lambda key: jax.random.normal(key, (2,)), name="slope")


CASES: dict[str, dict[str, Any]] = {
    "many blocks": {"methods": [GradientDescent(0.05)], "settings": 40, "seeds": 40, "epochs": 3},
    "a widened search and a goal": {"methods": "adam:b1=0.5,sgd", "settings": 4, "seeds": 2, "epochs": 3, "goal_loss": 1.5},
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

    tw.race(slope, "sgd,adam,momentum", settings=2, seeds=2, epochs=2, goal_loss=1.5, executor=Watched)
    assert waiting[0] == {"sgd", "adam", "momentum"}


def test_one_contestant_is_raced_to_its_end_before_the_next_on_this_machine(slope: Problem) -> None:
    ran: list[str] = []

    class Watched(Local):
        def run(self, block: Block) -> Finished:
            ran.append(block.contestant)
            return super().run(block)

    tw.race(slope, "sgd,adam,momentum", settings=2, seeds=2, epochs=2, executor=Watched)
    assert list(dict.fromkeys(ran)) == [name for i, name in enumerate(ran) if i == 0 or ran[i - 1] != name]
