"""Which remedy raises the probability of reaching the best known value, at equal total cost, and how sure is that?

Every arm is the same method with one remedy, or without. All have the same budget, the same number of settings to be tuned with and
the same starts; what is reported comes from fresh starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np
from jaxtyping import Float

from talweg import checks
from talweg.checks import InputError
from talweg.contestants import notation, remedies
from talweg.contestants.contestant import Contestant
from talweg.contestants.design import cube
from talweg.contestants.notation import listed
from talweg.engine.cost import check_length, length
from talweg.problems.base import Problem
from talweg.results import Figures, Result, attributes
from talweg.studies import multistart, tuning
from talweg.studies.arms import LEVEL, Arm, Entry, run
from talweg.studies.multistart import Endpoints, Multistart
from talweg.summary import EscapeSummary, plain
from talweg.text import escape as words

STARTS, SETTINGS, TUNING_STARTS = 256, 32, 16
LANES = 512
WITHIN = 1e-3  #: of the initial gap: so near to the best known value has reached it …
WITHIN_LOWEST = 0.02  #: … and to one that is only the lowest of all trials
MOST_STARTS = 2**14
INTERVAL = ("median", "low", "high")
LOWEST_RATE = 1e-6  #: on a function
NOISES, LOUDER = ("noise", "weight_noise"), 1e4  #: numbers that say how loud noise is, and how much louder it may be on a function


@dataclass(frozen=True, eq=False, repr=False)
class Escape(Result):
    """What came of it: `.arms`, the plain method first; `.sentences`; `.summary` as plain numbers; `.save(path)` writes a page."""

    kind: ClassVar[str] = "escape"
    problem: Problem
    arms: tuple[Arm, ...]
    best: float  #: the value to be reached
    best_known: bool  #: whether it was known before, or is the lowest loss of any arm
    goal_given: bool  #: whether it is the caller's goal
    threshold: float
    within: float  #: the share of the initial gap that may be left
    budget: float  #: of one trial of every arm: gradients of one example times parameters
    starts: int
    settings: int
    seed: int
    left_out: tuple[str, ...]
    seconds: float
    command: str = ""  #: that was typed, to be shown on the page

    @property
    def summary(self) -> EscapeSummary:
        """All of it as plain numbers."""
        parameters = self.problem.parameters()
        numbers = {
            **attributes(self, "kind", "best", "best_known", "goal_given", "threshold", "within"),
            **attributes(self, "starts", "settings", "seed", "left_out", "seconds"),
            "problem": self.problem.name,
            "model": self.problem.model,
            "data": self.problem.train is not None,
            "parameters": parameters,
            "gradients": self.budget / parameters,
            "tuning_starts": TUNING_STARTS,
            "level": LEVEL,
            "arms": [
                {
                    **multistart.described(arm.contestant, arm.hyperparameters),
                    "remedy": arm.remedy,
                    "steps": arm.steps,
                    "reached": int(arm.reached.sum()),
                    "rate": dict(zip(INTERVAL, arm.rate, strict=True)),
                    "gain": arm.gain and dict(zip(INTERVAL, arm.gain, strict=True)),
                    "verdict": arm.verdict,
                    "good_settings": arm.good_settings,
                    "tried_settings": arm.tried_settings,
                    "loss": float(np.median(arm.ends.best)),
                    "diverged": int((arm.ends.diverged >= 0).sum()),
                    "cost": self.budget / parameters / arm.rate[0] if arm.rate[0] > 0 else None,
                }
                for arm in self.arms
            ],
        }
        return plain(numbers)

    @property
    def sentences(self) -> list[str]:
        """Which remedy helps, which does not, and what it costs."""
        return words.sentences(self.summary)

    @property
    def figures(self) -> Figures:
        """How often each arm reached the best known value ("rates")."""
        from talweg.figures import escape

        return Figures({"rates": lambda: escape.rates(self.summary)})

    def _page(self) -> str:
        from talweg.report import escape as page

        return page.html(self.summary, self.command)

    def _repr_html_(self) -> str:
        from talweg.report import escape as page

        return page.fragment(self.summary)


def escape(
    problem: Problem,
    method: Any = "sgd",
    remedies: str | Iterable[str] = "all",
    *,
    starts: int = STARTS,
    steps: int | None = None,
    epochs: float | None = None,
    settings: int = SETTINGS,
    within: float | None = None,
    goal_loss: float | None = None,
    seed: int = 0,
    progress: Callable[[str], None] = lambda label: None,
    command: str = "",
) -> Escape:
    """Race the remedies against local minima at equal total cost.

    A trial has **reached** the best known value if, at any measuring point, its loss on all training data is within a thousandth of
    the initial gap. The best known value is the problem's own (`Problem.optimum`), the one that is given, or the lowest that
    any arm has come to while it was tuned; that one is hardly ever met again, so there within a fiftieth counts.

    Cost is counted in gradients of one example times the parameters of the model. So random restarts share one budget, and a network
    four times as wide takes fewer steps. Every arm tries the same number of settings on the same few starts, the best of which (most
    arrivals, then the lowest median loss) runs on fresh starts, the same for all. Trials are compared with those of the plain method
    start by start; the intervals of these differences hold for all arms at once, and hold the luck of the search, too
    (`talweg.studies.arms`). What was tuned with too few settings is "not known".

    Args:
        method: that is to be remedied, one as `tw.race` takes it.
        remedies: names of `talweg.contestants.remedies.REMEDIES`; `"all"` leaves out what this problem can't have, and says so.
        starts: fresh ones, all over the domain of a function (`problem.scatter`).
        steps, epochs: the budget of the plain method, one or the other; by default 1,000 steps on a function, the usual epochs on data.
        settings: that every arm is tuned with.
        within: the share of the initial gap, from the median start to the best known value, that may be left; by default as above.
        goal_loss: the value to be reached.
        seed: of starts, settings and everything else.
        progress: is told the label of each arm before it runs.
        command: what was typed, to be shown on the page.

    Raises:
        InputError: unknown names, numbers out of range, a remedy that this problem can't have, and a function that always begins in
            the same place.
    """
    checks.instance("escape", "problem", problem, Problem, "tw.problems.load('rastrigin')")
    check_options(
        method, remedies, starts=starts, steps=steps, epochs=epochs, settings=settings, within=within, goal_loss=goal_loss, seed=seed
    )
    problem = problem.divided(0)
    running = Multistart(problem, LANES)
    running.refuse_one_place("escape")
    line_up, left_out = _line_up(running.problem, method, remedies, settings)
    plain, points = line_up[0][1], cube(settings, seed)
    budget = float(length("escape", problem, plain.size, steps, epochs, plain.gradients)) * running.work(plain)
    entries = [Entry(name, c, max(1, round(budget / running.work(c))), _settings(running.problem, c, points)) for name, c in line_up]
    tuned = _tuned(running, entries, multistart.seeds(TUNING_STARTS, seed, 3), progress)
    goal = _goal(problem, tuned, goal_loss, within)
    arms = run(running, entries, tuned, points, goal.threshold, multistart.seeds(starts, seed, 4), progress)
    return Escape(
        problem,
        arms,
        **goal._asdict(),
        budget=budget,
        starts=starts,
        settings=settings,
        seed=seed,
        left_out=tuple(left_out),
        seconds=sum(ends.seconds for ends in tuned) + sum(arm.seconds for arm in arms),
        command=command,
    )


def check_options(
    method: Any,
    wanted: str | Iterable[str],
    *,
    starts: int,
    steps: int | None,
    epochs: float | None,
    settings: int,
    within: float | None,
    goal_loss: float | None,
    seed: int,
) -> None:
    """Refuse what is wrong on every problem, before a problem is read. Raises InputError."""
    notation.check(method)
    remedies.parsed(wanted, "escape")
    check_length("escape", steps, epochs)
    checks.whole("escape", "starts", starts, at_least=8, at_most=MOST_STARTS)
    checks.whole("escape", "settings", settings)
    checks.whole("escape", "seed", seed, at_least=0)
    if within is not None:
        checks.number("escape", "within", within, checks.Interval(0, 1, low_open=True))
    if goal_loss is not None:
        checks.number("escape", "goal_loss", goal_loss, checks.Interval(-np.inf, np.inf, low_open=True))


class _Goal(NamedTuple):
    """The value to be reached, as `Escape` has it."""

    best: float
    best_known: bool
    goal_given: bool
    threshold: float
    within: float


def _line_up(problem: Problem, method: Any, wanted: Any, settings: int) -> tuple[list[tuple[str | None, Contestant]], list[str]]:
    """The plain method, then each remedy's contestants with its name; and a sentence for each remedy that was left out."""
    plain, *others = listed(problem, method, settings)
    if others:
        raise InputError(f"escape: one method is remedied at a time, got {1 + len(others)}; name one, such as sgd or adam@32")
    added, refusals = remedies.remedied(plain, problem, settings, wanted, "escape")
    if not added:
        raise InputError(f"escape: none of these remedies adds anything to {plain.label}; name others of {', '.join(remedies.REMEDIES)}")
    return [(None, plain), *added], [f"Left out: {error}." for error in refusals]


