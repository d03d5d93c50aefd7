"""Pictures of luck: where many seeds end, and which source of randomness makes how much of it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import FAINT, INK, LEGEND, axis, figure, heading, note
from moonlab.figure_parts import short
from moonlab.figure_traces import Trace
from moonlab.lab.variance_shares import Share
from moonlab.parameters import Floats
from moonlab.wording import percent

_ROW, _TOP, _BOTTOM, _BAR = 74, 28, 62, 54  # pixels
_FLOOR, _ROOM, _STEP = -0.42, 0.56, 0.09  # in rows: where dots stand, how high, and apart
_DOTS_ACROSS = 48  # that fit side by side on a phone


class Row(NamedTuple):
    """One distribution: accuracies as shares, a dot each, over its line of text."""

    text: str
    values: Floats
    color: str
    lesson: float | None = None
    """The lesson's own value, to be marked."""


def many_draws(
    rows: Sequence[Row], title: str, drawn: int | None = None, *, dark: bool = False
) -> go.Figure:
    """Dots in stacks, a row for each distribution.

    Parameters
    ----------
    rows : sequence of Row
        From top to bottom.
    title : str
        What the dots are.
    drawn : int, optional
        A place in all rows, whose dots are ringed.
    dark : bool
        Whether the page is dark.
    """
    every = 100 * np.concatenate([row.values for row in rows])
    marked = [100 * row.lesson for row in rows if row.lesson is not None]
    low, high = min([*every, *marked]), max([*every, *marked])
    apart = max(high - low, 1e-9) / _DOTS_ACROSS
    levels = [_levels(100 * row.values, apart) for row in rows]
    step = min(_STEP, _ROOM / max(1, *(level.max() for level in levels)))
    heights = [-i + _FLOOR + step * level for i, level in enumerate(levels)]
    traces = [_dots(row, y) for row, y in zip(rows, heights, strict=True)]
    if drawn is not None:
        traces.append(_ringed(rows, heights, drawn, INK[dark]))
    if marked:
        traces.append(_lesson(rows, INK[dark]))
    room = 0.04 * (high - low)
    texts = [note(row.text, y=-i + 0.36, yref="y", yanchor="middle") for i, row in enumerate(rows)]
    x = axis(dark, range=[low - room, high + room], ticksuffix="%", nticks=6, fixedrange=True)
    return figure(
        traces,
        dark,
        height=_TOP + _ROW * len(rows) + _BOTTOM,
        margin={"l": 8, "r": 8, "t": _TOP, "b": 8},
        legend=LEGEND | {"itemclick": False, "itemdoubleclick": False},
        showlegend=bool(marked) or drawn is not None,
        annotations=[heading(title), *texts],
        xaxis=x,
        yaxis={"range": [0.3 - len(rows), 0.5], "visible": False, "fixedrange": True},
    )


def _levels(values: Floats, apart: float) -> Floats:
    """How many others each dot stands on: those before it in the same narrow bin."""
    bins = np.round(values / apart)
    same = bins[:, np.newaxis] == bins
    return np.tril(same, -1).sum(axis=1)


def _dots(row: Row, y: Floats) -> Trace:
    return {
        "x": 100 * row.values,
        "y": y,
        "mode": "markers",
        "marker": {"color": row.color, "size": 6, "opacity": 0.75},
        "customdata": np.arange(len(y)),
        "hovertemplate": "seed %{customdata}: %{x:.2f}%<extra></extra>",
        "showlegend": False,
    }


def _ringed(rows: Sequence[Row], heights: Sequence[Floats], drawn: int, ink: str) -> Trace:
    return {
        "x": [100 * row.values[drawn] for row in rows],
        "y": [y[drawn] for y in heights],
        "mode": "markers",
        "name": "your table",
        "marker": {
            "symbol": "circle-open",
            "size": 13,
            "color": ink,
            "line": {"color": ink, "width": 2.5},
        },
        "hoverinfo": "skip",
    }


