"""The pages of luck and of the learning rate, run by Streamlit's AppTest: no browser."""

from dataclasses import replace

import numpy as np
import pytest
from lab_helpers import choose, open_page, settled

import moonlab as ml
from moonlab import lesson
from moonlab.draws import IndependentDraws
from moonlab.judgement import judge
from moonlab.lab import luck
from moonlab.lab.figures_rates import told
from moonlab.lab.pace import RATES, climb, ladder, pace
from moonlab.lab.variance_shares import Share, VarianceShares, variance_shares
from moonlab.ui.lab import learning_rate, luck_sources
from moonlab.ui.lab import luck as luck_page

pytestmark = pytest.mark.usefixtures("own_worker")
NAMES = ["2→4→1", "2→16→1", "2→32→1", "2→8→8→1", "2→16→16→1"]
ORIGINAL = lesson.torch_experiment()


@pytest.fixture
def short_lesson(monkeypatch):
    """The lesson by NumPy in a blink, and few seeds."""
    varying, many_tables = luck.varying, luck.many_tables
    monkeypatch.setattr(luck, "many_tables", lambda: many_tables(9))
    monkeypatch.setattr(luck, "varying", lambda hidden, seeding: varying(hidden, seeding, 8))
    networks = tuple(replace(one, engine="numpy") for one in ORIGINAL.architectures)
    short = replace(ORIGINAL, training=ml.Training(epochs=12), architectures=networks)
    monkeypatch.setattr(lesson, "torch_experiment", lambda: short)


@pytest.fixture
def few_starts(monkeypatch):
    def few(optimizer):
        return replace(ladder(optimizer), seeds=tuple(range(5)))

    monkeypatch.setattr(learning_rate, "ladder", few)
    return few


def shown(at):
    return "\n".join(part.value for part in [*at.markdown, *at.caption])


def rank(at, ranking):
    at.pills(key="ranking").set_value(ranking)
    return settled(at.run())


@pytest.mark.usefixtures("short_lesson")
def test_the_table_is_shown_among_many_once_it_was_ranked():
    at = open_page("luck")
    rank(at, [1, 2])
    assert "Your ranking: 1. 2→16→1, 2. 2→32→1" in shown(at)
    assert "Lesson and measurement" not in shown(at)
    rank(at, [1, 2, 3, 4, 0])
    tables, own = ml.compare(luck.many_tables()), ml.compare(lesson.torch_experiment())
    kinds = [said.kind for said in judge(tables.groups()).verdicts]
    told, even, unclear = (kinds.count(kind) for kind in ("clear", "equivalent", "unclear"))
    assert told + even + unclear == 10
    assert f"**Of 10 pairs of networks, {told} can be told apart** by 9 seeds;" in shown(at)
    assert (f"In {even} the difference is under a point" in shown(at)) == (even > 0)
    assert (f"In {unclear} this many seeds cannot tell." in shown(at)) == (unclear > 0)
    at.slider(key="drawn_seed").set_value(7).run()
    for index, group in enumerate(tables.groups()):
        val, test = ([getattr(r.scores, part) for r in group.runs] for part in ("val", "test"))
        row = (
            f"| {NAMES[index]} | {own.runs[index].scores.val.correct} | **{val[7].correct}** "
            f"| {np.mean([one.correct for one in val]):.1f} "
            f"| {100 * np.mean([one.accuracy for one in test]):.1f}% |"
        )
        assert row in shown(at)
    at.button(key="open").click().run()
    assert at.session_state.page.experiment() == luck.many_tables()


@pytest.mark.usefixtures("short_lesson")
def test_who_says_that_they_cannot_be_told_apart_sees_the_tables_too():
    at = open_page("luck")
    rank(at, [NAMES.index("2→8→8→1"), len(NAMES)])
    assert "you say that none can" in shown(at)
    assert "Lesson and measurement" in shown(at)


