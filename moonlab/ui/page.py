"""The comparison, from top to bottom."""

import logging
import time

import streamlit as st

from moonlab import lesson
from moonlab.codec import QUERY_KEY
from moonlab.rules import SpecError
from moonlab.spec import Experiment
from moonlab.ui import arrival, panels, results, sharing, shown, sidebar, training
from moonlab.ui.bind import page_state
from moonlab.ui.state import PageState

_LOG = logging.getLogger(__name__)
_SETTLED_SECONDS = 1.5
_CONTROLS_HEIGHT = 750
_DAMAGED = (
    "This link is damaged, so here is the lesson's comparison instead: copy the link again, whole."
)


def show() -> None:
    """Show the comparison."""
    current = training.current_experiment()
    if st.session_state.pop("is_new", False) and current is not None:
        training.start_if_quick(current)
    elif _went_elsewhere():
        _follow_address()
    st.title("moonlab", anchor=False)
    st.markdown(
        "Set up small neural networks side by side, train them all alike, see which is better."
    )
    controls, outcome = st.container(), st.container()
    training.take_outcome()
    current = training.current_experiment()
    what = shown.shown(current)
    if what.comparison is None:
        arrival.set_stage(arrival.PAGE)
    with outcome:  # sent before the controls, though it stands below them
        results.show_results(what)
    with controls:
        if arrival.has_come(arrival.PAGE):
            _show_controls(current, what)
        else:
            st.skeleton(height=_CONTROLS_HEIGHT)
    sidebar.show_sidebar()
    _remember_in_address(current)


def _show_controls(current: Experiment | None, what: shown.Shown) -> None:
    sharing.show_ways_in(current)
    training.show_training()
    _show_message()
    panels.show_panels(current, what.trained)


def open_session() -> None:
    """Begin a session if it has not begun yet."""
    if "page" not in st.session_state:
        _open()


def _open() -> None:
    """Begin a session: the address's experiment, or the lesson's five networks."""
    st.session_state.message = ""
    st.session_state.address = st.query_params.get(QUERY_KEY)
    experiment, notice = lesson.torch_experiment(), ""
    if QUERY_KEY in st.query_params:
        try:
            experiment = Experiment.from_query(st.query_params.to_dict())
        except SpecError as error:
            _LOG.info("a damaged link: %s", error)
            notice = _DAMAGED
    st.session_state.page = PageState(experiment)
    st.session_state.page.notice = notice
    st.session_state.n_edits = 0
    st.session_state.address_at = 0.0
    st.session_state.is_new = True


def _went_elsewhere() -> bool:
    """Whether the browser went Back or Forward since the last run.

    A click or an edit that was under way when the address changed still comes with the old one:
    an address is believed only if nothing was edited and the last change is settled.
    """
    edited = page_state().n_edits != st.session_state.n_edits
    settled = time.monotonic() - st.session_state.address_at > _SETTLED_SECONDS
    differs = st.query_params.get(QUERY_KEY) != st.session_state.address
    return differs and settled and not edited


def _follow_address() -> None:
    """Set up what the address says, after the browser's Back or Forward."""
    st.session_state.address = st.query_params.get(QUERY_KEY)
    try:
        experiment = Experiment.from_query(st.query_params.to_dict())
    except SpecError:
        return
    if QUERY_KEY in st.query_params:
        st.session_state.message = ""
        page_state().load(experiment)


def _show_message() -> None:
    state = page_state()
    if state.notice:
        st.info(state.notice)
    if st.session_state.message:
        st.warning(st.session_state.message)


def _remember_in_address(experiment: Experiment | None) -> None:
    """Keep the address in step with what is set up, so that a reload or a link brings it back."""
    st.session_state.n_edits = page_state().n_edits
    if experiment is None:
        return
    query = experiment.to_query()
    if st.query_params.get(QUERY_KEY) != query[QUERY_KEY]:
        st.query_params[QUERY_KEY] = query[QUERY_KEY]
        st.session_state.address_at = time.monotonic()
    st.session_state.address = query[QUERY_KEY]
