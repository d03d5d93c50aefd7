"""Parts of a page: after a change only those are shown anew that it concerns.

A page tells what each of its parts is made of, and the rest of it. A change that leaves the rest as
it was costs the server and the browser a fraction of what the whole page does.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

Makings = Mapping[str, Hashable]
_LAST = "last"


@dataclass
class _Parts:
    """The parts of the page that a session has before it."""

    page: str
    """The page that they are on, as Streamlit names it."""
    names: set[str] = field(default_factory=set)
    ask: Callable[[], Makings] | None = None
    """What all is made of now; None until the whole page stands."""
    drawn: dict[str, Hashable] = field(default_factory=dict)
    """What all was made of when it was last shown."""
    wanted: Makings = field(default_factory=dict)


def begin_whole() -> None:
    """Begin a run of any page; until its parts stand, a change shows it whole.

    Before all else: of a page that is left behind, Streamlit has forgotten the parts by then, and
    a change may still come.
    """
    st.session_state.parts = _Parts(_page())


def _page() -> str:
    context = get_script_run_ctx()
    return "" if context is None else context.page_script_hash


def show_part(name: str, show: Callable[[], None]) -> None:
    """Show a part of a page.

    Parameters
    ----------
    name : str
        The name by which `end_whole` tells what the part is made of.
    show : callable
        Shows it from what is in the session by then. All its widgets are bound (`bind.bound`): a
        change of any other one would show this part anew and nothing else.
    """
    parts: _Parts = st.session_state.parts
    parts.names.add(name)

    def show_and_note() -> None:
        show()
        if name in parts.wanted:
            parts.drawn[name] = parts.wanted[name]

    st.fragment(show_and_note, key=name)()


def end_whole(ask: Callable[[], Makings], finish: Callable[[], None]) -> None:
    """Tell that all parts stand.

    Parameters
    ----------
    ask : callable
        What each part is made of now, by its name; by any other names, what the rest is made of.
    finish : callable
        Ends this run and each that shows some of the parts.
    """
    show_part(_LAST, finish)
    parts: _Parts = st.session_state.parts
    parts.drawn = dict(ask())
    parts.ask = ask


def show_changes() -> NoReturn:
    """From a callback, show what has changed: some parts, or the whole page if the rest has.

    The whole page, too, if nothing has: then what the user did is to be taken back.
    """
    parts: _Parts | None = st.session_state.get("parts")
    if parts is None or parts.ask is None or parts.page != _page():
        st.rerun()
    parts.wanted = parts.ask()
    changed = [name for name, now in parts.wanted.items() if parts.drawn.get(name) != now]
    if not changed or not parts.names.issuperset(changed):
        st.rerun()
    st.rerun([*changed, _LAST])


def show_whole() -> None:
    """Be the callback of a widget that has no other, so that the whole page is shown anew.

    If a bound widget changed in the same message, its parts alone would be otherwise: what has no
    callback has no say in that.
    """
