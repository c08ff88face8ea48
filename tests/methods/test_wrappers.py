"""What every wrapper promises, and that each does what its formula says."""

from __future__ import annotations

import ast
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from talweg import checks, methods, schedules, trees
from talweg.methods import EMA, L2, SAM, WRAPPERS, Adam, GradientDescent, Method, Momentum, Wrapped, Wrapper, factory_named, factory_of
from talweg.methods.base import LIMITS
from talweg.oracle import Oracle

STEPS, RATE = 200, 0.02


@pytest.fixture(params=WRAPPERS)
def outer(request: pytest.FixtureRequest) -> type[Wrapper]:
    return WRAPPERS[request.param]


def loss(params: Any) -> Any:
    return sum(jnp.sum((leaf - 1.0) ** 2) for leaf in jax.tree.leaves(params))


def start(dtype: Any = jnp.float32) -> Any:
    return {"layers": [jnp.full((3, 2), 0.5, dtype), jnp.full((2,), -0.5, dtype)], "bias": jnp.asarray(0.25, dtype)}


def several_steps(method: Method, count: int = 9, params: Any = None) -> Any:
    w = start() if params is None else params
    state = method.init(w)
    for t in range(count):
        now = jnp.asarray(float(t))
        move, state = method.step(Oracle(loss), w, state, now, jax.random.key(t))
        w = trees.add(w, move)
    return w, state


# ---- all of them --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inner", [GradientDescent, Adam, methods.Nesterov], ids=lambda kind: kind.name)
def test_it_descends_around_any_method(outer, inner):
    if inner().hyperparameters().keys() & outer(Adam()).own_numbers().keys():
        pytest.skip("they have a number of the same name, and refuse each other")
    end, _ = several_steps(Wrapped(outer, inner)(learning_rate=0.02), 30)
    assert float(loss(end)) < 0.95 * float(loss(start()))


def test_all_its_numbers_are_leaves_in_the_order_of_its_names(outer):
    method = outer(Adam(0.02))
    assert jax.tree.leaves(method) == list(method.hyperparameters().values())
    assert set(method.hyperparameters()) <= set(LIMITS)


@pytest.mark.usefixtures("double")
def test_a_stack_of_wrapped_methods_is_a_loop_over_them(outer):
    kind, params = Wrapped(outer, Adam), start(jnp.float64)
    some = [kind(learning_rate=rate) for rate in (0.01, 0.02, 0.05)]
    together, _ = jax.vmap(lambda method: several_steps(method, params=params))(trees.stack(some, float))
    apart = trees.stack([several_steps(method, params=params)[0] for method in some])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), together, apart)
    assert len(set(np.asarray(together["bias"]).tolist())) == 3


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64, jnp.bfloat16], ids=lambda dtype: jnp.dtype(dtype).name)
@pytest.mark.usefixtures("double")
def test_parameters_and_state_keep_their_type_and_shape(outer, dtype):
    method = jax.tree.map(jnp.asarray, outer(Adam(0.02)))
    params = start(dtype)
    state = method.init(params)
    end, after = jax.jit(several_steps, static_argnums=1)(method, 5, params)

    def shapes(tree: Any) -> Any:
        return jax.tree.map(lambda leaf: (leaf.shape, jnp.dtype(leaf.dtype).name), tree)

    assert shapes(end) == shapes(params)
    assert shapes(after) == shapes(state)


def test_its_state_has_the_size_that_it_says(outer):
    n = trees.size(start())
    own = trees.size(outer(Adam()).init(start())) - trees.size(Adam().init(start()))
    assert own == {"0": 0, "n": n}[outer.memory]


def test_its_repr_builds_it_again(outer):
    given = outer(Adam(0.02))
    assert repr(eval(repr(given), vars(methods))) == repr(given)
    assert ast.parse(repr(given), mode="eval")


def test_its_kind_makes_it_again_from_its_numbers(outer):
    given = outer(Adam(0.02))
    kind = factory_of(given)
    assert kind == factory_named("test", f"{outer.name}+adam")
    assert repr(kind(**given.hyperparameters())) == repr(given)
    assert kind.name == f"{outer.name}+adam"
    assert kind.label == f"Adam, {outer.label}"


