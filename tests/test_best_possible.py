import math
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit

import moonlab as ml
from moonlab import best_possible as module
from moonlab.best_possible import HalfCircle, best_possible
from moonlab.dataset import ARCS, GENERATORS

MIRRORED_AT = {"moons": (0.25, 0.25), "sklearn_moons": (0.5, 0.25)}  # one moon onto the other
SPECIAL = [  # centers, ends, apexes, points between the ends, on no arc's side, far away
    (0, 0), (0.5, 0.5), (1, 0.5), (1, 0), (-1, 0), (-0.5, 0.5), (1.5, 0.5), (0, 1), (0.5, -0.5),
    (0, -1e-9), (0, -0.5), (0.5, 1.2), (1, 1.5), (0.25, 0.25), (3, -7), (-8, 0), (1e-12, -3),
]  # fmt: skip

both_geometries = pytest.mark.parametrize("dataset", ["moons", "sklearn_moons"])


def best(dataset="moons", noise=0.1, n_samples=300):
    return best_possible(ml.DataSpec(dataset, n_samples, noise))


def somewhere(n, seed=0):
    """Points over and around both moons of both geometries."""
    return np.random.default_rng(seed).uniform((-2, -1.5), (3, 2), (n, 2))


def fresh(dataset, noise, n=40_000):
    return GENERATORS[dataset](n, noise, np.random.default_rng(1))


@pytest.fixture(scope="module")
def many():
    """200,000 fresh points of the lesson's moons under noise 0.2, their labels and log-odds."""
    X, y = fresh("moons", 0.2, 200_000)
    return X, y, best(noise=0.2).log_odds(X)


def log_density_by_brute_force(curve, point, noise):
    """The Gaussians around some 30,000 points of the curve, closest where it is nearest."""
    coarse = np.linspace(0, np.pi, 20_001)
    around = coarse[np.hypot(*(curve(coarse) - point).T).argmin()]
    steps = np.geomspace(1e-9, np.pi, 300)
    edges = np.concatenate([c + s * steps for c in (0, around, np.pi) for s in (-1, 1)])
    edges = np.unique(np.clip(np.append(edges, [0, np.pi]), 0, np.pi))
    node, weight = np.polynomial.legendre.leggauss(24)
    half = np.diff(edges)[:, None] / 2
    t = (edges[:-1, None] + half * (node + 1)).ravel()
    exponent = -((curve(t) - point) ** 2).sum(axis=1) / (2 * noise**2)
    mean = (half * weight).ravel() @ np.exp(exponent - exponent.max()) / np.pi
    return exponent.max() + math.log(mean) - math.log(2 * math.pi * noise**2)


def distances_by_search(curve, X):
    """From each point to the nearest of 5,001 points of the curve."""
    t = np.linspace(0, np.pi, 5_001)
    return np.array([np.hypot(*(curve(t) - point).T).min() for point in X])


@both_geometries
def test_each_curve_is_the_half_circle_it_is_taken_for(dataset):
    for curve in ARCS[dataset]:
        arc = HalfCircle.of(curve)
        t = np.linspace(0, np.pi, 1001)
        from_center = curve(t) - arc.center
        assert_allclose(np.hypot(*from_center.T), 1, rtol=1e-12)
        assert_allclose(np.abs(from_center @ arc.side), np.abs(np.cos(t)), atol=1e-12)
        assert_allclose(from_center @ arc.apex, np.sin(t), atol=1e-12)


@both_geometries
@pytest.mark.parametrize("noise", [1e-3, 0.01, 0.1, 0.4, 2.0])
def test_densities_and_log_odds_are_those_of_brute_force(dataset, noise):
    X = np.concatenate([somewhere(15), SPECIAL])
    expected = np.array(
        [[log_density_by_brute_force(curve, x, noise) for x in X] for curve in ARCS[dataset]]
    )
    classifier = best(dataset, noise)
    found = np.array([arc.log_density(X, noise) for arc in classifier.arcs])
    assert_allclose(found, expected, rtol=1e-13, atol=2e-9)
    log_odds = expected[1] - expected[0]
    assert_allclose(classifier.log_odds(X), log_odds, rtol=1e-12, atol=4e-9)
    assert_allclose(classifier.predict_proba(X), expit(log_odds), atol=1e-9)


