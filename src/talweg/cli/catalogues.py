"""The catalogues of methods and problems in a terminal."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from talweg.methods import Method


def catalogue(console: Console, entries: Sequence[tuple[str, str, str, Sequence[tuple[str, str]]]]) -> None:
    """Entries of (name, one line, formula, facts)."""
    for name, line, formula, facts in entries:
        console.print(Text.assemble((name, "bold"), "  ", line))
        if formula:
            console.print(Padding(Text(formula, style="cyan"), (0, 0, 0, 4)))
        for key, value in facts:
            console.print(Padding(Text.assemble((f"{key:<13}", "dim"), value), (0, 0, 0, 4)))
        console.print()


def problems(console: Console, groups: Sequence[tuple[str, str, Sequence[tuple[str, str, str]]]]) -> None:
    """Groups of problems under a title and the head of their last column, a line for each: name, what it is, source or formula."""
    width = max(len(name) for *_, rows in groups for name, *_ in rows)
    for title, last, rows in groups:
        grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title=title, title_justify="left", title_style="bold")
        grid.add_column("name", no_wrap=True, min_width=width)
        grid.add_column("what it is", ratio=1)
        grid.add_column(last, ratio=1)
        for name, description, more in rows:
            grid.add_row(Text(name, style="bold"), Text(description), Text(more, style="dim"))
        console.print(grid)
        console.print()
    console.print(
        "[dim]A function takes options: rosenbrock:dimensions=10,noise=0.5, valley:condition=1000. "
        "A formula of your own: talweg race 'x**2 + 10*y**2 on -3..3, -2..2'[/]"
    )


def methods(console: Console, groups: Sequence[tuple[str, Sequence[type[Method]]]]) -> None:
    """Groups of methods, a line for each: its name, the memory of its state, when it helps."""
    width = max(len(kind.name) for _, kinds in groups for kind in kinds)
    for title, kinds in groups:
        grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title=title, title_justify="left", title_style="bold")
        grid.add_column("name", no_wrap=True, min_width=width)
        grid.add_column("keeps", min_width=8)
        grid.add_column("helps with", ratio=1)
        grid.add_column("source", max_width=34)
        for kind in kinds:
            grid.add_row(Text(kind.name, style="bold"), Text(kind.memory), Text(kind.helps), Text(kind.source, style="dim"))
        console.print(grid)
        console.print()
    console.print(
        "[dim]keeps: numbers of its state for an array of r × c = n parameters. "
        "talweg methods NAME shows a formula, its numbers and where they are searched.[/]"
    )


def facts(kind: type[Method]) -> list[tuple[str, str]]:
    """What is known of a method or wrapper, beside its formula."""
    numbers = {field.name: field.default for field in dataclasses.fields(kind) if field.name != "inner"}
    return [
        ("helps with", kind.helps),
        ("defaults", ", ".join(f"{name} {value:g}" for name, value in numbers.items())),
        ("search range", ", ".join(f"{name} {reach}" for name, reach in kind.space.items()) or "none: its numbers stay as they are"),
        ("memory", f"{kind.memory} numbers for an array of r × c = n parameters"),
        ("source", kind.source),
    ]
