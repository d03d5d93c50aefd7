"""One panel an architecture, in a grid that wraps."""

from collections.abc import Hashable
from functools import partial
from typing import Any

import streamlit as st

from moonlab.figure_look import INK
from moonlab.rules import SpecError
from moonlab.spec import Architecture
from moonlab.ui import snapshot
from moonlab.ui.bind import behind, bound, choice, number, page_state, text
from moonlab.ui.charts import is_dark
from moonlab.ui.drawing import network_svg
from moonlab.ui.faults import faulty, show_fault, show_if_faulty
from moonlab.ui.fields import OWN_FIELDS, as_shown, departures, in_short, rule_of, show_field
from moonlab.ui.parts import show_part, then_whole
from moonlab.ui.state import MAX_DEPTH, PageState, Panel
from moonlab.ui.words import as_plain_text

_ENGINES = {"torch": "PyTorch", "numpy": "NumPy"}
_ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
_NAME_RULE = Architecture.RULES["name"]
_CHOICES = (("activation", "Activation", _ACTIVATIONS), ("engine", "Engine", _ENGINES))


def show_panels() -> None:
    """Show all panels; for each it is said whether its result is among those shown."""
    state = page_state()
    with st.grid(min_column_width=198, border=True, key="panels"):
        for position, panel in enumerate(list(state.panels), start=1):
            with st.container(key=f"panel_{position}"):
                _show_panel_buttons(state, panel, position)  # the style counts these, and the parts
                for what, show in _PARTS.items():
                    show_part(_part_name(panel, what), partial(show, position))


def _part_name(panel: Panel, what: str) -> str:
    return f"panel {panel.id}, {what}"


def _show_pending(position: int) -> None:
    pending = _pending(position)
    if pending:
        st.caption(pending)


def _pending(position: int) -> str:
    """That a panel's result is not among those shown, and why."""
    now = snapshot.last()
    if now.shown.trained[position - 1] or now.shown.in_training[position - 1]:
        return ""
    if now.is_training:
        return "Not in this training."
    advice = ": train to see its result" if now.current is not None else ""
    return f"Not trained yet{advice}."


def makings() -> dict[str, Hashable]:
    """What the parts of each panel are made of, by their names."""
    state, found = page_state(), dict[str, Hashable]()
    for position, panel in enumerate(state.panels, start=1):
        of_parts: dict[str, Hashable] = {
            "name": _makings_of_name(panel),
            "fields": _makings_of_fields(state, panel),
            "drawing": (repr(panel.values["hidden"]), _title(position)),
            "trained": _pending(position),
        }
        found |= {_part_name(panel, what): made_of for what, made_of in of_parts.items()}
    return found


def _makings_of_name(panel: Panel) -> tuple[Hashable, ...]:
    name = panel.values["name"]
    return faulty(_NAME_RULE, name), behind({_key(panel, "name"): name or ""})


def _makings_of_fields(state: PageState, panel: Panel) -> Hashable:
    values, override = panel.values, panel.values["override"] or {}
    shown = {"depth": len(values["hidden"]), "departures": list(override)}
    shown |= {field: values[field] for field, *_ in _CHOICES}
    shown |= {f"width_{layer}": width for layer, width in enumerate(values["hidden"])}
    shown |= {f"own_{name}": as_shown("training", name, one) for name, one in override.items()}
    faults = [faulty(rule_of("training", name), one) for name, one in override.items()]
    there = len(values["hidden"]), tuple(override), repr(_departures(state, panel)), tuple(faults)
    return there, behind({_key(panel, what): value for what, value in shown.items()})


def _key(panel: Panel, what: str) -> str:
    return f"p{panel.id}_{what}"


def _title(position: int) -> str:
    """What the results of a panel without a name will be called, as far as is known."""
    panel, current = _panel_at(position), snapshot.last().current
    if current is None or panel.values["name"]:
        return _label(panel)
    return current.names[position - 1]


def _panel_at(position: int) -> Panel:
    """The panel there by now: a preset puts another one there, with the same id."""
    return page_state().panels[position - 1]


def _show_name(position: int) -> None:
    state, panel = page_state(), _panel_at(position)
    name = panel.values["name"]
    text(
        f"Name of architecture {position}",
        name or "",
        _key(panel, "name"),
        lambda typed: state.set_panel(panel.id, "name", typed or None),
        label_visibility="collapsed",
        placeholder="Name",
    )
    show_if_faulty(_NAME_RULE, "name", name)


def _show_fields(position: int) -> None:
    state, panel = page_state(), _panel_at(position)
    number(
        "Hidden layers",
        len(panel.values["hidden"]),
        _key(panel, "depth"),
        partial(state.set_depth, panel.id),
        min_value=0,
        max_value=MAX_DEPTH,
        step=1,
        help="None makes a linear classifier: a straight boundary.",
    )
    _show_widths(state, panel)
    _show_choices(state, panel)
    _show_departures(state, panel, position)


def _show_drawing(position: int) -> None:
    try:
        architecture = _architecture(_panel_at(position))
    except SpecError as error:
        show_fault(error)
    else:
        st.caption(f"{_title(position)} · {architecture.n_parameters:,} parameters")
        drawing = network_svg(architecture.widths, INK[is_dark()])
        st.image(drawing, width=160, alt=f"Drawing of the network {architecture.label}")


def _show_widths(state: PageState, panel: Panel) -> None:
    for layer, width in enumerate(panel.values["hidden"]):
        number(
            f"Width {layer + 1}",
            width,
            _key(panel, f"width_{layer}"),
            partial(state.set_width, panel.id, layer),
            step=1,
        )


def _show_choices(state: PageState, panel: Panel) -> None:
    for field, label, words in _CHOICES:
        choice(
            label,
            panel.values[field],
            _key(panel, field),
            partial(state.set_panel, panel.id, field),
            options=list(words),
            format_func=words.__getitem__,
            width=78,
        )


def _show_departures(state: PageState, panel: Panel, position: int) -> None:
    """The training fields in which this panel alone departs from the protocol."""
    override = panel.values["override"] or {}
    departs = _departures(state, panel)
    with st.popover("Own training ●" if departs else "Own training", key=_key(panel, "own")):
        bound(
            st.multiselect,
            f"Where architecture {position} departs from the protocol",
            list(override),
            _key(panel, "departures"),
            partial(state.set_departures, panel.id),
            default=list(override),
            options=list(OWN_FIELDS),
            format_func=lambda name: OWN_FIELDS[name].label,
            placeholder="Nowhere: it trains like the others",
        )
        for name, value in override.items():
            store = partial(state.set_departure, panel.id, name)
            show_field("training", name, value, _key(panel, f"own_{name}"), store)
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
            key=_key(panel, word.lower().replace(" ", "_")),
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


_PARTS = {
    "name": _show_name,
    "fields": _show_fields,
    "drawing": _show_drawing,
    "trained": _show_pending,
}
