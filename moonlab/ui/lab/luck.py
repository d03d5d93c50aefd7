"""How much of the table is luck? Many draws of the lesson's table, and what draws it."""

from typing import NamedTuple

import numpy as np
import streamlit as st

from moonlab import lesson
from moonlab.dataset import N_TEST
from moonlab.figure_look import color_of
from moonlab.judgement import Judgement, judge
from moonlab.lab import luck
from moonlab.lab.figures_luck import Row, many_draws, many_draws_in_words
from moonlab.parameters import Floats
from moonlab.results import Comparison
from moonlab.spec import DataSpec
from moonlab.stats import wilson
from moonlab.ui.charts import is_dark, show_figure
from moonlab.ui.lab.frame import offer_comparison, results_of, show_question
from moonlab.ui.lab.luck_sources import show_sources
from moonlab.wording import in_a_row, percent

UNSURE = "They cannot be told apart"


class Table(NamedTuple):
    """The accuracies of one row of the table, as shares, an entry for each seed."""

    name: str
    train: Floats
    val: Floats
    test: Floats


def show() -> None:
    """Show the page."""
    asked = luck.many_tables()
    n = len(asked.seeds)
    show_question(
        "How much of the table is luck?",
        "The lesson's table comes from one seed: five networks, trained once each, judged by "
        f"{asked.data.n_validation} points. Here it is drawn {n} times, and judged by {N_TEST:,} "
        "fresh points as well.",
    )
    table, sources = st.tabs(["The table, drawn many times", "Where the luck comes from"])
    with table:
        ranking = _ask_ranking(asked.names)
        if ranking is not None:
            _show_tables(results_of(asked, "tables"), ranking)
    with sources:
        show_sources(asked.names)
    offer_comparison(asked)


def _ask_ranking(names: tuple[str, ...]) -> list[int] | None:
    """The networks as the reader ranks them, none if unsure; None while it is not complete."""
    choices = (*names, UNSURE)
    ranking = st.pills(
        "**First your ranking**: which network is best on fresh points? Click all five, from best "
        f"to worst, or only “{UNSURE}”.",
        range(len(choices)),
        selection_mode="multi",
        format_func=lambda index: choices[index],
        key="ranking",
        wrap=True,
        persist_state="session",
    )
    if len(names) in ranking:
        return []
    if ranking:
        listed = ", ".join(f"{place}. {names[i]}" for place, i in enumerate(ranking, start=1))
        st.caption(f"Your ranking: {listed}")
    return list(ranking) if len(ranking) == len(names) else None


def tables_of(comparison: Comparison) -> list[Table]:
    """The rows of the table, each over all seeds."""
    return [
        Table(
            group.name,
            *(
                np.array([getattr(run.scores, part).accuracy for run in group.runs])
                for part in ("train", "val", "test")
            ),
        )
        for group in comparison.groups()
    ]


def _show_tables(comparison: Comparison | None, ranking: list[int]) -> None:
    replay = results_of(lesson.torch_experiment(), "luck_lesson")
    if comparison is None or replay is None:
        return
    st.markdown(ranking_in_words(comparison, ranking))
    _show_draws(tables_of(comparison), tables_of(replay))
    st.markdown(lesson_in_words(tables_of(comparison), tables_of(replay)))


def ranking_in_words(comparison: Comparison, ranking: list[int]) -> str:
    """How the reader's ranking fares; an empty one says that there is none."""
    judged = judge(comparison.groups())
    found = luck.check_ranking(ranking or list(judged.compared), judged)
    told, n_pairs = found.right + found.wrong, len(judged.pairs)
    if not ranking:
        own = "you say that none can."
    elif found.wrong:
        own = f"you have {found.right} of them in the right order, {found.wrong} in the wrong one."
    else:
        own = "you have them all in the right order."
    behind = [name for index, name in enumerate(judged.names) if judged.tier(index) != 1]
    listed = f" Clearly behind: {in_a_row(behind)}." if behind else ""
    return (
        f"**Of {n_pairs} pairs of networks, {told} can be told apart** by "
        f"{len(comparison.experiment.seeds)} seeds; {own}{listed} {_even_in_words(judged)}"
    )


