"""One run of a method on a problem, with what it recorded: `tw.descend` and `tw.minimize`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray, PyTree, Scalar

from talweg import checks, trees
from talweg.checks import InputError, InputTypeError
from talweg.engine import cache
from talweg.engine.cost import batch_size, gradients_per_step, length
from talweg.engine.drive import drive
from talweg.engine.loop import POINTS, Row, Run, advance, begin, measuring_points
from talweg.engine.probes import NAMES as PROBES
from talweg.methods import Method
from talweg.problems import batches
from talweg.problems.base import Params, Problem
from talweg.trees import as_floats


@dataclass(frozen=True, eq=False, repr=False)
class Trace:
    """What a run recorded, at its measuring points.

    Losses are NaN after a run has diverged, and where there is nothing to measure. `training_loss` is the mean over the batches
    since the point before; where the problem has no validation data, `validation_loss` is the loss on the training data.
    """

    method: Method
    params: Params
    steps: Int[np.ndarray, " points"]
    examples: Int[np.ndarray, " points"]
    training_loss: Float[np.ndarray, " points"]
    validation_loss: Float[np.ndarray, " points"]
    metric: Float[np.ndarray, " points"]
    diverged_at: int | None
    gradients: int  #: gradient evaluations, all in all
    probes: Mapping[str, Float[np.ndarray, " points"]] | None = None  #: of `talweg.engine.probes`, by name, if they were asked for
    positions: Params | None = None  #: the parameters at each point (leaves have a new first axis), if they were asked for

    @property
    def loss(self) -> Float[np.ndarray, " points"]:
        """The loss by which the run is judged."""
        return self.validation_loss

    def __repr__(self) -> str:
        went = f"{self.loss[0]:.4g} → {self.loss[-1]:.4g}"
        end = f"diverged at step {self.diverged_at}" if self.diverged_at is not None else f"loss {went}"
        return f"Trace({self.method!r}, {self.steps[-1]:,} steps, {end})"


def descend(
    problem: Problem,
    method: Method,
    start: Params | None = None,
    steps: int | None = None,
    *,
    epochs: float | None = None,
    batch: int | str | None = None,
    points: int = POINTS,
    key: int | PRNGKeyArray = 0,
    probes: bool = False,
    positions: bool = False,
) -> Trace:
    """One run of a method on a problem.

    Args:
        start: the starting parameters; by default `problem.start(key)`.
        steps: how many; or give `epochs`, passes over the training data. One of the two.
        batch: examples per step, or "full"; by default the usual mini-batch for the size of the data.
        points: how often the loss is measured, beside the start.
        key: a seed (of the start, the order of examples, the method's own noise, and the rows that are drawn from a pool) or a JAX key.
        probes: whether to record training dynamics, too: `trace.probes` has the effective learning rate, the gradient's norm and the
            cosine of successive moves.
        positions: whether to keep the parameters at every measuring point: `trace.positions`.

    Raises:
        InputError: numbers out of range, or neither or both of `steps` and `epochs`.
    """
    checks.instance("descend", "method", method, Method, "tw.methods.Adam(1e-3)")
    if steps is None and epochs is None:
        raise InputError("descend: give either steps or epochs")
    size = batch_size(problem, batch)
    steps = length("descend", problem, size, steps, epochs)
    checks.whole("descend", "points", points)
    (trace,) = _traces(problem, [method], start, size, steps, points, _seed(key), probed=probes, positions=positions, lanes=False)
    return trace


def sweep(
    problem: Problem, methods: Sequence[Method], steps: int, *, size: int | None = None, points: int = POINTS, seed: int = 0
) -> list[Trace]:
    """The runs of a method with other numbers, side by side from one start through one order of examples, with their positions.

    Args:
        methods: of one structure.
        size: examples per step; None for the whole training set.
        points: how often is measured, beside the start.
        seed: of the start, the order of examples, the methods' own noise, and the rows that are drawn from a pool.
    """
    return _traces(problem, methods, None, size, steps, points, (seed, jax.random.key(seed)), positions=True, lanes=True)


def _traces(
    problem: Problem,
    methods: Sequence[Method],
    start: Params | None,
    size: int | None,
    steps: int,
    points: int,
    seed_and_key: tuple[int, PRNGKeyArray],
    *,
    probed: bool = False,
    positions: bool = False,
    lanes: bool,
) -> list[Trace]:
    """The run of one method, or as `lanes` those of several of one structure."""
    seed, key = seed_and_key
    problem = problem.divided(seed)
    params = jax.tree.map(as_floats, problem.start(key) if start is None else start)
    numbers = trees.stack(methods, as_floats(0.0).dtype) if lanes else jax.tree.map(jnp.asarray, methods[0])
    marks = measuring_points(steps, points)
    held_out = problem.validation if problem.validation is not None else problem.train
    gradients = gradients_per_step(problem, methods[0], params, size) * steps
    go = _compiled(problem, size, probed, positions, lanes)
    outcome = drive(
        lambda run, order, slots: go(numbers, run, key, order, slots, problem.train, held_out),
        jax.vmap(begin, in_axes=(0, None))(numbers, params) if lanes else begin(numbers, params),
        marks,
        order=lambda first, last: None if size is None else batches.order(problem.examples, size, [seed], first, last)[0],
        capacity=steps,
        slots=len(marks),
    )
    examples = marks * (problem.examples if size is None else size)
    each = [trees.take(jax.tree.map(np.asarray, outcome), lane) for lane in range(len(methods))] if lanes else [outcome]
    return [_trace(method, run, row, marks, examples, gradients) for method, (run, row) in zip(methods, each, strict=True)]


def _trace(method: Method, run: Run, row: Row, marks: np.ndarray, examples: np.ndarray, gradients: int) -> Trace:
    training, validation, metric = (np.asarray(x, np.float64) for x in (row.training_loss, row.validation_loss, row.metric))
    diverged, dynamics = int(run.diverged_at), row.dynamics
    at = None if diverged < 0 else diverged
    probes = None if dynamics is None else {name: np.asarray(getattr(dynamics, name), np.float64) for name in PROBES}
    return Trace(method, run.params, marks, examples, training, validation, metric, at, gradients, probes, row.params)


def minimize(
    fun: Callable[[PyTree], Scalar],
    x0: PyTree,
    method: Method,
    steps: int,
    *,
    points: int = POINTS,
    key: int | PRNGKeyArray = 0,
    probes: bool = False,
) -> Trace:
    """Minimise a differentiable function of a pytree, from `x0` (a list of numbers is taken as an array).

    >>> minimize(lambda x: (x**2).sum(), jnp.array([3.0, 4.0]), Momentum(0.1), 100).params

    Raises:
        InputError: `fun(x0)` is not one real number, or a number is out of range.
    """
    if isinstance(x0, (list, tuple)) and all(isinstance(x, (int, float)) for x in x0):
        x0 = np.array(x0, float)
    try:
        x0 = jax.tree.map(as_floats, x0)
    except TypeError as error:
        raise InputTypeError(f"minimize: x0 must be made of numbers, got {x0!r}") from error
    if not callable(fun):
        raise InputTypeError(f"minimize: fun must be a function of the parameters, got {fun!r}")
    value = jax.eval_shape(fun, x0)
    if getattr(value, "shape", None) != () or not jnp.issubdtype(value.dtype, jnp.floating):
        raise InputError(f"minimize: fun(x0) must be a single number, real and not whole, got {value}; sum, average or convert it")
    problem = Problem(loss=lambda params, _: fun(params), start=lambda key: x0, name=getattr(fun, "__name__", "function"))
    return descend(problem, method, x0, steps, batch="full", points=points, key=key, probes=probes)


def _seed(key: int | PRNGKeyArray) -> tuple[int, PRNGKeyArray]:
    """The seed of the order of examples, and the key of all else."""
    if isinstance(key, jax.Array) and (jnp.issubdtype(key.dtype, jax.dtypes.prng_key) or (key.dtype, key.shape) == (np.uint32, (2,))):
        return int(jax.random.randint(key, (), 0, np.iinfo(np.int32).max)), key
    if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or not 0 <= key < 2**32:
        raise InputError(f"descend: key must be a seed (a whole number from 0 to 4,294,967,295) or a JAX key, got {key!r}")
    return int(key), jax.random.key(int(key))


@cache.by_problem
def _compiled(problem: Problem, size: int | None, probed: bool, positions: bool, lanes: bool) -> Callable[..., tuple[Run, Row]]:
    """What takes one run through its slots, or lanes that differ in their methods alone."""

    def go(method: Method, run: Run, *shared: Any) -> tuple[Run, Row]:
        return advance(problem, size, method, run, *shared, probed=probed, positions=positions)

    return jax.jit(jax.vmap(go, in_axes=(0, 0, None, None, None, None, None)) if lanes else go)
