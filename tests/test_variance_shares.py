import re

import numpy as np
import pytest
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.lab.variance_shares import variance_shares

SDS = np.array([3.0, 2.0, 1.0])  # variances 9, 4 and 1 of 14
N = 40


def generator():
    return np.random.default_rng(7)


def additive(random, n=N, draw=None):
    """Scores of y = a + b + c with each part alone, and with all three together."""
    parts = SDS[:, np.newaxis] * (draw or random.standard_normal)((3, n))
    held = SDS * random.standard_normal(3)
    alone = parts + (held.sum() - held)[:, np.newaxis]
    return alone, parts.sum(axis=0)


def test_sources_that_add_up_get_their_shares_and_these_sum_to_one():
    found = variance_shares(*additive(generator(), 20_000), generator(), 100)
    assert_allclose([one.share for one in found.shares], SDS**2 / 14, rtol=0.05)
    assert found.total.share == pytest.approx(1, rel=0.05)
    assert found.adds_up
    assert_allclose(found.sds, SDS, rtol=0.03)
    assert found.sd == pytest.approx(14**0.5, rel=0.03)
    assert found.n == 20_000


@pytest.mark.parametrize("kind", ["standard_normal", "standard_exponential"])
def test_intervals_hold_the_true_share_about_as_often_as_they_say(kind):
    random = generator()
    hits = np.zeros(4)
    for _ in range(150):
        parts = additive(random, draw=getattr(random, kind))
        found = variance_shares(*parts, random, 400)
        truth = [*SDS**2 / 14, 1.0]
        each = [*found.shares, found.total]
        hits += [one.low <= true <= one.high for one, true in zip(each, truth, strict=True)]
    assert (hits / 150 > 0.86).all()


def test_shares_are_those_of_the_sample_variances_whatever_the_unit():
    alone, together = additive(generator())
    found = variance_shares(alone, together, generator())
    expected = [np.var(row, ddof=1) / np.var(together, ddof=1) for row in alone]
    assert_allclose([one.share for one in found.shares], expected)
    assert found.total.share == pytest.approx(sum(expected))
    moved = variance_shares(100 * alone + 5, 100 * together + 5, generator())
    assert_allclose(moved.shares, found.shares)
    assert_allclose(moved.sds, 100 * np.array(found.sds))


def test_intervals_are_percentiles_of_shares_over_the_same_resampled_seeds():
    alone, together = additive(generator())
    found = variance_shares(alone, together, generator(), 300)
    draws = generator().integers(N, size=(300, N))
    shares = np.array(
        [[np.var(row[d], ddof=1) / np.var(together[d], ddof=1) for row in alone] for d in draws]
    )
    expected = np.percentile(shares, [2.5, 97.5], axis=0).T
    assert_allclose([one[1:] for one in found.shares], expected)
    assert_allclose(found.total[1:], np.percentile(shares.sum(axis=1), [2.5, 97.5]))


@pytest.mark.parametrize(("held", "above"), [(3.0, True), (0.1, False)])
def test_where_sources_multiply_the_sum_depends_on_where_the_others_were_held(held, above):
    random = generator()
    a, b = random.standard_normal((2, 200))
    found = variance_shares([a * held, held * b], a * b, random)
    assert not found.adds_up
    assert (found.total.low > 1) == above


def test_a_source_that_does_nothing_has_a_share_of_exactly_zero():
    alone, together = additive(generator())
    found = variance_shares([alone[0], np.full(N, 0.1)], together, generator())
    assert found.shares[1] == (0, 0, 0)
    assert found.sds[1] == 0


def test_the_same_source_alone_and_together_has_a_share_of_one_without_doubt():
    _, together = additive(generator())
    found = variance_shares([together], together, generator())
    assert_allclose([found.shares[0], found.total], 1)


def test_without_variance_there_are_no_shares():
    found = variance_shares([np.full(8, 0.3)], np.full(8, 0.3), generator())
    assert np.isnan([found.shares[0], found.total]).all()
    assert (found.sds, found.sd, found.adds_up) == ((0,), 0, False)


def test_resamples_without_variance_are_left_out():
    together = np.append(np.zeros(7), 1.0)  # one of three resamples has no variance
    found = variance_shares([together / 2], together, generator())
    assert_allclose(found.shares[0], 0.25)


def test_the_same_generator_repeats_and_another_differs():
    alone, together = additive(generator())
    found = variance_shares(alone, together, generator())
    assert variance_shares(alone, together, generator()) == found
    assert variance_shares(alone, together, np.random.default_rng(8)) != found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([[0.1] * 5], [0.1] * 5, generator()), "`together` must be at least 6 scores"),
        (([[0.1] * 7], [0.1] * 8, generator()), "as many as in each row of `alone`. Got 8"),
        (([0.1] * 8, [0.1] * 8, generator()), "`alone` must be numbers"),
        (([[0.1] * 8], [float("nan")] * 8, generator()), "`together` must be numbers"),
        (([[0.1] * 8], [0.1] * 8, 7), "`random` must be a numpy.random.Generator. Got 7"),
        (([[0.1] * 8], [0.1] * 8, generator(), 10), "`n_resamples` must be an integer from 100"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, words):
    with pytest.raises(ml.SpecError, match=re.escape(words)):
        variance_shares(*arguments)


def test_all_faults_are_named_at_once():
    with pytest.raises(ml.SpecError) as caught:
        variance_shares("?", None, None, 0)
    fields = [fault.field for fault in caught.value.faults]
    assert fields == ["alone", "together", "random", "n_resamples"]