def _tuned(running: Multistart, entries: Sequence[Entry], seeds: Sequence[int], progress: Callable[[str], None]) -> list[Endpoints]:
    """The endpoints of every setting of each entry, from the same starts."""
    endpoints = []
    for number, entry in enumerate(entries, 1):
        progress(f"tuning {number} of {len(entries)}: {entry.contestant.label}")
        endpoints.append(running.each(entry.contestant, entry.settings, seeds, entry.steps))
    return endpoints


def _goal(problem: Problem, tuned: Sequence[Endpoints], goal_loss: float | None, within: float | None) -> _Goal:
    """What counts as reached: the caller's goal, the problem's optimum, or the lowest loss of any trial, and so near to it."""
    known = problem.optimum if goal_loss is None else goal_loss
    losses, starts = np.concatenate([ends.best for ends in tuned]), tuned[0].start
    if known is None and not np.isfinite(losses).any():
        raise InputError(f"escape: every trial on {problem.name} diverged; give a problem whose loss is finite where it starts")
    best = float(losses[np.isfinite(losses)].min() if known is None else known)
    initial_gap = float(np.median(starts[np.isfinite(starts)])) - best
    if initial_gap <= 0:
        raise InputError(f"escape: the value to be reached, {best:g}, lies above where the trials start; give a lower goal_loss")
    if within is None:
        within = WITHIN_LOWEST if known is None else WITHIN
    return _Goal(best, known is not None, goal_loss is not None, best + within * initial_gap, within)


def _settings(problem: Problem, contestant: Contestant, points: Float[np.ndarray, "settings k"]) -> list[dict[str, float]]:
    """The numbers that are tried: the same points of the unit cube for all.

    A function may be far steeper than a loss, so that a learning rate is searched from lower down and noise from higher up.
    """
    if problem.train is None:
        for name, reach in contestant.space.items():
            if name == "learning_rate":
                contestant = contestant.with_range(name, replace(reach, low=LOWEST_RATE, high=max(reach.high, tuning.RATES[-1])))
            elif name in NOISES:
                contestant = contestant.with_range(name, replace(reach, high=LOUDER * reach.high))
    return contestant.settings(points) if contestant.space else [{}]
