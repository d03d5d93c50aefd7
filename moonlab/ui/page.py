"""The comparison, from top to bottom."""

import logging
from collections.abc import Hashable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from moonlab import lesson
from moonlab.codec import QUERY_KEY
from moonlab.rules import SpecError
from moonlab.spec import Experiment
from moonlab.ui import (
    arrival,
    draft,
    panels,
    parts,
    picture,
    sharing,
    sidebar,
    snapshot,
    training,
)
from moonlab.ui.address import address, came_by_history, is_elsewhere
from moonlab.ui.bind import page_state, run_is_over
from moonlab.ui.snapshot import Snapshot
from moonlab.ui.state import PageState
from moonlab.ui.verdict import MORE_SEEDS, PAIRS

_LOG = logging.getLogger(__name__)
_CONTROLS_HEIGHT = 110  # about; what is below them does not jump when they come
_PANELS_HEIGHT = 460
_DAMAGED_DRAFT = "What was typed last is damaged in this link, so it is left out."
_DAMAGED = (
    "This link is damaged, so here is the lesson's comparison instead: copy the link again, whole."
)


def show() -> None:
    """Show the comparison."""
    arrival.go_on()
    opens_on = st.session_state.pop("opens_on", None)
    if opens_on is not None:
        training.start_if_quick(training.current_experiment() or opens_on)
    elif _went_elsewhere():
        _follow_address()
    st.title("moonlab", anchor=False)
    st.markdown(
        "Set up small neural networks side by side, train them all alike, see which is better."
    )
    with st.container(key="on_a_phone"):  # the style hides it elsewhere
        st.caption("» at the top opens the settings and the lesson's pages.")
    snapshot.take()
    _show_parts()
    with st.sidebar:
        sidebar.show_sidebar()
    parts.end_whole(_makings(), _makings_anew, _finish, ahead={"results": picture.PARTS})


def _makings_anew() -> dict[str, Hashable]:
    """What the parts of the page, and the rest of it, are made of after a change."""
    snapshot.take()
    return _makings()


def _makings() -> dict[str, Hashable]:
    """What the parts of the page are made of, and the rest of it."""
    now, state, job = snapshot.last(), page_state(), training.active_job()
    title = None if now.preset is None else now.preset.title
    ids = tuple(panel.id for panel in state.panels)
    work = None if job is None else job.number, training.comparison() is None
    can_train, takes, faults = now.outlook
    return {
        "the rest": (work, ids, st.session_state.stage),
        "start": (title, state.own is not None),
        "train": can_train,
        "undo": state.can_undo,
        "outlook": (title, takes, faults),
        "notices": (_notice(), training.said(), bool(faults)),
        "share": now.current is None,
        parts.LAST: state.n_edits,
        **sidebar.makings(),
        **panels.makings(),
        **_makings_of(now),
    }


def _makings_of(now: Snapshot) -> dict[str, Hashable]:
    """What the parts are made of that speak of the outcome."""
    if now.outcome is None:
        return {"results": None}
    key, margin = now.outcome.key, page_state().margin_points
    offers = now.is_of_now, now.is_training  # what offers more seeds is made of these, too
    closer = offers if st.session_state.get("details") == PAIRS else None
    return {
        "results": now.outcome.results,
        "standing": picture.in_words(),
        "judgement": (key, margin),
        MORE_SEEDS: (key, margin, offers),
        "boundaries": key,
        "numbers": (key, margin, repr(st.session_state.get("chosen_columns"))),
        "curves": key,
        "details": (key, margin, closer),
    }


def _finish() -> None:
    _remember_in_address(snapshot.last().current)
    run_is_over()


def _show_parts() -> None:
    """Show controls, results and panels; new results are sent before what stands above them."""
    controls, top, setup, rest = (st.container() for _ in range(4))
    if training.comparison() is None:
        arrival.set_stage(arrival.PAGE)
    outcome = snapshot.last().outcome
    is_new = outcome is not None and arrival.begin_again_if_new(outcome.results)
    if is_new:
        _show_picture(top)
    if not arrival.has_come(arrival.PAGE):
        controls.skeleton(height=_CONTROLS_HEIGHT)
        setup.skeleton(height=_PANELS_HEIGHT)
    else:
        with controls:
            _show_controls()
        with setup:
            panels.show_panels()
    if outcome is not None and not is_new:
        _show_picture(top)
    if outcome is not None and training.comparison() is not None:  # not just a part of it
        with rest:
            _show_rest()


