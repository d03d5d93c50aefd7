"""Figures of the page on two engines: curves on top of each other, and dropout in both modes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import (
    INK,
    LEGEND,
    SPIKE,
    axis,
    color_of,
    figure,
    heading,
    log_axis,
    note,
)
from moonlab.figure_parts import log_ticks
from moonlab.parameters import Floats
from moonlab.results import Group

_STYLES = (  # the first line is wide, the next ones lie within it
    {"color": "#B9A3C9", "width": 9},
    {"color": color_of(1), "width": 3},
    {"color": INK[False], "width": 1.5, "dash": "dot"},
)
_LEAST_GAP = 1e-17  # where a logarithmic axis shows none at all


def overlay(
    groups: Sequence[Group], gaps: Mapping[str, Floats], *, dark: bool = False
) -> go.Figure:
    """Training loss of one seed by each engine, above their differences from the first one.

    Parameters
    ----------
    groups : sequence of Group
        Up to three, the first the one that others are compared with.
    gaps : mapping of str to ndarray (rows,)
        By the name of a group its difference from the first, after each epoch.
    dark : bool
        Whether the page is dark.
    """
    traces = []
    for index, group in enumerate(groups):
        curve = group.runs[0].curves[:, 0]
        style = _style(index, dark)
        traces.append(_line(group.name, curve, style, "y", "%{y:.6f}"))
        if group.name in gaps:
            shown = np.maximum(gaps[group.name], _LEAST_GAP)
            traces.append(_line(group.name, shown, style, "y2", "%{y:.1e}", legend=False))
    losses = np.concatenate([group.runs[0].curves[:, 0] for group in groups])
    box = {"unifiedhovertitle": {"text": "Epoch %{x}"}}
    differences = axis(dark, domain=[0, 0.42], type="log", dtick=4, exponentformat="power")
    return figure(
        traces,
        dark,
        height=430,
        margin={"l": 52, "r": 12, "t": 28, "b": 8},
        hovermode="x unified",
        legend=LEGEND,
        xaxis=axis(dark, "Epoch", anchor="y2") | box | SPIKE[dark],
        yaxis=log_axis(dark, log_ticks(losses), domain=[0.56, 1]),
        yaxis2=differences,
        annotations=[
            heading("Training loss, first seed"),
            heading("Largest difference from NumPy in any loss, all seeds", 0.42),
        ],
    )


def overlay_in_words(gaps: Mapping[str, Floats]) -> str:
    """The differences, for those who do not see them."""
    listed = "; ".join(f"{name} by {gap.max():.1e} at most" for name, gap in gaps.items())
    return f"Training loss after each epoch by each engine; from NumPy differ: {listed}."


def passes(training: Floats, evaluation: float, *, dark: bool = False) -> go.Figure:
    """A probability in each pass in training mode as a histogram, the one in evaluation as a line.

    Parameters
    ----------
    training : ndarray, shape (passes,)
        Probabilities of class 1.
    evaluation : float
        The same point's in evaluation mode.
    dark : bool
        Whether the page is dark.
    """
    histogram = {
        "type": "histogram",
        "x": training,
        "xbins": {"start": 0, "end": 1.0001, "size": 0.025},
        "marker": {"color": color_of(0)},
        "hovertemplate": "%{y} passes with p in %{x}<extra></extra>",
    }
    side = "right" if evaluation > 0.5 else "left"
    place = {"x": evaluation, "xref": "x", "y": 1, "yref": "paper", "xanchor": side}
    drawn = figure(
        [histogram],
        dark,
        height=230,
        margin={"l": 52, "r": 12, "t": 40, "b": 44},
        showlegend=False,
        bargap=0.05,
        xaxis=axis(dark, "Probability of class 1", range=[-0.01, 1.01], fixedrange=True),
        yaxis=axis(dark, "Passes in train()", fixedrange=True, nticks=5),
        annotations=[note(f"eval(): {evaluation:.3f}, always", **place, yanchor="bottom")],
    )
    drawn.add_vline(evaluation, line={"color": INK[dark], "width": 3})
    return drawn


def passes_in_words(training: Floats, evaluation: float) -> str:
    """The histogram, for those who do not see it."""
    return (
        f"Probability of class 1 for one point in {len(training)} passes: in training mode from "
        f"{training.min():.3f} to {training.max():.3f}, in evaluation mode always {evaluation:.3f}."
    )


def _line(
    name: str, y: Floats, style: dict[str, Any], axis: str, told: str, *, legend: bool = True
) -> dict[str, Any]:
    return {
        "x": np.arange(len(y)),
        "y": y,
        "yaxis": axis,
        "mode": "lines",
        "name": name,
        "legendgroup": name,
        "showlegend": legend,
        "line": style,
        "hovertemplate": told,
    }


def _style(index: int, dark: bool) -> dict[str, Any]:
    style = dict(_STYLES[index])
    return style | ({"color": INK[dark]} if index == 2 else {})
