"""The JSON of a race."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from talweg.summary.studies import InitialisationRow
from talweg.summary.values import Beats, Configured, Estimate, Interval, Mean, Named, StepTime, Timing


class RaceSummary(TypedDict):
    """A race: `tw.race(…)`, `talweg race … --json race.json`."""

    kind: Literal["race"]  #: of result
    problem: RacedProblem  #: what was minimised
    recommendation: Recommendation  #: what to use, and what it will give
    landmarks: list[Landmark]  #: predictors that need no training of a network: the constant, the linear model
    target: Target  #: what counts as as good as the best
    contestants: list[ContestantSummary]  #: in rank order: the lowest expected validation loss first
    initialisations: list[InitialisationRow] | None  #: what is recommended with every initialisation; `null` unless it was asked for
    order: list[Order]  #: who leads after a quarter, half and all of the trainings' length
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
    rows: list[int | None]  #: for training, validation and test; `null` where there are none
    fresh_splits: bool  #: whether each seed has its own split into training and validation rows
    metric: str | None  #: accuracy, R² …
    metric_percent: bool  #: whether the metric is a share
    optimum: float | None  #: the lowest value of the training loss, where it is known
    budget: Budget  #: of each training


class Budget(TypedDict):
    epochs: float | None  #: passes over the training data of the longest training
    examples: float | None  #: the same in examples
    seconds: float | None  #: of the whole race, if they were asked for


class Recommendation(TypedDict):
    """What to use: the lowest expected validation loss, or what is clearly faster and loses less than that time is worth."""

    name: str | None  #: of the contestant
    method: str | None  #: of the catalogue; `null` where nothing is recommended
    reason: str | None  #: why nothing is recommended: nothing was learned, everything diverged
    label: str | None  #: for people, without numbers
    batch: int | str | None  #: examples per step, or "full"
    hyperparameters: dict[str, float]  #: all of them
    schedule: str | None  #: how the learning rate changes
    steps: int | None  #: how long to train
    epochs: float | None  #: the same in passes over the training data
    validation_loss: Mean | None  #: on these data: over seeds (each with its own split) that no choice has seen
    validation_metric: Mean | None  #: on the same seeds
    expected_on_new_data: Promise | None  #: the loss on rows that nobody has seen; `null` of a function
    test_loss: Mean | None  #: on the test part, over the same seeds
    test_metric: Mean | None  #: on the test part
    original_rmse: Mean | None  #: of a regression: the root of the mean squared error in the target's own unit, on the validation parts
    seconds: float | None  #: of one training on this machine, by the race's clock
    seeds: int  #: fresh ones that validation_loss is over
    tied: list[str]  #: contestants that can't be told apart from it in validation loss
    instead_of: str | None  #: the contestant with a lower mean, in whose place a faster one is recommended
    still_improving: bool  #: whether its loss still fell when the budget ended
    early_stopping: float | None  #: what stopping each seed at its own lowest point would gain: the mean of its loss less that
    quick: Quick | None  #: what to use in at most a tenth of the time


class Promise(TypedDict):
    """A prediction interval for the mean loss on new rows."""

    mean: float  #: expected
    low: float  #: 95 % of test parts of so many rows lie above …
    high: float  #: … and below
    rows: int  #: of the test part that is meant


class Quick(Configured):
    """The lowest expected validation loss within a tenth of the time of the recommended training."""

    schedule: str  #: how the learning rate changes
    steps: int  #: how long to train
    seconds: float  #: of one training
    validation_loss: Mean  #: after so many steps
    excess: Mean  #: of its validation loss over the recommended one's, seed by seed


class Landmark(TypedDict):
    """A predictor to be better than, on the same splits and with the same loss."""

    name: str  #: constant or linear
    label: str  #: for people
    validation_loss: Mean  #: over the seeds of the recommended training
    validation_metric: Mean | None  #: on these
    test_loss: float | None  #: of the one fitted on all other rows
    test_metric: float | None  #: of the same
    excess: Mean | None  #: of its validation loss over the recommended one's, seed by seed
    as_good: bool  #: whether it is within the margin of the recommended one, or better


class Target(TypedDict):
    """As good as the best: what the speed of a contestant is the time to."""

    kind: str  #: loss or accuracy
    value: float | None  #: `null` if there is nothing to reach
    loose: float | None  #: a looser target: a tenth of the initial gap still open
    margin: float | None  #: what counts as equally good, in loss
    text: str  #: in words
    given: bool  #: whether it was asked for
    count: str  #: what is counted to the target: time, steps, examples or gradients
    clock: str  #: whose steps are timed: jax, torch or keras
    baseline: str  #: the name of the contestant that speed-ups are over
    fastest: str | None  #: the name of the contestant that is there first
    tied: list[str]  #: the names of those that can't be told apart from the fastest


class ContestantSummary(Configured):
    """A contestant: a method with a batch size and a search space."""

    rank: int  #: from 1, by expected validation loss
    reference: bool  #: joined as the baseline, without being asked for
    schedule: str  #: how the learning rate changes in the final
    restarts: int  #: trainings of each lane, the best so far of which is kept
    width: int  #: how many times as wide its hidden layers are
    tied: bool  #: whether it can't be told apart from the lowest expected validation loss
    confidence: float  #: the share of resamples in which the first is below it; 0.5 of the first itself
    tuned: list[str]  #: which of them were searched
    steps: int  #: length of the final trainings: where the mean curve over seeds was lowest
    epochs: float  #: the same in passes over the training data
    training_seconds: float  #: of one such training on this machine
    good_range: list[float] | None  #: the learning rates of the search that come within a tenth of the gap of its best
    validation_loss: Mean  #: at that length, over the final seeds; a failed one counts as three times the constant predictor's loss
    validation_metric: Mean | None  #: on the same seeds
    excess: Mean  #: of its validation loss over the first one's, seed by seed
    test: TestPart  #: on rows that nothing was chosen by
    failed: float  #: the share of the final seeds that diverged or were three times worse than the constant predictor
    diverged: float  #: the share of the settings searched that diverged
    to_target: ToTarget  #: how soon it is as good as the best
    why: str | None  #: why it is not first, in one sentence; `null` of the first
    endpoints: EndpointsSummary | None  #: of the final runs; `null` if they were not diagnosed
    default: Default | None  #: the untuned method, and what tuning gains; `null` where nothing is tuned
    beats: Beats | None  #: how often the first is below it, seed by seed; `null` for the first
    seconds_per_step: StepTime  #: of one step on this machine
    gradients_per_step: int  #: that the method asks for
    curves: Curves  #: over the final seeds
    search: list[Searched]  #: every setting that was searched
    tuning: Tuning  #: what a search of fewer settings would have come to
    at_edge: str | None  #: a sentence, if the best learning rate lies at an edge of what was searched
    probes: Probes | None  #: training dynamics; `null` without `--probes`


class ToTarget(TypedDict):
    """How soon the mean curve over the final seeds reaches the target, with the contestant's fastest setting."""

    reached: bool  #: whether it does
    rank: int | None  #: by what is counted; `null` if it is not reached
    tied: bool  #: whether it can't be told apart from the fastest
    hyperparameters: dict[str, float]  #: of the fastest setting
    schedule: str  #: of its learning rate
    steps: Estimate  #: its interval from resampled seeds, the same ones for all contestants; an end is `null` where it is not reached
    examples: Estimate  #: steps times the batch
    gradients: Estimate  #: gradients of one example each
    seconds: Estimate  #: steps times the seconds of one
    loose_steps: float | None  #: to the looser target
    speedup: Estimate  #: how many times as soon as the baseline; a bound where that does not reach it


