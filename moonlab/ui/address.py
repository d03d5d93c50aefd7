"""At which address the browser is, as what it sends says, and whether it went Back or Forward."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from moonlab.codec import QUERY_KEY
from moonlab.ui import draft


def address() -> tuple[str | None, str | None]:
    """What the address says: the experiment, and what was typed and is not valid yet."""
    return st.query_params.get(QUERY_KEY), st.query_params.get(draft.QUERY_KEY)


def is_elsewhere() -> bool:
    """Whether the browser is at another address than the page gave it last."""
    given: tuple[str | None, str | None] = st.session_state.get("address", address())
    return address() != given


def came_by_history() -> bool:
    """Whether the browser asked for this run because of its Back or Forward."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation
