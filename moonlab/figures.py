"""Numbers to plotly figures, each with its text alternative: no training, no Streamlit."""

from collections.abc import Collection, Sequence
from itertools import pairwise
from string import ascii_uppercase

import numpy as np
import plotly.graph_objects as go

from moonlab.figure_look import ARCHITECTURE_COLORS as ARCHITECTURE_COLORS
from moonlab.figure_look import (
    FAINT,
    LEGEND,
    SPIKE,
    axis,
    best_line,
    color_of,
    figure,
    heading,
    log_axis,
    note,
)
from moonlab.figure_look import INK as INK
from moonlab.figure_parts import (
    Box,
    Mean,
    cut,
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
    MOST_LETTERS,
    Trace,
    curve_traces,
    difference_cells,
    dots,
    mean_at_size,
    mean_bar,
)
from moonlab.judgement import Judgement
from moonlab.results import Group
from moonlab.wording import bounds, digits_of, percent

_LOSSES = {"bce": "cross-entropy", "mse": "squared error"}
_CUT = 21  # characters of a name that leave room for its loss
_MOST_POINTS = 45_000  # of all bands and lines, or of all single runs
_PHONE = 324  # pixels: what finds its place there finds it everywhere
_DOT = 7
_ROW, _HEADING, _TICKS = 64, 32, 28  # heights in the figure of dots
_HEIGHT, _LEFT, _ABOVE, _BELOW = 420, 48, 28, 44  # of accuracy against parameters
_CELL, _GAP, _LETTERS = 58, 20, 52  # heights in the matrix


def curves(
    groups: Sequence[Group],
    *,
    log: bool = True,
    single_runs: bool = False,
    dark: bool = False,
    hidden: Collection[int] = (),
) -> go.Figure:
    """Loss above accuracy after each epoch: train solid, validation dashed.

    Parameters
    ----------
    groups : sequence of Group
        Each is a colour and an entry of the legend, which tells their losses apart if these
        differ. Of several seeds the line is the mean, and the
        band reaches from the 10th to the 90th percentile. A run that ended before others of its
        group goes on with its last finite row.
    log : bool
        Whether the axis of the loss is logarithmic.
    single_runs : bool
        Whether thin lines, of the first 20 seeds, take the place of the bands.
    dark : bool
        Whether the page is dark.
    hidden : collection of int
        The positions of groups that the legend alone shows, until they are clicked there.
    """
    share = _MOST_POINTS // max(len(groups), 1)
    loss, groups = _by_loss(groups)
    traces = [
        trace
        | {"yaxis": panel.axis, "legendgroup": str(index)}
        | ({"visible": "legendonly"} if index in hidden else {})
        for panel in (LOSS, ACCURACY)
        for index, group in enumerate(groups)
        for trace in curve_traces(group, panel, color_of(index), share, single_runs=single_runs)
    ]
    losses = np.concatenate([[], *(one["y"] for one in traces if one["yaxis"] == LOSS.axis)])
    upper = log_axis(dark, log_ticks(losses)) if log else axis(dark, rangemode="tozero")
    lower = axis(dark, ticksuffix="%", domain=[0, 0.36])
    parts = "train, validation" if any("customdata" in one for one in traces) else "train"
    box: Trace = {"unifiedhovertitle": {"text": f"Epoch %{{x}}: {parts}"}}
    return figure(
        traces,
        dark,
        height=490 + 14 * len(groups),
        margin={"l": 52, "r": 12, "t": 28, "b": 8},
        dragmode="zoom",
        hovermode="x unified",
        legend=LEGEND,
        showlegend=True,
        xaxis=axis(dark, "Epoch", anchor=ACCURACY.axis, **box, **SPIKE[dark]),
        yaxis=upper | {"domain": [0.46, 1]},
        yaxis2=lower,
        annotations=[heading(f"Loss: {loss}"), heading("Accuracy", 0.36)],
    )


def curves_in_words(groups: Sequence[Group]) -> str:
    """Where the curves end."""
    loss, groups = _by_loss(groups)
    ends = [measured(group, kept_rows(group, 1)[-1:]) for group in groups]  # (seeds, 1, 4)
    last = [
        (group.name, end.mean(axis=(0, 1)))
        for group, end in zip(groups, ends, strict=True)
        if end.size
    ]
    validated = any(np.isfinite(mean[1]) for _, mean in last)
    part, word = (1, "Validation") if validated else (0, "Train")
    listed = "; ".join(
        f"{name} {mean[part]:.3g} and {percent(mean[part + 2])}" for name, mean in last
    )
    told = f"{word} loss and accuracy at the end: {listed or 'none is finite'}."
    return f"Lines of loss ({loss}) and of accuracy over the epochs. {told}"


