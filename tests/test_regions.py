from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
from helpers import random_layers
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.special import expit

import moonlab as ml
from moonlab.lab import regions as module
from moonlab.lab.regions import (
    line_bound,
    linear_regions,
    n_distinct_maps,
    network_bound,
    plane_bound,
    regions_along,
    switch_lines,
)

VIEW = (-1.5, 2.5, -1.0, 1.5)
AREA = 10.0
SHAPES = [(), (1,), (5,), (32,), (6, 5), (1, 4), (16, 16), (4, 4, 4), (3, 2, 3, 2)]
each_shape = pytest.mark.parametrize("hidden", SHAPES)


def network(hidden, seed=0):
    return random_layers(np.random.default_rng(seed), (2, *hidden, 1))


def forward(layers, X):
    """Pre-activations of every hidden layer, and the logit, of points (n, 2)."""
    H, hidden = X, []
    for W, b in layers[:-1]:
        hidden.append(H @ W + b)
        H = np.maximum(hidden[-1], 0)
    W, b = layers[-1]
    return hidden, (H @ W + b)[:, 0]


def states(layers, X):
    """Whether each hidden neuron is on at each point: tuples to look up."""
    hidden, _ = forward(layers, X)
    on = [Z > 1e-9 for Z in hidden]
    rows = np.concatenate([np.empty((len(X), 0), bool), *on], axis=1)
    return [tuple(row) for row in rows.tolist()]


def pattern(region):
    return tuple(np.concatenate([np.empty(0, bool), *region.pattern]).tolist())


def points_in_view(n=20_000, seed=1, view=VIEW):
    random = np.random.default_rng(seed)
    return random.uniform(view[::2], view[1::2], (n, 2))


def cross(u, v):
    return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]


def lie_within(polygon, X, tolerance=1e-9):
    """Whether each point is to the left of every edge of a polygon, or on it."""
    edges = np.roll(polygon, -1, axis=0) - polygon
    return (cross(edges, X[:, np.newaxis] - polygon) >= -tolerance).all(axis=1)


def assert_right(layers, view, X):
    """What must hold of the regions of any network."""
    found = linear_regions(layers, view)
    by_pattern = {pattern(region): region for region in found}
    assert len(by_pattern) == len(found), "two regions have one pattern"
    area = (view[1] - view[0]) * (view[3] - view[2])
    assert_allclose(sum(region.area for region in found), area, rtol=1e-8)
    assert min(region.area for region in found) > 0
    centres = np.array([region.polygon.mean(axis=0) for region in found])
    assert states(layers, centres) == list(by_pattern)

    seen = states(layers, X)
    assert set(seen) <= set(by_pattern)
    logit = forward(layers, X)[1]
    for one in set(seen):
        here = np.array([other == one for other in seen])
        region = by_pattern[one]
        assert lie_within(region.polygon, X[here]).all()
        assert_allclose(X[here] @ region.A + region.c, logit[here], rtol=1e-9, atol=1e-9)

    hidden = tuple(len(b) for _, b in layers[:-1])
    assert [len(on) for on in found[0].pattern] == list(hidden)
    assert len(set(seen)) <= len(found) <= network_bound(hidden)
    return found


@each_shape
def test_regions_are_those_of_the_forward_pass_on_many_points(hidden):
    assert_right(network(hidden), VIEW, points_in_view(2000))


def test_regions_of_a_trained_network_give_its_probabilities(small_data):
    architecture = ml.Architecture((8, 8), engine="numpy")
    (run,) = ml.train(architecture, ml.Training(epochs=20), small_data)
    X = points_in_view(2000)
    z = np.full(len(X), np.nan)
    for region in assert_right(run.weights, VIEW, X):
        here = lie_within(region.polygon, X)
        z[here] = X[here] @ region.A + region.c
    assert_allclose(expit(z), run.predict_proba(X), atol=1e-12)


