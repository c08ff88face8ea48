"""Which batch size, in words: for this machine, for a large GPU, for many workers, and whether quality depends on it."""

from __future__ import annotations

from talweg.summary import Row, Summary
from talweg.text import timing
from talweg.text.format import batch_size, figures, interval, listed, loss_name, parts, seconds, sentence, setting, times, whole

FLAT = 1.5  #: times as long as a step of the smallest batch counts as about as long
WORKERS = 8  #: of an example

STEPS_AXIS, COSTS_AXIS = "steps to the target (log scale)", "cost over the least (log scale)"
SIZES_AXIS, QUALITY_AXIS = "batch size (log scale)", "expected validation loss"
NOT_REACHED = "No batch size reaches the target."
BEFORE = "The target is reached before the first step."
MACHINES = {"examples": "one worker: a step costs as much as its examples", "steps": "large GPU: all steps cost the same"}

#: The heads of the table, the name of their cells, and what stands below them.
HEADS = (
    ("Batch", "batch", ""),
    ("Learning rate", "rate", ""),
    ("Steps to target", "steps", "steps between"),
    ("Examples to target", "examples", ""),
    ("Time to target", "seconds", "seconds between"),
    ("Steps to looser target", "loose", ""),
    ("A step", "step", ""),
    ("Validation loss", "loss", "loss between"),
)


def sentences(summary: Summary) -> list[str]:
    """The headline, then for each method what to use where, and what it costs in quality."""
    if not summary["target"]["learned"]:
        return ["Nothing was learned: no batch size is better than the constant prediction, so none is better than another."]
    several = len(summary["ladders"]) > 1
    told = []
    for ladder in summary["ladders"]:
        own = [here(ladder, summary), gpu(ladder), workers(ladder), quality(ladder, summary)]
        told += [f"{sentence(ladder['label'])}: {_small(words)}" if several else words for words in own if words]
    return [headline(summary), *told]


def headline(summary: Summary) -> str:
    """The fastest size here and the critical batch size; of several methods the latter alone."""
    first, *others = summary["ladders"]
    if others:
        told = [f"{ladder['label']} {critical(ladder)}" for ladder in summary["ladders"]]
        return f"Critical batch size: {'; '.join(told)}."
    batch = first["fastest"]["time"]
    use = "no batch size reaches the target" if batch is None else f"{_batch(batch)} is the fastest here"
    return f"{sentence(first['label'])}: {use}, critical batch size {critical(first)}."


def critical(ladder: Row) -> str:
    """The critical batch size with its interval, or what is known instead."""
    fit, largest, smallest = fitted(ladder), ladder["sizes"][-1]["examples"], ladder["sizes"][0]["examples"]
    if fit["seen"] is None:
        return "not known (too few sizes reach the target)"
    if fit["seen"] == "larger":
        return f"not seen, larger than {largest:,}"
    if fit["seen"] == "smaller":
        return f"not seen, smaller than {smallest:,}"
    return interval(fit["critical"], show=whole) + ("" if fit is ladder["fit"] else ", at the looser target")


def fitted(ladder: Row) -> Row:
    """The fit to the target, or to the looser one where too few sizes reach the target."""
    fit: Row = ladder["fit"] if ladder["fit"]["seen"] is not None else ladder["loose_fit"]
    return fit


def here(ladder: Row, summary: Summary) -> str:
    """The size that is there first on this machine, and those tied with it."""
    first = ladder["fastest"]["time"]
    if first is None:
        missed = "reaches the target within its longest training; try more epochs"
        return f"On this machine: no batch size {missed}."
    row = size(ladder, first)
    tied = [batch_size(one["batch"]) for one in ladder["sizes"] if one["to_target"]["tied"] and one["batch"] != first]
    time = timing.together(timing.time_parts(row["to_target"]["seconds"], row["seconds_per_step"]))
    also = f" Tied with it: {listed(tied)}." if tied else ""
    return (
        f"On this machine, in {clock(summary)}: {_batch(first)} reaches {_goal(summary)} "
        f"first, after {time}, with a learning rate of {setting(row['to_target']['learning_rate'])}.{also} {_flat(ladder)}"
    ).strip()


def _flat(ladder: Row) -> str:
    """Up to which size a step takes about as long as with the smallest."""
    least = ladder["sizes"][0]["seconds_per_step"]["seconds"]
    alike = [one for one in ladder["sizes"] if one["seconds_per_step"]["seconds"] <= FLAT * least]
    return f"A step takes about as long up to {_batch(alike[-1]['batch'])} here." if len(alike) > 1 and least else ""


