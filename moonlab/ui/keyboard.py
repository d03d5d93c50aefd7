"""Ways about the page without a mouse that the browser does not know by itself."""

from pathlib import Path

import streamlit as st

_component = st.components.v2.component(
    "moonlab_keyboard", js=Path(__file__).with_name("keyboard.js").read_text(encoding="utf-8")
)


def help_the_keyboard() -> None:
    """Let the keyboard get into popovers as they open; the style gives this no room."""
    _component(key="keyboard")
