import itertools
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab import figures
from moonlab.figure_look import CLASS_COLORS
from moonlab.figure_parts import (
    Box,
    efficient,
    escaped,
    log_ticks,
    place_labels,
    short,
    swarm,
    wrapped,
)
from moonlab.judgement import judge
from moonlab.results import Group
from moonlab.stats import wilson
from moonlab.thumbnails import data_svg
from moonlab.ui.shown import MOST_PINS
from moonlab.ui.state import MAX_PANELS

HOSTILE = '<img src=x> & %{y} $x$ "//evil"'
ESCAPED = '&lt;img src=x&gt; &amp; &#37;{y} &#36;x&#36; "//evil"'
NETWORKS = (
    ml.Architecture((6,), engine="numpy", name=HOSTILE),
    ml.Architecture((3, 3), engine="numpy", activation="tanh"),
)
SVG = "{http://www.w3.org/2000/svg}"


def experiment(seeds=(0, 1, 2), **data):
    return ml.Experiment(
        ml.DataSpec(n_samples=120, noise=0.5, **data), ml.Training(epochs=6), NETWORKS, seeds
    )


@pytest.fixture(scope="module")
def comparison():
    return ml.compare(experiment())


@pytest.fixture(scope="module")
def groups(comparison):
    return comparison.groups()


@pytest.fixture(scope="module")
def single():
    """The same of one seed."""
    return ml.compare(experiment(seeds=(1,))).groups()


@pytest.fixture(scope="module")
def six():
    """Six architectures of eight seeds, with accuracies made up: one far behind."""
    runs = ml.compare(experiment()).runs
    random = np.random.default_rng(0)
    found = []
    for index, mean in enumerate((0.7, 0.9, 0.91, 0.9, 0.905, 0.9)):
        template = replace(runs[0], architecture=ml.Architecture((2 ** (index % 4 + 1),)))
        right = np.round(20_000 * (mean + 0.004 * random.normal(size=8))).astype(int)
        found.append(
            Group(f"net {index}", tuple(scored(template, n, s) for s, n in enumerate(right)))
        )
    return found


def scored(run, right, seed=0):
    """The run with so many of 20,000 test points right."""
    score = run.scores.test._replace(tn=0, fp=0, fn=20_000 - int(right), tp=int(right))
    scores = run.last_scores._replace(test=score)
    return replace(run, seed=seed, last_scores=scores)


def with_curves(group, *curves):
    runs = zip(group.runs, curves, strict=True)
    return Group(group.name, tuple(replace(run, curves=rows) for run, rows in runs))


def lines(figure, axis=None):
    return [
        one
        for one in figure.data
        if one.fill is None and one.line.width == 2 and axis in (None, one.yaxis)
    ]


def bands(figure):
    return [one for one in figure.data if one.fill]


def thin(figure):
    return [one for one in figure.data if one.fill is None and one.line.width != 2]


def by_epoch(comparison, name, column):
    """A row an epoch, a column a seed, from the table that the CSV file has."""
    table = comparison.history()
    table = table[table["architecture"] == name]
    return table.pivot_table(index="epoch", columns="seed", values=column).to_numpy()


# What all figures share


def all_figures(groups, dark=False):
    judged = judge(groups)
    return [
        figures.curves(groups, dark=dark),
        figures.accuracy_dots(groups, judged, 0.99, dark),
        figures.accuracy_against_parameters(groups, judged, 0.99, dark),
        figures.difference_matrix(judged, dark),
    ]


# How colours look to whom red or green receptors are missing, in linear RGB: Machado, Oliveira and
# Fernandes, IEEE Transactions on Visualization and Computer Graphics 15 (2009), 1291-1298
SIGHTS = {
    "all": np.eye(3),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
}  # fmt: skip
TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)  # fmt: skip


