"""The pages of luck and of the learning rate in a real Chromium."""

import re

import pytest
from browser_lab_helpers import (
    assert_fits_a_phone,
    assert_no_failure,
    choose,
    open_in_comparison,
    picture,
    visit,
)
from playwright.sync_api import expect

from moonlab.lab import luck
from moonlab.lab.pace import ladder

pytestmark = pytest.mark.browser


def test_a_ranking_is_held_against_many_tables_and_another_is_drawn(page, server):
    visit(page, server, "luck")
    expect(picture(page, "draws_val")).to_have_count(0)
    for place, name in enumerate(("2→16→1", "2→32→1", "2→16→16→1", "2→8→8→1", "2→4→1"), start=1):
        choose(page, "ranking", name)
        expect(page.get_by_text(f"{place}. {name}", exact=False)).to_be_visible()
    told = page.get_by_text("you have them all in the right order")
    expect(told).to_be_visible(timeout=120_000)  # five networks, 64 times, and the replay
    expect(picture(page, "draws_test")).to_be_visible()
    row = page.locator("table tr").filter(has_text="2→4→1")
    expect(row.locator("td").nth(1)).to_have_text("58")  # the lesson's
    drawn = row.locator("td").nth(2)
    before = drawn.text_content()
    page.get_by_role("slider").press("End")
    expect(drawn).not_to_have_text(before)
    assert_no_failure(page)
    assert_fits_a_phone(page)
    open_in_comparison(page, luck.many_tables())
    assert_no_failure(page)


def test_the_source_that_matters_is_shown_once_it_was_predicted(page, server):
    visit(page, server, "luck")
    expect(picture(page, "shares")).to_have_count(0)
    choose(page, "source_guess_0", "Batch order")
    told = page.get_by_text("Not the batch order: initial weights")
    expect(told).to_be_visible(timeout=120_000)  # data of their own for most of the runs
    expect(picture(page, "sources").get_by_text("Data draw alone")).to_be_visible()
    expect(picture(page, "shares").get_by_text("Their sum")).to_be_visible()
    choose(page, "luck_network", "2→16→1")
    expect(picture(page, "shares")).to_have_count(0)
    expect(page.get_by_text("the accuracy of 2→16→1 most?")).to_be_visible()
    assert_no_failure(page)
    assert_fits_a_phone(page)


def test_the_ladder_tells_a_prediction_and_a_mark_leads_to_its_curves(page, server):
    visit(page, server, "learning-rate")
    expect(picture(page, "rates")).to_have_count(0)
    choose(page, "rate_guess_gd", "10")
    expect(page.get_by_text("Not 10 but 3")).to_be_visible()
    expect(picture(page, "steps").get_by_text("Train loss at rate 10")).to_be_visible()
    expect(page.get_by_text("3 is still fine: 99.6%")).to_be_visible()
    slider = page.get_by_role("slider")
    slider.press("Home")
    expect(picture(page, "steps").get_by_text("32 too slow")).to_be_visible()
    marks = picture(page, "rates").locator(".scatterlayer .trace").last.locator(".point")
    marks.first.click(force=True)
    expect(picture(page, "steps").get_by_text(re.compile("Train loss at rate 10"))).to_be_visible()
    choose(page, "optimizer", "Adam")
    expect(picture(page, "rates")).to_have_count(0)
    assert_no_failure(page)
    assert_fits_a_phone(page)
    open_in_comparison(page, ladder("adam"))
    assert_no_failure(page)
