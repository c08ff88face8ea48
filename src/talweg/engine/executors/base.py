"""The contract of an executor: where the blocks of a race are run.

Who calls it: the driver of a race (`talweg.racing.runner`), from one thread, alone. It calls `start` once, `compile` and `pace` for
those who have something left to run, and then submits blocks and takes what comes out of `finished`, as often as it likes. While it
goes through `finished` it submits what the finished blocks lead to.

What is promised:
- Every block that is submitted comes out of `finished` once, in any order; `finished` ends when no submitted block is left.
- What a lane computes depends on its entry and its number of steps alone: not on its block, its neighbours, the order of blocks,
  or how many devices and machines there are.
- A lane that diverges is a result. An exception is none: it goes through `finished` to the driver, and ends the race.
- `progress` is called in the driver's thread, from inside of `finished` at most; what it raises ends the race, too.

What a crash keeps: all that the driver has been handed. An executor writes nothing down and never sees the store; the driver commits
each block as it comes, and after a stop submits only those that are missing. So a block that was under way is lost, and may be.

An executor knows no contestants, only `Entrant`s, which say what method a lane has and what program it needs. To add one, write a
class with these methods: `tw.race(…, executor=MyExecutor)` runs on it. In a file of its name beside this one, `mine.py` for `Mine`,
it is found by that name, too, and is under the test of this contract.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from jaxtyping import Float
from numpy import ndarray

from talweg.engine.block import Block
from talweg.engine.clock import Pace
from talweg.engine.entrant import Entrant
from talweg.engine.program import Placement, Traces
from talweg.methods import Method
from talweg.problems.base import Params, Problem

#: (where the lanes ran, their stacked parameters at the end, the methods that took them there, their seeds) -> a value of plain data
#: for each lane
Observer = Callable[[Placement, Params, Sequence[Method], Sequence[int]], Sequence[Any]]
#: (block, share of it that is done, the last validation loss of each lane): how a block goes on
Progress = Callable[[Block, float, Float[ndarray, " lanes"]], None]


@dataclass(frozen=True, eq=False)
class Finished:
    """What came of a block."""

    block: Block
    traces: Traces  #: without parameters
    observed: Mapping[str, Sequence[Any]] = field(default_factory=dict)  #: by the names of `block.observe`, for each lane of `block.keep`
    best: int | None = None  #: the lane of `block.keep` with the lowest last validation loss, the first of several; None if none is kept
    weights: Params = None  #: its parameters


class Executor(Protocol):
    """Runs blocks; this file's docstring has what it promises."""

    @property
    def compile_seconds(self) -> float:
        """Seconds that compiling has taken so far."""

    def start(self, problem: Problem, entrants: Sequence[Entrant], *, lanes: int, seeds: Sequence[int], progress: Progress) -> None:
        """Get ready for blocks of these entrants on a problem, without compiling their programs.

        Args:
            lanes: the most that a block has.
            seeds: all those of the lanes to come, so that their starting parameters can be made at once; pacing uses the first.
            progress: is told how blocks go on.
        """

    def compile(self, entrants: Sequence[str]) -> Iterator[float]:
        """Compile the entrants' programs, side by side where that is faster: the seconds that each took, in the order of the entrants."""

    def pace(self, entrant: str) -> Pace:
        """How fast an entrant's blocks run here, measured, when its program is compiled."""

    def submit(self, block: Block) -> None:
        """Take a block to be run; returns at once."""

    def finished(self) -> Iterator[Finished]:
        """The blocks as they end, until none is left."""


#: The executor with observers, by the names that a block's `observe` has.
ExecutorFactory = Callable[[Mapping[str, Observer]], Executor]
