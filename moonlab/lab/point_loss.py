"""One point's loss: how wrong and how sure a logit is, and how hard each loss pulls at it."""

import math
from typing import NamedTuple, Self

import numpy as np
import scipy

from moonlab.functional import LOSSES, expit
from moonlab.rules import Rule, SpecError, check, is_integer, real

LESSON_CASES = (0.01, 0.5, 0.99)
"""Probabilities of class 1, for a point of class 1, on which the lesson compares the losses."""

_RULES = {
    "z": real(-700, 700),
    "y": Rule("must be a class: 0 or 1", lambda value: is_integer(value, 0, 1)),
}
_SHARE = {
    "p": Rule(
        "must be a number above 0 and below 1",
        lambda value: isinstance(value, float) and 0 < value < 1,
    )
}


class PointLoss(NamedTuple):
    """A point's losses and their gradients at the logit.

    Attributes
    ----------
    z : float
        The logit.
    y : int
        The true class.
    p : float
        Probability that the network gives to class 1.
    p_true : float
        Probability that it gives to the true class.
    bits : float
        How surprising the true class is: −log₂ `p_true`.
    bce, bce_gradient : float
        Cross-entropy in nats, and p − y.
    mse, mse_gradient : float
        Squared error, and 2 (p − y) p (1 − p).
    """

    z: float
    y: int
    p: float
    p_true: float
    bits: float
    bce: float
    bce_gradient: float
    mse: float
    mse_gradient: float

    @classmethod
    def at(cls, z: float, y: int) -> Self:
        """The losses of a point of class `y` whose logit is `z`.

        Raises
        ------
        SpecError
            If `z` is no number from −700 to 700 or `y` is neither 0 nor 1.
        """
        faults = check(_RULES, {"z": z, "y": y})
        if faults:
            raise SpecError(faults)
        values = {
            (name, part): float(getattr(loss, part)(np.float64(z), y))
            for name, loss in LOSSES.items()
            for part in ("value", "gradient")
        }
        return cls(
            float(z),
            y,
            float(expit(z)),
            float(expit(z if y else -z)),
            values["bce", "value"] / math.log(2),
            values["bce", "value"],
            values["bce", "gradient"],
            values["mse", "value"],
            values["mse", "gradient"],
        )

    @property
    def times_weaker(self) -> float:
        """How many times weaker squared error pulls at the logit; inf where it does not pull."""
        if self.mse_gradient == 0:
            return math.inf
        return self.bce_gradient / self.mse_gradient


def logit_of(p: float) -> float:
    """The logit whose sigmoid is `p`.

    Raises
    ------
    SpecError
        If `p` is no number above 0 and below 1.
    """
    faults = check(_SHARE, {"p": p})
    if faults:
        raise SpecError(faults)
    return float(scipy.special.logit(p))