def test_its_search_space_adds_its_own_numbers_to_those_inside(outer):
    kind = Wrapped(outer, Adam)
    assert list(kind.search_space(32))[: len(Adam.space)] == list(Adam.space)
    own = outer(Adam()).own_numbers()
    assert set(outer.space) <= set(own)
    for name, span in outer.space.items():
        assert -0.25 <= span.position(own[name]) <= 1.25
        for u in (0.0, 0.5, 1.0):
            kind(**{name: span.value(u)})


def test_a_schedule_reaches_the_method_inside(outer):
    falling = schedules.Step(0.02, every=1, factor=0.0)
    w = start()
    method = outer(GradientDescent(falling))
    moves = []
    for t in (0, 8):
        move, _ = schedules.at(method, t).step(Oracle(loss), w, method.init(w), jnp.asarray(7.0), jax.random.key(0))
        moves.append(float(trees.norm(move)))
    assert moves[0] > 0
    assert moves[1] == 0


def test_it_refuses_a_wrong_number_a_thing_that_is_no_method_and_a_number_given_twice(outer):
    for name in outer(Adam()).own_numbers():
        with pytest.raises(checks.InputError, match=rf"^{outer.__name__}: {name} must "):
            outer(Adam(), **{name: -1.0})
    with pytest.raises(checks.InputError, match="inner must be a method"):
        outer(1e-3)
    if outer(Adam()).own_numbers():
        with pytest.raises(checks.InputError, match="already has"):
            outer(outer(Adam()))


def test_its_summary_source_and_advice_are_there(outer):
    assert outer.summary().endswith(".")
    assert any(year in (outer.__doc__ or "") for year in outer.source.split() if year.isdigit())
    assert 20 < len(outer.helps) < 120
    assert [other.label for other in WRAPPERS.values()].count(outer.label) == 1


# ---- each of them -------------------------------------------------------------------------------------------------------------

OPTAX = {
    "clip-value": (methods.ClipValue(Adam(RATE), clip_value=0.05), lambda: optax.chain(optax.clip(0.05), optax.adam(RATE))),
    "clip-norm": (methods.ClipNorm(Adam(RATE), clip_norm=0.1), lambda: optax.chain(optax.clip_by_global_norm(0.1), optax.adam(RATE))),
    "l2": (L2(Momentum(RATE), l2=0.1), lambda: optax.chain(optax.add_decayed_weights(0.1), optax.sgd(RATE, momentum=0.9))),
    "weight-decay": (methods.WeightDecay(Adam(RATE), weight_decay=0.1), lambda: optax.adamw(RATE, weight_decay=0.1)),
    "velocity": (
        methods.Velocity(methods.RMSpropInside(RATE, decay=0.8), momentum=0.7),
        lambda: optax.rmsprop(RATE, decay=0.8, momentum=0.7),
    ),
    "nesterov-velocity": (
        methods.NesterovVelocity(methods.RMSpropInside(RATE), momentum=0.7),
        lambda: optax.rmsprop(RATE, momentum=0.7, nesterov=True),
    ),
    "caffe's order": (
        methods.ClipNorm(L2(Momentum(RATE), l2=0.1), clip_norm=0.1),
        lambda: optax.chain(optax.clip_by_global_norm(0.1), optax.add_decayed_weights(0.1), optax.sgd(RATE, momentum=0.9)),
    ),
}


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("name", OPTAX)
def test_a_wrapper_takes_the_same_steps_as_optax(name, slope, walk, apart):
    method, make = OPTAX[name]
    transformation = make()

    @jax.jit
    def step(w, state, t):
        updates, state = transformation.update(jax.grad(slope.loss)(w, t), state, w)
        return optax.apply_updates(w, updates), state

    w = jnp.asarray(slope.start)
    state, theirs = transformation.init(w), []
    for t in range(STEPS):
        w, state = step(w, state, t)
        theirs.append(np.asarray(w))
    assert apart(walk(method, slope.loss, jnp.asarray(slope.start), STEPS), np.stack(theirs)) <= 1e-10


