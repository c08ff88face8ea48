"""Every problem says how it is built again, and it is the same one then."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import jax
import numpy as np
import pandas as pd
import pytest

from talweg.checks import InputError
from talweg.problems import Problem, from_arrays, from_frame, load, read, resolve, surface
from talweg.problems.rebuild import rebuild
from talweg.problems.source import Source
from talweg.problems.splits import Shuffled


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    x, kind = rng.normal(size=60), rng.choice(list("xyz"), 60)
    frame = pd.DataFrame({"x": x, "kind": kind, "above": np.where(x > 0, "yes", "no")})
    frame.loc[3, "x"] = np.nan
    return frame


@pytest.fixture(scope="module")
def folder(table: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("tables")
    table.to_csv(made / "own.csv", index=False)
    table.to_parquet(made / "own.parquet")
    np.savez(made / "own.npz", X=np.arange(40.0).reshape(20, 2), y=np.arange(20) % 2)
    return made


MADE: dict[str, Callable[[], Problem]] = {
    "a data set": lambda: load("iris", model="linear", seed=3),
    "a data set by resolve": lambda: resolve("diabetes", loss="huber"),
    "a problem of the catalogue with options": lambda: load("parity:bits=3", model="mlp:4"),
    "a data set by how its weights start": lambda: load("iris", init="he"),
    "a problem of the catalogue by how its weights start": lambda: load("parity:bits=3", init="torch"),
    "a text file by how its weights start": lambda: read("own.csv", "above", init="keras"),
    "a frame of a file by how its weights start": lambda: from_frame(pd.read_csv("own.csv"), "above", init="flax", path="own.csv"),
    "a surface": lambda: load("rosenbrock"),
    "a surface with options": lambda: load("valley:condition=1000"),
    "a surface with noise as an argument": lambda: surface("beale", noise=0.5).problem(),
    "a formula": lambda: resolve("x**2 + 10*y**2 on -1..1, -2..2:noise=0.1"),
    "a text file": lambda: read("own.csv", "above", model="mlp:3", seed=2),
    "a text file by resolve": lambda: resolve("own.csv", target="above"),
    "a Parquet file": lambda: read("own.parquet", "above", name="mine"),
    "arrays in a file": lambda: read("own.npz", task="regression"),
    "a frame of a text file": lambda: from_frame(pd.read_csv("own.csv"), "above", path="own.csv"),
    "a frame of a Parquet file": lambda: from_frame(pd.read_parquet("own.parquet"), "above", path="own.parquet", model="linear"),
}


@pytest.mark.parametrize("make", MADE.values(), ids=MADE)
def test_a_source_builds_the_same_problem_again_in_another_folder(
    make: Callable[[], Problem], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    problem = make()
    assert problem.source is not None
    monkeypatch.chdir(tmp_path)
    source = Source(**json.loads(json.dumps(problem.source.describe())))
    assert source == problem.source
    again = rebuild(source)
    assert again.fingerprint() == problem.fingerprint()
    for mine, theirs in zip(*(jax.tree.leaves(one.start(jax.random.key(1))) for one in (again, problem)), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(("text", "name"), [("mse", "squared"), ("MAE", "absolute"), ("smooth_l1", "huber")])
def test_a_loss_is_stored_by_its_own_name_whatever_it_was_called(text: str, name: str, table: pd.DataFrame, folder: Path) -> None:
    problems = {
        "load": lambda loss: load("diabetes", loss=loss),
        "resolve": lambda loss: resolve("diabetes", loss=loss),
        "read": lambda loss: read(folder / "own.csv", "x", loss=loss),
        "arrays in a file": lambda loss: read(folder / "own.npz", loss=loss),
        "from_frame": lambda loss: from_frame(table, "x", loss=loss, path=folder / "own.csv"),
        "from_arrays": lambda loss: from_arrays(np.eye(40), np.arange(40.0), loss=loss),
    }
    for made in problems.values():
        alias, plain = made(text), made(name)
        assert alias.facts["loss"] == name
        assert alias.source == plain.source
        assert alias.fingerprint() == plain.fingerprint()


def test_an_unknown_loss_is_told_before_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "garbled.parquet").write_bytes(b"not a table")
    with pytest.raises(InputError, match="unknown loss 'square'"):
        read(tmp_path / "garbled.parquet", "y", loss="square")


def test_what_was_the_users_own_says_so(table: pd.DataFrame) -> None:
    for problem, kind in (
        (from_frame(table, "above", name="mine"), "frame"),
        (from_arrays(np.eye(12), np.arange(12) % 2, name="mine"), "arrays"),
    ):
        assert problem.source == Source(kind, "mine")
        with pytest.raises(InputError, match=f"mine was made of the user's own {kind}, of which nothing is kept"):
            rebuild(problem.source)
    assert Problem(loss=lambda w, _: w, start=lambda key: 0.0).source is None


def test_a_frame_of_a_file_that_is_not_there_is_refused(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        from_frame(table, "above", path=tmp_path / "own.csv")


def test_a_fingerprint_is_of_the_data_and_facts_and_of_no_place_or_jax(folder: Path, clouds: Problem, tmp_path: Path) -> None:
    moved = tmp_path / "own.csv"
    moved.write_bytes((folder / "own.csv").read_bytes())
    assert read(moved, "above").fingerprint() == read(folder / "own.csv", "above").fingerprint()
    assert read(moved, "above", name="other").fingerprint() != read(moved, "above").fingerprint()
    again = dataclasses.replace(clouds, loss=lambda params, batch: 0.0)
    assert again.fingerprint() == clouds.fingerprint()  # what a function computes is asked where a race begins
    assert clouds.train is not None
    x, y = clouds.train
    alone = dataclasses.replace(clouds, pool=None, split=None, validation=None, test=None)
    changed = ((x + 1, y), (x, 1 - y), (x.reshape(-1, 1, 3), y), (x.astype("f8"), y))
    others = [clouds, alone, *(dataclasses.replace(alone, train=train) for train in changed)]
    assert clouds.pool is not None
    pool_x, pool_y = clouds.pool
    unlike = (((pool_x + 1, pool_y), clouds.split), (clouds.pool, Shuffled(64, 16)), (clouds.pool, Shuffled(64, 17, pool_y)))
    others += [dataclasses.replace(clouds, train=None, validation=None, pool=pool, split=split) for pool, split in unlike]
    others += [clouds.divided(0), clouds.divided(1), dataclasses.replace(clouds, test=None)]
    prints = [one.fingerprint() for one in others]
    assert len(set(prints)) == len(prints)
    by_hand = Problem(
        loss=lambda w, x: w, start=lambda key: 0.0, train=np.arange(6, dtype=np.float32), name="line", facts={"source": "here"}
    )
    assert by_hand.fingerprint() == "f5f6148c4ffae488"  # by JAX 0.10.2: it may change with talweg, never with JAX