def cielab(color, sight):
    """CIE L*a*b* of "#rrggbb" as it looks to somebody."""
    encoded = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SIGHTS[sight] @ linear, 0, 1) / (0.95047, 1, 1.08883)
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
def test_panels_and_pins_have_colours_of_their_own_for_every_eye(sight):
    panels_and_pins = MAX_PANELS + MOST_PINS
    assert len(figures.ARCHITECTURE_COLORS) == panels_and_pins
    colors = [cielab(one, sight) for one in (*figures.ARCHITECTURE_COLORS, *CLASS_COLORS)]
    apart = [np.linalg.norm(a - b) for a, b in itertools.combinations(colors, 2)]
    assert min(apart) > 11
    of_the_first_five = [np.linalg.norm(a - b) for a, b in itertools.combinations(colors[:5], 2)]
    assert min(of_the_first_five) > 16


@pytest.mark.parametrize("dark", [False, True])
def test_no_name_brings_markup_placeholders_or_formulas_with_it(groups, dark):
    for figure in all_figures(groups, dark):
        text = figure.to_json()
        assert "&lt;img" in text
        assert "<img" not in text
        assert not re.search(r"%\{y\} |\$x", text)


@pytest.mark.parametrize("dark", [False, True])
def test_paper_is_clear_and_names_are_shown_whole_on_hover(groups, dark):
    for figure in all_figures(groups, dark):
        layout = figure.layout
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert layout.hoverlabel.namelength == -1
        assert layout.font.color == figures.INK[dark]
        assert "sendChartToCloud" in layout.modebar.remove


def test_one_group_more_takes_the_first_colour_again(groups):
    figure = figures.curves([groups[0]] * (len(figures.ARCHITECTURE_COLORS) + 1))
    colors = [line.line.color for line in lines(figure, "y2")[::2]]
    assert colors == [*figures.ARCHITECTURE_COLORS, figures.ARCHITECTURE_COLORS[0]]


# Curves


def test_train_is_solid_validation_dashed_in_one_colour_an_architecture(groups):
    found = [(one.yaxis, one.line.dash, one.line.color) for one in lines(figures.curves(groups))]
    first, second = figures.ARCHITECTURE_COLORS[:2]
    assert found == [
        (axis, dash, color)
        for axis in ("y", "y2")
        for color in (first, second)
        for dash in ("solid", "dash")
    ]


def test_the_legend_has_one_entry_an_architecture_that_hides_all_of_it(groups):
    data = figures.curves(groups).data
    assert [one.name for one in data if one.showlegend] == [ESCAPED, "2→3→3→1"]
    assert [sum(one.legendgroup == group for one in data) for group in "01"] == [8, 8]


def test_curves_are_means_over_seeds_from_epoch_0(comparison, groups):
    figure = figures.curves(groups)
    for name, found in zip(comparison.names or comparison.experiment.names, (0, 2), strict=True):
        for axis, kind, scale in (("y", "loss", 1), ("y2", "accuracy", 100)):
            for part, offset in (("train", 0), ("val", 1)):
                line = lines(figure, axis)[found + offset]
                expected = scale * by_epoch(comparison, name, f"{part}_{kind}").mean(axis=1)
                assert_array_equal(line.x, range(7))
                assert_allclose(line.y, expected, rtol=1e-14)


def test_hidden_lines_leave_the_figure_to_the_legend_and_all_colours_as_they_are(groups):
    every, some = figures.curves(groups), figures.curves(groups, hidden=(1,))
    assert [one.line.color for one in every.data] == [one.line.color for one in some.data]
    for before, now in zip(every.data, some.data, strict=True):
        assert before.visible is None
        assert now.visible == ("legendonly" if now.legendgroup == "1" else None)


