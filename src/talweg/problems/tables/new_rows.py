"""New rows of a table that was learned from: each column read as the type that it had there."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from talweg.checks import InputError, InputTypeError
from talweg.problems.tables import column_types as types
from talweg.problems.tables.column_types import ColumnType
from talweg.problems.tables.encoding import TableEncoder
from talweg.problems.tables.headers import distinct_names, listed

READABLE = 0.5  #: the share of a column's values that must be of its type; the others count as missing
FALSE = pa.array(["false", "no", "f", "n", "off", "0"])
TRUE = pa.array([*types.TRUE.to_pylist(), "1"])
KINDS = {"number": "numbers", "truth": "yes and no", "date": "dates"}


@dataclass(frozen=True)
class TableRows:
    """New rows -> the numbers that a table's rows are. The order of the columns is free, and others are ignored."""

    name: str
    ignored: Sequence[str]  #: the target, and what kept rows apart
    types: Mapping[str, ColumnType]  #: of the columns that are learned from
    encoder: TableEncoder

    def __call__(self, table: Any) -> np.ndarray:
        """The rows of a DataFrame, or of a file's named columns.

        Raises InputError for what is no table, no rows, a column that is missing, and one of which most is of another type.
        """
        columns = dict(self._named(table))
        absent = [label for label in self.types if label not in columns]
        if absent:
            near = difflib.get_close_matches(absent[0], [label for label in columns if label not in self.types], n=1)
            what = f"the column {absent[0]} is" if len(absent) == 1 else f"{len(absent)} columns ({listed(absent, 3)}) are"
            hint = f" (is {near[0]} meant?)" if near else ""
            raise InputError(f"{self.name}: {what} missing in the new rows{hint}; it learned from {listed(list(self.types))}")
        if not len(next(iter(columns.values()))):
            raise InputError(f"{self.name}: the table has no rows to predict")
        return self.encoder.transform(pd.DataFrame({label: self._read(label, columns[label], kind) for label, kind in self.types.items()}))

    def _named(self, table: Any) -> list[tuple[str, Any]]:
        """The columns by the names that they had when they were learned from."""
        if hasattr(table, "columns") and hasattr(table, "iloc"):
            table = [(str(label), table.iloc[:, i]) for i, label in enumerate(table.columns)]
        if not isinstance(table, list) or not all(isinstance(column, tuple) for column in table):
            what = f"an array of shape {table.shape}" if isinstance(table, np.ndarray) else type(table).__name__
            raise InputTypeError(f"{self.name}: expected a table with the columns {listed(list(self.types))}, got {what}")
        columns = [(label.strip(), values) for label, values in table if label.strip() not in self.ignored]
        return list(zip(distinct_names([label for label, _ in columns], []), (values for _, values in columns), strict=True))

    def _read(self, label: str, values: pd.Series | pa.ChunkedArray, wanted: ColumnType) -> pd.Series:
        if wanted.kind == "category":
            return types.categories(types.trimmed(_words(values), types.MISSING))
        column, present = _dates(values, wanted.format) if wanted.kind == "date" else _numbers(values, wanted)
        if column.notna().sum() < READABLE * present:
            text = values if hasattr(values, "num_chunks") else types.as_text(values)
            some = listed(types.trimmed(text, types.MISSING).drop_null().unique().to_pylist(), 3)
            raise InputError(f"{self.name}: the column {label} was one of {KINDS[wanted.kind]}, but in the new rows it is not: {some}")
        return column


def _words(values: pd.Series | pa.ChunkedArray) -> pa.ChunkedArray:
    """Any column as text; whole numbers without a point, though missing values made floating-point ones of them."""
    if not isinstance(values, pd.Series):
        return values
    if values.dtype.kind == "f" and (values.isna() | (values == values.round())).all():
        values = values.astype("Int64")
    return types.as_text(values)


def _numbers(values: pd.Series | pa.ChunkedArray, wanted: ColumnType) -> tuple[pd.Series, int]:
    """The numbers, NaN for what is none, and how many values there are that are not missing."""
    if isinstance(values, pd.Series):
        if (known := types.of_numbers(values)) is not None:
            return pd.Series(np.where(np.isinf(known), np.nan, known)), 0
        values = types.as_text(values)
    text = types.trimmed(values, types.MISSING)
    present = len(text) - text.null_count
    if wanted.kind == "truth":
        lower = pc.utf8_lower(text)
        return pd.Series(np.select([pc.is_in(lower, TRUE).to_numpy(), pc.is_in(lower, FALSE).to_numpy()], [1.0, 0.0], np.nan)), present
    read = types.as_numbers(text, text.drop_null().unique(), READABLE, wanted.comma) if present else None
    numbers = np.full(len(text), np.nan) if read is None else np.where(np.isinf(read.values), np.nan, read.values)
    return pd.Series(numbers), present


def _dates(values: pd.Series | pa.ChunkedArray, expected: str | None) -> tuple[pd.Series, int]:
    """The dates, NaT for what is none, and how many values there are that are not missing."""
    if isinstance(values, pd.Series):
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            return types.naive(values), 0
        values = types.as_text(values)
    text = types.trimmed(values, types.MISSING)
    read = types.as_dates(text, text.drop_null().unique(), expected)
    nothing = pd.Series(np.full(len(text), np.datetime64("NaT", "us")))
    return nothing if read is None else read.values, len(text) - text.null_count
