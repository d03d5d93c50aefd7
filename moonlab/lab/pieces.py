"""What linear regions show: each class's part of them, the boundary, the logit along a line."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from moonlab.functional import ACTIVATIONS
from moonlab.lab.regions import (
    Integers,
    Point,
    Region,
    View,
    linear_regions,
    regions_along,
    switch_lines,
)
from moonlab.numpy_mlp import forward
from moonlab.parameters import Floats, Layers
from moonlab.results import Run

_ROUNDING = 1e-9  # of the largest logit at a region's corners, or of the line's length


class Piece(NamedTuple):
    """What one class has of a region."""

    region: int
    """Its index."""
    label: int
    """1 where the logit is positive, else 0."""
    polygon: Floats
    """Its corners, counterclockwise, shape (k, 2)."""


class Profile(NamedTuple):
    """The logit along a line: straight from each of its points to the next."""

    shares: Floats
    """How far along the line, from 0 to 1: its start, k places where a neuron switches, its end."""
    logits: Floats
    """At each of these, shape (k + 2,)."""
    layers: Integers
    """The layer of the neuron that switches at each of the k places, from 0."""


class RegionCounts(NamedTuple):
    """How many linear regions each of some runs makes, shape (runs,)."""

    in_view: Integers
    along: Integers
    """On the segment."""


def class_pieces(regions: Sequence[Region]) -> list[Piece]:
    """Every region, cut where the logit is 0: one piece or two of each, in their order."""
    pieces = []
    for index, region in enumerate(regions):
        corners, z = _with_zeros(region)
        if not (z > 0).any():
            pieces.append(Piece(index, 0, region.polygon))
        elif not (z < 0).any():
            pieces.append(Piece(index, 1, region.polygon))
        else:
            pieces += [Piece(index, 0, corners[z <= 0]), Piece(index, 1, corners[z >= 0])]
    return pieces


def pieces_table(regions: Sequence[Region]) -> pd.DataFrame:
    """What each region computes, in their order.

    Parameters
    ----------
    regions : sequence of Region
        As `linear_regions` finds them.

    Returns
    -------
    DataFrame
        A row a region: `center_x` and `center_y`, the mean of its corners; `neurons_on`; and
        `a`, `b` and `c`, by which its logit is a x + b y + c.
    """
    centers = np.array([region.polygon.mean(axis=0) for region in regions])
    maps = np.array([[*region.A, region.c] for region in regions])
    table = pd.DataFrame({"center_x": centers[:, 0], "center_y": centers[:, 1]})
    table["neurons_on"] = [sum(int(on.sum()) for on in region.pattern) for region in regions]
    table[["a", "b", "c"]] = maps
    return table


def boundary_segments(regions: Sequence[Region]) -> Floats:
    """The decision boundary: the segment in each region that it crosses, shape (k, 2, 2)."""
    segments = []
    for region in regions:
        corners, z = _with_zeros(region)
        if (z > 0).any() and (z < 0).any():
            ends = corners[z == 0]
            along = ends @ np.array([-region.A[1], region.A[0]])
            segments.append(ends[[along.argmin(), along.argmax()]])
    return np.array(segments).reshape(-1, 2, 2)


def _with_zeros(region: Region) -> tuple[Floats, Floats]:
    """The corners and the logits there, with a corner added where it is 0 on an edge."""
    z = region.polygon @ region.A + region.c
    z[np.abs(z) <= _ROUNDING * np.abs(z).max()] = 0
    after = np.roll(z, -1)
    edges = np.flatnonzero(z * after < 0)
    share = (z[edges] / (z[edges] - after[edges]))[:, np.newaxis]
    ends = np.roll(region.polygon, -1, axis=0)[edges]
    cuts = region.polygon[edges] + share * (ends - region.polygon[edges])
    return np.insert(region.polygon, edges + 1, cuts, axis=0), np.insert(z, edges + 1, 0)


def logit_along(weights: Layers, start: Point, end: Point) -> Profile:
    """The logit of a ReLU network along a segment, exactly: its pieces are straight.

    Parameters
    ----------
    weights : list of (ndarray (in, out), ndarray (out,))
        Weights and biases of each layer, from 2 inputs to 1 logit.
    start, end : tuple of float
        Two different points (x, y).

    Returns
    -------
    Profile

    Raises
    ------
    SpecError
        If an argument is not as described.
    """
    regions_along(weights, start, end)  # refuses what is none
    ends = np.array([start, end], dtype=float)
    margin = float(np.hypot(*(ends[1] - ends[0])))
    (x0, y0), (x1, y1) = ends.min(axis=0) - margin, ends.max(axis=0) + margin
    crossings = [
        (share, switch.layer)
        for switch in switch_lines(weights, (x0, x1, y0, y1))
        for share in _crossings(switch.segments, ends)
    ]
    found = np.array(sorted(crossings)).reshape(-1, 2)
    apart = np.diff(found[:, 0], prepend=-1) > _ROUNDING
    shares = np.concatenate([[0.0], found[apart, 0], [1.0]])
    points = ends[0] + shares[:, np.newaxis] * (ends[1] - ends[0])
    return Profile(shares, _logits_at(weights, points), found[apart, 1].astype(np.intp))


def _crossings(segments: Floats, ends: Floats) -> Floats:
    """How far along the line from one end to the other it meets segments (k, 2, 2)."""
    way = ends[1] - ends[0]
    aside = (segments - ends[0]) @ np.array([-way[1], way[0]])  # (k, 2), left of the line above 0
    signs = np.sign(aside)
    crosses = (signs[:, 0] * signs[:, 1] <= 0) & signs.any(axis=1)
    met, (a, b) = segments[crosses], np.abs(aside[crosses]).T
    places = met[:, 0] + (a / (a + b))[:, np.newaxis] * (met[:, 1] - met[:, 0])
    shares = (places - ends[0]) @ way / (way @ way)
    return shares[(shares > _ROUNDING) & (shares < 1 - _ROUNDING)]


def _logits_at(weights: Layers, points: Floats) -> Floats:
    stack = [(W[np.newaxis], b[np.newaxis]) for W, b in weights]
    return forward(points, stack, ACTIVATIONS["relu"]).logits[0, :, 0]


def count_regions(runs: Sequence[Run], view: View, start: Point, end: Point) -> RegionCounts:
    """How many linear regions the networks of some runs make, in view and on a segment.

    Raises
    ------
    SpecError
        If a network's activation is not ReLU, or as in `linear_regions`.
    """
    kinds = [(run.weights, run.architecture.activation) for run in runs]
    in_view = [len(linear_regions(weights, view, kind)) for weights, kind in kinds]
    along = [regions_along(weights, start, end, kind) for weights, kind in kinds]
    return RegionCounts(np.array(in_view, np.intp), np.array(along, np.intp))
