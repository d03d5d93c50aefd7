"""Training from the page: starting, watching and stopping a job."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import NamedTuple

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from moonlab.budget import duration
from moonlab.jobs import Job, JobRunner
from moonlab.results import Comparison
from moonlab.rules import SpecError
from moonlab.spec import Experiment
from moonlab.ui.bind import page_state
from moonlab.ui.clock import show_by_clock
from moonlab.ui.parts import then_whole
from moonlab.ui.words import as_plain_text, faults_in_words

_UNASKED_SECONDS = 20.0
_WATCH_SECONDS = 1.0
_PROGRESS_SECONDS = 0.25
_NEWS_SECONDS = 2.0  # between parts of the first results
_ALL_THERE = "All results are there. Change something to train again."
_LOCK = threading.Lock()


def job_runner() -> JobRunner:
    """The runner that all sessions share, made when it is first asked for."""
    with _LOCK:
        return _job_runner()


@cache
def _job_runner() -> JobRunner:
    return JobRunner()


def start(experiment: Experiment) -> None:
    """Start a job, unless one of this session's is under way."""
    take_outcome()
    if active_job() is None:
        _say("")
        st.session_state.job = _submit(experiment)


def _submit(experiment: Experiment) -> Job:
    """Submit a job that knows whether this session's browser is still connected."""
    context = get_script_run_ctx()
    session = "" if context is None else context.session_id

    def has_page() -> bool:
        return runtime.exists() and runtime.get_instance().is_active_session(session)

    return job_runner().submit(experiment, has_page)


def start_if_quick(experiment: Experiment) -> None:
    """Start a job that nobody has asked for, if it takes a few seconds only or is there already."""
    try:
        work = job_runner().estimate(experiment)
    except SpecError:
        return
    if work.seconds <= _UNASKED_SECONDS:
        start(experiment)


def active_job() -> Job | None:
    """The session's job under way, or over and not yet taken, if there is one."""
    job: Job | None = st.session_state.get("job")
    return job


def watch_jobs() -> None:
    """Keep the session's jobs going, on whichever of its pages it is."""
    place = st.empty()  # always there: the page below would move, and be drawn anew, with each job
    if _jobs_under_way():
        with place.container(key="watching"):  # the style lets it take no room
            show_by_clock(_WATCH_SECONDS, _keep_watching)


def _jobs_under_way() -> list[Job]:
    jobs = [active_job(), *st.session_state.get("asides", {}).values()]
    return [job for job in jobs if job is not None and not job.is_over]


def _keep_watching(by_clock: bool) -> None:
    jobs = _jobs_under_way()
    if by_clock and not jobs:
        st.rerun()
    for job in jobs:
        job.seen()


def take_outcome() -> None:
    """Keep what came of the session's job, if it is over."""
    job = active_job()
    if job is None or not job.is_over:
        return
    del st.session_state["job"]
    if job.comparison is not None:
        st.session_state.comparison = job.comparison
    elif job.status == "stopped":
        _say("Stopped before there was anything to show.")
    else:
        _say(faults_in_words(job.error) if job.error is not None else job.message)


def _say(message: str) -> None:
    """Tell the user what came of training, until the next edit."""
    st.session_state.message = page_state().n_edits, message


def said() -> str:
    """What is to be told of the last training, if nothing was edited since."""
    n_edits, message = st.session_state.get("message", (0, ""))
    return message if n_edits == page_state().n_edits else ""


def take_if_there(experiment: Experiment) -> None:
    """Make the results of an experiment the latest ones if all its runs are there already."""
    latest = comparison()
    if active_job() is not None:
        return
    if latest is not None and latest.experiment == experiment and latest.status != "stopped":
        return
    found = job_runner().cached(experiment)
    if found is not None:
        st.session_state.comparison = found


def comparison() -> Comparison | None:
    """The latest results of this session."""
    result: Comparison | None = st.session_state.get("comparison")
    return result


def so_far() -> Comparison | None:
    """What there is of the session's job under way."""
    job = active_job()
    return None if job is None else job.so_far()


def current_experiment() -> Experiment | None:
    """What is set up, if it is valid; built once an edit."""
    n_edits = page_state().n_edits
    built: tuple[int, Experiment | None] = st.session_state.get("built", (-1, None))
    if built[0] != n_edits:
        try:
            built = n_edits, page_state().experiment()
        except SpecError:
            built = n_edits, None
        st.session_state.built = built
    return built[1]


def start_current() -> None:
    """Train what is set up, unless there are faults, which are shown in any case."""
    with suppress(SpecError):
        start(page_state().experiment())


