"""The pages of capacity and of overfitting, run by Streamlit's AppTest: no browser."""

import time
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import moonlab as ml
from moonlab.judgement import judge
from moonlab.lab import remedies
from moonlab.lab.choosing import choose_by_validation, fresh_scores
from moonlab.lab.pieces import count_regions
from moonlab.lab.regions import linear_regions, network_bound
from moonlab.ui import training
from moonlab.ui.lab import capacity, overfitting

SCRIPT = """
from moonlab.ui import page
from moonlab.ui.lab import {name}
page.open_session()
{name}.show()
"""
QUICK = ml.Experiment(
    training=ml.Training(epochs=1), architectures=(ml.Architecture((2,), engine="numpy"),)
)


@pytest.fixture(scope="module", autouse=True)
def _end_the_worker():
    yield
    training.job_runner().close()
    training._job_runner.cache_clear()


@pytest.fixture
def few_seeds(monkeypatch):
    """As few as support a verdict."""
    for module in (capacity, remedies):
        monkeypatch.setattr(module, "SEEDS", tuple(range(6)))


def open_page(name):
    at = AppTest.from_string(SCRIPT.format(name=name), default_timeout=60)
    for key, value in QUICK.to_query().items():
        at.query_params[key] = value
    return settled(at.run())


def settled(at, seconds=60):
    """The page once it is all there; AppTest runs no timers, so run it by hand."""
    deadline = time.monotonic() + seconds
    while any((button.key or "").endswith("_stop") for button in at.button):
        assert time.monotonic() < deadline, "the page did not get ready"
        time.sleep(0.05)
        at.run()
    assert not at.exception
    return at


def choose(at, key, value):
    at.segmented_control(key=key).set_value(value)
    return settled(at.run())


def shown(at):
    """All texts as one reads them."""
    parts = [*at.markdown, *at.caption, *at.info, *at.success]
    return "\n".join(part.value for part in parts)


def trained(at, key):
    """The groups of one of the page's experiments."""
    return at.session_state["asides"][key].comparison.groups()


def metrics(at):
    return {one.label: (one.value, one.delta) for one in at.metric}


@pytest.mark.usefixtures("few_seeds")
def test_capacity_counts_the_regions_of_the_network_and_epoch_that_were_chosen():
    at = open_page("capacity")
    groups = trained(at, "capacity")
    where = capacity._where(capacity.experiment().to_json())
    for index in (capacity.WIDE, capacity.DEEP):
        choose(at, "capacity_network", index)
        run = groups[index].runs[0]
        (in_view,), (along,) = count_regions([run], where.view, *where.line)
        hidden = run.architecture.hidden
        (table,) = at.dataframe
        assert len(table.value) == in_view
        assert metrics(at) == {
            "Regions in view": (str(in_view), f"at most {network_bound(hidden):,} in the plane"),
            "Along the dashed line": (str(along), f"at most {network_bound(hidden, 1)} on a line"),
        }
    choose(at, "capacity_network", capacity.WIDE)
    at.select_slider(key="capacity_epoch").set_value(0).run()
    assert metrics(at)["Regions in view"] == ("32", "at most 137 in the plane")
    assert "make 2 × 16 pieces" in shown(at)


@pytest.mark.usefixtures("few_seeds")
def test_capacity_answers_every_guess_and_compares_shallow_with_deep():
    at = open_page("capacity")
    assert "1 + 16 + 16·15/2 = 137" not in shown(at)
    for guess in (17, 32, 137, 65_536):
        choose(at, "capacity_guess", guess)
        assert f"**{guess:,}?**" in shown(at)
        assert "1 + 16 + 16·15/2 = 137 pieces" in shown(at)
        assert len(at.success) == (guess == 137)
    groups = trained(at, "capacity")
    pair = [groups[capacity.SHALLOW], groups[capacity.DEEP]]
    assert f"**{judge(pair).verdicts[0].text}**" in shown(at)
    assert "with 57 parameters against 17" in shown(at)
    assert "a diamond is an upper bound on what so many neurons can make" in shown(at)
    where = capacity._where(capacity.experiment().to_json())
    in_view, _ = count_regions(pair[0].runs, where.view, *where.line)
    right = np.array(accuracies(pair[0]))
    (best, most), (worst, least) = (
        (right[i], in_view[i]) for i in (right.argmax(), right.argmin())
    )
    assert (
        f"among the runs of 2→4→1 the best, {100 * best:.1f}%, makes {most} regions and the "
        f"worst, {100 * worst:.1f}%, {least}:"
    ) in shown(at)
    wide, twice = groups[capacity.WIDE], groups[capacity.TWICE]
    in_view, along = count_regions(wide.runs, where.view, *where.line)
    assert (
        f"along a line, as an upper bound: here {along.min()} to {along.max()}. In the plane they "
        f"can make 137, and make {in_view.min()} to {in_view.max()} in view."
    ) in shown(at)
    assert judge([wide, twice]).verdicts[0].text in shown(at)
    at.button(key="open").click().run()
    assert at.session_state.page.experiment() == capacity.experiment()


