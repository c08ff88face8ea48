"""Is it as good as the others? Many starts, the basins that they end in, and how likely it is that there is a better one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import numpy as np
from jaxtyping import Float, Int

from talweg import checks, trees
from talweg.checks import InputError
from talweg.contestants import notation
from talweg.contestants.contestant import Contestant
from talweg.contestants.notation import listed
from talweg.engine.cost import check_length, length
from talweg.landscape import Connection, connected
from talweg.landscape.directions import rows
from talweg.landscape.settle import MOST_DIMENSIONS, same, settled
from talweg.problems.base import Params, Problem, count
from talweg.results import Result, attributes
from talweg.statistics import proportions
from talweg.statistics.richness import Estimate, better_than_best, missing_mass, richness
from talweg.studies import multistart, tuning
from talweg.studies.multistart import Endpoints, Multistart
from talweg.summary import BasinsSummary, plain
from talweg.text import basins as words

STARTS = 256
MOST_STARTS = 2**16
LANES = 1024
TUNING_STARTS = 16  #: on which a learning rate is chosen
SIGNATURE = 256  #: examples whose losses tell networks apart
ALIKE = 0.01  #: of the initial gap: so far apart may the losses of two networks be that are called the same …
APART = 1e-4  #: … and, as a share of the domain, two minima of a function


@dataclass(frozen=True, eq=False)
class Basin:
    """Endpoints that are the same: one minimum of a function, or networks with the same losses."""

    count: int
    loss: float  #: the lowest in it
    params: Params  #: where that is
    by_method: Mapping[str, int]


@dataclass(frozen=True, eq=False)
class Arrivals:
    """How the starts of one method ended."""

    contestant: Contestant
    hyperparameters: Mapping[str, float]
    ends: Endpoints
    loss: Float[np.ndarray, " starts"]  #: where each converges; infinite for those that diverged
    basin: Int[np.ndarray, " starts"]  #: the number of each start's basin, −1 for those that diverged or did not converge
    missing_mass: Estimate | None  #: how likely the next start ends in a basin that none of these did; None where none converged
    richness: Estimate | None  #: how many basins there are at least
    gradients: int  #: all in all


@dataclass(frozen=True, eq=False, repr=False)
class Basins(Result):
    """Where many starts ended. `.basins` from the lowest, `.arrivals` by method, `.sentences`; `.connection` between the best two."""

    kind: ClassVar[str] = "basins"
    problem: Problem
    basins: tuple[Basin, ...]
    arrivals: tuple[Arrivals, ...]
    starts: int
    steps: int
    seconds: float  #: of running, without compiling

    @property
    def best(self) -> Basin:
        """The lowest basin."""
        return self.basins[0]

    @property
    def probability_of_lower(self) -> float:
        """With a confidence of 95 %, at most so likely does one more start end lower than all: a start that every method takes."""
        return better_than_best(self.starts)

    @functools.cached_property
    def connection(self) -> Connection | None:
        """The curves between the best two endpoints; None for a function, and where there is only one."""
        if self.problem.train is None or len(self.basins) < 2:
            return None
        return connected(self.problem, self.basins[0].params, self.basins[1].params)

    @property
    def summary(self) -> BasinsSummary:
        """All of it as plain numbers."""
        optimum = self.problem.optimum
        initial_gap = float(np.median(self.arrivals[0].ends.start)) - self.best.loss
        near = self.best.loss + words.REACHED * abs(initial_gap)
        numbers = {
            **attributes(self, "kind", "starts", "steps", "probability_of_lower", "seconds"),
            "problem": self.problem.name,
            "data": self.problem.train is not None,
            "optimum": None if optimum is None else float(optimum),
            "initial_gap": initial_gap,
            "basins": [attributes(basin, "count", "loss", "by_method") for basin in self.basins],
            "methods": [
                {
                    **multistart.described(a.contestant, a.hyperparameters),
                    "diverged": int((a.ends.diverged >= 0).sum()),
                    "not_converged": int(((a.basin < 0) & (a.ends.diverged < 0)).sum()),
                    "basins": len(set(a.basin[a.basin >= 0])),
                    "best": _share(int((a.loss <= near).sum()), self.starts),
                    "loss": float(np.median(a.loss)),
                    "missing_mass": a.missing_mass and a.missing_mass._asdict(),
                    "richness": a.richness and a.richness._asdict(),
                    "gradients": a.gradients,
                }
                for a in self.arrivals
            ],
        }
        return plain(numbers)

    @property
    def sentences(self) -> list[str]:
        """How many basins there are, how low, and how sure that is."""
        return words.sentences(self.summary)


def basins(
    problem: Problem,
    methods: Any = "momentum",
    starts: int = STARTS,
    *,
    steps: int | None = None,
    epochs: float | None = None,
    learning_rate: float | None = None,
    seed: int = 0,
    progress: Callable[[str], None] = lambda label: None,
) -> Basins:
    """Descend from many random starts, all in one compiled program, and see where they end.

    Ends of a function without data are taken to the minimum they lie near, and are the same if that is. Networks are the same if
    their losses are, example by example: whatever the symmetries of their weights, they say the same.

    Args:
        methods: as `tw.race` takes them, each from the same starts.
        starts: how many: all over the domain for a function (`problem.scatter`), `problem.start` of that many seeds otherwise.
        steps, epochs: of each descent, one or the other; by default 1,000 steps on a function, and the usual epochs on data.
        learning_rate: of all methods that have none of their own; without it each gets the best on 16 other starts.
        seed: of the starts and the orders of examples.
        progress: is told the label of each method before it runs.

    Raises:
        InputError: unknown methods, numbers out of range, a function that always begins in the same place, and if no start comes to an
            end because all diverge.
    """
    checks.instance("basins", "problem", problem, Problem, "tw.problems.load('rastrigin')")
    check_options(methods, starts, steps=steps, epochs=epochs, learning_rate=learning_rate, seed=seed)
    problem = problem.divided(0)
    contestants = listed(problem, methods, settings=1)
    lengths = [length("basins", problem, contestant.size, steps, epochs, contestant.gradients) for contestant in contestants]
    running = Multistart(problem, min(LANES, starts))
    running.refuse_one_place("basins")
    settings: list[dict[str, float]] = []
    ends: list[Endpoints] = []
    for contestant, steps in zip(contestants, lengths, strict=True):
        progress(contestant.label)
        settings.append(_tuned(running, contestant, steps, learning_rate, seed))
        ends.append(running.run(contestant, [settings[-1]] * starts, multistart.seeds(starts, seed, 0), steps))
    labels, losses, params = _labelled(running.problem, ends)
    if (labels < 0).all():
        raise InputError(f"basins: none of the starts on {problem.name} converged; give more steps, or another learning rate")
    distinct, numbers = _sorted(labels, losses, params, np.repeat([contestant.name for contestant in contestants], starts))
    arrivals = []
    for k, contestant in enumerate(contestants):
        own = slice(k * starts, (k + 1) * starts)
        counts = np.bincount(numbers[own][numbers[own] >= 0])
        mass, total = (missing_mass(counts), richness(counts)) if counts.size else (None, None)
        gradients = starts * lengths[k] * contestant.gradients
        arrivals.append(Arrivals(contestant, settings[k], ends[k], losses[own], numbers[own], mass, total, gradients))
    return Basins(problem, distinct, tuple(arrivals), starts, max(lengths), sum(end.seconds for end in ends))


def check_options(methods: Any, starts: int, *, steps: int | None, epochs: float | None, learning_rate: float | None, seed: int) -> None:
    """Refuse what is wrong on every problem, before a problem is read. Raises InputError."""
    notation.check(methods)
    checks.whole("basins", "starts", starts, at_least=2, at_most=MOST_STARTS)
    checks.whole("basins", "seed", seed, at_least=0)
    check_length("basins", steps, epochs)
    if learning_rate is not None:
        checks.number("basins", "learning_rate", learning_rate, checks.POSITIVE)


def _tuned(running: Multistart, contestant: Contestant, steps: int, rate: float | None, seed: int) -> dict[str, float]:
    """The numbers that are not fixed: the learning rate that is given, or that has the lowest median loss on other starts."""
    if rate is not None:
        return {"learning_rate": rate} if tuning.has_free_rate(contestant) else {}
    tried = tuning.learning_rates(running.problem, contestant)
    if len(tried) == 1:
        return tried[0]
    losses = running.each(contestant, tried, multistart.seeds(TUNING_STARTS, seed, 1), steps).loss
    return tried[tuning.best(np.median(losses.reshape(len(tried), -1), axis=1))]


def _labelled(problem: Problem, arrived: Sequence[Endpoints]) -> tuple[np.ndarray, np.ndarray, Params]:
    """A number for the basin of every end of every method (−1 for none), the losses, and the parameters, all in one row."""
    params = jax.tree.map(lambda *leaves: np.concatenate(leaves), *(ends.params for ends in arrived))
    losses = np.concatenate([ends.loss for ends in arrived])
    starts = np.concatenate([ends.start for ends in arrived])
    labels = np.full(len(losses), -1)
    finite = np.flatnonzero(np.isfinite(losses))
    if not finite.size:
        return labels, losses, params
    leaves = jax.tree.leaves(params)
    if problem.train is None and len(leaves) == 1 and leaves[0].ndim == 2 and leaves[0].shape[1] <= MOST_DIMENSIONS:
        some = jax.vmap(lambda seed: problem.start(jax.random.key(seed)))(np.arange(64, dtype=np.uint32))
        span = float(np.ptp(np.asarray(some, float), axis=0).max())
        at, value, rests = settled(problem, leaves[0][finite], span)
        losses[finite] = value
        keep = rests.astype(bool)
        labels[finite[keep]] = same(at[keep], APART * span) if keep.any() else []
        leaves[0] = leaves[0].astype(float)
        leaves[0][finite] = at
        return labels, losses, jax.tree.unflatten(jax.tree.structure(params), leaves)
    initial_gap = float(np.median(starts[np.isfinite(starts)])) - float(losses[finite].min())
    marks = signatures(problem, trees.take(params, finite))
    labels[finite] = same(marks, ALIKE * max(initial_gap, 1e-12))
    return labels, losses, params


def signatures(problem: Problem, stacked: Params) -> Float[np.ndarray, "n examples"]:
    """The loss of each end on each of at most 256 examples, in root mean square: what tells networks apart whatever their symmetries."""
    data = problem.train
    if data is None:
        return rows(stacked)
    examples = count(data)
    some = np.linspace(0, examples - 1, min(examples, SIGNATURE)).round().astype(int)
    chosen = jax.tree.map(lambda leaf: np.asarray(leaf)[some][:, None], data)  # each example a batch of one
    one = jax.jit(lambda params, examples: jax.lax.map(lambda at: jax.vmap(lambda b: problem.loss(at, b))(examples), params))
    return np.asarray(one(stacked, chosen), float) / np.sqrt(len(some))


def _sorted(labels: np.ndarray, losses: np.ndarray, params: Params, names: np.ndarray) -> tuple[tuple[Basin, ...], np.ndarray]:
    """The basins from the lowest, and the number of each end's; −1 stays."""
    order: list[tuple[float, int]] = sorted((float(losses[labels == label].min()), int(label)) for label in set(labels[labels >= 0]))
    numbers, distinct = np.full(len(labels), -1), []
    for number, (loss, label) in enumerate(order):
        members = np.flatnonzero(labels == label)
        numbers[members] = number
        methods, counts = np.unique(names[members], return_counts=True)
        lowest = trees.take(params, int(members[np.argmin(losses[members])]))
        distinct.append(Basin(len(members), loss, lowest, dict(zip(methods.tolist(), counts.tolist(), strict=True))))
    return tuple(distinct), numbers


def _share(count: int, of: int) -> dict[str, float | int]:
    low, high = proportions.proportion_interval(count, of)
    return {"count": count, "share": count / of, "low": low, "high": high}
