"""Many trainings side by side in one compiled program.

Lanes of one structure (a method's class, a batch size, a problem's shapes) are stacked and run by one program; every rung of a race
runs through the same one, and so does a run of any length, because hyperparameters, seeds and step numbers are data.

A program works on *tiles* of a fixed number of lanes: each device takes whole tiles, one after the other. So a tile's weights stay
in the cache, and what a lane computes does not depend on how many lanes or devices there are.
"""

from __future__ import annotations

import copy
import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Float, Int, PyTree

from talweg import trees
from talweg.engine import cache, loop
from talweg.engine.drive import Progress, drive, silent
from talweg.engine.loop import Row, Run
from talweg.engine.probes import NAMES as PROBES
from talweg.methods import Method
from talweg.problems import batches
from talweg.problems.base import Params, Problem
from talweg.problems.supervised import widened

TILE = 8  # lanes at once on one CPU device: measured best from 4 to 16, for hidden layers of 32 and 128
ORDER_AT_ONCE = 2**20  # example numbers handed over in one go, all lanes together: 4 MiB, and a few seconds at most

LANE = PartitionSpec("lane")
EVERYWHERE = PartitionSpec()


@dataclass(frozen=True, eq=False)
class Traces:
    """What a block of lanes recorded; the first axis of every array is the lane."""

    steps: Int[np.ndarray, " points"]
    training_loss: Float[np.ndarray, "lanes points"]
    validation_loss: Float[np.ndarray, "lanes points"]
    metric: Float[np.ndarray, "lanes points"]
    diverged_at: Int[np.ndarray, " lanes"]  #: −1 where the lane did not diverge
    params: Params  #: at the end, or the best where that is kept; leaves with the lane as first axis
    seconds: float  #: of running, without compiling
    dynamics: dict[str, Float[np.ndarray, "lanes points"]] | None = None  #: of `talweg.engine.probes`, by name, where methods are probed


class Rows(NamedTuple):
    """Rows of a pool; the first axis is the lane."""

    train: Int[np.ndarray, "lanes n_train"] | None  #: None where the order of examples has them
    validation: Int[np.ndarray, "lanes n_validation"]


