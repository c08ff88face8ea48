"""The JSON of a race."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from talweg.summary.values import Beats, Configured, Interval, Named


class RaceSummary(TypedDict):
    """A race: `tw.race(…)`, `talweg race … --json race.json`."""

    kind: Literal["race"]  #: of result
    problem: RacedProblem  #: what was minimised
    target: Target  #: what is to be reached
    contestants: list[ContestantSummary]  #: in rank order
    order: list[Order]  #: who leads after a quarter, half and all of the budget
    timing: Timing  #: what it cost
    run: Run  #: everything that somebody needs to run it again
    dynamics: dict[str, list[str]]  #: sentences on the training dynamics: rate, gradient, turns; empty without `--probes`
    verdict: Verdict  #: in words


class RacedProblem(TypedDict):
    name: str  #: of the catalogue, or of the file
    facts: dict[str, Any]  #: model, loss, task, features, classes, split … as far as known
    notes: list[str]  #: what was recognised or changed when the data were read
    parameters: int  #: of the model
    examples: int  #: for training; 1 of a function
    metric: str | None  #: accuracy, R² …
    metric_percent: bool  #: whether the metric is a share
    optimum: float | None  #: the lowest value of the training loss, where it is known
    budget: Budget  #: of each training


class Budget(TypedDict):
    epochs: float | None  #: passes over the training data
    examples: float | None  #: the same in examples
    seconds: float | None  #: of the whole race, if they were asked for


class Target(TypedDict):
    kind: str  #: loss or accuracy
    value: float | None  #: `null` if there is nothing to reach
    text: str  #: in words
    baseline: str  #: the name of the contestant that others are compared with


class ContestantSummary(Configured):
    """A contestant: a method with a batch size, a schedule and a search space."""

    rank: int  #: from 1
    reference: bool  #: joined as the baseline, without being asked for
    schedule: str  #: how the learning rate changes
    restarts: int  #: trainings of each lane, the best so far of which is kept
    width: int  #: how many times as wide its hidden layers are
    tied: bool  #: with the winner
    confidence: float  #: the share of resampled races in which the winner is ahead of it; 0.5 of the winner itself
    tuned: list[str]  #: which of them were searched
    good_range: list[float] | None  #: the learning rates whose settings needed at most twice the examples of the best one
    steps_to_target: Interval  #: over the final seeds
    examples_to_target: Interval  #: an example counts once for every gradient that is asked of it
    seconds_to_target: Interval  #: steps times the seconds of one
    speedup: Interval  #: how many times fewer examples than the baseline
    final_validation_loss: Interval  #: at the end of the budget
    validation_metric: Interval | None  #: at the end of the budget
    test: TestPart  #: on rows that nothing was chosen by
    reached: float  #: the share of the final seeds that reached the target
    diverged: float  #: the share of the settings searched that diverged
    endpoints: EndpointsSummary | None  #: of the final runs; `null` if they were not diagnosed
    default: Default  #: the untuned method on the same seeds
    beats: Beats | None  #: how often the winner beats it, seed by seed; `null` for the winner
    seconds_per_step: float  #: of one step on this machine
    gradients_per_step: int  #: that the method asks for
    curves: Curves  #: over the final seeds
    search: list[Searched]  #: every setting that was searched
    tuning: Tuning  #: what a search of fewer settings would have come to
    at_edge: str | None  #: a sentence, if the best learning rate lies at an edge of what was searched
    probes: Probes | None  #: training dynamics; `null` without `--probes`


class TestPart(TypedDict):
    metric: Interval | None  #: accuracy, R² …
    loss: Interval | None  #: of the problem


class EndpointsSummary(TypedDict):
    """What the endpoints of a contestant's final runs are."""

    lanes: int  #: final runs
    diagnosed: int  #: those of them that did not diverge
    points: dict[str, int]  #: how many are a minimum, saddle, maximum, not converged, undecided
    sharpness: Interval  #: the largest eigenvalue of the Hessian: median, lowest, highest
    lowest_curvature: Interval  #: the smallest eigenvalue: median, lowest, highest
    gradient_signal_to_noise: float | None  #: the norm of the gradient over its standard error
    edge: float | None  #: sharpness over where steps would grow: 1 is the edge of stability
    near_own_best: int  #: runs within 1 % of the initial gap of the contestant's best
    near_best: int  #: runs within 1 % of the initial gap of the best of all


