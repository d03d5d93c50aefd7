"""Into how many pieces does a network cut the plane? Width and depth against linear regions."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from moonlab.boundary import Grid
from moonlab.dataset import Data, load_data
from moonlab.judgement import judge
from moonlab.lab.figures_capacity import (
    counted_against_bounds,
    counted_against_bounds_in_words,
    regions_against_accuracy,
    regions_against_accuracy_in_words,
)
from moonlab.lab.figures_regions import bends, bends_in_words, patchwork, patchwork_in_words
from moonlab.lab.pieces import RegionCounts, count_regions, logit_along, pieces_table
from moonlab.lab.regions import (
    Region,
    View,
    line_bound,
    linear_regions,
    n_distinct_maps,
    network_bound,
    plane_bound,
    switch_lines,
)
from moonlab.parameters import Layers, unpack
from moonlab.results import Comparison, Group, Run
from moonlab.spec import Architecture, Experiment
from moonlab.ui.charts import is_dark, show_figure
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question
from moonlab.wording import percent

HIDDEN = ((4,), (8,), (16,), (8, 8), (4, 4, 4))
SHALLOW, WIDE, TWICE, DEEP = (HIDDEN.index(one) for one in ((4,), (16,), (8, 8), (4, 4, 4)))
WIDTH = 16
SEEDS = tuple(range(20))
_COLUMNS = {"center_x": "x", "center_y": "y", "neurons_on": "Neurons on"}


class _Where(NamedTuple):
    """What is looked at."""

    data: Data
    view: View
    height: float
    """Of the line across the view."""

    @property
    def line(self) -> tuple[tuple[float, float], tuple[float, float]]:
        x0, x1, _, _ = self.view
        return (x0, self.height), (x1, self.height)


def experiment() -> Experiment:
    """Networks that differ in width and depth, on the lesson's data."""
    networks = tuple(Architecture(hidden, engine="numpy") for hidden in HIDDEN)
    return Experiment(architectures=networks, seeds=SEEDS)


def show() -> None:
    """Show the page."""
    show_question(
        "Into how many pieces can a network cut the plane?",
        "A ReLU neuron is silent on one side of a line and active on the other. Where none "
        "switches, the network is one flat function: a **linear region**. The decision boundary is "
        "straight within a region and bends only where a neuron switches.",
    )
    guessed = _show_guess()
    asked = experiment()
    comparison = results_of(asked, "capacity")
    if comparison is not None:
        where = _where(asked.to_json())
        _show_network(comparison, where, with_bounds=guessed)
        if guessed:
            counts = _counts(asked.to_json(), comparison)
            _show_counts(comparison, counts)
            _show_lesson(comparison, counts)
    offer_comparison(asked)


def guesses() -> dict[int, str]:
    """What one may answer, and what there is to say of it."""
    line, start, plane, patterns = _answers()
    formula = f"{WIDTH} lines make at most 1 + {WIDTH} + {WIDTH}·{WIDTH - 1}/2 = {plane} pieces"
    return {
        line: f"So many along a line: each of {WIDTH} neurons bends it once. In the plane the "
        f"neurons' lines cross each other, too: {formula}.",
        start: "So many before training: all biases are zero, so all lines run through one point, "
        f"the origin. Training moves them apart: {formula}.",
        plane: f"Yes: {formula}, if each line crosses all the others.",
        patterns: f"So many on-off patterns have names, but few exist: {formula}, and within a "
        "piece the pattern is one and the same.",
    }


def _answers() -> tuple[int, int, int, int]:
    return line_bound(WIDTH), 2 * WIDTH, plane_bound(WIDTH), 2**WIDTH


def _show_guess() -> bool:
    """Ask for a guess, and say what there is to say of it; whether there is one."""
    said = guesses()
    guess = st.segmented_control(
        f"First a guess: into how many pieces can {WIDTH} neurons of one layer cut the plane?",
        list(said),
        format_func=lambda number: f"{number:,}",
        key="capacity_guess",
    )
    if guess is not None:
        right = guess == plane_bound(WIDTH)
        (st.success if right else st.info)(f"**{guess:,}?** {said[guess]} See for yourself:")
    return guess is not None


@st.cache_resource(max_entries=4, show_spinner=False)
def _where(experiment: str) -> _Where:
    data = load_data(Experiment.from_json(experiment).data)
    grid = Grid.over([data])
    x0, x1, y0, y1 = (float(edge) for axis in (grid.x, grid.y) for edge in (axis[0], axis[-1]))
    return _Where(data, (x0, x1, y0, y1), (y0 + y1) / 2)


def _show_network(comparison: Comparison, where: _Where, *, with_bounds: bool) -> None:
    """Show a network's pieces; the bounds on them would tell what is to be guessed."""
    groups = comparison.groups()
    index = st.segmented_control(
        "Hidden layers",
        range(len(groups)),
        default=WIDE,
        required=True,
        format_func=lambda index: "→".join(map(str, HIDDEN[index])),
        key="capacity_network",
    )
    run = groups[index].runs[0]
    with st.expander("Earlier in its training"):
        epoch = st.select_slider(
            "Epochs of training",
            run.snapshot_epochs,
            value=run.snapshot_epochs[-1],
            key="capacity_epoch",
        )
    _show_pictures(run, groups[index].name, epoch, where, with_bounds=with_bounds)


def _weights_after(run: Run, epoch: int) -> Layers:
    if epoch == run.snapshot_epochs[-1]:
        return run.weights
    snapshot = run.snapshots[run.snapshot_epochs.index(epoch)].astype(float)
    return unpack(snapshot, run.architecture.widths)


