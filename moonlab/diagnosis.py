"""How an architecture learned, and by which rule: fits, underfits, overfits, fails."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moonlab.parameters import Floats
from moonlab.rules import Fault, Rule, check, optional, real
from moonlab.stats import MIN_SEEDS, numbers, refuse

DiagnosisKind = Literal["fits", "underfits", "overfits", "unstable", "diverged", "too few"]

MOST_DIVERGED = 0.5
UNSTABLE_SHARE = 0.02
FAILED_BELOW = 0.20
NEAR_BEST = 0.02
LOW_ACCURACY = 0.90
LARGE_GAP = 0.05

_EXACT = 9  # decimals of an accuracy that a threshold is held against
_DIAGNOSED = {
    "diverged": Rule(
        "must be True or False for each seed",
        lambda value: (
            isinstance(value, list | tuple | np.ndarray)
            and getattr(value, "ndim", 1) == 1
            and all(isinstance(item, bool | np.bool_) for item in value)
        ),
    ),
    "best_possible": optional(real(0, 1), "unknown"),
}


class Diagnosis(NamedTuple):
    """How an architecture learned, and the rule that says so."""

    kind: DiagnosisKind
    rule: str


def diagnose(
    train: Sequence[float] | Floats,
    test: Sequence[float] | Floats,
    diverged: Sequence[bool] | NDArray[np.bool_],
    best_possible: float | None = None,
) -> Diagnosis:
    """How an architecture learned, judged by its typical seed and by how many seeds failed.

    A seed failed if it diverged or ended more than 20 points below the best seed on unseen points;
    the typical seed is the median of those that did not fail. From under 6 seeds only failures are
    told: what the others share may be luck.

    Parameters
    ----------
    train, test : ndarray, shape (seeds,)
        Accuracies as shares, on the training points and on points not seen in training.
    diverged : ndarray of bool, shape (seeds,)
        Which seeds diverged.
    best_possible : float or None
        Accuracy of the best possible classifier on unseen points; None if it is not known.

    Returns
    -------
    Diagnosis
        Its rule is a sentence; where seeds failed it says how many.

    Raises
    ------
    SpecError
        If an argument is of a wrong type, shape or out of bounds.
    """
    seen, faults = numbers("train", train, ("seeds",), 0, 1)
    unseen, more = numbers("test", test, ("seeds",), 0, 1)
    given = {"diverged": diverged, "best_possible": best_possible}
    refuse(faults + more + check(_DIAGNOSED, given))
    broke = np.asarray(diverged, dtype=bool)
    lengths = [len(seen), len(unseen), len(broke)]
    if len(set(lengths)) > 1:
        rule = "must be of one length"
        refuse([Fault("train, test, diverged", rule, ", ".join(map(str, lengths)))])
    if broke.mean() > MOST_DIVERGED:
        return Diagnosis("diverged", f"{_of_seeds(broke)} diverged: {_RULES['diverged']}.")
    failed = broke | (unseen < unseen[~broke].max() - FAILED_BELOW)
    kind = _typical(np.median(seen[~failed]), np.median(unseen[~failed]), best_possible)
    if failed.mean() >= UNSTABLE_SHARE and (kind != "underfits" or broke.any()):
        return Diagnosis("unstable", f"{_of_seeds(failed)} failed: {_RULES['unstable']}.")
    if len(unseen) < MIN_SEEDS:
        return Diagnosis("too few", f"{_RULES['too few']}.")
    rule = _RULES[kind if best_possible is not None else f"{kind}, best unknown"]
    return Diagnosis(kind, f"{rule}; {_of_seeds(failed)} failed." if failed.any() else f"{rule}.")


def _typical(train: float, test: float, best: float | None) -> DiagnosisKind:
    """Of the typical seed; what is missing to the best is shared between training and the gap."""
    if best is None:
        if train - test > LARGE_GAP:
            return "overfits"
        return "underfits" if train < LOW_ACCURACY else "fits"
    if round(best - test, _EXACT) <= NEAR_BEST:
        return "fits"
    return "overfits" if train - test > best - train else "underfits"


def _points_of(share: float) -> str:
    return f"{100 * share:g} points"


_SHORT = f"the median seed ends more than {_points_of(NEAR_BEST)} below the best possible accuracy"
_RULES = {
    "fits": f"On unseen points the median seed comes within {_points_of(NEAR_BEST)} of the best "
    "possible accuracy",
    "underfits": f"On unseen points {_SHORT}, and most of that is missing in training already",
    "overfits": f"On unseen points {_SHORT}, and most of that is lost between training and unseen "
    "points",
    "fits, best unknown": f"The median seed gets at least {LOW_ACCURACY:.0%} right in training, "
    f"and at most {_points_of(LARGE_GAP)} less on unseen points",
    "underfits, best unknown": f"The median seed gets under {LOW_ACCURACY:.0%} right in training",
    "overfits, best unknown": f"On unseen points the median seed ends more than "
    f"{_points_of(LARGE_GAP)} below its training accuracy",
    "unstable": f"they diverged or ended more than {_points_of(FAILED_BELOW)} below the best seed "
    f"(unstable from {UNSTABLE_SHARE:.0%} of the seeds)",
    "diverged": f"more than {MOST_DIVERGED:.0%} of the seeds",
    "too few": f"It takes at least {MIN_SEEDS} seeds to tell what is typical",
}


def _of_seeds(which: NDArray[np.bool_]) -> str:
    return f"{np.count_nonzero(which)} of {len(which)} {'seed' if len(which) == 1 else 'seeds'}"
