import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import assert_same_run, random_layers
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab import metrics, record, trainers
from moonlab.draws import DropoutMasks, IndependentDraws
from moonlab.functional import LOSSES

ENGINES = ["numpy", "torch"]
TRAINING = ml.Training(epochs=8, batch_size=10, learning_rate=0.05)
both_engines = pytest.mark.parametrize("engine", ENGINES)


def relu_net(engine="numpy", hidden=(6, 4), **more):
    return ml.Architecture(hidden, engine=engine, **more)


def probability(layers, X):
    """By hand, point by point, from the weights that a run shows."""
    p = []
    for h in X:
        for W, b in layers[:-1]:
            h = np.maximum(h @ W + b, 0)
        W, b = layers[-1]
        p.append(1 / (1 + np.exp(-(h @ W + b)[0])))
    return np.array(p)


def loss_and_accuracy(layers, X, y):
    p = probability(layers, X)
    return -np.mean(np.where(y == 1, np.log(p), np.log(1 - p))), np.mean((p > 0.5) == (y == 1))


@both_engines
def test_row_k_is_measured_on_the_weights_after_k_epochs(engine, small_data):
    whole = ml.train(relu_net(engine), TRAINING, small_data)[0]
    assert whole.curves.shape == (9, 4)
    assert whole.history["epoch"].tolist() == list(range(9))
    for k in range(1, 9):
        run = ml.train(relu_net(engine), replace(TRAINING, epochs=k), small_data)[0]
        assert_array_equal(run.curves, whole.curves[: k + 1])
        train = loss_and_accuracy(run.weights, small_data.X_train, small_data.y_train)
        val = loss_and_accuracy(run.weights, small_data.X_val, small_data.y_val)
        row = run.history.iloc[k]
        assert_allclose(row[["train_loss", "train_accuracy"]], train, rtol=1e-9)
        assert_allclose(row[["val_loss", "val_accuracy"]], val, rtol=1e-9)


@both_engines
def test_row_0_is_the_initial_weights_without_dropout(engine, small_data):
    start = random_layers(np.random.default_rng(0), (2, 6, 4, 1))
    training = replace(TRAINING, dropout=0.5, torch_dtype="float64")
    run = ml.train(relu_net(engine), training, small_data, (0,), [start])[0]
    expected = loss_and_accuracy(start, small_data.X_train, small_data.y_train)
    assert_allclose(run.history.loc[0, ["train_loss", "train_accuracy"]], expected, rtol=1e-9)


WILD = replace(TRAINING, learning_rate=0.3, optimizer="momentum", epochs=12)


@both_engines
def test_best_epoch_is_the_first_least_validation_loss_and_best_weights_are_its(engine, small_data):
    runs = ml.train(relu_net(engine), WILD, small_data, tuple(range(6)))
    assert any(0 < run.best_epoch < WILD.epochs for run in runs)
    for run in runs:
        assert run.best_epoch == int(np.argmin(run.history["val_loss"]))
        best = replace(run, training=replace(WILD, report="best_validation"))
        found = loss_and_accuracy(best.weights, small_data.X_val, small_data.y_val)
        assert_allclose(found[0], run.history["val_loss"].min(), rtol=1e-9)


@both_engines
def test_of_equal_epochs_the_first_is_best(engine, small_data):
    still = replace(TRAINING, learning_rate=5e-324, optimizer="gd")
    run = ml.train(relu_net(engine), still, small_data)[0]
    assert len(set(run.history["val_loss"])) == 1
    assert run.best_epoch == 0


@both_engines
def test_report_best_validation_moves_weights_probabilities_and_table(engine, small_data):
    last, best = (
        ml.train(relu_net(engine), replace(WILD, report=report), small_data, (0, 1, 2, 3))
        for report in ("last", "best_validation")
    )
    for run, other in zip(last, best, strict=True):
        assert_array_equal(run.curves, other.curves)
        for reported, epoch in ((run, WILD.epochs), (other, run.best_epoch)):
            row = reported.history.iloc[epoch]
            assert_allclose(reported.scores.train.loss, row["train_loss"], rtol=1e-12)
            assert_allclose(reported.scores.val.loss, row["val_loss"], rtol=1e-12)
            assert reported.scores.val.accuracy == row["val_accuracy"]
            p = probability(reported.weights, small_data.X_val)
            assert_allclose(reported.predict_proba(small_data.X_val), p, rtol=1e-9)
    moved = [run.best_epoch != WILD.epochs for run in last]
    assert [
        not np.array_equal(r.weights[0][0], o.weights[0][0])
        for r, o in zip(last, best, strict=True)
    ] == moved
    assert any(moved)


