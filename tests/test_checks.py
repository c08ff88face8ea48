"""The one error sentence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg import checks
from talweg.checks import FRACTION, NOT_NEGATIVE, POSITIVE, InputError, InputTypeError, Interval


def test_a_callers_mistake_is_caught_as_value_error_and_one_of_type_as_type_error_too():
    assert issubclass(InputError, ValueError)
    assert issubclass(InputTypeError, InputError)
    assert issubclass(InputTypeError, TypeError)


@given(st.floats(allow_nan=True))
def test_the_usual_intervals_hold_what_their_names_say(x):
    assert (x in POSITIVE) == (0 < x < math.inf)
    assert (x in NOT_NEGATIVE) == (0 <= x < math.inf)
    assert (x in FRACTION) == (0 <= x < 1)


@pytest.mark.parametrize(
    ("interval", "text"),
    [(POSITIVE, "(0, inf)"), (NOT_NEGATIVE, "[0, inf)"), (FRACTION, "[0, 1)"), (Interval(0, 1, low_open=True, high_open=False), "(0, 1]")],
)
def test_an_interval_is_written_as_in_mathematics(interval, text):
    assert str(interval) == text


@pytest.mark.parametrize("value", [0, 0.5, np.float32(0.5), np.float64(0.99), np.int64(0), np.array([5.0, 6.0])])
def test_a_number_in_its_interval_and_an_array_of_settings_pass(value):
    checks.number("Momentum", "momentum", value, FRACTION)


@pytest.mark.parametrize("value", [1, 1.2, -0.1, math.nan, math.inf, np.float64(1.2), np.int32(-1)])
def test_a_number_outside_its_interval_is_refused(value):
    with pytest.raises(InputError, match=r"^Momentum: momentum must lie in \[0, 1\), got "):
        checks.number("Momentum", "momentum", value, FRACTION)


@pytest.mark.parametrize("value", ["0.5", None, True, [0.5], {"a": 1}, 1j, object])
def test_what_is_no_number_is_refused_as_a_mistake_of_type(value):
    with pytest.raises(InputTypeError, match=r"^Momentum: momentum must be a number in \[0, 1\), got "):
        checks.number("Momentum", "momentum", value, FRACTION)


def test_a_whole_number_comes_back_as_a_plain_one():
    assert checks.whole("race", "seeds", np.int64(3)) == 3
    assert type(checks.whole("race", "seeds", np.int64(3))) is int
    assert checks.whole("race", "seed", 0, at_least=0) == 0


@pytest.mark.parametrize(
    ("value", "kind"), [(0, InputError), (-3, InputError), (2.0, InputTypeError), ("2", InputTypeError), (True, InputTypeError)]
)
def test_what_is_no_whole_number_or_too_small_is_refused(value, kind):
    with pytest.raises(kind, match=r"^race: seeds must be (a whole number of )?at least 1, got "):
        checks.whole("race", "seeds", value)


def test_what_is_not_of_its_class_is_refused_with_an_example_of_one():
    checks.instance("race", "facts", {}, dict, "{'a': 1}")
    with pytest.raises(InputTypeError, match=r"^race: facts must be a dict such as \{'a': 1\}, got 'half'$"):
        checks.instance("race", "facts", "half", dict, "{'a': 1}")


def test_a_whole_number_beyond_the_most_is_refused():
    assert checks.whole("race", "seeds", 2000, at_most=2000) == 2000
    with pytest.raises(InputError, match=r"^race: seeds must be at most 2,000, got 2,001$"):
        checks.whole("race", "seeds", 2001, at_most=2000)


def test_a_known_name_passes_and_a_misspelt_one_is_answered_with_what_was_probably_meant():
    assert checks.one_of("race", "method", "adam", ["sgd", "adam"]) == "adam"
    with pytest.raises(InputError, match=r"^race: unknown method 'Adm'; did you mean adam\?$"):
        checks.one_of("race", "method", "Adm", ["sgd", "adam"])


def test_a_name_like_no_other_is_answered_with_all_that_are_known_and_a_hint():
    with pytest.raises(InputError, match=r"^race: unknown method 'zzz'; known: sgd, adam see `talweg methods`$"):
        checks.one_of("race", "method", "zzz", iter(["sgd", "adam"]), hint="see `talweg methods`")
