"""Results in a terminal: tables, verdicts, diagnoses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from talweg.figures import palette
from talweg.summary import Row, Summary
from talweg.text import basins as basin_words
from talweg.text import batch as batch_words
from talweg.text import escape as arm_words
from talweg.text import lookup, timing
from talweg.text.format import batch_size, figures, loss_name, metric, parts, setting, share, unit, whole

WHY = "why not first"
PROSE = 110  # columns of a line that is still easy to read
SHOWN = 12  # basins
ROOMY, SPARED = 140, ("interval", "steps")  # fewer columns than that leave these out of the table of remedies


def result(console: Console, summary: Summary) -> None:
    """The answer in one line, the table, and the verdict."""
    console.print()
    _prose(console, [summary["verdict"]["headline"]], "bold")
    console.print()
    grid = table(summary, console.width)
    console.print(grid)
    if WHY not in [column.header for column in grid.columns]:
        _prose(console, [f"{c['label']}: {c['why']}" for c in summary["contestants"] if c["why"]], "dim")
    verdict(console, summary)


def verdict(console: Console, summary: Summary) -> None:
    """The verdict in sentences, the most important first, then the warnings."""
    words = summary["verdict"]
    console.print()
    _first_bold(console, words["sentences"])
    reasons = [f"why: {why}" for sentences in summary.get("dynamics", {}).values() for why in sentences]
    _prose(console, reasons, "dim")
    _prose(console, [f"! {warning}" for warning in words["warnings"]], "yellow")


def diagnosis(console: Console, title: str, sentences: Sequence[str]) -> None:
    """The sentences on an endpoint, under what it was."""
    console.print()
    console.print(Text(title, style="dim"), soft_wrap=True)
    _first_bold(console, sentences)


def notes(console: Console, sentences: Sequence[str]) -> None:
    """What else is to be known."""
    _prose(console, sentences, "dim")


def _first_bold(console: Console, sentences: Sequence[str]) -> None:
    _prose(console, sentences[:1], "bold")
    _prose(console, sentences[1:])


def _prose(console: Console, sentences: Sequence[str], style: str = "") -> None:
    """Sentences, each a paragraph that is easy to read."""
    for sentence in sentences:
        console.print(Padding(Text(sentence, style=style), (0, 2)), width=min(console.width, PROSE))


def basins(console: Console, summary: Summary, places: Sequence[str]) -> None:
    """The basins from the lowest, with the place of each where there are places, and who found the best if there are several methods."""
    several = summary["methods"] if len(summary["methods"]) > 1 else []
    heads = ["loss", "starts", *(["at"] if places else []), *(row["label"] for row in several)]
    grid = _grid("endpoint" if summary["data"] else "basin", *heads)
    for k, row in enumerate(summary["basins"][:SHOWN]):
        starts = f"{row['count']:,}" if several else f"{row['count']:,} ({share(row['count'] / summary['starts'])})"
        counts = [f"{row['by_method'].get(method['name'], 0):,}" for method in several]
        grid.add_row(*map(Text, (str(k + 1), basin_words.height(summary, row["loss"]), starts, *places[k : k + 1], *counts)))
    console.print()
    console.print(grid)
    if len(summary["basins"]) > SHOWN:
        console.print(f"[dim]… and {len(summary['basins']) - SHOWN:,} more[/]")
    if several:
        grid = _grid("method", "rate", "best found", "interval", "median loss", "diverged", "not converged")
        for row in several:
            best, rate = row["best"], setting(row["hyperparameters"].get("learning_rate"))
            counts = [f"{row[word]:,}" for word in ("diverged", "not_converged")]
            cells = (rate, basin_words.percent(best["share"]), basin_words.bounds(best), figures(row["loss"]), *counts)
            grid.add_row(named(row), *map(Text, cells))
        console.print()
        console.print(grid)


def arms(console: Console, summary: Summary) -> None:
    """Who reached the best known value how often, the plain method first."""
    heads = {"verdict": "", "reached": "reached", "share": "%", "interval": "interval", "points": "points"}
    heads |= {"between": "interval", "steps": "steps", "cost": "a success costs"}
    names = [name for name in heads if console.width >= ROOMY or name not in SPARED]
    grid = _grid("arm", *(heads[name] for name in names))
    grid.columns[1].justify = "left"
    for arm in summary["arms"]:
        cells = arm_words.cells(arm, summary)
        style = {"helps": "green", "hurts": "yellow"}.get(arm["verdict"], "")
        grid.add_row(Text(arm_words.beside(arm, summary)), *(Text(cells[name], style=style if name == "verdict" else "") for name in names))
    console.print()
    console.print(grid)


def batch_sizes(console: Console, summary: Summary) -> None:
    """The headline, a table for each method with a row for each size, and what else was found."""
    heads = {"rate": "learning rate", "steps": "steps to target", "examples": "examples", "seconds": "time to target", "step": "a step"}
    heads |= {"loose": "to looser target", "loss": "validation loss"}
    if console.width < ROOMY:
        heads = {name: head for name, head in heads.items() if name not in ("examples", "loose")}
    console.print()
    _prose(console, summary["sentences"][:1], "bold")
    for ladder in summary["ladders"]:
        grid = _grid("batch", *heads.values())
        for one in ladder["sizes"]:
            cells = batch_words.cells(one)
            both = {name: timing.together((cells[name], cells.get(f"{name} between", ""))) for name in heads}
            star = " ★" if one["batch"] == ladder["fastest"]["time"] else ""
            grid.add_row(Text(f"{cells['batch']}{star}"), *(Text(both[name]) for name in heads))
        console.print()
        console.print(Text(ladder["label"], style="dim"))
        console.print(grid)
    console.print(Text(f"target: {batch_words.target(summary)}; ★ reaches it first here; with 95 % intervals", style="dim"))
    console.print()
    _prose(console, summary["sentences"][1:])
    _prose(console, [f"! {warning}" for warning in summary["warnings"]], "yellow")


def _grid(first: str, *heads: str) -> Table:
    """A quiet table: a column of words, and columns of numbers."""
    grid = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    grid.add_column(first)
    for head in heads:
        grid.add_column(head, justify="right", no_wrap=True)
    return grid


def table(summary: Summary, width: int) -> Table:
    """The result table, with as much in it as the terminal has room for."""
    target = Text.assemble(("target  ", "dim"), summary["target"]["text"])
    grid = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim", title=target, title_justify="left", title_style="")
    grid.add_column("", no_wrap=True)
    grid.add_column("method", no_wrap=True)
    rows = summary["contestants"]
    best = lookup.recommended(summary)
    marks = [f"{'[green]●[/]' if row['tied'] else ' '} {row['rank']}{'★' if row is best else ' '}" for row in rows]
    labels = [named(row) for row in rows]
    columns = _fitting(_columns(summary), rows, width - 9 - max(cell_len(row["label"]) for row in rows))
    for head, _ in columns:
        grid.add_column(head, justify="left" if head == WHY else "right", no_wrap=True)
    for i, row in enumerate(rows):
        grid.add_row(marks[i], labels[i], *(cells[i] for _, cells in columns), style="dim" if lookup.failed(row) else "")
    star = "★ recommended; " if best is not None else ""
    grid.caption = Text(f"{star}● not separable from the lowest loss; means over seeds, with 95 % intervals", style="dim")
    grid.caption_justify = "left"
    return grid


@dataclass(frozen=True)
class Column:
    """A column in its short form, or its long one if there is room; each has an urgency, and those of 0 are always there."""

    head: str
    show: Callable[[Row], str]
    urgency: int
    long_head: str | None = None
    long: Callable[[Row], str] | None = None
    long_urgency: int = 0


def _columns(summary: Summary) -> list[Column]:
    problem, count = summary["problem"], summary["target"]["count"]
    score, measured = metric(bool(problem["metric_percent"])), problem["metric"]
    data = unit(problem) == "example"

    def rate(row: Row) -> str:
        return setting(row["hyperparameters"].get("learning_rate"))

    def test(row: Row) -> str:
        return parts(row["test"]["metric"], show=score)[0] if measured else parts(row["test"]["loss"], show=figures)[0]

    def good(row: Row) -> str:
        return " – ".join(setting(x) for x in row["good_range"]) if row["good_range"] else "–"

    def loss(row: Row) -> tuple[str, str]:
        return ("diverged", "") if lookup.failed(row) else parts(row["validation_loss"])

    def arrival(row: Row) -> tuple[str, str]:
        return timing.to_target_parts(summary, row)

    def training(row: Row) -> tuple[str, str]:
        return timing.training_parts(row["training_seconds"], row["seconds_per_step"])

    name, both = loss_name(problem), timing.together
    columns = [
        Column("batch", lambda row: batch_size(row["batch"]), 3),
        Column("rate", rate, 0, "learning rate", rate, 5),
        Column("good range", good, 11),
        Column("epochs", lambda row: figures(row["epochs"], 2), 1) if data else Column("steps", lambda row: whole(row["steps"]), 1),
        Column("loss", lambda row: loss(row)[0], 0, name, lambda row: both(loss(row)), 2),
        Column(measured or "", lambda row: parts(row["validation_metric"], show=score)[0], 6),
        Column(f"{count} to target", lambda row: arrival(row)[0], 4, f"{count} to target", lambda row: both(arrival(row)), 10),
        Column("a training", lambda row: training(row)[0], 1, "a training", lambda row: both(training(row)), 9),
        Column("test", test, 7, f"test {measured or 'loss'}", test, 7),
        Column(WHY, lambda row: row["why"] or "", 8),
    ]
    return [column for column in columns if column.head and (data or column.head not in ("batch", "test"))]


def _fitting(columns: Sequence[Column], rows: Sequence[Row], room: int) -> list[tuple[str, list[str]]]:
    """Headings and cells, the most urgent first as long as there is room, in the order of `columns`."""
    chosen: dict[int, tuple[str, list[str]]] = {}
    wishes = [(c.urgency, i, c.head, c.show) for i, c in enumerate(columns)]
    wishes += [(c.long_urgency, i, c.long_head or c.head, c.long) for i, c in enumerate(columns) if c.long is not None]
    for urgency, i, head, show in sorted(wishes, key=lambda wish: wish[:2]):
        wish = {**chosen, i: (head, [show(row) for row in rows])}
        if urgency == 0 or sum(2 + max(cell_len(text) for text in (head, *cells)) for head, cells in wish.values()) <= room:
            chosen = wish
    return [chosen[i] for i in sorted(chosen)]


def named(row: Row) -> str:
    """The label of a contestant in its method's colour: the same one as in the report."""
    return f"[{palette.look(row['method'], row['batch']).colour}]■[/] {escape(row['label'])}"


def races(console: Console, rows: Sequence[Any], winners: Sequence[str]) -> None:
    """What is in a store."""
    grid = Table(box=None, padding=(0, 2), header_style="dim")
    for head in ("race", "started", "problem", "contestants", "epochs", "winner"):
        grid.add_column(head, no_wrap=head != "winner")
    for row, winner in zip(rows, winners, strict=True):
        started = datetime.fromtimestamp(row.created).strftime("%Y-%m-%d %H:%M")
        cells = (row.race, started, row.problem["name"], str(len(row.plan["contestants"])), figures(row.plan["epochs"]), winner)
        grid.add_row(*(Text(cell) for cell in cells))
    console.print(grid)
