"""Numbers as people read them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.text import format


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (None, "–"),
        (0, "0"),
        (1.234e-4, "0.000123"),
        (0.12, "0.12"),
        (33449, "33,400"),
        (0.99999, "1"),
        (999.6, "1,000"),
        (-0.05, "-0.05"),
        (3.4e-8, "3.4e-8"),
        (1e-10, "1e-10"),
        (1e12, "1e12"),
        (15e6, "15,000,000"),
    ],
)
def test_a_number_has_three_figures_and_no_needless_zeros(x: float | None, text: str) -> None:
    assert format.figures(x) == text


def test_a_measured_number_keeps_the_zeros_that_were_measured() -> None:
    assert [format.measured(x) for x in (0.12, 95, 5850, 4)] == ["0.120", "95.0", "5,850", "4.00"]


@given(st.floats(min_value=1e-12, max_value=1e15), st.integers(1, 6))
def test_what_is_written_is_the_number_to_that_many_figures(x: float, digits: int) -> None:
    written = float(format.figures(x, digits).replace(",", ""))
    assert math.isclose(written, x, rel_tol=0.5000001 * 10 ** (1 - digits))


@pytest.mark.parametrize(
    ("x", "text"), [(0.9995, "0.9995"), (0.999, "0.999"), (0.93123, "0.9312"), (0.0034123, "0.00341"), (1e-8, "1e-8"), (True, "True")]
)
def test_a_setting_close_to_one_is_not_rounded_to_one(x: float, text: str) -> None:
    assert format.setting(x) == text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (2.3e-5, "23 µs"),
        (0.0023, "2.3 ms"),
        (1.2, "1.2 s"),
        (11.24, "11 s"),
        (180, "3.0 min"),
        (5400, "1.5 h"),
        (0.9999, "1.0 s"),
        (0, "0 s"),
        (None, "–"),
    ],
)
def test_seconds_come_in_the_unit_that_keeps_them_short(x: float | None, text: str) -> None:
    assert format.seconds(x) == text


def test_an_interval_says_median_ends_and_the_unit_once() -> None:
    d = {"median": 3.1, "low": 2.4, "high": 3.9}
    assert format.interval(d, show=format.times) == "3.1× (2.4 – 3.9)"
    assert format.interval({key: x / 1000 for key, x in d.items()}, show=format.seconds) == "3.1 ms (2.4 – 3.9)"
    assert format.interval({"median": 0.9, "low": 0.0021, "high": 1.2}, show=format.seconds) == "900 ms (2.1 ms – 1.2 s)"
    assert format.interval({"median": 0.972, "low": 0.96, "high": 0.98}, show=format.metric(True)) == "97.2 % (96.0 – 98.0)"


def test_what_was_not_reached_is_said() -> None:
    assert format.interval(None, missing="not reached") == "not reached"
    assert format.interval({"median": None, "low": 3, "high": None}, missing="not reached") == "not reached"
    assert format.interval({"median": 120, "low": 100, "high": None}) == "120 (100 – ∞)"


def test_shares_are_not_rounded_to_nothing_or_to_all() -> None:
    assert [format.share(x) for x in (0, 0.004, 0.126, 0.996, 1, None)] == ["0 %", "under 1 %", "13 %", "over 99 %", "100 %", "–"]


def test_names_are_listed_as_a_sentence_does() -> None:
    assert [format.listed(x) for x in ([], ["A"], ["A", "B"], ["A", "B", "C"])] == ["", "A", "A and B", "A, B and C"]


@pytest.mark.parametrize(
    ("label", "hyperparameters", "batch", "text"),
    [
        ("Adam (batch 16)", {"learning_rate": 0.01}, 16, "Adam"),
        ("Adam (batch full)", {}, "full", "Adam"),
        ("mini-batch gradient descent (4)", {}, 4, "mini-batch gradient descent"),
        ("mini-batch gradient descent (4), learning_rate 0.1", {"learning_rate": 0.1}, 4, "mini-batch gradient descent"),
        ("Adam (batch 16), with warm restarts", {}, 16, "Adam, with warm restarts"),
        ("Adam, b1 0.8", {"b1": 0.8, "learning_rate": 0.1}, 16, "Adam"),
        ("Adam, b1 0.8", {"b1": 0.9}, 16, "Adam, b1 0.8"),
        ("RMSprop (centered)", {"decay": 0.9}, 16, "RMSprop (centered)"),
        ("Adam (2)", {}, 16, "Adam (2)"),
    ],
)
def test_a_label_loses_the_numbers_that_a_sentence_adds(label: str, hyperparameters: dict[str, float], batch: int | str, text: str) -> None:
    assert format.bare(label, hyperparameters, batch) == text