def _by_loss(groups: Sequence[Group]) -> tuple[str, list[Group]]:
    """What the axis of losses holds; the groups, named by their losses too if these differ."""
    losses = [_LOSSES[group.runs[0].training.loss] for group in groups]
    if len(set(losses)) < 2:
        return next(iter(losses), "none"), list(groups)
    return "each as its name says", [
        group if loss in group.name else group._replace(name=f"{cut(group.name, _CUT)}, {loss}")
        for group, loss in zip(groups, losses, strict=True)
    ]


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
    traces, notes = [], [heading(_best(best_possible, found) or "Test accuracy")]
    for index, (group, mean) in enumerate(zip(groups, found, strict=True)):
        traces.append(dots(group, -index - 0.06, apart, color_of(index)))
        traces.append(mean_bar(group, mean, -index - 0.42, INK[dark]))
        text = f"<b>{short(group.name, 20)}</b>  {mean.percent} ({mean.interval}), {mean.seeds}"
        notes.append(note(text, y=0.32 - index, yref="y", yanchor="middle"))
    drawn = figure(
        traces,
        dark,
        height=_HEADING + _ROW * len(groups) + _TICKS,
        margin={"l": 8, "r": 8, "t": _HEADING, "b": _TICKS},
        showlegend=False,
        annotations=notes,
        xaxis=axis(dark, range=x_range, ticksuffix="%", nticks=6),
        yaxis={"range": [0.5 - len(groups), 0.5], "visible": False, "fixedrange": True},
    )
    if best_possible is not None:
        drawn.add_vline(100 * best_possible, line=best_line(dark), layer="below")
    return drawn


def accuracy_dots_in_words(
    groups: Sequence[Group], judged: Judgement, best_possible: float | None = None
) -> str:
    """The means and their intervals."""
    listed = "; ".join(
        f"{group.name} {mean.percent} (95% interval {mean.interval}, {mean.seeds})"
        for group, mean in zip(groups, means(groups, judged), strict=True)
    )
    best = "" if best_possible is None else f" The best possible is {percent(best_possible)}."
    return f"Test accuracy, a dot for each seed. On average: {listed}.{best}"


