"""The data and the protocol that all architectures share."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from moonlab.rules import Rule
from moonlab.spec import DataSpec, Training
from moonlab.ui.bind import Widget, bound, page_state

_WORDS = {
    "moons": "Two moons (the lesson's)",
    "sklearn_moons": "Two moons (scikit-learn's)",
    "adam": "Adam",
    "momentum": "Momentum 0.9",
    "gd": "Gradient descent",
    "bce": "Cross-entropy",
    "mse": "Squared error",
    "last": "Last epoch",
    "best_validation": "Best validation loss",
}


def show_sidebar() -> None:
    """Show the fields of the data, then those of the protocol."""
    state = page_state()
    with st.sidebar:
        st.subheader("Data", anchor=False)
        _choice("data", "dataset", "Data set", "Where the points come from.")
        _number("data", "n_samples", "Points", "Half of them in each class.", step=10)
        _number("data", "noise", "Noise", "How far points stray from their moon.", step=0.05)
        _number("data", "seed", "Data seed", "Another seed draws other points.", step=1)
        _number(
            "data",
            "validation_fraction",
            "Validation share",
            "Points held out to judge by. Training never sees them.",
            step=0.05,
        )
        st.subheader("Training", anchor=False)
        st.caption("The same for every architecture.")
        _choice("training", "optimizer", "Optimizer", "How the weights follow the gradient.")
        _number(
            "training",
            "learning_rate",
            "Learning rate",
            "The size of a step.",
            step=0.01,
            min_value=1e-6,
            format="%g",
        )
        _batch_size()
        _number("training", "epochs", "Epochs", "Passes over the training points.", step=50)
        _choice("training", "loss", "Loss", "What training makes small.")
        bound(
            st.text_input,
            "Seeds",
            state.seeds,
            "seeds",
            state.set_seeds,
            help="One run a seed, for every architecture: numbers and ranges such as 0-19, 42.",
        )
        with st.expander("More"):
            _number(
                "training", "l2", "L2", "Keeps weights small: λ/2 times their squares.", step=0.001
            )
            _number(
                "training", "dropout", "Dropout", "Share of units left out at random.", step=0.05
            )
            _choice("training", "report", "Report", "Which epoch the table speaks of.")


def _rules(part: str) -> Mapping[str, Rule]:
    return DataSpec.RULES if part == "data" else Training.RULES


def _value(part: str, name: str) -> Any:
    state = page_state()
    return (state.data if part == "data" else state.training)[name]


def _field(widget: Widget, part: str, name: str, label: str, value: Any, **options: Any) -> None:
    key, store = f"{part}_{name}", partial(page_state().set_shared, part, name)
    bound(widget, label, value, key, store, **options)


def _choice(part: str, name: str, label: str, help_text: str) -> None:
    options = _rules(part)[name].options
    _field(
        st.selectbox,
        part,
        name,
        label,
        _value(part, name),
        options=options,
        format_func=_WORDS.__getitem__,
        help=help_text,
    )


def _number(part: str, name: str, label: str, help_text: str, step: float, **options: Any) -> None:
    rule = _rules(part)[name]
    kind = type(step)
    bounds = {"min_value": kind(rule.low), "max_value": kind(rule.high)}
    if kind is float:
        bounds["format"] = "%g"  # type: ignore[assignment]
    value = _value(part, name)
    _field(
        st.number_input, part, name, label, value, step=step, help=help_text, **(bounds | options)
    )


def _batch_size() -> None:
    state = page_state()
    value = state.training["batch_size"]
    options = sorted({1, 8, 16, 32, 64, 128} | ({value} if value else set()))
    _field(
        st.selectbox,
        "training",
        "batch_size",
        "Batch size",
        value,
        options=[*options, None],
        format_func=lambda size: "Full batch" if size is None else str(size),
        help="Points per step. Full batch takes all points at once.",
    )