class Default(TypedDict):
    """The method with its default hyperparameters, on the final seeds."""

    hyperparameters: dict[str, float]  #: the defaults
    final_validation_loss: Interval  #: at the end of the budget
    examples_to_target: Interval  #: as of the tuned one
    reached: float  #: the share of the seeds that reached the target
    gain_from_tuning: float | None  #: how many times as fast the tuned one is; at least, if the default never arrived


class Curves(TypedDict):
    examples: list[int]  #: seen at each measuring point
    validation_loss: Band  #: at these
    training_loss: Band  #: at these
    metric: Band  #: at these, on the validation data


class Band(TypedDict):
    """A curve over the final seeds; `null` where it is not finite."""

    median: list[float | None]  #: of the seeds
    low: list[float | None]  #: four fifths of the seeds lie between this …
    high: list[float | None]  #: … and this


class Searched(TypedDict):
    """A setting of the search."""

    learning_rate: float | None  #: `null` of a method without one
    hyperparameters: dict[str, float]  #: that were searched
    loss: float | None  #: the final validation loss; `null` if it diverged
    examples_to_target: float | None  #: `null` if it was not reached
    diverged: bool  #: whether it did
    chosen: bool  #: for the final


class Tuning(TypedDict):
    """The expected best final loss after a random search of n settings."""

    settings: list[int]  #: n
    expected: list[float | None]  #: its mean
    low: list[float | None]  #: the lower end of its interval
    high: list[float | None]  #: the upper end


class Probes(TypedDict):
    """Training dynamics: medians over a few final seeds."""

    examples: list[int]  #: seen at each measuring point after the start
    cosine: list[float | None]  #: of successive moves
    gradient_norm: list[float | None]  #: of the batch
    rate: list[float | None]  #: effective learning rate, |move| / |gradient|: its median over the coordinates
    rate_high: list[float | None]  #: its upper quartile
    rate_low: list[float | None]  #: its lower quartile
    rate_ratio: float | None  #: the effective learning rate at the end as a share of the early one
    scheduled: bool  #: whether a schedule changes the learning rate
    stalls: bool  #: whether little of the early rate is left
    typical_cosine: float | None  #: the typical cosine


class Order(TypedDict):
    share: float  #: of the budget
    examples: float  #: seen by then
    ranking: list[Ranked]  #: from the lowest loss


class Ranked(Named):
    """A contestant in such an order."""

    loss: Interval  #: validation loss
    tied: bool  #: with the first


class Timing(TypedDict):
    wall: float  #: seconds, all in all
    compile: float  #: seconds of compiling
    lanes: int  #: trainings
    lane_steps: int  #: their steps, all together


class Run(TypedDict):
    """How a race was run."""

    command: str | None  #: that was typed
    versions: dict[str, str]  #: of the libraries
    machine: dict[str, Any]  #: processor, cores, devices, system
    race: str  #: its name in the store
    created: float | str  #: seconds since 1970
    seed: int  #: of all other seeds
    settings: int  #: of each method
    seeds: int  #: of the final
    epochs: float | None  #: of each training
    budget_seconds: float | None  #: if they were asked for
    schedule: str  #: of the baseline
    start_loss: float | None  #: the median validation loss of the final before the first step
    search_start_loss: float | None  #: the same of the search


class Verdict(TypedDict):
    winner: str | None  #: its name
    tied: list[str]  #: the names of those that can't be told apart from it
    text: str  #: the sentences as one text
    sentences: list[str]  #: one by one
    warnings: list[str]  #: what to know before believing it
