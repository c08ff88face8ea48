"""From a problem to what lies where a descent on it stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw


def test_it_is_the_diagnosis_of_where_the_trajectory_ends() -> None:
    problem = tw.problems.load("rosenbrock")
    diagnosis = tw.diagnose(problem, "momentum", steps=60)
    (own,) = tw.trajectories(problem, "momentum", steps=60)
    same = tw.landscape.diagnose(problem, own.positions[0, -1])
    assert diagnosis.evidence.loss == same.evidence.loss
    assert diagnosis.of == f"rosenbrock after 60 steps of momentum (learning rate {own.hyperparameters['learning_rate']:.3g}, tuned)"
    assert diagnosis.method is not None
    assert diagnosis.method.hyperparameters()["learning_rate"] == own.hyperparameters["learning_rate"]


def test_on_data_it_is_the_diagnosis_of_where_a_run_ends() -> None:
    problem = tw.problems.load("iris", model="mlp:3")
    diagnosis = tw.diagnose(problem, "adam@16", learning_rate=0.01, epochs=3, seed=2)
    run = tw.descend(problem, tw.methods.Adam(0.01), epochs=3, batch=16, key=2)
    loss = float(problem.loss(run.params, problem.divided(2).train))
    assert diagnosis.evidence.loss == pytest.approx(loss, rel=1e-4)
    assert diagnosis.of == "iris after 3 epochs of Adam (batch 16) (learning rate 0.01)"


def test_a_point_that_is_given_is_diagnosed_without_a_descent() -> None:
    diagnosis = tw.diagnose(tw.problems.load("himmelblau"), at=[0.08668, 2.88425])
    assert diagnosis.point == "saddle"
    assert diagnosis.of.endswith(" at 0.08668,2.88425")


def test_a_function_of_ones_own_is_followed_step_by_step() -> None:
    bowl = tw.Problem(lambda x, _: jnp.sum(x**2), lambda key: jnp.ones(3), name="bowl")
    diagnosis = tw.diagnose(bowl, "sgd", learning_rate=0.3, steps=100)
    assert diagnosis.point == "minimum"
    assert diagnosis.of.startswith("bowl after 100 steps")
    assert np.isclose(diagnosis.sharpness, 2)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: tw.diagnose(tw.problems.load("rosenbrock"), "sgd,adam"), "one method descends, got 2"),
        (lambda: tw.diagnose(tw.problems.load("iris"), at=[1.0, 2.0]), "at is a point of a function, and iris is no function"),
        (lambda: tw.diagnose(tw.problems.load("rosenbrock"), learning_rate=1e9, steps=20), "diverged at step .*a smaller learning rate"),
        (lambda: tw.diagnose(tw.problems.load("rosenbrock"), steps=0), "steps must be at least 1"),
    ],
)
def test_a_mistake_is_one_sentence(call: Callable[[], Any], says: str) -> None:
    with pytest.raises(tw.InputError, match=says):
        call()


def test_what_is_no_problem_is_refused() -> None:
    with pytest.raises(TypeError, match="problem must be a Problem"):
        tw.diagnose("rosenbrock")  # type: ignore[arg-type]
