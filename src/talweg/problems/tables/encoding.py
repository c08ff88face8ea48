"""The pool and the test part of a typed table as numbers, everything fitted on the pool only."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from sklearn.preprocessing import OneHotEncoder
from skrub import DatetimeEncoder, StringEncoder, TableVectorizer

FITTED_ON = 100_000  # rows of the pool; more make the categories and the text's components hardly better
CHUNK = 50_000  # rows transformed at once, so that a large table is never held twice
MANY = 40  # distinct texts from which a column is described by its pieces rather than by one column each
PIECES = 10  # numbers that describe such a text
OFTEN = 0.01  # the share of missing values from which "it was missing" is a column of its own


class TableEncoder:
    """`(pool, test) ->` arrays of float32 without missing values.

    Numbers: minus the median of the pool, so a missing one becomes 0; where at least 1 % of the pool are missing, a column says so.
    Dates: year, month, day, weekday, hour and days since a start. Text: one column for each category that the pool has; where they are
    MANY, or most occur once, the first PIECES components of their three- and four-letter groups (skrub's StringEncoder).
    """

    def __init__(self) -> None:
        self.notes: list[str] = []  #: what was done, one sentence each

    def __call__(self, pool: pd.DataFrame, test: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
        """Fit on the pool, transform both."""
        numbers = [name for name in pool if pool[name].dtype.kind in "fM"]
        self.medians = {name: float(np.nan_to_num(_number(pool[name]).median())) for name in numbers}
        self.flagged = [name for name in numbers if pool[name].isna().mean() >= OFTEN]
        some = pool.head(FITTED_ON)  # the pool is in random order: the first are a random sample
        self._fit_words(some[[name for name in pool if pool[name].dtype.kind != "f"]])
        if len(pool) > len(some) and len(self.words) + len(self.texts):
            self.notes.append(
                f"categories, dates and text were encoded as {len(some):,} of the {len(pool):,} rows outside the test part show them"
            )
        if self.texts:
            names = ", ".join(list(self.texts)[:3]) + (", …" if len(self.texts) > 3 else "")
            self.notes.append(f"text of many different values was described by {PIECES} numbers for each column ({names})")
        return self.transform(pool), self.transform(test)

    def _fit_words(self, some: pd.DataFrame) -> None:
        self.words: list[str] = []
        self.texts: dict[str, StringEncoder] = {}
        for name in map(str, some):
            distinct = 0 if some[name].dtype.kind == "M" else some[name].nunique()
            if distinct >= MANY or distinct > max(2 * PIECES, len(some) / 2):
                encoder = StringEncoder(n_components=PIECES, random_state=0)
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", message="The matrix shape", category=UserWarning)  # texts of a few letters
                    self.texts[name] = encoder.fit(some[name].dropna().astype(str))
            else:
                self.words.append(name)
        self.vectorizer = TableVectorizer(
            cardinality_threshold=MANY,
            low_cardinality=OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32),
            datetime=DatetimeEncoder(resolution="hour", add_weekday=True, add_total_seconds=False),
        )
        if self.words:
            fitted = self.vectorizer.fit_transform(some[self.words])
            self.middle = fitted.median().fillna(0.0).to_numpy(np.float32)  # for the parts of missing dates

    def transform(self, part: pd.DataFrame) -> np.ndarray:
        """Rows with the columns and types of the pool as the same numbers; a category that the pool does not have is none of them."""
        words = len(self.middle) if self.words else 0
        width = len(self.medians) + len(self.flagged) + words + sum(encoder.n_components_ for encoder in self.texts.values())
        encoded = np.empty((len(part), width), np.float32)
        column = iter(range(len(self.medians) + len(self.flagged)))
        for name, median in self.medians.items():
            encoded[:, next(column)] = (_number(part[name]) - median).fillna(0.0)
        for name in self.flagged:
            encoded[:, next(column)] = part[name].isna()
        first = len(self.medians) + len(self.flagged)
        for start in range(0, len(part) if self.words else 0, CHUNK):
            rows = slice(start, start + CHUNK)
            block = self.vectorizer.transform(part[self.words].iloc[rows]).to_numpy(np.float32)
            encoded[rows, first : first + words] = np.where(np.isnan(block), self.middle, block)
        first += words
        for name, encoder in self.texts.items():
            encoded[:, first : first + encoder.n_components_] = _pieces(encoder, part[name])
            first += encoder.n_components_
        return encoded


def _number(column: pd.Series) -> pd.Series:
    """The numbers; of dates the days since 1970."""
    if column.dtype.kind == "M":
        return (column - pd.Timestamp(0)) / pd.Timedelta(days=1)
    return column


def _pieces(encoder: StringEncoder, column: pd.Series) -> np.ndarray:
    """Each distinct text described once; missing text is 0."""
    codes = column.cat.codes.to_numpy()
    used = np.unique(codes[codes >= 0])
    pieces = np.zeros((len(column.cat.categories) + 1, encoder.n_components_), np.float32)  # the last row is that of the code -1
    if len(used):
        pieces[used] = encoder.transform(pd.Series(column.cat.categories[used].astype(str))).to_numpy(np.float32)
    return pieces[codes]
