"""One run of a method on a problem, with what it recorded: `tw.descend` and `tw.minimize`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, PRNGKeyArray, PyTree, Scalar

from talweg import checks
from talweg.checks import InputError, InputTypeError
from talweg.engine.cost import batch_size, gradients_per_step
from talweg.engine.loop import POINTS, Row, Run, advance, begin, measuring_points, slots_between
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
        key: a seed (of the start, the order of examples and the method's own noise) or a JAX key.
        probes: whether to look inside the method, too: `trace.probes` has the effective learning rate, the gradient's norm and the
            cosine of successive moves.
        positions: whether to keep the parameters at every measuring point: `trace.positions`.

    Raises:
        InputError: numbers out of range, or neither or both of `steps` and `epochs`.
    """
    if not isinstance(method, Method):
        raise InputTypeError(f"descend: method must be a Method such as tw.methods.Adam(1e-3), got {method!r}")
    size = batch_size(problem, batch)
    steps = _length(problem, size, steps, epochs)
    seed, key = _seed(key)
    params = jax.tree.map(as_floats, problem.start(key) if start is None else start)
    marks = measuring_points(steps, checks.whole("descend", "points", points))
    order = None if size is None else batches.order(problem.examples, size, [seed], 0, steps)[0]
    held_out = problem.validation if problem.validation is not None else problem.train
    counted = gradients_per_step(problem, method, params, size)
    go = _compiled(problem, size, probes, positions)
    numbers = jax.tree.map(jnp.asarray, method)
    run, row = go(numbers, begin(numbers, params), key, order, slots_between(marks, 0, steps, len(marks)), problem.train, held_out)
    seen = np.array([problem.examples if size is None else size]) * marks
    training, validation, metric = (np.asarray(x, np.float64) for x in (row.training_loss, row.validation_loss, row.metric))
    diverged = int(run.diverged_at)
    inside = None if row.inside is None else {name: np.asarray(getattr(row.inside, name), np.float64) for name in PROBES}
    ended = None if diverged < 0 else diverged
    kept = None if row.params is None else jax.tree.map(np.asarray, row.params)
    return Trace(method, run.params, marks, seen, training, validation, metric, ended, counted * steps, inside, kept)


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


def _length(problem: Problem, size: int | None, steps: int | None, epochs: float | None) -> int:
    if (steps is None) == (epochs is None):
        raise InputError("descend: give either steps or epochs")
    if steps is not None:
        return checks.whole("descend", "steps", steps)
    checks.number("descend", "epochs", epochs, checks.POSITIVE)
    return max(1, round(float(epochs or 0) * batches.steps_per_epoch(problem.examples, size)))


def _seed(key: int | PRNGKeyArray) -> tuple[int, PRNGKeyArray]:
    """The seed of the order of examples, and the key of all else."""
    if isinstance(key, jax.Array) and (jnp.issubdtype(key.dtype, jax.dtypes.prng_key) or (key.dtype, key.shape) == (np.uint32, (2,))):
        return int(jax.random.randint(key, (), 0, np.iinfo(np.int32).max)), key
    if isinstance(key, bool) or not isinstance(key, (int, np.integer)) or not 0 <= key < 2**32:
        raise InputError(f"descend: key must be a seed (a whole number from 0 to 4,294,967,295) or a JAX key, got {key!r}")
    return int(key), jax.random.key(int(key))


@functools.lru_cache(maxsize=8)
def _compiled(problem: Problem, size: int | None, probed: bool, kept: bool) -> Callable[..., tuple[Run, Row]]:
    return jax.jit(functools.partial(advance, problem, size, probed=probed, kept=kept))
