"""The results: table, curves, boundaries, downloads."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from moonlab import export, figures
from moonlab.results import Comparison
from moonlab.spec import Experiment
from moonlab.ui.boundaries import show_boundaries
from moonlab.ui.fields import in_short
from moonlab.ui.sharing import show_seen
from moonlab.ui.words import as_plain_text

_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}
_PARTS = (("train", "Train"), ("val", "Validation"), ("test", "Test"))


def show_results(comparison: Comparison, current: Experiment | None) -> None:
    """Show a comparison, and say so if the settings have changed since."""
    st.subheader("Results", anchor=False)
    if current is not None and current.is_same_but_for_names(comparison.experiment):
        comparison = replace(comparison, experiment=current)
    else:
        st.info("These results belong to the earlier settings. Train to see the new ones.")
    if comparison.status == "stopped":
        st.warning("Training was stopped: the results show how far it came.")
    for name, runs in comparison.groups():
        n_diverged = sum(run.status == "diverged" for run in runs)
        if n_diverged:
            st.warning(
                f"{as_plain_text(name)}: {n_diverged} of {len(runs)} runs diverged. They stay in "
                "the means with their last finite weights. Try a smaller learning rate."
            )
    key = _key(comparison)
    show_seen(comparison)
    _show_table(key, comparison)
    _show_downloads(comparison)
    dark = st.context.theme.type == "dark"
    st.subheader("Loss", anchor=False)
    st.caption("After each epoch. Train solid, validation dashed. Click a name to hide its line.")
    st.plotly_chart(
        _loss_figure(key, dark, comparison),
        key="loss",
        theme=None,
        config=_CONFIG,
        alt="Loss of every architecture after each epoch, train solid and validation dashed.",
    )
    show_boundaries(comparison, key)


def table(comparison: Comparison) -> pd.DataFrame:
    """The table as people read it: accuracies in percent, with counts."""
    summary, runs = comparison.summary(), comparison.runs_table()
    frame = summary[["architecture", "engine", "parameters"]].copy()
    size = len(comparison.experiment.seeds)
    groups = runs.groupby(runs.index // size)
    for part, label in _PARTS:
        frame[label] = 100 * summary[f"{part}_accuracy"]
        if part == "test":
            continue
        frame[f"{label} count"] = [
            _count(correct, int(n))
            for correct, n in zip(
                groups[f"{part}_correct"].mean(), groups[f"{part}_n"].first(), strict=True
            )
        ]
    frame["Gap"] = 100 * summary["generalisation_gap"]
    frame["Train loss"], frame["Validation loss"] = summary["train_loss"], summary["val_loss"]
    frame["Test loss"] = summary["test_loss"]
    frame["Best epoch"], frame["Seconds"] = summary["best_epoch"], summary["seconds"]
    for status in ("diverged", "stopped"):
        if summary[f"n_{status}"].any():
            frame[status.capitalize()] = summary[f"n_{status}"]
    if summary["n_stopped"].any():
        frame["Epochs done"] = [len(runs[0].curves) - 1 for _, runs in comparison.groups()]
    departures = [in_short(one.override) for one in comparison.experiment.architectures]
    if any(departures):
        frame["Departs in"] = departures
    frame["engine"] = frame["engine"].map({"torch": "PyTorch", "numpy": "NumPy"})
    names = {"architecture": "Architecture", "engine": "Engine", "parameters": "Parameters"}
    return frame.rename(columns=names)


def _count(correct: float, n: int) -> str:
    """Counts such as "59/60"; a mean over seeds with one decimal."""
    if n == 0:
        return "—"
    return f"{correct:.0f}/{n}" if correct == int(correct) else f"{correct:.1f}/{n}"


def _show_table(key: str, comparison: Comparison) -> None:
    percent = {
        label: st.column_config.NumberColumn(format="%.1f%%", help=help_text)
        for label, help_text in (
            ("Train", "Share of the training points classified right."),
            ("Validation", "Share of the held-out points classified right."),
            ("Test", "Share of 20,000 fresh points from the same source: the one to judge by."),
        )
    }
    gap = "Train minus test accuracy, in percentage points: what does not carry over."
    losses = {
        label: st.column_config.NumberColumn(format="%.4g")
        for label in ("Train loss", "Validation loss", "Test loss")
    }
    st.dataframe(
        _table(key, comparison),
        hide_index=True,
        column_config=percent
        | losses
        | {
            "Gap": st.column_config.NumberColumn(format="%.1f", help=gap),
            "Best epoch": st.column_config.NumberColumn(
                format="%.0f", help="Where the validation loss was least (mean over seeds)."
            ),
            "Seconds": st.column_config.NumberColumn(format="%.2f"),
        },
    )
    if len(comparison.experiment.seeds) > 1:
        st.caption(f"Means over {len(comparison.experiment.seeds)} seeds.")


def _show_downloads(comparison: Comparison) -> None:
    texts: dict[str, Callable[[], str]] = {
        "summary.csv": lambda: export.csv_text(comparison.summary()),
        "runs.csv": lambda: export.csv_text(comparison.runs_table()),
        "history.csv": lambda: export.csv_text(comparison.history()),
        "experiment.json": lambda: export.experiment_json(comparison.experiment),
    }
    with st.container(horizontal=True):
        for name, make in texts.items():
            st.download_button(
                name,
                data=make,
                file_name=name,
                mime="text/csv" if name.endswith("csv") else "application/json",
                on_click="ignore",
                icon=":material/download:",
                key=f"download_{name.split('.')[0]}",
            )


def _key(comparison: Comparison) -> str:
    """What tells comparisons apart in caches: a stopped one has fewer rows than a whole one."""
    n_rows = sum(len(run.curves) for run in comparison.runs)
    return f"{comparison.status} {n_rows} {comparison.experiment.to_json()}"


# Kept as objects, not as copies: nothing here changes a figure, and copying one costs 30 ms
@st.cache_resource(max_entries=64, show_spinner=False)
def _loss_figure(key: str, dark: bool, _comparison: Comparison) -> go.Figure:
    return figures.loss_curves(_comparison, dark)


@st.cache_resource(max_entries=64, show_spinner=False)
def _table(key: str, _comparison: Comparison) -> pd.DataFrame:
    return table(_comparison)
