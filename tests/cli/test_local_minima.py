"""The commands for who may be stuck: `talweg basins` and `talweg escape`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import talweg as tw
from commands import Output, run
from markup import Page
from talweg.cli import live
from talweg.studies import basins as module  # the module: the function of its name is asked for by its full name

FAST = ("--starts", "32", "--settings", "32", "--steps", "150", "--remedies", "random-restarts,momentum")


pytestmark = pytest.mark.usefixtures("inside")


@pytest.fixture(scope="module")
def escaped(home: Path) -> tuple[Output, Path]:
    """A small search for a remedy, and where its page and its numbers are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("COLUMNS", "160")
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        return run("escape", "styblinski-tang", *FAST, "--json", "escape.json"), home


def squeezed(text: str) -> str:
    return " ".join(text.split())


# ---- basins ----------------------------------------------------------------------------------------------------------------------


def test_basins_prints_a_table_of_basins_and_methods_and_the_sentences() -> None:
    output = run("basins", "himmelblau", "--starts", "24", "--methods", "momentum,adam", "--steps", "300", "--json", "basins.json")
    assert (output.code, output.errors) == (0, "")
    summary = json.loads(Path("basins.json").read_text("utf-8"))
    assert len(summary["basins"]) == 4
    for sentence in summary["sentences"]:
        assert sentence in squeezed(output.out)
    for at in ("(3, 2)", "(−2.81, 3.13)", "(3.58, −1.85)", "(−3.78, −3.28)"):
        assert at in output.out
    assert "best found" in output.out
    assert "■ Adam" in output.out


def test_only_the_lowest_of_many_basins_are_listed() -> None:
    output = run("basins", "rastrigin", "--starts", "40", "--methods", "sgd", "--learning-rate", "0.001", "--steps", "200", "--seed", "1")
    assert output.code == 0
    rows = re.findall(r"^(\d+) +\S+ +\d+ \(", output.out, re.MULTILINE)
    assert rows == [str(k) for k in range(1, 13)]
    assert re.search(r"^… and \d+ more$", output.out, re.MULTILINE)
    assert "40 starts of gradient descent (learning rate 0.001), 200 steps each" in output.out


