"""One panel an architecture, in a grid that wraps."""

from functools import partial

import streamlit as st

from moonlab.rules import SpecError
from moonlab.spec import Architecture
from moonlab.ui.bind import bound, page_state
from moonlab.ui.state import PageState, Panel

_RULES = Architecture.RULES
_ENGINES = {"torch": "PyTorch", "numpy": "NumPy"}
_ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}


def show_panels() -> None:
    """Show all panels, with what adds, duplicates and removes them."""
    state = page_state()
    with st.grid(min_column_width=198, border=True, key="panels"):
        for position, panel in enumerate(list(state.panels), start=1):
            with st.container(key=f"panel_{position}"):
                _show_panel(state, panel, position)


def _show_panel(state: PageState, panel: Panel, position: int) -> None:
    key = f"p{panel.id}"
    values = panel.values
    with st.container(horizontal=True, gap="xxsmall", vertical_alignment="center"):
        bound(
            st.text_input,
            f"Name of architecture {position}",
            values["name"] or "",
            f"{key}_name",
            lambda text: state.set_panel(panel.id, "name", text or None),
            label_visibility="collapsed",
            placeholder=_label(panel),
            max_chars=60,
        )
        _show_panel_buttons(state, panel, position)
    bound(
        st.number_input,
        "Hidden layers",
        len(values["hidden"]),
        f"{key}_depth",
        partial(state.set_depth, panel.id),
        min_value=0,
        max_value=16,
        step=1,
        help="None makes a linear classifier: a straight boundary.",
    )
    if values["hidden"]:
        with st.container(horizontal=True, gap="xsmall"):
            for layer, width in enumerate(values["hidden"]):
                bound(
                    st.number_input,
                    f"Width {layer + 1}",
                    width,
                    f"{key}_width_{layer}",
                    partial(state.set_width, panel.id, layer),
                    min_value=int(_RULES["hidden"].low),
                    max_value=int(_RULES["hidden"].high),
                    step=1,
                    width=78,
                )
    with st.container(horizontal=True, gap="xsmall"):
        for name, label, words in (
            ("activation", "Activation", _ACTIVATIONS),
            ("engine", "Engine", _ENGINES),
        ):
            bound(
                st.selectbox,
                label,
                values[name],
                f"{key}_{name}",
                partial(state.set_panel, panel.id, name),
                options=list(words),
                format_func=words.__getitem__,
                width=78,
            )
    st.caption(_size(panel))


def _show_panel_buttons(state: PageState, panel: Panel, position: int) -> None:
    for action, icon, word, disabled in (
        (state.duplicate, "content_copy", "Duplicate", not state.can_add),
        (state.remove, "delete", "Remove", len(state.panels) == 1),
    ):
        st.button(
            f"{word} architecture {position}",  # for screen readers: the style shows the icon alone
            key=f"p{panel.id}_{word.lower()}",
            icon=f":material/{icon}:",
            type="tertiary",
            help=word,
            on_click=action,
            args=(panel.id,),
            disabled=disabled,
        )


def _architecture(panel: Panel) -> Architecture | None:
    try:
        return Architecture(hidden=tuple(panel.values["hidden"]))
    except SpecError:
        return None


def _label(panel: Panel) -> str:
    architecture = _architecture(panel)
    return architecture.label if architecture else "Architecture"


def _size(panel: Panel) -> str:
    architecture = _architecture(panel)
    if architecture is None:
        return "not valid yet"
    count = architecture.n_parameters
    return f"{architecture.label} · {count:,} parameters"
