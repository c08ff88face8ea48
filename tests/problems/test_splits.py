"""What a split promises, whatever it draws by: other rows for each seed, always equally many, and none on both sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.checks import InputError
from talweg.problems.splits import DRAWS, Fixed, Forward, Grouped, Shuffled, Split, pool_and_test

ROWS = 120
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.permutation(np.repeat([0, 1, 2], [80, 30, 10]))
PATIENTS = GENERATOR.choice([f"patient {i}" for i in range(24)], ROWS, p=np.arange(1, 25) / 300)
TIMES = GENERATOR.permutation(np.arange(ROWS) // 2)
SEEDS = [0, 1, 2, 17, 2**31, 2**32 - 1]

SPLITS: dict[str, Callable[[], Split]] = {
    "fixed": lambda: Fixed(np.arange(90), np.arange(90, 120)),
    "shuffled": lambda: Shuffled(ROWS, 30),
    "stratified": lambda: Shuffled(ROWS, 30, LABELS),
    "grouped": lambda: Grouped(PATIENTS, 0.25),
    "grouped and labelled": lambda: Grouped(PATIENTS, 0.25, LABELS),
    "forward": lambda: Forward(TIMES, 30),
}


@pytest.mark.parametrize("make", SPLITS.values(), ids=SPLITS)
def test_no_row_is_on_both_sides_and_the_sizes_are_the_same_for_all_seeds(make: Callable[[], Split]) -> None:
    split = make()
    sizes = set()
    for seed in SEEDS:
        train, validation = split.rows(seed)
        assert train.dtype == validation.dtype == np.int32
        both = np.concatenate([train, validation])
        assert len(set(both)) == len(both)
        assert both.min() >= 0
        assert both.max() < ROWS
        sizes.add((len(train), len(validation)))
    assert len(sizes) == 1
    assert min(*sizes.pop()) > 0


@pytest.mark.parametrize("make", SPLITS.values(), ids=SPLITS)
def test_the_rows_are_the_seeds_whoever_asks_and_in_whatever_order(make: Callable[[], Split]) -> None:
    one, other = make(), make()
    drawn = [one.rows(seed) for seed in SEEDS]
    for seed, rows in zip(reversed(SEEDS), reversed(drawn), strict=True):
        for a, b in zip(rows, other.rows(seed), strict=True):
            np.testing.assert_array_equal(a, b)
    assert one.described() == other.described()


@pytest.mark.parametrize("name", [name for name in SPLITS if name != "fixed"])
def test_different_seeds_draw_different_rows(name: str) -> None:
    split = SPLITS[name]()
    assert len({tuple(sorted(split.rows(seed)[1])) for seed in range(20)}) >= 10


def test_what_draws_otherwise_says_so() -> None:
    others = [
        Shuffled(ROWS, 31),
        Shuffled(ROWS, 30, 1 - LABELS),
        Grouped(PATIENTS[::-1], 0.25),
        Grouped(PATIENTS, 0.5),
        Forward(TIMES[::-1], 30),
        Forward(TIMES, 31),
        Fixed(np.arange(91), np.arange(91, 120)),
    ]
    described = [str(split.described()) for split in [*(make() for make in SPLITS.values()), *others]]
    assert len(set(described)) == len(described)


@given(sizes=st.lists(st.integers(2, 60), min_size=2, max_size=6), seed=st.integers(0, 2**32 - 1))
def test_each_class_is_in_proportion_within_a_row_and_is_trained_on(sizes: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    split = Shuffled(len(labels), max(len(sizes), len(labels) // 4), labels)
    train, validation = split.rows(seed)
    assert len(train) + len(validation) == len(labels)
    for part in (train, validation):
        wanted = np.array(sizes) * len(part) / len(labels)
        assert (np.abs(np.bincount(labels[part], minlength=len(sizes)) - wanted) <= 1).all()
    assert set(labels[train]) == set(labels)


@pytest.mark.parametrize("name", ["grouped", "grouped and labelled"])
def test_no_group_is_on_both_sides(name: str) -> None:
    split = SPLITS[name]()
    for seed in range(30):
        train, validation = split.rows(seed)
        assert not set(PATIENTS[train]) & set(PATIENTS[validation])
        if name == "grouped and labelled":
            assert set(LABELS[train]) == set(LABELS)


def test_groups_of_one_size_lose_no_row() -> None:
    train, validation = Grouped(np.repeat(np.arange(12), 10), 0.25).rows(5)
    assert (len(train), len(validation)) == (90, 30)


def test_a_class_of_one_group_cannot_be_held_back_and_trained_on() -> None:
    labels = np.repeat([0, 1], [60, 60])
    train, _ = Grouped(np.repeat(np.arange(12), 10), 0.25, labels).rows(1)
    assert set(labels[train]) == {0, 1}
    with pytest.raises(InputError, match="a class lies in so few groups"):
        Grouped(np.repeat([0, 1], [60, 60]), 0.5, labels).rows(0)


def test_validation_comes_after_training_in_time_and_moves_over_the_last_half() -> None:
    split = Forward(TIMES, 30)
    moments = []
    for seed in range(DRAWS):
        train, validation = split.rows(seed)
        assert TIMES[train].max() <= TIMES[validation].min()
        assert len(train) == ROWS // 2
        moments.append(TIMES[validation].min())
    assert min(moments) < 35
    assert max(moments) >= 44
    assert TIMES[split.rows(int(np.argmax(moments)))[1]].max() == TIMES.max()


ASKED = [{}, {"labels": LABELS}, {"groups": PATIENTS}, {"groups": PATIENTS, "labels": LABELS}, {"times": TIMES}]


@pytest.mark.parametrize("more", ASKED, ids=" and ".join)
def test_pool_and_test_part_hold_every_row_once(more: dict[str, np.ndarray]) -> None:
    pool, test, split = pool_and_test(ROWS, 3, **more)
    assert sorted([*pool, *test]) == list(range(ROWS))
    assert (np.diff(pool) < 0).any()
    for a, b in zip((pool, test), pool_and_test(ROWS, 3, **more), strict=False):
        np.testing.assert_array_equal(a, b)
    train, validation = (pool[rows] for rows in split.rows(4))
    if "groups" in more:
        assert not set(PATIENTS[pool]) & set(PATIENTS[test])
        assert not set(PATIENTS[train]) & set(PATIENTS[validation])
    elif "times" in more:
        assert TIMES[pool].max() <= TIMES[test].min()
        assert TIMES[train].max() <= TIMES[validation].min()
        assert (len(train), len(validation), len(test)) == (48, 24, 24)
    else:
        assert (len(train), len(validation), len(test)) == (72, 24, 24)
    if "labels" in more:
        assert set(LABELS[train]) == set(LABELS)


def test_large_parts_are_capped() -> None:
    pool, test, split = pool_and_test(300_000, 0)
    assert [len(part) for part in (*split.rows(9), pool, test)] == [250_000 - 8_192, 8_192, 250_000, 50_000]
    pool, test, split = pool_and_test(300_000, 0, groups=np.arange(300_000) // 100)
    assert [len(test), len(split.rows(9)[1])] == [50_000, 8_192]
