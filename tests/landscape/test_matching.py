"""Hidden units in another order: the same function, brought as close as it can be."""

from __future__ import annotations

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg.checks import InputError
from talweg.landscape import matched
from talweg.landscape.matching import can_match, distance
from talweg.problems import models
from talweg.problems.models import Network

MODELS = {
    "mlp:7,tanh": (5,),
    "mlp:6,5,4": (5,),
    "mlp:9,8,tanh": (5,),
    "mlp:1,tanh": (2,),
    "mlp:6,sigmoid": (5,),
    "cnn:4,5": (9, 8),
    "cnn:3,2,tanh": (8, 8, 2),
}


def network(model: str, seed: int) -> Network:
    """A network with weights and biases that are all random."""
    built = models.parse(model, MODELS.get(model, (5,))).build(MODELS.get(model, (5,)), 3, jax.random.key(seed))
    leaves, structure = jax.tree.flatten(built)
    rng = np.random.default_rng(seed)
    return jax.tree.unflatten(structure, [jnp.asarray(rng.normal(size=leaf.shape).astype(np.float32)) for leaf in leaves])


def predictions(net: Network, shape: tuple[int, ...]) -> np.ndarray:
    x = np.random.default_rng(9).normal(size=(20, *shape)).astype(np.float32)
    return np.asarray(net(jnp.asarray(x)))


def shuffled(net: Network, seed: int) -> Network:
    """The same function with its units in another order, and for tanh with other signs: written out plainly, place by place."""
    rng = np.random.default_rng(seed)
    layers = [*(c.dense for c in net.convolutions), *net.layers]
    weights, biases = [np.array(one.weight) for one in layers], [np.array(one.bias) for one in layers]
    for i in range(len(layers) - 1):
        units = len(biases[i])
        new = rng.permutation(units)
        signs = rng.choice([-1, 1], units) if net.activation is jnp.tanh else np.ones(units)
        weights[i], biases[i] = weights[i][:, new] * signs, biases[i][new] * signs
        behind = weights[i + 1].copy()
        for row in range(len(behind)):
            block, unit = divmod(row, units)
            weights[i + 1][row] = behind[block * units + new[unit]] * signs[unit]
    new_leaves = [np.float32(leaf) for pair in zip(weights, biases, strict=True) for leaf in pair]
    return jax.tree.unflatten(jax.tree.structure(net), [jnp.asarray(leaf) for leaf in new_leaves])


@pytest.mark.parametrize("model", MODELS)
def test_the_function_stays_the_same_and_the_distance_never_grows(model: str) -> None:
    for seed in range(5):
        first, second = network(model, seed), network(model, 100 + seed)
        permuted = matched(second, first)
        assert isinstance(permuted, Network)
        np.testing.assert_allclose(predictions(permuted, MODELS[model]), predictions(second, MODELS[model]), rtol=1e-4, atol=1e-4)
        assert distance(permuted, first) <= distance(second, first)
        sizes = [np.sort(np.abs(np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(net)]))) for net in (permuted, second)]
        np.testing.assert_array_equal(*sizes)


@pytest.mark.parametrize("model", MODELS)
def test_a_shuffled_copy_is_found_again_exactly(model: str) -> None:
    for seed in range(5):
        first = network(model, seed)
        copy = shuffled(first, seed)
        np.testing.assert_allclose(predictions(copy, MODELS[model]), predictions(first, MODELS[model]), rtol=1e-4, atol=1e-4)
        assert distance(copy, first) > 0.1 or model == "mlp:1,tanh"
        assert distance(matched(copy, first), first) == 0


def test_a_shuffled_copy_with_a_little_noise_is_found_again_to_the_noise() -> None:
    first = network("mlp:9,8,tanh", 1)
    copy = jax.tree.map(lambda leaf: leaf + 0.01, shuffled(first, 2))
    size = sum(leaf.size for leaf in jax.tree.leaves(first))
    assert distance(matched(copy, first), first) == pytest.approx(0.01 * size**0.5, rel=1e-3)


@pytest.mark.parametrize("model", ["mlp:3", "mlp:3,tanh"])
def test_one_layer_is_matched_as_well_as_by_trying_all_orders(model: str) -> None:
    for seed in range(5):
        first, second = network(model, seed), network(model, 50 + seed)
        inner, outer = second.layers
        tried = []
        for new in itertools.permutations(range(3)):
            for signs in itertools.product((1, -1) if "tanh" in model else (1,), repeat=3):
                order, sign = np.array(new), np.array(signs)
                leaves = [inner.weight[:, order] * sign, inner.bias[order] * sign, outer.weight[order] * sign[:, None], outer.bias]
                tried.append(distance(leaves, jax.tree.leaves(first)))
        assert distance(matched(second, first), first) == pytest.approx(min(tried), rel=1e-6)


def test_what_has_no_hidden_units_comes_back_as_it_is() -> None:
    assert not can_match(np.ones(3))
    linear = models.parse("linear", (4,)).build((4,), 2, jax.random.key(0))
    assert not can_match(linear)
    assert matched(linear, linear) is linear
    assert can_match(network("mlp:7,tanh", 0))


def test_networks_that_are_built_differently_are_refused() -> None:
    first = network("mlp:7,tanh", 0)
    with pytest.raises(InputError, match="second must be a tree of the parameters' arrays"):
        matched(network("mlp:9,8,tanh", 0), first)
    with pytest.raises(InputError, match="must have the same activation, got relu and tanh"):
        matched(Network(first.convolutions, first.layers, jax.nn.relu), first)
    with pytest.raises(InputError, match="second must be a tree"):
        matched(np.ones(3), first)
