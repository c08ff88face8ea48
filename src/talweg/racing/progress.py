"""How far a race is, told to its listener."""

from __future__ import annotations

import math

import numpy as np

from talweg.engine.block import Block
from talweg.engine.program import Traces
from talweg.racing.budget import Budget
from talweg.racing.events import Going, Listener


class Progress:
    """Adds up how far the blocks are, of which several may be under way at once."""

    def __init__(self, budget: Budget, listener: Listener):
        plan, self.listener = budget.plan, listener
        self.budget = budget
        self.lanes = {c.name: sum(lanes for lanes, _ in plan.expected(c)) for c in plan.contestants}
        self.total = budget.total()
        self.best = dict.fromkeys(self.lanes, math.inf)
        self._blocks: dict[tuple[str, str, int], tuple[Block, float, int]] = {}  # the share done, and lanes that have diverged

    def under_way(self, block: Block, done: float, losses: np.ndarray) -> None:
        """A share of a block is `done`, and its lanes have these losses: NaN where they have diverged."""
        name = block.contestant
        self._blocks[block.key] = block, done, int(np.isnan(losses).sum())
        self.best[name] = min(self.best[name], *losses[np.isfinite(losses)].tolist(), math.inf)
        seconds = sum(share * self._seconds(other) for other, share, _ in self._blocks.values())
        own = [(len(other.entries), share, lost) for other, share, lost in self._blocks.values() if other.contestant == name]
        self.listener(
            Going(
                name,
                block.rung,
                done=min(1.0, seconds / max(self.total, 1e-9)),
                contestant_done=min(1.0, sum(lanes * share for lanes, share, _ in own) / self.lanes[name]),
                best=self.best[name],
                diverged=sum(lost for _, _, lost in own),
                lanes=sum(lanes for lanes, _, _ in own),
            )
        )

    def _seconds(self, block: Block) -> float:
        full = self.budget.of_block(block.contestant, block.steps)
        return full * len(block.entries) / self.budget.plan.lanes()

    def ended(self, block: Block, traces: Traces) -> None:
        """A block is done."""
        self._blocks[block.key] = block, 1.0, int((traces.diverged_at >= 0).sum())
