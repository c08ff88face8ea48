"""The rungs of a race, with drawn curves in place of trainings."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from talweg.contestants.notation import enter
from talweg.engine.block import Entry
from talweg.problems import Problem
from talweg.racing import standing, tournament
from talweg.racing.plan import Plan, checked
from talweg.racing.tournament import Course, Outcome, Request
from talweg.store import Lane
from talweg.verdict.choosing import Seconds
from talweg.verdict.record import UNTUNED, Goal

EPOCHS, EXAMPLES, NOTHING, START = 64.0, 48, 1.0, 1.5

#: (contestant, entry, steps after which it is measured) -> validation loss then, infinite where it has diverged.
Loss = Callable[[str, Entry, np.ndarray], np.ndarray]


def drawn(request: Request, loss: Loss) -> list[Lane]:
    """The lanes of a request, made up."""
    steps = np.unique(np.round(np.linspace(0, request.steps, 21)).astype(int))
    made = []
    for entry in request.entries:
        curve = np.where(steps == 0, START, loss(request.contestant, entry, steps))
        gone = np.flatnonzero(~np.isfinite(curve))
        curve = np.where(np.isfinite(curve), curve, np.nan)
        lane = Lane(
            entry.setting, entry.seed, entry.hyperparameters, int(steps[gone[0]]) if gone.size else None, steps, curve, curve, curve
        )
        made.append(replace(lane, schedule=entry.schedule))
    return made


class Played:
    """A race with made-up lanes, to its end."""

    def __init__(self, problem: Problem, loss: Loss, methods: Any = "adam,momentum", settings: int = 16, **more: Any):
        contestants = enter(problem, methods, settings, more.pop("schedule", None), more.pop("current", None))
        self.plan: Plan = checked(problem, contestants, settings, 4, EPOCHS, 0, Goal(), None)
        seconds = {c.name: Seconds(1e-4, 1e-4) for c in contestants} | more.pop("seconds", {})
        constants = dict.fromkeys(self.plan.all_seeds(), NOTHING)
        course = Course(self.plan, EXAMPLES, constants, seconds).run()
        self.requests: list[list[Request]] = [list(next(course))]
        self.outcome: Outcome | None = None
        while self.outcome is None:
            try:
                self.requests.append(list(course.send([drawn(request, loss) for request in self.requests[-1]])))
            except StopIteration as end:
                self.outcome = end.value

    def of(self, rung: str, contestant: str = "adam") -> list[Request]:
        """What a contestant wanted in the rungs whose names begin so."""
        return [one for together in self.requests for one in together if one.contestant == contestant and one.rung.startswith(rung)]

    @property
    def recommended(self) -> tournament.Variant:
        assert self.outcome is not None
        assert self.outcome.recommended is not None
        return self.outcome.recommended


def away(entry: Entry, best: float = 10**-2.75) -> float:
    """How many decades the learning rate is from the best one."""
    return abs(math.log10(entry.hyperparameters["learning_rate"] / best))


def usual(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
    """Falls for as long as it trains, lowest in the middle of Adam's range; seeds have levels of their own, alike for all."""
    luck = 0.02 * np.sin(entry.seed % 1000)
    return 0.2 + luck + 0.1 * away(entry) ** 2 + (START - 0.2) * np.exp(-steps / 20)


@pytest.fixture(scope="module")
def played(clouds: Problem) -> Played:
    return Played(clouds, usual)


def test_every_rung_has_seeds_of_its_own_and_the_final_shares_them_with_speed_alone(played: Played) -> None:
    seeds = {rung: {entry.seed for one in played.of(rung) for entry in one.entries} for rung in ("search", "confirm", "choice", "final")}
    seeds["promise"] = {entry.seed for together in played.requests for one in together if one.rung == "promise" for entry in one.entries}
    for rung, own in seeds.items():
        assert own
        assert all(own.isdisjoint(others) for other, others in seeds.items() if other != rung)
    assert {e.seed for one in played.of("cosine") for e in one.entries} == seeds["confirm"]  # so that lengths and schedules are paired


