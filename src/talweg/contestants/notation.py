"""Contestants as they are typed: `clip-norm+adam@32:b1=0.8`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from talweg import checks, schedules
from talweg.checks import InputError, InputTypeError
from talweg.contestants.contestant import Contestant
from talweg.engine.cost import batch_size, gradients_per_step
from talweg.methods import CATALOGUE, GradientDescent, Method, MethodFactory, Wrapped, factory_named, factory_of
from talweg.methods.factories import decayed, required
from talweg.methods.space import tunable
from talweg.problems.base import Problem

#: The article's nine, as they are typed.
NINE = ("sgd@full", "sgd@1", "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam")
BASELINE = "sgd"  #: tuned gradient descent: what speed-ups are over, on a function
CURRENT = "current"  #: the name of what is in use now
PLAIN, PLAIN_ADAM, PLAIN_BATCH = "plain-adam", "adam@{}", 32  #: Adam as it comes: the baseline of a race on data


#: Labels that say a batch, as a table shows them; and the batch that a kind of gradient descent has.
DESCENT = re.compile(r"(?i)(batch|stochastic|mini-batch) gradient descent(?: \((\d+)\))?")
LABEL = re.compile(r"(?i)(.+) \(batch (\d+|full)\)")
BATCHES = {"batch": "full", "stochastic": "1", "mini-batch": None}

Methods = str | Sequence[Any] | Mapping[str, Any] | None
Sizes = str | Sequence[int | str] | None  #: of batches: `16,64,full`, or a list of whole numbers and "full"


def enter(
    problem: Problem,
    methods: Methods,
    settings: int,
    schedule: str | None = None,
    current: str | None = None,
    batches: Sizes = None,
) -> list[Contestant]:
    """The contestants of a race, the baseline first.

    `methods` is a text like `adam,sgd@1,sgd@full,momentum@32:momentum=0.99,clip-norm+adam`, or a list of such texts, method classes and
    methods with hyperparameters (which are raced with just these), or a mapping of names to them; None is the article's nine. Where there
    are validation data, weight decay is searched for all of them, so that none is ahead by it. The baseline is what a person would do
    without a race: plain Adam; on a function, where its learning rate means nothing, tuned gradient descent. What is in use at present
    (`current`) is raced as it is. Each method is raced at each of the `batches`, too, which are sizes like `16,64,full`.
    """
    entries = listed(problem, methods, settings, schedule, batches)
    if problem.validation is not None:
        entries = [entry.with_weight_decay(settings) for entry in entries]
    if current is not None:
        one, *more = _parts(current) or [current]
        if more:
            raise InputError(f"race: what you use now must be one method, such as adam:learning_rate=1e-3@32, got {current!r}")
        entries.insert(0, _as_it_is(_entry(problem, CURRENT, one, settings, "constant"), "the current method"))
    if problem.train is not None:
        plain = replace(_entry(problem, PLAIN, PLAIN_ADAM.format(min(PLAIN_BATCH, problem.examples)), settings, "constant"), reference=True)
        return unique([_as_it_is(plain, "plain Adam"), *entries])
    baseline = next((e for e in entries if e.factory is GradientDescent and not e.fixed), None)
    if baseline is None:
        baseline = replace(_entry(problem, None, BASELINE, settings, schedule), reference=True)
        return unique([baseline, *entries])
    return [baseline, *(e for e in entries if e is not baseline)]


def _as_it_is(entry: Contestant, label: str) -> Contestant:
    """A contestant of which nothing is tuned."""
    return replace(entry, label=label, fixed=entry.defaults(), space={}, decays=False)


def listed(problem: Problem, methods: Methods, settings: int, schedule: str | None = "constant", batches: Sizes = None) -> list[Contestant]:
    """The methods as `enter` takes them, in their order, without a baseline; without a schedule, a race tries whether decay is better."""
    check(methods, schedule, batches)
    given = _by_name(methods, problem)
    entries = [_entry(problem, name, method, settings, schedule) for name, method in given]
    if problem.train is None and batches is not None:
        raise InputError(f"race: {problem.name} is a function without data, of which there are no batches; leave the batches out")
    for batch in sizes(batches):
        for name, method in given:
            entry = _entry(problem, name, method, settings, schedule, batch)
            if not any(same(entry, other) for other in entries):
                entries.append(entry)
    return unique(entries)


def same(one: Contestant, other: Contestant) -> bool:
    """Whether two contestants do the same, whatever they are called."""
    return replace(one, name="", label="", reference=False) == replace(other, name="", label="", reference=False)


def sizes(batches: Sizes) -> list[str]:
    """Sizes of batches as they are typed after an @. Raises InputError for what is none."""
    if not isinstance(batches, str | Sequence | None):
        raise InputTypeError(f"race: batch sizes must be a text such as 16,64,full or a list, got {batches!r}")
    words = batches.split(",") if isinstance(batches, str) else [str(size) for size in batches or ()]
    words = [word.strip() for word in words if word.strip()]
    if batches is not None and not words:
        raise InputError("race: no batch sizes were given; name some, such as 16,64,full")
    for word in words:
        if word != "full" and not (word.isdigit() and int(word)):
            raise InputError(f"race: a batch size must be a whole number of at least 1, or full, got {word!r}")
    return words


def check(methods: Methods, schedule: str | None = "constant", batches: Sizes = None) -> None:
    """Refuse what is wrong on every problem: an unknown name, a number out of range, a batch that is none. Raises InputError."""
    sizes(batches)
    if schedule is not None:
        checks.one_of("race", "schedule", schedule, schedules.CATALOGUE)
    given = [] if methods is None else _given(methods)
    if methods is not None and not given:
        raise InputError("race: no methods were given; name some of " + ", ".join(CATALOGUE))
    for name, method in given:
        batch = _read(name, method)[2]
        if batch not in (None, "full"):
            checks.whole("race", "the batch size", _whole(method, batch))


def unique(entries: Sequence[Contestant]) -> list[Contestant]:
    """The same entries with names and labels that are all different."""
    counts: Counter[str] = Counter()
    unique = []
    for entry in entries:
        counts[entry.name] += 1
        again = f" ({counts[entry.name]})" if counts[entry.name] > 1 else ""
        unique.append(replace(entry, name=entry.name + again, label=entry.label + again))
    return unique


def parse(text: str) -> tuple[str | None, MethodFactory, str | None, dict[str, float]]:
    """`[name=][wrapper+…]method[@batch][:hyperparameter=value…]` in its parts: name, factory, batch as typed, hyperparameters.

    The batch may also stand at the end.
    """
    head, *pairs = text.strip().split(":")
    if pairs and "@" in pairs[-1]:
        pairs[-1], _, last = pairs[-1].partition("@")
        head += f"@{last}"
    name, _, head = head.rpartition("=")
    word, at, batch = _typed(head.strip()).partition("@")
    factory = factory_named("race", word)
    hyperparameters: dict[str, float] = {}
    for pair in pairs:
        key, _, value = pair.partition("=")
        known = [*factory().hyperparameters(), "weight_decay"]  # which every method can be given
        key = checks.one_of(factory.__name__, "number", key.strip(), known)
        try:
            hyperparameters[key] = float(value)
        except ValueError:
            raise InputError(f"race: {text!r} needs number=value after the colon, such as {word}:{key}=0.9, got {pair!r}") from None
    if "weight_decay" in hyperparameters:
        factory = decayed(factory)
    factory(**hyperparameters)  # so that a number out of range is found here
    return name.strip() or None, factory, batch.strip() if at else None, hyperparameters


def _typed(shown: str) -> str:
    """What is typed for a label that a table shows: `adam@16` for `Adam (batch 16)`, `sgd@1` for `stochastic gradient descent`."""
    if match := DESCENT.fullmatch(shown):
        batch = match[2] or BATCHES[match[1].lower()]
        return f"{BASELINE}@{batch}" if batch else BASELINE
    match = LABEL.fullmatch(shown)
    return f"{match[1]}@{match[2].lower()}" if match else shown


def _by_name(methods: Methods, problem: Problem) -> list[tuple[str | None, Any]]:
    """Each method, with the name that the caller gave it; by default the article's nine."""
    if methods is None:
        methods = [name for name in NINE if problem.train is not None or "@" not in name]
    return _given(methods)


