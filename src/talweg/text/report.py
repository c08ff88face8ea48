"""What the report of a race says around its figures: key numbers, advice, heads of the table, what was run, how to read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from talweg.summary import Row, Summary
from talweg.text.captions import short
from talweg.text.format import batch_size, count, figures, interval, joined, loss_name, metric, parts, seconds, setting, times, unit, whole
from talweg.text.lookup import baseline, reached
from talweg.text.race import all_diverged

Facts = list[tuple[str, str, str]]  # name, value, what belongs to it

NO_SCRIPT = "The figures need JavaScript; everything else on this page does not."
LEGEND = "Below each median is its 95 % interval, below each learning rate its good range. Tinted: the winner and those tied with it."


def key_numbers(summary: Summary) -> Facts:
    """The winner's numbers; none if all diverged."""
    problem, c = summary["problem"], summary["contestants"][0]
    if all_diverged(summary):
        return []
    examples, examples_ends = parts(c["examples_to_target"], show=whole, missing="not reached")
    speedup, speedup_ends = parts(c["speedup"], show=times, missing="")
    test, test_ends = parts(c["test"]["metric"], show=metric(problem["metric_percent"]), missing="")
    data = unit(problem) == "example"
    epochs = f"{figures(c['examples_to_target']['median'] / problem['examples'], 2)} epochs" if data and reached(c) else ""
    good = f"good: {' – '.join(map(setting, c['good_range']))}" if c["good_range"] else ""
    return [
        ("learning rate", setting(c["hyperparameters"].get("learning_rate")), good),
        ("batch", batch_size(c["batch"]) if data else "", "the whole training set" if c["batch"] == "full" else "examples per step"),
        (f"{unit(problem)}s to target", examples, joined([examples_ends, epochs])),
        ("speed-up", "" if c is baseline(summary) else speedup, f"{speedup_ends} over tuned {short(baseline(summary))}"),
        (f"test {problem['metric']}", test, test_ends),
    ]


def advice(summary: Summary) -> list[str]:
    """How to use the winner: its hyperparameters, what to expect, what to do without tuning."""
    c, default, unit_name = summary["contestants"][0], summary["contestants"][0]["default"], unit(summary["problem"])
    if all_diverged(summary):
        return ["There is no setting to use: check the data, or search smaller learning rates."]
    tuned, fixed = (
        ", ".join(f"{name.replace('_', ' ')} {setting(x)}" for name, x in c["hyperparameters"].items() if (name in c["tuned"]) == searched)
        for searched in (True, False)
    )
    batch = "the whole training set at every step" if c["batch"] == "full" else f"batches of {count(c['batch'], 'example')}"
    batch = f"; {batch}" if unit_name == "example" else ""
    sentences = [f"Train with {c['label']}: {tuned or 'its default hyperparameters'}{f' (fixed: {fixed})' if fixed else ''}{batch}."]
    if reached(c):
        steps, time = interval(c["steps_to_target"], show=whole), interval(c["seconds_to_target"], show=seconds)
        sentences.append(f"Expect to reach the target after {steps} steps, which take {time} on this machine.")
    elif summary["target"]["value"] is not None:
        sentences.append("It does not reach the target within this budget: allow more epochs, or set a target that can be reached.")
    if c["good_range"]:
        low, high = map(setting, c["good_range"])
        sentences.append(
            f"With a learning rate from {low} to {high} it needs at most twice the {unit_name}s; start there when model or data change."
        )
    if default["gain_from_tuning"] is not None and default["examples_to_target"]["median"] is None:
        sentences.append("With its default hyperparameters it misses the target in most runs.")
    elif default["gain_from_tuning"] is not None:
        sentences.append(f"With its default hyperparameters it needs {times(default['gain_from_tuning'])} as many {unit_name}s.")
    return sentences


