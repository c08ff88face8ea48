"""Steps are timed in the ordinary loops of other libraries, which train the same network by the same loss."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg import methods, problems
from talweg.bridges import ordinary
from talweg.bridges.clocks import CLOCKS
from talweg.checks import InputError
from talweg.contestants.notation import listed
from talweg.engine import loop
from talweg.engine.clock import CompiledClock
from talweg.problems import Problem, datasets, losses
from talweg.problems.models import ACTIVATIONS
from talweg.problems.supervised import Start, widened

LIBRARIES = ("torch", "keras")


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its name; a test of one that is not installed is skipped."""
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    pytest.importorskip(request.param)
    return request.param


def images(outputs: int = 3, channels: tuple[int, ...] = (2,), model: str = "cnn:3,4") -> Problem:
    rng = np.random.default_rng(0)
    return problems.from_arrays(rng.normal(size=(60, 7, 6, *channels)), np.arange(60) % outputs, name="images", model=model)


def loss_there(library: str, problem: Problem, start: Start) -> float:
    """The training loss at the start of seed 0, by the other library's network."""
    data, params = ordinary.training(library, problem), start(jax.random.key(0))
    if library == "torch":
        from talweg.bridges import torch_clock

        x, y = torch_clock.rows(data)
        return float(torch_clock.loss_of(data.cost, start.outputs)(torch_clock.network(start, params)(x), y).detach())
    from talweg.bridges import keras_clock

    model = keras_clock.network(start, params)
    model.compile(loss=keras_clock.loss_of(data.cost, start.outputs))
    return float(model.evaluate(data.x, data.y, batch_size=len(data.x), verbose=0))


def same(library: str, problem: Problem, width: int = 1) -> None:
    here = widened(problem, width) if width > 1 else problem
    assert isinstance(here.start, Start)
    ours = float(here.loss(here.start(jax.random.key(0)), jax.tree.map(jnp.asarray, here.train)))
    assert loss_there(library, problem, here.start) == pytest.approx(ours, rel=1e-5)


@pytest.mark.parametrize(
    "problem",
    [images(), images(2, ()), images(model="mlp:5"), images(model="linear"), images(model="cnn:2,tanh,he")],
    ids=["cnn", "grey cnn", "mlp on images", "linear", "another cnn"],
)
def test_the_same_weights_have_the_same_loss_there(library: str, problem: Problem) -> None:
    same(library, problem)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_is_the_same_function_there(library: str, activation: str) -> None:
    same(library, images(model=f"mlp:6,5,{activation}"))


@pytest.mark.parametrize(("loss", "kind"), losses.CATALOGUE.items())
def test_every_loss_is_the_same_there(library: str, loss: str, kind: losses.LossKind) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 4))
    for classes in (2, 3) if kind.classification else (0,):
        y = np.arange(60) % classes if classes else rng.poisson(3.0, 60).astype(float)
        same(library, problems.from_arrays(x, y, loss=loss, model="mlp:5", task=None if classes else "regression"))


def test_the_losses_of_complete_problems_are_the_same_there(library: str) -> None:
    known = [name for name, entry in datasets.CATALOGUE.items() if entry.model is None]
    tried = [problem for problem in map(datasets.load, known) if ordinary.refusal(problem) is None]
    assert tried
    for problem in tried:
        same(library, problem)


def test_a_wider_network_is_as_wide_there(library: str, clouds: Problem) -> None:
    same(library, clouds, width=3)
    (contestant,) = listed(clouds, "adam@8", settings=1)
    assert ordinary.start_of(clouds, replace(contestant, width=3)).spec.widths == (12,)


def test_all_methods_of_the_article_are_timed(library: str, clouds: Problem, quick: None) -> None:
    contestants = listed(clouds, None, settings=1)
    assert len(contestants) == 9
    timings = CLOCKS[library]().measure(clouds, contestants)
    assert list(timings) == [contestant.name for contestant in contestants]
    assert all(0 < timing.low == timing.seconds <= timing.high for timing in timings.values())


def test_torch_times_what_it_has_no_optimizer_for(clouds: Problem, quick: None) -> None:
    pytest.importorskip("torch")
    contestants = listed(clouds, "sam+adam@8,lion@8,schedule-free-adamw@full", settings=1)
    assert list(CLOCKS["torch"]().measure(clouds, contestants)) == [contestant.name for contestant in contestants]


