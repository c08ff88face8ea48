"""Does a race know how sure it is? Many small races on samples of a population, so that the truth is known.
They try eight settings of each method, and have as many seeds as any race: with eight of them, squared errors are so skewed that
Student's interval held the truth in 91 % of 500 races.

    python benchmarks/coverage.py [promise|itself|noise|straight …] [--races 500] [--rows 160] [--jobs 2]

promise:  each race's two intervals against their own truths: `seeds` is the share of races whose `validation_loss` holds the mean over 256
          further seeds on the same data (widened for the luck of these), `new` how often single trainings on as many new rows of the
          population as `expected_on_new_data` speaks of lie in it; over all races, and over those alone that recommend something (the
          others count with what they found best).
          And the winner's curse: by how much what was chosen looks better to those who chose it than it is. At each stage, the mean loss on
          its own seeds less the truth, in percent of the mean truth, with the 95 % interval of the mean over races. search: the lowest of
          the search, on its one seed; confirm: the lowest of all that was trained on the confirmation's seeds, at its best length; choice,
          final, promise: what is recommended, on the seeds of each. The truth is the same setting's mean loss on new rows of the population
          over 64 fresh seeds, each with its own split of the same data; "same data" compares with their validation parts instead. Squared
          errors are in the target's own unit. All races count: the mean would be over the lucky otherwise.
itself:   a method against itself, with other settings of the same range: how often the two are tied.
noise:    a target that has nothing to do with the features (two classes, twelve classes, a number): how often something was learned.
straight: a target that a linear model explains: how often the race says that it is as good.

Shares are given with Wilson's 95 % interval where each race is one trial.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import fresh
import jax
import numpy as np
from scipy.stats import binomtest

import talweg as tw
from talweg.engine import cache
from talweg.engine.program import Placement, Program
from talweg.methods import Adam, Range
from talweg.problems import landmarks
from talweg.problems.base import Problem
from talweg.problems.supervised import from_arrays
from talweg.statistics import bootstrap, means
from talweg.store import Lane
from talweg.verdict import quality, record, resampling
from talweg.verdict.arrivals import SURE
from talweg.verdict.quality import Quality
from talweg.verdict.record import Entry

SETTINGS, FEATURES, NEW = 8, 5, 4096
LANES, FURTHER, AGAIN = 32, 256, 64

Sample = tuple[np.ndarray, np.ndarray]


class Mirrored(Adam):
    """Adam with a search whose points fall elsewhere."""

    name = "mirrored"
    label = "Adam again"
    space: ClassVar[Any] = {**Adam.space, "learning_rate": Range(1.3e-5, 0.39)}


def curved(rng: np.random.Generator, rows: int) -> Sample:
    """Two classes, with a border that is not straight, and some of the labels wrong."""
    x = rng.normal(size=(rows, FEATURES))
    logit = 1.5 * x[:, 0] + 1.5 * x[:, 1] * x[:, 2] - 0.8 * np.abs(x[:, 3])
    return x, (rng.random(rows) < 1 / (1 + np.exp(-logit))).astype(int)


def wavy(rng: np.random.Generator, rows: int) -> Sample:
    """A number, with noise."""
    x = rng.normal(size=(rows, FEATURES))
    return x, np.sin(1.5 * x[:, 0]) + 0.5 * x[:, 1] * x[:, 2] + 0.5 * rng.normal(size=rows)


def straight(rng: np.random.Generator, rows: int) -> Sample:
    """A number that a linear model explains, with noise."""
    x = rng.normal(size=(rows, FEATURES))
    return x, x @ np.linspace(1, -1, FEATURES) + rng.normal(size=rows)


def noise(kind: str) -> Callable[[np.random.Generator, int], Sample]:
    """A target that has nothing to do with the features."""
    classes = {"two classes": 2, "twelve classes": 12}.get(kind)

    def sample(rng: np.random.Generator, rows: int) -> Sample:
        x = rng.normal(size=(rows, FEATURES))
        return x, rng.normal(size=rows) if classes is None else np.arange(rows) % classes if rows < 40 else rng.permutation(rows) % classes

    return sample


def raced(sample: Sample, seed: int, methods: Any = "adam,sgd") -> Any:
    """A small race; the model has eight hidden units."""
    problem = from_arrays(*sample, model="mlp:8", seed=seed, task="classification" if sample[1].dtype.kind == "i" else "regression")
    return problem, tw.race(problem, methods, settings=SETTINGS, seed=seed)


def promised(rows: int, number: int, population: Callable[[np.random.Generator, int], Sample]) -> dict[str, Any]:
    """Whether the two intervals of one race hold their truths, and what each stage made of its pick."""
    rng = np.random.default_rng((number, 7))
    problem, race = raced(population(rng, rows), number)
    new = coded(problem, population(rng, NEW))
    said = race.summary["recommendation"]  # numbers are there, too, where nothing was learned
    result: dict[str, Any] = {"learned": race.recommendation.method is not None, "stages": stages(problem, race, new, number)}
    if not result["stages"]:  # everything diverged
        return result
    contestant = next(one for one in race.contestants if one.name == said["name"])
    method = contestant.method(said["hyperparameters"], said["steps"], said["schedule"])
    program = Program(Placement(problem), method, contestant.size, LANES)
    seeds = np.random.SeedSequence((number, 99)).generate_state(FURTHER).tolist()
    traces = [program.run([method] * LANES, seeds[i : i + LANES], said["steps"]) for i in range(0, FURTHER, LANES)]
    failures = [quality.failure(one.validation_loss) for _, one in landmarks.constant(problem, seeds)]
    truth = np.fmin(np.concatenate([trace.validation_loss[:, -1] for trace in traces]), failures).mean()
    by_row = _by_row(problem)
    losses = np.concatenate([by_row(trace.params, new) for trace in traces[:2]])
    single = np.array([one[rng.choice(NEW, said["expected_on_new_data"]["rows"])].mean() for one in losses])
    own, on_new = said["validation_loss"], said["expected_on_new_data"]
    wider = np.sqrt(1 + said["seeds"] / FURTHER)  # the further seeds have luck, too
    result |= {
        "seeds": bool(wider * (own["low"] - own["mean"]) <= truth - own["mean"] <= wider * (own["high"] - own["mean"])),
        "new": float(np.mean((single >= on_new["low"]) & (single <= on_new["high"]))),
        "bias": float(own["mean"] / truth - 1),
        "width": float((own["high"] - own["low"]) / own["mean"]),
        "new_width": float((on_new["high"] - on_new["low"]) / on_new["mean"]),
    }
    if result["learned"]:
        result |= {"seeds, recommended": result["seeds"], "new, recommended": result["new"]}
    return result


@cache.by_problem
def _by_row(problem: Problem) -> Any:
    """The loss of each lane on each row."""
    alone = jax.vmap(lambda lane, a, b: problem.loss(lane, (a[None], b[None])), (None, 0, 0))
    return jax.jit(lambda lanes, rows: jax.vmap(lambda lane: alone(lane, *rows))(lanes))


def coded(problem: Problem, sample: Sample) -> Sample:
    """New rows of the population as the problem has its own."""
    x, y = sample
    return problem.coding.inputs(x), problem.coding.unit.scaled(y) if problem.coding.unit is not None else y.astype(np.int32)


def stages(problem: Problem, race: Any, new: Sample, number: int) -> dict[str, tuple[float, float, float]]:
    """For each stage of one race what its pick came to on the stage's seeds, and its two truths: on new rows, on the same data."""
    known = record.read(race.store, race.store.race(race.name))
    if known.promise is None:  # everything diverged
        return {}
    renewed = replace(problem, test=new)
    placement, constants = Placement(renewed), known.constants
    seeds = np.random.SeedSequence((number, 99)).generate_state(AGAIN).tolist()
    nothing = dict(landmarks.constant(renewed, seeds))
    failures = [quality.failure(nothing[seed].test_loss) for seed in seeds]
    unit = problem.facts.get("target_deviation", 1.0) ** 2  # the sample's own would make new rows look worse: its variance is an estimate
    truths: dict[tuple[Any, ...], tuple[float, float]] = {}

    def compared(entry: Entry, lanes: Sequence[Lane], own: Quality) -> tuple[float, float, float]:
        key = entry.name, lanes[0].setting, lanes[0].schedule, own.steps
        if key not in truths:
            contestant = next(one for one in race.contestants if one.name == entry.name)
            method = contestant.method(lanes[0].hyperparameters, own.steps, lanes[0].schedule)
            again = fresh.lanes(placement, method, entry.facts["batch"], own.steps, seeds)
            on_new = np.fmin(np.array([lane.test_loss for lane in again], float), failures)
            same = quality.at_end(again, {seed: one.validation_loss for seed, one in nothing.items()})
            truths[key] = unit * float(on_new.mean()), unit * same.mean
        return unit * own.mean, *truths[key]

    def lowest(stage: str) -> tuple[float, float, float]:
        variants = [(entry, lanes) for entry in known.entries for lanes in quality.by_variant(getattr(entry, stage))]
        qualities = [quality.quality(lanes, constants) for _, lanes in variants]
        best = int(np.argmin([one.mean for one in qualities]))
        return compared(*variants[best], qualities[best])

    entry = known.named(known.promise[0])
    rungs = {"final": entry.final, "promise": known.promise[1]}
    found = {"search": lowest("search"), "confirm": lowest("trained")}
    final = entry.chosen, entry.schedule, entry.steps
    for lanes in sorted(quality.by_variant(entry.choice), key=len):  # last of all those that went on to all of its seeds
        own = quality.quality(lanes, constants)
        if (lanes[0].setting, lanes[0].schedule, own.steps) == final:
            found["choice"] = compared(entry, lanes, own)
    return found | {stage: compared(entry, lanes, known.quality(lanes)) for stage, lanes in rungs.items()}


