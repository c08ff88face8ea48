"""Methods that hold a method: clipping, weight decay, noise, averaging and the like, for every method alike.

A wrapper alters the gradients on their way to the method that it holds, or the moves on their way back. The outermost wrapper sees
a gradient first and a move last: `ClipNorm(L2(Adam()))` clips, then adds the decay, as Caffe does.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray, PyTree

from talweg import trees
from talweg.checks import InputError, InputTypeError
from talweg.methods.base import MOMENTUM_RANGE, Method, State
from talweg.methods.space import Range
from talweg.oracle import Gradient, Oracle, TransformedOracle
from talweg.schedules import Number


class Wrapper(Method):
    """A method around another one, `inner`. Its own numbers have names of their own, so that all can stand side by side."""

    inner: Method

    def alter(self, gradient: Gradient, at: PyTree, t: Array, key: PRNGKeyArray) -> PyTree:
        """The gradient that the method inside gets; `gradient` may be asked once, several times, or elsewhere."""
        return gradient(at)

    def init(self, params: PyTree) -> State:
        return self.inner.init(params)

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        own, theirs = jax.random.split(key)
        transformed = TransformedOracle(oracle, lambda gradient, at: self.alter(gradient, at, t, own))
        return self.inner.step(transformed, params, state, t, theirs)

    @property
    def learning_rate(self) -> Number:
        """The learning rate of the method inside."""
        inner: Any = self.inner  # a method need not have one
        return inner.learning_rate

    def hyperparameters(self) -> dict[str, Any]:
        """The hyperparameters by name, those of the method inside first."""
        return {**self.inner.hyperparameters(), **self.own_numbers()}

    def own_numbers(self) -> dict[str, Any]:
        """The hyperparameters of the wrapper alone."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self) if field.name != "inner"}

    def __repr__(self) -> str:
        inside = "".join(f", {name}={value!r}" for name, value in self.own_numbers().items())
        return f"{type(self).__name__}({self.inner!r}{inside})"

    def __check_init__(self) -> None:
        if not isinstance(self.inner, Method):
            raise InputTypeError(f"{type(self).__name__}: inner must be a method such as Adam(1e-3), got {self.inner!r}")
        twice = sorted(self.inner.hyperparameters().keys() & self.own_numbers().keys())
        if twice:
            raise InputError(f"{type(self).__name__}: {self.inner!r} already has {' and '.join(twice)}; use the one or the other")


class ClipValue(Wrapper):
    """Cuts every coordinate of the gradient off at ± c before the method sees it.

        g ← min(max(g, −c), c)

    Mikolov, "Statistical language models based on neural networks", 2012.
    """

    name = "clip-value"
    label = "clipped by value"
    source = "Mikolov 2012"
    helps = "rare huge gradients in a few coordinates"
    space = {"clip_value": Range(1e-3, 10, tier=2)}

    clip_value: Number = 1.0

    def alter(self, gradient: Gradient, at: PyTree, t: Array, key: PRNGKeyArray) -> PyTree:
        return jax.tree.map(lambda g: jnp.clip(g, -self.clip_value, self.clip_value).astype(g.dtype), gradient(at))


class ClipNorm(Wrapper):
    """Shortens the gradient to length c when it is longer, all arrays together.

        g ← g · min(1, c / ‖g‖)

    Pascanu, Mikolov & Bengio, "On the difficulty of training recurrent neural networks", 2013.
    """

    name = "clip-norm"
    label = "clipped by norm"
    source = "Pascanu et al. 2013"
    helps = "cliffs in the loss: one huge gradient can't throw the run far away"
    space = {"clip_norm": Range(1e-2, 100, tier=2)}

    clip_norm: Number = 1.0

    def alter(self, gradient: Gradient, at: PyTree, t: Array, key: PRNGKeyArray) -> PyTree:
        g = gradient(at)
        length = trees.norm(g)
        return trees.scale(jnp.where(length > self.clip_norm, self.clip_norm / jnp.where(length > 0, length, 1.0), 1.0), g)


class L2(Wrapper):
    """Adds the gradient of ½ λ ‖w‖² to the gradient: coupled weight decay, the ridge penalty.

        g ← g + λ w

    Tikhonov 1943; Hanson & Pratt, "Comparing biases for minimal network construction with back-propagation", 1988.
    Differs: adaptive methods divide it like the rest of the gradient, which WeightDecay does not.
    """

    name = "l2"
    label = "with L2 penalty"
    source = "Hanson & Pratt 1988"
    helps = "few examples for many parameters, with gradient descent and momentum"
    space = {"l2": Range(1e-6, 1e-1, tier=2)}

    l2: Number = 1e-4

    def alter(self, gradient: Gradient, at: PyTree, t: Array, key: PRNGKeyArray) -> PyTree:
        return jax.tree.map(lambda g, w: g + (self.l2 * w).astype(g.dtype), gradient(at), at)


