import numpy as np
import pytest
from helpers import random_layers
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.lab import figures_capacity as capacity
from moonlab.lab import figures_overfitting as overfitting
from moonlab.lab import figures_regions as regions
from moonlab.lab import figures_three_curves as three
from moonlab.lab.choosing import Choice, fresh_scores
from moonlab.lab.pieces import boundary_segments, class_pieces, logit_along
from moonlab.lab.regions import linear_regions, switch_lines
from moonlab.lab.remedies import Gain

VIEW = (-1.5, 2.0, -1.0, 1.5)


@pytest.fixture(scope="module")
def weights():
    return random_layers(np.random.default_rng(3), (2, 5, 4, 1))


@pytest.fixture(scope="module")
def patchwork(weights, lesson_data):
    return regions.patchwork(weights, VIEW, lesson_data, 0.2)


def named(figure, name):
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def lines(trace):
    """The segments of a trace, (k, 2, 2)."""
    return np.stack([trace.x, trace.y], axis=1).reshape(-1, 3, 2)[:, :2].astype(float)


def test_the_patchwork_holds_every_line_and_the_exact_boundary(patchwork, weights):
    switches = switch_lines(weights, VIEW)
    for layer, name in enumerate(("first layer", "second layer")):
        expected = [one.segments for one in switches if one.layer == layer]
        assert_allclose(lines(named(patchwork, name)), np.concatenate(expected))
    boundary = boundary_segments(linear_regions(weights, VIEW))
    assert_allclose(lines(named(patchwork, "boundary")), boundary)
    assert_allclose(lines(named(patchwork, "line of the other picture")), [[[-1.5, 0.2], [2, 0.2]]])


def test_the_patchwork_in_words_tells_the_network_its_epoch_and_its_counts():
    words = regions.patchwork_in_words("2→4→1", 30, 9, 3)
    assert "after 30 epochs of 2→4→1: 3 of its neurons switch" in words
    assert "into 9 linear regions" in words


def test_each_class_has_its_colour_in_pieces_and_points(patchwork, weights, lesson_data):
    pieces = class_pieces(linear_regions(weights, VIEW))
    patches = [trace for trace in patchwork.data if trace.fill == "toself"]
    assert len(patches) == len(pieces)
    for patch, piece in zip(patches, pieces, strict=True):
        assert patch.fillcolor.startswith(("rgba(0,114,178", "rgba(230,159,0")[piece.label])
    for label, color in enumerate(("#0072B2", "#E69F00")):
        (points,) = [trace for trace in patchwork.data if trace.marker.color == color]
        assert_allclose(points.x, lesson_data.X_train[lesson_data.y_train == label, 0])


def test_a_patch_tells_its_neurons_and_its_map(weights, lesson_data):
    layers = [(np.array([[1.0, 0], [0, 1]]), np.zeros(2)), (np.array([[2.0], [-3]]), np.array([1]))]
    figure = regions.patchwork(layers, VIEW, lesson_data, 0.2)
    texts = {trace.text for trace in figure.data if trace.fill == "toself"}
    assert "2 of 2 neurons on<br>logit = 2.0 x − 3.0 y + 1.0" in texts
    assert "0 of 2 neurons on<br>logit = 0.0 x + 0.0 y + 1.0" in texts


def test_bends_are_drawn_where_the_logit_bends_in_the_colour_of_the_layer(weights):
    profile = logit_along(weights, (-1.5, 0.2), (2.0, 0.2))
    line, dots = regions.bends(profile, -1.5, 2.0).data
    assert_allclose(line.x, -1.5 + 3.5 * profile.shares)
    assert_allclose(line.y, profile.logits)
    assert_allclose(dots.x, line.x[1:-1])
    assert len(set(dots.marker.color)) == len(set(profile.layers)) == 2
    assert f"{len(profile.layers) + 1} straight pieces" in regions.bends_in_words(profile)


def test_bars_span_the_counts_and_diamonds_mark_the_bounds():
    counts = [np.array([5, 9, 7]), np.array([60, 20, 100])]
    figure = capacity.counted_against_bounds(["a", "b"], counts, [11, 1331])
    assert [list(trace.x) for trace in figure.data] == [[5, 9], [11], [20, 100], [1331]]
    words = capacity.counted_against_bounds_in_words(["a", "b"], counts, [11, 1331])
    assert (
        "over 3 runs of each network: a 5 to 9 of at most 11; b 20 to 100 of at most 1,331" in words
    )


