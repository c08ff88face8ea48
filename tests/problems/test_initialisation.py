"""How weights start: each library's draw beside the library itself, layer by layer."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from talweg.problems.initialisation import INITIALISATIONS
from talweg.problems.models import parse

SEEDS = 200
DENSE, IMAGES = (12, 20, 3), (2, 4, 6)  # units of a perceptron; channels and filters of a convolutional network on 8 × 8 pixels
AFTER = (2 * 2 * 6, 3)  # of its dense layer

#: For each layer the weights and the biases of many seeds.
Layers = list[tuple[np.ndarray, np.ndarray]]


def ours(text: str) -> Layers:
    """The starts of one model from many seeds."""
    shape = (8, 8, 2) if text.startswith("cnn") else (12,)
    nets = jax.vmap(lambda seed: parse(text, shape).build(shape, 3, jax.random.key(seed)))(np.arange(SEEDS))
    layers = [convolution.dense for convolution in nets.convolutions] + nets.layers
    return [(np.asarray(layer.weight).ravel(), np.asarray(layer.bias).ravel()) for layer in layers]


def collected(one: Callable[[int], list[tuple[np.ndarray, np.ndarray]]]) -> Layers:
    """The layers of `one` network for each of many seeds, put together."""
    layers = zip(*(one(seed) for seed in range(SEEDS)), strict=True)
    return [tuple(np.concatenate([np.ravel(part) for part in parts]) for parts in zip(*layer, strict=True)) for layer in layers]


def of_torch(kind: str) -> Layers:
    torch = pytest.importorskip("torch")

    def one(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        torch.manual_seed(seed)
        if kind == "cnn":
            layers = [torch.nn.Conv2d(2, 4, 3), torch.nn.Conv2d(4, 6, 3), torch.nn.Linear(*AFTER)]
        else:
            layers = [torch.nn.Linear(12, 20), torch.nn.Linear(20, 3)]
        return [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in layers]

    return collected(one)


def of_sklearn(activation: str) -> Layers:
    from sklearn.neural_network import MLPRegressor

    def one(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        rate = {"solver": "sgd", "learning_rate_init": 1e-30, "max_iter": 1}  # one step that moves nothing
        net = MLPRegressor(hidden_layer_sizes=(20,), activation=activation, random_state=seed, **rate)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it has not converged
            net.fit(np.eye(12), np.eye(12)[:, :3])
        return list(zip(net.coefs_, net.intercepts_, strict=True))

    return collected(one)


def of_keras(kind: str) -> Layers:
    keras = pytest.importorskip("keras")

    def one(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        keras.utils.set_random_seed(seed)
        made = [keras.layers.Dense(20), keras.layers.Dense(3)] if kind == "mlp" else [keras.layers.Conv2D(4, 3), keras.layers.Conv2D(6, 3)]
        for layer, inputs in zip(made, DENSE if kind == "mlp" else IMAGES, strict=False):
            layer.build((None, inputs) if kind == "mlp" else (None, 8, 8, inputs))
        return [tuple(keras.ops.convert_to_numpy(part.value) for part in (layer.kernel, layer.bias)) for layer in made]

    return collected(one)


def of_flax(kind: str) -> Layers:
    linen = pytest.importorskip("flax.linen")

    def one(seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
        made = [linen.Dense(20), linen.Dense(3)] if kind == "mlp" else [linen.Conv(4, (3, 3)), linen.Conv(6, (3, 3))]
        examples = [jnp.ones((1, n) if kind == "mlp" else (1, 8, 8, n)) for n in (DENSE if kind == "mlp" else IMAGES)[:2]]
        drawn = [layer.init(jax.random.key(seed), x)["params"] for layer, x in zip(made, examples, strict=True)]
        return [(layer["kernel"], layer["bias"]) for layer in drawn]

    return collected(one)


def of_jax(initializer: Callable[..., jax.Array], kind: str) -> Layers:
    """The initializer that Keras (Glorot) and Flax (LeCun) take by default, by JAX; their biases are zero."""
    shapes = [(12, 20), (20, 3)] if kind == "mlp" else [(3, 3, 2, 4), (3, 3, 4, 6), AFTER]
    keys = jax.random.split(jax.random.key(1), SEEDS)
    drawn = [jax.vmap(lambda key, shape=shape: initializer(key, shape))(keys) for shape in shapes]
    return [(np.asarray(weights).ravel(), np.zeros(weights.shape[-1])) for weights in drawn]


GLOROT, LECUN = jax.nn.initializers.glorot_uniform(), jax.nn.initializers.lecun_normal()
BESIDE: dict[str, tuple[str, Callable[[], Layers]]] = {
    "PyTorch, dense": ("mlp:20", lambda: of_torch("mlp")),
    "PyTorch, convolutions": ("cnn:4,6", lambda: of_torch("cnn")),
    "scikit-learn": ("mlp:20,sklearn", lambda: of_sklearn("relu")),
    "scikit-learn, logistic": ("mlp:20,sigmoid,sklearn", lambda: of_sklearn("logistic")),
    "Keras, dense": ("mlp:20,keras", lambda: of_keras("mlp")),
    "Keras, convolutions": ("cnn:4,6,keras", lambda: of_keras("cnn")),
    "Keras by JAX, dense": ("mlp:20,keras", lambda: of_jax(GLOROT, "mlp")),
    "Keras by JAX, convolutions": ("cnn:4,6,keras", lambda: of_jax(GLOROT, "cnn")),
    "Flax, dense": ("mlp:20,flax", lambda: of_flax("mlp")),
    "Flax, convolutions": ("cnn:4,6,flax", lambda: of_flax("cnn")),
    "Flax by JAX, dense": ("mlp:20,flax", lambda: of_jax(LECUN, "mlp")),
    "Flax by JAX, convolutions": ("cnn:4,6,flax", lambda: of_jax(LECUN, "cnn")),
}


@pytest.mark.parametrize(("text", "library"), BESIDE.values(), ids=BESIDE)
def test_weights_and_biases_of_each_layer_are_distributed_as_the_librarys(text: str, library: Callable[[], Layers]) -> None:
    theirs = library()
    for mine, their in zip(ours(text)[: len(theirs)], theirs, strict=True):
        for drawn, expected in zip(mine, their, strict=True):
            if not expected.any():
                assert not drawn.any()
                continue
            assert np.abs(drawn).max() == pytest.approx(np.abs(expected).max(), rel=0.03)
            assert drawn.std() == pytest.approx(expected.std(), rel=0.06)
            assert stats.ks_2samp(drawn, expected).pvalue > 1e-3


@pytest.mark.parametrize(
    ("name", "deviation"), [("he", (2 / 300) ** 0.5), ("glorot", (2 / 500) ** 0.5), ("lecun", (1 / 300) ** 0.5), ("small", 0.01)]
)
def test_starting_weights_of_a_paper_are_normal_with_its_deviation_and_biases_zero(name: str, deviation: float) -> None:
    first = parse(f"mlp:200,{name}", (300,)).build((300,), 1, jax.random.key(0)).layers[0]
    assert float(first.weight.std()) == pytest.approx(deviation, rel=0.02)
    assert stats.kstest(np.ravel(first.weight)[:5000] / deviation, "norm").pvalue > 1e-3
    assert not first.bias.any()


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_one_seed_gives_one_start_another_seed_another_and_no_number_comes_twice(name: str) -> None:
    def numbers(seed: int) -> np.ndarray:
        leaves = jax.tree.leaves(parse(f"mlp:20,7,{name}", (12,)).build((12,), 3, jax.random.key(seed)))
        return np.concatenate([np.ravel(leaf) for leaf in leaves])

    first, again, other = numbers(1), numbers(1), numbers(2)
    np.testing.assert_array_equal(first, again)
    drawn = first != 0
    assert (first[drawn] != other[drawn]).all()
    assert len(np.unique(first[drawn])) > 0.999 * drawn.sum()  # biases are no copies of weights