class WeightDecay(Wrapper):
    """Shrinks the weights beside the step: decoupled weight decay.

        w ← w + Δ − η λ w, with the method's own move Δ

    Loshchilov & Hutter, "Decoupled weight decay regularization", 2019.
    Differs: the decay is multiplied by the learning rate, as in PyTorch, optax and Keras.
    """

    name = "weight-decay"
    label = "with weight decay"
    source = "Loshchilov & Hutter 2019"
    helps = "few examples for many parameters, with adaptive methods"
    space = {"weight_decay": Range(1e-4, 1, tier=2)}

    weight_decay: Number = 1e-2

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        move, state = super().step(oracle, params, state, t, key)
        share = self.learning_rate * self.weight_decay
        return jax.tree.map(lambda m, w: m - (share * w).astype(m.dtype), move, params), state


class Noisy(Wrapper):
    """Adds Gaussian noise to every gradient, less and less of it.

        g ← g + N(0, s / (1 + t)^γ), t = 0, 1, …

    Neelakantan et al., "Adding gradient noise improves learning for very deep networks", 2015.
    """

    name = "noisy"
    label = "with gradient noise"
    source = "Neelakantan et al. 2015"
    helps = "plateaus, saddles and shallow local minima, most of all with large batches"
    space = {"noise": Range(1e-6, 1, tier=2)}

    noise: Number = 0.01
    noise_decay: Number = 0.55

    def alter(self, gradient: Gradient, at: PyTree, t: Array, key: PRNGKeyArray) -> PyTree:
        return _with_noise(gradient(at), jnp.sqrt(self.noise / (1.0 + t) ** self.noise_decay), key)


class WeightNoise(Wrapper):
    """Adds Gaussian noise to the weights beside every step, less and less of it: annealed Langevin dynamics.

        w ← w + Δ + N(0, 2 η s / (1 + t)^γ), t = 0, 1, …, with the method's own move Δ

    Gelfand & Mitter, "Recursive stochastic algorithms for global optimization in R^d", 1991; with gradients of batches Welling & Teh,
    "Bayesian learning via stochastic gradient Langevin dynamics", 2011. s is the temperature at the start, in units of the loss: at a
    temperature that stays, gradient descent climbs barriers of about that height.
    Differs: the temperature falls as a power of the step, and around any method; Gelfand & Mitter let it fall as 1 / log log t.
    """

    name = "weight-noise"
    label = "with weight noise"
    source = "Gelfand & Mitter 1991; Welling & Teh 2011"
    helps = "shallow local minima and saddles: the weights are shaken, whatever the method makes of its gradients"
    space = {"weight_noise": Range(1e-8, 1e-2, tier=2)}

    weight_noise: Number = 1e-5
    weight_noise_decay: Number = 0.55

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        own, theirs = jax.random.split(key)
        move, state = self.inner.step(oracle, params, state, t, theirs)
        temperature = self.weight_noise / (1.0 + t) ** self.weight_noise_decay
        return _with_noise(move, jnp.sqrt(2.0 * self.learning_rate * temperature), own), state


class SAM(Wrapper):
    """Takes the gradient at the worst point nearby, a little uphill, so that descent prefers flat valleys. It asks for two gradients.

        g = ∇f(w + ρ ∇f(w) / ‖∇f(w)‖)

    Foret, Kleiner, Mobahi & Neyshabur, "Sharpness-aware minimization for efficiently improving generalization", 2021.
    """

    name = "sam"
    label = "with SAM"
    source = "Foret et al. 2021"
    helps = "large networks that overfit; each step costs two gradients, and is charged for two"
    space = {"radius": Range(5e-3, 0.5, tier=2)}

    radius: Number = 0.05

    def alter(self, gradient: Gradient, at: PyTree, t: Array, key: PRNGKeyArray) -> PyTree:
        g = gradient(at)
        length = trees.norm(g)
        uphill = trees.scale(jnp.where(length > 0, self.radius / jnp.where(length > 0, length, 1.0), 0.0), g)
        return gradient(trees.add(at, uphill))


class EMA(Wrapper):
    """Walks with the method inside, and stands at the moving average of where that has been.

        w ← β w + (1 − β) x, after the method has moved x

    Polyak & Juditsky, "Acceleration of stochastic approximation by averaging", 1992; with a fading memory Tarvainen & Valpola, 2017.
    Differs: begins at the start instead of at zero, so there is nothing to correct.
    """

    name = "ema"
    label = "averaged (EMA)"
    source = "Polyak & Juditsky 1992; Tarvainen & Valpola 2017"
    helps = "noisy steps at the end of a run: the average lies deeper than where the run jumps about"
    memory = "n"
    space = {"ema_decay": Range(1e-3, 0.3, tier=2, complement=True)}

    ema_decay: Number = 0.99

    def init(self, params: PyTree) -> State:
        return params, self.inner.init(params)

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        x, inside = state
        move, inside = super().step(oracle, x, inside, t, key)
        x = trees.add(x, move)
        return jax.tree.map(lambda a, w: (1.0 - self.ema_decay) * (a - w), x, params), (x, inside)


