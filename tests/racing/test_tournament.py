"""The rounds of a race, with drawn curves in place of trainings."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from talweg.contestants.notation import enter
from talweg.engine.block import Entry
from talweg.problems import Problem
from talweg.racing.plan import CONFIRM_SEEDS, Plan, checked
from talweg.racing.tournament import UNTUNED, Request, Tournament, Tournaments, rungs
from talweg.store import Lane
from talweg.verdict.scores import Target

STEPS = np.arange(11)
Loss = Callable[[str, Entry], float]


def lanes(request: Request, loss: Loss) -> list[Lane]:
    """The lanes of a request, made up."""
    made = []
    for entry in request.entries:
        end = loss(request.rung, entry)
        curve = 9.0 + (end - 9.0) * STEPS / 10 if math.isfinite(end) else np.where(STEPS > 2, np.nan, 9.0)
        gone = None if math.isfinite(end) else 3
        made.append(Lane(entry.setting, entry.seed, entry.hyperparameters, gone, STEPS, curve, curve, curve))
    return made


def begun(problem: Problem, settings: int = 8, methods: str = "adam", stage: str = "") -> dict[str, Tournament]:
    """The tournaments of contestants and their baseline, before anything has been run."""
    contestants = enter(problem, methods, settings)
    plan: Plan = checked(problem, contestants, settings, 4, 2.0, 0, Target(), None)
    return {c.name: rungs(c, plan, Target("loss", None), 16, stage=stage) for c in contestants}


def climbed(problem: Problem, loss: Loss, settings: int = 8, methods: str = "adam") -> dict[str, Sequence[Entry]]:
    """What each rung was asked to run, when a lane's final loss is `loss(rung, entry)`; infinite if it is to diverge."""
    tournament = list(begun(problem, settings, methods).values())[1]
    requests: dict[str, Sequence[Entry]] = {}
    request = next(tournament)
    while True:
        requests[request.rung] = request.entries
        try:
            request = tournament.send(lanes(request, loss))
        except StopIteration:
            return requests


def middle(rung: str, entry: Entry) -> float:
    """Best at the middle of Adam's range of learning rates."""
    if entry.setting == UNTUNED or not entry.hyperparameters:
        return 5.0
    return 1.0 + abs(math.log10(entry.hyperparameters["learning_rate"] / 10**-2.75))


def test_the_best_of_the_search_are_confirmed_and_the_best_of_these_is_final(clouds: Problem) -> None:
    requests = climbed(clouds, middle, settings=32)
    assert set(requests) == {"search", "confirm", "final"}
    ranked = sorted(requests["search"], key=lambda entry: middle("search", entry))
    confirmed = [entry.setting for entry in requests["confirm"]]
    assert confirmed == [entry.setting for entry in ranked[:8] for _ in range(CONFIRM_SEEDS)]
    assert [entry.setting for entry in requests["final"]] == [ranked[0].setting] * 4 + [UNTUNED] * 4
    assert requests["final"][0].hyperparameters == ranked[0].hyperparameters
    assert requests["final"][4].hyperparameters["learning_rate"] == 1e-3  # Adam's default


def test_the_confirmation_overrules_the_search(clouds: Problem) -> None:
    order = [entry.setting for entry in sorted(climbed(clouds, middle)["search"], key=lambda entry: middle("search", entry))]

    def lucky(rung: str, entry: Entry) -> float:
        return 8.0 if rung == "confirm" and entry.setting == order[0] else middle(rung, entry)

    assert climbed(clouds, middle)["final"][0].setting == order[0]
    assert climbed(clouds, lucky)["final"][0].setting == order[1]


@pytest.mark.parametrize(("sign", "beyond"), [(1, 0.3), (-1, 1e-5)])
def test_a_best_at_an_edge_is_searched_again_beyond_it(clouds: Problem, sign: int, beyond: float) -> None:
    requests = climbed(clouds, lambda rung, entry: 8.0 - sign * math.log10(entry.hyperparameters["learning_rate"]))
    rates = [entry.hyperparameters["learning_rate"] for entry in requests["widened"]]
    assert [entry.setting for entry in requests["widened"]] == list(range(8, 16))
    assert sign * math.log10(requests["final"][0].hyperparameters["learning_rate"]) == max(sign * math.log10(rate) for rate in rates)
    assert any(sign * math.log10(rate) > sign * math.log10(beyond) for rate in rates)


def test_where_all_diverge_smaller_learning_rates_are_searched(clouds: Problem) -> None:
    requests = climbed(clouds, lambda rung, entry: math.inf)
    lowest = [min(entry.hyperparameters["learning_rate"] for entry in requests[rung]) for rung in ("search", "widened")]
    assert lowest[1] < 1e-5 < lowest[0]
    assert len(requests["final"]) == 8


def test_one_setting_needs_no_confirmation_and_fixed_numbers_no_search(clouds: Problem) -> None:
    assert "confirm" not in climbed(clouds, lambda rung, entry: 1.0, settings=1)
    assert set(climbed(clouds, lambda rung, entry: 1.0, methods="adam:learning_rate=0.1")) == {"final"}


def test_a_stage_has_rungs_of_its_own_after_the_search_that_it_shares(clouds: Problem) -> None:
    tournament = begun(clouds, stage="aim-")["adam"]
    for rung in ("search", "aim-confirm", "aim-final"):
        request = next(tournament) if rung == "search" else tournament.send(lanes(request, middle))
        assert request.rung == rung
    with pytest.raises(StopIteration) as end:
        tournament.send(made := lanes(request, middle))
    assert end.value.value is made


@pytest.mark.parametrize("order", range(3))
def test_several_tournaments_are_open_at_once_and_end_alike_in_whatever_order_they_are_answered(clouds: Problem, order: int) -> None:
    names = ["sgd", "adam", "momentum", "adam:learning_rate=0.1"]
    alone = {name: climbed(clouds, middle, methods=name) for name in names[1:]}
    both = Tournaments(begun(clouds, methods=",".join(names[1:])))
    assert {name: request.rung for name, request in both.open.items()} == dict(zip(names, ["search"] * 3 + ["final"], strict=True))
    draw = random.Random(order)
    while both.open:
        request = both.open[draw.choice(list(both.open))]
        if request.contestant in alone:
            assert list(request.entries) == list(alone[request.contestant][request.rung])
        following = both.send(request.contestant, lanes(request, middle))
        assert following == both.open.get(request.contestant)
        assert (following is None) == (request.rung == "final")
    assert set(both.outcomes) == set(names)
    for name in alone:
        assert [lane.seed for lane in both.outcomes[name]] == [entry.seed for entry in alone[name]["final"]]


WITHOUT_JAX = """
import sys
from types import SimpleNamespace
from talweg.racing.tournament import Tournaments, rungs
from talweg.verdict.scores import Target

plan = SimpleNamespace(seeds_of=lambda rung: [4, 5])
contestant = SimpleNamespace(name="adam", space={}, defaults=lambda: {"learning_rate": 0.1})
running = Tournaments({"adam": rungs(contestant, plan, Target("loss", None), 1)})
print([entry.seed for entry in running.open["adam"].entries], running.send("adam", []), running.outcomes)
print({"jax", "equinox"} & set(sys.modules))
"""


def test_a_tournament_needs_no_jax() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT_JAX], capture_output=True, text=True, check=False, timeout=120)
    assert ran.stdout.splitlines() == ["[4, 5, 4, 5] None {'adam': []}", "set()"], ran.stderr
