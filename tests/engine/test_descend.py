"""One run: what it measures, where it stops, what it says of divergence, and whose mistakes it refuses."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg import problems, schedules
from talweg.checks import InputError
from talweg.engine import descend as descent
from talweg.engine import loop
from talweg.engine.descend import Trace, descend, minimize
from talweg.engine.loop import measuring_points, slots_between
from talweg.methods import Adam, GradientDescent, Method, Momentum, NAdam, Nesterov
from talweg.problems import Problem
from talweg.problems.quadratic import hessian

X = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
Y = (X @ np.array([1.0, -2.0, 0.5]) + 0.3).astype(np.float32)


def squared(params: Any, batch: Any) -> Any:
    x, y = batch
    return jnp.mean((x @ params["w"] + params["b"] - y) ** 2)


def flat_start(key: Any) -> Any:
    return {"w": jnp.zeros(3), "b": jnp.zeros(())}


@pytest.fixture(scope="module")
def own() -> Problem:
    """A problem of somebody's own: a loss and a start, 14 rows to train on and 6 to validate."""
    return Problem(loss=squared, start=flat_start, train=(X[:14], Y[:14]), validation=(X[14:], Y[14:]), name="own")


def by_hand(size: int, steps: int, rate: float, seed: int = 0) -> tuple[list[float], list[float], np.ndarray]:
    """Gradient descent in plain float64 NumPy on the same batches: batch losses, validation losses after every step, weights."""
    w, b = np.zeros(3), 0.0
    per_epoch = 14 // size
    training, validation = [], [float(np.mean(Y[14:].astype(float) ** 2))]
    for t in range(steps):
        epoch, place = divmod(t, per_epoch)
        rows = np.random.default_rng((seed, epoch, 1)).permutation(14)[place * size : (place + 1) * size] if size < 14 else np.arange(14)
        error = X[rows].astype(float) @ w + b - Y[rows]
        training.append(float(np.mean(error**2)))
        w, b = w - rate * 2 * X[rows].T @ error / len(rows), b - rate * 2 * error.mean()
        validation.append(float(np.mean((X[14:] @ w + b - Y[14:]) ** 2)))
    return training, validation, np.append(w, b)


@given(st.integers(1, 10**7), st.integers(1, 60))
def test_a_run_is_measured_at_its_start_its_quarter_its_half_and_its_end(steps: int, points: int) -> None:
    marks = measuring_points(steps, points)
    assert marks[0] == 0
    assert marks[-1] == steps
    assert (np.diff(marks) > 0).all()
    assert {round(steps / 4), round(steps / 2)} <= set(marks.tolist())
    assert len(marks) <= points + 3


@given(st.integers(1, 400), st.integers(1, 400))
def test_the_parts_of_a_run_go_through_every_step_once_and_measure_at_every_point_once(steps: int, part: int) -> None:
    marks = measuring_points(steps)
    walked: list[int] = []
    measured: list[int] = []
    for first in range(0, steps, part):
        slots = slots_between(marks, first, min(first + part, steps), loop.POINTS + 4)
        assert slots.shape == (loop.POINTS + 4, 3)
        assert slots[0, 0] == first  # what `order` begins with
        for a, b, metric in slots.tolist():
            walked += range(a, b)
            measured += [b] * metric
    assert walked == list(range(steps))
    assert measured == marks.tolist()


@pytest.mark.parametrize(("batch", "size"), [("full", 14), (1, 1), (4, 4)])
def test_a_run_is_the_plain_loop_whatever_the_batch(own: Problem, batch: Any, size: int) -> None:
    steps = 12
    trace = descend(own, GradientDescent(0.05), steps=steps, batch=batch, key=3)
    training, validation, weights = by_hand(size, steps, 0.05, seed=3)
    np.testing.assert_array_equal(trace.steps, range(steps + 1))
    np.testing.assert_array_equal(trace.examples, size * trace.steps)
    np.testing.assert_allclose(trace.validation_loss, validation, rtol=1e-5)
    np.testing.assert_allclose(trace.training_loss[1:], training, rtol=1e-5)
    assert np.isnan(trace.training_loss[0])  # no batch was seen yet
    assert np.isnan(trace.metric).all()  # the problem has none
    np.testing.assert_allclose(np.append(trace.params["w"], trace.params["b"]), weights, rtol=1e-5)
    assert trace.gradients == steps


