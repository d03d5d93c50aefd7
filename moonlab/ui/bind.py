"""Widgets bound to values of the page's state."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from moonlab.ui.state import PageState

Widget = Callable[..., Any]
Store = Callable[[Any], None]


def page_state() -> PageState:
    """The state of this session's page."""
    state: PageState = st.session_state.page
    return state


def number(label: str, value: Any, key: str, store: Store, **options: Any) -> None:
    """Show a number; what is typed is stored as it is, and a cleared one as None, for the door.

    A bound of the widget's own would keep a number from the server and let the old one stand;
    without `value=None` a cleared number would become the least one. Both would say nothing.
    """
    bound(st.number_input, label, value, key, store, value=None, **options)


def bound(widget: Widget, label: str, current: Any, key: str, store: Store, **options: Any) -> None:
    """Show a widget with a value of the state; what the user makes of it is stored at once."""

    def changed() -> None:
        store(st.session_state[key])

    if key not in st.session_state or st.session_state[key] != current:
        st.session_state[key] = current  # new, or moved on: a preset, a link, an undone edit
    widget(label, key=key, on_change=changed, **options)