def _given(methods: str | Sequence[Any] | Mapping[str, Any]) -> list[tuple[str | None, Any]]:
    """Each method that was given, with its name."""
    if isinstance(methods, Mapping):
        return list(methods.items())
    if isinstance(methods, str):
        methods = _parts(methods)
    return [(None, method) for method in (methods if isinstance(methods, Sequence) else [methods])]


def _parts(text: str) -> list[str]:
    """The methods of a text; `adam:b1=0.8,eps=1e-6` is one method with two hyperparameters."""
    parts: list[str] = []
    for word in filter(None, (w.strip() for w in text.split(","))):
        key, equals, value = word.partition("=")
        number = ":" not in word and "+" not in value and value.partition("@")[0] not in CATALOGUE
        if parts and ":" in parts[-1] and key and equals and number:
            parts[-1] += ":" + word
        else:
            parts.append(word)
    return parts


def _entry(problem: Problem, name: str | None, method: Any, settings: int, schedule: str | None, other: str | None = None) -> Contestant:
    """A method as a contestant; with the `other` batch size in place of its own."""
    typed = isinstance(method, str)
    name, factory, batch, fixed = _read(name, method)
    if other is not None:
        batch, name = other, name and f"{name}@{other}"
    size = batch_size(problem, batch if batch in (None, "full") else _whole(method, batch))
    space = {key: r for key, r in factory.search_space(size).items() if key not in fixed}
    searched = tunable(space, settings)
    text = (factory.name or factory.__name__.lower()) + ("" if batch is None else f"@{batch}")
    text += "".join(f":{k}={v:g}" for k, v in fixed.items()) if typed else ""
    label = name or _label(factory, batch, size, fixed if typed else {}, data=problem.train is not None)
    decays = schedule is None and "learning_rate" in searched
    entry = Contestant(name or text, label, factory, size, fixed, searched, schedule or "constant", decays)
    params = jax.eval_shape(problem.start, jax.random.key(0))
    return replace(entry, gradients=max(1, gradients_per_step(problem, entry.method(entry.defaults(), 1), params, size)))


