import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moonlab as ml
from moonlab.diagnosis import diagnose
from moonlab.stats import ALPHA, paired_differences
from moonlab.verdicts import overall, tiers, verdict, verdict_kind

NAMES = ["2→4→1", "2→16→1", "2→32→1", "2→8→8→1", "2→16→16→1", "2→1", "2→2→1", "2→8→1"]
SIZES = [17, 65, 129, 105, 337, 3, 9, 33]
LESSON = [0.935, 0.988, 0.988, 0.987, 0.988, 0.859, 0.866, 0.981]  # mean test accuracies
SPREAD = [0.02, 0.0005, 0.0005, 0.001, 0.0005, 0.0005, 0.02, 0.002]


def with_moments(mean, sd, n=20):
    """Values of exactly this mean and standard deviation."""
    noise = np.random.default_rng(n).normal(size=n)
    return mean + sd * (noise - noise.mean()) / noise.std(ddof=1)


def pair_of(points, sd=0.0, n=20):
    """Two architectures that differ by so many points on average."""
    differences = with_moments(points / 100, sd / 100, n)
    return paired_differences([0.5 + differences, np.full(n, 0.5)])[0]


def text_of(*args, **more):
    return verdict(pair_of(*args, **more), ["A", "B"]).text


def lesson_scores(n=20):
    random = np.random.default_rng(0)
    return np.clip(random.normal(np.transpose([LESSON]), np.transpose([SPREAD]), (8, n)), 0, 1)


# The verdict of a pair


@pytest.mark.parametrize(
    ("n", "start"), [(1, "1 seed cannot"), (2, "2 seeds cannot"), (5, "5 seeds cannot")]
)
def test_under_six_seeds_there_is_no_verdict(n, start):
    scores = np.array([np.full(n, 0.99), np.full(n, 0.5)])
    found = verdict(paired_differences(scores)[0], NAMES)
    assert found == ("too few", f"{start} support a verdict: train at least 6")
    whole = overall(NAMES[:2], SIZES[:2], scores)
    assert whole == (f"{found.text}.", None, None)


def test_six_seeds_can_support_one():
    assert verdict_kind(pair_of(20, 1, n=6)) == "clear"


def test_clear_names_the_winner_first():
    won = np.array([0.0, -0.05] + [0.06] * 17 + [0.02])
    found = verdict(paired_differences([0.9 - won, np.full(20, 0.9)])[0], NAMES)
    assert found == (
        "clear",
        "2→16→1 beats 2→4→1 by 5.0 points on average over 20 paired seeds, "
        "95% interval 3.6–6.3; won 18, tied 1",
    )


def test_clear_leaves_ties_out_when_there_are_none():
    assert text_of(5, 3).endswith("; won 20")
    assert text_of(-5, 3).startswith("B beats A by 5.0 points")


def test_equivalent():
    assert text_of(0.06, 0.53) == (
        "A and B are equivalent here: they differ by less than 1 point "
        "(+0.06, 95% interval −0.19 to 0.31, 20 paired seeds)"
    )
    assert text_of(0.06, 0.6).endswith("(+0.1, 95% interval −0.2 to 0.3, 20 paired seeds)")


def test_seeds_that_are_not_shared_are_not_called_paired():
    for points, sd, end in (
        (5, 3, "on average over 20 seeds each, 95% interval 3.6–6.4"),
        (0.06, 0.53, "95% interval −0.19 to 0.31, 20 seeds each)"),
        (0, 0, "they tied on all 20 seeds"),
        (0.1, 2.78, "between A and B: +0.1 points, 95% interval −1.2 to 1.4"),
    ):
        text = verdict(pair_of(points, sd), ["A", "B"], paired=False).text
        assert text.endswith(end)


