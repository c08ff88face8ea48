"""Training dynamics are those of the method."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import talweg as tw
from talweg import methods
from talweg.engine import probes
from talweg.engine.probes import NAMES, Last, probe


def test_known_moves_give_known_numbers():
    last = Last(
        move={"a": jnp.array([-1.0, 2.0]), "b": jnp.array([0.0, 3.0])},
        previous={"a": jnp.array([1.0, -2.0]), "b": jnp.array([0.0, -3.0])},
        gradient={"a": jnp.array([2.0, -2.0]), "b": jnp.array([0.0, 1.0])},
    )
    dynamics = probe(last)
    assert float(dynamics.gradient_norm) == pytest.approx(3.0)
    # the rates are 0.5, 1 and 3: no 0 / 0
    assert [float(x) for x in (dynamics.rate_low, dynamics.rate, dynamics.rate_high)] == pytest.approx([0.75, 1.0, 2.0])
    assert float(dynamics.cosine) == pytest.approx(-1.0)


def test_there_is_nothing_to_see_before_there_is_a_move():
    assert all(np.isnan(float(getattr(probe(probes.begin(jnp.ones(3))), name))) for name in NAMES)


def test_a_large_model_is_sampled_and_a_small_one_is_not():
    many = jnp.ones(3 * probes.SAMPLE)
    shapes = [leaf.size for leaf in probes._sampled({"w": many, "b": jnp.ones(10)})]
    assert sum(shapes) <= probes.SAMPLE + 2
    assert probes._sampled({"b": jnp.ones(10)})[0].size == 10
    assert float(probe(Last(0.5 * many, many, many)).rate) == 0.5


@pytest.mark.usefixtures("double")
def test_gradient_descent_has_its_learning_rate_as_effective_one_and_its_angle_tells_overshooting():
    for rate, cosine in ((0.1, 1.0), (0.9, -1.0)):  # of a bowl of curvature 2, whose best rate is 0.5
        dynamics = tw.minimize(lambda w: jnp.sum(w**2), jnp.array([1.0, 1.0]), methods.GradientDescent(rate), 50, probes=True).probes
        assert dynamics is not None
        for name in ("rate_low", "rate", "rate_high"):
            np.testing.assert_allclose(dynamics[name][1:], rate, rtol=1e-9)
        np.testing.assert_allclose(dynamics["cosine"][2:], cosine, rtol=1e-9)
        assert np.isnan(dynamics["rate"][0])


def test_adagrad_stalls_and_rmsprop_and_adadelta_do_not():
    def noisy(w: jax.Array) -> jax.Array:
        return jnp.sum(jnp.abs(w - 1.0))  # the gradient never fades

    def rate_left(method: methods.Method) -> float:
        dynamics = tw.minimize(noisy, jnp.full(4, 100.0), method, 400, probes=True).probes
        assert dynamics is not None
        return float(dynamics["rate"][-1] / dynamics["rate"][5])

    assert rate_left(methods.Adagrad(0.01)) < 0.25
    assert rate_left(methods.RMSprop(0.001)) == pytest.approx(1.0, abs=0.7)
    assert rate_left(methods.AdaDelta(0.1)) > 0.5


def test_looking_changes_nothing():
    problem = tw.problems.load("iris")
    one, other = (tw.descend(problem, methods.Adam(1e-2), epochs=3, probes=probed) for probed in (False, True))
    assert one.probes is None
    assert other.probes is not None
    assert set(other.probes) == set(NAMES)
    np.testing.assert_allclose(one.loss, other.loss, rtol=1e-6)


def test_a_diverged_run_has_nothing_to_see():
    trace = tw.minimize(lambda w: jnp.sum(w**2), jnp.ones(2), methods.GradientDescent(10.0), 200, probes=True)
    assert trace.diverged_at is not None
    assert trace.probes is not None
    assert np.isnan(trace.probes["rate"][-1])
