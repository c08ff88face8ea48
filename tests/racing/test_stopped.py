"""A race whose process is killed outright goes on from its last finished block."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "talweg", "race", "iris", "--settings", "8", "--seeds", "4", "--methods", "adam", "--quiet"]
RECORDED = "contestant, rung, block, lane"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


def start(folder: Path, cache: Path, epochs: int) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    return subprocess.Popen([*COMMAND, "--epochs", str(epochs)], cwd=folder, env=environment, stdout=-1, stderr=-1, text=True)


def end(process: subprocess.Popen[str]) -> str:
    out, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors
    return out


def query(folder: Path, text: str) -> list[tuple[object, ...]]:
    if not (folder / "talweg.db").exists():
        return []
    db = sqlite3.connect(folder / "talweg.db", timeout=10)
    try:
        return db.execute(text).fetchall()
    except sqlite3.OperationalError:  # its tables are not made yet
        return []
    finally:
        db.close()


def same_times(one: Path, other: Path) -> None:
    """Steps take as long in the other's store as in the first's, so that no decision differs by how busy the machine was."""
    times = query(one, "SELECT contestant, seconds_per_step, low, high, steady FROM speed")
    db = sqlite3.connect(other / "talweg.db")
    with db:
        changed = [
            db.execute("UPDATE speed SET seconds_per_step = ?, low = ?, high = ?, steady = ? WHERE contestant = ?", (*known, name)).rowcount
            for name, *known in times
        ]
    db.close()
    assert changed == [1] * len(times)


def test_a_race_that_is_killed_goes_on_and_ends_like_one_that_was_not(tmp_path: Path, cache: Path) -> None:
    calm, killed = tmp_path / "calm", tmp_path / "killed"
    end(start(calm, cache, 200))
    process = start(killed, cache, 200)
    deadline = time.monotonic() + 120
    while not query(killed, "SELECT 1 FROM block"):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    process.kill()
    process.communicate()
    blocks = "SELECT contestant, rung, block, seconds FROM block ORDER BY 1, 2, 3"
    before = query(killed, blocks)
    assert query(killed, "SELECT finished FROM race") == [(None,)]
    if len(before) == len(query(calm, blocks)):
        pytest.skip("this machine ran the whole race between two looks at it")
    assert not (killed / "talweg-report").exists()

    same_times(calm, killed)
    end(start(killed, cache, 200))
    after = query(killed, blocks)
    assert set(before) < set(after)  # with the seconds that they took: none was run again
    for table, columns in (
        ("lane", f"{RECORDED}, setting, seed, schedule, hyperparameters, diverged_at, test_loss, test_metric, row_deviation"),
        ("point", "*"),
    ):
        text = f"SELECT {columns} FROM {table} ORDER BY {RECORDED}" + (", step" if table == "point" else "")
        assert query(killed, text) == query(calm, text) != []
    assert query(killed, "SELECT race, contestant, tensors FROM weights ORDER BY 2") == query(
        calm, "SELECT race, contestant, tensors FROM weights ORDER BY 2"
    )
    assert query(killed, "SELECT count(*), count(finished) FROM race") == [(1, 1)]
    assert len(list((killed / "talweg-report").iterdir())) == 1


def test_two_processes_may_run_one_race_at_once(tmp_path: Path, cache: Path) -> None:
    both = [start(tmp_path / "both", cache, 20) for _ in range(2)]
    for process in both:
        end(process)
    assert query(tmp_path / "both", "SELECT count(*), count(finished) FROM race") == [(1, 1)]
    lanes = query(tmp_path / "both", "SELECT contestant, rung, count(*) FROM lane GROUP BY 1, 2")
    assert ("adam", "search", 8) in lanes
    assert ("adam", "final", 4) in lanes
    assert ("plain-adam", "final", 4) in lanes
