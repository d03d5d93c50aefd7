import csv
import io
import json
import math
import os
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import moonlab as ml
from moonlab import export

NAMES = ("=1+1", "+a", "-a", "@a", 'a, "b"', "🚀 é", None, None)
ACCURACIES = ["train_accuracy", "val_accuracy", "test_accuracy"]
LOSSES = ["train_loss", "val_loss", "test_loss"]
PREFIXES = {
    "summary.csv": [
        *["architecture", "engine", "parameters", "n_seeds"],
        *[*ACCURACIES, *LOSSES, "seconds"],
    ],
    "runs.csv": [
        *["architecture", "engine", "parameters", "seed", "status"],
        *[*ACCURACIES, *LOSSES, "best_epoch", "seconds"],
    ],
    "history.csv": [
        *["architecture", "engine", "seed", "epoch"],
        *["train_loss", "val_loss", "train_accuracy", "val_accuracy"],
    ],
    "pairs.csv": ["first", "second", "n", "mean", "low", "high"],
}
TABLES = {
    "summary.csv": ml.Comparison.summary,
    "runs.csv": ml.Comparison.runs_table,
    "history.csv": ml.Comparison.history,
    "pairs.csv": ml.Comparison.pairs_table,
}


def small(**changes):
    return ml.Experiment(
        **{
            "data": ml.DataSpec(n_samples=60, noise=0.3),
            "training": ml.Training(epochs=3),
            "architectures": tuple(
                ml.Architecture((4,), engine="numpy", name=name) for name in NAMES
            ),
            "seeds": (0, 7),
        }
        | changes
    )


@pytest.fixture(scope="module")
def comparison():
    return ml.compare(small())


@pytest.fixture(scope="module")
def without_validation():
    return ml.compare(small(data=ml.DataSpec(n_samples=60, validation_fraction=0.0)))


def rows(text):
    """The header and the rows, by a CSV reader that interprets nothing."""
    header, *body = csv.reader(io.StringIO(text, newline=""))
    return header, body


def column(text, name):
    header, body = rows(text)
    return [row[header.index(name)] for row in body]


def same_bits(numbers, others):
    return np.asarray(numbers, float).tobytes() == np.asarray(others, float).tobytes()


@pytest.mark.parametrize("file", PREFIXES)
def test_columns_begin_as_documented(comparison, file):
    header, _ = rows(export.bundle(comparison)[file])
    assert header[: len(PREFIXES[file])] == PREFIXES[file]
    assert len(set(header)) == len(header)


# Newer pandas reads exactly by default and deprecates the option; older pandas needs it
@pytest.mark.filterwarnings("ignore:The 'float_precision' argument")
@pytest.mark.parametrize("file", PREFIXES)
def test_every_float_reads_back_bit_for_bit(comparison, file):
    frame, text = TABLES[file](comparison), export.bundle(comparison)[file]
    floats = [name for name in frame if frame[name].dtype == np.float64]
    assert len(floats) >= 4
    read = pd.read_csv(io.StringIO(text), float_precision="round_trip")
    for name in floats:
        assert same_bits([float(cell or "nan") for cell in column(text, name)], frame[name]), name
        assert same_bits(read[name], frame[name]), name


@pytest.mark.parametrize("file", PREFIXES)
def test_every_integer_reads_back(comparison, file):
    frame, text = TABLES[file](comparison), export.bundle(comparison)[file]
    integers = frame.select_dtypes("integer")
    assert len(integers.columns) >= 2
    for name in integers:
        expected = ["" if pd.isna(value) else str(int(value)) for value in frame[name]]
        assert column(text, name) == expected


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_any_float_reads_back_bit_for_bit(numbers):
    text = export.csv_text(pd.DataFrame({"x": numbers, "y": 0}))
    assert same_bits([float(cell) for cell in column(text, "x")], numbers)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_text_that_a_spreadsheet_would_run_is_defused(start):
    frame = pd.DataFrame({"name": [f"{start}1+1", f"a{start}"], "x": [1, 2]})
    assert column(export.csv_text(frame), "name") == [f"'{start}1+1", f"a{start}"]


@pytest.mark.parametrize("kind", [float, int, "Int64", object])
def test_negative_numbers_are_left_alone(kind):
    frame = pd.DataFrame({"x": pd.Series([-3, -1, 5], dtype=kind)})
    cells = column(export.csv_text(frame), "x")
    assert [float(cell) for cell in cells] == [-3, -1, 5]


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), min_size=1, max_size=5)
)
def test_any_text_survives_the_round_trip(texts):
    frame = pd.DataFrame({"name": pd.Series(texts, dtype=object), "x": 0})
    cells = column(export.csv_text(frame), "name")
    runs = ("=", "+", "-", "@", "\t")
    assert cells == [f"'{text}" if text.startswith(runs) else text for text in texts]