def columns(problem: Row) -> dict[str, tuple[str, str]]:
    """The head of each column of the table, and what it means."""
    noun, medians = unit(problem), "median over the final seeds, with its 95 % interval"
    return {
        "rank": ("Rank", "by cost to the target, then by final loss"),
        "method": ("Method", "its other hyperparameters are below"),
        "batch": ("Batch", "examples per step"),
        "learning_rate": ("Learning rate", f"tuned; below, the good range, which needs at most twice the {noun}s of the best"),
        "steps": ("Steps to target", medians),
        "examples": (f"{noun.capitalize()}s to target", medians),
        "seconds": ("Time to target", "steps to the target times the time of one step, with the machine to itself"),
        "speedup": ("Speed-up", "over the tuned baseline"),
        "loss": (f"Final {loss_name(problem)}", "at the end of the budget"),
        "test": (f"Test {problem['metric'] or 'loss'}", "the test data were used only once, after all choices"),
        "diverged": ("Diverged", "share of the settings searched that diverged"),
        "gain_from_tuning": ("Gain from tuning", "how many times as fast as with default hyperparameters; ≥: these miss the target"),
    }


def what_was_run(summary: Summary) -> Facts:
    """Everything that somebody needs to run the race again."""
    problem, run, timing, budget = summary["problem"], summary["run"], summary["timing"], summary["problem"]["budget"]
    data = unit(problem) == "example"
    facts = [f"{name.replace('_', ' ')} {value}" for name, value in problem["facts"].items() if _plain(value)]
    size = [count(problem["parameters"], "parameter"), count(problem["examples"], "training example") if data else ""]
    allowed = [
        f"{figures(budget['epochs'])} epochs" if budget["epochs"] is not None and data else "",
        count(round(budget["examples"]), unit(problem)) if budget["examples"] is not None else "",
        seconds(budget["seconds"]) if budget["seconds"] is not None else "",
    ]
    search = [f"{count(run['settings'], 'setting')} per contestant", count(run["seeds"], "final seed"), f"{run['schedule']} learning rate"]
    time = [seconds(timing["wall"]), f"of which compiling {seconds(timing['compile'])}"]
    work = [count(timing["lanes"], "training"), count(timing["lane_steps"], "step")]
    return [
        ("problem", problem["name"], joined([*facts, *size])),
        ("target", summary["target"]["text"], ""),
        ("budget per training", joined(allowed), ""),
        ("search", joined(search), ""),
        ("seed", str(run["seed"]), ""),
        ("duration", joined([*time, *work]), ""),
        ("machine", joined(f"{value} cores" if name == "cores" else str(value) for name, value in run["machine"].items()), ""),
        ("versions", joined(f"{name} {value}" for name, value in run["versions"].items()), ""),
        ("race", run["race"], created(run)),
    ]


def created(run: Row) -> str:
    """When a race was run: as ISO text has it, or from seconds since 1970, in universal time."""
    at = run["created"]
    return (at if isinstance(at, str) else datetime.fromtimestamp(at, UTC).isoformat()).replace("T", " ")[:16]


def _plain(value: Any) -> bool:
    """Whether a fact is short enough to be printed."""
    return isinstance(value, (str, int, float)) and not isinstance(value, bool) and len(str(value)) <= 60


def how_to_read(summary: Summary) -> list[str]:
    """The protocol in five sentences."""
    settings, seeds = count(summary["run"]["settings"], "quasi-random setting"), count(summary["run"]["seeds"], "fresh seed")
    return [
        f"For every contestant, {settings} of its own search space were tried, from the same points of the unit cube; for one seed, all "
        "had the same split, initial weights and order of examples.",
        f"The best few were run again on other seeds, and the best of these on {seeds}: only these final runs are reported, which avoids "
        "selection bias.",
        "Costs to the target are medians with 95 % intervals; runs that miss the target are censored, not dropped (∞: the interval "
        "has no upper end).",
        "Intervals come from a paired bootstrap over settings and seeds; contestants that do not differ significantly from the winner are "
        "tied with it.",
        "All choices were made on validation data, and the test data were used once, at the end. Time to target is the number of steps "
        "times the time of one step when nothing else runs.",
    ]
