import math

import numpy as np
import pytest
from scipy.stats import ttest_ind

import moonlab as ml
from moonlab.lab.unpaired import unpaired_difference


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 20), (20, 20)])
def test_the_interval_is_welchs_of_scipy(n, m):
    random = np.random.default_rng(n)
    first, second = random.uniform(0.7, 0.9, n), random.uniform(0.6, 0.65, m)
    found = unpaired_difference(first, second)
    expected = ttest_ind(first, second, equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.mean == pytest.approx(first.mean() - second.mean())
    assert found.n == n + m


def test_scores_without_spread_have_an_interval_without_width():
    found = unpaired_difference([0.75, 0.75], [0.5, 0.5, 0.5])
    assert (found.mean, found.low, found.high) == (0.25, 0.25, 0.25)


@pytest.mark.parametrize("bad", [[0.5], [], [0.5, 1.5], [0.5, math.nan], "ab", [[0.5, 0.5]]])
def test_what_is_no_group_of_scores_is_refused_by_name(bad):
    with pytest.raises(ml.SpecError, match="first"):
        unpaired_difference(bad, [0.5, 0.6])
    with pytest.raises(ml.SpecError, match="second"):
        unpaired_difference([0.5, 0.6], bad)
