"""An option is spelled once: what is shared by commands has one name, one sentence, and the words that the library knows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
import typer

from talweg.cli import options
from talweg.cli.main import app
from talweg.contestants.remedies import REMEDIES
from talweg.problems.losses import ALIASES, CATALOGUE

COMMANDS: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OWN = {"method", "methods", "goal_loss", "schedule", "seeds"}  # where one word asks different things of different commands


def test_an_option_says_the_same_in_every_command() -> None:
    output = defaultdict(set)
    for command in COMMANDS.values():
        for option in command.params:
            if option.param_type_name == "option" and "--out" not in option.opts:
                output[option.name].add((option.help, *option.opts, *option.secondary_opts))
    assert len(output) > 20
    assert {name for name, different in output.items() if len(different) > 1} <= OWN


@pytest.mark.parametrize(
    ("command", "option", "words"),
    [("race", "remedies", REMEDIES), ("escape", "remedies", REMEDIES), ("race", "loss", [*CATALOGUE, *ALIASES])],
)
def test_the_help_names_what_there_is(command: str, option: str, words: Any) -> None:
    text = next(one.help for one in COMMANDS[command].params if one.name == option)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(("text", "seconds"), [("60", 60), ("60s", 60), ("5m", 300), ("5 min", 300), ("1.5h", 5400), (" 2 s ", 2)])
def test_a_budget_is_a_time(text: str, seconds: float) -> None:
    assert options.duration(text) == seconds