def test_the_lesson_in_words_counts_what_the_tables_hold():
    def tables(*rows):
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        return [luck_page.Table(name, *columns) for name in NAMES]

    many = tables((1.0, 59 / 60, 0.98), (0.9, 58 / 60, 0.97), (0.8, 50 / 60, 0.85))
    words = luck_page.lesson_in_words(many, tables((1.0, 58 / 60, 0.98)))
    assert "has 100.0% on train and 58/60 on validation" in words
    assert "does as well on train in 1 of 3 tables, on validation in 2" in words
    assert "the means are 90.0% and 92.8%" in words
    assert "is so in 1 of 3 tables" in words
    assert "Different rankings in the 3 tables: 1 by 60 points, 1 by fresh ones." in words


@pytest.mark.usefixtures("short_lesson")
def test_shares_of_the_variance_are_shown_once_the_largest_was_guessed():
    at = open_page("luck")
    assert "In brackets" not in shown(at)
    choose(at, luck_network=1)
    choose(at, source_guess_1="Batch order")
    exam = ml.load_data(ml.DataSpec())
    runs = [ml.compare(luck.varying((16,), s)).runs for s in (*luck.SOURCES, luck.TOGETHER)]
    *alone, together = (luck.on_one_exam(each, exam) for each in runs)
    found = variance_shares(alone, together, np.random.default_rng(0))
    assert luck_sources.sources_in_words(found, "Batch order") in shown(at)
    by_few = np.std([run.scores.val.accuracy for run in runs[-1]], ddof=1)
    assert luck_sources.caveats_in_words(found, by_few) in shown(at)
    choose(at, luck_network=0)
    assert "In brackets" not in shown(at)
    choose(at, luck_network=1)
    assert "In brackets" in shown(at)


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (Share(1.1, 0.9, 1.3), "with this many seeds, that cannot be told from 100%"),
        (Share(1.4, 1.1, 1.9), "what one draw does depends on the others"),
        (Share(0.7, 0.5, 0.9), "the rest shows only when they vary together"),
    ],
)
def test_the_words_follow_the_shares(total, words):
    each = (Share(0.1, 0.05, 0.2), Share(0, 0, 0), Share(0.98, 0.8, 1.2))
    found = VarianceShares(each, total, (0.01, 0.0, 0.03), 0.03, 40)
    said = luck_sources.sources_in_words(found, "Data draw")
    assert "**As you guessed: data draw 98% (80–120)** of the variance" in said
    assert "initial weights 10% (5–20), batch order under 0.1%" in said
    assert words in said
    assert "**Not the batch order: data draw" in luck_sources.sources_in_words(found, "Batch order")


def test_initial_weights_matter_most_where_the_network_is_small_and_the_data_where_it_is_not():
    exam = ml.load_data(ml.DataSpec())
    for hidden, seedings in (
        ((4,), ["only_start", "only_data"]),
        ((16,), ["only_data", "only_start"]),
    ):
        runs = [ml.compare(luck.varying(hidden, seeding, 12)).runs for seeding in seedings]
        most, least = (luck.on_one_exam(each, exam).var() for each in runs)
        assert most > 4 * least


def test_the_data_draw_does_much_less_to_the_smallest_network_from_another_start():
    network, exam = ml.Architecture((4,), engine="numpy"), ml.load_data(ml.DataSpec())
    data = [ml.load_data(ml.DataSpec(seed=42 + seed)) for seed in range(10)]
    scatter = {}
    for start in (0, 1):
        held = IndependentDraws(network, (start,)).initial_weights() * len(data)
        runs = ml.train(network, ml.Training(), data, tuple(range(len(data))), held)
        scatter[start] = luck.on_one_exam(runs, exam).std()
    assert scatter[1] < scatter[0] / 3


