"""What the browser draws: unpacked here by another reader, and compared with networks by hand."""

import json
import time
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab.best_possible import best_possible
from moonlab.boundary import Grid
from moonlab.draws import IndependentDraws
from moonlab.frames import pack
from moonlab.record import snapshot_epochs
from moonlab.results import Comparison, Group
from moonlab.surfaces import View

NETWORKS = (
    ml.Architecture((6,), engine="numpy", name='<img src=x> "é"'),
    ml.Architecture((3, 3), engine="numpy", activation="tanh"),
)
FINE = Grid(np.linspace(-2, 2, 60), np.linspace(-1, 1.5, 40))
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


class Reader:
    """The header; per panel its layers (K, ny · nx) and crosses (K, points); the best log-odds."""

    def __init__(self, packed):
        length = int.from_bytes(packed[:4], "little")
        assert (4 + length) % 4 == 0
        self.header = json.loads(packed[4 : 4 + length])
        self.cells = self.header["nx"] * self.header["ny"]
        self.levels = np.array(self.header["levels"])
        rest = packed[4 + length :]
        self.best = []
        for data in self.header["data"]:
            size = 4 * self.cells * data["has_best"]
            self.best.append(np.frombuffer(rest[:size], np.float32))
            rest = rest[size:]
        self.panels = []
        for panel in self.header["panels"]:
            n_points = len(self.points(panel)) if panel["data"] is not None else 0
            widths = [self.cells] * (1 if panel["kind"] == "probability" else 2) + [n_points]
            size = sum(widths) * len(panel["epochs"])
            rows = np.frombuffer(rest[:size], np.uint8).reshape(len(panel["epochs"]), -1)
            self.panels.append(np.split(rows, np.cumsum(widths)[:-1], axis=1))
            rest = rest[size:]
        assert not rest

    def points(self, panel):
        return np.array(self.header["data"][panel["data"]]["points"])

    def log_odds(self, panel, layer=0, frame=-1):
        return self.levels[self.panels[panel][layer][frame]]

    def crosses(self, panel, frame=-1):
        return self.panels[panel][-1][frame].astype(bool)

    def epochs(self, panel=0):
        return self.header["panels"][panel]["epochs"]


def read(comparison, view=None, grid=GRID):
    return Reader(pack(comparison, view, grid))


def assert_shown(found, probabilities):
    """Log-odds that bytes stand for are right to 3%, and to 0.001 near 0: nearly invisible."""
    expected = np.log(probabilities / (1 - probabilities))
    assert np.abs(expected).max() < 15
    assert_allclose(found, expected, rtol=0.03, atol=0.001)
    assert_array_equal(found > 0, expected > 0)
    assert_allclose(1 / (1 + np.exp(-found)), probabilities, atol=0.007)


def mean_probability(runs, X):
    return np.mean([run.predict_proba(X) for run in runs], axis=0)


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


def disagreement_by_counting(runs, grid):
    """Share of the runs in the minority, over 15 × 15 points of the cell around each point."""
    steps = (np.arange(15) - 7) / 15
    around = np.stack(np.meshgrid(steps * np.diff(grid.x)[0], steps * np.diff(grid.y)[0]), axis=-1)
    cells = grid.points[:, np.newaxis] + around.reshape(-1, 2)  # (points, 225, 2)
    votes = np.mean([run.predict_proba(cells.reshape(-1, 2)) > 0.5 for run in runs], axis=0)
    return np.minimum(votes, 1 - votes).reshape(len(grid.points), -1).mean(axis=1)


def drawn_points(data):
    return np.concatenate([data.X_train, data.X_val]), np.concatenate([data.y_train, data.y_val])


@pytest.mark.parametrize("index", [0, 1])
def test_the_last_frame_is_the_mean_probability_of_the_reported_weights(comparison, index):
    shown = read(comparison)
    runs = comparison.groups()[index].runs
    by_hand = mean_by_hand(runs, [run.weights for run in runs], GRID.points)
    assert_allclose(by_hand, mean_probability(runs, GRID.points), atol=1e-12)
    assert_shown(shown.log_odds(index), by_hand)


@pytest.mark.parametrize(
    "view", [View(), View("seed", seed=1), View("disagreement"), View("difference")]
)
def test_the_last_frame_alone_is_that_of_all(comparison, view):
    everything, alone = read(comparison, view), Reader(pack(comparison, view, GRID, most_frames=1))
    assert [panel.pop("epochs")[-1:] for panel in everything.header["panels"]] == [
        panel.pop("epochs") for panel in alone.header["panels"]
    ]
    assert alone.header == everything.header
    for several, one in zip(everything.panels, alone.panels, strict=True):
        assert [part[-1:].tolist() for part in several] == [part.tolist() for part in one]


