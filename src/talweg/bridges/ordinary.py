"""What an ordinary training loop of another library is given, so that its steps can be timed: rows, network, batches, optimizer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from talweg.checks import InputError
from talweg.dialects import Spelling
from talweg.dialects.convert import with_hook
from talweg.dialects.forms import DECAY, PENALTY
from talweg.engine.entrant import Entrant
from talweg.methods import Method, factory_of
from talweg.problems import batches, losses
from talweg.problems.base import Problem
from talweg.problems.losses import Cost
from talweg.problems.supervised import MeanCost, Start, widened
from talweg.schedules import Schedule

COSTS: set[Cost] = {*(kind.cost for kind in losses.CATALOGUE.values()), losses.squared_logistic}  #: that other libraries are told of
BATCHES = 256  #: at most so many different ones: a longer epoch has steps like these


def refusal(problem: Problem) -> str | None:
    """Why another library can't be told what a problem's network is, in a few words; None where it can."""
    if problem.train is None:
        return "a function without data"
    if not isinstance(problem.start, Start):
        return "a model of your own"
    if not isinstance(problem.loss, MeanCost) or problem.loss.cost not in COSTS:
        return "a model with a loss of your own"
    return None


class Training(NamedTuple):
    """A problem in numbers that every library takes: float32, and whole numbers for the labels of several classes."""

    x: np.ndarray  #: (n, features), or (n, height, width, channels) for a convolutional network
    y: np.ndarray  #: (n, outputs), or (n,) labels of several classes
    cost: Cost


def training(library: str, problem: Problem) -> Training:
    """What is trained on. Raises InputError for a problem whose network another library can't be told."""
    if (what := refusal(problem)) is not None:
        raise InputError(f"clock: {library} can time linear, mlp and cnn models, got {problem.name}, {what}; use the clock jax")
    assert isinstance(problem.start, Start)
    assert isinstance(problem.loss, MeanCost)
    x, y = (np.asarray(part) for part in problem.train)
    inputs = problem.start.inputs
    shape = (*inputs, 1)[:3] if problem.start.spec.kind == "cnn" else (-1,)
    labels = problem.loss.cost in (losses.cross_entropy, losses.hinge) and problem.start.outputs > 1
    targets = y.astype(np.int64) if labels else y.reshape(len(y), -1).astype(np.float32)
    return Training(x.reshape(len(x), *shape).astype(np.float32), targets, problem.loss.cost)


def start_of(problem: Problem, contestant: Entrant) -> Start:
    """How the contestant's network starts, as wide as it has it."""
    start = (problem if contestant.width == 1 else widened(problem, contestant.width)).start
    assert isinstance(start, Start)
    return start


def order(problem: Problem, contestant: Entrant) -> np.ndarray:
    """The rows of the first batches of seed 0, (batches, examples); all rows where a step sees all."""
    if contestant.size is None:
        return np.arange(problem.examples)[None]
    many = min(BATCHES, batches.steps_per_epoch(problem.examples, contestant.size))
    return batches.order(problem.examples, contestant.size, [0], 0, many)[0].reshape(many, contestant.size)


def method_of(contestant: Entrant) -> Method:
    """The untuned method. Its learning rate stays: what a schedule takes is not timed."""
    method = contestant.method(contestant.defaults(), 1)
    first = {name: vars(value)["initial"] for name, value in method.hyperparameters().items() if isinstance(value, Schedule)}
    return factory_of(method)(**method.hyperparameters() | first) if first else method


def own_optimizer(library: str, method: Method) -> Spelling | None:
    """The library's own call for a method, or its nearest, which does the same work: another place for ε takes no time. It may have a hook.

    None where it has no such call, or only one without the method's weight decay or penalty.
    """
    spelling = with_hook(method, library)
    return None if not spelling.call or {DECAY, PENALTY} & {*spelling.differs} else spelling


def name_of(spelling: Spelling) -> str:
    """The optimizer's class in its module: `Adam` of `torch.optim.Adam`."""
    return spelling.call.rpartition(".")[2]
