"""Real numbers as people type them: 0.01, 1e-2, or 0,01."""

import re

from moonlab.ui.draft import MAX_FLOAT

_REAL = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)


def number_or_text(text: str) -> float | str | None:
    """The number that a text stands for; None if it is empty, and what is no number as it is.

    So nothing that is typed is lost, and the door says what it should be.
    """
    text = text.strip()
    if not _REAL.fullmatch(text):
        return text or None
    number = float(text.replace(",", "."))
    return number if abs(number) <= MAX_FLOAT else text


def as_typed(value: object) -> str:
    """The text by which `number_or_text` gives that value again."""
    return "" if value is None else str(value).removesuffix(".0")
