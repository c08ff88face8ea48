"""Which remedy helps, in words and as a figure."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from talweg.figures import escape as figures
from talweg.text import escape

ALONE = "gradient descent"


def arm(label: str, share: float, verdict: str = "plain", gain: tuple[float, float, float] | None = None) -> dict[str, Any]:
    """An arm of 100 trials."""
    return {
        "name": label,
        "label": label,
        "verdict": verdict,
        "good_settings": 1 if verdict == "not known" else 5,
        "tried_settings": 8,
        "reached": round(100 * share),
        "rate": {"median": share, "low": max(0.0, share - 0.08), "high": min(1.0, share + 0.08)},
        "gain": None if gain is None else dict(zip(("median", "low", "high"), gain, strict=True)),
        "loss": -1.5,
        "steps": 200,
        "cost": 200 / share if share else None,
    }


def summary(*arms: dict[str, Any], plain: float = 0.25, **more: Any) -> dict[str, Any]:
    """The plain method, and these arms."""
    given = {
        "data": False,
        "best": -3.0,
        "best_known": True,
        "goal_given": False,
        "threshold": -2.9,
        "gradients": 200.0,
        "starts": 100,
        "settings": 8,
        "level": 0.95,
    }
    return given | {"arms": [arm(ALONE, plain), *arms]} | more


HELPS = arm(f"{ALONE}, 4 random restarts", 0.68, "helps", (0.43, 0.31, 0.54))
TIES = arm(f"{ALONE}, with warm restarts", 0.29, "can't be told", (0.04, -0.06, 0.13))
HURTS = arm("RMSprop", 0.05, "hurts", (-0.2, -0.29, -0.1))


UNTUNED = arm(f"{ALONE}, hidden layers 4× as wide", 0.0, "not known", (-0.25, -0.34, 0.02)) | {"good_settings": 0}


def test_a_remedy_that_nobody_tuned_enough_is_not_known_and_neither_helps_nor_hurts() -> None:
    numbers = summary(UNTUNED, arm("Adam", 0.5, "not known", (0.25, -0.1, 0.4)))
    lines = escape.sentences(numbers)
    assert lines[0] == "Not known whether a remedy helps: with 8 settings of each, tuning is too much a matter of luck."
    assert lines[2].startswith("Not known, tuned with too few settings: hidden layers 4× as wide (0 %; none of 8 settings arrived) and ")
    assert not [line for line in lines if line.startswith(("Helps", "Hurts", "No significant"))]
    assert escape.cells(UNTUNED, numbers)["verdict"] == "not known"
    assert {trace.marker.symbol for trace in figures.rates(numbers).data} == {"circle", "circle-open"}
    assert escape.headline(summary(UNTUNED, HELPS)).startswith("With 4 random restarts")


def test_the_best_remedy_comes_first_and_each_difference_has_its_interval() -> None:
    lines = escape.sentences(summary(TIES, HURTS, HELPS))
    assert lines == [
        "With 4 random restarts, 68 % of the trials reach the best known value, against 25 % without a remedy.",
        "Without a remedy, gradient descent comes within 0.1 of the best known value (−3) in 25 of 100 trials (17 % – 33 %).",
        "Helps: 4 random restarts, 68 % (60 % – 76 %), a difference of +43 percentage points (+31 to +54).",
        "Hurts: RMSprop, 5 % (0 % – 13 %), a difference of −20 percentage points (−29 to −10).",
        "No significant difference: warm restarts (29 %).",
        "Every trial had the same budget, 200 gradients; the lowest cost per success is that of 4 random restarts, 294 on average.",
    ]


def test_a_goal_of_the_callers_is_called_so() -> None:
    numbers = summary(HELPS, goal_given=True)
    assert escape.headline(numbers) == "With 4 random restarts, 68 % of the trials reach the goal, against 25 % without a remedy."
    assert "best known" not in " ".join(escape.sentences(numbers))
    assert figures.rates(numbers).layout.xaxis.title.text == "trials that reached the goal, %"


def test_a_tie_is_called_not_significant() -> None:
    numbers = summary(TIES)
    assert escape.headline(numbers).startswith("No remedy helps significantly")
    assert "No significant difference: warm restarts (29 %)." in escape.sentences(numbers)
    assert escape.cells(TIES, numbers)["verdict"] == "not significant"
    assert not [word for word in escape.sentences(numbers) if word.startswith("Helps")]


def test_no_trial_reached_it() -> None:
    numbers = summary(arm("Adam", 0.0, "can't be told", (0.0, -0.04, 0.04)), plain=0.0, best_known=False)
    lines = escape.sentences(numbers)
    assert lines[0].startswith("No trial reached the best known value")
    assert "the lowest that any arm reached" in lines[1]
    assert lines[-1] == "Every trial had the same budget, 200 gradients."
    assert escape.cells(numbers["arms"][0], numbers)["cost"] == "–"


def test_where_the_plain_method_nearly_always_arrives_no_remedy_is_needed() -> None:
    assert (
        escape.headline(summary(TIES, plain=0.997))
        == "No remedy is needed: nearly all trials of gradient descent reach the best known value."
    )


def test_where_all_hurt_the_plain_method_is_best() -> None:
    assert escape.headline(summary(HURTS)) == "No remedy helps: gradient descent reaches the best known value most often without one."


def test_a_goal_that_only_luck_meets_is_said_to_tell_little_and_another_is_named() -> None:
    rare = arm("Adam", 0.01, "can't be told", (0.01, -0.03, 0.05)) | {"loss": -2.2}
    numbers = summary(rare, plain=0.0, best_known=False)
    assert "a goal loss of −2.2, which half of the trials with Adam reach, would tell more" in " ".join(escape.sentences(numbers))
    assert escape.other_goal(numbers | {"best_known": True}) == ""
    assert escape.other_goal(summary(rare, best_known=False)) == ""


def test_equally_cheap_arms_are_not_told_apart() -> None:
    alike = arm("Adam", 0.25, "can't be told", (0.0, -0.1, 0.1))
    assert "the lowest cost per success is that of 2 arms, 800 on average" in escape.cost(summary(alike))


@pytest.mark.parametrize(
    ("label", "named", "beside"),
    [
        (ALONE, ALONE, "Gradient descent"),
        (f"{ALONE}, from a large learning rate", "a large learning rate", "… from a large learning rate"),
        (f"{ALONE}, 4 random restarts", "4 random restarts", "… 4 random restarts"),
        ("momentum", "momentum", "Momentum"),
    ],
)
def test_a_remedy_of_the_plain_method_is_named_by_what_it_adds(label: str, named: str, beside: str) -> None:
    assert escape.short(arm(label, 0.5), summary()) == named
    assert escape.beside(arm(label, 0.5), summary()) == beside


@pytest.mark.parametrize(("x", "text"), [(0, "0"), (0.5, "+50"), (-0.094, "−9.4"), (1.0, "+100"), (0.0004, "0")])
def test_points_have_a_sign(x: float, text: str) -> None:
    assert escape.points(x) == text


def test_the_figure_has_every_arm_from_above_and_marks_what_differs() -> None:
    figure = figures.rates(summary(HELPS, TIES, HURTS))
    assert figure.layout.yaxis.ticktext == ("RMSprop", "… with warm restarts", "… 4 random restarts", "Gradient descent")
    assert [trace.x[0] for trace in figure.data] == pytest.approx([5, 29, 68, 25])
    assert [trace.marker.symbol for trace in figure.data] == ["circle", "circle-open", "circle", "circle"]
    assert [round(trace.error_x.array[0], 6) for trace in figure.data] == [8, 8, 8, 8]
    assert [round(trace.error_x.arrayminus[0], 6) for trace in figure.data] == [5, 8, 8, 8]
    assert [note.text for note in figure.layout.annotations] == ["hurts: −20 points", "helps: +43 points"]
    assert figure.layout.shapes[0].x0 == 25
    assert len({trace.marker.color for trace in figure.data}) == 4


def test_words_of_a_caller_are_no_html_in_the_figure() -> None:
    figure = figures.rates(summary(arm("<b>mine</b>", 0.5, "helps", (0.2, 0.1, 0.3))))
    assert "<b>mine" not in str(figure.layout.yaxis.ticktext)
    assert "&lt;b&gt;mine" in figure.data[0].hovertemplate


def test_the_words_need_no_plotly() -> None:
    code = "import sys; from talweg.text import basins, escape; print('plotly' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
