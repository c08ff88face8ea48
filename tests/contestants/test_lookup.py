"""A contestant of a race, by whatever a table calls it."""

from __future__ import annotations

from typing import Any

import pytest

from talweg.checks import InputError
from talweg.contestants import lookup


def row(rank: int, name: str, label: str, method: str) -> dict[str, Any]:
    return {"rank": rank, "name": name, "label": label, "method": method}


ROWS = [
    row(1, "nesterov", "Nesterov", "nesterov"),
    row(2, "sgd", "mini-batch gradient descent", "sgd"),
    row(3, "sgd@1", "stochastic gradient descent", "sgd"),
    row(4, "adam@16", "Adam (batch 16)", "adam"),
    row(5, "warm-restarts+sgd", "mini-batch gradient descent, with warm restarts", "sgd"),
    row(6, "My own", "My own", "mine"),
]


@pytest.mark.parametrize(
    ("wanted", "rank"),
    [
        ("nesterov", 1),
        ("Nesterov", 1),
        ("NESTEROV", 1),
        ("mini-batch gradient descent", 2),
        ("Minibatch gradient descent", 2),
        ("Stochastic Gradient Descent", 3),
        ("adam (batch 16)", 4),
        ("adam@16", 4),
        ("Adam", 4),  # the only one
        ("2", 2),
        (2, 2),
        ("#6", 6),
        ("my own", 6),
        ("sgd", 2),  # by its name, though others are of this method, too
    ],
)
def test_a_contestant_goes_by_name_label_rank_and_method(wanted: str | int, rank: int) -> None:
    assert lookup.named("code", ROWS, wanted)["rank"] == rank


def test_what_is_unknown_is_one_sentence_with_all_that_are_known() -> None:
    with pytest.raises(
        InputError, match=r"^code: unknown contestant 'nestrov'; did you mean nesterov\? \(its contestants: 1 nesterov, "
    ) as error:
        lookup.named("code", ROWS, "nestrov")
    assert all(f"{one['rank']} {one['name']}, {one['label']}" in str(error.value) for one in ROWS)
    with pytest.raises(InputError, match="unknown contestant '7'"):
        lookup.named("code", ROWS, 7)


def test_a_method_that_several_have_is_no_name_of_one() -> None:
    with pytest.raises(InputError, match=r"'Adam' names 2 contestants; give one of adam@16, adam@32"):
        lookup.named("code", [ROWS[3], row(2, "adam@32", "Adam (batch 32)", "adam")], "Adam")


@pytest.mark.parametrize(
    ("wanted", "ranks"),
    [
        ("nesterov, Adam", [1, 4]),
        ("mini-batch gradient descent, with warm restarts, nesterov", [5, 1]),
        ("2,1", [2, 1]),
        (3, [3]),
        ([1, "Stochastic gradient descent"], [1, 3]),
        (",", []),
    ],
)
def test_several_have_commas_between_them_which_a_label_may_have_too(wanted: Any, ranks: list[int]) -> None:
    assert [one["rank"] for one in lookup.all_named("landscape", ROWS, wanted)] == ranks
