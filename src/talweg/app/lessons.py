"""Lessons: where the controls stand at first, what to look at, and a question that a slider answers.

What counts as an answer is computed from the descents, so a learner may find another one than the author did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from talweg.app.state import SurfaceState
from talweg.figures.surface.outcomes import Outcome

Outcomes = Mapping[str, Outcome]


@dataclass(frozen=True)
class Lesson:
    """One scene of the page Learn."""

    title: str
    text: tuple[str, ...]  #: what to look at, a paragraph each
    question: str
    answer: str  #: said once the question is answered
    scene: Mapping[str, str]  #: the words of its address at the beginning
    solution: Mapping[str, str]  #: words that answer the question; one way of several
    answered: Callable[[SurfaceState, Outcomes], bool]
    sliders: frozenset[str]  #: what can be moved

    def state(self) -> SurfaceState:
        """Where the controls stand at first."""
        return SurfaceState.read(self.scene)[0]


def _steps(outcomes: Outcomes, name: str) -> float:
    """After how many steps a method reached the lowest point and stayed; infinite if it did not."""
    one = outcomes.get(name)
    return one.step if one is not None and one.kind == "reached" and one.stays else math.inf


def _sooner(state: SurfaceState, outcomes: Outcomes) -> bool:
    return _steps(outcomes, "momentum") < 0.4 * _steps(outcomes, "sgd") < math.inf


def _smooth(state: SurfaceState, outcomes: Outcomes) -> bool:
    one = outcomes.get("momentum")
    return _steps(outcomes, "momentum") <= 45 and one is not None and dict(one.trajectory.hyperparameters).get("momentum", 0) > 0


def late(one: Outcome) -> float:
    """The mean loss over the last fifth of a descent; infinite if it diverged."""
    losses = one.trajectory.loss[-max(1, len(one.trajectory.loss) // 5) :]
    return float(losses.mean()) if np.isfinite(losses).all() else math.inf


def _calm(state: SurfaceState, outcomes: Outcomes) -> bool:
    one = outcomes.get("sgd@1")
    return one is not None and state.noise >= 5 and state.steps <= 300 and late(one) < 0.5


def _escaped(state: SurfaceState, outcomes: Outcomes) -> bool:
    one = outcomes.get("sgd")
    return one is not None and math.isfinite(one.final_loss) and one.final_loss < 0.01


VALLEY = "-4,1.5"

LESSONS: tuple[Lesson, ...] = (
    Lesson(
        "Too small, too large",
        (
            "Gradient descent takes steps against the gradient; the learning rate says how long they are. This one is far too short: "
            "after 200 steps the grey line has hardly left the start.",
            "Drag the learning rate up and watch the line: first it goes further, then it begins to jump from wall to wall of the "
            "valley, and beyond a certain point every jump lands higher than the one before. It diverges.",
        ),
        "Which learning rate reaches the lowest point in 30 steps or fewer?",
        "The best rate lies just below the edge: here 2 divided by the largest curvature, 10, is 0.2, and at 0.2 the jumps no longer "
        "shrink. Slightly too small costs a little time; slightly too large costs everything.",
        {"surface": "valley:condition=10", "start": VALLEY, "methods": "sgd:learning_rate=0.001"},
        {"methods": "sgd:learning_rate=0.15"},
        lambda state, outcomes: _steps(outcomes, "sgd") <= 30,
        frozenset({"learning_rate"}),
    ),
    Lesson(
        "The narrow valley, and momentum",
        (
            "This valley is a hundred times steeper across than along. Gradient descent must take steps that are short enough for the "
            "steep walls, and then crawls along the floor: it needs about as many steps as the valley is narrow.",
            "Momentum adds up its steps like a rolling ball. Across, they cancel each other; along, they add up. The pink line has the "
            "same learning rate, but no momentum yet, so it covers the grey one.",
        ),
        "Give the pink line momentum. Can it arrive in less than 40 % of the steps that gradient descent needs?",
        "With the right momentum the steps needed grow with the square root of the narrowness only. Too much of it, and the ball rolls "
        "past the end of the valley and has to come back.",
        {
            "surface": "valley:condition=100",
            "start": VALLEY,
            "steps": "400",
            "methods": "sgd:learning_rate=0.018,momentum:learning_rate=0.018:momentum=0",
        },
        {"methods": "sgd:learning_rate=0.018,momentum:learning_rate=0.018:momentum=0.8"},
        _sooner,
        frozenset({"momentum"}),
    ),
    Lesson(
        "Nesterov looks ahead",
        (
            "Both lines have the same learning rate and the same momentum, 0.95. The pink ball swings past the lowest point, climbs the "
            "other side, and swings back, again and again: see the waves of its loss.",
            "Nesterov momentum takes the gradient where it is about to be, not where it is. So it feels the gradient of the other side "
            "one step sooner, and brakes: the green line arrives in a quarter of the steps.",
        ),
        "Plain momentum is calmer when there is less of it: with which momentum does the pink line arrive in 45 steps or fewer?",
        "Less momentum swings less, but it also rolls less far. Nesterov's look-ahead forgives a momentum that is too large.",
        {
            "surface": "valley:condition=30",
            "start": VALLEY,
            "steps": "300",
            "methods": "momentum:learning_rate=0.02:momentum=0.95,nesterov:learning_rate=0.02:momentum=0.95",
        },
        {"methods": "momentum:learning_rate=0.02:momentum=0.8,nesterov:learning_rate=0.02:momentum=0.95"},
        _smooth,
        frozenset({"momentum"}),
    ),
    Lesson(
        "Adagrad stalls, RMSprop does not",
        (
            "Adagrad divides each step by the root of all squared gradients so far. That sum only grows, so its steps only shrink: look "
            "at its effective learning rate, the brown line in the lower chart. It stands still long before the lowest point.",
            "RMSprop lets old gradients fade. Its effective learning rate recovers, and with the same learning rate it arrives.",
        ),
        "Adagrad can be saved by a rate that would ruin others. Which one takes it to the lowest point within 400 steps?",
        "Adagrad wants a large learning rate, since it will spend most of it. On data with rare features the same shrinking helps: a "
        "feature that is seldom seen keeps its long steps.",
        {
            "surface": "matyas",
            "start": "8,-6",
            "steps": "400",
            "methods": "adagrad:learning_rate=0.05,rmsprop:learning_rate=0.05",
        },
        {"methods": "adagrad:learning_rate=4,rmsprop:learning_rate=0.05"},
        lambda state, outcomes: math.isfinite(_steps(outcomes, "adagrad")),
        frozenset({"learning_rate"}),
    ),
    Lesson(
        "All examples, one, or some",
        (
            "With data, the gradient is a mean over examples. Batch gradient descent uses all of them, and its line is smooth. "
            "Stochastic gradient descent uses one at a time: each step costs a 256th, but points somewhere else. A mini-batch of 16 lies "
            "between.",
            "None of the noisy lines converges: they dance around the lowest point, in a ball whose size grows with the learning rate "
            "and shrinks with the batch. All three have the same learning rate.",
        ),
        "Which learning rate serves stochastic gradient descent (one example) best? Bring its mean loss over the last fifth of the steps "
        "below 0.5; here it is 1.6.",
        "Small steps average the noise away, but take longer to arrive. That is why learning rates are lowered during training, and why "
        "a larger batch bears a larger rate.",
        {
            "surface": "valley:condition=5",
            "start": VALLEY,
            "steps": "300",
            "noise": "5",
            "methods": "sgd@1:learning_rate=0.1,sgd@16:learning_rate=0.1,sgd@full:learning_rate=0.1",
        },
        {"methods": "sgd@1:learning_rate=0.01,sgd@16:learning_rate=0.1,sgd@full:learning_rate=0.1"},
        _calm,
        frozenset({"learning_rate"}),
    ),
    Lesson(
        "The saddle",
        (
            "At (0, 0) the gradient is zero, but it is no minimum: to the left and right it goes up, forwards and backwards it goes "
            "down. It is a saddle, and the start lies exactly on the ridge that leads to it.",
            "There the gradient has no part that points away from the ridge, so every method walks to the saddle and stays. Networks "
            "have far more saddles than bad minima.",
        ),
        "How can gradient descent leave? Move the noise that is added to its gradient, or drag the start, until it ends less than 0.01 "
        "above a minimum (the circles).",
        "The slightest push is enough, since a saddle pushes on by itself: that is why the noise of mini-batches helps. How long it "
        "takes depends on how small the push was.",
        {"surface": "x**2 + (y**2 - 1)**2", "start": "1.5,0", "methods": "sgd:learning_rate=0.05,momentum:learning_rate=0.05"},
        {"shake": "0.01"},
        _escaped,
        frozenset({"shake", "learning_rate"}),
    ),
    Lesson(
        "Local minima, and the remedies",
        (
            "Four minima, and only one of them is the lowest (the star). From this start both lines roll into the nearest one and stay: "
            "there nothing says that it gets better elsewhere.",
            "The remedies: a larger learning rate jumps over a rim, momentum rolls over it, noise shakes a descent out, and another "
            "start may lie on the right side. Each costs something; none is sure.",
        ),
        "Bring one of the two to the lowest point: by its learning rate, its momentum, noise, or another start.",
        "Whether a remedy helps depends on the landscape, and on luck: move the start a little and look again. That is why talweg "
        "repeats every comparison over many seeds.",
        {
            "surface": "styblinski-tang",
            "start": "4.5,4",
            "methods": "sgd:learning_rate=0.005,momentum:learning_rate=0.002",
        },
        {"methods": "sgd:learning_rate=0.005,momentum:learning_rate=0.02"},
        lambda state, outcomes: any(math.isfinite(_steps(outcomes, name)) for name in outcomes),
        frozenset({"learning_rate", "momentum", "shake"}),
    ),
)
