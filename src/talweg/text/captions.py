"""One sentence or two under each figure, computed from the summary: what there is to see in it."""

from __future__ import annotations

from talweg.summary import Row, Summary
from talweg.text.format import agreed, count, listed, sentence, setting, share, shortened, times, unit, whole
from talweg.text.lookup import baseline, lifted, reached, too_slow, tried, unimproved

CLOSE = 1.05  # an expected result within 5 % of the last one is as good
PERCENTILES = "10th to 90th percentile"


def short(c: Row) -> str:
    """A contestant's name, not longer than a sentence bears."""
    return shortened(c["label"], 40)


def curves(summary: Summary) -> str:
    """Who reaches the target first, after how many examples, and who never does."""
    contestants = summary["contestants"]
    cost = {short(c): c["examples_to_target"]["median"] for c in contestants if reached(c)}
    missed = [short(c) for c in contestants if not reached(c)]
    diverged = [short(c) for c in contestants if c["curves"]["validation_loss"]["median"][-1] is None]
    if cost:
        *_, last = order = sorted(cost, key=cost.__getitem__)
        sentences = [f"{order[0]} reaches the target first, after {whole(cost[order[0]])} {unit(summary['problem'])}s"]
        sentences[0] += f", and {last} last, after {whole(cost[last])}." if len(order) > 1 else "."
        sentences += [f"{agreed(missed, 'does', 'do')} not reach it."] if missed else []
    else:
        sentences = ["No contestant reaches the target in half of its final seeds."]
    sentences += [f"{agreed(diverged, 'diverges', 'diverge')} (cross)."] if diverged else []
    sentences += ["The target is an accuracy, so no line marks it."] if summary["target"]["kind"] == "accuracy" else []
    return " ".join([*map(sentence, sentences), f"Line: median over the final seeds; band: {PERCENTILES}."])


def learning_rates(summary: Summary) -> str:
    """Whose result depends least and most on the learning rate, and how many settings were lost."""
    summary = lifted(summary)
    contestants = [c for c in summary["contestants"] if tried(c)]
    if not contestants:
        return "No learning rate was searched."
    sentences = ["Each point is one setting, at its final validation loss."]
    ranges = sorted(((c["good_range"][1] / c["good_range"][0], c) for c in contestants if c["good_range"]), key=lambda pair: pair[0])
    spans = [f"{times(wide)} ({' – '.join(map(setting, c['good_range']))})" for wide, c in ranges]
    if len(ranges) > 1:
        least, most = short(ranges[-1][1]), short(ranges[0][1])
        sentences.append(f"{least} is the least sensitive to the learning rate: its good range (shaded) spans {spans[-1]}.")
        sentences.append(f"{most} is the most sensitive: {spans[0]}.")
    else:
        sentences += [
            f"Only {short(c)} has a good range of learning rates (shaded): {span}." for (_, c), span in zip(ranges, spans, strict=True)
        ]
        sentences += [] if ranges else ["No contestant has a good range of learning rates."]
    points, start = [point for c in contestants for point in tried(c)], summary["run"]["search_start_loss"]
    diverged = sum(point["diverged"] for point in points)
    stuck, slow = sum(unimproved(point, start) for point in points), sum(len(too_slow(c, start)) for c in contestants)
    why = f", {'all' if slow == stuck else slow} of them too slow" if slow else ""
    settings = count(len(points), "setting")
    sentences.append(f"Of {settings}, {diverged} diverged (crosses) and {stuck} did not improve on the initial loss (open circles){why}.")
    sentences += ["The chosen setting is ringed."] if any(point["chosen"] for point in points) else []
    return " ".join(map(sentence, sentences))


def tuning(summary: Summary) -> str:
    """Who needs the fewest and the most settings to come close to its best."""
    needed = {}
    for c in lifted(summary)["contestants"]:
        expected = [x for x in c["tuning"]["expected"] if x is not None]
        if expected:
            needed[short(c)] = next(n for n, x in enumerate(expected, 1) if x <= CLOSE * expected[-1])
    if not needed:
        return "Every setting diverged, so there is no expected best loss."
    fewest, most = min(needed.values()), max(needed.values())
    quick, slow = ([label for label, n in needed.items() if n == number] for number in (fewest, most))
    who = f"{listed(quick)}, and after {most} for {listed(slow)}" if fewest < most else "every contestant"
    words = f"The expected best loss comes within 5 % of the best of all settings after {count(fewest, 'setting')} for {who}."
    return f"{words} Band (winner and baseline): {PERCENTILES}."


def speedups(summary: Summary) -> str:
    """Who is significantly faster than the baseline, who may be, who is slower and who cannot be compared."""
    groups: dict[str, list[str]] = {"faster": [], "open": [], "slower": [], "missed": []}
    reference = baseline(summary)
    for c in summary["contestants"]:
        speedup = c["speedup"]
        if c is reference:
            continue
        if speedup["median"] is None:
            groups["missed"].append(short(c))
        elif speedup["low"] > 1:
            groups["faster"].append(short(c))
        else:
            groups["slower" if speedup["high"] is not None and speedup["high"] < 1 else "open"].append(short(c))
    faster = groups["faster"]
    sentences = [
        f"{agreed(faster, 'is', 'are') if faster else 'No contestant is'} significantly faster than tuned {short(reference)}.",
        f"The interval includes 1 for {listed(groups['open'])}: no significant difference." if groups["open"] else "",
        f"{agreed(groups['slower'], 'is', 'are')} significantly slower." if groups["slower"] else "",
        f"{agreed(groups['missed'], 'does', 'do')} not reach the target." if groups["missed"] else "",
        "Tinted: the winner and those tied with it." if any(c["tied"] for c in summary["contestants"]) else "",
    ]
    return " ".join(sentence(words) for words in sentences if words)


def orders(summary: Summary) -> str:
    """Whether the order depends on the budget, and who leads when."""
    stages = [stage for stage in summary["order"] if stage["ranking"][0]["loss"]["median"] is not None]
    if not stages:
        return "All contestants have diverged at the first of these budgets, so there is no order."
    leaders = [short(stage["ranking"][0]) for stage in stages]
    if len({tuple(entry["name"] for entry in stage["ranking"]) for stage in stages}) == 1:
        words = f"The order is the same at every budget; {leaders[0]} leads"
    elif len(set(leaders)) == 1:
        words = f"{leaders[0]} leads at every budget; behind it the order changes"
    else:
        parts = [f"{label} leads at {share(stage['share'])}" for label, stage in zip(leaders, stages, strict=True)]
        words = f"The order depends on the budget: {listed(parts)}"
    return f"{sentence(words)}. Ringed: tied with the best at that budget."
