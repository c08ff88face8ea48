"""Which rows are trained on and which choices are made on, for each seed; and which rows are looked at once.

The rows outside the test part are a *pool*. A split draws the training and validation rows of a seed from it, by scikit-learn's
splitters: other rows for every seed, and always equally many. Row numbers count from the pool's first row.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from jaxtyping import Int, Shaped

from talweg.checks import InputError

VALIDATION_AT_MOST = 8192  # rows: enough to see a difference of 1 % in the loss, few enough to look at forty times in a run
TEST_AT_MOST = 50_000
KEPT = 32  #: seeds whose rows are remembered: a race has fewer
CUTS = 64  #: places in time, at most, where the past ends for some seed
DRAWS = 64  #: of whole groups, from which the sizes are known that every seed can have
TRIES = 1000  #: draws of one seed until one has these sizes

Rows: TypeAlias = Int[np.ndarray, " rows"]
Both: TypeAlias = tuple[Rows, Rows]  #: training rows, validation rows


class Split(Protocol):
    """How a seed's training and validation rows are drawn from a pool: the same for the same seed, and of two sizes for all seeds."""

    def rows(self, seed: int) -> Both:
        """The row numbers of the training and of the validation rows, which have none in common."""

    def described(self) -> dict[str, Any]:
        """What it draws from, as JSON: two splits that say the same draw the same rows."""


