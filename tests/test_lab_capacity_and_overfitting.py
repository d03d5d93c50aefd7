"""The pages of capacity and of overfitting, run by Streamlit's AppTest: no browser."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from lab_helpers import choose, new_page, open_page, settled

import moonlab as ml
from moonlab.judgement import judge
from moonlab.lab import remedies
from moonlab.lab.choosing import choose_by_validation, fresh_scores
from moonlab.lab.pieces import count_regions
from moonlab.lab.regions import linear_regions, network_bound
from moonlab.stats import wilson
from moonlab.ui.lab import capacity, overfitting

pytestmark = pytest.mark.usefixtures("own_worker")


@pytest.fixture
def few_seeds(monkeypatch):
    """As few as support a verdict."""
    for module in (capacity, remedies):
        monkeypatch.setattr(module, "SEEDS", tuple(range(6)))


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
    choose(at, capacity_guess=17)
    for index in (capacity.WIDE, capacity.DEEP):
        choose(at, capacity_network=index)
        run = groups[index].runs[0]
        (in_view,), (along,) = count_regions([run], where.view, *where.line)
        hidden = run.architecture.hidden
        (table,) = at.dataframe
        assert len(table.value) == in_view
        assert metrics(at) == {
            "Regions in view": (str(in_view), f"at most {network_bound(hidden):,} in the plane"),
            "Along the dashed line": (str(along), f"at most {network_bound(hidden, 1)} on a line"),
        }
    choose(at, capacity_network=capacity.WIDE)
    at.select_slider(key="capacity_epoch").set_value(0).run()
    assert metrics(at)["Regions in view"] == ("32", "at most 137 in the plane")
    assert "make 2 × 16 pieces" in shown(at)


@pytest.mark.usefixtures("few_seeds")
def test_capacity_answers_every_guess_and_compares_shallow_with_deep():
    at = open_page("capacity")
    trained(at, "capacity")
    assert {delta for _, delta in metrics(at).values()} == {""}
    assert "137" not in shown(at)
    for guess in (17, 32, 137, 65_536):
        choose(at, capacity_guess=guess)
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


@pytest.mark.parametrize("module", [capacity, overfitting])
def test_a_page_without_results_still_leads_to_the_comparison(module, monkeypatch):
    monkeypatch.setattr(module, "results_of", lambda experiment, key: None)
    at = new_page(module.__name__.split(".")[-1])
    assert not at.run().exception
    at.button(key="open").click().run()
    assert at.session_state["go_to_comparison"]


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
    (ill,) = trained(at, "base")
    right = 100 * np.mean(accuracies(ill))
    assert f"**{right:.1f}%** of fresh ones: it **overfits**" in shown(at)
    assert f"trains on {len(ml.load_data(ill.runs[0].data).y_train)} points" in shown(at)
    assert_what_surrounds_the_base_case_is_measured(
        shown(at), ill, trained(at, "overfitting_lesson")[0]
    )
    assert "once a remedy is picked" in shown(at)
    choose(at, remedy="L2")
    assert "once a remedy is picked" not in shown(at)
    groups = trained(at, "remedies")
    index = [group.name for group in groups].index("L2")
    assert f"**L2**: {overfitting.WHY['L2']}" in shown(at)
    assert f"**{100 * np.mean(accuracies(groups[index])):.1f}%** of fresh ones" in shown(at)
    assert_validation_chooses_before_the_test_points_are_touched(at, groups)
    choose(at, remedy=remedies.MORE_DATA)
    (many,) = trained(at, "more")
    more, *_, dropout, _ = remedies.compare_remedies(groups, many)
    assert f"More data: +{100 * more.mean:.1f} points on average" in shown(at)
    sizes = [len(ml.load_data(one.runs[0].data).y_train) for one in (many, ill)]
    assert f"{sizes[0]} training points in place of {sizes[1]}" in shown(at)
    assert_opens(at, "the base case on more data", remedies.more_data())
    choose(at, remedy="Dropout")
    assert f"**{dropout.verdict}.**" in shown(at)
    assert_opens(at, "the base case and the remedies on its data", remedies.remedies())


def assert_what_surrounds_the_base_case_is_measured(text, ill, on_lessons_data):
    fresh = fresh_scores(ill.runs)
    few, many = (choose_by_validation(fresh, size) for size in (20, 500))
    assert (
        f"Let 20 validation points choose one of {len(fresh.epochs)} epochs of a base run. Of "
        f"{few.n_draws:,} such choices, the points that chose say "
        f"**{100 * few.reported_accuracy:.1f}%** on average, all others "
        f"**{100 * few.fresh_accuracy:.1f}%**"
    ) in text
    left = 100 * (many.reported_accuracy - many.fresh_accuracy)
    assert f"With 500 points {left:.1f} points of it are left" in text
    best = [run.best_scores for run in ill.runs]
    losses = [np.mean([getattr(one, part).loss for one in best]) for part in ("val", "test")]
    assert f"it is {losses[0]:.2f} on their validation points, {losses[1]:.2f} on fresh" in text
    n = 20 * len(ill.runs)
    low, high = wilson(sum(run.scores.val.correct for run in ill.runs), n)
    assert f"Their 20 validation points are {n} in all: good to ±{50 * (high - low):.0f}" in text
    possible = 100 * np.mean([run.best_possible for run in ill.runs])
    assert f"best possible accuracy, {possible:.1f}%" in text
    assert f"more than {possible:.0f}% of fresh ones right" in text
    train = 100 * np.mean([run.scores.train.accuracy for run in on_lessons_data.runs])
    test = 100 * np.mean(accuracies(on_lessons_data))
    assert "300 points with noise 0.1, this network has" in text
    assert f"{train:.1f}% of its training points right and {test:.1f}% of fresh ones" in text


def assert_validation_chooses_before_the_test_points_are_touched(at, groups):
    losses = np.array([[run.scores.val.loss for run in group.runs] for group in groups])
    chosen = [groups[row].runs[run] for run, row in enumerate(losses.argmin(axis=0))]
    name, count = Counter(run.architecture.name for run in chosen).most_common(1)[0]
    assert f"They choose {name} in {count}" in shown(at)
    assert f"the loss of the chosen networks is {losses.min(axis=0).mean():.2f}" in shown(at)
    assert "Their loss on fresh points" not in shown(at)
    at.toggle(key="touch").set_value(True)
    settled(at.run())
    loss, right = (
        np.mean([getattr(run.scores.test, what) for run in chosen]) for what in ("loss", "accuracy")
    )
    assert f"Their loss on fresh points is **{loss:.2f}**, and **{100 * right:.1f}%** of" in shown(
        at
    )


def assert_opens(at, words, experiment):
    assert at.button(key="open").label == f"Open this in the comparison: {words}"
    at.button(key="open").click().run()
    assert at.session_state.page.experiment() == experiment


def test_what_is_said_of_a_remedy_is_what_it_sets():
    training = {one.name: one.training(remedies.base().training) for one in remedies.REMEDIES}
    assert f"λ = {training['L2'].l2}" in overfitting.WHY["L2"]
    assert f"leaves out {training['Dropout'].dropout:.0%} of" in overfitting.WHY["Dropout"]
    assert training["Best epoch"].report == "best_validation"


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


def test_the_same_network_shows_no_gap_on_the_lessons_data():
    for run in ml.compare(remedies.on_lessons_data()).runs:
        assert run.scores.train.accuracy - run.scores.test.accuracy < 0.02


def test_the_best_possible_accuracy_is_the_lessons_at_this_noise():
    quick = replace(remedies.base(), training=ml.Training(epochs=1), seeds=(0, 1, 2))
    best = [run.best_possible for run in ml.compare(quick).runs]
    assert np.mean(best) == pytest.approx(0.817, abs=0.005)
