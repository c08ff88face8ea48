"""Cost functions against hand values, laws and other libraries."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss, mean_squared_error

from talweg import InputError
from talweg.problems import losses
from talweg.problems.metrics import accuracy

SCORES = st.floats(-50, 50, width=32, allow_subnormal=False)


@pytest.mark.parametrize(
    ("cost", "prediction", "y", "value"),
    [
        ("squared", [3.0], 1.0, 4.0),
        ("squared", [3.0, 2.0], [1.0, 2.0], 2.0),
        ("absolute", [3.0], 1.0, 2.0),
        ("huber", [1.5], 1.0, 0.125),
        ("huber", [4.0], 1.0, 2.5),
        ("poisson", [0.0], 3.0, 1.0),
        ("poisson", [np.log(2.0)], 2.0, 2 - 2 * np.log(2)),
        ("cross-entropy", [0.0], 1, np.log(2)),
        ("cross-entropy", [0.0, 0.0, 0.0, 0.0], 2, np.log(4)),
        ("cross-entropy", [np.log(3.0), 0.0], 0, np.log(4 / 3)),
        ("hinge", [0.25], 1, 0.75),
        ("hinge", [0.25], 0, 1.25),
        ("hinge", [2.0, 0.5, 0.0], 0, 0.0),
        ("hinge", [0.0, 0.5, 2.0], 0, 3.0),
    ],
)
def test_a_cost_worked_out_by_hand(cost, prediction, y, value):
    assert float(losses.CATALOGUE[cost].cost(jnp.array([prediction]), jnp.array([y]))[0]) == pytest.approx(value, rel=1e-5, abs=1e-6)


#: hinge is not among them: PyTorch's MultiMarginLoss is a mean over the classes.
NAMESAKES = {
    "squared": "mse_loss",
    "absolute": "l1_loss",
    "huber": "huber_loss",
    "poisson": "poisson_nll_loss",
    "cross-entropy": "binary_cross_entropy_with_logits",
}


@pytest.mark.parametrize(("cost", "namesake"), NAMESAKES.items())
def test_the_mean_over_a_batch_is_pytorchs_loss_and_so_is_its_gradient(cost, namesake):
    torch = pytest.importorskip("torch")
    generator = np.random.default_rng(0)
    z, y = generator.normal(0, 2, (16, 1)).astype(np.float32), generator.integers(0, 2, 16).astype(np.float32)
    mine, slope = jax.value_and_grad(lambda scores: losses.CATALOGUE[cost].cost(scores, jnp.asarray(y)).mean())(jnp.asarray(z))
    scores = torch.tensor(z, requires_grad=True)
    theirs = getattr(torch.nn.functional, namesake)(scores[:, 0], torch.tensor(y))
    theirs.backward()
    assert float(mine) == pytest.approx(theirs.item(), rel=1e-5)
    np.testing.assert_allclose(slope, scores.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("shape", [(16,), (16, 1), (16, 3)])
def test_squared_is_the_mean_squared_error_of_scikit_learn_over_rows_and_outputs(shape):
    generator = np.random.default_rng(1)
    prediction, y = generator.normal(size=(16, shape[1] if shape[1:] else 1)), generator.normal(size=shape)
    mine = losses.squared(jnp.asarray(prediction), jnp.asarray(y))
    assert mine.shape == (16,)
    assert float(mine.mean()) == pytest.approx(mean_squared_error(y.reshape(prediction.shape), prediction), rel=1e-5)


def test_squared_refuses_one_target_for_several_outputs():
    with pytest.raises(TypeError, match="reshape"):
        losses.squared(jnp.zeros((16, 3)), jnp.zeros(16))


@pytest.mark.parametrize("name", losses.CATALOGUE)
@given(scores=arrays(np.float32, (4, 1), elements=SCORES), shift=arrays(np.float32, (4, 1), elements=SCORES))
def test_every_cost_is_convex_in_the_prediction(name, scores, shift):
    kind = losses.CATALOGUE[name]
    y = jnp.array([0, 1, 1, 0], jnp.int32 if kind.classification else jnp.float32)
    at, ends = kind.cost(scores, y), 0.5 * (kind.cost(scores + shift, y) + kind.cost(scores - shift, y))
    assert np.all(np.asarray(ends) >= np.asarray(at) * (1 - 1e-4) - 1e-3)


@given(scores=arrays(np.float32, (5, 3), elements=SCORES))
def test_cross_entropy_is_that_of_scikit_learn_and_does_not_change_with_a_common_shift(scores):
    y = jnp.array([0, 1, 2, 0, 1])
    cost = losses.cross_entropy(scores, y)
    probability = np.asarray(jax.nn.softmax(scores.astype(np.float64)), np.float64)
    if probability.min() > 1e-6:
        probability /= probability.sum(1, keepdims=True)
        assert float(cost.mean()) == pytest.approx(log_loss(y, probability), rel=1e-4, abs=1e-5)
    np.testing.assert_allclose(losses.cross_entropy(scores + 3, y), cost, rtol=1e-4, atol=1e-4)


@given(scores=arrays(np.float32, 6, elements=SCORES))
def test_one_output_says_the_same_as_two_whose_difference_it_is(scores):
    y = jnp.array([0, 1, 1, 0, 1, 0])
    two = jnp.stack([jnp.zeros(6), scores], axis=1)
    np.testing.assert_allclose(losses.cross_entropy(scores[:, None], y), losses.cross_entropy(two, y), rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(accuracy(scores[:, None], y), accuracy(two, y))


@pytest.mark.parametrize("name", losses.CATALOGUE)
def test_a_wildly_wrong_prediction_has_a_finite_gradient(name):
    kind = losses.CATALOGUE[name]
    y = jnp.array([1, 0], jnp.int32 if kind.classification else jnp.float32)
    for outputs in (1, 3) if kind.classification else (1,):
        slope = jax.grad(lambda z, kind=kind: kind.cost(z, y).mean())(jnp.full((2, outputs), 80.0))
        assert np.isfinite(slope).all()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("squared", "squared"),
        ("mse", "squared"),
        ("l2", "squared"),
        ("MSE", "squared"),
        ("mae", "absolute"),
        (" L1 ", "absolute"),
        ("ce", "cross-entropy"),
        ("bce", "cross-entropy"),
        ("log", "cross-entropy"),
        ("log_loss", "cross-entropy"),
        ("Cross Entropy", "cross-entropy"),
        ("smooth-l1", "huber"),
        (None, None),
    ],
)
def test_a_loss_is_found_by_its_usual_names(text, name):
    assert losses.named(text) == name


@pytest.mark.parametrize("text", ["square", "", "l3", 2])
def test_an_unknown_loss_is_told_all_that_there_are(text):
    with pytest.raises(InputError, match=f"^loss: unknown loss {text!r}; known: ") as said:
        losses.named(text)
    assert [word for word in (*losses.CATALOGUE, *losses.ALIASES) if word not in str(said.value)] == []


# ---- the best constant -----------------------------------------------------------------------------------------------------------

REGRESSIONS = [name for name, kind in losses.CATALOGUE.items() if not kind.classification]
TARGETS = st.lists(st.integers(0, 6), min_size=2, max_size=12)
SOMEWHERE_ELSE = st.floats(-4, 8)


def mean_cost(name, constant, y, weights=None):
    """Of one prediction for all rows."""
    predictions = jnp.broadcast_to(jnp.asarray(constant, jnp.float32), (len(y), len(constant)))
    return float(np.average(losses.CATALOGUE[name].cost(predictions, jnp.asarray(y)), weights=weights))


@pytest.mark.parametrize("name", REGRESSIONS)
@given(y=TARGETS, other=SOMEWHERE_ELSE)
def test_no_other_constant_costs_less(name, y, other):
    y = np.array(y, np.float32)
    best = losses.CATALOGUE[name].constant(y, 1)
    assert best.shape == (1,)
    assert mean_cost(name, best, y) <= mean_cost(name, [other], y) + 1e-4


@pytest.mark.parametrize("outputs", [1, 3])
@given(y=TARGETS, other=arrays(np.float32, 3, elements=st.floats(-3, 3, width=32)))
def test_the_shares_of_the_classes_cost_least_where_each_class_has_half_a_case_more(outputs, y, other):
    classes = max(outputs, 2)
    y = np.array([*(np.array(y) % classes), *range(classes)])
    weights = [1.0] * (len(y) - classes) + [0.5] * classes
    best = losses.CATALOGUE["cross-entropy"].constant(y[:-classes], outputs)
    assert best.shape == (outputs,)
    assert mean_cost("cross-entropy", best, y, weights) <= mean_cost("cross-entropy", other[:outputs], y, weights) + 1e-5


@pytest.mark.parametrize("outputs", [1, 3, 4])
@given(y=TARGETS, other=arrays(np.float32, 4, elements=st.floats(-3, 3, width=32)))
def test_no_other_margin_costs_less_and_the_majority_is_meant(outputs, y, other):
    y = np.array(y) % max(outputs, 2)
    best = losses.CATALOGUE["hinge"].constant(y, outputs)
    assert mean_cost("hinge", best, y) <= mean_cost("hinge", other[:outputs], y) + 1e-5
    meant = np.argmax(best) if outputs > 1 else int(best[0] > 0)
    assert np.sum(y == meant) == np.bincount(y).max()


def test_best_constants_by_hand():
    def constant(name, y, outputs=1):
        return losses.CATALOGUE[name].constant(np.array(y), outputs).tolist()

    assert constant("squared", [1.0, 2.0, 6.0]) == [3.0]
    assert constant("absolute", [1.0, 2.0, 6.0]) == [2.0]
    assert constant("huber", [0.0, 0.0, 0.0, 9.0]) == pytest.approx([1 / 3], abs=1e-4)  # three errors of 1/3 against a slope of 1
    assert constant("huber", [2.0, 2.0]) == pytest.approx([2.0])
    assert constant("poisson", [1.0, 2.0, 6.0]) == pytest.approx([np.log(3.0)])
    assert np.isfinite(constant("poisson", [0.0, 0.0]))
    assert constant("cross-entropy", [1, 1, 0]) == pytest.approx([np.log(2.5 / 1.5)])
    assert constant("cross-entropy", [1, 1, 0], 3) == pytest.approx(np.log(np.array([1.5, 2.5, 0.5]) / 4.5))  # one that is not there, too
    assert constant("hinge", [1, 1, 0]) == [1.0]
    assert constant("hinge", [2, 2, 0], 3) == [0.0, 0.0, 1.0]
    assert constant("hinge", [2, 2, 0, 1, 1], 3) == [0.0, losses.NO_MARGIN, 0.0]
