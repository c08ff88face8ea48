"""Executors are found by their files."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from talweg.checks import InputError
from talweg.engine import executors
from talweg.engine.executors.local import Local


def test_an_executor_has_the_name_of_its_file() -> None:
    assert executors.EXECUTORS["local"] is Local
    assert "base" not in executors.EXECUTORS


def test_a_file_without_its_executor_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thread_pool.py").write_text("class Pool: ...", "utf-8")
    monkeypatch.setattr(executors, "__path__", [str(tmp_path)])
    with pytest.raises(InputError, match=r"executors\.thread_pool: the file must have a class ThreadPool; write it, or"):
        executors.executor("thread_pool")
    (tmp_path / "mine.py").write_text("class Mine: ...", "utf-8")
    assert executors.executor("mine") is sys.modules["talweg.engine.executors.mine"].Mine
