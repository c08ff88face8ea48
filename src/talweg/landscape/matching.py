"""Hidden units that only stand in another order are the same network: bring a second one as close to the first as that allows.

Ainsworth, Hayase & Srinivasa, "Git Re-Basin: merging models modulo permutation symmetries", 2023.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from scipy.optimize import linear_sum_assignment

from talweg.checks import InputError
from talweg.landscape.directions import alike, flat
from talweg.problems.base import Params
from talweg.problems.models import Dense, Network

ODD = (jnp.tanh,)  #: activations with σ(−x) = −σ(x): a unit's sign is free, too
NOTHING = 1e-9  #: of the squared weights: a gain below it is rounding
SWEEPS = 100  #: at most; a handful is usual

Weights = tuple[list[Float[np.ndarray, "blocks inputs units"]], list[Float[np.ndarray, " units"]]]  #: and biases of each layer
Order = Float[np.ndarray, "units units"]  #: Pₗ of a hidden layer: in each column one 1 (or −1), in the row of the unit that takes its place


def can_match(params: Params) -> bool:
    """Whether there are hidden units to reorder: a network of talweg's own with at least one hidden layer."""
    return isinstance(params, Network) and len(_layers(params)) > 1


def matched(second: Params, first: Params) -> Params:
    """The second network with its hidden units (or filters) in the order that brings its weights closest to the first's.

        minimise Σ over layers of |Wˡ − Pₗ₋₁ᵀ Vˡ Pₗ|² + |bˡ − Pₗᵀ cˡ|²    over permutations Pₗ of each hidden layer's units

    It computes the same function. With tanh a unit's sign is free, so the ones of Pₗ may be −1. One layer after another, with its
    neighbours held still, is a linear assignment: the similarity of two units is the scalar product of all that goes into them and
    out of them. Sweeps go on until nothing is gained. That finds a local optimum, so it is done from three beginnings and the best is
    taken: as the units stand (so the distance never grows), and once from the front and once from the back, with each layer matched
    before by the side alone that is matched already (so a network whose units were shuffled is found again exactly).

    Parameters that are no network of talweg's own, or have no hidden layer, come back as they are.

    Differs: three beginnings instead of one at random. Units of a ReLU network are not rescaled, which would be free, too: training
    from small weights keeps the two sides of a unit about balanced. The shift that would let a sigmoid unit change its sign isn't made.

    Ainsworth et al. 2023, section 3.2; Entezari et al. 2022. Raises InputError for networks that are built differently.
    """
    _same(second, first)
    if not can_match(second):
        return second
    target, moving = _weights(first), _weights(second)
    signed = first.activation in ODD
    whole = sum(float((w * w).sum()) for w in (*target[0], *target[1], *moving[0], *moving[1]))
    standing = [np.eye(len(bias)) for bias in moving[1][:-1]]
    best, closest = standing, _similarity(target, _arranged(moving, standing))
    forward = _sweep(target, moving, standing, signed, [_incoming])
    backward = _sweep(target, moving, standing, signed, [_outgoing], backwards=True)
    for begin in (standing, forward, backward):
        orders, near = _improved(target, moving, begin, signed, NOTHING * whole)
        if near > closest + NOTHING * whole:
            best, closest = orders, near
    return _rebuilt(second, best)


def distance(second: Params, first: Params) -> float:
    """How far apart the weights of two networks lie, all of them as one vector."""
    return float(np.linalg.norm(flat(second) - flat(first)))


def _same(second: Params, first: Params) -> None:
    kinds = [isinstance(one, Network) for one in (second, first)]
    if all(kinds) and second.activation is not first.activation:
        names = [one.activation.__name__ for one in (second, first)]
        raise InputError(f"landscape: networks to match must have the same activation, got {names[0]} and {names[1]}")
    alike("second", second, first)


def _layers(network: Network) -> list[Dense]:
    return [convolution.dense for convolution in network.convolutions] + network.layers


