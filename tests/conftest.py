"""What every test may use."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import settings
from jaxtyping import Array, PyTree

import slow
from talweg import problems, schedules, trees
from talweg.methods import Method
from talweg.oracle import Oracle
from talweg.problems import Problem

Walk = Callable[..., PyTree]

# Before JAX is used: more devices than this machine may have cores, so that results can be compared over their number.
jax.config.update("jax_num_cpu_devices", 3)

# The same examples every time, and no deadline: the first call of a jitted function compiles.
settings.register_profile("talweg", derandomize=True, deadline=None, database=None)
settings.load_profile("talweg")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--rewrite`: what the program says now is taken for what it should say (tests/text/test_sentences.py)."""
    parser.addoption("--rewrite", action="store_true", help="write tests/text/sentences/ anew")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow tests; `tests/slow.py` has them all, with the reasons."""
    for item in items:
        if slow.is_slow(item.nodeid):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module", autouse=True)
def forgotten() -> Iterator[None]:
    """What a file compiled is forgotten with it: thousands of compiled programs are more memory maps than a process may have."""
    yield
    jax.clear_caches()


@pytest.fixture(scope="session", autouse=True)
def timed_in_jax() -> Iterator[None]:
    """A race that is given no clock has JAX's, which is quick: PyTorch's has its own tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("talweg.racing.start.usual", lambda problem: "jax")
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A program that was compiled is not compiled again by the next race: what is tested is not the compiler."""
    if jax.config.values["jax_compilation_cache_dir"] is None:
        jax.config.update("jax_compilation_cache_dir", str(tmp_path_factory.mktemp("compiled")))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)


@pytest.fixture(scope="session")
def clouds() -> Problem:
    """Two clouds of points with two labels: 48 / 16 / 16 examples, an MLP of 4 hidden units."""
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    x = rng.normal(size=(80, 3)) + y[:, None]
    return problems.from_arrays(x, y, name="clouds", model="mlp:4")


SINGLE_METHODS = {
    "methods",
    "dialects",
    "bridges",
    "problems",
    "landscape",
}  # where nearly every test compiles something small and runs it once


@pytest.fixture(autouse=True)
def quickly(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fewer optimizations by the compiler, where compiling is most of the work."""
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", request.path.parent.name in SINGLE_METHODS)
    yield
    jax.config.update("jax_disable_most_optimizations", before)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the commands of a file of tests keep what they compiled."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def inside(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a folder of the test's own, on a wide terminal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("COLUMNS", "160")


QUIETLY = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update "
    "--disable-sync --virtual-time-budget=8000"
)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser; a test without one is skipped, unless the environment says that there must be one."""
    found = shutil.which("chromium")
    if found is None:
        if os.environ.get("TALWEG_REQUIRE_BROWSER"):
            pytest.fail("TALWEG_REQUIRE_BROWSER is set, but there is no chromium")
        pytest.skip("no chromium")
    return found


@pytest.fixture(scope="session")
def in_space() -> tuple[str, ...]:
    """What makes the browser draw in three dimensions without a graphics card."""
    return "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"


@pytest.fixture
def dumped(chromium: str, tmp_path: Path) -> Callable[..., str]:
    """`dumped(page, *flags)`: the document as it stands after its scripts ran; later flags take the place of earlier ones."""

    def document(page: Path, *more: str) -> str:
        command = [chromium, *QUIETLY.split(), f"--user-data-dir={tmp_path / 'profile'}", *more, "--dump-dom", page.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout

    return document


@pytest.fixture
def double() -> Iterator[None]:
    """Float64 inside the test: a second opinion is worth as many digits as it has."""
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="session")
def walk() -> Walk:
    """`walk(method, loss, start, steps)`: the parameters after every step, stacked; `loss(params, t)` may change with the step t.

    The plainest loop there can be, so that a method is tested without `talweg.engine.descend`.
    """
    return _walk


@partial(jax.jit, static_argnums=(1, 3))
def _walk(method: Method, loss: Callable[[PyTree, Array], Array], start: PyTree, steps: int) -> PyTree:
    def body(carry: tuple[PyTree, Any], t: Array) -> tuple[tuple[PyTree, Any], PyTree]:
        params, state = carry
        now = schedules.at(method, t)
        move, after = now.step(Oracle(lambda w: loss(w, t)), params, state, t, jax.random.key(0))
        params = trees.add(params, move)
        return (params, after), params

    return jax.lax.scan(body, (start, method.init(start)), jnp.arange(steps))[1]


# ---- two problems with their gradients written by hand, for the second opinions on the methods ------------------------------

STEPS = 200


@dataclass(frozen=True)
class Slope:
    """A function that changes with the step: as a loss for talweg, and as a gradient in plain NumPy for the second opinion."""

    loss: Callable[[Array, Array], Array]
    gradient: Callable[[np.ndarray, int], np.ndarray]
    start: np.ndarray


def noisy_quadratic() -> Slope:
    """½ wᵀHw + zₜ·w: a valley 1000 times as steep as it is long, turned away from the axes, with fixed noise z in the gradient."""
    rng = np.random.default_rng(0)
    turn, _ = np.linalg.qr(rng.normal(size=(8, 8)))
    hessian = turn @ np.diag(np.geomspace(1e-3, 1.0, 8)) @ turn.T
    noise = 0.1 * rng.normal(size=(STEPS, 8))

    def loss(w: Array, t: Array) -> Array:
        return 0.5 * w @ jnp.asarray(hessian) @ w + jnp.asarray(noise)[t] @ w

    return Slope(loss, lambda w, t: hessian @ w + noise[t], rng.normal(size=8))


def logistic() -> Slope:
    """Logistic regression on a fresh batch of ten examples at every step."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(STEPS, 10, 6))
    y = np.sign(x @ rng.normal(size=6) + rng.normal(size=(STEPS, 10)))

    def loss(w: Array, t: Array) -> Array:
        return jnp.mean(jnp.logaddexp(0.0, -jnp.asarray(y)[t] * (jnp.asarray(x)[t] @ w)))

    def gradient(w: np.ndarray, t: int) -> np.ndarray:
        return -np.mean((y[t] / (1.0 + np.exp(y[t] * (x[t] @ w))))[:, None] * x[t], axis=0)

    return Slope(loss, gradient, rng.normal(size=6))


# Made once, so that one loss is one compilation for all tests of a method.
SLOPES = {"noisy quadratic": noisy_quadratic(), "logistic regression": logistic()}


@pytest.fixture(params=SLOPES)
def slope(request: pytest.FixtureRequest) -> Slope:
    return SLOPES[request.param]


@pytest.fixture(scope="session")
def apart() -> Callable[[np.ndarray, np.ndarray], float]:
    """The largest distance between two paths at the same step, relative to where they are."""

    def distance(ours: np.ndarray, theirs: np.ndarray) -> float:
        assert ours.shape == theirs.shape
        assert np.isfinite(theirs).all()
        return float(np.max(np.linalg.norm(np.asarray(ours) - theirs, axis=-1) / np.linalg.norm(theirs, axis=-1)))

    return distance
