"""What the report of a race says around its figures: key numbers, advice, heads of the table, what was run, how to read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from talweg.summary import Row, Summary
from talweg.text import lookup, timing
from talweg.text.captions import short
from talweg.text.format import batch_size, count, epochs, figures, joined, loss_name, metric, parts, seconds, sentence, setting, unit
from talweg.text.wording import hyperparameters

Facts = list[tuple[str, str, str]]  # name, value, what belongs to it

NO_SCRIPT = "The figures need JavaScript; everything else on this page does not."
LEGEND = (
    "Below each estimate is its 95 % interval, below each learning rate its good range. Tinted: not separable from the lowest loss. "
    "★: recommended; its numbers above come from seeds that no choice has seen, and those of the table from the final ones."
)


def key_numbers(summary: Summary) -> Facts:
    """The numbers of what is recommended; none if nothing is."""
    problem, r, c = summary["problem"], summary["recommendation"], lookup.recommended(summary)
    if c is None:
        return []
    data = unit(problem) == "example"
    loss, ends = parts(r["validation_loss"])
    score, score_ends = parts(r["validation_metric"], show=metric(problem["metric_percent"]), missing="")
    rmse, rmse_ends = parts(r["original_rmse"], missing="")
    promise, promised = parts(r["expected_on_new_data"], missing="")
    rows = "" if r["expected_on_new_data"] is None else f"on {count(r['expected_on_new_data']['rows'], 'row')}"
    time, range_ = timing.training_parts(r["seconds"], c["seconds_per_step"])
    rate = r["hyperparameters"].get("learning_rate")
    numbers = joined(["" if rate is None else f"learning rate {setting(rate)}", f"batch {batch_size(r['batch'])}" if data else ""])
    long = data and r["epochs"] is not None
    steps = count(r["steps"], "step")
    return [
        ("method", short(r), numbers),
        ("length", epochs(r["epochs"]) if long else steps, steps if long else ""),
        (loss_name(problem), loss, f"{ends} (95 %)"),
        (f"{problem['metric']}", score, f"{score_ends} (95 %)"),
        ("RMSE", rmse, f"{rmse_ends}, in the unit of the target"),
        ("loss on new data", promise, joined([promised, rows])),
        ("one training", time, joined([range_, f"here, in {timing.clock(summary)}"])),
    ]


def advice(summary: Summary) -> list[str]:
    """How to use what is recommended: as code, and what to do when model or data change; nothing if nothing is."""
    r, c, run = summary["recommendation"], lookup.recommended(summary), summary["run"]
    if c is None:
        return []
    sentences = [f"As code: talweg code {run['race']} --for torch (or keras, optax, tensorflow, sklearn)."]
    fixed = hyperparameters(r, [name for name in r["hyperparameters"] if name not in c["tuned"]])
    sentences += [f"What is not tuned stays at its default: {fixed}."] if fixed else []
    if c["good_range"]:
        low, high = map(setting, c["good_range"])
        sentences.append(f"Learning rates from {low} to {high} come close to its best: start there when model or data change.")
    return sentences


def columns(summary: Summary) -> dict[str, tuple[str, str]]:
    """The head of each column of the table, and what it means."""
    problem, wanted = summary["problem"], summary["target"]
    means = "mean over the final seeds, with its 95 % interval"
    score = problem["metric"] or ""
    heads = {
        "rank": ("Rank", f"by {loss_name(problem)}; ★: recommended"),
        "method": ("Method", "its other hyperparameters are below"),
        "batch": ("Batch", "examples per step"),
        "learning_rate": ("Learning rate", "tuned; below, the good range, which comes within a tenth of the gap of the best"),
        "length": ("Length", "where its mean curve over the final seeds is lowest"),
        "loss": (sentence(loss_name(problem)), f"{means}; a seed that fails counts as three times the constant prediction"),
        "metric": (sentence(score), f"on the validation parts: {means}"),
        "target": (f"{sentence(wanted['count'])} to target", "of its mean curve, with its fastest setting; below, over the baseline"),
        "training": ("Time of a training", f"of that length on this machine, in {timing.clock(summary)}"),
        "test": (f"Test {score or 'loss'}", "the test data were used only once, after all choices"),
        "gain": ("Gain from tuning", "loss with its default hyperparameters less the tuned one's"),
        "why": ("Why", "why it is not first"),
    }
    return {key: head for key, head in heads.items() if key != "metric" or score}


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
    schedule = "learning rates constant and decaying" if run["schedule"] == "raced" else f"{run['schedule']} learning rate"
    fresh = count(summary["recommendation"]["seeds"], "fresh seed")
    search = [f"{count(run['settings'], 'setting')} per contestant", count(run["seeds"], "final seed"), f"{fresh} for the promise"]
    time = [seconds(timing["wall"]), f"of which compiling {seconds(timing['compile'])}"]
    work = [count(timing["lanes"], "training"), count(timing["lane_steps"], "step")]
    return [
        ("problem", problem["name"], joined([*facts, *size])),
        ("target", summary["target"]["text"], ""),
        ("budget per training", joined(allowed), ""),
        ("search", joined([*search, schedule]), ""),
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
    """The protocol in six sentences."""
    settings, seeds = count(summary["run"]["settings"], "quasi-random setting"), count(summary["run"]["seeds"], "fresh seed")
    return [
        f"For every contestant, {settings} of its own search space were tried, from the same points of the unit cube; for one seed, all "
        "had the same split, initial weights and order of examples.",
        f"The best few were run again on more seeds, and the best of these on {seeds}: only these final runs are ranked. What is "
        "recommended is trained once more on seeds that no choice has seen, and these give its numbers.",
        "The loss of a setting is a mean over seeds at the best common length; a seed that fails counts as three times the loss of the "
        "constant prediction.",
        "As good as the best is what lies within the margin of the lowest mean. Speed is read off the mean curve: a contestant that does "
        "not arrive is not reached (∞: the interval has no upper end), and never dropped.",
        "The 95 % intervals of losses are about these data (other seeds and splits); the prediction interval is about new rows, and wider.",
        "All choices were made on validation data, and the test data were used once, at the end. A time is the number of steps times the "
        "time of one step when nothing else runs.",
    ]
