import math
import re
from dataclasses import replace

import numpy as np
import pytest

import moonlab as ml
from moonlab.functional import LOSSES
from moonlab.lab.pace import PACES, RATES, climb, coin_toss, ladder, pace, setback
from moonlab.results import Group

SMALL = ml.load_data(ml.DataSpec(n_samples=40))
NUMPY = ml.Architecture((4,), engine="numpy")


@pytest.fixture(scope="module")
def some_run():
    return ml.train(NUMPY, ml.Training(epochs=1), SMALL)[0]


@pytest.fixture(scope="module")
def by_gd():
    return ml.compare(ladder("gd"))


def with_losses(run, losses, **more):
    curves = np.full((len(losses), 4), np.nan)
    curves[:, 0] = losses
    return replace(run, curves=curves, **more)


def curve(*logs):
    """Losses e to these powers."""
    return np.exp(np.array(logs, dtype=float))


@pytest.mark.parametrize(
    ("logs", "share"),
    [
        ((0, -1, -2, -5), 0),
        ((0, -1, 0, -1, 0), 1),
        ((0, -2, -1, -4), 1 / 5),
        ((0, 3, 1), 3 / 2),
        ((0, 0, 0), 0),
        ((0,), 0),
        ((0, 1), math.inf),
    ],
)
def test_setback_is_what_steps_up_undo_of_what_steps_down_gain(some_run, logs, share):
    assert setback(with_losses(some_run, curve(*logs))) == pytest.approx(share)


def test_a_loss_of_exactly_zero_is_as_good_as_can_be_and_no_error(some_run):
    assert setback(with_losses(some_run, [0.5, 0.1, 0.0, 0.0])) == 0
    assert pace(with_losses(some_run, [0.5, 0.1, 0.0, 0.0]), 0.0) == "right"


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        (np.geomspace(0.7, 0.02, 50), "right"),
        (np.geomspace(0.7, 0.049, 50), "right"),
        (np.geomspace(0.7, 0.051, 50), "too slow"),
        (np.geomspace(1.5, 1.4, 50), "too slow"),  # above a coin toss, but calm
        ([0.7, 0.9, 0.5, 0.7, 0.3, 0.4, 0.1], "oscillating"),  # up 0.88 of down 2.82, ends high
        ([0.7, 0.9, 0.5, 0.7, 0.3, 0.4, 0.02], "right"),  # the same with a good end
        ([0.7, 0.1, 0.7, 0.1, 0.6, 0.04], "oscillating"),  # over half is undone
        ([0.6, 0.3, 0.65], "diverged"),  # ends higher than it began
        ([0.9, 0.3, 0.6931472], "diverged"),  # lower than it began, but a coin is as good
        ([0.9, 0.3, 0.69], "oscillating"),
        ([0.6, 0.5], "too slow"),
    ],
)
def test_each_pace_is_told_from_the_curve_by_its_rule(some_run, losses, expected):
    assert pace(with_losses(some_run, losses), lowest=0.01) == expected


def test_a_run_that_became_infinite_diverged_however_low_its_last_finite_loss(some_run):
    run = with_losses(some_run, np.geomspace(0.7, 0.001, 50), status="diverged")
    assert pace(run, 0.01) == "diverged"
    assert pace(with_losses(some_run, [], status="diverged"), 0.01) == "diverged"


def test_a_real_run_whose_weights_become_infinite_diverged():
    wild = ml.Training("gd", 100.0, None, epochs=300, l2=10.0)
    calm = ml.Training("gd", 0.1, None, epochs=300)
    groups = [
        Group("wild", tuple(ml.train(NUMPY, wild, SMALL))),
        Group("calm", tuple(ml.train(NUMPY, calm, SMALL))),
    ]
    found = climb(groups)
    assert found.rungs[0].final[0] == np.inf
    assert found.rungs[0].paces == ("diverged",)
    assert found.best == 1
    with pytest.raises(ml.SpecError, match="`groups` must be groups of runs, one of which stays"):
        climb(groups[:1])


@pytest.mark.parametrize("loss", ["bce", "mse"])
def test_a_coin_toss_costs_the_same_for_both_classes_and_is_the_best_constant(loss):
    z, y = np.linspace(-3, 3, 601), np.array([[0], [1]])
    mean = LOSSES[loss].value(z, y).mean(axis=0)
    assert coin_toss(loss) == pytest.approx(mean.min())
    assert coin_toss("bce") == pytest.approx(math.log(2))


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(0.002, "too slow"), (0.5, "right"), (1.5, "right"), (2.0001, "diverged"), (3, "diverged")],
)
def test_on_a_bowl_steps_diverge_from_twice_the_way_to_the_bottom(some_run, rate, expected):
    """Gradient descent on x²/2 multiplies x by 1 − rate."""
    x = 3 * (1.0 - rate) ** np.arange(60)
    assert pace(with_losses(some_run, 0.001 + x**2 / 2), lowest=0.002) == expected


def test_the_ladder_climbs_through_all_four_paces_in_order(by_gd):
    found = climb(by_gd.groups())
    assert [rung.rate for rung in found.rungs] == list(RATES)
    order = [PACES.index(rung.main) for rung in found.rungs]
    assert order == sorted(order)
    assert set(order) == set(range(4))
    assert found.lowest == min(rung.median for rung in found.rungs)


def test_paces_by_what_another_ladder_reaches_leave_medians_and_the_best_rung_alone(by_gd):
    own, other = climb(by_gd.groups()), climb(by_gd.groups(), 0.001)
    assert (other.best, other.lowest) == (own.best, own.lowest)
    assert "right" not in {rung.main for rung in other.rungs}


def test_rate_3_is_fine_for_the_full_batch_and_10_wrecks_it(by_gd):
    """LESSON.md §7: 99.6% of the training points after 200 updates at 3, 79% at 10."""
    right = {
        group.name: 100 * np.mean([run.scores.train.accuracy for run in group.runs])
        for group in by_gd.groups()
    }
    assert {len(run.curves) for run in by_gd.runs} == {201}
    assert round(right["3"], 1) == 99.6
    assert round(right["10"]) == 79
    assert round(right["1"], 1) == 97.6  # cross-entropy in the same section, at the lesson's rate
    rungs = {rung.rate: rung for rung in climb(by_gd.groups()).rungs}
    assert (rungs[1].main, rungs[3].main, rungs[10].main) == ("right", "right", "oscillating")


def test_momentum_at_a_tenth_of_the_rate_ends_where_plain_descent_does(by_gd):
    plain = {rung.rate: rung.median for rung in climb(by_gd.groups()).rungs}
    momentum = ladder("momentum")
    some = [momentum.architectures[index] for index in (1, 2)]
    found = climb(ml.compare(replace(momentum, architectures=tuple(some))).groups())
    for rung in found.rungs:
        assert rung.median == pytest.approx(plain[round(10 * rung.rate, 9)], rel=0.05)


def test_what_makes_no_sense_is_refused(some_run):
    with pytest.raises(ml.SpecError, match=re.escape("`lowest` must be a number from 0")):
        pace(some_run, -1.0)
    with pytest.raises(ml.SpecError, match=re.escape("`run` must be a Run. Got None")):
        setback(None)
    with pytest.raises(ml.SpecError, match="`groups` must be"):
        climb([])
    with pytest.raises(ml.SpecError, match="`optimizer` must be 'gd' or"):
        ladder("sgd")
