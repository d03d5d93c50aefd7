"""What the tests of the laboratory by Streamlit's AppTest have in common: no browser."""

import time

from streamlit.testing.v1 import AppTest

import moonlab as ml

SCRIPT = """
from moonlab.ui import page
from moonlab.ui.lab import {name}
page.open_session()
{name}.show()
"""
QUICK = ml.Experiment(
    training=ml.Training(epochs=1), architectures=(ml.Architecture((2,), engine="numpy"),)
)


def new_page(name):
    """A page of the laboratory, not run yet."""
    return AppTest.from_string(SCRIPT.format(name=name), default_timeout=60)


def open_page(name):
    at = new_page(name)
    for key, value in QUICK.to_query().items():
        at.query_params[key] = value
    return settled(at.run())


def settled(at, seconds=60):
    """The page once it is all there; AppTest runs no timers, so run it by hand."""
    deadline = time.monotonic() + seconds
    while _is_waiting(at):
        assert time.monotonic() < deadline, "the page did not get ready"
        time.sleep(0.02)
        if not _trains(at):
            at.run()
    assert not at.exception
    return at


def _is_waiting(at):
    """Whether a part is still training: it has a button that stops it."""
    return any((button.key or "").endswith("_stop") for button in at.button)


def _trains(at):
    return any(not job.is_over for job in at.session_state["asides"].values())


def choose(at, **choices):
    for key, value in choices.items():
        at.segmented_control(key=key).set_value(value)
    return settled(at.run())
