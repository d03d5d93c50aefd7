"""What is wrong with a value, said beside it."""

from typing import Any

import streamlit as st

from moonlab.rules import Rule, SpecError
from moonlab.ui.words import faults_in_words


def show_fault(error: SpecError) -> None:
    """Say what is wrong."""
    st.markdown(f":small[:red[{faults_in_words(error).removeprefix('- ')}]]")


def faulty(rule: Rule, value: Any) -> str:
    """What a fault that is shown is made of; empty if nothing is wrong."""
    return "" if rule.accepts(value) else repr(value)


def show_if_faulty(rule: Rule, name: str, value: Any) -> None:
    """Say what is wrong with the value of a field, if anything is."""
    if not rule.accepts(value):
        show_fault(SpecError([rule.fault(name, value)]))
