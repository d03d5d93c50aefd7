"""The data and the protocol that all architectures share."""

from collections.abc import Hashable, Iterable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from moonlab.dataset import load_data
from moonlab.rules import SpecError
from moonlab.spec import DataSpec
from moonlab.thumbnails import data_svg
from moonlab.ui import arrival
from moonlab.ui.bind import behind, choice, page_state, text
from moonlab.ui.faults import faulty, show_fault, show_if_faulty
from moonlab.ui.fields import DATA_FIELDS, TRAINING_FIELDS, as_shown, rule_of, show_field
from moonlab.ui.parts import show_part
from moonlab.ui.state import parse_seeds

_RARE = ("l2", "dropout")
_COMMON = tuple(name for name in TRAINING_FIELDS if name not in _RARE)
_SEEDINGS = {
    "independent": "First weights and batches",
    "with_data": "The points and their split, too",
    "only_start": "The first weights alone",
    "only_batches": "The batches alone",
    "only_data": "The points and their split alone",
    "sequential": "All, as in the lesson",
}


def show_sidebar() -> None:
    """Show the fields of the data, then those of the protocol."""
    st.subheader("Data", anchor=False)
    show_part("points", _show_thumbnail)
    show_part("data", _show_data)
    if arrival.has_come(arrival.PAGE):
        show_part("protocol", _show_protocol)
        show_part("seeds", _show_seeds)
        show_part("more settings", _show_more)


def makings() -> dict[str, Hashable]:
    """What the parts are made of, by their names."""
    state = page_state()
    return {
        "points": repr(state.data),
        "data": _makings_of_fields("data", DATA_FIELDS),
        "protocol": _makings_of_fields("training", _COMMON),
        "seeds": repr((state.seeds, state.seeding)),
        "more settings": _makings_of_fields("training", _RARE),
    }


def _makings_of_fields(part: str, names: Iterable[str]) -> Hashable:
    values = _values(part)
    shown = {f"{part}_{name}": as_shown(part, name, values[name]) for name in names}
    faults = tuple(faulty(rule_of(part, name), values[name]) for name in names)
    return faults, behind(shown)


def _values(part: str) -> dict[str, Any]:
    return page_state().data if part == "data" else page_state().training


def _show_data() -> None:
    if arrival.has_come(arrival.PAGE):
        for name in DATA_FIELDS:
            _show("data", name)


def _show_protocol() -> None:
    st.subheader("Training", anchor=False)
    st.caption("The same for every architecture.")
    for name in _COMMON:
        _show("training", name)


def _show_seeds() -> None:
    state = page_state()
    text(
        "Seeds",
        state.seeds,
        "seeds",
        state.set_seeds,
        help="Each network trains once from each seed: numbers and ranges such as 0-19, 42.",
    )
    try:
        parse_seeds(state.seeds)
    except SpecError as error:
        show_fault(error)
    seedings = [one for one in _SEEDINGS if one != "sequential" or one == state.seeding]
    choice(
        "What varies with the seed",
        state.seeding,
        "seeding",
        state.set_seeding,
        options=seedings,
        format_func=_SEEDINGS.__getitem__,
        help="With the points varying too, the verdict speaks of all data of this kind, not of "
        "this one draw.",
    )


def _show_more() -> None:
    with st.expander("More settings"):
        for name in _RARE:
            _show("training", name)


def _show_thumbnail() -> None:
    """The points in small, as far as what is set up draws any."""
    try:
        spec = DataSpec(**page_state().data)
        drawn = _thumbnail(spec)
    except SpecError:
        return
    st.image(drawn, alt="The data: class 0 blue, class 1 orange, validation points hollow.")
    st.caption("Blue: class 0. Orange: class 1. Hollow diamonds: validation.")


@st.cache_data(max_entries=64, show_spinner=False)
def _thumbnail(spec: DataSpec) -> str:
    data = load_data(spec)
    points, labels = np.concatenate([data.X_train, data.X_val]), [data.y_train, data.y_val]
    validates = np.arange(len(points)) >= len(data.y_train)
    return data_svg(points, np.concatenate(labels), validates)


def _show(part: str, name: str) -> None:
    value, store = _values(part)[name], partial(page_state().set_shared, part, name)
    show_field(part, name, value, f"{part}_{name}", store)
    show_if_faulty(rule_of(part, name), f"{part}.{name}", value)
