"""The command line as a whole: help, version, the alias, and every way to fail."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import talweg
from commands import run
from talweg import app as live_page

pytestmark = pytest.mark.usefixtures("inside")


def test_version_and_help() -> None:
    assert run("--version").out == f"talweg {talweg.__version__}\n"
    for words in (("--help",), ("race", "--help"), ("-h",)):
        assert run(*words).code == 0
    assert "--budget" in run("race", "--help").out
    assert run().code in (0, 2)  # without a command, help is what one gets
    assert "race" in run().out + run().errors


@pytest.mark.parametrize("word", ["playground", "play"])
def test_the_playground_has_an_alias_that_help_does_not_show(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served = []
    monkeypatch.setattr(live_page, "play", lambda port, browser: served.append((port, browser)))
    assert run(word, "--port", "0", "--no-browser").code == 0
    assert served == [(0, False)]
    assert re.findall(r"^\W*(play\w*)", run("--help").out, re.M) == ["playground"]


@pytest.mark.parametrize("words", [("race",), ("race", "iris", "--settings", "many"), ("race", "iris", "--unknown"), ("rase", "iris")])
def test_what_is_no_command_is_code_2_and_no_traceback(words: tuple[str, ...]) -> None:
    output = run(*words)
    assert output.code == 2
    assert "Traceback" not in output.errors
    assert output.errors
    assert list(Path().iterdir()) == []


def test_a_disk_that_fails_in_the_middle_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from talweg.racing import api as racing

    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(racing, "race", fail)
    output = run("race", "iris", "--epochs", "1")
    assert (output.code, output.errors.count("\n")) == (2, 1)
    assert "No space left on device" in output.errors


def test_the_installed_module_does_the_same(tmp_path: Path) -> None:
    environment = {**os.environ, "COLUMNS": "80"}
    command = [sys.executable, "-m", "talweg"]
    wrong = subprocess.run([*command, "race", "irsi"], capture_output=True, text=True, env=environment)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert re.fullmatch(r"talweg: problem: unknown name 'irsi'; did you mean iris.*\n", wrong.stderr)
    right = subprocess.run([*command, "--version"], capture_output=True, text=True, env=environment)
    assert (right.returncode, right.stdout, right.stderr) == (0, f"talweg {talweg.__version__}\n", "")
    assert list(tmp_path.iterdir()) == []
