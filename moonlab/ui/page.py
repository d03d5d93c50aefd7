"""The page, from top to bottom."""

import logging

import streamlit as st

from moonlab import lesson
from moonlab.codec import QUERY_KEY
from moonlab.rules import SpecError
from moonlab.spec import Experiment
from moonlab.ui import look, panels, results, sharing, sidebar, training
from moonlab.ui.bind import page_state
from moonlab.ui.state import PageState
from moonlab.ui.words import as_plain_text

_LOG = logging.getLogger(__name__)


def main() -> None:
    """Show the page."""
    st.set_page_config(page_title="moonlab", page_icon="🌙", layout="wide")
    if "page" not in st.session_state:
        _open()
    look.show_style()
    st.title("moonlab", anchor=False)
    st.markdown(
        "Set up small neural networks side by side, train them all alike, see which is better."
    )
    sidebar.show_sidebar()
    sharing.show_ways_in(_current())
    panels.show_panels()
    training.show_training()
    _show_message()
    _remember_in_address()
    comparison = training.comparison()
    if comparison is not None:
        results.show_results(comparison, _current())


def _open() -> None:
    """Begin a session: the address's experiment, or the lesson's five networks."""
    st.session_state.message = ""
    experiment = lesson.torch_experiment()
    if QUERY_KEY in st.query_params:
        try:
            experiment = Experiment.from_query(st.query_params.to_dict())
        except SpecError as error:
            _LOG.info("a damaged link: %s", error)
            st.session_state.message = (
                "This link is damaged, so here is the lesson's comparison instead."
            )
    st.session_state.page = PageState(experiment)
    training.start(experiment)


def _current() -> Experiment | None:
    try:
        return page_state().experiment()
    except SpecError:
        return None


def _show_message() -> None:
    state = page_state()
    if state.notice:
        st.info(state.notice)
    if st.session_state.message:
        st.warning(as_plain_text(st.session_state.message))


def _remember_in_address() -> None:
    """Keep the address in step with what is set up, so that a reload or a link brings it back."""
    experiment = _current()
    if experiment is None:
        return
    query = experiment.to_query()
    if st.query_params.get(QUERY_KEY) != query[QUERY_KEY]:
        st.query_params[QUERY_KEY] = query[QUERY_KEY]