def gpu(ladder: Row) -> str:
    """What holds where a step costs the same whatever its batch."""
    fit = fitted(ladder)
    goal = "to_target" if fit is ladder["fit"] else "to_loose"
    reached = [one for one in ladder["sizes"] if one[goal]["steps"]["value"] is not None]
    start = "On a large GPU, as long as a step costs the same whatever its batch"
    if fit["seen"] is None or not reached:
        return ""
    few = min(reached, key=lambda one: one[goal]["steps"]["value"])
    fall = ""
    if few is not reached[0]:
        fall = (
            f" (from {whole(reached[0][goal]['steps']['value'])} with {_batch(reached[0]['batch'])} to "
            f"{whole(few[goal]['steps']['value'])} with {_batch(few['batch'])})"
        )
    if fit["seen"] == "larger":
        return f"{start}: the larger the better, up to all of your data{fall}."
    if fit["seen"] == "smaller":
        return f"{start}: a larger batch saves hardly any steps; use a small one."
    return (
        f"{start}: use batches up to about the critical size, {whole(fit['critical']['value'])}. There the steps are twice the least of "
        f"{whole(fit['steps']['value'])}; beyond it, twice the batch saves less than a quarter of them{fall}."
    )


def workers(ladder: Row) -> str:
    """What holds where many machines share a batch."""
    fit = fitted(ladder)
    if fit["seen"] != "inside":
        return ""
    most = fit["critical"]["value"]
    each = max(1, round(most / WORKERS))
    return (
        f"With many workers, whose examples make one batch: together up to about {whole(most)}, such as {WORKERS} workers with {each:,} "
        "each. There the training needs twice the examples that small batches need, and more beyond it."
    )


def quality(ladder: Row, summary: Summary) -> str:
    """Which sizes have a higher expected validation loss than the best."""
    best, loss = size(ladder, ladder["best"]), loss_name(summary["problem"])
    worse = [one for one in ladder["sizes"] if not one["tied"]]
    first = f"Quality: {_batch(best['batch'])} has the lowest {loss}, {interval(best['validation_loss'])}"
    if not worse:
        return f"{first}; no other size is significantly worse."
    losses = [f"{batch_size(one['batch'])} ({parts(one['validation_loss'])[0]})" for one in worse]
    return f"{first}; significantly worse, within the trainings tried: {listed(losses)}."


def warnings(summary: Summary) -> list[str]:
    """What to know before believing it."""
    missed = [
        f"{ladder['label']} does not reach the target with batches of {listed(late)}; in the fit their steps are a lower bound."
        for ladder in summary["ladders"]
        if (late := [batch_size(one["batch"]) for one in ladder["sizes"] if one["to_target"]["steps"]["value"] is None])
        and len(late) < len(ladder["sizes"])
    ]
    unsteady = [
        f"{one['label']}: the time of a step was not steady ({seconds(one['seconds_per_step']['low'])} – "
        f"{seconds(one['seconds_per_step']['high'])}); run it again with nothing else running."
        for ladder in summary["ladders"]
        for one in ladder["sizes"]
        if not one["seconds_per_step"]["steady"]
    ]
    return (missed if summary["target"]["learned"] else []) + unsteady


def clock(summary: Summary) -> str:
    """The library whose steps were timed."""
    return timing.clock(summary)


def size(ladder: Row, batch: int | str) -> Row:
    """The row of a size."""
    row: Row = next(one for one in ladder["sizes"] if one["batch"] == batch)
    return row


def _batch(batch: int | str) -> str:
    return "the full batch" if batch == "full" else f"batch {batch_size(batch)}"


def _goal(summary: Summary) -> str:
    target = summary["target"]
    return f"a {loss_name(summary['problem'])} of {figures(target['value'])}"


def _small(words: str) -> str:
    """A sentence after a colon."""
    return words[:1].lower() + words[1:]


# ---- the table, the figures and the page ------------------------------------------------------------------------------------------


def cells(row: Row) -> dict[str, str]:
    """A row of the table."""
    reached = row["to_target"]
    steps, between = parts(reached["steps"], show=whole, missing="not reached")
    time, times_between = timing.time_parts(reached["seconds"], row["seconds_per_step"])
    loss, loss_between = parts(row["validation_loss"])
    return {
        "batch": batch_size(row["batch"]),
        "rate": setting(reached["learning_rate"]),
        "steps": steps,
        "steps between": between,
        "examples": whole(reached["examples"]["value"]),
        "seconds": time,
        "seconds between": times_between,
        "loose": whole(row["to_loose"]["steps"]["value"]),
        "step": seconds(row["seconds_per_step"]["seconds"]),
        "loss": loss if row["failed"] < 1 else "diverged",
        "loss between": loss_between,
    }


