"""What is typed and not valid yet, as a key of the address, so that a reload does not lose it."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from moonlab import codec
from moonlab.rules import Fault, SpecError, is_integer, shown
from moonlab.spec import Architecture, DataSpec, Experiment, Training
from moonlab.ui.typed import MAX_FLOAT, MAX_WHOLE, number_or_text, whole_if_it_is

QUERY_KEY = "draft"
MAX_CHARACTERS = 2_000  # of a text


def to_query(draft: dict[str, Any]) -> str | None:
    """What is set up, as `PageState.draft` gives it, as one key; None if that could not be read.

    Of what can be typed, that is a whole number beyond 1e300, or texts so long and varied that
    their key is too long: a reload then loses what is not valid yet.
    """
    text = json.dumps(draft, separators=(",", ":"))
    key = codec.packed(text)
    return key if _fits(json.loads(text)) and len(key) <= codec.MAX_QUERY_CHARACTERS else None


def from_query(key: str) -> dict[str, Any]:
    """What was set up: values as wrong as they were typed, but of the types that can be typed.

    Raises
    ------
    SpecError
        If the key is empty, too long or damaged, or holds what nobody can have typed.
    """
    text = codec.unpacked(QUERY_KEY, key)
    try:
        draft = json.loads(text)
    except (ValueError, RecursionError):
        draft = None
    if not _fits(draft):
        rule = "must hold what was typed on the page; copy the link again"
        raise SpecError([Fault(QUERY_KEY, rule, shown(key))])
    return draft


def _fits(draft: Any) -> bool:
    """Whether the page can show every value."""
    if not isinstance(draft, dict) or set(draft) != {field.name for field in fields(Experiment)}:
        return False
    panels = draft["architectures"]
    return (
        _are_fields(DataSpec, draft["data"], whole=True)
        and _are_fields(Training, draft["training"], whole=True)
        and isinstance(panels, list)
        and 1 <= len(panels) <= Experiment.RULES["architectures"].high
        and all(_is_panel(panel) for panel in panels)
        and _is_text(draft["seeds"])
        and Experiment.RULES["seeding"].accepts(draft["seeding"])
        and _is_number(float, draft["margin_points"])
    )


def _is_panel(values: Any) -> bool:
    if not isinstance(values, dict) or set(values) != set(Architecture.RULES):
        return False
    hidden, name, override = values["hidden"], values["name"], values["override"]
    return (
        isinstance(hidden, list)
        and len(hidden) <= 16
        and all(_is_number(int, width) for width in hidden)
        and all(Architecture.RULES[one].accepts(values[one]) for one in ("activation", "engine"))
        and (name is None or _is_text(name))
        and (override is None or _are_fields(Training, override, whole=False))
    )


def _are_fields(kind: type[DataSpec | Training], values: Any, *, whole: bool) -> bool:
    """Whether these are fields of a part, all of them or some, as its widgets can hold them."""
    types = {field.name: field.type for field in fields(kind)}
    if not isinstance(values, Mapping) or not set(values) <= set(types):
        return False
    return (not whole or len(values) == len(types)) and all(
        _is_number(types[name], value)
        if types[name] in (int, float)
        else kind.RULES[name].accepts(value)
        for name, value in values.items()
    )


def _is_number(kind: Any, value: Any) -> bool:
    """Whether it can be typed: nothing, or a number; for a real also a text that is none."""
    if value is None or is_integer(value, -MAX_WHOLE, MAX_WHOLE):
        return value is None or kind is int
    if type(value) is float:
        return abs(value) <= MAX_FLOAT and (kind is float or whole_if_it_is(value) is value)
    return kind is float and _is_text(value) and number_or_text(value) == value


def _is_text(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)  # half a character