@pytest.mark.parametrize("index", [0, 1])
def test_the_first_frame_is_that_of_the_initial_weights(comparison, index):
    runs = comparison.groups()[index].runs
    weights = IndependentDraws(NETWORKS[index], (0, 1, 2)).initial_weights()
    assert_shown(
        read(comparison).log_odds(index, frame=0), mean_by_hand(runs, weights, GRID.points)
    )


@pytest.mark.parametrize("view", [View(), View("seed", seed=1)])
@pytest.mark.parametrize("index", [0, 1])
def test_a_frame_between_is_that_of_a_training_of_so_many_epochs(comparison, index, view):
    shown = read(comparison, view)
    epochs = int(shown.epochs(index)[3])
    assert 0 < epochs < 6
    shorter = ml.compare(experiment(training=ml.Training(epochs=epochs)))
    found = shown.panels[index][0][3].astype(int)
    assert_allclose(found, read(shorter, view).panels[index][0][-1], atol=1)
    assert_array_equal(shown.crosses(index, 3), read(shorter, view).crosses(index))


def test_with_one_seed_chosen_each_panel_shows_the_run_of_that_seed(comparison):
    shown = read(comparison, View("seed", seed=2))
    X, y = drawn_points(ml.load_data(comparison.experiment.data))
    for index, group in enumerate(comparison.groups()):
        run = group.runs[2]
        assert run.seed == 2
        assert_shown(shown.log_odds(index), run.predict_proba(GRID.points))
        assert_array_equal(shown.crosses(index), (run.predict_proba(X) > 0.5) != (y == 1))
        counts = run.scores.train, run.scores.val
        assert shown.crosses(index).sum() == sum(part.n - part.correct for part in counts)


def test_disagreement_is_the_share_of_seeds_that_contradict_their_majority(comparison):
    shown = read(comparison, View("disagreement"))
    for index, group in enumerate(comparison.groups()):
        assert shown.header["panels"][index]["kind"] == "disagreement"
        assert_shown(shown.log_odds(index), mean_probability(group.runs, GRID.points))
        expected = disagreement_by_counting(group.runs, FINE)
        found = read(comparison, View("disagreement"), FINE).panels[index][1][-1] / 510
        assert np.isclose(expected, 1 / 3).sum() > 100
        assert found.max() == pytest.approx(1 / 3, abs=0.001)
        assert np.abs(found - expected).mean() < 0.005
        assert np.abs(found - expected).max() < 0.2  # where a network has a kink


def test_a_difference_shows_both_and_where_they_decide_differently(comparison):
    shown = read(comparison, View("difference", first=1, second=0))
    second, first = (mean_probability(group.runs, GRID.points) for group in comparison.groups())
    names = [panel["name"] for panel in shown.header["panels"]]
    assert names == ["2→3→3→1", '<img src=x> "é"', '2→3→3→1 − <img src=x> "é"']
    for panel, layer, expected in ((0, 0, first), (1, 0, second), (2, 0, first), (2, 1, second)):
        assert_shown(shown.log_odds(panel, layer), expected)
    X, _ = drawn_points(ml.load_data(comparison.experiment.data))
    says = [mean_probability(group.runs, X) > 0.5 for group in comparison.groups()]
    assert 0 < (says[0] != says[1]).sum() < len(X)
    assert_array_equal(shown.crosses(2), says[0] != says[1])


def test_a_difference_of_networks_of_other_data_has_no_points_and_names_both_epochs(comparison):
    other = ml.compare(experiment(data=ml.DataSpec(n_samples=60), training=ml.Training(epochs=9)))
    pinned = other.groups()[0]._replace(name="pinned")
    both = replace(comparison, pinned=(pinned,))
    shown = read(both, View("difference", first=0, second=2))
    assert [panel["data"] for panel in shown.header["panels"]] == [0, 1, None]
    assert shown.epochs(2)[-1] == "6 and 9"
    assert len({len(panel["epochs"]) for panel in shown.header["panels"]}) == 1


@pytest.mark.parametrize("index", [0, 1])
def test_the_points_crossed_are_those_the_mean_probability_gets_wrong(comparison, index):
    shown = read(comparison)
    runs = comparison.groups()[index].runs
    X, y = drawn_points(ml.load_data(comparison.experiment.data))
    points = shown.points(shown.header["panels"][index])
    assert_allclose(points[:, :2], X, atol=0.00051)
    assert_array_equal(points[:, 2], y)
    assert_array_equal(points[:, 3], np.repeat([0, 1], [96, 24]))
    wrong = (mean_by_hand(runs, [run.weights for run in runs], X) > 0.5) != (y == 1)
    assert 0 < wrong.sum() < len(wrong)
    assert_array_equal(shown.crosses(index), wrong)