def test_torch_keeps_its_threads_and_its_random_numbers(clouds: Problem, quick: None) -> None:
    torch = pytest.importorskip("torch")
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    CLOCKS["torch"]().measure(clouds, listed(clouds, "sgd@8", settings=1))
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_keras_says_whom_it_has_no_optimizer_for(clouds: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    pytest.importorskip("keras")
    contestants = listed(clouds, "adam@8,sam+adam@8,radam", settings=1)
    with pytest.raises(InputError, match=r"Keras has no optimizer for sam\+adam@8, radam; leave them out, or use the clock torch or jax"):
        CLOCKS["keras"]().measure(clouds, contestants)


@pytest.mark.parametrize(
    "method",
    [methods.Adam(0.01), methods.WeightDecay(methods.Momentum(0.1), 0.5), methods.Lion(0.01)],
    ids=["its own optimizer", "its own with a hook", "talweg's"],
)
def test_the_steps_that_torch_is_timed_by_are_the_method_s(clouds: Problem, method: methods.Method) -> None:
    pytest.importorskip("torch")
    from talweg.bridges import torch_clock

    assert isinstance(clouds.start, Start)
    data, params = ordinary.training("torch", clouds), clouds.start(jax.random.key(0))
    x, y = torch_clock.rows(data)
    model = torch_clock.network(clouds.start, params)
    step = torch_clock._step(model, method, ordinary.own_optimizer("torch", method), torch_clock.loss_of(data.cost, clouds.start.outputs))
    run, train = loop.begin(method, params), jax.tree.map(jnp.asarray, clouds.train)
    for t in range(5):
        step(x, y)
        run = loop.take_step(clouds, method, run, train, jnp.int32(t), jax.random.key(0))[0]
    theirs = [weight.detach().numpy().T for weight in model.parameters()]
    ours = [leaf for layer in run.params.layers for leaf in (layer.weight, layer.bias)]
    for one, other in zip(theirs, ours, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "library", "call"),
    [
        ("nesterov", "torch", "torch.optim.SGD"),
        ("adam", "keras", "keras.optimizers.Adam"),
        ("weight-decay+adam", "torch", "torch.optim.AdamW"),
        ("weight-decay+rmsprop", "torch", "torch.optim.RMSprop"),
        ("weight-decay+rmsprop", "keras", "keras.optimizers.RMSprop"),
        ("weight-decay+nesterov", "torch", "torch.optim.SGD"),
        ("weight-decay+l2+momentum", "torch", None),
        ("weight-decay+adabelief", "torch", None),
        ("l2+adam", "keras", None),
        ("lion", "torch", None),
    ],
)
def test_the_nearest_optimizer_serves_unless_it_leaves_something_out(kind: str, library: str, call: str | None) -> None:
    found = ordinary.own_optimizer(library, methods.factory_named("test", kind)())
    assert (found and found.call) == call
    if found and "weight-decay" in kind:
        assert sorted((found.hook, found.arguments.get("weight_decay", 0.0))) == [0.0, 0.01]  # by the one or the other, not by both


def test_a_learning_rate_that_changes_is_timed_as_one_that_stays(clouds: Problem) -> None:
    (contestant,) = listed(clouds, "adam@8", settings=1, schedule="cosine")
    assert ordinary.method_of(contestant) == methods.Adam(1e-3)


def test_batches_are_those_of_the_first_epoch(clouds: Problem) -> None:
    full, eight, one = listed(clouds, "sgd@full,sgd@8,sgd@1", settings=1)
    assert ordinary.order(clouds, full).tolist() == [list(range(48))]
    for contestant, shape in ((eight, (6, 8)), (one, (48, 1))):
        order = ordinary.order(clouds, contestant)
        assert order.shape == shape
        assert sorted(order.ravel()) == list(range(48))


def function(problem: Problem) -> Problem:
    return datasets.load("rosenbrock")


def own_model(problem: Problem) -> Problem:
    return replace(problem, start=lambda key: problem.start(key))


def own_loss(problem: Problem) -> Problem:
    return replace(problem, loss=lambda params, batch: problem.loss(params, batch))


@pytest.mark.parametrize(
    ("other", "what"), [(function, "a function without data"), (own_model, "a model of your own"), (own_loss, "a loss of your own")]
)
def test_what_another_library_cannot_be_told_is_refused(
    library: str, clouds: Problem, other: Callable[[Problem], Problem], what: str
) -> None:
    with pytest.raises(InputError, match=rf"clock: {library} can time linear, mlp and cnn models, got .*{what}; use the clock jax"):
        CLOCKS[library]().measure(other(clouds), [])


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_library_that_is_not_installed_is_one_sentence(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=f"clock: {library} is not installed; pip install {library}, or use the clock jax"):
        CLOCKS[library]()


def test_a_backend_that_is_not_installed_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> Any:
        raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")

    monkeypatch.setattr("importlib.import_module", broken)
    with pytest.raises(InputError, match="clock: keras needs tensorflow, which is not installed; install it, set KERAS_BACKEND"):
        CLOCKS["keras"]()


def test_no_library_is_loaded_before_its_clock_is_asked_for() -> None:
    code = "import sys, talweg.bridges.clocks; print([name for name in ('torch', 'keras') if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert ran.stdout.strip() == "[]"


def test_the_clock_of_jax_is_the_compiled_one() -> None:
    assert isinstance(CLOCKS["jax"](), CompiledClock)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks that are trusted at once: whether everybody is timed is asked, not how long it takes."""
    monkeypatch.setattr("talweg.engine.clock.LONG_ENOUGH", 0.0)
