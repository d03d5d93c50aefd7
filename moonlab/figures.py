"""Numbers to plotly figures: no training, no Streamlit."""

import html
from typing import Any

import numpy as np
import plotly.graph_objects as go

from moonlab.parameters import Floats
from moonlab.results import CURVES, Comparison, Run

# One colour an architecture, apart from those of the two classes (blue, orange) and each other
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