def _show_pictures(run: Run, name: str, epoch: int, where: _Where, *, with_bounds: bool) -> None:
    dark = is_dark()
    weights = _weights_after(run, epoch)
    regions = linear_regions(weights, where.view)
    switching = sum(len(one.segments) > 0 for one in switch_lines(weights, where.view))
    plane, beside = st.columns(2)
    with plane:
        words = patchwork_in_words(name, epoch, len(regions), switching)
        figure = patchwork(weights, where.view, where.data, where.height, dark=dark)
        show_figure(figure, "patchwork", words)
    profile = logit_along(weights, *where.line)
    with beside:
        hidden = run.architecture.hidden
        _show_numbers(hidden, len(regions), len(profile.shares) - 1, with_bounds=with_bounds)
        figure = bends(profile, where.view[0], where.view[1], dark=dark)
        show_figure(figure, "bends", bends_in_words(profile))
        st.caption(
            f"{switching} of {sum(hidden)} neurons switch in view. "
            + _remark(hidden, epoch, len(regions), n_distinct_maps(regions))
        )
    _show_table(regions)


def _show_table(regions: list[Region]) -> None:
    with st.expander("The pieces in numbers"):
        st.markdown(
            "Around each place, how many neurons are on, and by which numbers the logit is "
            "a x + b y + c there."
        )
        table = pieces_table(regions).rename(columns=_COLUMNS).round(2)
        st.dataframe(table, key="pieces", hide_index=True, height=300)


def _show_numbers(hidden: tuple[int, ...], in_view: int, along: int, *, with_bounds: bool) -> None:
    with st.container(horizontal=True):
        for label, found, bound in (
            ("Regions in view", in_view, f"at most {network_bound(hidden):,} in the plane"),
            ("Along the dashed line", along, f"at most {network_bound(hidden, 1):,} on a line"),
        ):
            told = bound if with_bounds else None
            st.metric(label, f"{found:,}", told, delta_color="off", delta_arrow="off")


def _remark(hidden: tuple[int, ...], epoch: int, n_regions: int, n_maps: int) -> str:
    if epoch == 0:
        return (
            "Before training all biases are zero: the lines of the first layer all run through "
            f"the origin and make 2 × {hidden[0]} pieces."
        )
    if len(hidden) > 1:
        return "Lines of deeper layers bend where those before them switch." + (
            f" Some regions share a map: there are {n_maps} different ones."
            if n_maps < n_regions
            else ""
        )
    return (
        "Hover over a piece for the neurons that are on, and the flat function there; the table "
        "below has them all."
    )


@st.cache_resource(max_entries=4, show_spinner=False)
def _counts(experiment: str, _comparison: Comparison) -> list[RegionCounts]:
    where = _where(experiment)
    return [count_regions(one.runs, where.view, *where.line) for one in _comparison.groups()]


def _show_counts(comparison: Comparison, counts: list[RegionCounts]) -> None:
    dark = is_dark()
    groups, n = comparison.groups(), len(comparison.experiment.seeds)
    names, found = [one.name for one in groups], [one.in_view for one in counts]
    left, right = st.columns(2)
    with left:
        st.subheader("Bounds are not counts", anchor=False)
        st.markdown(
            f"A bar spans what {n} runs make in view; a diamond is an upper bound on what so "
            "many neurons can make in the whole plane. Depth multiplies the bounds, the counts "
            "much less."
        )
        bounds = [network_bound(one.runs[0].architecture.hidden) for one in groups]
        figure = counted_against_bounds(names, found, bounds, dark=dark)
        words = counted_against_bounds_in_words(names, found, bounds)
        show_figure(figure, "bounds", words)
    with right:
        st.subheader("Counts are not accuracy", anchor=False)
        pair = [SHALLOW, DEEP]
        two = [groups[index] for index in pair]
        st.markdown(_duel(two, found[SHALLOW]))
        chosen = [names[i] for i in pair], [found[i] for i in pair], [_right(one) for one in two]
        figure = regions_against_accuracy(*chosen, pair, dark=dark)
        show_figure(figure, "accuracy", regions_against_accuracy_in_words(*chosen))


def _right(group: Group) -> np.ndarray:
    """Accuracy of each run on fresh points."""
    return np.array([run.scores.test.accuracy for run in group.runs])


def _duel(pair: list[Group], shallow: np.ndarray) -> str:
    right = _right(pair[0])
    best, worst = right.argmax(), right.argmin()
    sizes = [one.runs[0].architecture.n_parameters for one in pair]
    return (
        f"**{judge(pair).verdicts[0].text}**, with {sizes[1]} parameters against {sizes[0]}. But "
        f"among the runs of {pair[0].name} the best, {percent(right[best])}, makes "
        f"{shallow[best]} regions and the worst, {percent(right[worst])}, {shallow[worst]}: "
        "it matters where the lines lie."
    )


def _show_lesson(comparison: Comparison, counts: list[RegionCounts]) -> None:
    groups = comparison.groups()
    deeper = judge([groups[WIDE], groups[TWICE]]).verdicts[0].text
    found = counts[WIDE]
    st.markdown(
        f"**Where the lesson and the measurement part.** “{WIDTH} ReLU neurons give "
        f"{line_bound(WIDTH)} linear regions” holds along a line, as an upper bound: here "
        f"{found.along.min()} to {found.along.max()}. In the plane they can make "
        f"{plane_bound(WIDTH)}, and make {found.in_view.min()} to {found.in_view.max()} in view. "
        f"“Depth gives nothing here” holds beside {WIDTH} neurons: {deeper}. It does not beside "
        f"{HIDDEN[SHALLOW][0]}, as the last picture shows."
    )
