"""Times on this machine in words: a time that was not measured steadily is a range, and said to be unsteady."""

from __future__ import annotations

from collections.abc import Mapping

from talweg.summary import Row, Summary
from talweg.text.format import NOTHING, middle, parts, seconds, unit, whole
from talweg.text.lookup import COUNTED

#: Whose steps are timed.
CLOCKS = {"jax": "JAX", "torch": "PyTorch", "keras": "Keras"}
UNSTEADY = "unsteady"


def clock(summary: Summary) -> str:
    """The library whose steps were timed."""
    name = summary["target"]["clock"]
    return CLOCKS.get(name, name)


def time_parts(estimate: Mapping[str, float | None], step: Row, *, missing: str = NOTHING) -> tuple[str, str]:
    """A time of so many steps, and its interval, which contains what the time of a step was not sure of."""
    value = middle(estimate)
    if value is None or step["steady"] or not step["seconds"]:
        return parts(estimate, show=seconds, missing=missing)
    low, high = estimate["low"], estimate["high"]
    wide = {
        "value": value,
        "low": None if low is None else low * step["low"] / step["seconds"],
        "high": None if high is None else high * step["high"] / step["seconds"],
    }
    shown, ends = parts(wide, show=seconds)
    return f"about {shown}", f"{ends}, {UNSTEADY}"


def training_parts(time: float | None, step: Row) -> tuple[str, str]:
    """The time of one training, and the range of an unsteady one."""
    shown, ends = time_parts({"value": time, "low": time, "high": time}, step)
    return shown, ends if ends.endswith(UNSTEADY) else ""


def training(time: float | None, step: Row) -> str:
    """The same in one: 0.41 s, or about 0.41 s (0.38 – 0.62, unsteady)."""
    return together(training_parts(time, step))


def to_target_parts(summary: Summary, c: Row, *, missing: str = "not reached") -> tuple[str, str]:
    """How soon a contestant reaches the target, as a number of what is counted, and the interval."""
    count = summary["target"]["count"]
    estimate = c["to_target"][COUNTED[count]] if c["to_target"]["reached"] else {"value": None, "low": None, "high": None}
    if count == "time":
        return time_parts(estimate, c["seconds_per_step"], missing=missing)
    return parts(estimate, show=whole, missing=missing)


def counted(summary: Summary, cost: float) -> str:
    """A cost of what is counted to the target, in words."""
    count = summary["target"]["count"]
    return seconds(cost) if count == "time" else f"{whole(cost)} {count}"


def examples(summary: Summary, c: Row) -> list[str]:
    """How many examples that is, where something else is counted."""
    shown = c["to_target"]["reached"] and summary["target"]["count"] != "examples" and unit(summary["problem"]) == "example"
    return [f"{whole(c['to_target']['examples']['value'])} examples"] if shown else []


def to_target(summary: Summary, c: Row) -> str:
    """The same in a sentence: 4.6 ms (4.1 – 5.2), or 12,900 steps (11,400 – 14,500)."""
    (value, ends), count = to_target_parts(summary, c), summary["target"]["count"]
    return together((value if count == "time" or not ends else f"{value} {count}", ends))


def together(shown: tuple[str, str]) -> str:
    """A value with its interval behind it."""
    return f"{shown[0]} ({shown[1]})" if shown[1] else shown[0]
