"""A training as a person writes it in PyTorch."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from talweg.dialects import schedules
from talweg.dialects.convert import rate_of, with_hook
from talweg.problems.supervised import Start
from talweg.programs import parts
from talweg.programs.parts import WIDTH, rounded, short
from talweg.programs.recipe import Recipe
from talweg.programs.rows import rows
from talweg.schedules import Cosine

#: Of one output, and of several: the loss as a module.
LOSSES = {
    "squared": ("nn.MSELoss()",),
    "absolute": ("nn.L1Loss()",),
    "huber": ("nn.HuberLoss()",),
    "poisson": ("nn.PoissonNLLLoss()",),
    "cross-entropy": ("nn.BCEWithLogitsLoss()", "nn.CrossEntropyLoss()"),
}
ACTIVATIONS = {
    **{"relu": "nn.ReLU()", "tanh": "nn.Tanh()", "sigmoid": "nn.Sigmoid()", "gelu": 'nn.GELU("tanh")', "silu": "nn.SiLU()"},
    **{"elu": "nn.ELU()", "identity": "nn.Identity()"},
}
#: How weights start where not as PyTorch starts them; biases are then zero.
STARTS = {
    "keras": "nn.init.xavier_uniform_(layer.weight)",
    "glorot": "nn.init.xavier_normal_(layer.weight)",
    "he": 'nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")',
    "lecun": 'nn.init.kaiming_normal_(layer.weight, nonlinearity="linear")',
    "small": "nn.init.normal_(layer.weight, std=0.01)",
}


class Optimizer(NamedTuple):
    """The optimizer of a program."""

    imports: list[str]
    functions: list[str]
    lines: list[str]
    scheduled: bool


def refusal(recipe: Recipe) -> str | None:
    """Why the program can't be written, in a few words; None if it can."""
    return parts.refusal(recipe, "PyTorch", with_hook(recipe.method, "torch"), LOSSES, STARTS)


def program(recipe: Recipe) -> str:
    """The program, as source text."""
    problem, data, optimizer = recipe.problem, rows(recipe.problem), _optimizer(recipe)
    assert isinstance(problem.start, Start)
    full, labelled, several = recipe.batch == "full", problem.classes is not None, problem.start.outputs > 1
    sections = [
        parts.head(recipe, optimizer.imports, [*data.imports, "import torch", "from torch import nn"]),
        ["# ---- Data: the test rows are always the same, all others are split anew for each seed", *data.lines],
        _tensors(problem.start, several),
        ["", "# ---- Model", "torch.manual_seed(SEED)", *_model(problem.start, problem.facts["initialisation"])],
        [f"loss_of = {LOSSES[problem.facts['loss']][-1 if several else 0]}"],
        [*optimizer.functions, "", "# ---- Optimizer", *optimizer.lines],
        _evaluation(labelled, several),
        _training(full, optimizer.scheduled),
        ["", "# ---- Test", *parts.result(recipe, "evaluated(test)", unit=data.unit)],
    ]
    return "\n".join(line for section in sections for line in section) + "\n"


def _tensors(start: Start, several: bool) -> list[str]:
    """Features and targets as PyTorch's layers and losses take them."""
    x = "torch.tensor(x, dtype=torch.float32)"
    if start.spec.kind == "cnn":
        height, width, channels = (*start.inputs, 1)[:3]
        x += f".reshape(-1, {height}, {width}, {channels}).permute(0, 3, 1, 2)" if channels > 1 else f".reshape(-1, 1, {height}, {width})"
    return [f"x = {x}", "y = torch.tensor(y)" if several else "y = torch.tensor(y, dtype=torch.float32)[:, None]"]


def _model(start: Start, initialisation: str) -> list[str]:
    """The layers, and how their weights start unless that is PyTorch's own way."""
    spec, activation = start.spec, ACTIVATIONS[start.spec.activation]
    layers, hidden, features = [], spec.widths, int(np.prod(start.inputs))
    if spec.kind == "cnn":
        height, width, channels = (*start.inputs, 1)[:3]
        for filters in spec.widths:
            layers += [f'nn.Conv2d({channels}, {filters}, 3, padding="same")', activation, "nn.AvgPool2d(2)"]
            height, width, channels = height // 2, width // 2, filters
        layers.append("nn.Flatten()")
        hidden, features = (), height * width * channels
    for units in hidden:
        layers += [f"nn.Linear({features}, {units})", activation]
        features = units
    layers.append(f"nn.Linear({features}, {start.outputs})")
    line = f"model = nn.Sequential({', '.join(layers)})"
    lines = [line] if len(line) <= WIDTH else ["model = nn.Sequential(", *(f"    {layer}," for layer in layers), ")"]
    if initialisation in STARTS:
        lines += [
            "for layer in model:",
            '    if hasattr(layer, "weight"):',
            f"        {STARTS[initialisation]}",
            "        nn.init.zeros_(layer.bias)",
        ]
    return lines


def _optimizer(recipe: Recipe) -> Optimizer:
    spelling = with_hook(recipe.method, "torch")
    spelling = replace(spelling, arguments={name: rounded(value) for name, value in spelling.arguments.items()})
    rate, imports, functions, after = rate_of(spelling), [], [], []
    if spelling.hook:
        functions += [
            *("", "", "@torch.no_grad()"),
            "def shrink(optimizer, args, kwargs):",
            '    """Decoupled weight decay, before every step."""',
            "    for group in optimizer.param_groups:",
            '        for p in group["params"]:',
            f'            p.mul_(1 - group["lr"] * {short(spelling.hook)})',
        ]
        after += ["optimizer.register_step_pre_hook(shrink)"]
    first = None
    if isinstance(rate, Cosine) and float(rate.final) == 0:
        first = short(rate.initial)
        after += ["schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)"]
    elif rate is not None:
        first, formula = "1.0", schedules.source(rate, schedules.PYTHON)
        imports = ["import math"] if "math." in formula else []
        functions += ["", "", "def learning_rate(step):", f"    return {formula}"]
        after += ["schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, learning_rate)"]
    call = spelling.written(**({} if first is None else {"lr": first})).replace("(", "(model.parameters(), ", 1)
    return Optimizer(imports, [*functions, ""] if functions else [], [f"optimizer = {call}", *after], rate is not None)


def _evaluation(labelled: bool, several: bool) -> list[str]:
    right = "(prediction.argmax(dim=1) == y[rows])" if several else "((prediction > 0) == (y[rows] > 0.5))"
    metric = f"{right}.float().mean()" if labelled else "1 - ((prediction - y[rows]) ** 2).mean() / y[pool].var(correction=0)"
    return [
        *("", ""),
        "@torch.no_grad()",
        "def evaluated(rows):",
        f'    """The loss and the {"accuracy" if labelled else "R²"} on some rows."""',
        "    prediction = model(x[rows])",
        f"    metric = {metric}",
        "    return loss_of(prediction, y[rows]).item(), metric.item()",
        *("", ""),
    ]


def _training(full: bool, scheduled: bool) -> list[str]:
    return [
        *([] if full else parts.batches()),
        *("# ---- Training", *parts.loop(full)),
        "    optimizer.zero_grad()",
        "    loss = loss_of(model(x[rows]), y[rows])",
        "    loss.backward()",
        "    optimizer.step()",
        *(["    schedule.step()"] if scheduled else []),
        *parts.progress("evaluated(validation)[0]"),
    ]
