"""What the documents say is so: commands can be typed, files are there, counts are right, pages are in the menu."""

from __future__ import annotations

import contextlib
import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
import typer

from talweg.app.lessons import LESSONS
from talweg.cli.main import app
from talweg.methods import CATALOGUE, VARIANTS, WRAPPERS
from talweg.problems import SURFACES
from talweg.problems.datasets import CATALOGUE as DATA_SETS
from talweg.schedules import CATALOGUE as SCHEDULES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS: Any = typer.main.get_command(app)

NUMBERS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
VALUES = {word: value for value, word in enumerate(NUMBERS.split(), start=1)} | {"twenty": 20, "thirty": 30, "forty": 40}
COUNTS = {
    "short programs": len(list((ROOT / "examples").glob("[0-9]*.py"))),
    "scripts": len(list((ROOT / "examples").glob("[0-9]*.py"))),
    "methods:": len(set(CATALOGUE) - set(VARIANTS)),
    "data sets that need no": len(DATA_SETS),
    "lessons": len(LESSONS),
    "short lessons": len(LESSONS),
    "functions to look at": len(SURFACES),
    "schedules of": len(SCHEDULES),
}


def counted(text: str) -> Iterator[tuple[str, str]]:
    """All (number, what is counted) of the catalogues; a number is a word or digits."""
    for what in COUNTS:
        for number in re.findall(rf"\b(\d+|{'|'.join(VALUES)})\s+{what}\b", text, re.I):
            yield number.lower(), what


def typed(text: str) -> list[str]:
    """The commands of talweg in blocks of code, without what is said of them behind a #."""
    blocks = re.findall(r"^```(?:sh)?\n(.*?)^```", text, re.S | re.M)
    return [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines() if line.startswith("talweg ")]


def named(text: str) -> set[str]:
    """The files that are named in code style."""
    return set(re.findall(r"`((?:[\w.]+/)+[\w.]+\.(?:py|md|yml|toml|yaml))`", text))


def pages(take: Any) -> list[Any]:
    """One case for each thing that `take` finds, by the name of its page."""
    return [pytest.param(one, id=f"{page.name}-{one}") for page in PAGES for one in sorted(set(take(page.read_text("utf-8"))))]


@pytest.mark.parametrize("line", pages(typed))
def test_a_command_in_the_documents_can_be_typed(line: str) -> None:
    _, name, *words = shlex.split(line)
    command = COMMANDS.commands[name]
    with contextlib.suppress(click.exceptions.Exit):  # --help
        command.make_context(name, words)


@pytest.mark.parametrize("name", pages(named))
def test_a_file_in_the_documents_is_there(name: str) -> None:
    assert any((root / name).exists() for root in (ROOT, ROOT / "src" / "talweg", ROOT / "tests"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_count_in_the_documents_is_right(page: Path) -> None:
    found = [(VALUES.get(number) or int(number), what) for number, what in counted(page.read_text("utf-8"))]
    wrong = [(number, what) for number, what in found if number != COUNTS[what]]
    assert wrong == []


def test_the_readers_of_the_documents_find_what_they_look_for() -> None:
    text = "```sh\ntalweg race iris   # a race\n```\nTen lessons and 8 short programs, see `methods/adam.py`."
    assert typed(text) == ["talweg race iris"]
    assert set(counted(text)) == {("ten", "lessons"), ("8", "short programs")}
    assert named(text) == {"methods/adam.py"}


def test_every_page_is_in_the_menu_and_on_the_first_page() -> None:
    menu, home = (ROOT / "mkdocs.yml").read_text("utf-8"), (ROOT / "docs" / "index.md").read_text("utf-8")
    names = {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"} | {"methods.md"}
    assert {name for name in names if f": {name}" not in menu} == set()
    assert {name for name in names if f"]({name})" not in home} == set()


def test_a_generated_page_is_as_new_as_the_catalogue() -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    assert (ROOT / "docs" / "surfaces.md").read_text("utf-8") == generate["surface_page"](), "run python docs/generate.py"


def test_the_page_that_is_made_when_the_documents_are_built_has_every_method() -> None:
    page = runpy.run_path(str(ROOT / "docs" / "generate.py"))["page"]()
    assert [name for name in CATALOGUE | WRAPPERS if f"| `{name}` |" not in page] == []
