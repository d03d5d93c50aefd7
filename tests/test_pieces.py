import numpy as np
import pytest
import torch
from helpers import random_layers
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.lab.pieces import (
    boundary_segments,
    class_pieces,
    count_regions,
    logit_along,
    pieces_table,
)
from moonlab.lab.regions import (
    Region,
    line_bound,
    linear_regions,
    plane_bound,
    regions_along,
)

VIEW = (-1.5, 2.0, -1.0, 1.5)
NETWORKS = [(1,), (4,), (16,), (8, 8), (4, 4, 4)]


@pytest.fixture(params=NETWORKS, ids=str)
def weights(request):
    return random_layers(np.random.default_rng(sum(request.param)), (2, *request.param, 1))


def logit(weights, points):
    """By torch, layer by layer."""
    x = torch.tensor(points)
    for W, b in weights[:-1]:
        x = torch.relu(x @ torch.tensor(W) + torch.tensor(b))
    return (x @ torch.tensor(weights[-1][0]) + torch.tensor(weights[-1][1])).numpy()[..., 0]


def area(polygon):
    x, y = polygon.T
    return (x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def n_on(weights, point):
    """Neurons of all layers that are on, by torch."""
    x, count = torch.tensor(point), 0
    for W, b in weights[:-1]:
        x = torch.relu(x @ torch.tensor(W) + torch.tensor(b))
        count += int((x > 0).sum())
    return count


def test_the_table_tells_each_region_its_neurons_and_its_logit(weights):
    regions = linear_regions(weights, VIEW)
    table = pieces_table(regions)
    assert len(table) == len(regions)
    centers = table[["center_x", "center_y"]].to_numpy()
    assert_allclose(centers, [region.polygon.mean(axis=0) for region in regions])
    by_map = (table[["a", "b"]].to_numpy() * centers).sum(axis=1) + table["c"]
    assert_allclose(by_map, logit(weights, centers), atol=1e-9)
    assert list(table["neurons_on"]) == [n_on(weights, center) for center in centers]


def test_the_pieces_tile_the_view_and_the_logit_has_one_sign_on_each(weights):
    pieces = class_pieces(linear_regions(weights, VIEW))
    assert sum(area(piece.polygon) for piece in pieces) == pytest.approx(3.5 * 2.5)
    for piece in pieces:
        z = logit(weights, piece.polygon)
        assert (np.where(piece.label, z, -z) >= -1e-9 * np.abs(z).max()).all()
        assert (logit(weights, piece.polygon.mean(axis=0)) > 0) == piece.label


def test_the_area_of_class_1_is_that_of_a_fine_grid(weights):
    pieces = class_pieces(linear_regions(weights, VIEW))
    x, y = np.meshgrid(np.linspace(-1.5, 2, 401), np.linspace(-1, 1.5, 401))
    share = (logit(weights, np.stack([x.ravel(), y.ravel()], axis=1)) > 0).mean()
    found = sum(area(piece.polygon) for piece in pieces if piece.label) / (3.5 * 2.5)
    assert found == pytest.approx(share, abs=0.01)


def test_the_logit_is_0_all_along_the_boundary_and_changes_sign_across_it(weights):
    regions = linear_regions(weights, VIEW)
    segments = boundary_segments(regions)
    largest = max(np.abs(region.polygon @ region.A + region.c).max() for region in regions)
    assert_allclose(logit(weights, segments.mean(axis=1)), 0, atol=1e-9 * largest)
    assert_allclose(logit(weights, segments.reshape(-1, 2)), 0, atol=1e-8 * largest)
    cut = len(class_pieces(regions)) - len(regions)
    assert len(segments) == cut


def test_a_network_that_is_0_everywhere_has_no_boundary():
    regions = linear_regions(
        [(np.zeros((2, 3)), np.zeros(3)), (np.zeros((3, 1)), np.zeros(1))], VIEW
    )
    assert boundary_segments(regions).shape == (0, 2, 2)
    assert [piece.label for piece in class_pieces(regions)] == [0]


def test_a_boundary_along_a_diagonal_has_the_corners_as_its_ends():
    square = np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]])
    region = Region(square, (), np.array([1.0, -1.0]), 0.0)
    assert sorted(boundary_segments([region])[0].tolist()) == [[0, 0], [1, 1]]
    assert [len(piece.polygon) for piece in class_pieces([region])] == [3, 3]


