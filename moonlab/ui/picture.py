"""The results at a glance: what they amount to, and the boundaries."""

import streamlit as st

from moonlab.results import Comparison
from moonlab.ui import training
from moonlab.ui.boundaries import show_boundaries
from moonlab.ui.outcome import Outcome
from moonlab.ui.sharing import show_seen
from moonlab.ui.shown import Shown
from moonlab.ui.verdict import show_verdict
from moonlab.ui.words import as_plain_text


def show_picture(shown: Shown, outcome: Outcome) -> None:
    """Show what it amounts to and the boundaries, and say so if the settings have changed since."""
    place = st.empty()  # always there: what comes and goes would move, and redraw, what follows
    if shown.has_earlier:
        which = "Some" if any(shown.trained) else "All"
        advice = " Train to see new ones." if training.active_job() is None else ""
        place.info(f"{which} of these results belong to the earlier settings.{advice}")
    elif not all(shown.trained) and training.active_job() is None:
        place.info("Some architectures are not trained yet. Train to see their results.")
    _warn_of_divergence(outcome.comparison)
    if training.comparison() is None:
        st.info("These are the first results. The verdict comes when all are there.")
    else:
        show_seen(outcome)
        show_verdict(outcome.comparison, outcome.judged)
    show_boundaries(outcome.comparison, outcome.key)


def _warn_of_divergence(comparison: Comparison) -> None:
    for name, runs in comparison.groups():
        n_diverged = sum(run.status == "diverged" for run in runs)
        if n_diverged:
            st.warning(
                f"{as_plain_text(name)}: {n_diverged} of {len(runs)} runs diverged. They stay in "
                "the means with their last finite weights. Try a smaller learning rate."
            )