class Placement:
    """The devices and the data that all blocks of a race share: the pool, of which each lane has its own rows, or what all train on."""

    def __init__(self, problem: Problem, devices: Sequence[Any] | None = None):
        self.problem = problem
        self.devices = list(devices or jax.devices())
        self.mesh = jax.make_mesh((len(self.devices),), ("lane",), axis_types=(AxisType.Auto,), devices=self.devices)
        self.by_lane = NamedSharding(self.mesh, LANE)
        self.everywhere = NamedSharding(self.mesh, EVERYWHERE)
        held_out = problem.validation if problem.validation is not None else problem.train
        data = (problem.train, held_out) if problem.split is None else (problem.pool, problem.pool)
        self.train, self.held_out = jax.device_put(data, self.everywhere)
        self._starts: dict[int, Params] = {}
        self._wider: dict[int, Placement] = {}

    def wider(self, width: int) -> Placement:
        """The same devices and data for a model whose hidden layers are so many times as wide."""
        if width == 1:
            return self
        if width not in self._wider:
            self._wider[width] = self.of(widened(self.problem, width))
        return self._wider[width]

    def of(self, problem: Problem) -> Placement:
        """The same devices and data for the problem with another model, or another start."""
        other = copy.copy(self)
        other.problem, other._starts, other._wider = problem, {}, {}
        return other

    def starts(self, seeds: Sequence[int]) -> Params:
        """The starting parameters of each seed, stacked: for one seed the same in every race and for every method."""
        new = sorted(set(seeds) - set(self._starts))
        if new:
            host = jax.tree.map(np.asarray, _started(self.problem.start)(jnp.array(new, jnp.uint32)))
            self._starts.update({seed: trees.take(host, i) for i, seed in enumerate(new)})
        return trees.stack([self._starts[seed] for seed in seeds])

    def rows(self, seeds: Sequence[int], *, train: bool) -> Rows | None:
        """The pool's rows that each seed validates on, and, if asked for, those that it trains on; None where there is no pool."""
        if self.problem.split is None:
            return None
        drawn = [self.problem.split.rows(seed) for seed in seeds]
        return Rows(np.stack([rows for rows, _ in drawn]) if train else None, np.stack([rows for _, rows in drawn]))

    def examine(self, params: Params) -> tuple[np.ndarray, np.ndarray]:
        """Loss and metric of stacked parameters on the test data, one lane after the other."""
        losses, metrics = _examined(self.problem)(params, self.problem.test)
        return np.asarray(losses), np.asarray(metrics)

    def tile(self, lanes: int) -> int:
        """Lanes at once on one device: few where caches are small, all of them on a GPU or TPU."""
        return min(lanes, TILE) if self.devices[0].platform == "cpu" else -(-lanes // len(self.devices))


@cache.by_function
def _started(start: Callable[..., Params]) -> Any:
    return jax.jit(jax.vmap(lambda seed: jax.tree.map(trees.as_floats, start(jax.random.key(seed)))))


@cache.by_problem
def _examined(problem: Problem) -> Any:
    return jax.jit(lambda params, data: jax.lax.map(lambda lane: loop.evaluate(problem, lane, data), params))


class Program:
    """The compiled program of one structure, for blocks of a fixed number of lanes.

    It records training dynamics where it is `probed`, and gives the parameters that were measured best instead of the last ones where
    the `best` are wanted. A `tile` of one's own is for problems that are so small that more lanes at once cost nothing.
    """

    def __init__(
        self,
        placement: Placement,
        method: Method,
        size: int | None,
        lanes: int,
        *,
        probed: bool = False,
        best: bool = False,
        tile: int | None = None,
    ):
        self.placement, self.size, self.probed, self.best = placement, size, probed, best
        self.lanes = lanes
        self.tile = placement.tile(lanes) if tile is None else tile
        share = self.tile * len(placement.devices)
        self.padded = -(-lanes // share) * share
        self.capacity = max(1, ORDER_AT_ONCE // (self.padded * (size or 1)))  # steps in one go
        self.slots = loop.POINTS + 4
        self.method = method
        self.compile_seconds = 0.0
        self._compiled: Any = None

    def run(
        self,
        methods: Sequence[Method],
        seeds: Sequence[int],
        steps: int,
        *,
        splits: Sequence[int] | None = None,
        starts: Params | None = None,
        progress: Progress = silent,
    ) -> Traces:
        """Run lane i with methods[i] and seeds[i] for `steps` steps; at most as many lanes as the block has.

        Its training and validation rows are those of splits[i], by default of its seed; it begins at starts[i] (stacked parameters), by
        default at its seed's. `progress(step, last validation losses)` is called after each part of the run.
        """
        began = time.perf_counter() - self.compile_seconds
        count = len(methods)
        places, fill, busy = self._places(count)
        lanes = jax.device_put(trees.stack([methods[i] for i in fill], float), self.placement.by_lane)
        lane_seeds = [seeds[i] for i in fill]
        lane_splits = lane_seeds if splits is None else [splits[i] for i in fill]
        rows = jax.device_put(self.placement.rows(lane_splits, train=self.size is None), self.placement.by_lane)
        keys = jax.device_put(jnp.array(lane_seeds, jnp.uint32), self.placement.by_lane)
        begin = jax.vmap(functools.partial(loop.begin, best=self.best))  # not compiled: a dozen small fills are not worth a program
        params = self.placement.starts(lane_seeds) if starts is None else trees.take(starts, np.array(fill))
        run = jax.device_put(begin(lanes, params), self.placement.by_lane)
        marks = loop.measuring_points(steps)
        run, measured = drive(
            lambda run, order, slots: self._advance(lanes, run, keys, order, slots, rows, busy),
            run,
            marks,
            order=functools.partial(self._order, lane_seeds, lane_splits),
            capacity=self.capacity,
            slots=self.slots,
            progress=lambda step, losses: progress(step, losses[places]),
        )
        curves = jax.tree.map(lambda x: x[places].astype(np.float64), measured)
        return Traces(
            steps=marks,
            training_loss=curves.training_loss,
            validation_loss=curves.validation_loss,
            metric=curves.metric,
            diverged_at=np.asarray(run.diverged_at)[places],
            params=jax.tree.map(lambda leaf: np.asarray(leaf)[places], run.params if run.best is None else run.best.params),
            seconds=time.perf_counter() - began - self.compile_seconds,
            dynamics=None if curves.dynamics is None else {name: getattr(curves.dynamics, name) for name in PROBES},
        )

    def _places(self, count: int) -> tuple[np.ndarray, list[int], Any]:
        """Where each lane stands, which lane stands at each place, and which places are busy.

        Tiles are dealt out to the devices in turn, so that all are busy with few lanes, too; a place without a lane has the first one's.
        """
        devices = len(self.placement.devices)
        tiles, within = np.divmod(np.arange(count), self.tile)
        places = (tiles % devices * (self.padded // devices // self.tile) + tiles // devices) * self.tile + within
        fill, busy = np.zeros(self.padded, int), np.zeros(self.padded, bool)
        fill[places], busy[places] = np.arange(count), True
        return places, fill.tolist(), jax.device_put(busy, self.placement.by_lane)

    def _advance(self, *args: Any) -> tuple[Run, Row]:
        args = (*args, self.placement.train, self.placement.held_out)
        if self._compiled is None:
            began = time.perf_counter()
            function = _advancing(self.placement.problem, self.placement.mesh, self.size, self.tile, self.probed)
            self._compiled = function.lower(*args).compile()
            self.compile_seconds += time.perf_counter() - began
        return self._compiled(*args)

    def _order(self, seeds: Sequence[int], splits: Sequence[int], first: int, last: int) -> Any:
        """The example numbers of the steps first … last, padded to the length that the program was compiled for; of a pool its rows."""
        if self.size is None:
            return None
        order = batches.order(self.placement.problem.examples, self.size, seeds, first, last)
        if (split := self.placement.problem.split) is not None:
            order = np.stack([split.rows(seed)[0][examples] for seed, examples in zip(splits, order, strict=True)])
        whole = np.zeros((self.padded, self.capacity * self.size), np.int32)
        whole[:, : order.shape[1]] = order
        return jax.device_put(whole, self.placement.by_lane)


@cache.by_problem
def _advancing(problem: Problem, mesh: Mesh, size: int | None, tile: int, probed: bool) -> Any:
    """What takes tiles of lanes through some slots, as one function to be compiled; the same one for all races of such problems."""
    in_order = LANE if size is not None else EVERYWHERE

    def tiled(function: Callable[..., tuple[Run, Row]], busy: Any, lanes: Method, run: Run, *args: PyTree) -> tuple[Run, Row]:
        """`function` over lanes, a tile at a time; a tile without a lane is left as it is."""
        cut = jax.tree.map(lambda leaf: leaf.reshape(-1, tile, *leaf.shape[1:]), (busy, (lanes, run, *args)))
        mapped = jax.vmap(function)

        def part(one: tuple[Any, PyTree]) -> tuple[Run, Row]:
            any_busy, part_args = one
            shapes = jax.eval_shape(mapped, *part_args)[1]
            idle = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.nan, leaf.dtype), shapes)
            return jax.lax.cond(any_busy.any(), lambda a: mapped(*a), lambda a: (a[1], idle), part_args)

        return jax.tree.map(lambda leaf: leaf.reshape(-1, *leaf.shape[2:]), jax.lax.map(part, cut))

    def advance(
        lanes: Method, run: Run, seeds: Any, order: Any, slots: Any, rows: Rows | None, busy: Any, train: Any, held_out: Any
    ) -> tuple[Run, Row]:
        def lane(method: Method, run: Run, seed: Any, order: Any, rows: Rows | None) -> tuple[Run, Row]:
            own = train if rows is None or rows.train is None else batches.part(train, rows.train)
            chosen_by = held_out if rows is None else batches.part(held_out, rows.validation)
            return loop.advance(problem, size, method, run, jax.random.key(seed), order, slots, own, chosen_by, probed=probed)

        return tiled(lane, busy, lanes, run, seeds, order, rows)

    specs = (LANE, LANE, LANE, in_order, EVERYWHERE, LANE, LANE, EVERYWHERE, EVERYWHERE)
    mapped = jax.shard_map(advance, mesh=mesh, in_specs=specs, out_specs=LANE, check_vma=False)
    return jax.jit(mapped, donate_argnums=(1,))
