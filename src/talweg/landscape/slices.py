"""The loss over a plane through a network's weights, all points of it in one compiled, batched evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from jax.sharding import AxisType, PartitionSpec
from jaxtyping import Array, Float

from talweg import checks, trees
from talweg.checks import InputError, InputTypeError
from talweg.engine import cache
from talweg.engine.descend import Trace
from talweg.landscape.directions import Plane, alike, checked, plane
from talweg.problems import batches
from talweg.problems.base import Batch, Params, Problem, count

TILE = 8  #: points at once on one CPU device: their activations stay in the cache
EXAMPLES = 8192  #: that the loss is a mean over, unless more are asked for
MOST_POINTS = 401  #: on each side
MARGIN = 0.18  #: room around the trajectories, as a share of what they span
NARROWEST = 0.4  #: the shorter side of an automatic slice, as a share of the longer
SPLITS = ("train", "validation")


@dataclass(frozen=True, eq=False, repr=False)
class Slice:
    """The loss at θ + x d₁ + y d₂."""

    x: Float[np.ndarray, " nx"]
    y: Float[np.ndarray, " ny"]
    loss: Float[np.ndarray, "ny nx"]  #: not finite where the model's loss isn't
    plane: Plane
    split: str  #: what the loss is a mean over: "train", "validation", or "function" where there are no data
    examples: int  #: so many of them …
    of: int  #: … out of so many
    centre_loss: float  #: at θ, over the same examples
    trajectories: tuple[Float[np.ndarray, "points 2"], ...] = ()  #: of the descents, projected
    off: tuple[Float[np.ndarray, " points"], ...] = ()  #: how far off the plane the real weights lie
    trajectory_losses: tuple[Float[np.ndarray, " points"], ...] = ()  #: at the real weights, over the same examples

    @property
    def kind(self) -> str:
        """What the directions are: "random", "trajectory" or "given"."""
        return self.plane.kind

    @property
    def explained(self) -> tuple[float, float] | None:
        """Share of the trajectories' squared distance from the centre along each direction; None for random directions."""
        return self.plane.explained

    def __repr__(self) -> str:
        low, high = np.nanmin(self.loss), np.nanmax(self.loss)
        return f"Slice({self.kind}, {len(self.x)} × {len(self.y)} points, {self.split} loss {low:.4g} – {high:.4g})"


def slice(
    problem: Problem,
    params: Params,
    *,
    directions: Any = "random",
    trajectories: Sequence[Trace | Params] | None = None,
    reach: float | tuple[float, float] | None = None,
    points: int = 41,
    split: str = "train",
    examples: int | None = EXAMPLES,
    key: int = 0,
    axis: int = -1,
) -> Slice:
    """The loss over a plane through `params`: `points` × `points` of them.

        f(x, y) = L(θ + x d₁ + y d₂)

    Args:
        params: θ, the weights in the centre, such as those at a descent's end.
        directions: "random": filter-normalised (x = 1 moves every filter by its own length); "trajectory": the first two principal
            directions of `trajectories` (x and y are distances between weights); or two trees like the parameters.
        trajectories: descents by `tw.descend(…, positions=True)`, or stacked parameters; they are projected on the plane.
        reach: how far the slice goes on both sides of the centre, one number or one for each direction; by default 1 for random
            directions, and what shows all of the trajectories for theirs.
        split: the data that the loss is a mean over: "train" or "validation". The test data are not for this.
        examples: at most so many of them, evenly spaced; None for all.
        key: of the random directions.
        axis: which axis of an array counts its filters: the last one as in talweg's own models, 0 for equinox.nn and PyTorch.

    Raises:
        InputError: unknown directions or split, trajectories or directions that are not like the parameters, a number out of range.
    """
    params = checked("params", problem, params)
    checks.whole("landscape", "points", points, at_least=3, at_most=MOST_POINTS)
    stacked = _stacked(trajectories, params)
    data, used, of = chosen(problem, split, examples)
    spanned = plane(params, directions, stacked, checks.whole("landscape", "key", key, at_least=0), axis)
    projected = [spanned.project(trajectory) for trajectory in stacked]
    x, y = _sides([at for at, _ in projected], spanned.kind, reach, points)
    across, up = np.meshgrid(x, y)
    losses = evaluate(problem, params, spanned.directions, np.stack([across.ravel(), up.ravel()], axis=1), data)
    return Slice(
        x,
        y,
        losses.reshape(len(y), len(x)),
        spanned,
        "function" if data is None else split,
        used,
        of,
        float(losses_at(problem, jax.tree.map(lambda leaf: leaf[None], params), data)[0]),
        tuple(at for at, _ in projected),
        tuple(away for _, away in projected),
        tuple(losses_at(problem, trajectory, data) for trajectory in stacked),
    )


