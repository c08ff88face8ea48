"""What a diagnosis costs: the extreme eigenvalues of a network's Hessian, beside Lanczos' method over PyTorch's double backward.

    python benchmarks/curvature.py [--models mlp:8 mlp:26] [--repeats 3]

Networks of 610 to 100,234 parameters on digits, after 300 steps of Adam. Both measure the loss on all training data, in float32.
PyTorch gives products with the Hessian (the gradient of gᵀv) to SciPy's `eigsh`, which looks for both ends at once with the accuracy
that talweg asks for, on one thread or on all cores, whichever is faster. A whole diagnosis does more: it also measures the gradient's
noise, what a Newton step would gain, how far the eigenvalues move with a rounding and with the sample of examples, and the spectral
density. Errors are against the whole Hessian in float64, up to 2,000 parameters. They take turns; medians of several, after a warm-up
that compiles.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

import common
import jax
import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

import talweg as tw
from talweg.landscape import curvature

MODELS = ("mlp:8", "mlp:26", "mlp:64,32", "mlp:512,128")
DENSE = 2000  #: parameters of the largest whole Hessian


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--models", nargs="+", default=MODELS)
    asked.add_argument("--repeats", type=int, default=3)
    given = asked.parse_args()
    tw.use_all_cores()
    print(common.heading("A diagnosis: the curvature of a network at a point"))
    print(f"digits, 1,079 training examples, ReLU, after 300 steps of Adam; median of {given.repeats} (least – most).\n", flush=True)
    found = [of(model, given.repeats) for model in given.models]
    for rows in zip(*found, strict=True):
        print(common.markdown(rows) + "\n")


def of(model: str, repeats: int) -> tuple[dict[str, object], dict[str, object]]:
    """Seconds and errors for one network."""
    problem = tw.problems.load("digits", model=model)
    params = jax.tree.map(np.asarray, tw.descend(problem, tw.methods.Adam(1e-3), steps=300).params)
    data = jax.device_put(problem.train)
    products = InTorch(problem, model, params)
    ways: dict[str, Callable[[], Any]] = {
        "diagnosis": lambda: tw.landscape.diagnose(problem, params),
        "extremes": lambda: curvature.seen(problem, params, data),
        "torch": products.extremes,
    }
    first, last, seconds = {}, {}, {name: [] for name in ways}
    for name, way in ways.items():
        began = time.perf_counter()
        way()
        first[name] = time.perf_counter() - began
    for _ in range(repeats):
        for name, way in ways.items():
            began = time.perf_counter()
            last[name] = way()
            seconds[name].append(time.perf_counter() - began)
    middle = {name: statistics.median(times) for name, times in seconds.items()}
    seen, spent = last["extremes"]
    theirs, used = last["torch"]
    cost: dict[str, object] = {
        "parameters": f"{problem.parameters():,}",
        "a diagnosis, s": spread(seconds["diagnosis"]),
        "the first, compiling, s": f"{first['diagnosis']:.1f}",
        "its products": f"{last['diagnosis'].products:,}",
        "what decides (two Lanczos runs, tolerances), s": spread(seconds["extremes"]),
        "its products ": f"{spent:,}",
        "PyTorch and eigsh, extremes only, s": spread(seconds["torch"]),
        "products of it": f"{used:,}",
        "its threads": products.threads,
        "PyTorch / what decides": f"{middle['torch'] / middle['extremes']:.2f}×",
        "a product: PyTorch / talweg": f"{middle['torch'] / used / (middle['extremes'] / spent):.2f}×",
    }
    error: dict[str, object] = {
        "parameters": f"{problem.parameters():,}",
        "smallest (talweg)": f"{seen.extremes[0]:.6g}",
        "largest (talweg)": f"{seen.extremes[1]:.6g}",
        "smallest (PyTorch)": f"{theirs[0]:.6g}",
        "largest (PyTorch)": f"{theirs[1]:.6g}",
        "error of talweg": "–",
        "error that talweg states": f"{max(seen.errors) / abs(seen.extremes[1]):.0e}",
        "error of PyTorch": "–",
        "whole Hessian, float64, s": "–",
    }
    if problem.parameters() <= DENSE:
        began = time.perf_counter()
        exact = dense(problem.name, model, params)
        error["whole Hessian, float64, s"] = f"{time.perf_counter() - began:.1f}"
        error["error of talweg"] = f"{np.abs(seen.extremes - exact).max() / np.abs(exact).max():.0e}"
        error["error of PyTorch"] = f"{np.abs(theirs - exact).max() / np.abs(exact).max():.0e}"
    print(f"{model}, {', '.join(f'{name}: {value}' for name, value in (cost | error).items())}\n", flush=True)
    return cost, error


def dense(name: str, model: str, params: Any) -> np.ndarray:
    """The smallest and the largest eigenvalue of the whole Hessian, in float64."""
    with jax.enable_x64(True):
        problem = tw.problems.load(name, model=model)
        exact = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)
        train = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64) if np.issubdtype(leaf.dtype, np.floating) else leaf, problem.train)
        return np.linalg.eigvalsh(curvature.hessian(problem, exact, train))[[0, -1]]


def spread(seconds: list[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(seconds):.3f} ({min(seconds):.3f} – {max(seconds):.3f})"


class InTorch:
    """The same network with the same weights and data; its Hessian is known by products with it."""

    def __init__(self, problem: tw.Problem, model: str, params: Any):
        x, y = (torch.as_tensor(np.array(leaf)) for leaf in problem.train)
        x, y = x.reshape(len(x), -1), y.long()
        sizes = [x.shape[1], *(int(width) for width in model.removeprefix("mlp:").split(",")), 10]
        layers: list[torch.nn.Module] = []
        for i, o in itertools.pairwise(sizes):
            layers += [torch.nn.Linear(i, o), torch.nn.ReLU()]
        network = torch.nn.Sequential(*layers[:-1])
        weights = list(network.parameters())
        with torch.no_grad():
            for p, leaf in zip(weights, jax.tree.leaves(params), strict=True):
                p.copy_(torch.as_tensor(np.array(leaf.T if leaf.ndim == 2 else leaf)))
        loss = torch.nn.functional.cross_entropy(network(x), y)
        self.value = loss.item()
        np.testing.assert_allclose(self.value, float(problem.loss(params, problem.train)), rtol=1e-4)
        self.weights, self.used = weights, 0
        self.gradient = torch.cat([g.reshape(-1) for g in torch.autograd.grad(loss, weights, create_graph=True)])
        costs = {}
        for threads in (torch.get_num_threads(), 1):  # a small network is faster without a second thread
            torch.set_num_threads(threads)
            self.product(np.ones(len(self.gradient)))
            began = time.perf_counter()
            for _ in range(5):
                self.product(np.ones(len(self.gradient)))
            costs[threads] = time.perf_counter() - began
        self.threads = min(costs, key=lambda threads: costs[threads])
        torch.set_num_threads(self.threads)

    def product(self, v: np.ndarray) -> np.ndarray:
        """H v."""
        self.used += 1
        found = torch.autograd.grad(self.gradient @ torch.as_tensor(v.astype(np.float32)), self.weights, retain_graph=True)
        return torch.cat([g.reshape(-1) for g in found]).numpy()

    def extremes(self) -> tuple[np.ndarray, int]:
        """Both ends of the spectrum, and after how many products."""
        self.used, d = 0, len(self.gradient)
        operator = LinearOperator((d, d), matvec=self.product, dtype=np.float32)
        first = np.random.default_rng(0).standard_normal(d).astype(np.float32)
        values = eigsh(operator, k=2, which="BE", v0=first, tol=curvature.SETTLED, return_eigenvectors=False)
        return np.sort(values.astype(float)), self.used


if __name__ == "__main__":
    main()
