"""Tables of one's own: a file or a DataFrame, dirty as it may be, to a problem."""

from __future__ import annotations

import dataclasses
import difflib
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from talweg import checks
from talweg.checks import InputError, InputTypeError
from talweg.problems import datasets, losses, models, splits, targets
from talweg.problems.base import Problem
from talweg.problems.source import Source
from talweg.problems.supervised import from_arrays
from talweg.problems.surfaces import surface as surfaces
from talweg.problems.tables.headers import distinct_names, listed

if TYPE_CHECKING:  # importing talweg stays light: pandas and Arrow are imported when there is a table
    import pandas as pd

    from talweg.problems.tables.files import Columns

ENDINGS = (".csv", ".tsv", ".parquet", ".npz")
USUAL = ("target", "label", "class", "y")  #: what a target is called if none is named
ANY_SHAPE = (2**30, 2**30)  #: of an example, where only the words of a model are looked at
LABELS_AT_MOST = 20  # different values; a target with more that are almost all numbers is one of numbers


def resolve(
    problem: Problem | str | os.PathLike[str],
    target: str | None = None,
    model: str | None = None,
    init: str | None = None,
    loss: str | None = None,
    task: str | None = None,
    seed: int = 0,
    groups: str | None = None,
    time: str | None = None,
) -> Problem:
    """A problem as it is, the named one, a formula's, or the one in a file.

    Raises InputError for what is none of these, for settings that a complete problem can't take, and as `load` and `read` do.
    """
    settings: dict[str, Any] = {"model": model, "init": init, "loss": loss, "task": task}
    columns = {"target": target, "groups": groups, "time": time}
    if isinstance(problem, Problem):
        forbidden = [word for word, value in {**columns, **settings}.items() if value is not None]
        if forbidden:
            raise InputError(f"{problem.name}: a Problem already has its model, loss and data; leave out {' and '.join(forbidden)}")
        return problem
    if not isinstance(problem, (str, os.PathLike)):
        raise InputTypeError(f"problem: expected a Problem, a name or the path of a file, got {type(problem).__name__}")
    text = os.fspath(problem)
    known, exists = datasets.find(text) is not None, os.path.exists(text)
    if known or (not text.lower().endswith(ENDINGS) and surfaces.is_surface(text) and not exists):
        if target is not None:
            why = "data set has its own target" if known else "is a function and has no column to predict"
            raise InputError(f"{text}: this {why}; leave out target={target!r}")
        if given := [f"{word}={column!r}" for word, column in columns.items() if column is not None]:
            raise InputError(f"{text}: rows are kept apart by a column of a file, and this is none; leave out {' and '.join(given)}")
        return datasets.load(text, **settings, seed=seed)
    if Path(text).suffix or os.sep in text or exists:
        return read(text, **columns, **settings, seed=seed)
    names = [*datasets.CATALOGUE, *surfaces.SURFACES]
    checks.one_of("problem", "name", text, names, f"(or give a file: {', '.join(ENDINGS)}; or a formula: x**2 + 10*y**2)")
    raise AssertionError("unreachable: the name is not in the catalogue")


