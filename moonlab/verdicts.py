"""What is said of a comparison: a verdict for each pair, and for the whole."""

import math
from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Literal, NamedTuple

from moonlab.parameters import Floats
from moonlab.rules import Fault, Rule, check, is_integer, shown
from moonlab.spec import Experiment
from moonlab.stats import (
    ALPHA,
    MIN_SEEDS,
    PairedDifference,
    mean_interval,
    numbers,
    pair_faults,
    paired_differences,
    refuse,
    seeds_needed,
)
from moonlab.wording import bounds, digits_of, in_a_row, percent, rounded

VerdictKind = Literal["too few", "equivalent", "clear", "unclear"]

MARGIN_POINTS = Experiment.margin_points

_LISTED = 4  # names in a row; more are counted
_EXACT = 9  # decimals of a point that a bound is held against the margin with
_NAME = Rule("texts, one per architecture", lambda value: isinstance(value, str))
_SIZE = Rule("integers from 0, one per architecture", lambda value: is_integer(value, 0, 10**12))
_MARGIN = {"margin_points": Experiment.RULES["margin_points"]}


class Verdict(NamedTuple):
    """What can be said of a pair: its kind, and a sentence without a full stop."""

    kind: VerdictKind
    text: str


class Overall(NamedTuple):
    """What can be said of all architectures.

    Attributes
    ----------
    text : str
        A few sentences.
    tiers : tuple of int, or None
        Per architecture, from 1; None from too few seeds, or for one architecture.
    start_from : int or None
        The smallest architecture of tier 1; None if there are no tiers.
    """

    text: str
    tiers: tuple[int, ...] | None
    start_from: int | None


def verdict_kind(pair: PairedDifference, margin_points: float = MARGIN_POINTS) -> VerdictKind:
    """The first that holds: fewer than 6 seeds; the 95% interval within ± margin; clear by Holm.

    Raises
    ------
    SpecError
        If `margin_points` is no number above 0 and at most 100, or `pair` is none.
    """
    refuse(pair_faults(pair) + check(_MARGIN, {"margin_points": margin_points}))
    if pair.n < MIN_SEEDS:
        return "too few"
    if _widest(pair) < margin_points:
        return "equivalent"
    return "clear" if pair.p_holm < ALPHA else "unclear"


def verdict(
    pair: PairedDifference,
    names: Sequence[str],
    margin_points: float = MARGIN_POINTS,
    *,
    paired: bool = True,
) -> Verdict:
    """What can be said of a pair, in words that no number in them contradicts.

    Parameters
    ----------
    pair : PairedDifference
        Of accuracies.
    names : sequence of str
        Of all architectures: `pair.first` and `pair.second` point into it.
    margin_points : float
        Differences below so many percentage points make no difference.
    paired : bool
        Whether both ran from the same seeds, or each from as many of its own. Of the latter, one
        architecture raced against itself, it is not said how many seeds would settle it.

    Raises
    ------
    SpecError
        If an argument is of a wrong type or out of bounds.
    """
    last = max(pair.first, pair.second) if isinstance(pair, PairedDifference) else 0
    faults = pair_faults(pair) + _list_faults("names", names, _NAME, last + 1)
    refuse(faults + check(_MARGIN, {"margin_points": margin_points}))
    kind = verdict_kind(pair, margin_points)
    if kind == "too few":
        return Verdict(kind, _too_few(pair.n))
    if kind == "equivalent":
        return Verdict(kind, _equivalent(pair, names, margin_points, paired=paired))
    if kind == "clear":
        return Verdict(
            kind, _clear(pair if pair.mean > 0 else pair.swapped(), names, paired=paired)
        )
    return Verdict(kind, _unclear(pair, names, margin_points, paired=paired))


def tiers(
    means: Sequence[float] | Floats,
    pairs: list[PairedDifference],
    margin_points: float = MARGIN_POINTS,
) -> tuple[int, ...] | None:
    """Tier 1 holds the leader and all that are not clearly worse than it; repeat with the rest.

    Parameters
    ----------
    means : ndarray, shape (architectures,)
        Mean accuracies as shares; the first of equal ones leads.
    pairs : list of PairedDifference
        As `paired_differences` gives them.
    margin_points : float
        As for `verdict`.

    Returns
    -------
    tuple of int, or None
        The tier of each architecture, from 1; None from too few seeds, or for one architecture.

    Raises
    ------
    SpecError
        If an argument is of a wrong type or out of bounds, or `pairs` are of other architectures.
    """
    array, faults = numbers("means", means, ("architectures",), 0, 1)
    refuse(faults + check(_MARGIN, {"margin_points": margin_points}))
    given = [pair for pair in pairs if not pair_faults(pair)] if isinstance(pairs, list) else []
    if [(pair.first, pair.second) for pair in given] != list(combinations(range(array.size), 2)):
        rule = f"must be what `paired_differences` gives of {array.size} architectures"
        refuse([Fault("pairs", rule, shown(pairs))])
    kinds = {(pair.first, pair.second): verdict_kind(pair, margin_points) for pair in given}
    if not kinds or "too few" in kinds.values():
        return None
    found, tier = [0] * array.size, 0
    while left := [i for i in range(array.size) if not found[i]]:
        leader, tier = max(left, key=lambda i: array[i]), tier + 1
        for i in left:
            found[i] = 0 if kinds.get((min(i, leader), max(i, leader))) == "clear" else tier
    return tuple(found)


