"""What scores over seeds can tell: intervals, paired differences, and how many seeds it takes."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple, Self

import numpy as np
import scipy  # whose parts are loaded when they are first used

from moonlab.parameters import Floats
from moonlab.rules import Fault, Rule, SpecError, check, integer, real, shown

ALPHA = 0.05
LEVEL = 1 - ALPHA
POWER = 0.8
MIN_SEEDS = 6  # even a sign test needs six: 2 · 0.5⁵ is above 0.05, 2 · 0.5⁶ is not
MOST_SEEDS = 100_000

_NORMAL = NormalDist()
_DECIMALS = 12  # of a difference; what lies below is the rounding of the subtraction
_SHARE_OF_HALF_WIDTH = 0.2
_RULES = {
    "n": integer(0, 10**12),
    "level": real(0.5, 0.9999),
    "margin": real(0, 1, above_low=True),
    "power": real(0.5, 0.9999),
    "half_width": Rule(
        "must be a number of points from 0, or nan",
        lambda value: isinstance(value, float | int) and not value < 0 and value != math.inf,
    ),
}


class Interval(NamedTuple):
    """The bounds of an interval; nan where there is none."""

    low: float
    high: float


class MeanInterval(NamedTuple):
    """The mean of `n` values, its t interval, and the values' standard deviation.

    The bounds and `sd` are nan for one value: one run says nothing of how runs scatter.
    """

    mean: float
    low: float
    high: float
    n: int
    sd: float


class PairedDifference(NamedTuple):
    """Architecture `first` minus `second` over the seeds they share, in shares (0.01 is a point).

    Attributes
    ----------
    first, second : int
        Rows of the scores.
    n : int
        Seeds.
    mean, low, high : float
        The mean difference and its plain 95% t interval.
    sd : float
        Standard deviation of the differences.
    won, tied, lost : int
        Seeds on which `first` scored higher, the same, lower.
    probability_of_improvement : float
        Share of seeds on which `first` scored higher, ties counting half.
    p : float
        Of the paired t test: below 0.05 exactly if the plain interval leaves out 0.
    p_holm : float
        The same after Holm's correction for all pairs compared.
    corrected_low, corrected_high : float
        The interval at the level that Holm's step for this pair uses: it leaves out 0 exactly if
        `p_holm` is below 0.05. It says what the corrected test says of this pair; the intervals
        of all pairs are not simultaneous ones.
    n_pairs : int
        Pairs compared, for which Holm corrects.

    Notes
    -----
    Of one seed, `sd`, the intervals and the p values are nan.
    """

    first: int
    second: int
    n: int
    mean: float
    low: float
    high: float
    sd: float
    won: int
    tied: int
    lost: int
    probability_of_improvement: float
    p: float
    p_holm: float
    corrected_low: float
    corrected_high: float
    n_pairs: int

    def swapped(self) -> Self:
        """The same pair seen from the other side: `second` minus `first`."""
        return self._replace(
            first=self.second,
            second=self.first,
            mean=-self.mean,
            low=-self.high,
            high=-self.low,
            won=self.lost,
            lost=self.won,
            probability_of_improvement=(self.lost + self.tied / 2) / self.n,
            corrected_low=-self.corrected_high,
            corrected_high=-self.corrected_low,
        )


def wilson(correct: int, n: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval of a share; both bounds are nan for `n` 0.

    Wilson, 1927, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22.

    Parameters
    ----------
    correct, n : int
        Successes, and trials.
    level : float
        Of confidence, from 0.5 to 0.9999.

    Raises
    ------
    SpecError
        If `correct` is no integer from 0 to `n`, or `level` is out of bounds.
    """
    faults = check(_RULES, {"n": n, "level": level})
    most = n if _RULES["n"].accepts(n) else int(_RULES["n"].high)
    refuse(check({"correct": integer(0, most)}, {"correct": correct}) + faults)
    if n == 0:
        return Interval(math.nan, math.nan)
    share, z = correct / n, _NORMAL.inv_cdf((1 + level) / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return Interval(centre - half if correct else 0.0, centre + half if correct < n else 1.0)


def mean_interval(values: Sequence[float] | Floats, level: float = LEVEL) -> MeanInterval:
    """The mean of values (n,) with its t interval, in their unit.

    Raises
    ------
    SpecError
        If `values` are no finite numbers of that shape, or `level` is out of bounds.
    """
    array, faults = numbers("values", values, ("n",), -1e100, 1e100)
    refuse(faults + check(_RULES, {"level": level}))
    mean, sd = _mean_and_sd(array)
    half = float(_t(level, array.size) * sd / math.sqrt(array.size))
    return MeanInterval(float(mean), float(mean) - half, float(mean) + half, array.size, float(sd))


def paired_differences(scores: Sequence[Sequence[float]] | Floats) -> list[PairedDifference]:
    """Every pair of architectures, compared seed by seed.

    Parameters
    ----------
    scores : ndarray, shape (architectures, seeds)
        Accuracies as shares; a column holds what all architectures got from one seed.

    Returns
    -------
    list of PairedDifference
        For each i < j, in order; none for one architecture.

    Raises
    ------
    SpecError
        If `scores` are no numbers from 0 to 1 of that shape.
    """
    array, faults = numbers("scores", scores, ("architectures", "seeds"), 0, 1)
    refuse(faults)
    if len(array) < 2:
        return []
    first, second = np.triu_indices(len(array), 1)
    differences = np.round(array[first] - array[second], _DECIMALS) + 0.0  # (pairs, seeds); no −0
    n_pairs, n = differences.shape
    mean, sd = _mean_and_sd(differences)
    error = sd / math.sqrt(n)
    p = _p_values(mean, error, n)
    p_holm, comparisons = _holm(p)
    half, wide = _t(LEVEL, n) * error, _t(1 - ALPHA / comparisons, n) * error
    won, lost = np.sum(differences > 0, axis=1), np.sum(differences < 0, axis=1)
    tied = n - won - lost
    columns = (
        *(first, second, np.full(n_pairs, n), mean, mean - half, mean + half, sd),
        *(won, tied, lost, (won + tied / 2) / n),
        *(p, p_holm, mean - wide, mean + wide, np.full(n_pairs, n_pairs)),
    )
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [PairedDifference(*row) for row in rows]


def seeds_needed(pair: PairedDifference, margin: float = 0.01, power: float = POWER) -> int | None:
    """Number of seeds at which a pair that is not settled yet would be.

    That is the smaller of two: at which a difference of the size seen would be found clear (at
    Holm's strictest level), and at which the 95% interval would fit within ± `margin`; each with
    probability `power`, if mean and spread are what the seeds so far show.

    Parameters
    ----------
    pair : PairedDifference
        What the seeds so far show.
    margin : float
        As a share: 0.01 is one point.
    power : float
        From 0.5 to 0.9999.

    Returns
    -------
    int or None
        At least 6; more than `pair.n` if the pair is unclear; None above 100,000, or if one seed
        shows no spread.

    Raises
    ------
    SpecError
        If an argument is of a wrong type or out of bounds.

    Notes
    -----
    Chow, Shao & Wang, *Sample Size Calculations in Clinical Research*, one-sample design:
    ((z(α/2) + z(β)) σ/|μ|)² for a difference, ((z(α) + z(β/2)) σ/(δ − |μ|))² for equivalence (a
    95% interval tests each side at 2.5%). Student's t with n − 1 degrees of freedom replaces z,
    so the least n that fulfils its own formula is looked for.
    """
    refuse(pair_faults(pair) + check(_RULES, {"margin": margin, "power": power}))
    size = abs(pair.mean)
    candidates = [
        _least_n(pair.sd, size, ALPHA / pair.n_pairs / 2, 1 - power),
        _least_n(pair.sd, margin - size, ALPHA / 2, (1 - power) / 2),
    ]
    return min((n for n in candidates if n is not None), default=None)


def decimals(half_width: float) -> int:
    """How many decimals (0 to 2) a percentage deserves, given half the width of its interval.

    Rounding moves it by at most a fifth of that, where two decimals suffice. Without an interval
    (nan) it is 1.

    Parameters
    ----------
    half_width : float
        In percentage points.

    Raises
    ------
    SpecError
        If it is negative, infinite, or no number.
    """
    refuse(check(_RULES, {"half_width": half_width}))
    if math.isnan(half_width):
        return 1
    moves = ((digits, 0.5 / 10**digits) for digits in (0, 1))
    return next((digits for digits, by in moves if by <= _SHARE_OF_HALF_WIDTH * half_width), 2)


def refuse(faults: list[Fault]) -> None:
    """Raise a SpecError if there are faults."""
    if faults:
        raise SpecError(faults)


def pair_faults(pair: object) -> list[Fault]:
    """The fault of a `pair` that is none."""
    if isinstance(pair, PairedDifference):
        return []
    return [Fault("pair", "must be a PairedDifference", shown(pair))]


def numbers(
    field: str, values: object, axes: tuple[str, ...], low: float, high: float
) -> tuple[Floats, list[Fault]]:
    """`values` as float64 of as many axes, and what is wrong with them; nothing may be empty."""
    try:
        array = np.asarray(values)
    except (TypeError, ValueError):
        array = np.empty(0, dtype=object)
    shape = f"({axes[0]},)" if len(axes) == 1 else f"({', '.join(axes)})"
    rule = f"must be numbers from {low:g} to {high:g} of shape {shape}, none of these 0"
    if array.dtype.kind not in "iuf" or array.ndim != len(axes) or not array.size:
        given = f"{array.dtype} of shape {array.shape}"
        return array, [
            Fault(field, rule, given if isinstance(values, np.ndarray) else shown(values))
        ]
    outside = array[~((array >= low) & (array <= high))]
    faults = [Fault(field, rule, shown(outside[0].item()))] if outside.size else []
    return array.astype(np.float64), faults


def _mean_and_sd(values: Floats) -> tuple[Floats, Floats]:
    """Over the last axis; exact where all values are the same, sd nan of one value."""
    if values.shape[-1] == 1:
        return values[..., 0], np.full(values.shape[:-1], np.nan)
    constant = np.ptp(values, axis=-1) == 0
    mean = np.where(constant, values[..., 0], values.mean(axis=-1))
    return mean, np.where(constant, 0.0, values.std(axis=-1, ddof=1))


def _t(level: float | Floats, n: int) -> Floats:
    """Half the width of a t interval of n values, in standard errors; nan of one value."""
    if n < 2:
        return np.full(np.shape(level), np.nan)
    return np.asarray(scipy.special.stdtrit(n - 1, (1 + np.asarray(level)) / 2))


def _p_values(mean: Floats, error: Floats, n: int) -> Floats:
    """Two-sided, of the t test that the mean is 0: without spread 1 at 0 and 0 elsewhere."""
    if n < 2:
        return np.full(mean.shape, np.nan)
    t = np.divide(mean, error, out=np.where(mean == 0, 0.0, np.inf), where=error > 0)
    return 2 * scipy.special.stdtr(n - 1, -np.abs(t))


def _holm(p: Floats) -> tuple[Floats, Floats]:
    """Holm's step-down correction of p values (m,), and by how much it corrects each (m,).

    The p value with k smaller ones is multiplied by m − k, and the result is never less than that
    of a smaller one. Once a step fails, all that follow fail with it, by its multiplier.
    S. Holm, Scandinavian Journal of Statistics 6 (1979), 65–70.
    """
    if np.isnan(p).any():
        return p, np.ones(p.shape)
    comparisons = len(p) - np.searchsorted(np.sort(p), p)
    as_small = p <= p[:, np.newaxis]  # (m, m)
    corrected = np.where(as_small, np.minimum(comparisons * p, 1), 0).max(axis=1)
    rejected = corrected < ALPHA
    return corrected, np.where(rejected, comparisons, comparisons[~rejected].max(initial=0))


def _least_n(sd: float, distance: float, alpha: float, beta: float) -> int | None:
    """The least n of at least 6 with n ≥ ((t(alpha) + t(beta)) sd / distance)², one-sided."""
    if not distance > 0 or math.isnan(sd):
        return None
    z = _NORMAL.inv_cdf(alpha) + _NORMAL.inv_cdf(beta)
    n = max(MIN_SEEDS, (z * sd / distance) ** 2)  # t is above z
    while n <= MOST_SEEDS:
        n = math.ceil(n)
        t = scipy.special.stdtrit(n - 1, alpha) + scipy.special.stdtrit(n - 1, beta)
        if n >= (t * sd / distance) ** 2:
            return n
        n += 1
    return None
