"""What is set up, what there is of it, and what to make of that: worked out once for all parts."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from moonlab.presets import Preset, preset_of
from moonlab.spec import Experiment
from moonlab.ui import shown, training
from moonlab.ui.outcome import Outcome, outcome_of
from moonlab.ui.parts import show_part
from moonlab.ui.shown import Shown
from moonlab.ui.training import Outlook


class Snapshot(NamedTuple):
    """What the comparison's page speaks of."""

    current: Experiment | None
    """What is set up, if it is valid."""
    preset: Preset | None
    """That is set up, if it is one."""
    outlook: Outlook
    shown: Shown
    outcome: Outcome | None
    """Of what is shown, if anything is."""
    is_training: bool

    @property
    def is_of_now(self) -> bool:
        """Whether the results shown are those of what is set up."""
        return self.outcome is not None and self.outcome.comparison.experiment == self.current


def take() -> Snapshot:
    """Work it out anew, as a page or a change begins."""
    training.take_outcome()
    current = training.current_experiment()
    what = shown.shown(current)
    st.session_state.snapshot = Snapshot(
        current=current,
        preset=None if current is None else preset_of(current),
        outlook=training.outlook(current),
        shown=what,
        outcome=None if what.comparison is None else outcome_of(what.comparison),
        is_training=training.active_job() is not None,
    )
    return last()


def last() -> Snapshot:
    """What was worked out last."""
    snapshot: Snapshot = st.session_state.snapshot
    return snapshot


def show_outcome_part(name: str, show: Callable[[Outcome], None]) -> None:
    """Show a part of the page that speaks of the outcome: see `parts.show_part`."""

    def show_last() -> None:
        outcome = last().outcome
        if outcome is not None:
            show(outcome)

    show_part(name, show_last)
