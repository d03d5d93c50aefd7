"""Which results the page shows: the latest ones, under the names of now, and those pinned."""

from collections import Counter
from collections.abc import Hashable
from dataclasses import asdict, replace
from typing import Any, NamedTuple

import streamlit as st

from moonlab.results import Comparison, Group
from moonlab.run_keys import run_keys
from moonlab.spec import Experiment
from moonlab.ui import terms, training
from moonlab.ui.bind import page_state
from moonlab.ui.fields import in_short
from moonlab.ui.parts import then_whole
from moonlab.ui.verdict import margin_points
from moonlab.ui.words import as_plain_text

MOST_PINS = 4


class Shown(NamedTuple):
    """What is shown, and how it stands to what is set up."""

    comparison: Comparison | None
    """With the names of now; what belongs to earlier settings is marked."""
    trained: tuple[bool, ...]
    """Of each panel, whether its result is among those shown."""
    in_training: tuple[bool, ...]
    """Of each panel, whether it is being trained as it is now."""
    has_earlier: bool
    """Whether any result that is shown, pins aside, is of no panel as it is now."""


class _Panel(NamedTuple):
    """What tells a panel's result, and what it is called."""

    mark: Hashable
    name: str


def shown(current: Experiment | None) -> Shown:
    """What to show beside what is set up; None stands for what is not valid yet."""
    if current is not None:
        training.take_if_there(current)
    latest, job = training.comparison() or training.so_far(), training.active_job()
    panels = _panels(current)
    marks = [panel.mark for panel in panels]
    coming = [] if job is None else _marks(job.experiment)
    in_training = tuple(mark in coming for mark in marks)
    if latest is None:
        return Shown(None, (False,) * len(panels), in_training, has_earlier=False)
    results = _marks(latest.experiment)
    names = _names_of_now(latest, results, panels)
    experiment = replace(latest.experiment, margin_points=margin_points())
    comparison = replace(latest, experiment=experiment, names=names)
    comparison = replace(comparison, pinned=_pins_beside(comparison))
    has_earlier = bool(Counter(results) - Counter(marks))
    return Shown(comparison, tuple(mark in results for mark in marks), in_training, has_earlier)


def _panels(current: Experiment | None) -> list[_Panel]:
    """What tells each panel's result, and its name; while it is not valid it has no result."""
    if current is not None:
        pairs = zip(_marks(current), current.names, strict=True)
        return [_Panel(mark, name) for mark, name in pairs]
    alone = [page_state().experiment_of(panel) for panel in page_state().panels]
    return [
        _Panel(_marks(one)[0], one.names[0]) if one is not None else _Panel(None, "")
        for one in alone
    ]


def _names_of_now(
    latest: Comparison, results: list[Hashable], panels: list[_Panel]
) -> tuple[str, ...]:
    """For each result the name of the panel that it belongs to, or its old one.

    Old names are marked where others are not old: a sentence says it if all of them are.
    """
    left = [panel for panel in panels if panel.mark in results]
    if not left:
        return latest.experiment.names
    names = []
    for mark, name in zip(results, latest.experiment.names, strict=True):
        found = next((panel for panel in left if panel.mark == mark), None)
        if found is not None:
            left.remove(found)
        names.append(found.name if found is not None else name + terms.EARLIER)
    return tuple(names)


def _marks(experiment: Experiment) -> list[Hashable]:
    """What tells the results of each architecture apart: its runs, and what is reported of them."""
    reports = [one.training(experiment.training).report for one in experiment.architectures]
    return list(zip(run_keys(experiment), reports, strict=True))


def pins() -> list[Group]:
    """The pinned results of this session."""
    pinned: list[Group] = st.session_state.setdefault("pins", [])
    return pinned


def _pins_beside(comparison: Comparison) -> tuple[Group, ...]:
    """The pinned results that are not among a comparison's own."""
    own = {_identity(group) for group in comparison.groups()}
    return tuple(pin for pin in pins() if _identity(pin) not in own)


def _identity(group: Group) -> Hashable:
    """What two groups share that show the very same runs, reported alike."""
    return tuple((id(run.last_parameters), run.training.report) for run in group.runs)


def show_pins(comparison: Comparison) -> None:
    """Show what is pinned, and let people pin any of the results."""
    names = [pin.name for pin in pins()]
    own = [group for group in comparison.groups() if group.name not in names]
    room = MOST_PINS - len(names)

    def changed() -> None:
        chosen = st.session_state.pinned
        st.session_state.pins = [pin for pin in pins() if pin.name in chosen]
        for group in own:
            if group.name in chosen:
                st.session_state.pins.append(Group(_pinned_name(group.name), group.runs))

    st.session_state.pinned = names
    st.multiselect(
        f"Pinned, {MOST_PINS} at most",
        names + [group.name for group in own],
        key="pinned",
        on_change=then_whole(changed),
        max_selections=MOST_PINS,
        select_all=False,  # it would take the first ones
        placeholder="Choose results to keep beside the next ones",
        help="A pinned result stays in the table and the pictures while you change the settings, "
        f"the data too. {room} more can be pinned.",
    )
    for pin in pins():
        differs = _differences(pin, comparison.experiment)
        if differs:
            words = f"{pin.name}: {in_short(differs)}"
            st.caption(f"From other settings, {as_plain_text(words)}")


def _differences(pin: Group, experiment: Experiment) -> dict[str, Any]:
    """In what all runs of a pin were set up otherwise than an experiment is."""
    found: dict[str, Any] = {}
    for part in ("data", "training"):
        now = asdict(getattr(experiment, part))
        first, *others = (asdict(getattr(run, part)) for run in pin.runs)
        found |= {
            name: value
            for name, value in first.items()
            if value != now[name] and all(other[name] == value for other in others)
        }
    if len(pin.runs) != len(experiment.seeds):
        found["seeds"] = len(pin.runs)
    return found


def _pinned_name(name: str) -> str:
    """A name that no other pin has."""
    taken = {pin.name for pin in pins()}
    names = (f"{name} (pinned{'' if n == 1 else f' {n}'})" for n in range(1, MOST_PINS + 2))
    return next(one for one in names if one not in taken)
