"""Any weight, nudged: a finite difference beside what the backward pass says."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import streamlit as st

from moonlab.dataset import Data
from moonlab.lab.source import code_of
from moonlab.lab.under_glass import Nudges, Step, nudge, parameter_names, step_values
from moonlab.parameters import Floats, unpack
from moonlab.spec import Architecture

_COLUMNS = ("W1 from x", "W1 from y", "bias", "W2")
_TABLE = "glass_weights"
_CHOICE = "glass_weight"


def show_nudges(parameters: Floats, architecture: Architecture, data: Data, point: int) -> None:
    """Show the weights of a network; the one that is clicked is nudged, on one point and on all."""
    st.subheader("Is the gradient right? Nudge a weight", anchor=False)
    st.markdown(
        "**Click any weight.** It is made a little smaller, then a little larger; the slope of the "
        "loss between must be what the backward pass says."
    )
    names = parameter_names(architecture)
    table, check = st.columns([5, 6], gap="medium")
    with table:
        _show_weights(parameters, architecture, names)
    with check:
        name = st.selectbox("Weight", names, key=_CHOICE)
        both = {
            f"Point {point}": (data.X_train[[point]], data.y_train[[point]]),
            f"All {len(data.y_train)} points": (data.X_train, data.y_train),
        }
        steps = {of: step_values(parameters, architecture, *batch) for of, batch in both.items()}
        found = {of: nudge(parameters, architecture, *batch) for of, batch in both.items()}
        _show_check(names.index(name), name, steps, found)


def _show_weights(parameters: Floats, architecture: Architecture, names: tuple[str, ...]) -> None:
    places = _places(architecture)
    values = np.where(places < 0, np.nan, parameters[places])
    rows = [*(f"unit {unit}" for unit in range(len(places) - 1)), "output"]
    st.dataframe(
        pd.DataFrame(values, rows, _COLUMNS),
        key=_TABLE,
        on_select=_pick_in(places, names),
        selection_mode="single-cell",
        row_height=23,
        height=23 * len(rows) + 38,
        column_config={name: st.column_config.NumberColumn(format="%.4f") for name in _COLUMNS},
        placeholder="",
        alt="All weights and biases, a row for each hidden unit, the last for the output.",
    )


def _places(architecture: Architecture) -> Floats:
    """The number of the flat parameter in each cell: a row a unit, then the output; −1 is none."""
    numbers = np.arange(architecture.n_parameters)
    (W1, b1), (W2, b2) = unpack(numbers, architecture.widths)
    return np.vstack([np.column_stack([*W1, b1, W2]), [-1, -1, b2[0], -1]])


def _pick_in(places: Floats, names: tuple[str, ...]) -> Callable[[], None]:
    def pick() -> None:
        for row, column in st.session_state[_TABLE]["selection"]["cells"]:
            if row in range(len(places)) and column in _COLUMNS:
                place = places[row, _COLUMNS.index(column)]
                if place >= 0:
                    st.session_state[_CHOICE] = names[place]

    return pick


def _show_check(index: int, name: str, steps: dict[str, Step], found: dict[str, Nudges]) -> None:
    size = next(iter(found.values())).size
    rows = {
        f"loss, {name} less {size:g}": [f"{one.below[index]:.12f}" for one in found.values()],
        f"loss, {name} plus {size:g}": [f"{one.above[index]:.12f}" for one in found.values()],
        "slope between": [f"{one.slopes[index]:+.9f}" for one in found.values()],
        "backward pass": [f"{step.gradient[index]:+.9f}" for step in steps.values()],
    }
    st.table(pd.DataFrame(rows, list(found)).T, border="horizontal")
    st.code(code_of("lab.under_glass.Nudges.slopes"), wrap_lines=True)
    st.markdown(difference_in_words(index, name, steps, found))


def difference_in_words(
    index: int, name: str, steps: dict[str, Step], found: dict[str, Nudges]
) -> str:
    """How far finite differences and the backward pass are apart, for one weight and for all."""
    apart = np.array(
        [np.abs(found[of].slopes - step.gradient) for of, step in steps.items()]
    )  # (batches, P)
    silent = next(iter(steps.values())).gradient[index] == 0
    dead = " For this point the unit is off: a nudge changes nothing." if silent else ""
    return (
        f"They differ by **{apart[:, index].max():.0e}** at {name}, and by "
        f"{apart.max():.0e} at most over all {apart.shape[1]} weights and biases.{dead}"
    )
