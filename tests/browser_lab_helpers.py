"""What the tests of the laboratory in a real Chromium share."""

import logging
import re

from browser_helpers import SMALL
from playwright.sync_api import expect

from moonlab.codec import QUERY_KEY

_LOG = logging.getLogger(__name__)
FITS = """() => {
  const main = document.querySelector('[data-testid="stMain"]');
  const inner = [...document.querySelectorAll('.js-plotly-plot, table')];
  return main.clientWidth === 390 && main.scrollWidth === 390
    && inner.every(one => one.getBoundingClientRect().right <= 390);
}"""


def visit(page, server, path):
    """A page of the laboratory; what is set up in the comparison is quick, or it would be first."""
    page.goto(f"{server}/{path}?{QUERY_KEY}={SMALL.to_query()[QUERY_KEY]}")
    button = page.get_by_role("button", name="Open this in the comparison")
    try:
        expect(button).to_be_visible(timeout=25_000)
    except AssertionError:  # seen once in some whole runs, on a busy machine; told, not hidden
        _LOG.exception("%s did not come up: %s", path, page.locator("body").inner_text())
        page.reload()
        expect(button).to_be_visible()


def choose(page, key, option):
    page.locator(f".st-key-{key}").get_by_text(option, exact=True).click()


def choose_by_keyboard(page, key, option, role="radio"):
    page.locator(f".st-key-{key}").get_by_role(role, name=option, exact=True).press("Space")


def picture(page, key):
    return page.locator(f".st-key-{key} .js-plotly-plot")


def expect_alternative(page, key, *words):
    """What a screen reader says of a figure."""
    figure = page.locator(f".st-key-{key}").get_by_role("figure")
    for part in words:
        expect(figure).to_have_accessible_name(re.compile(re.escape(part)))


def assert_no_failure(page):
    expect(page.get_by_text(re.compile("Traceback|Something went wrong"))).to_have_count(0)


def assert_fits_a_phone(page):
    """The page as it stands, on a phone's width, and back."""
    wide = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(FITS)  # pictures follow a moment later
    page.set_viewport_size(wide)
