import math

import numpy as np
import pytest

import moonlab as ml
from moonlab.lab.point_loss import LESSON_CASES, PointLoss, logit_of


@pytest.mark.parametrize(
    ("p", "bce", "mse", "tolerance"),
    [(0.01, -0.99, -0.0196, 5e-5), (0.5, -0.5, -0.25, 0), (0.99, -0.01, -0.0002, 5e-6)],
)
def test_the_lessons_three_cases(p, bce, mse, tolerance):
    point = PointLoss.at(logit_of(p), 1)
    assert p in LESSON_CASES
    assert point.p == pytest.approx(p)
    assert point.bce_gradient == pytest.approx(bce, rel=1e-12)
    assert point.mse_gradient == pytest.approx(mse, abs=tolerance)


@pytest.mark.parametrize("y", [0, 1])
@pytest.mark.parametrize("z", [-7.0, -2.0, 0.0, 0.3, 7.0])
def test_losses_by_their_definitions_and_gradients_by_finite_differences(z, y):
    point = PointLoss.at(z, y)
    p = 1 / (1 + math.exp(-z))
    assert (point.z, point.y, point.p) == (z, y, pytest.approx(p))
    assert point.p_true == pytest.approx(p if y else 1 - p)
    assert point.bce == pytest.approx(-math.log(point.p_true))
    assert point.mse == pytest.approx((p - y) ** 2)
    step = 1e-5
    above, below = PointLoss.at(z + step, y), PointLoss.at(z - step, y)
    for name in ("bce", "mse"):
        slope = (getattr(above, name) - getattr(below, name)) / (2 * step)
        assert getattr(point, f"{name}_gradient") == pytest.approx(slope, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("z", [-3.0, 0.0, 3.0])
def test_class_0_is_the_mirror_image_of_class_1(z):
    one, other = PointLoss.at(z, 1), PointLoss.at(-z, 0)
    assert one.p_true == pytest.approx(other.p_true)
    assert (one.bits, one.bce, one.mse) == pytest.approx((other.bits, other.bce, other.mse))
    assert one.bce_gradient == pytest.approx(-other.bce_gradient)
    assert one.mse_gradient == pytest.approx(-other.mse_gradient)


def test_surprise_counts_coin_tosses():
    assert PointLoss.at(logit_of(1 / 8), 1).bits == pytest.approx(3)
    assert PointLoss.at(logit_of(1 / 8), 0).bits == pytest.approx(math.log2(8 / 7))
    assert PointLoss.at(0.0, 1).bits == pytest.approx(1)


def test_mean_surprise_is_least_where_the_prediction_is_the_truth():
    truth, told = 0.3, np.linspace(0.01, 0.99, 99)
    mean = [
        truth * PointLoss.at(logit_of(float(p)), 1).bits
        + (1 - truth) * PointLoss.at(logit_of(float(p)), 0).bits
        for p in told
    ]
    assert told[np.argmin(mean)] == pytest.approx(truth)
    entropy = -truth * math.log2(truth) - (1 - truth) * math.log2(1 - truth)
    assert min(mean) == pytest.approx(entropy)


@pytest.mark.parametrize("p", LESSON_CASES)
def test_squared_error_pulls_weaker_by_the_factor_that_it_multiplies(p):
    assert PointLoss.at(logit_of(p), 1).times_weaker == pytest.approx(1 / (2 * p * (1 - p)))


def test_where_squared_error_does_not_pull_at_all_it_is_infinitely_weaker():
    point = PointLoss.at(-700.0, 1)
    assert point.bce_gradient == -1
    assert point.times_weaker > 1e300
    assert PointLoss.at(700.0, 0).times_weaker == math.inf


@pytest.mark.parametrize("z", [math.nan, math.inf, -701, "0", True, None])
def test_a_logit_that_is_none_is_refused(z):
    with pytest.raises(ml.SpecError, match="`z` must be a number from -700 to 700"):
        PointLoss.at(z, 1)


@pytest.mark.parametrize("y", [2, -1, 1.0, True, None])
def test_a_class_that_is_none_is_refused(y):
    with pytest.raises(ml.SpecError, match="`y` must be a class: 0 or 1"):
        PointLoss.at(0.0, y)


@pytest.mark.parametrize("p", [0.0, 1.0, math.nan, 2, "0.5"])
def test_a_probability_without_a_logit_is_refused(p):
    with pytest.raises(ml.SpecError, match="`p` must be a number above 0 and below 1"):
        logit_of(p)
