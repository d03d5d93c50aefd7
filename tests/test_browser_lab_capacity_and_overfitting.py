"""The pages of capacity and of overfitting in a real Chromium."""

import re

import pytest
from browser_lab_helpers import (
    assert_fits_a_phone,
    assert_no_failure,
    choose,
    choose_by_keyboard,
    expect_alternative,
    picture,
    visit,
)
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def metric(page, label):
    return page.get_by_test_id("stMetric").filter(has_text=label)


def test_regions_are_counted_before_and_after_training_and_in_depth(page, server):
    visit(page, server, "capacity")
    for key in ("patchwork", "bends"):
        expect(picture(page, key)).to_be_visible()
    expect(page.get_by_text("137 in the plane")).to_have_count(0)
    choose_by_keyboard(page, "capacity_guess", "17")
    expect(page.get_by_text("So many along a line")).to_be_visible()
    for key in ("bounds", "accuracy"):
        expect(picture(page, key)).to_be_visible()
    page.locator("summary", has_text="Earlier in its training").press("Enter")
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    expect(metric(page, "Regions in view")).to_contain_text(re.compile("32.*at most 137"))
    expect(page.get_by_text("all biases are zero")).to_be_visible()
    choose(page, "capacity_network", "4→4→4")
    expect(metric(page, "Regions in view")).to_contain_text("at most 1,331")
    expect(metric(page, "Along the dashed line")).to_contain_text("at most 125")
    expect(picture(page, "patchwork").get_by_text("third layer")).to_be_visible()
    expect_alternative(page, "patchwork", "after 0 epochs of 2→4→4→4→1")
    expect_alternative(page, "bends", "The logit along the dashed line")
    expect_alternative(page, "bounds", "of at most 1,331")
    page.locator("summary", has_text="The pieces in numbers").press("Enter")
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    assert_no_failure(page)
    assert_fits_a_phone(page)


def test_a_remedy_stands_beside_the_base_case_and_another_takes_its_place(page, server):
    visit(page, server, "overfitting")
    expect(page.get_by_text("it overfits")).to_be_visible()
    expect(picture(page, "gains")).to_have_count(0)
    choose(page, "remedy", "L2")
    expect(page.get_by_text("L2 beats Base by")).to_be_visible()
    expect(picture(page, "L2-curves")).to_be_visible()
    expect(picture(page, "gains")).to_be_visible()
    choose_by_keyboard(page, "remedy", "More data")
    expect(page.get_by_text("the interval is Welch's")).to_be_visible()
    expect(picture(page, "More-data-curves")).to_be_visible()
    expect(picture(page, "L2-curves")).to_have_count(0)
    for key, words in (
        ("Base-plane", "training points are right"),
        ("Base-curves", "Loss and accuracy of Base over 300 epochs"),
        ("gains", "over the base case: More data +"),
        ("flattery", "Accuracy at the chosen epoch"),
    ):
        expect_alternative(page, key, words)
    page.get_by_text("Now touch the test points").click()
    expect(page.get_by_text("Their loss on fresh points is")).to_be_visible()
    assert_no_failure(page)
    assert_fits_a_phone(page)
