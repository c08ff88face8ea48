"""The parts of the report around the table: verdict, how to use it, what was run, how to read it. All HTML, all escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

from talweg.text import lookup
from talweg.text.format import (
    batch_size,
    count,
    figures,
    interval,
    listed,
    metric,
    parts,
    seconds,
    sentence,
    setting,
    shortened,
    times,
    unit,
    whole,
)

Summary = Mapping[str, Any]

#: What is not broken at the end of a line: an interval such as "(2.4 – 3.9)" or "(2 % – 4 %)", a number and its unit.
WHOLE = re.compile(r"\S+(?: %)? – [^\s<]+(?: %\)?)?|\d[\d.,]* (?:%|(?:µs|ms|s|min|h)\b)")


def headline(summary: Summary) -> str:
    """Who won and with whom it is tied, as plain text; who came closest is not called a winner."""
    first = lookup.winner(summary)
    if first is None:
        return "No winner"
    name = shortened(first["label"], 40)
    if not lookup.reached(first):
        return f"Nobody reached the target; {name} came closest" if has_target(summary) else f"{name} ends lowest"
    labels = {c["name"]: shortened(c["label"], 40) for c in summary["contestants"]}
    tied = [labels.get(other, other) for other in summary["verdict"].get("tied") or [] if other != first["name"]]
    if not tied:
        return f"{name} wins"
    return f"{name} comes first, tied with {listed(tied) if len(tied) <= 3 else f'{len(tied)} others'}"


def has_target(summary: Summary) -> bool:
    """Whether there was anything to reach."""
    return summary["target"].get("value") is not None


def paragraphs(sentences: Iterable[str]) -> str:
    """One paragraph for each sentence; intervals are not broken at the end of a line."""
    whole_intervals = (WHOLE.sub(r'<span class="whole">\g<0></span>', escape(sentence(words))) for words in sentences)
    return "".join(f"<p>{words}</p>" for words in whole_intervals)


def facts(pairs: Iterable[tuple[str, str, str]], kind: str) -> str:
    """Names, values and what belongs to them, as a list of definitions; what has no value is left out."""
    items = (
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}{f'<small>{escape(below)}</small>' if below else ''}</dd></div>"
        for name, value, below in pairs
        if value
    )
    return f'<dl class="{kind}">{"".join(items)}</dl>'


def numbers(summary: Summary) -> str:
    """The winner's numbers, large."""
    c = lookup.winner(summary)
    if c is None:
        return ""
    good, problem, test = c.get("good_range"), summary["problem"], c.get("test") or {}
    examples, between = parts(c.get("examples_to_target"), show=whole, missing="")
    fast, fast_between = parts(c.get("speedup"), show=times, missing="")
    tested, tested_between = parts(test.get("metric"), show=metric(bool(problem.get("metric_percent"))), missing="")
    seen = lookup.median(c.get("examples_to_target"))
    epochs = f"{figures(seen / problem['examples'], 2)} epochs" if seen is not None and (problem.get("examples") or 0) > 1 else ""
    pairs = [
        (
            "learning rate",
            setting(c["hyperparameters"].get("learning_rate")),
            f"good: {setting(good[0])} – {setting(good[1])}" if good else "",
        ),
        (
            "batch",
            batch_size(c["batch"]) if unit(problem) == "example" else "",
            "the whole training set" if c["batch"] == "full" else "examples per step",
        ),
        ("to the target", f"{examples} {unit(problem)}s" if examples else "not reached", joined([between, epochs])),
        ("speed-up", "" if c is lookup.baseline(summary) else fast, f"{fast_between} over tuned mini-batch gradient descent".strip()),
        (f"test {problem.get('metric')}", tested, tested_between),
    ]
    return facts(pairs, "numbers")


def advice(summary: Summary) -> str:
    """How to use the winner: its numbers, what to expect, what to do without tuning."""
    c = lookup.winner(summary)
    if c is None:
        return paragraphs(["There is no winner to use. Give the race a larger budget or a target that can be reached, and run it again."])
    counted = unit(summary["problem"])
    tuned = ", ".join(f"{name} {setting(value)}" for name, value in c["hyperparameters"].items() if name in c["tuned"])
    fixed = ", ".join(f"{name} {setting(value)}" for name, value in c["hyperparameters"].items() if name not in c["tuned"])
    batch = "; the whole training set at every step" if c["batch"] == "full" else f"; batches of {count(c['batch'], 'example')}"
    batch = batch if counted == "example" else ""
    said = [f"Train with {c['label']}: {tuned or 'its default hyperparameters'}{f' (left at {fixed})' if fixed else ''}{batch}."]
    steps, time = c.get("steps_to_target"), c.get("seconds_to_target")
    if lookup.median(steps) is not None:
        said.append(
            f"Expect the target after {interval(steps, show=whole)} steps; on this machine that takes {interval(time, show=seconds)}."
        )
    elif has_target(summary):
        said.append("It did not reach the target within this budget: give the race more epochs, or set a target that can be reached.")
    if c.get("good_range"):
        low, high = (setting(end) for end in c["good_range"])
        said.append(
            f"A learning rate from {low} to {high} needs at most twice the {counted}s; if you change the model or the data, start there."
        )
    default = c.get("default") or {}
    if default.get("gain_from_tuning") is not None and lookup.median(default.get("examples_to_target")) is None:
        said.append("With its default hyperparameters it does not reach the target in most runs.")
    elif default.get("gain_from_tuning") is not None:
        said.append(f"With its default hyperparameters it needs {times(default['gain_from_tuning'])} as many {counted}s to the target.")
    return paragraphs(said)


