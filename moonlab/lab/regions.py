"""Linear regions of ReLU networks in the plane: counted exactly, and the bounds on them.

On a region every hidden neuron keeps its state, on or off, and the logit is one affine function.
The view is cut, layer by layer and neuron by neuron, where a neuron switches: along lines that
are straight within each region of the layers before (Raghu et al. 2017, "On the expressive power
of deep neural networks").

A cut counts if on both sides it leaves a corner further off than 1e-9 of the view's diagonal: a
millionth of a pixel, and a million times rounding, which would otherwise part lines that coincide,
or meet in one point, by slivers that are not there.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moonlab.parameters import Floats, Layers, pack
from moonlab.rules import Fault, Rule, SpecError, check, choice, integer, real, shown
from moonlab.spec import N_FEATURES, Architecture

Bools = NDArray[np.bool_]
Integers = NDArray[np.intp]
Point = tuple[float, float]
View = tuple[float, float, float, float]
"""A rectangle of the plane: x0, x1, y0, y1."""

_SLIVER = 1e-9  # of the view's diagonal
_ROUNDING = 1e-12  # of the terms that a pre-activation is the sum of
_MOST_REGIONS = 20_000
_LARGEST = 1e9  # coordinate, weight or bias: no product overflows


class Region(NamedTuple):
    """A convex polygon on which the logit is affine."""

    polygon: Floats
    """Its corners, counterclockwise, shape (k, 2)."""
    pattern: tuple[Bools, ...]
    """Per hidden layer which neurons are on, shape (n,)."""
    A: Floats
    """The logit at x is A·x + c; shape (2,)."""
    c: float

    @property
    def area(self) -> float:
        """Area of the polygon, by the shoelace formula."""
        x, y = (self.polygon - self.polygon[0]).T
        return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


class Switch(NamedTuple):
    """Where one hidden neuron switches in view; layers and neurons count from 0."""

    layer: int
    neuron: int
    segments: Floats
    """One for each region of the layers before that it crosses, shape (k, 2, 2): end, coordinate.
    Seen from the first end to the second, the neuron is on to the left."""


def linear_regions(weights: Layers, view: View, activation: str = "relu") -> list[Region]:
    """All linear regions of a ReLU network in view.

    Regions of different patterns ("activation regions" in Hanin and Rolnick 2019) are told apart
    even where the logit does not show it, as before a dead layer; `n_distinct_maps` counts what
    the logit shows.

    Parameters
    ----------
    weights : list of (ndarray (in, out), ndarray (out,))
        Weights and biases of each layer, from 2 inputs to 1 logit.
    view : tuple of float
        The rectangle (x0, x1, y0, y1).
    activation : str
        Of the hidden layers; only "relu" has such regions.

    Returns
    -------
    list of Region
        They tile the view, and no two have the same pattern.

    Raises
    ------
    SpecError
        If an argument is not as described, or there are more than 20,000 regions; all faults
        are named.
    """
    *hidden, (cells, logits, _) = _stages_in(view, weights, activation)
    polygons = np.split(cells.points, np.flatnonzero(np.diff(cells.owner)) + 1)
    ends = np.cumsum([stage.maps.shape[-1] for stage in hidden], dtype=int)
    patterns = np.split(cells.on, ends, axis=1)[:-1]
    return [
        Region(polygon, tuple(on[index] for on in patterns), A[:2], float(A[2]))
        for index, (polygon, A) in enumerate(zip(polygons, logits[..., 0], strict=True))
    ]


def switch_lines(weights: Layers, view: View, activation: str = "relu") -> list[Switch]:
    """Where each hidden neuron switches in view: a line in the first layer, bent in deeper ones.

    Arguments and errors are those of `linear_regions`. The list holds every hidden neuron, in
    order; one that keeps its state in view has no segments. Where a neuron switches along an
    earlier layer's line, as biases of zero may have it, that line alone is given.
    """
    *hidden, _ = _stages_in(view, weights, activation)
    return [
        Switch(layer, neuron, _chords(stage.cells, stage.values(stage.cells, neuron)))
        for layer, stage in enumerate(hidden)
        for neuron in range(stage.maps.shape[-1])
    ]


def regions_along(weights: Layers, start: Point, end: Point, activation: str = "relu") -> int:
    """Number of linear regions that a segment runs through.

    Arguments and errors are those of `linear_regions`, with two different points for the view;
    their distance takes the place of its diagonal.
    """
    faults = check({"start": _POINT, "end": _POINT}, {"start": start, "end": end})
    if not faults and start == end:
        faults = [Fault("end", "must differ from `start`", shown(end))]
    layers = _checked(weights, activation, faults)
    *_, last = _stages(layers, np.array([start, end], dtype=float))  # a polygon of two corners
    return len(last.maps)


def n_distinct_maps(regions: Sequence[Region]) -> int:
    """Number of different affine functions, to nine digits, that the logit is on the regions."""
    maps = np.array([(*region.A, region.c) for region in regions])
    largest = np.abs(maps).max(axis=0)
    return len(np.unique(np.round(maps / np.where(largest > 0, largest, 1), 9), axis=0))


def line_bound(n: int) -> int:
    """The most regions that n neurons of one layer make along a line: n + 1."""
    return _most_cells(n, 1)


def plane_bound(n: int) -> int:
    """The most regions that n neurons of one layer make in the plane: 1 + n + n (n − 1) / 2.

    So many parts have n lines in general position (Schläfli 1901, "Theorie der vielfachen
    Kontinuität"), and none have more (Zaslavsky 1975, "Facing up to arrangements").
    """
    return _most_cells(n, 2)


def network_bound(hidden: tuple[int, ...], dimension: int = 2) -> int:
    """An upper bound on the regions of a ReLU network with hidden layers of these widths.

    The product over layers of Σ C(n, j), j from 0 to d, with n the layer's width and d the least
    of `dimension` (2 in the plane, 1 along a line) and the widths before: Montúfar (2017), "Notes
    on the number of linear regions of deep neural networks". SpecError refuses other arguments.
    """
    rules = {"hidden": Architecture.RULES["hidden"], "dimension": integer(1, N_FEATURES)}
    if faults := check(rules, {"hidden": hidden, "dimension": dimension}):
        raise SpecError(faults)
    before = (dimension, *hidden)
    return math.prod(_most_cells(n, min(before[: i + 1])) for i, n in enumerate(hidden))


def _most_cells(n: int, dimension: int) -> int:
    if faults := check({"n": integer(0, 1_000_000)}, {"n": n}):
        raise SpecError(faults)
    return sum(math.comb(n, j) for j in range(dimension + 1))


class _Cells(NamedTuple):
    """P convex polygons, their V corners one after another."""

    points: Floats  # (V, 2)
    owner: Integers  # (V,) the polygon of each corner: 0, 0, 0, 1, 1, …
    parent: Integers  # (P,) which cell of the layer's start it is part of
    on: Bools  # (P, neurons so far)


class _Stage(NamedTuple):
    """A layer before it cuts: the cells, and its pre-activations z on each."""

    cells: _Cells
    maps: Floats  # (P, 3, n): z = x maps[:, 0] + y maps[:, 1] + maps[:, 2]
    slack: Floats  # (P, n): a z no larger is taken for 0

    def values(self, cells: _Cells, neuron: int) -> Floats:
        """A neuron's z at each corner of the stage's cells or of parts of them, shape (V,)."""
        cell = cells.parent[cells.owner]
        A = self.maps[cell, :, neuron]  # (V, 3)
        z = A[:, 0] * cells.points[:, 0] + A[:, 1] * cells.points[:, 1] + A[:, 2]
        z[np.abs(z) <= self.slack[cell, neuron]] = 0
        return z


def _stages_in(view: View, weights: Layers, activation: str) -> list[_Stage]:
    layers = _checked(weights, activation, check({"view": _VIEW}, {"view": view}))
    x0, x1, y0, y1 = view
    outline = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], dtype=float)
    return list(_stages(layers, outline))


def _stages(layers: Layers, outline: Floats) -> Iterator[_Stage]:
    """Each layer before it cuts, from the one cell (k, 2) to the regions at the logit."""
    no_neurons = np.empty((1, 0), np.bool_)
    cells = _Cells(outline, np.zeros(len(outline), np.intp), np.zeros(1, np.intp), no_neurons)
    maps = np.eye(3, 2)[np.newaxis]  # (P, 3, in) of what enters the layer: at first x and y
    diagonal = np.hypot(*np.ptp(outline, axis=0))
    reach = np.append(np.abs(outline).max(axis=0), 1)
    for index, (W, b) in enumerate(layers):
        terms = reach @ (np.abs(maps) @ np.abs(W))  # (P, n); where z is near 0, b is no larger
        maps = maps @ W  # (P, 3, n)
        maps[:, 2] += b
        steepness = np.hypot(maps[:, 0], maps[:, 1])  # (P, n): |z| a unit off the line
        slack = np.maximum(_SLIVER * diagonal * steepness, _ROUNDING * terms)
        cells = cells._replace(parent=np.arange(len(maps)))
        stage = _Stage(cells, maps, slack)
        yield stage
        if index == len(layers) - 1:
            return
        for neuron in range(len(b)):
            cells = _cut(cells, stage.values(cells, neuron))
        maps = maps[cells.parent] * cells.on[:, np.newaxis, -len(b) :]


def _cut(cells: _Cells, z: Floats) -> _Cells:
    """The parts of the cells where z > 0, then the others; where z is 0 all over, it is off."""
    n = len(cells.on)
    points, owner, sign = _with_cuts(cells, z)
    above = np.bincount(owner[sign > 0], minlength=n) > 0  # (P,)
    below = (np.bincount(owner[sign < 0], minlength=n) > 0) | ~above
    up, down = above[owner] & (sign >= 0), below[owner] & (sign <= 0)  # corners of each part
    kept = np.append(np.flatnonzero(above), np.flatnonzero(below))
    if len(kept) > _MOST_REGIONS:
        rule = f"must make at most {_MOST_REGIONS:,} linear regions"
        raise SpecError([Fault("weights", rule, "more")])
    number = np.cumsum(np.append(above, below)) - 1  # of each part that there is
    return _Cells(
        np.concatenate([points[up], points[down]]),
        number[np.append(owner[up], owner[down] + n)],
        cells.parent[kept],
        np.column_stack([cells.on[kept], np.arange(len(kept)) < above.sum()]),
    )


def _with_cuts(cells: _Cells, z: Floats) -> tuple[Floats, Integers, Floats]:
    """Corners, their owners and signs of z, with a corner added where z changes sign on an edge."""
    sign = np.sign(z)
    after = _next_corner(cells.owner)
    edge = np.flatnonzero(sign * sign[after] < 0)
    end = after[edge]
    share = (z[edge] / (z[edge] - z[end]))[:, np.newaxis]
    cuts = cells.points[edge] + share * (cells.points[end] - cells.points[edge])
    return (
        np.insert(cells.points, edge + 1, cuts, axis=0),
        np.insert(cells.owner, edge + 1, cells.owner[edge]),
        np.insert(sign, edge + 1, 0),
    )


def _next_corner(owner: Integers) -> Integers:
    """Index of the corner that follows each, round its polygon."""
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    after = np.arange(1, len(owner) + 1)
    after[np.append(starts[1:], len(owner)) - 1] = starts
    return after


def _chords(cells: _Cells, z: Floats) -> Floats:
    """The segment of z = 0 in each cell that it cuts, shape (k, 2, 2), with z > 0 to its left."""
    points, owner, sign = _with_cuts(cells, z)
    after = _next_corner(owner)
    cut = (np.bincount(owner[sign > 0], minlength=len(cells.on)) > 0)[owner]
    start = cut & (sign == 0) & (sign[after] < 0)
    end = after[cut & (sign < 0) & (sign[after] == 0)]
    return np.stack([points[start], points[end]], axis=1)


def _are_coordinates(value: object, n: int) -> bool:
    accepts = real(-_LARGEST, _LARGEST).accepts
    return isinstance(value, tuple) and len(value) == n and all(map(accepts, value))


def _is_view(value: Any) -> bool:
    return _are_coordinates(value, 4) and value[0] < value[1] and value[2] < value[3]


_VIEW = Rule("must be (x0, x1, y0, y1), numbers to ±1e9 with x0 < x1 and y0 < y1", _is_view)
_POINT = Rule("must be (x, y), numbers to ±1e9", lambda value: _are_coordinates(value, 2))


def _checked(weights: Any, activation: object, more_faults: list[Fault]) -> Layers:
    """The layers in float64, if nothing is wrong with them nor was before."""
    faults = _weights_faults(weights) + more_faults
    faults += check({"activation": choice("relu")}, {"activation": activation})
    if faults:
        raise SpecError(faults)
    return [(W.astype(float), b.astype(float)) for W, b in weights]


def _weights_faults(weights: Any) -> list[Fault]:
    if not _are_layers(weights):
        return [Fault("weights", "must be a list of 1 to 17 (W, b), real arrays", shown(weights))]
    faults = []
    widths = (N_FEATURES, *(max(b.size, 1) for _, b in weights[:-1]), 1)
    for index, ((W, b), (n_in, n_out)) in enumerate(zip(weights, pairwise(widths), strict=True)):
        if (W.shape, b.shape) != ((n_in, n_out), (n_out,)):
            rule, given = f"must have shapes {(n_in, n_out)} and {(n_out,)}", (W.shape, b.shape)
            faults.append(Fault(f"weights[{index}]", rule, "{} and {}".format(*given)))
            continue
        largest = np.abs(pack([(W, b)]).astype(float)).max()
        if not largest <= _LARGEST:
            faults.append(Fault(f"weights[{index}]", "must hold numbers to ±1e9", f"{largest:g}"))
    return faults


def _are_layers(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and 1 <= len(value) <= 17
        and all(isinstance(layer, (list, tuple)) and len(layer) == 2 for layer in value)
        and all(
            isinstance(part, np.ndarray) and part.dtype.kind in "iuf"
            for layer in value
            for part in layer
        )
    )
