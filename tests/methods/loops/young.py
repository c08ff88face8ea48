"""Slow plain loops of the younger methods, written from the papers and not from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Gradient = Callable[[np.ndarray, int], np.ndarray]
Path = Iterator[np.ndarray]


def adabelief(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float) -> Path:
    m, s = 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g - m) ** 2 + eps
        w = w - rate * (m / (1 - b1**t)) / (np.sqrt(s / (1 - b2**t)) + eps)
        yield w


def yogi(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float, start: float) -> Path:
    m, v = 0 * w, np.full(w.shape, start)
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = v - (1 - b2) * np.sign(v - g**2) * g**2
        w = w - rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
        yield w


def adan(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, b3: float, eps: float, weight_decay: float) -> Path:
    m, v, n, before = 0 * w, 0 * w, 0 * w, None
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        d = 0 * g if before is None else g - before
        before = g
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * d
        n = b3 * n + (1 - b3) * (g + b2 * d) ** 2
        u = (m / (1 - b1**t) + b2 * v / (1 - b2**t)) / (np.sqrt(n / (1 - b3**t)) + eps)
        w = (w - rate * u) / (1 + rate * weight_decay)
        yield w


def signsgd(gradient: Gradient, w: np.ndarray, rates: np.ndarray) -> Path:
    for t, rate in enumerate(rates):
        w = w - rate * np.sign(gradient(w, t))
        yield w


def signum(gradient: Gradient, w: np.ndarray, rates: np.ndarray, momentum: float) -> Path:
    m = 0 * w
    for t, rate in enumerate(rates):
        m = momentum * m + (1 - momentum) * gradient(w, t)
        w = w - rate * np.sign(m)
        yield w


def rprop(
    gradient: Gradient,
    w: np.ndarray,
    rates: np.ndarray,
    shrink: float,
    grow: float,
    smallest_step: float,
    largest_step: float,
) -> Path:
    before, share = 0 * w, np.ones_like(w)
    for t, rate in enumerate(rates):
        g = gradient(w, t)
        for i in range(w.size):
            if g[i] * before[i] > 0:
                share[i] *= grow
            elif g[i] * before[i] < 0:
                share[i] *= shrink
                g[i] = 0
            share[i] = min(max(share[i], smallest_step / rate), largest_step / rate)
        w = w - rate * share * np.sign(g)
        before = g
        yield w


def averaged(gradient: Gradient, w: np.ndarray, rates: np.ndarray, begin: float) -> Path:
    x = w
    for t, rate in enumerate(rates, start=1):
        x = x - rate * gradient(x, t - 1)
        w = w + (x - w) / max(1, t - begin)
        yield w


def schedule_free(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, weight_decay: float) -> Path:
    return schedule_free_adamw(gradient, w, rates, b1, weight_decay)


def schedule_free_adamw(
    gradient: Gradient,
    w: np.ndarray,
    rates: np.ndarray,
    b1: float,
    weight_decay: float,
    b2: float | None = None,
    eps: float = 0.0,
) -> Path:
    z, v, weights = w, 0 * w, []
    for t, rate in enumerate(rates, start=1):
        y = (1 - b1) * z + b1 * w
        g = gradient(y, t - 1)
        if b2 is not None:
            v = b2 * v + (1 - b2) * g**2
            g = g / (np.sqrt(v / (1 - b2**t)) + eps)
        z = z - rate * (g + weight_decay * y)
        weights.append(max(rates[:t]) ** 2)
        c = weights[-1] / sum(weights)
        w = (1 - c) * w + c * z
        yield w


LOOPS = {
    "adabelief": adabelief,
    "yogi": yogi,
    "adan": adan,
    "signsgd": signsgd,
    "signum": signum,
    "rprop": rprop,
    "asgd": averaged,
    "schedule-free": schedule_free,
    "schedule-free-adamw": schedule_free_adamw,
}
