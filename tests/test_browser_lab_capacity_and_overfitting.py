"""The pages of capacity and of overfitting in a real Chromium."""

import re

import pytest
from browser_helpers import SMALL, experiment_in
from playwright.sync_api import expect

from moonlab.codec import QUERY_KEY
from moonlab.lab import remedies
from moonlab.ui.lab import capacity

pytestmark = pytest.mark.browser


def visit(page, server, path):
    """A page of the laboratory; what is set up in the comparison is quick, or it would be first."""
    page.goto(f"{server}/{path}?{QUERY_KEY}={SMALL.to_query()[QUERY_KEY]}")
    expect(page.get_by_role("button", name="Open this in the comparison")).to_be_visible()


def choose(page, key, option):
    page.locator(f".st-key-{key}").get_by_text(option, exact=True).click()


def picture(page, key):
    return page.locator(f".st-key-{key} .js-plotly-plot")


def metric(page, label):
    return page.get_by_test_id("stMetric").filter(has_text=label)


def open_in_comparison(page, experiment):
    page.get_by_role("button", name="Open this in the comparison").click()
    expect(page.get_by_role("button", name="Train and compare")).to_be_visible()
    page.wait_for_url(lambda url: QUERY_KEY in url and experiment_in(url) == experiment)


def assert_no_failure(page):
    expect(page.get_by_text(re.compile("Traceback|Something went wrong"))).to_have_count(0)


def assert_fits_a_phone(page):
    """The page as it stands, on a phone's width, and back."""
    wide = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_timeout(1000)
    assert_fits(page)
    page.set_viewport_size(wide)


def assert_fits(page):
    main = page.get_by_test_id("stMain")
    assert main.evaluate("area => area.scrollWidth - area.clientWidth") == 0
    for chart in page.locator(".js-plotly-plot").all():
        assert chart.bounding_box()["width"] <= page.viewport_size["width"]


def test_regions_are_counted_before_and_after_training_and_in_depth(page, server):
    visit(page, server, "capacity")
    for key in ("patchwork", "bends", "bounds", "accuracy"):
        expect(picture(page, key)).to_be_visible()
    choose(page, "capacity_guess", "17")
    expect(page.get_by_text("So many along a line")).to_be_visible()
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("Home")
    expect(metric(page, "Regions in view")).to_contain_text(re.compile("32.*at most 137"))
    expect(page.get_by_text("all biases are zero")).to_be_visible()
    choose(page, "capacity_network", "4→4→4")
    expect(metric(page, "Regions in view")).to_contain_text("at most 1,331")
    expect(metric(page, "Along the dashed line")).to_contain_text("at most 125")
    expect(picture(page, "patchwork").get_by_text("third layer")).to_be_visible()
    assert_no_failure(page)
    assert_fits_a_phone(page)
    open_in_comparison(page, capacity.experiment())
    assert_no_failure(page)


def test_a_remedy_stands_beside_the_base_case_and_another_takes_its_place(page, server):
    visit(page, server, "overfitting")
    expect(page.get_by_text("it overfits")).to_be_visible()
    expect(picture(page, "gains")).to_have_count(0)
    choose(page, "remedy", "L2")
    expect(page.get_by_text("L2 beats Base by")).to_be_visible()
    expect(picture(page, "L2-curves")).to_be_visible()
    expect(picture(page, "gains")).to_be_visible()
    choose(page, "remedy", "More data")
    expect(page.get_by_text("the interval is Welch's")).to_be_visible()
    expect(picture(page, "More-data-curves")).to_be_visible()
    expect(picture(page, "L2-curves")).to_have_count(0)
    assert_no_failure(page)
    assert_fits_a_phone(page)
    open_in_comparison(page, remedies.remedies())
    assert_no_failure(page)
