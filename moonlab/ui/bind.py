"""Widgets bound to values of the page's state."""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

import streamlit as st

from moonlab.ui import draft, typed
from moonlab.ui.address import is_elsewhere
from moonlab.ui.parts import now_showing, show_changes
from moonlab.ui.state import PageState

Widget = Callable[..., Any]
Store = Callable[[Any], None]
_SETTLING_SECONDS = 2.0  # a value that was sent is sent again for so long
_OVERTAKING_SECONDS = 1.5  # after a run: what the browser says then, it may have said before
_NOTHING = object()
_TEN_DIGITS = "%.10g"  # as the largest seed has
_NUMBERS = ("step", "min_value", "max_value")


class _Sent(NamedTuple):
    """A value that was sent to the browser, in place of another."""

    at: float
    before: Any


def page_state() -> PageState:
    """The state of this session's page."""
    state: PageState = st.session_state.page
    return state


def number(label: str, value: Any, key: str, store: Store, **options: Any) -> None:
    """Show a whole number with its steps; what is typed is stored as it is, for the door.

    The widget is one of real numbers, since one of whole numbers makes 1 of "1e2" and 2 of "2.5".
    Bounds of its own would keep a number from the server and let the old one stand. A value of its
    own, to begin with, would come back when it is emptied; so what there was by then does.
    """

    def store_typed(given: float | None) -> None:
        if given is not None:
            store(typed.whole_if_it_is(given))

    bound(
        st.number_input,
        label,
        None if value is None else float(value),
        key,
        store_typed,
        value=None,
        format=_TEN_DIGITS,
        **{name: float(one) if name in _NUMBERS else one for name, one in options.items()},
    )


def text(label: str, value: str, key: str, store: Store, **options: Any) -> None:
    """Show a text, of as many characters as the address can keep."""
    most = draft.MAX_CHARACTERS
    bound(st.text_input, label, value, key, store, value=value, max_chars=most, **options)


def real(label: str, value: Any, key: str, store: Store, **options: Any) -> None:
    """Show a real number as a text: a number's widget makes 0 of "0,3", and nothing of "x"."""

    def store_typed(typed_text: str) -> None:
        store(typed.number_or_text(typed_text))

    text(label, typed.as_typed(value), key, store_typed, **options)


def choice(label: str, value: Any, key: str, store: Store, **options: Any) -> None:
    """Show a choice of one of some options.

    Of an option that was there before, a browser that is behind sends the words, not the value.
    """
    known = options["options"]

    def store_known(chosen: Any) -> None:
        if chosen in known:
            store(chosen)

    index = known.index(value) if value in known else None
    bound(st.selectbox, label, value, key, store_known, index=index, **options)


def bound(widget: Widget, label: str, current: Any, key: str, store: Store, **options: Any) -> None:
    """Show a widget with a value of the state; what the user makes of it is stored at once.

    A value that is sent while the browser is busy may be overtaken by the next run, and the
    browser then answers with what it had before. So a value goes as the widget's default too (but
    for a number, whose emptied field is no answer), is sent again until it has settled, and the
    answer of before is not taken for the user's, if it comes from the address of before, or soon
    after the run that sent the value.

    Of the page only those parts are shown anew that the change concerns.
    """
    sent: dict[str, _Sent] = st.session_state.setdefault("sent_values", {})
    own = now_showing()

    def changed() -> None:
        value = st.session_state[key]
        if not (_is_overtaken(sent.get(key)) and value == sent[key].before):
            if _is_settling(sent.get(key)):  # what was sent may come yet: this must come after it
                sent[key] = _Sent(time.monotonic(), _NOTHING)
            else:
                sent.pop(key, None)
            store(value)
        show_changes(own)

    if key not in st.session_state or st.session_state[key] != current:
        sent[key] = _Sent(time.monotonic(), st.session_state.get(key, _NOTHING))
        st.session_state[key] = current
    elif _is_settling(sent.get(key)):
        st.session_state[key] = current
    widget(label, key=key, on_change=changed, **options)


def behind(values: Mapping[str, Any]) -> Hashable:
    """What the values of some widgets, by their keys, add to the makings of their part.

    Nothing if the browser has them all, as after an edit that is stored as it was made; else what
    is unlike all that was shown, so that they are sent.
    """
    given = st.session_state
    return None if all(given.get(key, one) == one for key, one in values.items()) else object()


def run_is_over() -> None:
    """Tell that all values of this run are sent."""
    st.session_state.run_over_at = time.monotonic()


def _is_overtaken(sent: _Sent | None) -> bool:
    """Whether an answer may have set out before the browser had the value."""
    if sent is None:
        return False
    over_at = st.session_state.get("run_over_at", 0.0)
    was_cut_off = sent.at > over_at
    is_soon = time.monotonic() - over_at < _OVERTAKING_SECONDS
    return is_elsewhere() or (_is_settling(sent) and (was_cut_off or is_soon))


def _is_settling(sent: _Sent | None) -> bool:
    return sent is not None and time.monotonic() - sent.at < _SETTLING_SECONDS
