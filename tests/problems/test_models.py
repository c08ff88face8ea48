"""Models: their texts, their shapes, and a convolution against SciPy and JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.signal import correlate2d

from talweg.checks import InputError
from talweg.problems.models import ACTIVATIONS, Convolution, Dense, parse, pool

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


@pytest.mark.parametrize("text", ["linear", "linear:small", "mlp:32", "mlp:64,32,tanh,glorot", "cnn:8,16", "cnn:4,gelu,keras", "mlp:8,he"])
def test_the_text_of_a_model_is_read_back_as_the_same_model(text):
    spec = parse(text, (8, 8))
    assert str(spec) == text
    assert parse(str(spec), (8, 8)) == spec


def test_a_kind_alone_has_its_usual_widths():
    assert str(parse("mlp", (4,))) == "mlp:32"
    assert str(parse("cnn", (8, 8))) == "cnn:8,16"


def test_weights_start_as_in_pytorch_as_the_text_says_or_as_a_word_beside_it_says():
    assert parse("mlp:8", (4,)) == parse("mlp:8,torch", (4,)) == parse("mlp:8", (4,), "torch")
    assert str(parse("mlp:8,torch", (4,))) == "mlp:8"
    for kind in ("mlp:8", "linear"):
        assert parse(kind, (4,), "he") == parse(f"{kind}:he" if kind == "linear" else f"{kind},he", (4,)) != parse(kind, (4,))
    assert parse("mlp:8,he", (4,), "he").initialisation == "he"
    assert parse("mlp:8", (4,), own="small").initialisation == "small"
    assert parse("mlp:8,torch", (4,), own="small").initialisation == "torch"
    with pytest.raises(InputError, match=r"weights start in one way, got torch and he \(the model is 'mlp:8,he'\)"):
        parse("mlp:8,he", (4,), "torch")
    with pytest.raises(InputError, match="unknown initialisation 'hee'; did you mean he"):
        parse("mlp:8", (4,), "hee")


@pytest.mark.parametrize("channels", [1, 3])
def test_a_convolution_is_that_of_scipy_and_of_jax(channels):
    layer = Convolution(Dense(0.5 * jax.random.normal(KEY, (9 * channels, 4)), jnp.linspace(-1, 1, 4)))
    x = np.random.default_rng(0).normal(size=(2, 6, 5, channels)).astype(np.float32)
    kernel = np.asarray(layer.dense.weight).reshape(3, 3, channels, 4)
    scipy = [[sum(correlate2d(image[..., c], kernel[..., c, f], "same") for c in range(channels)) for f in range(4)] for image in x]
    np.testing.assert_allclose(layer(x), np.moveaxis(np.array(scipy), 1, -1) + layer.dense.bias, rtol=1e-4, atol=1e-5)
    jax_own = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    np.testing.assert_allclose(layer(x), jax_own + layer.dense.bias, rtol=1e-4, atol=1e-5)


def test_pooling_takes_means_of_squares_and_leaves_out_an_odd_edge():
    x = jnp.arange(15.0).reshape(1, 3, 5, 1)
    np.testing.assert_allclose(pool(x)[0, :, :, 0], [[(0 + 1 + 5 + 6) / 4, (2 + 3 + 7 + 8) / 4]])


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
        ("mlp:32,he,glorot", (4,), "weights start in one way, got he and glorot"),
        ("linear:5", (4,), "linear has no hidden layers, got 'linear:5'; did you mean mlp:5"),
        ("cnn", (4,), r"cnn needs images of shape \(height, width"),
        ("cnn:4,4,4,4", (8, 8), "cnn with 4 convolutions halves the image as often, got 8 × 8"),
    ],
)
def test_a_text_that_is_no_model_is_refused_in_a_sentence(text, inputs, sentence):
    with pytest.raises(InputError, match=sentence):
        parse(text, inputs)
