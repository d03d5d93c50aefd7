"""Parts of a page that the browser's clock shows again and again."""

import itertools
from collections.abc import Callable
from functools import wraps

import streamlit as st


def show_by_clock(seconds: float, part: Callable[[bool], None]) -> None:
    """Show a part of the page now, and again every so many seconds.

    Parameters
    ----------
    seconds : float
        Between two calls.
    part : callable
        Is told whether the clock calls it. Only then may it ask for a new run of the page: the run
        that shows the page first would be cut off by that.
    """
    calls = itertools.count()

    @wraps(part)  # by its name Streamlit tells fragments apart
    def show() -> None:
        part(next(calls) > 0)

    st.fragment(show, run_every=seconds)()