def accuracy_against_parameters(
    groups: Sequence[Group],
    judged: Judgement,
    best_possible: float | None = None,
    dark: bool = False,
) -> go.Figure:
    """Mean test accuracy with its 95% interval against the number of parameters.

    The filled marks on the line are the efficient frontier: whatever is at least as small and as
    accurate as one of them is just the same in both. The others are hollow.

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
    ranges = _log_range(sizes), _range([], found, best_possible, 0.12)
    places = _label_places(groups, found, frontier, ranges)
    traces: list[Trace] = [
        {
            "x": [sizes[index] for index in frontier],
            "y": [100 * found[index].mean for index in frontier],
            "mode": "lines",
            "line": {"color": FAINT[dark], "width": 1.5, "shape": "hv"},
            "hoverinfo": "skip",
        }
    ]
    traces += [
        mean_at_size(group, mean, place, color_of(index), filled=index in frontier)
        for index, (group, mean, place) in enumerate(zip(groups, found, places, strict=True))
    ]
    drawn = figure(
        traces,
        dark,
        height=_HEIGHT,
        margin={"l": _LEFT, "r": 8, "t": _ABOVE, "b": _BELOW},
        showlegend=False,
        annotations=[heading(f"Test accuracy  {_best(best_possible, found)}")],
        xaxis=log_axis(dark, log_ticks(np.array(sizes)), "Parameters", range=ranges[0]),
        yaxis=axis(dark, range=ranges[1], ticksuffix="%", nticks=7),
    )
    if best_possible is not None:
        drawn.add_hline(100 * best_possible, line=best_line(dark), layer="below")
    return drawn


def accuracy_against_parameters_in_words(groups: Sequence[Group], judged: Judgement) -> str:
    """What is on the efficient frontier."""
    found, sizes = means(groups, judged), _sizes(groups)
    frontier = efficient(sizes, [mean.mean for mean in found])
    listed = "; ".join(
        f"{groups[index].name} ({sizes[index]:,} parameters, {found[index].percent})"
        for index in frontier
    )
    return (
        f"Mean test accuracy against the number of parameters. On the efficient frontier: {listed}."
    )


def difference_matrix(judged: Judgement, dark: bool = False) -> go.Figure:
    """Row minus column in points of test accuracy, with a dot where the difference is clear.

    Parameters
    ----------
    judged : Judgement
        Of its compared groups, of which there must be two, each is a row and a column. Green is
        better than the column, purple worse.
    dark : bool
        Whether the page is dark.
    """
    letters = [f"<b>{letter}</b>" for letter in ascii_uppercase[: len(judged.compared)]]
    names = [short(judged.names[index], 40) for index in judged.compared]
    count = len(letters)
    plain = {"fixedrange": True, "showgrid": False, "zeroline": False, "ticks": ""}
    columns = {"tickvals": list(range(count)), "ticktext": letters, "ticklabelstandoff": 10}
    return figure(
        [difference_cells(judged, _GAP, dark=dark)],
        dark,
        height=_LETTERS + _CELL * count,
        margin={"l": 8, "r": 8, "t": _LETTERS, "b": 0},
        annotations=[
            note(f"{letter}  {name}", y=row - 0.5, yref="y", yanchor="middle")
            for row, (letter, name) in enumerate(zip(letters, names, strict=True))
        ],
        xaxis=plain | columns | {"side": "top"},
        yaxis=plain | {"visible": False, "range": [count - 0.5, -0.5]},
    )


def difference_matrix_in_words(judged: Judgement) -> str:
    """How many pairs differ clearly, and which one the most."""
    clear = [
        pair if pair.mean > 0 else pair.swapped()
        for pair, said in zip(judged.pairs, judged.verdicts, strict=True)
        if said.kind == "clear"
    ]
    pairs = "pair" if len(judged.pairs) == 1 else "pairs"
    told = f"Differences in test accuracy between {len(judged.compared)} architectures, seed by "
    told += f"seed: clear for {len(clear)} of {len(judged.pairs)} {pairs}."
    if not clear:
        return told
    most = max(clear, key=lambda pair: pair.mean)
    digits = digits_of(most)
    return (
        f"{told} The largest: {judged.names[most.first]} over {judged.names[most.second]} by "
        f"{100 * most.mean:.{digits}f} points, 95% interval {bounds(most.low, most.high, digits)}."
    )


def _best(best_possible: float | None, found: Sequence[Mean]) -> str:
    """With the dashes of its line, and as many decimals as any of the means; empty if unknown."""
    digits = max(mean.digits for mean in found)
    return "" if best_possible is None else f"– – best possible {percent(best_possible, digits)}"


def _sizes(groups: Sequence[Group]) -> list[int]:
    return [group.runs[0].architecture.n_parameters for group in groups]


def _range(
    scores: Sequence[float], found: Sequence[Mean], best_possible: float | None, room: float
) -> list[float]:
    """From the lowest to the highest in percent, with a share of that as room on both sides."""
    shares = [*scores, *(share for mean in found for share in mean[:3])]
    shares += [] if best_possible is None else [best_possible]
    low, high = 100 * min(shares), 100 * max(shares)
    room *= max(high - low, 1)
    return [low - room, high + room]


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
    """Where labels are least in the way of each other and of what else is drawn, on a phone."""
    frame = Box(0, _PHONE - _LEFT, 0, _HEIGHT - _ABOVE - _BELOW)
    x = np.interp(np.log10(_sizes(groups)), ranges[0], frame[:2])
    y, low, high = (
        np.interp([100 * mean[part] for mean in found], ranges[1], frame[2:]) for part in (0, 1, 2)
    )
    lines = [Box(a - 2, a + 2, *ends) for a, *ends in zip(x, low, high, strict=True)]
    for one, larger in pairwise(frontier):
        lines.append(Box(x[one], x[larger], y[one] - 1, y[one] + 1))
        lines.append(Box(x[larger] - 1, x[larger] + 1, y[one], y[larger]))
    return place_labels([group.name[:MOST_LETTERS] for group in groups], x, y, lines, frame)
