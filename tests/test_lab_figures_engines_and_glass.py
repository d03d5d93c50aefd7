import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab.lab import figures_engines as engines
from moonlab.lab.figures_glass import plane
from moonlab.lab.parity import loss_gaps
from moonlab.results import Group

NETWORK = ml.Architecture((5,), engine="numpy")
GAPS = {"second": np.array([0.0, 1e-16, 2e-5])}


@pytest.fixture
def groups(small_data):
    """Two rates in the place of two engines: curves that differ."""
    return [
        Group(name, tuple(ml.train(NETWORK, ml.Training(learning_rate=rate, epochs=4), small_data)))
        for name, rate in (("first", 0.01), ("second", 0.02))
    ]


def test_curves_of_the_first_seed_lie_above_their_gaps(groups):
    first, second = groups
    gaps = {"second": loss_gaps(first.runs, second.runs)}
    figure = engines.overlay(groups, gaps)
    curves = [trace for trace in figure.data if trace.yaxis == "y"]
    for group, trace in zip(groups, curves, strict=True):
        assert trace.name == group.name
        assert_array_equal(trace.x, np.arange(5))
        assert_array_equal(trace.y, group.runs[0].history["train_loss"])
    (below,) = [trace for trace in figure.data if trace.yaxis == "y2"]
    losses = [run.history[["train_loss", "val_loss"]] for run in (first.runs[0], second.runs[0])]
    assert below.name == "second"
    assert_allclose(below.y[1:], (losses[1] - losses[0]).abs().max(axis=1)[1:])
    assert not below.showlegend
    assert curves[0].line.width > curves[1].line.width  # one sees the first beside the second


def test_no_gap_at_all_is_drawn_where_a_logarithmic_axis_can(groups):
    (below,) = [t for t in engines.overlay(groups, GAPS).data if t.yaxis == "y2"]
    assert 0 < below.y[0] < 1e-16
    assert_array_equal(below.y[1:], GAPS["second"][1:])


def test_gaps_in_words():
    assert engines.overlay_in_words(GAPS).endswith("differ: second by 2.0e-05 at most.")


@pytest.mark.parametrize(("evaluation", "side"), [(0.9, "right"), (0.2, "left")])
def test_passes_are_a_histogram_beside_the_line_of_eval(evaluation, side):
    drawn = np.array([0.1, 0.12, 0.9, 1.0])
    figure = engines.passes(drawn, evaluation)
    (histogram,) = figure.data
    assert_array_equal(histogram.x, drawn)
    assert histogram.xbins.start <= 0
    assert histogram.xbins.end > 1  # a probability of 1 has a bin, too
    (line,) = figure.layout.shapes
    assert (line.x0, line.x1) == (evaluation, evaluation)
    (told,) = figure.layout.annotations
    assert told.text == f"eval(): {evaluation:.3f}, always"
    assert told.xanchor == side  # towards the middle, so that it stays within


def test_passes_in_words():
    words = engines.passes_in_words(np.array([0.1, 0.7]), 0.25)
    assert "in 2 passes: in training mode from 0.100 to 0.700, in evaluation mode always 0.250" in (
        words
    )


def test_the_plane_shows_what_the_network_says_of_it_and_of_its_points(small_data):
    [run] = ml.train(NETWORK, ml.Training(epochs=3), small_data)
    figure = plane(run.last_parameters, NETWORK, small_data)
    tint, line, *marks = figure.data
    points = np.stack(np.meshgrid(tint.x, tint.y), axis=-1).reshape(-1, 2)
    p = run.predict_proba(points).reshape(len(tint.y), len(tint.x))
    assert_allclose(tint.z, p, atol=6e-4)
    assert_array_equal(np.array(line.z) > 0, p > 0.5)
    assert (line.contours.start, line.contours.end) == (0, 0)
    for label, trace in enumerate(marks):
        own = small_data.y_train == label
        assert_array_equal(np.column_stack([trace.x, trace.y]), small_data.X_train[own])
        p = run.predict_proba(small_data.X_train[own])
        assert_allclose(trace.customdata, p)
        right = (p > 0.5) == (label == 1)
        assert_array_equal(np.array(trace.marker.symbol) == "circle", right)
    symbols = np.concatenate([trace.marker.symbol for trace in marks])
    assert set(symbols) == {"circle", "x"}  # a trial in which both occur
