"""Which batch size: one method and several, critical sizes that are seen and that are not, nothing learned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from talweg.text import batch as words

Row = dict[str, Any]
SIZES: list[int | str] = [1, 8, 64, "full"]
EXAMPLES = 1078


def estimate(value: float | None, spread: float = 0.1) -> Row:
    known = value is not None
    return {"value": value, "low": value * (1 - spread) if known else None, "high": value * (1 + spread) if known else None}


def reached(steps: float | None, size: int, seconds: float, *, tied: bool = False) -> Row:
    costs = {"steps": steps, "examples": steps and steps * size, "seconds": steps and steps * seconds}
    return {"learning_rate": 0.0042, **{key: estimate(value) for key, value in costs.items()}, "tied": tied}


def size(batch: int | str, steps: float | None, loss: float, seconds: float = 4e-4, **more: Any) -> Row:
    examples = EXAMPLES if batch == "full" else int(batch)
    return {
        "name": f"adam@{batch}",
        "label": f"Adam (batch {batch})",
        "batch": batch,
        "examples": examples,
        "validation_loss": {"mean": loss, "low": loss - 0.01, "high": loss + 0.01},
        "tied": more.get("tied", True),
        "failed": more.get("failed", 0.0),
        "to_target": reached(steps, examples, seconds, tied=more.get("fast", False)),
        "to_loose": reached(steps and steps / 10, examples, seconds),
        "seconds_per_step": {"seconds": seconds, "low": seconds, "high": 1.4 * seconds, "steady": more.get("steady", True)},
    }


def fit(seen: str | None, critical: float | None, least: float | None = 124.0) -> Row:
    return {"seen": seen, "steps": estimate(least), "critical": estimate(critical, 0.4), "curve": [None] * len(SIZES)}


def ladder(rows: list[Row], fitted: Row, loose: Row | None = None, label: str = "Adam", fastest: int | str | None = "full") -> Row:
    best = min(rows, key=lambda one: one["validation_loss"]["mean"])["batch"]
    first = {"time": fastest, "steps": fastest, "examples": fastest}
    return {"label": label, "method": "adam", "sizes": rows, "fit": fitted, "loose_fit": loose or fitted, "best": best, "fastest": first}


def summary(*ladders: Row, learned: bool = True, given: bool = False) -> Row:
    return {
        "problem": {"name": "digits", "examples": EXAMPLES},
        "target": {"learned": learned, "value": 0.104, "loose": None if given else 0.318, "given": given, "clock": "torch"},
        "ladders": list(ladders),
        "timing": {"wall": 93.0, "lanes": 3_300, "lane_steps": 2_000_000},
        "run": {"settings": 16, "seeds": 32, "epochs": 250.0, "seed": 0},
    }


STEPS = (18_000, 2_400, 377, 147)
ROWS = [size(batch, steps, 0.1, fast=batch in (64, "full")) for batch, steps in zip(SIZES, STEPS, strict=True)]
LATE = [size(1, None, 0.132, tied=False), *ROWS[1:3], size("full", 147, 0.0978, 7e-4, steady=False)]
FLAT = [size(batch, 500 if batch == 1 else 520, 0.1) for batch in SIZES]
NEVER = [size(batch, None, 0.4, failed=1.0 if batch == 1 else 0.0) for batch in SIZES]
SEEN = summary(ladder(ROWS, fit("inside", 148)))
SEVERAL = summary(ladder(ROWS, fit("inside", 148)), ladder(LATE, fit("larger", 5_000), label="momentum", fastest=64))


def situations() -> Iterator[tuple[str, str | list[str]]]:
    yield "the critical batch size is seen", [*words.sentences(SEEN), *words.warnings(SEEN)]
    late = summary(ladder(LATE, fit(None, None, None), fit("inside", 71)))
    yield "sizes that miss the target, and the fit is to the looser one", [*words.sentences(late), *words.warnings(late)]
    yield "it is larger than the data", words.sentences(summary(ladder(ROWS, fit("larger", 5_000))))
    yield "larger batches save nothing", words.sentences(summary(ladder(FLAT, fit("smaller", 0.2), fastest=1)))
    never = summary(ladder(NEVER, fit(None, None, None), fastest=None))
    yield "no size reaches the target", [*words.sentences(never), *words.warnings(never)]
    yield "several methods", words.sentences(SEVERAL)
    nothing = summary(ladder(NEVER, fit(None, None, None), fastest=None), learned=False)
    yield "nothing was learned", [*words.sentences(nothing), *words.warnings(nothing), words.target(nothing)]
    yield "the target", [words.target(SEEN), words.target(summary(ladder(ROWS, fit("inside", 148)), given=True))]
    yield "the table", [" | ".join(words.cells(row).values()) for row in (*LATE, NEVER[0])]
    captions = [words.steps_caption, words.costs_caption, words.quality_caption]
    yield "captions", [*(caption(SEEN) for caption in captions), *(caption(SEVERAL) for caption in captions)]
    machines = [words.machine(kind, SEEN) for kind in ("here", "examples", "steps")]
    yield (
        "the figures",
        [words.STEPS_AXIS, words.COSTS_AXIS, words.QUALITY_AXIS, words.SIZES_AXIS, words.NOT_REACHED, words.BEFORE, *machines],
    )
    hovers = [words.hover_steps(LATE[0]), words.hover_steps(ROWS[1]), words.hover_quality(LATE[0]), words.hover_quality(ROWS[0])]
    hovers += [words.hover_cost(ROWS[1], kind, 3.1) for kind in ("here", "examples", "steps")]
    yield "what the pointer reads", [words.critical_mark(SEEN["ladders"][0]), *hovers]
    yield "what was run", [" · ".join(filter(None, fact)) for fact in words.what_was_run(SEEN)]
    yield "how it was measured", words.read(SEEN)
