import math
import time

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose

import moonlab as ml
from moonlab.stats import (
    ALPHA,
    MIN_SEEDS,
    PairedDifference,
    decimals,
    mean_interval,
    paired_differences,
    seeds_needed,
    wilson,
)

SHAPES = st.tuples(st.integers(2, 5), st.integers(2, 12))
COUNTS = SHAPES.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(0, 60)))
CLOSE = SHAPES.flatmap(lambda shape: arrays(np.int64, shape, elements=st.integers(57, 60)))
SCORES = (COUNTS | CLOSE).map(lambda counts: counts / 60)


def one_pair(*differences):
    """The pair whose seeds differ by these."""
    first = 0.5 + np.array(differences)
    return paired_differences([first, np.full(len(first), 0.5)])[0]


def a_pair(mean, sd, n, n_pairs=1):
    """A pair of which only what `seeds_needed` looks at is set."""
    fields = dict.fromkeys(PairedDifference._fields, math.nan)
    return PairedDifference(**fields | {"mean": mean, "sd": sd, "n": n, "n_pairs": n_pairs})


# Wilson


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [(57, 60, 0.863, 0.983), (60, 60, 0.940, 1), (59, 60, 0.911, 0.997), (0, 10, 0, 0.278)],
)
def test_wilson_gives_the_known_intervals(correct, n, low, high):
    assert_allclose(wilson(correct, n), (low, high), atol=5e-4)


@pytest.mark.parametrize(("level", "z"), [(0.95, 1.959963984540054), (0.99, 2.5758293035489004)])
def test_wilson_is_its_formula(level, z):
    for correct, n in [(0, 1), (3, 7), (57, 60), (19_763, 20_000)]:
        p, denominator = correct / n, 1 + z**2 / n
        half = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        expected = [(p + z**2 / (2 * n) + sign * half) / denominator for sign in (-1, 1)]
        assert_allclose(wilson(correct, n, level), expected, atol=1e-12)


@pytest.mark.parametrize("level", [0.5, 0.95, 0.9999])
def test_wilson_is_scipys(level):
    for correct, n in [(0, 1), (1, 1), (0, 60), (3, 7), (60, 60), (19_763, 20_000)]:
        ours, test = wilson(correct, n, level), scipy.stats.binomtest(correct, n)
        assert_allclose(ours, test.proportion_ci(level, "wilson"), rtol=1e-12)


def test_wilson_of_no_points_has_no_bounds():
    assert np.isnan(wilson(0, 0)).all()


@pytest.mark.parametrize("n", [60, 200])
def test_wilson_covers_the_truth(n):
    random = np.random.default_rng(n)
    bounds = np.array([wilson(correct, n) for correct in range(n + 1)])  # (n + 1, 2)
    true = random.uniform(0.5, 1, 20_000)
    low, high = bounds[random.binomial(n, true)].T
    assert 0.93 < np.mean((low <= true) & (true <= high)) < 0.97


# The mean


@pytest.mark.parametrize(
    ("n", "level", "t"),  # from a printed table of Student's t
    [(2, 0.95, 12.706), (5, 0.95, 2.776), (20, 0.95, 2.093), (20, 0.99, 2.861), (64, 0.90, 1.669)],
)
def test_mean_interval_is_students(n, level, t):
    values = np.arange(n) ** 2 / n
    found = mean_interval(values, level)
    half = t * math.sqrt(((values - values.mean()) ** 2).sum() / (n - 1)) / math.sqrt(n)
    assert (found.n, found.mean) == (n, pytest.approx(values.mean()))
    assert_allclose((found.low, found.high), values.mean() + np.array([-half, half]), rtol=1e-3)


def test_one_run_has_no_interval():
    found = mean_interval([0.7])
    assert (found.mean, found.n) == (0.7, 1)
    assert np.isnan([found.low, found.high, found.sd]).all()


def test_equal_values_have_an_interval_of_no_width():
    assert mean_interval([0.1, 0.1, 0.1]) == (0.1, 0.1, 0.1, 3, 0)  # their sum is not 0.3