def against_itself(rows: int, number: int) -> dict[str, Any]:
    """Whether Adam and Adam with other settings are tied, in loss and in time."""
    _, race = raced(curved(np.random.default_rng((number, 8)), rows), number, {"one": Adam, "other": Mirrored})
    drawn = resampling.draws(record.read(race.store, race.store.race(race.name)))
    return {"tied": 1 - SURE < bootstrap.probability_less(drawn["one"], drawn["other"]) < SURE}


def learned(rows: int, number: int, kind: str) -> dict[str, Any]:
    """Whether something was learned from a target, and whether a linear model is as good."""
    population = straight if kind == "straight" else noise(kind)
    _, race = raced(population(np.random.default_rng((number, 9)), rows), number)
    linear = [mark["as_good"] for mark in race.summary["landmarks"] if mark["name"] == "linear"]
    return {"learned": race.recommendation.method is not None, "linear": bool(linear and linear[0])}


EXPERIMENTS: dict[str, Callable[[int, int], dict[str, Any]]] = {
    "promise, two classes": lambda rows, k: promised(rows, k, curved),
    "promise, a number": lambda rows, k: promised(rows, k, wavy),
    "itself": against_itself,
    "noise, two classes": lambda rows, k: learned(rows, k, "two classes"),
    "noise, twelve classes": lambda rows, k: learned(rows, k, "twelve classes"),
    "noise, a number": lambda rows, k: learned(rows, k, "a number"),
    "straight": lambda rows, k: learned(rows, k, "straight"),
}


