"""The list of slow tests names tests that there are, with their reasons, and leaves some cases of each promise to every run."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import slow

HERE = Path(__file__).parent


def functions(file: Path) -> set[str]:
    """The names of a file's functions."""
    return {node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", slow.SLOW)
def test_what_is_listed_as_slow_is_a_test_and_has_a_reason(name: str) -> None:
    file, _, test = name.partition("::")
    assert test in functions(HERE / file)
    assert slow.SLOW[name].why


def test_a_slow_test_is_found_by_its_name_and_its_case(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = {"a/test_one.py::test_a": slow.Slow("why"), "test_two.py::test_b": slow.Slow("because", but=("x[1]",))}
    monkeypatch.setattr(slow, "SLOW", listed)
    assert all(slow.is_slow(f"tests/{name}") for name in ("a/test_one.py::test_a", "a/test_one.py::test_a[1]", "test_two.py::test_b[y]"))
    assert not any(slow.is_slow(f"tests/{name}") for name in ("test_two.py::test_b[x[1]]", "test_two.py::test_bc", "test_two.py::test_a"))
