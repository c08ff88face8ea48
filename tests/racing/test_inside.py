"""Races that look inside the methods, and winners as code."""

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

SMALL: dict[str, Any] = {"methods": "adam,momentum:learning_rate=0.1", "settings": 8, "seeds": 4, "epochs": 4}


@pytest.fixture(scope="module")
def looked(clouds: Problem, tmp_path_factory: pytest.TempPathFactory) -> Race:
    return tw.race(clouds, **SMALL, store=tmp_path_factory.mktemp("looked") / "talweg.db", probes=True)


def without(race: Race) -> dict[str, Any]:
    """All that a race says, but for times and what was seen inside."""
    summary = {key: value for key, value in race.summary.items() if key not in ("dynamics", "timing", "run")}
    hidden = ("probes", "seconds_to_target", "seconds_per_step")
    return {
        **summary,
        "contestants": [{k: v for k, v in row.items() if k not in hidden} for row in race.summary["contestants"]],
        "verdict": "",
    }


def test_every_contestant_was_looked_into_on_its_final_seeds(looked: Race, clouds: Problem) -> None:
    for row in looked.summary["contestants"]:
        steps, seen = looked.store.probes(looked.name)[row["name"]]
        final = [lane for lane in looked.store.lanes(looked.name, row["name"], "final") if lane.setting >= 0]
        assert set(seen) == set(NAMES)
        assert seen["rate"].shape == (min(PROBED, len(final)), len(steps))
        assert (steps == final[0].steps).all()
        assert row["probes"]["examples"] == row["curves"]["examples"][1:]
    assert looked.summary["dynamics"]["rate"]
    numbers = looked.summary["contestants"][0]["hyperparameters"]
    alone = tw.descend(clouds, looked.best.method, epochs=4, batch=looked.best.batch, key=final_seed(looked), probes=True)
    assert numbers
    assert alone.probes is not None
    _, seen = looked.store.probes(looked.name)[looked.winner["name"]]
    np.testing.assert_allclose(seen["rate"][0], alone.probes["rate"], rtol=1e-3)


def final_seed(race: Race) -> int:
    return race.store.lanes(race.name, race.winner["name"], "final")[0].seed


def test_looking_is_no_other_race_and_changes_no_result(looked: Race, clouds: Problem, tmp_path: Path) -> None:
    heard: list[Event] = []
    before = tw.race(clouds, **SMALL, store=tmp_path / "talweg.db")
    assert before.name == looked.name
    assert before.summary["dynamics"] == {}
    assert without(before) == without(looked)
    after = tw.race(clouds, **SMALL, store=tmp_path / "talweg.db", probes=True, listener=heard.append)
    assert [type(event) for event in heard] == [Probed] * 3  # nothing else is run again
    assert after.summary["dynamics"] == looked.summary["dynamics"]
    heard.clear()
    tw.race(clouds, **SMALL, store=tmp_path / "talweg.db", probes=True, listener=heard.append)
    assert heard == []


def test_the_winner_is_given_as_code(looked: Race) -> None:
    rate = looked.tuned("momentum:learning_rate=0.1")
    text = rate.code("torch")
    assert text.startswith(f"# momentum, learning_rate 0.1 with batches of {rate.batch}, as tuned in race {looked.name} on clouds\n")
    assert "torch.optim.SGD(parameters, lr=0.1, momentum=0.9)" in text
    assert looked.best.code("optax").startswith(f"# {looked.winner['label']}")
    with pytest.raises(InputError, match="unknown contestant 'adm'; did you mean adam"):
        looked.tuned("adm")
    with pytest.raises(InputError, match="unknown library 'jax'"):
        looked.best.code("jax")


class Mine(methods.Elementwise):
    """w ← w − η g"""

    space: ClassVar[Space] = {"learning_rate": methods.Range(1e-3, 1)}
    learning_rate: Any = 0.1

    def rule(self, g: Any, w: Any, slots: Any, t: Any) -> Any:
        return -self.learning_rate * g, ()


def test_a_method_of_ones_own_has_no_code_elsewhere_and_that_is_said(clouds: Problem, tmp_path: Path) -> None:
    race = tw.race(clouds, [Mine], settings=4, seeds=2, epochs=1, store=tmp_path / "talweg.db")
    for found in (race, tw.open_race(store=tmp_path / "talweg.db")):
        with pytest.raises(InputError, match="is a method of your own, whose formula torch does not know"):
            found.tuned("mine").code("torch")