@both_engines
def test_log_loss_is_the_cross_entropy_whichever_loss_was_trained(engine, small_data):
    for loss in ("bce", "mse"):
        run = ml.train(relu_net(engine), replace(TRAINING, loss=loss), small_data)[0]
        for part in ("train", "val", "test"):
            X, y = getattr(small_data, f"X_{part}"), getattr(small_data, f"y_{part}")
            score = getattr(run.scores, part)
            p = run.predict_proba(X)
            expected = -np.mean(np.where(y == 1, np.log(p), np.log(1 - p)))
            assert score.log_loss == pytest.approx(expected, rel=1e-9)
            assert (score.log_loss == score.loss) == (loss == "bce")


def test_log_loss_of_a_sure_mistake_is_its_logit_and_finite():
    logits, labels = np.array([[1000.0, -2000.0]]), np.array([0, 1])
    (score,) = metrics.scores(logits, labels, "mse")
    assert (score.loss, score.log_loss) == (1, 1500)


@both_engines
def test_without_validation_points_their_columns_and_best_epoch_are_empty(engine):
    data = ml.load_data(ml.DataSpec(n_samples=60, validation_fraction=0.0))
    run = ml.train(relu_net(engine), TRAINING, data)[0]
    assert run.best_epoch is None
    assert run.best_parameters is None
    assert run.history[["val_loss", "val_accuracy"]].isna().all(axis=None)
    score = run.scores.val
    assert np.isnan([score.loss, score.log_loss, score.accuracy]).all()
    assert run.status == "ok"
    with pytest.raises(ml.SpecError, match="needs validation points"):
        ml.train(relu_net(engine), replace(TRAINING, report="best_validation"), data)


@pytest.mark.parametrize(
    "changes", [{}, {"dropout": 0.3, "l2": 0.1}, {"batch_size": None}], ids=str
)
@both_engines
def test_a_seed_trains_the_same_in_any_company(engine, changes, small_data):
    training, architecture = replace(TRAINING, **changes), relu_net(engine)
    company = {
        run.seed: run for run in ml.train(architecture, training, small_data, (3, 1, 4, 0, 5))
    }
    for seeds in [(3,), (0,), (5, 4, 3), (9, 0), tuple(range(40))]:
        for run in ml.train(architecture, training, small_data, seeds):
            if run.seed not in company:
                continue
            if engine == "numpy":
                assert_same_run(run, company[run.seed])
            else:
                other = company[run.seed]
                assert_allclose(run.last_parameters, other.last_parameters, atol=1e-6)
                assert_allclose(run.curves[:, :2], other.curves[:, :2], atol=1e-6)


@both_engines
def test_seeds_differ_and_repeat(engine, small_data):
    first, second = ml.train(relu_net(engine), TRAINING, small_data, (0, 1))
    assert not np.isin(first.last_parameters, second.last_parameters).any()
    again = ml.train(relu_net(engine), TRAINING, small_data, (0, 1))
    assert_same_run(again[0], first)
    assert_same_run(again[1], second)


def test_all_architectures_meet_the_same_batches_in_orders_that_are_permutations():
    seeds = (0, 8)
    orders = IndependentDraws(relu_net(), seeds).orders(5, 48)
    other = IndependentDraws(ml.Architecture((3,), "tanh"), (8, 4, 0)).orders(5, 48)
    assert_array_equal(orders, other[:, [2, 0]])
    assert orders.shape == (5, 2, 48)
    assert_array_equal(np.sort(orders), np.broadcast_to(np.arange(48), orders.shape))
    assert len({tuple(row) for row in orders.reshape(-1, 48).tolist()}) == 10


