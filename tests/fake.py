"""Made-up summaries of races, shaped like the real ones, for what shows them: the usual nine contestants, and every odd case."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from talweg.text import race, warnings, why

Summary = dict[str, Any]

EXAMPLES, BATCHES, START, CONSTANT, EPOCHS = 1079, 17, 2.5, 2.303, 48
POINTS = 41

EDGE = (
    "The best learning rate of batch gradient descent, 2.92, lies at the upper edge of its search range (0.001 – 10, widened once): "
    "a larger one may be better."
)
NOTHING: dict[str, float | None] = {"mean": None, "low": None, "high": None}
NEVER: dict[str, float | None] = {"value": None, "low": None, "high": None}

#: name, label, method, batch, tuned learning rate, half-life of the loss in lengths, lowest loss, decades of learning rate that are good.
USUAL: tuple[tuple[str, str, str, int | str, float, float, float, float], ...] = (
    ("adam", "Adam", "adam", 64, 0.0112, 0.028, 0.1031, 1.3),
    ("nesterov", "Nesterov", "nesterov", 64, 0.0683, 0.030, 0.1044, 1.0),
    ("momentum", "momentum", "momentum", 64, 0.0571, 0.034, 0.1072, 0.9),
    ("rmsprop", "RMSprop", "rmsprop", 64, 0.00417, 0.036, 0.1113, 0.7),
    ("adadelta", "AdaDelta", "adadelta", 64, 1.93, 0.05, 0.1161, 1.1),
    ("adagrad", "Adagrad", "adagrad", 64, 0.0788, 0.055, 0.1194, 1.2),
    ("sgd-1", "stochastic gradient descent", "sgd", 1, 0.0213, 0.06, 0.1223, 0.6),
    ("sgd", "mini-batch gradient descent", "sgd", 64, 0.711, 0.085, 0.1262, 0.8),
    ("sgd-full", "batch gradient descent", "sgd", "full", 2.92, 0.9, 0.30, 0.4),
)
WHY = (
    None,
    why.tuning(),
    why.overfits(21.0),
    why.diverges(0.0625, 0.00417),
    why.budget(),
    why.stalls(120.0),
    why.noise_floor(1),
    why.worse(),
    why.budget(),
)


FACTS = {
    **{"task": "classification", "model": "mlp:32", "loss": "cross-entropy", "features": 64, "classes": 10},
    "initialisation": "torch",
}


def about(mean: float | None, by: float = 0.05) -> dict[str, float | None]:
    """A mean with its interval."""
    return {"mean": mean, "low": None if mean is None else mean - abs(mean) * by, "high": None if mean is None else mean + abs(mean) * by}


def estimate(value: float | None, by: float = 0.12) -> dict[str, float | None]:
    """An estimate with its interval."""
    return {"value": value, "low": None if value is None else value * (1 - by), "high": None if value is None else value * (1 + by)}


def finished(made: Summary) -> Summary:
    """The same with a verdict that fits."""
    made["verdict"] = {
        "headline": race.headline(made),
        "winner": made["recommendation"]["name"],
        "tied": made["recommendation"]["tied"],
        "text": " ".join(race.verdict(made)),
        "sentences": race.verdict(made),
        "warnings": warnings.sentences(made),
    }
    return made


def summary(seed: int = 0, settings: int = 32) -> Summary:
    """The usual race: nine contestants on digits, Adam level with Nesterov, batch gradient descent far from the target."""
    rng = np.random.default_rng(seed)
    contestants = [contestant(rank, *entry, rng=rng, settings=settings) for rank, entry in enumerate(USUAL, 1)]
    return finished(
        {
            "kind": "race",
            "problem": {
                "name": "digits",
                "facts": FACTS,
                "parameters": 2410,
                "rows": [EXAMPLES, 359, 359],
                "fresh_splits": True,
                "examples": EXAMPLES,
                "metric": "accuracy",
                "metric_percent": True,
                "optimum": None,
                "notes": [
                    "20 % of the rows are the test part; of the others, each seed draws its own training and validation rows.",
                    "The features were scaled to mean 0 and deviation 1 on the rows outside the test part.",
                ],
                "budget": {"epochs": float(EPOCHS), "examples": float(EPOCHS * EXAMPLES), "seconds": None},
            },
            "recommendation": recommendation(contestants[0], contestants[2]),
            "landmarks": landmarks(),
            "target": {
                "kind": "loss",
                "value": 0.1041,
                "loose": 0.323,
                "margin": 0.00103,
                "text": "a validation loss of 0.104, within the margin of the lowest",
                "given": False,
                "count": "time",
                "clock": "jax",
                "baseline": "sgd",
                "fastest": "adam",
                "tied": ["nesterov"],
            },
            "contestants": contestants,
            "initialisations": None,
            "order": [order(contestants, share) for share in (0.25, 0.5, 1.0)],
            "timing": {"wall": 11.2, "compile": 4.1, "lanes": 1152, "lane_steps": 3_900_000},
            "run": {
                "command": "talweg race digits",
                "clock": "jax",
                "versions": {"talweg": "0.1.0", "python": "3.11.7", "jax": "0.10.2", "numpy": "2.4.0"},
                "machine": {"processor": "Example processor", "cores": 2, "devices": "2 × cpu", "system": "Linux 6.1"},
                "race": "a1b2c3d4e5f6",
                "created": "2026-11-22T22:00:00",
                "seed": 0,
                "settings": settings,
                "seeds": 16,
                "stopped": False,
                "epochs": float(EPOCHS),
                "budget_seconds": None,
                "schedule": "raced",
                "start_loss": START,
                "search_start_loss": START,
            },
            "dynamics": {},
        }
    )


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
    total = EPOCHS * EXAMPLES // size
    steps = np.unique(np.linspace(0, total, POINTS).astype(int))
    passed = steps / total
    loss = floor + (START - floor) * np.exp(-passed / life * 0.7) + 0.03 * floor * np.maximum(passed - 0.5, 0) ** 2
    loss = loss * (1 + 0.003 * rng.random(len(steps)))
    loss[0] = START
    best = int(loss.argmin())
    lowest = float(loss[best])
    near = np.flatnonzero(loss <= 0.1041 + 0.004 * (rank <= 7))
    reached = float(steps[near[0]]) if len(near) and rank <= 7 else None
    search, good = searched(rng, rate, decades, lowest, settings)
    values = np.sort([point["loss"] for point in search if point["loss"] is not None])[::-1]
    expected = [float(values[-1] + (values[len(values) // 2] - values[-1]) * 1.6 / n**1.2) for n in range(1, settings + 1)]
    numbers = {"learning_rate": rate} | ({"b1": 0.9312, "b2": 0.999, "eps": 3.4e-8} if method == "adam" else {})
    numbers |= {"momentum": 0.9412} if method in ("momentum", "nesterov") else {}
    second = 2.3e-5 if size < EXAMPLES else 1.8e-4
    return {
        "name": name,
        "label": label,
        "method": method,
        "batch": batch,
        "hyperparameters": numbers,
        "rank": rank,
        "reference": False,
        "schedule": "cosine" if rank == 3 else "constant",
        "restarts": 1,
        "width": 1,
        "tied": name in ("adam", "nesterov"),
        "confidence": min(0.5 + 0.055 * (rank - 1), 0.995) if rank > 2 else 0.5,
        "tuned": [key for key in numbers if key != "b2"],
        "steps": int(steps[best]),
        "epochs": float(steps[best] * size / EXAMPLES),
        "training_seconds": float(steps[best]) * second,
        "good_range": good,
        "validation_loss": about(lowest, 0.04),
        "validation_metric": about(0.976 - 0.003 * rank, 0.005),
        "excess": {"mean": lowest - 0.1033, "low": lowest - 0.1062, "high": lowest - 0.1007} if rank > 1 else about(0.0),
        "test": {"metric": about(0.973 - 0.003 * rank, 0.006), "loss": about(lowest * 1.05, 0.05)},
        "failed": 0.0625 if rank == 4 else 0.0,
        "diverged": sum(point["diverged"] for point in search) / settings,
        "to_target": to_target(rank, reached, size, second, numbers),
        "why": WHY[rank - 1],
        "endpoints": None,
        "default": {
            "hyperparameters": numbers | {"learning_rate": 0.001},
            "validation_loss": about(lowest * 1.4),
            "rate_alone": about(lowest * 1.03),
            "all_tuned": about(lowest),
            "gain": about(lowest * 0.4, 0.2),
        },
        "beats": None if rank == 1 else {"probability": min(0.61 + 0.12 * rank, 0.995), "low": min(0.5 + 0.1 * rank, 0.97), "high": 1.0},
        "seconds_per_step": {"seconds": second, "low": second, "high": second * 1.05, "steady": True},
        "gradients_per_step": 1,
        "curves": {
            "steps": [int(x) for x in steps],
            "examples": [int(x) * size for x in steps],
            "seconds": [float(x) * second for x in steps],
            "validation_loss": banded(loss),
            "training_loss": banded(loss * 0.8 * (1 - 0.3 * passed)),
            "metric": banded(0.97 - 0.87 * (loss - lowest) / (START - lowest)),
        },
        "search": search,
        "tuning": {
            "settings": list(range(1, settings + 1)),
            "expected": expected,
            "low": [float(max(x * (1 - 0.3 / n**0.5), values[-1])) for n, x in enumerate(expected, 1)],
            "high": [float(x * (1 + 0.5 / n**0.5)) for n, x in enumerate(expected, 1)],
        },
        "at_edge": EDGE if name == "sgd-full" else None,
        "probes": None,
    }


def banded(curve: Any) -> dict[str, list[float | None]]:
    """A curve with its band, which becomes wider."""
    part = np.linspace(0.03, 0.09, len(curve))
    lines = {"mean": curve, "median": curve * 0.995, "low": curve * (1 - part), "high": curve * (1 + part)}
    return {name: [float(x) for x in line] for name, line in lines.items()}


def to_target(rank: int, steps: float | None, size: int, second: float, numbers: dict[str, float]) -> dict[str, Any]:
    """How soon a contestant is as good as the best."""
    speedup = NEVER if steps is None else estimate(9.1 / rank if rank < 7 else 0.4, 0.2)
    return {
        "reached": steps is not None,
        "rank": None if steps is None else rank,
        "tied": rank <= 2,
        "hyperparameters": numbers,
        "schedule": "constant",
        "steps": estimate(steps),
        "examples": estimate(None if steps is None else steps * size),
        "gradients": estimate(None if steps is None else steps * size),
        "seconds": estimate(None if steps is None else steps * second),
        "loose_steps": 100.0 * rank,
        "speedup": speedup,
    }


def recommendation(c: dict[str, Any], quick: dict[str, Any]) -> dict[str, Any]:
    """A contestant as what to use, and another one for a tenth of the time."""
    loss = 0.1052
    return {
        **{key: c[key] for key in ("name", "method", "label", "batch", "hyperparameters", "schedule", "steps", "epochs")},
        "reason": None,
        "validation_loss": about(loss, 0.03),
        "validation_metric": about(0.9712, 0.003),
        "expected_on_new_data": {"mean": loss, "low": 0.078, "high": 0.139, "rows": 360},
        "test_loss": about(0.1093, 0.03),
        "test_metric": about(0.9695, 0.003),
        "original_rmse": None,
        "seconds": c["training_seconds"],
        "seeds": 32,
        "tied": ["nesterov"],
        "instead_of": None,
        "still_improving": False,
        "early_stopping": 0.0004,
        "quick": {
            **{key: quick[key] for key in ("name", "label", "method", "batch", "hyperparameters", "schedule")},
            "steps": 64,
            "seconds": 64 * 2.3e-5,
            "validation_loss": about(0.1338, 0.04),
            "excess": about(0.0286, 0.2),
        },
    }


def landmarks() -> list[dict[str, Any]]:
    return [
        {
            "name": "constant",
            "label": "constant prediction",
            "validation_loss": about(CONSTANT, 0.001),
            "validation_metric": about(0.102, 0.05),
            "test_loss": 2.304,
            "test_metric": 0.1,
            "excess": about(CONSTANT - 0.1052, 0.01),
            "as_good": False,
        },
        {
            "name": "linear",
            "label": "logistic regression",
            "validation_loss": about(0.1387, 0.04),
            "validation_metric": about(0.962, 0.004),
            "test_loss": 0.1412,
            "test_metric": 0.961,
            "excess": about(0.0335, 0.15),
            "as_good": False,
        },
    ]


def searched(rng: np.random.Generator, rate: float, decades: float, best: float, settings: int) -> tuple[list[dict[str, Any]], list[float]]:
    """Settings of learning rate from far too small to far too large, the best one chosen; and the good range."""
    low, high = math.log10(rate) - 2.2, math.log10(rate) + 1.1
    rates = 10 ** rng.permutation(np.linspace(low, high, settings))
    found: list[dict[str, Any]] = []
    for x in rates:
        away = math.log10(x / rate)
        diverged = away > 0.55
        loss = min(best * 10 ** (max(abs(away) - decades / 4, 0) * 0.9) * (1 + 0.1 * rng.random()), START * (1 + 0.004 * rng.random()))
        point = {"learning_rate": float(x), "hyperparameters": {"learning_rate": float(x)}, "loss": None if diverged else float(loss)}
        found.append(point | {"schedule": "constant", "diverged": diverged, "chosen": False})
    chosen = min((point for point in found if point["loss"] is not None), key=lambda point: abs(math.log(point["learning_rate"] / rate)))
    chosen |= {"chosen": True, "learning_rate": rate, "hyperparameters": {"learning_rate": rate}, "loss": best}
    return found, [rate * 10 ** (-decades / 2), rate * 10 ** (decades / 3)]


def order(contestants: list[dict[str, Any]], share: float) -> dict[str, Any]:
    """Who leads after a share of the budget."""
    ranking = [
        {"name": c["name"], "label": c["label"], "loss": about(curve[round(share * (len(curve) - 1))], 0.05), "tied": False}
        for c in contestants
        for curve in [c["curves"]["validation_loss"]["mean"]]
    ]
    ranking.sort(key=lambda entry: entry["loss"]["mean"])
    for entry in ranking[:2]:
        entry["tied"] = True
    return {"share": share, "examples": float(round(EPOCHS * EXAMPLES * share)), "ranking": ranking}


# ---- odd cases -------------------------------------------------------------------------------------------------------------------


def nothing_learned() -> Summary:
    """Pure noise: no contestant is better on new data than the constant prediction."""
    made = summary()
    for c in made["contestants"]:
        c["validation_loss"] = about(CONSTANT * (1 + 0.002 * c["rank"]), 0.01)
        c["to_target"] = to_target(c["rank"], None, 64, 2.3e-5, c["hyperparameters"])
        for line in c["curves"]["validation_loss"].values():
            line[1:] = [CONSTANT * (1 + 0.01 * k / POINTS) for k in range(1, len(line))]
    for at in made["order"]:
        for entry in at["ranking"]:
            entry |= {"loss": about(CONSTANT * 1.01, 0.01), "tied": True}
    made["landmarks"][1] |= {"validation_loss": about(CONSTANT * 1.02, 0.01), "validation_metric": about(0.1, 0.05)}
    none(made, race.nothing_learned(made["problem"]))
    return finished(made)


def none(made: Summary, reason: str) -> None:
    """Nothing is recommended, and there is nothing to reach; what was best all the same is kept."""
    made["recommendation"] |= {"method": None, "reason": reason, "quick": None, "tied": [], "instead_of": None}
    made["target"] |= {"value": None, "loose": None, "margin": None, "fastest": None, "tied": []}
    made["target"]["text"] = race.target("loss", None, made["problem"], given=False, margin=None)
    for mark in made["landmarks"]:
        mark["excess"] = None


def none_reached() -> Summary:
    """No contestant reached an accuracy that the user asked for."""
    made = summary()
    made["target"] |= {"kind": "accuracy", "value": 0.999, "loose": None, "given": True, "fastest": None, "tied": []}
    made["target"]["text"] = race.target("accuracy", 0.999, made["problem"], given=True, margin=None)
    for c in made["contestants"]:
        c["to_target"] = to_target(c["rank"], None, 64, 2.3e-5, c["hyperparameters"]) | {"loose_steps": None}
    return finished(made)


def all_diverged() -> Summary:
    """Every setting of every contestant diverged; of each failure, three times the constant prediction's loss is what counts."""
    made = summary()
    for c in made["contestants"]:
        for point in c["search"]:
            point.update(loss=None, diverged=True, chosen=False)
        c |= {"good_range": None, "validation_loss": about(3 * CONSTANT, 0.0), "validation_metric": None, "diverged": 1.0, "failed": 1.0}
        c |= {"test": {"metric": None, "loss": None}, "default": None, "at_edge": None, "excess": about(0.0), "steps": 0, "epochs": 0.0}
        c |= {"training_seconds": 0.0, "to_target": to_target(c["rank"], None, 64, 2.3e-5, c["hyperparameters"]) | {"loose_steps": None}}
        c["why"] = why.diverges(1.0, c["hyperparameters"]["learning_rate"])
        for curve in ("validation_loss", "training_loss", "metric"):
            length = len(c["curves"]["steps"])
            c["curves"][curve] = {line: [START, START * 40, *[None] * (length - 2)] for line in ("mean", "median", "low", "high")}
        c["tuning"] = {key: [None] * 32 if key != "settings" else value for key, value in c["tuning"].items()}
    for at in made["order"]:
        for entry in at["ranking"]:
            entry.update(loss=NOTHING, tied=False)
    none(made, race.all_diverged_reason(made["problem"]))
    return finished(made)


