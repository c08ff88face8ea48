"""What is the endpoint of a descent: a minimum, a saddle, not converged, or undecided?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import numpy as np
from jaxtyping import Float

from talweg import checks, schedules
from talweg.checks import InputError
from talweg.landscape import curvature, directions
from talweg.landscape.curvature import Density, Measured
from talweg.landscape.directions import shapes
from talweg.landscape.slices import chosen, losses_at
from talweg.methods import GradientDescent, Method, Momentum, Nesterov
from talweg.problems.base import Batch, Params, Problem
from talweg.results import Figures, Result, attributes
from talweg.summary import DiagnosisSummary, plain
from talweg.text import endpoints
from talweg.trees import as_floats

EXAMPLES = 2048  #: that the curvature is a mean over, unless more are asked for
SURE = 4.0  #: times a rounding error, and …
SIGNIFICANT = 2.0  #: … times a standard error: what is smaller can't be told from zero
DEGENERATE = 2.5  #: times the change of an eigenvalue over a Newton step: towards a degenerate point each step goes half of the way
ARRIVED = 1e-6  #: what a Newton step would still gain, as a share of the initial gap
JUMP = 1e-2  #: a change of the gradient over one rounding beyond this share of (initial gap / norm of the point) is a kink
ESCAPES = np.geomspace(1e-3, 10.0, 41)  #: lengths of the steps that are tried out of a saddle, in lengths of the weights


@dataclass(frozen=True)
class Evidence:
    """What was measured at a point. Tolerances are what can't be told from zero there."""

    point: str  #: one of talweg.text.endpoints.KINDS
    loss: float
    gradient_norm: float  #: length of the gradient
    gradient_rounding: float  #: of it, what is rounding
    gradient_sampling: float  #: its standard error over examples; 0 where the data are all there is
    decrement: float  #: what a Newton step would gain
    initial_gap: float  #: the loss at the start less the loss here
    smallest: float  #: eigenvalue of the Hessian
    largest: float
    smallest_tolerance: float
    largest_tolerance: float
    loss_rounding: float = 0.0
    smallest_error: float = 0.0  #: of Lanczos' method alone
    largest_error: float = 0.0
    kink: bool = False  #: whether the gradient jumps when the point is moved by one rounding


@dataclass(frozen=True, eq=False, repr=False)
class Diagnosis(Result):
    """Where a point lies, with the evidence.

    `.point` is minimum, saddle, maximum, not converged or undecided; `.sentences` has the reasons; `.escape` leads out of a saddle.
    """

    kind: ClassVar[str] = "diagnosis"

    problem: str
    evidence: Evidence
    dimensions: int
    examples: int
    split: str
    density: Density
    products: int  #: with the Hessian, each about the price of two gradients
    whole: bool  #: whether the whole Hessian was computed
    eigenvalues: Float[np.ndarray, " k"]  #: all of them if the whole Hessian was, otherwise those of Lanczos' method
    direction: Params  #: of length 1, of the lowest curvature, pointing to where the loss is lower
    escape: Params | None = None  #: of a saddle or a maximum: the lowest point along `direction`
    escape_loss: float | None = None
    escape_distance: float | None = None
    optimum: float | None = None  #: the lowest value of the problem, where it is known
    learning_rate: float | None = None
    method: Method | None = None
    threshold: float | None = None  #: of the sharpness, beyond which the method's steps grow; None where there is no such rule
    of: str = ""  #: how a descent came there, in words, where it is known

    @property
    def sharpness(self) -> float:
        """The largest eigenvalue."""
        return self.evidence.largest

    @property
    def edge(self) -> float | None:
        """The sharpness as a share of where steps begin to grow: 1 is the edge of stability."""
        return None if self.threshold is None else self.sharpness / self.threshold

    @property
    def point(self) -> str:
        """Minimum, saddle, maximum, not converged or undecided."""
        return self.evidence.point

    @property
    def summary(self) -> DiagnosisSummary:
        """All of it as plain numbers, None for what is not finite."""
        numbers = {
            **attributes(self, "kind", "problem", "dimensions", "examples", "split", "products", "whole", "optimum"),
            **attributes(self, "escape_loss", "escape_distance", "learning_rate", "threshold", "edge"),
            **vars(self.evidence),
            "trace": self.density.trace,
            "trace_error": self.density.trace_error,
            "negative": self.density.below(self.evidence.smallest_tolerance),
            "method": None if self.method is None else self.method.label,
        }
        return plain(numbers)

    @property
    def sentences(self) -> list[str]:
        """What it is, why, and what follows."""
        return endpoints.sentences(self.summary)

    @property
    def figures(self) -> Figures:
        """The spectral density of the Hessian ("spectrum")."""
        from talweg.figures import spectrum

        return Figures({"spectrum": lambda: spectrum.density(self.density.eigenvalues, self.density.weights, self.summary)})


