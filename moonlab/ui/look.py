"""The few rules of style that the theme has no setting for."""

import streamlit as st

_STYLE = """
<style>
[data-testid="stMainBlockContainer"] { padding: 2.5rem 2rem 4rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-watching) { display: none; }
[data-testid="stLayoutWrapper"]:has(> * > :only-child > [data-testid="stEmpty"]) { display: none; }
.st-key-keyboard { position: absolute; }
.st-key-panels {
  font-size: 0.875rem;
  grid-template-columns: repeat(auto-fit, minmax(min(198px, 100%), 1fr)) !important;
}
.st-key-panels > * { max-width: 34rem; }
.st-key-panels [data-testid="stVerticalBlock"] { gap: 0.5rem; }
.st-key-panels [data-testid="stCaptionContainer"] { margin: 0; overflow-wrap: anywhere; }
.st-key-panels [data-testid="stPopover"] button { min-height: 2rem; padding: 0 0.5rem; }
.st-key-panels [data-testid="stSelectbox"] input {
  font-size: 0.8125rem; padding-left: 0.5rem; padding-right: 0; text-overflow: clip;
}
.st-key-panels [data-testid="stSelectbox"] button { padding: 0 0.125rem; }
.st-key-panels [data-testid="stSelectbox"] button svg { width: 1rem; height: 1rem; }
.st-key-panels [data-testid="stButton"] button { min-height: 1.75rem; padding: 0 0.125rem; }
.st-key-panels [data-testid="stButton"] button, .st-key-panels [data-testid="stButton"] button * {
  gap: 0; margin: 0;
}
.st-key-panels [data-testid="stButton"] p {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
}
[data-testid="stNumberInputClearButton"] { display: none; }
[data-stale="true"] { opacity: 1 !important; } /* a faded field would look disabled */
@media (min-width: 641px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-on_a_phone) { display: none; }
}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 3rem 1rem 3rem; }
  [data-testid="stMarkdownContainer"] :is(td, th) { padding-inline: 0.375rem; }
}
</style>
"""


def show_style() -> None:
    """Put the rules into the page."""
    st.html(_STYLE)
