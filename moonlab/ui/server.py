"""The server around the page: it begins to work before the first visitor comes."""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from moonlab import lesson
from moonlab.ui.training import job_runner

_LOG = logging.getLogger(__name__)


SCRIPT = Path(__file__).with_name("script.py")
# A change is shown by a run of some 20 ms. If the thread that sends cuts it in pieces, as it may
# every 5 ms, the browser draws the whole page anew for each of them
_SWITCH_SECONDS = 0.02


def begin() -> None:
    """Train what the page opens on, before anybody asks and the server itself stands."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    job_runner().submit(lesson.torch_experiment())


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[dict[str, Any]]:
    """End the worker with the server."""
    try:
        yield {}
    finally:
        job_runner().close()


def show_calmly(error: Exception) -> bool:
    """Show one sentence for the user, the traceback for the log."""
    _LOG.error("the page failed", exc_info=error)
    st.error("Something went wrong here. Reload the page; what you set up is in its address.")
    return True
