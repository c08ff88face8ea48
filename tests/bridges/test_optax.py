"""Methods as optax transformations take the same steps, in every transformation of optax and JAX; and the other way round."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import talweg as tw
from talweg import dialects, methods, schedules, trees
from talweg.bridges.optax import evaluation_params, from_optax, transformation
from talweg.checks import InputError
from talweg.methods import CATALOGUE, VARIANTS, WRAPPERS
from talweg.oracle import Oracle

STEPS = 30
FALLING = schedules.Cosine(0.02, 40.0)
#: The variants differ in their formulas only, which no bridge sees.
USUAL = [name for name in CATALOGUE if name not in VARIANTS]
KINDS = [*USUAL, *(f"{outer}+adam" for outer in WRAPPERS if outer != "sam"), "ema+nesterov", "accumulate+ema+sgd", "noisy+nesterov"]


def loss(params: Any) -> Any:
    return sum(jnp.sum((leaf - 1.0) ** 2 * jnp.arange(1, leaf.size + 1).reshape(leaf.shape)) for leaf in jax.tree.leaves(params))


def start(dtype: Any = None) -> Any:
    kind = dtype or trees.float_type()
    return {
        "layers": [jnp.array([[0.5, -0.25], [2.0, 0.5], [-1.0, -0.5]], kind), jnp.full((2,), -0.5, kind)],
        "bias": jnp.asarray(0.25, kind),
    }


def method_of(kind: str) -> methods.Method:
    return methods.factory_named("test", kind)(learning_rate=FALLING)


def walked(method: methods.Method, params: Any, seed: int = 0) -> Any:
    """Where a method stands after all steps, in the plainest loop."""
    state = method.init(params)
    for t in range(STEPS):
        now = jnp.asarray(t, trees.float_type())
        move, state = schedules.at(method, now).step(Oracle(loss), params, state, now, jax.random.fold_in(jax.random.key(seed), t))
        params = trees.add(params, move)
    return params


def stepped(optimizer: optax.GradientTransformation, params: Any) -> tuple[Any, Any]:
    """The parameters and the state of the optimizer after all steps of the usual loop of optax."""

    def one(carry: Any, _: Any) -> tuple[Any, None]:
        params, state = carry
        updates, state = optimizer.update(jax.grad(loss)(params), state, params)
        return (optax.apply_updates(params, updates), state), None

    return jax.jit(lambda p: jax.lax.scan(one, (p, optimizer.init(p)), None, STEPS)[0])(params)


def close(one: Any, other: Any, rtol: float = 1e-10) -> None:
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol, 1e-12), one, other)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("kind", KINDS)
def test_a_transformation_stands_where_the_method_stands(kind):
    params, state = stepped(transformation(method_of(kind), key=7), start())
    close(evaluation_params(state, params), walked(method_of(kind), start(), 7))


@pytest.mark.usefixtures("double")
def test_it_works_in_a_chain_with_whatever_comes_before_and_after():
    chain = optax.chain(optax.clip_by_global_norm(0.5), transformation(methods.Nesterov(0.02)), optax.identity())
    params, state = stepped(chain, start())
    close(evaluation_params(state, params), walked(methods.ClipNorm(methods.Nesterov(0.02), 0.5), start()))
    ours, _ = stepped(optax.chain(transformation(methods.Adam(0.02)), optax.scale(0.5)), start())
    close(ours, walked(methods.Adam(0.01), start()))


@pytest.mark.usefixtures("double")
def test_numbers_may_be_traced_and_injected():
    def end(rate: Any) -> Any:
        return stepped(transformation(methods.Adam(rate)), start())[0]

    rates = jnp.array([0.01, 0.03])
    stacked = jax.vmap(end)(rates)
    for i, rate in enumerate(rates):
        close(trees.take(stacked, i), end(rate))

    injected = optax.inject_hyperparams(lambda learning_rate: transformation(methods.Adam(learning_rate)))(
        learning_rate=optax.cosine_decay_schedule(0.02, 40)
    )
    close(stepped(injected, start())[0], walked(methods.Adam(schedules.Cosine(0.02, 40.0)), start()), 1e-6)


@pytest.mark.parametrize("kind", ["adam", "nesterov", "clip-norm+adafactor", "prodigy", "muon"])
def test_bfloat16_stays_bfloat16(kind):
    params, optimizer = start(jnp.bfloat16), transformation(method_of(kind))
    state = optimizer.init(params)
    updates, after = optimizer.update(jax.grad(loss)(params), state, params)
    assert {leaf.dtype for leaf in jax.tree.leaves(updates)} == {jnp.dtype(jnp.bfloat16)}
    assert jax.tree.map(lambda x: (x.shape, x.dtype), after) == jax.tree.map(lambda x: (x.shape, x.dtype), state)


def test_it_goes_with_multi_steps_masks_state_mapping_and_extra_arguments():
    params = start()
    for optimizer in (
        optax.MultiSteps(transformation(methods.AdamW(0.1)), 4),
        optax.masked(transformation(methods.AdamW(0.1)), {"layers": [True, False], "bias": False}),
    ):
        stepped(optimizer, params)
    optimizer = transformation(methods.Nesterov(0.1))
    state = optax.tree.map_params(optimizer, lambda leaf: leaf + 1, optimizer.init(params))
    assert float(state.inside["bias"][0]) == 1.0
    assert float(state.stands["bias"]) == 1.25
    assert int(state.steps) == 0
    optimizer.update(params, state, params, value=1.0, something="else")


def test_parameters_may_be_left_out_where_no_formula_needs_them():
    gradient = jax.grad(loss)(start())
    adam = transformation(methods.ClipNorm(methods.Adam(0.1)))
    close(adam.update(gradient, adam.init(start()))[0], adam.update(gradient, adam.init(start()), start())[0], 1e-6)
    for method in (methods.AdamW(0.1), methods.Nesterov(0.1), methods.L2(methods.Adam(0.1)), methods.LAMB(0.1), methods.Prodigy()):
        needy = transformation(method)
        with pytest.raises(InputError, match="needs the parameters; call update"):
            needy.update(gradient, needy.init(start()))


def test_what_optax_cannot_hand_over_is_refused_with_the_reason():
    with pytest.raises(InputError, match=r"SAM.* asks for 2 gradients in every step, but optax hands over one"):
        transformation(methods.SAM(methods.Adam()))
    with pytest.raises(InputError, match="must be real, got complex ones"):
        transformation(methods.Adam()).init(jnp.zeros(2, jnp.complex64))
    with pytest.raises(InputError, match="method must be a method such as"):
        transformation(optax.adam(1e-3))  # type: ignore[arg-type]


class Watching(methods.Method):
    """Looks at the loss, too."""

    def init(self, params: Any) -> None:
        return None

    def step(self, oracle: Oracle, params: Any, state: None, t: Any, key: Any) -> Any:
        better = oracle.value(params) > 0
        return trees.scale(-0.1 * better, oracle.gradient(params)), None


def test_a_method_that_asks_for_losses_is_refused_with_the_reason():
    with pytest.raises(InputError, match="asks for 1 gradients and 1 losses"):
        transformation(Watching())


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("name", ["sgd", "noisy_sgd", "adabelief", "adadelta", "rmsprop", *dialects.optax.CONSTRUCTORS])
def test_a_method_by_its_name_in_optax_takes_optax_steps(name):
    theirs = getattr(optax, name, None) or getattr(optax.contrib, name)
    noise = {"eta": 0.0, "key": 0} if name == "noisy_sgd" else {}  # the noise itself is drawn from other keys
    here, there = ({}, {}) if name == "prodigy" else ({"learning_rate": rate} for rate in (FALLING, optax.cosine_decay_schedule(0.02, 40)))
    ours = transformation(getattr(dialects.optax, name)(**here, **noise))
    close(stepped(ours, start())[0], stepped(theirs(**there, **noise), start())[0], 1e-6)


# ---- and the other way round -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("double")
def test_a_transformation_of_optax_is_a_method():
    for foreign in (from_optax(optax.chain(optax.clip(0.5), optax.adam(0.02))), from_optax(optax.adam, learning_rate=0.02, b1=0.8)()):
        assert isinstance(foreign, methods.Method)
    close(walked(from_optax(optax.adam, learning_rate=0.02, b1=0.8)(), start()), walked(methods.Adam(0.02, b1=0.8), start()))
    close(walked(from_optax(optax.noisy_sgd(0.02, eta=0.0, key=0)), start()), walked(methods.GradientDescent(0.02), start()))
    close(walked(methods.ClipNorm(from_optax(optax.polyak_sgd()), 100.0), start()), stepped_with_value(optax.polyak_sgd()))


def stepped_with_value(optimizer: Any) -> Any:
    params = start()
    state = optimizer.init(params)
    for _ in range(STEPS):
        value, gradient = jax.value_and_grad(loss)(params)
        updates, state = optimizer.update(gradient, state, params, value=value)
        params = optax.apply_updates(params, updates)
    return params


def test_a_factory_of_optax_races_with_its_numbers_searched():
    searched = from_optax(optax.adan, learning_rate=methods.Range(1e-4, 1.0), b1=0.95)
    assert searched.space == {"learning_rate": methods.Range(1e-4, 1.0)}  # type: ignore[union-attr]
    problem = tw.problems.load("quadratic_deep")
    race = tw.race(problem, ["sgd", searched, optax.adam(0.05), optax.rmsprop(0.01)], epochs=60, settings=4, seeds=4)
    rows = {row["label"]: row for row in race.summary["contestants"]}
    assert 1e-4 <= rows["optax adan"]["hyperparameters"]["learning_rate"] <= 1.0
    assert rows["optax transformation"]["hyperparameters"] == {}
    assert "optax transformation (2)" in rows


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: from_optax(optax.adam(1e-3), learning_rate=0.1), "already made takes no learning_rate"),
        (lambda: from_optax(optax.adam, rate=0.1), "adam has no number 'rate'; known: learning_rate"),
        (lambda: from_optax("adam"), "expected a transformation such as optax.adam"),
    ],
)
def test_a_wrong_transformation_is_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
