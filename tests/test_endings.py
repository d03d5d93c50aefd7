"""How a training can end other than well: divergence and stops; and what it says on the way."""

import time
from dataclasses import replace

import numpy as np
import pytest
from helpers import assert_same_run, random_layers
from numpy.testing import assert_array_equal

import moonlab as ml

both_engines = pytest.mark.parametrize("engine", ["numpy", "torch"])
TRAINING = ml.Training(epochs=8, batch_size=10, learning_rate=0.05)
N_STEPS = 5  # an epoch, on the 48 training points of `small_data`
EXPLODING = replace(TRAINING, optimizer="gd", learning_rate=100.0, l2=10.0, epochs=40)
"""Each step multiplies the weights by about -999."""


def net(engine, hidden=(6, 4)):
    return ml.Architecture(hidden, engine=engine)


@pytest.mark.parametrize("loss", ["bce", "mse"])
@pytest.mark.parametrize("hidden", [(), (6, 4), (16, 16, 16)])
@both_engines
def test_divergence_is_told_and_its_finite_past_kept(engine, hidden, loss, small_data):
    training = replace(EXPLODING, loss=loss, epochs=80)
    for run in ml.train(net(engine, hidden), training, small_data, (0, 1)):
        assert run.status == "diverged"
        assert 1 <= len(run.curves) < 80
        assert np.isfinite(run.curves).all()
        assert np.isfinite(run.last_parameters).all()
        shorter = replace(training, epochs=max(1, len(run.curves) - 1))
        before = ml.train(net(engine, hidden), shorter, small_data, (0, 1))
        same = next(other for other in before if other.seed == run.seed)
        assert_array_equal(same.last_parameters, run.last_parameters)
        assert_array_equal(same.curves, run.curves)
        assert run.scores.train.n == 48


def starts(hostile):
    random = np.random.default_rng(2)
    layers = [random_layers(random, (2, 6, 4, 1)) for _ in range(3)]
    layers[1] = [(W * hostile, b) for W, b in layers[1]]
    return layers


@pytest.mark.parametrize(
    ("engine", "hostile"),
    [("numpy", 1e160), ("numpy", 1e300), ("torch", 1e20), ("torch", 1e30)],
)
def test_a_diverging_run_harms_no_other(engine, hostile, small_data):
    training = replace(TRAINING, optimizer="gd", dropout=0.2)
    calm, wild = (
        ml.train(net(engine), training, small_data, (0, 1, 2), starts(scale))
        for scale in (1.0, hostile)
    )
    assert [run.status for run in calm] == ["ok"] * 3
    assert [run.status for run in wild] == ["ok", "diverged", "ok"]
    for index in (0, 2):
        assert_same_run(wild[index], calm[index])


def test_weights_of_a_run_that_starts_beyond_its_range_are_finite(small_data):
    run = ml.train(net("numpy"), TRAINING, small_data, (0, 1, 2), starts(1e200))[1]
    assert run.status == "diverged"
    assert run.best_epoch is None
    assert np.isfinite(run.last_parameters).all()


def test_a_start_that_is_infinite_in_the_engines_precision_is_refused(small_data):
    with pytest.raises(ml.SpecError, match="not finite in float32"):
        ml.train(net("torch"), TRAINING, small_data, (0, 1, 2), starts(1e200))


def test_a_diverged_run_predicts_without_a_warning(small_data):
    run = ml.train(net("numpy"), TRAINING, small_data, (0, 1, 2), starts(1e200))[1]
    assert run.predict_proba(small_data.X_val).shape == (12,)


def test_diverged_runs_are_counted_and_stay_in_every_mean():
    experiment = ml.Experiment(
        data=ml.DataSpec(n_samples=60),
        training=EXPLODING,
        architectures=(net("numpy"), ml.Architecture((4,), override={"l2": 0.0})),
        seeds=(0, 1, 2),
    )
    comparison = ml.compare(experiment)
    table, runs = comparison.summary(), comparison.runs_table()
    assert (runs["status"][:3] == "diverged").all()
    assert table[["n_ok", "n_diverged", "n_stopped"]].iloc[0].tolist() == [0, 3, 0]
    assert table["train_accuracy"][0] == np.mean(runs["train_accuracy"][:3])
    assert len(runs) == 6
    assert comparison.status == "ok"


class StopAfter:
    """A question that says yes from the given number of asks on."""

    def __init__(self, n):
        self.n, self.asked = n, 0

    def __call__(self):
        self.asked += 1
        return self.asked > self.n


