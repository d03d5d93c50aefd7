import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from helpers import small_experiment as small
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab.draws import SequentialDraws

MEANS = ["train_accuracy", "val_accuracy", "test_accuracy", "train_loss", "val_loss", "test_loss"]
SUMMARY = ["architecture", "engine", "parameters", "n_seeds", *MEANS, "seconds"]
RUNS = ["architecture", "engine", "parameters", "seed", "status", *MEANS, "best_epoch", "seconds"]
CURVES = ["train_loss", "val_loss", "train_accuracy", "val_accuracy"]
HISTORY = ["architecture", "engine", "seed", "epoch", *CURVES]


@pytest.mark.parametrize(
    ("epoch", "bce", "percent"),
    [(0, 0.4991, 77.3), (100, 0.2186, 89.7), (200, 0.1079, 97.3), (499, 0.0377, 99.0)],
)
def test_numpy_lesson_trace_is_the_lessons(numpy_lesson, epoch, bce, percent):
    row = numpy_lesson.history().iloc[epoch]
    assert row["epoch"] == epoch
    assert f"{row['train_loss']:.4f}" == f"{bce:.4f}"
    assert f"{row['train_accuracy']:.1%}" == f"{percent}%"


def test_numpy_lesson_starts_from_the_lessons_logit(numpy_lesson):
    data = ml.load_data(numpy_lesson.experiment.data)
    (architecture,) = numpy_lesson.experiment.architectures
    draws = SequentialDraws(architecture, (0,), [np.random.RandomState(0)])
    ((W1, b1), (W2, b2)) = draws.initial_weights()[0]
    z = np.maximum(data.X_train @ W1 + b1, 0) @ W2 + b2
    assert_allclose(z[0], -1.4615, atol=5e-5)
    assert_allclose(1 / (1 + np.exp(-z[0])), 0.1882, atol=5e-5)
    right = np.count_nonzero((z[:, 0] > 0) == data.y_train)
    assert right == 232 == numpy_lesson.history()["train_accuracy"][0] * 300


def test_lessons_train_as_long_as_the_lesson(numpy_lesson, torch_lesson):
    assert [len(run.curves) for run in numpy_lesson.runs] == [501]
    assert [len(run.curves) for run in torch_lesson.runs] == [301] * 5


def test_torch_lesson_table_is_the_lessons(torch_lesson):
    table = torch_lesson.runs_table()
    names = ["2→4→1", "2→16→1", "2→32→1", "2→8→8→1", "2→16→16→1"]
    assert table["architecture"].tolist() == names
    assert table["parameters"].tolist() == [17, 65, 129, 105, 337]
    assert table["train_correct"].tolist() == [240] * 5
    assert table["val_correct"].tolist() == [58, 59, 59, 59, 59]
    assert table["train_n"].tolist() == [240] * 5
    assert [f"{a:.1%}" for a in torch_lesson.summary()["val_accuracy"]] == ["96.7%"] + ["98.3%"] * 4


@pytest.mark.parametrize(("batch_size", "n_updates"), [(None, 1), (32, 8), (1, 240), (240, 1)])
def test_updates_an_epoch_are_the_lessons(batch_size, n_updates):
    bounds = ml.Training(batch_size=batch_size).batch_bounds(240)
    assert len(bounds) == n_updates
    if batch_size == 32:
        assert [b - a for a, b in bounds] == [32] * 7 + [16]


@pytest.mark.parametrize(
    ("hidden", "train", "validation", "fresh", "tolerance"),
    [((), 84.3, 81.7, 85.9, 0.6), ((4,), 93.8, 90.7, 93.5, 2), ((16,), 100, 98.3, 98.8, 0.2)],
)
def test_means_over_seeds_are_the_measured_ones(hidden, train, validation, fresh, tolerance):
    experiment = ml.Experiment(
        architectures=(ml.Architecture(hidden, engine="numpy"),), seeds=tuple(range(48))
    )
    comparison = ml.compare(experiment)
    row = comparison.summary().iloc[0]
    found = [100 * row[f"{part}_accuracy"] for part in ("train", "val", "test")]
    assert_allclose(found, [train, validation, fresh], atol=tolerance)
    assert comparison.runs_table()["test_accuracy"].max() < 0.9915  # nobody beats 99.0%