def target(summary: Summary) -> str:
    """The two targets."""
    wanted = summary["target"]
    if not wanted["learned"]:
        return "none, since nothing was learned"
    why = "as requested" if wanted["given"] else "at most 1 % of the gap above the lowest of all sizes"
    looser = f"; the looser one {figures(wanted['loose'])}, where a tenth of the gap is still open" if wanted["loose"] is not None else ""
    return f"{_goal(summary)}, {why}{looser}"


def steps_caption(summary: Summary) -> str:
    """What is drawn in the figure of steps."""
    lines = "Points: steps to the target, with 95 % intervals; arrows: not reached; line: S_min (1 + B_crit / B)"
    if len(summary["ladders"]) > 1:
        return f"{lines}."
    return (
        f"{lines}. Dotted: its two limits. Along the falling one the examples are the fewest, along the flat one the steps; they meet at "
        "the critical batch size, whose interval is shaded."
    )


def costs_caption(summary: Summary) -> str:
    """What is drawn in the figure of costs."""
    ladder = costly(summary)
    who = f" of {ladder['label']}" if ladder is not None and len(summary["ladders"]) > 1 else ""
    return (
        f"Cost to the target{who}, over the least of all sizes: in seconds on this machine ({clock(summary)}), where a step costs as much "
        "as its examples (one worker), and where all steps cost the same (a large GPU)."
    )


def costly(summary: Summary) -> Row | None:
    """The method whose costs are drawn: the first that reaches the target."""
    return next((ladder for ladder in summary["ladders"] if ladder["fastest"]["time"] is not None), None)


def quality_caption(summary: Summary) -> str:
    """What is drawn in the figure of losses."""
    return "Expected validation loss at the best common length of the trainings tried; bars: 95 % intervals over the final seeds."


def what_was_run(summary: Summary) -> list[tuple[str, str, str]]:
    """Names, values and details of everything that somebody needs to run it again."""
    run, timing_ = summary["run"], summary["timing"]
    return [
        ("target", target(summary), ""),
        (
            "learning rates",
            f"{run['settings']} for each size",
            "ranges that move with the square root of the batch size, widened at their edges",
        ),
        ("seeds", f"{run['seeds']} for each size", "each with its own split, none of them used for tuning"),
        ("length", f"up to {figures(run['epochs'])} epochs", "more for larger batches, by the square root of their size"),
        ("seed", str(run["seed"]), ""),
        ("took", seconds(timing_["wall"]), f"{timing_['lanes']:,} trainings, {timing_['lane_steps']:,} steps"),
    ]


def read(summary: Summary) -> list[str]:
    """The protocol in a few sentences."""
    return [
        "Each batch size has its own learning rate: neither a rule of proportion nor one of roots holds for all methods and data (Shallue "
        "et al., 2019). All other hyperparameters are the same for all sizes, and the learning rate is constant.",
        "Steps to the target are read off the mean validation loss over fresh seeds, each with its own split of the data; intervals are "
        "those of 2,000 draws of the seeds, the same for all sizes. The luck of tuning is not in them.",
        "The target is the loss that all sizes come down to which can't be told apart from the best, at most 1 % of the gap above it.",
        "S(B) = S_min (1 + B_crit / B) is fitted by least squares in logarithms (McCandlish et al., 2018). Sizes that do not reach the "
        "target count where the curve lies below the longest training that they had.",
    ]


def machine(kind: str, summary: Summary) -> str:
    """The kind of machine that a line of costs belongs to."""
    return MACHINES.get(kind) or f"this machine, in {clock(summary)}"


def critical_mark(ladder: Row) -> str:
    """What stands at the critical batch size."""
    return f"critical batch size {critical(ladder)}"


def hover_steps(row: Row) -> str:
    """What the pointer reads at the steps of a size."""
    reached = row["to_target"]
    rate = f"learning rate {setting(reached['learning_rate'])}"
    steps = interval(reached["steps"], show=whole, missing="")
    return f"{f'{steps} steps' if steps else 'not reached'}, {rate}"


def hover_cost(row: Row, kind: str, ratio: float) -> str:
    """What the pointer reads at the cost of a size."""
    reached = row["to_target"]
    cost = {
        "here": seconds(reached["seconds"]["value"]),
        "examples": f"{whole(reached['examples']['value'])} examples",
        "steps": f"{whole(reached['steps']['value'])} steps",
    }
    return f"<b>batch {batch_size(row['batch'])}</b><br>{cost[kind]}, {times(ratio)} the least"


def hover_quality(row: Row) -> str:
    """What the pointer reads at the loss of a size."""
    return f"{interval(row['validation_loss'])}{'' if row['tied'] else ', significantly worse than the best'}"
