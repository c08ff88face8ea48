"""A training as a person writes it in JAX with optax."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from talweg.dialects import schedules
from talweg.dialects.convert import rate_of, with_hook
from talweg.dialects.forms import settled
from talweg.problems.supervised import Start
from talweg.programs import parts
from talweg.programs.parts import rounded, short
from talweg.programs.recipe import Recipe
from talweg.programs.rows import rows
from talweg.schedules import Cosine

#: Of one output, and of several: the mean loss of `prediction` and `y`.
LOSSES = {
    "squared": ("jnp.mean((prediction - y) ** 2)",),
    "absolute": ("jnp.mean(jnp.abs(prediction - y))",),
    "huber": ("optax.huber_loss(prediction, y).mean()",),
    "poisson": ("jnp.mean(jnp.exp(prediction) - y * prediction)",),
    "cross-entropy": (
        "optax.sigmoid_binary_cross_entropy(prediction, y).mean()",
        "optax.softmax_cross_entropy_with_integer_labels(prediction, y).mean()",
    ),
}
ACTIVATIONS = {
    **{"relu": "jax.nn.relu", "tanh": "jnp.tanh", "sigmoid": "jax.nn.sigmoid", "gelu": "jax.nn.gelu", "silu": "jax.nn.silu"},
    **{"elu": "jax.nn.elu", "identity": ""},
}
#: How weights start; biases are then zero. PyTorch's way is another, and has its own lines.
STARTS = {
    "keras": "jax.nn.initializers.glorot_uniform()",
    "flax": "jax.nn.initializers.lecun_normal()",
    "glorot": 'jax.nn.initializers.variance_scaling(1.0, "fan_avg", "normal")',
    "he": 'jax.nn.initializers.variance_scaling(2.0, "fan_in", "normal")',
    "lecun": 'jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal")',
    "small": "jax.nn.initializers.normal(0.01)",
}


class Optimizer(NamedTuple):
    """The optimizer of a program."""

    lines: list[str]
    decay: str  #: what decoupled weight decay takes from each weight, in a step; empty where there is none


def refusal(recipe: Recipe) -> str | None:
    """Why the program can't be written, in a few words; None if it can."""
    start = recipe.problem.start
    if isinstance(start, Start) and start.spec.kind == "cnn":
        return "its model is a convolutional network, which has no program in plain JAX yet"
    return parts.refusal(recipe, "optax", with_hook(recipe.method, "optax"), LOSSES, STARTS)


def program(recipe: Recipe) -> str:
    """The program, as source text."""
    problem, data, optimizer = recipe.problem, rows(recipe.problem), _optimizer(recipe)
    assert isinstance(problem.start, Start)
    full, labelled, several = recipe.batch == "full", problem.classes is not None, problem.start.outputs > 1
    sections = [
        parts.head(recipe, [], [*data.imports, "import jax", "import jax.numpy as jnp", "import optax"]),
        ["# ---- Data: the test rows are always the same, all others are split anew for each seed", *data.lines],
        ["x = jnp.asarray(x, jnp.float32)", "y = jnp.asarray(y)" if several else "y = jnp.asarray(y, jnp.float32)[:, None]"],
        ["", "# ---- Model", *_model(problem.start, problem.facts["initialisation"])],
        ["", "", "def loss_of(params, x, y):", "    prediction = predict(params, x)"],
        [f"    return {LOSSES[problem.facts['loss']][-1 if several else 0]}"],
        [*("", "", "# ---- Optimizer"), *optimizer.lines, *_update(optimizer)],
        _evaluation(labelled, several),
        _training(full, bool(optimizer.decay)),
        ["", "# ---- Test", *parts.result(recipe, "evaluated(params, test)", unit=data.unit)],
    ]
    return "\n".join(line for section in sections for line in section) + "\n"