def test_equivalent_within_another_margin():
    pair = pair_of(1.5, 1)
    assert verdict(pair, NAMES).kind == "clear"
    found = verdict(pair, NAMES, margin_points=2.5)
    assert found.kind == "equivalent"
    assert "differ by less than 2.5 points (+1.5, " in found.text


def test_a_clear_difference_within_the_margin_is_equivalent():
    pair = pair_of(0.5, 0.1)
    assert pair.p_holm < ALPHA
    assert verdict_kind(pair) == "equivalent"


def test_ties_everywhere_are_equivalent():
    found = verdict(pair_of(0), ["A", "B"])
    assert found == ("equivalent", "A and B are equivalent here: they tied on all 20 paired seeds")


def test_the_same_difference_on_all_seeds_is_clear():
    assert text_of(5) == (
        "A beats B by 5.00 points on average over 20 paired seeds, 95% interval 5.00–5.00; won 20"
    )


def test_a_difference_of_exactly_the_margin_is_not_within_it():
    assert verdict_kind(pair_of(1)) == "clear"
    assert verdict_kind(pair_of(-1)) == "clear"
    assert verdict_kind(pair_of(0.99)) == "equivalent"


def test_unclear():
    assert text_of(0.1, 2.78) == (
        "no clear difference between A and B: +0.1 points, 95% interval −1.2 to 1.4; "
        "about 110 seeds would settle it"
    )
    assert text_of(-0.7, 6.4).startswith(
        "no clear difference between A and B: −1 point, 95% interval −4 to 2; about "
    )


def test_unclear_that_no_number_of_seeds_settles():
    pair = pair_of(0.1, 20)
    text = verdict(pair, NAMES, margin_points=0.11).text
    assert text.endswith("; no affordable number of seeds would settle it")
    assert verdict(pair, NAMES).text.endswith("; about 5,200 seeds would settle it")


def test_unclear_after_correction_shows_the_corrected_interval():
    scores = [0.5 + with_moments(0.02, 0.03, 12)]
    scores += [np.full(12, 0.5)] + [np.random.default_rng(9).normal(0.5, 0.2, 12)] * 3
    pair = paired_differences(scores)[0]
    assert pair.p < ALPHA < pair.p_holm
    text = verdict(pair, NAMES).text
    assert "95%" not in text
    interval = re.search(r"points, interval −(.*) to (.*), corrected for the 10 pairs comp", text)
    assert (float(interval[1]), float(interval[2])) == pytest.approx(
        (-100 * pair.corrected_low, 100 * pair.corrected_high), abs=0.5
    )


def test_one_diverged_seed_counts():
    scores = np.array([with_moments(0.988, 0.001), with_moments(0.98, 0.001)])
    assert verdict(paired_differences(scores)[0], NAMES, 0.5).kind == "clear"
    scores[0, 3] = 0.5  # where it stood when it became infinite
    found = verdict(paired_differences(scores)[0], NAMES, 0.5)
    assert found.kind == "unclear"
    assert found.text.startswith(
        "no clear difference between 2→4→1 and 2→16→1: −2 points, 95% interval −7 to 3; about "
    )


@pytest.mark.parametrize(
    ("points", "sd", "shown"),
    [
        (0.04, 0.001, "by 0.04 points"),
        (0.004, 0.0001, "by 0.004 points"),
        (2, 4.27, "95% interval 0.002–4.0"),
        (6, 12.81, "95% interval 0.005–12"),
    ],
)
def test_what_is_clearly_not_zero_is_not_rounded_to_zero(points, sd, shown):
    found = verdict(pair_of(points, sd), ["A", "B"], margin_points=0.001)
    assert found.kind == "clear"
    assert shown in found.text


NUMBER = r"[+−]?\d+(?:\.\d+)?"


def numbers_in(text):
    """Mean and bounds as printed."""
    mean = re.search(rf"(?:by |: |\()({NUMBER})(?: points?|, 95%)", text)[1]
    bounds = re.search(rf"interval ({NUMBER})(?:–| to )({NUMBER})", text).groups()
    return [float(number.replace("−", "-")) for number in (mean, *bounds)]


