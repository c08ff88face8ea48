"""Small networks with traps: solutions made by hand, lowest values by an independent way, and descents that do get stuck."""

from __future__ import annotations

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

import talweg as tw
from talweg import InputError
from talweg.engine.program import Placement, Program
from talweg.methods import Momentum
from talweg.problems import load, resolve, synthetic
from talweg.racing.recall import raced_problem

NAMES = ["xor-2-2-1", "parity", "parity:bits=3", "two-spirals", "deep-linear", "teacher-student", "teacher-student:units=8"]
LOGIT = float(np.log(9))  #: the logistic function is 0.9 there


def network(problem, *layers):
    """The problem's own network with these weights and biases."""
    start = problem.start(jax.random.key(0))
    numbers = [jnp.asarray(np.asarray(part, float)) for layer in layers for part in layer]
    return eqx.tree_at(lambda net: [part for layer in net.layers for part in (layer.weight, layer.bias)], start, numbers)


def answers_right(problem, params):
    return float(problem.metric.function(params, problem.train)) == 1.0


def ends(problem, rate, steps, lanes):
    """Final losses of plain gradient descent from many random starts."""
    program = Program(Placement(problem), Momentum(rate, 0.0), None, lanes)
    return program.run([Momentum(rate, 0.0)] * lanes, list(range(lanes)), steps).validation_loss[:, -1]


def test_each_starts_in_its_own_way_whatever_the_model_unless_another_is_asked_for():
    for name in NAMES:
        own = "small" if name == "deep-linear" else "he"
        problem = load(name)
        assert problem.facts["initialisation"] == own
        assert problem.model.endswith(f",{own}")
        assert not any(layer.bias.any() for layer in problem.start(jax.random.key(1)).layers)
        assert load(name, init="torch").facts["initialisation"] == "torch"
    assert load("xor-2-2-1", model="mlp:4,sigmoid").model == "mlp:4,sigmoid,he"
    assert load("xor-2-2-1", model="mlp:4,sigmoid,torch").model == "mlp:4,sigmoid"
    weights = load("xor-2-2-1").start(jax.random.key(0)).layers[0].weight
    np.testing.assert_array_equal(weights, jax.random.normal(jax.random.split(jax.random.key(0), 2)[0], (2, 2)))  # √(2 / 2) = 1


# ---- exclusive or and parity --------------------------------------------------------------------------------------------------


def test_exclusive_or_is_at_least_one_and_not_both():
    problem = load("xor-2-2-1")
    at_least_one, both = -10.0, -30.0
    solution = network(problem, (np.full((2, 2), 20.0), [at_least_one, both]), ([[2 * LOGIT], [-2 * LOGIT]], [-LOGIT]))
    assert answers_right(problem, solution)
    assert float(problem.loss(solution, problem.train)) < 1e-7
    assert problem.parameters() == 9


@pytest.mark.parametrize("bits", [2, 3, 4, 6])
def test_as_many_units_as_bits_count_them_and_so_know_their_parity(bits):
    problem = load(f"parity:bits={bits}")
    thresholds = 2 * np.arange(bits) + 1 - bits  # the sum of −1 and 1 lies above the j-th if more than j bits are on
    hidden = np.full((bits, bits), 8.0), -8.0 * thresholds
    turns = LOGIT * (-1.0) ** np.arange(bits)
    solution = network(problem, hidden, (turns[:, None], [-LOGIT + turns.sum()]))
    assert answers_right(problem, solution)
    assert float(problem.loss(solution, problem.train)) < 1e-10
    assert problem.examples == 2**bits


def test_a_truth_table_has_every_row_once_and_its_target_is_the_parity_of_the_ones():
    x, y = load("parity:bits=5").train
    assert sorted(map(tuple, x.tolist())) == sorted(itertools.product((-1.0, 1.0), repeat=5))
    np.testing.assert_allclose(y, np.where((x > 0).sum(1) % 2 == 1, 0.9, 0.1), rtol=1e-6)
    x, y = load("xor-2-2-1").train
    np.testing.assert_array_equal(y > 0.5, x[:, 0] != x[:, 1])