class Lookahead(Wrapper):
    """Lets the method run a few steps ahead, then goes a part of that way and begins again from there.

        every k steps: s ← s + α (w − s), w ← s

    Zhang, Lucas, Hinton & Ba, "Lookahead optimizer: k steps forward, 1 step back", 2019.
    Differs: the method keeps its state when it is set back, as in the paper's experiments and in optax.
    """

    name = "lookahead"
    label = "with look-ahead"
    source = "Zhang et al. 2019"
    helps = "a learning rate that is a little too large, or noisy steps"
    memory = "n"
    space = {"slow_step_size": Range(0.1, 1.0, tier=3)}

    sync_period: Number = 6.0
    slow_step_size: Number = 0.5

    def init(self, params: PyTree) -> State:
        return params, self.inner.init(params)

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        slow, inside = state
        move, inside = super().step(oracle, params, inside, t, key)
        now = jnp.mod(t + 1.0, self.sync_period) < 1.0
        target = jax.tree.map(lambda s, w, m: s + self.slow_step_size * (w + m - s), slow, params, move)
        slow = trees.select(now, target, slow)
        return trees.select(now, jax.tree.map(lambda s, w: s - w, slow, params), move), (slow, inside)


class Accumulate(Wrapper):
    """Moves every k steps only, with the mean of the gradients since it last moved: a batch k times as large.

        g ← (g₁ + … + gₖ) / k

    Ott et al., "Scaling neural machine translation", 2018.
    Differs: schedules count every step, also those without a move.
    """

    name = "accumulate"
    label = "with accumulation"
    source = "Ott et al. 2018"
    helps = "large batches on a machine that has no room for them"
    memory = "n"

    every: Number = 4.0

    def init(self, params: PyTree) -> State:
        return jax.tree.map(jnp.zeros_like, params), self.inner.init(params)

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        total, inside = state
        totals: list[PyTree] = []

        def mean(gradient: Gradient, at: PyTree) -> PyTree:
            if totals:
                raise InputError(f"Accumulate: {self.inner!r} asks for two gradients a step; put what asks twice outside of Accumulate")
            totals.append(trees.add(total, gradient(at)))
            return trees.scale(1.0 / self.every, totals[0])

        moved = jnp.floor(1.0 * t / self.every)  # how often, before this step
        due = jnp.floor((t + 1.0) / self.every) > moved
        move, after = self.inner.step(TransformedOracle(oracle, mean), params, inside, moved, key)
        (now,) = totals
        return trees.scale(1.0 * due, move), (trees.scale(1.0 - due, now), trees.select(due, after, inside))


class Velocity(Wrapper):
    """Gives the method's moves a velocity: momentum with the learning rate inside of it.

        v ← μ v + Δ, with the method's own move Δ
        w ← w + v

    Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors", 1986; in this form in Keras, Caffe, Lasagne
    (`apply_momentum`) and scikit-learn. Around gradient descent it is Momentum while the learning rate is constant: when the rate
    falls, the velocity here still has the size of the old one.
    """

    name = "velocity"
    label = "with a velocity"
    source = "Rumelhart et al. 1986"
    helps = "long narrow valleys; the same numbers as in Keras, Caffe and Lasagne"
    memory = "n"
    space = {"momentum": MOMENTUM_RANGE}

    momentum: Number = 0.9

    def init(self, params: PyTree) -> State:
        return jax.tree.map(jnp.zeros_like, params), self.inner.init(params)

    def step(self, oracle: Oracle, params: PyTree, state: State, t: Array, key: PRNGKeyArray) -> tuple[PyTree, State]:
        v, inside = state
        move, inside = super().step(oracle, params, inside, t, key)
        v = trees.add(trees.scale(self.momentum, v), move)
        return self.carried(v, move), (v, inside)

    def carried(self, v: PyTree, move: PyTree) -> PyTree:
        """The move that a velocity makes."""
        return v


class NesterovVelocity(Velocity):
    """Gives the method's moves a velocity and looks one step of it ahead: Nesterov's momentum with the learning rate inside.

        v ← μ v + Δ, with the method's own move Δ
        w ← w + μ v + Δ

    Sutskever et al., "On the importance of initialization and momentum in deep learning", 2013; in this form in Keras, Caffe, Lasagne
    (`apply_nesterov_momentum`) and scikit-learn.
    """

    name = "nesterov-velocity"
    label = "with a Nesterov velocity"
    source = "Sutskever et al. 2013"

    def carried(self, v: PyTree, move: PyTree) -> PyTree:
        return trees.add(trees.scale(self.momentum, v), move)


def _with_noise(tree: PyTree, deviation: Array, key: PRNGKeyArray) -> PyTree:
    """The tree with Gaussian noise on every number."""
    structure: Any  # jaxlib's stubs don't say what a tree's structure can do
    leaves, structure = jax.tree.flatten(tree)
    keys = jax.random.split(key, len(leaves))
    noisy = [x + (deviation * jax.random.normal(k, x.shape, x.dtype)).astype(x.dtype) for k, x in zip(keys, leaves, strict=True)]
    return structure.unflatten(noisy)
