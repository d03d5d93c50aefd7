import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import moonlab as ml
from moonlab import __main__ as cli

ROOT = Path(__file__).resolve().parent.parent
FILES = ["experiment.json", "history.csv", "runs.csv", "summary.csv"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # quick on a busy machine too
SMALL = ml.Experiment(
    data=ml.DataSpec(n_samples=60),
    training=ml.Training(epochs=5),
    architectures=(ml.Architecture((4,), engine="numpy"), ml.Architecture((), engine="numpy")),
    seeds=(0, 3),
)


@pytest.fixture(scope="module")
def compared():
    return ml.compare(SMALL)


@pytest.fixture
def small_json(tmp_path):
    path = tmp_path / "small.json"
    path.write_text(SMALL.to_json(), encoding="utf-8")
    return path


def python_m_moonlab(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "moonlab", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | ONE_THREAD | environment,
        capture_output=True,
        timeout=60,
        check=False,
    )


def run(*arguments):
    return cli.main(["compare", *map(str, arguments)])


def cells(path, column):
    with path.open(encoding="utf-8", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def test_help_says_what_it_does_with_an_example(capsys):
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--help"])
    text = capsys.readouterr().out
    assert "compare" in text
    assert "python -m moonlab compare --out results" in text


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("summary.csv", ml.Comparison.summary),
        ("runs.csv", ml.Comparison.runs_table),
        ("pairs.csv", ml.Comparison.pairs_table),
        ("history.csv", ml.Comparison.history),
    ],
)
def test_the_files_hold_the_numbers_of_the_library(small_json, tmp_path, compared, file, table):
    assert run(small_json, "--out", tmp_path / "out") == 0
    frame = table(compared)
    for name in frame.select_dtypes("number"):
        if name != "seconds":
            found = [float(cell or "nan") for cell in cells(tmp_path / "out" / file, name)]
            assert_array_equal(found, frame[name].astype(float))


def test_the_example_of_the_help_compares_the_lesson(tmp_path):
    done = python_m_moonlab("compare", "--out", tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")  # no progress bar where nobody watches
    assert b"\r" not in done.stdout
    for word in ("2→16→16→1", *(str(tmp_path / name) for name in FILES)):
        assert word in done.stdout.decode()
    validation = [float(cell) * 60 for cell in cells(tmp_path / "summary.csv", "val_accuracy")]
    assert np.round(validation, 9).tolist() == [58, 59, 59, 59, 59]
    assert cells(tmp_path / "summary.csv", "train_accuracy") == ["1.0"] * 5
    assert cells(tmp_path / "summary.csv", "parameters") == ["17", "65", "129", "105", "337"]
    written = ml.Experiment.from_json((tmp_path / "experiment.json").read_text(encoding="utf-8"))
    assert written == ml.lesson.torch_experiment()


def test_the_preset_by_its_name_is_that_lesson(tmp_path, monkeypatch, compared):
    asked = []

    def compare(experiment, *arguments, **options):
        asked.append(experiment)
        return compared

    monkeypatch.setattr(cli, "compare", compare)
    assert run("--preset", "lesson", "--out", tmp_path) == 0
    assert run("--preset", "lesson-numpy", "--out", tmp_path) == 0
    assert asked == [ml.lesson.torch_experiment(), ml.lesson.numpy_experiment()]


def test_what_was_written_can_be_given_back_and_repeats_every_byte(small_json, tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    assert run(small_json, "--out", first) == 0
    assert run(first / "experiment.json", "--out", again) == 0
    for name in ("history.csv", "experiment.json"):
        assert (first / name).read_bytes() == (again / name).read_bytes()


def test_the_margin_of_the_experiment_decides_the_verdicts_in_the_files(tmp_path):
    path = tmp_path / "wide.json"
    wide = replace(SMALL, seeds=tuple(range(6)), margin_points=100.0)
    path.write_text(wide.to_json(), encoding="utf-8")
    assert run(path, "--out", tmp_path) == 0
    assert cells(tmp_path / "pairs.csv", "verdict") == ["equivalent"]
    assert cells(tmp_path / "summary.csv", "tier") == ["1", "1"]
    assert '"margin_points": 100.0' in (tmp_path / "experiment.json").read_text(encoding="utf-8")


KEY = SMALL.to_query()["experiment"]


@pytest.mark.parametrize(
    "link",
    [
        KEY,
        f"experiment={KEY}",
        f"?experiment={KEY}",
        f"http://localhost:8501/?experiment={KEY}",
        f"https://moonlab.example/lab/compare?draft=x&experiment={KEY}&a=b#results",
    ],
)
def test_a_link_to_the_page_is_the_experiment_too(link, tmp_path, monkeypatch, compared):
    asked = []
    monkeypatch.setattr(
        cli, "compare", lambda asked_for, *_, **__: asked.append(asked_for) or compared
    )
    assert run(link, "--out", tmp_path) == 0
    assert asked == [SMALL]


def test_a_file_goes_before_a_link_of_the_same_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(KEY[:40]).write_text(SMALL.to_json(), encoding="utf-8")
    assert run(KEY[:40], "--out", tmp_path) == 0


def test_a_terminal_that_lacks_the_arrow_gets_no_traceback(small_json, tmp_path):
    done = python_m_moonlab("compare", small_json, "--out", tmp_path, PYTHONIOENCODING="latin-1")
    assert b"Traceback" not in done.stderr
    assert done.returncode == 0