def two() -> Summary:
    """Only Adam and the reference, on a regression; a linear model is as good."""
    made = summary()
    made["contestants"] = [c for c in made["contestants"] if c["name"] in ("adam", "sgd")]
    made["contestants"][1] |= {"rank": 2, "reference": True}
    made["contestants"][1]["to_target"] |= {"rank": None}
    for at in made["order"]:
        at["ranking"] = [entry for entry in at["ranking"] if entry["name"] in ("adam", "sgd")]
    made["problem"] |= {
        "name": "diabetes",
        "metric": "R²",
        "metric_percent": False,
        "facts": {"task": "regression", "model": "mlp:32", "loss": "squared"},
    }
    made["target"] |= {"tied": [], "clock": "torch"}
    made["recommendation"] |= {"tied": [], "original_rmse": about(54.1, 0.02), "validation_metric": about(0.487, 0.04), "quick": None}
    made["recommendation"] |= {"test_metric": about(0.471, 0.05)}
    for c in made["contestants"]:
        c |= {"validation_metric": about(0.487, 0.04), "test": c["test"] | {"metric": about(0.471, 0.05)}}
    made["landmarks"][0] |= {"validation_metric": about(0.0), "test_metric": -0.01}
    made["landmarks"][1] |= {
        "label": "ridge regression",
        "validation_loss": about(0.1049, 0.03),
        "validation_metric": about(0.489, 0.04),
        "test_metric": 0.48,
        "excess": about(-0.0003, 0.9),
        "as_good": True,
    }
    return finished(made)


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
    for named in (made["recommendation"], made["recommendation"]["quick"]):
        named["label"] = labels[named["name"]]
    return finished(made)


