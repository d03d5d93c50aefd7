"""The values of one point's step beside the code that computes them, forwards and back."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import streamlit as st

from moonlab.dataset import Labels, Points
from moonlab.lab.source import code_of, statements
from moonlab.lab.under_glass import Step, step_values
from moonlab.numpy_mlp import gradient_descent
from moonlab.parameters import Floats
from moonlab.spec import Architecture
from moonlab.ui.lab.codes import with_small_code

RATE = 1.0
WAYS = ("Up", "Down", "Not at all")
_SMALL = 0.005
_NEGATIVE, _POSITIVE = "118,42,131", "27,120,55"  # purple and green: blue and orange are classes
_STYLE = """
<style>
.st-key-glass [data-testid="stVerticalBlock"] { gap: 0.4rem; }
.strip { display: grid; grid-template-columns: repeat(16, minmax(0, 1fr)); gap: 2px;
  font-size: 0.72rem; font-variant-numeric: tabular-nums; line-height: 1.5rem; }
.strip span { text-align: center; border-radius: 3px; white-space: nowrap; }
.strip .off { opacity: 0.45; }
@media (max-width: 1200px) { .strip { grid-template-columns: repeat(8, minmax(0, 1fr)); } }
</style>
"""


class _Row(NamedTuple):
    """A value, or a few that are computed together."""

    values: Mapping[str, Floats]
    """By name."""
    words: str
    code: str


def show_step(parameters: Floats, architecture: Architecture, X: Points, y: Labels) -> None:
    """Show the step of a network with flat parameters (P,) on one point: X (1, 2), y (1,)."""
    step = step_values(parameters, architecture, X, y)
    st.html(_STYLE)
    with with_small_code("glass"):
        there, back = st.columns(2, border=True)
    with there:
        st.subheader("Forwards", anchor=False)
        st.caption(
            "A cell of a strip is a hidden unit, from 0 on, pale where it is off. In the code: S "
            "networks, n points, here 1 each."
        )
        _show_rows(_forward_rows(step, int(y[0])), step)
    with back:
        st.subheader("And back", anchor=False)
        if _show_prediction(float(step.p[0, 0]), int(y[0])):
            _show_rows(_backward_rows(step), step)
            _show_update(step, parameters, architecture, X, y)


def _forward_rows(step: Step, label: int) -> list[_Row]:
    n_on, n = np.count_nonzero(step.H > 0), step.H.size
    p = step.p[0, 0]
    right = "right" if (p > 0.5) == (label == 1) else "wrong"
    return [
        _Row({"Z1": step.Z1}, "what enters each unit", statements("numpy_mlp.forward", "Z")),
        _Row(
            {"H": step.H},
            f"what leaves it: {n_on} of {n} units are on",
            statements("numpy_mlp.forward", "H") + "\n" + code_of("functional.relu"),
        ),
        _Row(
            {"Z2": step.Z2},
            "the logit: positive says class 1",
            statements("numpy_mlp.forward", "logits"),
        ),
        _Row(
            {"p": step.p},
            f"the probability of class 1; the point is of class {label}, so this is {right}",
            code_of("functional.sigmoid"),
        ),
        _Row(
            {"loss": step.loss},
            f"cross-entropy: −log of the {p if label else 1 - p:.4f} that the true class gets",
            code_of("functional.bce"),
        ),
    ]


def _show_prediction(p: float, label: int) -> bool:
    """Ask which way the logit should go; whether there is an answer."""
    guess = st.segmented_control(
        f"Predict: the point is of class {label}, the network says p = {p:.4g}. "
        "Which way does the step push its logit Z2?",
        WAYS,
        key="glass_guess",
    )
    if guess is None:
        st.caption("Then the gradients appear.")
        return False
    gradient, way = p - label, WAYS[0] if label else WAYS[1]
    said = "**Right.**" if guess == way else f"**{way}.**"
    if guess == WAYS[2] and abs(gradient) < _SMALL:
        said = f"**Hardly at all, but {way.lower()}.**"
    number = f"{gradient:+.4g}".replace("-", "−")
    st.markdown(
        f"{said} The gradient at the logit is p − y = {number}, and the step goes against "
        "it. Each point pulls towards its own class, the harder the more wrong the network is."
    )
    return True


def _backward_rows(step: Step) -> list[_Row]:
    off = np.count_nonzero(step.H == 0)
    backward = "numpy_mlp.backward"
    products = f"{statements(backward, 'dW')}\n{statements(backward, 'db')}"
    return [
        _Row(
            {"dZ2": step.dZ2},
            "p − y over the n points of the batch",
            code_of("functional.bce_gradient")
            + "\n"
            + statements("numpy_mlp.NumpyEngine.step", "d_logits"),
        ),
        _Row({"dW2": step.dW2, "db2": step.db2}, "what came in, times what comes back", products),
        _Row({"dH": step.dH}, "back through W2", statements(backward, "dZ", reads="W")),
        _Row(
            {"dZ1": step.dZ1},
            f"back through ReLU: the {off} units that are off pass nothing on",
            statements(backward, "dZ", reads="activation")
            + "\n"
            + code_of("functional.relu_derivative"),
        ),
        _Row(
            {"dW1": step.dW1, "db1": step.db1},
            "from x, from y, and bias; by the same two lines as dW2 and db2",
            "",
        ),
    ]


def _show_update(
    step: Step, parameters: Floats, architecture: Architecture, X: Points, y: Labels
) -> None:
    moved = parameters.copy()
    gradient_descent(RATE)(moved, step.gradient)
    after = step_values(moved, architecture, X, y).loss[0, 0]
    st.markdown(
        f"**The update.** On this point alone, at rate {RATE:g}, its loss goes from "
        f"{step.loss[0, 0]:.4f} to **{after:.4f}**. The lesson's step does this with the mean "
        "gradient of all 300 points."
    )
    st.code(statements("numpy_mlp.gradient_descent.update", "theta"), wrap_lines=True)


def _show_rows(rows: list[_Row], step: Step) -> None:
    off = step.H[0] == 0
    for row in rows:
        st.markdown(f"{', '.join(map(_head, row.values, row.values.values()))}: {row.words}")
        if row.code:
            st.code(row.code, wrap_lines=True)
        strips = [
            strip(part, off)
            for value in row.values.values()
            if value.size > 1
            for part in value.reshape(-1, len(off))
        ]
        if strips:
            st.html("".join(strips))


def _head(name: str, value: Floats) -> str:
    """Name and shape, and a single number itself."""
    head = f"**{name}** {value.shape}"
    return f"{head} = **{value.item():.4g}**".replace("-", "−") if value.size == 1 else head


def strip(values: Floats, off: Floats) -> str:
    """Values (h,) as cells, each tinted as strongly as it is large, pale for units that are off."""
    largest = np.abs(values).max() or 1.0
    cells = [
        f'<span class="{"off" if is_off else "on"}" title="unit {unit}: {value:.6g}" '
        f'style="background:rgba({_NEGATIVE if value < 0 else _POSITIVE},'
        f'{0.5 * abs(value) / largest:.2f})">{compact(value)}</span>'
        for unit, (value, is_off) in enumerate(zip(values, off, strict=True))
    ]
    return f'<div class="strip">{"".join(cells)}</div>'


def compact(value: float) -> str:
    """A number in about five characters: "−1.46", "0.02", "3e−5"."""
    size = abs(value)
    if size == 0:
        return "0"
    text = f"{size:.1f}" if size >= 9.95 else f"{size:.2f}" if size >= 0.005 else f"{size:.0e}"
    return f"{'−' if value < 0 else ''}{text.replace('e-0', 'e−').replace('e-', 'e−')}"