def test_a_fine_grid_finds_every_region_of_a_small_network():
    layers = network((4, 3), seed=5)
    x, y = np.meshgrid(np.linspace(*VIEW[:2], 300), np.linspace(*VIEW[2:], 300))
    seen = states(layers, np.stack([x, y], axis=-1).reshape(-1, 2))
    assert set(seen) == {pattern(region) for region in linear_regions(layers, VIEW)}


def lines_in_view(layer, view):
    """The lines w·x + b = 0, each once, that cut the open view: exact fractions (1, w2/w1, …)."""
    x0, x1, y0, y1 = map(Fraction, view)
    lines = set()
    for w1, w2, b in zip(*map(list, layer[0]), layer[1], strict=True):
        w1, w2, b = Fraction(float(w1)), Fraction(float(w2)), Fraction(float(b))
        at_corners = [w1 * x + w2 * y + b for x in (x0, x1) for y in (y0, y1)]
        if min(at_corners) < 0 < max(at_corners):
            lead = w1 or w2
            lines.add((w1 / lead, w2 / lead, b / lead))
    return lines


def euler_count(layer, view):
    """Parts of an open rectangle under lines: 1 + lines + Σ over inner points (lines there − 1)."""
    x0, x1, y0, y1 = map(Fraction, view)
    lines = lines_in_view(layer, view)
    through = {}
    for one, other in combinations(lines, 2):
        (a, b, c), (d, e, f) = one, other
        if determinant := a * e - b * d:
            x, y = (b * f - c * e) / determinant, (c * d - a * f) / determinant
            if x0 < x < x1 and y0 < y < y1:
                through.setdefault((x, y), set()).update([one, other])
    return 1 + len(lines) + sum(len(there) - 1 for there in through.values())


@given(st.integers(0, 2**32 - 1), st.integers(1, 14))
@settings(max_examples=30)
def test_one_layer_of_random_lines_has_eulers_number_of_regions(seed, n):
    layers = network((n,), seed)
    assert len(linear_regions(layers, VIEW)) == euler_count(layers[0], VIEW)


small = st.integers(-3, 3)


def integer_layer(n_in, n_out):
    rows = st.lists(st.tuples(*[small] * (n_in + 1)), min_size=n_out, max_size=n_out)
    return rows.map(lambda rows: (np.array(rows)[:, :-1].T, np.array(rows)[:, -1]))


@given(integer_layer(2, 9), st.sampled_from([VIEW, (-2, 2, -1, 3), (0, 3, 0, 1)]))
@settings(max_examples=80)
def test_lines_that_coincide_meet_in_a_point_or_touch_the_edge_are_counted_exactly(layer, view):
    layers = [layer, (np.ones((9, 1)), np.zeros(1))]
    assert len(linear_regions(layers, view)) == euler_count(layer, view)
    for switch, w, b in zip(switch_lines(layers, view), layer[0].T, layer[1], strict=True):
        alone = w[:, np.newaxis], np.array([b])
        assert len(switch.segments) == len(lines_in_view(alone, view))


@given(st.data(), st.lists(st.integers(1, 4), min_size=1, max_size=3))
@settings(max_examples=60)
def test_regions_are_right_for_the_degenerate_networks_of_small_integers(data, hidden):
    layers = [data.draw(integer_layer(*pair)) for pair in pairwise((2, *hidden, 1))]
    assert_right(layers, (-2, 2, -1, 3), points_in_view(300, view=(-2, 2, -1, 3)))


def test_no_hidden_layer_leaves_one_region_that_is_the_view():
    layers = network(())
    (region,) = linear_regions(layers, VIEW)
    assert region.polygon.tolist() == [[-1.5, -1], [2.5, -1], [2.5, 1.5], [-1.5, 1.5]]
    assert (region.area, region.pattern, region.c) == (AREA, (), layers[0][1][0])
    assert region.A.tolist() == layers[0][0][:, 0].tolist()
    assert switch_lines(layers, VIEW) == []
    assert regions_along(layers, (0, 0), (1, 1)) == 1


