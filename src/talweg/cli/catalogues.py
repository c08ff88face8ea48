"""The commands that list what there is: methods and problems."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from talweg import checks

if TYPE_CHECKING:
    from talweg.methods import Method


def methods(
    name: Annotated[str | None, typer.Argument(help="One method or wrapper, with all that is known of it.", show_default=False)] = None,
) -> None:
    """The catalogue of methods, and what can be wrapped around them: formula, defaults, search range, memory, source."""
    from talweg.cli.live import console
    from talweg.methods import CATALOGUE, VARIANTS, WRAPPERS

    everything = CATALOGUE | WRAPPERS
    if name is not None:
        _show_method(console(), name, everything[checks.one_of("methods", "method", name, everything)])
        return
    usual = [kind for word, kind in CATALOGUE.items() if word not in VARIANTS]
    _show_methods(
        console(),
        [
            ("methods", usual),
            ("wrappers, as in clip-norm+adam: the outermost first", list(WRAPPERS.values())),
            ("the same names for other formulas, as other libraries have them", list(VARIANTS.values())),
        ],
    )


def problems() -> None:
    """The catalogue of problems that need no file: data sets and functions; a formula of one's own works, too."""
    from talweg.cli.live import console
    from talweg.problems.datasets import CATALOGUE
    from talweg.problems.surfaces.surface import SURFACES

    data = [(entry.name, entry.description, entry.source) for entry in CATALOGUE.values()]
    functions = [(shape.name, shape.description, shape.formula) for shape in SURFACES.values()]
    _show_problems(console(), [("data sets", "source", data), ("functions to look at", "formula", functions)])


def _show_problems(console: Console, groups: Sequence[tuple[str, str, Sequence[tuple[str, str, str]]]]) -> None:
    """Groups of problems under a title and the head of their last column, a line for each: name, what it is, source or formula."""
    width = max(len(name) for *_, rows in groups for name, *_ in rows)
    for title, last, rows in groups:
        grid = _grid(title)
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


def _show_methods(console: Console, groups: Sequence[tuple[str, Sequence[type[Method]]]]) -> None:
    """Groups of methods, a line for each: its name, the memory of its state, when it helps."""
    width = max(len(kind.name) for _, kinds in groups for kind in kinds)
    for title, kinds in groups:
        grid = _grid(title)
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
        "talweg methods NAME shows a formula, its hyperparameters and where they are searched.[/]"
    )


def _show_method(console: Console, name: str, kind: type[Method]) -> None:
    """A method or wrapper with its formula and all that is known of it."""
    console.print(Text.assemble((name, "bold"), "  ", kind.summary()))
    if kind.formula():
        console.print(Padding(Text(kind.formula(), style="cyan"), (0, 0, 0, 4)))
    for key, value in _facts(kind):
        console.print(Padding(Text.assemble((f"{key:<13}", "dim"), value), (0, 0, 0, 4)))
    console.print()


def _grid(title: str) -> Table:
    """A quiet table under a title."""
    return Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title=title, title_justify="left", title_style="bold")


def _facts(kind: type[Method]) -> list[tuple[str, str]]:
    """What is known of a method or wrapper, beside its formula."""
    defaults = {field.name: field.default for field in dataclasses.fields(kind) if field.name != "inner"}
    return [
        ("helps with", kind.helps),
        ("defaults", ", ".join(f"{name} {value:g}" for name, value in defaults.items())),
        (
            "search range",
            ", ".join(f"{name} {reach}" for name, reach in kind.space.items()) or "none: they stay as they are",
        ),
        ("memory", f"{kind.memory} numbers for an array of r × c = n parameters"),
        ("source", kind.source),
    ]
