"""The named data sets, and what a person may write instead of a name."""

import subprocess
import sys

import jax
import numpy as np
import pytest

from talweg.checks import InputError
from talweg.problems import load, resolve
from talweg.problems.datasets import CATALOGUE


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_named_problem_has_a_finite_loss_and_gradient_at_its_start(name):
    problem = load(name)
    params = problem.start(jax.random.key(0))
    loss, slope = jax.value_and_grad(problem.loss)(params, jax.tree.map(lambda leaf: leaf[:32], problem.train))
    assert problem.name == CATALOGUE[name].name == name
    assert np.isfinite(loss)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(slope))


@pytest.mark.parametrize(
    ("name", "rows", "shape"), [("digits", 1797, (8, 8)), ("iris", 150, (4,)), ("moons", 1000, (2,)), ("xor", 1000, (2,))]
)
def test_a_data_set_has_all_its_rows_in_its_shape(name, rows, shape):
    problem = load(name)
    assert sum(problem.facts["split"]) == rows
    assert problem.train[0].shape[1:] == shape


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "xor"])
def test_generated_data_are_the_same_at_every_call_and_only_the_split_follows_the_seed(name):
    first, again = CATALOGUE[name].builder(), CATALOGUE[name].builder()
    np.testing.assert_array_equal(first[0], again[0])
    assert np.bincount(first[1]).tolist() == [500, 500]
    assert not np.array_equal(load(name, seed=0).train[0], load(name, seed=1).train[0])
    np.testing.assert_array_equal(load(name, seed=1).train[0], load(name, seed=1).train[0])


def test_the_task_of_a_data_set_is_recognised():
    assert load("diabetes").task == "regression"
    assert load("digits").classes == tuple("0123456789")
    assert load("wine", model="linear", loss="hinge").facts["loss"] == "hinge"


def test_an_unknown_name_is_answered_with_the_name_that_was_meant():
    with pytest.raises(InputError, match="unknown name 'digit'; did you mean digits"):
        load("digit")
    with pytest.raises(InputError, match=r"unknown name 'mnist-ish'.*give a file: \.csv"):
        resolve("mnist-ish")


def test_a_fixed_function_refuses_a_model_and_a_loss():
    with pytest.raises(InputError, match=r"quadratic_deep: .*leave out model and loss"):
        load("quadratic_deep", model="linear", loss="squared")


def test_resolve_takes_a_problem_a_name_or_a_file(tmp_path):
    problem = load("xor")
    assert resolve(problem) is problem
    assert resolve("xor", model="linear").model == "linear"
    path = tmp_path / "table.csv"
    path.write_text("a,y\n" + "\n".join(f"{i * 7 % 11 + 0.5},{i % 2}" for i in range(20)))
    assert resolve(str(path)).task == resolve(path, "y").task == "classification"


def test_resolve_refuses_settings_that_would_be_ignored():
    with pytest.raises(InputError, match="already has its model, loss and data; leave out target and loss"):
        resolve(load("xor"), target="y", loss="hinge")
    with pytest.raises(InputError, match="leave out init"):
        resolve(load("xor"), init="he")
    with pytest.raises(InputError, match="has its own target"):
        resolve("xor", target="y")
    with pytest.raises(InputError, match="got int"):
        resolve(3)


def test_how_weights_start_is_asked_for_beside_the_model_said_and_kept():
    for problem, default in ((load("xor"), "mlp:32"), (load("iris", model="linear"), "linear")):
        assert problem.model == default
        assert problem.facts["initialisation"] == "torch"
    named, beside = load("xor", model="mlp:32,he"), load("xor", init="he")
    assert beside.model == named.model == "mlp:32,he"
    assert beside.facts["initialisation"] == "he"
    assert beside.fingerprint() == named.fingerprint() != load("xor").fingerprint()
    assert beside.source.options["init"] == "he"
    with pytest.raises(InputError, match="weights start in one way, got torch and he"):
        load("xor", model="mlp:32,he", init="torch")


@pytest.mark.parametrize("name", ["rosenbrock", "x**2 + y**2", "quadratic_deep"])
def test_a_function_has_its_own_start_and_refuses_another(name):
    with pytest.raises(InputError, match="a fixed function with its own loss and no model; leave out init"):
        resolve(name, init="he")


def test_importing_problems_imports_no_library_for_tables():
    code = "import sys, talweg.problems; print(sorted({'pandas', 'skrub', 'sklearn', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
