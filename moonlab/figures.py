"""Numbers to plotly figures: no training, no Streamlit."""

import html
from typing import Any

import numpy as np
import plotly.graph_objects as go

from moonlab.boundary import Grid
from moonlab.dataset import Data, Labels, Points
from moonlab.parameters import Floats
from moonlab.results import CURVES, Comparison, Run, mean_probability

CLASS_COLORS = ("#0072B2", "#E69F00")  # blue and orange of Okabe and Ito
# One colour an architecture, apart from the two classes and from each other
ARCHITECTURE_COLORS = (
    "#7A5195",
    "#009E73",
    "#D1495B",
    "#56A3A6",
    "#A05E03",
    "#CC79A7",
    "#7F8C2F",
    "#6B7280",
)
INK = {False: "#1F2430", True: "#E8EAF0"}
_GRID = {False: "rgba(31,36,48,0.10)", True: "rgba(232,234,240,0.14)"}
_MIDDLE = {False: "#FFFFFF", True: "#151A26"}


def _layout(dark: bool, **more: Any) -> dict[str, Any]:
    return {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK[dark], "size": 13},
        "margin": {"l": 34, "r": 8, "t": 8, "b": 28},
    } | more


def mean_curves(runs: list[Run]) -> Floats:
    """Mean over runs of each row and curve, shape (rows, 4); an ended run leaves the mean."""
    n_rows = max(len(run.curves) for run in runs)
    total, count = np.zeros((n_rows, len(CURVES))), np.zeros((n_rows, 1))
    for run in runs:
        total[: len(run.curves)] += run.curves
        count[: len(run.curves)] += 1
    return total / count


def loss_curves(comparison: Comparison, dark: bool = False) -> go.Figure:
    """Loss of every architecture against epochs: train solid, validation dashed."""
    figure = go.Figure()
    for index, (name, runs) in enumerate(comparison.groups()):
        curves = mean_curves(runs)
        label = html.escape(name)
        for column, part, dash in ((0, "train", "solid"), (1, "validation", "dash")):
            if np.isnan(curves[:, column]).all():
                continue
            figure.add_scatter(
                x=np.arange(len(curves)),
                y=curves[:, column],
                name=f"{label}, {part}",
                mode="lines",
                line={"color": ARCHITECTURE_COLORS[index], "dash": dash, "width": 2},
                hovertemplate="%{y:.4f}",
            )
    axis = {"gridcolor": _GRID[dark], "zeroline": False}
    figure.update_layout(
        _layout(dark, height=440, hovermode="x unified", margin={"l": 64, "r": 8, "t": 8, "b": 8}),
        legend={"orientation": "h", "yanchor": "top", "y": -0.2, "x": 0},
    )
    figure.update_xaxes(title="epoch", **axis)
    figure.update_yaxes(title="loss", type="log", dtick=1, tickformat="~g", **axis)
    return figure


def boundary(runs: list[Run], data: Data, grid: Grid, dark: bool = False) -> go.Figure:
    """Probability over the plane with the data: class 0 blue, class 1 orange.

    Training points are circles, validation points diamonds, wrong ones have a cross. Several runs
    are shown by their mean probability.
    """
    surface = mean_probability(runs, grid.points).reshape(len(grid.y), len(grid.x))
    scale = [[0, CLASS_COLORS[0]], [0.5, _MIDDLE[dark]], [1, CLASS_COLORS[1]]]
    figure = go.Figure(
        [
            go.Heatmap(
                x=grid.x,
                y=grid.y,
                z=surface.astype(np.float32),
                zmin=0,
                zmax=1,
                colorscale=scale,
                opacity=0.55,
                showscale=False,
                hovertemplate="probability of class 1: %{z:.2f}<extra></extra>",
            ),
            go.Contour(
                x=grid.x,
                y=grid.y,
                z=surface.astype(np.float32),
                contours={"start": 0.5, "end": 0.5, "size": 1, "coloring": "none"},
                line={"color": INK[dark], "width": 2},
                showscale=False,
                hoverinfo="skip",
            ),
        ]
    )
    for X, y, part, symbol in (
        (data.X_train, data.y_train, "train", "circle"),
        (data.X_val, data.y_val, "validation", "diamond"),
    ):
        _add_points(figure, runs, X, y, part, symbol, dark)
    figure.update_layout(_layout(dark, height=230, showlegend=False))
    axis = {"showgrid": False, "zeroline": False, "dtick": 1, "ticks": "outside", "ticklen": 4}
    figure.update_xaxes(range=[grid.x[0], grid.x[-1]], **axis)
    figure.update_yaxes(range=[grid.y[0], grid.y[-1]], **axis)
    return figure


def _add_points(
    figure: go.Figure, runs: list[Run], X: Points, y: Labels, part: str, symbol: str, dark: bool
) -> None:
    wrong = (mean_probability(runs, X) > 0.5) != (y == 1)
    for label, color in enumerate(CLASS_COLORS):
        figure.add_scatter(
            x=X[y == label, 0],
            y=X[y == label, 1],
            mode="markers",
            marker={
                "color": color,
                "symbol": symbol,
                "size": 5 if symbol == "circle" else 6,
                "line": {
                    "color": INK[dark] if part == "validation" else _MIDDLE[dark],
                    "width": 1,
                },
            },
            hovertemplate=f"{part}, class {label}<extra></extra>",
        )
    figure.add_scatter(
        x=X[wrong, 0],
        y=X[wrong, 1],
        mode="markers",
        marker={
            "color": INK[dark],
            "symbol": "x-thin",
            "size": 9,
            "line": {"width": 2, "color": INK[dark]},
        },
        hovertemplate=f"{part}, classified wrong<extra></extra>",
    )
