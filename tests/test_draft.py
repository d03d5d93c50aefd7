import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

import moonlab as ml
from moonlab import codec
from moonlab.ui import draft
from moonlab.ui.state import PageState
from moonlab.ui.typed import number_or_text, whole_if_it_is

WITH_OVERRIDE = ml.Experiment(architectures=(ml.Architecture(name="a", override={"epochs": 3}),))
typed_int = st.none() | st.floats(-1e300, 1e300).map(whole_if_it_is) | st.integers(0, 2**53 - 1)
typed_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)
typed_float = st.none() | st.floats(-1e300, 1e300) | typed_text.map(number_or_text)


def typed_state(seeds="0", name=None, width=4, epochs=3, noise=0.1, margin=1.0):
    state = PageState(WITH_OVERRIDE)
    panel = state.panels[0].id
    state.set_seeds(seeds)
    state.set_panel(panel, "name", name)
    state.set_width(panel, 0, width)
    state.set_departure(panel, "epochs", epochs)
    state.set_shared("data", "noise", noise)
    state.set_margin(margin)
    return state


@given(typed_text, st.none() | typed_text, typed_int, typed_int, typed_float, typed_float)
def test_whatever_is_typed_comes_back_from_the_address(seeds, name, width, epochs, noise, margin):
    state = typed_state(seeds, name, width, epochs, noise, margin)
    key = draft.to_query(state.draft())
    assert key.isascii()
    again = PageState(ml.Experiment())
    again.restore(draft.from_query(key))
    assert json.dumps(again.draft()) == json.dumps(state.draft())
    again.undo()
    assert again.experiment() == ml.Experiment()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2**53, True, "3", 4.0, [3], {}])
def test_what_no_widget_can_hold_makes_no_key(value):
    assert draft.to_query(typed_state(epochs=value).draft()) is None
    assert draft.to_query(typed_state(seeds="0, " * 1000).draft()) is None
    assert draft.to_query(typed_state(name="\ud800").draft()) is None


def _sidebar_alone():
    from moonlab.ui import arrival, page, parts, sidebar

    parts.begin_whole()
    page.open_session()
    arrival.set_stage(arrival.PAGE)
    sidebar.show_sidebar()


def test_seeds_can_be_typed_as_long_as_they_fit_into_the_address_and_no_longer():
    at = AppTest.from_function(_sidebar_alone, default_timeout=30).run()
    most = at.text_input(key="seeds").proto.max_chars
    assert draft.to_query(typed_state(seeds="x" * most).draft()) is not None
    assert draft.to_query(typed_state(seeds="x" * (most + 1)).draft()) is None
    every = ml.Experiment(seeds=tuple(range(2**32 - 256, 2**32, 2)))
    assert len(PageState(every).seeds) <= most


@pytest.mark.parametrize("key", ["", "x", "é", "A" * 9_000, codec.packed(" " * 5_000_000)])
def test_a_damaged_key_is_refused(key):
    with pytest.raises(ml.SpecError, match=r"^`draft` must be .* Got .* instead\.$"):
        draft.from_query(key)


@pytest.mark.parametrize("text", ["0.3", " x", "", "1e5"])
def test_a_text_that_would_have_been_read_otherwise_is_refused(text):
    state = typed_state(noise=text)
    assert draft.to_query(state.draft()) is None
    with pytest.raises(ml.SpecError, match=r"^`draft` must hold what was typed"):
        draft.from_query(codec.packed(json.dumps(state.draft())))


PLACES = [
    (), ("data",), ("training",), ("architectures",), ("architectures", 0), ("seeds",),
    ("seeding",), ("margin_points",), ("data", "noise"), ("data", "dataset"),
    ("training", "epochs"), ("training", "batch_size"), ("training", "loss"),
    ("architectures", 0, "hidden"), ("architectures", 0, "hidden", 0),
    ("architectures", 0, "activation"), ("architectures", 0, "name"),
    ("architectures", 0, "override"), ("architectures", 0, "override", "epochs"),
]  # fmt: skip
HOSTILE = [{"a": 1}, ["a"], [[]] * 20, True, 1e308 * 10, 10**30, "x" * 3_000, "\ud800"]


@pytest.mark.parametrize("place", PLACES, ids=str)
@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: str(value)[:9])
def test_a_value_that_nobody_can_have_typed_is_refused_wherever_it_stands(place, value):
    document = {"all": json.loads(json.dumps(PageState(WITH_OVERRIDE).draft()))}
    target = document
    *way, last = ("all", *place)
    for step in way:
        target = target[step]
    target[last] = value
    key = codec.packed(json.dumps(document["all"]))
    with pytest.raises(ml.SpecError, match=r"^`draft` must hold what was typed"):
        draft.from_query(key)


@pytest.mark.parametrize("text", ["", "null", "[]", "{}", "[" * 50_000, '{"a":' * 20_000])
def test_a_key_that_holds_something_else_is_refused(text):
    with pytest.raises(ml.SpecError, match=r"^`draft` must"):
        draft.from_query(codec.packed(text))
