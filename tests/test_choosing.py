import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.lab.choosing import FreshScores, choose_by_validation, fresh_scores


@pytest.fixture(scope="module")
def runs():
    experiment = ml.Experiment(
        ml.DataSpec(n_samples=60, noise=0.4),
        ml.Training(epochs=40),
        (ml.Architecture((8,), engine="numpy"),),
        (0, 1, 2),
        "with_data",
    )
    return ml.compare(experiment).runs


def test_fresh_scores_are_those_of_pytorch_at_every_snapshot(runs):
    scores = fresh_scores(runs, 300)
    assert scores.losses.shape == scores.right.shape == (3, len(scores.epochs), 300)
    for index, run in enumerate(runs):
        data = ml.load_data(run.data)
        y = torch.tensor(data.y_test[:300], dtype=torch.float64)
        for k, flat in enumerate(run.snapshots.astype(float)):
            W, b, v, c = flat[:16].reshape(2, 8), flat[16:24], flat[24:32], flat[32]
            z = torch.tensor(np.maximum(data.X_test[:300] @ W + b, 0) @ v + c)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(z, y, reduction="none")
            assert_allclose(scores.losses[index, k], loss, rtol=1e-6, atol=1e-9)
            assert_allclose(scores.right[index, k], (z > 0) == (y == 1))


def test_the_last_snapshots_score_on_all_fresh_points_is_the_runs_own(runs):
    scores = fresh_scores(runs, 20_000)
    assert scores.epochs[-1] == 40
    for index, run in enumerate(runs):
        assert scores.right[index, -1].mean() == pytest.approx(run.scores.test.accuracy, abs=1e-3)
        assert scores.losses[index, -1].mean() == pytest.approx(run.scores.test.loss, rel=1e-5)


def chosen_one_by_one(scores, size):
    """The same by loops."""
    rows = []
    n_runs, n_epochs, n_points = scores.losses.shape
    for run in range(n_runs):
        for start in range(0, n_points - size + 1, size):
            inside = np.zeros(n_points, bool)
            inside[start : start + size] = True
            losses = [scores.losses[run, k, inside].mean() for k in range(n_epochs)]
            best = min(range(n_epochs), key=losses.__getitem__)
            rows.append(
                [table[run, best, which].mean()
                 for table in (scores.losses, scores.right)
                 for which in (inside, ~inside)]
            )  # fmt: skip
    return [*np.mean(rows, axis=0), len(rows)]


@pytest.mark.parametrize("size", [1, 7, 20, 50])
def test_each_set_chooses_its_best_epoch_and_the_others_judge_it(size):
    random = np.random.default_rng(size)
    losses = random.exponential(size=(3, 6, 101))
    scores = FreshScores(tuple(range(6)), losses, losses < 0.7)
    assert_allclose(choose_by_validation(scores, size), chosen_one_by_one(scores, size))


def test_epochs_that_are_all_alike_still_flatter_and_a_single_one_does_not():
    losses = np.random.default_rng(0).exponential(size=(1, 25, 40_000))
    scores = FreshScores(tuple(range(25)), losses, losses < 0.7)
    choice = choose_by_validation(scores, 20)
    assert choice.fresh_loss == pytest.approx(1, abs=0.02)
    assert choice.reported_loss < 0.65
    alone = FreshScores((0,), losses[:, :1], scores.right[:, :1])
    choice = choose_by_validation(alone, 20)
    assert choice.reported_loss == pytest.approx(choice.fresh_loss)
    assert choice.reported_accuracy == pytest.approx(choice.fresh_accuracy)


def test_runs_with_snapshots_at_different_epochs_are_refused(runs, small_data):
    other = ml.train(ml.Architecture((8,), engine="numpy"), ml.Training(epochs=7), small_data)
    with pytest.raises(ml.SpecError, match="runs"):
        fresh_scores([*runs, *other])
    with pytest.raises(ml.SpecError, match="runs"):
        fresh_scores([])


@pytest.mark.parametrize("n_points", [0, 20_001, 2.0, True])
def test_a_number_of_points_that_is_none_is_refused(runs, n_points):
    with pytest.raises(ml.SpecError, match="n_points"):
        fresh_scores(runs, n_points)


@pytest.mark.parametrize("n_validation", [0, 151, "20"])
def test_sets_that_are_empty_or_too_large_are_refused(runs, n_validation):
    with pytest.raises(ml.SpecError, match="n_validation"):
        choose_by_validation(fresh_scores(runs, 300), n_validation)
