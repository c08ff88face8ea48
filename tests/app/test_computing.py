"""What the page sends: what changed, in few bytes, and nothing that was not computed."""

from __future__ import annotations

import base64
import dataclasses
import json

import numpy as np
import pytest

import talweg as tw
from talweg.app import computing
from talweg.app.lessons import LESSONS, Lesson, late
from talweg.app.state import SurfaceState, entries
from talweg.checks import InputError

STATE = SurfaceState(
    methods=entries("sgd:learning_rate=0.001,momentum:learning_rate=0.0005,adam:learning_rate=0.05"), start=(-1.0, 1.0), steps=100
)


def numbers(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


def test_the_first_message_has_everything_and_the_next_only_what_changed() -> None:
    descents = computing.PageTrajectories()
    first = descents.message(STATE)
    assert [path["name"] for path in first["trajectories"]] == first["order"] == ["sgd", "momentum", "adam"]
    assert descents.message(STATE)["trajectories"] == []
    moved = STATE.with_entry(STATE.methods[2].with_number("learning_rate", 0.06))
    assert [path["name"] for path in descents.message(moved)["trajectories"]] == ["adam"]
    assert len(descents.message(dataclasses.replace(moved, start=(0.5, 0.5)))["trajectories"]) == 3
    assert len(descents.message(moved, whole=True)["trajectories"]) == 3


def test_a_message_holds_the_paths_that_the_library_computes() -> None:
    message = computing.PageTrajectories().message(STATE)
    own = tw.trajectories(tw.problems.surface("rosenbrock").problem(), [str(e) for e in STATE.methods], [-1.0, 1.0], 100)
    for sent, path in zip(message["trajectories"], own, strict=True):
        np.testing.assert_allclose(numbers(sent["xy"]).reshape(-1, 2), path.positions[0], rtol=1e-6)
        np.testing.assert_allclose(numbers(sent["loss"]), path.loss[0], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(numbers(sent["rate"]), path.rates[0], rtol=1e-5)
    assert message["start"] == (-1.0, 1.0)
    assert message["log"] is True


def test_paths_are_sent_and_not_the_surface() -> None:
    descents = computing.PageTrajectories()
    descents.message(STATE)
    moved = STATE.with_entry(STATE.methods[0].with_number("learning_rate", 0.002))
    assert len(json.dumps(descents.message(moved))) < 5_000
    longest = dataclasses.replace(moved, steps=2000)
    sent = descents.message(longest)["trajectories"][0]
    assert len(numbers(sent["xy"])) <= 2 * (computing.POINTS + 1)
    assert sent["stride"] == 5


def test_two_pages_do_not_know_of_each_other() -> None:
    one, other = computing.PageTrajectories(), computing.PageTrajectories()
    one.message(STATE)
    assert len(other.message(STATE)["trajectories"]) == 3
    changed = dataclasses.replace(STATE, start=(1.0, 2.0))
    assert other.message(changed)["start"] != one.message(STATE)["start"]


def test_noise_is_dragged_without_compiling_again() -> None:
    def rows(noise: float) -> np.ndarray:
        state = dataclasses.replace(STATE, noise=noise)
        computer = computing.descents_of(state, state.methods[0])
        losses.add(computer.problem.loss)
        return np.asarray(computer.problem.train)

    losses: set[object] = set()
    assert np.std(rows(2.0)) == pytest.approx(2.0, rel=0.05)
    assert np.std(rows(4.0)) == pytest.approx(4.0, rel=0.05)
    assert len(losses) == 1


def test_noise_on_the_gradient_is_a_wrapper_around_the_method() -> None:
    shaken = dataclasses.replace(STATE, shake=0.5)
    message = computing.PageTrajectories().message(shaken)
    still = computing.PageTrajectories().message(STATE)
    assert message["order"] == still["order"]
    assert message["trajectories"][0]["xy"] != still["trajectories"][0]["xy"]
    assert message["trajectories"][0]["colour"] == still["trajectories"][0]["colour"]


def test_the_best_learning_rate_is_found_for_what_has_none() -> None:
    state = computing.tuned(dataclasses.replace(STATE, methods=entries("sgd,adam:learning_rate=0.05")))
    (path,) = tw.trajectories(tw.problems.surface("rosenbrock").problem(), "sgd", [-1.0, 1.0], 100)
    assert state.methods[0].hyperparameters["learning_rate"] == path.hyperparameters["learning_rate"]
    assert state.methods[1].hyperparameters["learning_rate"] == 0.05


def test_rates_that_were_chosen_are_taken_unless_the_page_went_on() -> None:
    bare = dataclasses.replace(STATE, methods=entries("sgd,adam"))
    chosen = computing.tuned(bare)
    assert computing.adopted(bare, chosen) == chosen
    dragged = bare.with_entry(bare.methods[1].with_number("learning_rate", 0.5))
    taken = computing.adopted(dragged, chosen)
    assert taken.methods == (chosen.methods[0], dragged.methods[1])
    elsewhere = dataclasses.replace(bare, surface="beale")
    assert computing.adopted(elsewhere, chosen) == elsewhere


def test_divergence_and_overshooting_are_said_in_words() -> None:
    state = dataclasses.replace(STATE, methods=entries("sgd:learning_rate=1,momentum:learning_rate=0.00237"), start=(-1.2, 1.0))
    descents = computing.PageTrajectories()
    sentences = {one["name"]: one["words"] for one in descents.message(state)["sentences"]}
    assert "gradient descent: diverged at step" in sentences["sgd"]
    assert "too large" in sentences["sgd"]
    assert "momentum: " in sentences["momentum"]
    assert "overshot" in sentences["momentum"]
    message = descents.message(state, whole=True)
    sent = message["trajectories"][0]
    assert sent["diverged"] >= 0
    json.dumps(sent)
    assert np.isfinite(numbers(sent["xy"])).all()


def test_a_function_that_falls_without_end_does_not_blame_the_rate() -> None:
    state = computing.tuned(dataclasses.replace(STATE, surface="log(x)", methods=entries("sgd"), start=(1.0, 1.0)))
    words = computing.PageTrajectories().message(state)["sentences"][0]["words"]
    assert "diverged" in words
    assert "too large" not in words


def test_a_function_without_a_lowest_value_has_a_plain_axis() -> None:
    message = computing.PageTrajectories().message(dataclasses.replace(STATE, surface="x*y"))
    assert message["log"] is False
    assert message["title"] == "loss"
    assert np.nanmin(numbers(message["trajectories"][0]["loss"])) < 0


@pytest.mark.parametrize("text", ["x**2 + foo(y)", "", "__import__('os')", "x.real", "rosenbrock:dimensions=3", "x" * 900])
def test_what_cannot_be_drawn_is_one_sentence(text: str) -> None:
    with pytest.raises(InputError):
        computing.two_dimensional(text)


def test_pictures_are_json_and_the_same_for_all_pages() -> None:
    made = computing.pictures("beale", "auto")
    assert made is computing.pictures("beale", "auto")
    assert {"contour", "space", "domain"} == set(made)


# ---- lessons -----------------------------------------------------------------------------------------------------------------


def answered(lesson: Lesson, **words: str) -> bool:
    state, troubles = SurfaceState.read({**lesson.scene, **words})
    assert troubles == []
    return lesson.answered(state, computing.PageTrajectories().outcomes(state))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.title)
def test_a_lesson_asks_something_that_a_slider_answers(lesson: Lesson) -> None:
    assert not answered(lesson)
    assert answered(lesson, **lesson.solution)
    moved = SurfaceState.read({**lesson.scene, **lesson.solution})[0]
    first = lesson.state()
    numbers = {
        name for a, b in zip(first.methods, moved.methods, strict=True) for name, value in b.chosen if a.hyperparameters[name] != value
    }
    others = {name for name in ("noise", "steps", "shake") if getattr(first, name) != getattr(moved, name)}
    assert numbers | others <= lesson.sliders
    assert len(numbers | others) == 1


def test_there_are_seven_lessons_and_what_they_say_of_the_start_is_so() -> None:
    assert len(LESSONS) == 7
    paths = [computing.PageTrajectories().outcomes(lesson.state()) for lesson in LESSONS]
    assert paths[0]["sgd"].kind == "short"
    momentum, nesterov = paths[2]["momentum"], paths[2]["nesterov"]
    assert momentum.climbed is not None
    assert nesterov.step < momentum.step / 4 + 1
    assert (paths[3]["adagrad"].kind, paths[3]["rmsprop"].kind) == ("short", "reached")
    assert late(paths[4]["sgd@1"]) == pytest.approx(1.6, abs=0.05)
    assert late(paths[4]["sgd@full"]) < late(paths[4]["sgd@16"]) < late(paths[4]["sgd@1"])
    assert {one.kind for one in paths[6].values()} == {"stuck"}
    saddle = [one.trajectory.positions[-1] for one in paths[5].values()]
    np.testing.assert_allclose(saddle, 0, atol=0.05)
