"""The lines of a program that read the data, split and scale them; NumPy and scikit-learn alone, so they are the same for all libraries."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from talweg.problems.base import Problem
from talweg.problems.datasets import FromSklearn, find
from talweg.problems.source import Source
from talweg.problems.splits import Shuffled


class Rows(NamedTuple):
    """Imports, and what makes `x` and `y` (NumPy arrays, scaled), and the row numbers `train`, `validation` and `test`."""

    imports: list[str]
    lines: list[str]
    unit: bool  #: whether there is a `unit` of the target, too


def unknown(source: Source | None) -> str | None:
    """Why the data of a source can't be had by a few lines, which takes no data to say; None if they may."""
    return "its data are none of scikit-learn's named sets" if _call(source) is None else None


def refusal(problem: Problem) -> str | None:
    """Why the data of a problem can't be had by a few lines; None if they can."""
    if why := unknown(problem.source):
        return why
    if not isinstance(problem.split, Shuffled):
        return "its rows are not split at random"
    labels = problem.coding.labels if problem.coding is not None else None
    call = _call(problem.source)
    if labels is not None and call is not None and not np.array_equal(np.unique(call()[1]), np.arange(len(labels))):
        return "its labels are not 0, 1, 2 …, each with rows enough to be split"
    return None


def rows(problem: Problem) -> Rows:
    """The lines for a problem that is not refused; `SEED` is that of the split."""
    call, x = _call(problem.source), np.asarray(problem.pool[0])
    labelled = problem.classes is not None
    splitter = "StratifiedShuffleSplit" if labelled else "ShuffleSplit"
    _, validation, test = problem.facts["split"]
    seed, alike = problem.facts["split_seed"], ", stratify=y" if labelled else ""
    lines = [
        f"x, y = {call}",
        f"pool, test = train_test_split(np.arange(len(x)), test_size={test}, random_state={seed}{alike})",
        f"split = {splitter}(1, test_size={validation}, random_state=SEED)",
        f"train, validation = (pool[part] for part in next(split.split(pool{', y[pool]' if labelled else ''})))",
    ]
    if x.ndim > 2:
        lines += ["x = (x - x[pool].mean()) / x[pool].std()  # all pixels alike"]
    elif (np.ptp(x, axis=0) == 0).any():
        lines += [
            "deviation = x[pool].std(axis=0)",
            "x = (x - x[pool].mean(axis=0)) / np.where(deviation > 0, deviation, 1)  # some columns never change",
        ]
    else:
        lines += ["x = (x - x[pool].mean(axis=0)) / x[pool].std(axis=0)"]
    unit = problem.coding is not None and problem.coding.unit is not None and problem.coding.unit.deviation != 1
    if unit:
        lines += ["unit = y[pool].std()  # of the target; it is learned with mean 0 and variance 1", "y = (y - y[pool].mean()) / unit"]
    imports = [
        "import numpy as np",
        f"from sklearn.datasets import {str(call).partition('(')[0]}",
        f"from sklearn.model_selection import {splitter}, train_test_split",
    ]
    return Rows(imports, lines, unit)


def _call(source: Source | None) -> FromSklearn | None:
    """The function that makes the arrays of a source in the catalogue."""
    entry = find(source.name) if source is not None and source.kind == "catalogue" else None
    return entry.builder if entry is not None and isinstance(entry.builder, FromSklearn) else None
