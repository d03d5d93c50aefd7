"""How a figure is put on the page."""

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

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


# Its JSON takes longer to make than what is around it, and the same key means the same figure
@st.cache_resource(max_entries=64, show_spinner=False)
def show_figure_again(key: str, words: str, cache_key: str, _figure: go.Figure) -> None:
    """Show a figure that is shown again and again; the cache key tells it from all others."""
    show_figure(_figure, key, words)


def is_dark() -> bool:
    """Whether the reader's theme is dark."""
    return bool(st.context.theme.type == "dark")


def clicked(key: str) -> list[float] | None:
    """The custom values of the mark that was clicked last in a figure, if one was."""
    points = st.session_state[key]["selection"]["points"]
    values: list[float] | None = points[-1].get("customdata") if points else None
    return values
