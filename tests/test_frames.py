"""What the browser draws: unpacked here by another reader, and compared with networks by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab.boundary import Grid, grid_over
from moonlab.draws import IndependentDraws
from moonlab.frames import pack
from moonlab.record import snapshot_epochs

NETWORKS = (
    ml.Architecture((6,), engine="numpy", name='<img src=x> "é"'),
    ml.Architecture((3, 3), engine="numpy", activation="tanh"),
)
GRID = Grid(np.linspace(-2, 2, 7), np.linspace(-1, 1.5, 5))


def experiment(**changes):
    parts = {
        "data": ml.DataSpec(n_samples=120, noise=0.5),
        "training": ml.Training(epochs=6),
        "architectures": NETWORKS,
        "seeds": (0, 1, 2),
    }
    return ml.Experiment(**(parts | changes))


@pytest.fixture(scope="module")
def comparison():
    return ml.compare(experiment())


def unpack(packed):
    """The header; per panel and frame the surface (ny, nx) in 0..1, and which points are wrong."""
    length = int.from_bytes(packed[:4], "little")
    header = json.loads(packed[4 : 4 + length])
    rest = np.frombuffer(packed[4 + length :], np.uint8)
    cells, points = header["nx"] * header["ny"], len(header["points"])
    rows = rest.reshape(-1, cells + points)
    frames, start = [], 0
    for panel in header["panels"]:
        some = rows[start : start + len(panel["epochs"])]
        start += len(panel["epochs"])
        surfaces = some[:, :cells].reshape(-1, header["ny"], header["nx"]) / 255
        frames.append((surfaces, some[:, cells:].astype(bool)))
    assert start == len(rows)
    return header, frames


def drawn(comparison, grid=GRID):
    return unpack(pack(comparison, ml.load_data(comparison.experiment.data), grid))


def probability_by_hand(architecture, layers, point):
    """One point through one network, a layer at a time."""
    activation = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh}[architecture.activation]
    h = np.asarray(point)
    for W, b in layers[:-1]:
        h = activation(h @ W + b)
    W, b = layers[-1]
    return 1 / (1 + np.exp(-(h @ W + b)[0]))


def mean_by_hand(runs, weights, points):
    return np.array(
        [
            np.mean(
                [
                    probability_by_hand(r.architecture, w, p)
                    for r, w in zip(runs, weights, strict=True)
                ]
            )
            for p in points
        ]
    )


@pytest.mark.parametrize("index", [0, 1])
def test_the_last_frame_is_the_mean_probability_of_the_reported_weights(comparison, index):
    _, frames = drawn(comparison)
    runs = list(comparison.groups())[index][1]
    expected = mean_by_hand(runs, [run.weights for run in runs], GRID.points)
    assert_allclose(frames[index][0][-1].ravel(), expected, atol=0.5 / 255 + 1e-12)


@pytest.mark.parametrize("index", [0, 1])
def test_the_first_frame_is_that_of_the_initial_weights(comparison, index):
    _, frames = drawn(comparison)
    runs = list(comparison.groups())[index][1]
    weights = IndependentDraws(NETWORKS[index], (0, 1, 2)).initial_weights()
    expected = mean_by_hand(runs, weights, GRID.points)
    assert_allclose(frames[index][0][0].ravel(), expected, atol=0.5 / 255 + 1e-5)


@pytest.mark.parametrize("index", [0, 1])
def test_a_frame_between_is_that_of_a_training_of_so_many_epochs(comparison, index):
    header, frames = drawn(comparison)
    frame = 3
    epochs = int(header["panels"][index]["epochs"][frame])
    assert 0 < epochs < 6
    shorter = ml.compare(experiment(training=ml.Training(epochs=epochs)))
    assert_allclose(frames[index][0][frame], drawn(shorter)[1][index][0][-1], atol=1.01 / 255)


@pytest.mark.parametrize("index", [0, 1])
def test_the_points_marked_are_those_the_mean_probability_gets_wrong(comparison, index):
    header, frames = drawn(comparison)
    runs = list(comparison.groups())[index][1]
    data = ml.load_data(comparison.experiment.data)
    X = np.concatenate([data.X_train, data.X_val])
    y = np.concatenate([data.y_train, data.y_val])
    points = np.array(header["points"])
    assert_allclose(points[:, :2], X, atol=0.00051)
    assert_array_equal(points[:, 2], y)
    assert_array_equal(points[:, 3], np.repeat([0, 1], [96, 24]))
    wrong = (mean_by_hand(runs, [run.weights for run in runs], X) > 0.5) != (y == 1)
    assert 0 < wrong.sum() < len(wrong)
    assert_array_equal(frames[index][1][-1], wrong)


def test_all_panels_share_the_part_of_the_plane_and_it_holds_every_point(comparison):
    data = ml.load_data(comparison.experiment.data)
    header, _ = drawn(comparison, grid_over(data, 8))
    X = np.concatenate([data.X_train, data.X_val])
    for (low, high), values in zip((header["x"], header["y"]), X.T, strict=True):
        assert low < values.min() < values.max() < high
    assert [panel["name"] for panel in header["panels"]] == ['<img src=x> "é"', "2→3→3→1"]


def test_many_points_are_drawn_in_part_with_the_validation_share():
    many = experiment(data=ml.DataSpec(n_samples=5000), training=ml.Training(epochs=1))
    header, _ = drawn(ml.compare(many))
    parts = [part for *_, part in header["points"]]
    assert (parts.count(0), parts.count(1)) == (480, 120)


def test_many_seeds_get_fewer_frames_with_the_first_and_the_last():
    many = experiment(
        training=ml.Training(epochs=40), architectures=NETWORKS[:1], seeds=tuple(range(100))
    )
    header, frames = drawn(ml.compare(many))
    epochs = header["panels"][0]["epochs"]
    assert len(epochs) * 100 <= 1100
    assert (epochs[0], epochs[-1]) == ("0", "40")
    assert len(frames[0][0]) == len(epochs)


def test_a_stopped_comparison_ends_at_the_epoch_it_came_to():
    calls = iter(range(10_000))
    stopped = ml.compare(experiment(), should_stop=lambda: next(calls) > 10)
    header, _ = drawn(stopped)
    for panel, (_, runs) in zip(header["panels"], stopped.groups(), strict=True):
        assert panel["epochs"][-1] == str(len(runs[0].curves) - 1)


def test_the_last_frame_says_so_when_the_best_validation_epoch_is_reported():
    best = experiment(training=ml.Training(epochs=6, report="best_validation"))
    header, _ = drawn(ml.compare(best))
    assert header["panels"][0]["epochs"][-1] == "of least validation loss"


def test_snapshots_are_few_begin_at_0_end_at_the_end_and_shrink_for_large_networks():
    assert snapshot_epochs(300, 100)[:4] == (0, 1, 2, 5)
    for epochs in (1, 5, 300, 20_000):
        kept = snapshot_epochs(epochs, 100)
        assert (kept[0], kept[-1]) == (0, epochs)
        assert len(kept) <= 25
        assert list(kept) == sorted(set(kept))
    assert snapshot_epochs(300, 10**7) == (0, 300)


def test_a_diverged_run_keeps_showing_its_last_finite_weights():
    wild = experiment(training=ml.Training(optimizer="gd", learning_rate=100.0, l2=1.0, epochs=80))
    deep = replace(wild, architectures=(ml.Architecture((16, 16, 16), engine="numpy"),))
    comparison = ml.compare(deep)
    assert {run.status for run in comparison.runs} == {"diverged"}
    for run in comparison.runs:
        assert np.isfinite(run.snapshots).all()
        assert_array_equal(run.snapshots[-1], run.last_parameters.astype(np.float32))
    drawn(comparison)