def test_without_weights_exclusive_or_has_no_slope_and_says_one_half():
    problem = load("xor-2-2-1")
    nothing = jax.tree.map(jnp.zeros_like, problem.start(jax.random.key(0)))
    loss, slope = jax.value_and_grad(problem.loss)(nothing, problem.train)
    assert float(loss) == pytest.approx(0.16)
    assert all(np.abs(leaf).max() < 1e-7 for leaf in jax.tree.leaves(slope))


def test_some_descents_on_exclusive_or_get_stuck_at_the_levels_counted_by_hand_and_a_wider_layer_helps():
    found = ends(load("xor-2-2-1"), 3.0, 4000, 64)
    stuck = found > 2e-3
    assert 0.1 < stuck.mean() < 0.6
    two, three, all_four = 0.16 * 2 / 4, (2 * (0.8 / 3) ** 2 + (1.6 / 3) ** 2) / 4, 0.16  # examples with one common answer
    assert np.abs(found[stuck, None] - [two, three, all_four]).min(1).max() < 2e-3
    wider = ends(load("xor-2-2-1", model="mlp:4,sigmoid"), 3.0, 4000, 64)
    assert (wider > 2e-3).mean() < stuck.mean() / 2


# ---- two spirals --------------------------------------------------------------------------------------------------------------


def test_the_spirals_are_those_of_1988_and_the_test_points_lie_between():
    problem = load("two-spirals")
    (x, y), (between, _) = problem.train, problem.test
    assert x.shape == (194, 2)
    assert y.sum() == 97
    np.testing.assert_allclose(x[0], [0, 6.5])  # the first point of the first arm, and a quarter of a turn later
    np.testing.assert_allclose(x[8], [6.5 * 96 / 104, 0], atol=1e-6)
    np.testing.assert_array_equal(x[97:], -x[:97])
    near = np.linalg.norm(between[:96] - (x[:96] + x[1:97]) / 2, axis=1)
    assert near.max() < 0.05 * np.linalg.norm(x[0])
    assert between.shape == (192, 2)


# ---- a deep linear network ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "rank"), [("mlp:8,4,identity,small", 4), ("mlp:8,identity,small", 8), ("mlp:2,5,identity", 2), ("linear", 8)]
)
def test_the_lowest_loss_of_a_deep_linear_network_is_that_of_the_best_map_of_its_rank(model, rank):
    problem = load("deep-linear", model=model)
    x, y = (np.asarray(part, float) for part in problem.train)
    np.testing.assert_array_equal(x.T @ x, len(x) * np.eye(8))  # whitened
    np.testing.assert_array_equal(x.sum(0), np.zeros(8))
    best = np.linalg.lstsq(x, y, rcond=None)[0]
    left, values, right = np.linalg.svd(best)
    values[rank:] = 0
    lowest = np.mean((y - x @ (left * values) @ right) ** 2)
    assert problem.optimum == pytest.approx(lowest, abs=1e-12)
    assert problem.facts["rank"] == rank


def test_a_long_descent_comes_down_to_that_value_and_no_lower():
    with jax.enable_x64(True):
        problem = load("deep-linear")
        trace = tw.descend(problem, Momentum(0.16, 0.9), steps=4000, batch="full", key=3)
    assert trace.loss[-1] == pytest.approx(problem.optimum, abs=1e-10)
    assert trace.loss.min() > problem.optimum - 1e-12


def test_the_origin_is_a_saddle_whose_ways_down_are_the_singular_values():
    problem = load("deep-linear", model="mlp:8,identity,small")
    flat, build = ravel_pytree(jax.tree.map(jnp.zeros_like, problem.start(jax.random.key(0))))

    def height(v):
        return problem.loss(build(v), problem.train)

    assert np.abs(jax.grad(height)(flat)).max() == 0
    eigenvalues = np.linalg.eigvalsh(jax.hessian(height)(flat))
    for value in synthetic.SINGULAR:  # one for each of the eight units, up and down
        assert np.isclose(eigenvalues, -value / 4, atol=2.5e-5).sum() == 8
    deeper = load("deep-linear")
    nothing = jax.tree.map(jnp.zeros_like, deeper.start(jax.random.key(0)))
    assert all((leaf == 0).all() for leaf in jax.tree.leaves(jax.grad(deeper.loss)(nothing, deeper.train)))
    low = jax.jit(deeper.loss)(tw.descend(deeper, Momentum(0.16, 0.9), steps=1000, batch="full").params, deeper.train)
    assert low < float(deeper.loss(nothing, deeper.train))


