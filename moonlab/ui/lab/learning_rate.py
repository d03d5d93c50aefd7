"""How large a step? A ladder of learning rates on one architecture, for each optimizer."""

import streamlit as st

from moonlab.spec import Architecture, Experiment, Training
from moonlab.ui.fields import in_words
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question

RATES = (0.0001, 0.001, 0.01, 0.1, 1.0, 10.0)


def ladder(optimizer: str) -> Experiment:
    """One network at each learning rate."""
    return Experiment(
        training=Training(optimizer=optimizer, epochs=100),
        architectures=tuple(
            Architecture((16,), engine="numpy", name=f"{rate:g}", override={"learning_rate": rate})
            for rate in RATES
        ),
        seeds=tuple(range(10)),
    )


def show() -> None:
    """Show the page."""
    show_question("How large a step?", "Too small and training crawls, too large and it breaks.")
    optimizer = st.segmented_control(
        "Optimizer",
        ("adam", "momentum", "gd"),
        default="adam",
        required=True,
        format_func=in_words,
        key="optimizer",
    )
    experiment = ladder(optimizer)
    comparison = results_of(experiment, "ladder")
    st.dataframe(comparison.summary()[["architecture", "train_loss", "test_accuracy"]])
    offer_comparison(experiment)