def _even_in_words(judged: Judgement) -> str:
    """What is to be said of the pairs that have no clear order; may be empty."""
    kinds = [said.kind for said in judged.verdicts]
    n_equal, n_open = kinds.count("equivalent"), kinds.count("unclear")
    said = []
    if n_equal:
        said.append(f"In {n_equal} the difference is under a point: no order of them is right.")
    if n_open:
        said.append(f"In {n_open} this many seeds cannot tell.")
    return " ".join(said)


@st.fragment
def _show_draws(tables: list[Table], replay: list[Table]) -> None:
    """The table at any seed, among all others: a fragment, so that it follows the hand."""
    n = len(tables[0].val)
    told, few, many = st.columns([5, 4, 4], gap="medium")
    with told:
        seed = st.slider("Draw a table: seed", 0, n - 1, key="drawn_seed")
        st.markdown(table_in_words(tables, replay, seed))
    for place, part, title, key in (
        (few, "val", f"Right of the {DataSpec().n_validation} validation points", "draws_val"),
        (many, "test", f"Right of {N_TEST:,} fresh points", "draws_test"),
    ):
        rows = [
            Row(
                f"<b>{one.name}</b>  mean {percent(getattr(one, part).mean())}",
                getattr(one, part),
                color_of(index),
                float(getattr(own, part)[0]),
            )
            for index, (one, own) in enumerate(zip(tables, replay, strict=True))
        ]
        with place:
            figure = many_draws(rows, f"{title}: a dot a seed", seed, dark=is_dark())
            show_figure(figure, key, many_draws_in_words(rows, title))


def table_in_words(tables: list[Table], replay: list[Table], seed: int) -> str:
    """The lesson's table, one seed's and the mean of all, as Markdown."""
    n_points, n = DataSpec().n_validation, len(tables[0].val)
    rows = [
        f"| {one.name} | {n_points * own.val[0]:.0f} | **{n_points * one.val[seed]:.0f}** "
        f"| {n_points * one.val.mean():.1f} | {percent(one.test.mean())} |"
        for one, own in zip(tables, replay, strict=True)
    ]
    head = f"| Of {n_points} points | Lesson | Yours | Mean of {n} | Fresh |\n|:--|--:|--:|--:|--:|"
    return "\n".join([head, *rows])


def lesson_in_words(tables: list[Table], replay: list[Table]) -> str:
    """Where the lesson's table and the measurement part."""
    first, own, n = tables[0], replay[0], len(tables[0].val)
    n_points = DataSpec().n_validation
    on_train, on_val = (
        int(np.sum(row >= one[0] - 1e-9))
        for row, one in ((first.train, own.train), (first.val, own.val))
    )
    all_right = int(np.sum(np.all([one.train == 1 for one in tables], axis=0)))
    low, high = wilson(round(n_points * replay[1].val[0]), n_points)
    rankings = luck.n_rankings(np.stack([one.val for one in tables]))
    on_fresh = luck.n_rankings(np.stack([one.test for one in tables]))
    return (
        f"**Lesson and measurement.** The lesson's {first.name} has {percent(own.train[0])} on "
        f"train and {_count(own.val[0], n_points)} on validation: “tight, slight underfit”. It "
        f"does as well on train in {on_train} of {n} tables, on validation in {on_val}; the means "
        f"are {percent(first.train.mean())} and {percent(first.val.mean())}. “Every architecture "
        f"reaches 100% on train” is so in {all_right} of {n} tables. And "
        f"{_count(replay[1].val[0], n_points)}, as the other four have, means "
        f"{100 * low:.1f}–{percent(high)} with 95% confidence: one table cannot rank them. "
        f"Different rankings in the {n} tables: {rankings} by {n_points} points, {on_fresh} by "
        "fresh ones."
    )


def _count(share: float, n_points: int) -> str:
    return f"{round(n_points * share)}/{n_points}"
