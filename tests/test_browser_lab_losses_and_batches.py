"""The pages of the losses and of the batches in a real Chromium."""

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

from moonlab import presets
from moonlab.lab import batches

pytestmark = pytest.mark.browser


def test_a_point_is_moved_and_the_losses_race_from_wrong_starts(page, server):
    visit(page, server, "losses")
    expect(page.get_by_text("true class 11.9%")).to_be_visible()
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page.get_by_text("true class 10.9%")).to_be_visible()
    choose(page, "y", "0")
    expect(page.get_by_text("true class 89.1%")).to_be_visible()
    expect(picture(page, "ordinary_race")).to_be_visible()
    expect(picture(page, "wrong_race")).to_have_count(0)
    choose(page, "guess", "Squared error")
    expect(picture(page, "wrong_race")).to_be_visible()
    expect(page.get_by_text("Not as you guessed")).to_be_visible()
    began = page.get_by_text("bits on average")
    said = began.text_content()
    choose(page, "sureness", "4")
    expect(began).not_to_have_text(said)
    assert_fits_a_phone(page)
    assert_no_failure(page)
    open_in_comparison(page, presets.losses())
    assert_no_failure(page)


def test_the_batch_sizes_race_by_epochs_updates_and_seconds(page, server):
    visit(page, server, "batches")
    for race, guess, end in (
        ("epochs", "batch 1", "Batch 1 wins; as you guessed."),
        ("updates", "batch 1", "Full batch wins; your guess was batch 1."),
    ):
        expect(picture(page, f"race_{race}")).to_have_count(0)
        choose(page, f"guess_{race}", guess)
        expect(page.get_by_text(end)).to_be_visible()
        expect(picture(page, f"race_{race}")).to_be_visible()
    choose(page, "guess_seconds", "batch 32")
    expect(picture(page, "race_seconds")).to_be_visible()
    choose(page, "clock", "One network alone")
    expect(page.locator(".st-key-clock").get_by_role("radio", checked=True)).to_have_text(
        "One network alone"
    )
    expect(picture(page, "race_seconds")).to_be_visible()
    misses = page.get_by_text("misses the full one by")
    said = misses.text_content()
    slider = page.get_by_role("slider")
    slider.focus()
    slider.press("End")
    expect(misses).not_to_have_text(said)
    assert_no_failure(page)
    choose(page, "guess_updates", "full batch")
    expect(page.get_by_text("Full batch wins; as you guessed.")).to_be_visible()
    assert_fits_a_phone(page)
    open_in_comparison(page, batches.race_of_updates())
    assert_no_failure(page)
