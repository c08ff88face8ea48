"""What is kept of weights: whose, and of which block."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest
from safetensors.numpy import load

from talweg.engine.block import Block, Entry
from talweg.engine.executors.base import Finished
from talweg.engine.program import Placement, Traces
from talweg.problems import Problem
from talweg.racing import inspect
from talweg.store import Lane, Store

STEPS = np.array([0, 10])
ENTRIES = tuple(Entry(3, {}, seed) for seed in range(4))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "talweg.db")
    store.enter("race", {}, {}, {})
    return store


def recorded(
    store: Store, losses: list[float], number: int, observed: dict[str, list[object]] | None = None, rung: str = "final"
) -> list[Lane]:
    """A block of a rung with these last losses, NaN for those that diverged, through `record` and into the store."""
    last = np.array(losses)
    curves = np.stack([np.ones(len(last)), last], axis=1)
    traces = Traces(STEPS, curves, curves, curves, np.where(np.isfinite(last), -1, 5), None, 1.0)
    block = Block("race", "adam", rung, number, ENTRIES[: len(last)], 10, keep=tuple(range(len(last))), observe=tuple(observed or {}))
    best = int(np.argmin(np.where(np.isfinite(last), last, np.inf)))
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
        recorded(store, blocks[number], number)
    assert best(store) == wanted


def test_the_weights_that_are_kept_are_those_of_the_final(store: Store) -> None:
    recorded(store, [0.5, 0.4], 0)
    recorded(store, [0.1, 0.2], 0, rung="promise")
    assert best(store) == [0, 1]


def test_a_lane_that_diverged_has_no_test_result(store: Store) -> None:
    rows = recorded(store, [0.5, np.nan, 0.1], 0, {"test": [(0.6, 0.9), (7.0, 0.1), (0.2, 1.0)]})
    assert [(row.test_loss, row.test_metric) for row in rows] == [(0.6, 0.9), (None, None), (0.2, 1.0)]


def test_how_losses_differ_from_row_to_row_is_kept_of_the_promise(store: Store) -> None:
    rows = recorded(store, [0.5, 0.4, 0.3], 0, {"rows": [0.25, np.nan, np.inf]}, rung="promise")
    assert [row.row_deviation for row in rows] == [0.25, None, None]


def test_that_deviation_is_the_one_over_the_validation_rows_of_each_seed(clouds: Problem) -> None:
    params = [clouds.start(jax.random.key(seed)) for seed in (3, 4)]
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), *params)
    for weights, seed, deviation in zip(params, (3, 4), inspect.rows(Placement(clouds), stacked, [], (3, 4)), strict=True):
        x, y = clouds.divided(seed).validation
        losses = [float(clouds.loss(weights, (x[i : i + 1], y[i : i + 1]))) for i in range(len(y))]
        assert deviation == pytest.approx(np.std(losses), rel=1e-5)


def test_only_the_final_and_the_promise_look_at_the_test_data(clouds: Problem) -> None:
    assert inspect.observed(clouds, "final", ENTRIES) == {"keep": (0, 1, 2, 3), "observe": ("test", "endpoints")}
    assert inspect.observed(clouds, "promise", ENTRIES) == {"keep": (0, 1, 2, 3), "observe": ("test", "rows")}
    for rung in ("search", "widened", "widened-again", "confirm", "cosine-0.25", "choice-40", "speed"):
        assert inspect.observed(clouds, rung, ENTRIES) == {"keep": (), "observe": ()}
    function = Problem(loss=lambda x, _: x**2, start=lambda key: np.ones(()), name="square")
    assert inspect.observed(function, "final", ENTRIES)["observe"] == ("endpoints",)
    assert inspect.observed(function, "promise", ENTRIES) == {"keep": (), "observe": ()}