@pytest.mark.parametrize("n", [2, 6, 20])
def test_mean_interval_covers_the_truth(n):
    samples = np.random.default_rng(n).normal(0.9, 0.02, (3000, n))
    found = [mean_interval(sample) for sample in samples]
    assert 0.935 < np.mean([one.low <= 0.9 <= one.high for one in found]) < 0.965


# Pairs


def test_paired_differences_of_three_architectures_by_hand():
    scores = [[0.9, 0.8, 0.9, 0.7], [0.8, 0.8, 1.0, 0.5], [0.1, 0.2, 0.3, 0.4]]
    pairs = paired_differences(scores)
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    pair = pairs[0]  # differences 0.1, 0, −0.1, 0.2
    assert (pair.n, pair.won, pair.tied, pair.lost, pair.n_pairs) == (4, 2, 1, 1, 3)
    assert pair.probability_of_improvement == 0.625
    assert pair.mean == pytest.approx(0.05)
    assert pair.sd == pytest.approx(math.sqrt(0.05 / 3))
    half = 3.182446 * math.sqrt(0.05 / 3) / 2
    assert_allclose((pair.low, pair.high), (0.05 - half, 0.05 + half), rtol=1e-6)


def test_paired_differences_agree_with_scipys_paired_t_test():
    scores = np.random.default_rng(0).beta(20, 2, (6, 15))
    for pair in paired_differences(scores):
        expected = scipy.stats.ttest_rel(scores[pair.first], scores[pair.second])
        assert pair.p == pytest.approx(expected.pvalue, rel=1e-9)
        assert_allclose((pair.low, pair.high), expected.confidence_interval(0.95), rtol=1e-9)


def test_probability_of_improvement_looks_at_signs_alone():
    assert one_pair(0.01, 0.01, 0.01, -0.4).probability_of_improvement == 0.75
    assert one_pair(*[0.0] * 8).probability_of_improvement == 0.5


def test_ties_everywhere_have_p_one():
    pair = one_pair(*[0.0] * 20)
    assert (pair.mean, pair.low, pair.high, pair.p, pair.p_holm, pair.tied) == (0, 0, 0, 1, 1, 20)


@pytest.mark.parametrize("by", [0.1, -0.1, 1 / 20_000])
def test_the_same_difference_on_all_seeds_has_p_zero(by):
    scores = np.linspace(0.3, 0.8, 20)  # of which 0.1 away is not the same in binary
    pair = paired_differences([scores + by, scores])[0]
    assert (pair.sd, pair.p, pair.p_holm) == (0, 0, 0)
    assert pair.low == pair.mean == pair.high == pytest.approx(by)


def test_one_seed_has_no_interval_and_no_p_value():
    pairs = paired_differences([[0.9], [0.8], [0.8]])
    for pair in pairs:
        missing = ("low", "high", "sd", "p", "p_holm", "corrected_low", "corrected_high")
        assert all(math.isnan(getattr(pair, field)) for field in missing)
    assert [(pair.won, pair.tied) for pair in pairs] == [(1, 0), (1, 0), (0, 1)]


def test_one_architecture_has_no_pairs():
    assert paired_differences([[0.9, 0.8]]) == []


@given(SCORES)
def test_swapping_architectures_changes_nothing_but_signs(scores):
    last = len(scores) - 1
    there = {(pair.first, pair.second): pair for pair in paired_differences(scores)}
    for pair in paired_differences(scores[::-1]):
        mirrored = pair.swapped()._replace(first=last - pair.second, second=last - pair.first)
        assert mirrored == there[last - pair.second, last - pair.first]
        assert pair.swapped().swapped() == pair


@given(SCORES)
def test_p_values_and_intervals_never_contradict_each_other(scores):
    for pair in paired_differences(scores):
        assert pair.low <= pair.mean <= pair.high
        assert pair.corrected_low <= pair.low
        assert pair.high <= pair.corrected_high
        assert (pair.p < ALPHA) == (not pair.low <= 0 <= pair.high)
        assert (pair.p_holm < ALPHA) == (not pair.corrected_low <= 0 <= pair.corrected_high)
        assert pair.p <= pair.p_holm <= 1
        assert pair.won + pair.tied + pair.lost == pair.n


