"""Every critical point is called what it is, and what can't be told is called undecided."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw
from talweg.checks import InputError
from talweg.landscape import curvature, diagnose
from talweg.landscape.diagnosis import evidence_of, loss_at_start
from talweg.problems import SURFACES, Problem, surface

#: the points that the protocol lists, with five digits after the point
LISTED = [
    ("rosenbrock", (1, 1), "minimum"),
    ("beale", (3, 0.5), "minimum"),
    ("beale", (0, 1), "saddle"),
    ("beale", (0.10054, -2.64451), "saddle"),
    ("himmelblau", (3, 2), "minimum"),
    ("himmelblau", (-2.80512, 3.13131), "minimum"),
    ("himmelblau", (-3.77931, -3.28319), "minimum"),
    ("himmelblau", (3.58443, -1.84813), "minimum"),
    ("himmelblau", (3.38515, 0.07385), "saddle"),
    ("himmelblau", (0.08668, 2.88425), "saddle"),
    ("himmelblau", (-3.07303, -0.08135), "saddle"),
    ("himmelblau", (-0.12796, -1.95371), "saddle"),
    ("himmelblau", (-0.27084, -0.92304), "maximum"),
    ("goldstein-price", (0, -1), "minimum"),
    ("easom", (np.pi, np.pi), "minimum"),
    ("monkey-saddle", (0, 0), "undecided"),
    ("monkey-saddle", (1e-5, 0), "undecided"),
    ("rosenbrock", (-1.2, 1), "not converged"),
    ("himmelblau", (0, 0), "not converged"),
    ("plateau", (3, 3), "not converged"),
]
TYPED = [
    ("(x**2 + y - 11)**2 + (x + y**2 - 7)**2", (3, 2), "minimum"),
    ("(x**2 + y - 11)**2 + (x + y**2 - 7)**2", (-0.27084, -0.92304), "maximum"),
    ("x*y", (0, 0), "saddle"),
    ("-x**2 - 3*y**2", (0, 0), "maximum"),
    ("x1**2 - x2**2 + x3**2", (0, 0, 0), "saddle"),
    ("x**4 + y**2", (0, 0), "undecided"),
    ("x**3 + y**2", (0, 0), "undecided"),
    ("(x**2 + y**2 - 1)**2 on -2..2, -2..2 from 1.5, 1", (1, 0), "undecided"),
    ("abs(x) + abs(y)", (0, 0), "undecided"),
    ("3*x + y", (0, 0), "not converged"),
    ("exp(x) + y**2", (-3, 0), "not converged"),
]


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize(("name", "at", "kind"), LISTED + TYPED, ids=lambda value: str(value))
def test_points_are_called_what_they_are(name: str, at: tuple[float, ...], kind: str, precision: str) -> None:
    with jax.enable_x64(precision == "double"):
        diagnosis = diagnose(surface(name).problem(), at)
    assert diagnosis.point == kind
    assert diagnosis.sentences


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("name", sorted(set(SURFACES) - {"ackley"}))
def test_every_critical_point_of_the_catalogue_is_called_what_it_is(name: str) -> None:
    known, problem = surface(name).critical, surface(name).problem()
    points = np.array([point.at for point in known])
    measured = curvature.measured_by_lane(problem, points, None, products=2)
    start = loss_at_start(problem, None)
    kinds = [evidence_of(problem, jax.tree.map(lambda leaf, i=i: leaf[i], measured), start).point for i in range(len(known))]
    assert kinds == [point.kind for point in known]


def test_the_tip_of_a_cone_is_a_kink() -> None:
    diagnosis = diagnose(surface("ackley").problem(), (0.0, 0.0))
    assert diagnosis.point == "undecided"
    assert "kink" in diagnosis.sentences[0]


def test_the_escape_direction_of_a_saddle_leads_to_a_lower_minimum() -> None:
    himmelblau = surface("himmelblau").problem()
    for point in surface("himmelblau").critical:
        diagnosis = diagnose(himmelblau, point.at)
        assert (diagnosis.escape is not None) == (point.kind in ("saddle", "maximum"))
        if diagnosis.escape is not None and diagnosis.escape_loss is not None:
            assert diagnosis.escape_loss < point.value - 1
            np.testing.assert_allclose(np.linalg.norm(diagnosis.direction), 1, rtol=1e-5)
            towards = (np.asarray(diagnosis.escape) - np.asarray(point.at)) @ np.asarray(diagnosis.direction)
            assert towards == pytest.approx(diagnosis.escape_distance, rel=1e-4)
            end = tw.descend(himmelblau, tw.methods.GradientDescent(5e-3), diagnosis.escape, steps=500)
            assert diagnose(himmelblau, end.params).point == "minimum"


def test_a_local_minimum_is_told_from_the_global_one() -> None:
    rastrigin = surface("rastrigin:dimensions=10").problem()
    assert "The global minimum" in diagnose(rastrigin, (0.0,) * 10).sentences[0]
    local = diagnose(rastrigin, (0.99495864,) * 10).sentences[0]
    assert "A local minimum" in local
    assert "that of the global minimum 0" in local


def test_a_network_has_not_converged_until_its_gradient_is_lost_in_the_noise_of_the_examples() -> None:
    problem = tw.problems.load("iris", model="linear")
    begin = problem.start(jax.random.key(0))
    early = diagnose(problem, begin)
    assert early.point == "not converged"
    assert early.evidence.gradient_norm > 2 * early.evidence.gradient_sampling
    late = tw.descend(problem, tw.methods.GradientDescent(0.5), begin, steps=2000, batch="full").params
    assert diagnose(problem, late).point != "not converged"


def test_without_other_data_the_examples_are_all_there_is() -> None:
    """The same loss and point: with validation data its gradient may be chance, without them it is none."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 2)).astype(np.float32)

    def loss(w: jax.Array, batch: jax.Array) -> jax.Array:
        return jnp.mean(jnp.sum((w - batch) ** 2, axis=1))

    at = x.mean(axis=0) + 0.05
    known = Problem(loss, start=lambda key: jnp.full(2, 3.0), train=x)
    sampled = Problem(loss, start=lambda key: jnp.full(2, 3.0), train=x, validation=x)
    assert diagnose(known, at).point == "not converged"
    assert diagnose(sampled, at).point == "minimum"


