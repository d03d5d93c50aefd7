"""One panel an architecture, in a grid that wraps."""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from moonlab.figure_look import INK
from moonlab.rules import SpecError
from moonlab.spec import Architecture
from moonlab.ui import snapshot
from moonlab.ui.bind import bound, choice, number, page_state, text
from moonlab.ui.charts import is_dark
from moonlab.ui.drawing import network_svg
from moonlab.ui.faults import show_fault, show_if_faulty
from moonlab.ui.fields import OWN_FIELDS, departures, in_short, rule_of, show_field
from moonlab.ui.parts import show_part, then_whole
from moonlab.ui.state import MAX_DEPTH, PageState, Panel
from moonlab.ui.words import as_plain_text

_ENGINES = {"torch": "PyTorch", "numpy": "NumPy"}
_ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
_CHOICES = (("activation", "Activation", _ACTIVATIONS), ("engine", "Engine", _ENGINES))


def show_panels() -> None:
    """Show all panels; for each it is said whether its result is among those shown."""
    state = page_state()
    with st.grid(min_column_width=198, border=True, key="panels"):
        for position, panel in enumerate(list(state.panels), start=1):
            with st.container(key=f"panel_{position}"):
                with st.container(horizontal=True, gap="xxsmall", horizontal_alignment="right"):
                    _show_panel_buttons(state, panel, position)
                show_part(_part_name(panel), partial(_show_panel, position))
                show_part(_pending_name(panel), partial(_show_pending, position))


def _part_name(panel: Panel) -> str:
    return f"panel {panel.id}"


def _pending_name(panel: Panel) -> str:
    return f"{_part_name(panel)}, trained"


def _show_pending(position: int) -> None:
    pending = _pending(position)
    if pending:
        st.caption(pending)


def _pending(position: int) -> str:
    """That a panel's result is not among those shown, and why."""
    now = snapshot.last()
    if now.is_training or now.shown.trained[position - 1]:
        return ""
    advice = ": train to see its result" if now.current is not None else ""
    return f":material/pending: Not trained yet{advice}."


def makings() -> dict[str, Hashable]:
    """What the parts of each panel are made of, by their names."""
    state, found = page_state(), dict[str, Hashable]()
    for position, (panel, name) in enumerate(zip(state.panels, _names(), strict=True), start=1):
        found[_part_name(panel)] = repr((name, panel.values, _departures(state, panel)))
        found[_pending_name(panel)] = _pending(position)
    return found


def _names() -> Sequence[str]:
    """What the results of each panel will be called, as far as is known."""
    current = snapshot.last().current
    if current is not None:
        return current.names
    return [_label(panel) for panel in page_state().panels]


def _show_panel(position: int) -> None:
    state = page_state()
    panel = state.panels[position - 1]  # a preset puts another one there, with the same id
    key = f"p{panel.id}"
    values, name = panel.values, _names()[position - 1]
    text(
        f"Name of architecture {position}",
        values["name"] or "",
        f"{key}_name",
        lambda typed: state.set_panel(panel.id, "name", typed or None),
        label_visibility="collapsed",
        placeholder=f"Name ({name})",
    )
    show_if_faulty(Architecture.RULES["name"], "name", values["name"])
    number(
        "Hidden layers",
        len(values["hidden"]),
        f"{key}_depth",
        partial(state.set_depth, panel.id),
        min_value=0,
        max_value=MAX_DEPTH,
        step=1,
        help="None makes a linear classifier: a straight boundary.",
    )
    _show_widths(state, panel)
    _show_choices(state, panel)
    _show_departures(state, panel, position)
    try:
        architecture = _architecture(panel)
    except SpecError as error:
        show_fault(error)
    else:
        st.caption(f"{architecture.label} · {architecture.n_parameters:,} parameters")
        drawing = network_svg(architecture.widths, INK[is_dark()])
        st.image(drawing, width=160, alt=f"Drawing of the network {architecture.label}")


def _show_widths(state: PageState, panel: Panel) -> None:
    if not panel.values["hidden"]:
        return
    with st.container(horizontal=True, gap="xsmall"):
        for layer, width in enumerate(panel.values["hidden"]):
            number(
                f"Width {layer + 1}",
                width,
                f"p{panel.id}_width_{layer}",
                partial(state.set_width, panel.id, layer),
                step=1,
                width="stretch",
            )


def _show_choices(state: PageState, panel: Panel) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        for field, label, words in _CHOICES:
            choice(
                label,
                panel.values[field],
                f"p{panel.id}_{field}",
                partial(state.set_panel, panel.id, field),
                options=list(words),
                format_func=words.__getitem__,
                width=78,
            )


def _show_departures(state: PageState, panel: Panel, position: int) -> None:
    """The training fields in which this panel alone departs from the protocol."""
    override = panel.values["override"] or {}
    departs = _departures(state, panel)
    key = f"p{panel.id}"
    with st.popover("Own training ●" if departs else "Own training", key=f"{key}_own"):
        bound(
            st.multiselect,
            f"Where architecture {position} departs from the protocol",
            list(override),
            f"{key}_departures",
            partial(state.set_departures, panel.id),
            default=list(override),
            options=list(OWN_FIELDS),
            format_func=lambda name: OWN_FIELDS[name].label,
            placeholder="Nowhere: it trains like the others",
        )
        for name, value in override.items():
            store = partial(state.set_departure, panel.id, name)
            show_field("training", name, value, f"{key}_own_{name}", store)
            show_if_faulty(rule_of("training", name), name, value)
    if words := in_short(departs):
        st.caption(f"Departs: {as_plain_text(words)}")


def _departures(state: PageState, panel: Panel) -> dict[str, Any]:
    return departures(panel.values["override"], state.training)


def _show_panel_buttons(state: PageState, panel: Panel, position: int) -> None:
    last = len(state.panels)
    for action, icon, word, disabled in (
        (partial(state.move, places=-1), "chevron_left", "Move left", position == 1),
        (partial(state.move, places=1), "chevron_right", "Move right", position == last),
        (state.duplicate, "content_copy", "Duplicate", not state.can_add),
        (state.remove, "delete", "Remove", last == 1),
    ):
        st.button(
            f"{word} architecture {position}",  # for screen readers: the style shows the icon alone
            key=f"p{panel.id}_{word.lower().replace(' ', '_')}",
            icon=f":material/{icon}:",
            type="tertiary",
            help=word,
            on_click=then_whole(action),
            args=(panel.id,),
            disabled=disabled,
        )


def _architecture(panel: Panel) -> Architecture:
    return Architecture(hidden=tuple(panel.values["hidden"]))


def _label(panel: Panel) -> str:
    try:
        return _architecture(panel).label
    except SpecError:
        return "Architecture"