@pytest.mark.parametrize("bias", [-1.0, 0.0, 1.0])
@pytest.mark.parametrize("layer", [0, 1])
def test_a_neuron_without_weights_splits_nothing(layer, bias):
    layers = network((5, 4))
    W, b = layers[layer]
    W[:, 2], b[2] = 0, bias
    found = linear_regions(layers, VIEW)
    assert {bool(region.pattern[layer][2]) for region in found} == {bias > 0}
    assert len(switch_lines(layers, VIEW)[5 * layer + 2].segments) == 0
    without = [(np.delete(W, 2, axis=1), np.delete(b, 2)) if i == layer else (W, b)
               for i, (W, b) in enumerate(layers)]  # fmt: skip
    after, bias_after = layers[layer + 1]
    carried = max(bias, 0) * after[2]
    without[layer + 1] = (np.delete(after, 2, axis=0), bias_after + carried)
    assert len(found) == len(linear_regions(without, VIEW))


@pytest.mark.parametrize("scale", [1.0, -1.0, 0.1, 1 / 3, -7e5])
def test_neurons_that_switch_on_one_line_are_counted_once(scale):
    layers = network((5, 4))
    once = len(linear_regions(layers, VIEW))
    for index in (0, 1):
        (W, b), (after, c) = layers[index : index + 2]
        twice = list(layers)
        twice[index] = np.hstack([W, scale * W[:, :1]]), np.append(b, scale * b[0])
        twice[index + 1] = np.vstack([after, np.zeros_like(after[:1])]), c
        assert len(linear_regions(twice, VIEW)) == once


@pytest.mark.parametrize("n", [1, 2, 7, 32])
def test_lines_through_one_point_make_twice_as_many_regions(n):
    layers = network((n,))
    layers[0][1][:] = -(np.array([0.3, 0.1]) @ layers[0][0])  # all meet in (0.3, 0.1)
    assert len(linear_regions(layers, VIEW)) == 2 * n
    assert regions_along(layers, (-1.5, -1), (2.5, 1.7)) == n + 1


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize(("gap", "expected"), [(1e-12, 2), (1e-10, 2), (1e-7, 3), (1e-3, 3)])
def test_a_strip_counts_from_a_billionth_of_the_view(gap, expected, scale):
    first = scale * np.array([[1.0, 2.0], [1.0, 2.0]]), scale * np.array([0, gap])
    layers = [first, (np.ones((2, 1)), np.ones(1))]
    assert len(linear_regions(layers, VIEW)) == expected
    assert regions_along(layers, (-1, -1), (1, 1)) == expected


def test_what_is_left_of_terms_that_cancel_makes_no_regions():
    first = np.array([[0.1, 0.2, 0.3], [0.7, 1.4, 2.1]])
    layers = [
        (first, np.zeros(3)),
        (np.array([[1.0], [1.0], [-1.0]]), np.zeros(1)),
        (np.ones((1, 1)), np.ones(1)),
    ]
    assert (first @ layers[1][0]).any(), "rounding leaves something"
    assert len(linear_regions(layers, VIEW)) == 2


def test_the_logit_does_not_show_regions_behind_a_dead_layer():
    layers = network((6, 3))
    layers[1][1][:] = -1e6
    found = linear_regions(layers, VIEW)
    assert len(found) == euler_count(layers[0], VIEW) > 5
    assert n_distinct_maps(found) == 1
    assert n_distinct_maps(linear_regions(network((6, 3)), VIEW)) > 5


