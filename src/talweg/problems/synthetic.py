"""Small networks whose loss surfaces have known traps: where a descent ends depends on where it starts, and a race shows it.

All rows are training data and there is no validation data: what is asked is how low a descent gets, not how well a network predicts.
`optimum` is the lowest value that the network can come to, where it is known for the model that was asked for.
Weights start in the problem's own way, normal ones and no biases, unless the model or `init` says otherwise.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping
from typing import Any, TypeAlias

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from talweg import checks
from talweg.checks import InputError
from talweg.problems import losses, models
from talweg.problems.base import Problem
from talweg.problems.models import ModelSpec
from talweg.problems.supervised import mean_cost, metric_of, start_of
from talweg.trees import float_type

Rows: TypeAlias = tuple[np.ndarray, np.ndarray]  #: features and target

XOR = "Rumelhart, Hinton & Williams 1986"
PARITY = "Rumelhart, Hinton & Williams 1986"
SPIRALS = "Lang & Witbrock 1988"
LINEAR = "Saxe, McClelland & Ganguli 2014"
TEACHER = "Safran & Shamir 2018"

START = "he"  #: how weights start, but for deep-linear's, which start small
OFF, ON = 0.1, 0.9  #: targets that a logistic output can reach with finite weights
MOST_BITS = 10
MOST_UNITS = 64
SINGULAR = (4.0, 3.0, 2.0, 1.5, 1.0, 0.75, 0.5, 0.25)  #: of the map that deep-linear learns; quarters, so that all is exact
ROWS = 1000  #: of teacher-student


def xor(model: str = "mlp:2,sigmoid", init: str | None = None) -> Problem:
    """Exclusive or of two bits (0 or 1), with two hidden units: the four examples, and the mean of (σ(z) − y)² with y = 0.1 or 0.9.

    Rumelhart, Hinton & Williams, "Learning internal representations by error propagation", 1986, saw runs that get stuck. What they
    are stuck in is not a strict minimum: all stationary points with finite weights that are not solutions are saddles
    (Sprinkhuizen-Kuyper & Boers, "The error surface of the 2-2-1 XOR network: the finite stationary points", 1998), and Hamey, "XOR has
    no local minima", 1998, finds a descending path from everywhere. But there are plateaus, and valleys that fall towards a value above
    the lowest while the weights grow without end. A wider layer is not all of the remedy: with three units there is a region of local
    minima in the strict sense (Sprinkhuizen-Kuyper & Boers, "A local minimum for the 2-3-1 XOR network", 1999).

    Differs: targets of 0.1 and 0.9, as in 1986, and not 0 and 1, for which the lowest value would not be reached by any weights.
    """
    bits = np.array(list(itertools.product((0, 1), repeat=2)))
    return _logic("xor-2-2-1", bits, bits.sum(1) % 2, models.parse(model, (2,), init, own=START), epochs=4000, source=XOR)


def parity(bits: int = 4, model: str | None = None, init: str | None = None) -> Problem:
    """Is the number of ones odd? All 2ⁿ rows of n bits (−1 or 1), with n hidden units, which are enough; the loss is as in `xor`.

    Rumelhart, Hinton & Williams, "Learning internal representations by error propagation", 1986. One changed bit changes the answer,
    so that no part of the bits says anything: the hardest function for a network that looks for what is alike.
    """
    checks.whole("parity", "bits", bits, 2, MOST_BITS)
    spec = models.parse(model or f"mlp:{bits},tanh", (bits,), init, own=START)
    rows = np.array(list(itertools.product((0, 1), repeat=bits)))
    return _logic("parity", 2 * rows - 1, rows.sum(1) % 2, spec, epochs=3000, source=PARITY)


def two_spirals(model: str = "mlp:20,20,tanh", init: str | None = None) -> Problem:
    """Two spirals of three turns, 97 points each and without noise; the test data lie on the spirals halfway between them.

        x = r sin φ,   y = r cos φ,   φ = i π / 16,   r = 6.5 (104 − i) / 104,   i = 0 … 96;   the other spiral is −x, −y

    Lang & Witbrock, "Learning to tell two spirals apart", 1988. Some thousand steps of plain gradient descent with
    the whole batch do not get there. Differs: cross-entropy, two layers of 20, and no connections that skip a layer.
    """
    spec = models.parse(model, (2,), init, own=START)
    train, test = _spirals(np.arange(97.0)), _spirals(np.arange(96) + 0.5)
    optimum = 0.0 if _wide(spec, 20) else None
    facts = {"loss": "cross-entropy", "source": SPIRALS}
    return _network("two-spirals", spec, losses.cross_entropy, train, test, labelled=True, optimum=optimum, epochs=1000, facts=facts)


def deep_linear(model: str = "mlp:8,4,identity", init: str | None = None) -> Problem:
    """A linear map of eight numbers, learned by layers without activation: a surface with saddles and without any bad minimum.

    The loss is the mean of (y − f(x))² over rows and outputs. The inputs are whitened, so all depends on the singular values of the
    map: from small weights they are learned one after the other, and between them the descent stands at a saddle (Saxe, McClelland &
    Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014). Every local minimum is a
    global one (Kawaguchi, "Deep learning without poor local minima", 2016). The narrowest of the layers, of r units, learns the r
    largest singular values, so that the lowest loss is Σ σᵢ² / 8 of the others.

    The inputs are the 16 rows of a two-level design and the map's singular vectors are of that kind, too: data and lowest value are
    exact in any type.
    """
    spec = models.parse(model, (len(SINGULAR),), init, own="small")
    if spec.kind == "mlp" and spec.activation != "identity":
        raise InputError(f"deep-linear: the layers must be linear, got {model!r}; write mlp:{','.join(map(str, spec.widths))},identity")
    rank = min([len(SINGULAR), *spec.widths])
    x = _hadamard(4)[:, 1 : 1 + len(SINGULAR)]  # without the column of ones: mean zero
    train = x.astype(float_type()), (x @ linear_map()).astype(float_type())
    optimum = sum(value**2 for value in SINGULAR[rank:]) / len(SINGULAR)
    facts = {"loss": "squared", "source": LINEAR, "rank": rank}
    return _network("deep-linear", spec, losses.squared, train, outputs=len(SINGULAR), optimum=optimum, epochs=4000, facts=facts)


def teacher_student(units: int = 6, model: str | None = None, init: str | None = None) -> Problem:
    """A network learns what another says: y = Σ φ(xᵢ) over k inputs from N(0, 1), by default with as many rectified units as the teacher.

    The teacher's weights are orthogonal, as in Safran & Shamir, "Spurious local minima are common in two-layer ReLU neural networks",
    2018, who find and prove them for k from 6 to 20; before them Saad & Solla, "On-line learning in soft committee machines", 1995,
    with plateaus from the sameness of the units.

    The teacher has the activation of the student's `model`. Differs: 1,000 fixed examples instead of the mean over all, and the student
    learns its output weights and biases, too.
    """
    checks.whole("teacher-student", "units", units, 2, MOST_UNITS)
    spec = models.parse(model or f"mlp:{units}", (units,), init, own=START)
    if spec.kind != "mlp":
        raise InputError(f"teacher-student: the student must be an mlp, such as mlp:{units}, got {model!r}")
    activation = models.ACTIVATIONS[spec.activation]
    generator = np.random.default_rng(0)
    x, new = (generator.normal(size=(ROWS, units)).astype(float_type()) for _ in range(2))
    optimum = 0.0 if len(spec.widths) == 1 and _wide(spec, units) else None
    train, test = ((part, np.asarray(jnp.sum(activation(jnp.asarray(part)), axis=1))) for part in (x, new))
    facts = {"loss": "squared", "source": TEACHER, "teacher_units": units}
    return _network("teacher-student", spec, losses.squared, train, test, optimum=optimum, epochs=300, facts=facts)


def linear_map() -> Float[np.ndarray, "8 8"]:
    """What deep-linear learns: U diag(σ) Vᵀ, whose singular vectors have the elements ±1 / √8."""
    signs = _hadamard(3)
    turned = signs[[3, 6, 1, 4, 7, 0, 5, 2]]  # another order of rows: the map is not symmetric
    return turned @ np.diag(SINGULAR) @ signs.T / len(SINGULAR)


# ---- what they share ----------------------------------------------------------------------------------------------------------


def _logic(name: str, bits: np.ndarray, answers: np.ndarray, spec: ModelSpec, epochs: int, source: str) -> Problem:
    """A truth table; the optimum is known to be zero for as many hidden units as bits."""
    train = bits.astype(float_type()), np.where(answers, ON, OFF).astype(float_type())
    optimum = 0.0 if _wide(spec, bits.shape[1]) else None
    facts = {"loss": "squared logistic", "source": source}
    return _network(name, spec, losses.squared_logistic, train, labelled=True, optimum=optimum, epochs=epochs, facts=facts)


def _network(
    name: str,
    spec: ModelSpec,
    cost: losses.Cost,
    train: Rows,
    test: Rows | None = None,
    *,
    outputs: int = 1,
    labelled: bool = False,
    optimum: float | None,
    epochs: int,
    facts: Mapping[str, Any],
) -> Problem:
    """A network on rows that are all trained on; `labelled` ones are of two classes."""
    return Problem(
        name=name,
        loss=mean_cost(cost),
        start=start_of(spec, tuple(train[0].shape[1:]), outputs),
        train=train,
        test=test,
        metric=metric_of("classification") if labelled else None,
        task="classification" if labelled else "regression",
        model=str(spec),
        classes=("0", "1") if labelled else None,
        optimum=optimum,
        default_epochs=epochs,
        facts={"hidden": list(spec.widths), "split": [len(part[0]) for part in (train, test) if part is not None], **facts}
        | {"initialisation": spec.initialisation},
    )


def _wide(spec: ModelSpec, units: int) -> bool:
    """Whether every layer has as many hidden units as are known to be enough, and an activation that bends."""
    return spec.kind == "mlp" and spec.activation != "identity" and min(spec.widths) >= units


def _spirals(i: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    angle, radius = i * np.pi / 16, 6.5 * (104 - i) / 104
    arm = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return np.concatenate([arm, -arm]).astype(float_type()), np.repeat(np.array([1, 0], np.int32), len(i))


def _hadamard(power: int) -> np.ndarray:
    """Sylvester's matrix of 2^power orthogonal rows of ±1."""
    return functools.reduce(np.kron, [np.array([[1.0, 1.0], [1.0, -1.0]])] * power)
