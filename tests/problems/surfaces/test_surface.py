"""Surfaces: formulas against their slopes, critical points against gradient, Hessian and winding number, values against the literature."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from talweg import InputError, problems, trajectories
from talweg.problems import SURFACES, CriticalPoint, Surface, surface
from talweg.problems.surfaces.critical_points import LANDMARKS
from talweg.problems.surfaces.surface import critical_points, noise_rows

SEVERAL = [name for name, shape in SURFACES.items() if shape.several]
ALL = [*SURFACES, *(f"{name}:dimensions=5" for name in SEVERAL), "valley:condition=10000"]
CONES = {"ackley": (0.0, 0.0)}  # minima where there is no gradient


@pytest.fixture(autouse=True)
def plainly():
    """Fewer optimizations by the compiler: compiling is most of the work here."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def inside(found: Surface, count: int, seed: int = 0) -> np.ndarray:
    """Random points of the domain."""
    low, high = np.array(found.domain).T
    return low + np.random.default_rng(seed).uniform(size=(count, len(low))) * (high - low)


@functools.lru_cache(maxsize=64)
def slopes(name: str):
    return jax.jit(jax.vmap(jax.grad(surface(name).function)))


def gradients(name: str, points: np.ndarray) -> np.ndarray:
    with jax.enable_x64(True):
        return np.asarray(slopes(name)(np.asarray(points, float)))


def curvatures(name: str, points: np.ndarray) -> np.ndarray:
    with jax.enable_x64(True):
        return np.linalg.eigvalsh(np.asarray(jax.jit(jax.vmap(jax.hessian(surface(name).function)))(np.asarray(points, float))))


# ---- formulas -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_the_gradient_is_that_of_small_differences(name):
    found = surface(name)
    points = inside(found, 12)
    step = 1e-6 * np.eye(found.dimensions)
    both = np.concatenate([(points[:, None] + step).reshape(-1, found.dimensions), (points[:, None] - step).reshape(-1, found.dimensions)])
    above, below = found.values(both).reshape(2, len(points), found.dimensions)
    scale = 1 + np.abs(found.values(points)).max()
    np.testing.assert_allclose(gradients(name, points), (above - below) / 2e-6, rtol=1e-5, atol=1e-8 * scale)
    np.testing.assert_allclose(found.gradient(points[0]), gradients(name, points)[0], rtol=1e-12)


def by_hand(name: str, x: float, y: float) -> float:
    """The formulas once more, in plain Python and written as in the literature, two dimensions."""
    pi, sin, cos, exp, sqrt = math.pi, math.sin, math.cos, math.exp, math.sqrt
    u, v = 1 + (x - 1) / 4, 1 + (y - 1) / 4
    return {
        "rosenbrock": lambda: 100 * (y - x * x) ** 2 + (1 - x) ** 2,
        "beale": lambda: sum((c - x * (1 - y**k)) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625))),
        "himmelblau": lambda: (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2,
        "branin": lambda: (y - 5.1 * x * x / (4 * pi**2) + 5 * x / pi - 6) ** 2 + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10,
        "six-hump-camel": lambda: 4 * x**2 - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4,
        "three-hump-camel": lambda: 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2,
        "styblinski-tang": lambda: (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2,
        "ackley": lambda: -20 * exp(-0.2 * sqrt((x * x + y * y) / 2)) - exp((cos(2 * pi * x) + cos(2 * pi * y)) / 2) + 20 + math.e,
        "rastrigin": lambda: 20 + x * x - 10 * cos(2 * pi * x) + y * y - 10 * cos(2 * pi * y),
        "booth": lambda: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2,
        "goldstein-price": lambda: (
            (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2))
            * (30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2))
        ),
        "easom": lambda: -cos(x) * cos(y) * exp(-((x - pi) ** 2) - (y - pi) ** 2),
        "matyas": lambda: 0.26 * (x * x + y * y) - 0.48 * x * y,
        "levy": lambda: sin(pi * u) ** 2 + (u - 1) ** 2 * (1 + 10 * sin(pi * u + 1) ** 2) + (v - 1) ** 2 * (1 + sin(2 * pi * v) ** 2),
        "levy13": lambda: sin(3 * pi * x) ** 2 + (x - 1) ** 2 * (1 + sin(3 * pi * y) ** 2) + (y - 1) ** 2 * (1 + sin(2 * pi * y) ** 2),
        "valley": lambda: (x * x + 100 * y * y) / 2,
        "plateau": lambda: (x * x + y * y) / (1 + x * x + y * y),
        "saddle": lambda: x * x - y * y,
        "monkey-saddle": lambda: x**3 - 3 * x * y * y,
    }[name]()


