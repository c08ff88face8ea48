"""Slow plain loops of the formulas that other libraries compute under the same names, written from the papers and not from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Gradient = Callable[[np.ndarray, int], np.ndarray]
Path = Iterator[np.ndarray]


def dampened(gradient: Gradient, w: np.ndarray, rates: np.ndarray, momentum: float, dampening: float) -> Path:
    b = None
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        b = g if b is None else momentum * b + (1 - dampening) * g
        w = w - rate * b
        yield w


def adagrad_inside(gradient: Gradient, w: np.ndarray, rates: np.ndarray, eps: float, start: float) -> Path:
    squares = np.full(w.shape, start)
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        squares = squares + g**2
        w = w - rate * g / np.sqrt(squares + eps)
        yield w


def rmsprop(
    gradient: Gradient,
    w: np.ndarray,
    rates: np.ndarray,
    decay: float,
    eps: float,
    start: float = 0.0,
    momentum: float = 0.0,
    inside: bool = False,
    centered: bool = False,
) -> Path:
    square, mean, b = np.full(w.shape, start), 0 * w, 0 * w
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        square = decay * square + (1 - decay) * g**2
        mean = decay * mean + (1 - decay) * g
        spread = square - mean**2 if centered else square
        b = momentum * b + g / (np.sqrt(spread + eps) if inside else np.sqrt(spread) + eps)
        w = w - rate * b
        yield w


def rmsprop_inside(gradient: Gradient, w: np.ndarray, rates: np.ndarray, decay: float, eps: float, start: float) -> Path:
    return rmsprop(gradient, w, rates, decay, eps, start, inside=True)


def rmsprop_centered(gradient: Gradient, w: np.ndarray, rates: np.ndarray, decay: float, eps: float, momentum: float = 0.0) -> Path:
    return rmsprop(gradient, w, rates, decay, eps, momentum=momentum, centered=True)


def rmsprop_centered_inside(gradient: Gradient, w: np.ndarray, rates: np.ndarray, decay: float, eps: float, start: float) -> Path:
    return rmsprop(gradient, w, rates, decay, eps, start, inside=True, centered=True)


def rmsprop_momentum(gradient: Gradient, w: np.ndarray, rates: np.ndarray, decay: float, eps: float, momentum: float) -> Path:
    return rmsprop(gradient, w, rates, decay, eps, momentum=momentum)


def adam_hat(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float, largest: bool = False) -> Path:
    m, v, u = 0 * w, 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        u = np.maximum(u, v) if largest else v
        w = w - rate * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(u) + eps)
        yield w


def amsgrad_hat(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    return adam_hat(gradient, w, rates, b1, b2, eps, largest=True)


def amsgrad_corrected(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    m, v, u = 0 * w, 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        u = np.maximum(u, v / (1 - b2**t))
        w = w - rate * m / (1 - b1**t) / (np.sqrt(u) + eps)
        yield w


def adamax_outside(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    m, u = 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        u = np.maximum(b2 * u, np.abs(g))
        w = w - rate / (1 - b1**t) * m / (u + eps)
        yield w


def nadam_constant(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    m, v = 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        ahead = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
        w = w - rate * ahead / (np.sqrt(v / (1 - b2**t)) + eps)
        yield w


def radam_corrected(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    m, v = 0 * w, 0 * w
    longest = 2 / (1 - b2) - 1
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        length = longest - 2 * t * b2**t / (1 - b2**t)
        move = m / (1 - b1**t)
        if length > 5:
            r = np.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
            move = r * move / (np.sqrt(v / (1 - b2**t)) + eps)
        w = w - rate * move
        yield w


LOOPS = {
    "momentum-dampened": dampened,
    "adagrad-inside": adagrad_inside,
    "rmsprop-inside": rmsprop_inside,
    "rmsprop-momentum": rmsprop_momentum,
    "rmsprop-centered": rmsprop_centered,
    "rmsprop-centered-inside": rmsprop_centered_inside,
    "rmsprop-centered-momentum": rmsprop_centered,
    "adam-hat": adam_hat,
    "amsgrad-hat": amsgrad_hat,
    "amsgrad-corrected": amsgrad_corrected,
    "adamax-outside": adamax_outside,
    "nadam-constant": nadam_constant,
    "radam-corrected": radam_corrected,
}
