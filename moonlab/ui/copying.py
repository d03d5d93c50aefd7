"""A button that copies what is set up, for those who do not want to select it."""

from pathlib import Path

import streamlit as st

from moonlab.codec import QUERY_KEY

_HERE = Path(__file__).parent

_component = st.components.v2.component(
    "moonlab_copying",
    html="""
<div class="row"><button type="button"></button><span role="status"></span></div>
<details><summary>Read it</summary><code></code></details>
""",
    css=(_HERE / "copying.css").read_text(encoding="utf-8"),
    js=(_HERE / "copying.js").read_text(encoding="utf-8"),
)


def show_copying(label: str, template: str, key: str) -> None:
    """Show a button that copies a text, with the text to read.

    Parameters
    ----------
    label : str
        Of the button.
    template : str
        What is copied. In place of {page} and {experiment} it has where the page is, and the
        experiment's key, as the browser's address has them when it is copied. So there is nothing
        to send after a change.
    key : str
        Distinct on the page.
    """
    _component(key=key, data={"label": label, "template": template, "query_key": QUERY_KEY})