COUNTS = st.tuples(st.integers(2, 4), st.integers(6, 12)).flatmap(
    lambda shape: st.one_of(
        *(
            arrays(np.int64, shape, elements=st.integers(low, high)).map(lambda n, of=of: n / of)
            for low, high, of in [(30, 60, 60), (19_700, 19_800, 20_000), (0, 20_000, 20_000)]
        )
    )
)


@given(COUNTS, st.sampled_from([0.1, 0.25, 1.0, 5.0]))
def test_no_number_contradicts_its_verdict(scores, margin):
    for pair in paired_differences(scores):
        kind, text = verdict(pair, list("ABCD"), margin)
        if pair.tied == pair.n:
            continue
        mean, low, high = numbers_in(text)
        assert low <= mean <= high
        assert (" to " in text) == (low < 0)
        if kind == "clear":
            assert low > 0
        elif kind == "equivalent":
            assert max(-low, high) < margin
        else:
            assert low <= 0 <= high
            needed = re.search(r"about ([\d,]+) seeds", text)
            assert not needed or int(needed[1].replace(",", "")) > pair.n


@given(COUNTS, st.sampled_from([0.1, 1.0]))
def test_swapping_the_two_of_a_pair_changes_no_verdict(scores, margin):
    for pair in paired_differences(scores):
        there = verdict(pair, list("ABCD"), margin)
        back = verdict(pair.swapped(), list("ABCD"), margin)
        assert there.kind == back.kind
        if there.kind == "clear":
            assert there.text == back.text
        elif pair.tied < pair.n:
            mean, low, high = numbers_in(there.text)
            assert numbers_in(back.text) == [-mean, -high, -low]


# Tiers


def test_tiers_follow_the_leader_and_then_the_rest():
    scores = lesson_scores()
    pairs = paired_differences(scores)
    assert tiers(scores.mean(axis=1), pairs) == (2, 1, 1, 1, 1, 3, 3, 1)


def test_tiers_hold_all_that_are_not_clearly_worse_than_their_leader():
    scores = np.random.default_rng(3).normal(np.linspace(0.6, 0.8, 8)[:, None], 0.03, (8, 12))
    means, pairs = scores.mean(axis=1), paired_differences(scores)
    found = np.array(tiers(means, pairs))
    clear = {(p.first, p.second) for p in pairs if verdict_kind(p) == "clear"}
    assert found.max() > 2
    for tier in range(1, found.max() + 1):
        left = np.flatnonzero(found >= tier)
        leader = left[means[left].argmax()]
        for i in left:
            worse = (min(i, leader), max(i, leader)) in clear
            assert worse == (found[i] > tier)


def test_no_tiers_from_too_few_seeds_or_of_one_architecture():
    scores = lesson_scores(5)
    assert tiers(scores.mean(axis=1), paired_differences(scores)) is None
    assert tiers([0.9], []) is None


# The whole


def test_the_lessons_five():
    found = overall(NAMES[:5], SIZES[:5], lesson_scores()[:5])
    assert found.text == (
        "2→16→1, 2→32→1, 2→8→8→1 and 2→16→16→1 lead and are equivalent, to within 1 point; "
        "2→4→1 clearly falls behind the best. "
        "Start from 2→16→1, the smallest of these (65 parameters)."
    )
    assert found.start_from == 1
    assert found.tiers == (2, 1, 1, 1, 1)


def test_eight_architectures_still_make_a_short_text():
    found = overall(NAMES, SIZES, lesson_scores())
    assert found.text == (
        "5 of the 8 lead and are equivalent, to within 1 point; 2→4→1, 2→1 and 2→2→1 clearly fall "
        "behind the best. Start from 2→8→1, the smallest of these (33 parameters)."
    )
    assert overall(NAMES, SIZES, lesson_scores()[[1] * 8]).text == (
        "All 8 are equivalent here, to within 1 point. "
        "Start from 2→1, the smallest of these (3 parameters)."
    )


