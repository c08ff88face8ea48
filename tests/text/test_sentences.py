"""Every sentence that the program can print, in `sentences/`, so that a reader can go through them all.

`situations/<topic>.py` makes up the summaries: its function `situations()` gives, of each, a title and what `talweg.text` says of it.
After a sentence was changed on purpose, `pytest tests/text/test_sentences.py --rewrite` writes the files anew; read the difference.
"""

from __future__ import annotations

import ast
import importlib
import runpy
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import talweg.text

HERE = Path(__file__).parent
ROOM = Path(talweg.text.__file__).parent
TOPICS = sorted(path.stem for path in (HERE / "situations").glob("*.py"))
MODULES = sorted(path.stem for path in ROOM.glob("*.py") if path.stem != "__init__")

#: Words that were once said where the field has its own: docs/design.md, "Words".
OLD = [
    "yardstick", "time alone", "tuning paid", "its way", "way down", "where it ended", "slope", "come to rest", "comes to rest",
    "restless", "at rest", "inside", "has length", "path", "trail", "walker", "follower", "relief", "mountain", "film",
    "in all, unseen", "unseen mass", "nobody", "looked at", "looked into", "turns back", "way out", "kinds of ends",
]  # fmt: skip


def lines_of(topic: str) -> Iterator[tuple[str, list[str]]]:
    """The title of each situation, and the lines said of it."""
    made: Iterable[tuple[str, str | list[str]]] = runpy.run_path(str(HERE / "situations" / f"{topic}.py"))["situations"]()
    for title, lines in made:
        yield title, [lines] if isinstance(lines, str) else list(lines)


def page(topic: str) -> str:
    """What is said of every situation of a topic, as its file has it."""
    return "\n".join("\n".join((f"# {title}", *lines, "")) for title, lines in lines_of(topic))


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_said_is_what_a_reader_went_through(topic: str, request: pytest.FixtureRequest) -> None:
    golden = HERE / "sentences" / f"{topic}.txt"
    if request.config.getoption("--rewrite"):
        golden.write_text(page(topic), encoding="utf-8")
    assert page(topic) == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("topic", TOPICS)
def test_no_sentence_has_a_word_of_its_own_where_the_field_has_one(topic: str) -> None:
    text = " ".join((HERE / "sentences" / f"{topic}.txt").read_text(encoding="utf-8").lower().split())
    assert [word for word in OLD if word in text] == []


def test_every_file_of_sentences_has_its_situations() -> None:
    assert sorted(path.stem for path in (HERE / "sentences").glob("*.txt")) == TOPICS


@pytest.fixture(scope="module")
def executed() -> dict[str, set[int]]:
    """Which lines of each file in `talweg.text` run while all situations are made."""
    lines: dict[str, set[int]] = {str(ROOM / f"{name}.py"): set() for name in MODULES}

    def local(frame: FrameType, event: str, _: Any) -> Any:
        lines[frame.f_code.co_filename].add(frame.f_lineno)
        return local

    def enter(frame: FrameType, event: str, _: Any) -> Any:
        return local(frame, event, _) if frame.f_code.co_filename in lines else None

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        for topic in TOPICS:
            page(topic)
    finally:
        sys.settrace(before)
    return lines


def statements(function: ast.FunctionDef) -> Iterator[ast.stmt]:
    """The statements of a function that can run, without its docstring."""
    for node in ast.walk(function):
        if (
            isinstance(node, ast.stmt)
            and node is not function
            and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        ):
            yield node


@pytest.mark.parametrize("name", MODULES)
def test_every_line_that_makes_a_sentence_has_a_situation(name: str, executed: dict[str, set[int]]) -> None:
    path = Path(importlib.import_module(f"talweg.text.{name}").__file__ or "")
    functions = [node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)]
    never = [
        f"{function.name}, line {line.lineno}"
        for function in functions
        for line in statements(function)
        if not executed[str(path)] & set(range(line.lineno, (line.end_lineno or line.lineno) + 1))
    ]
    assert never == []
