"""A network that learns by heart, what helps against it, and which score to believe."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from moonlab.dataset import N_TEST, load_data
from moonlab.judgement import judge
from moonlab.lab.choosing import Choice, FreshScores, choose_by_validation, fresh_scores
from moonlab.lab.figures_glass import plane
from moonlab.lab.figures_overfitting import (
    flattery,
    flattery_in_words,
    gains,
    gains_in_words,
)
from moonlab.lab.figures_three_curves import ranges, three_curves, three_curves_in_words
from moonlab.lab.remedies import (
    BASE,
    MORE_DATA,
    NARROW,
    REMEDIES,
    WIDTH,
    Chosen,
    Gain,
    base,
    choose_by_validation_loss,
    compare_remedies,
    more_data,
    on_lessons_data,
    remedies,
)
from moonlab.results import Comparison, Group
from moonlab.spec import Experiment
from moonlab.stats import wilson
from moonlab.ui.charts import is_dark, show_figure
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question
from moonlab.wording import percent, rounded

SIZES = (10, 20, 50, 100, 200, 500)
_SET = {one.name: one.training(base().training) for one in REMEDIES}
WHY = {
    MORE_DATA: f"{more_data().data.n_train} training points in place of {base().data.n_train}, in "
    "as many steps: fewer gaps to guess at.",
    "Less width": f"Layers of {NARROW} units in place of {WIDTH}: too few bends to fence in every "
    "stray point.",
    "L2": f"λ = {_SET['L2'].l2:g} pulls the weights towards 0: no steep slopes around single "
    "points.",
    "Dropout": f"Each step leaves out {percent(_SET['Dropout'].dropout, 0)} of the hidden units: "
    "none can lean on the others.",
    "Best epoch": "The same runs, read where the validation loss is least, not at the end.",
}


class _Case(NamedTuple):
    """The base case or a remedy, with what is shown of it."""

    group: Group
    fresh: FreshScores

    @property
    def best_possible(self) -> float:
        """Mean over the runs' data, as a share."""
        known = [run.best_possible for run in self.group.runs if run.best_possible is not None]
        return float(np.mean(known))


def _right(group: Group, part: str) -> str:
    """Mean accuracy over the runs."""
    return percent(np.mean([getattr(run.scores, part).accuracy for run in group.runs]))


def _case(experiment: Experiment, comparison: Comparison, index: int = 0) -> _Case:
    group = comparison.groups()[index]
    return _Case(group, _fresh(experiment.to_json(), group.name, group))


@st.cache_resource(max_entries=8, show_spinner=False)
def _fresh(experiment: str, name: str, _group: Group) -> FreshScores:
    return fresh_scores(_group.runs)


class _Outcome(NamedTuple):
    """What came of a remedy, and of all of them."""

    case: _Case
    gains: list[Gain]
    chosen: Chosen


def show() -> None:
    """Show the page."""
    data = base().data
    show_question(
        "Has it learned, or learned by heart?",
        f"A network with two layers of {WIDTH} units trains on {data.n_train} points of two moons "
        "so noisy that they run into each other. It can draw one smooth line between them, or "
        "fence in every stray point. **Which remedy will help most on fresh points?** Pick one, "
        "and see.",
    )
    picked = st.segmented_control(
        "Which remedy will help most?", list(WHY), key="remedy", label_visibility="collapsed"
    )
    comparison = results_of(base(), "base")
    if comparison is not None:
        _show_remedy(_case(base(), comparison), picked)
    asked, words = (
        (more_data(), "the base case on more data")
        if picked == MORE_DATA
        else (remedies(), "the base case and the remedies on its data")
    )
    offer_comparison(asked, f"Open this in the comparison: {words}")


