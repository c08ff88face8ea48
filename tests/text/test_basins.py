"""What many starts found, in words."""

from __future__ import annotations

from typing import Any

import pytest

from talweg.text import basins as found


def summary(best: int = 20, losses: tuple[float, ...] = (-2.0, 1.0), *, lowest: float | None = None, **first: Any) -> dict[str, Any]:
    """Of 100 starts of a method; `first` is what differs in its row."""
    row = {
        "name": "momentum",
        "label": "momentum",
        "diverged": 0,
        "not_converged": 0,
        "basins": len(losses),
        "best": {"count": best, "share": best / 100, "low": 0.13, "high": 0.29},
        "missing_mass": {"value": 0.0, "low": 0.0, "high": 0.05},
        "richness": {"value": float(len(losses)), "low": float(len(losses)), "high": float(len(losses))},
    }
    basins = [{"count": 1, "loss": loss, "by_method": {}} for loss in losses]
    return {
        "data": False,
        "optimum": lowest,
        "initial_gap": 10.0,
        "starts": 100,
        "probability_of_lower": 0.03,
        "basins": basins,
        "methods": [row | first],
    }


def test_the_best_and_how_often_it_was_found() -> None:
    said = found.sentences(summary())
    assert said[0] == "100 starts of momentum ended in 2 basins; 20 of them (13 % – 29 %) come to the best, a loss of −2."
    assert "1 of them (13 % – 29 %) comes to the best" in found.sentences(summary(1))[0]
    assert "all of them (13 % – 29 %) come" in found.sentences(summary(100))[0]
    assert "none comes to the best that any method found" in found.sentences(summary(0))[0]


def test_who_did_not_end_is_said() -> None:
    assert found.sentences(summary(diverged=3, not_converged=1))[1] == "Of the others 3 diverged and 1 had not converged."
    assert "Of the others" not in " ".join(found.sentences(summary()))


def test_what_may_be_better_is_only_said_where_something_can_be() -> None:
    assert "below the best with at most 3 % (95 % confidence)" in found.sentences(summary())[-1]
    known = found.sentences(summary(lowest=-2.0))
    assert known[1] == "That is the lowest value there is (−2)."
    assert "below the best" not in known[-1]
    missed = found.sentences(summary(lowest=-3.0))
    assert missed[1] == "The lowest value there is, −3, was not found."
    assert "below the best" in missed[-1]


def test_more_basins_than_were_found_are_said() -> None:
    many = {"richness": {"value": 9.0, "low": 4.0, "high": 30.0}}
    assert "There are some 9 basins or more (4 – 30)." in found.sentences(summary(**many))[-1]


def test_networks_that_all_end_elsewhere_are_not_counted_as_basins() -> None:
    one = summary(basins=80) | {"data": True}
    assert found.sentences(one)[0].startswith("100 starts of momentum ended in 80 kinds of ends")
    assert found.sentences(one)[-1].startswith("Nearly every start ends in a place of its own; the next one ends below the best")


def test_rounding_beside_the_way_down_is_nothing() -> None:
    assert found.height({"initial_gap": 10.0}, 7.9e-31) == "0"
    assert found.height({"initial_gap": 10.0}, 1e-6) != "0"
    assert found.height({"initial_gap": 10.0}, -0.5) == "−0.5"


@pytest.mark.parametrize(
    ("connection", "said"),
    [
        ("one valley: on the straight line …", "The two lowest ends lie in one valley: on the straight line …."),
        ("two valleys: …", "The two lowest ends lie in two valleys: …."),
        ("no way without a wall was found: …", "Between the two lowest ends no way without a wall was found: …."),
        ("not known: …", "Whether the two lowest ends lie in one valley is not known: …."),
    ],
)
def test_the_valleys_are_said_of_the_two_lowest(connection: str, said: str) -> None:
    assert found.valleys(connection) == said


@pytest.mark.parametrize(("x", "text"), [(0, "0 %"), (1, "100 %"), (0.2534, "25 %"), (0.00123, "0.12 %")])
def test_a_share_is_a_percentage_with_two_figures(x: float, text: str) -> None:
    assert found.small(x) == text
