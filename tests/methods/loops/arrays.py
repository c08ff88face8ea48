"""Slow plain loops of the methods for whole arrays, vectors or matrices, written from the papers and not from the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

Gradient = Callable[[np.ndarray, int], np.ndarray]
Path = Iterator[np.ndarray]


def lars(gradient: Gradient, w: np.ndarray, rates: np.ndarray, momentum: float, weight_decay: float, trust: float) -> Path:
    v = 0 * w
    for t, rate in enumerate(rates):
        u = gradient(w, t) + weight_decay * w
        long, short = np.sqrt((w**2).sum()), np.sqrt((u**2).sum())
        share = trust * long / short if long > 0 and short > 0 else 1.0
        v = momentum * v + rate * share * u
        w = w - v
        yield w


def lamb(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float, weight_decay: float) -> Path:
    m, v = 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        u = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps) + weight_decay * w
        long, short = np.sqrt((w**2).sum()), np.sqrt((u**2).sum())
        w = w - rate * (long / short if long > 0 and short > 0 else 1.0) * u
        yield w


def adafactor(gradient: Gradient, w: np.ndarray, rates: np.ndarray, decay_power: float, clip: float, eps: float) -> Path:
    average = 0.0
    rows = columns = 0.0
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        b = 1 - t**-decay_power
        if w.ndim == 2:
            rows = b * rows + (1 - b) * (g**2 + eps).mean(axis=1)
            columns = b * columns + (1 - b) * (g**2 + eps).mean(axis=0)
            v = np.outer(rows, columns) / rows.mean()
        else:
            v = average = b * average + (1 - b) * (g**2 + eps)
        u = g / np.sqrt(v)
        u = u / max(1.0, np.sqrt((u**2).mean()) / clip)
        w = w - rate * max(1e-3, np.sqrt((w**2).mean())) * u
        yield w


def prodigy(
    gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float, weight_decay: float, first: float
) -> Path:
    w0, m, v, s, r, d = w, 0 * w, 0 * w, 0 * w, 0.0, first
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        step = rate * d * np.sqrt(1 - b2**t) / (1 - b1**t)
        m = b1 * m + (1 - b1) * d * g
        v = b2 * v + (1 - b2) * d**2 * g**2
        r = np.sqrt(b2) * r + d / first * step * (g * (w0 - w)).sum()
        s = np.sqrt(b2) * s + d / first * step * g
        d = max(d, r / np.abs(s).sum())
        w = w - step * (m / (np.sqrt(v) + d * eps) + weight_decay * w)
        yield w


def muon(
    gradient: Gradient,
    w: np.ndarray,
    rates: np.ndarray,
    momentum: float,
    weight_decay: float,
    b1: float,
    b2: float,
    eps: float,
) -> Path:
    m, v = 0 * w, 0 * w
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        if w.ndim == 2:
            m = momentum * m + (1 - momentum) * g
            x = momentum * m + (1 - momentum) * g
            x = x / (np.sqrt((x**2).sum()) + 1e-7)
            for _ in range(5):
                a = x @ x.T
                x = 3.4445 * x - 4.7750 * a @ x + 2.0315 * a @ a @ x
            u = 0.2 * np.sqrt(max(w.shape)) * x
        else:
            m = b1 * m + (1 - b1) * g
            v = b2 * v + (1 - b2) * g**2
            u = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
        w = w - rate * (u + weight_decay * w)
        yield w


def soap(gradient: Gradient, w: np.ndarray, rates: np.ndarray, b1: float, b2: float, eps: float, weight_decay: float) -> Path:
    m, v = 0 * w, 0 * w
    p = q = left = right = None  # the first step is Adam's own
    for t, rate in enumerate(rates, start=1):
        g = gradient(w, t - 1)
        m = b1 * m + (1 - b1) * g
        if w.ndim != 2:
            v = b2 * v + (1 - b2) * g**2
            u = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)
        else:
            left = (1 - b2) * g @ g.T + (0 if left is None else b2 * left)
            right = (1 - b2) * g.T @ g + (0 if right is None else b2 * right)
            if p is None or q is None:
                p, q = np.eye(len(left)), np.eye(len(right))
            v = b2 * v + (1 - b2) * (p.T @ g @ q) ** 2
            u = p @ ((p.T @ m @ q) / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps)) @ q.T
            if t == 1:
                p, q = np.linalg.eigh(left)[1][:, ::-1], np.linalg.eigh(right)[1][:, ::-1]
            elif t % 10 == 0:
                p, q = np.linalg.qr(left @ p)[0], np.linalg.qr(right @ q)[0]
        w = w - rate * (u + weight_decay * w)
        yield w


LOOPS = {"lars": lars, "lamb": lamb, "adafactor": adafactor, "prodigy": prodigy, "muon": muon, "soap": soap}