def test_what_is_unstable_is_not_the_one_to_start_from_unless_all_that_lead_are():
    scores = np.full((3, 20), 0.9)
    equal = "A, B and C are equivalent here, to within 1 point."
    found = overall(["A", "B", "C"], [3, 9, 9], scores, unstable=[0])
    assert found.start_from == 1
    assert (
        found.text
        == f"{equal} Start from B: none of these is smaller that is not unstable (9 parameters)."
    )
    found = overall(["A", "B", "C"], [3, 9, 12], scores, unstable=[0])
    assert (
        found.text
        == f"{equal} Start from B, the smallest of these that is not unstable (9 parameters)."
    )
    found = overall(["A", "B", "C"], [3, 9, 12], scores, unstable=[2])
    assert found.text == f"{equal} Start from A, the smallest of these (3 parameters)."
    found = overall(["A", "B", "C"], [3, 9, 12], scores, unstable=[0, 1, 2])
    assert found.text == f"{equal} Start from A, the smallest of these (3 parameters)."


def test_one_clear_leader():
    scores = np.array([with_moments(mean, 0.002) for mean in (0.90, 0.95, 0.85)])
    scores = scores + np.random.default_rng(1).normal(0, 0.002, (3, 20))
    found = overall(NAMES[:3], SIZES[:3], scores)
    assert found.tiers == (2, 1, 3)
    assert found.start_from == 1
    assert re.fullmatch(
        r"2→16→1, with 9\d\.\d\d% over 20 seeds, is clearly ahead of 2→4→1 and 2→32→1\. "
        r"Start from it\.",
        found.text,
    )
    wide = np.concatenate([scores, np.repeat(scores[:1], 5, axis=0)])
    assert "is clearly ahead of the other 7. Start" in overall(NAMES, SIZES, wide).text


def test_no_clear_winner():
    scores = np.random.default_rng(8).normal(0.85, 0.04, (3, 20))
    leader = NAMES[scores.mean(axis=1).argmax()]
    found = overall(NAMES[:3], SIZES[:3], scores)
    assert re.fullmatch(
        rf"There is no clear winner: none is clearly worse than {leader}, which has the highest "
        r"average, \d\d\.\d% over 20 seeds\. "
        r"Start from 2→4→1, the smallest of these \(17 parameters\)\.",
        found.text,
    )
    assert found.tiers == (1, 1, 1)
    behind = overall(NAMES[:4], SIZES[:4], [*scores, np.full(20, 0.5)])
    assert re.fullmatch(
        rf"2→4→1, 2→16→1 and 2→32→1 lead: none is clearly worse than {leader}, .*% over 20 seeds; "
        r"2→8→8→1 clearly falls behind it\. Start from 2→4→1, .*",
        behind.text,
    )


def test_an_architecture_against_itself_has_no_smallest():
    scores = np.random.default_rng(8).normal(0.85, 0.04, (3, 20))
    found = overall(["A", "A (2)", "A (3)"], [65, 65, 65], scores)
    assert found.text.endswith("Start from A: none of these is smaller (65 parameters).")
    assert found.start_from == 0


def test_one_architecture_has_nothing_to_be_compared_with():
    assert overall(["A"], [65], [with_moments(0.988, 0.004)]) == (
        "A reaches 98.80% on average over 20 seeds, 95% interval 98.61–98.99%. "
        "There is nothing to compare it with.",
        None,
        None,
    )
    assert overall(["A"], [65], [[0.988]]).text == (
        "A reaches 98.8% with one seed. There is nothing to compare it with."
    )
    assert "–100.0%" in overall(["A"], [65], [[1.0] * 9 + [0.95]]).text  # not 100.6%


