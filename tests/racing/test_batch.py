"""Batch ladders: a known answer, the same answer after a stop, and what is refused."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw
from talweg.problems import Problem
from talweg.racing.batch import BatchSizes
from talweg.racing.ladder import sizes_of
from talweg.statistics import scaling
from talweg.store import BATCH, RACE, Store

CURVATURES = np.geomspace(0.01, 1, 8).astype(np.float32)
DEVIATION, SHARE = 2.0, 0.1  #: of the rows; of the initial gap that is still open at the target
TRIED = [1, 4, 16, 64, 256]


def bowl() -> tuple[Problem, float]:
    """A quadratic whose gradients are noisy because of its rows, and the loss at which a tenth of the gap is left."""

    def rows(count: int, seed: int) -> np.ndarray:
        drawn = np.random.default_rng(seed).normal(size=(count, len(CURVATURES)))
        return (DEVIATION * (drawn - drawn.mean(0)) / drawn.std(0)).astype(np.float32)

    train, held_out = rows(16384, 1), rows(512, 2)

    def loss(x, batch):
        return 0.5 * jnp.mean(jnp.sum(jnp.asarray(CURVATURES) * (x - batch) ** 2, -1))

    least = 0.5 * float((CURVATURES * held_out**2).sum(-1).mean())
    problem = Problem(loss, lambda key: jnp.asarray(1 / np.sqrt(CURVATURES)), train, held_out, name="bowl")
    return problem, least + SHARE * 0.5 * len(CURVATURES)


def exact(size: int) -> float:
    """The steps of gradient descent with its best learning rate to that loss, from the recursion of the expected squared distance.

    E x² ← (1 − η h)² E x² + η² h² σ² / B in each direction; see e.g. Zhang et al., "Which algorithmic choices matter at which batch
    sizes?", 2019.
    """
    left, best = SHARE * 0.5 * len(CURVATURES), np.inf
    for rate in np.geomspace(1e-3, 1.99, 400):
        shrinking = (1 - rate * CURVATURES) ** 2
        floor = rate**2 * CURVATURES**2 * DEVIATION**2 / size / (1 - shrinking)
        squares = (1 / CURVATURES - floor) * shrinking ** np.arange(2000)[:, None] + floor
        below = np.flatnonzero(0.5 * (CURVATURES * squares).sum(1) <= left)
        best = min(best, float(below[0]) if below.size else np.inf)
    return best


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> BatchSizes:
    problem, goal = bowl()
    store = tmp_path_factory.mktemp("batch") / "talweg.db"
    return tw.batch(problem, "sgd", sizes=TRIED, goal_loss=goal, settings=16, seeds=16, epochs=4, clock="jax", store=store)


def test_steps_on_a_noisy_quadratic_are_those_of_its_closed_form(known: BatchSizes) -> None:
    (ladder,) = known.summary["ladders"]
    measured = np.array([one["to_target"]["steps"]["value"] for one in ladder["sizes"]], float)
    expected = np.array([exact(size) for size in TRIED])
    assert measured == pytest.approx(expected, rel=0.25)
    assert np.abs(np.log(measured / expected)).mean() < 0.12
    true = scaling.fit(np.array(TRIED, float), expected[None], np.full(len(TRIED), 1e9))
    assert ladder["fit"]["seen"] == "inside"
    assert ladder["fit"]["critical"]["value"] == pytest.approx(true.critical[0], rel=0.35)
    assert ladder["fit"]["curve"] == pytest.approx(list(measured), rel=0.4)
    low, high = ladder["fit"]["critical"]["low"], ladder["fit"]["critical"]["high"]
    assert low <= ladder["fit"]["critical"]["value"] <= high


def test_costs_belong_together(known: BatchSizes) -> None:
    (ladder,) = known.summary["ladders"]
    for one in ladder["sizes"]:
        reached = one["to_target"]
        assert reached["examples"]["value"] == pytest.approx(one["examples"] * reached["steps"]["value"])
        assert reached["seconds"]["value"] == pytest.approx(one["seconds_per_step"]["seconds"] * reached["steps"]["value"])
        for costs in (reached["steps"], one["to_loose"]["steps"]):
            assert costs["low"] <= costs["value"] <= (np.inf if costs["high"] is None else costs["high"])
    by = {"time": "seconds", "steps": "steps", "examples": "examples"}
    for count, key in by.items():
        least = min(ladder["sizes"], key=lambda one, key=key: one["to_target"][key]["value"])
        assert ladder["fastest"][count] == least["batch"]
    table = known.table()
    assert list(table["batch"]) == TRIED
    assert list(table["steps_to_target"]) == [one["to_target"]["steps"]["value"] for one in ladder["sizes"]]


def test_it_is_kept_beside_races_and_not_taken_for_one(known: BatchSizes, clouds: Problem) -> None:
    path = known.store.path
    assert known.store.race(known.name).kind == BATCH
    assert tw.open_batch(store=path).summary == known.summary
    with pytest.raises(tw.InputError, match="holds no races yet; run talweg race first"):
        tw.open_race(store=path)
    raced = tw.race(clouds, "adam", settings=2, seeds=2, epochs=1, store=path)
    assert tw.open_race(store=path).name == raced.name
    assert tw.open_batch(store=path).name == known.name
    assert {row.kind for row in Store(path).races()} == {RACE, BATCH}


class Stop(Exception):
    """In the middle of it."""


def test_what_was_stopped_goes_on_to_the_same_numbers(clouds: Problem, tmp_path: Path) -> None:
    options = {"sizes": "4,16,full", "settings": 4, "seeds": 4, "epochs": 8, "clock": "jax"}
    whole = tw.batch(clouds, "adam", store=tmp_path / "whole.db", **options)
    told = 0

    def stopping(event: object) -> None:
        nonlocal told
        told += 1
        if told == 12:
            raise Stop

    with pytest.raises(Stop):
        tw.batch(clouds, "adam", store=tmp_path / "parts.db", listener=stopping, **options)
    with pytest.raises(tw.InputError, match="is not finished; run the same command again to go on"):
        tw.open_batch(store=tmp_path / "parts.db")
    again = tw.batch(clouds, "adam", store=tmp_path / "parts.db", **options)

    def steps(done: BatchSizes) -> list[tuple[float | None, float | None]]:
        return [(one["to_target"]["steps"]["value"], one["validation_loss"]["mean"]) for one in done.summary["ladders"][0]["sizes"]]

    assert steps(again) == steps(whole)
    assert again.name == whole.name


def test_methods_have_ladders_of_their_own_and_one_target(clouds: Problem) -> None:
    done = tw.batch(clouds, "sgd,momentum:momentum=0.8", sizes=[4, 16, "full"], settings=3, seeds=3, epochs=8, clock="jax")
    assert [ladder["label"] for ladder in done.summary["ladders"]] == ["mini-batch gradient descent", "momentum, momentum 0.8"]
    for ladder in done.summary["ladders"]:
        assert [one["batch"] for one in ladder["sizes"]] == [4, 16, "full"]
        assert all(set(one["hyperparameters"]) >= {"learning_rate"} for one in ladder["sizes"])
    assert all(one["hyperparameters"]["momentum"] == 0.8 for one in done.summary["ladders"][1]["sizes"])


@pytest.mark.parametrize("goal", [1e6, 1e-9])
def test_a_goal_that_is_there_from_the_start_or_out_of_reach_is_told_and_drawn(clouds: Problem, goal: float, tmp_path: Path) -> None:
    done = tw.batch(clouds, "sgd", sizes="4,16,full", settings=2, seeds=3, epochs=8, goal_loss=goal, clock="jax")
    (ladder,) = done.summary["ladders"]
    assert [one["to_target"]["steps"]["value"] for one in ladder["sizes"]] == ([0.0] * 3 if goal > 1 else [None] * 3)
    assert done.summary["target"]["given"]
    assert done.save(tmp_path / "page.html").exists()


def test_noise_has_no_batch_size() -> None:
    rng = np.random.default_rng(0)
    noise = tw.problems.from_arrays(rng.normal(size=(120, 4)), rng.integers(0, 2, 120), model="mlp:4")
    done = tw.batch(noise, "sgd", sizes="4,16,full", settings=3, seeds=4, epochs=4, clock="jax")
    assert not done.summary["target"]["learned"]
    assert done.sentences[0].startswith("Nothing was learned")


def test_usual_sizes_are_powers_of_two_with_the_usual_one_and_the_full_batch(clouds: Problem) -> None:
    sizes = sizes_of(clouds)
    assert sizes[0] == 1
    assert sizes[-1] is None
    assert all(size & (size - 1) == 0 for size in sizes[:-1] if size is not None)
    assert max(size for size in sizes if size is not None) <= clouds.examples / 2


WRONG = {
    "a function": (lambda clouds: tw.problems.surface("himmelblau").problem(), {}, "has no training and validation data"),
    "a size in the method": (lambda clouds: clouds, {"methods": "adam@16"}, "names a batch size, but every method is tried at all sizes"),
    "a fixed rate": (lambda clouds: clouds, {"methods": "adam:learning_rate=0.1"}, "the learning rate of Adam.* is fixed"),
    "two sizes": (lambda clouds: clouds, {"sizes": "4,full"}, "at least 3 batch sizes, got 2"),
    "a size that is none": (lambda clouds: clouds, {"sizes": "4,x,full"}, "a batch size must be a whole number of at least 1, or full"),
    "more than there are": (lambda clouds: clouds, {"sizes": "4,8,100000"}, "a batch of 100000 needs as many training examples"),
    "a lone number": (lambda clouds: clouds, {"sizes": 16}, "batch sizes must be a text such as 16,64,full or a list, got 16"),
    "no settings": (lambda clouds: clouds, {"settings": 0}, "batch: settings must be"),
    "a clock": (lambda clouds: clouds, {"clock": "sun"}, "clock"),
    "an unknown method": (lambda clouds: clouds, {"methods": "adamm"}, "adamm"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_sentence(case: str, clouds: Problem) -> None:
    problem, options, sentence = WRONG[case]
    with pytest.raises(tw.InputError, match=sentence):
        tw.batch(problem(clouds), **options)
