"""A page comes in stages, so that the first picture does not wait for all that stands around it."""

import plotly.graph_objects as go
import streamlit as st

from moonlab.ui.charts import show_figure

PICTURE, PAGE, FIGURES = range(3)
_SECONDS = {PICTURE: 0.3, PAGE: 0.8}  # for the browser to draw a stage before the next one comes


def has_come(stage: int) -> bool:
    """Whether a session is at that stage, or beyond it."""
    return bool(st.session_state.setdefault("stage", PICTURE) >= stage)


def set_stage(stage: int) -> None:
    """Go on to that stage, unless the session is beyond it."""
    st.session_state.stage = max(stage, st.session_state.get("stage", PICTURE))


def are_new(results: str) -> bool:
    """Whether a session has not shown these results before; figures then come last again."""
    if st.session_state.get("shown_results") == results:
        return False
    st.session_state.shown_results = results
    st.session_state.stage = min(st.session_state.get("stage", PICTURE), PAGE)
    st.session_state.drawn_stage = None
    return True


def show_figure_at_last(figure: go.Figure, key: str, words: str) -> None:
    """Show a figure once all else stands, and its room until then: it takes the browser longest."""
    if has_come(FIGURES):
        show_figure(figure, key, words)
    else:
        st.skeleton(height=figure.layout.height)


def show_next_stage() -> None:
    """Ask for the next stage as soon as the browser has drawn this one."""
    stage = st.session_state.stage
    if stage in _SECONDS:
        st.fragment(_show_next, run_every=_SECONDS[stage])(stage)


def _show_next(stage: int) -> None:
    """Called by the page first, which the browser then draws, and by the browser's clock after."""
    if st.session_state.get("drawn_stage") == stage:
        set_stage(stage + 1)
        st.rerun()
    st.session_state.drawn_stage = stage