def test_bands_are_closed_around_the_10th_to_the_90th_percentile(comparison, groups):
    found = bands(figures.curves(groups))
    names = comparison.experiment.names
    expected = [
        (scale, by_epoch(comparison, name, f"{part}_{kind}"))
        for kind, scale in (("loss", 1), ("accuracy", 100))
        for name in names
        for part in ("train", "val")
    ]
    assert len(found) == len(expected) == 8
    for band, (scale, values) in zip(found, expected, strict=True):
        low, high = np.percentile(scale * values, [10, 90], axis=1)
        assert_array_equal(band.x, [*range(7), *range(6, -1, -1)])
        assert_allclose(band.y, [*high, *low[::-1]], rtol=1e-6)
        assert (band.fill, band.hoverinfo, band.showlegend) == ("toself", "skip", False)


def test_one_seed_has_no_band_and_no_single_runs(single):
    for single_runs in (False, True):
        assert len(figures.curves(single, single_runs=single_runs).data) == 8


def test_single_runs_take_the_place_of_the_bands(comparison, groups):
    figure = figures.curves(groups, single_runs=True)
    assert not bands(figure)
    assert len(thin(figure)) == 8
    first = thin(figure)[0]  # train loss of the first architecture
    assert_array_equal(first.x, [*range(7), 6] * 3)
    rows = np.reshape(first.y, (3, 8))
    assert np.isnan(rows[:, 7]).all()
    expected = by_epoch(comparison, HOSTILE, "train_loss")
    assert_allclose(rows[:, :7].T, expected, rtol=1e-6)
    assert len(lines(figure)) == 8


def test_no_more_than_20_single_runs_are_drawn(groups):
    many = Group("many", groups[0].runs * 10)
    figure = figures.curves([many], single_runs=True)
    assert np.isnan(thin(figure)[0].y).sum() == 20
    assert_allclose(lines(figure)[0].y, lines(figures.curves(groups))[0].y, rtol=1e-14)


def test_hovering_tells_train_and_validation_in_one_line(groups):
    train, validation = lines(figures.curves(groups), "y2")[:2]
    assert_array_equal(train.customdata, validation.y)
    assert train.hovertemplate.startswith("%{y:.2f}%, %{customdata:.2f}%<extra>&lt;img src=x&gt;")
    assert validation.hoverinfo == "skip"


def test_loss_is_logarithmic_or_linear_from_0(groups):
    assert figures.curves(groups).layout.yaxis.type == "log"
    linear = figures.curves(groups, log=False).layout.yaxis
    assert (linear.type, linear.rangemode, linear.tickvals) == (None, "tozero", None)
    assert figures.curves(groups).layout.yaxis2.type is None


def test_hovering_over_the_losses_tells_both_means_of_the_table(comparison, groups):
    figure = figures.curves(groups)
    for name, train in zip(comparison.experiment.names, lines(figure, "y")[::2], strict=True):
        assert_allclose(train.y, by_epoch(comparison, name, "train_loss").mean(axis=1))
        assert_allclose(train.customdata, by_epoch(comparison, name, "val_loss").mean(axis=1))
        assert train.hovertemplate.startswith("%{y:.4g}, %{customdata:.4g}<extra>")


def test_the_axis_says_which_loss_it_holds_and_the_legend_does_if_losses_differ(groups):
    first, second = groups
    squared = second._replace(
        runs=tuple(replace(r, training=replace(r.training, loss="mse")) for r in second.runs)
    )
    for some, heading in (
        ([first], "Loss: cross-entropy"),
        ([squared], "Loss: squared error"),
        ([first, squared], "Loss: each as its name says"),
    ):
        figure = figures.curves(some)
        assert figure.layout.annotations[0].text == heading
        assert heading.removeprefix("Loss: ") in figures.curves_in_words(some)
    names = [one.name for one in figure.data if one.showlegend]
    assert names[0] == "&lt;img src=x&gt; &amp; &#37;{y} &#36;…, cross-entropy"
    assert names[1] == "2→3→3→1, squared error"
    assert "2→3→3→1, squared error 0." in figures.curves_in_words(some)
    own = squared._replace(name="by squared error")
    names = [one.name for one in figures.curves([first, own]).data if one.showlegend]
    assert names[1] == "by squared error"


