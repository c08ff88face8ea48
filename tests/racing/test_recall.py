"""A stored race knows how its problem is built again, wherever it is opened, and never takes another one for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import talweg as tw
from commands import run
from talweg.checks import InputError
from talweg.problems import Problem
from talweg.racing.recall import raced_problem

ADAM = "adam:learning_rate=0.01"
SMALL: dict[str, Any] = {"methods": ADAM, "settings": 1, "seeds": 2, "epochs": 8}


def table(rows: int = 60) -> pd.DataFrame:
    x = np.random.default_rng(0).normal(size=(rows, 2)).round(3)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "above": np.where(x[:, 0] > x[:, 1], "yes", "no")})


def raced_in_python(path: str) -> None:
    tw.race(tw.problems.read(path, "above", model="linear"), **SMALL, store="talweg.db")


def raced_as_a_frame(path: str) -> None:
    tw.race(tw.problems.from_frame(pd.read_csv(path), "above", model="linear", path=path), **SMALL, store="talweg.db")


def raced_by_command(path: str) -> None:
    words = ("--target", "above", "--model", "linear", "--methods", ADAM, "--settings", "1", "--seeds", "2", "--epochs", "8", "-q")
    assert run("race", path, *words).code == 0


@pytest.mark.parametrize("start", [raced_in_python, raced_as_a_frame, raced_by_command])
def test_a_race_of_a_file_is_opened_again_in_another_folder(
    start: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    monkeypatch.chdir(home)
    table().to_csv("own.csv", index=False)
    start("own.csv")
    monkeypatch.chdir(elsewhere)
    race = tw.open_race(store=home / "talweg.db")
    problem = raced_problem(race)
    assert (problem.name, problem.examples, problem.model) == (race.summary["problem"]["name"], 36, "linear")
    assert list(race.diagnose(["plain-adam"])) == ["plain Adam"]
    assert run("diagnose", "--method", ADAM, "--store", str(home / "talweg.db")).code == 0
    assert str(tmp_path) not in str(race.summary["problem"])  # a report may be shown to anybody

    table(70).to_csv(home / "own.csv", index=False)
    with pytest.raises(InputError, match=rf"its data were in {home}/own\.csv, but what is there now is not what was raced"):
        raced_problem(race)
    table().assign(b=0.5 - table().b).to_csv(home / "own.csv", index=False)  # other numbers, as many of them
    with pytest.raises(InputError, match=r"\(its data differ\); restore it, or in Python, give them: tw\.open_race"):
        raced_problem(race)
    (home / "own.csv").unlink()
    with pytest.raises(InputError, match=rf"its data were in {home}/own\.csv, which can't be read any more .*no such file"):
        raced_problem(race)
    lost = run("landscape", "--store", str(home / "talweg.db"))
    assert lost.code == 2
    assert f"its data were in {home / 'own.csv'}, which can't be read any more" in lost.errors


@pytest.mark.parametrize("name", ["xor-2-2-1", "booth", "x**2 + 3*y**2"])
def test_a_race_of_the_catalogue_or_of_a_formula_needs_nothing(name: str, tmp_path: Path) -> None:
    race = tw.race(tw.problems.load(name), **SMALL, store=tmp_path / "talweg.db")
    again = raced_problem(tw.open_race(race.name, race.store.path))
    assert again.fingerprint() == race.store.race().origin["fingerprint"]


def test_the_problem_that_is_given_must_be_the_one_raced(clouds: Problem, tmp_path: Path) -> None:
    race = tw.race(clouds, **SMALL, store=tmp_path / "talweg.db")
    stored = tw.open_race(race.name, race.store.path)
    with pytest.raises(InputError, match=r"was run on 'clouds', whose data are not in the store; in Python, give them"):
        raced_problem(stored)
    assert raced_problem(stored, clouds) is clouds
    assert clouds.test is not None
    x, y = clouds.test
    other = tw.problems.Problem(**{**vars(clouds), "test": (x + 1, y)})
    with pytest.raises(InputError, match="its data differ; give the problem that was raced"):
        raced_problem(stored, other)
