"""Every initialisation is trained with what a race recommends, on the same seeds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from talweg.checks import InputError
from talweg.contestants.contestant import Contestant
from talweg.contestants.notation import listed
from talweg.engine.program import Placement, Program
from talweg.figures import initialisations as figures
from talweg.problems import Problem, datasets, landmarks
from talweg.problems.initialisation import INITIALISATIONS
from talweg.problems.supervised import Start
from talweg.statistics.means import mean_interval
from talweg.studies.initialisations import initialisations
from talweg.text import initialisations as words

SEEDS, STEPS = [11, 12, 13, 14], 30


@pytest.fixture(scope="module")
def adam(clouds: Problem) -> Contestant:
    (contestant,) = listed(clouds, "adam@8", settings=1)
    return contestant


@pytest.fixture(scope="module")
def rows(clouds: Problem, adam: Contestant) -> dict[str, Any]:
    return {row["name"]: row for row in initialisations(clouds, adam, {"learning_rate": 0.01}, STEPS, "constant", SEEDS)}


def test_every_initialisation_has_a_row_from_the_lowest_loss(rows: dict[str, Any]) -> None:
    assert set(rows) == set(INITIALISATIONS)
    losses = [row["validation_loss"]["mean"] for row in rows.values()]
    assert losses == sorted(losses)
    assert [name for name, row in rows.items() if row["own"]] == ["torch"]
    assert all(row["seeds"] == len(SEEDS) and row["failed"] == 0 for row in rows.values())


def alone(problem: Problem, contestant: Contestant, name: str, schedule: str = "constant") -> np.ndarray:
    """The last losses of a problem that starts in that way, by a program of its own."""
    assert isinstance(problem.start, Start)
    start = Start(replace(problem.start.spec, initialisation=name), problem.start.inputs, problem.start.outputs)
    method = contestant.method({"learning_rate": 0.01}, STEPS, schedule)
    program = Program(Placement(replace(problem, start=start)), method, contestant.size, len(SEEDS))
    return program.run([method] * len(SEEDS), SEEDS, STEPS).validation_loss[:, -1]


def test_a_row_is_what_a_problem_with_that_initialisation_gives(clouds: Problem, adam: Contestant, rows: dict[str, Any]) -> None:
    own, he = (alone(clouds, adam, name) for name in ("torch", "he"))
    assert rows["he"]["validation_loss"]["mean"] == pytest.approx(he.mean(), rel=1e-6)
    assert rows["torch"]["validation_loss"]["low"] == pytest.approx(mean_interval(own)[0], rel=1e-5)
    difference = rows["he"]["difference"]
    assert difference["mean"] == pytest.approx((he - own).mean(), rel=1e-4)
    assert difference["high"] == pytest.approx(mean_interval(he - own, 1 - 0.05 / (len(rows) - 1))[1], rel=1e-4)
    assert rows["torch"]["difference"] is None


def test_the_schedule_is_the_recommended_one(clouds: Problem, adam: Contestant) -> None:
    rows = initialisations(clouds, adam, {"learning_rate": 0.01}, STEPS, "cosine", SEEDS)
    (own,) = (row for row in rows if row["own"])
    assert own["validation_loss"]["mean"] == pytest.approx(alone(clouds, adam, "torch", "cosine").mean(), rel=1e-6)


def test_the_race_s_own_initialisation_is_the_problem_s(adam: Contestant) -> None:
    problem = datasets.load("iris", model="mlp:4", init="keras")
    rows = initialisations(problem, adam, {"learning_rate": 0.01}, 4, "constant", SEEDS)
    assert [row["name"] for row in rows if row["own"]] == ["keras"]


def test_a_failed_training_counts_as_three_times_the_constant_prediction(clouds: Problem) -> None:
    (sgd,) = listed(clouds, "sgd@8", settings=1)
    rows = initialisations(clouds, sgd, {"learning_rate": 1e9}, STEPS, "constant", SEEDS)
    constant = np.mean([fitted.validation_loss for _, fitted in landmarks.constant(clouds, SEEDS)])
    assert all(row["failed"] == len(SEEDS) for row in rows)
    assert rows[0]["validation_loss"]["mean"] == pytest.approx(3 * constant)


def test_a_wider_contestant_keeps_its_width(clouds: Problem, adam: Contestant) -> None:
    rows = initialisations(clouds, replace(adam, width=2), {"learning_rate": 0.01}, 4, "constant", SEEDS)
    assert len(rows) == len(INITIALISATIONS)


def test_what_has_no_initialisation_is_refused(clouds: Problem, adam: Contestant) -> None:
    with pytest.raises(InputError, match="init: rosenbrock is a function or a model of your own, which starts in its own way"):
        initialisations(datasets.load("rosenbrock"), adam, {}, 4, "constant", SEEDS)
    with pytest.raises(InputError, match="begins again from other weights; name a contestant without restarts"):
        initialisations(clouds, replace(adam, restarts=3), {}, 4, "constant", SEEDS)
    with pytest.raises(InputError, match="the number of seeds must be at least 2, got 1"):
        initialisations(clouds, adam, {}, 4, "constant", [1])


def test_the_figure_has_a_point_for_each_and_a_line_at_the_race_s_own(rows: dict[str, Any]) -> None:
    figure = figures.forest([*rows.values()])
    assert [trace.x[0] for trace in figure.data] == [row["validation_loss"]["mean"] for row in reversed(rows.values())]
    assert figure.layout.shapes[0].x0 == rows["torch"]["validation_loss"]["mean"]
    assert figure.layout.yaxis.ticktext[::-1] == tuple(map(words.label, rows.values()))