def comparison_of(experiment: Experiment, key: str) -> Comparison | None:
    """Results for a part of a page, trained if need be, with the progress in their place.

    Parameters
    ----------
    experiment : Experiment
        What the part is about; another one takes its place at once.
    key : str
        Of the part.

    Returns
    -------
    Comparison or None
        None while it trains, and where a sentence says why there is none.
    """
    asides: dict[str, Job] = st.session_state.setdefault("asides", {})
    job = asides.get(key)
    if job is None or job.experiment != experiment:
        if job is not None:
            job_runner().stop(job)
        job = asides[key] = _submit(experiment)
    if not job.is_over:
        _show_progress(job, f"{key}_stop", lambda: False)
    elif job.status != "done":
        _say_what_came_of(job)
        st.button("Train it", key=f"{key}_again", on_click=then_whole(_forget), args=(key,))
    return job.comparison if job.status == "done" else None


def _say_what_came_of(job: Job) -> None:
    if job.status == "stopped":
        st.info("This was stopped before its end.")
    else:
        st.error(faults_in_words(job.error) if job.error is not None else job.message)


def _forget(key: str) -> None:
    st.session_state.asides.pop(key, None)


class Outlook(NamedTuple):
    """What training what is set up would mean."""

    can_train: bool
    """Also where there is nothing to train: who types a value and clicks, clicks in that moment."""
    takes: str
    """How long, in words; empty if there are faults."""
    faults: str
    """What is to be corrected before, in words."""


def outlook(current: Experiment | None) -> Outlook:
    """What training what is set up would mean."""
    try:
        work = job_runner().estimate(current or page_state().experiment())
    except SpecError as error:
        return Outlook(can_train=False, takes="", faults=faults_in_words(error))
    has_work = work.seconds > 0 or not _is_shown(current)
    takes = f"Training takes about {duration(max(work.seconds, 0.1))}." if has_work else _ALL_THERE
    return Outlook(can_train=active_job() is None, takes=takes, faults="")


def _is_shown(current: Experiment | None) -> bool:
    """Whether the latest results are those of what is set up, whole."""
    latest = comparison()
    return latest is not None and latest.experiment == current and latest.status != "stopped"


def show_train(can_train: bool) -> None:
    """Show the button that trains what is set up."""
    st.button(
        "Train and compare",
        key="train",
        type="primary",
        icon=":material/play_arrow:",
        on_click=then_whole(start_current),
        disabled=not can_train,
    )


def show_add() -> None:
    """Show the button that adds a panel, and where the last one stands."""
    st.button(
        "Add architecture",
        key="add",
        icon=":material/add:",
        on_click=then_whole(_add),
        disabled=not page_state().can_add,
    )
    if added := st.session_state.pop("added", None):
        st.toast(f"Architecture {added} stands after the others.")


def show_undo() -> None:
    """Show the button that takes back the last edit."""
    st.button(
        "Undo",
        key="undo",
        icon=":material/undo:",
        on_click=then_whole(page_state().undo),
        disabled=not page_state().can_undo,
    )


def _add() -> None:
    """Add a panel if there is room; it may stand below what is on screen."""
    if page_state().can_add:
        page_state().add()
        st.session_state.added = len(page_state().panels)


def show_progress() -> None:
    """Show how far the session's job is, if there is one."""
    job = active_job()
    if job is not None:
        n_shown, shown_at = _n_to_show(job), time.monotonic()

        def has_news() -> bool:
            is_time = n_shown == 0 or time.monotonic() - shown_at > _NEWS_SECONDS
            return is_time and _n_to_show(job) > n_shown

        _show_progress(job, "stop", has_news)


def _n_to_show(job: Job) -> int:
    """Of how many architectures the page would show what there is; none if it has results."""
    found = job.so_far() if comparison() is None else None
    return 0 if found is None else len(found.experiment.architectures)


def _show_progress(job: Job, stop_key: str, has_news: Callable[[], bool]) -> None:
    def show(by_clock: bool) -> None:
        if by_clock and (job.is_over or has_news()):
            st.rerun()
        job.seen()
        _show_bar(job, stop_key)

    show_by_clock(_PROGRESS_SECONDS, show)


def _show_bar(job: Job, stop_key: str) -> None:
    fraction, text = 0.0, "Waiting: other comparisons are before this one…"
    shown = job.source
    if shown.status == "running":
        text = "Getting ready…"
    if shown.progress is not None:
        progress = shown.progress
        fraction = progress.fraction
        text = (
            f"Training {as_plain_text(progress.name)} "
            f"({progress.position + 1} of {progress.n_architectures}): "
            f"epoch {progress.epoch:,} of {progress.epochs:,}"
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(fraction, 1.0), text)
        st.button(
            "Stop",
            key=stop_key,
            icon=":material/stop:",
            on_click=then_whole(job_runner().stop),
            args=(job,),
            disabled=job.stop_asked.is_set(),
        )
