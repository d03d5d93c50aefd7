"""What every page of the laboratory has: a question atop, a way to the comparison at the end."""

import streamlit as st

from moonlab.results import Comparison
from moonlab.spec import Experiment
from moonlab.ui import training
from moonlab.ui.bind import page_state

_GO = "go_to_comparison"


def show_question(question: str, lead: str) -> None:
    """Begin a page: the question it answers, and what to do."""
    st.title(question, anchor=False)
    st.markdown(lead)


def results_of(experiment: Experiment, key: str) -> Comparison | None:
    """The results of an experiment, trained if need be; None where its progress stands instead.

    Parameters
    ----------
    experiment : Experiment
        Seconds of work at most.
    key : str
        Distinct in a session, on this page and all others: under one key, another experiment
        stops the job of the one before.
    """
    return training.comparison_of(experiment, key)


def offer_comparison(experiment: Experiment, words: str = "Open this in the comparison") -> None:
    """End a page: a button that sets this experiment up in the comparison and goes there."""
    st.divider()
    st.button(words, key="open", icon=":material/open_in_new:", on_click=_open, args=(experiment,))


def _open(experiment: Experiment) -> None:
    page_state().load(experiment)
    training.start_if_quick(experiment)
    st.session_state[_GO] = True


def must_go_to_comparison() -> bool:
    """Whether the button that leads to the comparison was just clicked."""
    return bool(st.session_state.pop(_GO, False))
