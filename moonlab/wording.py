"""How numbers and lists are written, wherever they are read."""

import math
from collections.abc import Iterable
from typing import Protocol

from moonlab.stats import decimals


class HasBounds(Protocol):
    """An interval of shares."""

    @property
    def low(self) -> float:
        """Its lower bound."""
        ...

    @property
    def high(self) -> float:
        """Its upper bound."""
        ...


def percent(share: float, digits: int = 1) -> str:
    """Such as "98.7%"."""
    return f"{100 * share:.{digits}f}%"


def in_a_row(texts: Iterable[str]) -> str:
    """Such as "a, b and c", of at least one."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def digits_of(interval: HasBounds) -> int:
    """Decimals of a percentage, as many as its interval, of shares, supports."""
    return decimals(50 * (interval.high - interval.low))


def bounds(low: float, high: float, digits: int, *, nonzero: bool = True) -> str:
    """Bounds that are shares, in points: "3.1–7.5", with a negative one "−0.2 to 0.3".

    With `nonzero`, one that would be rounded to 0 keeps its first digit.
    """
    texts = [rounded(100 * bound, digits, nonzero=nonzero) for bound in (low, high)]
    return (" to " if any(text.startswith("−") for text in texts) else "–").join(texts)


def rounded(value: float, digits: int, *, signed: bool = False, nonzero: bool = False) -> str:
    """Rounded, "−0.2", if `signed` "+5.3"; what rounds to 0 has no sign.

    With `nonzero`, what would be rounded to 0 keeps its first digit.
    """
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0 and nonzero and value:
        text = f"{abs(value):.{-math.floor(math.log10(abs(value)))}f}"
    if float(text) == 0:
        return text
    return f"{'−' if value < 0 else '+' if signed else ''}{text}"
