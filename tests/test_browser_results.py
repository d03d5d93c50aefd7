"""The results in a real Chromium: the verdict, more seeds, pins, and what is shown on demand."""

import contextlib
import csv
import io
import re
from pathlib import Path

import pytest
import torch
from browser_helpers import SMALL, download, experiment_in, read_table, visit, wait_for_results
from playwright.sync_api import expect

import moonlab as ml

pytestmark = pytest.mark.browser

APART = ml.Experiment(
    training=ml.Training(epochs=30),
    architectures=(ml.Architecture((), engine="numpy"), ml.Architecture((16,), engine="numpy")),
    seeds=tuple(range(8)),
)
UNSURE = ml.Experiment(
    training=ml.Training(epochs=12),
    architectures=tuple(ml.Architecture((n,), engine="numpy") for n in (4, 5)),
    seeds=tuple(range(6)),
)


def chosen(page, key, text):
    """Choose from a list; a rerun that is still under way may close it again."""
    option = page.locator("[role=option]").filter(has_text=re.compile(f"^{text}$"))
    for _ in range(6):
        page.locator(f".st-key-{key}").get_by_role("button", name="Open").click()
        page.wait_for_timeout(700)
        if option.is_visible():
            break
    option.click()


def look_closer(page, part):
    page.locator(".st-key-details").get_by_text(part, exact=True).click()


def test_the_verdict_and_what_is_shown_on_demand_are_there_for_another_visitor_too(page, server):
    visit(page, server, APART)
    wait_for_results(page, 2, figures=True)
    check_verdict(page)
    check_curves(page)
    check_details(page)
    check_columns(page)
    check_popovers_by_keyboard(page)
    with contextlib.closing(page.context.new_page()) as other:
        visit(other, server, APART)
        wait_for_results(other, 2, figures=True)
        expect(other.get_by_text("All results are there")).to_be_visible()
        check_files(other)
        check_saved_figures(other)
        check_names_and_keyboard(other)


def check_verdict(page):
    expect(page.locator(".st-key-verdict")).to_contain_text("is clearly ahead of 2→1")
    expect(page.locator(".st-key-verdict")).to_contain_text("Start from it")
    rows = read_table(page)
    assert [row["Tier"] for row in rows] == ["2", "1"]
    assert [row["Diagnosis"] for row in rows] == list(ml.compare(APART).summary()["diagnosis"])
    page.get_by_role("button", name="What the words mean").click()
    expect(page.get_by_text("Holm's correction")).to_be_visible()
    page.keyboard.press("Escape")


def check_curves(page):
    """Logarithmic at first, with bands; then linear; then single runs."""
    figure = page.locator(".st-key-curves .js-plotly-plot")
    axes = "plot => [plot._fullLayout.yaxis.type, plot._fullLayout.yaxis2.type]"
    assert figure.evaluate(axes) == ["log", "linear"]
    page.get_by_text("Linear", exact=True).click()
    page.wait_for_function(
        "document.querySelector('.st-key-curves .js-plotly-plot')"
        "?._fullLayout?.yaxis?.type == 'linear'"
    )
    expect(figure).to_have_count(1)
    bands = figure.evaluate("plot => plot.data.filter(one => one.fill == 'toself').length")
    assert bands > 0
    page.get_by_text("Single runs").click()
    page.wait_for_function(
        "document.querySelector('.st-key-curves .js-plotly-plot')?.data"
        "?.some(one => one.fill == 'toself') === false"
    )
    words = page.locator(".st-key-curves [role=img], .st-key-curves [aria-label]").first
    assert words.get_attribute("aria-label")


def check_details(page):
    for part, key in (("Seeds", "dots"), ("Size", "size"), ("Pairs", "matrix")):
        look_closer(page, part)
        expect(page.locator(f".st-key-{key} .js-plotly-plot")).to_be_visible()
        words = page.locator(f".st-key-{key} [aria-label]").first.get_attribute("aria-label")
        assert "2→16→1" in words
    look_closer(page, "Confusion")
    grid = page.get_by_test_id("data-grid-canvas").nth(1)
    expect(grid.locator("tbody tr")).to_have_count(2)
    cells = [cell.text_content() for cell in grid.locator("tbody tr").first.locator("td").all()]
    runs = ml.compare(APART).runs_table().iloc[: len(APART.seeds)]
    counts = [runs[f"test_{name}"].mean() for name in ("tn", "fp", "fn", "tp")]
    assert [float(cell) for cell in cells[1:5]] == pytest.approx(counts, abs=0.051)
    assert float(cells[5]) == pytest.approx(runs["test_log_loss"].mean(), abs=1e-3)


