"""How a figure is put on the page, and when."""

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

_LATER_SECONDS = 0.4
_CONFIG = {"displaylogo": False, "modeBarButtonsToRemove": ["select2d", "lasso2d"]}


def show_figure(
    figure: go.Figure, key: str, words: str, on_click: Callable[[], None] | None = None
) -> None:
    """Show a figure in its own colours, with its text alternative; it saves itself as SVG.

    With `on_click`, its marks can be clicked: see `clicked`.
    """
    image = {"toImageButtonOptions": {"format": "svg", "filename": f"moonlab {key}"}}
    st.plotly_chart(
        figure,
        key=key,
        theme=None,
        config=_CONFIG | image | ({"displayModeBar": False} if on_click else {}),
        alt=words,
        on_select=on_click or "ignore",
        selection_mode="points",
    )


def clicked(key: str) -> list[float] | None:
    """The custom values of the mark that was clicked last in a figure, if one was."""
    points = st.session_state[key]["selection"]["points"]
    values: list[float] | None = points[-1].get("customdata") if points else None
    return values


def later(key: str) -> bool:
    """Whether it is time for what takes the browser long: not in a session's first moment.

    The drawing library is over 4 MB of script, and whatever is on the page waits for it. So it is
    sent once the rest stands, which a fragment in its place asks for.
    """
    if st.session_state.setdefault(f"later_{key}", -1) < 1:
        _count_up(f"later_{key}")
    return bool(st.session_state[f"later_{key}"] >= 1)


@st.fragment(run_every=_LATER_SECONDS)
def _count_up(name: str) -> None:
    st.session_state[name] += 1
    if st.session_state[name] >= 1:
        st.rerun()
    st.caption("The curves come in a moment.")
