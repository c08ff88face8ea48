"""Many starts, and the basins that they end in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import equinox as eqx
import jax
import numpy as np
import pytest

import talweg as tw
from talweg.problems import Problem, surface
from talweg.studies import basins as module
from talweg.studies.basins import Basins, basins, signatures


@pytest.fixture(scope="module")
def himmelblau() -> Basins:
    return basins(surface("himmelblau").problem(), "momentum,adam", 48, steps=300)


def test_himmelblaus_function_has_four_basins_with_its_four_minima(himmelblau: Basins) -> None:
    minima = np.array([basin.params for basin in himmelblau.basins])
    known = np.array([point.at for point in surface("himmelblau").critical if point.kind == "minimum"])
    assert len(minima) == 4
    for at in known:
        assert np.linalg.norm(minima - at, axis=1).min() < 1e-4
    assert sum(basin.count for basin in himmelblau.basins) == 96
    assert max(basin.loss for basin in himmelblau.basins) < 1e-12


def test_all_global_minima_are_the_best(himmelblau: Basins) -> None:
    for row in himmelblau.summary["methods"]:
        assert row["best"]["count"] == 48
        assert row["best"]["share"] == 1.0
    assert himmelblau.sentences[0].startswith("48 starts of momentum ended in 4 basins: all (")
    assert himmelblau.sentences[1] == "This is the global minimum (0)."


def test_all_methods_have_the_same_starts(himmelblau: Basins) -> None:
    first, second = himmelblau.arrivals
    np.testing.assert_array_equal(first.ends.start, second.ends.start)
    assert [dict(basin.by_method) for basin in himmelblau.basins] == [
        {a.contestant.name: int((a.basin == k).sum()) for a in himmelblau.arrivals} for k in range(4)
    ]


def test_the_numbers_are_plain_and_a_seed_gives_the_same_again(himmelblau: Basins) -> None:
    json.dumps(himmelblau.summary, allow_nan=False)
    again, other = (basins(surface("himmelblau").problem(), "momentum", 48, steps=300, seed=seed) for seed in (0, 1))
    assert again.arrivals[0].basin.tolist() == himmelblau.arrivals[0].basin.tolist()
    assert again.arrivals[0].hyperparameters == himmelblau.arrivals[0].hyperparameters
    assert other.arrivals[0].ends.start.tolist() != again.arrivals[0].ends.start.tolist()


def test_styblinski_and_tangs_function_in_four_dimensions_has_sixteen() -> None:
    result = basins(tw.problems.load("styblinski-tang:dimensions=4"), "sgd", 256, steps=100, learning_rate=0.005)
    assert len(result.basins) == 16
    assert result.best.loss == pytest.approx(-39.16617 * 4, abs=1e-3)
    np.testing.assert_allclose(result.best.params, -2.903534, atol=1e-5)
    assert result.arrivals[0].hyperparameters["learning_rate"] == 0.005
    row = result.summary["methods"][0]
    assert row["best"]["low"] <= 1 / 16 <= row["best"]["high"]
    assert row["richness"]["low"] <= 16 <= row["richness"]["high"]


def test_a_minimum_in_the_tip_of_a_cone_is_found() -> None:
    result = basins(surface("ackley").problem(), "sgd", 64, steps=300)
    assert result.best.loss == pytest.approx(0, abs=1e-5)
    assert np.abs(result.best.params).max() < 1e-5
    assert "This is the global minimum (0)." in result.sentences


def test_networks_whose_units_stand_in_another_order_are_the_same(clouds: Problem) -> None:
    one, other = (clouds.start(jax.random.key(seed)) for seed in (0, 1))
    shuffled = eqx.tree_at(
        lambda net: (net.layers[0].weight, net.layers[0].bias, net.layers[1].weight),
        one,
        (one.layers[0].weight[:, ::-1], one.layers[0].bias[::-1], one.layers[1].weight[::-1]),
    )
    stacked = jax.tree.map(lambda *leaves: np.stack(leaves), one, shuffled, other)
    marks = signatures(clouds, stacked)
    np.testing.assert_allclose(marks[0], marks[1], atol=1e-6)
    assert np.linalg.norm(marks[0] - marks[2]) > 1e-2


def test_networks_are_told_apart_by_what_they_say(clouds: Problem) -> None:
    result = basins(clouds, "momentum@8", 12, epochs=20, learning_rate=0.3)
    assert result.summary["data"]
    assert sum(basin.count for basin in result.basins) == 12
    assert [basin.loss for basin in result.basins] == sorted(basin.loss for basin in result.basins)
    assert len(result.basins) > 1
    for basin in result.basins:
        assert float(clouds.loss(basin.params, clouds.train)) == pytest.approx(basin.loss, rel=1e-4)


def test_the_way_between_the_best_two_is_looked_for_once(clouds: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    result = basins(clouds, "momentum@8", 6, epochs=3, learning_rate=0.1)
    pairs: list[Any] = []

    def between(problem: Problem, first: Any, second: Any) -> Any:
        pairs.append((first, second))
        return type("Joined", (), {"sentence": "one valley: on the straight line the loss never rises"})()

    monkeypatch.setattr(module, "connected", between)
    assert result.connection is result.connection is not None
    assert len(pairs) == 1
    assert pairs[0] == (result.basins[0].params, result.basins[1].params)


def test_a_function_has_no_valleys_to_connect(himmelblau: Basins) -> None:
    assert himmelblau.connection is None


MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "one start": ("himmelblau", {"starts": 1}, "starts must be at least 2, got 1"),
    "too many": ("himmelblau", {"starts": 10**6}, "starts must be at most 65,536"),
    "two lengths": ("himmelblau", {"steps": 5, "epochs": 5}, "either steps or epochs, not both"),
    "a rate": ("himmelblau", {"learning_rate": -1.0}, "learning_rate must lie in"),
    "no end": ("3*x + y", {"starts": 4, "steps": 5, "learning_rate": 0.1}, "none of the starts on .* converged"),
    "a method": ("himmelblau", {"methods": "adma"}, "did you mean"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence(mistake: str) -> None:
    name, more, sentence = MISTAKES[mistake]
    with pytest.raises(tw.InputError, match=sentence) as error:
        basins(surface(name).problem(), **more)
    assert "\n" not in str(error.value)


def test_a_problem_with_one_place_to_begin_is_refused() -> None:
    alone = replace(surface("himmelblau").problem(), scatter=None)
    with pytest.raises(tw.InputError, match="always begins at the same place, so many starts are one"):
        basins(alone)
    with pytest.raises(tw.InputError, match=re.escape("problem must be a Problem such as")):
        basins("himmelblau")  # type: ignore[arg-type]
