"""Conversions are what they claim to be: exact where they say so, different where they say that."""

from __future__ import annotations

import runpy
from pathlib import Path

import jax.numpy as jnp
import pytest

from talweg import dialects, methods, schedules
from talweg.checks import InputError
from talweg.dialects import LIBRARIES, convert
from talweg.methods import CATALOGUE, WRAPPERS

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
STEPS, unusual, of_call, constructed = (PATHS[name] for name in ("STEPS", "unusual", "of_call", "constructed"))
CALLS = [(library, call) for library in LIBRARIES for call in LIBRARIES[library].calls]
KINDS = [*CATALOGUE, *(f"{outer}+{inner}" for outer in WRAPPERS for inner in ("sgd", "adam", "adam-hat"))]
KINDS.remove("rprop")  # with a schedule it is another method in PyTorch; test_torch.py has it


@pytest.mark.parametrize("changing", [False, True], ids=["constant", "schedule"])
@pytest.mark.parametrize(("library", "call"), CALLS, ids=[f"{library}: {call.kind}" for library, call in CALLS])
def test_every_call_is_spelled_exactly_and_read_back_as_the_same_method(library, call, changing):
    method = of_call(LIBRARIES[library], call, changing and library != "sklearn")
    spelling = convert(method, library)
    assert spelling.exact
    assert spelling.call == call.call
    assert repr(constructed(spelling)) == repr(method)


@pytest.mark.parametrize("slope", ["noisy quadratic"], indirect=True)  # one is enough to tell formulas apart
@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_claimed_of_a_conversion_is_true(kind, library, slope, walk, apart):
    start = jnp.asarray(slope.start)
    for changing in (False, True):
        method = unusual(kind, changing)
        spelling = convert(method, library)
        if not spelling.call:
            assert spelling.differs
            continue
        if spelling.call == "optax.chain":
            continue  # test_optax.py runs it
        other = constructed(spelling)
        if repr(other) == repr(method):
            assert spelling.exact
            continue
        distance = apart(walk(other, slope.loss, start, STEPS), walk(method, slope.loss, start, STEPS))
        assert distance <= 1e-10 if spelling.exact else distance > 1e-9, (str(spelling), repr(other))


def test_a_conversion_there_and_back_gives_the_method_again():
    for method in (methods.AdamW(0.1, weight_decay=0.3), methods.L2(methods.NAdam(0.1), 0.2), methods.DampenedMomentum(0.1)):
        assert repr(constructed(convert(method, "torch"))) == repr(method)


@pytest.mark.parametrize(
    ("method", "to", "text"),
    [
        (methods.Adam(1e-3), "torch", "torch.optim.Adam(lr=0.001, betas=(0.9, 0.999), eps=1e-08)"),
        (methods.Momentum(0.1), "keras", "keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)"),
        (methods.AdagradInside(0.1, eps=0.5, start=0.25), "torch", "torch.optim.Adagrad(lr=0.1, eps=0.0, initial_accumulator_value=0.75)"),
        (methods.WeightDecay(methods.Adam(0.1), 0.2), "torch", "AdamW(lr=0.1, betas=(0.9, 0.999), eps=1e-08, weight_decay=0.2)"),
        (methods.WeightDecay(methods.GradientDescent(0.1), 0.2), "torch", "torch.optim.SGD(lr=0.1, weight_decay=0.2)"),
        (methods.WeightDecay(methods.Momentum(0.1, momentum=0.0), 0.2), "caffe", "SGD(base_lr=0.1, weight_decay=0.2)"),
        (methods.L2(methods.GradientDescent(0.1), 0.2), "keras", "keras.optimizers.SGD(learning_rate=0.1, weight_decay=0.2)"),
        (methods.Adam(1e-3, eps=0.0), "keras", "keras.optimizers.Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=0.0)"),
        (
            methods.ClipNorm(methods.L2(methods.Momentum(0.1), 0.01), 2.0),
            "caffe",
            "SGD(base_lr=0.1, momentum=0.9, weight_decay=0.01, clip_gradients=2.0)",
        ),
        (
            methods.ClipNorm(methods.L2(methods.Momentum(0.1), 0.01), 2.0),
            "optax",
            "optax.chain(optax.clip_by_global_norm(2.0), optax.add_decayed_weights(0.01), optax.sgd(learning_rate=0.1, momentum=0.9))",
        ),
        (methods.Momentum(schedules.Constant(0.1)), "lasagne", "lasagne.updates.momentum(learning_rate=0.1, momentum=0.9)"),
    ],
)
def test_an_exact_equivalent_is_found_also_by_way_of_another_form(method, to, text):
    spelling = convert(method, to)
    assert spelling.exact
    assert text in str(spelling)


