"""What is kept of weights: whose, and of which block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from talweg.engine.block import Block, Entry
from talweg.engine.executors.base import Finished
from talweg.engine.program import Traces
from talweg.problems import Problem
from talweg.racing import inspect
from talweg.racing.tournament import UNTUNED
from talweg.store import Lane, Store

STEPS = np.array([0, 10])
ENTRIES = tuple(Entry(setting, {}, seed) for seed, setting in enumerate((3, 3, UNTUNED, UNTUNED)))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "talweg.db")
    store.enter("race", {}, {}, {})
    return store


def recorded(store: Store, losses: list[float], number: int, observed: dict[str, list[object]] | None = None) -> list[Lane]:
    """A block of a final with these last losses, NaN for those that diverged, through `record` and into the store."""
    last = np.array(losses)
    curves = np.stack([np.ones(len(last)), last], axis=1)
    traces = Traces(STEPS, curves, curves, curves, np.where(np.isfinite(last), -1, 5), None, 1.0)
    block = Block("race", "adam", "final", number, ENTRIES[: len(last)], 10, keep=(0, 1), observe=tuple(observed or {}))
    best = int(np.argmin(np.where(np.isfinite(last[:2]), last[:2], np.inf)))
    rows = [
        Lane(e.setting, 10 * number + e.seed, {}, None if np.isfinite(end) else 5, STEPS, *[curve] * 3)
        for e, end, curve in zip(block.entries, last, curves, strict=True)
    ]
    inspect.record(store, Finished(block, traces, observed or {}, best, [np.array([number, best])]), rows)
    store.add_block("race", *block.key, 10, 1.0, rows)
    return rows


def best(store: Store) -> list[int]:
    """Block and lane of the weights in the store."""
    return load(store.weights("race", "adam") or b"")["0"].tolist()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize(
    ("blocks", "wanted"),
    [
        (([0.5, 0.4], [0.3, 0.6], [0.7, 0.7]), [1, 0]),
        (([0.5, 0.4], [0.4, 0.4], [0.4, 0.9]), [0, 1]),  # of those alike the first, whichever ended first
        (([np.nan, np.nan], [np.nan, 0.9], [np.nan, np.nan]), [1, 1]),
        (([np.nan, np.nan], [np.nan, np.nan], [np.nan, np.nan]), [0, 0]),
    ],
)
def test_the_weights_that_are_kept_are_the_best_of_all_blocks_in_whatever_order_they_end(
    store: Store, order: tuple[int, ...], blocks: tuple[list[float], ...], wanted: list[int]
) -> None:
    for number in order:
        recorded(store, [*blocks[number], 0.1, 0.1], number)  # an untuned lane would be better
    assert best(store) == wanted


def test_a_lane_that_diverged_has_no_test_result(store: Store) -> None:
    rows = recorded(store, [0.5, np.nan, 0.1, 0.1], 0, {"test": [(0.6, 0.9), (7.0, 0.1)]})
    assert [(row.test_loss, row.test_metric) for row in rows] == [(0.6, 0.9), (None, None), (None, None), (None, None)]


def test_only_the_tuned_lanes_of_a_final_are_observed(clouds: Problem) -> None:
    assert inspect.observed(clouds, "final", ENTRIES) == {"keep": (0, 1), "observe": ("test", "endpoints")}
    for rung, entries in (("search", ENTRIES), ("aim-final", ENTRIES), ("final", ENTRIES[2:])):
        assert inspect.observed(clouds, rung, entries) == {"keep": (), "observe": ()}
    function = Problem(loss=lambda x, _: x**2, start=lambda key: np.ones(()), name="square")
    assert inspect.observed(function, "final", ENTRIES)["observe"] == ("endpoints",)
