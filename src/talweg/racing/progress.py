"""How far a race is, told to its listener."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from talweg.engine.block import Block
from talweg.engine.program import Traces
from talweg.racing.budget import Budget
from talweg.racing.events import Going, Listener
from talweg.racing.tournament import expected_lanes


@dataclass
class _Share:
    """How far a block is."""

    contestant: str
    lanes: int
    done: float
    diverged: int


class Progress:
    """Adds up how far the blocks are, of which several may be under way at once."""

    def __init__(self, budget: Budget, listener: Listener):
        plan, self.listener = budget.plan, listener
        self.seconds = {c.name: budget.of_block(c) for c in plan.contestants if c.name in budget.paces}
        self.lanes = {c.name: sum(expected_lanes(c, plan).values()) for c in plan.contestants}
        self.total = budget.total()
        self.best = dict.fromkeys(self.lanes, math.inf)
        self._shares: dict[tuple[str, str, int], _Share] = {}

    def under_way(self, block: Block, done: float, losses: np.ndarray) -> None:
        """A share of a block is `done`, and its lanes have these losses: NaN where they have diverged."""
        name = block.contestant
        self._shares[block.key] = _Share(name, len(block.entries), done, int(np.isnan(losses).sum()))
        self.best[name] = min(self.best[name], *losses[np.isfinite(losses)].tolist(), math.inf)
        seconds = sum(share.done * self.seconds[share.contestant] for share in self._shares.values())
        own = [share for share in self._shares.values() if share.contestant == name]
        self.listener(
            Going(
                name,
                block.rung,
                min(1.0, seconds / max(self.total, 1e-9)),
                min(1.0, sum(share.done * share.lanes for share in own) / self.lanes[name]),
                self.best[name],
                sum(share.diverged for share in own),
                sum(share.lanes for share in own),
            )
        )

    def ended(self, block: Block, traces: Traces) -> None:
        """A block is done."""
        diverged = int((traces.diverged_at >= 0).sum())
        self._shares[block.key] = _Share(block.contestant, len(block.entries), 1.0, diverged)
