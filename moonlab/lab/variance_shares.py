"""How much of the variance of scores each source of randomness makes alone."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from moonlab.parameters import Floats
from moonlab.rules import Fault, Rule, check, integer, shown
from moonlab.stats import LEVEL, MIN_SEEDS, numbers, refuse

_MOST = 1e100
_RULES = {
    "random": Rule(
        "must be a numpy.random.Generator", lambda value: isinstance(value, np.random.Generator)
    ),
    "n_resamples": integer(100, 20_000),
}


class Share(NamedTuple):
    """A variance as a share of that of all sources together, with its 95% interval."""

    share: float
    low: float
    high: float


class VarianceShares(NamedTuple):
    """What each source of randomness does alone, against all of them together.

    Attributes
    ----------
    shares : tuple of Share
        Of each source.
    total : Share
        Their sum; 1 but for chance if the sources do not interact.
    sds : tuple of float
        Standard deviation of the scores under each source alone, in their unit.
    sd : float
        Under all of them together.
    n : int
        Scores of each.
    """

    shares: tuple[Share, ...]
    total: Share
    sds: tuple[float, ...]
    sd: float
    n: int

    @property
    def adds_up(self) -> bool:
        """Whether the interval of the sum holds 1; that alone does not rule out interactions."""
        return self.total.low <= 1 <= self.total.high


def variance_shares(
    alone: Sequence[Sequence[float]] | Floats,
    together: Sequence[float] | Floats,
    random: np.random.Generator,
    n_resamples: int = 2000,
) -> VarianceShares:
    """The variance under each source alone as a share of that under all of them together.

    Parameters
    ----------
    alone : ndarray, shape (sources, n)
        Scores of runs in which one source varies with the seed and the others are held.
    together : ndarray, shape (n,)
        Scores of runs in which all of them vary; column k is of the same seed throughout.
    random : numpy.random.Generator
        For the resamples.
    n_resamples : int
        From 100 to 20,000.

    Returns
    -------
    VarianceShares
        Where the scores under all sources are all the same, the shares and intervals are nan.

    Raises
    ------
    SpecError
        If an argument is not as described, or there are fewer than 6 seeds.

    Notes
    -----
    If the sources simply add up, their shares sum to 1. If what one does depends on the others,
    then its share depends on where these were held, and the sum can be anything from 0 up: runs
    that vary one source at a time cannot tell how much of that is interaction.

    The intervals are percentiles of the shares of resampled seeds, the same ones in all rows, so
    that it does no harm that a seed means the same draw alone and together. B. Efron, Annals of
    Statistics 7 (1979), 1–26. Of 40 scores they hold the true share nine times in ten or a little
    more; a rare far outlier that is not among the scores is not in the interval either.
    """
    scores, faults = numbers("alone", alone, ("sources", "n"), -_MOST, _MOST)
    both, more = numbers("together", together, ("n",), -_MOST, _MOST)
    faults += more + check(_RULES, {"random": random, "n_resamples": n_resamples})
    if not faults and (len(both) < MIN_SEEDS or scores.shape[1] != len(both)):
        rule = f"must be at least {MIN_SEEDS} scores, as many as in each row of `alone`"
        faults.append(Fault("together", rule, shown(len(both))))
    refuse(faults)
    rows = np.vstack([scores, both])  # (sources + 1, n)
    variances = _variances(rows)
    nothing = np.full((len(rows), 2), np.nan)
    bounds = _bounds(rows, random, n_resamples) if variances[-1] else nothing
    shares = [Share(*each) for each in np.column_stack([_shares(variances), bounds]).tolist()]
    *sds, sd = np.sqrt(variances).tolist()
    return VarianceShares(tuple(shares[:-1]), shares[-1], tuple(sds), sd, len(both))


def _bounds(rows: Floats, random: np.random.Generator, n_resamples: int) -> Floats:
    """Of each share and of their sum, over resampled seeds: rows (sources + 1, n) → (…, 2)."""
    n = rows.shape[1]
    draws = random.integers(n, size=(n_resamples, n))
    resampled = _shares(np.stack([_variances(row[draws]) for row in rows]))
    there = resampled[:, np.isfinite(resampled[-1])]  # drawn scores may be all the same
    return np.percentile(there, [50 * (1 - LEVEL), 50 * (1 + LEVEL)], axis=1).T


def _variances(values: Floats) -> Floats:
    """Over the last axis; exactly 0 where all values are the same."""
    return np.where(np.ptp(values, axis=-1) == 0, 0.0, values.var(axis=-1, ddof=1))


def _shares(variances: Floats) -> Floats:
    """Variances (sources + 1, ...), that of all together last → shares and, last, their sum."""
    *alone, together = variances
    ratios = np.divide(
        alone, together, out=np.full(np.shape(alone), np.nan), where=np.asarray(together) > 0
    )
    return np.concatenate([ratios, ratios.sum(axis=0, keepdims=True)])
