"""One sentence or two under each picture, computed from the summary: what there is to see in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from talweg.text.format import count, listed, sentence, setting, share, shortened, times, unit, whole
from talweg.text.lookup import baseline, lifted, median, nowhere, search_start, too_slow, tried

Summary = Mapping[str, Any]
CLOSE = 1.05  # an expected result within 5 % of the last one is as good
LUCK = "Band, for the winner and mini-batch gradient descent: from 10 to 90 % of the draws of settings."


def called(c: dict[str, Any]) -> str:
    """A contestant's name, not longer than a sentence bears."""
    return shortened(c["label"], 40)


def curves(summary: Summary) -> str:
    """Who reaches the target first, after how many examples, and who never does."""
    run = summary["contestants"]
    reached = sorted((at, called(c)) for c in run if (at := median(c.get("examples_to_target"))) is not None)
    missed = [called(c) for c in run if median(c.get("examples_to_target")) is None]
    if not reached:
        said = "Nobody reached the target in half of the seeds or more."
    else:
        said = f"{reached[0][1]} is first at the target, after {whole(reached[0][0])} {unit(summary['problem'])}s"
        said += f"; {reached[-1][1]} is the last to reach it, after {whole(reached[-1][0])}." if len(reached) > 1 else "."
        said += f" {sentence(listed(missed))} {'does' if len(missed) == 1 else 'do'} not." if missed else ""
    stopped = [called(c) for c in run if c.get("curves") and c["curves"]["validation_loss"]["median"][-1] is None]
    if stopped:
        said += f" {sentence(listed(stopped))} diverged (a cross)."
    if summary["target"].get("kind") == "accuracy":
        said += " The target is an accuracy, so it has no line here."
    drawn = any(c.get("curves") for c in run)
    return said + (" Line: median over the final seeds; band: 10 – 90 % of them." if drawn else "")


def learning_rates(summary: Summary) -> str:
    """Whose learning rate is the easiest and the hardest to hit, and how many settings were lost."""
    summary = lifted(summary)
    run = [c for c in summary["contestants"] if tried(c)]
    if not run:
        return "Nothing was searched, so nothing can be said about learning rates."
    good = sorted(
        ((c["good_range"][1] / c["good_range"][0], c) for c in run if c.get("good_range") and c["good_range"][0] > 0), key=lambda x: x[0]
    )
    said = ["Each point is a setting and the validation loss it ended with."]
    if len(good) > 1:
        (narrow, least), (wide, most) = good[0], good[-1]
        ends = f"{setting(most['good_range'][0])} – {setting(most['good_range'][1])}"
        most_words = f"{called(most)} forgives most: its good range (shaded) spans {times(wide)}, {ends}"
        said.append(f"{most_words}; that of {called(least)} spans {times(narrow)}.")
    elif good:
        said.append(f"Only {called(good[0][1])} has a good range (shaded); it spans {times(good[0][0])}.")
    else:
        said.append("No contestant has a range of learning rates that can be called good.")
    points = [point for c in run for point in tried(c)]
    lost = sum(bool(point["diverged"]) for point in points)
    start = search_start(summary)
    stuck, slow = sum(nowhere(point, start) for point in points), sum(len(too_slow(c, start)) for c in run)
    why = f", {'all' if slow == stuck else slow} of them too slow" if slow else ""
    said.append(
        f"Of {count(len(points), 'setting')}, {lost} diverged (crosses) and {stuck} ended no better than they started (open circles){why}."
    )
    said += ["The ringed one was chosen."] if any(point["chosen"] for point in points) else []
    return " ".join(said)


def tuning(summary: Summary) -> str:
    """Who needs the fewest and the most settings to come close to its best."""
    summary = lifted(summary)
    needed = []
    for c in summary["contestants"]:
        expected = [x for x in (c.get("tuning") or {}).get("expected", []) if x is not None]
        if expected:
            needed.append((next(n for n, x in enumerate(expected, 1) if x <= CLOSE * expected[-1]), called(c)))
    if not needed:
        return "No setting of any contestant ended with a loss, so there is nothing to expect from tuning."
    needed.sort()
    few, many = needed[0][0], needed[-1][0]
    most_of = [label for n, label in needed if n == many]
    if few == many:
        return f"Every contestant comes within 5 % of its expected best after {count(few, 'setting')}. {LUCK}"
    quick = [label for n, label in needed if n == few]
    verb, other = ("comes" if len(quick) == 1 else "come"), ("needs" if len(most_of) == 1 else "need")
    return (
        f"{listed(quick)} {verb} within 5 % of {'its' if len(quick) == 1 else 'their'} expected best after {count(few, 'setting')}; "
        f"{listed(most_of)} {other} {many}. {LUCK}"
    )


def speedups(summary: Summary) -> str:
    """Who is surely faster than the reference, who may be, who is slower and who cannot be compared."""
    kinds: dict[str, list[str]] = {"faster": [], "open": [], "slower": [], "missed": []}
    for c in summary["contestants"]:
        d = c.get("speedup") or {}
        if c is baseline(summary):
            continue
        if d.get("median") is None:
            kinds["missed"].append(called(c))
        elif (d.get("low") or 0) > 1:
            kinds["faster"].append(called(c))
        else:
            kinds["slower" if d.get("high") is not None and d["high"] < 1 else "open"].append(called(c))
    said = [
        f"Faster with the whole interval: {listed(kinds['faster'])}." if kinds["faster"] else "Nobody is faster with the whole interval.",
        f"The interval includes 1 for {listed(kinds['open'])}: no difference was shown." if kinds["open"] else "",
        f"Slower with the whole interval: {listed(kinds['slower'])}." if kinds["slower"] else "",
        f"Did not reach the target: {listed(kinds['missed'])}." if kinds["missed"] else "",
        "Tinted rows: the winner's group." if any(c.get("tied") for c in summary["contestants"]) else "",
    ]
    return " ".join(words for words in said if words)


def orders(summary: Summary) -> str:
    """Whether the order depends on the budget, and who leads when."""
    at = [stage for stage in summary.get("order") or [] if stage["ranking"]]
    if not at:
        return "The race has no budget to divide, so there is one order only."
    standing = [stage for stage in at if median(stage["ranking"][0]["loss"]) is not None]
    if not standing:
        return "Everybody had diverged at the first of these budgets, so there is no order."
    leaders = [called(stage["ranking"][0]) for stage in standing]
    same = len({tuple(entry["name"] for entry in stage["ranking"]) for stage in standing}) == 1
    ring = " A ring: cannot be told from the best at that budget."
    if same:
        return f"The order is the same at every budget, and {leaders[0]} leads.{ring}"
    if len(set(leaders)) == 1:
        return f"{leaders[0]} leads at every budget; behind it the order changes.{ring}"
    parts = [f"{label} leads at {share(stage['share'])}" for label, stage in zip(leaders, standing, strict=True)]
    return f"The order depends on the budget: {listed(parts)}.{ring}"
