"""The parts of the page that show a comparison, each run alone by Streamlit's AppTest."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import ndtri
from streamlit.dataframe_util import convert_arrow_bytes_to_pandas_df
from streamlit.testing.v1 import AppTest

import moonlab as ml
from moonlab.judgement import judge
from moonlab.results import Group
from moonlab.stats import wilson
from moonlab.ui import training
from moonlab.ui.parts import _Parts
from moonlab.ui.state import PageState
from moonlab.ui.table import _in_percent

FIGURE_SPACE = "\u2007"
NETWORKS = tuple(ml.Architecture((n,), engine="numpy") for n in (2, 8))
EXPERIMENT = ml.Experiment(
    ml.DataSpec(n_samples=120, noise=0.2),
    ml.Training(epochs=25),
    NETWORKS,
    seeds=tuple(range(8)),
)


@pytest.fixture(scope="module")
def comparison():
    return ml.compare(EXPERIMENT)


@pytest.fixture(scope="module")
def single():
    """The same of one seed."""
    return ml.compare(replace(EXPERIMENT, seeds=(3,)))


def _table_alone():
    import streamlit as st

    from moonlab.judgement import judge
    from moonlab.ui.table import show_table, table

    comparison = st.session_state.given
    judged = judge(comparison.groups())
    show_table(table(comparison, judged), comparison, judged)


def shown(part, comparison, **state):
    """A part of the page, shown alone of this comparison."""
    at = AppTest.from_function(part, default_timeout=30)
    for name, value in ({"given": comparison, "parts": _Parts(page="")} | state).items():
        at.session_state[name] = value
    at.run()
    assert not at.exception
    return at


def displayed(at):
    """The cells of the table as one reads them."""
    element = at.dataframe[0].proto
    texts = convert_arrow_bytes_to_pandas_df(element.arrow_data.styler.display_values)
    texts.columns = at.dataframe[0].value.columns
    return texts[list(element.column_order) or list(texts)]


# The table


def test_counts_are_means_over_seeds(comparison):
    texts = displayed(shown(_table_alone, comparison))
    for part, label, n in (("train", "Train", 96), ("val", "Validation", 24)):
        runs = comparison.runs_table().groupby("architecture", sort=False)[f"{part}_correct"]
        found = [text.lstrip(FIGURE_SPACE) for text in texts[f"{label} count"]]
        assert found == [f"{mean:.1f}/{n}" for mean in runs.mean()]


def test_counts_and_intervals_of_other_lengths_sort_as_numbers(single):
    few, many = (
        Group("pin", tuple(replace(run, last_scores=with_val(run, n)) for run in group.runs))
        for group, n in zip(single.groups(), (9, 118), strict=True)
    )
    texts = displayed(shown(_table_alone, replace(single, pinned=(few, many))))
    found = texts["Validation count"][2:].tolist()
    assert found == [f"{FIGURE_SPACE * 2}9/120", "118/120"]
    assert sorted(found, key=lambda text: text.replace(FIGURE_SPACE, " ")) == found
    intervals = texts["Validation interval"][2:].tolist()
    assert [text[:2] for text in intervals] == [f"{FIGURE_SPACE}4", "94"]


def with_val(run, right):
    """The run's scores with so many of 120 validation points right."""
    val = run.scores.val._replace(tn=0, fp=0, fn=120 - right, tp=right)
    return run.last_scores._replace(val=val)


def test_a_number_has_as_many_digits_as_the_interval_of_its_row_supports(comparison):
    texts = displayed(shown(_table_alone, comparison))
    summary = comparison.summary()
    widths = 50 * (summary["test_accuracy_high"] - summary["test_accuracy_low"])
    digits = [0 if width >= 2.5 else 1 if width >= 0.25 else 2 for width in widths]
    assert len(set(digits)) == 2
    for row, n in enumerate(digits):
        assert texts["Test"][row] == f"{100 * summary['test_accuracy'][row]:.{n}f}%"
        assert texts["Regret"][row] == f"{100 * summary['regret'][row]:.{n}f}"