def check_columns(page):
    assert "Seconds" not in read_table(page)[0]
    page.locator(".st-key-choose_columns button").first.click()
    page.locator(".st-key-columns").get_by_text("Seconds", exact=True).click()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("data-grid-canvas").first).to_contain_text("Seconds")


def check_files(page):
    """Every file is one click away, and the weights load into PyTorch."""
    (row,) = csv.DictReader(io.StringIO(download(page, "pairs.csv")))
    assert (row["first"], row["second"], row["verdict"]) == ("2→1", "2→16→1", "clear")
    page.get_by_role("button", name="Weights").click()
    with page.expect_download() as event:
        page.get_by_role("button", name="state_dict.pt").click()
    weights = torch.load(event.value.path())
    expected = ml.compare(APART).runs[0].state_dict()
    assert list(weights) == list(expected)
    assert all(torch.equal(weights[name], expected[name]) for name in expected)
    page.keyboard.press("Escape")


def check_saved_figures(page):
    """A figure is saved as SVG, its texts whole where the page's own fonts are missing."""
    for key, text in (("curves", "Loss: cross-entropy"), ("dots", "2→16→1")):
        figure = page.locator(f".st-key-{key}").first
        figure.hover()
        with page.expect_download() as event:
            figure.get_by_role("button", name="Download plot").click()
        assert event.value.suggested_filename == f"moonlab {key}.svg"
        elsewhere = page.context.new_page()
        elsewhere.set_content(Path(event.value.path()).read_text(encoding="utf-8"))
        expect(elsewhere.get_by_text(text).first).to_be_visible()
        assert elsewhere.evaluate(CUT_TEXTS) == []
        elsewhere.close()


CUT_TEXTS = """() => {
  const paper = document.querySelector("svg").getBoundingClientRect();
  return [...document.querySelectorAll("text")].filter((text) => {
    const box = text.getBoundingClientRect();
    return text.textContent && (box.left < paper.left - 1 || box.right > paper.right + 1);
  }).map((text) => text.textContent);
}"""


