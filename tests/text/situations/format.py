"""Numbers and names as every sentence has them."""

from __future__ import annotations

from collections.abc import Iterator

from talweg.text import format


def situations() -> Iterator[tuple[str, str | list[str]]]:
    """Each way to write a number, then words."""
    yield "figures", [format.figures(x) for x in (None, 0, 1.234e-4, 3.4e-8, 0.12, 33449, 1e12)]
    yield "measured", [format.measured(x) for x in (0.12, 95)]
    yield "signed", [format.signed(x) for x in (-0.05, 3.4e-8)]
    yield "whole", [format.whole(x) for x in (None, 33449.4)]
    yield "settings", [format.setting(x) for x in (None, True, "cosine", 0.9995, 0.00341)]
    yield "times", [format.times(x) for x in (None, 0.45, 3.14, 120)]
    yield "shares", [format.share(x) for x in (None, 0, 0.004, 0.5, 0.996, 1)]
    yield "seconds", [format.seconds(x) for x in (None, 0, 2.3e-5, 0.0023, 1.2, 180, 5400)]
    interval = {"median": 0.0123, "low": 0.0101, "high": 0.0145}
    yield (
        "intervals",
        [
            format.interval(None, missing="not reached"),
            format.interval(interval),
            format.interval(interval, show=format.seconds),
            format.interval(interval | {"high": None}, show=format.times),
            format.interval(interval, show=format.metric(True)),
            format.interval(interval, show=format.metric(False)),
        ],
    )
    for examples in (1, 1079):
        yield f"a problem of {examples} examples", [format.unit({"examples": examples}), format.loss_name({"examples": examples})]
    yield "batch sizes", [format.batch_size(x) for x in (None, 64, "full")]
    yield "a label beside its numbers", [format.bare("Adam (batch 16), b1 0.8", {"b1": 0.8, "mode": "l2"}, 16)]
    yield "names", [format.sentence("adam"), format.listed([]), format.listed(["A"]), format.listed(["A", "B", "C"])]
    yield "names with a verb", [format.agreed(["A"], "does", "do"), format.agreed(["A", "B"], "does", "do")]
    yield "long and empty words", [format.shortened("stochastic gradient descent", 12), format.joined(["a", "", "b"])]
    yield "counts", [format.count(1, "seed"), format.count(16, "seed"), format.count(1079, "entry", "entries")]
