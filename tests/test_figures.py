from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab import figures
from moonlab.boundary import Grid, grid_over
from moonlab.results import mean_probability

BLUE, ORANGE = "#0072B2", "#E69F00"
HOSTILE = '<img src=x> & <a href="//evil">'
ESCAPED = "&lt;img src=x&gt; &amp; &lt;a href=&quot;//evil&quot;&gt;"
NETWORKS = (
    ml.Architecture((6,), engine="numpy", name=HOSTILE),
    ml.Architecture((3, 3), engine="numpy", activation="tanh"),
)


def experiment(**data):
    return ml.Experiment(
        ml.DataSpec(n_samples=120, noise=0.5, **data), ml.Training(epochs=6), NETWORKS, (0, 1, 2)
    )


@pytest.fixture(scope="module")
def comparison():
    return ml.compare(experiment())


@pytest.fixture(scope="module")
def without_validation():
    return ml.compare(experiment(validation_fraction=0.0))


@pytest.fixture(scope="module")
def data():
    return ml.load_data(experiment().data)


def boundaries(comparison, dark=False):
    data = ml.load_data(comparison.experiment.data)
    return [figures.boundary(runs, data, grid_over(data), dark) for _, runs in comparison.groups()]


def runs_of(comparison, index=0):
    return list(comparison.groups())[index][1]


def traces(figure, kind, keep=lambda trace: True):
    return [trace for trace in figure.data if trace.type == kind and keep(trace)]


def is_cross(trace):
    return trace.marker.symbol.startswith("x")


def points(some):
    """The points of some traces, as a set of pairs."""
    return {(x, y) for trace in some for x, y in zip(trace.x, trace.y, strict=True)}


def pairs(X):
    return set(map(tuple, X.tolist()))


# Loss curves


def test_every_network_has_a_solid_train_and_a_dashed_validation_line(comparison):
    lines = figures.loss_curves(comparison).data
    assert [(line.name, line.line.dash) for line in lines] == [
        (f"{ESCAPED}, train", "solid"),
        (f"{ESCAPED}, validation", "dash"),
        ("2→3→3→1, train", "solid"),
        ("2→3→3→1, validation", "dash"),
    ]


def test_the_two_lines_of_a_network_share_a_colour_that_is_no_classs(comparison):
    colors = [line.line.color for line in figures.loss_curves(comparison).data]
    assert colors[0] == colors[1] != colors[2] == colors[3]
    assert not {BLUE, ORANGE} & set(colors)


def test_eight_networks_have_eight_colours_apart_from_the_classes():
    assert len({*figures.ARCHITECTURE_COLORS[:8], BLUE, ORANGE}) == 10


def test_a_curve_is_the_mean_over_seeds_from_epoch_0(comparison):
    table = (
        comparison.history().groupby(["architecture", "epoch"], sort=False).mean(numeric_only=True)
    )
    lines = iter(figures.loss_curves(comparison).data)
    for name in comparison.experiment.names:
        for column in ("train_loss", "val_loss"):
            line = next(lines)
            assert_array_equal(line.x, range(7))
            assert_allclose(line.y, table.loc[name, column], rtol=1e-14)


def test_a_run_that_ended_early_counts_only_where_it_has_rows(comparison):
    short, *others = runs_of(comparison)
    short = replace(short, curves=short.curves[:2] + 10, status="diverged")
    runs = (short, *others, *runs_of(comparison, 1))
    line = figures.loss_curves(ml.Comparison(comparison.experiment, runs)).data[0]
    expected = [
        np.mean([run.curves[row, 0] for run in runs[:3] if row < len(run.curves)])
        for row in range(7)
    ]
    assert_allclose(line.y, expected, rtol=1e-14)


def test_runs_that_all_ended_early_have_a_curve_as_long_as_the_longest(comparison):
    runs = tuple(replace(run, curves=run.curves[:3]) for run in comparison.runs)
    lines = figures.loss_curves(ml.Comparison(comparison.experiment, runs)).data
    assert [len(line.y) for line in lines] == [3, 3, 3, 3]


def test_without_validation_points_nothing_is_drawn_for_them(without_validation):
    names = [line.name for line in figures.loss_curves(without_validation).data]
    assert names == [f"{ESCAPED}, train", "2→3→3→1, train"]
    for figure in boundaries(without_validation):
        drawn = points(traces(figure, "scatter", lambda trace: not is_cross(trace)))
        assert len(drawn) == 120
        assert not traces(
            figure, "scatter", lambda trace: trace.marker.symbol == "diamond" and len(trace.x)
        )


