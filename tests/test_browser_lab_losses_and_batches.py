"""The pages of the losses and of the batches in a real Chromium."""

import re

import pytest
from browser_helpers import experiment_in
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

from moonlab.codec import QUERY_KEY
from moonlab.lab import batches

pytestmark = pytest.mark.browser


def test_a_point_is_moved_and_the_losses_race_from_wrong_starts(page, server):
    visit(page, server, "losses")
    expect(page.get_by_text("true class 11.9%")).to_be_visible()
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page.get_by_text("true class 10.9%")).to_be_visible()
    page.locator("summary", has_text="The other class").press("Enter")
    choose_by_keyboard(page, "y", "0")
    expect(page.get_by_text("true class 89.1%")).to_be_visible()
    expect(picture(page, "ordinary_race")).to_be_visible()
    expect(picture(page, "wrong_race")).to_have_count(0)
    choose_by_keyboard(page, "guess", "Squared error")
    expect(picture(page, "wrong_race")).to_be_visible()
    expect(page.get_by_text("Not as you guessed")).to_be_visible()
    began = page.get_by_text("bits on average")
    said = began.text_content()
    page.locator("summary", has_text="Surer still, or less?").press("Enter")
    choose(page, "sureness", "4")
    expect(began).not_to_have_text(said)
    expect(picture(page, "wrong_race")).to_be_visible()
    expect_alternative(page, "point", "for a point of class 0. At z = -2.1")
    expect_alternative(page, "wrong_race", "against updates: cross-entropy from")
    assert_fits_a_phone(page)
    assert_no_failure(page)


def test_the_batch_sizes_race_by_epochs_updates_and_seconds(page, server):
    visit(page, server, "batches")
    for race, guess, end in (
        ("epochs", "batch 1", "Batch 1 wins; as you guessed."),
        ("updates", "batch 1", "Full batch wins; your guess was batch 1."),
    ):
        choose(page, "race", race.capitalize())
        expect(picture(page, f"race_{race}")).to_have_count(0)
        choose_by_keyboard(page, f"guess_{race}", guess)
        expect(page.get_by_text(end)).to_be_visible()
        expect(picture(page, f"race_{race}")).to_be_visible()
    choose(page, "race", "Seconds")
    choose(page, "guess_seconds", "batch 32")
    expect(picture(page, "race_seconds")).to_be_visible()
    expect(page.get_by_text("Three races, ")).to_be_visible()
    rule = page.get_by_text("ms of updates")
    of_twenty = rule.text_content()
    page.locator("summary", has_text="What was timed?").press("Enter")
    choose(page, "clock", "One network alone")
    expect(rule).not_to_have_text(of_twenty)
    expect(picture(page, "race_seconds")).to_be_visible()
    misses = page.get_by_text("misses the full one by")
    said = misses.text_content()
    page.locator("summary", has_text="At which weights?").press("Enter")
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("End")
    expect(misses).not_to_have_text(said)
    assert_no_failure(page)
    expect_alternative(page, "race_seconds", "Lines of accuracy on the training points")
    expect_alternative(page, "noise", "Noise of the gradient against batch size")
    assert_fits_a_phone(page)
    told = re.search(r"updates: ([\d,]+), ([\d,]+) and ([\d,]+) of them", rule.text_content())
    page.get_by_role("button", name="Open this in the comparison: the race of seconds").click()
    expect(page.get_by_role("button", name="Train and compare")).to_be_visible()
    racers = tuple(batches.BATCH_SIZES)
    page.wait_for_url(lambda url: QUERY_KEY in url and experiment_in(url).names == racers)
    assert updates_of(experiment_in(page.url)) == [int(n.replace(",", "")) for n in told.groups()]
    assert_no_failure(page)


def updates_of(experiment):
    steps = batches.updates_per_epoch()
    return [steps[one.name] * one.override["epochs"] for one in experiment.architectures]