def read(
    path: str | os.PathLike[str],
    target: str | None = None,
    *,
    name: str | None = None,
    model: str | None = None,
    init: str | None = None,
    loss: str | None = None,
    task: str | None = None,
    metric: str | None = None,
    seed: int = 0,
    groups: str | None = None,
    time: str | None = None,
) -> Problem:
    """A problem from a CSV, TSV or Parquet file with named columns, or from an .npz file with the arrays X and y.

    Args:
        path: of the file; its ending says which sort it is.
        target: the column that is to be predicted; by default the one that is called target, label, class or y.
        name: how the problem is called in tables and in the store; by default as the file, without its ending.
        model: `linear`, `mlp:64,32` or `cnn:8,16`; by default `mlp:32`.
        init, loss, metric: see `from_arrays`.
        task: `classification` or `regression`; by default recognised from the target.
        seed: of the test part.
        groups: a column: rows with the same value in it (a patient, a machine) train, validate or test together.
        time: instead, a column of numbers or dates: the test rows are the last, and those that validate come after those that train.

    Neither of the two is learned from. Raises InputError for a file that is missing, empty, garbled or of an unknown sort, and as
    `from_frame` and `from_arrays` do.
    """
    splits.either(str(name or path), groups, time)
    file = _file(Path(path))
    targets.check_names(task, loss)  # a mistake is found before anything is read
    if model is not None:
        models.parse(model, ANY_SHAPE)
    settings: dict[str, Any] = {"model": model, "init": init, "loss": losses.named(loss), "task": task, "metric": metric, "seed": seed}
    settings |= {"groups": groups, "time": time}
    called = name or file.stem
    if file.suffix.lower() == ".npz":
        problem = _from_arrays(file, target, called, **settings)
    else:
        from talweg.problems.tables import files

        notes: list[str] = []
        problem = _from_columns(files.columns(file, notes), target, called, notes, **settings)
    return dataclasses.replace(problem, source=Source.of("file", file, target=target, name=name, **settings))


def from_frame(
    frame: pd.DataFrame,
    target: str | None = None,
    *,
    name: str = "table",
    model: str | None = None,
    init: str | None = None,
    loss: str | None = None,
    task: str | None = None,
    metric: str | None = None,
    seed: int = 0,
    path: str | os.PathLike[str] | None = None,
    groups: str | None = None,
    time: str | None = None,
) -> Problem:
    """A problem from a DataFrame, whose index is ignored; see `read`. What was found and done is in the problem's `notes`.

    `path` is the file that the frame was read from and still is the same as: a stored race then finds its data there. Of any other
    frame nothing is kept, and whoever opens the race later gives the problem again.

    Raises InputError without a usable target, feature or row, and as `from_arrays` does.
    """
    if not hasattr(frame, "columns") or not hasattr(frame, "iloc"):
        raise InputTypeError(f"{name}: expected a pandas DataFrame, got {type(frame).__name__}")
    splits.either(name, groups, time)
    columns = [(str(label), frame.iloc[:, i]) for i, label in enumerate(frame.columns)]
    chosen = None if target is None else str(target)
    settings: dict[str, Any] = {"model": model, "init": init, "loss": losses.named(loss), "task": task, "metric": metric, "seed": seed}
    settings |= {word: str(label) for word, label in (("groups", groups), ("time", time)) if label is not None}
    problem = _from_columns(columns, chosen, name, [], **settings)
    origin = Source("frame", name) if path is None else Source.of("file", _file(Path(path)), target=chosen, name=name, **settings)
    return dataclasses.replace(problem, source=origin)


def _from_columns(columns: Columns, target: str | None, name: str, notes: list[str], **settings: Any) -> Problem:
    import pandas as pd

    from talweg.problems.tables.column_types import Findings, keys, typed
    from talweg.problems.tables.encoding import TableEncoder
    from talweg.problems.tables.new_rows import TableRows

    names = [label.strip() for label, _ in columns]
    chosen = _target(name, names, target, notes)
    target = names[chosen]
    apart = {word: _column(name, names, label) for word in ("groups", "time") if (label := settings.pop(word, None)) is not None}
    if chosen in apart.values():
        raise InputError(f"{name}: rows can't be kept apart by the target {names[chosen]}; choose another column")
    y, rows = _labels_or_numbers(name, names[chosen], columns[chosen][1], settings["task"], settings["loss"], notes)
    for word, at in apart.items():
        notes.append(f"the column {names[at]} keeps rows apart ({word}) and is not learned from")
        settings[word] = keys(name, names[at], word, columns[at][1], rows)
    taken = sorted([chosen, *apart.values()], reverse=True)
    ignored = [names[at] for at in taken]
    for at in taken:
        del columns[at], names[at]
    unique = distinct_names(names, notes)
    columns.reverse()  # the columns are taken from the end, each let go when it has been read
    findings = Findings()
    features: dict[str, pd.Series] = {}
    for label in unique:
        values = columns.pop()[1]
        if rows is not None:
            values = values.filter(rows) if hasattr(values, "num_chunks") else values[rows]
        column = typed(label, values, findings)
        if column is not None:
            features[label] = column
    notes += findings.sentences()
    if not features:
        raise InputError(f"{name}: no column is left to learn from ({'; '.join(findings.sentences())})")
    encoder = TableEncoder()
    problem = from_arrays(pd.DataFrame(features, copy=False), y, name=name, encode=encoder, notes=notes, **settings)
    new = TableRows(name, ignored, {label: findings.types[label] for label in features}, encoder)
    coding = problem.coding and dataclasses.replace(problem.coding, rows=new, target=target)
    return dataclasses.replace(problem, notes=(*problem.notes, *encoder.notes), coding=coding)


