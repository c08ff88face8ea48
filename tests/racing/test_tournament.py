"""The rounds of a race, with drawn curves in place of trainings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from talweg.contestants.notation import enter
from talweg.problems import Problem
from talweg.racing.plan import CONFIRM_SEEDS, Goal, Plan, checked
from talweg.racing.tournament import UNTUNED, Entry, climb
from talweg.store import Lane
from talweg.verdict.scores import Target

STEPS = np.arange(11)
Loss = Callable[[str, Entry], float]


def climbed(problem: Problem, loss: Loss, settings: int = 8, methods: str = "adam") -> dict[str, list[Entry]]:
    """What each rung was asked to run, when a lane's final loss is `loss(rung, entry)`; infinite if it is to diverge."""
    contestants = enter(problem, methods, settings)
    plan: Plan = checked(problem, contestants, settings, 4, 2.0, 0, Goal(), None)
    asked: dict[str, list[Entry]] = {}

    def run(rung: str, entries: Sequence[Entry]) -> list[Lane]:
        asked[rung] = list(entries)
        lanes = []
        for entry in entries:
            end = loss(rung, entry)
            curve = 9.0 + (end - 9.0) * STEPS / 10 if math.isfinite(end) else np.where(STEPS > 2, np.nan, 9.0)
            gone = None if math.isfinite(end) else 3
            lanes.append(Lane(entry.setting, entry.seed, entry.numbers, gone, STEPS, curve, curve, curve))
        return lanes

    climb(contestants[1], plan, Target("loss", None), 16, run)
    return asked


def middle(rung: str, entry: Entry) -> float:
    """Best at the middle of Adam's range of learning rates."""
    return 1.0 + abs(math.log10(entry.numbers["learning_rate"] / 10**-2.75)) if entry.setting != UNTUNED else 5.0


def test_the_best_of_the_search_are_confirmed_and_the_best_of_these_is_final(clouds: Problem) -> None:
    asked = climbed(clouds, middle, settings=32)
    assert set(asked) == {"search", "confirm", "final"}
    ranked = sorted(asked["search"], key=lambda entry: middle("search", entry))
    confirmed = [entry.setting for entry in asked["confirm"]]
    assert confirmed == [entry.setting for entry in ranked[:8] for _ in range(CONFIRM_SEEDS)]
    assert [entry.setting for entry in asked["final"]] == [ranked[0].setting] * 4 + [UNTUNED] * 4
    assert asked["final"][0].numbers == ranked[0].numbers
    assert asked["final"][4].numbers["learning_rate"] == 1e-3  # Adam's default


def test_the_confirmation_overrules_the_search(clouds: Problem) -> None:
    order = [entry.setting for entry in sorted(climbed(clouds, middle)["search"], key=lambda entry: middle("search", entry))]

    def lucky(rung: str, entry: Entry) -> float:
        return 8.0 if rung == "confirm" and entry.setting == order[0] else middle(rung, entry)

    assert climbed(clouds, middle)["final"][0].setting == order[0]
    assert climbed(clouds, lucky)["final"][0].setting == order[1]


@pytest.mark.parametrize(("sign", "beyond"), [(1, 0.3), (-1, 1e-5)])
def test_a_best_at_an_edge_is_searched_again_beyond_it(clouds: Problem, sign: int, beyond: float) -> None:
    asked = climbed(clouds, lambda rung, entry: 8.0 - sign * math.log10(entry.numbers["learning_rate"]))
    rates = [entry.numbers["learning_rate"] for entry in asked["widened"]]
    assert [entry.setting for entry in asked["widened"]] == list(range(8, 16))
    assert sign * math.log10(asked["final"][0].numbers["learning_rate"]) == max(sign * math.log10(rate) for rate in rates)
    assert any(sign * math.log10(rate) > sign * math.log10(beyond) for rate in rates)


def test_where_all_diverge_smaller_learning_rates_are_searched(clouds: Problem) -> None:
    asked = climbed(clouds, lambda rung, entry: math.inf)
    lowest = [min(entry.numbers["learning_rate"] for entry in asked[rung]) for rung in ("search", "widened")]
    assert lowest[1] < 1e-5 < lowest[0]
    assert len(asked["final"]) == 8


def test_one_setting_needs_no_confirmation_and_fixed_numbers_no_search(clouds: Problem) -> None:
    assert "confirm" not in climbed(clouds, lambda rung, entry: 1.0, settings=1)
    assert set(climbed(clouds, lambda rung, entry: 1.0, methods="adam:learning_rate=0.1")) == {"final"}
