"""Which remedy helps, at equal total cost."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import talweg as tw
from markup import Page
from talweg.contestants import remedies
from talweg.problems import Problem, load, surface
from talweg.problems.supervised import widened as widened_problem
from talweg.studies.escape import Escape, escape

FEW = {"starts": 128, "steps": 200, "settings": 32}


@pytest.fixture(scope="module")
def tang() -> Problem:
    return surface("styblinski-tang").problem()


@pytest.fixture(scope="module")
def restarted(tang: Problem) -> Escape:
    return escape(tang, "sgd", "random-restarts", **FEW, command="talweg escape <b>")


@pytest.fixture(scope="module")
def widened(clouds: Problem) -> Escape:
    return escape(clouds, "sgd@8", ["wider", "momentum"], starts=8, settings=2, epochs=3)


def test_four_restarts_find_one_of_four_basins_as_often_as_chance_says(restarted: Escape) -> None:
    plain, again = restarted.arms
    assert plain.rate[1] <= 1 / 4 <= plain.rate[2]
    assert again.rate[1] <= 1 - (3 / 4) ** 4 <= again.rate[2]
    assert (plain.verdict, again.verdict) == ("plain", "helps")
    assert restarted.best_known
    assert restarted.best == pytest.approx(-78.3323, abs=1e-3)
    assert restarted.sentences[0].startswith("With 4 random restarts, ")


@pytest.mark.parametrize("seed", [0, 2])
def test_few_settings_make_a_verdict_unknown_and_never_the_opposite(seed: int) -> None:
    xor = load("xor-2-2-1")
    few, many = ([arm.verdict for arm in escape(xor, "sgd", "wider", starts=32, settings=n, seed=seed).arms] for n in (4, 32))
    assert few == ["plain", "not known"]
    assert many == ["plain", "helps"]


def test_a_trial_has_reached_the_value_that_comes_near_enough(restarted: Escape) -> None:
    for arm in restarted.arms:
        np.testing.assert_array_equal(arm.reached, arm.ends.best <= restarted.threshold)
        assert arm.rate[0] == arm.reached.mean()
    way = float(np.median(restarted.arms[0].ends.start)) - restarted.best
    assert restarted.threshold - restarted.best == pytest.approx(1e-3 * way, rel=0.3)  # of the starts of tuning, which are others


def test_one_arm_does_not_depend_on_the_others_and_a_seed_gives_the_same_again(tang: Problem, restarted: Escape) -> None:
    more = escape(tang, "sgd", "noise,random-restarts", **FEW)
    assert [arm.contestant.name for arm in more.arms] == ["sgd", "noisy+sgd", "random-restarts+sgd"]
    for arm in restarted.arms:
        other = next(one for one in more.arms if one.contestant.name == arm.contestant.name)
        assert dict(other.hyperparameters) == dict(arm.hyperparameters)
        np.testing.assert_array_equal(other.ends.best, arm.ends.best)
        assert other.rate == arm.rate
    assert more.arms[2].gain is not None
    assert restarted.arms[1].gain is not None
    assert more.arms[2].gain[0] == restarted.arms[1].gain[0]
    assert more.arms[2].gain[1] < restarted.arms[1].gain[1]  # for two arms at once
    other = escape(tang, "sgd", "random-restarts", **FEW, seed=1)
    assert other.arms[0].ends.start.tolist() != restarted.arms[0].ends.start.tolist()


def test_every_arm_begins_at_the_same_places_and_costs_the_same(clouds: Problem, widened: Escape) -> None:
    plain, wide, *others = widened.arms
    parameters, wider = clouds.parameters(), widened_problem(clouds, 4).parameters()
    assert wide.contestant.width == 4
    assert wide.steps < plain.steps
    assert abs(wide.steps * wider - plain.steps * parameters) <= wider / 2
    assert widened.budget == plain.steps * 8 * parameters
    for arm in others:
        assert arm.steps == plain.steps
        np.testing.assert_array_equal(arm.ends.start, plain.ends.start)


def test_what_is_not_known_is_the_lowest_that_any_arm_reached(widened: Escape) -> None:
    assert not widened.best_known
    assert widened.within == 0.02
    assert "the lowest that any arm reached" in " ".join(widened.sentences)
    json.dumps(widened.summary, allow_nan=False)


def test_a_goal_that_all_reach_needs_no_remedy(tang: Problem) -> None:
    result = escape(tang, "sgd", "momentum", starts=16, steps=200, settings=4, goal_loss=-45.0)
    assert result.summary["arms"][0]["reached"] == 16
    assert result.sentences[0].startswith("No remedy is needed")


def test_the_arms_are_told_before_they_run_and_what_cant_be_had_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: remedies.REMEDIES[name] for name in ("wider", "momentum")}
    monkeypatch.setattr(remedies, "REMEDIES", few)
    labels: list[str] = []
    result = escape(surface("booth").problem(), "adam", starts=8, steps=3, settings=1, progress=labels.append)
    assert len(labels) == 2 * len(result.arms) == 6
    assert labels[0] == f"tuning 1 of {len(result.arms)}: Adam"
    assert "booth has no hidden layers" in result.left_out[0]
    assert len(result.left_out) == 1


def test_a_page_and_a_fragment_are_well_formed(restarted: Escape, tmp_path: Path) -> None:
    path = restarted.save(tmp_path / "page.html")
    page = Page(path.read_text("utf-8"))
    for sentence in (*restarted.sentences[1:], "helps", "talweg escape <b>", "none of which is used again"):
        assert sentence.replace(" ", "") in page.text.replace(" ", "")  # what is not broken stands in an element of its own
    assert not [tag for tag, _ in page.attributes if tag == "b"]
    assert restarted.save(tmp_path / "again.html").read_bytes() == path.read_bytes()
    shown = restarted._repr_html_()
    assert "<script" not in shown
    assert restarted.sentences[0] in Page(shown).text
    with pytest.raises(tw.InputError, match=r"must end in \.html, got '.*page\.png'"):
        restarted.save(tmp_path / "page.png")


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "two methods": ({"method": "sgd,adam"}, "one method is remedied at a time, got 2"),
    "an unknown remedy": ({"remedies": "wide"}, "unknown remedy 'wide'; did you mean wider"),
    "a wider function": ({"remedies": "wider"}, "styblinski-tang has no hidden layers"),
    "few trials": ({"starts": 7}, "starts must be at least 8, got 7"),
    "many trials": ({"starts": 10**6}, "starts must be at most 16,384"),
    "no settings": ({"settings": 0}, "settings must be at least 1"),
    "two lengths": ({"steps": 5, "epochs": 5}, "either steps or epochs, not both"),
    "all of the way": ({"within": 1.5}, "within must lie in"),
    "no way": ({"within": 0.0}, "within must lie in"),
    "no number": ({"goal_loss": float("nan")}, "goal_loss must"),
    "a goal above": (
        {"goal_loss": 1e6, "starts": 8, "steps": 2, "settings": 1, "remedies": "momentum"},
        "lies above where the trials start",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(mistake: str, tang: Problem) -> None:
    more, sentence = MISTAKES[mistake]
    with pytest.raises(tw.InputError, match=sentence) as error:
        escape(tang, **more)
    assert "\n" not in str(error.value)


def test_a_remedy_that_adds_nothing_and_a_function_with_one_start_are_refused(tang: Problem) -> None:
    with pytest.raises(tw.InputError, match="none of these remedies adds anything"):
        escape(tang, "noisy+adam", "noise", starts=8, steps=2, settings=1)
    with pytest.raises(tw.InputError, match=r"escape: .* always begins at the same place"):
        escape(replace(tang, scatter=None))
