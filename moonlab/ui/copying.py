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


def show_copied(label: str, text: str, key: str, language: str | None = None) -> None:
    """Show a text below a button that copies it.

    Parameters
    ----------
    label : str
        Of the button.
    text : str
        What is shown and copied.
    key : str
        Distinct on the page.
    language : str, optional
        Of the text, for its colours.
    """
    _component(key=key, data={"label": label, "text": text})
    st.code(text, language=language, wrap_lines=True)