@pytest.mark.parametrize("name", SURFACES)
def test_the_values_are_those_of_the_formula_in_plain_python(name):
    points = inside(surface(name), 8, seed=1)
    np.testing.assert_allclose(surface(name).values(points), [by_hand(name, *point) for point in points.tolist()], rtol=1e-12, atol=1e-12)


# ---- critical points ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SURFACES)
def test_critical_points_are_what_they_are_said_to_be(name):
    found = surface(name)
    points = np.array([point.at for point in found.critical])
    np.testing.assert_allclose(found.values(points), [point.value for point in found.critical], rtol=1e-9, atol=1e-9)
    low, high = np.array(found.domain).T
    assert ((points >= low) & (points <= high)).all()
    assert [point.value for point in found.critical] == sorted(point.value for point in found.critical)
    smooth = [point for point in found.critical if point.at != CONES.get(name)]
    at = np.array([point.at for point in smooth])
    steepest = np.abs(gradients(name, inside(found, 200))).max()
    assert np.abs(gradients(name, at)).max() < 1e-9 * max(steepest, 1)
    eigenvalues = curvatures(name, at)
    typical = float(np.median(np.abs(curvatures(name, inside(found, 50))).max(axis=1)))
    assert [critical_points.kind(row, typical * 1e-3) for row in eigenvalues] == [point.kind for point in smooth]


def around(domain, points: int) -> np.ndarray:
    """A walk around the domain, counter-clockwise, that ends where it began."""
    (left, right), (low, high) = domain
    share = np.linspace(0, 1, points)
    there, back = np.ones(points), np.zeros(points)
    walk = [np.stack(side, axis=1) for side in ((share, back), (there, share), (1 - share, there), (back, 1 - share))]
    return np.concatenate(walk) * [right - left, high - low] + [left, low]


@pytest.mark.parametrize("name", SURFACES)
def test_no_critical_point_is_missing_as_far_as_the_winding_of_the_gradient_tells(name):
    """Poincaré and Hopf: the turns of the gradient around the domain are minima + maxima − saddles, a monkey saddle counting −2."""
    found = surface(name)
    slope = gradients(name, around(found.domain, 100_000))
    angles = np.unwrap(np.arctan2(slope[:, 1], slope[:, 0]))
    assert np.abs(np.diff(angles)).max() < 2.5  # fine enough to count turns
    weight = {"minimum": 1, "maximum": 1, "saddle": -1, "undecided": -2}
    assert round((angles[-1] - angles[0]) / (2 * math.pi)) == sum(weight[point.kind] for point in found.critical)


@pytest.mark.parametrize("name", LANDMARKS)
def test_the_table_holds_what_the_search_finds(name):
    found = surface(name)
    searched = critical_points.find(found.function, found.domain, side=31)
    assert len(searched) == len(found.critical)
    for point in searched:
        near = min(found.critical, key=lambda other: math.dist(other.at, point.at))
        assert math.dist(near.at, point.at) < 1e-6
        assert near.kind == point.kind


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_lower_than_the_global_minimum(name):
    found = surface(name)
    if found.lowest is None:
        assert not found.best
        return
    assert found.best
    at = np.array([point.at for point in found.best])
    np.testing.assert_allclose(found.values(at), found.lowest, rtol=1e-12, atol=1e-12)
    x, y = (np.linspace(*ends, 301) for ends in found.domain[:2])
    least = found.lowest - 1e-9 * (1 + abs(found.lowest))
    assert found.heights(x, y).min() >= least
    assert found.values(inside(found, 20_000)).min() >= least
    assert found.values(at[0] + 1e-3 * np.random.default_rng(0).normal(size=(500, found.dimensions))).min() >= least


def kinds(name: str) -> tuple[int, int, int]:
    found = [point.kind for point in surface(name).critical]
    return found.count("minimum"), found.count("saddle"), found.count("maximum")


