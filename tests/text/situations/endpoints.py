"""What points are, of functions and of networks, and the endpoints of a race."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from talweg.text import endpoints

POINT = {
    "point": "minimum",
    "loss": 0.31,
    "optimum": None,
    "initial_gap": 2.0,
    "gradient_norm": 1e-7,
    "gradient_rounding": 1e-9,
    "gradient_sampling": None,
    "decrement": 1e-12,
    "smallest": 25.7,
    "largest": 82.3,
    "smallest_tolerance": 1e-5,
    "largest_tolerance": 1e-5,
    "loss_rounding": 1e-9,
    "kink": False,
    "dimensions": 2,
    "examples": 1,
    "products": 0,
    "whole": True,
    "trace": 108.0,
    "trace_error": None,
    "negative": 0.0,
    "escape_loss": None,
    "escape_distance": None,
    "learning_rate": None,
    "method": None,
    "threshold": None,
    "edge": None,
}
NETWORK = {"dimensions": 4810, "whole": False, "products": 160, "trace": 87.4, "trace_error": 1.3, "negative": 0.12, "examples": 2048}
NETWORK |= {"gradient_norm": 0.03, "gradient_sampling": 0.02}
STEPS = {"method": "gradient descent", "learning_rate": 0.1, "threshold": 20.0}


def of_point(**more: Any) -> list[str]:
    return endpoints.sentences(POINT | more)


def contestant(label: str, points: dict[str, int], own: int, best: int, edge: float | None, lanes: int = 16) -> dict[str, Any]:
    counts = {"lanes": lanes, "diagnosed": sum(points.values()), "points": points, "near_own_best": own, "near_best": best, "edge": edge}
    return {"label": label, "endpoints": counts}


def of_race(*contestants: dict[str, Any]) -> list[str]:
    return endpoints.of_race({"contestants": list(contestants)})


def situations() -> Iterator[tuple[str, str | list[str]]]:
    yield "a minimum", of_point()
    yield "the global minimum, exactly", of_point(optimum=0.31, gradient_norm=0.0)
    yield "a local minimum", of_point(optimum=-2.5, gradient_norm=2e-9)
    yield "a maximum", of_point(point="maximum", smallest=-45.6, largest=-16.1, escape_loss=-1.2, escape_distance=2.9)
    yield "a saddle point", of_point(point="saddle", smallest=-31.7, largest=75.5, escape_loss=0.252, escape_distance=2.9)
    yield "a run that has not converged", of_point(point="not converged", gradient_norm=0.4, decrement=0.02)
    yield "a kink", of_point(point="undecided", kink=True, gradient_norm=None)
    yield "a flat place", of_point(point="undecided", smallest=-1e-6, largest=1e-6)
    yield "negative curvature alone", of_point(point="undecided", smallest=-0.2, largest=1e-6)
    yield "a smallest eigenvalue of about zero", of_point(point="undecided", smallest=1e-6, largest=0.0175)
    yield "no finite curvature", of_point(point="undecided", smallest=None, largest=None, gradient_norm=None, trace=None)
    yield "a network", of_point(point="undecided", **NETWORK, smallest=-2e-6)
    yield "its Hessian as a whole", of_point(**NETWORK | {"whole": True, "negative": 0.0, "trace_error": None})
    yield "gradient descent, stable", of_point(**STEPS, edge=0.4)
    yield "gradient descent, at the edge of stability", of_point(**STEPS, edge=0.95)
    yield "gradient descent, beyond the edge of stability", of_point(**STEPS, edge=1.5)
    yield "gradient descent on a maximum", of_point(**STEPS, edge=-0.2)
    yield "a method whose edge of stability is not known", of_point(**STEPS | {"method": "Adam"})
    adam = contestant("Adam", {"minimum": 12, "saddle": 2, "undecided": 1}, 14, 12, None)
    sgd = contestant("gradient descent", {"maximum": 1, "not converged": 15}, 3, 0, 1.02)
    yield "a race", of_race(adam, sgd)
    yield "a race of which most runs have not converged", of_race(sgd, adam, sgd)
    yield "a race that ended in minima", of_race(contestant("Adam", {"minimum": 16}, 16, 16, None))
    yield "a race without endpoints", of_race({"label": "Adam", "endpoints": None})
    yield "the table of a race", [f"{head}: {hint}" for head, hint in endpoints.HEADS]
    yield "below the table", endpoints.NOTE
    yield "the spectrum", [endpoints.NOT_FINITE, endpoints.SPECTRUM_HOVER]