# Boundaries


@pytest.mark.parametrize("dark", [False, True])
def test_class_0_is_blue_and_class_1_orange_in_points_and_surface(comparison, data, dark):
    for figure in boundaries(comparison, dark):
        (surface,) = traces(figure, "heatmap")
        assert (surface.zmin, surface.zmax) == (0, 1)
        ends = [tuple(surface.colorscale[end]) for end in (0, -1)]
        assert ends == [(0, BLUE), (1, ORANGE)]
        for color, label in ((BLUE, 0), (ORANGE, 1)):
            drawn = traces(
                figure, "scatter", lambda trace, color=color: trace.marker.color == color
            )
            expected = pairs(data.X_train[data.y_train == label])
            expected |= pairs(data.X_val[data.y_val == label])
            assert points(drawn) == expected


def test_train_points_are_circles_and_validation_points_diamonds(comparison, data):
    for figure in boundaries(comparison):
        for symbol, X in (("circle", data.X_train), ("diamond", data.X_val)):
            drawn = traces(
                figure, "scatter", lambda trace, symbol=symbol: trace.marker.symbol == symbol
            )
            assert points(drawn) == pairs(X)


def probability_by_hand(run, point):
    """One point through one network, a layer at a time."""
    activation = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}[run.architecture.activation]
    h = np.asarray(point)
    for W, b in run.weights[:-1]:
        h = activation(h @ W + b)
    W, b = run.weights[-1]
    return 1 / (1 + np.exp(-(h @ W + b)[0]))


@pytest.mark.parametrize("index", [0, 1])
def test_the_surface_is_the_mean_probability_at_each_point_of_the_grid(comparison, data, index):
    runs = runs_of(comparison, index)
    grid = Grid(np.linspace(-2, 2, 7), np.linspace(-1, 1.5, 5))
    expected = [
        [np.mean([probability_by_hand(run, (x, y)) for run in runs]) for x in grid.x]
        for y in grid.y
    ]
    (surface,) = traces(figures.boundary(runs, data, grid), "heatmap")
    assert_array_equal(surface.x, grid.x)
    assert_array_equal(surface.y, grid.y)
    assert_allclose(surface.z, expected, atol=1e-7)
    assert_allclose(mean_probability(runs, grid.points), np.ravel(expected), rtol=1e-12)


@pytest.mark.parametrize("index", [0, 1])
def test_a_cross_marks_what_the_mean_probability_gets_wrong(comparison, data, index):
    runs = runs_of(comparison, index)
    X = np.concatenate([data.X_train, data.X_val])
    y = np.concatenate([data.y_train, data.y_val])
    by_run = np.array([[probability_by_hand(run, point) for point in X] for run in runs])
    wrong = (by_run.mean(axis=0) > 0.5) != (y == 1)
    votes = ((by_run > 0.5) != (y == 1)).sum(axis=0)
    assert set(votes) == {0, 1, 2, 3}  # the runs differ, so that the mean is put to the test
    figure = figures.boundary(runs, data, grid_over(data))
    assert points(traces(figure, "scatter", is_cross)) == pairs(X[wrong])


def test_all_networks_are_drawn_over_the_same_part_of_the_plane(comparison, data):
    drawn = boundaries(comparison)
    ranges = {(tuple(one.layout.xaxis.range), tuple(one.layout.yaxis.range)) for one in drawn}
    assert len(ranges) == 1
    (bounds,) = ranges
    X = np.concatenate([data.X_train, data.X_val])
    for (low, high), values in zip(bounds, X.T, strict=True):
        assert low < values.min() < values.max() < high


def test_the_line_is_drawn_where_the_network_cannot_tell(comparison):
    for figure in boundaries(comparison):
        (line,) = traces(figure, "contour")
        (surface,) = traces(figure, "heatmap")
        assert (line.contours.start, line.contours.end) == (0.5, 0.5)
        assert_array_equal(line.z, surface.z)


def test_no_name_reaches_a_boundary_unescaped(comparison):
    for figure in [*boundaries(comparison), figures.loss_curves(comparison)]:
        assert "<img" not in figure.to_json().replace("\\u003c", "<")
