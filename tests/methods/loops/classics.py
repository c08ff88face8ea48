"""Slow plain loops of the article's nine and of Adam's family, written from the papers and not from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Gradient = Callable[[np.ndarray, int], np.ndarray]
Path = Iterator[np.ndarray]


def plain(gradient: Gradient, w: np.ndarray, rates: np.ndarray) -> Path:
    for t, rate in enumerate(rates):
        w = w - rate * gradient(w, t)
        yield w


def heavy_ball(gradient: Gradient, w: np.ndarray, rates: np.ndarray, momentum: float) -> Path:
    b = 0 * w
    for t, rate in enumerate(rates):
        b = momentum * b + gradient(w, t)
        w = w - rate * b
        yield w


def look_ahead(gradient: Gradient, w: np.ndarray, rates: np.ndarray, momentum: float) -> Path:
    b = 0 * w
    for t, rate in enumerate(rates):
        ahead = w - rate * momentum * b
        b = momentum * b + gradient(ahead, t)
        w = w - rate * b
        yield w


def shifted(gradient: Gradient, w: np.ndarray, rates: np.ndarray, momentum: float) -> Path:
    b = 0 * w
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        b = momentum * b + g
        w = w - rate * (g + momentum * b)
        yield w


def adagrad(gradient: Gradient, w: np.ndarray, rates: np.ndarray, eps: float, start: float) -> Path:
    squares = np.full(w.shape, start)
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        squares = squares + g**2
        w = w - rate / (np.sqrt(squares) + eps) * g
        yield w


def adadelta(gradient: Gradient, w: np.ndarray, rates: np.ndarray, rho: float, eps: float) -> Path:
    of_gradients, of_moves = 0 * w, 0 * w
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        of_gradients = rho * of_gradients + (1 - rho) * g**2
        move = -np.sqrt((of_moves + eps) / (of_gradients + eps)) * g
        of_moves = rho * of_moves + (1 - rho) * move**2
        w = w + rate * move
        yield w


def rmsprop(gradient: Gradient, w: np.ndarray, rates: np.ndarray, decay: float, eps: float) -> Path:
    mean_square = 0 * w
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        mean_square = decay * mean_square + (1 - decay) * g**2
        w = w - rate / (np.sqrt(mean_square) + eps) * g
        yield w


def adam(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float, weight_decay: float = 0.0) -> Path:
    m, v = 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        w = (1 - rate * weight_decay) * w - rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
        yield w


def amsgrad(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    m, v, largest = 0 * w, 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        largest = np.where(v > largest, v, largest)
        w = w - rate * (m / (1 - b1**t)) / (np.sqrt(largest / (1 - b2**t)) + eps)
        yield w


def adamax(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    m, u = 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        u = np.where(b2 * u > np.abs(g) + eps, b2 * u, np.abs(g) + eps)
        w = w - rate / (1 - b1**t) * m / u
        yield w


def nadam(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float, momentum_decay: float) -> Path:
    m, v = 0 * w, 0 * w
    mus = b1 * (1 - 0.5 * 0.96 ** (momentum_decay * np.arange(1, len(rates) + 2)))
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        ahead = mus[t] * m / (1 - np.prod(mus[: t + 1])) + (1 - mus[t - 1]) * g / (1 - np.prod(mus[:t]))
        w = w - rate * ahead / (np.sqrt(v / (1 - b2**t)) + eps)
        yield w


def radam(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    m, v = 0 * w, 0 * w
    longest = 2 / (1 - b2) - 1
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        length = longest - 2 * t * b2**t / (1 - b2**t)
        move = m / (1 - b1**t)
        if length > 5:
            rectified = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            move = np.sqrt(rectified) * np.sqrt(1 - b2**t) * move / (np.sqrt(v) + eps)
        w = w - rate * move
        yield w


def lion(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, weight_decay: float) -> Path:
    m = 0 * w
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        w = w - rate * (np.sign(b1 * m + (1 - b1) * g) + weight_decay * w)
        m = b2 * m + (1 - b2) * g
        yield w


LOOPS: dict[str, Callable[..., Path]] = {
    "sgd": plain,
    "momentum": heavy_ball,
    "nesterov": look_ahead,
    "nesterov-shifted": shifted,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "rmsprop": rmsprop,
    "adam": adam,
    "adamw": adam,
    "amsgrad": amsgrad,
    "adamax": adamax,
    "nadam": nadam,
    "radam": radam,
    "lion": lion,
}
