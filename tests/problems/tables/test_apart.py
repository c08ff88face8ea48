"""Rows of a table that are kept apart by a column: whole groups, or the past before the future."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import talweg as tw
from commands import run
from talweg.checks import InputError
from talweg.problems import from_arrays, from_frame, read, resolve
from talweg.problems.rebuild import rebuild
from talweg.problems.source import Source

ROWS = 90
GENERATOR = np.random.default_rng(0)
PATIENT = GENERATOR.integers(0, 15, ROWS)
FRAME = pd.DataFrame(
    {
        "row": np.arange(ROWS) + 0.5,  # what is learned from tells which row it is
        "patient": [f"{patient:02d}" for patient in PATIENT],
        "visit": pd.date_range("2020-01-01", periods=ROWS).strftime("%Y-%m-%d")[GENERATOR.permutation(ROWS)],
        "y": GENERATOR.normal(size=ROWS),
    }
)


def rows_of(problem: tw.Problem, batch: Any) -> np.ndarray:
    """The numbers of a part's rows: all features are the row numbers, whose ranks no scaling changes."""
    whole = np.concatenate([problem.pool[0][:, 0], problem.test[0][:, 0]])
    assert len(whole) == ROWS
    return np.searchsorted(np.sort(whole), batch[0][:, 0])


def test_no_patient_is_on_two_sides_and_none_is_learned_from() -> None:
    problem = from_frame(FRAME[["row", "patient", "y"]], "y", groups="patient")
    assert problem.facts["features"] == 1
    for seed in range(5):
        own = problem.divided(seed)
        sides = [set(PATIENT[rows_of(problem, part)]) for part in (own.train, own.validation, own.test)]
        assert sum(map(len, sides)) == len(set.union(*sides))
        assert [len(part[0]) for part in (own.train, own.validation, own.test)] == problem.facts["split"]
    assert any(note.startswith("rows of one group stay together") for note in problem.notes)
    assert "the column patient keeps rows apart (groups) and is not learned from" in problem.notes


def test_the_past_trains_and_the_future_is_for_testing() -> None:
    problem = from_frame(FRAME[["row", "visit", "y"]], "y", time="visit")
    assert problem.facts["features"] == 1
    days = FRAME["visit"].to_numpy()
    for seed in range(5):
        own = problem.divided(seed)
        train, validation, test = (days[rows_of(problem, part)] for part in (own.train, own.validation, own.test))
        assert train.max() < validation.min()
        assert max(train.max(), validation.max()) < test.min()
    assert problem.facts["split"] == [36, 18, 18]
    assert any(note.startswith("the past comes before the future") for note in problem.notes)


def test_rows_without_a_target_take_their_group_with_them() -> None:
    holes = FRAME.assign(y=np.where(np.arange(ROWS) % 9 == 0, np.nan, FRAME["y"]))
    kept = np.arange(ROWS) % 9 != 0
    x, y = np.arange(ROWS)[kept], FRAME["y"].to_numpy()[kept]
    table, arrays = from_frame(holes[["row", "patient", "y"]], "y", groups="patient"), from_arrays(x, y, groups=PATIENT[kept])
    np.testing.assert_array_equal(table.pool[1], arrays.pool[1])
    assert table.split.described() == arrays.split.described()


def test_groups_are_told_apart_as_they_are_written() -> None:
    written = FRAME.assign(patient=np.where(PATIENT % 2, "1", "01"))
    with pytest.raises(InputError, match=r"the column patient must have at least 3 groups .* got 2"):
        from_frame(written, "y", groups="patient")


@pytest.mark.parametrize("suffix", ["csv", "parquet", "npz"])
@pytest.mark.parametrize("apart", [{"groups": "patient"}, {"time": "visit"}], ids=str)
def test_the_source_knows_the_column(suffix: str, apart: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / f"own.{suffix}"
    if suffix == "npz":
        np.savez(path, X=FRAME[["row"]], y=FRAME["y"], patient=PATIENT, visit=np.array(FRAME["visit"], "datetime64[D]"))
    else:
        getattr(FRAME, f"to_{suffix}")(path, index=False)
    problem = read(path, "y", **apart)
    again = rebuild(Source(**json.loads(json.dumps(dataclasses.asdict(problem.source)))))
    assert again.fingerprint() == problem.fingerprint() == resolve(path, "y", **apart).fingerprint()
    assert read(path, "y").fingerprint() != problem.fingerprint()
    if suffix != "npz":
        assert from_frame(FRAME, "y", path=path, **apart).source == read(path, "y", name="table", **apart).source


@pytest.mark.parametrize(
    ("apart", "sentence"),
    [
        ({"groups": "patients"}, "unknown column 'patients'; did you mean patient"),
        ({"time": "when"}, "unknown column 'when'"),
        ({"groups": "patient", "time": "visit"}, "by groups or by time, got both; leave one of them out"),
        ({"groups": "y"}, "can't be kept apart by the target y; choose another column"),
        ({"groups": "two"}, "the column two must have at least 3 groups .*, got 2; leave it out"),
        ({"groups": "holes"}, "the column holes must have no missing values, got 30; fill them in, or drop those rows"),
        ({"time": "holes"}, "the column holes must have no missing values, got 30"),
        ({"time": "words"}, "the column words must be numbers or dates, got '.* word'; choose another column"),
        ({"time": "two"}, "the column two must have at least 3 moments"),
    ],
    ids=str,
)
def test_a_column_that_keeps_nothing_apart_is_refused_with_a_sentence(apart: dict[str, str], sentence: str) -> None:
    words = [f"{'abcdefghij'[i % 10]} word" for i in range(ROWS)]
    frame = FRAME.assign(two=np.arange(ROWS) % 2, holes=np.where(np.arange(ROWS) % 3, np.arange(ROWS) * 1.5, np.nan), words=words)
    with pytest.raises(InputError, match=sentence):
        from_frame(frame, "y", **apart)


@pytest.mark.parametrize("problem", ["digits", "x**2 + y**2", from_arrays(np.eye(12), np.arange(12) % 2)], ids=str)
def test_only_a_file_has_columns(problem: Any) -> None:
    with pytest.raises(InputError, match="leave out groups"):
        resolve(problem, groups="patient")


def test_arrays_of_another_length_are_refused() -> None:
    with pytest.raises(InputError, match="groups must have one value for each of the 90 rows, got shape"):
        from_arrays(np.eye(ROWS), FRAME["y"], groups=PATIENT[1:])


def test_the_command_line_takes_both_and_a_race_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    FRAME.to_csv("own.csv", index=False)
    words = (
        "race",
        "own.csv",
        "--target",
        "y",
        "--methods",
        "sgd",
        "--settings",
        "2",
        "--seeds",
        "2",
        "--epochs",
        "1",
        "--model",
        "linear",
    )
    result = run(*words, "--groups", "patient")
    assert result.code == 0, result.errors
    assert "rows of one group stay together" in " ".join(result.out.split())
    assert tw.open_race().diagnose()
    refused = run(*words, "--groups", "patient", "--time", "visit")
    assert refused.code == 2
    assert "by groups or by time, got both" in refused.errors
