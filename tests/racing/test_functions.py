"""A race on a function: no data, losses below zero, noise, and a target of the function's own."""

from __future__ import annotations

import pytest

from talweg.figures import race as pictures
from talweg.problems import resolve
from talweg.racing.api import race

FEW = {"methods": "sgd,adam", "settings": 4, "seeds": 2}


@pytest.mark.parametrize("text", ["easom", "x**2 + 10*y**2 - 5"])
def test_a_function_is_raced_counted_in_gradients_and_drawn_below_zero(text, tmp_path):
    done = race(resolve(text), epochs=240, count="gradients", **FEW)
    assert done.summary["target"]["value"] < 0
    assert "gradients" in done.verdict
    for word in ("validation", "training set", "test part", "constant prediction", "linear model", "new data"):
        assert word not in done.verdict
    page = done.save(tmp_path / "report.html").read_text("utf-8")
    assert "the lowest (log scale)" in page or "the lowest observed (log scale)" in page
    drawn = [trace for trace in pictures.curves(done.summary).data if trace.mode == "lines" and not trace.fill]
    assert all(y is None or y > 0 for trace in drawn for y in trace.y)


def test_on_a_function_tuned_gradient_descent_is_the_baseline_and_what_is_best_is_recommended():
    done = race(resolve("booth"), "adam", epochs=240, settings=8, seeds=2)
    assert [row["name"] for row in done.summary["contestants"] if row["reference"]] == ["sgd"]
    assert done.best.method is not None
    assert done.best.expected["expected_on_new_data"] is None
    assert done.best.expected["validation_loss"]["mean"] < 1.0 < done.summary["run"]["start_loss"]
    assert done.summary["landmarks"] == []


def test_a_noisy_function_is_judged_without_its_noise():
    done = race(resolve("x**2 + y**2 from 3, 2:noise=0.1"), "sgd:learning_rate=0.1,adam:learning_rate=0.1", epochs=8, settings=1, seeds=2)
    assert done.summary["run"]["start_loss"] == pytest.approx(13.0)
    assert {row["batch"] for row in done.summary["contestants"] if not row["reference"]} == {1}


def test_a_function_that_falls_without_end_brings_its_target():
    done = race(resolve("saddle"), epochs=80, **FEW)
    assert done.summary["target"]["value"] == -1
    assert done.summary["target"]["given"]
    assert "as requested" in done.summary["target"]["text"]
    assert any("without end" in note for note in done.summary["problem"]["notes"])
