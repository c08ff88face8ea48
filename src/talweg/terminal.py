"""What a race looks like in a terminal: live progress, the result table, the verdict."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from talweg.pictures import palette
from talweg.pictures.words import batch_size, count, figures, interval, measure, parts, seconds, setting, share, times
from talweg.problems.base import Problem
from talweg.problems.base import count as rows_of
from talweg.racing.contestants import Contestant
from talweg.racing.events import Event, Expected, Going, Prepared

WIDE, MIDDLE = 150, 104


class Live:
    """Progress while a race runs: a line for each contestant, and one for the whole."""

    def __init__(self, console: Console, contestants: Sequence[Contestant]):
        self.console = console
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
            self.console.print(f"[dim]about {seconds(event.seconds)} from here, {figures(event.epochs)} epochs for each lane{found}[/]")
            self.whole.reset(self.total, description="racing", total=1.0)
        elif isinstance(event, Going):
            best = "" if math.isinf(event.best) else f"best loss {figures(event.best)}"
            diverged = f"[yellow]{event.diverged} of {event.lanes} diverged[/]" if event.diverged else ""
            self.progress.update(
                self.tasks[event.contestant], completed=event.contestant_done, rung=event.rung, best=f"{best:<17}", diverged=diverged
            )
            self.whole.update(self.total, completed=event.done)


def introduce(console: Console, problem: Problem, contestants: Sequence[Contestant], settings: int, seeds: int) -> None:
    """What is about to be raced on what, before anything runs."""
    facts = problem.facts
    split = " / ".join(f"{rows_of(part):,}" for part in (problem.train, problem.validation, problem.test) if part is not None)
    about = [
        f"[bold]{problem.name}[/]" if "[" not in problem.name else problem.name,
        facts.get("task", "") + (f", {len(facts['classes'])} classes" if facts.get("classes") else ""),
        f"{split} examples to train, validate, test" if split else "",
        f"{facts['features']} features" if "features" in facts else "",
        f"{facts.get('model', 'model')}, {problem.parameters():,} parameters",
        f"{facts['loss']} loss" if "loss" in facts else "",
    ]
    console.print(" · ".join(part for part in about if part))
    for note in problem.notes:
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
    found = summary["verdict"]
    console.print()
    for i, sentence in enumerate(found["sentences"]):
        console.print(Padding(Text(sentence, style="bold" if i == 0 else ""), (0, 2, 0, 2)))
    for warning in found["warnings"]:
        console.print(Padding(Text(f"! {warning}", style="yellow"), (0, 2, 0, 2)))


def table(summary: dict[str, Any], width: int) -> Table:
    """The result table, with as many columns as the terminal has room for."""
    target = Text.assemble(("target  ", "dim"), summary["target"]["text"])
    grid = Table(box=None, padding=(0, 1), header_style="dim", title=target, title_justify="left", title_style="", pad_edge=True)
    named = summary["problem"]["measure"] or "measure"
    percent = measure(bool(summary["problem"]["measure_percent"]))
    ranges, wide = width >= MIDDLE, width >= WIDE
    grid.add_column("", justify="right")
    grid.add_column("method", no_wrap=True)
    heads = ["batch"] if ranges else []
    heads += ["learning rate", *(["good range"] if wide else [])]
    heads += ["steps"] if wide else []
    heads += ["examples to target", "time alone", "speed-up", *(["final loss"] if ranges else []), f"test {named}"]
    heads += ["diverged", "tuning paid"] if wide else []
    for head in heads:
        grid.add_column(head, justify="right", no_wrap=True)
    for row in summary["contestants"]:
        cells = [batch_size(row["batch"])] if ranges else []
        cells += [setting(row["hyperparameters"].get("learning_rate", row["default"]["hyperparameters"].get("learning_rate")))]
        cells += [" – ".join(setting(x) for x in row["good_range"]) if row["good_range"] else "–"] if wide else []
        cells += [figures(row["steps_to_target"]["median"])] if wide else []
        missed = "not reached"
        cells += [_cell(row["examples_to_target"], missed, ranges), parts(row["seconds_to_target"], show=seconds)[0]]
        cells += [interval(row["speedup"], show=times) if ranges else times(row["speedup"]["median"])]
        cells += [interval(row["final_validation_loss"]) if wide else figures(row["final_validation_loss"]["median"])] if ranges else []
        cells += [
            percent(row["test"]["measure"]["median"]) if row["test"]["measure"] else figures((row["test"]["loss"] or {}).get("median"))
        ]
        cells += [share(row["diverged"]), times(row["default"]["paid"])] if wide else []
        label = _named(row["label"], row["method"], None if row["batch"] == "full" else row["batch"])
        mark = "[green]●[/]" if row["tied"] else " "
        style = "" if row["tied"] else "dim" if row["examples_to_target"]["median"] is None else ""
        grid.add_row(f"{mark} {row['rank']}", label, *cells, style=style)
    grid.caption = Text("● the winner and who is tied with it; medians over seeds, with 95 % intervals", style="dim")
    grid.caption_justify = "left"
    return grid


def _cell(numbers: dict[str, Any], missed: str, ranges: bool) -> str:
    return interval(numbers, missing=missed) if ranges else parts(numbers, missing=missed)[0]


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