def check_names_and_keyboard(page):
    """Every control has a name; the keyboard reaches the panels' button."""
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('button, input, select, textarea')]
        .filter(one => one.offsetParent && !one.disabled)
        .filter(one => !(one.getAttribute('aria-label') || one.textContent.trim() || one.title
          || one.labels?.length || one.getAttribute('aria-labelledby')))
        .map(one => one.outerHTML.slice(0, 200))"""
    )
    assert nameless == []
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").strip().endswith("Add architecture"):
            break
    else:
        pytest.fail("the keyboard does not get to Add architecture")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name of architecture 3")).to_be_visible()


def check_popovers_by_keyboard(page):
    """Their buttons lead into them and Escape leads back; so lines are hidden and rows sorted."""
    page.locator(".st-key-choose_lines button").first.press("Enter")
    line = page.locator(".st-key-lines").get_by_role("button", name="2→1", exact=True)
    expect(line).to_be_focused()
    expect(page.locator(".st-key-lines [aria-pressed=true]")).to_have_count(2)
    page.keyboard.press("Enter")
    page.wait_for_function(
        "document.querySelector('.st-key-curves .js-plotly-plot')?.data"
        "?.every(one => (one.visible === 'legendonly') === (one.legendgroup === '0'))"
    )
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-choose_lines button").first).to_be_focused()
    assert [row["Architecture"] for row in read_table(page)] == ["2→1", "2→16→1"]
    page.locator(".st-key-choose_columns button").first.press("Enter")
    first, sort_by = (
        page.locator(".st-key-columns button").first,
        page.locator(".st-key-sort_by input"),
    )
    expect(first).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(sort_by).to_be_focused()
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("Test")
    page.keyboard.press("Enter")
    expect(sort_by).to_have_value("Test")
    page.keyboard.press("Escape")
    assert [row["Architecture"] for row in read_table(page)] == ["2→16→1", "2→1"]


def test_the_a_a_check_and_an_unclear_pair_that_says_how_many_seeds_and_trains_them(page, server):
    pairs = ml.compare(UNSURE).pairs_table()
    assert pairs.loc[0, "verdict"] == "unclear"
    n_more = min(pairs.loc[0, "seeds_needed"], 128) - 6
    visit(page, server, UNSURE)
    wait_for_results(page, 2)
    look_closer(page, "A/A check")
    page.get_by_role("button", name="Race it against itself").click()
    expect(page.get_by_text("under other seeds").last).to_be_visible()
    expect(page.get_by_text(re.compile("As it should be|A false alarm"))).to_be_visible()
    assert experiment_in(page.url) == UNSURE
    look_closer(page, "Pairs")
    expect(page.get_by_text("no clear difference between 2→4→1 and 2→5→1").last).to_be_visible()
    page.get_by_role("button", name=f"Train {n_more} more seeds for this pair").click()
    page.wait_for_url(lambda url: len(experiment_in(url).seeds) == n_more + 6)
    wait_for_results(page, 2)
    assert experiment_in(page.url).seeds[:6] == UNSURE.seeds


def test_edits_are_marked_and_more_seeds_the_best_epoch_and_a_pin_change_what_is_shown(
    page, server
):
    visit(page, server, SMALL)
    wait_for_results(page, 2)
    expect(page.locator(".st-key-verdict")).to_contain_text("3 seeds cannot support a verdict")
    check_what_is_earlier(page)
    train_more_seeds(page)
    report_the_best_epoch(page)
    pin_and_train(page)


def check_what_is_earlier(page):
    page.locator(".st-key-p2_width_0 input").fill("7")
    page.locator(".st-key-p2_width_0 input").press("Enter")
    expect(page.get_by_text("belong to the earlier settings")).to_be_visible()
    expect(page.locator(".st-key-panel_2").get_by_text("train to see its result")).to_be_visible()
    expect(page.locator(".st-key-panel_1").get_by_text("train to see")).to_have_count(0)
    assert [row["Architecture"] for row in read_table(page)] == ["2→4→1", "2→8→8→1 (earlier)"]
    page.get_by_role("button", name="Undo").click()
    wait_for_results(page, 2)
    assert [row["Architecture"] for row in read_table(page)] == ["2→4→1", "2→8→8→1"]


def train_more_seeds(page):
    page.get_by_role("button", name="Train 17 more seeds").click()
    expect(page.get_by_text("3 seeds cannot support")).to_have_count(0)
    page.wait_for_url(lambda url: experiment_in(url).seeds == tuple(range(20)))
    wait_for_results(page, 2)
    expected = ml.compare(experiment_in(page.url)).summary()
    assert column(page, "Test") == pytest.approx(list(100 * expected["test_accuracy"]), abs=0.051)


def report_the_best_epoch(page):
    """It comes without training."""
    chosen(page, "training_report", "Best validation loss")
    page.wait_for_url(lambda url: experiment_in(url).training.report == "best_validation")
    wait_for_results(page, 2)
    expected = ml.compare(experiment_in(page.url)).summary()
    shares = list(100 * expected["val_accuracy"])
    assert column(page, "Validation") == pytest.approx(shares, abs=0.051)


def pin_and_train(page):
    """A pinned result stands beside the next ones."""
    before = read_table(page)[0]
    chosen(page, "pinned", "2→4→1")
    page.keyboard.press("Escape")
    noise = page.get_by_label("Noise", exact=True)
    noise.fill("0.3")
    noise.press("Enter")
    page.get_by_role("button", name="Train and compare").click()
    wait_for_results(page, 3)
    rows = read_table(page)
    assert [row["Architecture"] for row in rows] == ["2→4→1", "2→8→8→1", "2→4→1 (pinned)"]
    assert rows[2]["Test"] == before["Test"]
    assert rows[0]["Test"] != before["Test"]
    expect(page.get_by_text("From other settings, 2→4→1 (pinned)")).to_contain_text("Noise")


def column(page, name):
    return [float(row[name].rstrip("%")) for row in read_table(page)]