@pytest.mark.parametrize(
    ("method", "bound"),
    [
        (tw.methods.GradientDescent(0.1), 20.0),
        (tw.methods.Momentum(0.1, momentum=0.9), 38.0),
        (tw.methods.Nesterov(0.1, momentum=0.9), 38 / 2.8),
        (tw.methods.Adam(0.1), None),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_edge_of_stability_is_where_steps_begin_to_grow(method: tw.methods.Method, bound: float | None) -> None:
    """On a bowl of a sharpness just below the bound steps shrink, just above it they grow."""
    bowl = surface("x**2 + y**2").problem()
    diagnosis = diagnose(bowl, (0.0, 0.0), method=method)
    assert diagnosis.threshold == (None if bound is None else pytest.approx(bound))
    assert any("2 / η" in sentence or "Stable" in sentence for sentence in diagnosis.sentences)
    if bound is None:
        return
    for factor, grows in ((0.97, False), (1.03, True)):
        sharp = Problem(lambda w, _, a=bound * factor: 0.5 * a * jnp.sum(w**2), start=lambda key: jnp.ones(1))
        far = np.abs(tw.descend(sharp, method, steps=400, points=400).loss[-50:])
        assert (not np.isfinite(far).all() or far.max() > 10) == grows


def test_a_learning_rate_beyond_the_edge_is_said() -> None:
    bowl = surface("x**2 + 10*y**2").problem()
    assert any("Beyond the edge" in sentence for sentence in diagnose(bowl, (0, 0), learning_rate=0.2).sentences)
    assert any("At the edge" in sentence for sentence in diagnose(bowl, (0, 0), learning_rate=0.1).sentences)
    assert any("Stable" in sentence for sentence in diagnose(bowl, (0, 0), learning_rate=0.01).sentences)


def test_the_same_key_says_the_same() -> None:
    problem = tw.problems.load("digits", model="mlp:8")
    params = problem.start(jax.random.key(3))
    assert diagnose(problem, params).summary == diagnose(problem, params).summary


def test_the_spectrum_is_a_picture() -> None:
    figure = diagnose(surface("himmelblau").problem(), (0.08668, 2.88425)).figures["spectrum"]
    assert sorted(figure.data[0].x) == pytest.approx([-31.7, 75.5], rel=0.05)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"params": (1.0,)}, "is 2 numbers, got 1"),
        ({"params": (1.0, np.nan)}, "must be finite"),
        ({"params": (1e30, 1e30)}, "the loss of himmelblau is"),
        ({"params": {"w": 1.0}}, "must be a tree of the parameters"),
        ({"learning_rate": -1.0}, "learning_rate must lie in"),
        ({"learning_rate": 0.1, "method": tw.methods.Adam()}, "either a learning rate"),
        ({"method": "adam"}, "must be a Method"),
        ({"split": "test"}, "unknown split"),
        ({"key": -1}, "key must be at least 0"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_mistake_is_one_sentence(arguments: dict, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        diagnose(surface("himmelblau").problem(), **{"params": (3.0, 2.0), **arguments})
