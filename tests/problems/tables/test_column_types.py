"""What one column of dirty text is read as."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg.problems.tables.column_types import Findings, typed


def read(values, name="column"):
    found = Findings()
    return typed(name, pd.Series(values, dtype=object), found), " | ".join(found.sentences())


@pytest.mark.parametrize(
    ("written", "number"),
    [
        *[("1,234.5", 1234.5), ("12 %", 12), ("$5", 5), ("-$5", -5), ("5 EUR", 5), ("(5)", -5), ("1 234 567", 1234567), ("−3", -3)],
        *[(" 7 ", 7), (".5", 0.5), ("1e3", 1000), ("1,234,567", 1234567), ("€1,000", 1000)],
    ],
)
def test_a_number_written_as_text_is_read_as_that_number(written, number):
    column, _ = read([written, "2.5", "3.25", "4.125"])
    assert column.tolist() == [number, 2.5, 3.25, 4.125]


def test_a_decimal_comma_is_understood_from_its_column():
    assert read(["1,5", "2,25", "1.234,5", "7"])[0].tolist() == [1.5, 2.25, 1234.5, 7]
    assert read(["1,500", "2,250", "1,234.5", "7"])[0].tolist() == [1500, 2250, 1234.5, 7]


@pytest.mark.parametrize("gone", ["", "?", "NA", "n/a", "-", "NaN", "null", " ", None, "#N/A"])
def test_what_stands_for_a_missing_value_is_missing(gone):
    column, said = read(["1.5", gone, "2", "1.5"])
    np.testing.assert_array_equal(column, [1.5, np.nan, 2, 1.5])
    assert "missing values (1) in 1 column (column)" in said


def test_a_column_of_which_most_are_numbers_has_the_others_missing_and_says_so():
    column, said = read([str(i % 7) for i in range(18)] + ["low", "high"])
    assert column.isna().tolist() == [False] * 18 + [True] * 2
    assert "values (2) that could not be read" in said


def test_a_column_of_few_numbers_and_many_words_stays_text():
    assert isinstance(read(["1", "2", "low", "high", "low"])[0].dtype, pd.CategoricalDtype)


@pytest.mark.parametrize(("no", "yes"), [("no", "yes"), ("False", "TRUE"), ("f", "t"), ("N", "Y")])
def test_a_truth_written_as_text_is_0_and_1(no, yes):
    column, said = read([yes, no, None, yes])
    np.testing.assert_array_equal(column, [1, 0, np.nan, 1])
    assert "yes and no became 1 and 0" in said


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S", "%b %d, %Y", "%Y-%m-%dT%H:%M:%SZ"])
def test_dates_of_one_form_are_dates_even_with_a_dirty_value_among_them(form):
    days = pd.date_range("2019-12-05", periods=60, freq="D")
    column, said = read([*days.strftime(form), "yesterday", None])
    assert column[:60].tolist() == days.tolist()
    assert column[60:].isna().all()
    assert "dates were split" in said
    assert "values (1) that could not be read" in said


def test_months_and_codes_are_not_dates():
    for words in (
        ["May", "June", "July", "May"],
        ["A1", "B2", "A1", "C3"],
        ["10:30", "11:30", "10:30", "12:00"],
        ["5 May", "7 May", "5 May", "1 June"],
    ):
        assert isinstance(read(words)[0].dtype, pd.CategoricalDtype)


def test_infinite_values_are_missing_and_said():
    column, said = read([1.5, np.inf, -np.inf, 2])
    assert column.isna().sum() == 2
    assert "infinite values (2)" in said


@pytest.mark.parametrize(
    ("values", "name", "reason"),
    [
        ([None, "", "?", "NA"], "a", "without a value"),
        (["x", "x", "x", "x"], "a", "the same in every row"),
        ([3.0, 3.0, 3.0, 3.0], "a", "the same in every row"),
        ([7, 5, 3, 2], "customer_id", "identifier"),
        ([7, 5, 3, 2], "PassengerId", "identifier"),
        ([0, 1, 2, 3], "a", "identifier"),
        (["a7", "b3", "c9", "d1"], "a", "identifier"),
        (["yes", "yes", "yes", "yes"], "a", "the same in every row"),
        (["$1", "$2", "$3", "$4"], "a", "identifier"),
    ],
)
def test_a_column_that_says_nothing_is_left_out_and_that_is_all_that_is_said(values, name, reason):
    column, said = read(values, name)
    assert column is None
    assert reason in said
    assert "|" not in said


@pytest.mark.parametrize(
    "values", [[2.5, 1.5, 3.5], [7, 5, 3], [0, 10, 30], ["one day", "two days", "a year"], ["2020-01-01", "2020-01-02", "2020-01-03"]]
)
def test_values_that_differ_are_no_identifier_if_they_may_mean_something(values):
    assert read(values)[0] is not None


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        (pd.Series([1, None, 3], dtype="Int64"), "f"),
        (pd.Series([True, False, True]), "f"),
        (pd.Series([True, None, False], dtype="boolean"), "f"),
        (pd.to_timedelta(pd.Series([1, 2, 4]), unit="h"), "f"),
        (pd.Series(pd.date_range("2020", periods=3, tz="Europe/Paris")), "M"),
        (pd.Series(pd.Categorical([2, 1, 2])), "O"),
        (pd.Series([1 + 2j, 2, 1 + 2j]), "O"),
        (pd.Series([[1], [2], [1]]), "O"),
    ],
)
def test_every_type_of_pandas_is_read(series, kind):
    assert typed("column", series, Findings()).dtype.kind == kind


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=20).filter(lambda values: len(set(values)) > 1))
def test_grouping_the_digits_of_whole_numbers_changes_none(values):
    column, _ = read([f"{v:,}" for v in [*values, *values]])
    assert column.tolist() == [*values, *values]
