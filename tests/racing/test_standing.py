"""What is known of the settings of one contestant."""

from __future__ import annotations

import numpy as np
import pytest

from talweg.contestants.notation import enter
from talweg.problems import Problem
from talweg.racing.standing import Standing
from talweg.store import Lane
from talweg.verdict.choosing import Seconds
from talweg.verdict.record import UNTUNED

SEEDS = (1, 2, 3, 4)


def lane(setting: int, seed: int, loss: float, *, steps: int = 8, schedule: str = "constant") -> Lane:
    """A lane that comes down to a loss and stays there, but for the luck of its seed."""
    curve = np.array([2.0, loss + 0.001 * seed, loss + 0.001 * seed])
    return Lane(setting, seed, {"learning_rate": 0.1}, None, np.array([0, steps // 2, steps]), curve, curve, curve, schedule=schedule)


@pytest.fixture
def standing(clouds: Problem) -> Standing:
    """Adam with four settings, the first the best on the one seed of the search."""
    made = Standing(enter(clouds, "adam", 16)[1], {}, Seconds(0.5, 1.0))
    made.add(made.contestant.at(np.full(3, u)) for u in (0.2, 0.4, 0.6, 0.8))
    made.search = [lane(i, 9, loss) for i, loss in enumerate((0.5, 0.6, 0.7, 0.8))]
    return made


def test_settings_are_numbered_one_after_the_other_beside_the_untuned_ones(standing: Standing) -> None:
    assert list(standing.add([standing.contestant.at(np.full(3, 0.5))])) == [4]
    assert sorted(standing.settings) == [UNTUNED, 0, 1, 2, 3, 4]
    np.testing.assert_allclose(standing.points[4], 0.5)
    assert standing.settings[UNTUNED]["weight_decay"] == 0.0


def test_settings_that_were_trained_both_ways_say_how_much_higher_a_level_lies(standing: Standing) -> None:
    standing.trained = [lane(i, seed, loss) for i, loss in ((0, 0.9), (1, 0.8)) for seed in SEEDS]
    known = standing.known()
    losses = np.exp(known.depths)
    losses -= losses.min()
    by_setting = dict(zip(known.settings, losses, strict=True))
    # 0 and 1 were 0.5 and 0.6 and are 0.9 and 0.8: 0.3 higher; so 2 and 3 count as 1.0 and 1.1
    assert [round(by_setting[i], 3) for i in range(4)] == pytest.approx([0.1, 0.0, 0.2, 0.3], abs=0.01)
    assert dict(zip(known.settings, known.seeds, strict=True)) == {0: 4, 1: 4, 2: 1, 3: 1}
    assert standing.ranked() == [1, 0]


def test_what_is_known_is_of_the_schedule_and_length_that_is_best(standing: Standing) -> None:
    standing.trained = [lane(i, seed, 0.9) for i in (0, 1) for seed in SEEDS]
    standing.trained += [lane(2, seed, 0.4, steps=16) for seed in SEEDS]
    standing.trained += [lane(3, seed, 0.7, steps=32, schedule="cosine") for seed in SEEDS]
    assert standing.known()[-2:] == ("constant", 16)
    assert standing.known(decaying=True)[-2:] == ("cosine", 32)
    new, known = standing.proposed(3, 0)
    assert (list(new), known.schedule, known.steps) == ([4, 5, 6], "cosine", 32)


def test_a_longer_training_is_due_as_long_as_the_last_one_paid(standing: Standing) -> None:
    assert [share for _, share in standing.first_lengths()] == [1 / 4, 1 / 8, 1 / 4]
    standing.trained = [lane(0, seed, loss, steps=steps) for steps, loss in ((8, 0.5), (16, 0.2)) for seed in SEEDS]
    standing.trained += [lane(0, seed, loss, steps=steps, schedule="cosine") for steps, loss in ((8, 0.5), (16, 0.4999)) for seed in SEEDS]
    assert not standing.longer()  # the constant rate is at its best long before the end, and decay gains less than the margin
    standing.trained += [lane(0, seed, 0.2, steps=32, schedule="cosine") for seed in SEEDS]
    assert standing.longer() == [("cosine", 1 / 2)]
    standing.trained += [lane(0, seed, 0.1, steps=64, schedule="cosine") for seed in SEEDS]
    assert standing.longer() == [("cosine", 1.0)]
    assert not standing.longer()  # that was the last


def test_a_price_has_the_slower_measurement_of_a_step(standing: Standing) -> None:
    standing.trained = [lane(0, seed, 0.5) for seed in SEEDS]
    known = standing.quality(standing.trained)
    assert standing.price(known, 0.01) == pytest.approx(known.mean + 0.01 * np.log2(known.steps * 1.0))
    assert standing.lowest_price(0.01) == standing.price(known, 0.01)