@each_shape
def test_a_neuron_switches_along_its_segments_and_is_on_to_their_left(hidden):
    layers = network(hidden)
    found = switch_lines(layers, VIEW)
    assert [switch[:2] for switch in found] == [
        (i, j) for i, n in enumerate(hidden) for j in range(n)
    ]
    for layer, neuron, segments in found:
        start, end = segments[:, 0], segments[:, 1]
        middle, along = (start + end) / 2, end - start
        left = 1e-7 * np.stack([-along[:, 1], along[:, 0]], axis=1)
        for X, low, high in (
            (middle, -1e-12, 1e-12),
            (middle + left, 0, np.inf),
            (middle - left, -np.inf, 0),
        ):
            z = forward(layers, X)[0][layer][:, neuron]
            assert (low <= z).all() and (z <= high).all()  # noqa: PT018
        assert lie_within(np.array([(-1.5, -1), (2.5, -1), (2.5, 1.5), (-1.5, 1.5)]), middle).all()
        if layer == 0:
            assert len(segments) <= 1


@each_shape
def test_regions_along_a_segment_are_the_polygons_it_meets_and_one_more_than_switches(hidden):
    layers = network(hidden)
    polygons = [region.polygon for region in linear_regions(layers, VIEW)]
    segments = [segment for switch in switch_lines(layers, VIEW) for segment in switch.segments]
    for start, end in points_in_view(40).reshape(-1, 2, 2):
        found = regions_along(layers, tuple(start), tuple(end))
        assert found == sum(meets(polygon, start, end) for polygon in polygons)
        assert found == 1 + sum(crosses(*segment, start, end) for segment in segments)
        assert found == regions_along(layers, tuple(end), tuple(start))
        assert found <= network_bound(hidden, 1)


def meets(polygon, start, end):
    """Whether more than a point of the segment lies in a convex polygon."""
    edges = np.roll(polygon, -1, axis=0) - polygon
    low, high = 0.0, 1.0
    for at_start, at_end in zip(
        cross(edges, start - polygon), cross(edges, end - polygon), strict=True
    ):
        t = at_start / (at_start - at_end)
        low, high = (max(low, t), high) if at_end > at_start else (low, min(high, t))
    return low < high


def crosses(a, b, start, end):
    along = end - start
    return (
        cross(along, a - start) * cross(along, b - start) < 0
        and cross(b - a, start - a) * cross(b - a, end - a) < 0
    )


@pytest.mark.parametrize("depth", [1, 2, 5, 8])
def test_folding_a_line_doubles_the_regions_with_every_layer(depth):
    fold = np.array([[2.0, 2.0], [-4.0, -4.0]]), np.array([0, -0.5])  # x → 2x, then 2 − 2x
    first = np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([0, -0.5])
    layers = [first, *[fold] * (depth - 1), (np.array([[2.0], [-4.0]]), np.zeros(1))]
    assert regions_along(layers, (0, 0), (1, 0)) == 2**depth
    assert len(linear_regions(layers, (0, 1, 0, 1))) == 2**depth


@pytest.mark.parametrize("n", [1, 2, 4, 16])
def test_a_wide_view_of_one_layer_reaches_both_bounds(n):
    layers = network((n,))
    assert len(linear_regions(layers, (-1e5, 1e5, -1e5, 1e5))) == plane_bound(n)
    assert regions_along(layers, (-1e5, -0.9e5), (1e5, 0.9e5)) == line_bound(n)


def test_bounds_are_the_lessons_and_of_deep_networks_their_product():
    assert [plane_bound(n) for n in (0, 1, 2, 4, 16)] == [1, 2, 4, 11, 137]
    assert [line_bound(n) for n in (0, 1, 16)] == [1, 2, 17]
    assert [network_bound(hidden) for hidden in [(), (16,), (4, 4, 4)]] == [1, 137, 11**3]
    assert network_bound((1, 4)) == 2 * 5  # one neuron leaves a line
    assert network_bound((4, 4, 4), 1) == 5**3


def test_regions_do_not_depend_on_where_the_plane_has_its_origin():
    layers = network((6, 5))
    W, b = layers[0]
    far = [(W, b - np.array([1000.0, -2000.0]) @ W), *layers[1:]]
    moved = (998.5, 1002.5, -2001.0, -1998.5)
    assert len(linear_regions(far, moved)) == len(linear_regions(layers, VIEW))


