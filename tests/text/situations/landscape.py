"""Slices of a loss landscape: of principal and random directions, of data and of functions, with and without a line."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from talweg.text import landscape

SIDE = np.linspace(-2, 2, 9)
BOWL = np.add.outer(SIDE**2, SIDE**2) + 0.1
WELLS = np.add.outer(SIDE**2, (SIDE**2 - 1) ** 2) + 0.01
RISES = (2.3, 0.13, 0.04)  #: on the line, after matching, along the curve


def contestant(label: str, end: float, **more: Any) -> dict[str, Any]:
    given = {
        "label": label,
        "batch": 32,
        "steps": [0, 400],
        "trajectory": [[-1.5, 1.0], [end, 0.0]],
        "off": [0.0, 0.7],
        "loss": [2.4, 0.1 + end**2],
        "distances": [0.0, 5.3],
        "recorded_validation_loss": 0.2,
        "validation_loss": 0.2,
    }
    return given | more


def line(**more: Any) -> dict[str, Any]:
    given = {"distance": 5.3, "barrier": 0.9, "at": [0, 0.5, 1], "endless": False, "training_metric": [0.98, 0.61, 0.97]}
    return given | {"training_loss": [0.1, 1.0, 0.2]} | more


def summary(**more: Any) -> dict[str, Any]:
    given = {
        "problem": "moons",
        "model": "mlp:8",
        "race": "abcdef",
        "seed": 7,
        "parameters": 42,
        "metric": "accuracy",
        "metric_percent": True,
        "explained": [0.81, 0.12],
        "split": "train",
        "examples": 2048,
        "of": 4000,
        "x": SIDE.tolist(),
        "y": SIDE.tolist(),
        "loss": BOWL.tolist(),
        "contestants": [contestant("Adam", 0.0), contestant("momentum", 1.2)],
        "left_out": ["Lion is left out: it diverged."],
        "line": None,
        "connection": None,
    }
    return given | more


def all_of(one: dict[str, Any]) -> list[str]:
    return [landscape.headline(one), *landscape.sentences(one), *(f"! {warning}" for warning in landscape.warnings(one))]


def page(one: dict[str, Any]) -> list[str]:
    facts = [" | ".join(filter(None, row)) for row in landscape.computed(one)]
    c = one["contestants"][0]
    return [landscape.caption(one), *landscape.axes(one), landscape.hover(c["label"], c, 1), landscape.legend(c["label"], 0.1), *facts]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    random, plain = {"explained": None}, {"split": "function", "metric": None, "metric_percent": False, "model": None}
    joined = {"connection": landscape.connection(RISES, 0.062, 0.02, separate=False)}
    yield "principal directions", all_of(summary())
    yield "a single trajectory", all_of(summary(contestants=[contestant("Adam", 0.0)], loss=WELLS.tolist()))
    yield "random directions", all_of(summary(**random))
    yield "random directions whose edge is not finite", landscape.rim(summary(**random, loss=np.where(BOWL > 3, np.nan, BOWL).tolist()))
    yield "random directions, one contestant", all_of(summary(**random, contestants=[contestant("Adam", 0.0)]))
    tilted = contestant("Adam", 0.0, loss=[2.4, -1.9], off=[0.0, 0.0])
    function = summary(**plain, parameters=2, loss=(BOWL * 0 + SIDE).tolist(), contestants=[tilted, tilted], examples=1, of=1, left_out=[])
    yield "a function of two numbers, tilted", all_of(function | {"line": line(barrier=0.0, training_metric=[None])})
    yield "a function with a barrier", landscape.headline(function | {"line": line()})
    yield "nothing is finite", landscape.lowest(summary(loss=(BOWL * np.nan).tolist()))
    yield "a barrier", all_of(summary(line=line(), **joined))
    yield "no barrier", all_of(summary(line=line(barrier=0.0), metric_percent=False))
    yield "a line that is not finite everywhere", landscape.straight_line(summary(line=line(endless=True)))
    yield "a line whose ends are not finite", landscape.straight_line(summary(line=line(barrier=None)))
    again = [contestant("Adam", 0.0, validation_loss=0.4), contestant("momentum", 1.2, off=[0.0, 0.0], loss=[2.4, 0.1])]
    yield "runs that ended elsewhere, off the plane", [f"! {warning}" for warning in landscape.warnings(summary(contestants=again))]
    yield (
        "connections",
        [
            landscape.connection(RISES, 0.062, 0.02, separate=False),
            landscape.connection((0.0, None, 0.0), 0.062, 0.02, separate=False),
            landscape.connection((2.3, 0.13, 0.1), 0.062, 0.02, separate=False),
            landscape.connection((1.0, None, 1.0), 0.062, 0.02, separate=True),
            landscape.connection((math.nan, None, math.nan), 0.0, 0.02, separate=False),
        ],
    )
    yield "the page", page(summary(line=line()))
    named = contestant("Adam (batch 32)", 0.0, batch=32)
    yield "the page, a label with its batch", [row[1] for row in landscape.computed(summary(contestants=[named])) if row[0] == "runs"]
    yield "the page, random directions", page(summary(**random))
    yield "the page of a function", page(function)
    yield "the figures", [landscape.CAPTION_3D, landscape.CAPTION_LINE, landscape.CAPTION_METRIC.format("Accuracy")]
    yield "beside and on the line", [landscape.barrier(line()), landscape.line_hover("training", "98 %", 0.5)]
    yield "how to read it", list(landscape.READ)
    yield "how to read it, random directions", list(landscape.READ_RANDOM)
