"""The snippets run, and take the steps of the method that they were made of."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg import dialects, methods, schedules, torch_optimizer
from talweg.checks import InputError
from talweg.dialects import CODE
from talweg.methods import CATALOGUE, WRAPPERS

PATHS = runpy.run_path(str(Path(__file__).with_name("paths.py")))
STEPS, unusual = PATHS["STEPS"], PATHS["unusual"]
SCHEDULES = {name: schedules.over(name, 0.02, STEPS // 2) for name in schedules.CATALOGUE}  # their ends are seen, too
KINDS = [*CATALOGUE, *(f"{wrapper}+adam" for wrapper in WRAPPERS), "weight-decay+sgd"]
CHANGING = [(kind, name) for kind in ("adam", "momentum", "velocity+rmsprop-inside") for name in SCHEDULES]
CASES = [*((kind, None) for kind in KINDS), *CHANGING]


@pytest.fixture
def torch() -> Iterator[Any]:
    """PyTorch with float64 as its default: NAdam keeps its product of momenta in the default type."""
    module = pytest.importorskip("torch")
    module.set_default_dtype(module.float64)
    yield module
    module.set_default_dtype(module.float32)


pytestmark = pytest.mark.usefixtures("double")


def method_of(kind: str, schedule: str | None) -> methods.Method:
    method = unusual(kind)
    return methods.factory_of(method)(**method.hyperparameters() | {"learning_rate": SCHEDULES[schedule]}) if schedule else method


@pytest.fixture
def ran(tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """What a snippet defines."""

    def run(text: str) -> dict[str, Any]:
        file = tmp_path / "snippet.py"
        file.write_text(text, "utf-8")
        return runpy.run_path(str(file))

    return run


@pytest.mark.parametrize("slope", ["noisy quadratic"], indirect=True)  # one is enough to tell formulas apart
@pytest.mark.parametrize(("kind", "schedule"), CASES, ids=[f"{kind}, {schedule}" for kind, schedule in CASES])
def test_the_snippet_for_torch_takes_the_same_steps(kind, schedule, torch, ran, slope, walk, apart):
    method = method_of(kind, schedule)
    text = dialects.code(method, "torch")
    w = torch.nn.Parameter(torch.tensor(slope.start))
    made = ran(text)["make_optimizer"]([w])
    optimizer, falling = made if isinstance(made, tuple) else (made, None)
    points = []
    for t in range(STEPS):

        def closure(t: int = t) -> float:
            w.grad = torch.tensor(slope.gradient(w.detach().numpy(), t))
            return 0.0

        if "tw." in text:
            optimizer.step(closure)
        else:
            closure()
            optimizer.step()
        if falling is not None:
            falling.step()
        points.append(w.detach().numpy().copy())
    assert apart(np.stack(points), np.asarray(walk(method, slope.loss, jnp.asarray(slope.start), STEPS))) <= tolerance(kind, text)


@pytest.mark.parametrize("slope", ["noisy quadratic"], indirect=True)
@pytest.mark.parametrize(
    ("inner", "schedule"),
    [
        *((inner, None) for inner in ("momentum", "nesterov-shifted", "velocity+sgd", "rmsprop", "adagrad", "adadelta", "adamax", "rprop")),
        *((inner, "cosine") for inner in ("momentum", "rmsprop", "adadelta")),
    ],
)
def test_a_weight_decay_that_torch_lacks_is_a_hook_with_which_its_own_optimizer_takes_the_same_steps(
    inner, schedule, torch, ran, slope, apart
):
    method = method_of(f"weight-decay+{inner}", schedule)
    text = dialects.code(method, "torch")
    assert "tw." not in text
    tensors = [[torch.nn.Parameter(torch.tensor(slope.start)), torch.nn.Parameter(torch.ones(2))] for _ in "ab"]
    made = ran(text)["make_optimizer"](tensors[0])
    assert isinstance(made, tuple) == bool(schedule)
    steps = [[made.step] if schedule is None else [one.step for one in made], [torch_optimizer(tensors[1], method).step]]
    paths: list[list[np.ndarray]] = [[], []]
    for t in range(30):
        for (w, _), then, path in zip(tensors, steps, paths, strict=True):
            w.grad = torch.tensor(slope.gradient(w.detach().numpy(), t))
            for step in then:
                step()
            path.append(w.detach().numpy().copy())
    assert apart(np.stack(paths[0]), np.stack(paths[1])) <= 1e-12
    assert tensors[0][1].tolist() == [1.0, 1.0]  # without a gradient it is no part of the step


@pytest.mark.parametrize(
    "method",
    [
        methods.WeightDecay(methods.L2(methods.Momentum(0.1), 0.01), 0.1),  # its penalty would be that of the shrunken weights
        methods.WeightDecay(methods.Nesterov(0.1), 0.1),
        methods.WeightDecay(methods.AdaBelief(0.1), 0.1),
        methods.WeightDecay(methods.AdamHat(0.1), 0.1),
        methods.WeightDecay(methods.Momentum(0.1), SCHEDULES["cosine"]),
        methods.WeightDecay(methods.GradientDescent(0.1), SCHEDULES["cosine"]),
        methods.ClipNorm(methods.WeightDecay(methods.Momentum(0.1), 0.1)),
    ],
    ids=repr,
)
def test_where_a_hook_does_not_make_the_steps_the_same_the_snippet_takes_the_bridge(method):
    text = dialects.code(method, "torch")
    assert "tw.torch_optimizer" in text
    assert "hook" not in text


@pytest.mark.parametrize("slope", ["noisy quadratic"], indirect=True)  # one is enough to tell formulas apart
@pytest.mark.parametrize(("kind", "schedule"), CASES, ids=[f"{kind}, {schedule}" for kind, schedule in CASES])
def test_the_snippet_for_optax_takes_the_same_steps(kind, schedule, ran, slope, walk, apart):
    import optax

    from talweg.bridges.optax import evaluation_params

    method = method_of(kind, schedule)
    text = dialects.code(method, "optax")
    if kind.startswith("sam"):
        with pytest.raises(InputError, match="asks for 2 gradients"):
            ran(text)["make_optimizer"]()
        return
    optimizer = ran(text)["make_optimizer"]()

    def body(carry: Any, t: Any) -> Any:
        params, state = carry
        updates, state = optimizer.update(jax.grad(slope.loss)(params, t), state, params)
        params = optax.apply_updates(params, updates)
        return (params, state), evaluation_params(state, params)

    start = jnp.asarray(slope.start)
    points = jax.jit(lambda: jax.lax.scan(body, (start, optimizer.init(start)), jnp.arange(STEPS))[1])()
    assert apart(np.asarray(points), np.asarray(walk(method, slope.loss, start, STEPS))) <= tolerance(kind, text)


def tolerance(kind: str, text: str) -> float:
    """Noise is drawn with other keys; all else is equal but for the order of additions."""
    return np.inf if kind.startswith(("noisy", "weight-noise")) else 1e-8 if "tw." not in text and "rprop" in kind else 1e-10


@pytest.mark.parametrize(("library", "head"), [("keras", "keras"), ("tensorflow", "tf.keras")])
def test_every_schedule_stands_in_the_snippet_for_keras(library, head):
    for schedule in SCHEDULES:
        text = dialects.code(methods.AdamHat(SCHEDULES[schedule]), library)
        if schedule == "constant":
            assert f"{head}.optimizers.Adam(learning_rate=0.02" in text
        else:
            assert f"class LearningRate({head}.optimizers.schedules.LearningRateSchedule)" in text
            assert "learning_rate=LearningRate()" in text


def test_the_snippet_for_scikit_learn_trains(ran):
    from sklearn.datasets import make_regression

    text = dialects.code(methods.AdamHat(0.01, b1=0.8), "sklearn", about="Adam with batches of 64")
    assert text.startswith("# Adam with batches of 64\n")
    model = ran(text.replace("MLPClassifier", "MLPRegressor"))["make_model"](hidden_layer_sizes=(4,), batch_size=16, max_iter=200)
    x, y = make_regression(64, 3, random_state=0)
    first = model.partial_fit(x, y).loss_
    for _ in range(30):
        model.partial_fit(x, y)
    assert model.loss_ < first
    assert model.get_params()["beta_1"] == 0.8
    assert model.get_params()["alpha"] == 0.0


@pytest.mark.parametrize("library", CODE)
@pytest.mark.parametrize("kind", ["adam", "adabelief", "nesterov", "sam+adam", "clip-norm+momentum"])
def test_a_snippet_is_python_and_says_what_differs(kind, library):
    text = dialects.code(unusual(kind), library)
    compile(text, "snippet", "exec")
    spelling = dialects.convert(unusual(kind), library)
    if library in ("torch", "optax"):
        assert "differs" not in text
    else:
        assert spelling.exact == ("# " not in text)


def test_an_unknown_library_is_one_sentence():
    with pytest.raises(InputError, match="unknown library 'pytorch'; did you mean torch"):
        dialects.code(methods.Adam(), "pytorch")
