"""Pictures of a ladder of learning rates: where its runs end, and their curves."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import INK, LEGEND, axis, color_of, figure, heading, log_axis
from moonlab.figure_parts import log_ticks, swarm
from moonlab.figure_traces import Trace
from moonlab.lab.pace import PACES, WITHIN, Ladder, Pace, Rung
from moonlab.parameters import Floats
from moonlab.results import Group

_LOOKS: Mapping[Pace, tuple[str, str]] = {  # colour and symbol
    "too slow": (color_of(0), "triangle-left"),
    "right": (color_of(1), "circle"),
    "oscillating": (color_of(4), "diamond"),
    "diverged": (color_of(2), "x"),
}
_APART, _STEP, _WIDEST = 0.02, 0.022, 0.13  # of decades: what does not touch, and how far aside
_MARGIN = {"l": 52, "r": 12, "t": 28, "b": 8}
_BEYOND = 3.0  # times the highest finite loss: where infinite ones are shown


def rates(
    ladder: Ladder,
    others: Mapping[str, Ladder],
    chosen: int | None = None,
    *,
    dark: bool = False,
) -> go.Figure:
    """Train loss at the end against learning rate, both logarithmic: a mark a run.

    Parameters
    ----------
    ladder : Ladder
        Colour and symbol tell the pace of a run; a line joins the medians, a dashed one is where
        "too slow" begins. Runs that became infinite stand above all others.
    others : mapping of str to Ladder
        Of other optimizers by their names: only their medians, dotted.
    chosen : int, optional
        A rung to be marked.
    dark : bool
        Whether the page is dark.
    """
    finite = np.concatenate([rung.final for rung in ladder.rungs])
    top = _BEYOND * finite[np.isfinite(finite)].max()
    traces = [_medians(one, name, top, dark, "dot") for name, one in others.items()]
    traces.append(_medians(ladder, "median", top, dark, "solid"))
    traces += [_marks(ladder, pace, top) for pace in PACES]
    shown = [rung.rate for rung in ladder.rungs]
    ticks = log_ticks(np.append(finite[np.isfinite(finite)], top))
    slow = WITHIN * ladder.lowest
    drawn = figure(
        traces,
        dark,
        height=430,
        margin=_MARGIN,
        legend=LEGEND,
        xaxis=log_axis(dark, shown, "Learning rate", fixedrange=True),
        yaxis=log_axis(dark, ticks, fixedrange=True),
        annotations=[heading("Train loss after the last step")],
    )
    drawn.add_hline(slow, line={"color": INK[dark], "width": 1, "dash": "dash"}, layer="below")
    if chosen is not None:
        rate, aside = ladder.rungs[chosen].rate, 10 ** (1.6 * _WIDEST)
        drawn.add_vrect(rate / aside, rate * aside, fillcolor=INK[dark], opacity=0.08, line_width=0)
    return drawn


def _medians(ladder: Ladder, name: str, top: float, dark: bool, dash: str) -> Trace:
    return {
        "x": [rung.rate for rung in ladder.rungs],
        "y": [min(rung.median, top) for rung in ladder.rungs],
        "mode": "lines",
        "name": name,
        "line": {"color": INK[dark], "width": 1.5, "dash": dash},
        "opacity": 0.7,
        "hoverinfo": "skip",
    }


def _marks(ladder: Ladder, pace: Pace, top: float) -> Trace:
    """All runs of a pace; where they coincide they stand side by side."""
    x: list[float] = []
    y: list[float] = []
    index: list[list[int]] = []
    for place, rung in enumerate(ladder.rungs):
        heights = np.minimum(rung.final, top)
        tracks = np.array(swarm(np.log10(heights), _APART))
        step = min(_STEP, _WIDEST / max(np.abs(tracks).max(), 1))
        is_there = np.array([one == pace for one in rung.paces])
        x += (rung.rate * 10 ** (step * tracks[is_there])).tolist()
        y += heights[is_there].tolist()
        index += [[place]] * int(is_there.sum())
    color, symbol = _LOOKS[pace]
    return {
        "x": x,
        "y": y,
        "customdata": index,
        "mode": "markers",
        "name": pace,
        "marker": {"color": color, "symbol": symbol, "size": 7, "opacity": 0.75},
        "hovertemplate": f"{pace}: loss %{{y:.3g}}<extra></extra>",
    }


def rates_in_words(ladder: Ladder) -> str:
    """The median loss and the paces of each rung, for those who do not see them."""
    listed = "; ".join(f"{rung.rate:g}: {rung.median:.2g}, {told(rung)}" for rung in ladder.rungs)
    return f"Median train loss after the last step, and paces, at each learning rate. {listed}."


def told(rung: Rung) -> str:
    """Such as "28 right, 4 oscillating"; of one pace "all 32 right"."""
    counts = [(rung.paces.count(pace), pace) for pace in PACES if pace in rung.paces]
    if len(counts) == 1:
        return f"all {counts[0][0]} {counts[0][1]}"
    return ", ".join(f"{count} {pace}" for count, pace in sorted(counts, reverse=True))


def steps(
    group: Group, rung: Rung, toss: float, span: Sequence[float], *, dark: bool = False
) -> go.Figure:
    """Train loss of each run of a rung after every step.

    Parameters
    ----------
    group : Group
        The runs.
    rung : Rung
        Their paces, which colour the lines.
    toss : float
        The loss of a coin toss, dotted.
    span : sequence of float
        Least and highest loss shown, the same for all rungs.
    dark : bool
        Whether the page is dark.
    """
    traces = []
    for pace in (one for one in PACES if one in rung.paces):
        runs = [run for run, own in zip(group.runs, rung.paces, strict=True) if own == pace]
        x, y = _lifted([run.curves[:, 0] for run in runs])
        color = _LOOKS[pace][0]
        line = {"color": color, "width": 1.1}
        traces.append(_line(x, y, f"{len(runs)} {pace}", line))
    ticks = log_ticks(np.array(span))
    drawn = figure(
        traces,
        dark,
        height=430,
        margin=_MARGIN,
        legend=LEGEND | {"itemclick": False, "itemdoubleclick": False},
        showlegend=True,
        xaxis=axis(dark, "Step", fixedrange=True),
        yaxis=log_axis(dark, ticks, range=np.log10(span).tolist(), fixedrange=True),
        annotations=[heading(f"Train loss at rate {rung.rate:g}, a line a start")],
    )
    drawn.add_hline(toss, line={"color": INK[dark], "width": 1.5, "dash": "dot"}, layer="below")
    return drawn


def _line(x: Floats, y: Floats, name: str, line: dict[str, Any]) -> Trace:
    shared = {"mode": "lines", "hoverinfo": "skip", "opacity": 0.75}
    return shared | {"x": x, "y": y, "name": name, "line": line}


def _lifted(curves: Sequence[Floats]) -> tuple[Floats, Floats]:
    """Several curves as one line, the pen lifted between them."""
    x = np.concatenate([np.append(np.arange(len(one)), len(one)) for one in curves])
    y = np.concatenate([np.append(one, np.nan) for one in curves])
    return x, y.astype(np.float32)


def steps_in_words(rung: Rung) -> str:
    """The paces of a rung, for those who do not see them."""
    return (
        f"Lines of train loss after each step at learning rate {rung.rate:g}, one for each start: "
        f"{told(rung)}. The median ends at {rung.median:.2g}."
    )


def span_of(ladder: Ladder) -> tuple[float, float]:
    """From below the least to above the highest loss at the end of any finite run."""
    final = np.concatenate([rung.final for rung in ladder.rungs])
    final = final[np.isfinite(final) & (final > 0)]
    return float(final.min() / 2), float(final.max() * 2)
