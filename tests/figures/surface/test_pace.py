"""Why a descent does not get there: by its moves."""

from __future__ import annotations

import numpy as np
import pytest

import talweg as tw
from talweg.figures.surface import pace

VALLEY = "x**2/2 + 5*y**2 from 3, 2"  # the learning rate of plain descent may be at most 0.2
STEEP = "x**2 + 10*y**2 from 3, 2"  # at most 0.1


def why(formula: str, method: str, rate: float) -> tuple[str, str | None]:
    (descent,) = tw.surface(formula, method, learning_rate=rate).summary["descents"]
    return descent["outcome"], descent["why"]


@pytest.mark.parametrize(("formula", "method", "rate"), [(VALLEY, "sgd", 0.199), (STEEP, "sgd", 0.0995), ("beale", "rmsprop", 0.0995)])
def test_a_path_from_wall_to_wall_overshoots(formula: str, method: str, rate: float) -> None:
    assert why(formula, method, rate) == ("short", "overshoots")


@pytest.mark.parametrize(
    ("method", "rate"), [("sgd", 1e-4), ("sgd", 5e-3), ("momentum", 1e-4), ("adam", 1e-3), ("rmsprop", 5e-3), ("adagrad", 0.1)]
)
def test_a_path_that_crawls_has_too_small_a_learning_rate(method: str, rate: float) -> None:
    assert why(STEEP, method, rate) == ("short", "too slow")


@pytest.mark.parametrize(("formula", "method", "rate"), [("rosenbrock", "sgd", 1e-3), ("rosenbrock", "momentum", 1e-3)])
def test_a_long_valley_is_neither(formula: str, method: str, rate: float) -> None:
    assert why(formula, method, rate) == ("short", None)


@pytest.mark.parametrize(("method", "rate", "outcome"), [("sgd", 0.05, "reached"), ("adam", 0.2, "reached"), ("sgd", 0.12, "diverged")])
def test_what_arrives_or_diverges_needs_no_reason(method: str, rate: float, outcome: str) -> None:
    assert why(STEEP, method, rate) == (outcome, None)


def test_momentum_turns_round_after_half_a_period() -> None:
    k = np.arange(120)
    swing = np.stack([np.cos(2 * np.pi * k / 17), 0.01 * k], axis=1)
    assert pace.why(swing, np.linspace(9, 8, 120)) == "overshoots"


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_neither(seed: int) -> None:
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.standard_normal((200, 2)), axis=0)
    around = rng.standard_normal((200, 2)) * 0.05 + np.linspace(3, 0, 200)[:, None]
    for places in (walk, around):
        assert pace.why(places, np.linspace(9, 8, 200)) != "too slow"
    assert pace.why(walk, np.linspace(9, 8, 200)) is None


def test_few_moves_say_nothing_and_none_at_all_are_no_error() -> None:
    line = np.linspace(3, 2, 6)[:, None]
    assert pace.why(line, np.linspace(9, 8, 6)) is None
    assert pace.why(np.ones((50, 2)), np.ones(50)) is None
