"""The page of one training step in a real Chromium."""

import numpy as np
import pytest
from browser_helpers import experiment_in, new_page, wait_for_run
from playwright.sync_api import expect

import moonlab as ml
from moonlab.codec import QUERY_KEY
from moonlab.lab.moments import moments
from moonlab.lab.planes import plane
from moonlab.lab.under_glass import nudge, parameter_names, step_values

pytestmark = pytest.mark.browser

LESSON = ml.lesson.numpy_experiment()
NETWORK = LESSON.architectures[0]
ON_SCREEN = """(svg, [x, y]) => {
  const at = new DOMPoint(x, y).matrixTransform(svg.getScreenCTM());
  return [at.x, at.y];
}"""


@pytest.fixture(scope="module")
def data():
    return ml.load_data(LESSON.data)


@pytest.fixture(scope="module")
def trace():
    return {moment.updates: moment for moment in moments(LESSON, [0, 200])}


def open_page(page, server):
    page.goto(f"{server}/from-scratch")
    expect(page.locator(".st-key-planes svg")).to_have_count(4)
    expect(page.get_by_text("Worst, best")).to_be_visible()  # all is there: nothing moves


def place_of(page, picture, data, point):
    """Where a training point is on the screen, in one of the four pictures."""
    svg = page.locator(".st-key-planes svg").nth(picture)
    svg.scroll_into_view_if_needed()
    places = plane(np.ones(65), NETWORK, data).places
    return svg.evaluate(ON_SCREEN, places[point].tolist())


def test_a_point_and_a_weight_are_chosen_by_mouse_and_by_keyboard(page, server, data, trace):
    open_page(page, server)
    check_nudges(page, data, trace)
    page.mouse.click(*place_of(page, 2, data, 17))
    expect(page.get_by_text("Under the glass: point 17")).to_be_visible()
    expect(page.get_by_label("Point", exact=True)).to_have_value("17")
    expect(moment(page, "200")).to_be_checked()
    step = step_values(trace[200].parameters, NETWORK, data.X_train[[17]], data.y_train[[17]])
    expect(page.get_by_text(f"Z2 (1, 1) = {shown(step.Z2)}")).to_be_visible()
    expect(page.get_by_text("dZ2 (1, 1)")).to_have_count(0)
    page.get_by_role("radio", name="Not at all").click()
    expect(page.get_by_text(f"dZ2 (1, 1) = {shown(step.dZ2)}")).to_be_visible()
    assert page.locator(".strip").count() == 8  # Z1, H; dW2, dH, dZ1, both rows of dW1, db1
    choose_by_keyboard(page)
    page.get_by_role("button", name="Open this in the comparison").click()
    page.wait_for_url(lambda url: f"{QUERY_KEY}=" in url and experiment_in(url) == LESSON)


def choose_by_keyboard(page):
    first = "Decision boundary: 0 updates: loss 0.4991, 232 of 300 right (77.3%)"
    expect(page.get_by_role("img", name=first)).to_be_visible()
    page.locator("summary").filter(has_text="Choose by keyboard").press("Enter")
    field = page.get_by_label("Point", exact=True)
    field.fill("2")
    field.press("Enter")
    expect(page.get_by_text("Under the glass: point 2")).to_be_visible()
    page.get_by_role("radio", name="0", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(moment(page, "100")).to_be_checked()
    wait_for_run(page)  # a list that is drawn anew forgets what was typed into it
    page.locator(".st-key-glass_weight input").focus()
    page.keyboard.type("b1[7")
    page.keyboard.press("Enter")
    expect(page.get_by_text("loss, b1[7] less")).to_be_visible()


def moment(page, updates):
    """The choice of the moment, in its expander, open or not."""
    return page.get_by_role("radio", name=updates, exact=True, include_hidden=True)


def check_nudges(page, data, trace):
    grid = page.locator(".st-key-glass_weights")
    grid.scroll_into_view_if_needed()
    expect(grid.get_by_role("button", name="a row for each hidden unit").first).to_be_attached()
    box = grid.bounding_box()
    page.mouse.click(box["x"] + 0.9 * box["width"], box["y"] + 38 + 4.5 * 23)
    expect(page.get_by_text("loss, W2[4, 0] less")).to_be_visible()
    found = nudge(trace[0].parameters, NETWORK, data.X_train, data.y_train)
    slope = found.slopes[parameter_names(NETWORK).index("W2[4, 0]")]
    expect(page.get_by_text(f"{slope:+.9f}").first).to_be_visible()
    expect(page.get_by_text("at W2[4, 0], and by")).to_be_visible()


def shown(value):
    return f"{value.item():.4g}".replace("-", "−")


def test_on_a_phone_a_tap_picks_and_nothing_scrolls_sideways(browser, server, data):
    phone = {"viewport": {"width": 390, "height": 800}, "has_touch": True, "is_mobile": True}
    with new_page(browser, **phone) as page:
        open_page(page, server)
        page.touchscreen.tap(*place_of(page, 3, data, 40))
        expect(page.get_by_text("Under the glass: point 40")).to_be_visible()
        expect(moment(page, "499")).to_be_checked()
        main = page.get_by_test_id("stMain")
        assert main.evaluate("area => area.scrollWidth - area.clientWidth") == 0
