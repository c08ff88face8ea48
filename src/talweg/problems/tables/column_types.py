"""One column of a dirty table as what it means: numbers (float64, NaN for missing), dates, or categories of text."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pandas.tseries.api import guess_datetime_format

from talweg.problems import splits

#: What stands for a missing value, in lower case. A target column is read with UNSAID only: `-` may be one of its labels.
UNSAID = frozenset({"", "?", "na", "n/a", "#n/a", "<na>", "nan", "null"})
MISSING = UNSAID | {"-", "--", "---", "–", "—", ".", "...", "nil", "#null!", "#value!", "#ref!", "#div/0!", "(missing)"}

MOST = 0.8  # the share of a column's values that must read as a number or a date for the column to be one
SAMPLE = 1000  # distinct values that decide whether reading all of them as numbers is worth trying

TRUTHS = ({"true", "false"}, {"yes", "no"}, {"t", "f"}, {"y", "n"}, {"on", "off"})
TRUE = pa.array(["true", "yes", "t", "y", "on"])

MONEY = r"[$€£¥₹%]|USD|EUR|GBP|CHF|JPY"
PLAIN = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
ENGLISH = r"^[-+]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$"  # 1,234.5
EUROPEAN = r"^[-+]?(\d+,\d+|[1-9]\d{0,2}(\.\d{3})+(,\d+)?)$"  # 1.234,5
SPACED = "^[-+]?\\d{1,3}([ '\u00a0\u202f]\\d{3})+([.,]\\d+)?$"  # 1 234.5
IDENTIFIER = re.compile(r"(?i:(^|[_ .-])(id|uuid|guid|index|unnamed: 0|rownames|key)$)|[a-z](Id|ID)$")


@dataclass(frozen=True)
class ColumnType:
    """What a column was read as, and how it was written where that is in doubt: 1,234 and 3/4/2025 mean two things."""

    kind: str  #: number, truth (yes and no), date or category
    comma: bool = False  #: whether the decimal mark is a comma
    format: str | None = None  #: of dates


class Numbers(NamedTuple):
    """A column of numbers, NaN where missing or unreadable."""

    values: np.ndarray
    written: bool  #: whether they had to be cleaned
    comma: bool = False  #: whether the decimal mark is a comma


class Dates(NamedTuple):
    """A column of dates, NaT where missing or unreadable."""

    values: pd.Series
    format: str


class Findings:
    """What was found in the columns, to be said in one sentence for each sort of finding; and what each was read as."""

    def __init__(self) -> None:
        self.types: dict[str, ColumnType] = {}
        self.cells: dict[str, dict[str, int]] = {sort: {} for sort in SENTENCES}  #: values by sort of finding and column

    def note(self, sort: str, name: str, cells: int = 1) -> None:
        """Remember that the column `name` showed `sort`, in `cells` values, if there are any."""
        if cells:
            self.cells[sort][name] = cells

    def leave_out(self, sort: str, name: str) -> None:
        """Remember only that the column was left out, and why."""
        for columns in self.cells.values():
            columns.pop(name, None)
        self.note(sort, name)

    def sentences(self) -> list[str]:
        """One sentence for each sort of finding."""
        return [
            SENTENCES[sort].format(columns=_columns(list(columns)), cells=sum(columns.values()))
            for sort, columns in self.cells.items()
            if columns
        ]


SENTENCES = {
    "empty": "left out, without a value: {columns}",
    "constant": "left out, the same in every row: {columns}",
    "identifier": "left out, looks like an identifier: {columns}",
    "missing": "missing values ({cells:,}) in {columns}: a number got the median outside the test part, text a category of its own",
    "infinite": "infinite values ({cells:,}) were treated as missing, in {columns}",
    "written": "numbers written as text were read as numbers: {columns}",
    "unreadable": "values ({cells:,}) that could not be read as the rest of their column were treated as missing, in {columns}",
    "truth": "yes and no became 1 and 0: {columns}",
    "date": "dates were split in year, month, day, weekday, hour and time since a start: {columns}",
}


def _columns(names: list[str], shown: int = 3) -> str:
    return f"{len(names)} column{'s' if len(names) > 1 else ''} ({', '.join(names[:shown])}{', …' if len(names) > shown else ''})"


def typed(name: str, values: pd.Series | pa.ChunkedArray, findings: Findings) -> pd.Series | None:
    """The column as float64, datetime64 or categories; None if it says nothing (empty, constant, an identifier)."""
    column = _typed(name, values, findings)
    missing = int(column.isna().sum())
    constant = not missing and len(column) > 1 and column.nunique() == 1
    reason = "empty" if missing == len(column) else "constant" if constant else "identifier" if _identifies(name, column) else ""
    if reason:
        findings.leave_out(reason, name)
        return None
    findings.note("missing", name, missing)
    findings.note("date", name, column.dtype.kind == "M")
    return column


def keys(name: str, label: str, word: str, values: pd.Series | pa.ChunkedArray, rows: np.ndarray | None) -> np.ndarray:
    """A column by which `rows` (None for all) are kept apart: groups as numbers, times as numbers or dates.

    Raises InputError as `splits.as_groups` and `splits.as_times` do.
    """
    if word == "time":
        column = _typed(label, values, Findings())
        known = column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column
    elif isinstance(values, pd.Series) and values.dtype.kind in "biufM":
        known = values
    else:  # as it is written: 01 and 1 are two groups
        known = trimmed(as_text(values) if isinstance(values, pd.Series) else values, MISSING).to_pandas().astype(object)
    kept = known.to_numpy() if rows is None else known.to_numpy()[rows]
    return (splits.as_times if word == "time" else splits.as_groups)(name, f"the column {label}", kept, len(kept))


def _typed(name: str, values: pd.Series | pa.ChunkedArray, findings: Findings) -> pd.Series:
    if isinstance(values, pd.Series):
        if (numbers := of_numbers(values)) is not None:
            findings.types[name] = ColumnType("truth" if pd.api.types.is_bool_dtype(values.dtype) else "number")
            return _finite(name, numbers, findings)
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            findings.types[name] = ColumnType("date")
            return naive(values)
        if isinstance(values.dtype, pd.CategoricalDtype):  # its owner has said what it is, whatever its categories look like
            findings.types[name] = ColumnType("category")
            return categories(trimmed(as_text(values), MISSING))
        values = as_text(values)
    text = trimmed(values, MISSING)
    distinct = text.drop_null().unique()
    if not len(distinct):
        return pd.Series(np.full(len(text), np.nan))
    if len(distinct) <= 2 and any(set(pc.utf8_lower(distinct).to_pylist()) <= pair for pair in TRUTHS):
        findings.note("truth", name)
        findings.types[name] = ColumnType("truth")
        return pd.Series(_numpy(pc.if_else(pc.is_null(text), None, pc.is_in(pc.utf8_lower(text), TRUE))))
    if (read := as_numbers(text, distinct)) is not None:
        findings.note("written", name, read.written)
        findings.note("unreadable", name, int(np.isnan(read.values).sum()) - text.null_count)
        findings.types[name] = ColumnType("number", comma=read.comma)
        return _finite(name, read.values, findings)
    if (dates := as_dates(text, distinct)) is not None:
        findings.note("unreadable", name, int(dates.values.isna().sum()) - text.null_count)
        findings.types[name] = ColumnType("date", format=dates.format)
        return dates.values
    findings.types[name] = ColumnType("category")
    return categories(text)


def of_numbers(values: pd.Series) -> np.ndarray | None:
    """A column of numbers, truths or durations (in seconds) as float64, NaN for missing; None if it is none."""
    dtype = values.dtype
    if pd.api.types.is_timedelta64_dtype(dtype):
        values = values.dt.total_seconds()
    elif not pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_complex_dtype(dtype):  # truths are numeric
        return None
    return values.to_numpy(np.float64, na_value=np.nan)


def categories(text: pa.ChunkedArray) -> pd.Series:
    """Text as a column of categories."""
    return text.combine_chunks().dictionary_encode().to_pandas()


def as_text(values: pd.Series) -> pa.ChunkedArray:
    """A column of any objects as text; missing stays missing."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    missing = values.isna().to_numpy()
    return pa.chunked_array([pa.array([None if gone else str(v) for v, gone in zip(values, missing, strict=True)], pa.string())])


