"""The results: what they amount to, boundaries, table, curves, and more on demand."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from moonlab import figures
from moonlab.judgement import Judgement, judge
from moonlab.results import Comparison
from moonlab.ui import arrival
from moonlab.ui.boundaries import show_boundaries
from moonlab.ui.charts import show_figure
from moonlab.ui.details import show_details
from moonlab.ui.downloads import show_downloads
from moonlab.ui.sharing import show_seen
from moonlab.ui.shown import Shown, show_pins
from moonlab.ui.table import show_table, table
from moonlab.ui.verdict import margin_points, show_verdict
from moonlab.ui.words import as_plain_text


def show_results(shown: Shown) -> None:
    """Show what there is, and say so if the settings have changed since."""
    comparison = shown.comparison
    if comparison is None:
        return
    st.subheader("Results", anchor=False)
    if shown.has_earlier:
        st.info("Some of these results belong to the earlier settings. Train to see the new ones.")
    elif not all(shown.trained):
        st.info("Some architectures are not trained yet. Train to see their results.")
    _warn_of_divergence(comparison)
    key = _key(comparison)
    judged = _judged(key, margin_points(), comparison)
    show_seen(comparison)
    show_verdict(comparison, judged)
    show_boundaries(comparison, key)
    if arrival.has_come(arrival.PAGE):
        _show_numbers(comparison, judged, key)
    if arrival.has_come(arrival.FIGURES):
        _show_curves(key, comparison)
        show_details(comparison, judged)
    arrival.show_next_stage()


def _show_numbers(comparison: Comparison, judged: Judgement, key: str) -> None:
    margin = margin_points()
    show_table(_table(key, margin, comparison, judged), comparison, judged)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        show_pins(comparison)
    show_downloads(comparison, margin)


def _warn_of_divergence(comparison: Comparison) -> None:
    for name, runs in comparison.groups():
        n_diverged = sum(run.status == "diverged" for run in runs)
        if n_diverged:
            st.warning(
                f"{as_plain_text(name)}: {n_diverged} of {len(runs)} runs diverged. They stay in "
                "the means with their last finite weights. Try a smaller learning rate."
            )


def _show_curves(key: str, comparison: Comparison) -> None:
    st.subheader("Curves", anchor=False)
    several = len(comparison.experiment.seeds) > 1
    st.caption(
        "Loss and accuracy after each epoch: train solid, validation dashed. "
        + ("The line is the mean over seeds, the band holds 8 of 10 of them. " if several else "")
        + "Click a name to hide its lines."
    )
    with st.container(horizontal=True):
        scale = st.segmented_control(
            "Loss axis",
            ("Logarithmic", "Linear"),
            default="Logarithmic",
            required=True,
            key="loss_axis",
            label_visibility="collapsed",
        )
        single = several and st.toggle("Single runs", key="single_runs")
    dark = st.context.theme.type == "dark"
    figure = _curves(key, scale == "Logarithmic", single, dark, comparison)
    show_figure(figure, "curves", figures.curves_in_words(comparison.groups()))


def _key(comparison: Comparison) -> str:
    """What tells shown comparisons apart in caches: names, pins, and how far they came."""
    parts = [str(len(comparison.runs)), str(sum(len(run.curves) for run in comparison.runs))]
    parts += [comparison.status, comparison.experiment.to_json(), *comparison.names]
    for name, runs in comparison.pinned:
        parts += [name, repr((runs[0].architecture, runs[0].training, runs[0].data))]
        parts.append(str([(run.seed, run.status, run.scores) for run in runs]))
    return "\n".join(parts)


# Kept as objects, not as copies: nothing here changes them, and copying a figure costs 30 ms
@st.cache_resource(max_entries=64, show_spinner=False)
def _judged(key: str, margin: float, _comparison: Comparison) -> Judgement:
    return judge(_comparison.groups(), margin)


@st.cache_resource(max_entries=64, show_spinner=False)
def _table(key: str, margin: float, _comparison: Comparison, _judged: Judgement) -> pd.DataFrame:
    return table(_comparison, _judged)


@st.cache_resource(max_entries=64, show_spinner=False)
def _curves(key: str, log: bool, single: bool, dark: bool, _comparison: Comparison) -> go.Figure:
    return figures.curves(_comparison.groups(), log=log, single_runs=single, dark=dark)
