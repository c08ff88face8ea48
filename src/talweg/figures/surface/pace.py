"""Why a descent does not get there, from its moves alone: it jumps from wall to wall, or it crawls.

Nothing is asked of the method: the moves m of plain descent on a valley whose learning rate is near its limit turn round at every step,
those of a method with momentum after half a period. And since m' − m = −η H m for plain descent, the largest relative change from one
move to the next is the learning rate times the curvature that was met on the way: where it stays far below 1, steps could be larger.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

FEWEST = 10  #: moves that say anything
LAGS = 32  #: steps after which a move may have turned round, at most
OPPOSITE = -0.8  #: the median cosine between moves that point the opposite way …
PARALLEL = 0.98  #: … and between those that point the same way
CHANGE = 0.35  #: of a move, by which the next one falls short of it or turns away, in a step that could be larger


def why(positions: Float[np.ndarray, "steps+1 d"], loss: Float[np.ndarray, " steps+1"]) -> str | None:
    """`overshoots` or `too slow`, or None where neither is to be seen; of a descent that did not get there."""
    moves = np.diff(positions, axis=0)
    moves = moves[np.linalg.norm(moves, axis=1) > 0]
    if len(moves) < FEWEST:
        return None
    late = moves[len(moves) // 2 :]
    lags = range(1, min(LAGS, len(late) // 2) + 1)
    if min(float(np.median(cosines(late, lag))) for lag in lags) <= OPPOSITE:
        return "overshoots"
    falling = loss[-1] < loss[len(loss) // 2] < loss[0]
    same_way = float(np.median(cosines(late, 1))) >= PARALLEL
    return "too slow" if falling and same_way and float(changes(moves).max()) < CHANGE else None


def cosines(moves: Float[np.ndarray, "n d"], lag: int) -> Float[np.ndarray, " n-lag"]:
    """The cosine of the angle between every move and the one so many steps later."""
    units = moves / np.linalg.norm(moves, axis=1, keepdims=True)
    return np.asarray((units[:-lag] * units[lag:]).sum(axis=1))


def changes(moves: Float[np.ndarray, "n d"]) -> Float[np.ndarray, " n-1"]:
    """By how much of every move the next one falls short of it or turns away; that it is longer does not count."""
    lengths = np.linalg.norm(moves[:-1], axis=1, keepdims=True)
    units = moves[:-1] / lengths
    along = (moves[1:] * units).sum(axis=1, keepdims=True)
    aside = np.linalg.norm(moves[1:] - along * units, axis=1)
    return np.asarray(np.maximum(lengths - along, aside[:, None])[:, 0] / lengths[:, 0])
