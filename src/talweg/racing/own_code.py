"""Functions and methods of the user's own in a race: their names do not say what they compute, so what JAX traces of them does.

Another version of JAX may write the same function down otherwise. So its version is kept beside the hashes of the traces, and so are
hashes of the source text: where only the version differs, they say whether it is the same race, and the user hears of it.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import Any

import jax
import numpy as np

from talweg.engine.cost import traced_step
from talweg.methods import Method, catalogued
from talweg.problems.base import Problem
from talweg.racing.plan import Plan
from talweg.store import RaceRow

NEUTRAL = {"talweg", "equinox", *sys.stdlib_module_names}  # packages whose classes and functions are not the user's own


@dataclass(frozen=True)
class OwnCode:
    """What is known of the code of a user's own in a race, by what it is: its loss, its start, the method mine."""

    race: str  #: the race's identity without this code
    jax: str  #: the version that traced it
    traces: Mapping[str, str]
    texts: Mapping[str, str | None]  #: None where there is no source text, as for what was typed into a console

    def name(self) -> str:
        """The name in the store of a race with this code."""
        return hashlib.sha256(repr((self.race, sorted(self.traces.items()))).encode()).hexdigest()[: len(self.race)]


def find(race: str, problem: Problem, plan: Plan) -> OwnCode | None:
    """The user's own code in a race, traced; None if all of it is talweg's."""
    params = jax.eval_shape(problem.start, jax.random.key(0))
    batch = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(np.shape(leaf), np.asarray(leaf).dtype), problem.train)
    traced: dict[str, tuple[Any, list[Any]]] = {}
    if parts := list(_parts(problem.loss)):
        traced["its loss"] = jax.make_jaxpr(problem.loss)(params, batch), parts
    if parts := list(_parts(problem.start)):
        traced["its start"] = jax.make_jaxpr(problem.start)(jax.random.key(0)), parts
    for contestant in plan.contestants:
        if not catalogued(contestant.factory):
            method = contestant.method(contestant.defaults(), 1)
            traced[f"the method {contestant.name}"] = traced_step(problem, method, params, contestant.size)[0], list(_parts(method))
    if not traced:
        return None
    traces = {what: _trace(trace) for what, (trace, _) in traced.items()}
    return OwnCode(race, jax.__version__, traces, {what: _text(parts) for what, (_, parts) in traced.items()})


def same_race(own: OwnCode, stored: Iterable[RaceRow]) -> tuple[str, str | None]:
    """The name of the stored race that one with this code is, or a new name; and a sentence where another version of JAX leaves a doubt."""
    known = {row.race: OwnCode(**code) for row in stored if (code := row.origin.get("own_code")) and code["race"] == own.race}
    doubt = None
    if own.name() in known:
        return own.name(), doubt
    for name, other in known.items():
        differing = [what for what, trace in own.traces.items() if other.traces.get(what) != trace]
        texts = [(own.texts[what], other.texts.get(what)) for what in differing]
        if other.jax == own.jax or any(None not in pair and pair[0] != pair[1] for pair in texts):
            continue  # other code
        which, both = " and ".join(differing), f"which JAX {other.jax} traced and JAX {own.jax} traces otherwise"
        if all(None not in pair for pair in texts):
            return name, f"race: this is race {name} again by the source text of {which}, {both}; to run it anew, choose another store"
        doubt = (
            f"race: this is race {name} but for {which}, {both}; without its source text it can't be told whether it is the same, so it is "
            "run anew"
        )
    return own.name(), doubt


def _trace(jaxpr: Any) -> str:
    """A hash of what JAX traced, with the arrays that the function holds."""
    digest = hashlib.sha256(re.sub(r"0x[0-9a-f]+", "", str(jaxpr)).encode())
    for array in map(np.asarray, jaxpr.consts):
        digest.update(f"{array.dtype} {array.shape}".encode() + array.tobytes())
    return digest.hexdigest()


def _text(parts: Iterable[Any]) -> str | None:
    """A hash of the source text of functions and classes; None if one of them has none."""
    try:
        return hashlib.sha256("\n".join(map(inspect.getsource, parts)).encode()).hexdigest()
    except (OSError, TypeError):
        return None


def _parts(thing: Any, visited: set[int] | None = None) -> Iterator[Any]:
    """The functions and classes that are not talweg's, of those that a callable or a method is made of, holds and closes over."""
    visited = set() if visited is None else visited
    if id(thing) in visited or not (callable(thing) or isinstance(thing, Method)):
        return
    visited.add(id(thing))
    wrapped = getattr(thing, "__wrapped__", None)
    if wrapped is None:
        classes = [thing] if isinstance(thing, FunctionType) else (thing if isinstance(thing, type) else type(thing)).__mro__
        yield from (code for code in classes if (code.__module__ or "").split(".")[0] not in NEUTRAL)
    for held in [wrapped, *_held(thing)]:
        yield from _parts(held, visited)


def _held(thing: Any) -> list[Any]:
    """What a callable or a method computes with."""
    if isinstance(thing, type):
        return []
    if isinstance(thing, functools.partial):
        return [thing.func, *thing.args, *thing.keywords.values()]
    if isinstance(thing, MethodType):
        return [thing.__func__, thing.__self__]
    cells = getattr(thing, "__closure__", None) or ()
    return [*getattr(thing, "__dict__", {}).values(), *(cell.cell_contents for cell in cells)]
