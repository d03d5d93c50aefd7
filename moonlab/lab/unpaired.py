"""Two groups of scores that share no seeds: the difference of their means."""

import math
from collections.abc import Sequence

import scipy

from moonlab.parameters import Floats
from moonlab.rules import Fault
from moonlab.stats import LEVEL, MeanInterval, numbers, refuse


def unpaired_difference(
    first: Sequence[float] | Floats, second: Sequence[float] | Floats
) -> MeanInterval:
    """The mean of the first scores minus that of the second, with its 95% interval.

    Parameters
    ----------
    first, second : ndarray, shape (n,)
        Accuracies as shares, at least two of each; their numbers and spreads may differ.

    Returns
    -------
    MeanInterval
        `n` counts all scores, `sd` is the standard error of the difference times √n.

    Raises
    ------
    SpecError
        If an argument is not as described.

    Notes
    -----
    B. L. Welch, "The generalization of 'Student's' problem when several different population
    variances are involved", Biometrika 34 (1947), 28–35.
    """
    groups, faults = [], []
    for field, given in (("first", first), ("second", second)):
        array, found = numbers(field, given, ("n",), 0, 1)
        if not found and array.size < 2:
            found = [Fault(field, "must be at least two numbers", str(array.size))]
        groups.append(array)
        faults += found
    refuse(faults)
    a, b = (array.var(ddof=1) / array.size for array in groups)
    mean = float(groups[0].mean() - groups[1].mean())
    n = groups[0].size + groups[1].size
    error = math.sqrt(a + b)
    if error == 0:
        return MeanInterval(mean, mean, mean, n, 0.0)
    freedom = (a + b) ** 2 / (a**2 / (groups[0].size - 1) + b**2 / (groups[1].size - 1))
    half = float(scipy.special.stdtrit(freedom, (1 + LEVEL) / 2)) * error
    return MeanInterval(mean, mean - half, mean + half, n, error * math.sqrt(n))