def own_function() -> Summary:
    """A function without data: no metric, no landmarks, no promise, no budget in epochs."""
    made = summary()
    made["problem"] |= {
        "name": "rosenbrock",
        "examples": 1,
        "rows": [1, None, None],
        "fresh_splits": False,
        "metric": None,
        "metric_percent": False,
        "notes": [],
        "facts": {},
    }
    made["problem"]["budget"] = {"epochs": None, "examples": 500.0, "seconds": None}
    made["run"] |= {"command": None, "created": 1764000000.0, "epochs": None, "schedule": "constant"}
    made["target"]["count"] = "gradients"
    made["landmarks"] = []
    for c in (*made["contestants"], made["recommendation"], made["recommendation"]["quick"]):
        c["batch"] = "full"
    for c in made["contestants"]:
        c |= {"validation_metric": None, "test": {"metric": None, "loss": None}}
        for line in c["curves"]["metric"].values():
            line[:] = [None] * len(line)
    made["recommendation"] |= dict.fromkeys(("validation_metric", "expected_on_new_data", "test_loss", "test_metric"))
    return finished(made)


def function_diverged() -> Summary:
    """A function on which nothing was searched and nothing is finite."""
    made = all_diverged()
    made["problem"] = own_function()["problem"]
    made["run"] |= {"start_loss": None, "search_start_loss": None, "command": None, "created": 1764000000.0}
    made["landmarks"] = []
    for c in made["contestants"]:
        c |= {"batch": "full", "search": [], "tuned": [], "hyperparameters": {}, "tuning": {key: [] for key in c["tuning"]}, "why": None}
        c["validation_loss"], c["excess"] = NOTHING, NOTHING
        for line in c["curves"]["validation_loss"].values():
            line[:] = [None] * len(line)
    none(made, race.all_diverged_reason(made["problem"]))
    return finished(made)


