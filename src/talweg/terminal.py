"""What a race looks like in a terminal: live progress, the result table, the verdict."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from talweg.methods import Method
from talweg.pictures import escape as escaping
from talweg.pictures import found as finding
from talweg.pictures import palette
from talweg.pictures.words import batch_size, count, figures, interval, measure, parts, seconds, setting, share, times, unit, whole
from talweg.problems.base import Problem
from talweg.problems.base import count as rows_of
from talweg.racing.contestants import Contestant
from talweg.racing.events import Event, Expected, Going, Prepared, Probed

WIDE = 200  # columns where there is no terminal to ask, as in a file
PROSE = 110  # columns of a line that is still easy to read
SHOWN = 12  # basins
ROOMY, SPARED = 140, ("interval", "steps")  # fewer columns than that leave these out of the table of remedies

Row = dict[str, Any]
Summary = dict[str, Any]


def console() -> Console:
    """Standard output."""
    out = Console(highlight=False)
    return out if out.is_terminal or "COLUMNS" in os.environ else Console(highlight=False, width=WIDE)


class Live:
    """Progress while a race runs: a line for each contestant, and one for the whole."""

    def __init__(self, console: Console, contestants: Sequence[Contestant], counted: str = "epochs"):
        self.console, self.counted = console, counted  # what a budget is counted in: steps, where there are no data
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24, complete_style="default", finished_style="green"),
            TextColumn("{task.fields[rung]:<9}"),
            TextColumn("{task.fields[best]}"),
            TextColumn("{task.fields[diverged]}"),
            console=console,
            transient=True,
        )
        self.whole = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24, complete_style="cyan"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=console,
            transient=True,
        )
        self.tasks: dict[str, TaskID] = {
            c.name: self.progress.add_task(_named(c.label, c.kind.name, c.size), total=1.0, rung="", best="", diverged="")
            for c in contestants
        }
        self.total = self.whole.add_task("compiling", total=1.0)
        self.prepared = 0

    def renderable(self) -> RenderableType:
        """Both, one under the other."""
        return Group(self.progress, self.whole)

    def __call__(self, event: Event) -> None:
        if isinstance(event, Prepared):
            self.prepared += 1
            self.progress.update(self.tasks[event.contestant], rung="compiled")
            self.whole.update(self.total, completed=self.prepared / len(self.tasks))
        elif isinstance(event, Expected):
            found = f"; {count(event.blocks_found, 'rung')} finished before" if event.blocks_found else ""
            self.console.print(
                f"[dim]about {seconds(event.seconds)} from here, {figures(event.epochs)} {self.counted} for each lane{found}[/]"
            )
            self.whole.reset(self.total, description="racing", total=1.0)
        elif isinstance(event, Going):
            best = "" if math.isinf(event.best) else f"best loss {figures(event.best)}"
            diverged = f"[yellow]{event.diverged} of {event.lanes} diverged[/]" if event.diverged else ""
            self.progress.update(
                self.tasks[event.contestant], completed=event.contestant_done, rung=event.rung, best=f"{best:<17}", diverged=diverged
            )
            self.whole.update(self.total, completed=event.done)
        elif isinstance(event, Probed):
            self.progress.update(self.tasks[event.contestant], completed=1.0, rung="probed")
            self.whole.update(self.total, description="looking inside")


def introduce(
    console: Console, problem: Problem, contestants: Sequence[Contestant], settings: int, seeds: int, left_out: Sequence[str] = ()
) -> None:
    """What is about to be raced on what, before anything runs, and who is `left_out`."""
    facts = problem.facts
    parts = {"train": problem.train, "validate": problem.validation, "test": problem.test}
    there = {word: f"{rows_of(part):,}" for word, part in parts.items() if part is not None}
    about = [
        f"[bold]{problem.name}[/]" if "[" not in problem.name else problem.name,
        facts.get("task", "") + (f", {len(facts['classes'])} classes" if facts.get("classes") else ""),
        f"{' / '.join(there.values())} examples to {', '.join(there)}" if there else "",
        f"{facts['features']} features" if "features" in facts else "",
        f"{problem.parameters():,} variables"
        if facts.get("task") == "surface"
        else f"{facts.get('model', 'model')}, {problem.parameters():,} parameters",
        f"{facts['loss']} loss" if "loss" in facts else "",
    ]
    console.print(" · ".join(part for part in about if part))
    for note in (*problem.notes, *left_out):
        console.print(Text(f"  {note}", style="dim"))
    who = f"{count(len(contestants), 'contestant')}, {count(settings, 'setting')} each, the best one on {count(seeds, 'fresh seed')}"
    console.print(f"[dim]{who}[/]")


def result(console: Console, summary: dict[str, Any]) -> None:
    """The table and the verdict."""
    console.print()
    console.print(table(summary, console.width))
    verdict(console, summary)


def verdict(console: Console, summary: dict[str, Any]) -> None:
    """The verdict in sentences, the most important first, then the warnings."""
    found, width = summary["verdict"], min(console.width, PROSE)
    console.print()
    for i, sentence in enumerate(found["sentences"]):
        console.print(Padding(Text(sentence, style="bold" if i == 0 else ""), (0, 2, 0, 2)), width=width)
    for why in (words for said in summary.get("why", {}).values() for words in said):
        console.print(Padding(Text(f"why: {why}", style="dim"), (0, 2, 0, 2)), width=width)
    for warning in found["warnings"]:
        console.print(Padding(Text(f"! {warning}", style="yellow"), (0, 2, 0, 2)), width=width)


def diagnosis(console: Console, title: str, sentences: Sequence[str]) -> None:
    """Where something ended, under what it was."""
    console.print()
    console.print(Text(title, style="dim"), soft_wrap=True)
    for i, sentence in enumerate(sentences):
        console.print(Padding(Text(sentence, style="bold" if i == 0 else ""), (0, 2, 0, 2)), width=min(console.width, PROSE))


def notes(console: Console, sentences: Sequence[str]) -> None:
    """What else is to be known."""
    for sentence in sentences:
        console.print(Padding(Text(sentence, style="dim"), (0, 2, 0, 2)), width=min(console.width, PROSE))


@contextmanager
def working(console: Console) -> Iterator[Callable[[str], None]]:
    """While it is open, what is given a label says it on one line, which goes away in the end; in a pipe nothing is said."""
    if not console.is_terminal:
        yield _nothing
        return
    with console.status("preparing") as status:
        yield lambda label: status.update(Text(label))


def _nothing(label: str) -> None:
    """Where nobody looks on."""


def basins(console: Console, found: Summary, places: Sequence[str]) -> None:
    """The basins from the lowest, with the place of each where there are places, and who found the best if there are several methods."""
    several = found["methods"] if len(found["methods"]) > 1 else []
    grid = _grid("basin" if not found["data"] else "end", "loss", "starts", *(["at"] if places else []), *(row["label"] for row in several))
    for k, row in enumerate(found["basins"][:SHOWN]):
        share_of = f"{row['count']:,}" if several else f"{row['count']:,} ({share(row['count'] / found['starts'])})"
        counts = [f"{row['by_method'].get(method['name'], 0):,}" for method in several]
        grid.add_row(*map(Text, (str(k + 1), finding.height(found, row["loss"]), share_of, *places[k : k + 1], *counts)))
    console.print()
    console.print(grid)
    if len(found["basins"]) > SHOWN:
        console.print(f"[dim]… and {len(found['basins']) - SHOWN:,} more[/]")
    if several:
        grid = _grid("method", "rate", "best found", "interval", "median loss", "diverged", "not at rest")
        for row in several:
            best = row["best"]
            rate = setting(row["numbers"].get("learning_rate"))
            cells = (
                rate,
                finding.small(best["share"]),
                finding.ends(best),
                figures(row["loss"]),
                f"{row['diverged']:,}",
                f"{row['restless']:,}",
            )
            grid.add_row(_named(row["label"], row["method"], None if row["batch"] == "full" else row["batch"]), *map(Text, cells))
        console.print()
        console.print(grid)


def arms(console: Console, found: Summary) -> None:
    """Who reached the best known value how often, the plain method first."""
    heads = {"verdict": "", "reached": "reached", "share": "%", "interval": "interval", "points": "points"}
    heads |= {"between": "interval", "steps": "steps", "cost": "a success costs"}
    names = [name for name in heads if console.width >= ROOMY or name not in SPARED]
    grid = _grid("arm", *(heads[name] for name in names))
    grid.columns[1].justify = "left"
    for arm, cells in escaping.rows(found):
        style = {"helps": "green", "hurts": "yellow"}.get(arm["verdict"], "")
        grid.add_row(Text(escaping.beside(arm, found)), *(Text(cells[name], style=style if name == "verdict" else "") for name in names))
    console.print()
    console.print(grid)


def _grid(first: str, *heads: str) -> Table:
    """A quiet table: a column of words, and columns of numbers."""
    grid = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim")
    grid.add_column(first)
    for head in heads:
        grid.add_column(head, justify="right", no_wrap=True)
    return grid


def table(summary: dict[str, Any], width: int) -> Table:
    """The result table, with as much in it as the terminal has room for."""
    target = Text.assemble(("target  ", "dim"), summary["target"]["text"])
    grid = Table(box=None, padding=(0, 1), pad_edge=False, header_style="dim", title=target, title_justify="left", title_style="")
    grid.add_column("", no_wrap=True)
    grid.add_column("method", no_wrap=True)
    rows = summary["contestants"]
    marks = [f"{'[green]●[/]' if row['tied'] else ' '} {row['rank']}" for row in rows]
    labels = [_named(row["label"], row["method"], None if row["batch"] == "full" else row["batch"]) for row in rows]
    columns = _fitting(_columns(summary), rows, width - 8 - max(cell_len(row["label"]) for row in rows))
    for head, _ in columns:
        grid.add_column(head, justify="right", no_wrap=True)
    for i, row in enumerate(rows):
        missed = row["examples_to_target"]["median"] is None
        grid.add_row(marks[i], labels[i], *(cells[i] for _, cells in columns), style="dim" if missed and not row["tied"] else "")
    grid.caption = Text("● the winner and who is tied with it; medians over seeds, with 95 % intervals", style="dim")
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


def _columns(summary: dict[str, Any]) -> list[Column]:
    percent = measure(bool(summary["problem"]["measure_percent"]))
    measured = summary["problem"]["measure"]

    def rate(row: Row) -> str:
        return setting(row["hyperparameters"].get("learning_rate", row["default"]["hyperparameters"].get("learning_rate")))

    def test(row: Row) -> str:
        return percent((row["test"]["measure"] or {}).get("median")) if measured else figures((row["test"]["loss"] or {}).get("median"))

    def good(row: Row) -> str:
        return " – ".join(setting(x) for x in row["good_range"]) if row["good_range"] else "–"

    def median(key: str, show: Callable[[float | None], str] = figures, missing: str = "–") -> Callable[[Row], str]:
        return lambda row: parts(row[key], show=show, missing=missing)[0]

    def full(key: str, show: Callable[[float | None], str] = figures, missing: str = "–") -> Callable[[Row], str]:
        return lambda row: interval(row[key], show=show, missing=missing)

    examples, clock, missed = "examples_to_target", "seconds_to_target", "not reached"
    counted = unit(summary["problem"])
    return [
        Column("batch", lambda row: batch_size(row["batch"]), 2),
        Column("rate", rate, 0, "learning rate", rate, 5),
        Column("good range", good, 8),
        Column("steps", median("steps_to_target", whole), 10, "steps", full("steps_to_target", whole), 13),
        Column(f"{counted}s", median(examples, whole, missed), 0, f"{counted}s to target", full(examples, whole, missed), 3),
        Column("alone", median(clock, seconds), 1, "time alone", full(clock, seconds), 12),
        Column("speed-up", median("speedup", times), 0, "speed-up", full("speedup", times), 4),
        Column("loss", median("final_validation_loss"), 6, "final loss", full("final_validation_loss"), 11),
        Column("test", test, 0, f"test {measured or 'loss'}", test, 7),
        Column("diverged", lambda row: share(row["diverged"]), 9),
        Column("tuning paid", lambda row: times(row["default"]["paid"]), 9),
    ]


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


def _named(label: str, method: str, size: int | None) -> str:
    """A label in its method's colour: the same one as in the report."""
    colour = palette.look(method, "full" if size is None else size).colour
    return f"[{colour}]■[/] {label.replace('[', chr(92) + '[')}"


def races(console: Console, rows: Sequence[Any], winners: Sequence[str]) -> None:
    """What is in a store."""
    import datetime

    grid = Table(box=None, padding=(0, 2), header_style="dim")
    for head in ("race", "started", "problem", "contestants", "epochs", "winner"):
        grid.add_column(head, no_wrap=head != "winner")
    for row, winner in zip(rows, winners, strict=True):
        started = datetime.datetime.fromtimestamp(row.created).strftime("%Y-%m-%d %H:%M")
        cells = (row.race, started, row.problem["name"], str(len(row.plan["contestants"])), figures(row.plan["epochs"]), winner)
        grid.add_row(*(Text(cell) for cell in cells))
    console.print(grid)


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
