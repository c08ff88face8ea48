"""Many starts of nine methods on functions with many minima, beside SciPy's global searches at the same number of evaluations.

    python benchmarks/basins.py [--surfaces rastrigin:dimensions=10,…] [--starts 1024] [--steps 1000] [--repeats 16]

What is counted is evaluations: a value with its gradient is one, and so is a value alone. A repeat is what one budget buys: with the
default numbers 64 descents of 1,000 steps each, or one search of SciPy that is stopped after 64,000 evaluations. A repeat has found the
global minimum if the lowest point that it met lies in its basin: everybody's points are taken to the bottom by the same few Newton
steps, which are not counted. SciPy gets values and gradients in float64, from JAX or from NumPy written by hand, whichever is faster.
Not counted: tuning, of 32 learning rates for each method and of four step sizes for basin hopping.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import time
from collections.abc import Callable

os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # ten numbers are too few for SciPy's threads to share

import common
import jax
import numpy as np
from scipy import optimize

import talweg as tw
from talweg.contestants.notation import listed
from talweg.landscape.settle import settled
from talweg.problems import resolve
from talweg.statistics.proportions import proportion_interval
from talweg.studies import basins, escape, multistart

SURFACES = ",".join(f"{name}:dimensions=10" for name in ("rastrigin", "styblinski-tang", "ackley", "levy"))
NINE = "sgd,momentum,nesterov,adagrad,adadelta,rmsprop,adam,nadam,rprop"
NEAR = 1e-2  #: above the lowest value: still the same basin, since the next minimum of these functions is at least 0.08 higher
HOPS = (0.5, 1.0, 2.0, 4.0)  #: step sizes of basin hopping, the first one SciPy's own

Function = Callable[[np.ndarray], tuple[float, np.ndarray]]


class Spent(Exception):
    """The budget is used up."""


class Counted:
    """A function that counts its evaluations, keeps the lowest point, and stops when its budget is used up."""

    def __init__(self, function: Function, budget: int):
        self.function, self.budget = function, budget
        self.spent, self.lowest, self.at = 0, math.inf, np.zeros(0)

    def both(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Value and gradient."""
        if self.spent >= self.budget:
            raise Spent
        self.spent += 1
        value, gradient = self.function(x)
        if value < self.lowest:
            self.lowest, self.at = value, np.array(x)
        return value, gradient


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--surfaces", default=SURFACES)
    asked.add_argument("--starts", type=int, default=1024)
    asked.add_argument("--steps", type=int, default=1000)
    asked.add_argument("--repeats", type=int, default=16)
    given = asked.parse_args()
    tw.use_all_cores()
    print(common.heading("Many starts, and SciPy's global searches"))
    speeds, seconds = [], []
    for name in split(given.surfaces):
        surface = resolve(name)
        speed, rows, times = on(surface, given.starts, given.steps, given.repeats)
        speeds.append(speed)
        seconds.append(times)
        print(f"\n**{name}**: {given.repeats} repeats of {given.starts // given.repeats * given.steps:,} evaluations\n")
        print(common.markdown(rows), flush=True)
    print(f"\n{given.starts:,} starts × 9 methods, {given.steps:,} steps each, in one call\n")
    print(common.markdown(speeds))
    print("\nSeconds of the processor (all cores together) for one budget; SciPy: the median of all repeats (least – most)\n")
    print(common.markdown(seconds))


def split(names: str) -> list[str]:
    """Names at commas, but not at one inside of an option."""
    return [name.strip() for name in names.split(",")]