@pytest.mark.parametrize(("file", "repeats"), [("summary.csv", 1), ("runs.csv", 2)])
def test_names_are_defused_kept_apart_and_whole(comparison, file, repeats):
    names = ["'=1+1", "'+a", "'-a", "'@a", 'a, "b"', "🚀 é", "2→4→1", "2→4→1 (2)"]
    cells = column(export.bundle(comparison)[file], "architecture")
    assert cells == [name for name in names for _ in range(repeats)]


@pytest.mark.parametrize("file", ["summary.csv", "runs.csv"])
def test_log_loss_compares_what_was_trained_by_different_losses(file):
    networks = tuple(
        ml.Architecture((4,), engine="numpy", override={"loss": loss}) for loss in ("bce", "mse")
    )
    text = export.bundle(ml.compare(small(architectures=networks, seeds=(0,))))[file]
    for part in ("train", "val", "test"):
        loss, log_loss = (column(text, f"{part}_{kind}") for kind in ("loss", "log_loss"))
        assert loss[0] == log_loss[0]
        assert float(loss[1]) < 0.5 < float(log_loss[1])


def test_every_run_and_epoch_has_its_row(comparison):
    files = export.bundle(comparison)
    assert column(files["runs.csv"], "seed") == ["0", "7"] * 8
    assert column(files["history.csv"], "epoch") == ["0", "1", "2", "3"] * 16


def test_without_validation_points_their_cells_are_empty(without_validation):
    files = export.bundle(without_validation)
    for file in ("summary.csv", "runs.csv", "history.csv"):
        for part in ("val_loss", "val_accuracy"):
            assert set(column(files[file], part)) == {""}
        assert "" not in column(files[file], "train_loss")
    assert set(column(files["runs.csv"], "best_epoch")) == {""}


def test_with_validation_points_best_epoch_is_a_whole_number(comparison):
    history = comparison.history()
    expected = [
        str(int(run.loc[run["val_loss"].idxmin(), "epoch"]))
        for _, run in history.groupby(["architecture", "seed"], sort=False)
    ]
    assert column(export.bundle(comparison)["runs.csv"], "best_epoch") == expected


def test_experiment_json_gives_the_experiment_back_and_names_the_versions(comparison):
    text = export.experiment_json(comparison.experiment)
    assert ml.Experiment.from_json(text) == comparison.experiment
    assert json.loads(text)["made_with"] == {
        "moonlab": ml.__version__,
        "python": ".".join(map(str, sys.version_info[:3])),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }


def test_write_makes_the_folder_and_the_five_files(comparison, tmp_path):
    folder = tmp_path / "a" / "b"
    paths = export.write(comparison, folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([*PREFIXES, "experiment.json"])
    texts = {path.name: path.read_bytes().decode("utf-8") for path in paths}
    assert texts == export.bundle(comparison)


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt("stop")])
def test_a_write_that_fails_leaves_the_old_files_and_no_others(
    comparison, tmp_path, monkeypatch, failing, error
):
    (tmp_path / "summary.csv").write_text("old")

    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(type(error), match=str(error)):
        export.write(comparison, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["summary.csv"]
    assert (tmp_path / "summary.csv").read_text() == "old"


def test_what_was_written_is_on_the_disk_before_it_takes_its_name(
    comparison, tmp_path, monkeypatch
):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda file: synced.append(os.fstat(file)))
    export.write(comparison, tmp_path)
    found = {(stat.st_ino, stat.st_size) for stat in synced}
    assert found == {(path.stat().st_ino, path.stat().st_size) for path in tmp_path.iterdir()}


def test_a_diverged_run_is_in_the_files_with_its_status():
    wild = ml.Architecture(
        (16,), engine="numpy", override={"optimizer": "gd", "learning_rate": 100}
    )
    experiment = small(
        architectures=(wild,), training=ml.Training(epochs=40, loss="bce", batch_size=1, l2=10)
    )
    text = export.bundle(ml.compare(experiment))["runs.csv"]
    assert column(text, "status") == ["diverged"] * 2
    assert all(math.isfinite(float(cell)) for cell in column(text, "train_accuracy"))
