"""Training dynamics, in words and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from talweg.text import dynamics as text
from talweg.verdict import dynamics

STEPS = np.array([0, 1, 50, 100])


def probes(rate: list[float], cosine: float = 0.5, lanes: int = 3) -> dict[str, np.ndarray]:
    row = {"rate": rate, "rate_low": rate, "rate_high": rate, "gradient_norm": [2.0, 1.0, 0.5], "cosine": [np.nan, cosine, cosine]}
    return {name: np.array([[np.nan, *values]] * lanes) for name, values in row.items()}


def row(label: str, **numbers: Any) -> dict[str, Any]:
    return {"label": label, "probes": dynamics.numbers(STEPS, probes(**numbers), 10)}


def test_numbers_are_medians_over_lanes_of_what_is_known():
    several = probes([1.0, 1.0, 1.0])
    several["rate"] = np.array([[np.nan, 1.0, 2.0, np.nan], [np.nan, 3.0, 4.0, 4.0], [np.nan, 5.0, 9.0, 6.0]])
    numbers = dynamics.numbers(STEPS, several, 10)
    assert numbers["examples"] == [10, 500, 1000]
    assert numbers["rate"] == [3.0, 4.0, 5.0]
    assert numbers["rate_ratio"] == pytest.approx(5.0 / 4.0)  # step 1 is not early any more, but the very beginning
    assert numbers["typical_cosine"] == 0.5


def test_a_method_that_stalls_or_overshoots_is_named():
    sentences = text.sentences([row("Adagrad", rate=[4.0, 2.0, 0.2], cosine=-0.6), row("Adam", rate=[1.0, 1.0, 9.0], cosine=0.9)])
    assert "of its early value (10 % for Adagrad)" in sentences["rate"][0]
    assert "grows (9.0× for Adam)" in sentences["rate"][1]
    assert sentences["turns"][0].startswith("Adagrad (typical cosine −0.6) overshoots")
    assert "most aligned for Adam" in sentences["turns"][1]


def test_that_no_method_stalls_is_said_only_where_dynamics_were_recorded():
    (sentence,) = text.sentences([row("Adam", rate=[1.0, 1.0, 0.9]), row("sgd", rate=[1.0, 1.0, 1.0])])["rate"]
    assert sentence == "no method stalls: at least 90 % of the early effective learning rate remains at the end"
    assert text.sentences([{"label": "Adam", "probes": None}]) == {}


def test_a_run_that_always_diverged_has_no_words():
    still = row("sgd", rate=[np.nan] * 3, cosine=np.nan)
    assert still["probes"]["rate_ratio"] is None
    assert text.sentences([still]) == {"rate": [], "gradient": [], "turns": []}


def test_a_schedule_is_not_taken_for_a_stall():
    falling = {"label": "Adam", "probes": dynamics.numbers(STEPS, probes([1.0, 0.5, 0.001]), 10, "cosine")}
    assert not falling["probes"]["stalls"]
    assert text.sentences([falling])["rate"] == ["the effective learning rate follows the schedule"]