def _show_remedy(ill: _Case, picked: str | None) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _show_case(ill, ill, "**Base**: nothing is done against overfitting.")
    with right:
        outcome = None if picked is None else _outcome(picked)
        if outcome is None:
            st.info("Here your remedy will stand, and below it what each one gains.")
        else:
            _show_case(outcome.case, ill, f"**{picked}**: {WHY[outcome.case.group.name]}")
    choices = _choices(base().to_json(), ill.fresh)
    left, right = st.columns(2, gap="medium")
    with left:
        _show_flattery(ill, choices)
    with right:
        _show_gains(outcome)
    _show_split(outcome)
    _show_lesson(ill)


def _outcome(picked: str) -> _Outcome | None:
    """Train all remedies, and compare each with the base case."""
    asked, more = remedies(), more_data()
    paired, unpaired = results_of(asked, "remedies"), results_of(more, "more")
    if paired is None or unpaired is None:
        return None
    gains = compare_remedies(paired.groups(), unpaired.groups()[0])
    chosen = choose_by_validation_loss(paired.groups())
    if picked == MORE_DATA:
        return _Outcome(_case(more, unpaired), gains, chosen)
    names = [group.name for group in paired.groups()]
    return _Outcome(_case(asked, paired, names.index(picked)), gains, chosen)


def _verdict(gain: Gain) -> str:
    if gain.verdict:
        return gain.verdict
    mean, low, high = (
        rounded(100 * share, 1, signed=True) for share in (gain.mean, gain.low, gain.high)
    )
    return (
        f"{gain.name}: {mean} points on average, 95% interval {low} to {high}. "
        "These are other points, so seeds do not pair: the interval is Welch's, of two averages"
    )


def _show_case(case: _Case, ill: _Case, title: str) -> None:
    """Show one run's picture, and all runs' curves on the base case's axes."""
    dark = is_dark()
    run, name = case.group.runs[0], case.group.name
    diagnosis = judge([case.group]).diagnoses[0]
    st.markdown(
        f"{title}  \n{_right(case.group, 'train')} of its training points right, "
        f"**{_right(case.group, 'test')}** of fresh ones: "
        f"it **{diagnosis.kind if diagnosis else 'was stopped'}**."
    )
    picture, curves = st.columns([9, 11])
    with picture:
        right = f"{run.scores.train.correct} of {run.scores.train.n}"
        figure = plane(run.reported_parameters, run.architecture, load_data(run.data), dark=dark)
        words = f"What the first run says of the plane: {right} training points are right."
        show_figure(figure, f"{name} plane", words)
        st.caption(f"The first run: {right} right; a cross is a wrong one. {_legend(case)}")
    with curves:
        spans = ranges(ill.group, ill.fresh)
        figure = three_curves(case.group, case.fresh, spans, case.best_possible, dark=dark)
        show_figure(figure, f"{name} curves", three_curves_in_words(case.group, case.fresh))


def _legend(case: _Case) -> str:
    scores = [run.scores.val for run in case.group.runs]
    n = sum(score.n for score in scores)
    low, high = wilson(sum(score.correct for score in scores), n)
    return (
        f"The curves are means of {len(scores)} runs, each on points of its own. Their "
        f"{scores[0].n} validation points are {n:,} in all: good to ±{50 * (high - low):.0f} "
        f"points. Dashed: the median best epoch, and the best possible accuracy, "
        f"{percent(case.best_possible)}."
    )


def _show_gains(outcome: _Outcome | None) -> None:
    st.subheader("What does each remedy gain?", anchor=False)
    if outcome is None:
        st.markdown("This will stand here once a remedy is picked and trained.")
        return
    index = [gain.name for gain in outcome.gains].index(outcome.case.group.name)
    st.markdown(f"**{_verdict(outcome.gains[index])}.**")
    figure = gains(outcome.gains, index, dark=is_dark())
    show_figure(figure, "gains", gains_in_words(outcome.gains))


@st.cache_resource(max_entries=4, show_spinner=False)
def _choices(experiment: str, _fresh: FreshScores) -> list[Choice]:
    return [choose_by_validation(_fresh, size) for size in SIZES]