def diagnose(
    problem: Problem,
    params: Params,
    *,
    learning_rate: float | None = None,
    method: Method | None = None,
    split: str = "train",
    examples: int | None = EXAMPLES,
    key: int = 0,
) -> Diagnosis:
    """What a point is: a minimum, a saddle, a maximum, not converged, or undecided.

    It is **not converged** unless its gradient can't be told from zero: it is within the rounding of the arithmetic or the noise of the
    sample of examples, or a Newton step would gain less than a millionth of the initial gap. Otherwise the signs of the
    extreme eigenvalues of the Hessian decide. Each has a tolerance, below which it can't be told from zero: four times how far it
    moves when every number of the point is moved by one rounding, its standard error over the examples (twice), the error of
    Lanczos' method, and how far it moves over a Newton step. If the sign of one that matters is not known, so is the answer.

    Args:
        params: the point, such as `trace.params`; a vector for a surface.
        learning_rate: of gradient descent, to compare the sharpness with 2 / η; or give the `method`.
        method: the method that will go on from here, with its numbers.
        split: the data that the loss is a mean over, "train" or "validation".
        examples: at most so many of them, evenly spaced; None for all.
        key: of the random vectors.

    A problem without validation and test data is taken to be known by all of its examples, so that there is no noise of a sample.
    Kinks (of ReLU, say) have no curvature, and none is measured there.

    Raises:
        InputError: parameters that are not the problem's, or whose loss is not finite; an unknown split, a number out of range.
    """
    params = checked(problem, params)
    checks.whole("diagnose", "key", key, at_least=0)
    if learning_rate is not None:
        checks.number("diagnose", "learning_rate", learning_rate, checks.POSITIVE)
        if method is not None:
            raise InputError("diagnose: give either a learning rate (of gradient descent) or a method, not both")
        method = GradientDescent(learning_rate)
    if method is not None:
        checks.instance("diagnose", "method", method, Method, "tw.methods.Momentum(0.1)")
    data, used, _ = chosen(problem, split, examples)
    measured, products = curvature.measured(problem, params, data, key=key)
    if not np.isfinite(measured.loss):
        raise InputError(
            f"diagnose: the loss of {problem.name} is {float(measured.loss)} at these parameters; give some where it is finite"
        )
    evidence = evidence_of(problem, measured, loss_at_start(problem, data))
    d = measured.vectors.shape[-1]
    whole = d <= curvature.WHOLE_AT_MOST
    if whole and np.isfinite(measured.eigenvalues).all():
        spread, more = Density.of_all(np.asarray(measured.eigenvalues)), 0
    else:
        spread, more = curvature.density(problem, params, data, key=key)
    lowest = {"direction": directions.unflat(np.asarray(measured.vectors[0], float), params)}
    if evidence.point in ("saddle", "maximum"):
        lowest |= _escape(problem, params, lowest["direction"], data)
    return Diagnosis(
        problem.name,
        evidence,
        d,
        used,
        "function" if data is None else split,
        spread,
        products + more,
        whole,
        spread.eigenvalues if whole else np.asarray(measured.eigenvalues, float),
        **lowest,
        optimum=None if problem.optimum is None else float(problem.optimum),
        learning_rate=rate(method),
        method=method,
        threshold=stable_below(method),
    )


def evidence_of(problem: Problem, measured: Measured, start: float) -> Evidence:
    """What a point is, from what was measured there and the loss at the start of the descent."""
    sampled = problem.validation is not None or problem.test is not None
    numbers = {name: float(getattr(measured, name)) for name in ("loss", "gradient_norm", "gradient_rounding", "decrement")}
    rounding, loss_rounding = numbers["gradient_rounding"], SURE * float(measured.loss_rounding)
    noise = float(measured.gradient_sampling) if sampled else 0.0
    initial_gap = start - numbers["loss"]
    arrived = numbers["decrement"] <= ARRIVED * abs(initial_gap) + loss_rounding
    tolerance = SURE * measured.rounding + SIGNIFICANT * float(sampled) * measured.sampling + measured.errors
    if arrived:
        tolerance = tolerance + DEGENERATE * measured.drift
    converged = arrived or numbers["gradient_norm"] <= max(SURE * rounding, SIGNIFICANT * noise)
    (low, high), (low_tolerance, high_tolerance) = measured.extremes.tolist(), tolerance.tolist()
    return Evidence(
        _kind(low, high, low_tolerance, high_tolerance) if converged else "not converged",
        **numbers,
        gradient_sampling=noise,
        initial_gap=initial_gap,
        smallest=low,
        largest=high,
        smallest_tolerance=low_tolerance,
        largest_tolerance=high_tolerance,
        loss_rounding=loss_rounding,
        smallest_error=float(measured.errors[0]),
        largest_error=float(measured.errors[1]),
        kink=rounding * max(float(measured.size), 1.0) > JUMP * abs(initial_gap),
    )


