"""From arrays to a problem: the task, the split, the scaling, and the sentence for what can't be learned."""

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talweg.checks import InputError
from talweg.problems import from_arrays

GENERATOR = np.random.default_rng(0)
X = GENERATOR.normal(size=(200, 3))


def labels(*sizes):
    return np.repeat(np.arange(len(sizes)), sizes)


def numbered(rows, y, **settings):
    """A problem whose features are the row numbers, and the row numbers of its three parts, for seed 0 of a training."""
    seen = []

    def encode(*parts):
        seen.extend(part[:, 0].astype(int) for part in parts)
        return tuple(part.astype(float) for part in parts)

    problem = from_arrays(np.arange(rows)[:, None], y, encode=encode, **settings)
    pool, test = seen
    return problem, [*(pool[drawn] for drawn in problem.split.rows(0)), test]


@given(sizes=st.lists(st.integers(3, 60), min_size=2, max_size=6).filter(lambda s: sum(s) >= 10), seed=st.integers(0, 99))
def test_the_three_parts_hold_every_row_once_and_each_class_in_proportion(sizes, seed):
    y = labels(*sizes)
    _, parts = numbered(len(y), y, task="classification", seed=seed)
    assert sorted(np.concatenate(parts)) == list(range(len(y)))
    for part, share in zip(parts, (len(p) / len(y) for p in parts), strict=True):
        assert np.all(np.abs(np.bincount(y[part], minlength=len(sizes)) - share * np.array(sizes)) < 2)


def test_the_split_is_60_20_20_and_capped_for_many_rows():
    assert numbered(200, labels(100, 100))[0].facts["split"] == [120, 40, 40]
    assert numbered(300_000, np.arange(300_000) * 0.5)[0].facts["split"] == [300_000 - 58_192, 8_192, 50_000]