@given(
    st.integers(1, 8).flatmap(
        lambda n: st.tuples(
            arrays(np.int64, (n, 7), elements=st.integers(50, 60)),
            st.lists(st.integers(3, 20), min_size=n, max_size=n),
        )
    )
)
def test_the_smallest_of_the_first_tier_is_the_one_to_start_from(drawn):
    counts, sizes = drawn
    found = overall(NAMES[: len(sizes)], sizes, counts / 60)
    assert len(found.text) < 330
    assert "best" not in found.text
    if found.tiers is None:
        assert len(sizes) == 1
        return
    top = [i for i, tier in enumerate(found.tiers) if tier == 1]
    assert counts.sum(axis=1).argmax() in top
    assert found.start_from == min(top, key=lambda i: (sizes[i], i))
    assert len(top) == 1 or f"Start from {NAMES[found.start_from]}" in found.text


# Diagnoses


def diagnosed(train, test, best_possible, n_diverged=0):
    diverged = np.arange(len(test)) < n_diverged
    return diagnose(train, test, diverged, best_possible)


@pytest.mark.parametrize(
    ("train", "test", "low", "best_possible", "kind"),
    [  # LESSON.md §7; `low` is the worst seed's test accuracy
        (0.843, 0.859, 0.859, 0.99, "underfits"),  # 2→1
        (0.858, 0.866, 0.503, 0.99, "underfits"),  # 2→2→1
        (0.938, 0.935, 0.850, 0.99, "underfits"),  # 2→4→1
        (0.993, 0.981, 0.881, 0.99, "fits"),  # 2→8→1
        (1.0, 0.988, 0.986, 0.99, "fits"),  # 2→16→1
        (1.0, 0.987, 0.985, 0.99, "fits"),  # 2→8→8→1
        (0.99, 0.984, 0.503, 0.99, "unstable"),  # 2→4→4→4→1
        (0.989, 0.763, 0.76, 0.817, "overfits"),  # 2→64→64→1 on 100 points of noise 0.4
    ],
)
def test_the_lessons_architectures(train, test, low, best_possible, kind):
    found = diagnosed([train] * 20, [test] * 19 + [low], best_possible)
    assert found.kind == kind
    failed = low < 0.6
    assert ("1 of 20 seeds failed" in found.rule) == failed
    assert found.rule.endswith(".")


@pytest.mark.parametrize(
    ("train", "test", "kind"),
    [(0.989, 0.763, "overfits"), (0.80, 0.79, "underfits"), (0.98, 0.95, "fits")],
)
def test_without_the_best_possible_the_gap_decides(train, test, kind):
    found = diagnosed([train] * 6, [test] * 6, None)
    assert found.kind == kind
    assert "best" not in found.rule


@pytest.mark.parametrize(
    ("n_diverged", "kind", "start"),
    [
        (0, "fits", "On unseen"),
        (1, "unstable", "1 of 20 seeds failed: they diverged"),
        (10, "unstable", "10 of 20 seeds failed"),
        (11, "diverged", "11 of 20 seeds diverged: more than 50% of the seeds."),
        (20, "diverged", "20 of 20 seeds diverged"),
    ],
)
def test_diverged_seeds_count(n_diverged, kind, start):
    found = diagnosed([0.99] * 20, [0.98] * 20, 0.99, n_diverged)
    assert found.kind == kind
    assert found.rule.startswith(start)


def test_a_seed_that_diverged_and_is_far_below_failed_once():
    found = diagnosed([0.99] * 10, [0.5] * 2 + [0.98] * 8, 0.99, n_diverged=2)
    assert found.rule.startswith("2 of 10 seeds failed")


def test_most_seeds_at_chance_are_unstable_if_one_shows_what_is_possible():
    assert diagnosed([0.5] * 9 + [1.0], [0.5] * 9 + [0.985], 0.99).kind == "unstable"
    assert diagnosed([0.5] * 10, [0.5] * 10, 0.99).kind == "underfits"


