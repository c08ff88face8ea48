"""Compiled programs, kept as long as the functions that they were made from: the one cache, which keeps no data alive.

What is kept belongs to a problem's loss and metric, by identity, so problems that share them (the same surface with more noise, the
same model on other data) share programs. Programs get data as arguments and hold the functions weakly, so both go when nothing else
has them.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from talweg.problems.base import Problem

MOST = 128  #: that are kept; the one that was not used for the longest time goes first

P = ParamSpec("P")
T = TypeVar("T")

_programs: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
_lock = threading.RLock()  # a garbage collection may forget something in the middle of it


def by_problem(build: Callable[Concatenate[Problem, P], T]) -> Callable[Concatenate[Problem, P], T]:
    """Remember what `build(problem, …)` made of the same loss and metric, and of equal other arguments, which must be hashable.

    `build` is given the problem without its data and its start. What it makes must be called only while the problem is there.
    """

    @functools.wraps(build)
    def cached(problem: Problem, *args: P.args, **kwargs: P.kwargs) -> T:
        metric = problem.metric

        def made() -> T:
            measured = metric and replace(metric, function=_weak(metric.function))
            return build(Problem(_weak(problem.loss), _no_start, metric=measured), *args, **kwargs)

        functions = [problem.loss, *([metric.function] if metric else [])]
        return _remembered(functions, (build, args, tuple(sorted(kwargs.items()))), made)

    return cached


def by_function(build: Callable[[Callable[..., Any]], T]) -> Callable[[Callable[..., Any]], T]:
    """Remember what `build(function)` made of the same function, which it must call only while that is there."""

    @functools.wraps(build)
    def cached(function: Callable[..., Any]) -> T:
        return _remembered([function], (build,), lambda: build(_weak(function)))

    return cached


def _remembered(functions: Sequence[Callable[..., Any]], what: tuple[Any, ...], made: Callable[[], T]) -> T:
    owners = tuple(map(id, functions))
    key = (owners, *what)
    with _lock:
        if key not in _programs:
            if not any(owners == known[0] for known in _programs):
                for function in functions:
                    with contextlib.suppress(TypeError):  # no weak reference to it: then it is kept, and its identity with it
                        weakref.finalize(function, _forget, owners).atexit = False
            _programs[key] = made()
        _programs.move_to_end(key)
        while len(_programs) > MOST:
            _programs.popitem(last=False)
        result: T = _programs[key]
        return result


def _forget(owners: tuple[int, ...]) -> None:
    """Forget what was made of some functions when one of them goes; an identity may then be another function's."""
    with _lock:
        for key in [key for key in _programs if key[0] == owners]:
            del _programs[key]


class _Weak:
    """A function that is not kept alive, and is called as if it were itself."""

    def __init__(self, function: Callable[..., Any]):
        self.function = weakref.ref(function)

    def __call__(self, *args: Any) -> Any:
        function = self.function()
        assert function is not None, "a program outlived its problem"
        return function(*args)


def _weak(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        return _Weak(function)
    except TypeError:  # a class with slots
        return function


def _no_start(key: Any) -> Any:
    raise NotImplementedError("a program is given where it starts")
