"""What all summaries are made of: plain numbers, and numbers with an interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias, TypedDict

Summary: TypeAlias = Mapping[str, Any]  #: any of them, for who reads it
Row: TypeAlias = dict[str, Any]  #: of one: a contestant, an arm, a setting


def plain(value: Any) -> Any:
    """The same as JSON can hold it: arrays as lists, numbers as Python's own, and None for what is not finite."""
    if isinstance(value, float):  # first, since there are hundreds of thousands
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):  # of NumPy, arrays and single numbers alike
        return plain(value.tolist())
    return value


class Named(TypedDict):
    """A row that has a name."""

    name: str  #: unique, as typed
    label: str  #: for people


class Configured(Named):
    """A method as it was run."""

    method: str  #: of the catalogue
    batch: int | str  #: a number or "full"
    hyperparameters: dict[str, float]  #: that were used; of a race, in the final


class Interval(TypedDict):
    """A value with its interval of 95 %; `null` where it is not known, or infinite."""

    median: float | None  #: or the share itself, of a share
    low: float | None  #: the lower end
    high: float | None  #: the upper end


class Mean(TypedDict):
    """A mean over seeds with its interval of 95 %; `null` where it is not known, or infinite."""

    mean: float | None  #: over the seeds
    low: float | None  #: the lower end
    high: float | None  #: the upper end


class Estimate(TypedDict):
    """An estimate with its interval of 95 %."""

    value: float | None  #: the estimate
    low: float | None  #: the lower end
    high: float | None  #: the upper end


class Share(TypedDict):
    """A share of starts with its interval of 95 % (Wilson)."""

    count: int  #: how many
    share: float  #: of all
    low: float  #: the lower end
    high: float  #: the upper end


class StepTime(TypedDict):
    """The time of a step of one lane that has the machine to itself."""

    seconds: float  #: the least that was measured
    low: float  #: the least of the better round of measurements …
    high: float  #: … and of the other
    steady: bool  #: whether these agree


class Timing(TypedDict):
    wall: float  #: seconds, all in all
    compile: float  #: seconds of compiling
    lanes: int  #: trainings
    lane_steps: int  #: their steps, all together


class Beats(TypedDict):
    """On which share of the final seeds the winner is ahead, ties counting half."""

    probability: float  #: the share
    low: float  #: the lower end of its interval of 95 %
    high: float  #: the upper end
