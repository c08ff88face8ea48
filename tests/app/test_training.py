"""The networks of the page: files that are handed in, what a network says over two features, the race behind the verdict."""

from __future__ import annotations

import base64
import dataclasses
import json
import threading

import numpy as np
import pytest

import talweg as tw
from talweg.app import training
from talweg.app.state import Entry, NetworkState, entries
from talweg.checks import InputError

SMALL = NetworkState(data="moons", hidden=(4,), epochs=2, methods=entries("sgd,adam"))
TABLE = b"width,height,kind\n" + b"".join(b"%d,%d,%s\n" % (k % 7, k % 5, b"a" if k % 2 else b"b") for k in range(60))


def test_a_training_is_told_with_a_picture_for_every_measuring_point() -> None:
    message = training.train(SMALL, SMALL.methods[0])
    assert message["tuned"]
    assert message["rate"] > 0
    assert len(message["frames"]) == len(message["loss"]) == len(message["examples"])
    json.dumps(message)
    shades = np.frombuffer(base64.b64decode(message["frames"][-1]), np.uint8)
    assert len(shades) == training.SIDE**2
    problem = training.of_state(SMALL)
    assert training.picture(problem)["side"] == training.SIDE


def test_what_the_network_says_is_drawn_the_right_way_up() -> None:
    problem = training.of_state(SMALL)
    entry = Entry("adam", (("learning_rate", 0.05),))
    frame = np.frombuffer(base64.b64decode(training.train(SMALL, entry)["frames"][-1]), np.uint8).reshape(training.SIDE, training.SIDE)
    (left, right), (low, high) = training.picture(problem)["ends"]
    x, y = (np.asarray(part) for part in problem.train)
    row = ((high - x[:, 1]) / (high - low) * (training.SIDE - 1)).round().astype(int)
    column = ((x[:, 0] - left) / (right - left) * (training.SIDE - 1)).round().astype(int)
    assert np.mean((frame[row, column] > 127) == (y > 0)) > 0.8


def test_the_same_state_is_computed_once_for_all_pages() -> None:
    assert training.train(SMALL, SMALL.methods[1]) is training.train(SMALL, SMALL.methods[1])
    assert training.train(dataclasses.replace(SMALL, seed=1), SMALL.methods[1]) is not training.train(SMALL, SMALL.methods[1])


def test_images_have_no_plane_and_many_classes_have_colours() -> None:
    assert training.picture(training.loaded("digits", "", "linear")) == {}
    assert len(set(training.CLASSES)) == 10


# ---- files -------------------------------------------------------------------------------------------------------------------


def test_a_file_is_kept_under_a_name_made_of_its_content() -> None:
    files = training.Uploads()
    key = files.keep("../../etc/My table.CSV", TABLE)
    assert key == files.keep("My table.csv", TABLE)
    assert key.startswith("My-table-")
    assert "/" not in key
    assert files.columns(key) == ["width", "height", "kind"]
    assert files.path(key).read_bytes() == TABLE


def test_the_oldest_files_are_forgotten() -> None:
    files = training.Uploads()
    first = files.keep("t.csv", TABLE)
    for k in range(training.FILES):
        files.keep("t.csv", TABLE + b"%d,1,a\n" % k)
    with pytest.raises(InputError, match="hand the file in again"):
        files.path(first)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("program.exe", b"MZ", "must be a table"),
        ("t.csv", b"", "no line"),
        ("t.csv", b"\x00\x01\x02", "not text"),
        ("t.parquet", b"no parquet", "Parquet"),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(name: str, content: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        training.Uploads().keep(name, content)


def test_a_table_of_ones_own_is_trained_on() -> None:
    key = training.uploads.keep("mine.csv", TABLE)
    state = dataclasses.replace(SMALL, data=key, target="kind", batch="8")
    message = training.train(state, state.methods[0])
    assert message["measured"] == "accuracy"
    with pytest.raises(InputError, match="unknown column"):
        training.of_state(dataclasses.replace(state, target="weight"))
    with pytest.raises(InputError, match="there is no data set"):
        training.of_state(dataclasses.replace(state, data="other.csv"))


# ---- the verdict -------------------------------------------------------------------------------------------------------------


def test_the_verdict_is_the_races_and_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "SETTINGS", 2)
    monkeypatch.setattr(training, "SEEDS", 2)
    state = dataclasses.replace(SMALL, epochs=1, methods=entries("sgd:learning_rate=0.1,momentum"))
    known = training.judge(state)
    assert known.over
    assert known.trouble == ""
    assert known.race is not None
    assert {row["method"] for row in known.race.summary["contestants"]} >= {"sgd", "momentum"}
    assert training.judge(dataclasses.replace(state, at=3, theme="dark")) is known
    report = training.report_of(training.race_key(state))
    assert report is not None
    assert "<html" in report.read_text("utf-8")
    assert training.report_of("nothing") is None


def test_a_race_that_nobody_waits_for_is_not_begun() -> None:
    state = dataclasses.replace(SMALL, epochs=7)
    known = training.judge(state, lambda: False)
    assert known.race is None
    assert training.judged(state) is None


def test_a_race_that_fails_says_so_and_the_next_one_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **more: object) -> tw.Race:
        raise InputError("race: something about the data")

    monkeypatch.setattr(training.racing, "race", broken)
    state = dataclasses.replace(SMALL, epochs=9)
    thread = threading.Thread(target=training.judge, args=(state,))
    thread.start()
    thread.join(60)
    known = training.judged(state)
    assert known is not None
    assert known.trouble == "race: something about the data"
    assert training.judge(dataclasses.replace(state, epochs=11)).trouble == known.trouble