def test_of_one_run_counts_and_intervals_stand_beside_each_other(single):
    texts = displayed(shown(_table_alone, single))
    for (name, runs), (_, row) in zip(single.groups(), texts.iterrows(), strict=True):
        test, val = runs[0].scores.test, runs[0].scores.val
        assert row["Architecture"] == name
        assert row["Test count"].lstrip(FIGURE_SPACE) == f"{test.correct:,}/20,000"
        assert row["Validation count"].lstrip(FIGURE_SPACE) == f"{val.correct}/24"
        z, p, n = ndtri(0.975), val.accuracy, val.n  # Wilson's interval, by its formula
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        low, high = 100 * (middle - half), 100 * (middle + half)
        assert row["Validation interval"] == f"{low:.0f}–{high:.0f}%"
        assert row["Diagnosis"] == "—"


@pytest.mark.parametrize(
    ("correct", "n", "text"),
    [(59, 60, "91.1–99.7%"), (60, 60, "94–100%"), (57, 60, "86–98%")],
)
def test_an_interval_reaches_100_percent_only_if_it_does(correct, n, text):
    assert _in_percent(wilson(correct, n)) == text


def test_what_is_missing_is_shown_as_such(single):
    assert shown(_table_alone, single).dataframe[0].proto.placeholder == "—"


@pytest.mark.parametrize("n_seeds", [1, 2])
def test_where_nothing_is_held_out_its_columns_say_so(n_seeds):
    data = replace(EXPERIMENT.data, validation_fraction=0.0)
    experiment = replace(EXPERIMENT, data=data, seeds=tuple(range(n_seeds)))
    columns = ["Validation count", "Validation interval"]
    chosen = dict.fromkeys(columns, True)
    texts = displayed(shown(_table_alone, ml.compare(experiment), chosen_columns=chosen))
    assert [{text.strip() for text in texts[name]} for name in columns] == [{"—"}, {"—"}]


def test_of_several_runs_these_columns_are_there_to_be_chosen(comparison):
    at = shown(_table_alone, comparison)
    assert not {"Test count", "Validation interval"} & set(displayed(at))
    assert {"Test count", "Validation interval"} <= set(at.dataframe[0].value)


def test_the_table_comes_back_the_same_and_with_the_columns_chosen(comparison):
    at = shown(_table_alone, comparison)
    first = at.dataframe[0].proto.SerializeToString()
    assert at.run().dataframe[0].proto.SerializeToString() == first
    texts = displayed(at.button_group(key="columns").set_value(["Test", "Log-loss"]).run())
    assert list(texts) == ["Architecture", "Test", "Log-loss"]
    expected = comparison.summary()["test_log_loss"]
    assert list(texts["Log-loss"]) == [f"{loss:.4g}" for loss in expected]
    at.session_state.given = replace(comparison, names=("a", "b"))
    assert list(displayed(at.run())["Architecture"]) == ["a", "b"]


def toggle(at, name):
    columns = at.button_group(key="columns")
    (columns.unselect if name in columns.value else columns.select)(name).run()
    assert not at.exception


def columns_of(at, comparison):
    """The columns that are shown of a comparison."""
    at.session_state.given = comparison
    return list(displayed(at.run()))


def test_a_choice_of_columns_leaves_the_default_of_other_comparisons_in_place(comparison, single):
    of_many = list(displayed(shown(_table_alone, comparison)))
    at = shown(_table_alone, single)
    of_one = list(displayed(at))
    toggle(at, "Seconds")
    toggle(at, "Parameters")
    added = [*(name for name in of_many if name != "Parameters"), "Seconds"]
    assert columns_of(at, comparison) == added
    assert {"Tier", "Seconds"} <= set(added)
    toggle(at, "Seconds")
    toggle(at, "Parameters")
    assert columns_of(at, comparison) == of_many
    assert columns_of(at, single) == of_one


