"""A method of one's own, raced against Adam.

A method says what it keeps for an array of parameters (`slots`) and how it moves the array (`rule`). That is the formula, once.
The race does the rest: it tunes it as it tunes the others, with the same points of the search, the same starts, the same order of
examples and the same seeds, and says whether the difference is larger than luck.
"""

from typing import Any, ClassVar

import jax.numpy as jnp

import talweg as tw
from talweg.methods import Elementwise, Range

tw.use_all_cores()


class Softsign(Elementwise):
    """Momentum, whose every coordinate is squeezed into (−1, 1) before the step.

        m ← β₁ m + (1 − β₁) g
        w ← w − η m / (|m| + c)

    Between signSGD (c = 0) and plain momentum (a large c, and η as much larger).
    """

    name: ClassVar[str] = "softsign"
    label: ClassVar[str] = "softsign momentum"
    #: Where its numbers are searched, log-uniformly: the learning rate always, the others when there are enough settings.
    space: ClassVar = {
        "learning_rate": Range(1e-4, 1),
        "b1": Range(2e-2, 0.5, tier=2, complement=True),  # one minus β₁ is searched
        "c": Range(1e-5, 1, tier=2),
    }

    learning_rate: Any = 1e-2  # the defaults, which are raced untuned, too
    b1: Any = 0.9
    c: Any = 1e-2

    def slots(self, w):
        return (jnp.zeros_like(w),)

    def rule(self, g, w, slots, t):
        (m,) = slots
        m = self.b1 * m + (1 - self.b1) * g
        return -self.learning_rate * m / (jnp.abs(m) + self.c), (m,)


problem = tw.problems.load("digits")

# First alone, to see that it goes downhill.
print(tw.descend(problem, Softsign(), epochs=5))

race = tw.race(problem, [Softsign, "adam", "momentum"], settings=32, epochs=60)
print("\nThe verdict:", race.verdict)
for row in race.summary["contestants"]:
    if row["default"] is None:
        continue  # plain Adam, of which nothing is tuned
    loss, gain, steps = row["validation_loss"], row["default"]["gain"], row["to_target"]["steps"]["value"]
    print(f"{row['label']:28} {loss['mean']:.4f} ({loss['low']:.4f} … {loss['high']:.4f}); tuning gains {gain['mean']:.4f}", end="; ")
    print("does not reach the target" if steps is None else f"{steps:,.0f} steps to the target")
