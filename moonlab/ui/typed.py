"""Numbers as people type them: 0.01, 1e-2, or 0,01."""

import re

MAX_FLOAT = 1e300
MAX_WHOLE = 2**53 - 1  # beyond it a browser's numbers have gaps
_REAL = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_ZERO = re.compile(r"[+-]?[0.,]+(e.*)?", re.IGNORECASE)


def number_or_text(text: str) -> float | str | None:
    """The number that a text stands for; None if it is empty, and what is no number as it is.

    So nothing that is typed is lost, and the door says what it should be. That holds, too, for
    what a float cannot hold, and for "1,000", which is a thousand to some and one to others.
    """
    text = text.strip()
    if not _REAL.fullmatch(text) or _THOUSANDS.fullmatch(text):
        return text or None
    number = float(text.replace(",", "."))
    is_held = bool(_ZERO.fullmatch(text)) if number == 0 else abs(number) <= MAX_FLOAT
    return number if is_held else text


def whole_if_it_is(number: float | None) -> float | int | None:
    """The number as an int if it is a whole one, such as 1e2; else as it is, for the door."""
    is_whole = number is not None and number.is_integer() and abs(number) <= MAX_WHOLE
    return int(number) if number is not None and is_whole else number


def as_typed(value: object) -> str:
    """The text by which `number_or_text` gives that value again."""
    if isinstance(value, str):
        return value
    return "" if value is None else str(value).removesuffix(".0")
