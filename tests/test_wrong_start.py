from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab import presets
from moonlab.judgement import judge
from moonlab.lab.wrong_start import compare_from, confidently_wrong

ARCHITECTURE = ml.Architecture((5, 3), engine="numpy")
TRAINING = ml.Training(optimizer="gd", learning_rate=0.5, batch_size=None, epochs=30)


@pytest.fixture(scope="module")
def trained(small_data):
    return ml.train(ARCHITECTURE, TRAINING, small_data, (0, 1))


def logits(p):
    return np.log(p / (1 - p))


@pytest.mark.parametrize("sureness", [1, 2.5])
def test_every_logit_changes_its_sign_and_is_as_many_times_as_sure(trained, small_data, sureness):
    starts = confidently_wrong(trained, sureness)
    one_step = replace(TRAINING, epochs=1, learning_rate=1e-12)
    flipped = ml.train(ARCHITECTURE, one_step, small_data, (0, 1), starts)
    for before, after in zip(trained, flipped, strict=True):
        X = small_data.X_train
        expected = -sureness * logits(before.predict_proba(X))
        assert_allclose(logits(after.predict_proba(X)), expected, rtol=1e-6, atol=1e-8)


def test_the_runs_keep_their_weights(trained):
    before = [run.last_parameters.copy() for run in trained]
    confidently_wrong(trained, 3)
    for run, parameters in zip(trained, before, strict=True):
        assert (run.last_parameters == parameters).all()


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_a_flipped_network_learns_as_the_trained_one_would_from_swapped_labels(
    trained, small_data, loss
):
    training = replace(TRAINING, loss=loss, epochs=20)
    swapped = replace(small_data, y_train=1 - small_data.y_train, y_val=1 - small_data.y_val)
    starts = confidently_wrong(trained)
    flipped = ml.train(ARCHITECTURE, training, small_data, (0, 1), starts)
    as_trained = [run.weights for run in trained]
    mirrored = ml.train(ARCHITECTURE, training, swapped, (0, 1), as_trained)
    for one, other in zip(flipped, mirrored, strict=True):
        assert_allclose(one.curves, other.curves, rtol=1e-7, atol=1e-12)


def experiment(**changes):
    architectures = tuple(
        replace(ARCHITECTURE, name=loss, override={"loss": loss}) for loss in ("bce", "mse")
    )
    data = ml.DataSpec(n_samples=60)
    return replace(ml.Experiment(data, TRAINING, architectures, (0, 1)), **changes)


def test_all_architectures_of_a_race_start_from_the_given_weights(trained):
    starts = confidently_wrong(trained)
    comparison = compare_from(experiment(), starts)
    assert [name for name, _ in comparison.groups()] == ["bce", "mse"]
    for _, runs in comparison.groups():
        for run, was in zip(runs, trained, strict=True):
            assert run.curves[0, 2] == pytest.approx(1 - was.curves[-1, 2])
            assert run.seed == was.seed
    again = compare_from(experiment(), starts)
    assert all(
        (a.curves == b.curves).all() for a, b in zip(comparison.runs, again.runs, strict=True)
    )


@pytest.mark.parametrize("sureness", [0, -1, 101, float("nan"), True, "2"])
def test_a_sureness_out_of_bounds_is_refused(trained, sureness):
    with pytest.raises(ml.SpecError, match="`sureness` must be a number above 0 and at most 100"):
        confidently_wrong(trained, sureness)


@pytest.mark.parametrize("runs", [None, [1], "runs"])
def test_what_is_no_list_of_runs_is_refused(runs):
    with pytest.raises(ml.SpecError, match="`runs` must be a list or tuple of Run"):
        confidently_wrong(runs)


@pytest.mark.parametrize("given", [None, experiment(seeding="with_data")])
def test_a_race_needs_independent_seeding(trained, given):
    with pytest.raises(ml.SpecError, match="must be an Experiment with independent seeding"):
        compare_from(given, confidently_wrong(trained))


def test_weights_of_other_widths_are_refused(trained):
    other = experiment(architectures=(ml.Architecture((4,), engine="numpy"),))
    with pytest.raises(ml.SpecError, match="`initial_weights`"):
        compare_from(other, confidently_wrong(trained))


# What the page of the losses says


@pytest.fixture(scope="module")
def ordinary():
    return ml.compare(presets.losses())


def accuracies(comparison):
    return [
        np.mean([run.scores.test.accuracy for run in group.runs]) for group in comparison.groups()
    ]


def test_from_ordinary_starts_squared_error_is_slower_and_does_not_fail(ordinary):
    bce, mse = accuracies(ordinary)
    (said,) = judge(ordinary.groups()).verdicts
    assert said.kind == "clear"
    assert 0.9 < mse < bce
    longer = replace(ordinary.experiment.training, epochs=500)
    late = ml.compare(replace(ordinary.experiment, training=longer, seeds=tuple(range(8))))
    assert accuracies(late)[1] > bce - 0.003


def test_from_confidently_wrong_starts_squared_error_fails_the_surer_the_worse(ordinary):
    trained = ordinary.groups()[0].runs
    found = []
    for sureness in (1, 4):
        wrong = compare_from(ordinary.experiment, confidently_wrong(trained, sureness))
        (said,) = judge(wrong.groups()).verdicts
        assert said.kind == "clear"
        found.append(accuracies(wrong))
    assert min(bce for bce, _ in found) > 0.95
    (_, as_trained), (_, surer) = found
    assert as_trained < 0.92
    assert surer < 0.7
