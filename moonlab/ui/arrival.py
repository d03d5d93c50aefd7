"""A page comes in stages, so that the first picture does not wait for all that stands around it."""

import time

import plotly.graph_objects as go
import streamlit as st

from moonlab.ui.charts import show_figure, show_figure_again
from moonlab.ui.clock import show_by_clock

PICTURE, PAGE, FIGURES = range(3)
_SECONDS = {PICTURE: 2.0, PAGE: 0.8}
"""For the browser to draw a stage before the next one comes, unless it tells before that it has."""


def go_on() -> None:
    """Begin a run of the page: at the next stage, if the browser has had time to draw this one."""
    stage = st.session_state.setdefault("stage", PICTURE)
    st.session_state.setdefault("stage_sent_at", None)
    if stage in _SECONDS and _seconds_drawn() >= _SECONDS[stage]:
        set_stage(stage + 1)


def _seconds_drawn() -> float:
    sent_at: float | None = st.session_state.stage_sent_at
    return 0.0 if sent_at is None else time.monotonic() - sent_at


def has_come(stage: int) -> bool:
    """Whether a session is at that stage, or beyond it."""
    return bool(st.session_state.setdefault("stage", PICTURE) >= stage)


def set_stage(stage: int) -> None:
    """Go on to that stage, unless the session is beyond it."""
    if not has_come(stage):
        st.session_state.stage = stage
        st.session_state.stage_sent_at = None


def begin_again_if_new(results: str) -> bool:
    """Let figures come last again for other results than those shown before; whether they are."""
    if st.session_state.get("shown_results") == results:
        return False
    st.session_state.shown_results = results
    st.session_state.stage = min(st.session_state.stage, PAGE)
    st.session_state.stage_sent_at = None
    return True


def show_figure_at_last(
    figure: go.Figure, key: str, words: str, cache_key: str | None = None
) -> None:
    """Show a figure once all else stands, and its room until then: it takes the browser longest.

    With a cache key, which tells it from all others, it is put together once.
    """
    if has_come(FIGURES) and cache_key is not None:
        show_figure_again(key, words, cache_key, figure)
    elif has_come(FIGURES):
        show_figure(figure, key, words)
    else:
        st.skeleton(height=figure.layout.height)


def show_next_stage() -> None:
    """Ask for the next stage as soon as the browser has drawn this one."""
    stage = st.session_state.stage
    if stage in _SECONDS:
        if st.session_state.stage_sent_at is None:
            st.session_state.stage_sent_at = time.monotonic()

        def run_again(by_clock: bool) -> None:
            if by_clock and _seconds_drawn() >= _SECONDS[stage]:
                st.rerun()

        show_by_clock(_SECONDS[stage], run_again)