@pytest.mark.parametrize("data", [ml.DataSpec(), ml.DataSpec("sklearn_moons", 101, noise=0)])
def test_the_best_boundary_is_where_the_best_possible_classifier_has_even_odds(data):
    shown = read(ml.compare(experiment(data=data, training=ml.Training(epochs=1))))
    expected = best_possible(data).log_odds(GRID.points)
    assert len(shown.best) == 1
    assert_allclose(shown.best[0], expected / np.abs(expected).max(), rtol=1e-6)
    assert_array_equal(shown.best[0] > 0, expected > 0)


def test_there_is_no_best_boundary_where_the_classifier_is_not_known(comparison, monkeypatch):
    monkeypatch.setattr("moonlab.frames.best_possible", lambda spec: None)
    assert read(comparison).header["data"][0]["has_best"] is False


def test_all_panels_share_a_part_of_the_plane_that_holds_every_point_at_one_scale(comparison):
    wide = ml.compare(experiment(data=ml.DataSpec(n_samples=30, noise=1.5)))
    both = replace(comparison, pinned=(Group("wide", wide.runs[:3]),))
    shown = read(both, grid=None)
    header = shown.header
    assert [panel["name"] for panel in header["panels"]] == ['<img src=x> "é"', "2→3→3→1", "wide"]
    assert [panel["data"] for panel in header["panels"]] == [0, 0, 1]
    for one, spec in zip(
        header["data"], (comparison.experiment.data, wide.experiment.data), strict=True
    ):
        X, _ = drawn_points(ml.load_data(spec))
        assert_allclose(np.array(one["points"])[:, :2], X, atol=0.00051)
        for (low, high), values in zip((header["x"], header["y"]), X.T, strict=True):
            assert low < values.min() < values.max() < high
    steps = [
        (high - low) / (header[n] - 1)
        for n, (low, high) in (("nx", header["x"]), ("ny", header["y"]))
    ]
    assert steps[0] == pytest.approx(steps[1], rel=0.03)
    assert 3900 < header["nx"] * header["ny"] < 4300


@pytest.fixture(scope="module")
def own_data():
    return ml.compare(experiment(seeding="with_data"))


def test_a_seed_with_its_own_data_is_shown_with_its_own_points(own_data):
    run = own_data.runs[2]
    assert run.data.seed == 44
    shown = read(own_data, View("seed", seed=2))
    X, y = drawn_points(ml.load_data(run.data))
    assert_allclose(shown.points(shown.header["panels"][0])[:, :2], X, atol=0.00051)
    assert_array_equal(shown.crosses(0), (run.predict_proba(X) > 0.5) != (y == 1))


def test_the_mean_over_seeds_with_their_own_data_is_shown_with_the_experiments_points(own_data):
    pinned = Group("pinned", own_data.runs[1:3])  # of the same data, without its first seed
    shown = read(replace(own_data, pinned=(pinned,)))
    X, _ = drawn_points(ml.load_data(own_data.experiment.data))
    assert [panel["data"] for panel in shown.header["panels"]] == [0, 0, 0]
    assert_allclose(shown.points(shown.header["panels"][0])[:, :2], X, atol=0.00051)


def test_where_the_experiments_own_points_cannot_be_drawn_they_are_the_first_runs(own_data):
    spec = ml.DataSpec(n_samples=12)  # of these 2 validate, often of one class
    first = next(seed for seed in range(100) if not can_be_drawn(replace(spec, seed=seed)))
    seeds = [seed for seed in range(1, 50) if can_be_drawn(replace(spec, seed=first + seed))][:2]
    runs = tuple(
        replace(own_data.runs[0], data=replace(spec, seed=first + seed), seed=seed)
        for seed in seeds
    )
    shown = read(alone(runs))
    X, _ = drawn_points(ml.load_data(runs[0].data))
    assert_allclose(shown.points(shown.header["panels"][0])[:, :2], X, atol=0.00051)


def alone(runs):
    """The comparison of runs of one architecture."""
    seeds = tuple(run.seed for run in runs)
    return Comparison(experiment(architectures=(runs[0].architecture,), seeds=seeds), runs)


def can_be_drawn(spec):
    try:
        ml.load_data(spec)
    except ml.SpecError:
        return False
    return True


def test_a_view_leaves_out_what_it_has_nothing_to_show_of(comparison):
    single = Group("single", comparison.runs[:1])
    both = replace(comparison, pinned=(single,))
    own = ['<img src=x> "é"', "2→3→3→1"]
    for view, names in (
        (View(), [*own, "single"]),
        (View("disagreement"), own),
        (View("seed", seed=0), [*own, "single"]),
        (View("seed", seed=1), own),
    ):
        assert [group.name for group in view.groups(both)] == names


def test_many_points_are_drawn_in_part_with_the_validation_share():
    many = experiment(data=ml.DataSpec(n_samples=5000), training=ml.Training(epochs=1))
    shown = read(ml.compare(many))
    parts = list(shown.points(shown.header["panels"][0])[:, 3])
    assert (parts.count(0), parts.count(1)) == (480, 120)