def test_what_the_page_of_capacity_says_without_numbers_holds():
    experiment = capacity.experiment()
    hidden = [(4,), (16,), (8, 8), (4, 4, 4)]
    networks = [one for one in experiment.architectures if one.hidden in hidden]
    shallow, wide, twice, deep = ml.compare(
        replace(experiment, architectures=tuple(networks))
    ).groups()
    assert judge([shallow, deep]).verdicts[0].kind == "clear"  # "it does not beside 4"
    assert judge([wide, twice]).verdicts[0].kind == "equivalent"  # "holds beside 16 neurons"
    where = capacity._where(experiment.to_json())
    view = where.view
    counts = [
        np.mean([len(linear_regions(run.weights, view)) for run in group.runs])
        for group in (wide, twice, shallow, deep)
    ]
    right = np.array(accuracies(shallow))
    found, _ = count_regions(shallow.runs, view, *where.line)
    assert any(
        np.ptp(right[found == number]) > 0.03 for number in set(found)
    )  # "it matters where the lines lie": as many regions, another accuracy
    for few, many, narrow, layers in ((*counts[:2], (16,), (8, 8)), (*counts[2:], (4,), (4, 4, 4))):
        growth = network_bound(layers) / network_bound(narrow)
        assert many / few < growth / 5  # "the counts much less"


@pytest.mark.usefixtures("few_seeds")
def test_overfitting_shows_the_base_case_then_each_remedy_beside_it():
    at = open_page("overfitting")
    right = 100 * np.mean(accuracies(trained(at, "base")[0]))
    assert f"**{right:.1f}%** of fresh ones: it **overfits**" in shown(at)
    assert "Pick a remedy first" in shown(at)
    choose(at, "remedy", "L2")
    assert "Pick a remedy first" not in shown(at)
    groups = trained(at, "remedies")
    index = [group.name for group in groups].index("L2")
    assert f"**L2**: {overfitting.WHY['L2']}" in shown(at)
    assert f"**{100 * np.mean(accuracies(groups[index])):.1f}%** of fresh ones" in shown(at)
    choose(at, "remedy", remedies.MORE_DATA)
    more, *_, dropout, _ = remedies.compare_remedies(groups, trained(at, "more")[0])
    assert f"More data: +{100 * more.mean:.1f} points on average" in shown(at)
    choose(at, "remedy", "Dropout")
    assert f"**{dropout.verdict}.**" in shown(at)
    at.button(key="open").click().run()
    assert at.session_state.page.experiment() == remedies.remedies()


def accuracies(group):
    return [run.scores.test.accuracy for run in group.runs]


def test_what_the_page_of_overfitting_says_holds():
    (group,) = ml.compare(remedies.base()).groups()
    assert judge([group]).diagnoses[0].kind == "overfits"
    fresh = fresh_scores(group.runs)
    losses = fresh.losses.mean(axis=(0, 2))
    assert losses[-1] > 2 * losses.min()
    choices = [choose_by_validation(fresh, size) for size in overfitting.SIZES]
    flattered = [one.reported_accuracy - one.fresh_accuracy for one in choices]
    assert flattered == sorted(flattered, reverse=True)
    assert flattered[overfitting.SIZES.index(20)] > 0.02
    best = [run.best_scores for run in group.runs]
    assert np.mean([one.val.loss for one in best]) < np.mean([one.test.loss for one in best])


def test_the_same_network_shows_no_gap_on_the_lessons_data(lesson_data):
    runs = ml.train(remedies.BASE, remedies.base().training, lesson_data, seeds=(0, 1, 2))
    for run in runs:
        assert run.scores.train.accuracy - run.scores.test.accuracy < 0.02


def test_the_best_possible_accuracy_is_the_lessons_at_this_noise():
    quick = replace(remedies.base(), training=ml.Training(epochs=1), seeds=(0, 1, 2))
    best = [run.best_possible for run in ml.compare(quick).runs]
    assert np.mean(best) == pytest.approx(0.817, abs=0.005)
