"""Numbers as people read them: three significant figures, intervals, seconds. Used by the terminal, the figures and the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

#: What stands where there is nothing to say.
NOTHING = "–"


def figures(x: float | None, digits: int = 3, *, zeros: bool = False) -> str:
    """`x` with at most `digits` significant figures, never as 1.23e-04: 0.000123, 33,400, 1.2e-8.

    With `zeros`, figures that happen to be 0 stay (0.120), as a measured number has them.
    """
    if x is None:
        return NOTHING
    if x == 0:
        return "0"
    rounded = float(f"{x:.{digits - 1}e}")
    if not 1e-5 <= abs(rounded) < 1e9:
        mantissa, _, exponent = f"{x:.{digits - 1}e}".partition("e")
        return f"{trim(mantissa)}e{int(exponent)}"
    power = int(f"{rounded:e}".partition("e")[2])
    text = f"{rounded:,.{max(digits - 1 - power, 0)}f}"
    return text if zeros else trim(text)


def signed(x: float | None, digits: int = 3) -> str:
    """A number with a real minus sign."""
    text = figures(x, digits)
    return f"−{text[1:]}" if text.startswith("-") else text


def measured(x: float | None) -> str:
    """A measured number with three figures: 0.120, 95.0, 33,400."""
    return figures(x, zeros=True)


def whole(x: float | None) -> str:
    """A count of steps or examples, which has no fractions, with three figures."""
    return NOTHING if x is None else figures(round(x))


def unit(problem: Mapping[str, Any]) -> str:
    """What a method's cost is counted in: an example, or a gradient where there are no data (such a problem counts as one example)."""
    return "gradient" if problem.get("examples") == 1 else "example"


def loss_name(problem: Mapping[str, Any]) -> str:
    """The loss that methods are judged by; a function without data has just the one."""
    return "loss" if problem.get("examples") == 1 else "validation loss"


def trim(text: str) -> str:
    """A decimal number without the zeros that end it."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def setting(x: Any) -> str:
    """A hyperparameter: three figures, and close to one three figures of what is missing to one (0.9995 is not 1)."""
    if isinstance(x, bool) or not isinstance(x, (int, float)):
        return NOTHING if x is None else str(x)
    if 0.9 < x < 1:
        missing = float(f"{1 - x:.2e}")
        return trim(f"{1 - missing:.12f}")
    return figures(x)


def times(x: float | None) -> str:
    """How many times as much or as fast: 3.1×, 2.0×, 0.45×, 12×."""
    return NOTHING if x is None else f"{figures(x, 2, zeros=True)}×"


def share(x: float | None) -> str:
    """A share of one as a percentage without decimals; below one per cent and above 99 it is not rounded away."""
    if x is None:
        return NOTHING
    percent = 100 * x
    if 0 < percent < 1:
        return "under 1 %"
    if 99 < percent < 100:
        return "over 99 %"
    return f"{percent:.0f} %"


def seconds(x: float | None) -> str:
    """A duration in the unit that keeps the number short: 23 µs, 2.3 ms, 1.2 s, 3 min, 1.5 h."""
    if x is None:
        return NOTHING
    if x == 0:
        return "0 s"
    for below, scale, unit in ((0.9995e-3, 1e6, "µs"), (0.9995, 1e3, "ms"), (59.95, 1, "s"), (3597, 1 / 60, "min")):
        if abs(x) < below:
            return f"{figures(x * scale, 2, zeros=True)} {unit}"
    return f"{figures(x / 3600, 2, zeros=True)} h"


def interval(d: Mapping[str, float | None] | None, *, show: Callable[[float | None], str] = measured, missing: str = NOTHING) -> str:
    """An estimate and its 95 % interval: `3.1× (2.4 – 3.9)`.

    `d` has "low", "high" and a "median", "mean" or "value"; without that the text is `missing`, and an end that is None is ∞. A unit
    that `show` writes stands once if all three numbers have the same.
    """
    value, ends = parts(d, show=show, missing=missing)
    return f"{value} ({ends})" if ends else value


def parts(
    d: Mapping[str, float | None] | None, *, show: Callable[[float | None], str] = measured, missing: str = NOTHING
) -> tuple[str, str]:
    """The two halves of `interval`: the estimate with its unit, and the ends, which are empty if there is no estimate."""
    if d is None or middle(d) is None:
        return missing, ""
    value, low, high = show(middle(d)), *("∞" if d[key] is None else show(d[key]) for key in ("low", "high"))
    units = {_unit(text) for text in (value, low, high) if text not in ("∞", "0")}
    common = units.pop() if len(units) == 1 else ""
    return value, " – ".join(end.removesuffix(common) for end in (low, high))


def middle(d: Mapping[str, float | None]) -> float | None:
    """What an interval is about."""
    return next(d[key] for key in ("mean", "value", "median") if key in d)


def _unit(text: str) -> str:
    """What follows the number in a text, with the space before it."""
    return text[len(text.rstrip("abcdefghijklmnopqrstuvwxyzµ%× ")) :]


def metric(percent: bool) -> Callable[[float | None], str]:
    """How the values of a problem's metric are shown: a share as a percentage with three figures, or plainly."""
    return (lambda x: NOTHING if x is None else f"{measured(100 * x)} %") if percent else measured


def epochs(x: float | None) -> str:
    """Passes over the training data: 12 epochs, 0.62 epochs, 1 epoch."""
    shown = figures(x, 2 if x is not None and x < 100 else 3)
    return f"{shown} {'epoch' if shown == '1' else 'epochs'}"


def batch_size(batch: int | str | None) -> str:
    """A batch size as a table says it."""
    return NOTHING if batch is None else f"{batch:,}" if isinstance(batch, int) else batch


def bare(label: str, hyperparameters: Mapping[str, Any], batch: int | str | None = None) -> str:
    """A contestant's label without those of its numbers that a sentence adds: `Adam` for `Adam (batch 16), b1 0.8`."""
    for text in (f" (batch {batch})", f" ({batch})"):
        label = label.replace(text, "", 1)
    for name, value in hyperparameters.items():
        label = label.replace(f", {name} {value:g}", "", 1) if isinstance(value, int | float) else label
    return label


def sentence(text: str) -> str:
    """A sentence begins with a capital letter, also where a name that has none begins it."""
    return text[:1].upper() + text[1:]


def listed(names: Sequence[str]) -> str:
    """Names as a sentence says them: A, B and C."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def joined(words: Iterable[str]) -> str:
    """What is not empty, with commas."""
    return ", ".join(word for word in words if word)


def shortened(text: str, most: int = 30) -> str:
    """At most `most` letters; what is left out at the end is marked."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def count(n: int, one: str, many: str | None = None) -> str:
    """A number and its noun: "1 seed", "16 seeds"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def agreed(names: Sequence[str], singular: str, plural: str) -> str:
    """The names with a verb that agrees with them: "A reaches", "A and B reach"."""
    return f"{listed(names)} {singular if len(names) == 1 else plural}"