W, B = np.ones((2, 3)), np.ones(3)
OUT = (np.ones((3, 1)), np.ones(1))


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        (None, r"`weights` must be a list of 1 to 17 \(W, b\)"),
        ([], r"`weights` must be a list of 1 to 17"),
        ([(W, B), OUT] * 9, r"`weights` must be a list of 1 to 17"),
        ([W, OUT], r"`weights` must be a list"),
        ([(W.tolist(), B), OUT], "real arrays"),
        ([(W + 0j, B), OUT], "real arrays"),
        ([(W.T, B), OUT], r"`weights\[0\]` must have shapes \(2, 3\) and \(3,\)\. Got \(3, 2\)"),
        ([(W, B[:0]), OUT], r"`weights\[0\]` must have shapes \(2, 1\) and \(1,\)"),
        ([(W, B), (np.ones((3, 2)), np.ones(2))], r"`weights\[1\]` must have shapes \(3, 1\)"),
        ([(W * np.nan, B), OUT], r"`weights\[0\]` must hold numbers to ±1e9\. Got nan instead"),
        ([(W, B * -2e9), OUT], r"`weights\[0\]` must hold numbers to ±1e9\. Got 2e\+09 instead"),
    ],
)  # fmt: skip
def test_weights_of_no_such_network_are_refused(weights, match):
    for ask in (linear_regions, switch_lines):
        with pytest.raises(ml.SpecError, match=match):
            ask(weights, VIEW)
    with pytest.raises(ml.SpecError, match=match):
        regions_along(weights, (0, 0), (1, 1))


@pytest.mark.parametrize(
    "view", [None, VIEW[:3], [*VIEW], (1, 1, 0, 1), (0, 1, 2, 1), (0, 1, 0, np.nan), (0, 1, 0, 2e9),
             (0, 1, 0, "1"), (False, True, 0, 1)],
)  # fmt: skip
def test_a_view_that_is_no_rectangle_is_refused(view):
    with pytest.raises(ml.SpecError, match=r"`view` must be \(x0, x1, y0, y1\), numbers"):
        linear_regions(network((3,)), view)


def test_a_segment_between_no_two_points_is_refused():
    with pytest.raises(ml.SpecError, match=r"`start` must be \(x, y\).*\n.*`end` must be"):
        regions_along(network((3,)), (0, 0, 0), (np.inf, 0))
    with pytest.raises(ml.SpecError, match=r"`end` must differ from `start`\. Got \(0, 0\)"):
        regions_along(network((3,)), (0.0, 0.0), (0, 0))


def test_all_faults_are_named_at_once():
    faulty = [(W, B * np.nan), (np.ones((2, 1)), np.ones(1))]
    with pytest.raises(ml.SpecError) as caught:
        linear_regions(faulty, (0, 0, 0, 0), "tanh")
    assert [fault.field for fault in caught.value.faults] == [
        "weights[0]",
        "weights[1]",
        "view",
        "activation",
    ]
    assert "`activation` must be 'relu'. Got 'tanh' instead." in str(caught.value)


@pytest.mark.parametrize(
    ("bound", "arguments", "match"),
    [
        (line_bound, (-1,), "`n` must be an integer from 0"),
        (plane_bound, (2.0,), "`n` must be an integer from 0"),
        (network_bound, ((0,),), "`hidden` must be a tuple of 0 to 16 widths"),
        (network_bound, ((4,), 3), "`dimension` must be an integer from 1 to 2"),
    ],
)
def test_a_bound_on_no_network_is_refused(bound, arguments, match):
    with pytest.raises(ml.SpecError, match=match):
        bound(*arguments)


def test_too_many_regions_are_refused_rather_than_waited_for(monkeypatch):
    monkeypatch.setattr(module, "_MOST_REGIONS", 100)
    with pytest.raises(ml.SpecError, match="must make at most 100 linear regions"):
        linear_regions(network((16, 16)), VIEW)
