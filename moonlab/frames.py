"""The pictures of a comparison, packed for drawing in the browser."""

import json
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moonlab.best_possible import best_possible
from moonlab.boundary import Grid
from moonlab.dataset import Data
from moonlab.parameters import Floats
from moonlab.results import Comparison
from moonlab.surfaces import MOST_FRAMES, Marks, Panel, View, panels

_LARGEST = 15.0  # log-odds that a byte stands for
_FINEST = 0.02  # log-odds up to which bytes stand at even steps; beyond, at growing ones

Bytes = NDArray[np.uint8]


def pack(
    comparison: Comparison,
    view: View | None = None,
    grid: Grid | None = None,
    most_frames: int = MOST_FRAMES,
) -> bytes:
    """A header, and what each picture shows in every frame.

    Parameters
    ----------
    comparison : Comparison
        What to show.
    view : View, optional
        What of it; without one the means over seeds.
    grid : Grid, optional
        Where the networks are asked; see `surfaces.panels`.
    most_frames : int, optional
        Of each picture; 1 is for the last alone.

    Returns
    -------
    bytes
        Four bytes with the header's length (little endian); the header as JSON, padded with
        blanks to a multiple of four; for each of its `data` that `has_best` the log-odds of the
        best possible classifier on the grid, scaled to ±1, as float32; then panel by panel its
        frames. A frame has for each layer ny × nx bytes, row by row from the lowest y, and a byte
        a point, 1 for a cross. The layers are, by the panel's kind:
        "probability": the mean probability of class 1, as log-odds, whose 256 values the header
        has in `levels`;
        "disagreement": the same, then the share of networks that contradict their majority, 255
        for a half;
        "difference": the mean probability by the first, by the second.
    """
    shown, grid = panels(comparison, view or View(), grid, most_frames)
    datasets = list({id(panel.data): panel.data for panel in shown if panel.data}.values())
    best = [_best_log_odds(data, grid) for data in datasets]
    header = {
        "runs": _fingerprint(comparison),
        **_of_grid(grid),
        "data": [
            {"points": _points(data), "has_best": log_odds is not None}
            for data, log_odds in zip(datasets, best, strict=True)
        ],
        "panels": [_of_panel(panel, datasets) for panel in shown],
    }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    parts = [len(text).to_bytes(4, "little"), text]
    parts += [log_odds.tobytes() for log_odds in best if log_odds is not None]
    parts += [np.hstack([*_layers(panel), panel.crosses]).tobytes() for panel in shown]
    return b"".join(parts)


def _of_grid(grid: Grid) -> dict[str, Any]:
    return {
        "nx": len(grid.x),
        "ny": len(grid.y),
        "x": [grid.x[0], grid.x[-1]],
        "y": [grid.y[0], grid.y[-1]],
        "levels": np.round(_levels(), 4).tolist(),
    }


def _of_panel(panel: Panel, datasets: list[Data]) -> dict[str, Any]:
    return {
        "kind": panel.kind,
        "name": panel.name,
        "seeds": panel.seeds,
        "epochs": panel.epochs,
        "data": datasets.index(panel.data) if panel.data else None,
    }


def _fingerprint(comparison: Comparison) -> str:
    """Tells the runs of a comparison from others, whichever view or names they have."""
    lasts = [run.curves[-1:].tobytes() for group in comparison.groups() for run in group.runs]
    return sha256(b"".join(lasts)).hexdigest()


def _points(data: Data) -> list[list[Any]]:
    """Per point x, y, label, part."""
    X, y, part = Marks.of(data)
    rows = zip(np.round(X, 3).tolist(), y.tolist(), part.tolist(), strict=True)
    return [[*point, *more] for point, *more in rows]


def _layers(panel: Panel) -> list[Bytes]:
    layers = [_as_bytes(opinion.log_odds) for opinion in panel.opinions]
    if panel.kind == "disagreement":
        layers += [np.round(510 * one.disagreement).astype(np.uint8) for one in panel.opinions]
    return layers


def _levels() -> Floats:
    """The log-odds that bytes stand for, shape (256,)."""
    return _FINEST * np.sinh((np.arange(256) - 127.5) / 127.5 * np.arcsinh(_LARGEST / _FINEST))


def _as_bytes(log_odds: Floats) -> Bytes:
    """Log-odds as bytes, close to 0 the finest, for there the line is drawn; from 128 above 0."""
    share = np.arcsinh(np.clip(log_odds, -_LARGEST, _LARGEST) / _FINEST)
    share /= np.arcsinh(_LARGEST / _FINEST)
    return np.clip(np.floor(128 + 127.5 * share), 0, 255).astype(np.uint8)


def _best_log_odds(data: Data, grid: Grid) -> Floats | None:
    """Log-odds of the best possible classifier on the grid, scaled to ±1, if it is known."""
    classifier = best_possible(data.spec)
    if classifier is None:
        return None
    log_odds = classifier.log_odds(grid.points)
    return (log_odds / np.abs(log_odds).max()).astype(np.float32)
