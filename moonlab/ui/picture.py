"""The results at a glance: what they amount to, and the boundaries."""

import streamlit as st

from moonlab.results import Comparison
from moonlab.ui import arrival, snapshot, training
from moonlab.ui.bind import page_state
from moonlab.ui.boundaries import show_boundaries
from moonlab.ui.outcome import Outcome
from moonlab.ui.parts import rest_follows, show_part
from moonlab.ui.sharing import show_seen
from moonlab.ui.snapshot import show_outcome_part
from moonlab.ui.verdict import show_verdict
from moonlab.ui.words import as_plain_text

PARTS = ("standing", "judgement", "boundaries")
"""The names of its parts."""


def show_picture() -> None:
    """Show how the results stand to the settings, what they amount to, and the boundaries."""
    standing, judgement, boundaries = PARTS
    show_part(standing, _show_standing)
    show_outcome_part(judgement, _show_judgement)
    show_outcome_part(boundaries, _show_boundaries)


def _show_standing() -> None:
    """Say what has changed since the results came."""
    said = in_words()
    place = st.empty()  # always there: what comes and goes would move, and redraw, what follows
    if said:
        place.info(said)


def in_words() -> str:
    """What the last edit brought with it, and how the results stand to the settings, if at all."""
    return " ".join(filter(None, (page_state().notice, _standing())))


def _standing() -> str:
    """How the results stand to the settings, in words if there is anything to say."""
    what, is_training = snapshot.last().shown, snapshot.last().is_training
    if what.has_earlier:
        which = "Some" if any(what.trained) else "All"
        advice = "" if is_training else " Train to see new ones."
        return f"{which} of these results belong to the earlier settings.{advice}"
    if not all(what.trained) and not is_training:
        return "Some architectures are not trained yet. Train to see their results."
    return ""


def _show_judgement(outcome: Outcome) -> None:
    _warn_of_divergence(outcome.comparison)
    if training.comparison() is None:
        st.info("These are the first results. The verdict comes when all are there.")
    else:
        show_seen(outcome)
        show_verdict(outcome.comparison, outcome.judged)


def _show_boundaries(outcome: Outcome) -> None:
    rest_waits = rest_follows() or not arrival.has_come(arrival.PAGE)
    on_drawn = _show_the_rest if rest_waits else None
    show_boundaries(outcome.comparison, outcome.key, on_drawn)


def _show_the_rest() -> None:
    """Show what has waited until the boundaries are drawn."""
    arrival.set_stage(arrival.PAGE)
    st.rerun()


def _warn_of_divergence(comparison: Comparison) -> None:
    for name, runs in comparison.groups():
        n_diverged = sum(run.status == "diverged" for run in runs)
        if n_diverged:
            st.warning(
                f"{as_plain_text(name)}: {n_diverged} of {len(runs)} runs diverged. They stay in "
                "the means with their last finite weights. Try a smaller learning rate."
            )