def overall(
    names: Sequence[str],
    n_parameters: Sequence[int],
    scores: Sequence[Sequence[float]] | Floats,
    margin_points: float = MARGIN_POINTS,
    *,
    unstable: Collection[int] = (),
) -> Overall:
    """Who leads, who clearly falls behind, and which one to start from.

    Parameters
    ----------
    names : sequence of str
        Of the architectures.
    n_parameters : sequence of int
        Of each: of those that lead, the one with the fewest is the one to start from.
    scores : ndarray, shape (architectures, seeds)
        Accuracies as shares; a column holds what all architectures got from one seed.
    margin_points : float
        As for `verdict`.
    unstable : collection of int
        Positions of those not to start from, as long as another one leads, too.

    Raises
    ------
    SpecError
        If an argument is of a wrong type, shape or out of bounds.
    """
    array, faults = numbers("scores", scores, ("architectures", "seeds"), 0, 1)
    count, most = (1, math.inf) if faults else (len(array), len(array))
    faults += _list_faults("names", names, _NAME, count, most)
    faults += _list_faults("n_parameters", n_parameters, _SIZE, count, most)
    refuse(faults + check(_MARGIN, {"margin_points": margin_points}))
    if count == 1:
        return Overall(_alone(names[0], array[0]), None, None)
    pairs, means = paired_differences(array), array.mean(axis=1)
    found = tiers(means, pairs, margin_points)
    if found is None:
        return Overall(f"{_too_few(array.shape[1])}.", None, None)
    top = [i for i in range(count) if found[i] == 1]
    inside = [pair for pair in pairs if {pair.first, pair.second} <= set(top)]
    if inside and all(verdict_kind(pair, margin_points) == "equivalent" for pair in inside):
        first = _equals(names, top, margin_points)
    else:
        leader = max(top, key=lambda i: means[i])
        mean = mean_interval(array[leader])
        average = f"{percent(mean.mean, digits_of(mean))} over {array.shape[1]} seeds"
        first = _leaders(names, top, leader, average)
    steady = [i for i in top if i not in unstable] or top
    start = min(steady, key=lambda i: n_parameters[i])
    return Overall(f"{first} {_start(names, n_parameters, top, steady, start)}", found, start)


def _too_few(n: int) -> str:
    return f"{_seeds(n)} cannot support a verdict: train at least {MIN_SEEDS}"


def _equivalent(
    pair: PairedDifference, names: Sequence[str], margin_points: float, *, paired: bool
) -> str:
    both = f"{names[pair.first]} and {names[pair.second]} are equivalent here: they"
    if pair.tied == pair.n:
        return f"{both} tied on all {pair.n} {'paired ' if paired else ''}seeds"
    digits = digits_of(pair)
    while round(_widest(pair), digits) >= margin_points and digits < _EXACT:
        digits += 1
    return (
        f"{both} differ by less than {_points(f'{margin_points:g}')} "
        f"({rounded(100 * pair.mean, digits, signed=True)}, "
        f"95% interval {bounds(pair.low, pair.high, digits, nonzero=False)}, "
        f"{_over(pair.n, paired=paired)})"
    )


def _clear(pair: PairedDifference, names: Sequence[str], *, paired: bool) -> str:
    digits = digits_of(pair)
    by = rounded(100 * pair.mean, digits, nonzero=True)
    text = (
        f"{names[pair.first]} beats {names[pair.second]} by {_points(by)} on average over "
        f"{_over(pair.n, paired=paired)}, 95% interval "
        f"{bounds(pair.low, pair.high, digits)}"
    )
    tied = f", tied {pair.tied}" if pair.tied else ""
    return f"{text}; won {pair.won}{tied}" if paired else text


def _over(n: int, *, paired: bool) -> str:
    return f"{n} paired seeds" if paired else f"{n} seeds each"


