"""The remedies against local minima, as things to switch on and race: each makes of a contestant another one that has it.

Every remedied contestant is tuned like all others, with the same budget of examples.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from talweg import checks
from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.contestants.notation import CURRENT, Sizes, enter, listed, same, unique
from talweg.engine.cost import batch_size
from talweg.methods import Noisy, WeightNoise, Wrapped, Wrapper
from talweg.methods.space import tunable
from talweg.problems.base import Problem
from talweg.problems.supervised import widened

LARGER = 10.0  #: times as high as the method's own is the top of the range of a learning rate that falls
RESTARTS = 4  #: trainings that share one budget
WIDER = 4  #: times as many units in every hidden layer
MOMENTUM, ADAPTIVE = ("momentum", "nesterov"), ("rmsprop", "adam")
ALL = "all"
SETTINGS = 64

#: (contestant, problem, settings) -> the contestants that the remedy adds, none where it has it already.
Apply = Callable[..., list[Contestant]]


@dataclass(frozen=True)
class Remedy:
    """A remedy by the name that is typed.

    `apply(contestant, problem, settings=64)` gives what it adds for a contestant that is tuned with so many settings: nothing where the
    contestant has it already. It raises InputError where it can't be had: a wider network of a function, say.
    """

    name: str
    label: str
    description: str
    source: str
    apply: Apply


def falling(
    contestant: Contestant, problem: Problem, settings: int = SETTINGS, *, remedy: str, schedule: str, words: str
) -> list[Contestant]:
    """The same method with a learning rate that follows a schedule, from a peak that may be ten times as high as usual."""
    reach = contestant.space.get("learning_rate")
    if reach is None:
        why = "has no learning rate that is searched, so none that could start large; don't fix it"
        raise InputError(f"{remedy}: {contestant.label} {why}")
    entry = contestant.with_range("learning_rate", replace(reach, high=LARGER * reach.high))
    return [_named(replace(entry, schedule=schedule, decays=False), remedy, words)]


def shaken(contestant: Contestant, problem: Problem, settings: int = SETTINGS, *, outer: type[Wrapper]) -> list[Contestant]:
    """The same method with noise, whose size is searched beside its other hyperparameters."""
    factory = contestant.factory
    while isinstance(factory, Wrapped):
        if factory.outer is outer:
            return []
        factory = factory.inner
    if outer is WeightNoise and "learning_rate" not in contestant.defaults():
        raise InputError(f"{outer.name}: {contestant.label} has no learning rate to measure the noise by; use noise, which is on gradients")
    named = _named(contestant, outer.name, outer.label)
    return [replace(named, factory=Wrapped(outer, contestant.factory), space={**contestant.space, **tunable(outer.space, settings)})]


def restarted(contestant: Contestant, problem: Problem, settings: int = SETTINGS) -> list[Contestant]:
    """The same method from several starts, one after the other within the same budget; the best so far is kept."""
    if contestant.restarts > 1:
        return []
    if problem.begins_at_one_place():
        raise InputError(
            f"random-restarts: {problem.name} always begins at the same place, so a restart would do the same again; leave this remedy out"
        )
    return [_named(replace(contestant, restarts=RESTARTS), "random-restarts", f"{RESTARTS} random restarts")]


def wide(contestant: Contestant, problem: Problem, settings: int = SETTINGS) -> list[Contestant]:
    """The same method on a network whose hidden layers are wider."""
    if contestant.width > 1:
        return []
    widened(problem, WIDER)  # so that a model without hidden layers is found here
    return [_named(replace(contestant, width=WIDER), "wider", f"hidden layers {WIDER}× as wide")]


def others(contestant: Contestant, problem: Problem, settings: int = SETTINGS, *, methods: Sequence[str]) -> list[Contestant]:
    """Other methods with the same batch size and schedule."""
    batch = "" if contestant.size == batch_size(problem, None) else f"@{contestant.batch}"
    schedule = None if contestant.decays else contestant.schedule
    entries = listed(problem, [method + batch for method in methods], settings, schedule)
    if "weight_decay" in contestant.space:
        entries = [entry.with_weight_decay(settings) for entry in entries]
    return [entry for entry in entries if entry.factory != contestant.factory]


REMEDIES: dict[str, Remedy] = {
    remedy.name: remedy
    for remedy in (
        Remedy(
            "large-rate",
            "a learning rate that starts large and falls",
            "Half a cosine from a peak that may be ten times as high as the method's usual range reaches.",
            "Li, Wei & Ma 2019; Loshchilov & Hutter 2017",
            functools.partial(falling, remedy="large-rate", schedule="cosine", words="from a large learning rate"),
        ),
        Remedy(
            "warm-restarts",
            "a learning rate that rises again and again",
            "Four half cosines, each from a peak that may be ten times as high as the method's usual range reaches.",
            "Loshchilov & Hutter 2017",
            functools.partial(falling, remedy="warm-restarts", schedule="restarts", words="with warm restarts"),
        ),
        Remedy("noise", "noise on gradients", Noisy.summary(), Noisy.source, functools.partial(shaken, outer=Noisy)),
        Remedy("weight-noise", "noise on weights", WeightNoise.summary(), WeightNoise.source, functools.partial(shaken, outer=WeightNoise)),
        Remedy(
            "random-restarts",
            "several random starts",
            f"{RESTARTS} trainings share the budget, each from a fresh start; the best so far on the validation data is kept.",
            "Rinnooy Kan & Timmer 1987",
            restarted,
        ),
        Remedy(
            "wider",
            "a wider network",
            f"Hidden layers {WIDER} times as wide: more ways around a barrier. The budget stays in examples, each of which takes longer.",
            "Safran & Shamir 2018; Du et al. 2019",
            wide,
        ),
        Remedy(
            "momentum",
            "methods with momentum",
            "Momentum and Nesterov with the same batch size, unless they race anyhow.",
            "Polyak 1964; Nesterov 1983",
            functools.partial(others, methods=MOMENTUM),
        ),
        Remedy(
            "adaptive",
            "adaptive methods",
            "RMSprop and Adam with the same batch size, unless they race anyhow.",
            "Tieleman & Hinton 2012; Kingma & Ba 2015",
            functools.partial(others, methods=ADAPTIVE),
        ),
    )
}


def parsed(text: str | Iterable[str] | None, who: str = "race") -> list[Remedy]:
    """The remedies of a text such as `noise,wider`, or of a list of names; `all` is all of them. Raises InputError for an unknown one."""
    names: list[str] = []
    for word in _words(text):
        checks.one_of(who, "remedy", word, [*REMEDIES, ALL])
        names += REMEDIES if word == ALL else [word]
    return [REMEDIES[name] for name in dict.fromkeys(names)]


def remedied(
    contestant: Contestant, problem: Problem, settings: int, wanted: str | Iterable[str] | None, who: str = "race"
) -> tuple[list[tuple[str, Contestant]], list[InputError]]:
    """What the wanted remedies add to a contestant, each with its remedy's name; and why others of `all` can't be had on this problem.

    Raises InputError where one that is named can't be had.
    """
    words = _words(wanted)
    added: list[tuple[str, Contestant]] = []
    refusals = []
    for remedy in parsed(words, who):
        try:
            added += [(remedy.name, entry) for entry in remedy.apply(contestant, problem, settings)]
        except InputError as error:
            if remedy.name in words:
                raise
            refusals.append(error)
    return added, refusals


def line_up(
    problem: Problem,
    methods: Any,
    settings: int,
    schedule: str | None = None,
    remedies: str | Iterable[str] | None = None,
    current: str | None = None,
    batches: Sizes = None,
) -> tuple[list[Contestant], list[str]]:
    """All contestants of a race, the baseline first, with those that remedies add, and a sentence for each remedy that was left out.

    A baseline that was not asked for and what is in use now get none, and what races anyhow is not added again. Raises InputError as
    `remedied` does.
    """
    contestants, wanted, left_out = enter(problem, methods, settings, schedule, current, batches), _words(remedies), []
    line = list(contestants)
    for contestant in (one for one in contestants if not one.reference and not (current is not None and one.name == CURRENT)):
        added, refusals = remedied(contestant, problem, settings, wanted)
        for _, entry in added:
            if not any(same(entry, other) for other in line):
                line.append(entry)
        left_out += [f"Remedy left out: {error}" for error in refusals]
    return unique(line), list(dict.fromkeys(left_out))


def _named(entry: Contestant, remedy: str, words: str) -> Contestant:
    return replace(entry, name=f"{remedy}+{entry.name}", label=f"{entry.label}, {words}")


def _words(text: str | Iterable[str] | None) -> list[str]:
    words = text.split(",") if isinstance(text, str) else text or ()
    return [word.strip() for word in words if word.strip()]