@pytest.mark.parametrize(
    ("method", "to", "why"),
    [
        (methods.Adam(1e-3), "keras", "epsilon-hat"),
        (methods.Momentum(schedules.Cosine(0.1, 100.0)), "keras", "inside the velocity"),
        (methods.Nesterov(0.1), "torch", "look-ahead point"),
        (methods.RMSprop(0.1), "keras", "inside the root"),
        (methods.AdaBelief(0.1), "torch", "torch has no method like AdaBelief"),
        (methods.L2(methods.ClipNorm(methods.GradientDescent(0.1))), "caffe", "L2 penalty is left out"),
        (methods.WeightDecay(methods.Momentum(0.1)), "torch", "weight decay is left out"),
        (methods.AdamHat(schedules.Cosine(0.1, 100.0)), "sklearn", "no schedule"),
    ],
)
def test_where_there_is_no_equivalent_it_says_why(method, to, why):
    spelling = convert(method, to)
    assert not spelling.exact
    assert any(why in sentence for sentence in spelling.differs)
    assert "# differs: " in str(spelling)


def test_a_wrong_library_or_something_that_is_no_method_is_one_sentence():
    with pytest.raises(InputError, match="unknown library 'pytorch'; did you mean torch"):
        convert(methods.Adam(), "pytorch")
    with pytest.raises(InputError, match="method must be a method such as"):
        convert("adam", "torch")


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: dialects.torch.SGD(0.1, nesterov=True), "nesterov needs a momentum"),
        (lambda: dialects.optax.adam(0.1, eps_root=1e-8), "eps_root must be 0.0"),
        (lambda: dialects.optax.adam(None), "learning_rate must be a number or a schedule, got None"),
        (lambda: dialects.optax.adadelta(None), "climbs instead of descending"),
        (lambda: dialects.keras.Adam(0.1, clipnorm=1.0), "clipnorm has no equivalent here"),
        (lambda: dialects.caffe.AdaGrad(0.1, momentum=0.9), "it has no momentum=0.9"),
        (lambda: dialects.optax.rmsprop(0.1, eps_in_sqrt=False, centered=True), "goes with neither"),
        (lambda: dialects.optax.radam(0.1, threshold=4.0), "threshold must be 5.0"),
        (lambda: dialects.optax.adabelief(0.1, eps_root=1e-8), "eps_root must be 1e-16"),
        (lambda: dialects.optax.lars(0.1, eps=1e-8), "eps must be 0.0"),
    ],
)
def test_an_argument_without_equivalent_is_refused(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


@pytest.mark.parametrize(
    ("method", "other"),
    [
        (dialects.optax.adam(0.1, nesterov=True), dialects.optax.nadam(0.1)),
        (dialects.optax.adamw(0.1, weight_decay=0.2, nesterov=True), dialects.optax.nadamw(0.1, weight_decay=0.2)),
        (dialects.torch.Adam(0.1, weight_decay=0.2, decoupled_weight_decay=True), dialects.torch.AdamW(0.1, weight_decay=0.2)),
        (
            dialects.torch.Adam(0.1, weight_decay=0.2, amsgrad=True, decoupled_weight_decay=True),
            dialects.torch.AdamW(0.1, weight_decay=0.2, amsgrad=True),
        ),
    ],
)
def test_another_call_for_the_same_method_is_understood(method, other):
    assert repr(method) == repr(other)
