"""What commands on a finished race need beside the library: the problem that the race's own command names."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

import typer

from talweg.checks import InputError


def recalled(done: Any) -> Any:
    """The problem of a race that was started by a command, built again from its words; None where the library knows it by itself.

    Raises InputError if its file can't be read any more.
    """
    from talweg.cli.main import app
    from talweg.problems import resolve
    from talweg.problems.datasets import find

    words = shlex.split(done.summary["run"].get("command") or "")
    if words[:2] != ["talweg", "race"]:
        return None
    given = _parsed(typer.main.get_command(app), words[2:])
    if given is None or find(given["problem"]) is not None:
        return None
    try:
        return resolve(given["problem"], given.get("target"), given.get("model"), given.get("loss"), given.get("task"))
    except InputError as error:
        raise InputError(
            f"landscape: the data of race {done.name} were in {given['problem']!r}, and that can't be read here ({error}); run it in the "
            "folder of the race"
        ) from error


def _parsed(commands: Any, words: Sequence[str]) -> dict[str, Any] | None:
    """The arguments in a command's words; None if they are not those of this version."""
    import click

    try:
        return dict(commands.commands["race"].make_context("race", list(words)).params)
    except (click.exceptions.ClickException, click.exceptions.Exit):
        return None