def test_all_columns_can_be_taken_away(comparison, single):
    at = shown(_table_alone, comparison)
    for name in at.button_group(key="columns").value:
        toggle(at, name)
    assert columns_of(at, comparison) == ["Architecture"]
    assert columns_of(at, single) == ["Architecture", "Test count", "Validation interval"]


def config_of(at):
    return at.dataframe[0].proto.columns


def test_the_columns_help_says_what_varies_and_how_many_points_are_fresh(comparison):
    told = config_of(shown(_table_alone, comparison))
    assert "20,000 fresh points" in told
    assert "2,000" not in told.replace("20,000", "")
    assert "on the same data" in told
    assert "under \\u201cLook closer\\u201d, Diagnosis" in told
    varied = replace(EXPERIMENT, seeding="with_data")
    assert "on the same data" not in config_of(shown(_table_alone, ml.compare(varied)))
    asked = iter([False] * 5 + [True] * 1000)
    stopped = ml.compare(EXPERIMENT, should_stop=lambda: next(asked, True))
    assert "of 2,000 fresh points" in config_of(shown(_table_alone, stopped))


def test_what_is_pinned_from_other_data_has_no_tier_and_the_help_says_why(comparison):
    other = ml.compare(replace(EXPERIMENT, data=replace(EXPERIMENT.data, n_samples=60)))
    pinned = replace(comparison, pinned=(Group("other", other.groups()[0].runs),))
    at = shown(_table_alone, pinned)
    texts = displayed(at)
    assert texts["Tier"][2] == "—"
    assert texts["Train count"][2].endswith("/48")
    assert "pinned from other data" in config_of(at)


# The verdict and a closer look


def _verdict_alone():
    import streamlit as st

    from moonlab.judgement import judge
    from moonlab.ui.details import show_details
    from moonlab.ui.outcome import Outcome
    from moonlab.ui.verdict import show_verdict

    comparison = st.session_state.given
    judged = judge(comparison.groups())
    show_verdict(comparison, judged)
    show_details(Outcome(comparison, judged, 1.0, key=repr(comparison.runs), results=""))


def looked_at(comparison, part="Seeds"):
    state = PageState(comparison.experiment)
    at = shown(_verdict_alone, comparison, details=part, page=state)
    return " ".join(one.value for one in (*at.markdown, *at.caption)), at


def with_accuracies(comparison, *rows):
    """The comparison with made-up test accuracies: a row an architecture, one a seed."""
    right = np.round(20_000 * np.ravel(rows)).astype(int)
    runs = []
    for run, n in zip(comparison.runs, right, strict=True):
        test = run.scores.test._replace(tn=0, fp=0, fn=20_000 - int(n), tp=int(n))
        runs.append(replace(run, last_scores=run.last_scores._replace(test=test)))
    return replace(comparison, runs=tuple(runs), names=comparison.experiment.names)


SCATTER = 0.01 * np.array([-2, 2, 1, -1, 3, -3, 2, -2])


def test_a_clear_pair_is_counted_from_the_winners_side(comparison):
    words, _ = looked_at(with_accuracies(comparison, 0.8 + SCATTER, 0.9 + 0.9 * SCATTER), "Pairs")
    assert "2→8→1 beats 2→2→1" in words.replace("\\", "").replace("\u2060", "")
    assert "won 8, tied 0, lost 0 of 8 seeds" in words
    assert "100%" in words
    assert "how often a seed favours" in words
    assert "the chance of so large a difference if there were none" in words


