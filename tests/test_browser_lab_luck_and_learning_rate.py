"""The pages of luck and of the learning rate in a real Chromium.

Their way to the comparison is tested without one: many runs are slow to show there.
"""

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


RANKING = ("2→16→1", "2→32→1", "2→16→16→1", "2→8→8→1", "2→4→1")


def test_a_ranking_is_held_against_many_tables_and_the_source_of_luck_is_found(page, server):
    visit(page, server, "luck")
    expect(picture(page, "draws_val")).to_have_count(0)
    for place, name in enumerate(RANKING, start=1):
        choose_by_keyboard(page, "ranking", name, "button")
        expect(page.get_by_text(f"{place}. {name}", exact=False)).to_be_visible()
    told = page.get_by_text("you have them all in the right order")
    expect(told).to_be_visible(timeout=120_000)  # five networks, 64 times, and the replay
    for key in ("draws_val", "draws_test"):
        expect(picture(page, key)).to_be_visible()
        expect_alternative(page, key, "2→4→1", "the lesson's 9")
    row = page.locator("table tr").filter(has_text="2→4→1")
    expect(row.locator("td").nth(1)).to_have_text("58")  # the lesson's
    drawn = row.locator("td").nth(2)
    before = drawn.text_content()
    page.get_by_role("slider").press("End")
    expect(drawn).not_to_have_text(before)
    assert_fits_a_phone(page)
    choose(page, "ranking", "They cannot be told apart")
    expect(page.get_by_text("you say that none can")).to_be_visible()
    first_tab = page.get_by_role("tab", name="The table, drawn many times")
    first_tab.press("ArrowRight")
    check_sources(page)
    assert_no_failure(page)


def check_sources(page):
    expect(picture(page, "shares")).to_have_count(0)
    choose_by_keyboard(page, "source_guess_0", "Batch order")
    told = page.get_by_text("Not the batch order: initial weights")
    expect(told).to_be_visible(timeout=120_000)  # data of their own for most of the runs
    expect(picture(page, "sources").get_by_text("Data draw alone")).to_be_visible()
    expect(picture(page, "shares").get_by_text("Their sum")).to_be_visible()
    expect_alternative(page, "sources", "Initial weights alone sd", "All three sd")
    expect_alternative(page, "shares", "with 95% intervals: Initial weights alone", "their sum")
    assert_fits_a_phone(page)
    choose(page, "luck_network", "2→16→1")
    expect(picture(page, "shares")).to_have_count(0)
    expect(page.get_by_text("the accuracy of 2→16→1 most?")).to_be_visible()


def test_the_ladder_tells_a_prediction_and_a_mark_leads_to_its_curves(page, server):
    visit(page, server, "learning-rate")
    expect(picture(page, "rates")).to_have_count(0)
    choose_by_keyboard(page, "rate_gd", "10")
    expect(page.get_by_text("Not 10 but 3")).to_be_visible()
    expect(picture(page, "steps").get_by_text("Train loss at rate 10")).to_be_visible()
    expect(page.get_by_text("3 is still fine: 99.6%")).to_be_visible()
    expect_alternative(page, "rates", "100: 14, all 32 diverged")
    assert_fits_a_phone(page)
    choose_by_keyboard(page, "rate_gd", "0.001")
    expect(picture(page, "steps").get_by_text("32 too slow")).to_be_visible()
    expect_alternative(page, "steps", "learning rate 0.001", "all 32 too slow")
    marks = picture(page, "rates").locator(".scatterlayer .trace").last.locator(".point")
    marks.last.click(force=True)
    expect(picture(page, "steps").get_by_text("Train loss at rate 100")).to_be_visible()
    expect(page.get_by_text("Not 100 but 3")).to_be_visible()
    choose(page, "optimizer", "Adam")
    expect(picture(page, "rates")).to_have_count(0)
    assert_no_failure(page)
