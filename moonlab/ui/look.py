"""The few rules of style that the theme has no setting for."""

import streamlit as st

from moonlab.ui.state import MAX_PANELS

_PANEL = '.st-key-panels [class*="st-key-panel_"]'
_FIELDS = f"{_PANEL} > :nth-child(6) > *"  # behind four buttons and the name
_RULES = """
[data-testid="stMainBlockContainer"] { padding: 2.5rem 2rem 4rem; }
[data-testid="stLayoutWrapper"]:has(> .st-key-watching) { display: none; }
/* a place that is kept for what may be said takes no room while nothing is */
[data-testid="stLayoutWrapper"]:has(> * > :only-child > [data-testid="stEmpty"]) {
  display: none;
}
.st-key-verdict > :nth-child(2) { flex: none; width: auto; max-width: 100%; } /* more seeds */
.st-key-verdict > :nth-child(2):not(:has(button)) { display: none; }
.st-key-controls > * { flex: none; width: auto; max-width: 100%; }
.st-key-controls > :first-child { width: 300px; }
.st-key-keyboard { position: absolute; }
.st-key-panels {
  font-size: 0.875rem;
  grid-template-columns: repeat(auto-fit, minmax(min(198px, 100%), 1fr)) !important;
}
.st-key-panels [data-testid="stVerticalBlock"] { gap: 0.5rem; }
/* rows without containers of their own, each of which costs the browser time at every change */
PANEL { flex-flow: row wrap; justify-content: end; column-gap: 0.25rem; }
FIELDS { flex-flow: row wrap; align-items: end; row-gap: 0; margin-top: -0.5rem; }
FIELDS > * { order: 2; margin-top: 0.5rem; }
FIELDS::before { content: ""; order: 1; flex-basis: 100%; } /* the choices stand in a new row */
FIELDS > :is([class*="_depth"], [class*="_width_"]) { order: 0; flex: 1 1 8rem; }
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
/* how many of 2,000 characters there are helps nobody, and lies over long texts */
.stTextInput [data-testid="InputInstructions"] { display: none; }
[data-stale="true"] { opacity: 1 !important; } /* a faded field would look disabled */
@media (min-width: 768px) {
  [data-testid="stLayoutWrapper"]:has(> .st-key-on_a_phone) { display: none; }
}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding: 3rem 1rem 3rem; }
  [data-testid="stMarkdownContainer"] :is(td, th) { padding-inline: 0.375rem; }
}
""".replace("FIELDS", _FIELDS).replace("PANEL", _PANEL)
_CAP, _GAP = 34, 1  # of a panel, as of the picture above it, and beside it; in rem
_PANELS = ".st-key-panels:not(:has(> :nth-child({more})))"  # of so many there is not one more
_CAPS = "\n".join(
    f"{_PANELS.format(more=n + 1)} {{ max-width: {n * (_CAP + _GAP) - _GAP}rem; }}"
    for n in range(MAX_PANELS, 0, -1)  # the last that holds counts
)


def show_style() -> None:
    """Put the rules into the page."""
    st.html(f"<style>\n{_RULES}{_CAPS}\n</style>")