@pytest.fixture(scope="module")
def comparison():
    return ml.compare(small())


@pytest.mark.parametrize("engine", ["numpy", "torch"])
@pytest.mark.parametrize("kept", [(1,), (4, 3, 2, 1, 0), (2, 3), (0, 0, 1), (3, 0)], ids=str)
def test_a_row_does_not_depend_on_the_rows_beside_it(engine, kept):
    whole = small(engine)
    some = replace(whole, architectures=tuple(whole.architectures[index] for index in kept))
    expected, found = ml.compare(whole), ml.compare(some)
    frames = zip(
        (expected.summary(), expected.runs_table(), expected.history()),
        (found.summary(), found.runs_table(), found.history()),
        strict=True,
    )
    names = {name: whole.names[index] for name, index in zip(some.names, kept, strict=True)}
    for before, after in frames:
        for name, original in names.items():
            a, b = (
                frame[frame["architecture"] == one]
                .drop(columns=["architecture", "seconds"], errors="ignore")
                .reset_index(drop=True)
                for frame, one in ((before, original), (after, name))
            )
            pd.testing.assert_frame_equal(a, b, check_exact=True)


def test_tables_begin_with_the_columns_of_the_csvs(comparison):
    for frame, columns in (
        (comparison.summary(), SUMMARY),
        (comparison.runs_table(), RUNS),
        (comparison.history(), HISTORY),
    ):
        assert frame.columns[: len(columns)].tolist() == columns


def test_summary_is_the_mean_over_the_runs_by_brute_force(comparison):
    runs = comparison.runs_table().to_dict("records")
    for index, row in enumerate(comparison.summary().to_dict("records")):
        group = runs[3 * index : 3 * index + 3]
        assert {run["architecture"] for run in group} == {row["architecture"]}
        assert (row["n_seeds"], row["n_ok"]) == (3, 3)
        for name in MEANS:
            assert_allclose(row[name], sum(run[name] for run in group) / 3, rtol=1e-14)
        assert_allclose(row["seconds"], sum(run["seconds"] for run in group), rtol=1e-12)
        gaps = [run["train_accuracy"] - run["test_accuracy"] for run in group]
        assert_allclose(row["generalisation_gap"], sum(gaps) / 3, atol=1e-15)
        assert_allclose(row["best_epoch"], sum(run["best_epoch"] for run in group) / 3)


def test_confusion_counts_and_losses_are_those_of_the_probabilities(comparison):
    data = ml.load_data(comparison.experiment.data)
    for run, row in zip(comparison.runs, comparison.runs_table().to_dict("records"), strict=True):
        for part in ("train", "val", "test"):
            X, y = getattr(data, f"X_{part}"), getattr(data, f"y_{part}").tolist()
            p = run.predict_proba(X).tolist()
            pairs = [(label, probability > 0.5) for label, probability in zip(y, p, strict=True)]
            counts = {
                "tn": pairs.count((0, False)),
                "fp": pairs.count((0, True)),
                "fn": pairs.count((1, False)),
                "tp": pairs.count((1, True)),
            }
            assert {name: row[f"{part}_{name}"] for name in counts} == counts
            right = counts["tn"] + counts["tp"]
            assert (row[f"{part}_correct"], row[f"{part}_n"]) == (right, len(y))
            assert row[f"{part}_accuracy"] == right / len(y)
            loss = -np.mean(np.log([q if label else 1 - q for label, q in zip(y, p, strict=True)]))
            assert_allclose(row[f"{part}_loss"], loss, rtol=1e-9)


