"""What a figure of a race says at the pointer, above a panel and where it has nothing to show: plain words, which figures lay out."""

from __future__ import annotations

from collections.abc import Mapping

from talweg.summary import Row, Summary
from talweg.text.format import figures, interval, measured, setting, share, signed, times, unit
from talweg.text.lookup import loss_words, tried

#: What stands in a figure that is empty.
NO_CURVES = "No curve: no validation loss is finite."
NO_TUNING = "No curve: no setting has a finite loss."
NO_SEARCH = "No learning rate was searched."
NO_PROBES = "No curve: nothing finite was recorded."
MISSED = "target not reached"

PROBES = {"rate": "effective learning rate", "gradient_norm": "gradient norm", "cosine": "cosine between successive moves"}


def curve(summary: Summary, cost: float, loss: float | None) -> str:
    """A point of a learning curve."""
    return f"{figures(cost)} {unit(summary['problem'])}s: loss {loss_words(summary, loss)}"


def tuning(summary: Summary, settings: int, expected: Mapping[str, float | None]) -> str:
    """The expected best of so many settings."""
    return f"best of {settings}: loss {interval(expected, show=lambda x: loss_words(summary, x))}"


def point(point: Row, outcome: str) -> list[str]:
    """A setting of the search, whose outcome is one of `figures.panels.outcome`."""
    loss = point.get("shown") or measured(point["loss"])
    outcomes = {"diverged": "diverged", "unimproved": f"final validation loss {loss}, no better than the initial one"}
    hyperparameters = [f"{name.replace('_', ' ')} {setting(value)}" for name, value in point["hyperparameters"].items()]
    return [*hyperparameters, outcomes.get(outcome, f"final validation loss {loss}")]


def panel(c: Row) -> str:
    """Which learning rate was chosen, and which are good."""
    chosen = next((setting(point["learning_rate"]) for point in tried(c) if point["chosen"]), None)
    good = f"good {setting(c['good_range'][0])} – {setting(c['good_range'][1])}" if c["good_range"] else "no good range"
    return f"{'none' if chosen is None else chosen} chosen, {good}"


def speedup(c: Row) -> list[str]:
    """A speed-up with its interval, and how many seeds reached the target."""
    return [interval(c["speedup"], show=times), f"target reached by {share(c['reached'])} of the seeds"]


def place(stage: Row, place: int, loss: Mapping[str, float | None]) -> str:
    """A contestant's place after a share of the budget."""
    return f"{share(stage['share'])} of the budget: place {place}, loss {interval(loss, missing='diverged')}"


def probe(name: str, examples: float, value: float | None) -> str:
    """A point of a curve of training dynamics."""
    return f"{figures(examples)} examples: {PROBES[name]} {signed(value)}"
