"""New rows as a model's inputs, and its outputs as answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from talweg import problems
from talweg.checks import InputError, InputTypeError
from talweg.problems import Problem
from talweg.problems.coding import Coding
from talweg.problems.tables.read import new_rows

ROWS = 120


def coding(problem: Problem) -> Coding:
    assert problem.coding is not None
    return problem.coding


def table(rows: int = ROWS, seed: int = 0) -> pd.DataFrame:
    """Numbers, yes and no, dates, categories, text of many values, missing values; two numbers and a class to predict."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "size": rng.normal(10, 3, rows).round(2),
            "gone": np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows).round(3)),
            "open": rng.choice(["yes", "no"], rows),
            "day": pd.Timestamp("2024-01-02") + pd.to_timedelta(rng.integers(0, 500, rows), unit="D"),
            "colour": rng.choice(["red", "green", "blue"], rows),
            "words": [f"item {rng.integers(1000)} of {rng.integers(1000)}" for _ in range(rows)],
            "price": rng.normal(200, 30, rows).round(1),
            "sort": rng.choice(["a", "b", "c"], rows),
        }
    )


def rows_of(problem: Problem) -> np.ndarray:
    """The inputs of all of a problem's rows."""
    return np.concatenate([problem.pool[0], problem.test[0]])


def the_same(inputs: np.ndarray, problem: Problem) -> bool:
    """Whether inputs are a problem's own rows, in whatever order."""
    one, other = (x.reshape(len(x), -1) for x in (inputs, rows_of(problem)))
    return np.allclose(one[np.lexsort(one.T)], other[np.lexsort(other.T)], atol=1e-5)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return table()


@pytest.fixture(scope="module")
def priced(frame: pd.DataFrame) -> Problem:
    return problems.from_frame(frame, "price", model="linear")


# ---- inputs --------------------------------------------------------------------------------------------------------------------


def test_the_rows_of_a_table_get_the_inputs_that_they_had(frame: pd.DataFrame, priced: Problem) -> None:
    assert the_same(coding(priced).inputs(frame), priced)


def test_the_order_of_columns_and_further_ones_and_a_missing_target_make_no_difference(frame: pd.DataFrame, priced: Problem) -> None:
    known = coding(priced).inputs(frame)
    other = frame.drop(columns="price")[["sort", "words", "colour", "day", "open", "gone", "size"]].assign(more=1)
    np.testing.assert_array_equal(coding(priced).inputs(other), known)


def test_each_row_stays_at_its_place_though_its_target_is_missing(frame: pd.DataFrame, priced: Problem) -> None:
    empty = frame.assign(price=np.nan)
    np.testing.assert_array_equal(coding(priced).inputs(empty), coding(priced).inputs(frame))


