"""Numbers to plotly figures: no training, no Streamlit."""

import html
from collections.abc import Sequence
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
_MOST_ROWS = 1500
_MOST_TICKS = 8
_GRID = {False: "rgba(31,36,48,0.10)", True: "rgba(232,234,240,0.14)"}


def _layout(dark: bool, **more: Any) -> dict[str, Any]:
    return {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": INK[dark], "size": 13},
        "margin": {"l": 34, "r": 8, "t": 8, "b": 28},
    } | more


def mean_curves(runs: Sequence[Run]) -> Floats:
    """Mean over runs of each row and curve, shape (rows, 4).

    A run that diverged stays in the mean with its last finite row.
    """
    n_rows = max(len(run.curves) for run in runs)
    curves = [run.curves for run in runs if len(run.curves)]
    if not curves:
        return np.full((1, len(CURVES)), np.nan)
    return np.mean([_carried_on(rows, n_rows) for rows in curves], axis=0)


def _log_ticks(curves: list[Floats]) -> list[float]:
    """Round values over the range of positive curves: 1, 2, 5 a decade, or fewer of them."""
    values = np.concatenate([np.asarray(curve) for curve in curves])
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return []
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    decades = np.arange(low, high + 1)
    if len(decades) > _MOST_TICKS:
        return [float(10.0**d) for d in decades[:: -(-len(decades) // _MOST_TICKS)]]
    digits = (1, 2, 5) if 3 * len(decades) <= _MOST_TICKS + 3 else (1,)
    return [float(f"{digit}e{d:.0f}") for d in decades for digit in digits]


def _carried_on(rows: Floats, n_rows: int) -> Floats:
    """The rows, and the last of them again up to n_rows."""
    return np.concatenate([rows, np.repeat(rows[-1:], n_rows - len(rows), axis=0)])


def loss_curves(comparison: Comparison, dark: bool = False) -> go.Figure:
    """Loss of every architecture against epochs: train solid, validation dashed."""
    figure = go.Figure()
    for index, (name, runs) in enumerate(comparison.groups()):
        curves = mean_curves(runs)
        every = -(-len(curves) // _MOST_ROWS)  # more rows than a screen has dots are thinned
        label = html.escape(name)
        for column, part, dash in ((0, "train", "solid"), (1, "validation", "dash")):
            if np.isnan(curves[:, column]).all():
                continue
            figure.add_scatter(
                x=np.arange(len(curves))[::every],
                y=curves[::every, column],
                name=f"{label}, {part}",
                mode="lines",
                line={"color": ARCHITECTURE_COLORS[index], "dash": dash, "width": 2},
                hovertemplate="%{y:.4f}",
            )
    axis = {"gridcolor": _GRID[dark], "zeroline": False}
    figure.update_layout(
        _layout(dark, height=440, hovermode="x unified", margin={"l": 56, "r": 8, "t": 8, "b": 8}),
        legend={"orientation": "h", "yanchor": "top", "y": -0.1, "x": 0},
    )
    figure.update_xaxes(**axis)
    ticks = _log_ticks([line.y for line in figure.data])
    figure.update_yaxes(type="log", tickvals=ticks, ticktext=[f"{t:g}" for t in ticks], **axis)
    return figure
