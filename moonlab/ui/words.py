"""Texts for the page: outside text made safe, faults in the page's own words."""

import re

from moonlab.rules import Fault, SpecError
from moonlab.ui.fields import DATA_FIELDS, OWN_FIELDS

_MARKUP = frozenset("\\`*_{}[]()<>#+-.!|~:$&")
_WORD_JOINER = "\u2060"
_LABELS = {
    **{f"data.{name}": field.label for name, field in DATA_FIELDS.items()},
    **{name: field.label for name, field in OWN_FIELDS.items()},
    "hidden": "Widths",
    "margin_points": "Equivalent within ± points",
}
_PLAINLY = (
    (r", or None \(.*?\)", ""),
    (r"a tuple of 0 to (\d+) (\w+), integers", r"at most \1 \2, each a whole number"),
    ("a tuple of ", ""),
    ("an integer", "a whole number"),
    ("integers", "whole numbers"),
)
_FIELD = re.compile(r"architectures\[(\d+)\](?:\.(.+))?")


def as_plain_text(text: str) -> str:
    """A text from outside, for where Streamlit reads Markdown: each line is a line, no markup.

    An invisible word joiner before what makes an address keeps it from becoming a link.
    """
    escaped = "".join(
        (_WORD_JOINER if letter in ":.@" else "") + (f"\\{letter}" if letter in _MARKUP else letter)
        for letter in text
    )
    return escaped.replace("\n", "  \n")


def faults_in_words(error: SpecError) -> str:
    """Every fault as an item of a Markdown list, its field named as the page names it."""
    return "\n".join(f"- {as_plain_text(_sentence(fault))}" for fault in error.faults)


def _sentence(fault: Fault) -> str:
    rule = fault.rule
    for code, words in _PLAINLY:
        rule = re.sub(code, words, rule)
    return f"{_field_in_words(fault.field)} {rule}. Got {_given_in_words(fault.given)} instead."


def _given_in_words(given: str) -> str:
    """A value without Python's signs; a text, which stands between quotes, as it was typed."""
    if given[:1] in ("'", '"'):
        return given
    return re.sub(r"\((.*?),?\)|\.0$", r"\1", given).replace("None", "nothing")


def _field_in_words(field: str) -> str:
    found = _FIELD.fullmatch(field)
    if found:
        rest = f", {_label(found[2])}" if found[2] else ""
        return f"Architecture {int(found[1]) + 1}{rest}:"
    return f"{_label(field)}:"


def _label(field: str) -> str:
    """What the page calls a field: its label, or else its name."""
    field = field.removeprefix("override.").removeprefix("training.")
    name = field.removeprefix("data.").replace("_", " ")
    return _LABELS.get(field, name[:1].upper() + name[1:])
