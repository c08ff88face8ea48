"""What many starts reached, in words."""

from __future__ import annotations

from typing import Any

import pytest

from talweg.text import basins


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
    return {
        "data": False,
        "optimum": lowest,
        "initial_gap": 10.0,
        "starts": 100,
        "probability_of_lower": 0.03,
        "basins": [{"count": 1, "loss": loss, "by_method": {}} for loss in losses],
        "methods": [row | first],
    }


def test_the_lowest_and_how_often_it_was_reached() -> None:
    lines = basins.sentences(summary())
    assert lines[0] == "100 starts of momentum ended in 2 basins: 20 starts (13 % – 29 %) at the lowest loss, −2."
    assert ": all (13 % – 29 %) at the lowest loss" in basins.sentences(summary(100))[0]
    assert ": none at the lowest loss of all methods" in basins.sentences(summary(0))[0]


def test_who_did_not_end_is_said() -> None:
    assert basins.sentences(summary(diverged=3, not_converged=1))[1] == "Of the other starts, 3 diverged and 1 did not converge."
    assert "Of the other" not in " ".join(basins.sentences(summary()))


def test_what_may_be_better_is_only_said_where_something_can_be() -> None:
    assert "at a lower loss with a probability of at most 3 % (95 % confidence)" in basins.sentences(summary())[-1]
    known = basins.sentences(summary(lowest=-2.0))
    assert known[1] == "This is the global minimum (−2)."
    assert "a lower loss" not in known[-1]
    missed = basins.sentences(summary(lowest=-3.0))
    assert missed[1] == "The global minimum, −3, was not reached."
    assert "a lower loss" in missed[-1]


def test_more_basins_than_were_reached_are_said() -> None:
    many = {"richness": {"value": 9.0, "low": 4.0, "high": 30.0}}
    assert "By Chao's estimate there are at least 9 basins (4 – 30)." in basins.sentences(summary(**many))[-1]


def test_networks_that_all_end_elsewhere_are_not_counted_as_basins() -> None:
    one = summary(basins=80) | {"data": True}
    assert basins.sentences(one)[0].startswith("100 starts of momentum ended in 80 kinds of endpoints")
    assert basins.sentences(one)[-1].startswith("Nearly every start has an endpoint of its own; the next one reaches a lower loss")


def test_rounding_beside_the_initial_gap_is_zero() -> None:
    assert basins.height({"initial_gap": 10.0}, 7.9e-31) == "0"
    assert basins.height({"initial_gap": 10.0}, 1e-6) != "0"
    assert basins.height({"initial_gap": 10.0}, -0.5) == "−0.5"


@pytest.mark.parametrize(("x", "text"), [(0, "0 %"), (1, "100 %"), (0.2534, "25 %"), (0.00123, "0.12 %")])
def test_a_share_is_a_percentage_with_two_figures(x: float, text: str) -> None:
    assert basins.percent(x) == text