def _show_picture(place: DeltaGenerator) -> None:
    with place:
        picture.show_picture()


def _show_controls() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        sharing.show_ways_in()
        parts.show_part("train", _show_train)
        training.show_add()
        parts.show_part("undo", training.show_undo)
    parts.show_part("outlook", _show_outlook)
    training.show_progress()
    parts.show_part("notices", _show_notices)


def _show_train() -> None:
    training.show_train(snapshot.last().outlook.can_train)


def _show_outlook() -> None:
    *_, takes, faults = snapshot.last().outlook
    said = [sharing.what_to_look_for()]
    if takes and not snapshot.last().is_training:
        said.append(f":small[:gray[{takes}]]")
    if any(said):
        st.markdown(" ".join(said))
    if faults:
        st.error(f"Please correct this, then train:\n\n{faults}")


def _show_rest() -> None:
    if arrival.has_come(arrival.PAGE):
        from moonlab.ui import results  # pandas takes a third of a second to load

        results.show_results()
    arrival.show_next_stage()


def open_session() -> None:
    """Begin a session if it has not begun yet."""
    if "page" not in st.session_state:
        _open()


def _open() -> None:
    """Begin a session: the address's experiment, or the lesson's five networks."""
    st.session_state.address = address()
    experiment, notice = lesson.torch_experiment(), ""
    if QUERY_KEY in st.query_params:
        try:
            experiment = Experiment.from_query(st.query_params.to_dict())
        except SpecError as error:
            _LOG.info("a damaged link: %s", error)
            notice = _DAMAGED
    state = st.session_state.page = PageState(experiment)
    state.notice = notice
    _restore_draft(state)
    st.session_state.n_edits = state.n_edits
    st.session_state.opens_on = experiment
    st.session_state.valid_query = experiment.to_query()


def _restore_draft(state: PageState, otherwise: Experiment | None = None) -> None:
    """Set up what the address says to have been typed, or else an experiment if one is given."""
    typed, is_damaged = None, False
    if draft.QUERY_KEY in st.query_params:
        try:
            typed = draft.from_query(st.query_params[draft.QUERY_KEY])
        except SpecError as error:
            _LOG.info("a damaged draft: %s", error)
            is_damaged = True
    if typed is not None:
        state.restore(typed)
    elif otherwise is not None:
        state.load(otherwise)
    if is_damaged:
        state.notice = state.notice or _DAMAGED_DRAFT


def _went_elsewhere() -> bool:
    """Whether the browser went Back or Forward, and nothing was edited since the last run.

    Only then: whatever else it sends may have set out before the last address came to it. Who goes
    Back while the connection is down stays where the page is.
    """
    edited = page_state().n_edits != st.session_state.n_edits
    return came_by_history() and is_elsewhere() and not edited


def _follow_address() -> None:
    """Set up what the address says, after the browser's Back or Forward."""
    st.session_state.address = address()
    try:
        experiment = Experiment.from_query(st.query_params.to_dict())
    except SpecError:
        return
    if QUERY_KEY in st.query_params:
        st.session_state.valid_query = experiment.to_query()
        _restore_draft(page_state(), otherwise=experiment)
        st.session_state.n_edits = page_state().n_edits  # a second Back may cut this run off


def _notice() -> str:
    """What the last edit brought with it, unless it is said of the results."""
    return page_state().notice if snapshot.last().outcome is None else ""


def _show_notices() -> None:
    faults = snapshot.last().outlook.faults
    if _notice():
        st.info(_notice())
    if training.said() and not faults:  # a refusal says the same again
        st.warning(training.said())


def _remember_in_address(experiment: Experiment | None) -> None:
    """Keep the address in step with what is set up, so that a reload or a link brings it back.

    What is not valid yet stands there as a draft, beside the last valid experiment.
    """
    st.session_state.n_edits = page_state().n_edits
    before = st.query_params.to_dict()
    now = {name: value for name, value in before.items() if name != draft.QUERY_KEY}
    if experiment is not None:
        st.session_state.valid_query = experiment.to_query()
    elif (typed := draft.to_query(page_state().draft())) is not None:
        now[draft.QUERY_KEY] = typed
    now |= st.session_state.valid_query
    if now != before:
        st.query_params.from_dict(now)
    st.session_state.address = address()