def _target(name: str, names: list[str], target: str | None, notes: list[str]) -> int:
    """Which column is the target."""
    if target is None:
        usual = [label for word in USUAL for label in names if label.lower() == word]
        if not usual:
            raise InputError(f"{name}: which column is the target? Name one of {listed(names)}")
        target = usual[0]
        notes.append(f"the column {target} was taken as the target, by its name")
    at = _column(name, names, target)
    if len(names) == 1:
        raise InputError(f"{name}: the target {target} is the only column; is the separator one of comma, semicolon, tab or | ?")
    return at


def _column(name: str, names: list[str], target: str) -> int:
    """Which column has a name. Raises InputError if none has it, or several."""
    target = target.strip()
    if target not in names:
        nearest = difflib.get_close_matches(target, names, n=12, cutoff=0)
        more = len(names) - len(nearest)
        checks.one_of(name, "column", target, nearest, f"(and {more} more columns)" if more else "")
    if names.count(target) > 1:
        raise InputError(f"{name}: {names.count(target)} columns are called {target}; rename the one that is not meant")
    return names.index(target)


def _labels_or_numbers(
    name: str, label: str, column: Any, task: str | None, loss: str | None, notes: list[str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """The target without its missing rows, as numbers or as labels, and a mask of the rows that stay (None for all)."""
    import pandas as pd

    types = pd.api.types
    if isinstance(column, pd.Series) and types.is_numeric_dtype(column.dtype) and not types.is_bool_dtype(column.dtype):
        y: np.ndarray = column.to_numpy(np.float64, na_value=np.nan)
    else:
        y = _from_words(name, label, column, task, loss, notes)
    present = np.array([v is not None for v in y]) if y.dtype.kind == "O" else np.isfinite(y)
    if not len(y):
        raise InputError(f"{name}: the table has a header but no row")
    if not present.any():
        raise InputError(f"{name}: the target {label} has no value in any of {len(y)} rows; choose another column")
    y = y[present]
    if y.dtype.kind == "O":
        y = y.astype(str)
    elif (y == np.round(y)).all() and np.abs(y).max() < 2**53:
        y = y.astype(np.int64)
    if present.all():
        return y, None
    notes.append(f"rows without a usable target were left out ({int((~present).sum()):,})")
    return y, present


def _from_words(name: str, label: str, column: Any, task: str | None, loss: str | None, notes: list[str]) -> np.ndarray:
    """A target that is no column of numbers: as numbers (NaN for missing) if it reads as such and may be, else as text (None)."""
    import pandas as pd

    from talweg.problems.tables.column_types import MOST, UNSAID, as_dates, as_numbers, as_text, trimmed

    dates = isinstance(column, pd.Series) and pd.api.types.is_datetime64_any_dtype(column.dtype)
    text = trimmed(as_text(column) if isinstance(column, pd.Series) else column, UNSAID)
    distinct = text.drop_null().unique()
    wants_labels = task == "classification" or loss in ("cross-entropy", "hinge")
    wants_numbers = task == "regression" or (loss is not None and not wants_labels)
    open_to_both = len(distinct) > LABELS_AT_MOST and not wants_labels
    # A few labels, such as 1, 2 and 3+, are numbers only if all of them are.
    numbers = as_numbers(text, distinct, MOST if wants_numbers or open_to_both else 1.0) if len(distinct) and not dates else None
    if numbers is not None:
        if numbers[1]:
            notes.append(f"the target {label} is written as text and was read as numbers")
        return numbers[0]
    if wants_numbers and not dates:
        raise InputError(
            f"{name}: regression needs a target of numbers, but most of {label} is text ({listed(distinct.to_pylist(), 3)}); "
            "choose another target or force classification"
        )
    if dates or (open_to_both and as_dates(text, distinct) is not None):
        raise InputError(f"{name}: the target {label} is a date, which can't be predicted; make a number of it, or choose another column")
    return np.array(text.to_pylist(), object)


def _file(path: Path) -> Path:
    """The path of a file that can be read."""
    if path.is_dir():
        raise InputError(f"{path}: this is a folder; give the path of one file ({', '.join(ENDINGS)})")
    if not path.exists():
        folder = path.parent
        files = [entry.name for entry in folder.iterdir() if entry.suffix.lower() in ENDINGS] if folder.is_dir() else []
        close = difflib.get_close_matches(path.name, [*files, *datasets.CATALOGUE], n=2, cutoff=0.6)
        if not close:
            close = difflib.get_close_matches(path.stem, datasets.CATALOGUE, n=2, cutoff=0.8)
        meant = [str(folder / name) if name in files else f"the data set {name}" for name in close]
        known = f"give a file ({', '.join(ENDINGS)}) or one of {', '.join(datasets.CATALOGUE)}"
        raise InputError(f"{path}: there is no such file; " + (f"did you mean {' or '.join(meant)}?" if meant else known))
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"{path.name}: the ending {path.suffix or '(none)'} is not known; save the table as {', '.join(ENDINGS)}")
    try:
        with path.open("rb") as file:
            empty = not file.read(1)
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read ({error.strerror})") from error
    if empty:
        raise InputError(f"{path.name}: the file is empty")
    return path


def _from_arrays(path: Path, target: str | None, name: str, **settings: Any) -> Problem:
    """The arrays X and y of an .npz file."""
    wanted = target or "y"
    apart = {word: label for word in ("groups", "time") if (label := settings.pop(word)) is not None}
    x, y, *others = _arrays(path, "X", wanted, *apart.values())
    settings |= dict(zip(apart, others, strict=True))
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if x.ndim == 0:
        raise InputError(f"{path.name}: X must have one row for each example, got a single number")
    if y.dtype.kind == "S":
        y = np.char.decode(y, "utf-8", "replace")
    problem = from_arrays(x, y, name=name, **settings)
    return dataclasses.replace(problem, coding=problem.coding and dataclasses.replace(problem.coding, target=wanted))


def _arrays(path: Path, *wanted: str) -> list[np.ndarray]:
    """Arrays of an .npz file by their names."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if not hasattr(arrays, "files"):
                raise InputError(f"{path.name}: this holds one array; save two with numpy.savez({path.name!r}, X=…, y=…)")
            names = {label.lower(): label for label in arrays.files}
            if any(label.lower() not in names for label in wanted):
                which = f"arrays {' and '.join(wanted)}" if len(wanted) > 1 else f"array {wanted[0]}"
                raise InputError(f"{path.name}: expected the {which}, got {listed(arrays.files) or 'none'}; save them with numpy.savez")
            return [arrays[names[label.lower()]] for label in wanted]
    except InputError:
        raise
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile) as error:
        if "allow_pickle" in str(error) and zipfile.is_zipfile(path):
            raise InputError(
                f"{path.name}: X and y must be arrays of numbers or text, not of Python objects; save them with a plain type"
            ) from error
        raise InputError(f"{path.name}: the file cannot be read as NumPy arrays ({str(error).splitlines()[0][:120]})") from error


def new_rows(path: str | os.PathLike[str]) -> Columns | np.ndarray:
    """Rows that are to be predicted, every one of them: the named columns of a file, or the array X of an .npz file; for `Coding.inputs`.

    Raises InputError for a file that can't be read, or has a row of another length than its header.
    """
    file = _file(Path(path))
    if file.suffix.lower() == ".npz":
        return _arrays(file, "X")[0]
    from talweg.problems.tables import files

    return files.columns(file, [], every_row=True)
