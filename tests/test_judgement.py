from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import moonlab as ml
from moonlab.judgement import judge, race_against_itself
from moonlab.results import Group

EXPERIMENT = ml.Experiment(
    ml.DataSpec(n_samples=100),
    ml.Training(epochs=12),
    (
        ml.Architecture((2,), engine="numpy"),
        ml.Architecture((12,), engine="numpy"),
        ml.Architecture((), engine="numpy"),
    ),
    seeds=tuple(range(10)),
)


@pytest.fixture(scope="module")
def comparison():
    return ml.compare(EXPERIMENT)


def accuracies(group):
    return np.array([run.scores.test.accuracy for run in group.runs])


def test_intervals_and_regret_are_of_the_fresh_points(comparison):
    judged = judge(comparison.groups())
    best = {run.best_possible for run in comparison.runs}
    assert len(best) == 1
    for group, interval, regret in zip(
        comparison.groups(), judged.intervals, judged.regrets, strict=True
    ):
        found = accuracies(group)
        expected = stats.t.interval(0.95, 9, found.mean(), stats.sem(found))
        assert_allclose(interval, expected, rtol=1e-9)
        assert regret == pytest.approx(best.copy().pop() - found.mean())


def test_one_run_gets_wilsons_interval_and_no_verdict(comparison):
    groups = [group._replace(runs=group.runs[:1]) for group in comparison.groups()]
    judged = judge(groups)
    score = groups[0].runs[0].scores.test
    expected = stats.binomtest(score.correct, 20_000).proportion_ci(method="wilson")
    assert_allclose(judged.intervals[0], (expected.low, expected.high))
    assert {said.kind for said in judged.verdicts} == {"too few"}
    assert [judged.tier(index) for index in range(3)] == [None] * 3
    assert "best" not in judged.overall.text


def test_what_was_pinned_from_other_data_has_a_row_but_no_tier_and_no_pair(comparison):
    other = ml.compare(replace(EXPERIMENT, data=replace(EXPERIMENT.data, noise=0.3)))
    pinned = (Group("other", other.groups()[0].runs), Group("same", comparison.groups()[0].runs))
    shown = replace(comparison, pinned=pinned)
    judged = judge(shown.groups())
    assert judged.compared == (0, 1, 2, 4)
    assert judged.tier(3) is None
    assert len(judged.pairs) == 6
    assert (3, 4) not in {(pair.first, pair.second) for pair in judged.pairs}
    summary = shown.summary()
    assert list(summary["architecture"]) == ["2→2→1", "2→12→1", "2→1", "other", "same"]
    assert summary["tier"].isna().tolist() == [False, False, False, True, False]
    assert summary["test_accuracy"][3] == pytest.approx(accuracies(pinned[0]).mean())
    assert len(shown.pairs_table()) == 6


def test_the_tables_hold_what_was_judged(comparison):
    judged, pairs = judge(comparison.groups()), comparison.pairs_table()
    first = accuracies(comparison.groups()[0]) - accuracies(comparison.groups()[1])
    assert pairs.loc[0, "mean"] == pytest.approx(first.mean())
    assert (pairs.loc[0, "low"], pairs.loc[0, "high"]) == pytest.approx(
        stats.t.interval(0.95, 9, first.mean(), stats.sem(first))
    )
    assert pairs.loc[0, "won"] == np.count_nonzero(first > 0)
    assert list(pairs["verdict"]) == [said.kind for said in judged.verdicts]
    summary = comparison.summary()
    assert list(summary["tier"]) == [judged.tier(index) for index in range(3)]
    assert list(summary["diagnosis"]) == [found.kind for found in judged.diagnoses]
    assert_allclose(summary["regret"], judged.regrets)


def test_a_wider_margin_makes_more_equivalent(comparison):
    assert set(comparison.pairs_table(100)["verdict"]) == {"equivalent"}
    assert set(comparison.summary(100)["tier"]) == {1}


def test_a_stopped_comparison_gets_no_verdict():
    asked = iter([False] * 5 + [True] * 1000)
    stopped = ml.compare(EXPERIMENT, should_stop=lambda: next(asked, True))
    judged = judge(stopped.groups())
    assert (judged.overall, judged.pairs) == (None, ())
    assert stopped.summary()["tier"].isna().all()


def test_where_the_generator_is_unknown_regret_is_absent(comparison):
    runs = tuple(replace(run, best_possible=None) for run in comparison.runs)
    unknown = replace(comparison, runs=runs)
    assert judge(unknown.groups()).regrets == (None,) * 3
    assert unknown.summary()[["regret", "best_possible"]].isna().all(axis=None)


def test_an_architecture_raced_against_itself_is_clear_no_more_often_than_one_time_in_twenty():
    short = ml.Training(epochs=8, batch_size=16)
    data = ml.load_data(ml.DataSpec(n_samples=60))
    runs = ml.train(ml.Architecture((4,), engine="numpy"), short, data, tuple(range(128)))
    random, kinds = np.random.default_rng(0), []
    for _ in range(150):
        order = random.permutation(128)
        parts = [Group("a", tuple(runs[i] for i in part)) for part in np.split(order[:120], 3)]
        kinds += [race_against_itself(part).kind for part in parts]
    alarms = kinds.count("clear") / len(kinds)
    assert set(kinds) <= {"clear", "unclear", "equivalent"}
    assert 0.01 < alarms < 0.05 + 3 * np.sqrt(0.05 * 0.95 / len(kinds))


def test_the_halves_of_a_race_against_itself_are_not_called_paired(comparison):
    for group in comparison.groups():
        half = tuple(replace(run, seed=run.seed + 10) for run in group.runs)
        said = race_against_itself(group._replace(runs=group.runs + half))
        assert "paired" not in said.text


def test_one_run_cannot_be_raced_against_itself(comparison):
    with pytest.raises(ml.SpecError, match="at least two runs"):
        race_against_itself(comparison.groups()[0]._replace(runs=comparison.runs[:1]))


def test_an_unstable_leader_is_not_the_one_to_start_from(comparison):
    """Of two that are equal but for that, the first would be named."""
    steady = comparison.groups()[1]
    failed = [replace(run, status="diverged") for run in steady.runs[:3]]
    shaky = Group("shaky", tuple(failed) + steady.runs[3:])
    judged = judge([shaky, steady])
    assert judged.diagnoses[0].kind == "unstable"
    assert judged.overall.start_from == 1
    assert judge([shaky, shaky._replace(name="as shaky")]).overall.start_from == 0