def _read(name: str | None, method: Any) -> tuple[str | None, MethodFactory, str | None, dict[str, Any]]:
    """Of a method, however it was given: its name if it has one, its factory, its batch as typed, and the hyperparameters that it fixes."""
    if hasattr(method, "init") and hasattr(method, "update"):  # a transformation of optax
        from talweg.bridges.optax import from_optax

        method = from_optax(method, name=name)
    if isinstance(method, str):
        own, factory, batch, fixed = parse(method)
        return name or own, factory, batch, fixed
    if isinstance(method, Method):
        return name, factory_of(method), None, {key: _scalar(method, key, value) for key, value in method.hyperparameters().items()}
    if isinstance(method, Wrapped) or (isinstance(method, type) and issubclass(method, Method)):
        if missing := required(method):
            lacking = " and ".join(missing)
            raise InputError(f"race: {method.__name__} has no default for {lacking}; give it one, or race a method with numbers")
        return name, method, None, {}
    raise InputTypeError(
        f"race: a method must be a name such as 'adam@32', a method, its class or a transformation of optax, got {method!r}"
    )


def _scalar(method: Method, name: str, value: Any) -> Any:
    """A hyperparameter of a method that was made by the caller, as a plain number; what is no number stays as it is."""
    if isinstance(value, schedules.Schedule):
        raise InputError(f"race: the {name} of {method!r} is a schedule; give a number, and schedule= for all contestants")
    if not hasattr(value, "dtype"):
        return value
    if np.ndim(value):
        raise InputError(f"race: {name} must be a single number, got {value!r}; race several methods to compare several numbers")
    return float(value)


def _whole(text: str, batch: str | None) -> int:
    if batch is None or not batch.lstrip("-").isdigit():
        raise InputError(f"race: {text!r} needs a batch size or full after the @, such as @32 or @full, got {batch!r}")
    return int(batch)


def _label(factory: MethodFactory, batch: str | None, size: int | None, fixed: Mapping[str, float], *, data: bool) -> str:
    if factory is GradientDescent and data:
        word = "batch" if size is None else "stochastic" if size == 1 else "mini-batch"
        label = f"{word} {factory.label}"
        label += f" ({size})" if batch is not None and size not in (None, 1) else ""
    else:
        label = factory.label or factory.__name__
        label += f" (batch {batch})" if batch is not None else ""
    return label + "".join(f", {k} {v:g}" for k, v in fixed.items())
