"""What every method of the catalogue promises."""

from __future__ import annotations

import ast
import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import qmc

from talweg import checks, methods, schedules, trees
from talweg.methods import CATALOGUE, Elementwise, Method
from talweg.methods.base import LIMITS
from talweg.oracle import Oracle

SCALES = jnp.geomspace(1e-2, 1.0, 5)
POINTS = qmc.Sobol(d=4, rng=0).random(32)


@pytest.fixture(params=CATALOGUE)
def cls(request: pytest.FixtureRequest) -> type[Method]:
    return CATALOGUE[request.param]


def quadratic(w: Any, t: Any) -> Any:
    """A valley a hundred times as steep as it is long."""
    return 0.5 * jnp.sum(SCALES * w * w)


def rosenbrock(w: Any, t: Any) -> Any:
    return (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2


def tree_loss(params: Any) -> Any:
    """A loss of parameters of several shapes and depths."""
    return sum(jnp.sum((leaf - 1.0) ** 2) for leaf in jax.tree.leaves(params))


def tree_start(dtype: Any = jnp.float32) -> Any:
    matrix = jnp.array([[0.5, -0.25], [2.0, 0.5], [-1.0, -0.5]], dtype)
    return {"layers": [matrix, jnp.full((2,), -0.5, dtype)], "bias": jnp.asarray(0.25, dtype)}


def settings(cls: type[Method], batch: int | None = 32) -> list[Method]:
    """The method at 32 points of its search space."""
    space = cls.search_space(batch)
    return [cls(**{name: r.value(u) for (name, r), u in zip(space.items(), point, strict=False)}) for point in POINTS]


def one_step(method: Method, params: Any, state: Any, t: Any) -> Any:
    return method.step(Oracle(tree_loss), params, state, t, jax.random.key(0))


# ---- it descends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "start"), [(quadratic, jnp.ones(5)), (rosenbrock, jnp.array([-1.2, 1.0]))], ids=["quadratic", "rosenbrock"]
)
def test_some_setting_of_its_search_space_descends(cls, loss, start, walk):
    stack = trees.stack(settings(cls))
    ends = jax.vmap(lambda method: walk(method, loss, start, 1000)[-1])(stack)
    reached = np.asarray(jax.vmap(loss, (0, None))(ends, 0))
    assert np.nanmin(reached) < 0.2 * loss(start, 0)


def test_its_first_moves_go_downhill(cls):
    params, method = tree_start(), cls()
    slope, move = jax.grad(tree_loss)(params), jax.tree.map(jnp.zeros_like, params)
    state = method.init(params)
    for t in range(2):  # some only look around at first
        last, state = one_step(method, params, state, t)
        move = trees.add(move, last)
    for against, along in zip(jax.tree.leaves(move), jax.tree.leaves(slope), strict=True):
        assert float(jnp.sum(against * along)) < 0


def test_an_elementwise_formula_does_not_know_of_neighbours(cls):
    if not issubclass(cls, Elementwise):
        pytest.skip("its formula is for whole arrays")
    whole, method = jnp.linspace(-1.0, 2.0, 12), cls()

    def three_steps(w: Any) -> Any:
        slots = method.slots(w)
        for t in range(1, 4):
            move, slots = method.rule(jnp.sin(w), w, slots, jnp.asarray(t))
            w = w + move
        return w

    parts = jnp.concatenate([three_steps(whole[:5]), three_steps(whole[5:])])
    np.testing.assert_allclose(three_steps(whole), parts, rtol=1e-6)


def test_it_stays_where_the_gradient_is_zero_and_always_was(cls):
    params, method = {"w": jnp.zeros(3)}, cls()
    move, _ = method.step(Oracle(lambda p: jnp.sum(p["w"] ** 2)), params, method.init(params), 0, jax.random.key(0))
    assert np.asarray(move["w"]).tolist() == [0.0, 0.0, 0.0]


# ---- its numbers are data ----------------------------------------------------------------------------------------------------


def test_all_its_numbers_are_leaves_in_the_order_of_its_arguments(cls):
    assert jax.tree.leaves(cls()) == list(cls().hyperparameters().values())


def test_a_stack_of_methods_is_a_loop_over_methods(cls):
    some, params = settings(cls)[:4], tree_start()

    def three_steps(method: Method) -> Any:
        w, state = params, method.init(params)
        for t in range(3):
            move, state = one_step(method, w, state, t)
            w = trees.add(w, move)
        return w, state

    together = jax.vmap(three_steps)(trees.stack(some))
    apart = trees.stack([three_steps(method) for method in some])
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6), together, apart)
    ends = np.asarray(together[0]["bias"])
    assert len(set(ends.tolist())) == len(some)  # each lane had its own numbers


def test_new_numbers_do_not_compile_again(cls):
    traced = []

    @jax.jit
    def step(method: Method, params: Any, t: Any) -> Any:
        traced.append(method)
        return one_step(method, params, method.init(params), t)[0]

    moves = [step(method, tree_start(), t) for t, method in enumerate(settings(cls)[:3])]
    assert len(traced) == 1
    assert len({float(move["bias"]) for move in moves}) == 3


