"""One sentence or two under each figure, computed from the summary: what there is to see in it."""

from __future__ import annotations

from talweg.summary import Row, Summary
from talweg.text.format import agreed, count, figures, listed, loss_name, sentence, setting, share, shortened, times
from talweg.text.labels import FAILED_ALL
from talweg.text.lookup import by_speed, failed, lifted, reached, to_looser, too_slow, tried, unimproved
from talweg.text.timing import to_target
from talweg.text.wording import goal

CLOSE = 1.05  # an expected result within 5 % of the last one is as good
PERCENTILES = "10th to 90th percentile"


def short(c: Row) -> str:
    """A contestant's name, not longer than a sentence bears."""
    return shortened(c["label"], 40)


def curves(summary: Summary) -> str:
    """What the marks are, who is recommended for how long, and who diverges."""
    contestants, r = summary["contestants"], summary["recommendation"]
    diverged = [short(c) for c in contestants if c["curves"]["validation_loss"]["mean"][-1] is None]
    rising = [short(c) for c in contestants if not failed(c) and c["steps"] < 0.9 * c["curves"]["steps"][-1]]
    sentences = []
    if r["method"] is not None:
        sentences.append(f"{short(r)} is recommended, for {count(r['steps'], 'step')}.")
    sentences += [f"{agreed(rising, 'is', 'are')} lowest before the end of the longest training."] if rising else []
    sentences += [f"{agreed(diverged, 'diverges', 'diverge')} (cross)."] if diverged else []
    sentences += ["The target is an accuracy, so no line marks it."] if summary["target"]["kind"] == "accuracy" else []
    lines = f"Line: mean over the final seeds; band: {PERCENTILES}; dot: the length at which the mean is lowest."
    return " ".join([*map(sentence, sentences), lines])


def quality(summary: Summary) -> str:
    """Who is tied with the best, who is worse, and what the landmarks are."""
    contestants = [c for c in summary["contestants"] if not failed(c)]
    if not contestants:
        return FAILED_ALL
    first, *others = contestants
    tied, worse = [short(c) for c in others if c["tied"]], [short(c) for c in others if not c["tied"]]
    sentences = [f"{short(first)} has the lowest {loss_name(summary['problem'])}"]
    sentences[0] += f"; {agreed(tied, 'is', 'are')} tied with it." if tied else "."
    sentences += [f"{agreed(worse, 'is', 'are')} significantly worse."] if worse else []
    margin = summary["target"]["margin"]
    sentences += [f"Shaded: within the margin of {figures(margin)}, as good as the best."] if margin is not None else []
    sentences += ["Lines: the constant prediction and a linear model on the same splits."] if summary["landmarks"] else []
    return " ".join([*map(sentence, sentences), "Points: means over the final seeds; bars: 95 % intervals; arrows: further off."])


def speed(summary: Summary) -> str:
    """Who is as good as the best first and last, and who never is."""
    rows, missed = by_speed(summary), [short(c) for c in summary["contestants"] if not reached(c)]
    looser = [c for c in summary["contestants"] if to_looser(summary, c) is not None]
    rings = [f"Rings: {goal('loss', summary['target']['loose'], summary['problem'])}, a tenth of the gap still open."] if looser else []
    if not rows:
        none = "There is no target to reach." if summary["target"]["value"] is None else "No contestant reaches the target."
        return " ".join([none, *rings])
    cost = [to_target(summary, c) for c in rows]
    sentences = [f"{short(rows[0])} reaches the target first, after {cost[0]}"]
    sentences[0] += f", and {short(rows[-1])} last, after {cost[-1]}." if len(rows) > 1 else "."
    sentences += [f"{agreed(missed, 'does', 'do')} not reach it."] if missed else []
    sentences += ["Each has the setting that is fastest there. Diamond: the baseline. Tinted: not separable from the fastest.", *rings]
    return " ".join(map(sentence, sentences))


def learning_rates(summary: Summary) -> str:
    """Whose result depends least and most on the learning rate, and how many settings were lost."""
    summary = lifted(summary)
    contestants = [c for c in summary["contestants"] if tried(c)]
    if not contestants:
        return "No learning rate was searched."
    sentences = ["Each point is one setting, at the lowest validation loss of its curve."]
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
    return f"{words} Band (recommended and baseline): {PERCENTILES}."


def orders(summary: Summary) -> str:
    """Whether the order depends on the budget, and who leads when."""
    stages = [stage for stage in summary["order"] if stage["ranking"][0]["loss"]["mean"] is not None]
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