def _model(start: Start, initialisation: str) -> list[str]:
    """Weights and biases layer by layer, and what the network makes of rows."""
    sizes = [int(np.prod(start.inputs)), *start.spec.widths, start.outputs]
    activation = ACTIVATIONS[start.spec.activation]
    made = ["    params = []", "    for inputs, outputs in zip(SIZES, SIZES[1:]):"]
    if initialisation == "torch":
        words = '    """Weights and biases as PyTorch\'s layers start them: uniform between ± 1 / √inputs."""'
        made += [
            "        key, one, other = jax.random.split(key, 3)",
            '        limit = {"minval": -(inputs**-0.5), "maxval": inputs**-0.5}',
            "        weight = jax.random.uniform(one, (inputs, outputs), **limit)",
            "        params.append((weight, jax.random.uniform(other, (outputs,), **limit)))",
        ]
    else:
        words = '    """Weights and biases."""'
        made += [
            "        key, one = jax.random.split(key)",
            f"        weight = {STARTS[initialisation]}(one, (inputs, outputs))",
            "        params.append((weight, jnp.zeros(outputs)))",
        ]
    layer = "x @ weight + bias"
    return [
        *(f"SIZES = {sizes}", "", "", "def start(key):", words, *made, "    return params"),
        *("", "", "def predict(params, x):"),
        "    *hidden, (last_weight, last_bias) = params",
        "    for weight, bias in hidden:",
        f"        x = {f'{activation}({layer})' if activation else layer}",
        "    return x @ last_weight + last_bias",
    ]


def _optimizer(recipe: Recipe) -> Optimizer:
    spelling = with_hook(recipe.method, "optax")
    spelling = replace(spelling, arguments={name: rounded(value) for name, value in spelling.arguments.items()})
    rate = rate_of(spelling)
    lines: list[str] = []
    shown = None
    if isinstance(rate, Cosine) and float(rate.final) == 0:
        lines, shown = [f"learning_rate = optax.cosine_decay_schedule({short(rate.initial)}, STEPS)"], "learning_rate"
    elif rate is not None:
        formula = schedules.source(rate, schedules.JAX)
        lines, shown = ["def learning_rate(step):", f"    return {formula}", "", ""], "learning_rate"
    replaced = {} if shown is None else {"learning_rate": shown, "step_size": shown, "step_size_fn": shown}
    call = spelling.written(**replaced)
    decay = ""
    if spelling.hook:
        constant = settled(recipe.method).hyperparameters()["learning_rate"]
        decay = f"{'learning_rate(step)' if shown else short(constant)} * {short(spelling.hook)}"
    return Optimizer([*lines, f"optimizer = {call}"], decay)


def _update(optimizer: Optimizer) -> list[str]:
    """One step."""
    lines = [
        *("", "", "@jax.jit"),
        f"def update(params, state, {'step, ' if optimizer.decay else ''}x, y):",
        "    gradient = jax.grad(loss_of)(params, x, y)",
        "    updates, state = optimizer.update(gradient, state, params)",
    ]
    if optimizer.decay:
        lines += [
            f"    decay = {optimizer.decay}  # decoupled weight decay",
            "    updates = jax.tree.map(lambda change, weight: change - decay * weight, updates, params)",
        ]
    return [*lines, "    return optax.apply_updates(params, updates), state"]


def _evaluation(labelled: bool, several: bool) -> list[str]:
    right = "(prediction.argmax(axis=1) == y[rows])" if several else "((prediction > 0) == (y[rows] > 0.5))"
    metric = f"{right}.mean()" if labelled else "1 - ((prediction - y[rows]) ** 2).mean() / y[pool].var()"
    return [
        *("", "", "def evaluated(params, rows):"),
        f'    """The loss and the {"accuracy" if labelled else "R²"} on some rows."""',
        "    prediction = predict(params, x[rows])",
        f"    metric = {metric}",
        "    return float(loss_of(params, x[rows], y[rows])), float(metric)",
        *("", ""),
    ]


def _training(full: bool, decays: bool) -> list[str]:
    step = "step - 1, " if decays else ""
    return [
        *([] if full else parts.batches()),
        *("# ---- Training", "params = start(jax.random.key(SEED))", "state = optimizer.init(params)"),
        *parts.loop(full),
        f"    params, state = update(params, state, {step}x[rows], y[rows])",
        *parts.progress("evaluated(params, validation)[0]"),
    ]
