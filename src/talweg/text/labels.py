"""What a figure of a race says at the pointer, above a panel and where it has nothing to show: plain words, which figures lay out."""

from __future__ import annotations

from collections.abc import Mapping

from talweg.summary import Row, Summary
from talweg.text import timing
from talweg.text.format import count, figures, interval, loss_name, measured, seconds, setting, share, signed, times
from talweg.text.lookup import loss_words, tried
from talweg.text.wording import goal

#: What stands in a figure that is empty.
NO_CURVES = "No curve: no validation loss is finite."
NO_TUNING = "No curve: no setting has a finite loss."
NO_SEARCH = "No learning rate was searched."
NO_PROBES = "No curve: nothing finite was recorded."
MISSED = "not reached"
FAILED, FAILED_ALL = "diverged", "All contestants diverge on all of the final seeds."

PROBES = {"rate": "effective learning rate", "gradient_norm": "gradient norm", "cosine": "cosine between successive moves"}


def curve(summary: Summary, cost: float, loss: float | None) -> str:
    """A point of a learning curve."""
    return f"{counted(summary, cost)}: loss {loss_words(summary, loss)}"


def counted(summary: Summary, cost: float) -> str:
    """So much of what is counted."""
    word = summary["target"]["count"]
    return seconds(cost) if word == "time" else f"{figures(cost)} {word}"


def cost_axis(summary: Summary) -> str:
    """The title of an axis of what is counted."""
    word = summary["target"]["count"]
    return f"time of training in {timing.clock(summary)} (log scale)" if word == "time" else f"{word} (log scale)"


def target_axis(summary: Summary) -> str:
    """The title of an axis of what is counted up to the target."""
    wanted = summary["target"]
    aim = "the target" if wanted["value"] is None else goal(wanted["kind"], wanted["value"], summary["problem"])
    return f"{wanted['count']} to {aim} (log scale)"


def quality(c: Row, problem: Row) -> list[str]:
    """A contestant's loss with its interval, its length, and why it is not first."""
    words = [f"{loss_name(problem)} {interval(c['validation_loss'])}", f"after {count(c['steps'], 'step')}"]
    return words + ([c["why"]] if c["why"] else [])


def speed(summary: Summary, c: Row) -> list[str]:
    """How soon a contestant is as good as the best, with which learning rate, and over the baseline."""
    rate, ratio = c["to_target"]["hyperparameters"].get("learning_rate"), c["to_target"]["speedup"]
    words = [timing.to_target(summary, c)]
    words += [f"learning rate {setting(rate)}"] if rate is not None else []
    return words + ([f"{interval(ratio, show=times)} as soon as the baseline"] if ratio["value"] is not None else [])


def looser(summary: Summary, cost: float) -> str:
    """How soon a contestant is at the looser target."""
    return f"to the looser target, {goal('loss', summary['target']['loose'], summary['problem'])}: {timing.counted(summary, cost)}"


def tuning(summary: Summary, settings: int, expected: Mapping[str, float | None]) -> str:
    """The expected best of so many settings."""
    return f"best of {settings}: loss {interval(expected, show=lambda x: loss_words(summary, x))}"


def point(point: Row, outcome: str) -> list[str]:
    """A setting of the search, whose outcome is one of `figures.panels.outcome`."""
    loss = point.get("shown") or measured(point["loss"])
    outcomes = {"diverged": "diverged", "unimproved": f"lowest validation loss {loss}, no better than the initial one"}
    hyperparameters = [f"{name.replace('_', ' ')} {setting(value)}" for name, value in point["hyperparameters"].items()]
    return [*hyperparameters, outcomes.get(outcome, f"lowest validation loss {loss}")]


def panel(c: Row) -> str:
    """Which learning rate was chosen, and which are good."""
    chosen = next((setting(point["learning_rate"]) for point in tried(c) if point["chosen"]), None)
    good = f"good {setting(c['good_range'][0])} – {setting(c['good_range'][1])}" if c["good_range"] else "no good range"
    return f"{'none' if chosen is None else chosen} chosen, {good}"


def place(stage: Row, place: int, loss: Mapping[str, float | None]) -> str:
    """A contestant's place after a share of the budget."""
    return f"{share(stage['share'])} of the budget: place {place}, loss {interval(loss, missing='diverged')}"


def probe(name: str, examples: float, value: float | None) -> str:
    """A point of a curve of training dynamics."""
    return f"{figures(examples)} examples: {PROBES[name]} {signed(value)}"