def test_what_cannot_be_settled_by_as_many_seeds_as_there_may_be_says_so(comparison):
    wide = with_accuracies(comparison, 0.85 + SCATTER, 0.8502 - 4 * SCATTER)
    (needed,) = judge(wide.groups()).needed
    assert needed > 128
    words, at = looked_at(wide, "Pairs")
    assert words.count("the chance that so many settle the difference is below 80%") == 2
    assert at.button(key="more_seeds_for_pair").label == "Train 120 more seeds for this pair"
    close = with_accuracies(comparison, 0.85 + SCATTER, 0.862 - 0.2 * SCATTER)
    (needed,) = judge(close.groups()).needed
    assert 8 < needed <= 128
    words, at = looked_at(close, "Pairs")
    assert "below 80%" not in words
    assert "The number named settles it with a chance of 80%" in words
    label = at.button(key="more_seeds_for_pair").label
    assert label.startswith(f"Train {needed - 8} more seed")


def test_the_terms_say_what_varies_with_the_seed(comparison):
    words, _ = looked_at(comparison)
    assert "begins: its first weights and the order of its batches" in words
    assert "on the same data" in words
    varied = replace(comparison, experiment=replace(EXPERIMENT, seeding="with_data"))
    words, _ = looked_at(varied)
    assert "begins: its points and their split, its first weights" in words
    assert "on the same data" not in words


def test_the_dashed_line_is_said_to_be_of_the_first_ones_data_beside_other_data(comparison):
    named = replace(comparison, names=("first", "second"))
    assert "that can exist for this data." in looked_at(named)[0]
    other = ml.compare(replace(EXPERIMENT, data=replace(EXPERIMENT.data, noise=0.3)))
    pinned = replace(named, pinned=(Group("other", other.groups()[0].runs),))
    assert "for the data of first; what has other data has another." in looked_at(pinned)[0]
    unknown = tuple(replace(run, best_possible=None) for run in comparison.runs)
    assert "dashed" not in looked_at(replace(comparison, runs=unknown))[0]


def test_confusion_tells_the_log_loss_of_a_network_trained_by_squared_error():
    squared = replace(EXPERIMENT, training=replace(EXPERIMENT.training, loss="mse"))
    found = ml.compare(squared)
    _, at = looked_at(found, "Confusion")
    expected = found.runs_table().groupby("architecture", sort=False)["test_log_loss"].mean()
    assert list(at.dataframe[0].value["Log-loss"]) == list(expected.round(4))
    assert (expected > found.summary()["test_loss"].to_numpy() + 0.1).all()


@pytest.mark.parametrize("n", [1, 5, 30, 128])
def test_a_check_races_at_least_20_seeds_a_side(comparison, n, monkeypatch):
    monkeypatch.setattr(training, "comparison_of", lambda experiment, key: None)
    some = replace(comparison, experiment=replace(EXPERIMENT, seeds=tuple(range(3, n + 3))))
    at = shown(_check_alone, replace(some, names=some.experiment.names))
    at.button(key="check").click().run()
    checked = at.session_state["checked"]
    side = min(max(n, 20), 64)
    assert len(set(checked.seeds)) == 2 * side
    assert checked.seeds[: min(n, 64)] == some.experiment.seeds[:64]
    assert [one.hidden for one in checked.architectures] == [(2,)]


def _check_alone():
    import streamlit as st

    from moonlab.ui.verdict import show_check

    show_check(st.session_state.given)


def test_rows_are_sorted_by_any_column_each_with_its_own_digits(comparison):
    at = shown(_table_alone, comparison)
    as_set_up = displayed(at)
    assert list(as_set_up["Architecture"]) == ["2→2→1", "2→8→1"]
    at.selectbox(key="sort_by").select("Test").run()
    assert list(displayed(at)["Architecture"]) == ["2→8→1", "2→2→1"]
    at.toggle(key="sort_falls").set_value(False).run()
    assert list(displayed(at)["Architecture"]) == ["2→2→1", "2→8→1"]
    at.selectbox(key="sort_by").select("Architecture").run()
    at.toggle(key="sort_falls").set_value(True).run()
    turned = displayed(at).iloc[::-1].reset_index(drop=True)
    assert turned.equals(as_set_up.reset_index(drop=True))
    at.selectbox(key="sort_by").set_value(None).run()
    assert displayed(at).equals(as_set_up)