@both_geometries
@pytest.mark.parametrize("noise", [0.1, 0.3])
def test_log_odds_are_those_of_a_plain_mean_over_100000_angles(dataset, noise):
    t = (np.arange(100_000) + 0.5) * np.pi / 100_000
    X = somewhere(12, seed=3)
    densities = [
        [np.exp(-((curve(t) - x) ** 2).sum(axis=1) / (2 * noise**2)).mean() for x in X]
        for curve in ARCS[dataset]
    ]
    assert_allclose(best(dataset, noise).log_odds(X), np.log(densities[1]) - np.log(densities[0]),
                    atol=1e-6)  # fmt: skip


@both_geometries
@pytest.mark.parametrize("noise", [0.0, 5e-324, 1e-30, 1e-8, 1e-3])
def test_with_hardly_any_noise_the_nearest_arc_wins(dataset, noise):
    X = np.concatenate([somewhere(100), SPECIAL])
    upper, lower = (distances_by_search(curve, X) for curve in ARCS[dataset])
    clear = np.abs(upper - lower) > 1e-4
    assert clear.sum() > 100
    classifier = best(dataset, noise)
    assert np.isfinite(classifier.log_odds(X)).all()
    assert_array_equal((classifier.log_odds(X) > 0)[clear], (lower < upper)[clear])
    assert_array_equal(classifier.predict_proba(X)[clear], (lower < upper)[clear])
    data = ml.load_data(ml.DataSpec(dataset, noise=noise))
    assert classifier.accuracy_on(data.X_test, data.y_test) == 1
    assert classifier.accuracy == 1


@both_geometries
@pytest.mark.parametrize("noise", [0.0, 1e-3, 0.1, 2.0])
def test_a_point_at_the_same_place_before_both_moons_is_a_tie(dataset, noise):
    center = np.array([MIRRORED_AT[dataset]])
    assert best(dataset, noise).log_odds(center) == 0
    assert best(dataset, noise).predict_proba(center) == 0.5


@both_geometries
@pytest.mark.parametrize("noise", [0.0, 0.05, 0.3])
def test_reflecting_a_point_swaps_the_classes(dataset, noise):
    X = somewhere(2_000)
    classifier = best(dataset, noise)
    mirrored = 2 * np.array(MIRRORED_AT[dataset]) - X
    assert_allclose(classifier.log_odds(mirrored), -classifier.log_odds(X), rtol=1e-9, atol=1e-9)


@both_geometries
@pytest.mark.parametrize("noise", [0.0, 1e-6, 0.1, 2.0])
@pytest.mark.parametrize("far", [1e2, 1e5, 1e12, 1e100])
def test_far_away_everything_is_finite(dataset, noise, far):
    angle = np.linspace(0, 2 * np.pi, 33)
    X = np.clip(far * np.column_stack([np.cos(angle), np.sin(angle)]), -far, far)
    assert np.isfinite(best(dataset, noise).log_odds(X)).all()
    proba = best(dataset, noise).predict_proba(X)
    assert ((proba >= 0) & (proba <= 1)).all()
    if far < 1e6:  # straight up is class 0, straight down class 1
        assert_allclose([proba[8], proba[24]], [0, 1], atol=1e-6)


@both_geometries
@pytest.mark.parametrize("noise", [0.05, 0.3])
def test_densities_integrate_to_one(dataset, noise):
    step = noise / 1.5
    for arc in best(dataset, noise).arcs:
        axes = [np.arange(low, high, step) for low, high in arc.box(6 * noise).T]
        X = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
        assert_allclose(np.exp(arc.log_density(X, noise)).sum() * step**2, 1, rtol=1e-6)


