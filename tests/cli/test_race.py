"""The command line: what it prints and writes, and one sentence for every mistake."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from commands import Output, run
from talweg.racing.api import open_race
from talweg.store import Store

SMALL = ("race", "iris", "--settings", "8", "--seeds", "4", "--epochs", "2", "--methods", "adam")


pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture(scope="module")
def raced(home: Path) -> tuple[Output, Path]:
    """A small race, and where its store, report and JSON are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("COLUMNS", "160")
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        return run(*SMALL, "--json", "race.json"), home


def test_a_race_ends_with_a_table_a_verdict_and_a_report(raced: tuple[Output, Path]) -> None:
    output, folder = raced
    assert (output.code, output.errors) == (0, "")
    assert "iris · classification, 3 classes · 90 / 30 / 30 examples" in output.out
    (report,) = (folder / "talweg-report").glob("iris-*.html")
    assert str(report) in output.out.replace("\n", "")
    assert report.read_text("utf-8").startswith("<!DOCTYPE html>") or "<html" in report.read_text("utf-8")
    summary = json.loads((folder / "race.json").read_text("utf-8"))
    squeezed = " ".join(output.out.split())
    for sentence in (summary["verdict"]["headline"], *summary["verdict"]["sentences"]):
        assert " ".join(sentence.split()) in squeezed
    for row in summary["contestants"]:
        assert row["label"] in output.out
    left = {path.name for path in folder.iterdir() if not path.name.startswith("talweg.db-")}
    assert left - {"cache"} == {
        "race.json",
        "talweg-report",
        "talweg.db",
    }  # the cache of compiled programs lies where the first race put it


def test_the_json_has_the_keys_that_were_promised(raced: tuple[Output, Path]) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    summary = json.loads((raced[1] / "race.json").read_text("utf-8"), parse_constant=refuse)
    assert {"problem", "recommendation", "landmarks", "target", "contestants", "verdict", "timing"} <= set(summary)
    assert {"headline", "winner", "tied", "text"} <= set(summary["verdict"])
    assert {"wall", "compile", "lanes", "lane_steps"} == set(summary["timing"])
    for row in summary["contestants"]:
        assert {"name", "method", "batch", "hyperparameters", "steps", "epochs", "test", "failed", "diverged", "default", "why"} <= set(row)
        assert set(row["validation_loss"]) == {"mean", "low", "high"}
        for key in ("steps", "examples", "gradients", "seconds", "speedup"):
            assert set(row["to_target"][key]) == {"value", "low", "high"}
    assert summary["run"]["command"] == f"talweg {' '.join(SMALL)} --json race.json"


