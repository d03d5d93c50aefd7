"""The table of results as people read it."""

import pickle
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from pandas.io.formats.style import Styler

from moonlab.judgement import Judgement, accuracy_interval
from moonlab.results import Comparison, Group
from moonlab.stats import Interval
from moonlab.ui import terms
from moonlab.ui.bind import bound
from moonlab.ui.fields import departures, in_short
from moonlab.ui.parts import show_again
from moonlab.wording import digits_of, percent

Texts = dict[str, str]

_PARTS = {"test": "Test", "train": "Train", "val": "Validation"}
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
_OF_ONE_RUN = ["Test count", "Validation interval"]
_FIGURE_SPACE = "\u2007"  # as wide as a digit
_ALWAYS = ("Diverged", "Stopped", "Epochs done", "Departs in")
_TEXTS = ("95% interval", "Validation interval", "Diagnosis")
_LONG = ("Architecture", "Departs in")
_PADDING, _PIXELS, _LEAST, _MOST, _BAR_PIXELS = 24, 8, 105, 300, 110
_FORMATS = {
    "Train": "{:.1f}%",
    "Validation": "{:.1f}%",
    "Train loss": "{:.4g}",
    "Validation loss": "{:.4g}",
    "Test loss": "{:.4g}",
    "Log-loss": "{:.4g}",
    "Gap": "{:.1f}",
    "Best epoch": "{:.0f}",
    "Seconds": "{:.2f}",
}
_HELP = {
    "Tier": "Tier 1: the leader, and all that are not clearly worse. Needs at least 6 seeds. Empty "
    "for what has no pairs with the first row: pinned from other data or seeds, or stopped.",
    "Train": "Share of the training points classified right.",
    "Validation": "Share of the held-out points classified right.",
    "Validation interval": "What the held-out points tell with 95% confidence.",
    "Regret": "Points that are missing to the best classifier that can exist for this data.",
    "Diagnosis": "Fits, underfits, overfits, unstable or diverged. Which rule says so: under "
    "“Look closer”, Diagnosis. From fewer than 6 seeds only failures are told.",
    "Gap": "Train minus test accuracy, in points: what does not carry over to fresh points.",
    "Train loss": "Mean of the loss that was trained.",
    "Validation loss": "Mean of the loss that was trained, on the held-out points.",
    "Test loss": "Mean of the loss that was trained, on the fresh points.",
    "Log-loss": "Mean surprise at the true class of fresh points, in nats, whichever loss was "
    "trained: lower is better.",
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
    for part, label in _PARTS.items():
        frame[label] = 100 * summary[f"{part}_accuracy"]
        frame[f"{label} count"] = _counts(groups, part)
        if part == "test":
            frame["95% interval"] = _aligned([_in_percent(one) for one in judged.intervals])
            frame[_BAR] = frame[label]
            frame["Regret"] = 100 * summary["regret"]
            frame["Diagnosis"] = summary["diagnosis"].replace("too few", None)
    frame["Validation interval"] = _aligned([_validation_interval(group) for group in groups])
    frame["Gap"] = 100 * summary["generalisation_gap"]
    frame["Train loss"], frame["Validation loss"] = summary["train_loss"], summary["val_loss"]
    frame["Test loss"], frame["Log-loss"] = summary["test_loss"], summary["test_log_loss"]
    frame["Best epoch"], frame["Seconds"] = summary["best_epoch"], summary["seconds"]
    frame["Seeds"] = summary["n_seeds"]
    frame["Engine"] = summary["engine"].map({"torch": "PyTorch", "numpy": "NumPy"})
    for status in ("diverged", "stopped"):
        if summary[f"n_{status}"].any():
            frame[status.capitalize()] = summary[f"n_{status}"]
    if summary["n_stopped"].any():
        frame["Epochs done"] = [len(group.runs[0].curves) - 1 for group in groups]
    protocol = asdict(comparison.experiment.training)
    own = [departures(group.runs[0].architecture.override, protocol) for group in groups]
    if any(own):
        frame["Departs in"] = [in_short(one) for one in own]
    frame = frame.rename(columns={"architecture": "Architecture"})
    return frame if frame["Tier"].notna().any() else frame.drop(columns="Tier")


def show_table(frame: pd.DataFrame, comparison: Comparison, judged: Judgement) -> None:
    """Show the table, with a choice of its columns."""
    optional = [str(name) for name in frame if name != "Architecture" and name not in _ALWAYS]
    chosen = st.session_state.setdefault("chosen_columns", {})
    default = _default_columns(comparison)
    shown = [name for name in optional if chosen.get(name, name in default)]
    always = ["Architecture", *(name for name in _ALWAYS if name in frame)]
    place = st.container()
    with st.popover("Columns", icon=":material/view_column:", key="choose_columns"):
        bound(
            st.pills,
            "Columns of the table",
            shown,
            "columns",
            partial(_choose, shown, default),
            default=shown,
            options=optional,
            selection_mode="multi",
        )
        rows = _sorted_rows(frame)
    digits = [digits_of(interval) for interval in judged.intervals]
    with place:
        _draw(
            frame.iloc[rows],
            [digits[row] for row in rows],
            _HELP | _help_of(comparison),
            [*always[:1], *shown, *always[1:]],
        )


def _sorted_rows(frame: pd.DataFrame) -> list[int]:
    """The positions of the rows in the order that is chosen: a click on a column needs a mouse."""
    again = show_again("numbers")
    if st.session_state.get("sort_by") not in frame:
        st.session_state.pop("sort_by", None)
    by = st.selectbox(
        "Sort by",
        [str(name) for name in frame],
        index=None,
        key="sort_by",
        on_change=again,
        placeholder="As set up",
    )
    rows = frame.reset_index(drop=True)
    if by is not None:
        falls = st.toggle("Largest first", value=True, key="sort_falls", on_change=again)
        rows = rows.sort_values(by, ascending=not falls, kind="stable")
    return list(rows.index)


def _choose(shown: list[str], default: list[str], names: list[str]) -> None:
    """Keep what departs from the default alone: of other comparisons another default holds."""
    chosen: dict[str, bool] = st.session_state.chosen_columns
    for name in set(shown) ^ set(names):
        if (name in names) == (name in default):
            chosen.pop(name, None)
        else:
            chosen[name] = name in names


def _default_columns(comparison: Comparison) -> list[str]:
    """Of one run those too that say how little its counts tell."""
    return _DEFAULT_COLUMNS + (_OF_ONE_RUN if len(comparison.experiment.seeds) == 1 else [])


# Drawing takes longer than all else in a rerun, and only what is drawn anew changes it
@st.cache_resource(max_entries=64, show_spinner=False, hash_funcs={pd.DataFrame: pickle.dumps})
def _draw(frame: pd.DataFrame, digits: Sequence[int], told: Texts, order: list[str]) -> None:
    st.dataframe(
        _styled(frame, digits),
        hide_index=True,
        column_config=_config(told) | _widths(frame),
        column_order=order,
        key="table",
        placeholder="—",
        alt="The results of each architecture",
    )


def _config(told: Texts) -> dict[str, Any]:
    column = st.column_config
    return {
        name: column.TextColumn(help=text) if name in _TEXTS else column.NumberColumn(help=text)
        for name, text in told.items()
    } | {
        _BAR: column.ProgressColumn(
            help="From 50%, which guessing gets, to 100%.",
            width=_BAR_PIXELS,
            min_value=50,
            max_value=100,
            format=" ",
        ),
    }


def _widths(frame: pd.DataFrame) -> dict[str, Any]:
    """Columns of long texts as wide as these: left alone they are as wide as the first rows."""
    longest = {name: int(frame[name].str.len().max()) for name in _LONG if name in frame}
    return {
        name: st.column_config.Column(width=max(_LEAST, min(_PADDING + _PIXELS * count, _MOST)))
        for name, count in longest.items()
    }


def _help_of(comparison: Comparison) -> Texts:
    """What depends on the comparison: how many points are fresh, and what varies with the seed."""
    sizes = {run.scores.test.n for group in comparison.groups() for run in group.runs}
    points = " or, for stopped runs, ".join(f"{n:,}" for n in sorted(sizes, reverse=True))
    return {
        "Test": f"Share of {points} fresh points from the same source: the one to judge by.",
        "95% interval": f"Where {terms.average(comparison.experiment.seeding)} lies, with 95% "
        "confidence. From a single run: where its true accuracy lies.",
    }


def _styled(frame: pd.DataFrame, digits: Sequence[int]) -> Styler:
    """The frame with as many digits as the interval of each row supports."""
    styler = frame.style.format(dict[Any, Any](_FORMATS), na_rep="—")
    for row, n in zip(frame.index, digits, strict=True):
        formats: dict[Any, Any] = {"Test": f"{{:.{n}f}}%", "Regret": f"{{:.{n}f}}"}
        subset = pd.IndexSlice[[row], list(formats)]
        styler = styler.format(formats, na_rep="—", subset=subset)
    return styler


def _validation_interval(group: Group) -> str:
    held_out = any(run.scores.val.n for run in group.runs)
    return _in_percent(accuracy_interval(group, "val")) if held_out else "—"


def _in_percent(interval: Interval) -> str:
    digits = digits_of(interval)
    low, high = max(interval.low, 0.0), min(interval.high, 1.0)  # t may reach beyond what can be
    if high < 1.0 <= round(high, digits + 2):
        digits += 1  # "100%" would say too much
    return f"{100 * low:.{digits}f}–{percent(high, digits)}" if high >= low else "—"


def _counts(groups: Sequence[Group], part: str) -> list[str]:
    """Such as "59/60", means over seeds."""
    scores = [[getattr(run.scores, part) for run in group.runs] for group in groups]
    means = [round(sum(one.correct for one in some) / len(some), 1) for some in scores]
    places = 0 if all(mean.is_integer() for mean in means) else 1
    return _aligned(
        [
            f"{mean:,.{places}f}/{some[0].n:,}" if some[0].n else "—"
            for mean, some in zip(means, scores, strict=True)
        ]
    )


def _aligned(texts: Sequence[str]) -> list[str]:
    """Their whole numbers as wide as each other: sorted texts then are sorted numbers."""
    widths = [len(text) - len(text.lstrip("0123456789,")) for text in texts]
    return [
        _FIGURE_SPACE * (max(widths) - width if width else 0) + text
        for text, width in zip(texts, widths, strict=True)
    ]