@both_geometries
def test_share_of_class_1_among_drawn_points_is_the_probability(dataset):
    X, y = fresh(dataset, 0.3)
    p = best(dataset, 0.3).predict_proba(X)
    cell = np.unique(np.floor(X / 0.25).astype(int), axis=0, return_inverse=True)[1]
    surplus, variance = np.bincount(cell, y - p), np.bincount(cell, p * (1 - p))
    z = (surplus / np.sqrt(variance))[variance > 10]
    assert len(z) > 40
    assert np.abs(z).max() < 4
    assert 0.6 < np.mean(z**2) < 1.4


@pytest.mark.parametrize(
    ("noise", "stated"), [(0.1, 0.990), (0.2, 0.929), (0.3, 0.874), (0.4, 0.817)]
)
def test_accuracy_is_the_lessons_up_to_the_chance_in_its_20000_points(noise, stated):
    chance = math.sqrt(stated * (1 - stated) / 20_000)
    assert abs(best(noise=noise).accuracy - stated) < 2.5 * chance + 0.0005
    data = ml.load_data(ml.DataSpec(noise=noise))
    assert abs(best(noise=noise).accuracy_on(data.X_test, data.y_test) - stated) < 4 * chance


@pytest.mark.parametrize(
    ("dataset", "exact"),
    [
        ("moons", [0.990418, 0.932370, 0.871891, 0.820695]),
        ("sklearn_moons", [0.999357, 0.971044, 0.914592, 0.862984]),
    ],
)
def test_accuracy_is_the_integral(dataset, exact):
    """Literals from grids with steps of noise / 12, the densities from 2,000 angles each."""
    found = [best(dataset, noise).accuracy for noise in (0.1, 0.2, 0.3, 0.4)]
    assert_allclose(found, exact, atol=1e-4)


@both_geometries
@pytest.mark.parametrize("noise", [0.05, 0.2, 1.0])
def test_accuracy_is_what_a_large_sample_shows(dataset, noise):
    X, y = fresh(dataset, noise)
    classifier = best(dataset, noise)
    exact = classifier.accuracy
    assert abs(classifier.accuracy_on(X, y) - exact) < 4 * math.sqrt(exact * (1 - exact) / len(y))
    p = classifier.predict_proba(X)
    certainty = np.maximum(p, 1 - p)
    assert abs(certainty.mean() - exact) < 4 * certainty.std() / math.sqrt(len(y)) + 1e-4


@both_geometries
@pytest.mark.parametrize("noise", [0.04, 0.15, 0.7])
def test_accuracy_is_exact_to_a_hundredth_of_a_point(dataset, noise, monkeypatch):
    found = best(dataset, noise).accuracy
    for name, value in (("_STEPS", 10), ("_LEAST_STEP", 0.005), ("_REACH", 6.0)):
        monkeypatch.setattr(module, name, value)
    assert_allclose(found, best(dataset, noise).accuracy, atol=5e-5)


def test_accuracy_falls_with_the_noise():
    found = [best(noise=noise).accuracy for noise in (0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)]
    assert found == sorted(found, reverse=True)
    assert found[-1] > 0.5


def advantage(many, others):
    """How many standard errors the best possible is ahead of other log-odds on the same points."""
    _, y, log_odds = many
    difference = ((log_odds > 0) == y).astype(float) - ((others > 0) == y)
    return difference.mean() / difference.std() * math.sqrt(len(y))


def test_no_perturbed_classifier_beats_it_on_fresh_points(many):
    X, _, log_odds = many
    others = {
        "for class 1": log_odds + 0.5,
        "for class 0, a little": log_odds - 0.05,
        "tilted": log_odds + 0.7 * X[:, 0],
        "tilted a little": log_odds + 0.1 * X[:, 1],
        "bent": log_odds + 0.5 * np.sin(5 * X[:, 0]),
        "shifted": best(noise=0.2).log_odds(X - [0.1, 0]),
        "for no noise": best(noise=0.0).log_odds(X),
    }
    ahead = {name: advantage(many, other) for name, other in others.items()}
    assert min(ahead.values()) > -3, ahead
    assert min(lead for name, lead in ahead.items() if "little" not in name) > 2, ahead