@pytest.mark.parametrize("n_steps", [0, 1, 4, 5, 6, 13, 39])
@both_engines
def test_a_stop_keeps_the_whole_epochs_before_it(engine, n_steps, small_data):
    stop = StopAfter(n_steps)
    runs = ml.train(net(engine), TRAINING, small_data, (0, 1), should_stop=stop)
    whole = ml.train(net(engine), TRAINING, small_data, (0, 1))
    n_epochs = n_steps // N_STEPS
    assert stop.asked == n_steps + 1
    for run, other in zip(runs, whole, strict=True):
        assert run.status == "stopped"
        assert_array_equal(run.curves, other.curves[: n_epochs + 1])
    if n_epochs:
        short = ml.train(net(engine), replace(TRAINING, epochs=n_epochs), small_data, (0, 1))
        assert_array_equal(runs[0].last_parameters, short[0].last_parameters)


def test_a_stop_that_comes_too_late_leaves_the_runs_ok(small_data):
    run = ml.train(net("numpy"), TRAINING, small_data, should_stop=StopAfter(8 * N_STEPS))[0]
    assert run.status == "ok"


@both_engines
def test_a_stop_is_prompt_even_in_a_long_training(engine, lesson_data):
    asked_at = time.perf_counter() + 0.3
    started = []

    def should_stop():
        if time.perf_counter() > asked_at:
            started.append(time.perf_counter())
        return bool(started)

    long = ml.Training(epochs=20_000, batch_size=1)
    runs = ml.train(net(engine, (64, 64)), long, lesson_data, (0, 1, 2), should_stop=should_stop)
    assert time.perf_counter() - started[0] < 1
    assert {run.status for run in runs} == {"stopped"}


@both_engines
def test_stopped_sub_stacks_each_keep_a_row(engine, small_data, monkeypatch):
    monkeypatch.setattr("moonlab.trainers._STACK_NUMBERS", 1)
    runs = ml.train(net(engine), TRAINING, small_data, (0, 1, 2), should_stop=StopAfter(60))
    assert [run.status for run in runs] == ["ok", "stopped", "stopped"]
    assert [len(run.curves) for run in runs] == [9, 5, 1]


@pytest.mark.parametrize("stack_numbers", [1, 110, 2**21])
@both_engines
def test_epochs_reported_rise_to_the_last_one(engine, stack_numbers, small_data, monkeypatch):
    monkeypatch.setattr("moonlab.trainers._STACK_NUMBERS", stack_numbers)
    monkeypatch.setattr("moonlab.record._CHUNK_SECONDS", 0.0)
    told = []
    ml.train(net(engine), TRAINING, small_data, (0, 1, 2), on_epoch=told.append)
    assert told == sorted(told)
    assert (told[-1], min(told) >= 0) == (8, True)
    assert set(told) >= set(range(1, 9))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((None, TRAINING, "data", (0,)), "architecture"),
        ((net("numpy"), {}, "data", (0,)), "training"),
        ((net("numpy"), TRAINING, None, (0,)), "data"),
        ((net("numpy"), TRAINING, "data", [0]), "seeds"),
        ((net("numpy"), TRAINING, "data", (0, 0)), "seeds"),
        ((net("numpy"), TRAINING, "data", 0), "seeds"),
    ],
)
def test_wrong_arguments_of_train_are_refused_by_name(arguments, field, small_data):
    given = [small_data if argument == "data" else argument for argument in arguments]
    with pytest.raises(ml.SpecError, match=rf"^`{field}` must be"):
        ml.train(*given)


def test_all_wrong_arguments_of_train_come_at_once():
    with pytest.raises(ml.SpecError, match="must be of type") as caught:
        ml.train(None, None, None, None)
    fields = [fault.field for fault in caught.value.faults]
    assert fields == ["architecture", "training", "data", "seeds"]


X_REFUSED = [
    None,
    5,
    "points",
    [1.0, 2.0],
    [[1.0, 2.0, 3.0]],
    [[1.0], [1.0, 2.0]],
    np.zeros((2, 2, 2)),
]


@pytest.mark.parametrize("X", X_REFUSED, ids=str)
def test_points_of_another_shape_are_refused(X, small_data):
    run = ml.train(net("numpy"), replace(TRAINING, epochs=1), small_data)[0]
    with pytest.raises(ml.SpecError, match=r"^`X` must be numbers of shape \(n, 2\)"):
        run.predict_proba(X)


def test_weights_handed_out_are_copies(small_data):
    run = ml.train(net("numpy"), replace(TRAINING, epochs=1), small_data)[0]
    before = run.predict_proba(small_data.X_val)
    for W, b in run.weights:
        W[:], b[:] = 7, 7
    assert_array_equal(run.predict_proba(small_data.X_val), before)
