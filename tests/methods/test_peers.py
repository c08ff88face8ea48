"""Every method against the libraries that have the same formula, and where they don't, that they don't."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from talweg import methods
from talweg.schedules import InverseTime

pytestmark = pytest.mark.usefixtures("double")

STEPS, RATE = 200, 0.02
CLOSE = 1e-10  # the libraries add up in another order
ADAM = {"b1": 0.8, "b2": 0.95, "eps": 1e-3}  # an ε so large that its place in the formula shows

OPTAX: dict[str, tuple[methods.Method, Callable[[Any], optax.GradientTransformation]]] = {
    "sgd": (methods.GradientDescent(RATE), optax.sgd),
    "momentum": (methods.Momentum(RATE, momentum=0.8), partial(optax.sgd, momentum=0.8)),
    "nesterov-shifted": (methods.NesterovShifted(RATE, momentum=0.8), partial(optax.sgd, momentum=0.8, nesterov=True)),
    "adadelta": (methods.AdaDelta(RATE, rho=0.85, eps=1e-3), partial(optax.adadelta, rho=0.85, eps=1e-3)),
    "rmsprop": (methods.RMSprop(RATE, decay=0.85, eps=1e-3), partial(optax.rmsprop, decay=0.85, eps=1e-3, eps_in_sqrt=False)),
    "adam": (methods.Adam(RATE, **ADAM), partial(optax.adam, **ADAM)),
    "adamw": (methods.AdamW(RATE, **ADAM, weight_decay=0.1), partial(optax.adamw, **ADAM, weight_decay=0.1)),
    "adamax": (methods.Adamax(RATE, **ADAM), partial(optax.adamax, **ADAM)),
    "lion": (methods.Lion(RATE, b1=0.8, b2=0.95, weight_decay=0.1), partial(optax.lion, b1=0.8, b2=0.95, weight_decay=0.1)),
}

# The same words for another formula: ε inside the root, the maximum after the bias correction, a constant b1, ε as in algorithm 1.
OPTAX_DIFFERS: dict[str, tuple[methods.Method, Callable[[Any], optax.GradientTransformation]]] = {
    "adagrad": (methods.Adagrad(RATE, eps=1e-3, start=0.1), partial(optax.adagrad, eps=1e-3, initial_accumulator_value=0.1)),
    "rmsprop": (methods.RMSprop(RATE, decay=0.85, eps=1e-3), partial(optax.rmsprop, decay=0.85, eps=1e-3)),
    "amsgrad": (methods.AMSGrad(RATE, **ADAM), partial(optax.amsgrad, **ADAM)),
    "nadam": (methods.NAdam(RATE, **ADAM), partial(optax.nadam, **ADAM)),
    "radam": (methods.RAdam(RATE, **ADAM), partial(optax.radam, **ADAM)),
}

TORCH_ADAM = {"betas": (0.8, 0.95), "eps": 1e-3}
TORCH: dict[str, tuple[methods.Method, str, dict[str, Any]]] = {
    "sgd": (methods.GradientDescent(RATE), "SGD", {}),
    "momentum": (methods.Momentum(RATE, momentum=0.8), "SGD", {"momentum": 0.8}),
    "nesterov-shifted": (methods.NesterovShifted(RATE, momentum=0.8), "SGD", {"momentum": 0.8, "nesterov": True}),
    "adagrad": (methods.Adagrad(RATE, eps=1e-3, start=0.1), "Adagrad", {"eps": 1e-3, "initial_accumulator_value": 0.1}),
    "adadelta": (methods.AdaDelta(RATE, rho=0.85, eps=1e-3), "Adadelta", {"rho": 0.85, "eps": 1e-3}),
    "rmsprop": (methods.RMSprop(RATE, decay=0.85, eps=1e-3), "RMSprop", {"alpha": 0.85, "eps": 1e-3}),
    "adam": (methods.Adam(RATE, **ADAM), "Adam", TORCH_ADAM),
    "adamw": (methods.AdamW(RATE, **ADAM, weight_decay=0.1), "AdamW", {**TORCH_ADAM, "weight_decay": 0.1}),
    "amsgrad": (methods.AMSGrad(RATE, **ADAM), "Adam", {**TORCH_ADAM, "amsgrad": True}),
    "adamax": (methods.Adamax(RATE, **ADAM), "Adamax", TORCH_ADAM),
    "nadam": (methods.NAdam(RATE, **ADAM), "NAdam", TORCH_ADAM),
    "radam": (methods.RAdam(RATE, **ADAM), "RAdam", TORCH_ADAM),
    "radam, default numbers": (methods.RAdam(RATE), "RAdam", {}),
}


@pytest.fixture
def torch() -> Iterator[Any]:
    """PyTorch with float64 as its default: NAdam keeps its product of momenta in the default type."""
    module = pytest.importorskip("torch")
    before = module.get_default_dtype()
    module.set_default_dtype(module.float64)
    yield module
    module.set_default_dtype(before)


def falling(t: Any) -> Any:
    """The learning rate that changes, in plain arithmetic."""
    return RATE / (1 + t / 40.0)  # 40 without the point would be float32: an int32 step divided by a whole number


def with_rate(method: methods.Method, changing: bool) -> methods.Method:
    numbers = method.numbers() | ({"learning_rate": InverseTime(RATE, halfway=40.0)} if changing else {})
    return type(method)(**numbers)


def optax_path(transformation: optax.GradientTransformation, loss: Callable[..., Any], start: np.ndarray) -> np.ndarray:
    @jax.jit
    def step(w, state, t):
        updates, state = transformation.update(jax.grad(loss)(w, t), state, w)
        return optax.apply_updates(w, updates), state

    def points() -> Iterator[np.ndarray]:
        w = jnp.asarray(start)
        state = transformation.init(w)
        for t in range(STEPS):
            w, state = step(w, state, t)
            yield np.asarray(w)

    return np.stack(list(points()))


@pytest.mark.parametrize("changing", [False, True], ids=["constant", "schedule"])
@pytest.mark.parametrize("name", OPTAX)
def test_a_method_takes_the_same_steps_as_optax(name, changing, slope, walk, apart):
    method, make = OPTAX[name]
    theirs = optax_path(make(falling if changing else RATE), slope.loss, slope.start)
    assert apart(walk(with_rate(method, changing), slope.loss, jnp.asarray(slope.start), STEPS), theirs) <= CLOSE


@pytest.mark.parametrize("name", OPTAX_DIFFERS)
def test_optax_has_another_formula_where_the_docstring_says_so(name, slope, walk, apart):
    method, make = OPTAX_DIFFERS[name]
    theirs = optax_path(make(RATE), slope.loss, slope.start)
    assert 1e-6 < apart(walk(method, slope.loss, jnp.asarray(slope.start), STEPS), theirs) < 10


@pytest.mark.parametrize("changing", [False, True], ids=["constant", "schedule"])
@pytest.mark.parametrize("name", TORCH)
def test_a_method_takes_the_same_steps_as_torch(name, changing, slope, walk, apart, torch):
    method, peer, settings = TORCH[name]
    w = torch.tensor(slope.start, dtype=torch.float64)
    optimizer = getattr(torch.optim, peer)([w], lr=RATE, **settings)
    theirs = []
    for t in range(STEPS):
        optimizer.param_groups[0]["lr"] = falling(t) if changing else RATE
        w.grad = torch.from_numpy(slope.gradient(w.numpy(), t))
        optimizer.step()
        theirs.append(w.numpy().copy())
    assert apart(walk(with_rate(method, changing), slope.loss, jnp.asarray(slope.start), STEPS), np.stack(theirs)) <= CLOSE


def looking_ahead(path: np.ndarray, start: np.ndarray, rates: np.ndarray, momentum: float) -> np.ndarray:
    """Where Nesterov's gradients after the first were taken: w − η μ v, and the velocity is v = −Δw / η."""
    moves = np.diff(path, axis=0, prepend=start[None])
    return path[:-1] + momentum * moves[:-1] * (rates[1:] / rates[:-1])[:, None]