def test_the_training_loss_is_the_mean_over_the_batches_since_the_point_before(own: Problem) -> None:
    trace = descend(own, GradientDescent(0.05), steps=30, points=3, batch=4)
    training, validation, _ = by_hand(4, 30, 0.05)
    marks = trace.steps.tolist()
    np.testing.assert_allclose(trace.validation_loss, np.array(validation)[marks], rtol=1e-5)
    expected = [np.mean(training[a:b]) for a, b in pairwise(marks)]
    np.testing.assert_allclose(trace.training_loss[1:], expected, rtol=1e-5)


def test_epochs_are_whole_batches_in_passes_over_the_training_data(own: Problem) -> None:
    assert descend(own, GradientDescent(), epochs=2, batch=4).steps[-1] == 2 * (14 // 4)
    assert descend(own, GradientDescent(), epochs=2, batch="full").steps[-1] == 2
    assert descend(own, GradientDescent(), epochs=0.01, batch=4).steps[-1] == 1  # never nothing


def test_one_seed_is_one_run_and_another_seed_another(own: Problem) -> None:
    runs = [descend(own, GradientDescent(0.05), steps=8, batch=2, key=key) for key in (1, 1, 2)]
    np.testing.assert_array_equal(runs[0].validation_loss, runs[1].validation_loss)
    assert (runs[0].validation_loss[1:] != runs[2].validation_loss[1:]).all()


def test_a_jax_key_is_a_seed_too(own: Problem) -> None:
    one, again = (descend(own, GradientDescent(0.05), steps=8, batch=2, key=kind(9)) for kind in (jax.random.key, jax.random.PRNGKey))
    np.testing.assert_array_equal(one.validation_loss, again.validation_loss)


def test_without_validation_data_the_training_data_judge(own: Problem) -> None:
    bare = Problem(loss=squared, start=flat_start, train=(X[:14], Y[:14]))
    trace = descend(bare, GradientDescent(0.05), steps=3, batch="full")
    np.testing.assert_allclose(trace.validation_loss[:-1], trace.training_loss[1:], rtol=1e-5)


def test_gradients_are_counted_as_the_method_asks_for_them(own: Problem) -> None:
    class Twice(GradientDescent):
        """Asks for two gradients."""

        def step(self, oracle: Any, params: Any, state: Any, t: Any, key: Any) -> Any:
            first = oracle.gradient(params)
            second = oracle.gradient(params)
            return jax.tree.map(lambda a, b: -self.learning_rate * (a + b) / 2, first, second), state

    plain, twice = (descend(own, kind(0.05), steps=7, batch=2) for kind in (GradientDescent, Twice))
    assert (plain.gradients, twice.gradients) == (7, 14)
    np.testing.assert_allclose(plain.validation_loss, twice.validation_loss, rtol=1e-6)
    assert descend(own, Nesterov(0.05), steps=7, batch=2).gradients == 7


def test_a_schedule_counts_the_steps_of_the_run(own: Problem) -> None:
    scheduled = descend(own, GradientDescent(schedules.Step(0.1, every=2, factor=0.5)), steps=6, batch="full")
    w = flat_start(None)
    for t in range(6):
        g = jax.grad(squared)(w, own.train)
        w = jax.tree.map(lambda p, g, t=t: p - 0.1 * 0.5 ** (t // 2) * g, w, g)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), scheduled.params, w)


def test_new_numbers_are_not_compiled_again(own: Problem) -> None:
    descend(own, Momentum(0.1, 0.9), steps=5, batch=2)
    compiled: Any = descent._compiled(own, 2, False, False, False)
    before = compiled._cache_size()
    assert before > 0
    for i in range(3):
        descend(own, Momentum(0.01 * (i + 1), 0.5), steps=5, batch=2, key=i)
    assert compiled._cache_size() == before


@pytest.mark.parametrize("batch", ["full", 1, 5])
def test_a_learning_rate_of_a_thousand_million_is_recorded_as_diverged_with_its_step(own: Problem, batch: Any) -> None:
    trace = descend(own, GradientDescent(1e9), steps=40, batch=batch)
    assert trace.diverged_at is not None
    assert 1 <= trace.diverged_at <= 2
    assert np.isfinite(trace.validation_loss[0])
    assert np.isnan(trace.validation_loss[trace.steps >= trace.diverged_at]).all()
    assert np.isnan(trace.validation_loss[-1])
    assert "diverged at step" in repr(trace)


def test_a_diverged_run_is_frozen_where_it_diverged(own: Problem) -> None:
    short = descend(own, GradientDescent(30.0), steps=8, batch="full")
    long = descend(own, GradientDescent(30.0), steps=400, batch="full")
    assert short.diverged_at == long.diverged_at
    jax.tree.map(np.testing.assert_array_equal, short.params, long.params)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(long.params))  # it was stopped by the ceiling, not by NaN


def test_a_run_that_only_overshoots_at_first_has_not_diverged() -> None:
    rate = schedules.Step(1.5, every=5, factor=0.3)  # x → −2x for five steps, then nearer and nearer
    trace = minimize(lambda x: x * x, 1.0, GradientDescent(rate), 40)
    assert trace.loss.max() == pytest.approx(4.0**5)
    assert trace.diverged_at is None
    assert trace.loss[-1] < trace.loss[0]


def test_a_loss_that_becomes_nan_is_divergence_and_not_an_exception() -> None:
    trace = minimize(lambda x: jnp.sqrt(x).sum(), [1.0], GradientDescent(0.9), 20)
    # 1 → 0.55 → −0.06, where the root is NaN: found at the measurement after step 2
    assert trace.diverged_at == 2
    assert np.isnan(trace.loss[trace.steps >= 2]).all()
    assert np.isfinite(trace.loss[trace.steps < 2]).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_start_without_a_finite_loss_has_diverged_before_the_first_step(value: float) -> None:
    trace = minimize(lambda x: jnp.where(x > 0.5, value, x * x), 1.0, GradientDescent(0.1), 5)
    assert trace.diverged_at == 0
    assert float(trace.params) == 1.0


def test_gradient_descent_on_quadratic_deep_converges_below_two_over_the_curvature_and_diverges_above() -> None:
    problem = problems.load("quadratic_deep")
    critical = 2 / np.linalg.eigvalsh(hessian())[-1]
    assert critical == pytest.approx(0.0376442, rel=1e-5)
    below = descend(problem, GradientDescent(0.98 * critical), steps=700, batch="full")
    above = descend(problem, GradientDescent(1.02 * critical), steps=700, batch="full")
    assert below.diverged_at is None
    assert above.diverged_at is not None
    np.testing.assert_allclose(below.loss[0], 353.446766, rtol=0.1)  # the validation rows are others than the published test rows
    assert below.loss[-1] < 90


TREES: list[tuple[str, Callable[[Any], Any], Any]] = [
    ("scalar", lambda x: (x - 2.0) ** 2, 5),
    ("list", lambda x: jnp.sum((x - 2.0) ** 2), [5, 6.0]),
    ("array", lambda x: jnp.sum((x - 2.0) ** 2), np.array([[5.0, 3.0]])),
    ("whole numbers", lambda x: jnp.sum((x - 2.0) ** 2), np.array([5, 3])),
    ("tree", lambda p: jnp.sum((p["a"] - 2.0) ** 2) + (p["b"][0] - 2.0) ** 2, {"a": np.ones(3), "b": [1]}),
]


@pytest.mark.parametrize(("fun", "x0"), [case[1:] for case in TREES], ids=[case[0] for case in TREES])
def test_minimize_takes_numbers_in_any_tree(fun: Any, x0: Any) -> None:
    trace = minimize(fun, x0, Momentum(0.1, 0.5), 80)
    assert isinstance(trace, Trace)
    for leaf in jax.tree.leaves(trace.params):
        np.testing.assert_allclose(leaf, 2.0, rtol=1e-3)
    assert trace.loss[-1] < 1e-4
    assert trace.examples[-1] == 80
    assert "80 steps" in repr(trace)


@pytest.mark.parametrize("method", [NAdam(), Adam()])
def test_a_start_may_be_made_of_plain_numbers(method: Method) -> None:
    problem = Problem(loss=lambda p, _: (p["a"] - 1) ** 2, start=lambda key: {"a": 3})
    for start in (None, {"a": 3}, {"a": 3.0}):
        trace = descend(problem, method, start, steps=5)
        assert trace.loss[-1] < trace.loss[0] == 4.0


SQUARE = (lambda x: jnp.sum(x**2), [1.0, 2.0])
MISTAKES: dict[str, tuple[Callable[[Problem], Any], str]] = {
    "not a method": (lambda p: descend(p, 0.1, steps=3), "method must be a Method"),  # type: ignore[arg-type]  # the mistake
    "a class": (lambda p: descend(p, Adam, steps=3), "method must be a Method"),  # type: ignore[arg-type]  # the mistake
    "no length": (lambda p: descend(p, Adam()), "either steps or epochs"),
    "two lengths": (lambda p: descend(p, Adam(), steps=3, epochs=1), "either steps or epochs"),
    "no steps": (lambda p: descend(p, Adam(), steps=0), "steps must be at least 1, got 0"),
    "half a step": (lambda p: descend(p, Adam(), steps=2.5), "steps must be a whole number"),  # type: ignore[arg-type]  # the mistake
    "negative epochs": (lambda p: descend(p, Adam(), epochs=-1), "epochs must lie in"),
    "epochs without end": (lambda p: descend(p, Adam(), epochs=float("inf")), "epochs must lie in"),
    "no points": (lambda p: descend(p, Adam(), steps=3, points=0), "points must be at least 1"),
    "a large batch": (lambda p: descend(p, Adam(), steps=3, batch=15), "a batch of 15 needs as many training examples, got 14"),
    "no batch": (lambda p: descend(p, Adam(), steps=3, batch=0), "batch size must be at least 1"),
    "a word": (lambda p: descend(p, Adam(), steps=3, batch="ful"), 'a whole number or "full"'),
    "a negative seed": (lambda p: descend(p, Adam(), steps=3, key=-1), "key must"),
    "a seed in words": (lambda p: descend(p, Adam(), steps=3, key="one"), "key must"),  # type: ignore[arg-type]  # the mistake
    "no function": (lambda p: minimize(3, [1.0], Adam(), 3), "fun must be a function"),  # type: ignore[arg-type]  # the mistake
    "many numbers": (lambda p: minimize(lambda x: x, [1.0, 2.0], Adam(), 3), "must be a single number"),
    "two numbers": (lambda p: minimize(lambda x: (x[0], x[1]), [1.0, 2.0], Adam(), 3), "must be a single number"),  # type: ignore[arg-type, return-value]  # the mistake
    "a whole number": (lambda p: minimize(lambda x: jnp.argmax(x), [1.0, 2.0], Adam(), 3), "must be a single number"),
    "a complex number": (lambda p: minimize(lambda x: x[0] * 1j, [1.0, 2.0], Adam(), 3), "must be a single number"),
    "text to start from": (lambda p: minimize(SQUARE[0], "here", Adam(), 3), "x0 must"),
    "no method": (lambda p: minimize(*SQUARE, 0.1, 3), "method must be a Method"),  # type: ignore[arg-type]  # the mistake
}


@pytest.mark.parametrize(("mistake", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence(own: Problem, mistake: Callable[[Problem], Any], sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        mistake(own)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