def _show_flattery(ill: _Case, choices: list[Choice]) -> None:
    st.subheader("Why does the best epoch flatter?", anchor=False)
    n_validation = ill.group.runs[0].scores.val.n
    few, many = choices[SIZES.index(n_validation)], choices[-1]
    st.markdown(
        f"Let {n_validation} validation points choose one of "
        f"{len(ill.fresh.epochs)} epochs of a base run. Of {few.n_draws:,} such choices, the "
        f"points that chose say **{percent(few.reported_accuracy)}** on average, all others "
        f"**{percent(few.fresh_accuracy)}**: the epoch was chosen because these points came out "
        f"well there, in part by luck, and luck does not repeat. With {SIZES[-1]} points "
        f"{100 * (many.reported_accuracy - many.fresh_accuracy):.1f} points of it are left. "
        f"{_best_losses(ill.group)}"
    )
    figure = flattery(SIZES, choices, dark=is_dark())
    show_figure(figure, "flattery", flattery_in_words(SIZES, choices))


def _best_losses(group: Group) -> str:
    """What the runs' own validation points say of the epochs that they chose, and fresh ones."""
    best = [run.best_scores for run in group.runs if run.best_scores is not None]
    validation, fresh = (
        float(np.mean([getattr(scores, part).loss for scores in best])) for part in ("val", "test")
    )
    return (
        f"The runs above chose by loss: at their best epochs it is {validation:.2f} on their "
        f"validation points, {fresh:.2f} on fresh ones."
    )


def _show_split(outcome: _Outcome | None) -> None:
    st.subheader("So: three parts", anchor=False)
    data = base().data
    for cell, title, text in zip(
        st.columns(3),
        (
            f"Train: {data.n_train} points",
            f"Validate: {data.n_validation} points",
            f"Test: {N_TEST:,} fresh points",
        ),
        (
            "The weights are fitted to them. Their score says how well it remembers.",
            "They choose: the epoch, the width, λ. Who chose by them cannot judge by "
            "them, too: the score flatters.",
            "To be touched once, at the end, by what was chosen: theirs is the score to report. "
            "The pictures above break this rule to show what each remedy does.",
        ),
        strict=True,
    ):
        with cell.container(border=True):
            st.markdown(f"**{title}**  \n{text}")
    if outcome is not None:
        _show_choice(outcome.chosen)


def _show_choice(chosen: Chosen) -> None:
    """What validation chooses, and, once asked for, the score to report."""
    st.markdown(_choice_in_words(chosen))
    if st.toggle("Now touch the test points", key="touch"):
        st.markdown(
            f"Their loss on fresh points is **{chosen.fresh_loss:.2f}**, and "
            f"**{percent(chosen.fresh_accuracy)}** of these are right: the score to report."
        )


def _choice_in_words(chosen: Chosen) -> str:
    listed = ", ".join(f"{name} in {count}" for name, count in chosen.counts.items())
    return (
        f"**By the rule:** in each of {sum(chosen.counts.values())} runs, let the "
        f"{base().data.n_validation} validation points choose, by loss, among {BASE.name} and the "
        f"remedies on its data. They choose {listed}. On the points that chose, the loss of the "
        f"chosen networks is {chosen.validation_loss:.2f}."
    )


def _show_lesson(ill: _Case) -> None:
    comparison = results_of(on_lessons_data(), "overfitting_lesson")
    if comparison is not None:
        st.markdown(_lesson_in_words(ill, comparison.groups()[0]))


def _lesson_in_words(ill: _Case, lesson: Group) -> str:
    data = on_lessons_data().data
    train, test = (_right(lesson, part) for part in ("train", "test"))
    return (
        "**Where the lesson and the measurement part.** “Train far above validation: overfits” "
        "holds, but the lesson's own data do not show it: trained on them, "
        f"{data.n_samples} points with noise {data.noise:g}, this network has "
        f"{train} of its training points right and {test} of fresh ones. “Both low: "
        "underfits” fails on the points above: nobody can get more than "
        f"{percent(ill.best_possible, 0)} of fresh ones right, so low is measured from there."
    )
