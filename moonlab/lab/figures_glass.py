"""What one network says of the plane, as a figure."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from moonlab.boundary import Grid
from moonlab.dataset import Data
from moonlab.figure_look import CLASS_COLORS, INK, figure, translucent
from moonlab.functional import expit
from moonlab.numpy_mlp import logits
from moonlab.parameters import Floats
from moonlab.spec import Architecture

_GROUND = {False: "#FFFFFF", True: "#151A26"}
_TINT = 0.55
_GRID_POINTS = 3000


def plane(
    parameters: Floats, architecture: Architecture, data: Data, *, dark: bool = False
) -> go.Figure:
    """What one network says of the plane, and of the training points, a cross for each wrong one.

    Parameters
    ----------
    parameters : ndarray, shape (P,)
        Flat parameters.
    architecture : Architecture
        The network.
    data : Data
        Its training points are drawn.
    dark : bool
        Whether the page is dark.
    """
    grid = Grid.over([data], _GRID_POINTS)
    shown = {"visible": False, "fixedrange": True}
    return figure(
        [*_surface(parameters, architecture, grid, dark)]
        + [_class_marks(parameters, architecture, data, label, dark) for label in (0, 1)],
        dark,
        height=220,
        margin={"l": 3, "r": 3, "t": 3, "b": 3},
        showlegend=False,
        xaxis=shown | {"range": [grid.x[0], grid.x[-1]]},
        yaxis=shown | {"range": [grid.y[0], grid.y[-1]]},
    )


def _surface(
    parameters: Floats, architecture: Architecture, grid: Grid, dark: bool
) -> list[dict[str, Any]]:
    """The probability as a tint, and the line where it is one half."""
    z = logits(parameters[np.newaxis], architecture, grid.points)[0]
    shared = {"x": grid.x, "y": grid.y, "showscale": False, "hoverinfo": "skip"}
    shape = (len(grid.y), len(grid.x))
    tint = {
        "type": "heatmap",
        "z": np.round(expit(z), 3).reshape(shape).astype(np.float32),
        "zmin": 0,
        "zmax": 1,
        "zsmooth": "fast",
        "colorscale": [
            [0, translucent(CLASS_COLORS[0], _TINT)],
            [0.5, translucent(CLASS_COLORS[0], 0)],
            [0.5, translucent(CLASS_COLORS[1], 0)],
            [1, translucent(CLASS_COLORS[1], _TINT)],
        ],
    }
    line = {
        "type": "contour",
        "z": np.clip(z, -20, 20).reshape(shape).astype(np.float32),
        "contours": {"start": 0, "end": 0, "size": 1, "coloring": "none"},
        "line": {"color": INK[dark], "width": 2},
    }
    return [shared | tint, shared | line]


def _class_marks(
    parameters: Floats, architecture: Architecture, data: Data, label: int, dark: bool
) -> dict[str, Any]:
    X = data.X_train[data.y_train == label]
    z = logits(parameters[np.newaxis], architecture, X)[0]
    symbols = np.where((z > 0) == (label == 1), "circle", "x")
    return {
        "x": X[:, 0],
        "y": X[:, 1],
        "mode": "markers",
        "marker": {
            "color": CLASS_COLORS[label],
            "symbol": symbols,
            "size": 7,
            "opacity": 1,
            "line": {"color": _GROUND[dark], "width": 0.7},
        },
        "customdata": expit(z),
        "hovertemplate": f"class {label}, p = %{{customdata:.3f}}<extra></extra>",
    }
