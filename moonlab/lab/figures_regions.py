"""Figures of one network's linear regions: over the plane, and along a line."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from moonlab.dataset import Data
from moonlab.figure_look import CLASS_COLORS, INK, axis, figure, heading, translucent
from moonlab.figure_traces import Trace
from moonlab.lab.pieces import Profile, boundary_segments, class_pieces
from moonlab.lab.regions import Region, Switch, View, linear_regions, switch_lines
from moonlab.parameters import Floats, Layers

_OPACITY = {False: (0.16, 0.20), True: (0.22, 0.15)}  # of each class's tint
_LAYER_COLORS = {
    False: ("#7A5195", "#00795A", "#C2314B"),
    True: ("#B79AD6", "#3CC79C", "#F0758A"),
}
_EDGE = {False: "#FFFFFF", True: "#C9CEDC"}  # of a point
_LAYERS = ("first", "second", "third")
_FIXED = {"fixedrange": True}


def patchwork(
    weights: Layers, view: View, data: Data, height: float, *, dark: bool = False
) -> go.Figure:
    """The linear regions of a ReLU network in view, and where its neurons switch.

    Parameters
    ----------
    weights : list of (ndarray (in, out), ndarray (out,))
        Of a network with up to three hidden layers.
    view : tuple of float
        The rectangle (x0, x1, y0, y1).
    data : Data
        Its training points are drawn.
    height : float
        Where a dashed line runs across.
    dark : bool
        Whether the page is dark.
    """
    regions = linear_regions(weights, view)
    across = np.array([[[view[0], height], [view[1], height]]])
    hidden = _FIXED | {"visible": False, "constrain": "domain"}
    return figure(
        [
            *_patches(regions, dark),
            *_neurons(switch_lines(weights, view), dark),
            *[_points(data, label, dark) for label in (0, 1)],
            _line(across, "line of the other picture", INK[dark], 1.5, dash="dash"),
            _line(boundary_segments(regions), "boundary", INK[dark], 3.5),
        ],
        dark,
        height=440,
        margin={"l": 2, "r": 2, "t": 30, "b": 2},
        legend={"orientation": "h", "x": 0, "y": 1.01, "yanchor": "bottom"},
        xaxis=hidden | {"range": view[:2], "constraintoward": "left"},
        yaxis=hidden | {"range": view[2:], "scaleanchor": "x", "constraintoward": "top"},
    )


def patchwork_in_words(name: str, epoch: int, in_view: int, n_switching: int) -> str:
    """The picture, for those who do not see it."""
    return (
        f"The plane after {epoch} epochs of {name}: {n_switching} of its neurons switch in view, "
        f"along lines that cut it into {in_view} linear regions; blue is class 0, orange class 1."
    )


def _patches(regions: Sequence[Region], dark: bool) -> list[Trace]:
    """A trace for each piece of a region, in the tint of its class."""
    texts = [_region_text(region) for region in regions]
    tints = list(map(translucent, CLASS_COLORS, _OPACITY[dark]))
    return [
        {
            "type": "scatter",
            "x": np.append(piece.polygon[:, 0], piece.polygon[0, 0]).round(4),
            "y": np.append(piece.polygon[:, 1], piece.polygon[0, 1]).round(4),
            "mode": "lines",
            "line": {"width": 0},
            "fill": "toself",
            "fillcolor": tints[piece.label],
            "hoveron": "fills",
            "text": texts[piece.region],
            "hoverinfo": "text",
            "showlegend": False,
        }
        for piece in class_pieces(regions)
    ]


def _region_text(region: Region) -> str:
    on = sum(int(layer.sum()) for layer in region.pattern)
    n = sum(len(layer) for layer in region.pattern)
    a, b, c = np.round([*region.A, region.c], 1) + 0.0  # no −0
    signs = ["−" if number < 0 else "+" for number in (b, c)]
    formula = f"{a:.1f} x {signs[0]} {abs(b):.1f} y {signs[1]} {abs(c):.1f}".replace("-", "−")
    return f"{on} of {n} neurons on<br>logit = {formula}"


def _neurons(switches: Sequence[Switch], dark: bool) -> list[Trace]:
    """A trace for each hidden layer."""
    depth = 1 + max(switch.layer for switch in switches)
    return [
        _line(
            np.concatenate([switch.segments for switch in switches if switch.layer == layer]),
            "neurons" if depth == 1 else f"{_LAYERS[layer]} layer",
            _LAYER_COLORS[dark][layer],
            1.6,
        )
        for layer in range(depth)
    ]


def _line(segments: Floats, name: str, color: str, width: float, **style: str) -> Trace:
    """Segments (k, 2, 2) as one trace: the pen is lifted between them."""
    gaps = np.full((len(segments), 1, 2), np.nan)
    x, y = np.concatenate([segments, gaps], axis=1).reshape(-1, 2).T
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "name": name,
        "line": {"color": color, "width": width} | style,
        "hoverinfo": "skip",
    }


def _points(data: Data, label: int, dark: bool) -> Trace:
    x, y = data.X_train[data.y_train == label].T
    edge = {"color": _EDGE[dark], "width": 0.6}
    marker = {"color": CLASS_COLORS[label], "size": 6, "line": edge}
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "markers",
        "marker": marker,
        "hoverinfo": "skip",
        "showlegend": False,
    }


def bends(profile: Profile, x0: float, x1: float, *, dark: bool = False) -> go.Figure:
    """The logit along a level line, with a dot at each bend in the colour of the neuron's layer.

    Parameters
    ----------
    profile : Profile
        The logit.
    x0, x1 : float
        Where the line starts and ends.
    dark : bool
        Whether the page is dark.
    """
    x = x0 + profile.shares * (x1 - x0)
    colors = [_LAYER_COLORS[dark][layer] for layer in profile.layers]
    shared = {"type": "scatter", "showlegend": False, "hovertemplate": "%{y:.2f}<extra></extra>"}
    zero = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0}
    return figure(
        [
            shared
            | {"x": x, "y": profile.logits, "mode": "lines"}
            | {"line": {"color": INK[dark], "width": 2}},
            shared
            | {"x": x[1:-1], "y": profile.logits[1:-1], "mode": "markers"}
            | {"marker": {"color": colors, "size": 9}},
        ],
        dark,
        height=235,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        shapes=[zero | {"line": {"color": INK[dark], "width": 1, "dash": "dot"}}],
        annotations=[heading("Logit: class 1 above 0, class 0 below", 1.03)],
        xaxis=axis(dark, range=[x0, x1], **_FIXED),
        yaxis=axis(dark, nticks=6, **_FIXED),
    )


def bends_in_words(profile: Profile) -> str:
    """The picture, for those who do not see it."""
    return (
        f"The logit along the dashed line: a line of {len(profile.shares) - 1} straight pieces, "
        f"from {profile.logits[0]:.1f} to {profile.logits[-1]:.1f}."
    )
