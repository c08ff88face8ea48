"""The JSON of every study."""

from __future__ import annotations

from typing import Literal, TypedDict

from talweg.summary.values import Configured, Estimate, Interval, Mean, Named, Share


class BasinsSummary(TypedDict):
    """Many starts: `tw.basins(…)`, `talweg basins … --json`; the command adds its `sentences`."""

    kind: Literal["basins"]  #: of result
    problem: str  #: its name
    data: bool  #: whether it has data; otherwise it is a function
    optimum: float | None  #: the lowest value there is, if it is known
    initial_gap: float  #: from the loss at the median start to the lowest of all
    starts: int  #: of each method
    steps: int  #: of each descent
    probability_of_lower: float  #: at most so likely one more start ends below all of these, with a confidence of 95 %
    basins: list[BasinSummary]  #: from the lowest
    methods: list[Arrived]  #: in the order in which they were named
    seconds: float  #: of running, without compiling


class BasinSummary(TypedDict):
    """A basin: one minimum of a function, or networks with the same losses, example by example."""

    count: int  #: of the starts that ended in it
    loss: float  #: the lowest in it
    by_method: dict[str, int]  #: the starts by the method's name


class Arrived(Configured):
    """The endpoints of one method's starts."""

    diverged: int  #: starts that did
    not_converged: int  #: starts that had not converged when their steps were over
    basins: int  #: how many these starts found
    best: Share  #: of the starts that ended in the best basin
    loss: float | None  #: the median at the end
    missing_mass: Estimate | None  #: how likely the next start ends in a basin that none of these did (Good–Turing)
    richness: Estimate | None  #: how many basins there are at least (Chao)
    gradients: int  #: all in all


class EscapeSummary(TypedDict):
    """Remedies against local minima: `tw.escape(…)`, `talweg escape … --json`; the command adds its `sentences`."""

    kind: Literal["escape"]  #: of result
    problem: str  #: its name
    model: str | None  #: of a problem with data
    data: bool  #: whether it has data; otherwise it is a function
    best: float  #: the value to be reached
    best_known: bool  #: whether it was known before, or is the lowest that any arm found
    goal_given: bool  #: whether it is the caller's goal
    threshold: float  #: at or below this it counts as reached
    within: float  #: the share of the initial gap that may be left
    parameters: int  #: of the plain model
    gradients: float  #: that one start of the plain method may cost, in gradients of one example
    starts: int  #: of each arm
    settings: int  #: that each arm was tuned with
    tuning_starts: int  #: of each setting
    seed: int  #: of everything
    level: float  #: of the intervals
    arms: list[ArmSummary]  #: the plain method first
    left_out: list[str]  #: a sentence for each remedy that this problem can't have
    seconds: float  #: of running, without compiling


class ArmSummary(Configured):
    """The method with one remedy, or without any."""

    remedy: str | None  #: `null` of the plain method
    steps: int  #: of each start
    reached: int  #: starts that reached the value
    rate: Interval  #: the share of them
    gain: Interval | None  #: over the plain method, start by start; the intervals hold for all arms at once
    verdict: str  #: plain, helps, hurts, can't be told, or not known: tuned with too few settings
    good_settings: int  #: that arrived at least half as often as the best one while it was tuned; 0 where none arrived
    tried_settings: int  #: that it was tuned with; 1 where there was nothing to tune
    loss: float | None  #: the median of the lowest losses
    diverged: int  #: starts that did
    cost: float | None  #: of one success, in gradients of one example; `null` without any


class InitialisationRow(TypedDict):
    """One way in which weights may start, with what a race recommends: `studies.initialisations`."""

    name: str  #: torch, keras, he …
    own: bool  #: whether the race had it
    validation_loss: Mean  #: at the end of the training
    difference: Mean | None  #: to the race's own, seed by seed; the intervals hold for all at once; `null` for the race's own
    failed: int  #: trainings that ended as a failure, which counts as three times the constant prediction's loss
    seeds: int  #: trainings of each


class LandscapeSummary(TypedDict):
    """The loss around the winner's final weights: `race.landscape()`."""

    kind: Literal["landscape"]  #: of result
    race: str  #: its name in the store
    command: str | None  #: how the race was started
    problem: str  #: its name
    model: str | None  #: of a problem with data
    metric: str | None  #: accuracy, R² …
    metric_percent: bool  #: whether the metric is a share
    parameters: int  #: of the model
    seed: int  #: of the final: start, order of examples, noise
    directions: str  #: trajectory (principal directions of the trajectories) or random
    explained: list[float] | None  #: the share of the trajectories' squared distance from the centre along each direction
    split: str  #: train, validation, or function
    examples: int  #: that the loss is a mean over …
    of: int  #: … out of so many
    x: list[float]  #: distances along the first direction
    y: list[float]  #: distances along the second direction
    loss: list[list[float | None]]  #: a row for each y
    contestants: list[Shown]  #: whose trajectories are shown, the winner first
    left_out: list[str]  #: a sentence for each contestant that is not shown
    line: LineSummary | None  #: between the endpoints of the first two, if it was asked for
    connection: str | None  #: whether these two lie in one valley, in words