def test_the_shifted_form_walks_along_the_look_ahead_points_while_the_learning_rate_is_constant(slope, walk, apart):
    start = jnp.asarray(slope.start)
    ours = np.asarray(walk(methods.Nesterov(RATE, momentum=0.8), slope.loss, start, STEPS))
    shifted = np.asarray(walk(methods.NesterovShifted(RATE, momentum=0.8), slope.loss, start, STEPS))
    assert apart(looking_ahead(ours, slope.start, np.full(STEPS, RATE), 0.8), shifted[:-1]) <= 1e-12


def test_the_shifted_form_leaves_the_look_ahead_points_when_the_learning_rate_changes(slope, walk, apart):
    start, rate = jnp.asarray(slope.start), InverseTime(RATE, halfway=40.0)
    ours = np.asarray(walk(methods.Nesterov(rate, momentum=0.8), slope.loss, start, STEPS))
    shifted = np.asarray(walk(methods.NesterovShifted(rate, momentum=0.8), slope.loss, start, STEPS))
    assert apart(looking_ahead(ours, slope.start, falling(np.arange(STEPS)), 0.8), shifted[:-1]) > 1e-6


@pytest.mark.parametrize("changing", [False, True], ids=["constant", "schedule"])
def test_a_learning_rate_inside_the_velocity_is_the_same_only_while_it_is_constant(changing, slope, walk, apart):
    w, velocity, inside = slope.start, 0 * slope.start, []
    for t in range(STEPS):
        velocity = 0.8 * velocity - (falling(t) if changing else RATE) * slope.gradient(w, t)
        w = w + velocity
        inside.append(w)
    method = with_rate(methods.Momentum(RATE, momentum=0.8), changing)
    distance = apart(walk(method, slope.loss, jnp.asarray(slope.start), STEPS), np.stack(inside))
    assert distance > 1e-6 if changing else distance <= 1e-12
