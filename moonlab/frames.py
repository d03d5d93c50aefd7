"""The boundaries of a comparison over its epochs, packed for drawing in the browser."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from moonlab.boundary import Grid
from moonlab.dataset import Data
from moonlab.results import Comparison, Run, mean_probability_over_time

_MOST_POINTS = 600
_MOST_NETWORKS = 1000


def pack(comparison: Comparison, data: Data, grid: Grid) -> bytes:
    """A header and the frames of every architecture.

    Parameters
    ----------
    comparison : Comparison
        Its architectures become panels, each the mean probability over its seeds.
    data : Data
        The points to draw; of many, the first 600.
    grid : Grid
        Where the probabilities are taken.

    Returns
    -------
    bytes
        Four bytes with the header's length (little endian), the header as JSON, padded with
        blanks; then per architecture and frame ny × nx probabilities of class 1 from 0 to 255,
        row by row from the lowest y, and a byte a point: 1 if it is classified wrong.
    """
    X, y, part = _points(data)
    panels, frames = [], []
    for name, runs in comparison.groups():
        probabilities, epochs = _over_time(runs, np.concatenate([grid.points, X]))
        surface, at_points = np.split(probabilities, [len(grid.points)], axis=1)
        wrong = (at_points > 0.5) != (y == 1)
        frames.append(np.hstack([np.round(255 * surface).astype(np.uint8), wrong.astype(np.uint8)]))
        panels.append({"name": name, "epochs": epochs})
    header = {
        "panels": panels,
        "nx": len(grid.x),
        "ny": len(grid.y),
        "x": [grid.x[0], grid.x[-1]],
        "y": [grid.y[0], grid.y[-1]],
        "points": [
            [*map(float, np.round(p, 3)), int(c), s] for p, c, s in zip(X, y, part, strict=True)
        ],
    }
    text = json.dumps(header).encode()
    return b"".join([len(text).to_bytes(4, "little"), text, *(frame.tobytes() for frame in frames)])


def _points(data: Data) -> tuple[Any, Any, list[int]]:
    """The points to draw, their labels, and 0 for training, 1 for validation."""
    n_train = min(len(data.y_train), round(_MOST_POINTS * len(data.y_train) / data.spec.n_samples))
    n_val = min(len(data.y_val), _MOST_POINTS - n_train)
    X = np.concatenate([data.X_train[:n_train], data.X_val[:n_val]])
    y = np.concatenate([data.y_train[:n_train], data.y_val[:n_val]])
    return X, y, [0] * n_train + [1] * n_val


def _over_time(runs: Sequence[Run], points: Any) -> tuple[Any, list[str]]:
    """Probabilities (K, n) and the epoch of each of the K frames; fewer frames for many seeds."""
    n_frames = min(len(run.snapshots) for run in runs)
    every = -(-n_frames * len(runs) // _MOST_NETWORKS)
    kept = sorted({*range(0, n_frames, every), n_frames - 1})
    probabilities = mean_probability_over_time(runs, points, kept)
    last = str(max(len(run.curves) for run in runs) - 1)
    if runs[0].training.report == "best_validation":
        last = "of least validation loss"
    return probabilities, [*(str(runs[0].snapshot_epochs[index]) for index in kept[:-1]), last]
