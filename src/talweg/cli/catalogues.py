"""The commands that list what there is: methods and problems."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from talweg.methods import Method


def methods(
    name: Annotated[str | None, typer.Argument(help="One method or wrapper, with all that is known of it.", show_default=False)] = None,
) -> None:
    """The catalogue of methods, and what can be wrapped around them: formula, defaults, search range, memory, source."""
    from talweg.cli.live import console
    from talweg.methods import CATALOGUE, VARIANTS, WRAPPERS
    from talweg.methods.catalogue import named

    everything = CATALOGUE | WRAPPERS
    if name is not None:
        kind = named("methods", "method", name, everything)
        _show_method(console(), kind.name, kind)
        return
    groups = {
        "methods": [kind for word, kind in CATALOGUE.items() if word not in VARIANTS],
        "wrappers, as in clip-norm+adam: the outermost first": WRAPPERS.values(),
        "the same names for other formulas, as other libraries have them": VARIANTS.values(),
    }
    columns = {"keeps": {"min_width": 8}, "helps with": {"ratio": 1}, "source": {"max_width": 34}}
    _show_groups(
        console(),
        [(title, columns, [(kind.name, kind.memory, kind.helps, kind.source) for kind in kinds]) for title, kinds in groups.items()],
        "keeps: numbers of its state for an array of r × c = n parameters. "
        "talweg methods NAME shows a formula, its hyperparameters and where they are searched.",
    )


def problems() -> None:
    """The catalogue of problems that need no file: data sets and functions; a formula of one's own works, too."""
    from talweg.cli.live import console
    from talweg.problems.datasets import CATALOGUE
    from talweg.problems.surfaces.surface import SURFACES

    wide = {"ratio": 1}
    data = [(entry.name, entry.description, entry.source) for entry in CATALOGUE.values()]
    functions = [(shape.name, shape.description, shape.formula) for shape in SURFACES.values()]
    _show_groups(
        console(),
        [
            ("data sets", {"what it is": wide, "source": wide}, data),
            ("functions to look at", {"what it is": wide, "formula": wide}, functions),
        ],
        "A function takes options: rosenbrock:dimensions=10,noise=0.5, valley:condition=1000. "
        "A formula of your own: talweg race 'x**2 + 10*y**2 on -3..3, -2..2'",
    )


Group = tuple[str, Mapping[str, Mapping[str, Any]], Sequence[tuple[str, ...]]]  # title, columns after the name, rows


def _show_groups(console: Console, groups: Sequence[Group], note: str) -> None:
    """Tables under their titles, whose names stand below each other, and what is to be known of all."""
    width = max(len(name) for *_, rows in groups for name, *_ in rows)
    for title, columns, rows in groups:
        grid = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", title=title, title_justify="left", title_style="bold")
        grid.add_column("name", no_wrap=True, min_width=width)
        for head, options in columns.items():
            grid.add_column(head, **options)
        for name, *cells, last in rows:
            grid.add_row(Text(name, style="bold"), *map(Text, cells), Text(last, style="dim"))
        console.print(grid)
        console.print()
    console.print(Text(note, style="dim"))


def _show_method(console: Console, name: str, kind: type[Method]) -> None:
    """A method or wrapper with its formula and all that is known of it."""
    console.print(Text.assemble((name, "bold"), "  ", kind.summary()))
    if kind.formula():
        console.print(Padding(Text(kind.formula(), style="cyan"), (0, 0, 0, 4)))
    defaults = {field.name: field.default for field in dataclasses.fields(kind) if field.name != "inner"}
    facts = {
        "helps with": kind.helps,
        "defaults": ", ".join(f"{name} {value:g}" for name, value in defaults.items()),
        "search range": ", ".join(f"{name} {reach}" for name, reach in kind.space.items()) or "none: they stay as they are",
        "memory": f"{kind.memory} numbers for an array of r × c = n parameters",
        "source": kind.source,
    }
    for key, value in facts.items():
        console.print(Padding(Text.assemble((f"{key:<13}", "dim"), value), (0, 0, 0, 4)))
    console.print()