def test_both_panels_share_the_axis_of_epochs(groups):
    figure = figures.curves(groups)
    assert {one.xaxis for one in figure.data} == {None}
    assert figure.layout.xaxis.anchor == "y2"
    assert figure.layout.yaxis.domain[0] > figure.layout.yaxis2.domain[1]


def test_a_run_that_diverged_stays_in_the_mean_with_its_last_finite_row(groups):
    one, *others = (run.curves for run in groups[0].runs)
    figure = figures.curves([with_curves(groups[0], one[:2] + 10, *others)])
    expected = np.mean([[*one[:2, 0] + 10, *[one[1, 0] + 10] * 5], *(c[:, 0] for c in others)], 0)
    assert_allclose(lines(figure)[0].y, expected, rtol=1e-14)


def test_runs_that_all_ended_early_have_a_curve_as_long_as_the_longest(groups):
    curves = groups[0].runs[0].curves
    ended = with_curves(groups[0], curves[:3], curves[:2], curves[:1])
    assert [len(line.y) for line in lines(figures.curves([ended]))] == [3] * 4


def test_a_group_without_one_finite_row_has_no_line(groups):
    none = with_curves(groups[0], *[np.empty((0, 4))] * 3)
    assert len(figures.curves([none]).data) == 0
    assert {one.legendgroup for one in figures.curves([none, groups[1]]).data} == {"1"}
    assert "none is finite" in figures.curves_in_words([none])


def test_a_run_without_one_finite_row_is_left_out_of_the_mean(groups):
    first, *others = (run.curves for run in groups[0].runs)
    figure = figures.curves([with_curves(groups[0], first[:0], *others)])
    assert_allclose(lines(figure)[0].y, np.mean([rows[:, 0] for rows in others], 0), rtol=1e-14)


def test_without_validation_points_nothing_is_drawn_or_said_of_them():
    groups = ml.compare(experiment(validation_fraction=0.0)).groups()
    figure = figures.curves(groups)
    assert [one.line.dash for one in lines(figure)] == ["solid"] * 4
    assert len(bands(figure)) == 4
    assert figure.layout.xaxis.unifiedhovertitle.text == "Epoch %{x}: train"
    assert "alidation" not in figures.curves_in_words(groups)


def test_a_loss_of_0_leaves_a_hole_in_a_line_and_none_in_a_band(groups):
    vanishing = with_curves(groups[0], *(run.curves * [[0.0] * 4] for run in groups[0].runs))
    figure = figures.curves([vanishing, groups[1]])
    assert all(band.connectgaps for band in bands(figure))
    assert min(figure.layout.yaxis.tickvals) > 0


def test_long_histories_are_thinned_and_keep_their_last_epoch(groups):
    long = np.linspace(1, 2, 20_001)[:, np.newaxis] * np.ones(4)
    group = with_curves(groups[0], long, long, long)
    for single_runs in (False, True):
        figure = figures.curves([group], single_runs=single_runs)
        for trace in figure.data:
            assert np.max(trace.x) == 20_000
        assert sum(len(trace.x) for trace in figure.data) < 60_000
        assert lines(figure)[0].y[-1] == 2


@pytest.mark.parametrize("single_runs", [False, True])
def test_eight_networks_of_128_seeds_and_300_epochs_stay_light(groups, single_runs):
    random = np.random.default_rng(0)
    template = groups[0].runs[0]
    runs = tuple(replace(template, curves=random.random((301, 4))) for _ in range(128))
    figure = figures.curves([Group(f"net {n}", runs) for n in range(8)], single_runs=single_runs)
    assert sum(len(trace.x) for trace in figure.data) < 61_000
    assert len(figure.to_json()) < 1.5e6
    assert_array_equal(lines(figure)[0].x, range(301))


def test_curves_in_words_end_with_the_last_means(comparison, groups):
    text = figures.curves_in_words(groups)
    loss = by_epoch(comparison, "2→3→3→1", "val_loss")[-1].mean()
    accuracy = 100 * by_epoch(comparison, "2→3→3→1", "val_accuracy")[-1].mean()
    assert text.endswith(f"; 2→3→3→1 {loss:.3g} and {accuracy:.1f}%.")
    assert "Validation loss" in text
    assert HOSTILE in text  # as it is: the text alternative is no markup