class _Drawn:
    """Remembers the rows of the last seeds."""

    def rows(self, seed: int) -> Both:
        """The row numbers of the training and of the validation rows, which have none in common."""
        return self._kept(seed)

    @functools.cached_property
    def _kept(self) -> Callable[[int], Both]:
        @functools.lru_cache(maxsize=KEPT)
        def drawn(seed: int) -> Both:
            train, validation = self._draw(seed)
            return train.astype(np.int32), validation.astype(np.int32)

        return drawn

    def _draw(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Fixed(_Drawn):
    """The same rows for every seed."""

    train: Rows
    validation: Rows

    def described(self) -> dict[str, Any]:
        """The rows, as a hash."""
        return {"split": "fixed", "rows": _hash(self.train, self.validation)}

    def _draw(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        return self.train, self.validation


@dataclass(frozen=True, eq=False)
class Shuffled(_Drawn):
    """So many of the pool's rows validate, all others train; with `labels`, each class in proportion."""

    pool: int  #: rows
    validation: int  #: rows
    labels: Shaped[np.ndarray, " pool"] | None = None

    def described(self) -> dict[str, Any]:
        """The sizes, and the labels as a hash."""
        return {"split": "shuffled", "pool": self.pool, "validation": self.validation, "labels": _hash(self.labels)}

    def _draw(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit  # here, so that importing talweg stays light

        splitter = (ShuffleSplit if self.labels is None else StratifiedShuffleSplit)(1, test_size=self.validation, random_state=seed)
        train, validation = next(splitter.split(np.zeros(self.pool), self.labels))
        return train, validation


@dataclass(frozen=True, eq=False)
class Grouped(_Drawn):
    """Rows of one group stay together: a fifth or so of the groups validate, the others train, and every class is trained on.

    Groups are of different sizes. So of every draw just as many rows are taken, at random, as the smallest of 64 draws has; a draw with
    fewer is drawn again. Raises InputError where no draw has every class among its training rows.
    """

    groups: Shaped[np.ndarray, " pool"]
    share: float  #: of the groups that validate
    labels: Shaped[np.ndarray, " pool"] | None = None

    @functools.cached_property
    def sizes(self) -> tuple[int, int]:
        """How many rows train, and how many validate, at most 8,192."""
        drawn = [(len(train), len(rest)) for train, rest in whole_groups(self.groups, self.share, 0, DRAWS) if self._has_all(train)]
        if not drawn:
            raise InputError("split: a class lies in so few groups that it can't be trained on and held back; leave the groups out")
        train, validation = map(min, zip(*drawn, strict=True))
        return train, min(validation, VALIDATION_AT_MOST)

    def described(self) -> dict[str, Any]:
        """The share, and groups and labels as hashes."""
        return {"split": "grouped", "share": self.share, "groups": _hash(self.groups), "labels": _hash(self.labels)}

    def _draw(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        generator = np.random.default_rng(seed)
        for drawn in whole_groups(self.groups, self.share, seed, TRIES):
            if all(len(part) >= size for part, size in zip(drawn, self.sizes, strict=True)):
                train, validation = (np.sort(generator.choice(p, size, replace=False)) for p, size in zip(drawn, self.sizes, strict=True))
                if self._has_all(train):
                    return train, validation
        raise InputError(f"split: in {TRIES:,} draws of whole groups, none has enough rows of every class; leave the groups out")

    def _has_all(self, train: np.ndarray) -> bool:
        return self.labels is None or len(np.unique(self.labels[train])) == len(np.unique(self.labels))


@dataclass(frozen=True, eq=False)
class Forward(_Drawn):
    """The past trains, what comes next validates: a seed has one of 64 evenly spaced moments in the last half of the pool.

    Half of the pool's rows, those just before the moment, are trained on.
    """

    times: Shaped[np.ndarray, " pool"]
    validation: int  #: rows

    def described(self) -> dict[str, Any]:
        """The size, and the times as a hash."""
        return {"split": "forward", "validation": self.validation, "times": _hash(self.times)}

    def _draw(self, seed: int) -> tuple[np.ndarray, np.ndarray]:
        pool, window = len(self.times), len(self.times) // 2
        cuts = np.unique(np.linspace(window, pool - self.validation, CUTS).astype(int))
        cut = np.random.default_rng(seed).choice(cuts)
        order = np.argsort(self.times, kind="stable")
        return order[cut - window : cut], order[cut : cut + self.validation]


def pool_and_test(
    rows: int,
    seed: int,
    *,
    labels: Shaped[np.ndarray, " n"] | None = None,
    groups: Shaped[np.ndarray, " n"] | None = None,
    times: Shaped[np.ndarray, " n"] | None = None,
) -> tuple[Rows, Rows, Split]:
    """The row numbers of the pool and of the test part, and the split of the pool.

    The test part is a fifth of the rows, at most 50,000; a seed validates on as many, at most 8,192, and trains on the rest. The pool is in
    random order. With `labels` each class has a row in every part; with `groups` whole groups are apart; with `times` the last rows are
    for testing.
    """
    from sklearn.model_selection import train_test_split

    least = 1 if labels is None else len(np.unique(labels))
    validation, test = (max(least, min(rows // 5, most)) for most in (VALIDATION_AT_MOST, TEST_AT_MOST))
    generator = np.random.default_rng(seed)
    if times is not None:
        order = np.argsort(times, kind="stable")
        pool = generator.permutation(order[: rows - test])
        return pool, order[rows - test :], Forward(times[pool], validation)
    if groups is not None:
        drawn = whole_groups(groups, 0.2, seed, TRIES)
        apart = next((both for both in drawn if labels is None or len(np.unique(labels[both[0]])) == least), None)
        if apart is None:
            raise InputError("split: a class lies in so few groups that it can't be trained on and held back; leave the groups out")
        pool, last = map(generator.permutation, apart)
        return pool, last[:TEST_AT_MOST], Grouped(groups[pool], 0.25, None if labels is None else labels[pool])
    pool, last = train_test_split(np.arange(rows), test_size=test, random_state=seed, stratify=labels)
    return pool, last, Shuffled(len(pool), validation, None if labels is None else labels[pool])


def said(split: Split, sizes: Sequence[int]) -> list[str]:
    """What is to be known of how rows are kept apart, one sentence each."""
    train, validation, test = (f"{size:,}" for size in sizes)
    if isinstance(split, Grouped):
        return [
            f"rows of one group stay together: {test} rows are for testing; of the other groups each seed trains on {train} rows and "
            f"validates on {validation}, as many as the smallest draw has"
        ]
    if isinstance(split, Forward):
        return [
            f"the past comes before the future: the last {test} rows are for testing; each seed trains on {train} rows of the others and "
            f"validates on the {validation} after them"
        ]
    return []


def either(name: str, groups: Any, time: Any) -> None:
    """Raise InputError if rows shall be kept apart by groups and by time at once."""
    if groups is not None and time is not None:
        raise InputError(f"{name}: rows are kept apart by groups or by time, got both; leave one of them out")


def as_groups(name: str, what: str, values: Any, rows: int) -> Int[np.ndarray, " rows"]:
    """Each row's group as a number. Raises InputError for missing values, another length, and fewer than three groups."""
    known = _known(name, what, values, rows)
    groups, numbers = np.unique(known.astype(str) if known.dtype.kind == "O" else known, return_inverse=True)
    if len(groups) < 3:
        raise InputError(f"{name}: {what} must have at least 3 groups (to train, to choose and to test), got {len(groups)}; leave it out")
    return numbers


def as_times(name: str, what: str, values: Any, rows: int) -> Shaped[np.ndarray, " rows"]:
    """Each row's time as a number or a date. Raises InputError for what is neither, missing values, another length, one moment for all."""
    times = _known(name, what, values, rows)
    try:
        times = times.astype("datetime64[us]") if times.dtype.kind in "OUSM" else times.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name}: {what} must be numbers or dates, got {times.ravel()[0]!r}; choose another column") from error
    if len(np.unique(times)) < 3:
        raise InputError(f"{name}: {what} must have at least 3 moments (to train, to choose and to test); leave it out")
    return times


def _known(name: str, what: str, values: Any, rows: int) -> np.ndarray:
    import pandas as pd  # here, so that importing talweg stays light

    known = np.asarray(values)
    if known.shape != (rows,):
        raise InputError(f"{name}: {what} must have one value for each of the {rows} rows, got shape {known.shape}")
    if missing := int(pd.isna(known).sum()):
        raise InputError(f"{name}: {what} must have no missing values, got {missing}; fill them in, or drop those rows")
    return known


def whole_groups(groups: Shaped[np.ndarray, " n"], share: float, seed: int, draws: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draws of the rows of most groups, and of those of a share of them."""
    from sklearn.model_selection import GroupShuffleSplit

    splitter = GroupShuffleSplit(draws, test_size=share, random_state=seed)
    yield from splitter.split(np.zeros(len(groups)), groups=groups)


def _hash(*arrays: np.ndarray | None) -> str | None:
    """What arrays hold, in short; None for none."""
    digest = hashlib.sha256()
    for array in arrays:
        if array is None:
            return None
        digest.update(f"{array.dtype.kind} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes() if array.dtype.kind != "O" else repr(array.tolist()).encode())
    return digest.hexdigest()[:16]
