"""The younger methods against the libraries that have them, and those for whole arrays on matrices."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from talweg import methods
from talweg.schedules import InverseTime

pytestmark = pytest.mark.usefixtures("double")

STEPS, CLOSE = 200, 1e-10
ADAM = {"b1": 0.8, "b2": 0.95}
ARRAYS = runpy.run_path(str(Path(__file__).parent / "loops" / "arrays.py"))["LOOPS"]

Entry = tuple[methods.Method, Callable[[Any], optax.GradientTransformation]]

OPTAX: dict[str, Entry] = {
    "adabelief": (methods.AdaBelief(0.02, **ADAM, eps=1e-3), partial(optax.adabelief, **ADAM, eps=1e-3, eps_root=1e-3)),
    "yogi": (
        methods.Yogi(0.02, **ADAM, eps=1e-2, start=0.0),
        lambda rate: optax.chain(optax.scale_by_yogi(**ADAM, eps=1e-2, initial_accumulator_value=0.0), optax.scale_by_learning_rate(rate)),
    ),
    "signsgd": (methods.SignSGD(0.02), optax.sign_sgd),
    "signum": (methods.Signum(0.02, momentum=0.8), partial(optax.signum, beta=0.8)),
    "lamb": (methods.LAMB(0.02, **ADAM, weight_decay=0.1), partial(optax.lamb, **ADAM, weight_decay=0.1)),
    "lars": (
        methods.LARS(1.0, momentum=0.8, weight_decay=0.1, trust=0.02),
        partial(optax.lars, momentum=0.8, weight_decay=0.1, trust_coefficient=0.02),
    ),
    "prodigy": (
        methods.Prodigy(1.0, **ADAM, weight_decay=0.01, first=1e-3),
        lambda rate: optax.contrib.prodigy(rate, betas=(0.8, 0.95), weight_decay=0.01, estim_lr0=1e-3),
    ),
}

# The same words for another formula: the signs of the step before; 1 − β₂ for β₂; the bias of the momentum corrected.
OPTAX_DIFFERS: dict[str, Entry] = {
    "rprop": (methods.Rprop(0.02), optax.rprop),
    "adan": (methods.Adan(0.02, b1=0.8, b2=0.7, b3=0.9), partial(optax.adan, b1=0.8, b2=0.7, b3=0.9, eps_root=0.0)),
    "yogi": (methods.Yogi(0.02, start=0.1), lambda rate: optax.yogi(rate)),
    "muon": (methods.Muon(0.02), lambda rate: optax.contrib.muon(rate, consistent_rms=0.2)),
}

X = np.random.default_rng(3).normal(size=(STEPS, 6, 3))
NOISE = np.random.default_rng(4).normal(size=(STEPS, 6, 4))
START = {"w": np.random.default_rng(5).normal(size=(3, 4)), "b": np.random.default_rng(6).normal(size=4)}


def layer(params: Any, t: Any) -> Any:
    """A linear layer on six fresh examples at every step, whose targets are noisy: the loss of a matrix and a vector."""
    out = jnp.asarray(X)[t] @ params["w"] + params["b"]
    return jnp.mean(jnp.sum((out - jnp.sin(3 * jnp.asarray(X)[t] @ jnp.ones((3, 4))) - jnp.asarray(NOISE)[t]) ** 2, axis=1))


def of_matrix(w: np.ndarray, t: int) -> np.ndarray:
    """The gradient of the same layer without its vector, by hand."""
    out = X[t] @ w - np.sin(3 * X[t] @ np.ones((3, 4))) - NOISE[t]
    return 2 * X[t].T @ out / 6


def rates(method: methods.Method, changing: bool) -> tuple[methods.Method, Any]:
    """The method and its learning rate for optax, which falls or not."""
    rate = method.hyperparameters()["learning_rate"]
    if not changing:
        return method, rate
    return type(method)(**method.hyperparameters() | {"learning_rate": InverseTime(rate, halfway=40.0)}), lambda t: rate / (1 + t / 40.0)


def flat(tree: Any) -> np.ndarray:
    """A tree of paths as one array: (steps, numbers)."""
    return np.concatenate([np.asarray(leaf).reshape(STEPS, -1) for leaf in jax.tree.leaves(tree)], axis=1)


def optax_path(transformation: optax.GradientTransformation, see: Callable[..., Any] = lambda state, w: w) -> np.ndarray:
    @jax.jit
    def step(w, state, t):
        updates, state = transformation.update(jax.grad(layer)(w, t), state, w)
        return optax.apply_updates(w, updates), state

    def points() -> Iterator[Any]:
        w = jax.tree.map(jnp.asarray, START)
        state = transformation.init(w)
        for t in range(STEPS):
            w, state = step(w, state, t)
            yield see(state, w)

    return flat(jax.tree.map(lambda *leaves: np.stack(leaves), *points()))


@pytest.mark.parametrize("changing", [False, True], ids=["constant", "schedule"])
@pytest.mark.parametrize("name", OPTAX)
def test_a_method_takes_the_same_steps_as_optax(name, changing, walk, apart):
    method, make = OPTAX[name]
    method, rate = rates(method, changing)
    ours = flat(walk(method, layer, jax.tree.map(jnp.asarray, START), STEPS))
    assert apart(ours, optax_path(make(rate))) <= CLOSE


@pytest.mark.parametrize("name", OPTAX_DIFFERS)
def test_optax_has_another_formula_where_the_docstring_says_so(name, walk, apart):
    method, make = OPTAX_DIFFERS[name]
    ours = flat(walk(method, layer, jax.tree.map(jnp.asarray, START), STEPS))
    assert apart(ours, optax_path(make(0.02))) > 1e-6


@pytest.mark.parametrize(
    ("method", "transformation"),
    [
        (methods.ScheduleFree(0.05, b1=0.8, weight_decay=0.1), optax.contrib.schedule_free_sgd(0.05, b1=0.8, weight_decay=0.1)),
        (
            methods.ScheduleFreeAdamW(0.02, b1=0.8, b2=0.95, weight_decay=0.1),
            optax.contrib.schedule_free_adamw(0.02, b1=0.8, b2=0.95, weight_decay=0.1),
        ),
    ],
    ids=["sgd", "adamw"],
)
def test_a_schedule_free_method_stands_where_optax_evaluates(method, transformation, walk, apart):
    theirs = optax_path(transformation, optax.contrib.schedule_free_eval_params)
    assert apart(flat(walk(method, layer, jax.tree.map(jnp.asarray, START), STEPS)), theirs) <= CLOSE


@pytest.mark.parametrize("changing", [False, True], ids=["constant", "schedule"])
@pytest.mark.parametrize("name", ARRAYS)
def test_a_method_for_whole_arrays_takes_the_steps_of_its_plain_loop_on_a_matrix(name, changing, walk, apart):
    cls = methods.CATALOGUE[name]
    rate = cls.space["learning_rate"].value(0.5)
    decay = {"weight_decay": 0.1} if "weight_decay" in cls().hyperparameters() else {}
    method = cls(InverseTime(rate, halfway=40.0) if changing else rate, **decay)
    fixed = {key: value for key, value in method.hyperparameters().items() if key != "learning_rate"}
    each = rate / (1 + np.arange(STEPS) / 40) if changing else np.full(STEPS, rate)
    theirs = np.stack(list(ARRAYS[name](of_matrix, START["w"], each, **fixed)))
    ours = walk(method, lambda w, t: layer({"w": w, "b": jnp.zeros(4)}, t), jnp.asarray(START["w"]), STEPS)
    assert apart(np.asarray(ours).reshape(STEPS, -1), theirs.reshape(STEPS, -1)) <= 1e-9
    assert np.linalg.norm(theirs[-1] - START["w"]) > 1e-3


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_of_zeros_without_a_gradient_stays_where_it_is(name):
    method = methods.CATALOGUE[name]()
    params = {"w": jnp.zeros((3, 4)), "b": jnp.zeros(4)}
    ends = jax.jit(
        lambda: jax.lax.fori_loop(
            0,
            12,
            lambda t, run: method.step(methods.base.Oracle(lambda p: 0 * p["w"].sum()), run[0], run[1], 1.0 * t, jax.random.key(0)),
            (params, method.init(params)),
        )
    )()[0]
    assert all(not np.asarray(leaf).any() for leaf in jax.tree.leaves(ends))


def torch_path(optimizer: Any, w: Any, see: Callable[[], Any], rate: Callable[[int], float] | None = None) -> np.ndarray:
    from_numpy = pytest.importorskip("torch").from_numpy
    theirs = []
    for t in range(STEPS):
        if rate is not None:
            optimizer.param_groups[0]["lr"] = rate(t)
        w.grad = from_numpy(of_matrix(w.detach().numpy(), t))
        optimizer.step()
        theirs.append(see().detach().numpy().reshape(-1).copy())
    return np.stack(theirs)


@pytest.fixture
def torch() -> Iterator[Any]:
    """PyTorch with float64 as its default, in which it keeps its learning rates."""
    module = pytest.importorskip("torch")
    before = module.get_default_dtype()
    module.set_default_dtype(module.float64)
    yield module
    module.set_default_dtype(before)


def on_matrix(walk: Any, method: methods.Method) -> np.ndarray:
    path = walk(method, lambda w, t: layer({"w": w, "b": jnp.zeros(4)}, t), jnp.asarray(START["w"]), STEPS)
    return np.asarray(path).reshape(STEPS, -1)


def test_rprop_takes_the_same_steps_as_torch(walk, apart, torch):
    w = torch.tensor(START["w"])
    optimizer = torch.optim.Rprop([w], lr=0.02, etas=(0.4, 1.3), step_sizes=(1e-4, 0.5))
    method = methods.Rprop(0.02, shrink=0.4, grow=1.3, smallest_step=1e-4, largest_step=0.5)
    assert apart(on_matrix(walk, method), torch_path(optimizer, w, lambda: w)) <= CLOSE


@pytest.mark.parametrize("t0", [0, 30])
def test_averaged_descent_stands_where_torch_keeps_its_average(t0, walk, apart, torch):
    w = torch.tensor(START["w"])
    optimizer = torch.optim.ASGD([w], lr=0.02, lambd=0.0, t0=t0)
    theirs = torch_path(optimizer, w, lambda: optimizer.state[w]["ax"])
    assert apart(on_matrix(walk, methods.AveragedSGD(0.02, begin=t0 + 1)), theirs) <= CLOSE


def test_adafactor_takes_the_same_steps_as_torch_while_its_rate_is_below_one_over_root_t(walk, apart, torch):
    w = torch.tensor(START["w"])
    optimizer = torch.optim.Adafactor([w], lr=0.05, weight_decay=0.0)
    assert apart(on_matrix(walk, methods.Adafactor(0.05)), torch_path(optimizer, w, lambda: w)) <= CLOSE


def test_adafactor_takes_the_same_steps_as_optax_but_for_its_single_precision(walk, apart):
    theirs = optax_path(optax.adafactor(0.05, min_dim_size_to_factor=1))
    assert apart(flat(walk(methods.Adafactor(0.05), layer, jax.tree.map(jnp.asarray, START), STEPS)), theirs) <= 1e-5


def test_muon_orthogonalises():
    u = jnp.asarray(START["w"])
    values = np.linalg.svd(np.asarray(methods.matrices.orthogonal(u)), compute_uv=False)
    assert (values > 0.6).all()
    assert (values < 1.3).all()
    left, _, right = np.linalg.svd(START["w"], full_matrices=False)
    assert np.abs(left.T @ np.asarray(methods.matrices.orthogonal(u)) @ right.T - np.diag(values)).max() < 0.5
