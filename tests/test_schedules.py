"""Numbers that change with the step: known values, laws, and optax's opinion."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg import methods, schedules, trees
from talweg.checks import InputError
from talweg.schedules import Constant, Cosine, Exponential, InverseTime, OneCycle, Restarts, Step, WarmupCosine

STEPS = 100
EVERY = jnp.arange(STEPS + 21)  # twenty steps past the end

KNOWN = [
    (Constant(0.3), {0: 0.3, 50: 0.3, 100: 0.3}),
    (Step(0.8, every=25, factor=0.5), {0: 0.8, 24: 0.8, 25: 0.4, 50: 0.2, 74: 0.2, 75: 0.1}),
    (Exponential(2.0, steps=100, final=0.01), {0: 2.0, 50: 0.2, 100: 0.02, 120: 0.02}),
    (InverseTime(1.0, halfway=10), {0: 1.0, 10: 0.5, 30: 0.25, 90: 0.1}),
    (Cosine(2.0, steps=100, final=0.1), {0: 2.0, 50: 1.1, 100: 0.2, 120: 0.2}),
    (WarmupCosine(2.0, steps=100, warmup=0.1, final=0.0), {0: 0.2, 4: 1.0, 9: 2.0, 10: 2.0, 55: 1.0, 100: 0.0, 120: 0.0}),
    (OneCycle(1.0, steps=100, warmup=0.3, divide=25.0, final=0.0), {0: 0.04, 15: 0.52, 30: 1.0, 65: 0.5, 100: 0.0, 120: 0.0}),
    (Restarts(2.0, period=20, final=0.0), {0: 2.0, 10: 1.0, 20: 2.0, 30: 1.0, 40: 2.0, 100: 2.0}),
]


@pytest.mark.parametrize(("schedule", "values"), KNOWN, ids=lambda x: getattr(x, "name", ""))
def test_a_schedule_has_its_known_values(schedule, values):
    for t, value in values.items():
        assert float(schedule(t)) == pytest.approx(value, rel=1e-5, abs=1e-7), t


def test_every_schedule_has_known_values():
    assert {schedule.name for schedule, _ in KNOWN} == set(schedules.CATALOGUE)


# ---- laws --------------------------------------------------------------------------------------------------------------------

RATE, SHARE = st.floats(1e-6, 1e3), st.floats(0, 1)
NAME = st.sampled_from(sorted(schedules.CATALOGUE))


@given(NAME, RATE, st.integers(1, 10_000), st.integers(0, 20_000))
def test_a_schedule_is_never_negative_nor_above_its_peak(name, initial, steps, t):
    value = float(schedules.over(name, initial, steps)(t))
    assert 0 <= value <= initial * (1 + 1e-5)


@given(st.sampled_from(["step", "exponential", "inverse-time", "cosine"]), RATE, st.integers(1, 10_000), st.integers(0, 20_000))
def test_a_schedule_without_warm_up_only_falls(name, initial, steps, t):
    schedule = schedules.over(name, initial, steps)
    assert float(schedule(t + 1)) <= float(schedule(t)) * (1 + 1e-5) + initial * 1e-6


@given(st.sampled_from([WarmupCosine, OneCycle]), RATE, st.integers(2, 1000), SHARE)
def test_a_warm_up_rises_to_the_peak_and_only_falls_afterwards(cls, initial, steps, warmup):
    values = np.asarray(cls(initial, steps=steps, warmup=warmup)(jnp.arange(1002)))[: steps + 2] / initial  # one length: compiled once
    peak = int(np.argmax(values))
    assert values[peak] == pytest.approx(1.0, abs=0.02 if warmup * steps > 10 else 1.0)
    assert abs(peak - max(warmup * steps, 1.0)) <= 1.001
    assert np.all(np.diff(values[: peak + 1]) >= -1e-5)
    assert np.all(np.diff(values[peak:]) <= 1e-5)


@given(st.sampled_from(["exponential", "cosine", "warmup-cosine", "one-cycle"]), RATE, st.integers(2, 1000), st.integers(0, 1000))
def test_a_schedule_that_has_come_to_its_end_keeps_its_last_value(name, initial, steps, later):
    schedule = schedules.over(name, initial, steps)
    assert float(schedule(steps + later)) == pytest.approx(float(schedule(steps)), abs=initial * 1e-6)


# ---- optax -------------------------------------------------------------------------------------------------------------------

OPTAX = {
    "step": (Step(0.4, every=25, factor=0.5), optax.piecewise_constant_schedule(0.4, dict.fromkeys((25, 50, 75, 100), 0.5))),
    "exponential": (Exponential(0.4, STEPS, final=0.05), optax.exponential_decay(0.4, STEPS, 0.05, end_value=0.4 * 0.05)),
    "cosine": (Cosine(0.4, STEPS, final=0.05), optax.cosine_decay_schedule(0.4, STEPS, alpha=0.05)),
    "one-cycle": (OneCycle(0.4, STEPS), optax.cosine_onecycle_schedule(STEPS, 0.4)),
    "restarts": (
        Restarts(0.4, 20),
        optax.sgdr_schedule([{"init_value": 0.4, "peak_value": 0.4, "warmup_steps": 0, "decay_steps": 20} for _ in range(7)]),
    ),
}


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("name", OPTAX)
def test_a_schedule_is_that_of_optax(name):
    ours, theirs = OPTAX[name]
    steps = 1.0 * EVERY
    np.testing.assert_allclose(ours(steps), jnp.stack([theirs(t) for t in steps]), rtol=1e-6, atol=1e-12)


@pytest.mark.usefixtures("double")
def test_a_warm_up_is_that_of_optax_one_step_early_since_it_does_not_waste_a_step_on_zero():
    ours = np.asarray(WarmupCosine(0.4, STEPS, warmup=0.1, final=0.05)(1.0 * EVERY))
    optax_schedule = optax.warmup_cosine_decay_schedule(0.0, 0.4, warmup_steps=10, decay_steps=STEPS, end_value=0.4 * 0.05)
    theirs = np.asarray([float(optax_schedule(t)) for t in np.arange(len(ours) + 1.0)])
    np.testing.assert_allclose(ours[:10], theirs[1:11], rtol=1e-12)
    np.testing.assert_allclose(ours[10:], theirs[10:-1], rtol=1e-6)


# ---- in a number's place -----------------------------------------------------------------------------------------------------


def test_at_puts_the_number_of_the_step_where_a_schedule_stands():
    method = methods.Adam(learning_rate=Cosine(1.0, steps=10), b1=0.5, eps=Exponential(1e-2, steps=10))
    now = schedules.at(method, jnp.asarray(5))
    assert type(now) is methods.Adam
    assert float(now.learning_rate) == pytest.approx(0.5)
    assert float(now.eps) == pytest.approx(1e-3)
    assert now.b1 == 0.5


def test_at_over_a_stack_of_schedules_is_a_loop_over_schedules():
    some = [methods.Momentum(Cosine(rate, steps=steps), momentum=0.5) for rate, steps in ((1.0, 10.0), (2.0, 20.0), (3.0, 40.0))]
    together = jax.vmap(lambda method, t: schedules.at(method, t).learning_rate, (0, None))(trees.stack(some), 5)
    apart = [float(schedules.at(method, 5).learning_rate) for method in some]
    np.testing.assert_allclose(together, apart, rtol=1e-6)
    assert len(set(apart)) == 3


def test_new_numbers_of_a_schedule_do_not_compile_again():
    traced = []

    @jax.jit
    def number(schedule, t):
        traced.append(schedule)
        return schedule(t)

    assert float(number(Cosine(1.0, 10), 5)) == pytest.approx(0.5)
    assert float(number(Cosine(2.0, 20), 5)) == pytest.approx(2 * 0.5 * (1 + np.cos(np.pi / 4)))
    assert len(traced) == 1


@pytest.mark.usefixtures("double")
def test_whole_numbers_of_steps_lose_no_digits_in_float64():
    now = schedules.at({"learning_rate": Cosine(1e-3, steps=1000)}, jnp.asarray(333, jnp.int32))
    assert float(jnp.asarray(now["learning_rate"])) == pytest.approx(1e-3 * 0.5 * (1 + np.cos(np.pi * 0.333)), rel=1e-14)


@pytest.mark.parametrize("steps", [1, 3, 1000])
@pytest.mark.parametrize("name", schedules.CATALOGUE)
def test_over_gives_every_schedule_its_usual_shape(name, steps):
    schedule = schedules.over(name, 0.3, steps)
    values = np.asarray([schedule(t) for t in np.unique(np.linspace(0, steps, 200).astype(int))])
    assert type(schedule) is schedules.CATALOGUE[name]
    assert np.isfinite(values).all()
    assert values.max() == pytest.approx(0.3, rel=1e-4)


@pytest.mark.parametrize("steps", [1, 7, 1000])
def test_constant_and_decaying_rates_are_alike_in_structure_and_the_same_at_every_step(steps):
    some = [schedules.alike(name, 0.3, steps) for name in ("constant", schedules.DECAY)]
    assert len({jax.tree.structure(schedule) for schedule in some}) == 1
    assert [jnp.asarray(leaf).dtype for leaf in jax.tree.leaves(some[0])] == [jnp.asarray(leaf).dtype for leaf in jax.tree.leaves(some[1])]
    t = np.arange(steps + 3)
    np.testing.assert_array_equal(some[0](t), np.full(len(t), np.float32(0.3)))
    np.testing.assert_allclose(some[1](t), np.asarray(schedules.over("cosine", 0.3, steps)(t)), rtol=1e-6, atol=1e-9)


def test_only_constant_and_decaying_rates_are_alike():
    with pytest.raises(InputError, match=r"^schedule: unknown schedule 'step'"):
        schedules.alike("step", 0.1, 10)


def test_over_drops_three_times_restarts_three_times_and_ends_small():
    steps = np.arange(1000)
    assert len(np.unique(np.asarray(schedules.over("step", 1.0, 1000)(steps)).round(9))) == 4
    assert np.sum(np.diff(np.asarray(schedules.over("restarts", 1.0, 1000)(steps))) > 0.5) == 3
    assert float(schedules.over("one-cycle", 1.0, 1000)(1000)) < 1e-5


def test_an_unknown_schedule_is_refused_with_what_was_probably_meant():
    with pytest.raises(InputError, match=r"^schedule: unknown schedule 'cosin'; did you mean cosine"):
        schedules.over("cosin", 0.1, 10)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Cosine(-0.1, 10), r"^Cosine: initial must lie in \[0, inf\), got -0.1"),
        (lambda: Cosine(0.1, 0), r"^Cosine: steps must lie in \(0, inf\), got 0"),
        (lambda: Cosine(0.1, np.float64(-5)), r"^Cosine: steps must lie in \(0, inf\), got np.float64\(-5.0\)"),
        (lambda: Step(0.1, every=0), r"^Step: every must lie in \(0, inf\), got 0"),
        (lambda: InverseTime(0.1, halfway=float("nan")), r"^InverseTime: halfway must lie in \(0, inf\), got nan"),
        (lambda: Restarts(0.1, period="ten"), r"^Restarts: period must be a number in \(0, inf\), got 'ten'"),
        (lambda: WarmupCosine(0.1, 10, warmup=1.5), r"^WarmupCosine: warmup must lie in \[0, 1\], got 1.5"),
        (lambda: OneCycle(0.1, 10, divide=0), r"^OneCycle: divide must lie in \(0, inf\), got 0"),
        (lambda: Constant(Cosine(0.1, 10)), r"^Constant: initial must be a number in \[0, inf\), got Cosine"),
    ],
)
def test_a_wrong_number_is_refused_with_a_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
