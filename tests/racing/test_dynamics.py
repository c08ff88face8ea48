"""Races with training dynamics, and winners as code."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

import talweg as tw
from talweg import methods
from talweg.checks import InputError
from talweg.engine.probes import NAMES
from talweg.methods.space import Space
from talweg.problems import Problem
from talweg.racing.events import Event, Probed
from talweg.racing.inspect import PROBED
from talweg.racing.result import Race

SMALL: dict[str, Any] = {"methods": "adam,momentum:learning_rate=0.1", "settings": 8, "seeds": 4, "epochs": 8}


@pytest.fixture(scope="module")
def probed(clouds: Problem, tmp_path_factory: pytest.TempPathFactory) -> Race:
    return tw.race(clouds, **SMALL, store=tmp_path_factory.mktemp("probed") / "talweg.db", probes=True)


def without(race: Race) -> dict[str, Any]:
    """The summary of a race, but for training dynamics and when it was run."""
    summary = {key: value for key, value in race.summary.items() if key not in ("dynamics", "timing", "run")}
    rows = [{k: v for k, v in row.items() if k != "probes"} for row in race.summary["contestants"]]
    return {**summary, "contestants": rows}


def test_every_contestant_is_probed_on_its_final_seeds(probed: Race, clouds: Problem) -> None:
    for row in probed.summary["contestants"]:
        steps, probes = probed.store.probes(probed.name)[row["name"]]
        final = probed.store.lanes(probed.name, row["name"], "final")
        assert set(probes) == set(NAMES)
        assert probes["rate"].shape == (min(PROBED, len(final)), len(steps))
        assert (steps == final[0].steps).all()
        assert row["probes"]["examples"] == row["curves"]["examples"][1:]
        best, seed = probed.tuned(row["name"]), final[0].seed
        assert best.method is not None
        alone = tw.descend(clouds, best.method, steps=best.steps, batch=best.batch, key=seed, probes=True)
        assert alone.probes is not None
        np.testing.assert_allclose(probes["rate"][0], alone.probes["rate"], rtol=1e-3)
    assert probed.summary["dynamics"]["rate"]


def test_probing_is_no_other_race_and_changes_no_result(clouds: Problem, tmp_path: Path) -> None:
    events: list[Event] = []
    few = {**SMALL, "methods": "momentum:learning_rate=0.1"}
    before = tw.race(clouds, **few, store=tmp_path / "talweg.db")
    assert before.summary["dynamics"] == {}
    after = tw.race(clouds, **few, store=tmp_path / "talweg.db", probes=True, listener=events.append)
    assert after.name == before.name
    assert [type(event) for event in events] == [Probed] * 2  # nothing else is run again
    assert after.summary["dynamics"]
    hidden = {"why": None}  # stalling is seen with training dynamics only
    for one, other in zip(without(before)["contestants"], without(after)["contestants"], strict=True):
        assert one | hidden == other | hidden
    assert before.summary["recommendation"] == after.summary["recommendation"]
    events.clear()
    tw.race(clouds, **few, store=tmp_path / "talweg.db", probes=True, listener=events.append)
    assert events == []


def test_the_winner_is_given_as_code(probed: Race) -> None:
    rate = probed.tuned("momentum:learning_rate=0.1")
    text = rate.code("torch")
    trained = f"# momentum, learning_rate 0.1 with batches of {rate.batch} for {rate.steps} steps"
    assert text.startswith(f"{trained}, as tuned in race {probed.name} on clouds\n")
    assert "torch.optim.SGD(parameters, lr=0.1, momentum=0.9)" in text
    assert probed.tuned("plain-adam").code("optax").startswith("# plain Adam with batches of 32 for")
    with pytest.raises(InputError, match="unknown contestant 'adm'; did you mean adam"):
        probed.tuned("adm")
    with pytest.raises(InputError, match="unknown library 'jax'"):
        probed.tuned("adam").code("jax")


class Mine(methods.Elementwise):
    """w ← w − η g"""

    space: ClassVar[Space] = {"learning_rate": methods.Range(1e-3, 1)}
    learning_rate: Any = 0.1

    def rule(self, g: Any, w: Any, slots: Any, t: Any) -> Any:
        return -self.learning_rate * g, ()


def test_a_method_of_ones_own_has_no_code_elsewhere_and_that_is_said(clouds: Problem, tmp_path: Path) -> None:
    race = tw.race(clouds, [Mine()], settings=4, seeds=2, epochs=8, store=tmp_path / "talweg.db")
    for raced in (race, tw.open_race(store=tmp_path / "talweg.db")):
        with pytest.raises(InputError, match="is a method of your own, whose formula torch does not know"):
            raced.tuned("mine").code("torch")