@pytest.mark.parametrize("shown", [True, False])
def test_on_data_the_valley_of_the_best_two_is_said_unless_it_is_left_out(shown: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    joined = type("Joined", (), {"sentence": "The two solutions lie in one valley."})
    monkeypatch.setattr(module, "connected", lambda problem, first, second: joined())
    words = ("basins", "iris", "--model", "mlp:4", "--starts", "4", "--epochs", "1", "--learning-rate", "0.1")
    output = run(*words, *(() if shown else ("--no-connection",)))
    assert output.code == 0
    assert ("The two solutions lie in one valley." in squeezed(output.out)) == shown


def test_a_way_that_cant_be_looked_for_costs_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(problem: Any, first: Any, second: Any) -> Any:
        raise tw.InputError("landscape: no way")

    monkeypatch.setattr(module, "connected", refuse)
    output = run("basins", "iris", "--model", "mlp:4", "--starts", "4", "--epochs", "1", "--learning-rate", "0.1")
    assert output.code == 0
    assert "4 starts of momentum ended in" in output.out
    assert "the connection between the two lowest endpoints (landscape: no way)" in squeezed(output.out)


# ---- escape ----------------------------------------------------------------------------------------------------------------------


def test_escape_prints_a_table_the_sentences_and_where_the_page_is(escaped: tuple[Output, Path]) -> None:
    output, folder = escaped
    assert (output.code, output.errors) == (0, "")
    summary = json.loads((folder / "escape.json").read_text("utf-8"))
    for sentence in summary["sentences"]:
        assert sentence in squeezed(output.out)
    again = summary["arms"][1]
    (row,) = re.findall(r"^… 4 random restarts .*$", output.out, re.MULTILINE)
    assert f"{again['reached']} of 32" in row
    assert "helps" in row
    assert output.out.endswith(f"page  {folder / 'talweg-report' / 'styblinski-tang-escape.html'}\n")
    assert "tuning" not in output.out  # in a pipe, nothing about the progress


def test_the_page_says_it_all_and_needs_nothing_but_itself(escaped: tuple[Output, Path]) -> None:
    text = (escaped[1] / "talweg-report" / "styblinski-tang-escape.html").read_text("utf-8")
    page = Page(text)
    assert not [tag for tag, attributes in page.attributes if {"src", "href", "srcset", "data", "action"} & set(attributes)]
    assert f"talweg escape styblinski-tang {' '.join(FAST)} --json escape.json" in page.text
    for output in (
        "Gradient descent, 4 random restarts",
        "not significant",
        "How it was measured",
        "32 settings for each arm",
        "Bonferroni",
    ):
        assert output in page.text
    assert "What was left out" not in page.text


def test_what_all_remedies_leave_out_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    from talweg.contestants import remedies

    few = {name: remedies.REMEDIES[name] for name in ("wider", "momentum")}
    monkeypatch.setattr(remedies, "REMEDIES", few)
    output = run("escape", "booth", "--starts", "8", "--settings", "1", "--steps", "3", "-o", "deep/booth.html")
    assert output.code == 0
    assert "Left out: wider: booth has no hidden layers" in squeezed(output.out)
    assert "Wider: booth has no hidden layers" in Page(Path("deep/booth.html").read_text("utf-8")).text


def test_control_c_is_code_130_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    from talweg.studies import escape as racing_escape

    def stop(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(racing_escape, "escape", stop)
    output = run("escape", "booth")
    assert output.code == 130
    assert "Traceback" not in output.errors
    assert not list(Path().iterdir())


def test_progress_is_shown_in_a_terminal_alone() -> None:
    from rich.console import Console

    shown, hidden = Console(force_terminal=True, width=80, record=True), Console(force_terminal=False, width=80, record=True)
    for console in (shown, hidden):
        with live.working(console) as working:
            working("tuning [1] of 2")
    assert hidden.export_text() == ""


SURFACE = ("escape", "booth", "--starts", "8", "--settings", "1", "--steps", "2")
MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "an unknown problem": (("basins", "himmelbau"), "did you mean himmelblau"),
    "one start": (("basins", "booth", "--starts", "1"), "starts must be at least 2, got 1"),
    "steps and epochs": (("basins", "booth", "--steps", "2", "--epochs", "2"), "either steps or epochs, not both"),
    "an unknown method": (("basins", "booth", "--methods", "adma"), "did you mean"),
    "no start that ends": (("basins", "3*x + y", "--starts", "4", "--steps", "2"), "none of the starts on"),
    "json to a folder": (("basins", "booth", "--json", "."), "is a folder"),
    "an unknown remedy": ((*SURFACE, "--remedies", "wide"), "unknown remedy 'wide'; did you mean wider"),
    "a wider function": ((*SURFACE, "--remedies", "wider"), "booth has no hidden layers"),
    "two methods": ((*SURFACE, "--method", "sgd,adam"), "one method is remedied at a time, got 2"),
    "negative trials": (("escape", "booth", "--starts", "-1"), "starts must be at least 8, got -1"),
    "two budgets": ((*SURFACE, "--epochs", "2"), "either steps or epochs, not both"),
    "a goal above the start": ((*SURFACE, "--remedies", "momentum", "--goal-loss", "1e9"), "lies above where the trials start"),
    "all of the way": ((*SURFACE, "--within", "2"), "within must lie in"),
    "a picture": ((*SURFACE, "-o", "escape.png"), "must end in .html, got 'escape.png'"),
    "a file in the way": ((*SURFACE, "-o", "file/escape.html"), "can't be written"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_sentence_and_leaves_nothing_behind(mistake: str) -> None:
    words, sentence = MISTAKES[mistake]
    Path("file").write_text("")
    output = run(*words)
    assert (output.code, output.out) == (2, "")
    assert output.errors.startswith("talweg: ")
    assert output.errors.count("\n") == 1
    assert sentence in output.errors
    assert [path.name for path in Path().iterdir()] == ["file"]


@pytest.mark.parametrize("command", ["basins", "escape"])
def test_a_problem_that_always_begins_in_the_same_place_is_refused(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from talweg import problems

    alone = replace(tw.problems.surface("booth").problem(), scatter=None)
    monkeypatch.setattr(problems, "resolve", lambda *args, **more: alone)
    output = run(command, "booth")
    assert output.code == 2
    assert f"talweg: {command}: booth always begins at the same place" in output.errors


def test_the_help_says_what_the_commands_answer() -> None:
    everything = squeezed(run("--help").out)
    assert "Is there anything better?" in everything
    assert "Does noise help" in everything
    for words in (("basins", "--help"), ("escape", "--help")):
        output = run(*words)
        assert output.code == 0
        assert "--json" in output.out


# ---- the page in a browser -------------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_browser_draws_every_arm_on_a_narrow_dark_page(escaped: tuple[Output, Path], dumped: Any) -> None:
    page = escaped[1] / "talweg-report" / "styblinski-tang-escape.html"
    shown = dumped(page, "--window-size=500,900", "--blink-settings=preferredColorScheme=0")
    assert "data-problem" not in shown[: shown.index("<head>")]
    assert 'data-drawn="yes"' in shown
    drawn = shown[shown.index('id="rates"') :]
    for label in ("Gradient descent", "… 4 random restarts", "Momentum", "trials that reached it, %", "helps: +"):
        assert label in drawn
    assert len(re.findall('class="point"', drawn)) == 4  # the momentum remedy is two methods
