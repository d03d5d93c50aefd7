"""The tables of a comparison: the columns that the CSV files have."""

from typing import Any

import numpy as np
import pandas as pd

from moonlab.judgement import Judgement, judge
from moonlab.results import Comparison, Group, Run
from moonlab.verdicts import MARGIN_POINTS

_MEANS = (
    "train_accuracy",
    "val_accuracy",
    "test_accuracy",
    "train_loss",
    "val_loss",
    "test_loss",
)
_LOG_LOSSES = ("train_log_loss", "val_log_loss", "test_log_loss")


def summary(comparison: Comparison, margin_points: float = MARGIN_POINTS) -> pd.DataFrame:
    """One row an architecture: means over its runs, diverged ones included.

    The `_loss` columns hold the loss that was trained; the `_log_loss` columns the mean
    cross-entropy in nats, which compares architectures of different losses.
    `generalisation_gap` is train accuracy minus test accuracy; `seconds` is the whole stack's.
    `test_accuracy_low` and `_high` are the 95% interval (t over seeds, Wilson's for one run),
    `regret` is what the test accuracy lacks to `best_possible`, both empty if that is unknown.
    `tier` is 1 for the leader and all not clearly worse, empty from too few seeds; see
    `verdicts.overall` and, for `diagnosis`, `verdicts.diagnose`.
    """
    groups = comparison.groups()
    judged = judge(groups, margin_points)
    rows = [_summary_row(group, judged, index) for index, group in enumerate(groups)]
    return pd.DataFrame(rows).astype({"tier": "Int64"})


def runs_table(comparison: Comparison) -> pd.DataFrame:
    """One row a run, of the reported epoch, with confusion counts (class 1 is positive).

    The losses are those of `summary`.
    """
    rows = [_run_row(group.name, run) for group in comparison.groups() for run in group.runs]
    return pd.DataFrame(rows).astype({"best_epoch": "Int64", "best_possible": float})


def pairs_table(comparison: Comparison, margin_points: float = MARGIN_POINTS) -> pd.DataFrame:
    """One row a pair: the first architecture's test accuracy minus the second's, seed by seed.

    `low` and `high` are its 95% t interval; `corrected_low` and `_high` the one that leaves out 0
    exactly if Holm's corrected `p_holm` is under 0.05. `seeds_needed` is how many seeds would
    settle the pair, empty if no affordable number would. No rows from a single architecture.
    """
    judged = judge(comparison.groups(), margin_points)
    rows = [
        {"first": judged.names[pair.first], "second": judged.names[pair.second]}
        | {name: value for name, value in pair._asdict().items() if name in _PAIR_COLUMNS}
        | {"seeds_needed": needed, "verdict": said.kind, "text": said.text}
        for pair, said, needed in zip(judged.pairs, judged.verdicts, judged.needed, strict=True)
    ]
    columns = ["first", "second", *_PAIR_COLUMNS, "seeds_needed", "verdict", "text"]
    return pd.DataFrame(rows, columns=columns).astype({"seeds_needed": "Int64"})


_PAIR_COLUMNS = (
    "n",
    "mean",
    "low",
    "high",
    "corrected_low",
    "corrected_high",
    "won",
    "tied",
    "lost",
    "probability_of_improvement",
    "p",
    "p_holm",
)


def history(comparison: Comparison) -> pd.DataFrame:
    """The histories of all runs under one another."""
    frames = []
    for group in comparison.groups():
        for run in group.runs:
            frame = run.history
            frame.insert(0, "architecture", group.name)
            frame.insert(1, "engine", run.architecture.engine)
            frame.insert(2, "seed", run.seed)
            frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _summary_row(group: Group, judged: Judgement, index: int) -> dict[str, Any]:
    rows = pd.DataFrame([_run_row(group.name, run) for run in group.runs])
    regret = judged.regrets[index]
    return (
        {name: rows[name].iloc[0] for name in ("architecture", "engine", "parameters")}
        | {"n_seeds": len(rows)}
        | {name: rows[name].mean() for name in _MEANS}
        | {"seconds": rows["seconds"].sum()}
        | {"generalisation_gap": rows["generalisation_gap"].mean()}
        | {name: rows[name].mean() for name in _LOG_LOSSES}
        | {"best_epoch": rows["best_epoch"].astype(float).mean()}
        | {
            f"n_{status}": int((rows["status"] == status).sum())
            for status in ("ok", "diverged", "stopped")
        }
        | {
            "test_accuracy_low": judged.intervals[index].low,
            "test_accuracy_high": judged.intervals[index].high,
            "best_possible": rows["best_possible"].astype(float).mean(),
            "regret": np.nan if regret is None else regret,
            "tier": judged.tier(index),
            "diagnosis": found.kind if (found := judged.diagnoses[index]) else None,
        }
    )


def _run_row(name: str, run: Run) -> dict[str, Any]:
    parts = run.scores._asdict()
    return (
        {
            "architecture": name,
            "engine": run.architecture.engine,
            "parameters": run.architecture.n_parameters,
            "seed": run.seed,
            "status": run.status,
        }
        | {f"{part}_accuracy": score.accuracy for part, score in parts.items()}
        | {f"{part}_loss": score.loss for part, score in parts.items()}
        | {
            "best_epoch": run.best_epoch,
            "seconds": run.seconds,
            "generalisation_gap": run.scores.train.accuracy - run.scores.test.accuracy,
            "best_possible": run.best_possible,
        }
        | {f"{part}_log_loss": score.log_loss for part, score in parts.items()}
        | {
            f"{part}_{count}": getattr(score, count)
            for part, score in parts.items()
            for count in ("correct", "n", "tn", "fp", "fn", "tp")
        }
    )
