"""How long steps and blocks take."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import pytest

from talweg.contestants.notation import listed
from talweg.engine import clock, loop
from talweg.engine.clock import CompiledClock, Pace, Timing, interleaved, pace
from talweg.engine.loop import measuring_points
from talweg.methods import Method
from talweg.problems import Problem


@pytest.mark.parametrize("true", [Pace(0.002, 0.01, 0.5), Pace(1e-5, 0.0, 0.001)])
@pytest.mark.parametrize("examples", [8, 4096])
def test_the_parts_of_a_pace_are_found_from_a_few_blocks(true: Pace, examples: int) -> None:
    ran: list[int] = []

    def seconds(steps: int) -> float:
        ran.append(steps)
        return true.of(steps) + 100 * (len(ran) == 1)  # the first one compiles

    measured = pace(seconds, examples)
    assert max(ran) <= 256
    for steps in ran:
        assert measured.of(steps) == pytest.approx(true.of(steps), abs=1e-6)


def test_a_block_costs_its_steps_its_points_and_itself() -> None:
    assert Pace(0.1, 0.01, 5.0).of(1000) == pytest.approx(5 + 100 + 0.01 * len(measuring_points(1000)))


@dataclass
class Machine:
    """Runs whose steps take a second each, times a slowness that each measurement has of its own."""

    slowness: Iterator[float]
    ran: list[str]

    def run(self, name: str, step: float) -> Callable[[int], float]:
        def seconds(steps: int) -> float:
            self.ran.append(name)
            return step * steps * next(self.slowness)

        return seconds


def test_a_step_is_timed_by_its_least_measurement_and_everyone_in_turn() -> None:
    machine = Machine(iter([1.0, 1.0, *[3.0, 2.0, 1.2, 1.5, 1.0, 1.1] * 2]), [])
    timings = interleaved({"a": machine.run("a", 1.0), "b": machine.run("b", 2.0)})
    assert machine.ran == ["a", "b"] * 7
    assert timings == {"a": Timing(1.0, 1.0, 1.0, True), "b": Timing(2.2, 2.2, 2.2, True)}


def test_where_two_rounds_disagree_a_third_one_decides() -> None:
    busy = [5.0, 5.0, 5.0]
    usual = [1.0, 1.1, 1.3]
    (steady,) = interleaved({"a": Machine(iter([1.0, *busy, *usual, *usual]), []).run("a", 1.0)}).values()
    assert steady == Timing(1.0, 1.0, 1.0, True)
    (unsteady,) = interleaved({"a": Machine(iter([1.0, *busy, *usual, 2.0, 2.0, 2.0]), []).run("a", 1.0)}).values()
    assert unsteady == Timing(1.0, 1.0, 2.0, False)


def test_steps_are_repeated_until_a_clock_can_be_trusted() -> None:
    lengths: list[int] = []

    def seconds(steps: int) -> float:
        lengths.append(steps)
        return 1e-6 * steps

    (timing,) = interleaved({"fast": seconds}).values()
    assert timing.seconds == pytest.approx(1e-6)
    assert min(lengths[-6:]) * 1e-6 >= 0.01


def test_compiled_steps_are_timed_for_every_contestant(clouds: Problem) -> None:
    contestants = listed(clouds, "sgd@full,adam@8", settings=1)
    timings = CompiledClock().measure(clouds, contestants)
    assert list(timings) == [contestant.name for contestant in contestants]
    assert all(0 < timing.low == timing.seconds <= timing.high < 1 for timing in timings.values())


def test_a_step_is_compiled_once_and_called_as_often_as_it_is_timed(clouds: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step has its price, the same for everyone, so that what is timed is a loop of single calls."""
    traced: list[str] = []
    take = loop.take_step

    def counted(problem: Problem, method: Method, *args: Any) -> Any:
        traced.append(type(method).__name__)
        return take(problem, method, *args)

    monkeypatch.setattr(loop, "take_step", counted)
    (contestant,) = listed(clouds, "momentum@8", settings=1)
    seconds = clock._steps(clouds, contestant, jax.device_put(clouds.train))
    assert traced == ["Momentum"]
    few, many = (min(seconds(steps) for _ in range(3)) for steps in (10, 1000))
    assert 10 * few < many
    assert traced == ["Momentum"]


def test_a_wider_network_is_timed_as_wide_as_it_is(clouds: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr(clock, "widened", lambda problem, width: asked.append(width) or problem)
    (contestant,) = listed(clouds, "sgd@8", settings=1)
    CompiledClock().measure(clouds, [dataclasses.replace(contestant, name=str(width), width=width) for width in (1, 3)])
    assert asked == [3]
