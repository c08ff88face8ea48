"""`talweg predict`: what it prints and writes, and one sentence for every mistake."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import talweg as tw
from commands import run
from talweg import problems
from talweg.racing import training

ROWS = 120

pytestmark = pytest.mark.usefixtures("inside")


def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(size=ROWS).round(3), "colour": rng.choice(["red", "blue"], ROWS)})
    return frame.assign(sort=np.where(frame["size"] > 0, "large", "small"))


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and the store of its race."""
    folder = tmp_path_factory.mktemp("raced")
    table().to_csv(folder / "own.csv", index=False)
    problem = problems.read(folder / "own.csv", "sort", model="linear")
    tw.race(problem, "adam", settings=8, seeds=8, epochs=400, store=folder / "talweg.db")
    return folder


@pytest.fixture
def there(raced: Path, tmp_path: Path) -> Path:
    """A file of new rows, without the target, in the folder where the command runs."""
    table().drop(columns="sort").to_csv(tmp_path / "new.csv", index=False)
    return raced / "talweg.db"


def test_each_row_of_the_file_has_its_prediction_in_a_column_with_the_name_of_the_target(there: Path) -> None:
    output = run("predict", "new.csv", "--store", str(there), "--out", "made/predictions.csv")
    assert (output.code, output.errors) == (0, "")
    done = tw.open_race(None, there)
    assert f"trained on all 120 rows for {done.recommendation.steps:,} steps, as race {done.name} recommends." in output.out
    assert output.out.rstrip().endswith("predictions  made/predictions.csv")
    written = pd.read_csv("made/predictions.csv")
    assert list(written) == ["sort"]
    assert written["sort"].tolist() == done.train().predict("new.csv").tolist()
    assert (written["sort"] == table()["sort"]).mean() > 0.9


def test_the_first_rows_are_shown_where_no_file_is_named(there: Path) -> None:
    output = run("predict", "new.csv", "--store", str(there))
    lines = output.out.splitlines()
    assert output.code == 0
    assert len(lines) == 13
    assert lines[1].split() == ["sort"]
    first = tw.open_race(None, there).train().predict("new.csv")[:10]
    assert [line.split() for line in lines[2:12]] == [[str(i), word] for i, word in enumerate(first, 1)]
    assert lines[12] == "… and 110 more rows; --out predictions.csv writes all."


def test_probabilities_stand_beside_with_the_names_of_the_classes(there: Path) -> None:
    run("predict", "new.csv", "--store", str(there), "--out", "p.csv", "--probabilities")
    written = pd.read_csv("p.csv")
    assert list(written) == ["sort", "probability_large", "probability_small"]
    np.testing.assert_allclose(written.iloc[:, 1:].sum(axis=1), 1)
    assert ((written["probability_large"] > 0.5) == (written["sort"] == "large")).all()


def test_a_target_in_the_file_is_ignored(there: Path) -> None:
    table().assign(sort="nonsense").to_csv("with.csv", index=False)
    for file in ("new", "with"):
        assert run("predict", f"{file}.csv", "--store", str(there), "--out", f"p-{file}.csv").code == 0
    assert Path("p-new.csv").read_text() == Path("p-with.csv").read_text()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["gone.csv"], "gone.csv: there is no such file"),
        (["new.csv", "nonsense"], "nonsense"),
        (["new.csv", "--out", "predictions.txt"], "predict: predictions are written as CSV, give --out a file such as predictions.csv"),
        (["short.csv"], "own: the column colour is missing in the new rows; it learned from size, colour"),
        (["uneven.csv"], "uneven.csv: each row needs the header's 2 columns, but 1 have not"),
        (["array.npz"], "own: expected a table with the columns size, colour, got an array of shape (3, 2)"),
        (["words.csv"], "own: the column size was one of numbers, but in the new rows it is not: big, small"),
    ],
)
def test_a_mistake_is_one_sentence_before_anything_is_trained(
    there: Path, words: list[str], error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("trained")

    monkeypatch.setattr(training, "train", refuse)
    Path("short.csv").write_text("size\n1\n")
    Path("uneven.csv").write_text("size,colour\n1,red\n2\n")
    Path("words.csv").write_text("size,colour\nbig,red\nsmall,red\n")
    np.savez("array.npz", X=np.zeros((3, 2)))
    output = run("predict", *words, "--store", str(there))
    assert (output.code, output.out) == (2, "")
    assert len(output.errors.strip().splitlines()) == 1
    assert error in output.errors


def test_a_race_whose_file_has_changed_is_not_trained_on_it(there: Path, raced: Path) -> None:
    before = (raced / "own.csv").read_text()
    (raced / "own.csv").write_text(before + "3.0,red,large\n")
    try:
        output = run("predict", "new.csv", "--store", str(there))
    finally:
        (raced / "own.csv").write_text(before)
    assert output.code == 2
    assert "what is there now is not what was raced" in output.errors
    assert ".train(problem=…)" in output.errors