# Accuracy


def test_there_is_a_dot_a_seed_at_its_test_accuracy(comparison, groups):
    figure = figures.accuracy_dots(groups, judge(groups))
    table = comparison.runs_table()
    for dots, name in zip(figure.data[::2], comparison.experiment.names, strict=True):
        rows = table[table["architecture"] == name]
        assert_allclose(dots.x, 100 * rows["test_accuracy"], rtol=1e-14)
        assert_array_equal(dots.customdata, rows["seed"])


def test_means_carry_their_intervals_of_seeds(six):
    figure = figures.accuracy_dots(six, judge(six))
    for index, bar in enumerate(figure.data[1::2]):
        x = 100 * np.array([run.scores.test.accuracy for run in six[index].runs])
        half = 2.364624 * x.std(ddof=1) / np.sqrt(8)  # t of 7 degrees of freedom
        assert_allclose(bar.x, [x.mean()], rtol=1e-12)
        assert_allclose(bar.error_x.array, [half], rtol=1e-5)
        assert_allclose(bar.error_x.arrayminus, [half], rtol=1e-5)


def test_a_single_run_has_wilsons_interval_and_says_one_seed(single):
    judged = judge(single)
    figure = figures.accuracy_dots(single, judged)
    score = single[1].runs[0].scores.test
    low, high = wilson(score.correct, score.n)
    bar = figure.data[3]
    assert_allclose(bar.x[0] - bar.error_x.arrayminus[0], 100 * low, rtol=1e-12)
    assert_allclose(bar.x[0] + bar.error_x.array[0], 100 * high, rtol=1e-12)
    label = f"<b>2→3→3→1</b>  {bar.x[0]:.1f}% ({100 * low:.1f}–{100 * high:.1f}), 1 seed"
    assert label in [note.text for note in figure.layout.annotations]


def test_no_interval_leaves_what_is_possible(groups):
    runs = [scored(groups[0].runs[0], right, n) for n, right in enumerate((20_000, 19_000, 20_000))]
    good = [Group("good", tuple(runs))]
    bar = figures.accuracy_dots(good, judge(good)).data[1]
    assert judge(good).intervals[0].high > 1
    assert bar.x[0] + bar.error_x.array[0] == 100


def test_rows_stand_in_the_order_of_the_groups(six):
    figure = figures.accuracy_dots(six, judge(six))
    heights = [np.mean(dots.y) for dots in figure.data[::2]]
    assert heights == sorted(heights, reverse=True)
    notes = [note for note in figure.layout.annotations if "net" in note.text]
    assert [note.text[3:8] for note in notes] == [f"net {n}" for n in range(6)]
    for n, dots in enumerate(figure.data[::2]):
        assert all(abs(y + n) < 0.3 for y in dots.y)


def test_dots_move_only_where_they_coincide_and_always_alike(groups):
    apart = [scored(groups[0].runs[0], n, seed) for seed, n in enumerate((15_000, 17_000, 19_000))]
    group = [Group("apart", tuple(apart))]
    assert len(set(figures.accuracy_dots(group, judge(group)).data[0].y)) == 1
    same = [Group("same", tuple(scored(run, 18_000) for run in groups[0].runs))]
    figure = figures.accuracy_dots(same, judge(same))
    assert len(set(figure.data[0].y)) == 3
    assert figure == figures.accuracy_dots(same, judge(same))


@pytest.mark.parametrize("seed", range(20))
def test_no_two_dots_touch_on_a_track(seed):
    random = np.random.default_rng(seed)
    values = np.round(random.random(60), 2)
    tracks = swarm(values, 0.05)
    for one, other in itertools.combinations(range(60), 2):
        assert tracks[one] != tracks[other] or abs(values[one] - values[other]) >= 0.05 - 1e-12
    used = set(tracks)
    assert used == set(range(min(used), max(used) + 1))


