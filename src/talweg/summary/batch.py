"""The JSON of a batch ladder."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from talweg.summary.values import Configured, Estimate, Mean, Named, StepTime, Timing


class BatchSummary(TypedDict):
    """Which batch size: `tw.batch(…)`, `talweg batch … --json`."""

    kind: Literal["batch"]  #: of result
    problem: dict[str, Any]  #: what was minimised, as in a race, without a budget
    target: BatchTarget  #: the two validation losses that steps are counted to
    ladders: list[Ladder]  #: one for each method, in the order in which they were named
    timing: Timing  #: what it cost
    run: dict[str, Any]  #: everything that somebody needs to run it again
    sentences: list[str]  #: in words, the headline first
    warnings: list[str]  #: what to know before believing it


class BatchTarget(TypedDict):
    learned: bool  #: whether any size is better than the constant prediction; there is no target otherwise
    value: float | None  #: as good as the best size of any method, within a margin, or what was asked for
    loose: float | None  #: a tenth of the gap between nothing learned and the best still open
    margin: float  #: what counts as equally good
    given: bool  #: whether it was asked for
    clock: str  #: whose steps are timed


class Ladder(Named):
    """One method at every batch size."""

    method: str  #: of the catalogue
    sizes: list[SizeSummary]  #: from the smallest
    fit: BatchFit  #: S_min (1 + B_crit / B) to the steps to the target
    loose_fit: BatchFit  #: the same to the looser target
    best: int | str | None  #: the size with the lowest expected validation loss
    fastest: dict[str, int | str | None]  #: the size that reaches the target first, by time, steps and examples


class SizeSummary(Configured):
    """One batch size, with the learning rate that was best for it."""

    examples: int  #: of a batch
    steps: int  #: where its mean curve over the final seeds is lowest
    validation_loss: Mean  #: there
    tied: bool  #: whether that can't be told apart from the lowest of the ladder
    failed: float  #: share of the final seeds that failed
    to_target: Reached  #: with the learning rate that is first there
    to_loose: Reached  #: to the looser target, with the learning rate that is first there
    seconds_per_step: StepTime  #: on this machine, or in the library whose clock it is


class Reached(TypedDict):
    """How soon a loss is reached; `null` where it is not."""

    learning_rate: float | None  #: that was used
    steps: Estimate  #: S(B)
    examples: Estimate  #: E(B) = B S(B)
    seconds: Estimate  #: T(B) = S(B) times the seconds of a step
    tied: bool  #: in seconds, with the fastest size


class BatchFit(TypedDict):
    """S(B) = S_min (1 + B_crit / B), by least squares in logarithms; sizes that do not reach the target are censored."""

    seen: str | None  #: inside, larger or smaller than the sizes that were tried; `null` where too few of them reach the target
    steps: Estimate  #: S_min
    critical: Estimate  #: B_crit: there steps and examples are twice the least; an end is `null` where it lies far outside of the sizes
    curve: list[float | None]  #: the fitted steps at each of the sizes