def test_the_best_of_the_search_are_confirmed_beside_the_untuned_method(played: Played) -> None:
    (search,), (confirm,) = played.of("search"), played.of("confirm")
    settings = {entry.setting for entry in confirm.entries}
    assert UNTUNED in settings
    assert len(settings) == 1 + played.plan.confirmed()
    ranked = sorted({e.setting: away(e) for e in search.entries}.items(), key=lambda pair: pair[1])
    assert settings - {UNTUNED} <= {setting for setting, _ in ranked[:8]}
    assert search.steps == confirm.steps == played.plan.steps(EXAMPLES, played.plan.contestants[1], 1 / 8)


def test_the_learning_rate_tuned_alone_is_always_confirmed(played: Played) -> None:
    adam = next(c for c in played.plan.contestants if c.name == "adam")
    (search,), (confirm,) = played.of("search"), played.of("confirm")
    assert sum(adam.rate_alone(entry.hyperparameters) for entry in search.entries) == played.plan.settings // 4
    assert any(adam.rate_alone(entry.hyperparameters) for entry in confirm.entries if entry.setting != UNTUNED)


def test_what_is_recommended_runs_once_more_on_seeds_that_nobody_has_seen(played: Played) -> None:
    (promise,) = played.requests[-1]
    best = played.recommended
    assert (promise.contestant, promise.rung, promise.steps) == (best.contestant, "promise", best.steps)
    assert {(e.setting, e.schedule) for e in promise.entries} == {(best.setting, best.schedule)}
    assert len(promise.entries) == played.plan.seeds
    assert away(promise.entries[0]) < 0.5


def test_every_contestant_has_one_variant_in_the_final_for_as_long_as_is_best_for_it(played: Played) -> None:
    for contestant in played.plan.contestants:
        (final,) = played.of("final", contestant.name)
        assert len({(e.setting, e.schedule) for e in final.entries}) == 1
        assert len(final.entries) == played.plan.seeds


