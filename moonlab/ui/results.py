"""The results in numbers: table, curves, and more on demand; loaded when there are any."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from moonlab import figures
from moonlab.figure_traces import MOST_SINGLE_RUNS
from moonlab.results import Comparison
from moonlab.ui.arrival import show_figure_at_last
from moonlab.ui.charts import is_dark
from moonlab.ui.details import show_details
from moonlab.ui.downloads import show_downloads
from moonlab.ui.outcome import Outcome
from moonlab.ui.parts import show_again
from moonlab.ui.shown import show_pins
from moonlab.ui.snapshot import show_outcome_part
from moonlab.ui.table import show_table, table
from moonlab.ui.words import as_plain_text


def show_results() -> None:
    """Show the table, the curves, and more on demand."""
    show_outcome_part("numbers", _show_numbers)
    show_outcome_part("curves", _show_curves)
    show_outcome_part("details", show_details)


def _show_numbers(outcome: Outcome) -> None:
    """Show the table, with what can be pinned and downloaded."""
    comparison, judged, margin, key, _ = outcome
    st.subheader("Results", anchor=False)
    show_table(_table(key, margin, outcome), comparison, judged)
    show_pins(comparison)
    show_downloads(comparison, margin)


def _show_curves(outcome: Outcome) -> None:
    comparison, key = outcome.comparison, outcome.key
    st.subheader("Curves", anchor=False)
    again = show_again("curves")
    with st.container(horizontal=True, vertical_alignment="center"):
        scale = st.segmented_control(
            "Loss axis",
            ("Logarithmic", "Linear"),
            default="Logarithmic",
            required=True,
            key="loss_axis",
            on_change=again,
            label_visibility="collapsed",
        )
        hidden = _hidden_lines(tuple(group.name for group in comparison.groups()))
        several = len(comparison.experiment.seeds) > 1
        single = several and st.toggle("Single runs", key="single_runs", on_change=again)
    st.caption(_curves_caption(several, single))
    log, dark = scale == "Logarithmic", is_dark()
    figure, words = _curves(key, log, single, dark, hidden, comparison)
    show_figure_at_last(figure, "curves", words, f"{log} {single} {dark} {hidden} {key}")


def _hidden_lines(names: tuple[str, ...]) -> tuple[int, ...]:
    """The positions of those whose lines are hidden, by the keyboard if one likes."""
    positions = range(len(names))
    if st.session_state.get("lines_of") != names:  # others than before: all are shown
        st.session_state.lines_of, st.session_state.lines = names, list(positions)
    with st.popover("Lines", icon=":material/visibility:", key="choose_lines"):
        shown = st.pills(
            "Whose lines are shown",
            positions,
            key="lines",
            default=st.session_state.lines,  # for a popover that opens later
            format_func=lambda position: as_plain_text(names[position]),
            selection_mode="multi",
            on_change=show_again("curves"),
        )
    return tuple(position for position in positions if position not in shown)


def _curves_caption(several: bool, single: bool) -> str:
    lines = "Loss and accuracy after each epoch: train solid, validation dashed. "
    if single:
        lines += f"Each thin line is one seed's run, of {MOST_SINGLE_RUNS} at most. "
    elif several:
        lines += "The line is the mean over seeds, the band their 10th to 90th percentile. "
    return lines + "Click a name to hide its lines, or use Lines."


# Kept as objects, not as copies: nothing here changes them, and copying a figure costs 30 ms
@st.cache_resource(max_entries=64, show_spinner=False)
def _table(key: str, margin: float, _outcome: Outcome) -> pd.DataFrame:
    return table(_outcome.comparison, _outcome.judged)


@st.cache_resource(max_entries=64, show_spinner=False)
def _curves(
    key: str, log: bool, single: bool, dark: bool, hidden: tuple[int, ...], _comparison: Comparison
) -> tuple[go.Figure, str]:
    groups = _comparison.groups()
    figure = figures.curves(groups, log=log, single_runs=single, dark=dark, hidden=hidden)
    return figure, figures.curves_in_words(groups)