def test_orders_are_the_same_one_epoch_at_a_time_or_many():
    at_once = IndependentDraws(relu_net(), (0, 8)).orders(9, 31)
    draws = IndependentDraws(relu_net(), (0, 8))
    assert_array_equal(np.concatenate([draws.orders(n, 31) for n in (1, 1, 4, 3)]), at_once)


def test_dropout_masks_drop_their_share_and_keep_the_mean():
    (mask,) = DropoutMasks(relu_net(hidden=(50,)), (0, 1), 0.3).draw(2_000)
    assert mask.shape == (2, 2_000, 50)
    assert_allclose(np.unique(mask), [0, 1 / 0.7])
    assert_allclose(mask.mean(axis=(1, 2)), 1, atol=0.01)
    assert (mask[0] != mask[1]).any()


CUTS = [
    (trainers, "_STACK_NUMBERS", 1),
    (trainers, "_STACK_NUMBERS", 110),
    (trainers, "_CHUNK_NUMBERS", 1),
    (record, "_CHUNK_NUMBERS", 1),
    (record, "_CHUNK_SECONDS", 0.0),
]


@pytest.mark.parametrize("place", CUTS, ids=lambda cut: f"{cut[0].__name__}.{cut[1]}-{cut[2]}")
@both_engines
def test_how_work_is_cut_up_changes_no_result(engine, place, small_data, monkeypatch):
    training, seeds = replace(TRAINING, dropout=0.2), (3, 1, 4, 0, 5)
    expected = ml.train(relu_net(engine), training, small_data, seeds)
    monkeypatch.setattr(*place)
    for run, other in zip(
        ml.train(relu_net(engine), training, small_data, seeds), expected, strict=True
    ):
        if engine == "numpy":
            assert_same_run(run, other)
        else:
            assert run.seed == other.seed
            assert_allclose(run.last_parameters, other.last_parameters, atol=1e-6)


def test_linear_baseline_reaches_the_optimum_of_logistic_regression(lesson_data):
    X = np.column_stack([lesson_data.X_train, np.ones(240)])
    y, w = lesson_data.y_train, np.zeros(3)
    for _ in range(20):  # Newton's method
        p = 1 / (1 + np.exp(-X @ w))
        w -= np.linalg.solve((X * (p * (1 - p))[:, None]).T @ X, X.T @ (p - y))
    training = ml.Training("gd", 1.0, None, 4_000)
    run = ml.train(ml.Architecture((), engine="numpy"), training, lesson_data)[0]
    assert_allclose(run.last_parameters, w, rtol=1e-6)
    assert_allclose(run.scores.train.loss, LOSSES["bce"].value(X @ w, y).mean(), rtol=1e-9)


@pytest.mark.parametrize("hidden", [(), (6,)])
@both_engines
def test_full_batch_descent_is_the_loop_one_would_write(engine, hidden, small_data):
    training = ml.Training("gd", 0.5, None, 50, torch_dtype="float64")
    start = random_layers(np.random.default_rng(1), (2, *hidden, 1))
    run = ml.train(relu_net(engine, hidden), training, small_data, (0,), [start])[0]
    parts = [torch.tensor(part, requires_grad=True) for layer in start for part in layer]
    X, y = torch.tensor(small_data.X_train), torch.tensor(small_data.y_train).double()
    for epoch in range(51):
        H = X
        for W, b in zip(parts[:-2:2], parts[1:-2:2], strict=True):
            H = torch.relu(H @ W + b)
        z = (H @ parts[-2] + parts[-1])[:, 0]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y)
        assert_allclose(run.curves[epoch, 0], loss.item(), rtol=1e-9)
        gradients = torch.autograd.grad(loss, parts)
        parts = [
            (p - 0.5 * g).detach().requires_grad_() for p, g in zip(parts, gradients, strict=True)
        ]


@both_engines
def test_seconds_of_the_runs_add_up_to_the_wall_clock(engine, small_data):
    started = time.perf_counter()
    runs = ml.train(relu_net(engine), TRAINING, small_data, (0, 1, 2))
    elapsed = time.perf_counter() - started
    assert len({run.seconds for run in runs}) == 1
    assert 0.5 * elapsed < sum(run.seconds for run in runs) <= elapsed
