"""What many starts reached: on functions, on data, with one method and with several."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from pathlib import Path

from talweg.text import basins

summary = runpy.run_path(str(Path(__file__).parents[1] / "test_basins.py"))["summary"]
MORE = {"richness": {"value": 9.0, "low": 4.0, "high": 30.0}, "missing_mass": {"value": 0.08, "low": 0.03, "high": 0.15}}
ADAM = {"label": "Adam", "best": {"count": 45, "share": 0.45, "low": 0.36, "high": 0.55}}
LION = {"label": "Lion", "best": {"count": 0, "share": 0.0, "low": 0.0, "high": 0.037}}


def situations() -> Iterator[tuple[str, str | list[str]]]:
    yield "a function with two basins", basins.sentences(summary())
    yield "all starts reach the global minimum", basins.sentences(summary(100, (1e-31,), lowest=0.0))
    yield "a global minimum that was not reached, and lost starts", basins.sentences(summary(lowest=-3.0, diverged=3, not_converged=1))
    several = summary(0, **MORE)
    yield (
        "several methods, of which the first misses the lowest basin",
        basins.sentences(several | {"methods": [*several["methods"], ADAM, LION]}),
    )
    yield "networks with few kinds of endpoints", basins.sentences(summary() | {"data": True})
    yield "networks of which each has an endpoint of its own", basins.sentences(summary(1, basins=80) | {"data": True})
    yield "the same, at the lowest value there is", basins.sentences(summary(1, basins=80, lowest=-2.0) | {"data": True})
    yield "a single start", basins.sentences(summary(1, (0.25,), missing_mass=None, basins=1) | {"starts": 1})
