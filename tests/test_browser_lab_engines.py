"""The page of the two engines in a real Chromium."""

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


def test_curves_lie_on_each_other_and_pieces_change_by_keyboard_and_on_a_phone(page, server):
    visit(page, server, "engines")
    expect(picture(page, "passes").get_by_text("Passes in train()")).to_be_visible()
    expect_alternative(page, "passes", "one point in 200 passes", "in evaluation mode always")
    expect(page.get_by_text("becomes a lottery")).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    choose_by_keyboard(page, "gap_guess", "In the last digits")
    expect(page.get_by_text("Right: in the last digits.")).to_be_visible()
    expect(picture(page, "overlay").locator(".scatterlayer path").first).to_be_attached()
    expect(page.get_by_test_id("stMetricValue")).to_have_count(2)
    values = page.get_by_test_id("stMetricValue").all_text_contents()
    double, single = (float(value.replace("−", "-")) for value in values)
    assert double < 1e-9 < single < 0.1
    expect_alternative(page, "overlay", f"PyTorch, 64 bits by {double:.1e} at most")
    expect(page.get_by_text("Lesson and measurement.")).to_be_visible()
    choose_by_keyboard(page, "piece", "optimizer.step")
    expect(page.get_by_text("np.subtract(theta, scratch, out=theta)")).to_be_visible()
    choose(page, "piece", "DataLoader")
    expect(page.get_by_text("gathers the points of each batch")).to_be_visible()
    assert_no_failure(page)
    assert_fits_a_phone(page)
