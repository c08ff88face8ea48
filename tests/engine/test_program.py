"""A stack of lanes is a loop over lanes, wherever and in whatever parts it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg import schedules
from talweg.contestants.design import cube
from talweg.engine import program as lanes
from talweg.engine.descend import descend
from talweg.engine.loop import POINTS, measuring_points
from talweg.engine.program import Placement, Program, Traces
from talweg.methods import CATALOGUE, VARIANTS, Adam, Elementwise, GradientDescent, Method, Momentum
from talweg.problems import Problem, batches, from_arrays

SIZE, STEPS = 8, 14
# A race's seeds use all 32 bits; the same seed twice, with other numbers, must start at the same place.
SEEDS = [0, 1, 2**32 - 1, 3_000_000_001, 1, 12, 13, 14, 15, 16, 17]

Programs = Callable[[str, int], Program]


def several(kind: type[Method], count: int = len(SEEDS)) -> list[Method]:
    """Methods with numbers from all over the search space."""
    space = kind.search_space(SIZE)
    return [kind(**{name: r.value(u) for (name, r), u in zip(space.items(), point, strict=False)}) for point in cube(count, 0)]


USUAL = [name for name in CATALOGUE if name not in VARIANTS]  # which have no structure that these have not


def same(one: Traces, other: Traces, count: int | None = None) -> None:
    """Bit for bit, NaN equal to NaN; the first `count` lanes."""
    for name in ("training_loss", "validation_loss", "metric", "diverged_at"):
        np.testing.assert_array_equal(getattr(one, name)[:count], getattr(other, name)[:count], err_msg=name)
    jax.tree.map(lambda a, b: np.testing.assert_array_equal(a[:count], b[:count]), one.params, other.params)


@pytest.fixture(scope="module")
def placements(clouds: Problem) -> dict[int, Placement]:
    return {count: Placement(clouds, jax.devices()[:count]) for count in (1, 2, 3)}


@pytest.fixture(scope="module")
def programs(placements: dict[int, Placement]) -> Programs:
    made: dict[tuple[str, int], Program] = {}

    def program(name: str, devices: int) -> Program:
        if (name, devices) not in made:
            made[name, devices] = Program(placements[devices], CATALOGUE[name](), SIZE, len(SEEDS))
        return made[name, devices]

    return program


#: One method of each sort of state and step; that all methods may be stacked is the contract's to test.
SORTS = ("sgd", "nesterov", "adam", "rprop", "lars", "adafactor", "muon", "soap", "schedule-free", "prodigy")


@pytest.mark.parametrize("name", SORTS)
def test_a_stack_of_lanes_is_a_loop_over_lanes(clouds: Problem, programs: Programs, name: str) -> None:
    chosen = several(CATALOGUE[name])
    alike = issubclass(CATALOGUE[name], Elementwise)  # the eigenvectors of a singular matrix are what rounding makes them
    traces = programs(name, 1).run(chosen, SEEDS, STEPS)
    for i in (0, 2, 3, 4, 10):
        alone = descend(clouds, chosen[i], steps=STEPS, batch=SIZE, key=SEEDS[i])
        np.testing.assert_array_equal(traces.steps, alone.steps)
        assert traces.diverged_at[i] == (-1 if alone.diverged_at is None else alone.diverged_at)
        for curve in ("training_loss", "validation_loss", "metric"):
            np.testing.assert_allclose(getattr(traces, curve)[i], getattr(alone, curve), 2e-5 if alike else 2e-2, 1e-6, err_msg=curve)
        if alike:
            jax.tree.map(lambda a, b, i=i: np.testing.assert_allclose(a[i], b, rtol=1e-4, atol=1e-5), traces.params, alone.params)


@pytest.mark.parametrize("name", USUAL)
def test_the_number_of_devices_changes_no_bit(programs: Programs, name: str) -> None:
    chosen = several(CATALOGUE[name])
    one, more = (programs(name, devices).run(chosen, SEEDS, STEPS) for devices in (1, 3))
    same(one, more)


@pytest.mark.parametrize("lane_count", [8, 16, 24])
def test_the_number_of_lanes_changes_no_bit(placements: dict[int, Placement], programs: Programs, lane_count: int) -> None:
    chosen = several(Adam)
    most = min(lane_count, len(SEEDS))
    other = Program(placements[2], Adam(), SIZE, lane_count).run(chosen[:most], SEEDS[:most], STEPS)
    same(programs("adam", 1).run(chosen, SEEDS, STEPS), other, most)


def test_a_block_that_is_not_full_says_the_same_of_the_lanes_it_has(programs: Programs) -> None:
    chosen = several(Adam)
    few = programs("adam", 2).run(chosen[:3], SEEDS[:3], STEPS)
    assert len(few.diverged_at) == 3
    same(programs("adam", 2).run(chosen, SEEDS, STEPS), few, 3)


@pytest.mark.parametrize("devices", [1, 3])
@pytest.mark.parametrize("size", [None, SIZE])
def test_any_count_of_lanes_says_the_same_as_one_at_a_time(placements: dict[int, Placement], devices: int, size: int | None) -> None:
    chosen = several(Momentum)
    program = Program(placements[devices], Momentum(), size, len(SEEDS), tile=2)  # of six tiles some are idle
    alone = [program.run([method], [seed], STEPS) for method, seed in zip(chosen, SEEDS, strict=True)]
    for count in (1, 2, 3, 6, 7, len(SEEDS)):
        traces = program.run(chosen[:count], SEEDS[:count], STEPS)
        for name in ("training_loss", "validation_loss", "metric", "diverged_at"):
            one_by_one = np.concatenate([getattr(one, name) for one in alone[:count]])
            np.testing.assert_array_equal(getattr(traces, name), one_by_one, err_msg=f"{name} of {count}")
        for i, one in enumerate(alone[:count]):
            jax.tree.map(lambda a, b, i=i: np.testing.assert_array_equal(a[i], b[0]), traces.params, one.params)


@given(tile=st.integers(1, 4), lane_count=st.integers(1, 40), devices=st.integers(1, 3), data=st.data())
def test_tiles_are_dealt_out_over_the_devices(
    placements: dict[int, Placement], tile: int, lane_count: int, devices: int, data: st.DataObject
) -> None:
    program = Program(placements[devices], Adam(), SIZE, lane_count, tile=tile)
    count = data.draw(st.integers(1, lane_count))
    places, fill, busy = program._places(count)
    assert len(set(places.tolist())) == count
    assert np.array(fill)[places].tolist() == list(range(count))
    assert sorted(np.flatnonzero(busy).tolist()) == sorted(places.tolist())
    assert len(fill) == program.padded
    assert all(fill[place] == 0 for place in np.flatnonzero(~np.asarray(busy)))  # somebody must be there
    tiles = np.array(busy).reshape(devices, -1, tile).any(axis=2).sum(axis=1)  # busy ones by device
    assert tiles.sum() == -(-count // tile)
    assert tiles.max() - tiles.min() <= 1


def test_a_tile_without_a_lane_is_left_alone(placements: dict[int, Placement], monkeypatch: pytest.MonkeyPatch) -> None:
    program = Program(placements[2], GradientDescent(), SIZE, 12, tile=2)
    seen: list[tuple[Any, Any, Any, np.ndarray]] = []
    advance = program._advance

    def spy(lanes: Any, run: Any, *args: Any) -> Any:
        before = jax.tree.map(np.array, run.params)
        after, rows = advance(lanes, run, *args)
        seen.append((before, jax.tree.map(np.array, after.params), np.array(rows.validation_loss), np.array(args[-1])))
        return after, rows

    monkeypatch.setattr(program, "_advance", spy)
    program.run([GradientDescent(0.5)] * 3, [0, 1, 2], STEPS)
    ((before, after, losses, busy),) = seen
    idle = ~busy.reshape(-1, 2).any(axis=1).repeat(2)
    assert idle.sum() == 8
    assert np.isnan(losses[idle]).all()
    assert np.isfinite(losses[busy]).any(axis=1).all()
    moved = np.concatenate([abs(b - a).reshape(12, -1) for a, b in zip(*map(jax.tree.leaves, (before, after)), strict=True)], axis=1)
    assert (moved[idle] == 0).all()
    assert (moved[busy].max(axis=1) > 0).all()


@pytest.mark.parametrize("size", [None, 1, SIZE])
@pytest.mark.parametrize("capacity", [1, 5])
def test_a_run_in_parts_is_the_run_in_one_go(
    placements: dict[int, Placement], monkeypatch: pytest.MonkeyPatch, capacity: int, size: int | None
) -> None:
    chosen, steps = several(Momentum, 4), 23  # an epoch of 48 examples ends inside a part
    whole = Program(placements[1], Momentum(), size, 4)
    monkeypatch.setattr(lanes, "ORDER_AT_ONCE", 4 * capacity * (size or 1))
    parts = Program(placements[1], Momentum(), size, 4)
    assert (parts.capacity, whole.capacity > steps) == (capacity, True)
    reported: list[int] = []
    same(whole.run(chosen, SEEDS[:4], steps), parts.run(chosen, SEEDS[:4], steps, progress=lambda step, losses: reported.append(step)))
    assert reported[-1] == steps
    assert reported == sorted(set(reported))


def test_progress_hears_the_last_validation_losses(programs: Programs) -> None:
    reported: list[np.ndarray] = []
    traces = programs("adam", 1).run(several(Adam), SEEDS, STEPS, progress=lambda step, losses: reported.append(losses))
    np.testing.assert_array_equal(reported[-1], traces.validation_loss[:, -1].astype(np.float32))


def test_a_lane_that_diverges_touches_no_neighbour(programs: Programs) -> None:
    calm = several(GradientDescent)
    wild = [GradientDescent(1e30) if i in (1, 4, 7) else method for i, method in enumerate(calm)]
    before, after = (programs("sgd", 2).run(some, SEEDS, STEPS) for some in (calm, wild))
    others = [i for i in range(len(SEEDS)) if i not in (1, 4, 7)]
    for name in ("training_loss", "validation_loss", "metric", "diverged_at"):
        np.testing.assert_array_equal(getattr(before, name)[others], getattr(after, name)[others])
    for i in (1, 4, 7):
        assert 0 < after.diverged_at[i] <= 2
        assert np.isnan(after.validation_loss[i, -1])
        assert np.isfinite(after.validation_loss[i, 0])


def test_new_numbers_and_another_length_are_not_compiled_again(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    program = programs("adam", 1)
    program.run(several(Adam), SEEDS, STEPS)
    spent = program.compile_seconds
    assert spent > 0

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("compiled again")

    monkeypatch.setattr("talweg.engine.program._advancing", refuse)  # what makes the function that is lowered and compiled
    for steps in (1, 3, 60, 131):
        traces = program.run(several(Adam)[::-1], SEEDS[::-1], steps)
        np.testing.assert_array_equal(traces.steps, measuring_points(steps))
        assert np.isfinite(traces.validation_loss).all()
    assert program.compile_seconds == spent


@pytest.mark.parametrize("labelled", [True, False])
def test_a_program_for_other_data_of_the_same_shape_is_not_traced_again(labelled: bool) -> None:
    traced: list[int] = []

    def problem(seed: int) -> Problem:
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(80, 3))
        return from_arrays(x, (x[:, 0] > rng.normal(size=80)).astype(int) if labelled else x @ [1, 2, 3] + seed, model="mlp:4", seed=0)

    class Counted(GradientDescent):
        """Says when it is traced."""

        def step(self, *args: Any) -> Any:
            traced.append(1)
            return super().step(*args)

    counts = []
    for seed in (1, 2):
        placement = Placement(problem(seed))
        losses = [
            Program(placement, method, 8, 2).run([method] * 2, [0, 1], 9).validation_loss for method in (Counted(0.1), GradientDescent(0.1))
        ]
        np.testing.assert_array_equal(*losses)
        counts.append(len(traced))
    assert counts[0] == counts[1] > 0


def test_one_seed_gives_all_methods_the_same_start_and_the_same_order_of_examples(
    clouds: Problem, placements: dict[int, Placement]
) -> None:
    training_losses: dict[str, np.ndarray] = {}

    class Still(Method):
        """Moves by the rule of nobody: it only records what it is shown."""

        learning_rate: Any = 1.0

        def init(self, params: Any) -> Any:
            return ()

        def step(self, oracle: Any, params: Any, state: Any, t: Any, key: Any) -> Any:
            return jax.tree.map(jnp.zeros_like, oracle.gradient(params)), state

    class Keyed(Still):
        """The same with a key used, so that randomness of its own is no excuse."""

        def step(self, oracle: Any, params: Any, state: Any, t: Any, key: Any) -> Any:
            noise = jax.random.normal(key)
            return jax.tree.map(lambda g: 0 * noise * g, oracle.gradient(params)), state

    for kind in (Still, Keyed):
        traces = Program(placements[1], kind(), SIZE, 3).run([kind()] * 3, [5, 6, 5], STEPS)
        training_losses[kind.__name__] = traces.training_loss
        np.testing.assert_array_equal(traces.training_loss[0], traces.training_loss[2])
        assert (traces.training_loss[0, 1:] != traces.training_loss[1, 1:]).all()
    np.testing.assert_array_equal(training_losses["Still"], training_losses["Keyed"])
    starts = placements[1].starts([5, 6, 5])
    jax.tree.map(lambda leaf: np.testing.assert_array_equal(leaf[0], leaf[2]), starts)
    jax.tree.map(lambda leaf, own: np.testing.assert_allclose(leaf[1], own, rtol=1e-6), starts, clouds.start(jax.random.key(6)))
    jax.tree.map(np.testing.assert_array_equal, starts, Placement(clouds, jax.devices()[:1]).starts([5, 6, 5]))


@pytest.mark.parametrize("name", ["cosine", "one-cycle", "step"])
def test_a_schedule_in_a_lane_is_a_schedule_in_a_run(clouds: Problem, placements: dict[int, Placement], name: str) -> None:
    chosen = [Momentum(schedules.over(name, rate, STEPS)) for rate in (0.03, 0.3)]
    traces = Program(placements[1], chosen[0], SIZE, 2).run(chosen, [1, 2], STEPS)
    for i in range(2):
        alone = descend(clouds, chosen[i], steps=STEPS, batch=SIZE, key=[1, 2][i])
        np.testing.assert_allclose(traces.validation_loss[i], alone.validation_loss, rtol=2e-5)


def test_the_test_data_are_examined_lane_by_lane(clouds: Problem, placements: dict[int, Placement]) -> None:
    params = placements[2].starts([1, 2, 3])
    losses, metrics = placements[2].examine(params)
    assert clouds.metric is not None
    for i in range(3):
        own = jax.tree.map(lambda leaf, i=i: leaf[i], params)
        np.testing.assert_allclose(losses[i], clouds.loss(own, clouds.test), rtol=1e-6)
        np.testing.assert_allclose(metrics[i], clouds.metric.function(own, clouds.test), rtol=1e-6)


def test_a_program_has_room_for_every_measuring_point() -> None:
    assert max(len(measuring_points(steps)) for steps in [*range(1, 2000), 10**5, 10**6 + 1]) <= POINTS + 3


@pytest.mark.parametrize("size", [None, SIZE])
def test_rows_that_are_copied_where_they_are_used_are_the_same_rows(
    clouds: Problem, placements: dict[int, Placement], monkeypatch: pytest.MonkeyPatch, size: int | None
) -> None:
    chosen = several(Momentum, 4)
    once = Program(placements[1], Momentum(), size, 4).run(chosen, SEEDS[:4], STEPS)
    monkeypatch.setattr(batches, "GATHERED_AT_MOST", 0)
    again = Program(placements[1], Momentum(), size, 4).run(chosen, SEEDS[:4], STEPS)
    np.testing.assert_allclose(again.validation_loss, once.validation_loss, rtol=2e-5)
    np.testing.assert_allclose(again.training_loss, once.training_loss, rtol=2e-5)


@pytest.mark.parametrize("size", [None, SIZE])
def test_a_lane_may_have_the_rows_of_another_seed(clouds: Problem, placements: dict[int, Placement], size: int | None) -> None:
    chosen = several(Momentum, 2)
    traces = Program(placements[1], Momentum(), size, 2).run(chosen, [1, 2], STEPS, splits=[5, 6])
    for i in range(2):
        alone = descend(clouds.divided(5 + i), chosen[i], steps=STEPS, batch="full" if size is None else size, key=1 + i)
        np.testing.assert_allclose(traces.validation_loss[i], alone.validation_loss, rtol=2e-5)
