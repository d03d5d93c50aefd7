"""One training step under the glass: every value of it, and the code that computes it."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from moonlab import lesson
from moonlab.dataset import Data, load_data
from moonlab.lab.moments import Moment, moments
from moonlab.lab.planes import plane
from moonlab.parameters import Floats
from moonlab.spec import Architecture, Experiment
from moonlab.ui.lab import glass, nudges
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question
from moonlab.ui.planes import Picture, show_planes
from moonlab.wording import percent

UPDATES = (0, 100, 200, 499)
_LESSON = lesson.numpy_experiment()


class _Trace(NamedTuple):
    """The lesson's classifier on its way."""

    architecture: Architecture
    data: Data
    moments: dict[int, Moment]


@st.cache_resource(show_spinner=False)
def _trace() -> _Trace:
    found = {moment.updates: moment for moment in moments(_LESSON, UPDATES)}
    return _Trace(_LESSON.architectures[0], load_data(_LESSON.data), found)


def other_starts() -> Experiment:
    """The lesson's protocol and points from 32 other initial weights."""
    return Experiment(_LESSON.data, _LESSON.training, _LESSON.architectures, tuple(range(32)))


def show() -> None:
    """Show the page."""
    show_question(
        "What happens in one training step?",
        "The lesson's network, 16 hidden units written out in NumPy, learns two moons by gradient "
        "descent on all 300 points at once. Here it is at four moments of its training. "
        "**Click a point in a picture**: below is every number of its step, beside the very code "
        "that computes it.",
    )
    trace = _trace()
    updates, point = _choice(trace)
    show_planes(_pictures(), updates, point, _pick, "planes")
    _show_choice(trace, point)
    moment, data = trace.moments[updates], trace.data
    X, y = data.X_train[[point]], data.y_train[[point]]
    glass.show_step(moment.parameters, trace.architecture, X, y)
    checked, others = st.columns([7, 3], gap="large")
    with checked:
        nudges.show_nudges(moment.parameters, trace.architecture, data, point)
    with others:
        _show_other_starts(trace)
    offer_comparison(_LESSON)


def _choice(trace: _Trace) -> tuple[int, int]:
    """The moment and the point under the glass; what no widget would send becomes the first."""
    state = st.session_state
    if state.get("glass_updates") not in UPDATES:
        state.glass_updates = UPDATES[0]
    point = state.get("glass_point")
    if not isinstance(point, int) or not 0 <= point < len(trace.data.y_train):
        state.glass_point = 0
    return state.glass_updates, state.glass_point


@st.cache_resource(show_spinner=False)
def _pictures() -> list[Picture]:
    trace = _trace()
    n = len(trace.data.y_train)
    return [
        Picture(
            updates,
            plane(moment.parameters, trace.architecture, trace.data),
            f"{updates} updates:",
            f"loss {moment.loss:.4f}, {round(moment.accuracy * n)} of {n} right "
            f"({percent(moment.accuracy)})",
        )
        for updates, moment in trace.moments.items()
    ]


def _pick(updates: int, point: int) -> None:
    st.session_state.glass_updates, st.session_state.glass_point = updates, point


def _show_choice(trace: _Trace, point: int) -> None:
    """What was clicked, and the same choice without a mouse."""
    x, y = trace.data.X_train[point]
    st.markdown(
        f"Under the glass: point **{point}** at ({x:.4f}, {y:.4f}), "
        f"of **class {trace.data.y_train[point]}**.".replace("-", "−")
    )
    with st.expander("Choose by keyboard"), st.container(horizontal=True):
        st.segmented_control(
            "Weights after so many updates", UPDATES, key="glass_updates", required=True
        )
        st.number_input("Point", 0, len(trace.data.y_train) - 1, key="glass_point", width=140)


def _show_other_starts(trace: _Trace) -> None:
    st.subheader("Was this start typical?", anchor=False)
    comparison = results_of(other_starts(), "other starts")
    if comparison is None:
        return
    # (starts, moments): accuracy at the same moments
    others = np.array([run.curves[list(UPDATES), 2] for run in comparison.runs])
    lesson_has = np.array([moment.accuracy for moment in trace.moments.values()])
    st.markdown(starts_in_words(lesson_has, others))
    st.table(_starts_table(lesson_has, others), border="horizontal")


def starts_in_words(lesson_has: Floats, others: Floats) -> str:
    """Where the lesson's start stands among others: accuracies (moments,) and (starts, moments)."""
    beaten = (others < lesson_has).sum(axis=0)
    first, second = (int(count) for count in beaten[:2])
    n = len(others)
    return (
        f"The lesson shows one start. Before any update its {percent(lesson_has[0])} beat {first} "
        f"of {n} others, which are right {percent(others[:, 0].mean())} of the time on average: "
        f"random weights know nothing, one draw can be lucky. After {UPDATES[1]} updates it is "
        f"ahead of {second} of {n}; in the end they come close to each other."
    )


def _starts_table(lesson_has: Floats, others: Floats) -> pd.DataFrame:
    rows = zip(UPDATES, lesson_has, others.T, strict=True)
    return pd.DataFrame(
        {
            "Updates": updates,
            "Lesson": percent(own),
            f"Mean of {len(others)} others": percent(column.mean()),
            "Worst, best": f"{percent(column.min())}, {percent(column.max())}",
        }
        for updates, own, column in rows
    ).set_index("Updates")