def test_no_trained_network_beats_it_on_fresh_points(many):
    data = ml.load_data(ml.DataSpec(n_samples=1_000, noise=0.2))
    training = ml.Training(epochs=30, batch_size=50, learning_rate=0.02)
    for hidden in ((), (16,)):
        architecture = ml.Architecture(hidden, engine="numpy")
        for run in ml.train(architecture, training, data, seeds=(0, 1)):
            assert advantage(many, run.predict_proba(many[0]) - 0.5) > 3


@pytest.mark.parametrize("n_samples", [11, 12, 101])
def test_the_classes_are_equally_likely_whatever_number_of_points_trains(n_samples):
    X = somewhere(50)
    assert_allclose(best(n_samples=n_samples).log_odds(X), best().log_odds(X), rtol=0)
    assert best(n_samples=n_samples).prior == 0.5


def test_accuracy_on_counts_as_the_networks_do():
    X = np.array([[0, 1], [0.5, -0.5], [0.25, 0.25]])  # the last is a tie, and said to be class 0
    classifier = best()
    assert classifier.accuracy_on(X, np.array([0, 1, 0])) == 1
    assert classifier.accuracy_on(X, np.array([0, 1, 1])) == 2 / 3
    assert math.isnan(classifier.accuracy_on(np.empty((0, 2)), np.empty(0, dtype=int)))


def test_a_point_gives_the_same_alone_and_among_many():
    X = somewhere(9_001)
    together = best().log_odds(X)
    assert together.shape == (9_001,)
    for index in (0, 4_095, 4_096, 9_000):
        assert_allclose(best().log_odds(X[[index]]), together[index], rtol=1e-12)
    assert best().log_odds(X[:0]).shape == (0,)
    assert_allclose(best().log_odds(X.astype(np.float32)), together, rtol=1e-3, atol=1e-3)
    assert_array_equal(best().log_odds([[0, 1]]), best().log_odds(np.array([[0.0, 1.0]])))


def test_memory_does_not_grow_beyond_the_points_themselves():
    X = somewhere(100_000)
    tracemalloc.start()
    try:
        best().log_odds(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5 * X.nbytes + 8e6


def test_data_from_an_unknown_generator_has_none(monkeypatch):
    monkeypatch.delitem(ARCS, "moons")
    assert best_possible(ml.DataSpec("moons")) is None
    assert best_possible(ml.DataSpec("sklearn_moons")) is not None


@pytest.mark.parametrize("spec", [None, "moons", {}, ml.DataSpec])
def test_what_is_no_data_spec_is_refused(spec):
    with pytest.raises(ml.SpecError, match=r"^`spec` must be a DataSpec"):
        best_possible(spec)


@pytest.mark.parametrize(
    "X",
    [
        None, "no", 1.5, [1.0, 2.0], [[1.0, 2.0, 3.0]], [[1, 2], [3]], np.zeros((2, 2, 2)),
        np.array([["a", "b"]]), np.array([[True, False]]), np.zeros((3, 0)), [[1j, 0]],
        [[math.nan, 0]], [[0, -math.inf]], [[2e100, 0]], np.array([[np.inf, 0]], dtype="f4"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["log_odds", "predict_proba"])
def test_what_are_no_points_is_refused(method, X):
    with pytest.raises(
        ml.SpecError, match=r"^`X` must be numbers of shape \(n, 2\), from -1e\+100"
    ):
        getattr(best(), method)(X)


@pytest.mark.parametrize(
    "y", [None, [0], [0, 1, 0], [0, 2], [0.0, 1.0], [[0, 1]], ["0", "1"], [False, True]]
)
def test_what_are_no_labels_of_the_points_is_refused(y):
    with pytest.raises(ml.SpecError, match=r"^`y` must be 2 labels, 0 or 1, one a point"):
        best().accuracy_on(np.zeros((2, 2)), y)
