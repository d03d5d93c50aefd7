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


def bound(widget: Widget, label: str, value: Any, key: str, store: Store, **options: Any) -> None:
    """Show a widget with a value of the state; what the user makes of it is stored at once."""

    def changed() -> None:
        store(st.session_state[key])

    if st.session_state.get(key, value) != value:
        st.session_state[key] = value  # the state has moved on: a preset, a link, an undone edit
    st.session_state.setdefault(key, value)
    widget(label, key=key, on_change=changed, **options)
