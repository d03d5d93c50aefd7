"""The data in small, as SVG."""

import numpy as np
from numpy.typing import NDArray

from moonlab.figure_look import CLASS_COLORS
from moonlab.parameters import Floats

_WIDTH, _HEIGHT, _EDGE = 220, 140, 6
_MOST_POINTS = 300
_MARKS = (  # for training and for validation, as over the boundaries
    '<circle cx="{:.1f}" cy="{:.1f}" r="2.5"/>',
    '<path d="M{:.1f} {:.1f}m0-3.5l3.5 3.5l-3.5 3.5l-3.5-3.5z"/>',
)


def data_svg(X: Floats, y: NDArray[np.int64], validates: NDArray[np.bool_]) -> str:
    """An SVG of up to 300 points on axes of one scale, their classes blue and orange.

    Parameters
    ----------
    X : ndarray, shape (n, 2)
        The points, of which there is at least one; of more than 300, some that lie evenly spaced
        in their order.
    y : ndarray, shape (n,)
        Their classes, 0 or 1.
    validates : ndarray of bool, shape (n,)
        Which of them are held out for validation: these are hollow diamonds, the others circles.

    Returns
    -------
    str
        With the counts of all points as its text alternative.
    """
    kept = np.linspace(0, len(X) - 1, min(len(X), _MOST_POINTS)).round().astype(int)
    low, high = X[kept].min(axis=0), X[kept].max(axis=0)
    room = np.array([_WIDTH, _HEIGHT]) - 2 * _EDGE
    scale = (room / np.maximum(high - low, 1e-9)).min()
    middle = np.array([_WIDTH, _HEIGHT]) / 2
    places = middle + scale * (X - (low + high) / 2) * [1, -1]  # an SVG counts downwards
    groups = [
        f'<g fill="{"none" if hollow else color}" stroke="{color}">'
        + "".join(mark.format(*places[i]) for i in kept if y[i] == label and validates[i] == hollow)
        + "</g>"
        for label, color in enumerate(CLASS_COLORS)
        for hollow, mark in enumerate(_MARKS)
    ]
    told = f"{len(X):,} points: {np.sum(y == 0):,} of class 0, {np.sum(y == 1):,} of class 1; "
    told += f"{np.sum(validates):,} validate"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'width="{_WIDTH}" height="{_HEIGHT}" role="img" aria-label="{told}">'
        f"{''.join(groups)}</svg>"
    )
