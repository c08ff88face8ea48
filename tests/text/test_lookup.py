"""Losses of zero and below are lifted for a log scale, and it is said."""

from __future__ import annotations

import copy
import math
import runpy
from pathlib import Path
from typing import Any

import pytest

from talweg.figures import panels, race
from talweg.text import captions, labels, lookup

MADE = runpy.run_path(str(Path(__file__).parents[1] / "fake.py"))
fresh = MADE["fresh"]


def lowered(by: float, lowest: float | None) -> dict[str, Any]:
    """The usual race with all losses lower by so much."""
    summary = fresh("summary")
    for c in summary["contestants"]:
        c["curves"]["validation_loss"] = {
            k: [None if x is None else x - by for x in row] for k, row in c["curves"]["validation_loss"].items()
        }
        c["tuning"] = {k: row if k == "settings" else [None if x is None else x - by for x in row] for k, row in c["tuning"].items()}
        for point in c["search"]:
            point["loss"] = None if point["loss"] is None else point["loss"] - by
    for key in ("start_loss", "search_start_loss"):
        if summary["run"].get(key) is not None:
            summary["run"][key] -= by
    summary["target"]["value"] -= by
    if lowest is not None:
        summary["problem"]["optimum"] = lowest
    return summary


def test_positive_losses_stay_as_they_are() -> None:
    summary = fresh("summary")
    assert lookup.lifted(summary) is summary
    assert lookup.loss_axis(summary, "loss") == "loss (log scale)"
    assert lookup.loss_words(summary, 0.5) == "0.500"


def test_a_known_lowest_loss_is_subtracted_everywhere_and_the_summary_is_not_touched() -> None:
    summary = lowered(50.0, -50.0)
    before = copy.deepcopy(summary)
    up, usual = lookup.lifted(summary), fresh("summary")
    assert summary == before
    assert lookup.lifted(up) is up
    for c, same in zip(up["contestants"], usual["contestants"], strict=True):
        assert c["curves"]["validation_loss"]["median"] == pytest.approx(same["curves"]["validation_loss"]["median"])
        assert [p["loss"] for p in c["search"]] == [p["loss"] if p["loss"] is None else pytest.approx(p["loss"]) for p in same["search"]]
    assert up["target"]["value"] == pytest.approx(usual["target"]["value"])
    assert lookup.loss_axis(up, "loss") == "loss above −50, the lowest (log scale)"
    assert lookup.loss_words(up, 0.125) == "−50 + 0.125"


@pytest.mark.parametrize("draw", [race.curves, panels.learning_rates, race.tuning])
def test_the_figures_of_lowered_losses_are_those_of_the_usual_ones(draw: Any) -> None:
    one, other = draw(lowered(50.0, -50.0)), draw(fresh("summary"))
    assert "above −50, the lowest (log" in one.to_json()
    assert len(one.data) == len(other.data)
    for here, there in zip(one.data, other.data, strict=True):
        assert [y for y in here.y if y is not None] == pytest.approx([y for y in there.y if y is not None], rel=1e-6)


def test_without_a_known_optimum_the_lowest_loss_observed_is_taken_and_named() -> None:
    up = lookup.lifted(lowered(50.0, None))
    assert "the lowest observed" in lookup.loss_axis(up, "loss")
    assert all(x is None or x > 0 for c in up["contestants"] for x in c["curves"]["validation_loss"]["median"])
    assert lookup.loss_words(up, up["lift"]["least"]) == lookup.signed(up["lift"]["base"], 4)


def test_a_loss_of_exactly_zero_is_drawn_and_not_as_diverged() -> None:
    summary = fresh("summary")
    point = next(p for p in summary["contestants"][0]["search"] if not p["diverged"])
    point["loss"] = 0.0
    up = lookup.lifted(summary)
    again = next(p for p in up["contestants"][0]["search"] if not p["diverged"])
    assert again["loss"] > 0
    assert panels.outcome(again, up["run"]["start_loss"]) != "diverged"
    assert lookup.loss_axis(up, "loss") == "loss (log scale)"
    assert labels.point(again, "improved")[-1] == "lowest validation loss 0"


@pytest.mark.parametrize("tell", [captions.curves, captions.learning_rates, captions.tuning])
@pytest.mark.parametrize("by", [50.0, 1e6])
def test_captions_of_lowered_losses_can_be_written(tell: Any, by: float) -> None:
    assert tell(lowered(by, -by))
    assert tell(lowered(by, None))


def test_what_falls_without_end_can_be_drawn() -> None:
    summary = lowered(1e30, None)
    for draw in (race.curves, panels.learning_rates, race.tuning):
        assert math.isfinite(len(draw(summary).to_json()))
