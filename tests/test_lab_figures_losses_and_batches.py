import numpy as np
import pytest
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.functional import LOSSES
from moonlab.lab import figures_batches, figures_losses, figures_races
from moonlab.lab.gradient_noise import GradientNoise
from moonlab.lab.point_loss import LESSON_CASES, PointLoss, logit_of

NAMES = ("short", "&lt;b&gt;long&lt;/b&gt;")


@pytest.fixture(scope="module")
def groups():
    architectures = (
        ml.Architecture((3,), engine="numpy", name="short", override={"epochs": 4}),
        ml.Architecture((3,), engine="numpy", name="<b>long</b>"),
    )
    training = ml.Training(epochs=40, batch_size=None)
    data = ml.DataSpec(n_samples=40)
    return ml.compare(ml.Experiment(data, training, architectures, (0, 1, 2))).groups()


def named(figure, name):
    return [trace for trace in figure.data if trace.name == name]


def train_accuracy(group):
    return 100 * np.array([run.curves[:, 2] for run in group.runs])


@pytest.mark.parametrize("single_runs", [True, False])
def test_a_race_shows_mean_accuracy_against_its_own_clock(groups, single_runs):
    figure = figures_races.race(groups, (10, 1), "Updates", single_runs=single_runs)
    for group, name, step in zip(groups, NAMES, (10, 1), strict=True):
        (line,) = named(figure, name)
        means = train_accuracy(group).mean(axis=0)
        assert_allclose(line.x, step * np.arange(len(means)))
        assert_allclose(line.y, means)
    assert figure.layout.xaxis.title.text == "Updates"
    assert ["markers" in named(figure, name)[0].mode for name in NAMES] == [True, False]


def test_a_thin_line_is_a_run(groups):
    figure = figures_races.race(groups, (1, 1), "Updates", single_runs=True)
    thin = figure.data[0]
    runs = np.split(np.array(thin.y), np.flatnonzero(np.isnan(thin.y)))
    assert_allclose(runs[0], train_accuracy(groups[0])[0])
    assert_allclose(runs[2][1:], train_accuracy(groups[0])[2])


def test_a_band_holds_8_of_10_runs(groups):
    band = figures_races.race(groups, (1, 1), "Updates").data[0]
    high, low = np.split(np.array(band.y), 2)
    expected = np.percentile(train_accuracy(groups[0]), (10, 90), axis=0)
    assert_allclose([low[::-1], high], expected)


def test_a_race_in_words_says_where_it_begins_and_ends(groups):
    words = figures_races.race_in_words(groups, "Updates")
    means = train_accuracy(groups[0]).mean(axis=0)
    assert f"against updates: short from {means[0]:.1f}% to {means[-1]:.1f}%" in words


@pytest.mark.parametrize("y", [0, 1])
@pytest.mark.parametrize(("loss", "name"), figures_losses.LOSS_NAMES.items())
def test_both_losses_and_gradients_stand_over_the_logit_with_the_point_and_the_cases(y, loss, name):
    figure = figures_losses.losses_at_logit(PointLoss.at(-2.0, y))
    for axis, part in (("y", "value"), ("y2", "gradient")):
        function = getattr(LOSSES[loss], part)
        line, cases, point = (trace for trace in named(figure, name) if trace.yaxis == axis)
        assert_allclose(line.y, function(np.array(line.x), y))
        p = 1 / (1 + np.exp(-np.array(cases.x)))
        assert_allclose(p if y else 1 - p, LESSON_CASES)
        assert_allclose(cases.y, function(np.array(cases.x), y))
        assert (point.x[0], point.y[0]) == (-2.0, pytest.approx(function(np.array(-2.0), y)))


def test_the_losses_in_words_tell_the_point():
    words = figures_losses.losses_at_logit_in_words(PointLoss.at(logit_of(0.5), 1))
    assert "cross-entropy is 0.693 with gradient -0.5, squared error 0.25" in words


@pytest.mark.parametrize(("factor", "anchor"), [(1, "right"), (20, "left")])
def test_noise_is_shown_as_measured_and_as_theory_has_it(factor, anchor):
    sizes = np.array([1, 2, 64, 96])
    noise = GradientNoise(sizes, factor * 1.1 / sizes, factor / sizes, factor * 0.9 / sizes, 0.5)
    figure = figures_batches.noise(noise)
    for name, values in (
        ("measured", noise.measured),
        ("theory", noise.expected),
        ("1/√B", noise.with_replacement),
    ):
        (trace,) = named(figure, name)
        assert_allclose(trace.x, sizes)
        assert_allclose(trace.y, values)
    assert list(figure.layout.xaxis.tickvals) == [1, 2, 64]  # 96 would touch 64 on a phone
    assert figure.layout.annotations[0].xanchor == anchor
    assert "from 1.10 times the gradient's length at 1 to 0.01 at 96" in (
        figures_batches.noise_in_words(noise._replace(measured=1.1 / sizes))
    )