def holm_step_by_step(p_values):
    """Holm's procedure as he states it, for which p values are rejected at which level."""

    def rejected_at(alpha):
        rejected = set()
        for step, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
            if p_values[index] > alpha / (len(p_values) - step):
                break
            rejected.add(index)
        return rejected

    return rejected_at


@given(SCORES)
def test_holm_rejects_what_its_step_by_step_procedure_rejects(scores):
    pairs = paired_differences(scores)
    rejected_at = holm_step_by_step([pair.p for pair in pairs])
    for index, pair in enumerate(pairs):  # the corrected p is the least level that rejects
        assert index in rejected_at(pair.p_holm * (1 + 1e-9) + 1e-300) or pair.p_holm == 1
        assert index not in rejected_at(pair.p_holm * (1 - 1e-9)) or pair.p_holm == 0


def test_corrected_p_and_interval_are_those_of_holms_steps():
    random = np.random.default_rng(5)
    kinds = set()
    for _ in range(40):
        scores = random.normal([[0.8], [0.8], [0.83], [0.86]], 0.03, (4, 10))
        pairs = sorted(paired_differences(scores), key=lambda pair: pair.p)
        steps = np.maximum.accumulate([pair.p * (6 - k) for k, pair in enumerate(pairs)])
        failed = int(np.sum(steps < ALPHA))
        kinds.add(failed)
        for k, pair in enumerate(pairs):
            assert pair.p_holm == pytest.approx(min(steps[k], 1), rel=1e-12)
            test = scipy.stats.ttest_rel(scores[pair.first], scores[pair.second])
            expected = test.confidence_interval(1 - ALPHA / (6 - min(k, failed)))
            assert_allclose((pair.corrected_low, pair.corrected_high), expected, rtol=1e-8)
    assert kinds >= {0, 2, 3, 4, 5}


def test_paired_interval_covers_the_true_difference():
    random = np.random.default_rng(1)
    luck = random.normal(0, 0.03, (3000, 1, 12))  # of the seed, which both share
    scores = np.array([[0.82], [0.8]]) + luck + random.normal(0, [[0.02], [0.01]], (3000, 2, 12))
    pairs = [paired_differences(one)[0] for one in scores]
    assert 0.935 < np.mean([pair.low <= 0.02 <= pair.high for pair in pairs]) < 0.965


def normal(random, size):
    return np.clip(random.normal(0.8, 0.03, size), 0, 1)


def skewed(random, size):
    """Most seeds near the top, some far below: what small networks do."""
    return np.where(random.random(size) < 0.15, random.uniform(0.5, 0.9, size), 0.988)


def quantised(random, size):
    return random.binomial(60, 0.97, size) / 60


@pytest.mark.parametrize(("draw", "least"), [(normal, 0.02), (skewed, 0.0), (quantised, 0.02)])
def test_an_architecture_against_itself_is_seldom_found_different(draw, least):
    scores = draw(np.random.default_rng(2), (1500, 5, 20))
    alarms = np.mean([min(p.p_holm for p in paired_differences(one)) < ALPHA for one in scores])
    assert least <= alarms < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 1500)


def test_eight_architectures_and_128_seeds_take_milliseconds():
    scores = np.random.default_rng(0).random((8, 128))
    times = []
    for _ in range(5):
        started = time.perf_counter()
        paired_differences(scores)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.01


# How many seeds


@pytest.mark.parametrize(
    ("mean", "sd", "n_pairs"), [(0.02, 0.03, 1), (0.03, 0.05, 10), (0.02, 0.01, 1)]
)
def test_so_many_seeds_find_a_difference_with_the_power_stated(mean, sd, n_pairs):
    n = seeds_needed(a_pair(mean, sd, 6, n_pairs))
    samples = np.random.default_rng(3).normal(mean, sd, (20_000, n))
    p = scipy.stats.ttest_1samp(samples, 0, axis=1).pvalue
    power = np.mean(p < ALPHA / n_pairs)
    assert power > 0.78
    assert power < 0.83 or n == MIN_SEEDS


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 0.03), (0.004, 0.03), (-0.002, 0.01)])
def test_so_many_seeds_find_equivalence_with_the_power_stated(mean, sd):
    n = seeds_needed(a_pair(mean, sd, 6, n_pairs=10))
    samples = np.random.default_rng(4).normal(mean, sd, (4000, n))
    low, high = scipy.stats.ttest_1samp(samples, 0, axis=1).confidence_interval()
    assert 0.78 < np.mean((low > -0.01) & (high < 0.01)) < 0.92