def test_the_published_points_and_values_are_there():
    """PROTOCOL.md, "Surfaces with all critical points known"."""

    def has(name: str, kind: str, x: float, y: float, value: float) -> bool:
        near = [p for p in surface(name).critical if math.dist(p.at, (x, y)) < 1e-5]
        return [p.kind for p in near] == [kind] and abs(near[0].value - value) < 1e-5

    assert has("rosenbrock", "minimum", 1, 1, 0)
    np.testing.assert_allclose(curvatures("rosenbrock", np.array([[1.0, 1.0]]))[0], [0.399361, 1001.6006], rtol=1e-6)
    assert has("beale", "minimum", 3, 0.5, 0)
    assert has("beale", "saddle", 0, 1, 14.203125)
    assert has("beale", "saddle", 0.100538, -2.644514, 9.864512)
    for x, y in ((3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)):
        assert has("himmelblau", "minimum", x, y, 0)
    saddles = ((3.385154, 0.073852, 13.311926), (0.086678, 2.884255, 67.719150), (-3.073026, -0.081353, 104.015163))
    for x, y, value in (*saddles, (-0.127961, -1.953715, 178.337239)):
        assert has("himmelblau", "saddle", x, y, value)
    assert has("himmelblau", "maximum", -0.270845, -0.923039, 181.616522)
    for x, y in ((-math.pi, 12.275), (math.pi, 2.275), (9.424778, 2.475)):
        assert has("branin", "minimum", x, y, 0.397887)
    assert has("ackley", "minimum", 0, 0, 0)
    assert has("rastrigin", "minimum", 0, 0, 0)
    assert has("booth", "minimum", 1, 3, 0)
    assert has("goldstein-price", "minimum", 0, -1, 3)
    assert has("easom", "minimum", math.pi, math.pi, -1)
    assert has("six-hump-camel", "minimum", 0.089842, -0.712656, -1.0316285)
    assert has("styblinski-tang", "minimum", -2.903534, -2.903534, -78.3323314)


def test_the_counts_are_those_of_separable_functions_by_hand():
    assert kinds("himmelblau") == (4, 4, 1)
    assert kinds("six-hump-camel") == (6, 7, 2)
    assert kinds("rastrigin") == (11 * 11, 2 * 11 * 10, 10 * 10)  # 11 minima and 10 maxima along each coordinate
    assert kinds("styblinski-tang") == (2 * 2, 2 * 2, 1)
    assert sum(kinds("ackley")) == 21 * 21


def test_of_a_monkey_saddle_nobody_knows_what_it_is():
    assert surface("monkey-saddle").critical == (CriticalPoint((0.0, 0.0), 0.0, "undecided"),)
    assert [point.kind for point in critical_points.find(surface("monkey-saddle").function, ((-2, 2), (-2, 2)))] == ["undecided"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x**2 + y**2", ["minimum"]),
        ("-x**2 - 3*y**2", ["maximum"]),
        ("x*y", ["saddle"]),
        ("x**4 + y**2", ["undecided"]),
        ("x**3 + y**2", ["undecided"]),
        ("x**2", []),  # a line of them is not listed
        ("x + y", []),
        ("1/(x**2 + y**2)", []),
        ("log(x) + y**2", []),  # not defined on half of the domain
        ("x1**2 + x2**2 + x3**2 - x1*x2", ["minimum"]),
        ("(x**2-1)**2 + y**2", ["minimum", "minimum", "saddle"]),
        ("1e-9*((x**2-1)**2 + y**2)", ["minimum", "minimum", "saddle"]),
        ("1e9*((x**2-1)**2 + 1000*y**2) on -2..2, -0.01..0.01", ["minimum", "minimum", "saddle"]),
    ],
)
def test_critical_points_of_a_typed_formula_are_found_and_classified(text, expected):
    assert [point.kind for point in surface(text).critical] == expected


# ---- options, dimensions, noise -----------------------------------------------------------------------------------------------


def test_options_are_read_and_the_same_text_is_the_same_surface():
    found = surface("rosenbrock:dimensions=10,noise=0.5")
    assert (found.dimensions, found.noise, found.lowest) == (10, 0.5, 0.0)
    assert found is surface("rosenbrock:dimensions=10,noise=0.5")
    assert found.problem() is found.problem()
    for one, other in (("rosenbrock", "rosenbrock:noise=2"), ("valley:condition=7", "valley:condition=7,noise=2"), ("x*y", "x*y:noise=2")):
        assert surface(one).problem().loss is surface(other).problem().loss  # so that one compiled program serves both
    assert surface("rosenbrock", noise=0.5).noise == 0.5
    assert surface(" Rosenbrock ").label == "Rosenbrock"
    assert surface("styblinski-tang:dimensions=7").lowest == pytest.approx(7 * -39.16616570377142)
    steep = surface("valley:condition=1000,dimensions=4").function
    np.testing.assert_allclose(np.diag(jax.hessian(steep)(jnp.ones(4))), [1, 10, 100, 1000], rtol=1e-5)


def test_heights_are_rows_of_y_and_columns_of_x_through_the_minimum():
    x, y = np.array([-1.0, 0.0, 1.0]), np.array([0.5, 1.0])
    np.testing.assert_allclose(surface("rosenbrock").heights(x, y), [[by_hand("rosenbrock", a, b) for a in x] for b in y])
    assert surface("rosenbrock:dimensions=6").heights([1.0], [1.0]) == pytest.approx(0)


