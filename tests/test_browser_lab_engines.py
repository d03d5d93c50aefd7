"""The page of the two engines in a real Chromium."""

import pytest
from browser_helpers import experiment_in, new_page
from playwright.sync_api import expect

from moonlab.codec import QUERY_KEY
from moonlab.ui.lab.engines import engines

pytestmark = pytest.mark.browser


def test_curves_lie_on_each_other_and_the_largest_differences_are_printed(page, server):
    page.goto(f"{server}/engines")
    expect(page.get_by_text("Passes in train()")).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    page.get_by_role("radio", name="In the last digits").click()
    expect(
        page.locator(".st-key-overlay .js-plotly-plot .scatterlayer path").first
    ).to_be_attached()
    expect(page.get_by_test_id("stMetricValue")).to_have_count(2)
    values = page.get_by_test_id("stMetricValue").all_text_contents()
    double, single = (float(value.replace("−", "-")) for value in values)
    assert double < 1e-9 < single < 0.1
    page.get_by_role("button", name="Open this in the comparison").click()
    page.wait_for_url(lambda url: f"{QUERY_KEY}=" in url)
    assert experiment_in(page.url) == engines()


def test_pieces_and_dropout_change_what_is_shown_on_a_phone_too(browser, server):
    with new_page(browser, viewport={"width": 390, "height": 800}) as page:
        page.goto(f"{server}/engines")
        expect(page.get_by_text("becomes a lottery")).to_be_visible()
        page.get_by_role("radio", name="optimizer.step").click()
        expect(page.get_by_text("np.subtract(theta, scratch, out=theta)")).to_be_visible()
        page.get_by_role("radio", name="0", exact=True).click()
        expect(page.get_by_text("Without dropout the mode changes nothing")).to_be_visible()
        main = page.get_by_test_id("stMain")
        assert main.evaluate("area => area.scrollWidth - area.clientWidth") == 0
