"""A button that copies a text, for those who do not want to select it."""

from pathlib import Path

import streamlit as st

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "moonlab_copying",
    html='<div><button type="button"></button><span role="status"></span></div>',
    css=(_HERE / "copying.css").read_text(encoding="utf-8"),
    js=(_HERE / "copying.js").read_text(encoding="utf-8"),
)


def show_copying(label: str, text: str, key: str) -> None:
    """Show a button that copies a text.

    Parameters
    ----------
    label : str
        Of the button.
    text : str
        What is copied.
    key : str
        Distinct on the page.
    """
    _component(key=key, data={"label": label, "text": text})
