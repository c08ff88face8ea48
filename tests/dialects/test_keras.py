"""Keras 3's calls as they are spelled, on its JAX backend, against the methods that they are said to be."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

import jax.numpy as jnp
import pytest

from talweg import dialects, methods, schedules
from talweg.dialects import LIBRARIES, Spelling, convert

with pytest.MonkeyPatch.context() as environment:
    environment.setenv("KERAS_BACKEND", "jax")
    keras = pytest.importorskip("keras")

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
RATE, cases, collect, keras_points, of_call, other_defaults, ours, snippet_points = (
    PATHS[name] for name in ("RATE", "cases", "collect", "keras_points", "of_call", "other_defaults", "ours", "snippet_points")
)
LIBRARY = LIBRARIES["keras"]
CLOSE = 1e-10
# One of each optimizer, as all do it by what they inherit; Lion has a weight decay of its own.
ONE_EACH = ("sgd", "adam-hat", "nadam", "adamax-outside", "adagrad-inside", "adadelta", "rmsprop-inside")

pytestmark = pytest.mark.usefixtures("double", "floatx")


@pytest.fixture
def floatx() -> Iterator[None]:
    """Float64 as Keras's default type."""
    before = keras.backend.floatx()
    keras.backend.set_floatx("float64")
    yield
    keras.backend.set_floatx(before)


@pytest.mark.parametrize(
    ("call", "around", "changing"),
    [
        *cases(LIBRARY),
        *cases(LIBRARY, "weight-decay+clip-norm+", lambda call: call.kind in ONE_EACH),
        *cases(LIBRARY, "clip-norm+", lambda call: call.kind == "lion"),
        *cases(LIBRARY, "clip-value+", lambda call: call.kind == "lion"),
        *cases(LIBRARY, "weight-decay+clip-value+", lambda call: call.kind in ("nesterov-velocity+sgd", "adam-hat")),
    ],
)
def test_every_call_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    method = of_call(LIBRARY, call, changing, around)
    spelling = convert(method, "keras")
    assert spelling.exact
    assert spelling.call == call.call
    theirs = collect(keras_points(keras, spelling, slope))
    assert apart(ours(walk, method, slope), theirs) <= CLOSE


@pytest.mark.parametrize("kind", [call.kind for call in LIBRARY.calls if call.kind != "lion"])
def test_every_optimizer_has_the_weight_decay_beside_the_step(kind):
    (call,) = (call for call in LIBRARY.calls if call.kind == kind)
    spelling = convert(of_call(LIBRARY, call, True, "weight-decay+"), "keras")
    assert spelling.exact
    assert spelling.arguments["weight_decay"] == 0.1


@pytest.mark.parametrize("name", schedules.CATALOGUE)
def test_the_snippet_with_its_schedule_takes_the_steps_of_its_method(name, tmp_path, slope, walk, apart):
    method = methods.WeightDecay(methods.AdamHat(schedules.over(name, RATE, 100)), 0.1)
    theirs = collect(snippet_points(keras, method, "keras", tmp_path, slope))
    assert apart(walk(method, slope.loss, jnp.asarray(slope.start), len(theirs)), theirs) <= 1e-6  # Keras's cosine has single precision


def test_lion_with_weight_decay_takes_the_steps_of_the_paper(slope, walk, apart):
    numbers = {"learning_rate": RATE, "beta_1": 0.7, "beta_2": 0.95, "weight_decay": 0.1}
    theirs = collect(keras_points(keras, Spelling("keras", "keras.optimizers.Lion", numbers), slope))
    method = methods.Lion(RATE, 0.7, 0.95, weight_decay=0.1)
    assert apart(ours(walk, method, slope), theirs) <= CLOSE
    assert repr(dialects.keras.Lion(**numbers)) == repr(method)


def test_two_ways_of_clipping_are_not_said_to_go_together_since_keras_refuses_them():
    with pytest.raises(ValueError, match="Only one of"):
        keras.optimizers.SGD(0.1, clipvalue=1.0, global_clipnorm=1.0)
    assert not convert(methods.ClipNorm(methods.ClipValue(methods.GradientDescent(0.1))), "keras").exact


def test_every_default_is_the_one_of_keras():
    assert other_defaults(dialects.keras, lambda name: getattr(keras.optimizers, name)) == {}
