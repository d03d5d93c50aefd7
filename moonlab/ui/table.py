"""The table of results as people read it."""

from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from moonlab.judgement import Judgement
from moonlab.results import Comparison, Group
from moonlab.stats import decimals
from moonlab.ui.bind import bound
from moonlab.ui.fields import in_short

_PARTS = (("train", "Train"), ("val", "Validation"), ("test", "Test"))
_BAR = "Test as a bar"
_DEFAULT_COLUMNS = [
    "Tier",
    "Parameters",
    "Test",
    "95% interval",
    _BAR,
    "Regret",
    "Diagnosis",
    "Validation",
    "Validation count",
    "Train count",
    "Gap",
]
_ALWAYS = ("Diverged", "Stopped", "Epochs done", "Departs in")
_FORMATS = {
    "Train": "{:.1f}%",
    "Validation": "{:.1f}%",
    "Train loss": "{:.4g}",
    "Validation loss": "{:.4g}",
    "Test loss": "{:.4g}",
    "Gap": "{:.1f}",
    "Best epoch": "{:.0f}",
    "Seconds": "{:.2f}",
}
_HELP = {
    "Tier": "Tier 1: the leader, and all that are not clearly worse. Needs at least 6 seeds.",
    "Train": "Share of the training points classified right.",
    "Validation": "Share of the held-out points classified right.",
    "Test": "Share of 20,000 fresh points from the same source: the one to judge by.",
    "95% interval": "Where the average over all possible seeds lies, on these fresh points, with "
    "95% confidence. From a single run: where its true accuracy lies.",
    "Regret": "Points that are missing to the best classifier that can exist for this data.",
    "Diagnosis": "Fits, underfits, overfits, unstable or diverged: the rule stands below.",
    "Gap": "Train minus test accuracy, in points: what does not carry over to fresh points.",
    "Best epoch": "Where the validation loss was least (mean over seeds).",
    "Seconds": "What its training took, all seeds together.",
    "Parameters": "Weights and biases: what training can turn.",
}


def table(comparison: Comparison, judged: Judgement) -> pd.DataFrame:
    """The table: accuracies in percent, with counts."""
    summary = comparison.summary()
    groups = comparison.groups()
    frame = summary[["architecture"]].copy()
    frame["Tier"] = pd.array([judged.tier(i) for i in range(len(groups))], dtype="Int64")
    frame["Parameters"] = summary["parameters"]
    for part, label in (_PARTS[2], *_PARTS[:2]):
        frame[label] = 100 * summary[f"{part}_accuracy"]
        if part == "test":
            frame["95% interval"] = [_interval(judged, index) for index in range(len(groups))]
            frame[_BAR] = frame[label]
            frame["Regret"] = 100 * summary["regret"]
            frame["Diagnosis"] = summary["diagnosis"]
        else:
            frame[f"{label} count"] = [_count(group, part) for group in groups]
    frame["Gap"] = 100 * summary["generalisation_gap"]
    frame["Train loss"], frame["Validation loss"] = summary["train_loss"], summary["val_loss"]
    frame["Test loss"] = summary["test_loss"]
    frame["Best epoch"], frame["Seconds"] = summary["best_epoch"], summary["seconds"]
    frame["Seeds"] = summary["n_seeds"]
    frame["Engine"] = summary["engine"].map({"torch": "PyTorch", "numpy": "NumPy"})
    for status in ("diverged", "stopped"):
        if summary[f"n_{status}"].any():
            frame[status.capitalize()] = summary[f"n_{status}"]
    if summary["n_stopped"].any():
        frame["Epochs done"] = [len(group.runs[0].curves) - 1 for group in groups]
    departures = [in_short(group.runs[0].architecture.override) for group in groups]
    if any(departures):
        frame["Departs in"] = departures
    frame = frame.rename(columns={"architecture": "Architecture"})
    return frame if frame["Tier"].notna().any() else frame.drop(columns="Tier")


def show_table(frame: pd.DataFrame, judged: Judgement) -> None:
    """Show the table, with a choice of its columns."""
    optional = [str(name) for name in frame if name != "Architecture" and name not in _ALWAYS]
    chosen = st.session_state.setdefault("chosen_columns", _DEFAULT_COLUMNS)
    shown = [name for name in chosen if name in optional]
    always = ["Architecture", *(name for name in _ALWAYS if name in frame)]
    st.dataframe(
        _in_digits(frame, judged),
        hide_index=True,
        column_config=_config(),
        column_order=[*always[:1], *(name for name in optional if name in chosen), *always[1:]],
        key="table",
    )
    with st.popover("Columns", icon=":material/view_column:", key="choose_columns"):
        bound(
            st.pills,
            "Columns of the table",
            shown,
            "columns",
            lambda names: st.session_state.update(chosen_columns=names),
            default=shown,
            options=optional,
            selection_mode="multi",
        )


def _config() -> dict[str, Any]:
    column = st.column_config
    return {
        name: column.NumberColumn(help=text)
        for name, text in _HELP.items()
        if name not in ("95% interval", "Diagnosis")
    } | {
        "95% interval": column.TextColumn(help=_HELP["95% interval"]),
        "Diagnosis": column.TextColumn(help=_HELP["Diagnosis"]),
        _BAR: column.ProgressColumn(
            help="From 50%, which guessing gets, to 100%.",
            min_value=50,
            max_value=100,
            format=" ",
        ),
    }


def _in_digits(frame: pd.DataFrame, judged: Judgement) -> Styler:
    """The frame with as many digits as each row's interval supports."""
    formats: dict[Any, Any] = dict(_FORMATS)
    styler = frame.style.format(formats, na_rep="—")
    for row, digits in zip(frame.index, map(_digits, judged.intervals), strict=True):
        styler = styler.format(f"{{:.{digits}f}}%", subset=pd.IndexSlice[[row], ["Test"]])
        styler = styler.format(
            f"{{:.{digits}f}}", na_rep="—", subset=pd.IndexSlice[[row], ["Regret"]]
        )
    return styler


def _digits(interval: tuple[float, float]) -> int:
    low, high = interval
    return decimals(50 * (high - low)) if high >= low else 1


def _interval(judged: Judgement, index: int) -> str:
    low, high = judged.intervals[index]
    digits = _digits(judged.intervals[index])
    low, high = max(low, 0.0), min(high, 1.0)  # a t interval may reach beyond what can be
    return f"{100 * low:.{digits}f}–{100 * high:.{digits}f}%" if high >= low else "—"


def _count(group: Group, part: str) -> str:
    """Counts such as "59/60"; a mean over seeds with one decimal."""
    scores = [getattr(run.scores, part) for run in group.runs]
    if scores[0].n == 0:
        return "—"
    correct = sum(score.correct for score in scores) / len(scores)
    text = f"{correct:.0f}" if correct == int(correct) else f"{correct:.1f}"
    return f"{text}/{scores[0].n}"
