"""Parts of a page: after a change only those are shown anew that it concerns.

A page tells what each of its parts is made of, and the rest of it. A change that leaves the rest as
it was costs the server and the browser a fraction of what the whole page does.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from moonlab.ui.clock import show_by_clock

Makings = Mapping[str, Hashable]
LAST = "last"
"""The part that ends a run."""
_FOLLOWS_SECONDS = 2.0  # if nobody asks before
_SENDING_SECONDS = 1.0  # within which what was shown has gone to the browser, with much to spare


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
    shown_at: dict[str, float] = field(default_factory=dict)
    """When each part was last shown."""
    now_showing: str = LAST
    """The part that is being shown."""
    wanted: Makings = field(default_factory=dict)
    ahead: Mapping[str, Sequence[str]] = field(default_factory=dict)
    rest_follows: bool = False
    """Whether some parts went ahead, and the whole page comes after them."""


def begin_whole() -> None:
    """Begin a run of any page; until its parts stand, a change shows it whole.

    Before all else: of a page that is left behind, Streamlit has forgotten the parts by then, and
    a change may still come.
    """
    st.session_state.parts = _Parts(_page())


def _page() -> str:
    context = get_script_run_ctx()
    return "" if context is None else context.page_script_hash


def _standing() -> _Parts | None:
    """The parts of the page, once it stands whole."""
    parts: _Parts | None = st.session_state.get("parts")
    stand = parts is not None and parts.ask is not None and parts.page == _page()
    return parts if stand else None


def show_part(name: str, show: Callable[[], None]) -> None:
    """Show a part of a page.

    Parameters
    ----------
    name : str
        The name by which `end_whole` tells what the part is made of.
    show : callable
        Shows it from what is in the session by then. Each of its widgets says in a callback what
        is shown after a change: it is bound (`bind.bound`), or see `show_again`, `then_whole`.
    """
    parts: _Parts = st.session_state.parts
    parts.names.add(name)

    def show_and_note() -> None:
        outer, parts.now_showing = parts.now_showing, name
        try:
            show()
        finally:
            parts.now_showing = outer
        parts.shown_at[name] = time.monotonic()
        if name in parts.wanted:
            parts.drawn[name] = parts.wanted[name]

    st.fragment(show_and_note, key=name)()


def end_whole(
    drawn: Makings,
    ask: Callable[[], Makings],
    finish: Callable[[], None],
    ahead: Mapping[str, Sequence[str]] | None = None,
) -> None:
    """Tell that all parts stand.

    Parameters
    ----------
    drawn : mapping
        What each part was made of, by its name; by any other names, what the rest was made of.
    ask : callable
        What they are made of after a change.
    finish : callable
        Ends this run and each that shows some of the parts, unless the whole page follows.
    ahead : mapping, optional
        By a name of the rest, the parts that are shown before the whole page if that has changed.
        The whole page follows after a while, or as soon as one of them asks for it: see
        `rest_follows`.
    """
    parts: _Parts = st.session_state.parts

    def end() -> None:
        if parts.rest_follows:
            show_by_clock(_FOLLOWS_SECONDS, _follow)
        else:
            finish()

    show_part(LAST, end)
    parts.drawn, parts.ask, parts.ahead = dict(drawn), ask, ahead or {}


def rest_follows() -> bool:
    """Whether some parts went ahead, and the whole page is still to come."""
    parts = _standing()
    return parts is not None and parts.rest_follows


def _follow(by_clock: bool) -> None:
    if by_clock:
        st.rerun()


def now_showing() -> str:
    """The part that is being shown, for `show_changes`."""
    parts: _Parts = st.session_state.parts
    return parts.now_showing


def show_changes(own: str) -> NoReturn:
    """From a callback, show what has changed: some parts, or the whole page if the rest has.

    The whole page, too, if nothing has: then what the user did is to be taken back.

    Parameters
    ----------
    own : str
        The part of the widget that the user changed. Of that part Streamlit throws away what has
        not yet gone to the browser, so if it was shown a moment ago, it is shown again.
    """
    parts = _standing()
    if parts is None or parts.ask is None:
        st.rerun()
    parts.wanted = parts.ask()
    changed = [name for name, now in parts.wanted.items() if parts.drawn.get(name) != now]
    if changed and parts.names.issuperset(changed):
        is_going = time.monotonic() - parts.shown_at.get(own, 0.0) < _SENDING_SECONDS
        shown = dict.fromkeys([*changed, own] if is_going else changed)
        st.rerun([*(name for name in shown if name != LAST), LAST])
    ahead = [name for what in changed for name in parts.ahead.get(what, ())]
    if ahead and parts.names.issuperset(ahead) and not parts.rest_follows:
        parts.rest_follows = True
        st.rerun([*ahead, LAST])
    st.rerun()


def then_whole(callback: Callable[..., object]) -> Callable[..., NoReturn]:
    """A callback that shows the whole page anew at its end, in whichever part its widget is."""

    @wraps(callback)
    def called(*values: Any) -> NoReturn:
        callback(*values)
        st.rerun()

    return called


def show_again(name: str) -> Callable[[], NoReturn]:
    """A callback that shows one part anew, for a widget that concerns nothing else.

    It asks for the part by name: what Streamlit shows by itself it leaves out if a bound widget
    changed in the same message.
    """

    def called() -> NoReturn:
        parts = _standing()
        if parts is None or name not in parts.names:
            st.rerun()
        st.rerun(name)

    return called