def on(problem: tw.Problem, starts: int, steps: int, repeats: int) -> tuple[dict[str, object], list[dict[str, object]], dict[str, object]]:
    """The speeds, who found the global minimum how often, and the seconds."""
    lowest = float(problem.optimum)
    budget = starts // repeats * steps
    began, worked = time.perf_counter(), time.process_time()
    found = basins.basins(problem, NINE, starts, steps=steps)
    wall, processor = time.perf_counter() - began, time.process_time() - worked
    rows = []
    for arrival in found.arrivals:
        best = arrival.loss[: starts // repeats * repeats].reshape(repeats, -1).min(axis=1)
        rows.append(
            row(f"{arrival.contestant.label}, {starts // repeats} starts", best - lowest, arrival.hyperparameters.get("learning_rate"))
        )
        rows[-1]["of single starts"] = share(int((arrival.loss <= lowest + NEAR).sum()), starts)
    seen = escape.escape(problem, "sgd", "large-rate,warm-restarts,noise,weight-noise", starts=starts, steps=steps)
    for arm in seen.arms[1:]:
        best = ends(problem, arm.ends.params, arm.ends.best).reshape(repeats, -1).min(axis=1)
        rows.append(row(f"{arm.contestant.label}, {starts // repeats} starts", best - lowest, arm.hyperparameters.get("learning_rate")))
        rows[-1]["of single starts"] = share(int((ends(problem, arm.ends.params, arm.ends.best) <= lowest + NEAR).sum()), starts)
    function, source = fastest(problem)
    times: dict[str, object] = {"": problem.name}
    ours = alone(problem, found, starts, steps, repeats)
    times["talweg, Adam"] = f"{ours:.3f}"
    for name, search in searches(problem, function, budget).items():
        spent = []
        lows = []
        for repeat in range(repeats):
            began = time.process_time()
            counted = search(repeat)
            spent.append(time.process_time() - began)
            lows.append(float(settle(problem, counted.at[None])[0]))
        rows.append(row(name, np.array(lows) - lowest, None))
        rows[-1]["of single starts"] = ""
        times[name.split(",")[0]] = f"{spread(spent)}, {statistics.median(spent) / ours:.0f}×"
    times["values and gradients by"] = source
    gradients = sum(arrival.gradients for arrival in found.arrivals)
    speed = {
        "": problem.name,
        "the call, s": f"{wall:.1f}",
        "of the processor, s": f"{processor:.1f}",
        "of it descents, s": f"{found.seconds:.2f}",
        "starts per second, whole call": f"{9 * starts / wall:,.0f}",
        "descents alone": f"{9 * starts / found.seconds:,.0f}",
        "the median method": f"{starts / statistics.median(a.ends.seconds for a in found.arrivals):,.0f}",
        "gradients per second": f"{gradients / found.seconds / 1e6:.1f} M",
    }
    return speed, rows, times


def alone(problem: tw.Problem, found: basins.Basins, starts: int, steps: int, repeats: int) -> float:
    """The processor's seconds of Adam's descents for one repeat, all cores together, compiled before; the median of three."""
    adam = next(arrival for arrival in found.arrivals if arrival.contestant.name == "adam")
    running = multistart.Multistart(problem, starts)
    (contestant,) = listed(problem, "adam", settings=1)
    numbers = [{"learning_rate": adam.hyperparameters["learning_rate"]}] * starts
    seconds = []
    for _ in range(4):
        began = time.process_time()
        running.run(contestant, numbers, multistart.seeds(starts, 0, 0), steps)
        seconds.append(time.process_time() - began)
    return statistics.median(seconds[1:]) / repeats


def row(name: str, above: np.ndarray, rate: float | None) -> dict[str, object]:
    """How many repeats found the global minimum, and how far above it they ended."""
    return {
        "": name,
        "rate": "" if rate is None else f"{rate:.3g}",
        "repeats that found it": share(int((above <= NEAR).sum()), len(above)),
        "median of the best, above the lowest": f"{max(0.0, float(np.median(above))):.3g}",
    }


def share(count: int, of: int) -> str:
    """A share with its interval, by Wilson."""
    low, high = proportion_interval(count, of)
    return f"{100 * count / of:.1f} % ({100 * low:.1f} – {100 * high:.1f})"


def spread(seconds: list[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(seconds):.3f} ({min(seconds):.3f} – {max(seconds):.3f})"


def span(problem: tw.Problem) -> float:
    """The length of the domain's side."""
    return float(np.ptp(np.array(resolved(problem).domain[0])))


def resolved(problem: tw.Problem) -> tw.problems.Surface:
    """The surface of a problem."""
    return tw.problems.surface(problem.name)


def settle(problem: tw.Problem, points: np.ndarray) -> np.ndarray:
    """The values of the minima that points lie near."""
    value = settled(problem, points, span(problem))[1]
    return np.where(np.isfinite(value), value, np.inf)


def ends(problem: tw.Problem, params: np.ndarray, losses: np.ndarray) -> np.ndarray:
    """The same for the ends of descents; those that diverged stay at the best that was measured."""
    fine = np.isfinite(params).all(axis=1)
    out = np.array(losses, float)
    out[fine] = np.minimum(out[fine], settle(problem, np.asarray(params, float)[fine]))
    return out


# ---- SciPy -------------------------------------------------------------------------------------------------------------------------


def searches(problem: tw.Problem, function: Function, budget: int) -> dict[str, Callable[[int], Counted]]:
    """SciPy's searches by name; each takes the number of its repeat."""
    domain = np.array(resolved(problem).domain)

    def hopping(repeat: int, size: float, budget: int = budget) -> Counted:
        counted, random = Counted(function, budget), np.random.default_rng(repeat)
        local = {"method": "L-BFGS-B", "jac": True, "bounds": domain}
        try:
            while True:
                optimize.basinhopping(
                    counted.both, random.uniform(*domain.T), niter=10**9, stepsize=size, minimizer_kwargs=local, rng=random
                )
        except Spent:
            return counted

    def annealing(repeat: int) -> Counted:
        counted, random = Counted(function, budget), np.random.default_rng(repeat)
        local = {"method": "L-BFGS-B", "jac": lambda x: counted.both(x)[1], "bounds": domain}
        try:
            while True:
                optimize.dual_annealing(lambda x: counted.both(x)[0], domain, minimizer_kwargs=local, maxfun=10**9, rng=random)
        except Spent:
            return counted

    def many(repeat: int) -> Counted:
        counted, random = Counted(function, budget), np.random.default_rng(repeat)
        try:
            while True:
                optimize.minimize(counted.both, random.uniform(*domain.T), method="L-BFGS-B", jac=True, bounds=domain)
        except Spent:
            return counted

    tried = {size: np.median([hopping(1000 + i, size, budget // 8).lowest for i in range(3)]) for size in HOPS}
    size = min(tried, key=lambda one: tried[one])
    return {
        f"SciPy basinhopping, steps of {size:g}": lambda repeat: hopping(repeat, size),
        "SciPy dual_annealing": annealing,
        "SciPy minimize, many starts": many,
    }


def fastest(problem: tw.Problem) -> tuple[Function, str]:
    """Value and gradient in float64: by hand in NumPy, or by JAX, whichever takes less time."""
    surface = resolved(problem)
    with jax.enable_x64(True):
        compiled = jax.jit(jax.value_and_grad(surface.function))

    def by_jax(x: np.ndarray) -> tuple[float, np.ndarray]:
        with jax.enable_x64(True):
            value, gradient = compiled(x)
        return float(value), np.asarray(gradient)

    by_hand = BY_HAND[surface.name.partition(":")[0]]
    points = np.random.default_rng(0).uniform(*np.array(surface.domain).T, size=(2000, surface.dimensions))
    for x in points[:50]:
        np.testing.assert_allclose(by_hand(x)[0], by_jax(x)[0], rtol=1e-9)
        np.testing.assert_allclose(by_hand(x)[1], by_jax(x)[1], rtol=1e-7, atol=1e-9)
    costs = {}
    for name, function in (("NumPy", by_hand), ("JAX", by_jax)):
        began = time.process_time()
        for x in points:
            function(x)
        costs[name] = time.process_time() - began
    best = min(costs, key=lambda name: costs[name])
    return (by_hand if best == "NumPy" else by_jax), best


def styblinski_tang(x: np.ndarray) -> tuple[float, np.ndarray]:
    square = x * x
    return 0.5 * float((square * square - 16 * square + 5 * x).sum()), 2 * x * square - 16 * x + 2.5


def rastrigin(x: np.ndarray) -> tuple[float, np.ndarray]:
    sine = np.sin(math.pi * x)
    return float(x @ x + 20 * (sine @ sine)), 2 * x + 20 * math.pi * np.sin(2 * math.pi * x)


def levy(x: np.ndarray) -> tuple[float, np.ndarray]:
    w = 1 + (x - 1) / 4
    off = w - 1
    wave, last = np.sin(math.pi * w[:-1] + 1), math.sin(2 * math.pi * w[-1])
    rise, square = 1 + 10 * wave * wave, off * off
    value = math.sin(math.pi * w[0]) ** 2 + float(square[:-1] @ rise) + square[-1] * (1 + last * last)
    gradient = np.empty_like(x)
    gradient[:-1] = 2 * off[:-1] * rise + 10 * math.pi * square[:-1] * np.sin(2 * (math.pi * w[:-1] + 1))
    gradient[-1] = 2 * off[-1] * (1 + last * last) + 2 * math.pi * square[-1] * math.sin(4 * math.pi * w[-1])
    gradient[0] += math.pi * math.sin(2 * math.pi * w[0])
    return float(value), gradient / 4


def ackley(x: np.ndarray) -> tuple[float, np.ndarray]:
    root = math.sqrt(float(x @ x) / len(x))
    near, wave = 20 * math.exp(-0.2 * root), math.exp(float(np.cos(2 * math.pi * x).mean()))
    gradient = 2 * math.pi / len(x) * wave * np.sin(2 * math.pi * x)
    if root > 0:
        gradient = gradient + 0.2 * near / (root * len(x)) * x
    return 20 - near + math.e - wave, gradient


BY_HAND: dict[str, Function] = {"styblinski-tang": styblinski_tang, "rastrigin": rastrigin, "levy": levy, "ackley": ackley}


if __name__ == "__main__":
    main()