def test_the_quicker_way_to_settle_is_taken():
    as_different = seeds_needed(a_pair(0.02, 0.04, 10), margin=1e-6)
    assert seeds_needed(a_pair(0.02, 0.04, 10), margin=0.01) == as_different
    assert seeds_needed(a_pair(0.001, 0.04, 10)) < seeds_needed(a_pair(0.001, 0.04, 10), 0.005)
    assert seeds_needed(a_pair(0.02, 0.04, 10), power=0.9) > as_different


def test_no_number_of_seeds_settles_what_is_undefined_or_too_much():
    assert seeds_needed(a_pair(0.0101, 8.0, 20)) is None
    assert seeds_needed(one_pair(0.1)) is None
    assert seeds_needed(a_pair(0.01, 0.0, 20), margin=0.01) == MIN_SEEDS


@given(SCORES, st.sampled_from([0.001, 0.01, 0.05]))
def test_an_unclear_pair_needs_more_seeds_than_it_has(scores, margin):
    for pair in paired_differences(scores):
        if pair.p_holm >= ALPHA and max(-pair.low, pair.high) >= margin:
            needed = seeds_needed(pair, margin)
            assert needed is None or needed > pair.n


# Digits


@pytest.mark.parametrize(
    ("half_width", "expected"),
    [(0, 2), (0.03, 2), (0.25, 1), (2.2, 1), (2.5, 0), (40.0, 0), (math.nan, 1)],
)
def test_decimals(half_width, expected):
    assert decimals(half_width) == expected


@given(st.floats(0.025, 100))
def test_rounding_moves_little_against_the_interval(half_width):
    digits = decimals(half_width)
    assert 0.5 / 10**digits <= 0.2 * half_width
    assert digits == 0 or 0.5 / 10 ** (digits - 1) > 0.2 * half_width


# The door


@pytest.mark.parametrize(
    "scores",
    [[0.9, 0.8], [[0.9], [0.8, 0.7]], [[98.0, 97.0]], [[0.9, math.nan]], [[True, False]], [[]],
     "0.9", None, [["0.9"]], [[1j]], np.zeros((2, 2, 2)), np.zeros((0, 3)), [[-0.1, 0.2]],
     [[math.inf, 0.2]], [[10**400, 0.2]], [[{}]]],
)  # fmt: skip
def test_scores_that_are_none_are_refused(scores):
    rule = r"^`scores` must be numbers from 0 to 1 of shape \(architectures, seeds\).* Got "
    with pytest.raises(ml.SpecError, match=rule):
        paired_differences(scores)


def test_all_faults_are_told_at_once():
    with pytest.raises(ml.SpecError, match=r"(?s)`correct` .*\n`level` ") as caught:
        wilson(61, 60, level=95)
    assert len(caught.value.faults) == 2
    with pytest.raises(ml.SpecError, match=r"(?s)`values` .*\n`level` "):
        mean_interval([math.nan], level="high")
    with pytest.raises(ml.SpecError, match=r"(?s)`pair` .*\n`margin` .*\n`power` "):
        seeds_needed((0, 1), margin=0, power=2.0)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: wilson(-1, 5), "correct"),
        (lambda: wilson(1.0, 5), "correct"),
        (lambda: wilson(True, 5), "correct"),
        (lambda: wilson(1, -5), "n"),
        (lambda: wilson(1, 5, level=1), "level"),
        (lambda: mean_interval([]), "values"),
        (lambda: mean_interval([[0.5]]), "values"),
        (lambda: mean_interval([1e200, 2.0]), "values"),
        (lambda: decimals(-1), "half_width"),
        (lambda: decimals(math.inf), "half_width"),
        (lambda: decimals("1"), "half_width"),
    ],
)
def test_other_arguments_are_refused(call, field):
    with pytest.raises(ml.SpecError, match=f"^`{field}` must be"):
        call()