class TestPart(TypedDict):
    metric: Mean | None  #: accuracy, R² …
    loss: Mean | None  #: of the problem


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
    """The untuned method on the seeds of the confirmation, beside what tuning came to on the same."""

    hyperparameters: dict[str, float]  #: the defaults
    validation_loss: Mean  #: at its own best common length
    rate_alone: Mean | None  #: with the learning rate tuned alone
    all_tuned: Mean  #: with all hyperparameters tuned
    gain: Mean  #: the untuned method's validation loss less the tuned one's, seed by seed


class Curves(TypedDict):
    steps: list[int]  #: at each measuring point
    examples: list[int]  #: seen by then
    seconds: list[float]  #: that so many steps take
    validation_loss: Band  #: at these
    training_loss: Band  #: at these
    metric: Band  #: at these, on the validation data


class Band(TypedDict):
    """A curve over the final seeds; `null` where it is not finite."""

    mean: list[float | None]  #: over the seeds, a failed one counting as in `validation_loss`
    median: list[float | None]  #: of the seeds
    low: list[float | None]  #: four fifths of the seeds lie between this …
    high: list[float | None]  #: … and this


class Searched(TypedDict):
    """A setting of the search."""

    learning_rate: float | None  #: `null` of a method without one
    hyperparameters: dict[str, float]  #: that were searched
    loss: float | None  #: the lowest validation loss of its curve; `null` if it diverged before it improved
    schedule: str  #: of its learning rate
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

    loss: Mean  #: validation loss
    tied: bool  #: with the first


class Run(TypedDict):
    """How a race was run."""

    command: str | None  #: that was typed
    clock: str  #: whose steps are timed
    versions: dict[str, str]  #: of the libraries
    machine: dict[str, Any]  #: processor, cores, devices, system
    race: str  #: its name in the store
    created: float | str  #: seconds since 1970
    seed: int  #: of all other seeds
    settings: int  #: of each method
    seeds: int  #: of the final
    stopped: bool  #: whether it was stopped before its end, and this is the verdict of what ran
    epochs: float | None  #: of each training
    budget_seconds: float | None  #: if they were asked for
    schedule: str  #: that was asked for; `raced` where constant and decaying learning rates were
    start_loss: float | None  #: the mean validation loss of the final before the first step
    search_start_loss: float | None  #: the same of the search


class Verdict(TypedDict):
    headline: str  #: the answer in one line
    winner: str | None  #: the name of the recommended contestant
    tied: list[str]  #: the names of those that can't be told apart from it
    text: str  #: the sentences as one text
    sentences: list[str]  #: one by one
    warnings: list[str]  #: what to know before believing it