def test_a_noisy_surface_has_the_function_as_its_whole_and_its_gradient_on_average():
    problem = surface("himmelblau:noise=2.5").problem()
    at = jnp.array([1.3, -0.7])
    assert problem.default_batch == 1
    assert problem.train.shape == (256, 2)
    assert float(problem.loss(at, problem.train)) == float(problem.loss(at, None))  # exactly, in float32
    gradient = jax.grad(problem.loss)
    each = np.asarray(jax.vmap(lambda row: gradient(at, row[None]))(problem.train))
    np.testing.assert_allclose(each.mean(axis=0), gradient(at, None), rtol=1e-5)
    np.testing.assert_allclose(each.std(axis=0), 2.5, rtol=1e-3)
    batches = np.random.default_rng(0).permuted(np.tile(each[:, 0], (500, 1)), axis=1)[:, :16].mean(axis=1)
    assert batches.std() == pytest.approx(2.5 / 4 * math.sqrt(240 / 255), rel=0.1)


@pytest.mark.parametrize("noise", [1e-6, 0.1, 1 / 3, 1.0, 77.7, 1e5])
def test_noise_adds_up_to_nothing_in_any_order(noise):
    rows = noise_rows(noise, 3).astype(np.float32)
    for seed in range(3):
        shuffled = np.random.default_rng(seed).permutation(rows)
        assert (np.cumsum(shuffled, axis=0, dtype=np.float32)[-1] == 0).all()
    np.testing.assert_allclose(rows.std(axis=0), noise, rtol=1e-3)


def test_without_noise_there_are_no_data_and_the_start_is_the_usual_one():
    problem = surface("beale").problem()
    assert problem.train is None
    np.testing.assert_allclose(problem.start(jax.random.key(3)), surface("beale").start)
    assert problem.optimum == 0.0
    assert surface("saddle").problem().optimum is None
    assert problem.fingerprint() != surface("booth").problem().fingerprint()
    assert surface("beale:noise=1").problem().fingerprint() != problem.fingerprint()


@pytest.mark.parametrize("name", SURFACES)
def test_a_start_lies_in_the_domain_and_has_a_way_down(name):
    found = surface(name)
    assert all(low <= at <= high for at, (low, high) in zip(found.start, found.domain, strict=True))
    assert np.linalg.norm(found.gradient(found.start)) > 1e-3
    assert found.lowest is None or found.values(np.array([found.start]))[0] > found.lowest


def test_the_tip_of_ackleys_cone_has_no_slope_instead_of_an_unknown_one():
    assert (surface("ackley").gradient([0.0, 0.0]) == 0).all()
    assert np.linalg.norm(surface("ackley").gradient([1e-9, 0.0])) > 1


def test_surfaces_are_problems_by_name_and_can_be_descended():
    assert problems.load("rosenbrock") is surface("rosenbrock").problem()
    assert problems.resolve("x**2 + 10*y**2") is surface("x**2 + 10*y**2").problem()
    assert problems.resolve("valley:condition=10").parameters() == 2
    (path,) = trajectories(surface("booth").problem(), "adam", steps=200)
    assert path.loss[0, -1] < 1e-3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rosenbrok", "did you mean rosenbrock"),
        ("rosenbrock:dims=3", "did you mean dimensions"),
        ("beale:dimensions=3", "unknown option 'dimensions'"),
        ("rosenbrock:dimensions=1", "at least 2"),
        ("rosenbrock:dimensions=2.5", "whole number"),
        ("rosenbrock:dimensions=nan", "whole number"),
        ("rosenbrock:dimensions=inf", "whole number"),
        ("rosenbrock:dimensions=1e9", "at most 10,000"),
        ("valley:condition=0.5", "must lie in"),
        ("himmelblau:noise=-1", "must lie in"),
        ("himmelblau:noise=nan", "must lie in"),
        ("himmelblau:noise", "must be a number"),
        ("himmelblau:noise=1e-9", "at least 1e-06"),
        ("x + y:dimensions=3", "unknown option"),
    ],
)
def test_a_wrong_name_or_option_is_one_sentence(text, words):
    with pytest.raises(InputError, match=words):
        surface(text)


def test_what_a_function_can_not_take_is_refused():
    with pytest.raises(InputError, match="leave out model"):
        problems.load("rosenbrock", model="linear")
    with pytest.raises(InputError, match="no column to predict"):
        problems.resolve("x**2 + y**2", target="y")
    with pytest.raises(InputError, match="no such file"):
        problems.resolve("data/x+y.csv")
    with pytest.raises(InputError, match="expected a name or a formula"):
        surface(3)
