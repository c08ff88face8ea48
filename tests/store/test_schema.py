"""A store of an older format is brought to this one, whole or not at all, and says the same as before."""

from __future__ import annotations

import json
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from talweg.store import FORMAT, Landmark, Speed, Store, schema

#: As talweg wrote it in format 1, where the last two tables were made only when they were needed.
FORMAT_1 = """
CREATE TABLE race (
    race TEXT PRIMARY KEY, created REAL NOT NULL, finished REAL, problem TEXT NOT NULL, plan TEXT NOT NULL, run TEXT NOT NULL,
    wall REAL NOT NULL DEFAULT 0, compile REAL NOT NULL DEFAULT 0
);
CREATE TABLE speed (
    race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, seconds_per_step REAL NOT NULL,
    gradients_per_step INTEGER NOT NULL, PRIMARY KEY (race, contestant)
);
CREATE TABLE block (
    race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, rung TEXT NOT NULL, block INTEGER NOT NULL,
    steps INTEGER NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (race, contestant, rung, block)
);
CREATE TABLE lane (
    race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, rung TEXT NOT NULL, block INTEGER NOT NULL,
    lane INTEGER NOT NULL, setting INTEGER NOT NULL, seed INTEGER NOT NULL, hyperparameters TEXT NOT NULL, diverged_at INTEGER,
    test_loss REAL, test_measure REAL, PRIMARY KEY (race, contestant, rung, block, lane)
);
CREATE TABLE point (
    race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, rung TEXT NOT NULL, block INTEGER NOT NULL,
    lane INTEGER NOT NULL, step INTEGER NOT NULL, training_loss REAL, validation_loss REAL, measure REAL,
    PRIMARY KEY (race, contestant, rung, block, lane, step)
) WITHOUT ROWID;
CREATE TABLE weights (
    race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, lane INTEGER NOT NULL, tensors BLOB NOT NULL,
    PRIMARY KEY (race, contestant)
);
PRAGMA application_id = 1952541815;
PRAGMA user_version = 1;
"""
WHEN_NEEDED = """
CREATE TABLE IF NOT EXISTS probe (
    race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, name TEXT NOT NULL, lane INTEGER NOT NULL,
    step INTEGER NOT NULL, value REAL, PRIMARY KEY (race, contestant, name, lane, step)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ending (
    race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, seed INTEGER NOT NULL, evidence TEXT NOT NULL,
    PRIMARY KEY (race, contestant, seed)
) WITHOUT ROWID;
"""
#: As talweg wrote it in format 2.
FORMAT_2 = """
CREATE TABLE race (race TEXT PRIMARY KEY, created REAL NOT NULL, finished REAL, problem TEXT NOT NULL, plan TEXT NOT NULL,
    run TEXT NOT NULL, wall REAL NOT NULL DEFAULT 0, compile REAL NOT NULL DEFAULT 0, origin TEXT NOT NULL DEFAULT '{}');
CREATE TABLE speed (race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL,
    seconds_per_step REAL NOT NULL, gradients_per_step INTEGER NOT NULL, PRIMARY KEY (race, contestant));
CREATE TABLE block (race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, rung TEXT NOT NULL, block INTEGER
    NOT NULL, steps INTEGER NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (race, contestant, rung, block));
CREATE TABLE lane (race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, rung TEXT NOT NULL, block INTEGER NOT
    NULL, lane INTEGER NOT NULL, setting INTEGER NOT NULL, seed INTEGER NOT NULL, hyperparameters TEXT NOT NULL, diverged_at INTEGER,
    test_loss REAL, test_metric REAL, PRIMARY KEY (race, contestant, rung, block, lane));
CREATE TABLE point (race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, rung TEXT NOT NULL, block INTEGER
    NOT NULL, lane INTEGER NOT NULL, step INTEGER NOT NULL, training_loss REAL, validation_loss REAL, metric REAL, PRIMARY KEY (race,
    contestant, rung, block, lane, step)) WITHOUT ROWID;
CREATE TABLE weights (race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, lane INTEGER NOT NULL, tensors
    BLOB NOT NULL, PRIMARY KEY (race, contestant));
CREATE TABLE probe (race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, name TEXT NOT NULL, lane INTEGER NOT
    NULL, step INTEGER NOT NULL, value REAL, PRIMARY KEY (race, contestant, name, lane, step)) WITHOUT ROWID;
CREATE TABLE endpoint (race TEXT NOT NULL REFERENCES race ON DELETE CASCADE, contestant TEXT NOT NULL, seed INTEGER NOT NULL, evidence
    TEXT NOT NULL, PRIMARY KEY (race, contestant, seed)) WITHOUT ROWID;
PRAGMA application_id = 1952541815;
PRAGMA user_version = 2;
"""
NOTES = ['somebody said "measure": twice']
LOWEST = 0.39788735772973816  # of Branin's function: 17 digits, all of which are kept
PROBLEM = {"name": "clouds", "facts": {"loss": "squared"}, "notes": NOTES, "measure": "R²", "measure_percent": True}