def _kind(low: float, high: float, low_tolerance: float, high_tolerance: float) -> str:
    """What the extreme eigenvalues say of a point where the gradient is zero."""
    if not np.isfinite([low, high, low_tolerance, high_tolerance]).all():
        return "undecided"
    if low > low_tolerance:
        return "minimum"
    if high < -high_tolerance:
        return "maximum"
    return "saddle" if low < -low_tolerance and high > high_tolerance else "undecided"


def loss_at_start(problem: Problem, data: Batch) -> float:
    """The loss on some data where a descent begins."""
    begin = jax.tree.map(lambda leaf: as_floats(leaf)[None], problem.start(jax.random.key(0)))
    return float(losses_at(problem, begin, data)[0])


def stable_below(method: Method | None) -> float | None:
    """The sharpness below which a method's full-batch steps do not grow on a quadratic; None where no such rule is known.

        gradient descent 2 / η      momentum (2 + 2μ) / η      Nesterov (2 + 2μ) / ((1 + 2μ) η)

    Cohen, Kaur, Li, Kolter & Talwalkar, "Gradient descent on neural networks typically occurs at the edge of stability", 2021.
    """
    eta = rate(method)
    if method is None or eta is None or eta <= 0:
        return None
    if type(method) is GradientDescent:
        return 2 / eta
    momentum: Any = getattr(method, "momentum", None)
    if type(method) is Momentum and np.ndim(momentum) == 0:
        return (2 + 2 * float(momentum)) / eta
    if type(method) is Nesterov and np.ndim(momentum) == 0:
        return (2 + 2 * float(momentum)) / ((1 + 2 * float(momentum)) * eta)
    return None


def rate(method: Method | None) -> float | None:
    """The learning rate of a method, where it is one number; that of a schedule changes, but for a cosine that ends where it began."""
    value: Any = getattr(method, "learning_rate", None)
    if isinstance(value, schedules.Cosine) and value.final == 1:  # as the constant lanes of a race have it
        value = value.initial
    return float(value) if isinstance(value, (int, float)) or (hasattr(value, "dtype") and np.ndim(value) == 0) else None


def checked(problem: Problem, params: Params) -> Params:
    """The parameters as arrays of floats, like the problem's own. Raises InputError if they are not, or not finite."""
    checks.instance("diagnose", "problem", problem, Problem, "tw.problems.load('digits')")
    own = shapes(problem)
    if len(jax.tree.leaves(own)) == 1 and isinstance(params, Sequence):
        params = np.asarray(params, float)
    if hasattr(params, "shape") and getattr(own, "ndim", 0) == 1 and params.shape != own.shape:
        raise InputError(f"diagnose: a point of {problem.name} is {own.shape[0]} numbers, got {params.size}")
    params = directions.checked("params", problem, params)
    if not all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(params)):
        raise InputError("diagnose: the parameters must be finite, and some are NaN or infinite; did the run diverge?")
    return params


def _escape(problem: Problem, params: Params, direction: Params, data: Batch) -> Mapping[str, Any]:
    """The lowest point along a direction and its opposite, and the direction towards it: the fields of a `Diagnosis`."""
    size = float(np.sqrt(sum(np.sum(np.square(leaf, dtype=float)) for leaf in jax.tree.leaves(params))))
    steps = ESCAPES * (size if size > 0 else 1.0)
    steps = np.concatenate([-steps, steps])
    tried = jax.tree.map(lambda w, v: (w[None] + steps.reshape(-1, *[1] * w.ndim) * v).astype(w.dtype), params, direction)
    losses = losses_at(problem, tried, data)
    best = int(np.nanargmin(np.where(np.isfinite(losses), losses, np.inf)))
    return {
        "direction": jax.tree.map(lambda v: v if steps[best] > 0 else -v, direction),
        "escape": jax.tree.map(lambda leaf: leaf[best], tried),
        "escape_loss": float(losses[best]),
        "escape_distance": float(abs(steps[best])),
    }
