"""Models: their texts, their shapes, and a convolution against SciPy and JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import correlate2d

from talweg.checks import InputError
from talweg.problems.models import ACTIVATIONS, Convolution, parse, pool

KEY = jax.random.key(0)


@pytest.mark.parametrize(
    ("text", "inputs", "outputs", "parameters"),
    [
        ("linear", (5,), 1, 6),
        ("mlp:32", (4,), 3, 4 * 32 + 32 + 32 * 3 + 3),
        ("mlp:7,5,tanh", (8, 8), 10, 64 * 7 + 7 + 7 * 5 + 5 + 5 * 10 + 10),
        ("cnn:8,16", (8, 8), 10, 9 * 8 + 8 + 9 * 8 * 16 + 16 + 4 * 16 * 10 + 10),
        ("cnn:4", (5, 7, 3), 2, 27 * 4 + 4 + 2 * 3 * 4 * 2 + 2),
    ],
)
def test_a_model_has_its_parameters_and_predicts_its_outputs_for_any_batch(text, inputs, outputs, parameters):
    model = parse(text, inputs).build(inputs, outputs, KEY)
    assert sum(leaf.size for leaf in jax.tree.leaves(model)) == parameters
    for rows in (1, 6):
        assert model(jnp.ones((rows, *inputs))).shape == (rows, outputs)


@pytest.mark.parametrize("text", ["linear", "mlp:32", "mlp:64,32,tanh,glorot", "cnn:8,16", "cnn:4,gelu", "mlp:8,small"])
def test_the_text_of_a_model_is_read_back_as_the_same_model(text):
    spec = parse(text, (8, 8))
    assert str(spec) == text
    assert parse(str(spec), (8, 8)) == spec


def test_a_kind_alone_has_its_usual_widths():
    assert str(parse("mlp", (4,))) == "mlp:32"
    assert str(parse("cnn", (8, 8))) == "cnn:8,16"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_convolution_is_that_of_scipy_and_of_jax(channels):
    layer = Convolution(channels, 4, 0.5, KEY)
    x = np.random.default_rng(0).normal(size=(2, 6, 5, channels)).astype(np.float32)
    kernel = np.asarray(layer.dense.weight).reshape(3, 3, channels, 4)
    scipy = [[sum(correlate2d(image[..., c], kernel[..., c, f], "same") for c in range(channels)) for f in range(4)] for image in x]
    np.testing.assert_allclose(layer(x), np.moveaxis(np.array(scipy), 1, -1), rtol=1e-4, atol=1e-5)
    jax_own = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    np.testing.assert_allclose(layer(x), jax_own, rtol=1e-4, atol=1e-5)


def test_pooling_takes_means_of_squares_and_leaves_out_an_odd_edge():
    x = jnp.arange(15.0).reshape(1, 3, 5, 1)
    np.testing.assert_allclose(pool(x)[0, :, :, 0], [[(0 + 1 + 5 + 6) / 4, (2 + 3 + 7 + 8) / 4]])


@pytest.mark.parametrize(
    ("name", "deviation"), [("he", (2 / 300) ** 0.5), ("glorot", (2 / 500) ** 0.5), ("lecun", (1 / 300) ** 0.5), ("small", 0.01)]
)
def test_starting_weights_have_the_deviation_of_their_initialisation(name, deviation):
    first = parse(f"mlp:200,{name}", (300,)).build((300,), 1, KEY).layers[0]
    assert float(first.weight.std()) == pytest.approx(deviation, rel=0.02)
    assert not first.bias.any()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_bends_but_the_identity(name):
    model = parse(f"mlp:6,{name}", (3,)).build((3,), 1, KEY)
    x, shift = np.random.default_rng(0).normal(size=(2, 4, 3))
    straight = np.allclose(model(x + shift) - model(x), model(shift) - model(0 * x), atol=1e-4)
    assert straight == (name == "identity")


@pytest.mark.parametrize(
    ("text", "inputs", "sentence"),
    [
        ("mpl:32", (4,), "unknown model 'mpl'; did you mean mlp"),
        ("mlp:0", (4,), "a layer of 'mlp:0' must be at least 1"),
        ("mlp:32,rely", (4,), "unknown activation or initialisation 'rely'; did you mean relu"),
        ("linear:5", (4,), "linear has no hidden layers, got 'linear:5'; did you mean mlp:5"),
        ("cnn", (4,), r"cnn needs images of shape \(height, width"),
        ("cnn:4,4,4,4", (8, 8), "cnn with 4 convolutions halves the image as often, got 8 × 8"),
    ],
)
def test_a_text_that_is_no_model_is_refused_in_a_sentence(text, inputs, sentence):
    with pytest.raises(InputError, match=sentence):
        parse(text, inputs)
