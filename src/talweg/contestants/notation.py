"""Contestants as they are typed: `clip-norm+adam@32:b1=0.8`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np

from talweg import checks, schedules
from talweg.checks import InputError, InputTypeError
from talweg.contestants.contestant import Contestant
from talweg.contestants.design import DIMENSIONS
from talweg.engine.cost import batch_size, gradients_per_step
from talweg.methods import CATALOGUE, GradientDescent, Method, MethodFactory, Wrapped, factory_named, factory_of
from talweg.methods.factories import required
from talweg.methods.space import tunable
from talweg.problems.base import Problem

#: The article's nine, as they are typed.
NINE = ("sgd@full", "sgd@1", "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam")
BASELINE = "sgd"  #: tuned mini-batch gradient descent: the target, and what every speed-up is measured against


def enter(
    problem: Problem, methods: str | Sequence[Any] | Mapping[str, Any] | None, settings: int, schedule: str = "constant"
) -> list[Contestant]:
    """The contestants of a race, the baseline first.

    `methods` is a text like `adam,sgd@1,sgd@full,momentum@32:momentum=0.99,clip-norm+adam`, or a list of such texts, method classes and
    methods with numbers (which are raced with just these numbers), or a mapping of names to them; None is the article's nine.
    """
    entries = listed(problem, methods, settings, schedule)
    baseline = next((e for e in entries if _is_baseline(e, problem)), None)
    if baseline is None:
        baseline = replace(_entry(problem, None, BASELINE, settings, schedule), reference=True)
        return unique([baseline, *entries])
    return [baseline, *(e for e in entries if e is not baseline)]


def listed(
    problem: Problem, methods: str | Sequence[Any] | Mapping[str, Any] | None, settings: int, schedule: str = "constant"
) -> list[Contestant]:
    """The methods as `enter` takes them, in their order, and nobody else."""
    checks.one_of("race", "schedule", schedule, schedules.CATALOGUE)
    entries = [_entry(problem, name, what, settings, schedule) for name, what in _given(methods, problem)]
    if not entries:
        raise InputError("race: no methods were given; name some of " + ", ".join(CATALOGUE))
    return unique(entries)


def parse(text: str) -> tuple[str | None, MethodFactory, str | None, dict[str, float]]:
    """`[name=][wrapper+…]method[@batch][:number=value…]` in its parts: name, kind of method, batch as typed, numbers."""
    head, *pairs = text.strip().split(":")
    name, _, head = head.rpartition("=")
    word, at, batch = head.partition("@")
    kind = factory_named("race", word)
    numbers: dict[str, float] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        checks.one_of(kind.__name__, "number", key.strip(), kind().hyperparameters())
        try:
            numbers[key.strip()] = float(value)
        except ValueError:
            raise InputError(f"race: {text!r} needs number=value after the colon, such as {word}:{key.strip()}=0.9, got {pair!r}") from None
        del equals
    kind(**numbers)  # so that a number out of range is found here
    return name.strip() or None, kind, batch.strip() if at else None, numbers


def _given(methods: Any, problem: Problem) -> list[tuple[str | None, Any]]:
    if methods is None:
        names = NINE if problem.train is not None else [n for n in NINE if "@" not in n]
        return [(None, name) for name in names]
    if isinstance(methods, str):
        return [(None, part) for part in _parts(methods)]
    if isinstance(methods, Mapping):
        return list(methods.items())
    if isinstance(methods, Sequence):
        return [(None, what) for what in methods]
    return [(None, methods)]


def _parts(text: str) -> list[str]:
    """The methods of a text; `adam:b1=0.8,eps=1e-6` is one method with two numbers."""
    parts: list[str] = []
    for word in filter(None, (w.strip() for w in text.split(","))):
        key = word.partition("=")[0]
        if parts and ":" in parts[-1] and "=" in word and not {"@", ":"} & set(word) and word.partition("=")[2] not in CATALOGUE and key:
            parts[-1] += ":" + word
        else:
            parts.append(word)
    return parts


def _entry(problem: Problem, name: str | None, what: Any, settings: int, schedule: str) -> Contestant:
    batch: str | None = None
    fixed: dict[str, Any] = {}
    if hasattr(what, "init") and hasattr(what, "update"):  # a transformation of optax
        from talweg.bridges.optax import from_optax

        what = from_optax(what, name=name)
    if isinstance(what, str):
        own, kind, batch, fixed = parse(what)
        name = name or own
    elif isinstance(what, Method):
        kind, fixed = factory_of(what), {key: _alone(what, key, value) for key, value in what.hyperparameters().items()}
    elif isinstance(what, Wrapped) or (isinstance(what, type) and issubclass(what, Method)):
        kind = what
        if missing := required(kind):
            raise InputError(
                f"race: {kind.__name__} has no default for {' and '.join(missing)}; give it one, or race a method with numbers"
            )
    else:
        raise InputTypeError(
            f"race: a method must be a name such as 'adam@32', a method, its class or a transformation of optax, got {what!r}"
        )
    size = batch_size(problem, batch if batch in (None, "full") else _whole(str(what), batch))
    space = {key: r for key, r in kind.search_space(size).items() if key not in fixed}
    searched = tunable(space, settings) if not isinstance(what, Method) else {}
    word = kind.name or kind.__name__.lower()
    typed = word if batch is None else f"{word}@{batch}"
    typed += "".join(f":{k}={v:g}" for k, v in fixed.items()) if isinstance(what, str) else ""
    if len(searched) > DIMENSIONS:
        raise InputError(
            f"race: {typed} has {len(searched)} numbers to search ({', '.join(searched)}), at most {DIMENSIONS} can be; fix some"
        )
    label = name or _label(kind, batch, size, fixed if isinstance(what, str) else {}, data=problem.train is not None)
    entry = Contestant(name or typed, label, kind, size, fixed, searched, schedule)
    params = jax.eval_shape(problem.start, jax.random.key(0))
    return replace(entry, gradients=max(1, gradients_per_step(problem, entry.method(entry.defaults(), 1), params, size)))


def _alone(method: Method, name: str, value: Any) -> Any:
    """A number of a method that was made by the caller, as a plain one; what is no number stays as it is."""
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


def _label(kind: MethodFactory, batch: str | None, size: int | None, fixed: Mapping[str, float], *, data: bool) -> str:
    if kind is GradientDescent and data:
        word = "batch" if size is None else "stochastic" if size == 1 else "mini-batch"
        label = f"{word} {kind.label}"
        label += f" ({size})" if batch is not None and size not in (None, 1) else ""
    else:
        label = kind.label or kind.__name__
        label += f" (batch {batch})" if batch is not None else ""
    return label + "".join(f", {k} {v:g}" for k, v in fixed.items())


def _is_baseline(entry: Contestant, problem: Problem) -> bool:
    return entry.kind is GradientDescent and not entry.fixed and entry.size == batch_size(problem, None)


def unique(entries: Sequence[Contestant]) -> list[Contestant]:
    """The same entries with names and labels that are all different."""
    seen: dict[str, int] = {}
    unique = []
    for entry in entries:
        seen[entry.name] = count = seen.get(entry.name, 0) + 1
        again = f" ({count})" if count > 1 else ""
        unique.append(replace(entry, name=entry.name + again, label=entry.label + again))
    return unique
