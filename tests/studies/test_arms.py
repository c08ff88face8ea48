"""How much of an arm's success is the luck of its search: by results made by hand."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from talweg.contestants.notation import listed
from talweg.problems import load
from talweg.studies import arms
from talweg.studies.arms import Arm, Entry
from talweg.studies.multistart import Endpoints, Multistart

STARTS = 64


class Known:
    """Runs whose shares of arrivals are known by setting."""

    def __init__(self, shares: dict[str, list[float]]):
        self.shares = shares

    def run(self, contestant: Any, settings: list[dict[str, float]], seeds: list[int], steps: int) -> Endpoints:
        share = self.shares[contestant.name][int(settings[0].get("number", 0))]
        return ends(np.arange(len(seeds)) >= round(share * len(seeds)))


def ends(missed: np.ndarray) -> Endpoints:
    loss = missed.astype(float)
    return Endpoints(None, loss, loss, np.ones_like(loss), np.full(len(loss), -1), 0.0)


def verdict(plain: list[float], other: list[float], space: bool = True) -> Arm:
    """The second of two arms whose settings, along the learning rate, have these shares of arrivals."""
    shares = {"sgd": plain, "momentum": other}
    entries, tuned = [], []
    for name, own in shares.items():
        method = name if space else f"{name}:learning_rate=0.1" + (",momentum=0.9" if name == "momentum" else "")
        contestant = listed(load("booth"), method, settings=8)[0]
        entries.append(Entry(None, contestant, 10, [{"number": float(i)} for i in range(len(own))]))
        tuned.append(ends(np.concatenate([np.arange(16) >= round(16 * share) for share in own])))
    points = np.linspace(0, 1, len(plain))[:, None]
    running = cast(Multistart, Known({entry.contestant.name: own for entry, own in zip(entries, shares.values(), strict=True)}))
    return arms.run(running, entries, tuned, points, 0.5, range(STARTS), lambda label: None)[1]


def test_where_many_settings_are_as_good_the_interval_is_that_of_the_starts() -> None:
    arm = verdict([0, 0, 0.5, 0.5, 0.5, 0.5, 0, 0], [0, 0, 1, 1, 1, 1, 0, 0])
    assert (arm.verdict, arm.good_settings, arm.tried_settings) == ("helps", 4, 8)
    assert arm.rate == pytest.approx((1.0, 0.943, 1.0), abs=1e-3)
    assert arm.gain is not None
    assert arm.gain == pytest.approx((0.5, 0.367, 0.618), abs=0.01)


@pytest.mark.parametrize(
    ("plain", "other", "told"),
    [
        ([0, 0, 0, 0.6], [0, 0, 0, 0], "not known"),  # one good setting of four
        ([0, 0, 0, 0.5], [0, 0, 0, 1], "not known"),
        ([0, 0.6, 0.6, 0.6, 0.6, 0, 0, 0], [0] * 8, "hurts"),  # half of the space is good for the plain one, and none for the other
        ([0, 0, 0.6, 0.6, 0, 0, 0, 0], [0] * 8, "not known"),
        ([0.5] * 8, [0, 0, 0, 1, 0, 0, 0, 0], "not known"),  # a needle
        ([0.5] * 8, [0.5] * 8, "can't be told"),
        ([0] * 8, [0] * 8, "can't be told"),
        ([0] * 8, [0.2, 0.2, 0.5, 1, 0.5, 0.2, 0, 0], "helps"),  # its best is a needle, but all around it is better than the plain one
        ([0, 0, 0, 0, 0, 0, 0.5, 0.5], [0.7, 0.7, 0, 0, 0, 0, 1, 1], "helps"),
        ([0, 0, 0, 0, 0, 0, 0.5, 0.5], [0, 0, 0, 0, 0, 0, 1, 1], "not known"),
    ],
)
def test_what_hangs_by_few_settings_is_not_known(plain: list[float], other: list[float], told: str) -> None:
    assert verdict(plain, other).verdict == told


def test_the_luck_of_one_setting_is_in_the_interval() -> None:
    arm = verdict([0, 0, 0, 0.6], [0, 0, 0, 1.0])
    assert arm.rate[1] < 0.06
    assert arm.rate[2] == pytest.approx(1, abs=0.01)


def test_without_anything_to_tune_there_is_no_luck_of_tuning() -> None:
    arm = verdict([0.3], [0.9], space=False)
    assert (arm.verdict, arm.good_settings) == ("helps", 1)
