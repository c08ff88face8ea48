"""Made-up summaries of races, shaped like the real ones, for what shows them: the usual nine contestants, and every odd case."""

from __future__ import annotations

import copy
import math
from typing import Any

import numpy as np

Summary = dict[str, Any]

EXAMPLES, BUDGET, START = 1079, 33449, 2.5

EDGE = (
    "The best learning rate of batch gradient descent, 2.92, lies at the upper edge of its search range (0.001 – 3, widened once): "
    "a larger one may be better."
)
NOTHING: dict[str, float | None] = {"median": None, "low": None, "high": None}

#: name, label, method, batch, tuned learning rate, half-life of the loss in budgets, floor, how many decades of learning rate are good.
USUAL: tuple[tuple[str, str, str, int | str, float, float, float, float], ...] = (
    ("adam", "Adam", "adam", 64, 0.0112, 0.028, 0.118, 1.3),
    ("nesterov", "Nesterov", "nesterov", 64, 0.0683, 0.030, 0.121, 1.0),
    ("momentum", "momentum", "momentum", 64, 0.0571, 0.034, 0.124, 0.9),
    ("rmsprop", "RMSprop", "rmsprop", 64, 0.00417, 0.036, 0.131, 0.7),
    ("adadelta", "AdaDelta", "adadelta", 64, 1.93, 0.05, 0.136, 1.1),
    ("adagrad", "Adagrad", "adagrad", 64, 0.0788, 0.055, 0.139, 1.2),
    ("sgd-1", "stochastic gradient descent", "sgd", 1, 0.0213, 0.06, 0.142, 0.6),
    ("sgd", "mini-batch gradient descent", "sgd", 64, 0.711, 0.085, 0.146, 0.8),
    ("sgd-full", "batch gradient descent", "sgd", "full", 2.92, 0.9, 0.30, 0.4),
)


def spread(median: float | None, by: float = 0.12) -> dict[str, float | None]:
    """An interval about a median."""
    return {"median": median, "low": None if median is None else median * (1 - by), "high": None if median is None else median * (1 + by)}


def summary(seed: int = 0, settings: int = 32) -> Summary:
    """The usual race: nine contestants on digits, Adam level with Nesterov, batch gradient descent far from the target."""
    rng = np.random.default_rng(seed)
    contestants = [contestant(rank, *entry, rng=rng, settings=settings) for rank, entry in enumerate(USUAL, 1)]
    reference = next(c for c in contestants if c["name"] == "sgd")
    for c in contestants:
        compare(c, reference)
    contestants[0]["beats"] = None
    return {
        "problem": {
            "name": "digits",
            "facts": {"task": "classification", "model": "mlp:32", "loss": "cross-entropy", "features": 64, "classes": 10},
            "parameters": 2410,
            "examples": EXAMPLES,
            "metric": "accuracy",
            "metric_percent": True,
            "optimum": None,
            "notes": [
                "60 % of the rows train, 20 % validate, 20 % test.",
                "The features were scaled to mean 0 and deviation 1 on the training part.",
            ],
            "budget": {"epochs": 31.0, "examples": BUDGET, "seconds": None},
        },
        "target": {
            "kind": "loss",
            "value": 0.1462,
            "baseline": "sgd",
            "text": "a validation loss of 0.146, where tuned mini-batch gradient descent has closed 95 % of its initial gap",
        },
        "contestants": contestants,
        "order": [order(contestants, share) for share in (0.25, 0.5, 1.0)],
        "verdict": verdict(),
        "dynamics": {},
        "timing": {"wall": 11.2, "compile": 4.1, "lanes": 1152, "lane_steps": 3_900_000},
        "run": {
            "race": "a1b2c3d4e5f6",
            "created": "2026-11-22T22:00:00",
            "command": "talweg race digits",
            "seed": 0,
            "settings": settings,
            "seeds": 16,
            "schedule": "constant",
            "start_loss": START,
            "search_start_loss": START,
            "versions": {"talweg": "0.1.0", "python": "3.11.7", "jax": "0.10.2", "numpy": "2.4.0"},
            "machine": {"processor": "Example processor", "cores": 2, "devices": "2 × cpu", "system": "Linux 6.1"},
        },
    }