ENDED = {"kind": "slope", "loss": 1.5, "slope": 0.1, "slope_rounding": 0.01, "slope_sampling": 0.2, "way": 2.0}
ENDPOINT = {
    "point": "not converged",
    "loss": 1.5,
    "gradient_norm": 0.1,
    "gradient_rounding": 0.01,
    "gradient_sampling": 0.2,
    "initial_gap": 2.0,
}


@pytest.fixture(params=["never looked at", "looked at"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A store of format 1 with one race, with the tables that were made when they were needed, and without."""
    path = tmp_path / "talweg.db"
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode = WAL;" + FORMAT_1)
    db.execute("INSERT INTO race VALUES ('abcdef', 1.0, 2.0, ?, '{}', '{}', 3.0, 4.0)", (json.dumps(PROBLEM),))
    db.execute("INSERT INTO block VALUES ('abcdef', 'adam', 'final', 0, 9, 0.5)")
    db.execute("INSERT INTO lane VALUES ('abcdef', 'adam', 'final', 0, 0, 3, 8, '{}', NULL, 0.25, 0.75)")
    db.execute("INSERT INTO point VALUES ('abcdef', 'adam', 'final', 0, 0, 9, 1.5, 2.5, 0.5)")
    if request.param == "looked at":
        db.executescript(WHEN_NEEDED)
        db.execute("INSERT INTO probe VALUES ('abcdef', 'adam', 'rate', 0, 9, 0.1)")
        db.execute("INSERT INTO ending VALUES ('abcdef', 'adam', 8, ?)", (json.dumps(ENDED),))
    db.commit()
    db.close()
    return path


def columns(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """By table: number, name, type, whether it may be missing, default and place in the key of each column."""
    db = sqlite3.connect(path)
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    found = {name: db.execute(f"PRAGMA table_info({name})").fetchall() for name in tables}
    db.close()
    return found


def test_an_older_store_is_the_same_as_a_new_one_and_says_what_it_said(older: Path, tmp_path: Path) -> None:
    looked_at = "ending" in columns(older)
    store = Store(older, existing=True)
    Store(tmp_path / "new.db").close()
    assert columns(older) == columns(tmp_path / "new.db")
    assert store.db.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    row = store.race("abc")
    named = {word: PROBLEM[word] for word in ("name", "facts", "notes")}
    assert row.problem == {**named, "metric": "R²", "metric_percent": True, "optimum": None}
    assert row.origin == {}
    (lane,) = store.lanes("abcdef", "adam", "final")
    assert (lane.setting, lane.seed, lane.test_loss, lane.test_metric) == (3, 8, 0.25, 0.75)
    np.testing.assert_array_equal([lane.steps, lane.training_loss, lane.validation_loss, lane.metric], [[9], [1.5], [2.5], [0.5]])
    assert store.endpoints("abcdef") == ({"adam": [ENDPOINT]} if looked_at else {})
    assert list(store.probes("abcdef")) == (["adam"] if looked_at else [])
    store.close()
    again = Store(older)  # the second time there is nothing to do
    assert again.race().problem == row.problem


def test_the_optimum_of_an_older_race_is_where_a_new_one_has_it(older: Path) -> None:
    db = sqlite3.connect(older)
    db.execute("UPDATE race SET problem = ?", (json.dumps({**PROBLEM, "facts": {"loss": "squared", "lowest": LOWEST}}),))
    db.commit()
    db.close()
    problem = Store(older).race().problem
    assert problem["optimum"] == LOWEST
    assert problem["facts"] == {"loss": "squared", "optimum": LOWEST}


def test_a_migration_that_fails_leaves_the_older_store(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = columns(older)
    monkeypatch.setitem(schema.MIGRATIONS, 1, (*schema.MIGRATIONS[1], "SELECT stop()"))
    with pytest.raises(Exception, match="no such function: stop"):
        Store(older)
    assert columns(older) == before
    db = sqlite3.connect(older)
    assert db.execute("PRAGMA user_version").fetchone() == (1,)
    db.close()
    monkeypatch.undo()
    assert Store(older).lanes("abcdef", "adam", "final")[0].metric == [0.5]


def test_two_may_bring_up_one_store_at_once(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = schema.transaction

    def late(db: sqlite3.Connection) -> AbstractContextManager[None]:
        """Somebody else brings the file up after this one has seen that it is old, and before its turn to write."""
        monkeypatch.setattr(schema, "transaction", begun)
        Store(older).close()
        return begun(db)

    monkeypatch.setattr(schema, "transaction", late)
    assert len(Store(older).lanes("abcdef", "adam", "final")) == 1


def test_a_store_of_format_2_gets_what_protocol_2_writes_and_keeps_all_it_had(tmp_path: Path) -> None:
    path = tmp_path / "talweg.db"
    db = sqlite3.connect(path)
    db.executescript("PRAGMA journal_mode = WAL;" + FORMAT_2)
    db.execute("INSERT INTO race VALUES ('abcdef', 1.0, 2.0, '{\"name\": \"clouds\"}', '{\"seed\": 1}', '{}', 3.0, 4.0, '{}')")
    db.execute("INSERT INTO speed VALUES ('abcdef', 'adam', 1e-5, 2)")
    db.execute("INSERT INTO block VALUES ('abcdef', 'adam', 'final', 0, 9, 0.5)")
    db.execute("INSERT INTO lane VALUES ('abcdef', 'adam', 'final', 0, 0, 3, 8, '{\"b1\": 0.9}', NULL, 0.25, 0.75)")
    db.execute("INSERT INTO point VALUES ('abcdef', 'adam', 'final', 0, 0, 9, 1.5, 2.5, 0.5)")
    db.execute("INSERT INTO weights VALUES ('abcdef', 'adam', 0, x'01')")
    db.execute("INSERT INTO probe VALUES ('abcdef', 'adam', 'rate', 0, 9, 0.1)")
    db.execute("INSERT INTO endpoint VALUES ('abcdef', 'adam', 8, '{\"point\": \"saddle\"}')")
    db.commit()
    db.close()
    store = Store(path, existing=True)
    Store(tmp_path / "new.db").close()
    assert columns(path) == columns(tmp_path / "new.db")
    assert store.db.execute("PRAGMA user_version").fetchone() == (FORMAT,)
    assert (store.race().problem, store.race().plan) == ({"name": "clouds"}, {"seed": 1})
    (lane,) = store.lanes("abcdef", "adam", "final")
    assert (lane.setting, lane.seed, lane.hyperparameters, lane.test_loss, lane.test_metric) == (3, 8, {"b1": 0.9}, 0.25, 0.75)
    assert (lane.schedule, lane.row_deviation) == ("constant", None)
    assert store.speeds("abcdef") == {"adam": Speed(1e-5, 2, 1e-5, 1e-5, steady=True)}
    assert store.landmarks("abcdef") == {}
    assert store.weights("abcdef", "adam") == b"\x01"
    assert store.endpoints("abcdef") == {"adam": [{"point": "saddle"}]}
    assert store.probes("abcdef")["adam"][1]["rate"] == [[0.1]]
    store.add_landmarks("abcdef", "constant", {8: Landmark(1.0, 0.5, 1.0, 0.5)})  # and it can be written to
    assert list(store.landmarks("abcdef")["constant"]) == [8]


def test_there_is_a_migration_from_every_older_format() -> None:
    assert list(schema.MIGRATIONS) == list(range(1, FORMAT))
