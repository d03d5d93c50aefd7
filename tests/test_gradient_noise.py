from itertools import combinations, product

import numpy as np
import pytest
from helpers import random_layers
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.lab.gradient_noise import batch_gradients, gradient_noise, points_for_half
from moonlab.parameters import pack

ARCHITECTURE = ml.Architecture((3,), "tanh", "numpy")


@pytest.fixture
def network():
    return pack(random_layers(np.random.default_rng(5), ARCHITECTURE.widths))


@pytest.fixture
def points():
    random = np.random.default_rng(6)
    return random.standard_normal((7, 2)), random.integers(0, 2, 7)


def mean_loss(flat, X, y, loss):
    """Of a 2→3→1 tanh network, written out."""
    W1, b1, W2, b2 = flat[:6].reshape(2, 3), flat[6:9], flat[9:12], flat[12]
    p = 1 / (1 + np.exp(-(np.tanh(X @ W1 + b1) @ W2 + b2)))
    if loss == "mse":
        return np.mean((p - y) ** 2)
    return -np.mean(np.log(np.where(y == 1, p, 1 - p)))


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_batch_gradients_by_finite_differences(network, points, loss):
    X, y = points
    some = np.array([[0, 1, 2], [4, 6, 5]])
    found = batch_gradients(network, ARCHITECTURE, X[some], y[some], loss)
    for row, batch in zip(found, some, strict=True):
        for place, step in enumerate(1e-6 * np.eye(len(network))):
            rise = mean_loss(network + step, X[batch], y[batch], loss)
            rise -= mean_loss(network - step, X[batch], y[batch], loss)
            assert row[place] == pytest.approx(rise / 2e-6, abs=1e-8)


def test_many_batches_are_computed_in_blocks(network, points):
    X, y = points
    some = np.random.default_rng(0).integers(0, 7, (60_000, 2))
    found = batch_gradients(network, ARCHITECTURE, X[some], y[some])
    each = batch_gradients(network, ARCHITECTURE, X[:, None], y[:, None])
    assert_allclose(found, each[some].mean(axis=1), atol=1e-12)


@pytest.mark.parametrize("size", range(1, 8))
def test_theory_is_the_average_over_all_batches_that_can_be_drawn(network, points, size):
    X, y = points
    noise = gradient_noise(network, ARCHITECTURE, X, y, [size], np.random.default_rng(0), n_draws=1)
    full = batch_gradients(network, ARCHITECTURE, X[None], y[None])[0]
    length = np.linalg.norm(full)
    assert noise.gradient_length == pytest.approx(length)
    every = np.array(list(combinations(range(7), size)))
    away = batch_gradients(network, ARCHITECTURE, X[every], y[every]) - full
    assert noise.expected[0] == pytest.approx(
        np.sqrt((away**2).sum(axis=1).mean()) / length, abs=1e-12
    )


@pytest.mark.parametrize("size", [1, 2, 3])
def test_theory_with_replacement_is_the_average_over_all_sequences(network, points, size):
    X, y = points
    noise = gradient_noise(network, ARCHITECTURE, X, y, [size], np.random.default_rng(0), n_draws=1)
    full = batch_gradients(network, ARCHITECTURE, X[None], y[None])[0]
    every = np.array(list(product(range(7), repeat=size)))
    away = batch_gradients(network, ARCHITECTURE, X[every], y[every]) - full
    expected = np.sqrt((away**2).sum(axis=1).mean()) / np.linalg.norm(full)
    assert noise.with_replacement[0] == pytest.approx(expected)


def test_what_is_measured_approaches_theory_and_a_full_batch_has_no_noise(lesson_data):
    architecture = ml.Architecture((16,), engine="numpy")
    random = np.random.default_rng(1)
    flat = pack(random_layers(random, architecture.widths))
    X, y, sizes = lesson_data.X_train, lesson_data.y_train, (1, 8, 32, 128, 240)
    noise = gradient_noise(flat, architecture, X, y, sizes, random, n_draws=1500)
    assert_allclose(noise.measured[:-1], noise.expected[:-1], rtol=0.06)
    assert noise.measured[-1] == pytest.approx(0, abs=1e-12)
    assert noise.expected[-1] == 0
    falls = noise.with_replacement[0] / noise.with_replacement
    assert_allclose(falls, np.sqrt(sizes))


@pytest.mark.parametrize("size", [1, 16, 32, 128, 240])
def test_half_the_noise_takes_the_fewest_points_that_theory_allows(lesson_data, size):
    architecture = ml.Architecture((2,), engine="numpy")
    random = np.random.default_rng(2)
    flat = pack(random_layers(random, architecture.widths))
    X, y = lesson_data.X_train, lesson_data.y_train
    found = gradient_noise(flat, architecture, X, y, range(1, 241), random, n_draws=1)
    is_half = found.expected <= found.expected[size - 1] / 2
    assert points_for_half(size, len(y)) == found.batch_sizes[is_half][0]


def test_half_the_noise_of_32_of_the_lessons_points_takes_92_not_four_times_as_many():
    assert points_for_half(32, 240) == 92


@pytest.mark.parametrize("given", [(0, 240), (241, 240), (32.0, 240), (1, 0)])
def test_counts_of_points_out_of_bounds_are_refused(given):
    with pytest.raises(ml.SpecError, match="must be an integer from 1 to"):
        points_for_half(*given)


def test_the_nearer_the_minimum_the_more_of_a_gradient_is_noise(lesson_data):
    architecture = ml.Architecture((16,), engine="numpy")
    (run,) = ml.train(architecture, ml.Training(epochs=20), lesson_data)
    first, last = (
        gradient_noise(
            run.snapshots[k],
            architecture,
            lesson_data.X_train,
            lesson_data.y_train,
            [32],
            np.random.default_rng(0),
        )
        for k in (0, -1)
    )
    assert last.measured[0] > 3 * first.measured[0]
    assert last.gradient_length < first.gradient_length


def test_the_same_generator_repeats_and_another_differs(network, points):
    def measured(seed):
        random = np.random.default_rng(seed)
        return gradient_noise(network, ARCHITECTURE, *points, [2, 3], random).measured.tolist()

    assert measured(0) == measured(0)
    assert measured(0) != measured(1)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"batch_sizes": [0]}, "`batch_sizes` must be an integer from 1 to 7"),
        ({"batch_sizes": [3, 8]}, "`batch_sizes`"),
        ({"batch_sizes": [2.0]}, "`batch_sizes`"),
        ({"n_draws": 0}, "`n_draws`"),
        ({"loss": "hinge"}, "`loss` must be 'bce' or 'mse'"),
        ({"parameters": np.zeros(4)}, r"`parameters` must be of shape \(13,\)"),
        ({"y": np.zeros(3)}, "`X, y` must be of shapes"),
    ],
)
def test_what_breaks_a_rule_is_refused(network, points, changes, match):
    X, y = points
    given = {"parameters": network, "architecture": ARCHITECTURE, "X": X, "y": y}
    given |= {"batch_sizes": [1], "random": np.random.default_rng(0)} | changes
    with pytest.raises(ml.SpecError, match=match):
        gradient_noise(**given)


def test_equal_points_make_no_noise(network, points):
    X, y = points
    same = replace_all(X, X[0]), replace_all(y, y[0])
    noise = gradient_noise(network, ARCHITECTURE, *same, [1, 3], np.random.default_rng(0))
    assert_allclose(noise.measured, 0, atol=1e-12)
    assert_allclose(noise.expected, 0, atol=1e-12)


def replace_all(array, value):
    return np.broadcast_to(value, array.shape).copy()