@pytest.mark.usefixtures("double")
def test_look_ahead_takes_the_same_steps_as_optax(slope, walk, apart):
    transformation = optax.lookahead(optax.sgd(RATE, momentum=0.9), sync_period=5, slow_step_size=0.4)

    @jax.jit
    def step(w, state, t):
        updates, state = transformation.update(jax.grad(slope.loss)(w.fast, t), state, w)
        return optax.apply_updates(w, updates), state

    w = optax.LookaheadParams.init_synced(jnp.asarray(slope.start))
    state, theirs = transformation.init(w), []
    for t in range(STEPS):
        w, state = step(w, state, t)
        theirs.append(np.asarray(w.fast))
    ours = walk(methods.Lookahead(Momentum(RATE), sync_period=5, slow_step_size=0.4), slope.loss, jnp.asarray(slope.start), STEPS)
    assert apart(ours, np.stack(theirs)) <= 1e-10


@pytest.mark.usefixtures("double")
def test_sam_takes_the_gradient_uphill_and_asks_twice(slope, walk, apart):
    w, v, theirs = slope.start, 0 * slope.start, []
    for t in range(STEPS):
        g = slope.gradient(w, t)
        v = 0.9 * v + slope.gradient(w + 0.1 * g / np.linalg.norm(g), t)
        w = w - RATE * v
        theirs.append(w)
    method = SAM(Momentum(RATE), radius=0.1)
    assert apart(walk(method, slope.loss, jnp.asarray(slope.start), STEPS), np.stack(theirs)) <= 1e-12
    oracle = Oracle(lambda w: slope.loss(w, 0))
    method.step(oracle, jnp.asarray(slope.start), method.init(jnp.asarray(slope.start)), 0, jax.random.key(0))
    assert oracle.gradients == 2
    assert float(oracle.first_loss) == pytest.approx(float(slope.loss(jnp.asarray(slope.start), 0)))  # the loss where it stands, not uphill


def test_sam_stays_where_the_gradient_is_zero():
    method = SAM(Momentum(RATE))
    move, _ = method.step(Oracle(lambda w: jnp.sum(w**2)), jnp.zeros(3), method.init(jnp.zeros(3)), 0, jax.random.key(0))
    assert move.tolist() == [0, 0, 0]


@pytest.mark.usefixtures("double")
def test_the_moving_average_stands_at_the_average_and_walks_elsewhere(slope, walk, apart):
    start = jnp.asarray(slope.start)
    walked = np.asarray(walk(Momentum(RATE), slope.loss, start, STEPS))
    average, theirs = slope.start, []
    for x in walked:
        average = 0.95 * average + 0.05 * x
        theirs.append(average)
    assert apart(walk(EMA(Momentum(RATE), ema_decay=0.95), slope.loss, start, STEPS), np.stack(theirs)) <= 1e-12


def test_gradient_noise_has_the_size_that_the_paper_says_and_fades():
    w = jnp.zeros(20_000)
    method = methods.Noisy(GradientDescent(1.0), noise=0.09, noise_decay=0.5)
    for t, deviation in ((0, 0.3), (99, 0.3 / 100**0.25)):
        move, _ = method.step(Oracle(lambda w: jnp.sum(0.0 * w)), w, method.init(w), jnp.asarray(float(t)), jax.random.key(t))
        assert float(jnp.std(move)) == pytest.approx(deviation, rel=0.02)
        assert abs(float(jnp.mean(move))) < 4 * deviation / 20_000**0.5


def test_weight_noise_has_the_size_of_its_temperature_and_fades():
    w = jnp.zeros(20_000)
    for inner in (GradientDescent(0.5), Adam(0.5)):  # which make nothing of it: it does not go through their gradients
        method = methods.WeightNoise(inner, weight_noise=0.09, weight_noise_decay=0.5)
        for t, deviation in ((0, 0.3), (99, 0.3 / 100**0.25)):
            move, _ = method.step(Oracle(lambda w: jnp.sum(0.0 * w)), w, method.init(w), jnp.asarray(float(t)), jax.random.key(t))
            assert float(jnp.std(move)) == pytest.approx(deviation, rel=0.02)
            assert abs(float(jnp.mean(move))) < 4 * deviation / 20_000**0.5