def test_a_single_row_is_what_it_is_among_others(frame: pd.DataFrame, priced: Problem) -> None:
    all_rows = coding(priced).inputs(frame)
    for i in (0, 7, 50):
        np.testing.assert_allclose(coding(priced).inputs(frame.iloc[i : i + 1]), all_rows[i : i + 1], atol=1e-5)


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_a_file_is_read_as_the_frame_is(frame: pd.DataFrame, priced: Problem, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"new.{ending}"
    rest = frame.drop(columns="price")
    rest.to_parquet(file) if ending == "parquet" else rest.to_csv(file, index=False, sep="\t" if ending == "tsv" else ",")
    np.testing.assert_allclose(coding(priced).inputs(new_rows(file)), coding(priced).inputs(frame), atol=1e-5)


def test_numbers_written_with_decimal_commas_are_read_as_such(frame: pd.DataFrame, priced: Problem, tmp_path: Path) -> None:
    (file := tmp_path / "new.csv").write_text(frame.to_csv(index=False, sep=";", decimal=","))
    np.testing.assert_allclose(coding(priced).inputs(new_rows(file)), coding(priced).inputs(frame), atol=1e-5)


def test_a_number_that_can_be_read_in_two_ways_is_read_as_when_it_was_learned() -> None:
    thousands = [f"{value:,}" for value in range(1000, 61000, 500)]
    commas = [f"{value / 1000:.3f}".replace(".", ",") for value in range(1000, 61000, 500)]
    commas[0] = "0,5"  # no thousands begin with a nought
    target = np.arange(120) * 1.5
    for values, wanted in ((thousands, 3500.0), (commas, 3.5)):
        read = coding(problems.from_frame(pd.DataFrame({"x": values, "y": target}), "y", model="linear"))
        number = read.inputs(pd.DataFrame({"x": ["3,500"]}))
        np.testing.assert_allclose(number, read.inputs(pd.DataFrame({"x": [wanted]})), atol=1e-6)


def test_a_date_that_can_be_read_in_two_ways_is_read_as_when_it_was_learned() -> None:
    days = pd.Timestamp("2024-01-02") + pd.to_timedelta(np.arange(0, 360, 3), unit="D")
    read = coding(problems.from_frame(pd.DataFrame({"day": days.strftime("%d/%m/%Y"), "y": np.arange(120) * 1.5}), "y", model="linear"))
    one = read.inputs(pd.DataFrame({"day": ["03/04/2024"]}))
    np.testing.assert_allclose(one, read.inputs(pd.DataFrame({"day": [pd.Timestamp("2024-04-03")]})), atol=1e-6)


def test_categories_and_text_that_nobody_knows_are_none_of_those_that_were_learned(frame: pd.DataFrame, priced: Problem) -> None:
    known = coding(priced).inputs(frame)
    strange = coding(priced).inputs(frame.assign(colour="violet", words=None))
    assert np.isfinite(strange).all()
    differing = (strange != known).any(axis=0)
    assert 3 <= differing.sum() <= 13  # the three colours, and the ten numbers that describe the text


@pytest.mark.parametrize("column", ["size", "gone", "open", "day", "colour", "words"])
def test_missing_values_are_filled_in(frame: pd.DataFrame, priced: Problem, column: str) -> None:
    inputs = coding(priced).inputs(frame.assign(**{column: None}))
    assert inputs.shape == rows_of(priced).shape
    assert np.isfinite(inputs).all()


def test_a_column_of_numbers_may_hold_some_that_cannot_be_read(frame: pd.DataFrame, priced: Problem) -> None:
    words = frame["size"].astype(str).where(np.arange(ROWS) > 5, "broken")
    gone = frame["size"].where(np.arange(ROWS) > 5, np.nan)
    one, other = (coding(priced).inputs(frame.assign(size=column)) for column in (words, gone))
    np.testing.assert_array_equal(one, other)


def test_whole_numbers_that_are_categories_stay_so_beside_missing_values() -> None:
    codes = pd.Categorical(np.tile([1, 2, 3, 4], 30))
    read = coding(problems.from_frame(pd.DataFrame({"code": codes, "y": np.arange(120) * 1.5}), "y", model="linear"))
    inputs = read.inputs(pd.DataFrame({"code": [2.0, np.nan]}))
    np.testing.assert_array_equal(inputs[:1], read.inputs(pd.DataFrame({"code": ["2"]})))
    assert (inputs[0] != inputs[1]).any()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop(columns="size"), "the column size is missing in the new rows; it learned from size, gone"),
        (lambda f: f.rename(columns={"size": "Sizes"}), r"the column size is missing in the new rows \(is Sizes meant\?\)"),
        (lambda f: f.drop(columns=["size", "day"]), r"2 columns \(size, day\) are missing"),
        (lambda f: f.assign(size="large"), "the column size was one of numbers, but in the new rows it is not: large"),
        (lambda f: f.assign(size=f["day"]), "the column size was one of numbers, but in the new rows it is not: 202"),
        (lambda f: f.assign(open="perhaps"), "the column open was one of yes and no, but in the new rows it is not: perhaps"),
        (lambda f: f.assign(day=3.5), r"the column day was one of dates, but in the new rows it is not: 3\.5"),
        (lambda f: f.iloc[:0], "the table has no rows to predict"),
    ],
)
def test_a_table_that_does_not_fit_is_one_sentence(frame: pd.DataFrame, priced: Problem, change: Any, words: str) -> None:
    with pytest.raises(InputError, match=f"^table: {words}"):
        coding(priced).inputs(change(frame))


def test_what_is_no_table_is_refused(priced: Problem) -> None:
    with pytest.raises(InputTypeError, match=r"expected a table with the columns size, gone, .*, got an array of shape \(3, 7\)"):
        coding(priced).inputs(np.zeros((3, 7)))


def test_columns_of_one_name_are_told_apart_by_their_order(tmp_path: Path) -> None:
    lines = [f"{i},{i * i % 17},{3 * i % 23}.5" for i in range(60)]
    (file := tmp_path / "twins.csv").write_text("\n".join(["x,x,y", *lines]))
    problem = problems.read(file, target="y", model="linear")
    assert the_same(coding(problem).inputs(new_rows(file)), problem)


def test_a_row_of_another_length_than_the_header_is_never_left_out(tmp_path: Path) -> None:
    (file := tmp_path / "new.csv").write_text("a,b\n1,2\n3\n")
    with pytest.raises(InputError, match=r"new\.csv: each row needs the header's 2 columns, but 1 have not \(the first has 1\)"):
        new_rows(file)


