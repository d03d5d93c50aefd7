import pytest

from moonlab.stats import Interval
from moonlab.wording import bounds, digits_of, in_a_row, percent, rounded


@pytest.mark.parametrize(
    ("low", "high", "digits", "text"),
    [
        (0.031, 0.075, 1, "3.1–7.5"),
        (-0.002, 0.003, 1, "−0.2 to 0.3"),
        (0.0004, 0.02, 1, "0.04–2.0"),
        (-0.02, -0.0004, 1, "−2.0 to −0.04"),
        (0.0, 0.0, 2, "0.00–0.00"),
    ],
)
def test_bounds_keep_their_first_digit_and_have_no_dash_beside_a_minus(low, high, digits, text):
    assert bounds(low, high, digits) == text


@pytest.mark.parametrize(
    ("points", "digits", "text"),
    [(5.26, 1, "+5.3"), (-0.2, 1, "−0.2"), (-0.04, 1, "0.0"), (-3, 0, "−3"), (0, 2, "0.00")],
)
def test_a_difference_has_its_sign_unless_it_rounds_to_0(points, digits, text):
    assert rounded(points, digits, signed=True) == text


@pytest.mark.parametrize(
    ("names", "text"), [("a", "a"), ("ab", "a and b"), ("abcd", "a, b, c and d")]
)
def test_a_row_has_commas_and_one_and(names, text):
    assert in_a_row(names) == text


@pytest.mark.parametrize(("half_width", "text"), [(0.05, "99%"), (0.005, "98.7%")])
def test_a_percentage_has_as_many_decimals_as_its_interval_supports(half_width, text):
    interval = Interval(0.987 - half_width, 0.987 + half_width)
    assert percent(0.987, digits_of(interval)) == text
