"""The ready experiments: they run, and say what their own numbers show."""

import re
from dataclasses import replace

import pytest

import moonlab as ml
from moonlab.presets import PRESETS, preset_of


def short(experiment):
    """The same experiment with two seeds and few epochs."""
    training = replace(experiment.training, epochs=min(experiment.training.epochs, 60))
    return replace(experiment, training=training, seeds=experiment.seeds[:2])


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_fits_the_pages_budget_and_is_recognised(name):
    experiment = PRESETS[name].experiment()
    assert ml.estimate(experiment).seconds < 20
    assert preset_of(experiment) is PRESETS[name]
    assert preset_of(replace(experiment, seeds=(7, 9))) is None


def test_what_was_seen_of_the_lesson_is_its_table(torch_lesson):
    said = PRESETS["lesson"].seen(torch_lesson)
    assert re.findall(r"\d+/60", said) == ["58/60", "59/60", "59/60", "59/60", "59/60"]
    assert "1.7%" in said


def test_what_was_seen_of_the_classifier_by_hand_is_its_trace(numpy_lesson):
    said = PRESETS["lesson-numpy"].seen(numpy_lesson)
    assert "0.4991" in said
    assert "77.3%" in said
    assert "99.0%" in said


@pytest.mark.parametrize("name", ["width", "depth", "losses"])
def test_what_was_seen_of_a_ladder_are_its_test_accuracies(name):
    comparison = ml.compare(short(PRESETS[name].experiment()))
    said = PRESETS[name].seen(comparison)
    for row in comparison.summary().itertuples():
        assert f"{row.architecture} {100 * row.test_accuracy:.1f}%" in said


def test_the_overfitting_preset_overfits():
    experiment = PRESETS["overfitting"].experiment()
    small, large = ml.compare(experiment).summary().itertuples()
    assert large.train_accuracy > 0.97  # the lesson's measured case: 98.9%, 67.5%, 76.3%
    assert large.test_accuracy < 0.80
    assert large.generalisation_gap > small.generalisation_gap + 0.15
    assert large.val_loss > 3 * small.val_loss


def test_what_was_seen_of_overfitting_are_the_losses_that_one_was_to_watch():
    comparison = ml.compare(short(PRESETS["overfitting"].experiment()))
    said = PRESETS["overfitting"].seen(comparison)
    means = comparison.history().groupby(["architecture", "epoch"])[["train_loss", "val_loss"]]
    for name in comparison.experiment.names:
        train, val = (means.mean().loc[name][f"{part}_loss"] for part in ("train", "val"))
        assert (
            f"{name}: the validation loss fell to {val.min():.2f} by epoch {val.idxmin()} and "
            f"ended at {val.iloc[-1]:.2f}, the training loss at {train.iloc[-1]:.2f}."
        ) in said
    for row in comparison.summary().itertuples():
        assert f"{row.architecture} {100 * row.test_accuracy:.1f}%" in said


def test_the_two_engines_agree_to_rounding():
    comparison = ml.compare(short(PRESETS["engines"].experiment()))
    said = PRESETS["engines"].seen(comparison)
    assert float(re.search(r"differ by (\S+) at most", said)[1]) < 1e-4


def test_cross_entropy_is_further_than_squared_error():
    cross_entropy, squared = ml.compare(PRESETS["losses"].experiment()).summary().itertuples()
    assert cross_entropy.test_accuracy > squared.test_accuracy + 0.02
