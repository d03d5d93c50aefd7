import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import moonlab as ml
from moonlab.judgement import judge
from moonlab.lab import luck
from moonlab.results import Group
from moonlab.stats import wilson

NAMES = ["2→4→1", "2→16→1", "2→32→1", "2→8→8→1", "2→16→16→1"]


@pytest.fixture(scope="module")
def tables():
    return ml.compare(luck.many_tables(20))


def percent(comparison, part):
    return [
        100 * np.array([getattr(run.scores, part).accuracy for run in group.runs])
        for group in comparison.groups()
    ]


def test_many_tables_are_the_lessons_networks_data_and_protocol_by_numpy():
    asked, lesson = luck.many_tables(7), ml.lesson.torch_experiment()
    assert [one.hidden for one in asked.architectures] == [o.hidden for o in lesson.architectures]
    assert {one.engine for one in asked.architectures} == {"numpy"}
    assert (asked.data, asked.training) == (lesson.data, lesson.training)
    assert (asked.seeds, asked.seeding) == (tuple(range(7)), "independent")
    assert asked.names == tuple(NAMES)


def test_the_lessons_first_row_was_luck_and_its_last_four_were_not(tables):
    train, val, test = (percent(tables, part) for part in ("train", "val", "test"))
    assert train[0].mean() == pytest.approx(93.8, abs=1.5)
    assert val[0].mean() == pytest.approx(90.7, abs=1.5)
    assert test[0].mean() == pytest.approx(93.5, abs=1.5)
    for row, mean in ((1, 98.3), (2, 98.3), (3, 97.9), (4, 98.3)):
        assert val[row].mean() == pytest.approx(mean, abs=0.25)
        assert train[row].mean() > 99.9
    for row, mean in ((1, 98.8), (2, 98.8), (3, 98.7), (4, 98.8)):
        assert test[row].mean() == pytest.approx(mean, abs=0.15)
    assert 0 < np.mean(train[0] == 100) < 0.3  # what the lesson's table shows of it


def test_one_table_cannot_rank_them(tables):
    low, high = wilson(59, 60)
    assert (round(100 * low, 1), round(100 * high, 1)) == (91.1, 99.7)
    assert luck.n_rankings(np.array(percent(tables, "val")) / 100) >= 5
    assert luck.n_rankings(np.array(percent(tables, "test")) / 100) >= 10


def test_only_the_first_network_can_be_told_from_the_others(tables):
    judged = judge(tables.groups())
    assert luck.check_ranking([2, 1, 4, 3, 0], judged) == (4, 0, 6)
    assert luck.check_ranking([0, 1, 2, 3, 4], judged) == (0, 4, 6)
    assert luck.check_ranking((1, 0, 2, 3, 4), judged) == (1, 3, 6)


def test_a_ranking_is_checked_pair_by_pair():
    scores = np.repeat([[0.9], [0.5], [0.7]], 8, axis=1)
    scores = scores + 0.001 * np.random.default_rng(0).standard_normal(scores.shape)
    judged = judge(groups_with(scores))
    assert luck.check_ranking([0, 2, 1], judged) == (3, 0, 0)
    assert luck.check_ranking([1, 2, 0], judged) == (0, 3, 0)
    assert luck.check_ranking([2, 0, 1], judged) == (2, 1, 0)


def groups_with(scores):
    """Groups of runs with these accuracies on 20,000 fresh points."""
    run = ml.train(ml.Architecture((1,), engine="numpy"), ml.Training(epochs=1), DATA)[0]
    groups = []
    for index, row in enumerate(scores):
        runs = []
        for seed, share in enumerate(row):
            right = round(20_000 * share)
            score = run.scores.test._replace(tn=right, fp=20_000 - right, fn=0, tp=0)
            kept = run.last_scores._replace(test=score)
            runs.append(replace(run, seed=seed, last_scores=kept))
        groups.append(Group(str(index), tuple(runs)))
    return groups


DATA = ml.load_data(ml.DataSpec(n_samples=20))


@pytest.mark.parametrize("ranking", [[0, 1], [0, 1, 1], [0, 1, 3], "012", None])
def test_a_ranking_that_is_none_is_refused(ranking):
    judged = SimpleNamespace(compared=(0, 1, 2))
    with pytest.raises(ml.SpecError, match="`ranking` must hold each of"):
        luck.check_ranking(ranking, judged)


@pytest.mark.parametrize(
    ("scores", "n"),
    [
        ([[0.1, 0.2, 0.9], [0.5, 0.6, 0.5]], 2),
        ([[0.1, 0.5, 0.9], [0.5, 0.5, 0.5]], 3),
        ([[0.1, 0.1], [0.2, 0.3], [0.3, 0.2]], 2),
        ([[0.1, 0.2], [0.2, 0.3], [0.2, 0.3]], 1),
        ([[0.1, 0.2, 0.3]], 1),
    ],
)
def test_rankings_are_counted_with_their_ties(scores, n):
    assert luck.n_rankings(scores) == n


def test_each_source_varies_what_its_name_says_and_nothing_else():
    for seeding, differs in {
        "only_start": (True, False, False),
        "only_batches": (False, True, False),
        "only_data": (False, False, True),
        "with_data": (True, True, True),
    }.items():
        asked = replace(luck.varying((3,), seeding, 2), training=ml.Training(epochs=1))
        first, second = ml.compare(asked).runs
        starts = not np.array_equal(first.snapshots[0], second.snapshots[0])
        assert (starts, first.data != second.data) == (differs[0], differs[2])
        assert not np.array_equal(first.last_parameters, second.last_parameters)


def test_one_exam_is_the_same_for_all_and_scored_as_predict_proba_says():
    runs = ml.compare(
        replace(luck.varying((3,), "with_data", 3), training=ml.Training(epochs=5))
    ).runs
    exam = ml.load_data(ml.DataSpec())
    expected = [np.mean((run.predict_proba(exam.X_test) > 0.5) == exam.y_test) for run in runs]
    assert_array_equal(luck.on_one_exam(runs, exam), expected)
    own = [run.scores.test.accuracy for run in runs]
    assert expected[0] == own[0]  # seed 0 meets the lesson's own data
    assert expected[1:] != own[1:]


def test_what_makes_no_sense_is_refused_with_all_faults():
    with pytest.raises(ml.SpecError, match=re.escape("`seeding` must be 'only_start' or")) as one:
        luck.varying((4,), "only_star", 0)
    assert [fault.field for fault in one.value.faults] == ["seeding", "n_seeds"]
    with pytest.raises(ml.SpecError, match="`runs` must be a list or tuple of Run"):
        luck.on_one_exam([1], DATA)
    with pytest.raises(ml.SpecError, match="`n_seeds` must be an integer from 1 to 128"):
        luck.many_tables(1000)
