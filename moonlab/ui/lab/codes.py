"""How the library's own code is shown on a page: small, so that its lines stay whole."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_STYLE = """
<style>
.st-key-{key} pre {{ padding: 0.4rem 0.6rem; }}
.st-key-{key} pre code {{ font-size: 0.75rem; }}
</style>
"""


def with_small_code(key: str) -> DeltaGenerator:
    """A container in which code is small."""
    st.html(_STYLE.format(key=key))
    return st.container(key=key)
