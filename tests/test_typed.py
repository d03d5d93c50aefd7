"""Real numbers as people type them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moonlab.ui.typed import as_typed, number_or_text, whole_if_it_is


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0.01", 0.01), ("1e-2", 0.01), ("1E-2", 0.01), ("0,01", 0.01), (" .5 ", 0.5), (",5", 0.5),
        ("3.", 3.0), ("7", 7.0), ("-1", -1.0), ("+1", 1.0), ("-0", 0.0), ("0,0e9", 0.0),
        ("1e300", 1e300), ("0,001", 0.001), ("10,5", 10.5),
    ],
)  # fmt: skip
def test_what_people_write_for_a_number_is_one(text, number):
    assert number_or_text(text) == number
    assert type(number_or_text(text)) is float


@pytest.mark.parametrize(
    "text",
    ["x", "1e", "e3", "1_000", "１６", "½", "nan", "inf", "0x1F", "1.2.3", "1,2,3", "1 2", ".",
     "20%", "1e301", "-1e999", "٣", "--1", "1e5.5", "1e-400", "1,000", "-12,345,678", "1.2.0"],
)  # fmt: skip
def test_what_is_no_number_stays_as_it_was_typed(text):
    assert number_or_text(text) == text


def test_nothing_is_no_number():
    assert number_or_text("") is number_or_text("  ") is None
    assert as_typed(None) == ""


@given(st.floats(-1e300, 1e300))
def test_a_number_that_is_shown_is_the_same_when_it_is_read(number):
    again = number_or_text(as_typed(number))
    assert again == number
    assert math.copysign(1, again) == math.copysign(1, number)


@given(st.text() | st.from_regex(r"[0-9.,e]{1,8}(\.0)?", fullmatch=True))
def test_a_text_that_is_shown_is_the_same_when_it_is_read(text):
    once = number_or_text(text)
    assert number_or_text(as_typed(once)) == once


@pytest.mark.parametrize(
    ("given", "kept"),
    [(100.0, 100), (0.0, 0), (2.5, 2.5), (None, None), (2.0**53, 2.0**53), (1e300, 1e300)],
)
def test_a_whole_number_of_a_real_widget_is_an_int_and_others_stay_for_the_door(given, kept):
    found = whole_if_it_is(given)
    assert found == kept
    assert type(found) is type(kept)