def test_corners_that_rounding_puts_beside_the_boundary_are_taken_to_lie_on_it():
    pentagon = np.array([[1.0, 1], [1 - 1e-11, 1], [0, 1], [0, 0], [1, 0]])
    (ends,) = boundary_segments([Region(pentagon, (), np.array([1.0, -1.0]), 0.0)])
    assert_allclose(sorted(ends.tolist()), [[0, 0], [1, 1]], atol=1e-9)
    touching = Region(pentagon, (), np.array([1.0, 1.0]), -2 + 1e-14)
    assert [piece.label for piece in class_pieces([touching])] == [0]
    assert boundary_segments([touching]).shape == (0, 2, 2)


def test_a_neuron_that_switches_all_along_the_line_bends_nothing_on_it():
    weights = [(np.array([[0.0, 1], [1, 0]]), np.array([-0.25, 0])), (np.ones((2, 1)), np.zeros(1))]
    profile = logit_along(weights, (-1.5, 0.25), (2.0, 0.25))
    assert_allclose(profile.logits, [0, 0, 2])


def test_the_logit_along_a_line_has_a_bend_at_every_change_of_region_and_no_other(weights):
    ends = (-1.5, 0.3), (2.0, 0.1)
    profile = logit_along(weights, *ends)
    assert len(profile.layers) == regions_along(weights, *ends) - 1
    assert len(profile.shares) == len(profile.logits) == len(profile.layers) + 2
    fine = np.linspace(0, 1, 2000)
    points = np.array(ends[0]) + fine[:, np.newaxis] * (np.array(ends[1]) - ends[0])
    straight = np.interp(fine, profile.shares, profile.logits)
    assert_allclose(straight, logit(weights, points), atol=1e-9 * np.abs(straight).max())


def test_the_layer_of_a_bend_is_that_of_a_neuron_that_is_0_there():
    weights = random_layers(np.random.default_rng(5), (2, 6, 5, 1))
    profile = logit_along(weights, (-1.5, 0.2), (2.0, 0.2))
    points = np.array([-1.5, 0.2]) + profile.shares[1:-1, np.newaxis] * np.array([3.5, 0])
    first = points @ weights[0][0] + weights[0][1]
    second = np.maximum(first, 0) @ weights[1][0] + weights[1][1]
    nearest = [np.abs(z).min(axis=1) for z in (first, second)]
    assert set(profile.layers) == {0, 1}
    assert_allclose(np.choose(profile.layers, nearest), 0, atol=1e-9)


def test_a_line_through_the_point_where_all_neurons_switch_has_one_bend():
    weights = random_layers(np.random.default_rng(1), (2, 16, 1))
    weights[0][1][:] = 0
    assert len(logit_along(weights, (-1.0, -0.5), (2.0, 1.0)).layers) == 1


@pytest.mark.parametrize("ends", [((0, 0), (0, 0)), ((0, float("nan")), (1, 1)), ("a", (1, 1))])
def test_a_line_that_is_none_is_refused(ends):
    with pytest.raises(ml.SpecError, match=r"start|end"):
        logit_along(random_layers(np.random.default_rng(0), (2, 3, 1)), *ends)


def test_sixteen_neurons_make_17_regions_along_a_line_32_at_the_start_and_137_in_the_plane():
    assert (line_bound(16), plane_bound(16), plane_bound(4), plane_bound(2)) == (17, 137, 11, 4)
    run = ml.train(
        ml.Architecture((16,), engine="numpy"), ml.Training(epochs=1), ml.load_data(ml.DataSpec())
    )[0]
    first = run.snapshots[0].astype(float)
    assert (first[32:48] == 0).all()  # the biases of the hidden layer
    start = [(first[:32].reshape(2, 16), first[32:48]), (first[48:64].reshape(16, 1), first[64:])]
    assert len(linear_regions(start, VIEW)) == 32


def test_regions_are_counted_for_each_run_at_its_reported_weights(lesson_data):
    runs = ml.train(
        ml.Architecture((5, 3), engine="numpy"), ml.Training(epochs=3), lesson_data, seeds=(3, 1)
    )
    counts = count_regions(runs, VIEW, (-1.5, 0.2), (2.0, 0.2))
    for run, in_view, along in zip(runs, counts.in_view, counts.along, strict=True):
        assert in_view == len(linear_regions(run.weights, VIEW))
        assert along == regions_along(run.weights, (-1.5, 0.2), (2.0, 0.2))


def test_a_network_without_linear_regions_is_refused(lesson_data):
    runs = ml.train(ml.Architecture((5,), "tanh", "numpy"), ml.Training(epochs=1), lesson_data)
    with pytest.raises(ml.SpecError, match="activation"):
        count_regions(runs, VIEW, (-1.5, 0.2), (2.0, 0.2))