def test_the_split_depends_on_the_seed_alone():
    first, again, other = (numbered(200, labels(100, 100), seed=seed)[1][0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(other)


def test_features_and_target_are_scaled_by_the_pool_only():
    y = X[:, 0] * 30 + 5
    problem, parts = numbered(200, y)
    (x, target), (held_out, held_out_target) = problem.pool, problem.test
    rows = np.concatenate(parts[:2])
    np.testing.assert_allclose([x.mean(), x.std(), target.mean(), target.std()], [0, 1, 0, 1], atol=1e-5)
    np.testing.assert_allclose(held_out[:, 0], (parts[2] - rows.mean()) / rows.std(), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(held_out_target, (y[parts[2]] - y[rows].mean()) / y[rows].std(), rtol=1e-4, atol=1e-5)


def test_images_keep_the_contrast_between_their_pixels():
    images = GENERATOR.normal(size=(50, 4, 4)) * np.linspace(1, 5, 4)
    scaled = from_arrays(images, labels(25, 25)).pool[0]
    assert scaled.shape == (40, 4, 4)
    assert scaled[:, :, 3].std() > 3 * scaled[:, :, 0].std()
    assert scaled.mean() == pytest.approx(0, abs=1e-5)


def test_a_feature_of_one_value_stays_finite():
    x = np.column_stack([X, np.full(200, 1e6)])
    assert not from_arrays(x, labels(100, 100)).train[0][:, 3].any()


@pytest.mark.parametrize(
    ("y", "task"),
    [
        (labels(100, 100), "classification"),
        (np.array(["a", "b"] * 100), "classification"),
        (np.array(["a", "b"] * 100, object), "classification"),
        (np.array([1, 2] * 100, object), "classification"),
        (np.array([True, False] * 100), "classification"),
        (labels(*[10] * 20) * 1.0, "classification"),
        (np.arange(200) % 25, "regression"),
        (np.arange(200) % 2 + 0.5, "regression"),
        (X[:, 0], "regression"),
    ],
)
def test_the_task_is_recognised_from_the_target_and_said(y, task):
    problem = from_arrays(X, y)
    assert problem.task == task
    assert any(note.startswith(f"{task} was recognised: its target has") for note in problem.notes)


def test_a_loss_or_a_forced_task_decides_the_task():
    assert from_arrays(X, labels(100, 100), loss="squared").task == "regression"
    assert from_arrays(X, labels(100, 100), task="regression").facts["loss"] == "squared"
    assert from_arrays(X, np.arange(200) % 25, task="classification").facts["loss"] == "cross-entropy"
    assert from_arrays(X, labels(100, 100), loss="poisson").train[1].max() == 1


def test_the_loss_of_a_batch_is_the_mean_over_its_rows():
    problem = from_arrays(X, labels(100, 100))
    params = problem.start(jax.random.key(1))
    each = [problem.loss(params, (problem.train[0][i : i + 1], problem.train[1][i : i + 1])) for i in range(20)]
    together = problem.loss(params, jax.tree.map(lambda leaf: leaf[:20], problem.train))
    assert float(together) == pytest.approx(float(np.mean(each)), rel=1e-5)


@pytest.mark.parametrize("apart", ["nothing", "groups", "time"])
def test_rows_of_classes_that_are_too_rare_to_be_split_are_left_out_and_that_is_said(apart):
    own = {} if apart == "nothing" else {apart: np.arange(200) % 40}
    y = np.array([*["a"] * 120, *["b"] * 75, "owl", "emu", "emu", "b", "b"], object)
    kept = [i for i, label in enumerate(y) if label in "ab"]
    problem, without = from_arrays(X, y, **own), from_arrays(X[kept], y[kept], **{name: part[kept] for name, part in own.items()})
    assert problem.classes == ("a", "b")
    for part in ("pool", "test"):
        jax.tree.map(np.testing.assert_array_equal, getattr(problem, part), getattr(without, part))
    said = "3 rows were left out: each class needs at least 3 rows (training, validation, test), but 2 of 4 have fewer (first: emu, 2)"
    assert [note for note in problem.notes if "left out" in note] == [said]


def test_predicting_the_mean_explains_nothing():
    problem = from_arrays(X, X[:, 0] * 3)
    zero = jax.tree.map(lambda leaf: leaf * 0, problem.start(jax.random.key(0)))
    assert float(problem.metric.function(zero, problem.pool)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(
    ("x", "y", "settings", "sentence"),
    [
        (X[:9], np.arange(9) % 2, {}, "at least 10 rows .*, got 9"),
        (X[:3], np.arange(3), {}, "at least 10 rows .*, got 3"),
        (X, np.zeros(200), {}, r"at least two classes, got one \(0.0\)"),
        (X, labels(198, 2), {}, r"each class needs at least 3 rows .*\(first: 1, 2\), so that not two are left"),
        (X[:11], labels(5, 4, 2), {"task": "classification"}, "at least 10 rows .*, got 9"),
        (X, np.zeros(200), {"task": "regression"}, "the target is 0 in every row"),
        (X, np.arange(199), {}, "one value for each of the 200 rows of features, got shape"),
        (X, [None, "a"] * 100, {}, "100 targets are missing"),
        (X, np.where(np.arange(200) == 3, np.nan, X[:, 0]), {}, "1 targets are NaN or infinite"),
        (np.where(np.arange(600).reshape(200, 3) == 7, np.inf, X), labels(100, 100), {}, "got 1 that are NaN .*row 2, column 1"),
        (X, ["a", "b"] * 100, {"task": "regression"}, "regression needs a target of numbers"),
        (X, X[:, 0], {"loss": "poisson"}, "poisson needs counts of at least 0"),
        (X, labels(100, 100), {"loss": "hinge", "task": "regression"}, "the loss hinge does not fit regression; choose squared or"),
        (X, labels(100, 100), {"loss": "square"}, r"unknown loss 'square'; known: squared \(mse, l2\), absolute"),
        (X, labels(100, 100), {"task": "classify"}, "unknown task 'classify'; did you mean classification"),
        (X, labels(100, 100), {"model": "tree"}, "unknown model 'tree'"),
    ],
)
def test_what_cannot_be_learned_is_refused_in_a_sentence(x, y, settings, sentence):
    with pytest.raises(InputError, match=sentence):
        from_arrays(x, y, **settings)