def chosen(problem: Problem, split: str, examples: int | None = None) -> tuple[Batch, int, int]:
    """The data of a split, evenly spaced examples of it if there are more than asked for; how many there are, and of how many."""
    checks.one_of("landscape", "split", split, SPLITS)
    if problem.train is None:
        return None, 1, 1
    data = getattr(problem, split)
    if data is None:
        raise InputError(f'landscape: {problem.name} has no {split} data; use split="train"')
    rows = count(data)
    if examples is None or checks.whole("landscape", "examples", examples) >= rows:
        return data, rows, rows
    at = np.linspace(0, rows - 1, examples).round().astype(int)
    return jax.tree.map(lambda leaf: np.asarray(leaf)[at], data), examples, rows


def evaluate(
    problem: Problem, params: Params, directions: Sequence[Params], at: Float[np.ndarray, "points k"], data: Batch
) -> Float[np.ndarray, " points"]:
    """The loss at θ + Σ atₖ dₖ for every row of `at`: whole tiles of points on each device, side by side within a tile."""
    devices = jax.devices()
    tile = TILE if devices[0].platform == "cpu" else 64
    share = tile * len(devices)
    padded = np.concatenate([at, np.repeat(at[-1:], -len(at) % share, axis=0)])
    out = _compiled(problem, tile, len(devices))(params, tuple(directions), padded.astype(trees.float_type()), data)
    return np.asarray(out, float)[: len(at)]


def losses_at(problem: Problem, stacked: Params, data: Batch) -> Float[np.ndarray, " points"]:
    """The loss at each of stacked parameters, one after the other."""
    return np.asarray(_one_by_one(problem)(stacked, data), float)


@cache.by_problem
def _compiled(problem: Problem, tile: int, devices: int) -> Any:
    """The program of a slice: JAX compiles it once for a problem and a number of points."""
    mesh = jax.make_mesh((devices,), ("point",), axis_types=(AxisType.Auto,), devices=jax.devices())
    point, everywhere = PartitionSpec("point"), PartitionSpec()

    def losses(params: Params, directions: tuple[Params, ...], at: Array, data: Batch) -> Array:
        def loss(where: Array) -> Array:
            moved = params
            for step, direction in zip(where, directions, strict=True):
                moved = trees.add(moved, trees.scale(step, direction))
            return batches.mean_over(problem.loss, moved, data)

        return jax.lax.map(jax.vmap(loss), at.reshape(-1, tile, at.shape[1])).reshape(-1)

    specs = (everywhere, everywhere, point, everywhere)
    return jax.jit(jax.shard_map(losses, mesh=mesh, in_specs=specs, out_specs=point, check_vma=False))


@cache.by_problem
def _one_by_one(problem: Problem) -> Any:
    return jax.jit(lambda stacked, data: jax.lax.map(lambda at: batches.mean_over(problem.loss, at, data), stacked))


def _stacked(trajectories: Any, params: Params) -> list[Params]:
    """The positions of each descent."""
    if trajectories is None:
        return []
    if not isinstance(trajectories, (list, tuple)):
        raise InputTypeError(f"landscape: trajectories must be a list of descents by tw.descend, got {type(trajectories).__name__}")
    stacked = [trajectory.positions if isinstance(trajectory, Trace) else trajectory for trajectory in trajectories]
    for positions in stacked:
        if positions is None:
            raise InputError("landscape: a trajectory must have its positions; use tw.descend(…, positions=True)")
        alike("a trajectory", positions, params, stacked=True)
    return [jax.tree.map(np.asarray, positions) for positions in stacked]


def _sides(trajectories: Sequence[np.ndarray], kind: str, reach: Any, points: int) -> tuple[np.ndarray, np.ndarray]:
    """The values of x and of y; the centre is always one of the grid's points where `points` is odd or the trajectories decide."""
    if reach is not None:
        both = tuple(reach) if isinstance(reach, (tuple, list)) else (reach, reach)
        if len(both) != 2:
            raise InputTypeError(f"landscape: reach must be one number, or two, got {reach!r}")
        for one in both:
            checks.number("landscape", "reach", one, checks.POSITIVE)
        return np.linspace(-both[0], both[0], points), np.linspace(-both[1], both[1], points)
    if kind != "trajectory":
        return np.linspace(-1, 1, points), np.linspace(-1, 1, points)
    at = np.concatenate([np.zeros((1, 2)), *trajectories])
    low, high = at.min(axis=0), at.max(axis=0)
    middle, span = (low + high) / 2, high - low
    span = np.maximum(span, NARROWEST * span.max()) * (1 + 2 * MARGIN)
    return _through_zero(middle[0], span[0], points), _through_zero(middle[1], span[1], points)


def _through_zero(middle: float, span: float, points: int) -> np.ndarray:
    """Evenly spaced values about `middle`, moved by less than half a step so that 0 is one of them."""
    step = span / (points - 1)
    first = round((middle - span / 2) / step)
    return step * (first + np.arange(points))
