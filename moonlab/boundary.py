"""Probabilities over the plane: numbers, no drawing."""

from typing import NamedTuple

import numpy as np

from moonlab.dataset import Data
from moonlab.parameters import Floats

_MARGIN = 0.25
_GRID_POINTS = 64


class Grid(NamedTuple):
    """A regular grid over the plane."""

    x: Floats
    """Its columns, shape (nx,)."""
    y: Floats
    """Its rows, shape (ny,)."""

    @property
    def points(self) -> Floats:
        """All its points, row by row, shape (ny · nx, 2)."""
        return np.stack(np.meshgrid(self.x, self.y), axis=-1).reshape(-1, 2)


def grid_over(data: Data, n_points: int = _GRID_POINTS) -> Grid:
    """A grid of n_points × n_points over the training and validation points, with a margin."""
    X = np.concatenate([data.X_train, data.X_val])
    low, high = X.min(axis=0) - _MARGIN, X.max(axis=0) + _MARGIN
    return Grid(np.linspace(low[0], high[0], n_points), np.linspace(low[1], high[1], n_points))
