"""The formulas of the catalogue of surfaces: functions of a vector that are easy to look at and hard to descend.

Unless a source is named, from Jamil & Yang, "A literature survey of benchmark functions for global optimization problems", 2013, and
Surjanovic & Bingham, "Virtual library of simulation experiments", 2013 (where the domains and minima are listed, too).
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jaxtyping import Array

#: the lowest value of Branin's function, 5 / (4 π), and of others that have no short formula
BRANIN = 5 / (4 * math.pi)
CAMEL = -1.031628453489877
TANG = -39.16616570377142  # for each dimension
TANG_AT = -2.903534027771178


def rosenbrock(v: Array) -> Array:
    """Σ (100 (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)²)."""
    x, after = v[:-1], v[1:]
    return jnp.sum(100 * (after - x**2) ** 2 + (1 - x) ** 2)


def beale(v: Array) -> Array:
    """(1.5 − x + x y)² + (2.25 − x + x y²)² + (2.625 − x + x y³)²."""
    x, y = v[0], v[1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def himmelblau(v: Array) -> Array:
    """(x² + y − 11)² + (x + y² − 7)²."""
    x, y = v[0], v[1]
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def branin(v: Array) -> Array:
    """(y − 5.1 x² / (4 π²) + 5 x / π − 6)² + 10 (1 − 1 / (8 π)) cos x + 10."""
    x, y = v[0], v[1]
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * jnp.cos(x) + 10


def six_hump_camel(v: Array) -> Array:
    """(4 − 2.1 x² + x⁴ / 3) x² + x y + (4 y² − 4) y²."""
    x, y = v[0], v[1]
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


def three_hump_camel(v: Array) -> Array:
    """2 x² − 1.05 x⁴ + x⁶ / 6 + x y + y²."""
    x, y = v[0], v[1]
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


def styblinski_tang(v: Array) -> Array:
    """½ Σ (xᵢ⁴ − 16 xᵢ² + 5 xᵢ)."""
    return 0.5 * jnp.sum(v**4 - 16 * v**2 + 5 * v)


def ackley(v: Array) -> Array:
    """−20 exp(−0.2 √(mean xᵢ²)) − exp(mean cos 2π xᵢ) + 20 + e.

    At the origin it has the tip of a cone, so no gradient; what is returned there is zero, the one for a lowest point.
    """
    square = jnp.mean(v**2)
    away = jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1.0)), 0.0)
    # expm1, so that no digits are lost near the minimum: 20 (1 − e⁻ᵃ) and e (1 − eᵇ⁻¹)
    return -20 * jnp.expm1(-0.2 * away) - math.e * jnp.expm1(-2 * jnp.mean(jnp.sin(math.pi * v) ** 2))


def rastrigin(v: Array) -> Array:
    """10 d + Σ (xᵢ² − 10 cos 2π xᵢ)."""
    return jnp.sum(v**2 + 20 * jnp.sin(math.pi * v) ** 2)  # 10 − 10 cos 2πx = 20 sin² πx, without losing digits at the minimum


def booth(v: Array) -> Array:
    """(x + 2 y − 7)² + (2 x + y − 5)²."""
    x, y = v[0], v[1]
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


def goldstein_price(v: Array) -> Array:
    """Two factors of degree four."""
    x, y = v[0], v[1]
    one = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    two = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return one * two


def easom(v: Array) -> Array:
    """−cos x cos y exp(−(x − π)² − (y − π)²)."""
    return -jnp.prod(jnp.cos(v)) * jnp.exp(-jnp.sum((v - math.pi) ** 2))


def matyas(v: Array) -> Array:
    """0.26 (x² + y²) − 0.48 x y."""
    x, y = v[0], v[1]
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


def levy(v: Array) -> Array:
    """sin² πw₁ + Σ (wᵢ − 1)² (1 + 10 sin²(πwᵢ + 1)) + (w_d − 1)² (1 + sin² 2πw_d), with w = 1 + (x − 1) / 4."""
    w = 1 + (v - 1) / 4
    rest = jnp.sum((w[:-1] - 1) ** 2 * (1 + 10 * jnp.sin(math.pi * w[:-1] + 1) ** 2))
    return jnp.sin(math.pi * w[0]) ** 2 + rest + (w[-1] - 1) ** 2 * (1 + jnp.sin(2 * math.pi * w[-1]) ** 2)


def levy13(v: Array) -> Array:
    """sin² 3πx + (x − 1)² (1 + sin² 3πy) + (y − 1)² (1 + sin² 2πy)."""
    x, y = v[0], v[1]
    wave = jnp.sin(3 * math.pi * x) ** 2
    return wave + (x - 1) ** 2 * (1 + jnp.sin(3 * math.pi * y) ** 2) + (y - 1) ** 2 * (1 + jnp.sin(2 * math.pi * y) ** 2)


def valley(v: Array, condition: float) -> Array:
    """½ Σ κ^((i − 1) / (d − 1)) xᵢ²: a bowl whose Hessian has the condition number κ."""
    power = jnp.arange(v.size, dtype=v.dtype) / (v.size - 1)
    return 0.5 * jnp.sum(condition**power * v**2)


def plateau(v: Array) -> Array:
    """‖x‖² / (1 + ‖x‖²): far away almost flat, since the gradient falls with the third power of the distance."""
    square = jnp.sum(v**2)
    return square / (1 + square)


def saddle(v: Array) -> Array:
    """x² − y²."""
    return v[0] ** 2 - v[1] ** 2


def monkey_saddle(v: Array) -> Array:
    """x³ − 3 x y²."""
    return v[0] ** 3 - 3 * v[0] * v[1] ** 2