@pytest.mark.usefixtures("double")
def test_a_schedule_stands_where_a_number_stands(cls, walk):
    start, rate = jnp.array([-1.2, 1.0]), cls.space["learning_rate"].value(0.3)
    plain = walk(cls(rate), rosenbrock, start, 5)
    constant = walk(cls(schedules.Constant(rate)), rosenbrock, start, 5)
    falling = walk(cls(schedules.Step(rate, every=2, factor=0.5)), rosenbrock, start, 5)
    np.testing.assert_array_equal(plain, constant)
    np.testing.assert_array_equal(plain[:2], falling[:2])
    assert not np.allclose(plain[4] - plain[3], falling[4] - falling[3], rtol=1e-2, atol=0)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.float64, jnp.bfloat16], ids=lambda dtype: jnp.dtype(dtype).name)
@pytest.mark.usefixtures("double")
def test_parameters_and_state_keep_their_type_and_shape(cls, dtype):
    params, method = tree_start(dtype), cls(cls.space["learning_rate"].high)
    state = method.init(params)
    move, after = jax.jit(one_step)(method, params, state, 0)
    moved = trees.add(params, move)

    def shapes(tree: Any) -> Any:
        return jax.tree.map(lambda leaf: (leaf.shape, jnp.dtype(leaf.dtype).name), tree)

    assert shapes(moved) == shapes(params)
    assert shapes(after) == shapes(state)
    assert all(bool(jnp.all(m != 0)) for m in jax.tree.leaves(move))
    if dtype != jnp.bfloat16:  # in which the smallest first moves are lost
        assert all(bool(jnp.all(a != b)) for a, b in zip(jax.tree.leaves(moved), jax.tree.leaves(params), strict=True))


def test_it_asks_for_at_most_one_gradient_a_step(cls):
    params, method = tree_start(), cls()
    oracle = Oracle(tree_loss)
    method.step(oracle, params, method.init(params), 0, jax.random.key(0))
    assert (oracle.gradients, oracle.values) == (1, 0)


def test_its_state_has_the_size_that_it_says(cls):
    params = {"matrix": jnp.ones((3, 5)), "other matrix": jnp.ones((4, 2)), "vector": jnp.ones(7), "number": jnp.ones(())}
    for_matrix, _, for_vector = cls.memory.partition("; vectors ")

    def announced(formula: str, **sizes: int) -> int:
        product = re.sub(r"(?<=[\w²]) (?=[a-z(])", " * ", formula).replace("²", "**2")
        return eval(product, {"max": max, **sizes})

    said = sum(
        announced(for_matrix, r=leaf.shape[0], c=leaf.shape[1], n=leaf.size)
        if leaf.ndim == 2
        else announced(for_vector or for_matrix, n=leaf.size)
        for leaf in params.values()
    )
    assert trees.size(cls().init(params)) == said + cls.scalar_state


# ---- it can be named, shown and built again ----------------------------------------------------------------------------------


def test_its_name_is_its_key_and_its_label_its_own(cls):
    assert CATALOGUE[cls.name] is cls
    assert re.fullmatch(r"[a-z][a-z0-9-]*", cls.name)
    assert [other.label for other in CATALOGUE.values()].count(cls.label) == 1


def test_its_formula_summary_and_source_are_there(cls):
    assert "w ← " in cls.formula()
    assert not cls.formula().startswith(" ")
    assert cls.summary().endswith(".")
    assert "←" not in cls.summary()
    assert 20 < len(cls.helps) < 120
    assert not cls.helps.endswith(".")
    year = re.search(r"(1[89]|20)\d\d", cls.source)
    assert year
    assert year[0] in (cls.__doc__ or "")


def test_it_contains_only_methods_of_the_catalogue(cls):
    assert set(cls.contains) <= set(CATALOGUE) - {cls.name}


def test_its_repr_builds_it_again(cls):
    given = settings(cls)[5]
    call = ast.parse(repr(given), mode="eval").body
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Name)
    again = getattr(methods, call.func.id)(**{word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg})
    assert type(again) is type(given)
    assert again.hyperparameters() == given.hyperparameters()


# ---- its numbers are checked -------------------------------------------------------------------------------------------------


def test_every_number_has_limits_and_may_be_a_schedule_or_an_array(cls):
    assert set(cls().hyperparameters()) <= {*LIMITS, *cls.limits}
    for name in cls().hyperparameters():
        cls(**{name: schedules.Constant(0.5)})
        cls(**{name: jnp.array([0.1, 0.5])})


@pytest.mark.parametrize(
    "wrong", [-1.0, -1, float("nan"), float("inf"), np.float64(-1), np.float32("nan"), "0.1", None, True, [0.1, 0.2]], ids=repr
)
def test_a_wrong_number_is_refused_with_a_sentence(cls, wrong):
    for name in cls().hyperparameters():
        with pytest.raises(checks.InputError, match=rf"^{cls.__name__}: {name} must .* in [\[(][01], (1|inf)[\])], got "):
            cls(**{name: wrong})


@pytest.mark.parametrize("batch", [None, 1, 32])
def test_its_search_space_opens_with_the_learning_rate_and_holds_its_default(cls, batch):
    space = cls.search_space(batch)
    assert next(iter(space)) == "learning_rate"
    assert space["learning_rate"].tier == 1
    for name, span in space.items():
        default = cls().hyperparameters()[name]
        assert default == 0 or -0.25 <= span.position(default) <= 1.25
        for u in (0.0, 0.5, 1.0):
            cls(**{name: span.value(u)})


def test_its_search_space_stays_legal_when_it_is_widened_at_either_edge(cls):
    for name, span in cls.search_space(32).items():
        for edge in (-1, 1):
            for u in (0.0, 0.5, 1.0):
                cls(**{name: span.beyond(edge).value(u)})
