"""The store keeps what it is given, refuses what is not its own, and bears two writers at once."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from talweg.checks import InputError
from talweg.store import FORMAT, Landmark, Lane, Speed, Store

STEPS = np.array([0, 5, 9])


def lane(setting: int = 0, **more: Any) -> Lane:
    curve = np.array([2.0, 1.0, 0.5]) + setting
    return Lane(setting, 2**32 - 1, {"learning_rate": 0.1, "b1": 0.9}, None, STEPS, curve + 0.25, curve, 1 - curve / 4, **more)


def diverged() -> Lane:
    curve = np.array([2.0, np.nan, np.inf])
    return Lane(-1, 3, {}, 4, STEPS, curve, curve, curve)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "talweg.db"


@pytest.fixture
def store(file: Path) -> Store:
    """A store with one race, one finished block of two lanes."""
    made = Store(file)
    made.enter("abcdef", {"name": "clouds"}, {"seed": 0}, {"command": "talweg race"}, {"fingerprint": "0f"})
    made.add_block("abcdef", "adam", "final", 0, 9, 0.5, [lane(), diverged()])
    return made


def test_what_goes_in_comes_out_of_another_connection(store: Store, file: Path) -> None:
    store.close()
    one, other = Store(file, existing=True).lanes("abcdef", "adam", "final")
    given = lane()
    assert (one.setting, one.seed, one.hyperparameters, one.diverged_at) == (0, 2**32 - 1, {"learning_rate": 0.1, "b1": 0.9}, None)
    for name in ("steps", "training_loss", "validation_loss", "metric"):
        np.testing.assert_array_equal(getattr(one, name), getattr(given, name))
    assert (one.test_loss, one.test_metric, one.key) == (None, None, (0, 0))
    assert (other.setting, other.diverged_at, other.key) == (-1, 4, (0, 1))
    np.testing.assert_array_equal(other.validation_loss, [2.0, np.nan, np.nan])  # nothing that is not finite has a value


def test_a_loss_keeps_all_its_digits(store: Store) -> None:
    exact = np.array([np.pi, 1e-300, 0.1 + 0.2])
    store.add_block("abcdef", "adam", "search", 0, 9, 0.5, [Lane(0, 0, {}, None, STEPS, exact, exact, exact)])
    np.testing.assert_array_equal(store.lanes("abcdef", "adam", "search")[0].validation_loss, exact)


def test_lanes_come_in_the_order_of_their_blocks(store: Store) -> None:
    for block in (11, 2, 0):
        store.add_block("abcdef", "sgd", "search", block, 9, 0.5, [lane(10 * block + i) for i in range(12)])
    assert [one.setting for one in store.lanes("abcdef", "sgd", "search")] == [10 * b + i for b in (0, 2, 11) for i in range(12)]


def test_a_block_that_is_there_stays_as_it_is(store: Store) -> None:
    store.add_block("abcdef", "adam", "final", 0, 9, 0.5, [lane(7)])
    assert [one.setting for one in store.lanes("abcdef", "adam", "final")] == [0, -1]
    assert store.has_block("abcdef", "adam", "final", 0)
    for other in (
        ("abcde", "adam", "final", 0),
        ("abcdef", "sgd", "final", 0),
        ("abcdef", "adam", "search", 0),
        ("abcdef", "adam", "final", 1),
    ):
        assert not store.has_block(*other)


def test_a_block_is_committed_whole_or_not_at_all(store: Store, file: Path) -> None:
    broken = lane()
    broken.metric = np.array([1.0])  # too short
    with pytest.raises(ValueError):
        store.add_block("abcdef", "adam", "search", 0, 9, 0.5, [lane(), broken])
    again = Store(file)
    assert not again.has_block("abcdef", "adam", "search", 0)
    assert again.lanes("abcdef", "adam", "search") == []
    store.add_block("abcdef", "adam", "search", 0, 9, 0.5, [lane()])
    assert len(again.lanes("abcdef", "adam", "search")) == 1


def test_test_results_and_weights_are_kept(store: Store) -> None:
    store.add_block("abcdef", "lion", "final", 0, 9, 0.5, [lane(test_loss=0.5, test_metric=0.75), lane()])
    again = store.lanes("abcdef", "lion", "final")
    assert [(one.test_loss, one.test_metric) for one in again] == [(0.5, 0.75), (None, None)]
    assert store.weights("abcdef", "adam") is None
    store.add_weights("abcdef", "adam", 0, b"\0one")
    store.add_weights("abcdef", "adam", 1, b"\0two")
    assert store.weights("abcdef", "adam") == b"\0two"
    assert store.work("abcdef") == (4, 36)


def test_speeds_are_kept_with_how_sure_they_are_and_the_first_measurement_stays(store: Store) -> None:
    speeds = {"adam": Speed(1e-5, 2, 1e-5, 1.1e-5), "sgd": Speed(1e-6, 1, 1e-6, 3e-6, steady=False)}
    for name, speed in speeds.items():
        store.add_speed("abcdef", name, speed)
    store.add_speed("abcdef", "adam", Speed(9.0, 9, 9.0, 9.0))
    assert store.speeds("abcdef") == speeds
    assert store.speeds("abcdef")["sgd"].steady is False
    assert store.speeds("other") == {}


def test_landmarks_are_kept_by_name_and_seed_and_the_first_ones_stay(store: Store) -> None:
    known, unknown = Landmark(0.1 + 0.2, 0.75, 0.5, 0.25), Landmark(1.5, np.nan, np.nan, np.nan)
    store.add_landmarks("abcdef", "constant", {2**32 - 1: known, 3: unknown})
    store.add_landmarks("abcdef", "constant", {3: known, 4: known})
    store.add_landmarks("abcdef", "linear", {3: known})
    found = store.landmarks("abcdef")
    assert {name: set(by_seed) for name, by_seed in found.items()} == {"constant": {2**32 - 1, 3, 4}, "linear": {3}}
    assert found["constant"][2**32 - 1] == found["constant"][4] == found["linear"][3] == known
    np.testing.assert_array_equal(found["constant"][3], unknown)
    assert store.landmarks("other") == {}


def test_a_lane_keeps_its_schedule_and_how_far_its_rows_are_apart(store: Store) -> None:
    store.add_block("abcdef", "adam", "cosine-0.5", 0, 9, 0.5, [lane(schedule="cosine", row_deviation=0.1 + 0.2), lane()])
    one, other = store.lanes("abcdef", "adam", "cosine-0.5")
    assert (one.schedule, one.row_deviation) == ("cosine", 0.1 + 0.2)
    assert (other.schedule, other.row_deviation) == ("constant", None)


def test_rungs_are_told_by_contestant_in_the_order_in_which_they_ran(store: Store) -> None:
    for rung, block in (("search", 0), ("widened", 0), ("search", 1), ("cosine-0.125", 0), ("promise", 0)):
        store.add_block("abcdef", "sgd", rung, block, 9, 0.5, [lane()])
    assert store.rungs("abcdef") == {"adam": ["final"], "sgd": ["search", "widened", "cosine-0.125", "promise"]}
    assert store.rungs("other") == {}


def test_probes_and_endpoints_are_kept_and_the_first_look_stays(store: Store) -> None:
    assert (store.probes("abcdef"), store.endpoints("abcdef")) == ({}, {})
    for value in (1.0, 2.0):
        store.add_probes("abcdef", "adam", STEPS, {"rate": np.array([[value, np.nan, 3.0]])})
        store.add_endpoints("abcdef", "adam", {7: {"loss": value, "largest": np.inf}, 5: None})
    steps, probes = store.probes("abcdef")["adam"]
    np.testing.assert_array_equal(steps, STEPS)
    np.testing.assert_array_equal(probes["rate"], [[1.0, np.nan, 3.0]])
    assert store.endpoints("abcdef") == {"adam": [None, {"loss": 1.0, "largest": None}]}


def test_the_first_to_enter_a_race_decides_its_plan(store: Store) -> None:
    row = store.enter("abcdef", {"name": "other"}, {"seed": 1}, {}, {"fingerprint": "1f"})
    assert (row.problem, row.plan, row.origin, row.finished) == ({"name": "clouds"}, {"seed": 0}, {"fingerprint": "0f"}, None)
    store.replan("abcdef", {"seed": 0, "epochs": 3})
    store.add_time("abcdef", 1.5, 0.5)
    store.add_time("abcdef", 1.0, 0.25)
    store.finish("abcdef")
    first = store.race("abc").finished
    store.finish("abcdef")
    row = store.race("abc")
    assert (row.plan, row.wall, row.compile, row.finished) == ({"seed": 0, "epochs": 3}, 2.5, 0.75, first)


def test_a_race_is_found_by_how_its_name_begins_and_the_newest_without(store: Store) -> None:
    store.enter("abxyz", {}, {}, {})
    assert store.race().race == "abxyz"
    assert [row.race for row in store.races()] == ["abxyz", "abcdef"]
    assert store.race("abc").race == "abcdef"
    with pytest.raises(InputError, match=r"several races begin with 'ab' .* it holds abxyz, abcdef"):
        store.race("ab")
    with pytest.raises(InputError, match="no race begins with 'zz'"):
        store.race("zz")


def test_an_empty_store_says_what_to_do(file: Path) -> None:
    with pytest.raises(InputError, match="holds no races yet; run talweg race first"):
        Store(file).race()


def another_sqlite(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE race (name TEXT)")
    db.close()


def newer(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    db.close()


WRONG: dict[str, tuple[Any, str]] = {
    "a text file": (lambda path: path.write_text("a,b\n1,2\n" * 500), "is not a talweg store; choose another --store"),
    "a short text": (lambda path: path.write_text("hello"), "is not a talweg store"),
    "another SQLite file": (another_sqlite, "is not a talweg store but another SQLite file"),
    "a newer format": (newer, "was made by a newer talweg; update talweg"),
    "a folder": (lambda path: path.mkdir(), "is a folder; give a file such as"),
}


@pytest.mark.parametrize(("make", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_no_store_is_refused_and_left_alone(file: Path, make: Any, sentence: str) -> None:
    make(file)
    before = file.read_bytes() if file.is_file() else None
    for existing in (False, True):
        with pytest.raises(InputError) as caught:
            Store(file, existing=existing)
        assert sentence in str(caught.value)
        assert "\n" not in str(caught.value)
    assert (file.read_bytes() if file.is_file() else None) == before


def test_a_store_that_must_exist_is_not_made(file: Path) -> None:
    with pytest.raises(InputError, match=r"there is no .*; run talweg race first"):
        Store(file, existing=True)
    assert not file.exists()


@pytest.mark.parametrize("path", ["missing/talweg.db", "a file/talweg.db"])
def test_a_folder_that_is_missing_is_not_made(tmp_path: Path, path: str) -> None:
    (tmp_path / "a file").write_text("")
    with pytest.raises(InputError, match=r"the folder .* does not exist"):
        Store(tmp_path / path)
    assert not (tmp_path / "missing").exists()


def test_an_empty_file_becomes_a_store(file: Path) -> None:
    file.touch()
    assert Store(file).races() == []


def test_a_store_that_can_only_be_read_can_be_read_and_says_so_when_it_is_written(
    store: Store, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **more: connect(f"file:{path}?mode=ro", uri=True, **more))
    locked = Store(file)
    assert len(locked.lanes("abcdef", "adam", "final")) == 2
    with pytest.raises(InputError, match="can't be written"):
        locked.enter("new", {}, {}, {})
    with pytest.raises(InputError, match="can't be written"):
        locked.finish("abcdef")


def test_nothing_in_a_store_is_pickled(store: Store) -> None:
    for problem, plan, run in store.db.execute("SELECT problem, plan, run FROM race"):
        for text in (problem, plan, run):
            json.loads(text)
    kinds = store.db.execute("SELECT DISTINCT typeof(hyperparameters) FROM lane").fetchall()
    assert kinds == [("text",)]


WRITER = """
import sys
import numpy as np
from talweg.store import Lane, Store

folder, me = sys.argv[1], int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for i in range(25):
    store = Store(f"{folder}/{i}.db")
    store.enter("shared", {"by": me}, {}, {})
    for block in range(4):
        curve = np.full(40, float(me))
        lanes = [Lane(j, me, {}, None, np.arange(40), curve, curve, curve) for j in range(8)]
        store.add_block("shared", "both", "search", block, 39, 0.0, lanes)
        store.add_block("shared", f"own {me}", "search", block, 39, 0.0, lanes)
    store.close()
"""


def test_several_processes_may_make_and_write_one_store_at_once(tmp_path: Path) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(me)], stdin=-1, stdout=-1, stderr=-1, text=True)
        for me in range(3)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    errors = [writer.communicate(timeout=120)[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0, 0], errors
    for i in range(25):
        store = Store(tmp_path / f"{i}.db", existing=True)
        for block in np.split(np.array([one.seed for one in store.lanes("shared", "both", "search")]), 4):
            assert len(block) == 8
            assert len(set(block.tolist())) == 1  # a block is one writer's, whole
        assert all(len(store.lanes("shared", f"own {me}", "search")) == 32 for me in range(3))
        store.close()