def _lesson(rows: Sequence[Row], ink: str) -> Trace:
    there = [(i, row.lesson) for i, row in enumerate(rows) if row.lesson is not None]
    return {
        "x": [100 * value for _, value in there],
        "y": [-i + _FLOOR - 0.05 for i, _ in there],
        "mode": "markers",
        "name": "the lesson's table",
        "marker": {"symbol": "arrow-up", "size": 14, "color": ink},
        "hovertemplate": "the lesson's: %{x:.2f}%<extra></extra>",
    }


def many_draws_in_words(rows: Sequence[Row], title: str) -> str:
    """Mean, worst and best of each row and the lesson's value, for those who do not see them."""
    listed = "; ".join(
        f"{_plain(row.text)}: mean {percent(row.values.mean())}, "
        f"{100 * row.values.min():.1f} to {percent(row.values.max())}"
        + ("" if row.lesson is None else f", the lesson's {percent(row.lesson)}")
        for row in rows
    )
    return f"{title}. {listed}."


def _plain(text: str) -> str:
    return text.replace("<b>", "").replace("</b>", "")


def shares(
    names: Sequence[str],
    found: Sequence[Share],
    total: Share,
    color: str,
    *,
    dark: bool = False,
) -> go.Figure:
    """Bars of variance shares with their 95% intervals, and of their sum, against 100%.

    Parameters
    ----------
    names : sequence of str
        Of the sources.
    found : sequence of Share
        Of each.
    total : Share
        Their sum, hollow.
    color : str
        Of the bars.
    dark : bool
        Whether the page is dark.
    """
    bars = [*found, total]
    labels = [*(f"{short(name, 30)} alone" for name in names), "Their sum"]
    texts = [
        note(f"<b>{label}</b>  {in_percent(one)}", y=-i + 0.36, yref="y", yanchor="middle")
        for i, (label, one) in enumerate(zip(labels, bars, strict=True))
    ]
    longest = max(112, *(105 * one.high for one in bars))
    drawn = figure(
        [_bars(bars, color, INK[dark])],
        dark,
        height=_TOP + _BAR * len(bars) + 34,
        margin={"l": 8, "r": 12, "t": _TOP, "b": 34},
        showlegend=False,
        annotations=[heading("Share of the variance under all three"), *texts],
        xaxis=axis(dark, range=[0, longest], ticksuffix="%", nticks=6, fixedrange=True),
        yaxis={"range": [0.3 - len(bars), 0.6], "visible": False, "fixedrange": True},
    )
    drawn.add_vline(100, line={"color": FAINT[dark], "width": 1.5, "dash": "dash"}, layer="below")
    return drawn


def _bars(bars: Sequence[Share], color: str, ink: str) -> Trace:
    """Bars with their intervals, the last one hollow."""
    share, low, high = 100 * np.array(bars).T
    return {
        "type": "bar",
        "orientation": "h",
        "x": share,
        "y": -np.arange(len(bars)),
        "width": 0.34,
        "marker": {
            "color": [color] * (len(bars) - 1) + ["rgba(0,0,0,0)"],
            "line": {"color": color, "width": 2},
        },
        "error_x": {
            "array": high - share,
            "arrayminus": share - low,
            "color": ink,
            "thickness": 2,
            "width": 5,
        },
        "hovertemplate": "%{x:.1f}%<extra></extra>",
    }


def in_percent(one: Share) -> str:
    """Such as "97% (83–115)"; small ones with a decimal."""
    low, high = 100 * one.low, 100 * one.high
    if high < 0.05:
        return "under 0.1%"
    digits = 0 if high >= 10 else 1
    return f"{percent(one.share, digits)} ({low:.{digits}f}–{high:.{digits}f})"


def shares_in_words(names: Sequence[str], found: Sequence[Share], total: Share) -> str:
    """The shares, for those who do not see them."""
    listed = "; ".join(
        f"{name} alone {in_percent(one)}" for name, one in zip(names, found, strict=True)
    )
    return f"Shares of the variance, with 95% intervals: {listed}; their sum {in_percent(total)}."