@pytest.mark.usefixtures("few_starts")
def test_the_ladder_is_shown_once_its_best_rate_was_predicted_for_each_optimizer(few_starts):
    at = open_page("learning_rate")
    assert "Lesson and measurement" not in shown(at)
    choose(at, rate_gd=0.1)
    plain = ml.compare(few_starts("gd"))
    assert learning_rate.guess_in_words(climb(plain.groups()), 0.1) in shown(at)
    assert learning_rate.lesson_in_words(plain) in shown(at)
    assert "The curves at rate 0.1." in shown(at)
    choose(at, rate_gd=100.0)
    assert "At rate 100: all 5 diverged." in shown(at)
    choose(at, optimizer="momentum")
    assert "Lesson and measurement" not in shown(at)
    choose(at, rate_momentum=1.0)
    momentum = ml.compare(few_starts("momentum"))
    assert f"does at 1: {median(momentum, '0.1'):.2g} and {median(plain, '1'):.2g}" in shown(at)
    lowest = min(median(momentum, name) for name in momentum.experiment.names)
    assert (right_at(momentum, lowest), right_at(plain, lowest)) == (["0.3", "1", "3"], ["3"])
    assert "it is right at 0.3, 1 and 3, plain descent at 3." in shown(at)
    at.button(key="open").click().run()
    assert at.session_state.page.experiment() == few_starts("momentum")


@pytest.mark.usefixtures("few_starts")
def test_adam_is_told_from_its_own_ladder(few_starts):
    at = open_page("learning_rate")
    choose(at, optimizer="adam")
    choose(at, rate_adam=0.01)
    assert "The lesson's rate 0.01 is too slow here, for 200 steps" in shown(at)
    assert "the lesson takes 2,400, with batches of 32" in shown(at)
    adam, plain = (ml.compare(few_starts(optimizer)) for optimizer in ("adam", "gd"))
    found = climb(adam.groups())
    assert learning_rate.guess_in_words(found, 0.01) in shown(at)
    assert right_at(adam, found.lowest) == ["0.1", "0.3", "1"]
    assert right_at(plain, found.lowest) == ["3"]
    assert "right at 0.1, 0.3 and 1, plain descent (dotted) at 3. A long step" in shown(at)
    assert f"(at 10: {told(found.rungs[RATES.index(10)])})" in shown(at)


def median(comparison, name):
    (group,) = [group for group in comparison.groups() if group.name == name]
    return np.median([run.curves[-1, 0] for run in group.runs])


def right_at(comparison, lowest):
    """The rates at which more runs are right than anything else, given what can be reached."""
    paces = {group.name: [pace(r, lowest) for r in group.runs] for group in comparison.groups()}
    return [name for name, each in paces.items() if max(each, key=each.count) == "right"]


def test_no_rate_may_be_right_by_another_ladders_line(few_starts):
    found = climb(ml.compare(few_starts("gd")).groups(), 1e-9)
    assert learning_rate._right_rates(found) == "none"


def test_a_guess_is_right_near_or_wrong(few_starts):
    found = climb(ml.compare(few_starts("gd")).groups())
    assert RATES[found.best] == 3
    assert learning_rate.guess_in_words(found, 3.0).startswith("**Yes, 3**")
    near, wrong = (learning_rate.guess_in_words(found, rate) for rate in (1.0, 10.0))
    assert near.startswith("**Not 1 but 3**")
    assert "among the right ones" in near
    assert "among the right ones" not in wrong


def test_the_lesson_is_held_against_the_runs_at_its_rates(few_starts):
    plain = ml.compare(few_starts("gd"))
    words = learning_rate.lesson_in_words(plain)
    at_1, at_3, at_10 = (
        100 * np.mean([run.scores.train.accuracy for run in group.runs])
        for group in plain.groups()
        if group.name in ("1", "3", "10")
    )
    assert f"200 steps 1 gets {at_1:.1f}% of the training points right" in words
    assert f"**3 is still fine: {at_3:.1f}%**; it is 10 that wrecks it: {at_10:.1f}%" in words