def warnings(summary: Summary) -> str:
    """What a reader must know before believing the table; empty if there is nothing."""
    said = list(summary["verdict"].get("warnings") or [])
    said += [c["at_edge"] for c in summary["contestants"] if c.get("at_edge") and c["at_edge"] not in said]
    if not said:
        return ""
    items = "".join(f"<li>{escape(sentence(words))}</li>" for words in said)
    return f'<section class="warnings" aria-labelledby="warnings"><h2 id="warnings">Before you rely on it</h2><ul>{items}</ul></section>'


def what_was_run(summary: Summary) -> str:
    """Everything that somebody needs to run the race again."""
    problem, run, timing = summary["problem"], summary["run"], summary.get("timing") or {}
    budget, machine = problem.get("budget") or {}, run.get("machine") or {}
    given = [
        f"{figures(budget['epochs'])} epochs" if budget.get("epochs") is not None and unit(problem) == "example" else "",
        count(round(budget["examples"]), unit(problem)) if budget.get("examples") is not None else "",
        seconds(budget["seconds"]) if budget.get("seconds") is not None else "",
    ]
    tried = [
        count(run["settings"], "setting") + " per contestant" if run.get("settings") is not None else "",
        count(run["seeds"], "final seed") if run.get("seeds") is not None else "",
        f"learning rate {run['schedule']}" if run.get("schedule") else "",
    ]
    took = [
        seconds(timing["wall"]) if timing.get("wall") is not None else "",
        f"{seconds(timing['compile'])} of it compiling" if timing.get("compile") is not None else "",
        count(timing["lanes"], "training") if timing.get("lanes") is not None else "",
        count(timing["lane_steps"], "step") if timing.get("lane_steps") is not None else "",
    ]
    data = [f"{name.replace('_', ' ')} {value}" for name, value in (problem.get("facts") or {}).items() if plain(value)]
    size = [
        count(problem["parameters"], "parameter") if problem.get("parameters") else "",
        count(problem["examples"], "training example") if (problem.get("examples") or 0) > 1 else "",
    ]
    return facts(
        [
            ("problem", str(problem["name"]), joined([*data, *size])),
            ("target", str(summary["target"].get("text") or ""), ""),
            ("budget per training", joined(given), ""),
            ("search", joined(tried), ""),
            ("seed", str(run.get("seed", "")), ""),
            ("took", joined(took), ""),
            ("machine", joined(f"{value} cores" if name == "cores" else str(value) for name, value in machine.items()), ""),
            ("versions", joined(f"{name} {value}" for name, value in (run.get("versions") or {}).items()), ""),
            ("race", str(run.get("race") or ""), created(run)),
        ],
        "run",
    ) + notes(problem)


def created(run: Mapping[str, Any]) -> str:
    """When a race was run: as ISO text has it, or from seconds since 1970, in universal time."""
    at = run.get("created")
    if isinstance(at, (int, float)):
        at = datetime.fromtimestamp(at, UTC).isoformat()
    return str(at or "").replace("T", " ")[:16]


def plain(value: Any) -> bool:
    """Whether a fact is short enough to be said."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and len(str(value)) <= 60


def joined(words: Iterable[str]) -> str:
    """What is not empty, with commas."""
    return ", ".join(word for word in words if word)


def notes(problem: Mapping[str, Any]) -> str:
    """What was recognised or changed in the data."""
    items = "".join(f"<li>{escape(words)}</li>" for words in problem.get("notes") or [])
    return f"<h3>About the data</h3><ul>{items}</ul>" if items else ""


def how_to_read(summary: Summary) -> str:
    """The protocol in five sentences."""
    run = summary["run"]
    settings = (
        count(run["settings"], "quasi-random setting") if run.get("settings") is not None else "the same number of quasi-random settings"
    )
    seeds = count(run["seeds"], "fresh seed") if run.get("seeds") is not None else "fresh seeds"
    return paragraphs(
        [
            f"Every contestant tried {settings} of its own search space, taken from the same points for all, and for one seed all had the "
            "same split, starting weights and order of examples.",
            f"The best few were run again on other seeds, and the best of these on {seeds}: only those last runs are reported, so that the "
            "luck of the search is not reported too.",
            "“To target” is the median with its 95 % interval; a training that missed the target counts as not yet there "
            "and is never dropped (∞: the interval has no end).",
            "Intervals come from drawing settings and seeds again, in pairs; contestants that cannot be told apart from the first are the "
            "winner's group, tinted in the table.",
            "All choices were made on validation data, the test data were looked at once at the end, and “time to target” is steps "
            "to the target times the time of a step when nothing else runs.",
        ]
    )
