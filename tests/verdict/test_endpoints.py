"""How many final lanes ended alike, and what they are, from rows made by hand."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from talweg.text import endpoints as words
from talweg.verdict import endpoints

MADE = runpy.run_path(str(Path(__file__).parent / "rows.py"))


def endpoint(kind: str, **more: Any) -> dict[str, Any]:
    return {"point": kind, "largest": 4.0, "smallest": -1.0, "gradient_norm": 0.3, "gradient_sampling": 0.1, "threshold": 8.0, **more}


@pytest.fixture
def record() -> Any:
    made = MADE["Made"](MADE["seeds"](50.0), "fast")
    return MADE["record"]([MADE["baseline"](), made])


def test_nobody_looked_and_nothing_is_said(record: Any) -> None:
    assert endpoints.numbers(record.entries[0], record) is None
    assert words.of_race({"contestants": [{"endpoints": None}]}) == []


def test_what_was_seen_is_counted(record: Any) -> None:
    entry = record.entries[0]
    lanes = len(entry.final)
    entry.endpoints.extend([endpoint("saddle"), endpoint("minimum", largest=6.0), None, endpoint("minimum", largest=None, threshold=None)])
    numbers = endpoints.numbers(entry, record)
    assert numbers is not None
    assert numbers["points"] == {"minimum": 2, "saddle": 1}
    assert numbers["diagnosed"] == 3
    assert numbers["lanes"] == lanes
    assert numbers["sharpness"] == {"median": 5.0, "low": 4.0, "high": 6.0}
    assert numbers["gradient_signal_to_noise"] == pytest.approx(3)
    assert numbers["edge"] == pytest.approx(0.625)


def test_ends_within_a_hundredth_of_the_way_are_equally_good(record: Any) -> None:
    one, other = record.entries[:2]
    for entry, ends in ((one, [0.10, 0.1089, 0.1095]), (other, [0.05, 0.0594, 0.2])):
        for k, lane in enumerate(entry.final):
            lane.validation_loss[0] = 1.0
            lane.validation_loss[-1] = ends[k % 3]
        entry.endpoints.append(endpoint("not converged"))
    own, best = endpoints.numbers(one, record), endpoints.numbers(other, record)
    assert own is not None
    assert best is not None
    n = len(one.final)
    assert own["near_own_best"] == sum(k % 3 < 2 for k in range(n))
    assert own["near_best"] == 0
    assert best["near_own_best"] == best["near_best"] == sum(k % 3 < 2 for k in range(n))
