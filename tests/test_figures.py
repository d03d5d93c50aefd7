from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import moonlab as ml
from moonlab import figures

BLUE, ORANGE = "#0072B2", "#E69F00"
HOSTILE = '<img src=x> & <a href="//evil">'
ESCAPED = "&lt;img src=x&gt; &amp; &lt;a href=&quot;//evil&quot;&gt;"
NETWORKS = (
    ml.Architecture((6,), engine="numpy", name=HOSTILE),
    ml.Architecture((3, 3), engine="numpy", activation="tanh"),
)


def experiment(**data):
    return ml.Experiment(
        ml.DataSpec(n_samples=120, noise=0.5, **data), ml.Training(epochs=6), NETWORKS, (0, 1, 2)
    )


@pytest.fixture(scope="module")
def comparison():
    return ml.compare(experiment())


@pytest.fixture(scope="module")
def without_validation():
    return ml.compare(experiment(validation_fraction=0.0))


def runs_of(comparison, index=0):
    return list(comparison.groups())[index][1]


# Loss curves


def test_every_network_has_a_solid_train_and_a_dashed_validation_line(comparison):
    lines = figures.loss_curves(comparison).data
    assert [(line.name, line.line.dash) for line in lines] == [
        (f"{ESCAPED}, train", "solid"),
        (f"{ESCAPED}, validation", "dash"),
        ("2→3→3→1, train", "solid"),
        ("2→3→3→1, validation", "dash"),
    ]


def test_the_two_lines_of_a_network_share_a_colour_that_is_no_classs(comparison):
    colors = [line.line.color for line in figures.loss_curves(comparison).data]
    assert colors[0] == colors[1] != colors[2] == colors[3]
    assert not {BLUE, ORANGE} & set(colors)


def test_eight_networks_have_eight_colours_apart_from_the_classes():
    assert len({*figures.ARCHITECTURE_COLORS[:8], BLUE, ORANGE}) == 10


def test_a_curve_is_the_mean_over_seeds_from_epoch_0(comparison):
    table = (
        comparison.history().groupby(["architecture", "epoch"], sort=False).mean(numeric_only=True)
    )
    lines = iter(figures.loss_curves(comparison).data)
    for name in comparison.experiment.names:
        for column in ("train_loss", "val_loss"):
            line = next(lines)
            assert_array_equal(line.x, range(7))
            assert_allclose(line.y, table.loc[name, column], rtol=1e-14)


def test_a_run_that_diverged_stays_in_the_mean_with_its_last_finite_row(comparison):
    short, *others = runs_of(comparison)
    short = replace(short, curves=short.curves[:2] + 10, status="diverged")
    runs = (short, *others, *runs_of(comparison, 1))
    line = figures.loss_curves(ml.Comparison(comparison.experiment, runs)).data[0]
    expected = [
        np.mean([run.curves[min(row, len(run.curves) - 1), 0] for run in runs[:3]])
        for row in range(7)
    ]
    assert_allclose(line.y, expected, rtol=1e-14)


def test_runs_that_all_ended_early_have_a_curve_as_long_as_the_longest(comparison):
    runs = tuple(replace(run, curves=run.curves[:3]) for run in comparison.runs)
    lines = figures.loss_curves(ml.Comparison(comparison.experiment, runs)).data
    assert [len(line.y) for line in lines] == [3, 3, 3, 3]


def test_without_validation_points_nothing_is_drawn_for_them(without_validation):
    names = [line.name for line in figures.loss_curves(without_validation).data]
    assert names == [f"{ESCAPED}, train", "2→3→3→1, train"]
