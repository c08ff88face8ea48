"""Tables of one's own: what a dirty file becomes, and the sentence for one that can't be read."""

import gzip

import numpy as np
import pandas as pd
import pytest

from talweg.checks import InputError
from talweg.problems import from_frame, read
from talweg.problems.tables.encoding import TableEncoder

ROWS = 60


def table(**columns):
    generator = np.random.default_rng(0)
    return pd.DataFrame({"a": generator.normal(size=ROWS), "b": generator.choice(["red", "green", "blue"], ROWS), **columns})


def labelled(**columns):
    return table(y=["cat", "dog"] * (ROWS // 2), **columns)


def said(problem, words):
    return any(words in note for note in problem.notes)


def every_feature(problem):
    return np.concatenate([problem.train[0], problem.validation[0], problem.test[0]])


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_the_same_table_in_any_file_becomes_the_same_problem(tmp_path, ending):
    frame, path = labelled(), tmp_path / f"table.{ending}"
    if ending == "parquet":
        frame.to_parquet(path)
    else:
        frame.to_csv(path, index=False, sep="," if ending == "csv" else "\t")
    problem, expected = read(path, "y"), from_frame(frame, "y")
    np.testing.assert_allclose(problem.train[0], expected.train[0], rtol=1e-5)
    np.testing.assert_array_equal(problem.train[1], expected.train[1])
    assert problem.classes == ("cat", "dog")


@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_separator_and_encoding_are_found(tmp_path, separator, encoding):
    path = tmp_path / "table.csv"
    labelled(größe=["ä", "ö"] * (ROWS // 2)).set_index("y").to_csv(path, sep=separator, encoding=encoding)
    problem = read(path, "y")
    assert problem.facts["features"] == 1 + 3 + 2
    assert said(problem, "Latin-1") == (encoding == "latin-1")


def test_a_quoted_value_may_hold_separators_and_line_breaks(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text('a,"b, c",y\n' + "".join(f'{i % 7}.5,"one,\ntwo {i % 3}",{i % 2}\n' for i in range(30)))
    assert read(path, "y").facts["features"] == 1 + 3
    assert sum(read(path, "y").facts["split"]) == 30


def test_rows_of_another_length_are_left_out_and_said(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("a,y\n1,2,3\n" + "".join(f"{i * 7 % 11}.5,{i % 2}\n" for i in range(30)) + "5\n")
    problem = read(path, "y")
    assert said(problem, "rows of another length than the header (2 columns) were left out (2)")
    assert sum(problem.facts["split"]) == 30


def test_all_sorts_of_dirt_at_once_become_finite_numbers_and_each_is_said():
    generator = np.random.default_rng(1)
    frame = table(
        id=np.arange(ROWS),
        price=[f"${v:,.2f}" for v in generator.uniform(1000, 9000, ROWS)],
        when=[*pd.date_range("2020-01-01", periods=ROWS - 1).strftime("%Y-%m-%d"), ""],
        holes=[np.nan if i % 6 == 0 else i**0.5 for i in range(ROWS)],
        endless=[np.inf, *np.arange(1, ROWS) ** 0.5],
        flag=["yes", "no"] * (ROWS // 2),
        name=[f"Mr. {chr(65 + i % 26)}{i} Smith" for i in range(ROWS)],
        empty="?",
        constant=1,
        y=generator.normal(size=ROWS),
    )
    problem = from_frame(frame, "y")
    assert np.isfinite(every_feature(problem)).all()
    for words in ("left out, without a value: 1 column (empty)", "same in every row: 1 column (constant)", "identifier: 1 column (id)"):
        assert said(problem, words)
    for words in (
        "as numbers: 1 column (price)",
        "dates were split in year",
        "(flag)",
        "infinite values (1)",
        "missing values (12)",
        "10 numbers",
    ):
        assert said(problem, words)


def test_a_missing_number_becomes_the_median_of_the_pool_and_its_absence_a_column():
    frame = labelled(holes=[np.nan if i % 6 == 0 else i**0.5 for i in range(ROWS)])
    assert from_frame(frame, "y").facts["features"] == from_frame(labelled(), "y").facts["features"] + 2
    problem = from_frame(frame[["holes", "y"]], "y")
    absent = problem.pool[0][:, 1] > 0
    filled = problem.pool[0][:, 0]
    assert np.unique(filled[absent]).size == 1
    assert np.median(filled[~absent]) == pytest.approx(filled[absent][0], abs=1e-6)


def test_nothing_is_learned_from_the_test_part():
    frame = table(c=np.arange(ROWS) ** 0.5, t=pd.Categorical([f"text {i} {chr(97 + i % 26)}" for i in range(ROWS)]))
    frame["b"] = frame["b"].astype("category")
    pool, test = frame[:50], frame[50:]
    other = test.assign(c=1e6, b=pd.Categorical(["purple"] * 10), t=pd.Categorical(["something else"] * 10))
    expected = TableEncoder()(pool, test)
    changed = TableEncoder()(pool, other)
    np.testing.assert_array_equal(changed[0], expected[0])
    assert changed[1].shape == expected[1].shape
    assert changed[1][0, 1] == pytest.approx(1e6 - np.median(pool["c"]))
    assert not changed[1][:, 2:5].any()  # purple is no colour of the pool


def test_a_missing_date_and_a_missing_text_are_finite_numbers():
    days = pd.Series(pd.date_range("2020-01-01 05:00", periods=ROWS, freq="31h").astype("datetime64[us]"))
    days[:5] = pd.NaT
    texts = pd.Series(pd.Categorical([None] * 5 + [f"word {i}" for i in range(ROWS - 5)]))
    letters = pd.Series(pd.Categorical([" ".join(format(i, "06b")) for i in range(ROWS)]))
    frame = pd.DataFrame({"days": days, "texts": texts, "letters": letters})
    missing, known = TableEncoder()(frame, frame[:5]), TableEncoder()(frame, frame[5:])
    assert all(np.isfinite(part).all() for part in (*missing, *known))
    np.testing.assert_array_equal(missing[0][:5], missing[1])
    np.testing.assert_array_equal(known[0][5:], known[1])


def test_rows_without_a_target_are_left_out_and_said():
    y = ["cat", "dog", None, "?", " ", "dog"] * (ROWS // 6)
    problem = from_frame(table(y=y), "y")
    assert said(problem, "rows without a usable target were left out (30)")
    assert problem.classes == ("cat", "dog")
    assert sum(problem.facts["split"]) == 30


def test_plus_and_minus_are_labels():
    assert from_frame(table(y=["+", "-"] * (ROWS // 2)), "y").classes == ("+", "-")


@pytest.mark.parametrize("form", ["{:,.1f}", "${:.2f}", "{} %"])
def test_a_target_of_numbers_written_as_text_is_a_regression(form):
    values = np.linspace(-100, 20000, ROWS)
    problem = from_frame(table(y=[form.format(v) for v in values]), "y")
    assert problem.task == "regression"
    assert said(problem, "the target y is written as text")
    target = np.sort(np.concatenate([part[1] for part in (problem.train, problem.validation, problem.test)]))
    np.testing.assert_allclose(np.diff(target), np.diff(target).mean(), rtol=2e-3)


def test_labels_that_hold_numbers_stay_labels():
    assert from_frame(table(y=["1", "2", "3+"] * (ROWS // 3)), "y").classes == ("1", "2", "3+")
    assert from_frame(table(y=["1", "2", "1", "2", "3+", "1"] * (ROWS // 6)), "y").classes == ("1", "2", "3+")
    assert from_frame(table(y=["1", "2", "3"] * (ROWS // 3)), "y").classes == ("1", "2", "3")
    assert from_frame(table(y=[True, False] * (ROWS // 2)), "y").classes == ("False", "True")


def test_the_usual_name_of_a_target_is_taken_and_said():
    problem = from_frame(labelled().rename(columns={"y": "Label"}))
    assert said(problem, "the column Label was taken as the target")


def test_columns_of_one_name_are_told_apart():
    frame = labelled()
    frame.insert(0, "other", frame["a"] ** 2)
    frame.columns = ["a", "a", "b", "y"]
    problem = from_frame(frame, "y")
    assert said(problem, "(the first: a.2)")
    assert problem.facts["features"] == 2 + 3


def test_a_table_of_many_rows_is_fitted_on_a_sample_and_in_chunks(monkeypatch):
    from talweg.problems.tables import encoding

    frame = labelled(when=pd.date_range("2020-01-01", periods=ROWS))
    whole = from_frame(frame, "y")
    monkeypatch.setattr(encoding, "CHUNK", 7)
    np.testing.assert_array_equal(from_frame(frame, "y").train[0], whole.train[0])
    monkeypatch.setattr(encoding, "FITTED_ON", 30)
    assert said(from_frame(frame, "y"), "as 30 of the 48 rows outside the test part show them")


@pytest.mark.parametrize(
    ("frame", "target", "sentence"),
    [
        (labelled(), "yy", "table: unknown column 'yy'; did you mean y?"),
        (labelled().rename(columns={"y": "kind"}), None, r"which column is the target\? Name one of a, b, kind"),
        (table(**{f"c{i}": i for i in range(20)}), None, r"c9, … \(10 more\)"),
        (labelled()[["y"]], "y", "the target y is the only column"),
        (labelled()[["y"]].assign(x=1), "y", r"no column is left to learn from \(left out, the same in every row: 1 column \(x\)\)"),
        (labelled()[:6], "y", "at least 10 rows .* got 6"),
        (labelled()[:0], "y", "has a header but no row"),
        (table(y="cat"), "y", r"at least two classes, got one \(cat\)"),
        (table(y=["cat"] * (ROWS - 3) + ["owl", "dog", "owl"]), "y", r"each class needs at least 3 rows .*2 of 3 .*first: dog, 1"),
        (table(y=None), "y", "the target y has no value in any of 60 rows"),
        (table(y=pd.date_range("2020", periods=ROWS)), "y", "the target y is a date"),
        (table(y=pd.date_range("2020", periods=ROWS).strftime("%Y-%m-%d")), "y", "the target y is a date"),
        (labelled().set_axis(["y", "b", "y"], axis=1), "y", "2 columns are called y"),
    ],
)
def test_a_table_that_is_no_problem_is_refused_in_a_sentence(frame, target, sentence):
    with pytest.raises(InputError, match=sentence):
        from_frame(frame, target)


def test_regression_on_text_is_refused_in_a_sentence():
    with pytest.raises(InputError, match=r"regression needs a target of numbers, but most of y is text \(cat, dog\)"):
        from_frame(labelled(), "y", task="regression")
    with pytest.raises(InputError, match="expected a pandas DataFrame, got list"):
        from_frame([1, 2], "y")


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("table.csv", b"", "table.csv: the file is empty"),
        ("table.csv", b"\n\n", "table.csv: the file has no line"),
        ("table.csv", b"a,y\n", "table: the table has a header but no row"),
        ("table.csv", b"a,y\n1,2,3\n4,5,6\n", r"the header has 2 columns, but no row has as many \(the first has 3\)"),
        ("table.csv", b"\x00\x01\x02" * 50, r"the file is not text; is its ending \(.csv\) right"),
        ("table.csv", gzip.compress(b"a,y\n1,2\n" * 50, mtime=0), "table.csv: the file is not text"),
        ("table.parquet", b"a,y\n1,2\n", "table.parquet: the file cannot be read as Parquet"),
        ("table.npz", b"a,y\n1,2\n", "table.npz: the file cannot be read as NumPy arrays"),
        ("table.xlsx", b"PK", "the ending .xlsx is not known; save the table as .csv"),
        ("table", b"a,y", r"the ending \(none\) is not known"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_a_sentence(tmp_path, file, content, sentence):
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read(tmp_path / file, "y")


def test_a_missing_file_is_answered_with_the_one_that_was_meant(tmp_path):
    (tmp_path / "houses.csv").write_text("a,y\n")
    with pytest.raises(InputError, match=r"there is no such file; did you mean .*houses\.csv"):
        read(tmp_path / "house.csv", "y")
    with pytest.raises(InputError, match="did you mean the data set digits"):
        read(tmp_path / "digits.csv", "y")
    with pytest.raises(InputError, match=r"there is no such file; give a file"):
        read(tmp_path / "nowhere" / "q.csv")
    with pytest.raises(InputError, match="this is a folder"):
        read(tmp_path)


def test_arrays_are_read_by_name_in_any_case(tmp_path):
    path, generator = tmp_path / "arrays.npz", np.random.default_rng(0)
    np.savez(path, x=generator.normal(size=(30, 4, 4)), Y=np.arange(30)[:, None] % 3)
    problem = read(path, model="cnn:4")
    assert problem.train[0].shape == (18, 4, 4)
    assert problem.classes == ("0", "1", "2")
    np.savez(path, X=generator.normal(size=(30, 4)), y=np.array([b"no", b"yes"] * 15))
    assert read(path).classes == ("no", "yes")


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"features": np.ones((3, 2)), "y": np.ones(3)}, "expected the arrays X and y, got features, y"),
        ({"X": np.ones((3, 2))}, "expected the arrays X and y, got X"),
        ({"X": np.array([[1, "a"], [None, 2]], object), "y": np.ones(2)}, "not of Python objects"),
        ({"X": np.array([[1.0, np.nan]] * 20), "y": np.arange(20) % 2}, "features must be finite, got 20"),
        ({"X": np.array([["a"]] * 20), "y": np.arange(20) % 2}, "features must be numbers"),
        ({"X": np.ones((20, 2)), "y": np.ones(19)}, "one value for each of the 20 rows"),
        ({"X": np.float64(3), "y": np.ones(2)}, "got a single number"),
        ({"X": np.ones((0, 2)), "y": np.ones(0)}, "no features"),
        ({"X": np.ones((20, 2)), "y": np.full(20, np.nan)}, "are NaN or infinite|are missing"),
    ],
)
def test_arrays_that_are_no_problem_are_refused_in_a_sentence(tmp_path, arrays, sentence):
    np.savez(tmp_path / "arrays.npz", **arrays)
    with pytest.raises(InputError, match=sentence):
        read(tmp_path / "arrays.npz")
