"""The rules that values from outside must keep, and the one error that says which were broken."""

import difflib
import math
import reprlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

_SHOWN_CHARACTERS = 60
_SHOWN_FAULTS = 50
_JOINER = "\u200d"  # which makes one emoji of several


class Fault(NamedTuple):
    """One broken rule: the field, what the field must be, and what was given."""

    field: str
    rule: str
    given: str

    def __str__(self) -> str:
        return f"`{self.field}` {self.rule}. Got {self.given} instead."


class SpecError(ValueError):
    """A value from outside that breaks a rule; it carries every fault at once.

    Attributes
    ----------
    faults : tuple of Fault
        What was wrong, in the order of the fields.
    """

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        lines = [str(fault) for fault in self.faults[:_SHOWN_FAULTS]]
        if len(self.faults) > _SHOWN_FAULTS:
            lines.append(f"And {len(self.faults) - _SHOWN_FAULTS:,} more.")
        super().__init__("\n".join(lines))

    def __reduce__(self) -> tuple[type["SpecError"], tuple[tuple[Fault, ...]]]:
        return type(self), (self.faults,)

    def under(self, path: str) -> list[Fault]:
        """The same faults, their fields written as parts of `path`."""
        return [fault._replace(field=f"{path}.{fault.field}") for fault in self.faults]


def shown(value: object) -> str:
    """A short, printable form of any value, however large or hostile it is."""
    try:
        text = reprlib.repr(value) if isinstance(value, (dict, list, tuple, set)) else repr(value)
    except Exception:  # a repr may fail in any way: an integer of 5,000 digits, a foreign class
        text = f"a value of type {type(value).__name__}"
    text = text.encode("ascii", "backslashreplace").decode() if not text.isprintable() else text
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


@dataclass(frozen=True)
class Rule:
    """What a field must be, in words and as a test; `low` and `high` serve the widgets."""

    text: str
    accepts: Callable[[object], bool]
    low: float = -math.inf
    high: float = math.inf
    options: tuple[str, ...] = ()

    def fault(self, field: str, value: object) -> Fault:
        """The fault of a value that this rule does not accept."""
        near = difflib.get_close_matches(value, self.options, 1) if isinstance(value, str) else []
        rule = f"{self.text} (did you mean {near[0]!r}?)" if near else self.text
        return Fault(field, rule, shown(value))


def check(rules: Mapping[str, Rule], values: Mapping[str, object]) -> list[Fault]:
    """The faults of `values`, field by field; a field without a rule is not looked at."""
    return [
        rules[field].fault(field, value)
        for field, value in values.items()
        if field in rules and not rules[field].accepts(value)
    ]


def is_integer(value: object, low: int, high: int) -> bool:
    """Whether the value is an `int`, and no `bool`, within the bounds."""
    return type(value) is int and low <= value <= high


def integer(low: int, high: int) -> Rule:
    """A rule for an integer from `low` to `high`."""
    text = f"must be an integer from {low:,} to {high:,}"
    return Rule(text, lambda value: is_integer(value, low, high), low, high)


def real(low: float, high: float, *, above_low: bool = False) -> Rule:
    """A rule for a finite number from (or, with `above_low`, above) `low` to `high`."""

    def accepts(value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return low < value <= high if above_low else low <= value <= high

    words = f"above {low:g} and at most {high:g}" if above_low else f"from {low:g} to {high:g}"
    return Rule(f"must be a number {words}", accepts, low, high)


def choice(*options: str) -> Rule:
    """A rule for one of a few words."""
    text = "must be " + " or ".join(repr(option) for option in options)
    return Rule(text, lambda value: type(value) is str and value in options, options=options)


def optional(rule: Rule, meaning: str) -> Rule:
    """The same rule, with None accepted; `meaning` says what None stands for."""
    return Rule(
        f"{rule.text}, or None ({meaning})",
        lambda value: value is None or rule.accepts(value),
        rule.low,
        rule.high,
        rule.options,
    )


def integers(what: str, fewest: int, most: int, low: int, high: int, *, distinct: bool) -> Rule:
    """A rule for a tuple of integers, each from `low` to `high`."""

    def accepts(value: object) -> bool:
        if not isinstance(value, tuple) or not fewest <= len(value) <= most:
            return False
        if not all(is_integer(item, low, high) for item in value):
            return False
        return not distinct or len(set(value)) == len(value)

    kind = "distinct integers" if distinct else "integers"
    text = f"must be a tuple of {fewest} to {most} {what}, {kind} from {low:,} to {high:,}"
    return Rule(text, accepts, low, high)


def label_text(most: int) -> Rule:
    """A rule for a short text of printable characters that is not blank."""

    def accepts(value: object) -> bool:
        if not isinstance(value, str) or not 1 <= len(value) <= most:
            return False
        return value.replace(_JOINER, "").isprintable() and not value.isspace()

    return Rule(f"must be a text of 1 to {most} printable characters, not all blank", accepts)