@pytest.mark.parametrize(("best", "shown"), [(0.987, True), (None, False)])
def test_the_best_possible_is_a_line_and_a_number_where_it_is_known(six, best, shown):
    judged = judge(six)
    dots = figures.accuracy_dots(six, judged, best)
    sizes = figures.accuracy_against_parameters(six, judged, best)
    assert [shape.x0 for shape in dots.layout.shapes] == ([100 * best] if shown else [])
    assert [shape.y0 for shape in sizes.layout.shapes] == ([100 * best] if shown else [])
    for figure in (dots, sizes):
        text = " ".join(note.text for note in figure.layout.annotations)
        assert ("best possible 98.7" in text) == shown
        assert {shape.line.dash for shape in figure.layout.shapes} == ({"dash"} if shown else set())
    assert ("98.7%" in figures.accuracy_dots_in_words(six, judged, best)) == shown


def test_dots_in_words_name_every_mean(six):
    text = figures.accuracy_dots_in_words(six, judge(six))
    found = re.findall(
        r"net \d (\d\d\.\d+)% \(95% interval (\d\d\.\d+)–(\d\d\.\d+), 8 seeds\)", text
    )
    assert len(found) == 6
    for (mean, low, high), group in zip(found, six, strict=True):
        exact = 100 * np.mean([run.scores.test.accuracy for run in group.runs])
        assert float(low) < float(mean) < float(high)
        assert abs(float(mean) - exact) <= 0.5 * 10.0 ** -len(mean.split(".")[1]) + 1e-9


def test_marks_stand_at_parameters_and_mean_accuracy(six):
    figure = figures.accuracy_against_parameters(six, judge(six))
    for mark, group in zip(figure.data[1:], six, strict=True):
        accuracies = [100 * run.scores.test.accuracy for run in group.runs]
        assert mark.x == (group.runs[0].architecture.n_parameters,)
        assert_allclose(mark.y, np.mean(accuracies), rtol=1e-12)
        assert mark.error_y.array == mark.error_y.arrayminus
        assert mark.text == (group.name,)
    assert figure.layout.xaxis.type == "log"


def test_the_frontier_is_a_line_through_the_filled_marks(six):
    figure = figures.accuracy_against_parameters(six, judge(six))
    line, *marks = figure.data
    filled = sorted((m.x[0], m.y[0]) for m in marks if m.marker.symbol == "circle")
    hollow = [(m.x[0], m.y[0]) for m in marks if m.marker.symbol == "circle-open"]
    assert list(zip(line.x, line.y, strict=True)) == filled
    assert hollow
    for size, accuracy in hollow:
        assert any(a <= size and b >= accuracy for a, b in filled)
    text = figures.accuracy_against_parameters_in_words(six, judge(six))
    assert text.count("parameters, ") == len(filled)


@pytest.mark.parametrize("seed", range(50))
def test_efficient_ones_are_those_that_brute_force_finds(seed):
    random = np.random.default_rng(seed)
    sizes, scores = random.integers(1, 6, 8).tolist(), (random.integers(1, 6, 8) / 10).tolist()

    def betters(a, b):
        no_worse = sizes[a] <= sizes[b] and scores[a] >= scores[b]
        return no_worse and (sizes[a] < sizes[b] or scores[a] > scores[b])

    expected = {b for b in range(8) if not any(betters(a, b) for a in range(8))}
    found = efficient(sizes, scores)
    assert set(found) == expected
    assert [sizes[i] for i in found] == sorted(sizes[i] for i in found)
    assert [scores[i] for i in found] == sorted(scores[i] for i in found)


