"""optax's own tests of its factories, with talweg's in their place.

    python benchmarks/alias_test.py

Every optimizer of `talweg.dialects.optax`, as a transformation, is put into `optax._src.alias`, and `optax/_src/alias_test.py` of the
installed wheel runs on it (it needs absl-py). Prints what passed and, for the rest, why not.
"""

from __future__ import annotations

import functools
import importlib
import re
import unittest
from collections import Counter
from collections.abc import Callable
from typing import Any

import equinox as eqx
import optax

from talweg import dialects
from talweg.bridges.optax import transformation
from talweg.schedules import Schedule

OPTIMIZERS = ("sgd", "noisy_sgd", "adadelta", "rmsprop", "adabelief", *dialects.optax.CONSTRUCTORS)


class Called(Schedule):
    """A schedule of optax: a function of the count."""

    function: Callable[[Any], Any] = eqx.field(static=True)

    def __call__(self, t: Any) -> Any:
        return self.function(t)


def factory(name: str) -> Callable[..., optax.GradientTransformationExtraArgs]:
    """An optimizer by optax's name, arguments and defaults, with talweg's method behind them."""
    make = getattr(dialects.optax, name)

    @functools.wraps(make)
    def made(*positional: Any, **named: Any) -> optax.GradientTransformationExtraArgs:
        def usable(x: Any) -> Any:
            return Called(x) if callable(x) and not isinstance(x, Schedule) else x

        method = make(*map(usable, positional), **{argument: usable(value) for argument, value in named.items()})
        return transformation(method, key=named.get("key", 0))

    return made


def main() -> None:
    tests = importlib.import_module("optax._src.alias_test")
    alias = tests.alias
    for name in OPTIMIZERS:
        if hasattr(alias, name):
            setattr(alias, name, factory(name))
    asked: list[str] = []
    original = tests._get_opt

    def get(case: unittest.TestCase, name: str) -> Any:
        asked.append(name)
        return original(case, name)

    tests._get_opt = get
    passed: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    failed: dict[str, Counter[str]] = {}
    for case in unittest.defaultTestLoader.loadTestsFromTestCase(tests.AliasTest):
        if not _ours(case, OPTIMIZERS):
            continue
        asked.clear()
        result = unittest.TestResult()
        case.run(result)
        test = re.sub(r"\d+$", "", case._testMethodName)
        name = asked[0] if asked else "sgd"
        if result.failures or result.errors:
            last = (result.failures + result.errors)[0][1].strip().splitlines()
            failed.setdefault(f"{test}: {_reason(last)}", Counter())[name] += 1
        elif result.skipped:
            skipped[name] += 1
        else:
            passed[name] += 1
    lost = sum(names.total() for names in failed.values())
    print(f"optax {optax.__version__}: {passed.total()} passed, {skipped.total()} skipped by optax, {lost} failed")
    for reason, names in sorted(failed.items()):
        print(f"{names.total():4d} × {reason}\n       {', '.join(sorted(names))}")


def _ours(case: unittest.TestCase, names: tuple[str, ...]) -> bool:
    """Whether a case is about one of the names; the parameters stand in its description."""
    found = re.search(r"opt_name='(\w+)'", str(case.shortDescription()) + str(case))
    return found is None or found[1] in names or found[1] == "sgd_mom"


def _reason(lines: list[str]) -> str:
    said = [line for line in lines if re.match(r"^\S*(Error|Exception)\b", line)]
    return (said[-1] if said else lines[-1])[:150]


if __name__ == "__main__":
    main()
