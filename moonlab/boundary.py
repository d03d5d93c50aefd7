"""What networks say over the plane: numbers, no drawing."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Self

import numpy as np

from moonlab.dataset import Data
from moonlab.metrics import predictions
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats
from moonlab.spec import Architecture

_MARGIN = 0.25
_GRID_POINTS = 4096
_LARGEST = 1e30  # in size: values beyond count as this
_LEAST_PROBABILITY = 1e-7  # single precision tells a probability from 1 down to here


class Grid(NamedTuple):
    """A regular grid over the plane."""

    x: Floats
    """Its columns, shape (nx,)."""
    y: Floats
    """Its rows, shape (ny,)."""

    @classmethod
    def over(cls, data: Sequence[Data], n_points: int = _GRID_POINTS) -> Self:
        """About n_points, as dense in x as in y, over all points to learn from, with a margin."""
        X = np.concatenate([part for one in data for part in (one.X_train, one.X_val)])
        low, high = X.min(axis=0) - _MARGIN, X.max(axis=0) + _MARGIN
        steps = np.sqrt(n_points / np.prod(high - low)) * (high - low)
        nx, ny = np.maximum(np.round(steps).astype(int), 2)
        return cls(np.linspace(low[0], high[0], nx), np.linspace(low[1], high[1], ny))

    @property
    def points(self) -> Floats:
        """All its points, row by row, shape (ny · nx, 2)."""
        return np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2)

    def shares_above_zero(self, values: Floats) -> Floats:
        """Share of the cell around each point where values (K, ny · nx) are positive.

        They are taken as linear in the cell, so that an edge shows no steps.
        """
        planes = np.clip(values, -_LARGEST, _LARGEST).reshape(-1, len(self.y), len(self.x))
        across, along = np.gradient(planes, axis=(1, 2))
        change = np.maximum(np.abs(across) + np.abs(along), 1 / _LARGEST)  # over the cell
        shares = 0.5 + planes / np.maximum(change, np.abs(planes))
        return np.clip(shares, 0, 1).reshape(values.shape)


class Opinion(NamedTuple):
    """What networks say together at n points, in each of K states of theirs."""

    log_odds: Floats
    """Logarithm of the odds of class 1 by the mean of their probabilities, shape (K, n)."""
    disagreement: Floats
    """Share of the networks that contradict their majority, shape (K, n)."""


def opinion(
    networks: Sequence[Floats],
    architecture: Architecture,
    points: Floats,
    votes_of: Callable[[Floats], Floats] = predictions,
) -> Opinion:
    """What several networks of one architecture say together.

    Parameters
    ----------
    networks : sequence of ndarray (K, P)
        Flat parameters of each network in its K states.
    architecture : Architecture
        Theirs.
    points : ndarray, shape (n, 2)
        In the precision to compute in.
    votes_of : callable
        Of a network's log-odds (K, n) its votes for class 1.

    Returns
    -------
    Opinion
        Of several networks the log-odds are cut off where probabilities cannot be told from 0 or
        1 in single precision, at ±16.
    """
    total, votes = np.zeros((2, len(networks[0]), len(points)), points.dtype)
    for parameters in networks:
        z = _log_odds(parameters, architecture, points)
        if len(networks) == 1:
            return Opinion(z, np.zeros_like(z))
        votes += votes_of(z)
        z /= 2
        total += np.tanh(z, out=z)  # of half the logit: twice the probability less one; quick
    mean = 0.5 + total / (2 * len(networks))
    mean = np.clip(mean, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
    contradicting = np.minimum(votes, len(networks) - votes).clip(max=len(networks) // 2)
    return Opinion(np.log(mean) - np.log1p(-mean), contradicting / len(networks))


def _log_odds(parameters: Floats, architecture: Architecture, points: Floats) -> Floats:
    """Log-odds (K, n) in the points' precision; 0 where the weights are too large to tell."""
    with np.errstate(over="ignore"):
        z = logits(parameters.astype(points.dtype), architecture, points)
        if not np.isfinite(z).all():
            z = logits(parameters.astype(float), architecture, points.astype(float))
            z[np.isnan(z)] = 0
        return z.astype(points.dtype)