def test_labels_find_their_places_clear_of_each_other_and_of_the_edge():
    x, y = np.array([5.0, 30.0, 60.0, 270.0, 270.0]), np.array([100.0, 100.0, 100.0, 102.0, 20.0])
    frame = Box(0, 280, 0, 300)
    places = place_labels(["2→16→1"] * 5, x, y, [Box(28, 32, 60, 140)], frame)
    assert places[0] in ("top right", "bottom right", "middle right")
    assert all("left" in place for place in places[3:])
    sides = {"top": 1, "middle": 0, "bottom": -1}, {"left": -1, "center": 0, "right": 1}
    boxes = []
    for place, a, b in zip(places, x, y, strict=True):
        row, column = (side[word] for side, word in zip(sides, place.split(), strict=True))
        a, b = a + column * (22.75 + 7), b + row * 15
        boxes.append(Box(a - 22.75, a + 22.75, b - 8, b + 8))
    assert all(one.shared(other) == 0 for one, other in itertools.combinations(boxes, 2))
    assert all(box.shared(frame) == pytest.approx(box.area) for box in boxes)


# Differences


def test_the_matrix_is_row_minus_column_in_points(six):
    values = figures.difference_matrix(judge(six)).data[0].z
    means = [np.mean([run.scores.test.accuracy for run in group.runs]) for group in six]
    expected = 100 * np.subtract.outer(means, means)
    np.fill_diagonal(expected, np.nan)
    assert_allclose(values, expected, atol=1e-9)
    assert_allclose(values, -values.T, atol=1e-12)


def test_a_dot_marks_what_the_verdict_calls_clear(six):
    judged = judge(six)
    texts = figures.difference_matrix(judged).data[0].text
    kinds = {said.kind for said in judged.verdicts}
    assert {"clear", "equivalent"} <= kinds or {"clear", "unclear"} <= kinds
    for pair, said in zip(judged.pairs, judged.verdicts, strict=True):
        for row, column in ((pair.first, pair.second), (pair.second, pair.first)):
            assert ("●" in texts[row][column]) == (said.kind == "clear")
    assert {texts[n][n] for n in range(6)} == {""}


def test_boxes_of_the_matrix_give_mean_interval_and_counts(six):
    judged = judge(six)
    box = figures.difference_matrix(judged).data[0].hovertext
    pair = judged.pairs[0]
    assert box[0][1].startswith("net 0 minus net 1<br><b>−")
    assert box[1][0].startswith("net 1 minus net 0<br><b>+")
    assert (
        f"95% interval {100 * pair.low:.1f} to {100 * pair.high:.1f}".replace("-", "−") in box[0][1]
    )
    assert box[1][0].endswith("won 8, tied 0, lost 0 of 8")


def test_an_unclear_pair_never_shows_an_interval_that_leaves_out_0():
    pair = judged_pair(low=0.001, high=0.03, corrected=(-0.002, 0.033))
    box = figures.difference_matrix(pair).data[0].hovertext[0][1]
    assert "unclear<br>interval −0.2 to 3.3,<br>corrected for 3 pairs<br>" in box


def judged_pair(low, high, corrected):
    """Two of three groups, of which the last is not compared."""
    groups = ml.compare(experiment(seeds=tuple(range(6)))).groups()
    other = Group("pinned", groups[0].runs[:2])
    judged = judge([*groups, other])
    pair = judged.pairs[0]._replace(mean=(low + high) / 2, low=low, high=high, n_pairs=3)
    pair = pair._replace(corrected_low=corrected[0], corrected_high=corrected[1])
    verdicts = (judged.verdicts[0]._replace(kind="unclear"),)
    return replace(judged, pairs=(pair,), verdicts=verdicts)


def test_only_compared_groups_are_in_the_matrix():
    figure = figures.difference_matrix(judged_pair(0.001, 0.03, (-0.002, 0.033)))
    assert figure.data[0].z.shape == (2, 2)
    assert figure.layout.xaxis.ticktext == ("<b>A</b>", "<b>B</b>")
    assert not any("pinned" in note.text for note in figure.layout.annotations)


