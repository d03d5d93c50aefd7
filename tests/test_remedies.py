from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ttest_ind, ttest_rel

import moonlab as ml
from moonlab.lab import remedies
from moonlab.results import Group


@pytest.fixture(scope="module")
def trained():
    """The remedies and more data, for six seeds and ten epochs."""

    def groups(experiment):
        training = replace(experiment.training, epochs=10)
        few = replace(experiment, training=training, seeds=tuple(range(6)))
        return ml.compare(few).groups()

    return groups(remedies.remedies()), groups(remedies.more_data())[0]


def accuracies(group):
    return [run.scores.test.accuracy for run in group.runs]


def test_a_remedy_on_the_same_data_is_compared_seed_by_seed(trained):
    groups, more = trained
    _, *gains = remedies.compare_remedies(groups, more)
    assert [gain.name for gain in gains] == [group.name for group in groups[1:]]
    for gain, group in zip(gains, groups[1:], strict=True):
        expected = ttest_rel(accuracies(group), accuracies(groups[0])).confidence_interval()
        assert (gain.low, gain.high) == pytest.approx((expected.low, expected.high))
        assert gain.mean == pytest.approx(
            np.mean(accuracies(group)) - np.mean(accuracies(groups[0]))
        )
        assert group.name in gain.verdict
        assert "Base" in gain.verdict


def test_more_data_are_compared_by_the_averages(trained):
    groups, more = trained
    gain, *_ = remedies.compare_remedies(groups, more)
    expected = ttest_ind(accuracies(more), accuracies(groups[0]), equal_var=False)
    assert (gain.low, gain.high) == pytest.approx(expected.confidence_interval())
    assert (gain.name, gain.verdict) == ("More data", "")


def test_a_remedy_changes_one_thing():
    base, *others = remedies.remedies().architectures
    assert remedies.base().architectures == (base,)
    for other in others:
        assert (other.hidden != base.hidden) + len(other.override or ()) == 1
        assert replace(other, hidden=base.hidden, override=None, name=base.name) == base
    more = remedies.more_data()
    assert replace(more.data, n_samples=remedies.N_POINTS) == remedies.base().data
    assert (more.training, more.seeds) == (remedies.base().training, remedies.base().seeds)


def with_scores(run, val_loss, test):
    scores = run.last_scores
    val = scores.val._replace(loss=val_loss)
    last = scores._replace(val=val, test=scores.test._replace(loss=test))
    return replace(run, last_scores=last)


def test_each_runs_validation_points_choose_one_group(trained):
    (_, (a, b, *_)), (_, (c, d, *_)) = trained[0][:2]
    groups = [
        Group("one", (with_scores(a, 0.5, 0.9), with_scores(b, 0.2, 0.4))),
        Group("two", (with_scores(c, 0.3, 0.8), with_scores(d, 0.7, 0.1))),
    ]
    chosen = remedies.choose_by_validation_loss(groups)
    assert chosen.counts == {"two": 1, "one": 1}
    assert (chosen.validation_loss, chosen.fresh_loss) == pytest.approx((0.25, 0.6))
    right = [groups[1].runs[0].scores.test.accuracy, groups[0].runs[1].scores.test.accuracy]
    assert chosen.fresh_accuracy == pytest.approx(np.mean(right))


def test_on_the_lessons_data_network_and_protocol_are_the_same():
    base, other = remedies.base(), remedies.on_lessons_data()
    assert other.data == ml.DataSpec()
    assert (other.training, other.architectures) == (base.training, base.architectures)