def test_a_dot_is_a_run_with_its_regions_and_its_accuracy():
    counts, right = [np.array([5, 9])], [np.array([0.9, 0.85])]
    (dots,) = capacity.regions_against_accuracy(["a"], counts, right, [0]).data
    assert (list(dots.x), list(dots.y)) == ([5, 9], [90, 85])
    words = capacity.regions_against_accuracy_in_words(["a"], counts, right)
    assert "a: 5 to 9 regions, 85.0% to 90.0%" in words


@pytest.fixture(scope="module")
def group():
    architecture = ml.Architecture((6,), engine="numpy", name="six")
    data, training = ml.DataSpec(n_samples=60, noise=0.4), ml.Training(epochs=30)
    return ml.compare(ml.Experiment(data, training, (architecture,), (0, 1), "with_data")).groups()[
        0
    ]


def test_three_curves_are_means_over_the_runs(group):
    fresh = fresh_scores(group.runs, 500)
    figure = three.three_curves(group, fresh, three.ranges(group, fresh), 0.82)
    means = np.mean([run.curves for run in group.runs], axis=0)
    for name, columns in (("train", (0, 2)), ("validation", (1, 3))):
        loss, accuracy = [trace for trace in figure.data if trace.name == name]
        assert (loss.yaxis, accuracy.yaxis) == ("y", "y2")
        assert (loss.x[0], loss.x[-1]) == (1, 30)
        assert_allclose(loss.y, means[loss.x, columns[0]])
        assert_allclose(accuracy.y, 100 * means[accuracy.x, columns[1]])
    loss, accuracy = [trace for trace in figure.data if trace.name == "fresh points"]
    assert tuple(loss.x) == fresh.epochs[1:]
    assert_allclose(loss.y, fresh.losses.mean(axis=(0, 2))[1:], rtol=1e-5)
    assert_allclose(accuracy.y, 100 * fresh.right.mean(axis=(0, 2))[1:])
    upright, level = figure.layout.shapes
    assert upright.x0 == np.median([run.best_epoch for run in group.runs])
    assert level.y0 == pytest.approx(82)


def test_ranges_hold_every_curve(group):
    fresh = fresh_scores(group.runs, 500)
    spans = three.ranges(group, fresh)
    figure = three.three_curves(group, fresh, spans, 0.82)
    losses = np.concatenate([trace.y for trace in figure.data if trace.yaxis == "y"])
    assert spans.losses == pytest.approx((losses.min(), losses.max()))
    accuracies = np.concatenate([trace.y for trace in figure.data if trace.yaxis == "y2"])
    assert spans.accuracies == pytest.approx((accuracies.min(), accuracies.max()))


def test_three_curves_in_words_say_where_they_end(group):
    fresh = fresh_scores(group.runs, 500)
    last = np.mean([run.curves[-1] for run in group.runs], axis=0)
    words = three.three_curves_in_words(group, fresh)
    assert (
        f"six over 30 epochs. At the end: {last[0]:.2f} and {100 * last[2]:.1f}% on train" in words
    )


GAINS = [Gain("a", 0.02, -0.01, 0.05, ""), Gain("b", 0.031, 0.03, 0.032, "b beats")]


def test_gains_are_points_with_their_intervals_and_the_picked_one_stands_out():
    first, second = overfitting.gains(GAINS, 1).data
    assert_allclose([first.x, second.x], [[-1, 2, 5], [3, 3.1, 3.2]])
    assert first.text[1] == "+2.0"
    assert first.line.color != second.line.color
    assert "a +2.0 points, 95% interval −1.0 to +5.0" in overfitting.gains_in_words(GAINS)


def test_flattery_shows_what_choosing_points_say_and_what_fresh_ones_say():
    choices = [Choice(0.4, 0.5, 0.83, 0.77, 100), Choice(0.44, 0.45, 0.8, 0.79, 10)]
    reported, fresh = overfitting.flattery((10, 100), choices).data
    assert (list(reported.x), list(fresh.x)) == ([10, 100], [10, 100])
    assert_allclose([reported.y, fresh.y], [[83, 80], [77, 79]])
    words = overfitting.flattery_in_words((10, 100), choices)
    assert "10 points 83.0% against 77.0%; 100 points 80.0% against 79.0%" in words