def test_history_holds_every_epoch_of_every_run_under_its_name(comparison):
    frame = comparison.history()
    keys = frame[["architecture", "seed", "epoch"]].itertuples(index=False, name=None)
    lengths = {"short": 4}
    assert list(keys) == [
        (name, seed, epoch)
        for name, seed in itertools.product(["2→6→1", "2→1", "deep", "wild", "short"], [4, 0, 9])
        for epoch in range(lengths.get(name, 7))
    ]
    curves = np.concatenate([run.curves for run in comparison.runs])
    assert_array_equal(frame[CURVES].to_numpy(), curves)


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_progress_rises_from_nothing_to_all(engine):
    told = []
    experiment = small(engine)
    ml.compare(experiment, told.append)
    fractions = [progress.fraction for progress in told]
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert fractions == sorted(fractions)
    assert list(dict.fromkeys(progress.name for progress in told)) == list(experiment.names)
    assert next(progress.epochs for progress in told if progress.position == 4) == 3


def test_a_stop_midway_leaves_every_architecture_a_row():
    experiment = small()
    asked = itertools.count()
    comparison = ml.compare(experiment, should_stop=lambda: next(asked) >= 40)  # 30 steps each
    table, runs = comparison.summary(), comparison.runs_table()
    assert table["architecture"].tolist() == list(experiment.names)
    assert table["n_ok"].tolist() == [3, 0, 0, 0, 0]
    assert table["n_stopped"].tolist() == [0, 3, 3, 3, 3]
    assert comparison.status == "stopped"
    assert len(runs) == 15
    assert runs[["train_accuracy", "test_loss"]].notna().all(axis=None)
    assert comparison.history().groupby("architecture")["epoch"].max()[
        list(experiment.names)
    ].tolist() == [6, 2, 0, 0, 0]


@pytest.mark.parametrize("given", [None, "lesson", {}, ml.Training(), ml.Experiment])
def test_what_is_no_experiment_is_refused(given):
    with pytest.raises(ml.SpecError, match=r"^`experiment` must be an Experiment"):
        ml.compare(given)


def test_data_of_one_class_is_refused():
    with pytest.raises(ml.SpecError, match="must leave both classes"):
        ml.compare(small(data=ml.DataSpec(n_samples=10, validation_fraction=0.9)))


@pytest.mark.parametrize("engine", ["numpy", "torch"])
def test_with_data_each_seed_draws_its_own_points_and_trains_as_on_them_alone(engine):
    experiment = ml.Experiment(
        ml.DataSpec(n_samples=60, seed=2**32 - 2, noise=0.3),
        ml.Training(epochs=6, batch_size=16, report="best_validation"),
        (ml.Architecture((5,), engine=engine), ml.Architecture((), engine=engine)),
        seeds=(0, 1, 3),
        seeding="with_data",
    )
    comparison = ml.compare(experiment)
    for (_, runs), architecture in zip(comparison.groups(), experiment.architectures, strict=True):
        for run, data_seed in zip(runs, (2**32 - 2, 2**32 - 1, 1), strict=True):
            assert run.data == replace(experiment.data, seed=data_seed)
            alone = ml.train(
                architecture, experiment.training, ml.load_data(run.data), (run.seed,)
            )[0]
            assert_allclose(run.curves, alone.curves, rtol=1e-6 if engine == "torch" else 0)
            assert run.scores.test.correct == alone.scores.test.correct
    tests = [ml.load_data(run.data).X_test[0, 0] for run in comparison.runs[:3]]
    assert len(set(tests)) == 3


def test_a_list_of_data_must_fit_the_seeds():
    data = [ml.load_data(ml.DataSpec(n_samples=n)) for n in (20, 20, 30)]
    for wrong in (data, data[:2], [], [None] * 3):
        with pytest.raises(ml.SpecError, match="list with one of equal sizes for each seed"):
            ml.train(ml.Architecture(), ml.Training(), wrong, (0, 1, 2))
