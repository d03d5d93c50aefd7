from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.lab import figures_luck as luck
from moonlab.lab import figures_rates as rates
from moonlab.lab.pace import PACES, Ladder, Rung, climb
from moonlab.lab.variance_shares import Share
from moonlab.results import Group

ROWS = [
    luck.Row("<b>2→4→1</b>  mean 90%", np.array([0.8, 0.9, 0.9, 1.0]), "#9F7FE3", 0.96),
    luck.Row("<b>b</b>", np.array([0.95, 0.95, 0.95, 0.95]), "#019D70", 0.99),
]
LADDER = Ladder(
    (
        Rung(0.1, np.array([0.5, 0.6, 0.5]), ("too slow",) * 3),
        Rung(1.0, np.array([0.05, 0.02, 0.4]), ("right", "right", "oscillating")),
        Rung(10.0, np.array([np.inf, 3.0, np.inf]), ("diverged",) * 3),
    ),
    best=1,
)


def named(figure, name):
    (trace,) = [trace for trace in figure.data if trace.name == name]
    return trace


def texts(figure):
    return " ".join(one.text for one in figure.layout.annotations)


def test_every_draw_is_a_dot_at_its_value_above_its_own_floor():
    figure = luck.many_draws(ROWS, "dots")
    for index, (row, trace) in enumerate(zip(ROWS, figure.data[:2], strict=True)):
        assert_allclose(trace.x, 100 * row.values)
        assert trace.marker.color == row.color
        assert (np.abs(np.array(trace.y) + index) < 0.5).all()
    first, second = (np.array(trace.y) for trace in figure.data[:2])
    assert first[0] == first[1] == first[3] < first[2]  # the second 90% stands on the first
    assert len(set(second)) == 4
    low, high = figure.layout.xaxis.range
    assert low < 80
    assert high > 100
    assert "mean 90%" in texts(figure)


def test_the_lessons_values_and_one_draw_are_marked():
    figure = luck.many_draws(ROWS, "dots", 2)
    assert_allclose(named(figure, "the lesson's table").x, [96, 99])
    ring = named(figure, "your table")
    assert_allclose(ring.x, [90, 95])
    assert_allclose(ring.y, [figure.data[0].y[2], figure.data[1].y[2]])
    plain = luck.many_draws([row._replace(lesson=None) for row in ROWS], "dots")
    assert len(plain.data) == 2
    assert not plain.layout.showlegend


def test_a_row_of_equal_values_is_drawn():
    luck.many_draws([ROWS[1]._replace(lesson=None)], "dots")


def test_draws_in_words():
    words = luck.many_draws_in_words(ROWS, "Right")
    assert words.startswith(
        "Right. 2→4→1  mean 90%: mean 90.0%, 80.0 to 100.0%, the lesson's 96.0%"
    )


def test_shares_are_bars_with_their_intervals_and_the_sum_is_hollow():
    each = [Share(0.5, 0.4, 0.7), Share(0.0, 0.0, 0.0), Share(0.012, 0.005, 0.02)]
    total = Share(0.6, 0.5, 0.8)
    figure = luck.shares(["a", "b", "c"], each, total, "#9F7FE3")
    (bars,) = figure.data
    assert_allclose(bars.x, [50, 0, 1.2, 60])
    assert_allclose(bars.x + bars.error_x.array, [70, 0, 2, 80])
    assert_allclose(bars.x - bars.error_x.arrayminus, [40, 0, 0.5, 50])
    assert bars.marker.color == (*3 * ["#9F7FE3"], "rgba(0,0,0,0)")
    assert figure.layout.xaxis.range[1] > 100
    for text in ("a alone</b>  50% (40–70)", "b alone</b>  under 0.1%", "1.2% (0.5–2.0)"):
        assert text in texts(figure)
    words = luck.shares_in_words(["a", "b", "c"], each, total)
    assert "a alone 50% (40–70); b alone under 0.1%" in words
    assert words.endswith("their sum 60% (50–80).")


def test_a_name_from_outside_is_no_markup():
    figure = luck.shares(["<b>x</b>%{x}"], [Share(0.5, 0.4, 0.7)], Share(0.5, 0.4, 0.7), "#019D70")
    assert "<b>x</b>" not in texts(figure)


def test_every_run_is_a_mark_of_its_pace_near_its_rate():
    figure = rates.rates(LADDER, {}, chosen=1)
    count = 0
    for pace in PACES:
        trace = named(figure, pace)
        for x, y, (index,) in zip(trace.x, trace.y, trace.customdata, strict=True):
            rung = LADDER.rungs[index]
            assert abs(np.log10(x / rung.rate)) < 0.14
            assert pace in rung.paces
            assert y in rung.final or y == pytest.approx(9)  # the infinite ones, above all
            count += 1
    assert count == 9
    assert_allclose(named(figure, "median").y, [0.5, 0.05, 9])
    assert len({(t.marker.color, t.marker.symbol) for t in figure.data if t.name in PACES}) == 4
    line, band = figure.layout.shapes
    assert line.y0 == pytest.approx(5 * LADDER.lowest)
    assert band.x0 < 1 < band.x1


def test_other_optimizers_are_dotted_medians():
    figure = rates.rates(LADDER, {"other": LADDER})
    assert named(figure, "other").line.dash == "dot"


def test_rates_in_words():
    words = rates.rates_in_words(LADDER)
    assert "0.1: 0.5, all 3 too slow; 1: 0.05, 2 right, 1 oscillating; 10: inf" in words


def test_the_curves_of_a_rung_are_one_line_a_pace_with_gaps(small_data):
    architecture = ml.Architecture((3,), engine="numpy")
    runs = ml.train(architecture, ml.Training("gd", 0.5, None, epochs=9), small_data, (0, 1, 2))
    group = Group("0.5", tuple(runs))
    found = climb([group])
    paces = ("right", "oscillating", "right")
    rung = replace(found.rungs[0], paces=paces)
    figure = rates.steps(group, rung, 0.7, (0.01, 1))
    right, other = named(figure, "2 right"), named(figure, "1 oscillating")
    expected = [*runs[0].curves[:, 0], np.nan, *runs[2].curves[:, 0], np.nan]
    assert_allclose(right.y, expected, rtol=1e-6)
    assert_allclose(right.x[:10], np.arange(10))
    assert_allclose(other.y[:-1], runs[1].curves[:, 0], rtol=1e-6)
    assert_allclose(figure.layout.yaxis.range, [-2, 0])
    assert figure.layout.shapes[0].y0 == 0.7
    assert "learning rate 0.5" in rates.steps_in_words(rung)
    assert "2 right, 1 oscillating" in rates.steps_in_words(rung)


def test_the_span_holds_every_finite_end():
    assert rates.span_of(LADDER) == (0.01, 6)