class Shown(Named):
    """A contestant that descended once more."""

    method: str  #: of the catalogue
    batch: int | str  #: a number or "full"
    steps: list[int]  #: of its positions
    trajectory: list[list[float]]  #: the positions on the plane, x and y
    off: list[float | None]  #: how far off the plane the real weights lie
    loss: list[float | None]  #: at the real weights
    distances: list[float]  #: the distances of its final weights from those of all that are shown
    recorded_validation_loss: float | None  #: the validation loss at which the same training ended in the race
    validation_loss: float | None  #: the validation loss at which it ended this time


class LineSummary(TypedDict):
    """What is measured along a straight line between two endpoints."""

    distance: float  #: between them
    barrier: float | None  #: how far the training loss rises above the straight line between its ends
    validation_barrier: float | None  #: the same of the validation loss
    at: list[float]  #: from 0 to 1
    training_loss: list[float | None]  #: there
    validation_loss: list[float | None] | None  #: there
    training_metric: list[float | None] | None  #: there
    validation_metric: list[float | None] | None  #: there
    endless: bool  #: whether the loss is not finite on the way


class DiagnosisSummary(TypedDict):
    """What a point is: `race.diagnose()`, `talweg diagnose … --json` (a list of them, with `of` and `sentences`)."""

    kind: Literal["diagnosis"]  #: of result
    problem: str  #: its name
    point: str  #: minimum, saddle, maximum, not converged or undecided
    loss: float  #: there
    gradient_norm: float | None  #: the norm of the gradient
    gradient_rounding: float | None  #: of it, what is rounding
    gradient_sampling: float | None  #: its standard error over examples
    decrement: float | None  #: what a Newton step would gain
    initial_gap: float | None  #: the loss at the start less the loss here
    smallest: float | None  #: eigenvalue of the Hessian
    largest: float | None  #: eigenvalue of the Hessian, the sharpness
    smallest_tolerance: float | None  #: what can't be told from zero
    largest_tolerance: float | None  #: what can't be told from zero
    loss_rounding: float | None  #: how far the loss moves by rounding
    smallest_error: float | None  #: of Lanczos' method alone
    largest_error: float | None  #: of Lanczos' method alone
    kink: bool  #: whether the gradient jumps when the point is moved by one rounding
    dimensions: int  #: of the point
    examples: int  #: that the loss is a mean over
    split: str  #: train, validation, or function
    products: int  #: with the Hessian
    whole: bool  #: whether the whole Hessian was computed
    trace: float | None  #: of the Hessian
    trace_error: float | None  #: its standard error
    negative: float | None  #: the share of directions that curve down beyond doubt
    optimum: float | None  #: the lowest value there is, if it is known
    escape_loss: float | None  #: of a saddle or maximum: the lowest found along the lowest curvature
    escape_distance: float | None  #: how far away that is
    learning_rate: float | None  #: of the method
    method: str | None  #: its label
    threshold: float | None  #: the sharpness above which its steps would grow
    edge: float | None  #: sharpness over threshold: 1 is the edge of stability


class SurfaceSummary(TypedDict):
    """Descents on a function: `tw.surface(…)`."""

    kind: Literal["surface"]  #: of result
    problem: str  #: its label
    formula: str  #: for people
    source: str  #: where the function is from
    command: str | None  #: that was typed
    domain: list[list[float]]  #: of the picture: lowest and highest of x and of y
    height: str  #: how heights are drawn: linear or log
    optimum: float | None  #: the lowest value there is, if it is known
    goal: float | None  #: at or below this a descent has arrived
    steps: int  #: of each descent
    critical_points: list[CriticalPointSummary]  #: that are known
    descents: list[Descent]  #: of each method from each start


class CriticalPointSummary(TypedDict):
    at: list[float]  #: its coordinates
    value: float  #: of the function
    kind: str  #: minimum, saddle, maximum or undecided
    best: bool  #: whether it is a global minimum


class Descent(Named):
    """What became of one descent."""

    start: list[float]  #: its coordinates
    hyperparameters: dict[str, float]  #: that were used
    tuned: bool  #: whether the learning rate is the best of those tried
    outcome: str  #: reached, stuck, outside, short or diverged
    why: str | None  #: outside or short: overshoots (jumps from wall to wall) or too slow (too small a learning rate), if either is plain
    step: int  #: at which it reached the goal or diverged; otherwise the last
    loss: float | None  #: at the end; before it diverged
    endpoint: list[float | None]  #: its coordinates