# ---- teacher and student ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "model"), [("teacher-student", None), ("teacher-student:units=8", "mlp:8,tanh")])
def test_the_teachers_own_weights_cost_the_student_nothing(text, model):
    problem = load(text, model=model)
    units = problem.facts["teacher_units"]
    teacher = network(problem, (np.eye(units), np.zeros(units)), (np.ones((units, 1)), [0.0]))
    for batch in (problem.train, problem.test):
        assert float(problem.loss(teacher, batch)) < 1e-11
    assert problem.optimum == 0
    assert float(problem.loss(problem.start(jax.random.key(0)), problem.train)) > 0.2


def test_a_network_with_fewer_units_than_are_known_to_be_enough_has_no_known_lowest_value():
    assert load("teacher-student", model="mlp:5").optimum is None
    assert load("teacher-student", model="mlp:7").optimum == 0
    assert load("xor-2-2-1", model="linear").optimum is None
    assert load("parity", model="mlp:3,tanh").optimum is None


# ---- as problems of the catalogue ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_a_problem_is_the_same_at_every_call_and_says_what_it_is(name):
    problem = load(name)
    assert problem.fingerprint() == load(name).fingerprint() == resolve(name).fingerprint()
    assert problem.name == name
    assert problem.validation is None
    assert {"task", "model", "loss", "source", "optimum", "default_epochs"} <= problem.described().keys()
    assert load(name, model=problem.model).fingerprint() == problem.fingerprint()
    assert load(name, seed=3).fingerprint() == problem.fingerprint()
    with jax.enable_x64(True):
        assert {leaf.dtype for leaf in jax.tree.leaves((load(name).train[0], load(name).start(jax.random.key(0))))} == {np.dtype("float64")}


def test_options_and_models_make_other_problems():
    prints = [load(name).fingerprint() for name in NAMES] + [load("parity", model="mlp:9,tanh").fingerprint()]
    assert len(set(prints)) == len(prints)
    assert load("parity:bits=4").train[0].shape == load("parity").train[0].shape
    assert load("xor-2-2-1", model="mlp:4,sigmoid").facts["hidden"] == [4]


@pytest.mark.parametrize(
    ("text", "settings", "words"),
    [
        ("parity:bits=1", {}, "bits must be at least 2, got 1"),
        ("parity:bits=11", {}, "bits must be at most 10, got 11"),
        ("parity:bits=2.5", {}, "bits must be a whole number, got 2.5"),
        ("parity:bits=inf", {}, "bits must be a whole number"),
        ("parity:bits=many", {}, "bits must be a number"),
        ("parity:bit=3", {}, "did you mean bits"),
        ("teacher-student:units=0", {}, "units must be at least 2, got 0"),
        ("teacher-student:units=65", {}, "units must be at most 64, got 65"),
        ("xor-2-2-1:bits=3", {}, "did you mean xor-2-2-1"),
        ("xor-2-2-1", {"model": "cnn:8"}, "cnn needs images"),
        ("xor-2-2-1", {"loss": "hinge"}, "has its own loss and task; leave out loss"),
        ("parity:bits=3", {"loss": "hinge", "task": "regression"}, "leave out loss and task"),
        ("deep-linear", {"model": "mlp:8,4"}, "write mlp:8,4,identity"),
        ("teacher-student", {"model": "linear"}, "the student must be an mlp"),
        ("two-spirals", {"target": "y"}, "has its own target"),
    ],
)
def test_what_a_problem_can_not_be_is_one_sentence(text, settings, words):
    with pytest.raises(InputError, match=words) as said:
        resolve(text, **settings)
    assert "\n" not in str(said.value)


def test_a_race_on_them_is_judged_on_the_training_data_and_its_problem_is_built_again_from_the_store(tmp_path):
    problem = load("parity:bits=2", model="mlp:3,tanh")
    race = tw.race(problem, ["sgd", "adam"], settings=4, seeds=2, epochs=20, store=tmp_path / "talweg.db")
    assert all(np.isfinite(row["validation_loss"]["mean"]) for row in race.summary["contestants"])
    again = raced_problem(tw.open_race(race.name, tmp_path / "talweg.db"))
    assert again is not problem
    assert again.fingerprint() == problem.fingerprint()