def trimmed(text: pa.ChunkedArray, missing: frozenset[str]) -> pa.ChunkedArray:
    """Without blanks around, and null where the text stands for a missing value."""
    text = pc.utf8_trim_whitespace(text)
    gone = pc.is_in(pc.utf8_lower(text), pa.array(sorted(missing)))
    return pc.if_else(gone, pa.scalar(None, pa.string()), text)


def as_numbers(text: pa.ChunkedArray, distinct: pa.Array, most: float = MOST, comma: bool = False) -> Numbers | None:
    """The column as numbers; None if fewer than `most` of its values are some.

    Read are `1,234.5`, `1.234,5` (if that fits more of the column's values, or as many and a `comma` is expected), `1 234`, `12 %`, `$5`,
    `5 EUR`, `(5)` for −5.
    """
    if not comma:
        with contextlib.suppress(pa.ArrowInvalid):  # some value is not a plain number
            return Numbers(_numpy(text), written=False)
    sample = distinct[:SAMPLE]
    if _cleaned(sample, comma)[0].null_count > (1 - most / 2) * len(sample):
        return None
    encoded = text.combine_chunks().dictionary_encode()
    cleaned, comma = _cleaned(encoded.dictionary, comma)
    numbers = pc.take(cleaned, encoded.indices)
    if len(numbers) - numbers.null_count < most * max(1, len(text) - text.null_count):
        return None
    plain = _true(pc.match_substring_regex(encoded.dictionary, PLAIN)) == len(cleaned) - cleaned.null_count
    return Numbers(_numpy(numbers), not plain, comma)


