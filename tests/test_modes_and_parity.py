import dataclasses

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab.draws import DropoutMasks
from moonlab.lab.modes import in_both_modes, marks
from moonlab.lab.parity import loss_gaps
from moonlab.torch_mlp import MLP, to_state_dict
from moonlab.ui.lab.engines import engines

DEEP = ml.Architecture((6, 4), engine="numpy")


def trained(small_data, **more):
    return ml.train(DEEP, ml.Training(epochs=5, **more), small_data, (0, 1))


def in_torch(run):
    model = MLP(2, run.architecture.hidden, 1).double()
    model.load_state_dict(to_state_dict(run.weights, "float64"))
    return model


def test_modes_are_those_of_the_pytorch_module(small_data):
    """`train()` and `eval()` of the module itself, given the masks of the same seeds."""
    run = trained(small_data, dropout=0.4)[0]
    X = small_data.X_val
    found = in_both_modes(run, X, 5)
    model, points = in_torch(run), torch.tensor(X)
    for index in range(5):
        drawn = DropoutMasks(DEEP, (index,), 0.4).draw(len(X))
        masks = [torch.tensor(mask[0]) for mask in drawn]
        for mode, logits in ((model.train, found.training[index]), (model.eval, found.evaluation)):
            mode()
            expected = model(points, masks).detach().numpy()[:, 0]
            assert_allclose(np.ravel(logits), expected, rtol=1e-12, atol=1e-14)
    assert np.ptp(found.training, axis=0).min() > 0


def test_without_dropout_the_modes_agree(small_data):
    found = in_both_modes(trained(small_data)[0], small_data.X_val, 3)
    assert_allclose(found.training, np.tile(found.evaluation, (3, 1)), rtol=1e-13)


def test_passes_repeat_and_fewer_are_the_first_of_more(small_data):
    run = trained(small_data, dropout=0.5)[1]
    many, few = (in_both_modes(run, small_data.X_val, passes) for passes in (7, 3))
    assert_array_equal(many.training[:3], few.training)


def test_evaluation_mode_gives_the_score_of_the_run(small_data):
    run = trained(small_data, dropout=0.5)[0]
    found = in_both_modes(run, small_data.X_val, 2)
    score = run.scores.val
    [loss], [correct] = marks(found.evaluation, small_data.y_val, "bce")
    assert (loss, correct) == (pytest.approx(score.loss, rel=1e-12), score.correct)


@pytest.mark.parametrize("passes", [0, 1001, 2.0, True])
def test_numbers_of_passes_out_of_range_are_refused(passes, small_data):
    with pytest.raises(ml.SpecError, match=r"`passes` must be an integer from 1 to 1,000"):
        in_both_modes(trained(small_data)[0], small_data.X_val, passes)


def test_gap_is_the_largest_difference_of_any_loss_of_any_pair(small_data):
    runs = trained(small_data)
    curves = [run.curves.copy() for run in runs]
    curves[0][2, 0] += 0.25
    curves[1][2, 1] -= 0.5
    curves[1][4, 1] += 1e-9
    curves[1][3, 2] += 1  # an accuracy, which does not count
    others = [dataclasses.replace(r, curves=c) for r, c in zip(runs, curves, strict=True)]
    assert_allclose(loss_gaps(runs, others), [0, 0, 0.5, 0, 1e-9, 0], rtol=1e-6)


def test_gap_without_validation_points_is_that_of_the_training_loss():
    data = ml.load_data(ml.DataSpec(n_samples=40, validation_fraction=0.0))
    runs = trained(data)
    assert loss_gaps(runs, runs).tolist() == [0.0] * 6


def test_runs_that_do_not_pair_are_refused(small_data):
    runs = trained(small_data)
    shorter = ml.train(DEEP, ml.Training(epochs=2), small_data, (0, 1))
    for others in (runs[::-1], runs[:1], shorter):
        with pytest.raises(ml.SpecError, match=r"`others` must have the seeds of `runs`"):
            loss_gaps(runs, others)


def test_in_single_precision_most_seeds_of_the_lessons_network_drift_by_rounding_alone():
    """The page of the two engines counts on it: a jump at a kink is the exception."""
    asked = engines()
    architectures = (asked.architectures[0], asked.architectures[2])
    few = dataclasses.replace(asked, architectures=architectures, seeds=(0, 1, 2))
    by_hand, single = (group.runs for group in ml.compare(few).groups())
    gaps = [loss_gaps([a], [b]).max() for a, b in zip(by_hand, single, strict=True)]
    assert single[0].training.epochs == 300
    assert 1e-9 < np.median(gaps) < 1e-5
