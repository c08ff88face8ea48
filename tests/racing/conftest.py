"""Races that several files look at, run once."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import pytest

import talweg as tw
from metronome import ticking
from talweg.problems import Problem
from talweg.racing.events import Event
from talweg.racing.result import Race

TWINS: dict[str, Any] = {"methods": "a=adam,b=adam", "settings": 8, "seeds": 4, "epochs": 8}


@pytest.fixture(scope="session")
def events() -> list[Event]:
    return []


@pytest.fixture(scope="session")
def twins(clouds: Problem, tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> Race:
    """Adam against itself, with plain Adam beside them."""
    with ticking():
        return tw.race(clouds, **TWINS, store=tmp_path_factory.mktemp("twins") / "talweg.db", listener=events.append)


@pytest.fixture(scope="session")
def bowl() -> Problem:
    """A function without data, with a start that depends on the seed; smallest, 1, at (2, 2)."""
    return Problem(
        loss=lambda x, _: 1.0 + jnp.sum((x - 2.0) ** 2), start=lambda key: jax.random.normal(key, (2,)), name="bowl", facts={"loss": "own"}
    )


@pytest.fixture(scope="session")
def like_twins() -> dict[str, Any]:
    """What the twins are raced with."""
    return TWINS