def contestant(
    rank: int,
    name: str,
    label: str,
    method: str,
    batch: int | str,
    rate: float,
    life: float,
    floor: float,
    decades: float,
    *,
    rng: np.random.Generator,
    settings: int,
) -> dict[str, Any]:
    size = EXAMPLES if batch == "full" else int(batch)
    examples = np.linspace(0, BUDGET, 41)
    loss = floor + (START - floor) * np.exp(-examples / BUDGET / life * 0.7) * (1 + 0.02 * rng.normal(size=41)) + 0.004 * rng.random(41)
    loss[0] = START
    below = np.flatnonzero(loss <= 0.1462 * 1.02)
    reached = float(examples[below[0]]) if len(below) and name != "sgd-full" else None
    search, good = searched(rng, rate, decades, loss[-1], settings)
    values = np.sort([point["loss"] for point in search if point["loss"] is not None])[::-1]
    expected = [float(values[-1] + (values[len(values) // 2] - values[-1]) * 1.6 / n**1.2) for n in range(1, settings + 1)]
    steps = None if reached is None else reached / size
    numbers = {"learning_rate": rate} | ({"b1": 0.9312, "b2": 0.999, "eps": 3.4e-8} if method == "adam" else {})
    numbers |= {"momentum": 0.9412} if method in ("momentum", "nesterov") else {}
    return {
        "rank": rank,
        "name": name,
        "label": label,
        "method": method,
        "batch": batch,
        "reference": False,
        "schedule": "constant",
        "restarts": 1,
        "width": 1,
        "tied": name in ("adam", "nesterov"),
        "confidence": 0.5 + 0.055 * (rank - 1) if rank > 2 else 0.5,
        "hyperparameters": numbers,
        "tuned": [key for key in numbers if key != "b2"],
        "good_range": good,
        "steps_to_target": spread(steps),
        "examples_to_target": spread(reached),
        "seconds_to_target": spread(None if steps is None else steps * 2.3e-5),
        "speedup": spread(None),
        "final_validation_loss": spread(float(loss[-1]), 0.04),
        "test": {"metric": spread(0.97 - 0.004 * rank, 0.006), "loss": spread(float(loss[-1]) * 1.05, 0.05)},
        "validation_metric": spread(0.972 - 0.004 * rank, 0.006),
        "reached": 0.0 if reached is None else 1.0,
        "diverged": sum(point["diverged"] for point in search) / settings,
        "default": {
            "hyperparameters": numbers | {"learning_rate": 0.001},
            "final_validation_loss": spread(float(loss[-1]) * 1.4),
            "examples_to_target": spread(None if rank > 4 or reached is None else reached * 3.1),
            "reached": 1.0 if rank <= 4 else 0.0,
            "gain_from_tuning": None if reached is None else 3.1 - 0.3 * rank if rank <= 4 else BUDGET / reached,
        },
        "beats": {"probability": min(0.61 + 0.12 * rank, 0.995), "low": min(0.5 + 0.1 * rank, 0.97), "high": 1.0},
        "seconds_per_step": 2.3e-5,
        "curves": {
            "examples": [float(x) for x in examples],
            "validation_loss": {
                "median": loss.tolist(),
                "low": (loss * np.linspace(0.97, 0.93, 41)).tolist(),
                "high": (loss * np.linspace(1.03, 1.09, 41)).tolist(),
            },
            "training_loss": {"median": (loss * 0.8).tolist()},
        },
        "search": search,
        "tuning": {
            "settings": list(range(1, settings + 1)),
            "expected": expected,
            "low": [float(max(x * (1 - 0.3 / n**0.5), values[-1])) for n, x in enumerate(expected, 1)],
            "high": [x * (1 + 0.5 / n**0.5) for n, x in enumerate(expected, 1)],
        },
        "probes": None,
        "endpoints": None,
        "at_edge": EDGE if name == "sgd-full" else None,
    }


def searched(rng: np.random.Generator, rate: float, decades: float, best: float, settings: int) -> tuple[list[dict[str, Any]], list[float]]:
    """Settings of learning rate from far too small to far too large, the best one chosen; and the good range."""
    low, high = math.log10(rate) - 2.2, math.log10(rate) + 1.1
    rates = 10 ** rng.permutation(np.linspace(low, high, settings))
    found: list[dict[str, Any]] = []
    for x in rates:
        away = math.log10(x / rate)
        diverged = away > 0.55
        loss = (
            None
            if diverged
            else min(best * 10 ** (max(abs(away) - decades / 4, 0) * 0.9) * (1 + 0.1 * rng.random()), START * (1 + 0.004 * rng.random()))
        )
        numbers = {"learning_rate": float(x)}
        found.append(
            {
                "learning_rate": float(x),
                "hyperparameters": numbers,
                "loss": loss,
                "examples_to_target": None,
                "diverged": diverged,
                "chosen": False,
            }
        )
    chosen = min((point for point in found if point["loss"] is not None), key=lambda point: abs(math.log(point["learning_rate"] / rate)))
    chosen["chosen"], chosen["learning_rate"], chosen["loss"] = True, rate, best
    return found, [rate * 10 ** (-decades / 2), rate * 10 ** (decades / 3)]


def compare(c: dict[str, Any], reference: dict[str, Any]) -> None:
    """The speed-up over the reference, where both reach the target."""
    mine, others = c["examples_to_target"]["median"], reference["examples_to_target"]["median"]
    if mine and others:
        c["speedup"] = {"median": others / mine, "low": others / mine * 0.82, "high": others / mine * 1.21}


def order(contestants: list[dict[str, Any]], share: float) -> dict[str, Any]:
    """Who leads after a share of the budget."""
    at = round(40 * share)
    ranking = [
        {"name": c["name"], "label": c["label"], "loss": spread(c["curves"]["validation_loss"]["median"][at], 0.05), "tied": False}
        for c in contestants
    ]
    ranking.sort(key=lambda entry: entry["loss"]["median"])
    for entry in ranking[:2]:
        entry["tied"] = True
    return {"share": share, "examples": int(BUDGET * share), "ranking": ranking}


def verdict() -> dict[str, Any]:
    sentences = [
        "Adam is the fastest: it reaches the target 3.1× (2.4 – 3.9) as fast as tuned mini-batch gradient descent.",
        "It is tied with Nesterov; the difference is not statistically significant.",
        "batch gradient descent (final loss 0.363) does not reach the target within the budget.",
    ]
    return {"winner": "adam", "tied": ["nesterov"], "text": " ".join(sentences), "sentences": sentences, "warnings": [EDGE]}


def none_reached() -> Summary:
    """No contestant reached an accuracy that the user asked for."""
    made = summary()
    sentences = ["No contestant reaches the target."]
    made["verdict"] |= {"text": sentences[0], "sentences": sentences}
    made["target"] |= {"kind": "accuracy", "value": 0.999, "text": "a validation accuracy of 99.9 %, as asked"}
    for c in made["contestants"]:
        for cost in (c, c["default"]):
            cost.update(examples_to_target=NOTHING, reached=0.0)
        c.update(steps_to_target=NOTHING, seconds_to_target=NOTHING, speedup=NOTHING)
        c["default"]["gain_from_tuning"] = None
    return made


def all_diverged() -> Summary:
    """Every setting of every contestant diverged."""
    made = none_reached()
    for c in made["contestants"]:
        for point in c["search"]:
            point.update(loss=None, diverged=True, chosen=False)
        c.update(good_range=None, final_validation_loss=NOTHING, validation_metric=None, diverged=1.0)
        c["test"], c["default"]["final_validation_loss"] = {"metric": None, "loss": None}, NOTHING
        for line in ("median", "low", "high"):
            c["curves"]["validation_loss"][line] = [START, START * 40] + [None] * 39
        c["curves"]["training_loss"]["median"] = [START] + [None] * 40
        c["tuning"] = {key: [None] * 32 if key != "settings" else value for key, value in c["tuning"].items()}
    for at in made["order"]:
        for entry in at["ranking"]:
            entry.update(loss=NOTHING, tied=False)
    made["verdict"]["warnings"] = []
    return made


def two() -> Summary:
    """Only Adam and the reference, on a regression whose metric is no percentage."""
    made = summary()
    made["contestants"] = [c for c in made["contestants"] if c["name"] in ("adam", "sgd")]
    made["contestants"][1] |= {"rank": 2, "reference": True}
    for at in made["order"]:
        at["ranking"] = [entry for entry in at["ranking"] if entry["name"] in ("adam", "sgd")]
    made["problem"] |= {
        "name": "diabetes",
        "metric": "R²",
        "metric_percent": False,
        "optimum": None,
        "facts": {"task": "regression", "model": "mlp:32", "loss": "squared"},
    }
    made["verdict"]["tied"] = []
    return made


def long_names() -> Summary:
    """Labels that are far too long, and a data set whose name is an attack."""
    made = summary()
    made["problem"]["name"] = "<script>alert('digits')</script>"
    made["problem"]["notes"].append("the column </script><b>age</b> was dropped & more")
    for c in made["contestants"]:
        c["label"] += " with a name far too long to be read <img src=x onerror=alert(1)>"
    labels = {c["name"]: c["label"] for c in made["contestants"]}
    for at in made["order"]:
        for entry in at["ranking"]:
            entry["label"] = labels[entry["name"]]
    return made


def own_function() -> Summary:
    """A function without data: no metric, no test part, no budget in epochs, and nothing that was searched or is finite."""
    made = all_diverged()
    made["problem"] |= {"name": "rosenbrock", "examples": 1, "metric": None, "metric_percent": False, "notes": [], "facts": {}}
    made["problem"]["budget"] = {"epochs": None, "examples": 500.0, "seconds": None}
    made["target"] |= {"kind": "loss", "value": None, "text": "none, since tuned gradient descent diverged on most seeds"}
    made["run"] |= {"start_loss": None, "search_start_loss": None, "command": None, "created": 1764000000.0}
    for c in made["contestants"]:
        c.update(batch="full", search=[], tuned=[], hyperparameters={}, tuning={key: [] for key in c["tuning"]})
        for line in c["curves"]["validation_loss"].values():
            line[:] = [None] * 41
    return made


CASES = {make.__name__: make for make in (summary, none_reached, all_diverged, two, long_names, own_function)}


def fresh(name: str) -> Summary:
    """A summary of its own by the name of the case."""
    return copy.deepcopy(CASES[name]())
