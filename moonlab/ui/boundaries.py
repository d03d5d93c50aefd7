"""The boundaries side by side, moved through the epochs by the browser alone."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from moonlab import frames
from moonlab.results import Comparison
from moonlab.surfaces import MOST_FRAMES, Kind, View
from moonlab.ui import terms
from moonlab.ui.parts import show_again
from moonlab.ui.words import as_plain_text

_HTML = """
<div class="controls">
  <button type="button" aria-label="Play or pause the epochs">▶ Play</button>
  <input type="range" min="0" step="1" aria-label="Epoch of all boundaries">
  <output></output>
</div>
<div class="legend"></div>
<div class="panels"></div>
"""
_HERE = Path(__file__).parent
_SCRIPTS = ("boundaries_scene.js", "boundaries.js")  # one after the other they are one module


def _shortened(script: str) -> str:
    """Without comments and indentation: it goes to the browser with every message."""
    lines = (line.strip() for line in script.splitlines())
    return "\n".join(line for line in lines if not line.startswith("//"))


_component = st.components.v2.component(
    "moonlab_boundaries",
    html=_HTML,
    css=(_HERE / "boundaries.css").read_text(encoding="utf-8"),
    js=_shortened("".join((_HERE / name).read_text("utf-8") for name in _SCRIPTS)),
)


def show_boundaries(
    comparison: Comparison,
    cache_key: str,
    on_drawn: Callable[[], None] | None = None,
) -> None:
    """Show the boundaries of a comparison.

    Parameters
    ----------
    comparison : Comparison
        What to show.
    cache_key : str
        Tells it from all others.
    on_drawn : callable, optional
        If it is given, the last epoch is sent alone, which is there much sooner than all of them,
        and this is called once the browser has drawn it.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader("Decision boundaries", anchor=False, width="content")
        view = _chosen_view(comparison)
    st.caption(_in_words(view, comparison))
    tell, most_frames = (b"\0", MOST_FRAMES) if on_drawn is None else (b"\1", 1)
    _component(
        key="boundaries",
        data=tell + _frames(cache_key, view, most_frames, comparison),
        on_drawn_change=on_drawn or (lambda: None),
    )


def _chosen_view(comparison: Comparison) -> View:
    kind, groups = _chosen_kind(comparison), comparison.groups()
    if kind == "seed":
        seeds = dict.fromkeys(run.seed for group in groups for run in group.runs)
        return View("seed", seed=_select("Seed", list(seeds), "boundary_seed"))
    if kind == "difference":
        names, positions = [group.name for group in groups], list(range(len(groups)))
        first = _select("First architecture", positions, "boundary_first", names)
        positions.remove(first)
        second = _select("Second architecture", positions, "boundary_second", names)
        return View("difference", first=first, second=second)
    return View(kind)


def _chosen_kind(comparison: Comparison) -> Kind:
    """One of the views for which there is something to show."""
    groups = comparison.groups()
    kinds: dict[Kind, str] = {"mean": "Mean over seeds"}
    if _has_seeds(comparison):
        kinds |= {"disagreement": "Disagreement", "seed": "One seed"}
    else:
        kinds["mean"] = "Each network"
    if len(groups) > 1:
        kinds["difference"] = "Difference"
    if len(kinds) == 1:
        return "mean"
    _forget_unless_in("boundary_view", list(kinds))
    chosen = st.segmented_control(
        "Boundary view",
        list(kinds),
        format_func=kinds.__getitem__,
        default="mean",
        required=True,
        key="boundary_view",
        on_change=show_again("boundaries"),
        label_visibility="collapsed",
        wrap=True,
    )
    return chosen or "mean"


def _select(label: str, options: list[int], key: str, names: list[str] | None = None) -> int:
    _forget_unless_in(key, options)
    return st.selectbox(
        label,
        options,
        format_func=names.__getitem__ if names else str,
        key=key,
        on_change=show_again("boundaries"),
        label_visibility="collapsed",
        width=180,
    )


def _forget_unless_in(key: str, options: Sequence[object]) -> None:
    """Drop a choice that an earlier comparison offered and this one does not."""
    if st.session_state.get(key) not in options:
        st.session_state.pop(key, None)


def _has_seeds(comparison: Comparison) -> bool:
    return any(len(group.runs) > 1 for group in comparison.groups())


def _in_words(view: View, comparison: Comparison) -> str:
    """What is shown."""
    if view.kind == "seed":
        return _seed_in_words(view, comparison)
    numbers = {len(group.runs) for group in view.groups(comparison)}
    of_seeds = f"{max(numbers)} seeds" if len(numbers) == 1 else "the seeds of each"
    over = "" if numbers == {1} else f", mean over {of_seeds}"
    text = {
        "mean": f"Probability of each class{over}: the deeper the colour, the surer."
        + (" A cross is on a point where this mean is wrong." if over else ""),
        "disagreement": "Share of the seeds that contradict their majority, from none to half.",
        "difference": f"Probability of class 1 in the first minus that in the second{over}. "
        "In the difference a cross is on a point that they classify differently.",
    }[view.kind]
    experiment = comparison.experiment
    if over and terms.draws_points(experiment.seeding):
        drawn = f"those of data seed {experiment.data.seed} are drawn"
        return f"{text} Each seed drew its own points; {drawn}."
    return text


def _seed_in_words(view: View, comparison: Comparison) -> str:
    shown = {name for name, _ in view.groups(comparison)}
    absent = [name for name, _ in comparison.groups() if name not in shown]
    text = f"The run of seed {view.seed}: the deeper the colour, the surer."
    return text + (f" There is none of {as_plain_text(', '.join(absent))}." if absent else "")


@st.cache_resource(max_entries=64, show_spinner=False)
def _frames(cache_key: str, view: View, most_frames: int, _comparison: Comparison) -> bytes:
    return frames.pack(_comparison, view, most_frames=most_frames)