def test_where_time_is_short_there_are_fewer_frames_with_the_first_and_the_last(
    comparison, monkeypatch
):
    monkeypatch.setattr("moonlab.surfaces._MOST_SECONDS", 1e-4)
    for view, least, most in ((View(), 2, 2), (View("seed"), 3, 6)):
        shown = read(comparison, view)
        assert least <= len(shown.epochs()) <= most
        assert (shown.epochs()[0], shown.epochs()[-1]) == ("0", "6")
    monkeypatch.setattr("moonlab.surfaces._MOST_SECONDS", 0.0)
    shown = read(comparison)
    assert shown.epochs() == ["0", "6"]
    expected = mean_probability(comparison.groups()[0].runs, GRID.points)
    assert_shown(shown.log_odds(0), expected)


@pytest.fixture(scope="module")
def large():
    return ml.compare(
        experiment(
            data=ml.DataSpec(n_samples=1000),
            training=ml.Training(epochs=300, batch_size=None),
            architectures=tuple(ml.Architecture((n,), engine="numpy") for n in range(1, 9)),
            seeds=(0, 1),
        )
    )


@pytest.mark.parametrize("kind", ["mean", "disagreement", "difference", "seed"])
def test_eight_networks_with_many_points_and_frames_take_less_than_3_megabytes(large, kind):
    packed = pack(large, View(kind))
    assert len(Reader(packed).epochs()) == 25
    assert 400_000 < len(packed) < 3_000_000


def test_eight_networks_of_128_seeds_are_packed_in_about_a_second_of_one_core():
    network = ml.Architecture((16,), engine="numpy")
    one = ml.compare(experiment(architectures=(network,), seeds=(0,))).runs[0]
    seeds = tuple(range(128))
    runs = 8 * tuple(replace(one, seed=seed) for seed in seeds)
    many = Comparison(experiment(architectures=8 * (network,), seeds=seeds), runs)
    started = time.process_time()
    shown = read(many, grid=None)
    assert time.process_time() - started < 3  # as measured 1; the processor may be shared
    assert len(shown.epochs()) >= 5


def test_views_and_names_of_the_same_runs_are_known_as_such_and_other_runs_are_not(comparison):
    renamed = replace(comparison, names=("a", "b"))
    longer = ml.compare(experiment(training=ml.Training(epochs=7)))
    same, other = read(comparison).header["runs"], read(longer).header["runs"]
    for one, view in ((comparison, View("disagreement")), (renamed, View("seed", seed=1))):
        assert read(one, view).header["runs"] == same
    assert other != same


def test_a_stopped_comparison_ends_at_the_epoch_it_came_to():
    calls = iter(range(10_000))
    stopped = ml.compare(experiment(), should_stop=lambda: next(calls) > 10)
    shown = read(stopped)
    for index, (_, runs) in enumerate(stopped.groups()):
        assert shown.epochs(index)[-1] == str(len(runs[0].curves) - 1)


def test_runs_of_other_stacks_are_shown_at_epochs_that_all_have(comparison):
    run = comparison.runs[1]
    thinned = replace(
        run, snapshots=run.snapshots[[0, 2, 4, 6]], snapshot_epochs=run.snapshot_epochs[::2]
    )
    mixed = replace(comparison, runs=(comparison.runs[0], thinned, *comparison.runs[2:]))
    shown, whole = read(mixed), read(comparison)
    assert whole.epochs(0) == ["0", "1", "2", "3", "4", "5", "6"]
    assert set(shown.epochs(0)) == {"0", "2", "4", "6"}
    for frame, epoch in enumerate(shown.epochs(0)):
        assert_array_equal(shown.panels[0][0][frame], whole.panels[0][0][int(epoch)])


def test_the_last_frame_says_so_when_the_best_validation_epoch_is_reported():
    best = ml.compare(experiment(training=ml.Training(epochs=6, report="best_validation")))
    assert read(best).epochs()[-1] == "of least validation loss"
    one = read(best, View("seed", seed=1))
    assert one.epochs()[-1] == f"{best.runs[1].best_epoch} (least validation loss)"
    assert_shown(one.log_odds(0), best.runs[1].predict_proba(GRID.points))


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
    read(comparison)


def test_weights_too_large_for_single_precision_are_shown_as_in_double(comparison):
    signs = np.where(np.arange(25) % 3, 1, -1)
    huge = replace(comparison.runs[0], last_parameters=1e30 * signs)
    expected = huge.predict_proba(GRID.points)
    assert set(expected) == {0.0, 1.0}
    shown = read(alone((huge,)))
    assert_array_equal(shown.log_odds(0) > 0, expected > 0.5)
