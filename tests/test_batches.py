import time

import numpy as np
import pytest

import moonlab as ml
from moonlab.functional import ACTIVATIONS
from moonlab.lab import batches
from moonlab.numpy_mlp import forward
from moonlab.parameters import unpack


def epochs(experiment):
    return [one.training(experiment.training).epochs for one in experiment.architectures]


def updates(experiment):
    """Counted one by one."""
    n_train = experiment.data.n_train
    return [
        len(training.batch_bounds(n_train)) * training.epochs
        for one in experiment.architectures
        for training in [one.training(experiment.training)]
    ]


def test_a_race_is_the_lessons_protocol_at_three_batch_sizes():
    experiment = batches.race_of_epochs()
    assert (experiment.data, experiment.training) == (ml.DataSpec(), ml.Training())
    assert experiment.names == ("full batch", "batch 32", "batch 1")
    sizes = [one.training(experiment.training).batch_size for one in experiment.architectures]
    assert sizes == [None, 32, 1]
    assert {one.label for one in experiment.architectures} == {"2→16→1"}
    assert len(experiment.seeds) == 20


def test_updates_an_epoch_are_the_lessons():
    assert batches.updates_per_epoch() == {"full batch": 1, "batch 32": 8, "batch 1": 240}


def test_the_race_of_epochs_gives_equal_epochs():
    assert epochs(batches.race_of_epochs()) == [20, 20, 20]
    assert updates(batches.race_of_epochs(3)) == [3, 24, 720]


def test_the_race_of_updates_gives_equal_updates():
    assert updates(batches.race_of_updates()) == [480, 480, 480]
    assert epochs(batches.race_of_updates(100)) == [100, 12, 1]


def test_the_race_of_seconds_gives_equal_seconds():
    seconds = {"full batch": 300e-6, "batch 32": 60e-6, "batch 1": 30e-6}
    experiment = batches.race_of_seconds(seconds, 100)
    taken = np.array(updates(experiment)) * list(seconds.values())
    assert taken == pytest.approx(0.048, abs=0.5 * 240 * 30e-6)
    assert epochs(experiment)[1] == 100


def test_a_race_of_seconds_stays_within_what_an_experiment_may_be():
    slow = {"full batch": 1e-9, "batch 32": 1.0, "batch 1": 1e3}
    assert epochs(batches.race_of_seconds(slow)) == [20_000, 60, 1]


@pytest.mark.parametrize("size", [None, 32, 1])
def test_an_update_is_timed_without_what_stands_between_the_epochs(lesson_data, size):
    architecture = ml.Architecture((16,), engine="numpy", override={"batch_size": size})
    began = time.perf_counter()
    found = batches.seconds_per_update(architecture, ml.Training(), lesson_data, 2, 30)
    assert 0 < 30 * found < time.perf_counter() - began


def test_so_many_updates_are_timed_and_no_more(lesson_data, monkeypatch):
    ticks = iter(np.cumsum([0, 5, 3, 4, 9, 9, 9]))
    monkeypatch.setattr(batches.time, "perf_counter", lambda: float(next(ticks)))
    asked = []

    def train(architecture, training, data, seeds, *, should_stop):
        asked.extend([architecture, training, seeds])
        while not should_stop():
            pass

    monkeypatch.setattr(batches, "train", train)
    architecture = ml.Architecture((4,), override={"batch_size": 60, "epochs": 7})
    assert batches.seconds_per_update(architecture, ml.Training(), lesson_data, 3, 4) == 3
    architecture, training, seeds = asked
    assert architecture.override is None
    assert (training.batch_size, training.epochs, seeds) == (60, 2, (0, 1, 2))


def test_the_racers_are_timed_by_name(lesson_data):
    found = batches.race_seconds_per_update(lesson_data, 1)
    assert list(found) == list(batches.BATCH_SIZES)
    assert all(seconds > 0 for seconds in found.values())


@pytest.mark.parametrize("hidden", [(), (16,), (5, 3)])
def test_as_many_numbers_are_held_as_the_forward_pass_keeps(hidden):
    architecture = ml.Architecture(hidden, engine="numpy")
    layers = unpack(np.ones((1, architecture.n_parameters)), architecture.widths)
    passed = forward(np.ones((1, 7, 2)), layers, ACTIVATIONS["relu"])
    held = {id(array): array.size for array in [*passed.inputs, *passed.hidden, passed.logits]}
    assert batches.activations_held(architecture, 7) == sum(held.values())


def test_a_batch_of_32_instead_of_a_million_holds_about_31_000_times_fewer():
    of_million, of_32 = (
        batches.activations_held(ml.Architecture((16,)), n) for n in (1_000_000, 32)
    )
    assert of_million / of_32 == 31_250


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: batches.race({"batch 32": 3}), "`epochs` must give a number for each of full"),
        (lambda: batches.race_of_epochs(0), "epochs` must be an integer from 1 to 20,000"),
        (lambda: batches.race_of_updates(0), "`updates` must be an integer from 1 to 20,000"),
        (lambda: batches.race_of_seconds({}), "`seconds` must give a number for each"),
        (
            lambda: batches.race_of_seconds(dict.fromkeys(batches.BATCH_SIZES, 0.0)),
            "`seconds` must be a number above 0",
        ),
        (lambda: batches.activations_held(ml.Architecture(), 0), "`n_points` must be an integer"),
    ],
)
def test_what_breaks_a_rule_is_refused(call, match):
    with pytest.raises(ml.SpecError, match=match):
        call()


@pytest.mark.parametrize("counts", [(0, 1), (129, 1), (1, 0), (1, 10_001)])
def test_timing_counts_out_of_bounds_are_refused(lesson_data, counts):
    with pytest.raises(ml.SpecError, match="`n_"):
        batches.seconds_per_update(ml.Architecture(), ml.Training(), lesson_data, *counts)