def _cleaned(text: pa.Array, comma: bool) -> tuple[pa.Array, bool]:
    """Numbers as a computer writes them, null for what is not a number; and whether their decimal mark was a comma."""
    text = pc.replace_substring_regex(text, "^\\((.+)\\)$", r"-\1")
    text = pc.replace_substring(text, "−", "-")
    text = pc.replace_substring_regex(text, rf"(?i)^([-+]?)\s*(?:{MONEY})\s*", r"\1")
    text = pc.replace_substring_regex(text, rf"(?i)\s*(?:{MONEY})$", "")
    spaced = pc.match_substring_regex(text, SPACED)
    text = pc.if_else(spaced, pc.replace_substring_regex(text, "[ '\u00a0\u202f]", ""), text)
    plain, english, european = (pc.match_substring_regex(text, pattern) for pattern in (PLAIN, ENGLISH, EUROPEAN))
    nothing = pa.scalar(None, pa.string())
    whole = pc.invert(pc.match_substring(text, "."))
    with_comma, with_point = _true(pc.or_(pc.and_(plain, whole), european)), _true(pc.or_(plain, english))
    if with_comma > with_point or (comma and with_comma == with_point):
        pointed = pc.replace_substring(pc.replace_substring(text, ".", ""), ",", ".")
        return pc.if_else(european, pointed, pc.if_else(plain, text, nothing)), True
    return pc.if_else(english, pc.replace_substring(text, ",", ""), pc.if_else(plain, text, nothing)), False


def _true(mask: pa.Array) -> int:
    return pc.sum(mask).as_py() or 0


def as_dates(text: pa.ChunkedArray, distinct: pa.Array, expected: str | None = None) -> Dates | None:
    """Dates in the one format that reads most values; None if fewer than MOST of them are dates.

    If several read as many, it is the `expected` one, or the one with the month before the day.
    """
    step = max(1, len(distinct) // 30)
    formats: Counter[str] = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pandas advises on dayfirst, which is what is being found out
        for value in distinct.to_pylist()[::step]:
            guess = guess_datetime_format(value)  # None, or NA from pandas 3 on, unless it is a whole date
            if isinstance(guess, str):
                formats[guess] += 1
    encoded = text.combine_chunks().dictionary_encode()
    values = pd.Series(encoded.dictionary.to_pylist(), dtype=object)
    tried = [f for f in (expected, *(f for f, _ in formats.most_common(4))) if f is not None]
    if not tried:
        return None
    read = {f: naive(pd.to_datetime(values, format=f, errors="coerce", utc="%z" in f)) for f in tried}
    format, best = max(read.items(), key=lambda both: both[1].notna().sum())
    codes = pd.Series(encoded.indices.to_pandas()).fillna(-1).to_numpy(np.int64)
    dates = pd.Series(best.array.take(codes, allow_fill=True))
    return Dates(dates, format) if dates.notna().sum() >= MOST * (len(text) - text.null_count) else None


def naive(dates: pd.Series) -> pd.Series:
    """Without a time zone, in microseconds: the clock on the wall there."""
    dates = dates.dt.tz_localize(None) if dates.dt.tz is not None else dates
    return pd.Series(dates.to_numpy("datetime64[us]"))


def _finite(name: str, values: np.ndarray, findings: Findings) -> pd.Series:
    infinite = np.isinf(values)
    findings.note("infinite", name, int(infinite.sum()))
    return pd.Series(np.where(infinite, np.nan, values))


def _numpy(numbers: pa.Array | pa.ChunkedArray) -> np.ndarray:
    """float64, NaN where a value is missing."""
    return np.array(pc.fill_null(pc.cast(numbers, pa.float64()), np.nan).to_numpy(), np.float64)


def _identifies(name: str, column: pd.Series) -> bool:
    """Whether every value occurs once and the column is text without blanks, or whole numbers that count the rows or are called an id."""
    if column.dtype.kind == "M" or not column.notna().all() or not column.is_unique:
        return False
    if isinstance(column.dtype, pd.CategoricalDtype):
        blank = sum(" " in str(value) for value in column.cat.categories[:SAMPLE])
        return blank < min(SAMPLE, len(column)) / 2
    if (column != column.round()).any():
        return False
    numbers = column.to_numpy()
    # Rows without a target are already gone, so the count may have gaps.
    counts = bool(numbers[0] >= 0 and numbers[-1] <= 1.25 * len(numbers) and (np.diff(numbers) >= 1).all())
    return counts or bool(IDENTIFIER.search(name))
