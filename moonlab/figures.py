"""Numbers to plotly figures, each with its text alternative: no training, no Streamlit."""

from collections.abc import Sequence
from itertools import pairwise
from string import ascii_uppercase
from typing import Any

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_parts import (
    Box,
    Mean,
    bounds,
    digits_of,
    efficient,
    kept_rows,
    log_ticks,
    means,
    measured,
    place_labels,
    short,
)
from moonlab.figure_traces import (
    ACCURACY,
    LOSS,
    Trace,
    curve_traces,
    difference_cells,
    dots,
    mean_bar,
    sized_mean,
)
from moonlab.judgement import Judgement
from moonlab.results import Group

# One colour an architecture: apart from the classes' blue and orange and from each other, for the
# colour-blind too, and legible (3:1) on white and on dark paper
ARCHITECTURE_COLORS = (
    "#9F7FE3",
    "#019D70",
    "#C74752",
    "#36827E",
    "#A8660F",
    "#C07FA2",
    "#8E8D40",
    "#766B94",
)
INK = {False: "#1F2430", True: "#E8EAF0"}

_FAINT = {False: "rgba(31,36,48,0.55)", True: "rgba(232,234,240,0.6)"}
_GRID = {False: "rgba(31,36,48,0.10)", True: "rgba(232,234,240,0.14)"}
_PAPER = {False: "#FFFFFF", True: "#1E2433"}
_LEGEND = {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"}
_LEGEND |= {"tracegroupgap": 0}
_MOST_POINTS = 45_000  # of all bands and lines, or of all single runs
_CURVES, _ENTRY = 490, 14  # pixels of the curves, and of an entry of their legend
_ROW, _TOP, _BOTTOM = 64, 32, 28  # pixels of the figure of dots
_DOT, _PHONE = 7, 324  # pixels: what does not touch on a phone does not touch elsewhere
_CELL = 58
_HEIGHT, _LEFT, _LABEL = 420, 48, 18  # of accuracy against parameters; a label's letters


def curves(
    groups: Sequence[Group], *, log: bool = True, single_runs: bool = False, dark: bool = False
) -> go.Figure:
    """Loss above accuracy after each epoch: train solid, validation dashed.

    Parameters
    ----------
    groups : sequence of Group
        Each is a colour and an entry of the legend. Of several seeds the line is the mean, and the
        band reaches from the 10th to the 90th percentile. A run that ended before others of its
        group goes on with its last finite row.
    log : bool
        Whether the axis of the loss is logarithmic.
    single_runs : bool
        Whether thin lines, of the first 20 seeds, take the place of the bands.
    dark : bool
        Whether the page is dark.
    """
    share = _MOST_POINTS // max(len(groups), 1)
    traces = [
        trace | {"yaxis": panel.axis, "legendgroup": str(index)}
        for panel in (LOSS, ACCURACY)
        for index, group in enumerate(groups)
        for trace in curve_traces(group, panel, _color(index), share, single_runs=single_runs)
    ]
    losses = [trace["y"] for trace in traces if trace["yaxis"] == LOSS.axis]
    ticks = log_ticks(np.concatenate([[], *losses]))
    logarithmic = {"type": "log", "tickvals": ticks, "ticktext": [f"{tick:g}" for tick in ticks]}
    epochs = {"anchor": "y2", "title": _title("Epoch"), "unifiedhovertitle": {"text": "Epoch %{x}"}}
    return _figure(
        traces,
        dark,
        height=_CURVES + _ENTRY * len(groups),
        margin={"l": 52, "r": 12, "t": 28, "b": 8},
        dragmode="zoom",
        hovermode="x unified",
        legend=_LEGEND,
        xaxis=_axis(dark, **epochs),
        yaxis=_axis(dark, domain=[0.46, 1], **(logarithmic if log else {"rangemode": "tozero"})),
        yaxis2=_axis(dark, domain=[0, 0.36], ticksuffix="%"),
        annotations=[
            _note("Loss", x=0, y=1, yref="paper", yanchor="bottom"),
            _note("Accuracy", x=0, y=0.36, yref="paper", yanchor="bottom"),
        ],
    )


def curves_in_words(groups: Sequence[Group]) -> str:
    """Where the curves end, for those who do not see them."""
    ends = [measured(group, kept_rows(group, 1)[-1:]) for group in groups]  # (seeds, 1, 4)
    last = [end.mean(axis=(0, 1)) if len(end) else np.full(4, np.nan) for end in ends]
    part, word = (1, "Validation") if np.isfinite([end[1] for end in last]).all() else (0, "Train")
    listed = "; ".join(
        f"{group.name} {end[part]:.3g} and {100 * end[part + 2]:.1f}%"
        for group, end in zip(groups, last, strict=True)
    )
    return (
        "Lines of loss and accuracy after each epoch, train and validation. "
        f"{word} loss and accuracy after the last: {listed}."
    )


def accuracy_dots(
    groups: Sequence[Group],
    judged: Judgement,
    best_possible: float | None = None,
    dark: bool = False,
) -> go.Figure:
    """Test accuracy: a dot a seed, and below the dots the mean with its 95% interval.

    Parameters
    ----------
    groups : sequence of Group
        From top to bottom.
    judged : Judgement
        Of these groups.
    best_possible : float or None
        Accuracy of the best possible classifier, if it is known.
    dark : bool
        Whether the page is dark.
    """
    found = means(groups, judged)
    scores = [run.scores.test.accuracy for group in groups for run in group.runs]
    x_range = _range(scores, found, best_possible, 0.03)
    apart = _DOT / _PHONE * (x_range[1] - x_range[0])
    traces, notes = [], []
    for index, (group, mean) in enumerate(zip(groups, found, strict=True)):
        traces.append(dots(group, -index - 0.06, apart, _color(index)))
        traces.append(mean_bar(group, mean, -index - 0.38, INK[dark]))
        text = f"<b>{short(group.name, 20)}</b>  {mean.percent} ({mean.interval}), {mean.seeds}"
        notes.append(_note(text, x=0, y=-index + 0.32, yref="y", yanchor="middle"))
    figure = _figure(
        traces,
        dark,
        height=_TOP + _ROW * len(groups) + _BOTTOM,
        margin={"l": 8, "r": 8, "t": _TOP, "b": _BOTTOM},
        showlegend=False,
        annotations=notes,
        xaxis=_axis(dark, range=x_range, ticksuffix="%", nticks=6),
        yaxis={"range": [0.5 - len(groups), 0.5], "visible": False, "fixedrange": True},
    )
    if best_possible is not None:
        place = {"x": 100 * best_possible, "xref": "x", "y": 1, "yref": "paper"}
        right = 100 * best_possible > sum(x_range) / 2
        anchors = {"xanchor": "right" if right else "left", "yanchor": "bottom"}
        figure.add_vline(100 * best_possible, line=_best_line(dark), layer="below")
        figure.add_annotation(_note(_best_text(best_possible, found), **place, **anchors))
    return figure


def accuracy_dots_in_words(
    groups: Sequence[Group], judged: Judgement, best_possible: float | None = None
) -> str:
    """The means with their intervals, for those who do not see them."""
    listed = "; ".join(
        f"{group.name} {mean.percent} (95% interval {mean.interval}, {mean.seeds})"
        for group, mean in zip(groups, means(groups, judged), strict=True)
    )
    best = "" if best_possible is None else f" The best possible is {100 * best_possible:.1f}%."
    return f"Test accuracy, a dot per seed. On average: {listed}.{best}"


def accuracy_against_parameters(
    groups: Sequence[Group],
    judged: Judgement,
    best_possible: float | None = None,
    dark: bool = False,
) -> go.Figure:
    """Mean test accuracy with its 95% interval against the number of parameters.

    A line joins the filled marks, those of the efficient frontier: no other is better in one and
    at least as good in the other. The rest are hollow.

    Parameters
    ----------
    groups : sequence of Group
        Each is a mark.
    judged : Judgement
        Of these groups.
    best_possible : float or None
        Accuracy of the best possible classifier, if it is known.
    dark : bool
        Whether the page is dark.
    """
    found, sizes = means(groups, judged), _sizes(groups)
    frontier = efficient(sizes, [mean.mean for mean in found])
    y_range = _range([], found, best_possible, 0.12)
    x_range = _log_range(sizes)
    places = _label_places(groups, found, frontier, (x_range, y_range))
    edge = {"color": _FAINT[dark], "width": 1.5, "shape": "hv"}
    traces: list[Trace] = [
        {
            "x": [sizes[index] for index in frontier],
            "y": [100 * found[index].mean for index in frontier],
            "mode": "lines",
            "line": edge,
            "hoverinfo": "skip",
        }
    ]
    traces += [
        sized_mean(group, mean, place, _color(index), filled=index in frontier)
        for index, (group, mean, place) in enumerate(zip(groups, found, places, strict=True))
    ]
    ticks = log_ticks(np.array(sizes))
    figure = _figure(
        traces,
        dark,
        height=_HEIGHT,
        margin={"l": _LEFT, "r": 8, "t": 28, "b": 44},
        showlegend=False,
        annotations=[_note("Test accuracy", x=0, y=1, yref="paper", yanchor="bottom")],
        xaxis=_axis(
            dark,
            type="log",
            range=x_range,
            tickvals=ticks,
            ticktext=[f"{tick:,g}" for tick in ticks],
            title=_title("Parameters"),
        ),
        yaxis=_axis(dark, range=y_range, ticksuffix="%", nticks=7),
    )
    if best_possible is not None:
        figure.add_hline(100 * best_possible, line=_best_line(dark), layer="below")
        place = {"x": 1, "y": 1, "yref": "paper", "xanchor": "right", "yanchor": "bottom"}
        figure.add_annotation(_note(f"– – {_best_text(best_possible, found)}", **place))
    return figure


def accuracy_against_parameters_in_words(groups: Sequence[Group], judged: Judgement) -> str:
    """The efficient frontier, for those who do not see it."""
    found, sizes = means(groups, judged), _sizes(groups)
    frontier = efficient(sizes, [mean.mean for mean in found])
    listed = "; ".join(
        f"{groups[index].name} ({sizes[index]:,} parameters, {found[index].percent})"
        for index in frontier
    )
    return (
        "Mean test accuracy against the number of parameters. On the efficient frontier, where "
        f"none is smaller and at least as accurate: {listed}."
    )


def difference_matrix(judged: Judgement, dark: bool = False) -> go.Figure:
    """Row minus column in points of test accuracy, a dot where the difference is clear.

    Parameters
    ----------
    judged : Judgement
        Only its compared groups are shown; purple is worse, green is better.
    dark : bool
        Whether the page is dark.
    """
    count = len(judged.compared)
    letters = [f"<b>{letter}</b>" for letter in ascii_uppercase[:count]]
    names = [short(judged.names[index], 40) for index in judged.compared]
    axis = {"tickvals": list(range(count)), "showgrid": False, "zeroline": False}
    axis |= {"fixedrange": True, "ticks": ""}
    return _figure(
        [difference_cells(judged, INK[dark], gap=20)],
        dark,
        height=_CELL * count + 36,
        margin={"l": 8, "r": 8, "t": 36, "b": 0},
        annotations=[
            _note(f"{letter}  {name}", x=0, y=row - 0.5, yref="y", yanchor="middle")
            for row, (letter, name) in enumerate(zip(letters, names, strict=True))
        ],
        xaxis=axis | {"ticktext": letters, "side": "top", "ticklabelstandoff": 10},
        yaxis=axis | {"visible": False, "range": [count - 0.5, -0.5]},
    )


def difference_matrix_in_words(judged: Judgement) -> str:
    """How many pairs differ clearly, and by how much at most, for those who do not see it."""
    clear = [
        pair if pair.mean > 0 else pair.swapped()
        for pair, said in zip(judged.pairs, judged.verdicts, strict=True)
        if said.kind == "clear"
    ]
    start = "Paired differences in test accuracy between "
    start += f"{len(judged.compared)} architectures: {len(clear)} of {len(judged.pairs)} are clear."
    if not clear:
        return start
    most = max(clear, key=lambda pair: pair.mean)
    digits = digits_of(most)
    return (
        f"{start} The largest: {judged.names[most.first]} over {judged.names[most.second]} by "
        f"{100 * most.mean:.{digits}f} points, 95% interval {bounds(most.low, most.high, digits)}."
    )


def _figure(traces: list[Trace], dark: bool, **layout: Any) -> go.Figure:
    clear = "rgba(0,0,0,0)"
    font = {"color": INK[dark], "size": 13, "family": '"Source Sans", sans-serif'}
    hover = {"bgcolor": _PAPER[dark], "bordercolor": _FAINT[dark], "namelength": -1, "font": font}
    shared = {
        "template": {},
        "paper_bgcolor": clear,
        "plot_bgcolor": clear,
        "font": font,
        "dragmode": False,  # a finger that moves on a figure scrolls the page
        "hovermode": "closest",
        "hoverlabel": hover | {"align": "left"},
        "modebar": {"bgcolor": clear, "color": _FAINT[dark], "activecolor": INK[dark]},
    }
    return go.Figure(traces, shared | layout)


def _axis(dark: bool, **more: Any) -> dict[str, Any]:
    return {"gridcolor": _GRID[dark], "zeroline": False, "automargin": True} | more


def _title(text: str) -> dict[str, Any]:
    return {"text": text, "standoff": 6, "font": {"size": 13}}


def _note(text: str, **place: Any) -> dict[str, Any]:
    """A text at the left edge, if it is not told otherwise."""
    left = {"xref": "paper", "xanchor": "left", "showarrow": False, "borderpad": 0}
    return left | {"text": text, "align": "left"} | place


def _best_line(dark: bool) -> dict[str, Any]:
    return {"color": _FAINT[dark], "width": 1.5, "dash": "dash"}


def _best_text(best_possible: float, found: Sequence[Mean]) -> str:
    digits = max(mean.digits for mean in found)
    return f"best possible {100 * best_possible:.{digits}f}%"


def _color(index: int) -> str:
    return ARCHITECTURE_COLORS[index % len(ARCHITECTURE_COLORS)]


def _sizes(groups: Sequence[Group]) -> list[int]:
    return [group.runs[0].architecture.n_parameters for group in groups]


def _range(
    scores: Sequence[float], found: Sequence[Mean], best: float | None, room: float
) -> list[float]:
    """From the lowest to the highest in percent, with some room on both sides."""
    known = [*scores, *([] if best is None else [best])]
    values = [100 * value for value in (*known, *(v for mean in found for v in mean[:3]))]
    room *= max(max(values) - min(values), 1.0)
    return [min(values) - room, max(values) + room]


def _log_range(sizes: Sequence[int]) -> list[float]:
    low, high = np.log10(min(sizes)), np.log10(max(sizes))
    room = max(0.12 * (high - low), 0.25)
    return [low - room, high + room]


def _label_places(
    groups: Sequence[Group],
    found: Sequence[Mean],
    frontier: Sequence[int],
    ranges: tuple[Sequence[float], Sequence[float]],
) -> list[str]:
    """Where the labels stand least in the way of each other and of all else, on a phone."""
    frame = Box(0, _PHONE - _LEFT, 0, _HEIGHT - 72)
    x = np.interp(np.log10(_sizes(groups)), ranges[0], frame[:2])
    y, low, high = (
        np.interp([100 * mean[part] for mean in found], ranges[1], frame[2:]) for part in (0, 1, 2)
    )
    lines = [Box(a - 2, a + 2, *ends) for a, *ends in zip(x, low, high, strict=True)]
    for one, next_one in pairwise(frontier):
        lines.append(Box(x[one], x[next_one], y[one] - 1, y[one] + 1))
        lines.append(Box(x[next_one] - 1, x[next_one] + 1, y[one], y[next_one]))
    return place_labels([group.name[:_LABEL] for group in groups], x, y, lines, frame)