def shares(results: Sequence[Mapping[str, Any]]) -> str:
    """The mean of each thing, over the races that know it; of what is true or not, with its interval."""
    words = []
    for key in dict.fromkeys(key for one in results for key in one if key != "stages"):
        values = [one[key] for one in results if key in one]
        words.append(f"{key} {np.mean(values):.3f}")
        if isinstance(values[0], bool):
            low, high = binomtest(sum(values), len(values)).proportion_ci(method="wilson")
            words[-1] += f" ({low:.3f} … {high:.3f} of {len(values)})"
    return ", ".join(words)


def biases(results: Sequence[Mapping[str, Any]]) -> str:
    """How far what each stage saw lies from the truths, in percent of their means over the races, with intervals; a line for each."""
    lines = []
    for stage in dict.fromkeys(stage for one in results for stage in one.get("stages", ())):
        own, *truths = np.array([one["stages"][stage] for one in results if stage in one["stages"]]).T
        words = [f"    {stage:8} {len(own)} races:"]
        for name, truth in zip(("new rows", "same data"), truths, strict=True):
            off = 100 * (own - truth) / truth.mean()
            low, high = means.mean_interval(off)
            words.append(f"{name} {off.mean():+.1f} % ({low:+.1f} … {high:+.1f})")
        lines.append("\n" + " ".join(words))
    return "".join(lines)


def prepared() -> None:
    """What every process does first."""
    jax.config.update("jax_compilation_cache_dir", str(Path(tempfile.gettempdir()) / "talweg-coverage"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)  # so that no race compiles what another one has


def simulated(name: str, rows: int, number: int) -> dict[str, Any]:
    """One race of an experiment."""
    return EXPERIMENTS[name](rows, number)


def main() -> None:
    """Run the experiments and print, for each, the share of the races for which each thing holds, or the bias."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("which", nargs="*", help="promise, itself, noise, straight; all without it")
    parser.add_argument("--races", type=int, default=500)
    parser.add_argument("--rows", type=int, default=160)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes side by side, of one core each")
    given = parser.parse_args()
    with ProcessPoolExecutor(given.jobs, multiprocessing.get_context("spawn"), prepared) as pool:
        for name in EXPERIMENTS:
            if given.which and not any(word in name for word in given.which):
                continue
            began = time.perf_counter()
            results: list[dict[str, Any]] = []
            for result in pool.map(simulated, itertools.repeat(name), itertools.repeat(given.rows), range(given.races)):
                results.append(result)
                if len(results) % 50 == 0:
                    print(f"  so far {len(results)} races: {shares(results)}", file=sys.stderr, flush=True)
            took = f"{time.perf_counter() - began:.0f} s"
            print(f"{name:24} {given.races} races of {given.rows} rows, {took}: {shares(results)}{biases(results)}", flush=True)


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    main()