def test_the_same_command_again_runs_nothing_and_says_the_same(raced: tuple[Output, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    output, folder = raced
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "160")
    before = (folder / "race.json").read_text()
    again = run(*SMALL, "--json", "race.json")
    assert again.code == 0
    assert (folder / "race.json").read_text() == before
    assert again.out.partition("target  ")[2] == output.out.partition("target  ")[2]


def test_quiet_prints_the_verdict_alone(raced: tuple[Output, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(raced[1])
    output = run(*SMALL, "--quiet")
    assert output.out == json.loads((raced[1] / "race.json").read_text())["verdict"]["text"] + "\n"
    assert output.errors == ""


def test_the_winner_is_printed_as_code_that_runs(raced: tuple[Output, Path], tmp_path: Path) -> None:
    store = str(raced[1] / "talweg.db")
    for library in ("torch", "keras", "optax", "tensorflow", "sklearn"):
        output = run("code", "--for", library, "--optimizer-only", "--store", store)
        assert (output.code, output.errors) == (0, "")
        assert "as tuned in race" in output.out.splitlines()[0]
        compile(output.out, library, "exec")
    output = run("code", "--method", "plain Adam", "--for", "optax", "--optimizer-only", "--store", store)
    (tmp_path / "snippet.py").write_text(output.out)
    optimizer = runpy.run_path(str(tmp_path / "snippet.py"))["make_optimizer"]()
    assert hasattr(optimizer, "update")
    assert "optax.adam(learning_rate=0.001" in output.out
    for words, sentence in ((("--for", "pytorch"), "did you mean torch"), (("--method", "lion"), "unknown contestant 'lion'")):
        output = run("code", *words, "--store", store)
        assert (output.code, output.out) == (2, "")
        assert sentence in output.errors


def test_the_winner_is_printed_as_a_whole_program_or_why_not(raced: tuple[Output, Path], tmp_path: Path) -> None:
    store = str(raced[1] / "talweg.db")
    output = run("code", "--store", store)
    assert (output.code, output.errors) == (0, "")
    best = open_race(store=store)
    assert output.out == best.program()
    expected = best.summary["recommendation"]["expected_on_new_data"]
    assert f"Expected on {expected['rows']} new rows: a cross-entropy loss of {expected['mean']:.4g}" in output.out
    assert "Expected" not in run("code", "--method", "plain Adam", "--store", store).out
    other = run("code", "--for", "keras", "--store", store).out
    head, _, rest = other.partition("\n")
    assert head == "# The optimizer alone. No whole program can be written for iris: so far there are programs for torch and optax alone"
    assert rest == run("code", "--for", "keras", "--optimizer-only", "--store", store).out


def test_show_says_it_again_and_writes_where_it_is_told(raced: tuple[Output, Path], tmp_path: Path) -> None:
    store = str(raced[1] / "talweg.db")
    name = Store(store).race().race
    output = run("show", name[:4], "--store", store, "--out", "deep/reports", "--json", "again.json")
    assert output.code == 0
    assert [path.name for path in (tmp_path / "deep" / "reports").iterdir()] == [f"iris-{name}.html"]
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads((raced[1] / "race.json").read_text())
    assert run("show", "--store", store).code == 0
    unknown = run("show", "zzzz", "--store", store)
    assert (unknown.code, "no race begins with 'zzzz'" in unknown.errors) == (2, True)


def test_races_lists_what_is_in_the_store(raced: tuple[Output, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    store = raced[1] / "talweg.db"
    output = run("races", "--store", str(store))
    assert Store(store).race().race in output.out
    assert "iris" in output.out


def test_an_unfinished_race_is_listed_but_not_shown(tmp_path: Path) -> None:
    Store(tmp_path / "talweg.db").enter("abcdef", {"name": "iris"}, {"contestants": [], "epochs": 1}, {"command": "talweg race iris"})
    assert "unfinished" in run("races").out
    output = run("show")
    assert output.code == 2
    assert "abcdef is not finished; run the same command again to go on (talweg race iris)" in output.errors


def table(name: str, *lines: str) -> Callable[[], None]:
    return lambda: (Path(name).write_text("\n".join(lines) + "\n"), None)[1]


def arrays(**named: Any) -> Callable[[], None]:
    return lambda: np.savez("data.npz", **named)


def nothing() -> None:
    pass


X = np.random.default_rng(0).normal(size=(30, 2))
HOLED, ENDLESS = X.copy(), X.copy()
HOLED[3, 1], ENDLESS[4, 0] = np.nan, np.inf
ROWS = [f"{i},{i % 7},{'ab'[i % 2]}" for i in range(30)]
IRIS = ("race", "iris", "--epochs", "1")
CSV = ("race", "data.csv", "--target", "y")

#: what is there, what is typed, what is said
MISTAKES: dict[str, tuple[Callable[[], Any], tuple[str, ...], str]] = {
    "a missing file": (nothing, ("race", "data.csv"), "data.csv"),
    "a missing npz": (nothing, ("race", "data.npz"), "data.npz"),
    "an unknown problem": (nothing, ("race", "irsi"), "did you mean iris"),
    "an unknown method": (nothing, (*IRIS, "--methods", "adma"), "did you mean adam"),
    "an unknown model": (nothing, (*IRIS, "--model", "mpl:4"), "mlp"),
    "an unknown start of weights": (nothing, (*IRIS, "--init", "kers"), "unknown initialisation 'kers'; did you mean keras"),
    "two starts of weights": (nothing, (*IRIS, "--model", "mlp:4,he", "--init", "torch"), "weights start in one way, got torch and he"),
    "an unknown loss": (nothing, (*IRIS, "--loss", "crossentropy"), "known: squared (mse, l2), absolute (mae, l1)"),
    "an unknown task": (nothing, (*IRIS, "--task", "classify"), "did you mean classification"),
    "an unknown schedule": (nothing, (*IRIS, "--schedule", "cosin"), "did you mean cosine"),
    "an unknown remedy": (nothing, (*IRIS, "--remedies", "noise,wide"), "unknown remedy 'wide'; did you mean wider"),
    "a remedy that a function can't have": (nothing, ("race", "booth", "--remedies", "wider"), "booth has no hidden layers"),
    "a target that is not there": (table("data.csv", "a,b,y", *ROWS), ("race", "data.csv", "--target", "z"), "z"),
    "one class": (table("data.csv", "a,y", *[f"{i % 7},only" for i in range(30)]), CSV, "at least two classes, got one"),
    "a class with one row": (table("data.csv", "a,y", *[f"{i % 7},{'only' if i else 'rare'}" for i in range(30)]), CSV, "at least 3 rows"),
    "no rows": (table("data.csv", "a,b,y"), CSV, "row"),
    "an empty file": (lambda: Path("data.csv").touch(), CSV, "data.csv"),
    "few rows": (table("data.csv", "a,y", *["1,a", "2,b", "1,b", "2,a"]), CSV, "10 rows"),
    "NaN in npz": (arrays(X=HOLED, y=np.arange(30) % 2), ("race", "data.npz"), "features must be finite"),
    "infinity in npz": (arrays(X=ENDLESS, y=np.arange(30) % 2), ("race", "data.npz"), "features must be finite"),
    "no arrays": (arrays(a=X), ("race", "data.npz"), "data.npz"),
    "no settings": (nothing, (*IRIS, "--settings", "0"), "settings must be at least 1, got 0"),
    "one seed": (nothing, (*IRIS, "--seeds", "1"), "seeds must be at least 2, got 1"),
    "negative epochs": (nothing, ("race", "iris", "--epochs", "-1"), "epochs must lie in (0, inf), got -1"),
    "a negative seed": (nothing, (*IRIS, "--seed", "-1"), "seed must be at least 0, got -1"),
    "a budget of nonsense": (nothing, ("race", "iris", "--budget", "soon"), "the budget must be a time such as 60s, 5m or 1h, got 'soon'"),
    "a budget of nothing": (nothing, ("race", "iris", "--budget", "0s"), "budget must lie in"),
    "two budgets": (nothing, (*IRIS, "--budget", "60s"), "either epochs or a budget"),
    "two goals": (nothing, (*IRIS, "--goal-loss", "1", "--goal-accuracy", "0.5"), "either a goal loss or a goal accuracy"),
    "too accurate": (nothing, (*IRIS, "--goal-accuracy", "95"), "95 % is 0.95"),
    "momentum of one": (nothing, (*IRIS, "--methods", "momentum:momentum=1"), "momentum must lie in [0, 1), got 1"),
    "a large batch": (nothing, (*IRIS, "--methods", "adam@91"), "a batch of 91 needs as many training examples, got 90"),
    "no talweg store": (table("talweg.db", *["just text"] * 99), IRIS, "is not a talweg store"),
    "a folder as store": (lambda: Path("talweg.db").mkdir(), IRIS, "is a folder"),
    "a store in a missing folder": (nothing, (*IRIS, "--store", "no/talweg.db"), "the folder no does not exist"),
    "a file in the way of out": (table("file", "text"), (*IRIS, "--out", "file"), "file can't be written"),
    "a file above out": (table("file", "text"), (*IRIS, "--out", "file/report"), "can't be written"),
    "json in a missing folder": (nothing, (*IRIS, "--json", "no/race.json"), "no"),
    "json to a folder": (lambda: Path("there").mkdir(), (*IRIS, "--json", "there"), "is a folder"),
    "show without a store": (nothing, ("show",), "there is no talweg.db; run talweg race first"),
    "races without a store": (nothing, ("races",), "there is no talweg.db; run talweg race first"),
    "show of no store": (table("talweg.db", *["just text"] * 99), ("show",), "is not a talweg store"),
    "show of an empty store": (lambda: Store("talweg.db").close(), ("show",), "holds no races yet"),
}


BIG = ("big.csv", "--target", "y")

#: what is typed, what is said
EARLY: dict[str, tuple[tuple[str, ...], str]] = {
    "settings": (("race", *BIG, "--settings", "0"), "settings must be at least 1, got 0"),
    "seeds": (("race", *BIG, "--seeds", "1"), "seeds must be at least 2, got 1"),
    "epochs": (("race", *BIG, "--epochs", "-1"), "epochs must lie in (0, inf), got -1"),
    "budget": (("race", *BIG, "--budget", "soon"), "the budget must be a time such as 60s, 5m or 1h"),
    "two budgets": (("race", *BIG, "--budget", "5m", "--epochs", "3"), "either epochs or a budget"),
    "seed": (("race", *BIG, "--seed", "-1"), "seed must be at least 0, got -1"),
    "goal": (("race", *BIG, "--goal-accuracy", "2"), "must lie in (0, 1], got 2"),
    "two goals": (("race", *BIG, "--goal-loss", "1", "--goal-accuracy", "0.5"), "either a goal loss or a goal accuracy"),
    "method": (("race", *BIG, "--methods", "adma"), "did you mean adam"),
    "number of a method": (("race", *BIG, "--methods", "momentum:momentum=1"), "momentum must lie in [0, 1), got 1"),
    "batch": (("race", *BIG, "--methods", "adam@0"), "the batch size must be at least 1, got 0"),
    "schedule": (("race", *BIG, "--schedule", "cosin"), "did you mean cosine"),
    "remedy": (("race", *BIG, "--remedies", "noise,wide"), "did you mean wider"),
    "model": (("race", *BIG, "--model", "mpl:4"), "unknown model 'mpl'"),
    "loss": (("race", *BIG, "--loss", "crossentropy"), "known: squared (mse, l2)"),
    "task": (("race", *BIG, "--task", "classify"), "did you mean classification"),
    "json": (("race", *BIG, "--json", "no/race.json"), "lies in a folder that does not exist"),
    "out": (("race", *BIG, "--out", "big.csv"), "big.csv can't be written"),
    "store": (("race", *BIG, "--store", "no/talweg.db"), "the folder no does not exist"),
    "no store": (("race", *BIG, "--store", "big.csv"), "is not a talweg store"),
    "method of escape": (("escape", *BIG, "--method", "adma"), "did you mean adam"),
    "remedy of escape": (("escape", *BIG, "--remedies", "wide"), "did you mean wider"),
    "settings of escape": (("escape", *BIG, "--settings", "0"), "settings must be at least 1, got 0"),
    "lengths of escape": (("escape", *BIG, "--steps", "5", "--epochs", "5"), "either steps or epochs, not both"),
    "method of basins": (("basins", *BIG, "--methods", "adma"), "did you mean adam"),
    "method of diagnose": (("diagnose", *BIG, "--method", "adma"), "did you mean adam"),
    "starts of basins": (("basins", *BIG, "--starts", "1"), "starts must be at least 2, got 1"),
    "rate of basins": (("basins", *BIG, "--learning-rate", "-1"), "learning_rate must lie in"),
}


@pytest.mark.parametrize(("words", "sentence"), EARLY.values(), ids=EARLY)
def test_a_mistake_in_an_option_is_found_before_anything_is_read(
    words: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from talweg.problems.tables import files

    def touched(*args: Any) -> Any:
        raise AssertionError("the file was read")

    monkeypatch.setattr(files, "columns", touched)
    Path("big.csv").write_text("a,b,y\n" + "1,2,0\n" * 40, encoding="utf-8")
    before = contents()
    output = run(*words)
    assert (output.code, output.errors.count("\n")) == (2, 1)
    assert sentence in output.errors
    assert contents() == before


def test_an_option_that_needs_the_data_is_looked_at_when_they_are_read() -> None:
    Path("big.csv").write_text("a,b,y\n" + "1,2,0\n3,1,1\n" * 20, encoding="utf-8")
    assert "needs as many training examples" in run("race", *BIG, "--methods", "adam@91").errors


def contents() -> dict[str, bytes | None]:
    """All files and folders; not the two that SQLite keeps beside an open store."""
    return {
        str(path): path.read_bytes() if path.is_file() else None for path in Path().rglob("*") if not path.name.endswith(("-wal", "-shm"))
    }


@pytest.mark.parametrize(("there", "words", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_sentence_and_leaves_nothing_behind(there: Callable[[], Any], words: tuple[str, ...], sentence: str) -> None:
    there()
    before = contents()
    output = run(*words)
    assert output.code == 2
    assert output.errors.startswith("talweg: ")
    assert output.errors.count("\n") == 1
    assert sentence in output.errors
    assert "Traceback" not in output.errors + output.out
    after = contents()
    after.pop("talweg.db", None) if "talweg.db" not in before and after.get("talweg.db") is not None else None
    assert after == before
    if Path("talweg.db").is_file() and "talweg.db" not in before:
        assert Store("talweg.db").races() == []


def test_control_c_says_how_to_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from talweg.racing import api as racing

    def stop(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(racing, "race", stop)
    output = run(*IRIS, "--methods", "adam")
    assert output.code == 130
    assert "stopped; what is finished is kept in talweg.db" in output.errors
    assert f"talweg {' '.join(IRIS)} --methods adam" in output.errors
    assert "Traceback" not in output.errors


def test_a_remedy_is_raced_beside_the_method_and_has_its_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    small = ("race", "iris", "--model", "linear", "--settings", "2", "--seeds", "2", "--epochs", "1", "--methods", "sgd")
    output = run(*small, "--remedies", "warm-restarts")
    assert (output.code, output.errors) == (0, "")
    assert "mini-batch gradient descent, with warm restarts" in output.out
    assert "3 contestants" in output.out
    again = run("code", "--method", "warm-restarts+sgd")
    assert "def learning_rate(step)" in again.out