def remedies() -> Summary:
    """Contestants with a remedy against local minima, one of which left the usual steps a time that was not steady."""
    made = summary()
    first, second, third = made["contestants"][:3]
    second |= {"name": "random-restarts+adam", "label": "Adam, with random restarts", "method": "random-restarts+adam", "restarts": 4}
    third |= {"name": "wider+adam", "label": "Adam, four times as wide", "method": "adam", "width": 4}
    third["seconds_per_step"] |= {"seconds": 5.1e-5, "low": 5.1e-5, "high": 1.4e-4, "steady": False}
    first["seconds_per_step"] |= {"high": 4.9e-5, "steady": False}
    made["recommendation"] |= {"tied": [second["name"]], "instead_of": third["name"], "still_improving": True, "early_stopping": 0.021}
    made["recommendation"]["quick"] |= {key: third[key] for key in ("name", "label", "method")}
    made["target"]["tied"] = [second["name"]]
    for at in made["order"]:
        for entry in at["ranking"]:
            named = {"nesterov": second, "momentum": third}.get(entry["name"])
            if named is not None:
                entry |= {"name": named["name"], "label": named["label"]}
    return finished(made)


def stopped() -> Summary:
    """A race that was stopped before its end, and in which what is used now takes part."""
    made = summary()
    made["run"]["stopped"] = True
    made["contestants"][2] |= {"name": "current-adam", "label": "Adam as now", "method": "adam", "tuned": [], "default": None}
    made["contestants"][2]["hyperparameters"] = {"learning_rate": 0.001, "b1": 0.9, "b2": 0.999, "eps": 1e-8}
    made["recommendation"]["quick"] = None
    for at in made["order"]:
        for entry in at["ranking"]:
            if entry["name"] == "momentum":
                entry |= {"name": "current-adam", "label": "Adam as now"}
    return finished(made)


CASES: dict[str, Callable[[], Summary]] = {
    make.__name__: make
    for make in (
        *(summary, nothing_learned, none_reached, all_diverged, two, long_names, own_function, function_diverged, remedies, stopped),
    )
}


def fresh(name: str) -> Summary:
    """A summary of its own by the name of the case."""
    return copy.deepcopy(CASES[name]())