def test_the_rows_of_arrays_get_the_inputs_that_they_had(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(3, 2, (60, 4, 5))
    np.savez(tmp_path / "images.npz", X=x, kind=np.arange(60) % 3)
    problem = problems.read(tmp_path / "images.npz", target="kind")
    assert coding(problem).target == "kind"
    np.savez(tmp_path / "new.npz", X=x)
    assert the_same(coding(problem).inputs(new_rows(tmp_path / "new.npz")), problem)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.zeros((5, 3)), r"expected rows of shape \(4,\), as it learned from, got an array of shape \(5, 3\)"),
        (np.zeros(4), r"expected rows of shape \(4,\), .*, got an array of shape \(4,\); to predict one, give an array of shape \(1, 4\)"),
        (np.full((2, 4), np.nan), "features must be finite"),
        (np.zeros((0, 4)), "there are no rows to predict"),
        ([("a", pd.Series([1.0]))], r"it learned from an array, rows of shape \(4,\); give new ones as the array X of an \.npz file"),
    ],
)
def test_arrays_that_do_not_fit_are_one_sentence(rows: Any, words: str) -> None:
    iris = problems.load("iris")
    with pytest.raises(InputError, match=f"^iris: {words}"):
        coding(iris).inputs(rows)


def test_an_npz_file_without_features_says_so(tmp_path: Path) -> None:
    np.savez(tmp_path / "new.npz", Z=np.zeros(3))
    with pytest.raises(InputError, match=r"new\.npz: expected the array X, got Z"):
        new_rows(tmp_path / "new.npz")


# ---- answers -------------------------------------------------------------------------------------------------------------------


def made(y: Any, **settings: Any) -> Coding:
    x = np.random.default_rng(0).normal(size=(len(y), 2))
    return coding(problems.from_arrays(x, y, model="linear", **settings))


def test_labels_come_back_as_they_were_given() -> None:
    outputs = np.array([[0.1, 2.0, 0.3], [3.0, 1.0, 2.0]])
    np.testing.assert_array_equal(made(np.tile([5, 7, 9], 20)).answers(outputs), [7, 5])
    np.testing.assert_array_equal(made(np.tile(["x", "y", "z"], 20)).answers(outputs), ["y", "x"])


def test_one_output_tells_two_classes_apart() -> None:
    read = made(np.tile(["no", "yes"], 30))
    outputs = np.array([[-0.5], [2.0]])
    np.testing.assert_array_equal(read.answers(outputs), ["no", "yes"])
    np.testing.assert_allclose(read.probabilities(outputs)[:, 1], 1 / (1 + np.exp([0.5, -2.0])))


def test_probabilities_are_those_of_the_softmax_and_add_up_to_one() -> None:
    outputs = np.array([[0.0, np.log(2.0), np.log(5.0)]])
    np.testing.assert_allclose(made(np.tile([5, 7, 9], 20)).probabilities(outputs), [[1 / 8, 2 / 8, 5 / 8]])


@pytest.mark.parametrize("loss", ["squared", "absolute", "huber"])
def test_numbers_come_back_in_the_unit_of_the_target(loss: str) -> None:
    y = np.random.default_rng(1).normal(500, 40, 100)
    x = np.random.default_rng(0).normal(size=(100, 2))
    problem = problems.from_arrays(x, y, loss=loss)
    targets = np.concatenate([problem.pool[1], problem.test[1]])
    np.testing.assert_allclose(np.sort(coding(problem).answers(targets[:, None])), np.sort(y), rtol=1e-5)
    pool = np.sort(coding(problem).answers(problem.pool[1][:, None]))
    assert problem.facts["target_deviation"] == pytest.approx(pool.std(), rel=1e-5)


def test_a_poisson_regression_says_the_expected_counts() -> None:
    y = np.random.default_rng(1).poisson(30, 100)
    problem = problems.from_arrays(np.random.default_rng(0).normal(size=(100, 2)), y, loss="poisson")
    assert problem.facts["target_deviation"] == 1.0
    np.testing.assert_allclose(coding(problem).answers(np.log([[3.0], [8.0]])), [3.0, 8.0])


def test_where_there_are_no_probabilities_it_is_said() -> None:
    with pytest.raises(InputError, match="y is a number and has no classes"):
        made(np.arange(60) * 1.5).probabilities(np.zeros((1, 1)))
    with pytest.raises(InputError, match="with hinge loss a model gives margins, not probabilities"):
        made(np.tile([0, 1], 30), loss="hinge").probabilities(np.zeros((1, 1)))


def test_what_a_problem_is_to_new_rows_is_no_part_of_its_fingerprint() -> None:
    iris = problems.load("iris")
    assert replace(iris, coding=None).fingerprint() == iris.fingerprint()


def test_the_column_that_kept_rows_apart_is_not_asked_for(frame: pd.DataFrame) -> None:
    grouped = problems.from_frame(frame.assign(clinic=np.arange(ROWS) % 9), "price", model="linear", groups="clinic")
    known = coding(grouped).inputs(frame.assign(clinic=0))
    np.testing.assert_array_equal(coding(grouped).inputs(frame), known)
    assert the_same(known, grouped)