def _unclear(
    pair: PairedDifference, names: Sequence[str], margin_points: float, *, paired: bool
) -> str:
    """Shows the corrected interval if the plain one leaves out 0: it is what was decided by."""
    digits = digits_of(pair)
    mean = _points(rounded(100 * pair.mean, digits, signed=True))
    if pair.low <= 0 <= pair.high:
        shown_interval = f"95% interval {bounds(pair.low, pair.high, digits)}"
    else:
        wide = bounds(pair.corrected_low, pair.corrected_high, digits)
        shown_interval = f"interval {wide}, corrected for the {pair.n_pairs} pairs compared"
    text = (
        f"no clear difference between {names[pair.first]} and {names[pair.second]}: {mean}, "
        f"{shown_interval}"
    )
    if not paired:
        return text
    needed = seeds_needed(pair, margin_points / 100)
    settled = "no affordable number of" if needed is None else f"about {_rounded_up(needed):,}"
    return f"{text}; {settled} seeds would settle it"


def _alone(name: str, scores: Floats) -> str:
    mean = mean_interval(scores)
    digits = digits_of(mean)
    nothing = "There is nothing to compare it with."
    if mean.n == 1:
        return f"{name} reaches {percent(mean.mean, digits)} with one seed. {nothing}"
    low, high = max(mean.low, 0.0), min(mean.high, 1.0)
    interval = bounds(low, high, digits, nonzero=False)
    average = f"{percent(mean.mean, digits)} on average over {mean.n} seeds"
    return f"{name} reaches {average}, 95% interval {interval}%. {nothing}"


def _equals(names: Sequence[str], top: list[int], margin_points: float) -> str:
    behind = [i for i in range(len(names)) if i not in top]
    within = f"to within {_points(f'{margin_points:g}')}"
    if not behind:
        return f"{_leading(names, top)} are equivalent here, {within}."
    lead = f"{_leading(names, top)} lead and are equivalent, {within}"
    return f"{lead}; {_falls(names, behind)} the best."


def _leaders(names: Sequence[str], top: list[int], leader: int, average: str) -> str:
    behind = [i for i in range(len(names)) if i not in top]
    if len(top) == 1:
        return f"{names[leader]}, with {average}, is clearly ahead of {_others(names, behind)}."
    highest = f"clearly worse than {names[leader]}, which has the highest average, {average}"
    if not behind:
        return f"There is no clear winner: none is {highest}."
    return f"{_leading(names, top)} lead: none is {highest}; {_falls(names, behind)} it."


def _start(
    names: Sequence[str], sizes: Sequence[int], top: list[int], steady: list[int], start: int
) -> str:
    if len(top) == 1:
        return "Start from it."
    tied = [sizes[i] for i in steady].count(sizes[start]) > 1
    why = ": none of these is smaller" if tied else ", the smallest of these"
    if any(sizes[i] <= sizes[start] for i in top if i not in steady):
        why += " that is not unstable"
    return f"Start from {names[start]}{why} ({sizes[start]:,} parameters)."


def _leading(names: Sequence[str], top: list[int]) -> str:
    if len(top) <= _LISTED:
        return in_a_row(names[i] for i in top)
    return f"{len(top)} of the {len(names)}" if len(top) < len(names) else f"All {len(names)}"


def _others(names: Sequence[str], behind: list[int]) -> str:
    if len(behind) <= _LISTED:
        return in_a_row(names[i] for i in behind)
    return f"the other {len(behind)}"


def _falls(names: Sequence[str], behind: list[int]) -> str:
    return f"{_others(names, behind)} clearly {'falls' if len(behind) == 1 else 'fall'} behind"


def _widest(pair: PairedDifference) -> float:
    """The bound further from 0, in points, the last digits of rounding taken off."""
    return round(100 * max(-pair.low, pair.high), _EXACT)


def _points(number: str) -> str:
    return f"{number} {'point' if number.lstrip('+−') == '1' else 'points'}"


def _seeds(n: int) -> str:
    return f"{n} {'seed' if n == 1 else 'seeds'}"


def _rounded_up(n: int) -> int:
    """To two digits; below 100 as it is."""
    unit = 10 ** max(0, len(str(n)) - 2)
    return math.ceil(n / unit) * unit


def _list_faults(
    field: str, given: object, item: Rule, fewest: int, most: float = math.inf
) -> list[Fault]:
    """The fault of what is no list or tuple of as many items as there are architectures."""
    listed = given if isinstance(given, list | tuple) else ()
    if fewest <= len(listed) <= most and all(map(item.accepts, listed)):
        return []
    count = fewest if most == fewest else f"at least {fewest}"
    return [Fault(field, f"must be a list or tuple of {count} {item.text}", shown(given))]
