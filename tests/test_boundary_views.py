"""Which views of the boundaries there are to choose, and what is said of them: no browser."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

import moonlab as ml

NETWORKS = tuple(ml.Architecture((n,), engine="numpy") for n in (2, 3, 4))


def compared(n_networks=2, seeds=(0, 1), **more):
    parts = {"training": ml.Training(epochs=2), "architectures": NETWORKS[:n_networks]}
    return ml.compare(ml.Experiment(**(parts | {"seeds": seeds} | more)))


def script():
    import streamlit as st

    from moonlab.ui.boundaries import show_boundaries

    show_boundaries(st.session_state.comparison, st.session_state.cache_key)


def show(comparison, at=None):
    at = at or AppTest.from_function(script, default_timeout=30)
    at.session_state.comparison, at.session_state.cache_key = comparison, repr(comparison)
    at.run()
    assert not at.exception
    return at


def choose(at, kind):
    at.segmented_control(key="boundary_view").set_value(kind).run()
    assert not at.exception


def said(at):
    return at.caption[0].value


@pytest.mark.parametrize(
    ("n_networks", "seeds", "options"),
    [
        (2, (0, 1), ["Mean over seeds", "Disagreement", "One seed", "Difference"]),
        (1, (0, 1), ["Mean over seeds", "Disagreement", "One seed"]),
        (2, (5,), ["Each network", "Difference"]),
    ],
)
def test_only_views_with_something_to_show_are_offered(n_networks, seeds, options):
    at = show(compared(n_networks, seeds))
    assert at.segmented_control(key="boundary_view").options == options
    assert at.segmented_control(key="boundary_view").value == "mean"


def test_one_run_leaves_nothing_to_choose():
    at = show(compared(1, (0,)))
    assert not at.segmented_control
    assert said(at) == "Probability of each class: the deeper the colour, the surer."


def test_a_choice_that_the_next_comparison_does_not_offer_is_forgotten():
    at = show(compared(3, (0, 1)))
    choose(at, "difference")
    at.selectbox(key="boundary_first").set_value(2).run()
    assert at.selectbox(key="boundary_second").value == 1
    show(compared(2, (0, 1)), at)
    assert at.segmented_control(key="boundary_view").value == "difference"
    assert at.selectbox(key="boundary_first").value == 0
    assert at.selectbox(key="boundary_second").value == 1
    choose(at, "seed")
    at.selectbox(key="boundary_seed").set_value(1).run()
    show(compared(2, (7, 8)), at)
    assert at.selectbox(key="boundary_seed").value == 7
    assert said(at).startswith("The run of seed 7")
    show(compared(1, (0,)), at)
    show(compared(2, (0, 1)), at)


def test_an_architecture_is_not_compared_with_itself():
    at = show(compared(3, (0,)))
    choose(at, "difference")
    at.selectbox(key="boundary_second").set_value(2).run()
    at.selectbox(key="boundary_first").set_value(2).run()
    assert not at.exception
    assert at.selectbox(key="boundary_second").options == ["2→2→1", "2→3→1"]
    assert at.selectbox(key="boundary_second").value == 0


def test_what_is_shown_is_said_with_the_number_of_seeds():
    at = show(compared(2, (0, 1)))
    assert "mean over 2 seeds" in said(at)
    choose(at, "disagreement")
    assert said(at) == "Share of the seeds that contradict their majority, from none to half."
    choose(at, "difference")
    assert "in the first minus that in the second, mean over 2 seeds." in said(at)


def test_numbers_of_seeds_that_differ_are_not_told_as_one():
    pinned = compared(1, (0, 1, 2)).groups()[0]._replace(name="pinned")
    at = show(replace(compared(1, (0,)), pinned=(pinned,)))
    assert "mean over the seeds of each" in said(at)
    choose(at, "disagreement")
    assert len(at.segmented_control(key="boundary_view").options) == 4


@pytest.mark.parametrize("seeding", ["with_data", "only_data"])
def test_whose_points_are_drawn_is_said_where_each_seed_drew_its_own(seeding):
    at = show(compared(2, (0, 1), seeding=seeding))
    assert said(at).endswith("Each seed drew its own points; those of data seed 42 are drawn.")
    choose(at, "seed")
    assert "drew" not in said(at)


def test_who_has_no_run_of_a_seed_is_named_without_markup():
    comparison = compared(2, (0, 1))
    pinned = comparison.groups()[0]._replace(name="*a*", runs=comparison.runs[:1])
    at = show(replace(comparison, pinned=(pinned,)))
    choose(at, "seed")
    assert "There is none" not in said(at)
    at.selectbox(key="boundary_seed").set_value(1).run()
    assert said(at).endswith(r"There is none of \*a\*.")
