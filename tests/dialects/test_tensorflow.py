"""TensorFlow's calls as they are spelled: today's tf.keras, TensorFlow 1's and, where tf_keras has them, the legacy ones."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from talweg import dialects, methods, schedules
from talweg.dialects import LIBRARIES, Spelling, convert
from talweg.dialects.library import Call
from talweg.methods import Method, factory_of

tf = pytest.importorskip("tensorflow")

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
STEPS, cases, collect, keras_points, of_call, other_defaults, ours, rates, snippet_points = (
    PATHS[name] for name in ("STEPS", "cases", "collect", "keras_points", "of_call", "other_defaults", "ours", "rates", "snippet_points")
)
SOME = ("nesterov-velocity+sgd", "adam-hat")

pytestmark = pytest.mark.usefixtures("double", "floatx")


@pytest.fixture
def floatx() -> Iterator[None]:
    """Float64 as the default type of tf.keras."""
    before = tf.keras.backend.floatx()
    tf.keras.backend.set_floatx("float64")
    yield
    tf.keras.backend.set_floatx(before)


def double(value: Any) -> Any:
    """A number as a float64 tensor: as a Python number it would be rounded to float32."""
    return tf.constant(value, tf.float64)


def close(call: Call) -> float:
    """Nadam's 0.96 is a float32 in TensorFlow: test_keras.py and test_tensorflow2.py have it as close as the others."""
    return 1e-8 if call.kind == "nadam" else 1e-10


def held(method: Method) -> Method:
    """The method with numbers that float32 can hold: tf.keras rounds momenta and the like to it, whatever the type of the variables."""
    numbers = {name: float(np.float32(value)) if isinstance(value, float) else value for name, value in method.hyperparameters().items()}
    return factory_of(method)(**numbers | {"learning_rate": method.hyperparameters()["learning_rate"]})


def path(home: Any, spelling: Spelling, slope: Any) -> np.ndarray:
    """How the optimizers before Keras 3 walk, eagerly."""
    arguments, rate = rates(spelling)
    plain = ("use_nesterov", "nesterov", "centered", "amsgrad", "initial_accumulator_value")
    arguments = {name: value if name in plain else double(value) for name, value in arguments.items()}
    now = 0
    arguments["learning_rate"] = lambda: double(rate(now))
    optimizer = getattr(home, spelling.call.split(".")[-1])(**arguments)
    w, points = tf.Variable(slope.start), []
    for now in range(STEPS):
        optimizer.apply_gradients([(double(slope.gradient(w.numpy(), now)), w)])
        points.append(w.numpy())
    return collect(iter(points))


@pytest.mark.parametrize(
    ("call", "around", "changing"),
    [
        *cases(LIBRARIES["tensorflow"]),
        *cases(LIBRARIES["tensorflow"], "weight-decay+clip-norm+", lambda call: call.kind in SOME),
        *cases(LIBRARIES["tensorflow"], "weight-decay+clip-value+", lambda call: call.kind in SOME),
    ],
)
def test_every_call_of_todays_tf_keras_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    method = held(of_call(LIBRARIES["tensorflow"], call, changing, around))
    spelling = convert(method, "tensorflow")
    assert spelling.exact
    assert spelling.call == call.call
    compiled = (tf.function,) if tf.keras.backend.backend() == "tensorflow" else ()
    theirs = collect(keras_points(tf.keras, spelling, slope, *compiled))
    assert apart(ours(walk, method, slope), theirs) <= close(call)


@pytest.mark.parametrize(("call", "around", "changing"), cases(LIBRARIES["tensorflow1"]))
def test_every_call_of_tensorflow_1_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    method = of_call(LIBRARIES["tensorflow1"], call, changing, around)
    spelling = convert(method, "tensorflow1")
    assert spelling.exact
    assert spelling.call == call.call
    assert apart(ours(walk, method, slope), path(tf.compat.v1.train, spelling, slope)) <= close(call)


@pytest.mark.parametrize(("call", "around", "changing"), cases(LIBRARIES["tensorflow2"]))
def test_every_call_before_keras_3_takes_the_steps_of_its_method(call, around, changing, slope, walk, apart):
    legacy = pytest.importorskip("tf_keras").optimizers.legacy
    method = of_call(LIBRARIES["tensorflow2"], call, changing, around)
    spelling = convert(method, "tensorflow2")
    assert spelling.exact
    assert spelling.call == call.call
    assert apart(ours(walk, method, slope), path(legacy, spelling, slope)) <= close(call)


@pytest.mark.parametrize("name", schedules.CATALOGUE)
def test_the_snippet_with_its_schedule_takes_the_steps_of_its_method(name, tmp_path, slope, walk, apart):
    method = held(methods.AdamHat(schedules.over(name, 0.02, 100)))
    theirs = collect(snippet_points(tf.keras, method, "tensorflow", tmp_path, slope))
    assert apart(walk(method, slope.loss, jnp.asarray(slope.start), len(theirs)), theirs) <= 1e-6  # its rate is rounded to float32


def test_every_default_is_the_one_of_tensorflow():
    assert other_defaults(dialects.tensorflow1, lambda name: getattr(tf.compat.v1.train, name)) == {}
