"""All pages: the comparison, and the lesson as a laboratory."""

import streamlit as st

from moonlab.ui import look, page, parts, training
from moonlab.ui.keyboard import help_the_keyboard
from moonlab.ui.lab import PAGES
from moonlab.ui.lab.frame import must_go_to_comparison


def main() -> None:
    """Show the page that is asked for."""
    parts.begin_whole()
    st.set_page_config(page_title="moonlab", page_icon="🌙", layout="wide")
    look.show_style()
    page.open_session()
    compare = st.Page(page.show, title="Compare", url_path="compare", default=True)
    laboratory = [st.Page(one.show, title=one.title, url_path=one.path) for one in PAGES]
    asked_for = st.navigation([compare, *laboratory], position="top")
    if must_go_to_comparison():
        st.switch_page(compare)
    training.watch_jobs()
    asked_for.run()
    help_the_keyboard()
