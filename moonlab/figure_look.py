"""How figures look: colours, axes, notes, and what all of them share."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

# One colour an architecture: apart from the classes' blue and orange and from each other, for the
# colour-blind too, and legible (3:1) on white and on dark paper
ARCHITECTURE_COLORS = (  # of eight panels, then of four pins
    "#9F7FE3",
    "#019D70",
    "#C74752",
    "#A8660F",
    "#C07FA2",
    "#36827E",
    "#8E8D40",
    "#766B94",
    "#8400FC",
    "#306C3C",
    "#9060FC",
    "#9C18CC",
)
CLASS_COLORS = ("#0072B2", "#E69F00")
INK = {False: "#1F2430", True: "#E8EAF0"}
FAINT = {False: "rgba(31,36,48,0.55)", True: "rgba(232,234,240,0.6)"}

LEGEND = {
    "orientation": "h",
    "x": 0,
    "y": 0,
    "yref": "container",
    "yanchor": "bottom",
    "tracegroupgap": 0,
}
SPIKE: dict[bool, dict[str, Any]] = {
    False: {"spikecolor": FAINT[False], "spikethickness": 1},
    # a line has a halo, which is white on clear paper: a dot on the axis instead
    True: {"spikecolor": FAINT[True], "spikethickness": 4, "spikemode": "marker"},
}
DIVERGING = {  # purple and green, apart for the colour-blind too, with nothing at 0
    dark: [
        [0, f"rgba({purple},{most})"],
        [0.5, f"rgba({purple},0)"],
        [0.5, f"rgba({green},0)"],
        [1, f"rgba({green},{most})"],
    ]
    for dark, purple, green, most in (
        (False, "118,42,131", "27,120,55", 0.65),
        (True, "190,130,210", "80,180,100", 0.5),
    )
}

# One of these, each as wide as the others, is on every machine: there a saved picture keeps its
# measures. Letters are as large as the page's own of 13 pixels.
_FONT, _FONT_SIZE = 'Arial, "Liberation Sans", Helvetica, sans-serif', 12
_CLEAR = "rgba(0,0,0,0)"
_GRID = {False: "rgba(31,36,48,0.10)", True: "rgba(232,234,240,0.14)"}
_BOX = {False: "#FFFFFF", True: "#1E2433"}
_NO_BUTTONS = ["sendChartToCloud", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"]


def figure(traces: Sequence[dict[str, Any]], dark: bool, **layout: Any) -> go.Figure:
    """A figure on clear paper; `layout` is added to what all figures share."""
    font = {"color": INK[dark], "size": _FONT_SIZE, "family": _FONT}
    hover = {"bgcolor": _BOX[dark], "bordercolor": FAINT[dark], "font": font, "align": "left"}
    bar = {"bgcolor": _CLEAR, "color": FAINT[dark], "activecolor": INK[dark]}
    shared = {
        "template": {},
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        "font": font,
        "hoverlabel": hover | {"namelength": -1},
        "hovermode": "closest",
        "dragmode": False,  # a finger that moves on a figure scrolls the page
        "modebar": bar | {"remove": _NO_BUTTONS},
    }
    return go.Figure(list(traces), shared | layout)


def axis(dark: bool, title: Any = "", **more: Any) -> dict[str, Any]:
    """An axis with a grid, and with a title if that is a text."""
    titled = (
        {"title": {"text": title, "standoff": 6, "font": {"size": _FONT_SIZE}}} if title else {}
    )
    return {"gridcolor": _GRID[dark], "zeroline": False, "automargin": True} | titled | more


def log_axis(dark: bool, ticks: Sequence[float], title: Any = "", **more: Any) -> dict[str, Any]:
    """A logarithmic axis with these ticks."""
    texts = [f"{tick:,g}" for tick in ticks]
    return axis(dark, title, type="log", tickvals=list(ticks), ticktext=texts, **more)


def note(text: str, **place: Any) -> dict[str, Any]:
    """A text, at the left edge if nothing else is said."""
    left = {"x": 0, "xref": "paper", "xanchor": "left", "showarrow": False}
    return left | {"text": text} | place


def heading(text: str, y: float = 1) -> dict[str, Any]:
    """A text over a plot whose upper end is at this share of the height."""
    return note(text, y=y, yref="paper", yanchor="bottom")


def best_line(dark: bool) -> dict[str, Any]:
    """The line of the best possible accuracy."""
    return {"color": FAINT[dark], "width": 1.5, "dash": "dash"}


def color_of(index: int) -> str:
    """The colour of a group, counted from 0; they come back after the twelfth."""
    return ARCHITECTURE_COLORS[index % len(ARCHITECTURE_COLORS)]


def translucent(color: str, opacity: float) -> str:
    """A colour "#rrggbb" that lets through what is behind."""
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
