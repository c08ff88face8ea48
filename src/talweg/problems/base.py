"""What is minimised: a starting point, a loss on a batch, data to train on, to choose by and to test, and a metric."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import jax
import numpy as np
from jaxtyping import PRNGKeyArray, PyTree, Scalar

from talweg import checks
from talweg.checks import InputError, InputTypeError
from talweg.problems.coding import Coding
from talweg.problems.source import Source
from talweg.problems.splits import Split

Params: TypeAlias = PyTree
Batch: TypeAlias = PyTree  #: arrays whose first axis counts examples; None for a function without data

TYPED_NUMBERS = {
    **{"optimum": checks.FINITE, "goal_loss": checks.FINITE},
    **{"default_batch": checks.Interval(1), "default_epochs": checks.POSITIVE},
}


@dataclass(frozen=True)
class Metric:
    """What a person wants to know of a model, beside its loss: `function(params, batch)`, a mean over the batch's examples."""

    name: str
    function: Callable[[Params, Batch], Scalar]
    larger_is_better: bool = True
    percent: bool = False  #: shown as a percentage


@dataclass(frozen=True, eq=False, repr=False)
class Problem:
    """A model and its data, as pure functions.

    `loss(params, batch)` is the **mean** over the examples of the batch, so that batches of any size estimate the same cost.
    `start(key)` gives the starting parameters. `train`, `validation` and `test` are pytrees of arrays with one leading axis of
    examples; a function without data has None for all three. Methods see `train`, choices are made on `validation`, and `test` is
    looked at once.

    Where there is a `pool`, each seed has training and validation rows of its own: `split` draws them from the pool, and
    `divided(seed)` is the problem with those of a seed. `train` and `validation` are then those of seed 0, and are not given.

    `scatter(key)` gives a start drawn from all over the domain, for a function whose `start` is always the same place; it says where
    else to look and is no part of the fingerprint.

    Raises InputError if the parts do not have the same structure, a part is empty, or train or validation are not what the split draws.
    """

    loss: Callable[[Params, Batch], Scalar]
    start: Callable[[PRNGKeyArray], Params]
    train: Batch = None
    validation: Batch = None
    test: Batch = None
    name: str = "problem"
    metric: Metric | None = None
    notes: tuple[str, ...] = ()  #: what was recognised or changed on the way in, one sentence each, to be said aloud
    facts: Mapping[str, Any] = field(default_factory=dict)  #: what else is printed and stored, JSON-able: loss, features, split …
    scatter: Callable[[PRNGKeyArray], Params] | None = None
    task: str | None = None  #: classification, regression, surface …
    model: str | None = None  #: as it is typed: `mlp:64,32`
    classes: tuple[str, ...] | None = None  #: the labels' names, of a classification
    optimum: float | None = None  #: the lowest value of the training loss, where it is known
    goal_loss: float | None = None  #: the validation loss that ends a race, unless the race says otherwise
    default_batch: int | None = None  #: examples per step of a mini-batch method that is given no number
    default_epochs: float | None = None  #: passes over the training set of a race that is given no budget
    source: Source | None = None  #: how it is built again; None for a problem made by hand
    pool: Batch = None  #: all rows outside the test part, where each seed draws its own from them
    split: Split | None = None  #: … and how it draws them
    coding: Coding | None = None  #: what new rows are to the model, and what it says of them; None for a problem made by hand

    def __post_init__(self) -> None:
        if not callable(self.loss) or not callable(self.start):
            raise InputTypeError("Problem: loss(params, batch) and start(key) must be callable")
        if self.scatter is not None and not callable(self.scatter):
            raise InputTypeError(f"Problem: scatter(key) must be callable, or None, got {self.scatter!r}")
        for name, interval in TYPED_NUMBERS.items():
            value = getattr(self, name)
            if value is not None:
                checks.number("Problem", name, value, interval)
        if self.default_batch is not None:
            checks.whole("Problem", "default_batch", self.default_batch)
        if self.pool is not None or self.split is not None:
            self._draw()
        shapes = {}
        for part in ("train", "validation", "test"):
            batch = getattr(self, part)
            if batch is None:
                continue
            sizes = {np.shape(leaf)[0] if np.ndim(leaf) else 0 for leaf in jax.tree.leaves(batch)}
            if len(sizes) != 1:
                raise InputError(f"Problem: the arrays of {part} must have one common first axis of examples, got lengths {sorted(sizes)}")
            if sizes == {0}:
                raise InputError(f"Problem: {part} has no examples; pass None if there is none")
            shapes[part] = jax.tree.map(lambda leaf: np.shape(leaf)[1:], batch), jax.tree.structure(batch)
        if any(shape != shapes["train"] for shape in shapes.values() if "train" in shapes):
            raise InputError(f"Problem: train, validation and test must hold the same arrays, got {shapes}")

    def _draw(self) -> None:
        """Training and validation rows are those of seed 0; others can't be given."""
        if self.pool is None or self.split is None:
            raise InputError("Problem: pool and split belong together; give both, or neither")
        drawn = dict(zip(("train", "validation"), map(self._taken, self.split.rows(0)), strict=True))
        if self.train is None and self.validation is None:
            for name, part in drawn.items():
                object.__setattr__(self, name, part)
        for name, part in drawn.items():
            if not _same(getattr(self, name), part):
                raise InputError(
                    f"Problem: {name} is drawn from the pool for each seed; to give one of your own, give pool=None and split=None, too"
                )

    def _taken(self, rows: np.ndarray) -> Batch:
        return jax.tree.map(lambda leaf: np.asarray(leaf)[rows], self.pool)

    def divided(self, seed: int) -> Problem:
        """The problem with the training and validation rows of a seed, and no pool any more; itself where there is none."""
        if self.split is None:
            return self
        train, validation = map(self._taken, self.split.rows(seed))
        return replace(self, pool=None, split=None, train=train, validation=validation)

    @property
    def examples(self) -> int:
        """How many training examples there are; 1 for a function without data, whose every step sees all of it."""
        return count(self.train)

    def parameters(self) -> int:
        """How many numbers are learned."""
        shapes = jax.eval_shape(self.start, jax.random.key(0))
        return sum(int(np.prod(leaf.shape)) for leaf in jax.tree.leaves(shapes))

    def begins_at_one_place(self) -> bool:
        """Whether the start is the same for every key."""
        one, other = (jax.tree.leaves(self.start(jax.random.key(seed))) for seed in (0, 1))
        return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))

    def fingerprint(self) -> str:
        """A hash of the name, what is known and the data: the same problem gets the same one on any machine, with any version of JAX.

        Where it came from and what it is to new rows are no part of it, and neither are functions of one's own, which
        `talweg.racing.own_code` hashes.
        """
        digest = hashlib.sha256(repr((self.name, sorted((k, repr(v)) for k, v in self.described().items()))).encode())
        parts = [self.train, self.validation, self.test]
        if self.split is not None:
            digest.update(repr(sorted(self.split.described().items())).encode())
            parts = [self.pool, self.split.rows(0), self.test]  # the rows, too: another version of a splitter may draw others
        for part in parts:
            for leaf in map(np.ascontiguousarray, jax.tree.leaves(part)):
                digest.update(f"{leaf.dtype} {leaf.shape}".encode())
                digest.update(leaf.data)
        return digest.hexdigest()[:16]

    def described(self) -> dict[str, Any]:
        """All that is known of the problem beside its data and functions, as JSON."""
        known = {name: getattr(self, name) for name in ("task", "model", "classes", *TYPED_NUMBERS)}
        known["classes"] = list(self.classes) if self.classes else None
        return {name: value for name, value in known.items() if value is not None} | dict(self.facts)

    def __repr__(self) -> str:
        split = " / ".join(str(count(b)) for b in (self.train, self.validation, self.test) if b is not None)
        data = f", {split} examples" if split else ""
        model = f", {self.model}" if self.model else ""
        return f"Problem({self.name!r}{model}, {self.parameters():,} parameters{data})"


def _same(one: Batch, other: Batch) -> bool:
    """Whether two batches hold the same arrays."""
    ones, others = jax.tree.leaves(one), jax.tree.leaves(other)
    pairs = zip(ones, others, strict=False)
    return len(ones) == len(others) and all(
        a is b or np.array_equal(np.asarray(a), b, equal_nan=np.asarray(b).dtype.kind == "f") for a, b in pairs
    )


def count(batch: Batch) -> int:
    """How many examples a batch holds."""
    leaves = jax.tree.leaves(batch)
    return int(np.shape(leaves[0])[0]) if leaves else 1
