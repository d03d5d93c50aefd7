import math
import random as python_random

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab.dataset import lesson_moons, sklearn_moons

PARTS = ("train", "val", "test")


def lesson_by_hand(n, noise, seed):
    """LESSON.md §1 point by point, through the global stream of `np.random.seed`."""
    state = np.random.get_state()
    try:
        np.random.seed(seed)
        angles = np.linspace(0, np.pi, n // 2)
        X = np.empty((n, 2))
        for i, t in enumerate(angles):
            X[i] = np.cos(t), np.sin(t)
            X[n // 2 + i] = np.cos(t) + 0.5, -np.sin(t) + 0.5
        y = np.array([0] * (n // 2) + [1] * (n // 2))
        X = X + np.random.randn(n, 2) * noise
        order = np.random.permutation(n)
    finally:
        np.random.set_state(state)
    return X[order], y[order]


def test_lesson_points_are_the_lessons(lesson_data):
    assert_allclose(lesson_data.X_train[0], [-0.2139, 1.0612], atol=5e-5)
    assert_allclose(lesson_data.X_train[2], [0.9309, -0.3566], atol=5e-5)
    assert (lesson_data.y_train[0], lesson_data.y_train[2]) == (0, 1)


def test_lesson_y_range_is_the_measured_one(lesson_data):
    y = np.concatenate([lesson_data.X_train, lesson_data.X_val])[:, 1]
    assert_allclose([y.min(), y.max()], [-0.71, 1.23], atol=0.005)


@pytest.mark.parametrize(
    ("n", "noise", "seed"), [(300, 0.1, 42), (10, 0.0, 0), (500, 2.0, 2**32 - 1)]
)
def test_lesson_moons_are_the_recipe_byte_for_byte(n, noise, seed):
    data = ml.load_data(ml.DataSpec("moons", n, noise, seed, 0.2))
    X, y = lesson_by_hand(n, noise, seed)
    n_train = n - n // 5
    assert_array_equal(data.X_train, X[:n_train])
    assert_array_equal(data.X_val, X[n_train:])
    assert_array_equal(np.concatenate([data.y_train, data.y_val]), y)


@pytest.mark.parametrize(
    ("n_samples", "first", "total", "labels"),
    [
        (10, [1.6835584822520357, -0.2506264886259223], [5.565800007843874, 2.5552314361355557],
         [1, 1, 0, 0, 0, 1, 1, 0, 1, 0]),
        (11, [1.2854686954404357, -0.49457622373452836], [6.350501114241064, 2.3682386687871526],
         [1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0]),
    ],
)  # fmt: skip
def test_sklearn_moons_are_those_of_scikit_learn(n_samples, first, total, labels):
    """Literals from `make_moons(n, noise=0.15, random_state=7)` of scikit-learn 1.9.1."""
    X, y = sklearn_moons(n_samples, 0.15, np.random.RandomState(7))
    rest = [[0.3038657286205552, 0.4998007924285763], [0.928460245068211, 0.18250985231729558]]
    assert_allclose(X[:3], [first, *rest], rtol=1e-14)
    assert_allclose(X.sum(axis=0), total, rtol=1e-13)
    assert_array_equal(y, labels)


@pytest.mark.parametrize("dataset", ["moons", "sklearn_moons"])
@pytest.mark.parametrize("n_samples", [10, 11, 301])
def test_odd_number_of_points_gives_the_spare_one_to_class_1(dataset, n_samples):
    y = ml.load_data(ml.DataSpec(dataset, n_samples, validation_fraction=0.0)).y_train
    assert (np.count_nonzero(y == 0), np.count_nonzero(y == 1)) == (
        n_samples // 2,
        math.ceil(n_samples / 2),
    )


@pytest.mark.parametrize(
    ("n_samples", "fraction", "n_val"),
    [(300, 0.2, 60), (300, 0.0, 0), (300, 0.9, 270), (33, 0.1, 3)],
)
def test_split_holds_out_the_last_points_in_the_rounded_share(n_samples, fraction, n_val):
    data = ml.load_data(ml.DataSpec(n_samples=n_samples, validation_fraction=fraction))
    whole = ml.load_data(ml.DataSpec(n_samples=n_samples, validation_fraction=0.0))
    assert data.X_train.shape == (n_samples - n_val, 2)
    assert data.X_val.shape == (n_val, 2)
    assert data.y_val.shape == (n_val,)
    assert_array_equal(np.concatenate([data.X_train, data.X_val]), whole.X_train)
    assert_array_equal(np.concatenate([data.y_train, data.y_val]), whole.y_train)


@pytest.mark.parametrize(
    ("dataset", "center", "sign"), [("moons", (0.5, 0.5), -1), ("sklearn_moons", (1.0, 0.5), -1)]
)
def test_points_without_noise_lie_on_the_two_arcs(dataset, center, sign):
    data = ml.load_data(ml.DataSpec(dataset, noise=0))
    for part in PARTS:
        X, y = getattr(data, f"X_{part}"), getattr(data, f"y_{part}")
        assert_allclose(np.hypot(*X[y == 0].T), 1, rtol=1e-12)
        assert_allclose(np.hypot(*(X[y == 1] - center).T), 1, rtol=1e-12)
        assert (X[y == 0][:, 1] >= 0).all()
        assert (sign * (X[y == 1] - center)[:, 1] >= -1e-12).all()


def test_noise_has_the_standard_deviation_it_says():
    noisy, _ = lesson_moons(20_000, 0.3, np.random.RandomState(0))
    clean, _ = lesson_moons(20_000, 0.0, np.random.RandomState(0))
    assert_allclose((noisy - clean).std(axis=0), [0.3, 0.3], rtol=0.02)
    assert_allclose((noisy - clean).mean(axis=0), [0, 0], atol=0.01)


@pytest.mark.parametrize("dataset", ["moons", "sklearn_moons"])
def test_test_part_is_20000_fresh_points_of_both_classes(dataset):
    data = ml.load_data(ml.DataSpec(dataset))
    assert data.X_test.shape == (20_000, 2)
    assert np.bincount(data.y_test).tolist() == [10_000, 10_000]
    known = {tuple(point) for point in np.concatenate([data.X_train, data.X_val]).tolist()}
    assert known.isdisjoint(map(tuple, data.X_test.tolist()))


def test_test_part_depends_on_the_seed_and_not_on_the_split_or_the_size(lesson_data):
    for spec in (ml.DataSpec(), ml.DataSpec(n_samples=500), ml.DataSpec(validation_fraction=0.5)):
        again = ml.load_data(spec)
        assert_array_equal(again.X_test, lesson_data.X_test)
        assert_array_equal(again.y_test, lesson_data.y_test)
    other = ml.load_data(ml.DataSpec(seed=43))
    assert not np.isin(other.X_test, lesson_data.X_test).any()


def test_same_seed_repeats_the_data_and_another_differs(lesson_data):
    again, other = ml.load_data(ml.DataSpec()), ml.load_data(ml.DataSpec(seed=43))
    assert_array_equal(again.X_train, lesson_data.X_train)
    assert not np.isin(other.X_train, lesson_data.X_train).any()


def test_loading_data_leaves_the_global_streams_alone():
    before = np.random.get_state()[1].tolist(), python_random.getstate()
    ml.load_data(ml.DataSpec(seed=5))
    assert (np.random.get_state()[1].tolist(), python_random.getstate()) == before


def seeds_by_one_class(fraction):
    """Seeds whose 10 points split into parts of one class, found by the recipe above."""
    found = {}
    for seed in range(1_500):
        _, y = lesson_by_hand(10, 0.1, seed)
        n = 10 - round(10 * fraction)
        one = tuple(
            name
            for name, part in (("train", y[:n]), ("validation", y[n:]))
            if len(set(part.tolist())) == 1
        )
        found.setdefault(one, seed)
    return found


@pytest.mark.parametrize("fraction", [0.2, 0.5, 0.9])
def test_parts_of_one_class_are_refused_and_all_named(fraction):
    found = seeds_by_one_class(fraction)
    assert len(found) == {0.2: 2, 0.5: 2, 0.9: 1}[fraction]
    for parts, seed in found.items():
        spec = ml.DataSpec(n_samples=10, seed=seed, validation_fraction=fraction)
        if not parts:
            ml.load_data(spec)
            continue
        with pytest.raises(ml.SpecError, match="must leave both classes") as caught:
            ml.load_data(spec)
        assert {fault.field for fault in caught.value.faults} == {"validation_fraction"}
        words = {"train": "in the training part", "validation": "in the validation part"}
        for fault, part in zip(caught.value.faults, parts, strict=True):
            assert words[part] in fault.rule


def test_both_parts_of_one_class_are_named_in_one_error():
    assert ("train", "validation") in seeds_by_one_class(0.5)


@pytest.mark.parametrize("spec", [None, {}, "moons", ml.DataSpec])
def test_what_is_no_data_spec_is_refused(spec):
    with pytest.raises(ml.SpecError, match=r"^`spec` must be a DataSpec"):
        ml.load_data(spec)