@pytest.mark.usefixtures("double")
def test_weight_noise_is_added_to_the_moves_of_the_method_inside(slope, walk, apart):
    start = jnp.asarray(slope.start)
    silent = methods.WeightNoise(Momentum(RATE), weight_noise=0.0)
    assert apart(walk(silent, slope.loss, start, STEPS), walk(Momentum(RATE), slope.loss, start, STEPS)) <= 1e-12
    w, v, theirs, temperature, key = slope.start, 0 * slope.start, [], 1e-3, jax.random.key(5)
    method = methods.WeightNoise(Momentum(RATE), weight_noise=temperature, weight_noise_decay=0.4)
    ours, state, here = [], method.init(start), start
    for t in range(30):
        step_key = jax.random.fold_in(key, t)
        move, state = method.step(Oracle(lambda at, t=t: slope.loss(at, t)), here, state, jnp.asarray(1.0 * t), step_key)
        here = here + move
        ours.append(np.asarray(here))
        own = jax.random.split(jax.random.split(step_key)[0], 1)[0]
        v = 0.9 * v + slope.gradient(w, t)
        w = w - RATE * v + np.sqrt(2 * RATE * temperature / (1 + t) ** 0.4) * np.asarray(jax.random.normal(own, w.shape))
        theirs.append(w)
    assert apart(np.stack(ours), np.stack(theirs)) <= 1e-12


@pytest.mark.parametrize("method", [methods.Noisy(GradientDescent(1.0), noise=1.0), methods.WeightNoise(GradientDescent(1.0))])
def test_noise_is_another_one_for_every_key_and_array(method):
    w = {"a": jnp.zeros(3), "b": jnp.zeros(3)}
    flat = Oracle(lambda w: jnp.sum(0.0 * w["a"]))
    one, again, other = (method.step(flat, w, method.init(w), 0, jax.random.key(seed))[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one["a"], again["a"])
    assert not np.allclose(one["a"], other["a"])
    assert not np.allclose(one["a"], one["b"])


@pytest.mark.usefixtures("double")
def test_velocities_are_momentum_while_the_learning_rate_is_constant_and_not_when_it_changes(slope, walk, apart):
    start = jnp.asarray(slope.start)
    pairs = [
        (methods.Velocity(GradientDescent(RATE), momentum=0.8), Momentum(RATE, momentum=0.8)),
        (methods.NesterovVelocity(GradientDescent(RATE), momentum=0.8), methods.NesterovShifted(RATE, momentum=0.8)),
    ]
    falling = schedules.InverseTime(RATE, halfway=40.0)
    for inside, outside in pairs:
        assert apart(walk(inside, slope.loss, start, STEPS), walk(outside, slope.loss, start, STEPS)) <= 1e-12
        changing = (factory_of(inside)(learning_rate=falling, momentum=0.8), type(outside)(falling, momentum=0.8))
        assert apart(*(walk(method, slope.loss, start, STEPS) for method in changing)) > 1e-6


@pytest.mark.usefixtures("double")
def test_accumulation_moves_every_third_step_with_the_mean_gradient(slope, walk, apart):
    w, m, v, total, theirs = slope.start, 0 * slope.start, 0 * slope.start, 0 * slope.start, []
    for t in range(STEPS):
        total = total + slope.gradient(w, t)
        if t % 3 == 2:
            g, total, moved = total / 3, 0 * total, t // 3 + 1
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
            w = w - RATE * m / (1 - 0.9**moved) / (np.sqrt(v / (1 - 0.999**moved)) + 1e-8)
        theirs.append(w)
    ours = walk(methods.Accumulate(Adam(RATE), every=3), slope.loss, jnp.asarray(slope.start), STEPS)
    assert apart(ours, np.stack(theirs)) <= 1e-12


def test_accumulation_refuses_a_method_that_asks_twice():
    method = methods.Accumulate(SAM(Momentum(RATE)))
    with pytest.raises(checks.InputError, match="asks for two gradients a step; put what asks twice outside"):
        several_steps(method, 1)


def test_an_unknown_wrapper_or_one_without_a_method_is_named():
    with pytest.raises(checks.InputError, match="unknown wrapper 'clip-nrm'; did you mean clip-norm"):
        factory_named("race", "clip-nrm+adam")
    with pytest.raises(checks.InputError, match=r"needs a method: sam\+adam"):
        factory_named("race", "sam")