def test_one_of_many_seeds_is_no_share():
    assert diagnosed([1.0] * 128, [0.985] * 127 + [0.5], 0.99) == (
        "fits",
        "On unseen points the median seed comes within 2 points of the best possible accuracy; "
        "1 of 128 seeds failed.",
    )


@pytest.mark.parametrize("n", [1, 5])
def test_under_six_seeds_only_failures_are_diagnosed(n):
    for best_possible in (0.99, None):
        assert diagnosed([0.99] * n, [0.985] * n, best_possible) == (
            "too few",
            "It takes at least 6 seeds to tell what is typical.",
        )
    assert diagnosed([0.99] * n, [0.985] * n, 0.99, n_diverged=n).kind == "diverged"
    assert diagnosed([0.99] * 5, [0.985] * 5, 0.99, n_diverged=1).kind == "unstable"
    assert diagnosed([0.99] * 6, [0.985] * 6, 0.99).kind == "fits"


def test_rules_state_their_thresholds():
    assert diagnosed([0.843] * 6, [0.859] * 6, 0.99).rule == (
        "On unseen points the median seed ends more than 2 points below the best possible "
        "accuracy, and most of that is missing in training already."
    )
    assert diagnosed([1.0] * 3, [0.5, 1.0, 1.0], 0.99).rule == (
        "1 of 3 seeds failed: they diverged or ended more than 20 points below the best seed "
        "(unstable from 2% of the seeds)."
    )
    assert diagnosed([0.8] * 6, [0.8] * 6, None).rule == (
        "The median seed gets under 90% right in training."
    )
    assert diagnosed([1.0] * 6, [0.97] * 6, 0.99).kind == "fits"  # 2 points to the last digit


# The door


def test_all_faults_are_told_at_once():
    with pytest.raises(ml.SpecError) as caught:
        overall(["A"], [1.5], [[2.0]], margin_points=-1)
    fields = [fault.field for fault in caught.value.faults]
    assert fields == ["scores", "n_parameters", "margin_points"]
    with pytest.raises(ml.SpecError, match=r"(?s)`pair` .*\n`names` .*\n`margin_points` "):
        verdict(None, [], margin_points="1")
    with pytest.raises(ml.SpecError, match=r"(?s)`train` .*`test` .*`diverged` .*`best_possible` "):
        diagnose([2.0], [math.nan], [0], best_possible=99.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: overall(["A"], [1, 2], [[0.5]] * 2), "`names` must be a list or tuple of 2"),
        (lambda: overall(["A", "B"], [1], [[0.5]] * 2), "`n_parameters` must be a list or tuple"),
        (lambda: overall(["A", "B"], [1, True], [[0.5]] * 2), "`n_parameters` must be"),
        (lambda: overall("AB", [1, 2], [[0.5]] * 2), "`names` must be"),
        (lambda: overall(["A"], [1], [[math.nan]]), "`scores` must be numbers .* Got nan"),
        (lambda: verdict(pair_of(1), ["A"]), "`names` must be a list or tuple of at least 2"),
        (lambda: verdict_kind(pair_of(1), 0), "`margin_points` must be a number above 0"),
        (lambda: tiers([0.5, 0.6], []), "`pairs` must be what `paired_differences` gives of 2"),
        (lambda: tiers([0.5, 0.6], None), "`pairs` must be what"),
        (lambda: tiers([[0.5]], []), "`means` must be"),
        (lambda: diagnose([0.5], [0.5], [[True]]), "`diverged` must be"),
        (lambda: diagnose([0.5], [0.5], np.array(True)), "`diverged` must be"),
        (lambda: diagnose([0.5], [0.5] * 2, [True] * 3), "must be of one length. Got 1, 2, 3"),
    ],
)
def test_other_arguments_are_refused(call, message):
    with pytest.raises(ml.SpecError, match=message):
        call()