def test_a_length_after_which_the_loss_rises_is_not_gone_beyond(clouds: Problem) -> None:
    def overfitting(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        return usual(contestant, entry, steps) + 0.02 * np.maximum(steps - 16, 0)

    made = Played(clouds, overfitting)
    assert 15 <= made.recommended.steps <= 35
    assert not made.of("constant-0.5")
    assert not made.of("cosine-0.5")


def test_lengths_are_doubled_as_long_as_that_pays(clouds: Problem) -> None:
    def slow(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        return 0.2 + 0.1 * away(entry) ** 2 + (START - 0.2) * np.exp(-steps / 150)

    made = Played(clouds, slow)
    lengths = [one.steps for one in made.of("cosine")]
    assert lengths == sorted(lengths)
    assert len(lengths) == len(standing.DECAY_LENGTHS)
    assert len(made.of("constant-")) == len(standing.CONSTANT_LENGTHS)
    assert made.recommended.steps > 0.9 * made.plan.steps(EXAMPLES, made.plan.contestants[1])


def test_a_decaying_rate_is_recommended_where_it_is_better_and_counts_at_its_end(clouds: Problem) -> None:
    def noisy(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        floor = 0.1 if entry.schedule == "constant" else 0.1 * (1 - steps / steps[-1])
        return usual(contestant, entry, steps) + floor

    best = Played(clouds, noisy).recommended
    assert best.schedule == "cosine"
    assert Played(clouds, noisy, schedule="constant").recommended.schedule == "constant"


def test_a_schedule_that_was_asked_for_is_the_only_one(clouds: Problem) -> None:
    made = Played(clouds, usual, schedule="one-cycle")
    schedules = {e.schedule for together in made.requests for one in together if one.contestant == "adam" for e in one.entries}
    assert schedules == {"one-cycle"}
    assert made.recommended.schedule in ("one-cycle", "constant")  # plain Adam stays as it is


def test_a_reckless_rate_that_fails_on_one_seed_in_four_is_not_recommended(clouds: Problem) -> None:
    def reckless(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        curve = usual(contestant, entry, steps) - 0.05 * (entry.hyperparameters["learning_rate"] > 0.02)
        fails = entry.hyperparameters["learning_rate"] > 0.02 and entry.seed % 4 == 0
        return np.where(fails & (steps > 3), np.inf, curve)

    assert Played(clouds, reckless).recommended.hyperparameters["learning_rate"] <= 0.02


def test_a_search_with_its_best_at_an_edge_goes_on_beyond_it_at_most_twice(clouds: Problem) -> None:
    def beyond(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        return 0.2 + 0.05 * away(entry, 100.0) + (START - 0.2) * np.exp(-steps / 20)

    made = Played(clouds, beyond)
    (search,) = made.of("search")
    widened = made.of("widened")
    assert [one.rung for one in widened] == ["widened", "widened-again"]
    rates = [[entry.hyperparameters["learning_rate"] for entry in one.entries] for one in (search, *widened)]
    assert max(rates[0]) <= min(rates[1])
    assert max(rates[1]) <= min(rates[2])
    numbers = [entry.setting for one in (search, *widened) for entry in one.entries]
    assert numbers == list(range(len(numbers)))  # no two settings have one number


def test_an_edge_at_the_lower_end_is_gone_beyond_downwards_and_so_is_a_search_that_failed(clouds: Problem) -> None:
    def explosive(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        return np.where(steps > 2, np.inf, START) if entry.hyperparameters["learning_rate"] > 1e-5 else usual(contestant, entry, steps)

    made = Played(clouds, explosive)
    assert max(e.hyperparameters["learning_rate"] for e in made.of("widened")[0].entries) <= 1e-5 * 1.001


def test_what_nobody_tunes_takes_part_in_everything_but_the_search(clouds: Problem) -> None:
    made = Played(clouds, usual, current="adam@16:learning_rate=0.01")
    for name in ("plain-adam", "current"):
        assert not made.of("search", name)
        assert {e.setting for one in made.of("", name) for e in one.entries} == {UNTUNED}
        for rung in ("confirm", "constant", "choice", "final"):
            assert made.of(rung, name)


def test_one_that_is_clearly_faster_and_as_good_takes_the_place_of_the_lowest(clouds: Problem) -> None:
    def level(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        return usual("", Entry(0, {"learning_rate": 10**-2.75}, entry.seed), steps) + (0.0005 if contestant == "momentum" else 0.0)

    assert Played(clouds, level, seconds={"momentum": Seconds(1e-6, 1e-6)}).recommended.contestant == "momentum"
    assert Played(clouds, level, seconds={"momentum": Seconds(0.9e-4, 0.9e-4)}).recommended.contestant != "momentum"


def test_nothing_is_recommended_where_everything_fails(clouds: Problem) -> None:
    made = Played(clouds, lambda contestant, entry, steps: np.full(len(steps), np.inf))
    assert made.outcome is not None
    assert made.outcome.recommended is None
    assert made.requests[-1][0].rung != "promise"


def test_speed_has_the_setting_that_is_soonest_as_good_as_the_best(clouds: Problem) -> None:
    def sprinter(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        fast = entry.hyperparameters["learning_rate"] > 10**-2.5
        return 0.2 + (0.001 if fast else 0.0) + 0.1 * max(away(entry) - 1, 0) + (START - 0.2) * np.exp(-steps / (4 if fast else 40))

    made = Played(clouds, sprinter)
    requests = made.of("speed")
    for request in requests:
        assert request.entries[0].hyperparameters["learning_rate"] > 10**-2.5
        assert {e.seed for e in request.entries} == set(made.plan.seeds_of("final"))
    assert requests or made.recommended.hyperparameters["learning_rate"] > 10**-2.5


def test_what_is_as_good_as_the_best_before_its_first_step_trains_for_one(clouds: Problem) -> None:
    def noise(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        return START + 0.01 * steps + 0.001 * away(entry)

    made = Played(clouds, noise)
    assert all(one.steps >= 1 for together in made.requests for one in together)
    assert any(one.rung == "speed" for together in made.requests for one in together)


def test_new_settings_are_tried_under_decay_where_the_surface_is_low(played: Played) -> None:
    refined, longer = played.of("refined"), [one.steps for one in played.of("cosine")]
    assert [one.rung for one in refined] == list(tournament.REFINED)
    tried = [entry.setting for one in (*played.of("search"), *played.of("widened")) for entry in one.entries]
    new = list(dict.fromkeys(entry.setting for one in refined for entry in one.entries))
    assert new == list(range(len(tried), len(tried) + 2 * played.plan.confirmed()))
    for one in refined:
        assert {entry.schedule for entry in one.entries} == {"cosine"}
        assert one.steps in longer
        assert {entry.seed for entry in one.entries} == set(played.plan.seeds_of("confirm"))
    settings = {entry.setting: entry for one in (*played.of("search"), *refined) for entry in one.entries}
    assert np.mean([away(settings[i]) for i in new]) < np.mean([away(settings[i]) for i in tried if i in settings])


def test_a_setting_that_was_made_later_may_be_recommended(clouds: Problem) -> None:
    """The best of 16 points lies this far from the middle of the range; a second look finds a better one."""
    made = Played(clouds, lambda contestant, entry, steps: usual("", entry, steps) + away(entry) ** 2)
    first = min(away(entry) for one in made.of("search") for entry in one.entries)
    (final,) = made.of("final")
    assert away(final.entries[0]) < first


def test_settings_are_not_made_for_those_who_cannot_win(clouds: Problem) -> None:
    made = Played(clouds, lambda contestant, entry, steps: usual("", entry, steps) + (contestant == "momentum"))
    assert made.of("refined", "adam")
    assert not made.of("refined", "momentum")
    assert not made.of("cosine-0.5", "momentum")


def test_the_choice_has_few_seeds_for_many_variants_and_more_for_the_best_of_them(played: Played) -> None:
    seeds = played.plan.seeds_of("choice")
    variants: dict[str, set[tuple[str, int, str, int]]] = {rung: set() for rung in tournament.CHOICES}
    drawn: dict[str, set[int]] = {rung: set() for rung in tournament.CHOICES}
    for one in (one for together in played.requests for one in together if one.rung.startswith("choice")):
        rung = one.rung.rpartition("-")[0]
        variants[rung] |= {(one.contestant, entry.setting, entry.schedule, one.steps) for entry in one.entries}
        drawn[rung] |= {entry.seed for entry in one.entries}
    many, best = (variants[rung] for rung in tournament.CHOICES)
    assert best < many
    assert [drawn[rung] for rung in tournament.CHOICES] == [set(seeds[:1]), set(seeds[1:])]
    final = played.of("final", "adam")[0]
    assert {("adam", final.entries[0].setting, final.entries[0].schedule)} <= {variant[:3] for variant in best}


def test_a_slow_contestant_is_not_trained_for_longer_unless_it_is_better_by_what_the_time_is_worth(clouds: Problem) -> None:
    def better(contestant: str, entry: Entry, steps: np.ndarray) -> np.ndarray:
        return usual("", entry, steps) - (0.002 if contestant == "momentum" else 0.0)

    quick, slow = (Played(clouds, better, seconds={"momentum": Seconds(time, time)}) for time in (1e-4, 1.0))
    assert quick.recommended.contestant == "momentum"
    assert quick.of("refined", "momentum")
    assert slow.recommended.contestant == "adam"
    assert not slow.of("refined", "momentum")


def test_the_same_lanes_lead_to_the_same_requests(clouds: Problem, played: Played) -> None:
    assert Played(clouds, usual).requests == played.requests


def test_a_race_with_one_setting_and_few_seeds_comes_to_an_end(clouds: Problem) -> None:
    assert Played(clouds, usual, settings=1).recommended


def test_what_is_expected_is_about_what_is_run(played: Played) -> None:
    def work(lanes: Sequence[tuple[float, float]]) -> float:
        return sum(count * share for count, share in lanes)

    expected = sum(work(tournament.expected(played.plan, c)) for c in played.plan.contestants)
    longest: Mapping[str, int] = {c.name: played.plan.steps(EXAMPLES, c) for c in played.plan.contestants}
    run = sum(len(one.entries) * one.steps / longest[one.contestant] for together in played.requests for one in together)
    assert 0.3 < run / expected < 3


def test_a_tournament_needs_no_jax() -> None:
    code = "import sys, talweg.racing.tournament; sys.exit('jaxlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
