"""A comparison as files: four CSVs and the experiment, each whole or absent."""

import json
import os
from pathlib import Path

import pandas as pd

from moonlab.codec import to_dict
from moonlab.results import Comparison
from moonlab.spec import Experiment
from moonlab.version import versions

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(frame: pd.DataFrame) -> str:
    """A frame as CSV: floats by their `repr`, texts that a spreadsheet would run defused with '."""
    texts = frame.select_dtypes(include=["object", "str"]).map(_defused)
    return frame.assign(**{str(name): texts[name] for name in texts}).to_csv(index=False)


def _defused(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA_STARTS) else cell


def experiment_json(experiment: Experiment) -> str:
    """The experiment's JSON, with the versions that its results come from."""
    document = to_dict(experiment) | {"made_with": versions()}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def bundle(comparison: Comparison) -> dict[str, str]:
    """The text of every file of a comparison, by file name."""
    return {
        "summary.csv": csv_text(comparison.summary()),
        "runs.csv": csv_text(comparison.runs_table()),
        "pairs.csv": csv_text(comparison.pairs_table()),
        "history.csv": csv_text(comparison.history()),
        "experiment.json": experiment_json(comparison.experiment),
    }


def write(comparison: Comparison, folder: Path) -> list[Path]:
    """Write every file of a comparison into a folder, which is made if need be.

    Raises
    ------
    OSError
        If a file cannot be written; no part of it is left behind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, text in bundle(comparison).items():
        paths.append(folder / name)
        _write_whole(paths[-1], text)
    return paths


def _write_whole(path: Path, text: str) -> None:
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