def test_small_differences_have_faint_colours(groups):
    cells = figures.difference_matrix(judge([groups[0], groups[0]])).data[0]
    assert (cells.zmin, cells.zmax) == (-1, 1)
    assert cells.text[0][1] == "0.00"


def test_one_seed_has_differences_without_intervals(single):
    cells = figures.difference_matrix(judge(single)).data[0]
    assert "too few<br>no interval from one seed" in cells.hovertext[0][1]


def test_the_matrix_in_words_counts_what_is_clear_and_names_the_largest(six):
    judged = judge(six)
    text = figures.difference_matrix_in_words(judged)
    n_clear = sum(said.kind == "clear" for said in judged.verdicts)
    assert f"between 6 architectures, seed by seed: clear for {n_clear} of 15 pairs." in text
    assert re.search(r"The largest: net 2 over net 0 by 2\d\.\d+ points, 95% interval \d", text)


def test_the_matrix_in_words_without_a_clear_pair(single):
    text = figures.difference_matrix_in_words(judge(single))
    assert text.endswith("seed by seed: clear for 0 of 1 pair.")


# Texts and ticks


def test_names_are_cut_and_wrapped_before_they_are_escaped():
    assert escaped("a & b") == "a &amp; b"
    assert short("&" * 60, 5) == "&amp;" * 4 + "…"
    assert short("five", 5) == "five"
    assert wrapped("<" * 60) == "&lt;" * 36 + "<br>" + "&lt;" * 24


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.2, 0.9], [0.1, 0.2, 0.5, 1, 2, 5]),
        ([1e-9, 1.0], [1e-9, 1e-7, 1e-5, 1e-3, 1e-1]),
        ([0, np.nan, 3], [1, 2, 5, 10, 20, 50]),
        ([], []),
        ([0, -1], []),
    ],
)
def test_log_ticks_are_round_and_few(values, ticks):
    assert log_ticks(np.array(values, dtype=float)) == ticks


# The data in small


@pytest.mark.parametrize("n", [10, 300, 5000])
def test_the_data_in_small_hold_up_to_300_points_inside_the_picture(n):
    data = ml.load_data(ml.DataSpec(n_samples=n, noise=0.2))
    X, y = np.concatenate([data.X_train, data.X_val]), np.concatenate([data.y_train, data.y_val])
    validates = np.arange(n) >= len(data.X_train)
    svg = ET.fromstring(data_svg(X, y, validates))
    circles, paths = list(svg.iter(f"{SVG}circle")), list(svg.iter(f"{SVG}path"))
    assert len(circles) + len(paths) == min(n, 300)
    assert svg.get("aria-label").startswith(f"{n:,} points: {n // 2:,} of class 0")
    places = [(float(one.get("cx")), float(one.get("cy"))) for one in circles]
    places += [tuple(map(float, re.findall(r"[\d.]+", one.get("d"))[:2])) for one in paths]
    assert all(2 < a < 218 and 2 < b < 138 for a, b in places)
    if n <= 300:
        assert (len(circles), len(paths)) == (len(data.X_train), len(data.X_val))


def test_the_data_in_small_keep_their_shape_and_show_validation_points_as_hollow_diamonds():
    X, y = np.array([[0.0, 0.0], [2.0, 1.0], [0.0, 1.0], [1.0, 1.0]]), np.array([0, 0, 0, 1])
    svg = ET.fromstring(data_svg(X, y, np.array([False, False, True, False])))
    train, hollow, other = list(svg)[:3]
    (a, b), (c, d) = [(float(one.get("cx")), float(one.get("cy"))) for one in train]
    assert c - a == pytest.approx(2 * (b - d), abs=0.1)  # upwards in the data is upwards here
    assert len(train) == 2
    assert (hollow.get("fill"), hollow.get("stroke"), len(hollow)) == ("none", CLASS_COLORS[0], 1)
    assert hollow[0].tag == f"{SVG}path"
    assert (other.get("fill"), [one.tag for one in other]) == (CLASS_COLORS[1], [f"{SVG}circle"])
