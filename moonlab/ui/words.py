"""Texts for the page: outside text made safe, faults in the page's own words."""

import re

from moonlab.rules import Fault, SpecError

_MARKUP = frozenset("\\`*_{}[]()<>#+-.!|~:$&")
_WORD_JOINER = "\u2060"
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
    return f"{_field_in_words(fault.field)} {fault.rule}. Got {fault.given} instead."


def _field_in_words(field: str) -> str:
    found = _FIELD.fullmatch(field)
    if found:
        rest = f", {_words(found[2])}" if found[2] else ""
        return f"Architecture {int(found[1]) + 1}{rest}:"
    return f"{_words(field).capitalize()}:"


def _words(field: str) -> str:
    return field.removeprefix("data.").removeprefix("training.").replace("_", " ")