def _weights(network: Network, dtype: Any = float) -> Weights:
    """Weights and biases of each layer; weights as blocks of rows, one row for each unit before.

    After a convolution a unit is a channel: it has a row in each of the next one's nine blocks, or of the image's places.
    """
    biases = [np.asarray(layer.bias, dtype) for layer in _layers(network)]
    before = [len(_layers(network)[0].weight), *map(len, biases)]
    weights = [np.asarray(layer.weight, dtype) for layer in _layers(network)]
    return [w.reshape(-1, rows, w.shape[1]) for w, rows in zip(weights, before, strict=False)], biases


def _incoming(net: Weights, hidden: int) -> Float[np.ndarray, "units numbers"]:
    weight, bias = net[0][hidden], net[1][hidden]
    return np.concatenate([weight.reshape(-1, weight.shape[2]), bias[None]]).T


def _outgoing(net: Weights, hidden: int) -> Float[np.ndarray, "units numbers"]:
    weight = net[0][hidden + 1]
    return weight.transpose(1, 0, 2).reshape(weight.shape[1], -1)


def _arranged(net: Weights, orders: Sequence[Order]) -> Weights:
    """Weights and biases with the units in their new order: columns of a layer, and rows of the one behind it."""
    weights, biases = list(net[0]), list(net[1])
    for hidden, order in enumerate(orders):
        weights[hidden], biases[hidden] = weights[hidden] @ order, biases[hidden] @ order
        weights[hidden + 1] = order.T @ weights[hidden + 1]
    return weights, biases


def _assigned(similarity: Float[np.ndarray, "first second"], signed: bool) -> Order:
    """The pairs of units with the largest sum of similarities, or of their sizes where the sign is free."""
    first, second = linear_sum_assignment(np.abs(similarity) if signed else similarity, maximize=True)
    order = np.zeros_like(similarity)
    order[second, first] = np.where(signed & (similarity[first, second] < 0), -1.0, 1.0)
    return order


def _similarity(a: Weights, b: Weights) -> float:
    """The scalar product of all weights: the larger, the closer, since no length changes."""
    return float(sum((x * y).sum() for x, y in zip([*a[0], *a[1]], [*b[0], *b[1]], strict=True)))


def _sweep(
    target: Weights, moving: Weights, orders: Sequence[Order], signed: bool, sides: Sequence[Any], backwards: bool = False
) -> list[Order]:
    """Each hidden layer once, its neighbours held still: matched by what goes into its units, out of them, or both."""
    orders = list(orders)
    for hidden in sorted(range(len(orders)), reverse=backwards):
        rest = _arranged(moving, [*orders[:hidden], np.eye(len(orders[hidden])), *orders[hidden + 1 :]])
        orders[hidden] = _assigned(np.sum([side(target, hidden) @ side(rest, hidden).T for side in sides], axis=0), signed)
    return orders


def _improved(target: Weights, moving: Weights, orders: list[Order], signed: bool, least: float) -> tuple[list[Order], float]:
    """Layer by layer, until a sweep gains nothing."""
    near = _similarity(target, _arranged(moving, orders))
    for _ in range(SWEEPS):
        before = near
        orders = _sweep(target, moving, orders, signed, [_incoming, _outgoing])
        near = _similarity(target, _arranged(moving, orders))
        if near <= before + least:
            break
    return orders, near


def _rebuilt(network: Network, orders: Sequence[Order]) -> Network:
    """The network with its units in their new order, its numbers otherwise bit for bit as they were."""
    own = [layer.weight for layer in _layers(network)]
    weights, biases = _arranged(_weights(network, None), [order.astype(own[0].dtype) for order in orders])
    new = [weight.reshape(before.shape) for weight, before in zip(weights, own, strict=True)] + biases
    return eqx.tree_at(_numbers, network, [jnp.asarray(array) for array in new])


def _numbers(network: Network) -> list[Any]:
    return [layer.weight for layer in _layers(network)] + [layer.bias for layer in _layers(network)]
