"""The page in a real Chromium, as a newcomer uses it."""

import csv
import io
import re
from dataclasses import replace

import pytest
from browser_helpers import (
    BIG,
    SMALL,
    download,
    experiment_in,
    read_table,
    serving,
    visit,
    wait_for_results,
)
from playwright.sync_api import expect

import moonlab as ml
from moonlab.codec import QUERY_KEY

pytestmark = pytest.mark.browser


def test_a_newcomer_adds_a_panel_trains_reads_the_table_and_downloads(page, server):
    visit(page, server)
    wait_for_results(page, 2)
    page.get_by_role("button", name="Add architecture").click()
    expect(page.get_by_label("Name of architecture 3")).to_be_visible()
    page.get_by_label("Name of architecture 3").fill("mine")
    page.get_by_label("Name of architecture 3").press("Enter")
    width = page.locator(".st-key-p3_width_0 input")
    width.fill("6")
    width.press("Enter")
    expect(page.get_by_text("2→6→1 · 25 parameters")).to_be_visible()
    page.get_by_role("button", name="Train and compare").click()
    wait_for_results(page, 3)

    experiment = experiment_in(page.url)
    assert experiment.architectures[2] == ml.Architecture((6,), name="mine")
    rows = list(csv.DictReader(io.StringIO(download(page, "summary.csv"))))
    expected = ml.compare(experiment).summary()
    assert [row["architecture"] for row in rows] == ["2→4→1", "2→8→8→1", "mine"]
    for name in ("train_accuracy", "val_accuracy", "test_accuracy", "train_loss", "test_loss"):
        assert [float(row[name]) for row in rows] == pytest.approx(list(expected[name]), rel=1e-5)
    shown = read_table(page)
    assert [row["Architecture"] for row in shown] == ["2→4→1", "2→8→8→1", "mine"]
    for row, accuracy in zip(shown, expected["val_accuracy"], strict=True):
        assert float(row["Validation"]) == pytest.approx(100 * accuracy)
    assert ml.Experiment.from_json(download(page, "experiment.json")) == experiment
    history = list(csv.DictReader(io.StringIO(download(page, "history.csv"))))
    assert len(history) == 3 * 3 * 21
    runs = list(csv.DictReader(io.StringIO(download(page, "runs.csv"))))
    assert len(runs) == 9


def test_the_lessons_counts_stand_in_the_table_when_the_page_opens(page, server):
    page.goto(server)
    wait_for_results(page, 5)
    rows = read_table(page)
    assert [row["Validation count"] for row in rows] == [
        "58/60",
        "59/60",
        "59/60",
        "59/60",
        "59/60",
    ]
    assert [row["Train count"] for row in rows] == ["240/240"] * 5


COLOR_AT = """(canvas, [x, y]) => {
  const scale = canvas.width / canvas.clientWidth;
  const target = canvas.getContext('2d');
  return [...target.getImageData(x * canvas.clientWidth * scale, y * canvas.height, 1, 1).data];
}"""


def test_class_0_is_blue_and_class_1_orange_and_no_width_makes_the_page_scroll_sideways(
    page, server
):
    visit(page, server)
    wait_for_results(page, 2, figures=True)
    for canvas in page.locator(".st-key-boundaries canvas").all():
        red, _, blue, _ = canvas.evaluate(COLOR_AT, [0.05, 0.05])
        assert blue > red + 50
        red, _, blue, _ = canvas.evaluate(COLOR_AT, [0.6, 0.97])
        assert red > blue + 50
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        main = page.get_by_test_id("stMain")
        assert main.evaluate("area => area.scrollWidth - area.clientWidth") == 0


def test_slider_and_play_move_all_boundaries_in_the_browser_alone(page, server):
    visit(page, server)
    wait_for_results(page, 2)
    captions = page.locator(".st-key-boundaries figcaption")
    expect(captions).to_have_text([re.compile("epoch 20 "), re.compile("epoch 20 ")])
    pictures = [canvas.screenshot() for canvas in page.locator(".st-key-boundaries canvas").all()]
    slider = page.get_by_label("Epoch of all boundaries")
    slider.focus()
    slider.press("Home")
    expect(captions).to_have_text([re.compile("epoch 0 "), re.compile("epoch 0 ")])
    now = [canvas.screenshot() for canvas in page.locator(".st-key-boundaries canvas").all()]
    assert all(a != b for a, b in zip(pictures, now, strict=True))
    page.get_by_role("button", name="Play or pause").click()
    expect(captions).to_have_text([re.compile("epoch 20 "), re.compile("epoch 20 ")])
    slider.press("Home")
    page.get_by_role("button", name="Add architecture").click()
    expect(page.get_by_label("Name of architecture 3")).to_be_visible()
    expect(captions).to_have_text([re.compile("epoch 0 "), re.compile("epoch 0 ")])
    label = page.locator(".st-key-boundaries canvas").first.get_attribute("aria-label")
    assert "Decision boundary of 2→4→1 at epoch 0" in label


def test_clicking_train_many_times_trains_once_and_stop_stops(page, server):
    visit(page, server, BIG)
    page.get_by_role("button", name="Train and compare").dblclick()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    expect(page.get_by_text("Training 2→32→32→1")).to_be_visible()
    expect(page.locator(".st-key-train button")).to_be_disabled()
    page.locator(".st-key-train button").click(force=True, click_count=3)
    stop.click()
    expect(stop).to_have_count(0)
    told = re.compile("Training was stopped|Stopped before there was anything to show")
    expect(page.get_by_text(told)).to_be_visible()
    expect(page.locator(".st-key-train button")).to_be_enabled()


def test_training_outlives_a_change_of_a_widget_and_a_second_tab(page, server, browser):
    visit(page, server, BIG)
    page.get_by_role("button", name="Train and compare").click()
    expect(page.get_by_text("Training 2→32→32→1")).to_be_visible()
    page.get_by_role("button", name="Add architecture").click()
    expect(page.get_by_label("Name of architecture 2")).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    other = page.context.new_page()
    visit(other, server)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    wait_for_results(other, 2)


def test_addresses_in_a_name_from_a_link_become_no_links(page, server):
    name = "http://evil.example/x www.evil.example a@evil.example"
    named = ml.Architecture((32, 32), engine="numpy", name=name)
    experiment = ml.Experiment(ml.DataSpec(), BIG.training, (named,), BIG.seeds)
    visit(page, server, experiment)
    page.get_by_role("button", name="Train and compare").click()
    expect(page.get_by_text("evil").first).to_be_visible()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    assert page.locator("a[href*=evil]").count() == 0
    page.get_by_role("button", name="Stop").click()
    wait_for_results(page, 1)
    assert page.locator("a[href*=evil]").count() == 0


def test_nonsense_gets_a_sentence_and_is_not_lost_even_by_a_reload(page, server):
    visit(page, server)
    wait_for_results(page, 2)
    seeds = page.get_by_label("Seeds", exact=True)
    seeds.fill("１６, x")
    seeds.press("Enter")
    expect(page.get_by_text("Please correct this")).to_be_visible()
    expect(page.locator(".st-key-train button")).to_be_disabled()
    expect(seeds).to_have_value("１６, x")
    assert len(read_table(page)) == 2
    page.wait_for_url("**draft=*")
    page.reload()
    expect(page.get_by_text("Please correct this")).to_be_visible()
    expect(seeds).to_have_value("１６, x")
    seeds.fill("0-1")
    seeds.press("Enter")
    expect(page.get_by_text("Please correct this")).to_have_count(0)
    expect(page.locator(".st-key-train button")).to_be_enabled()


def test_a_reload_brings_back_what_was_set_up(page, server):
    visit(page, server)
    wait_for_results(page, 2)
    first, second = SMALL.architectures
    page.get_by_role("button", name="Move right architecture 1").click()
    page.wait_for_url(lambda url: experiment_in(url).architectures == (second, first))
    page.get_by_role("button", name="Remove architecture 1").click()
    expect(page.get_by_label("Name of architecture 2")).to_have_count(0)
    page.wait_for_url(lambda url: experiment_in(url).architectures == (first,))
    page.get_by_role("button", name="Own training").click()
    page.get_by_label("Where architecture 1 departs").fill("L2")
    page.keyboard.press("Enter")
    departs = replace(first, override={"l2": 0.0})
    page.wait_for_url(lambda url: experiment_in(url).architectures == (departs,))
    page.reload()
    wait_for_results(page, 1)
    assert [row["Architecture"] for row in read_table(page)] == ["2→4→1"]
    expect(page.get_by_text("Departs: L2 0")).to_be_visible()


def test_back_and_forward_take_edits_back_and_again(page, server):
    visit(page, server)
    wait_for_results(page, 2)
    noise = page.get_by_label("Noise", exact=True)
    for value in ("0.3", "0.4"):
        noise.fill(value)
        noise.press("Enter")
        page.wait_for_url(lambda url, value=value: experiment_in(url).data.noise == float(value))
        page.wait_for_timeout(2000)  # only a settled address is followed
    page.go_back()
    expect(noise).to_have_value("0.3")
    page.wait_for_timeout(2000)
    page.go_back()
    expect(noise).to_have_value("0.1")
    page.wait_for_timeout(2000)
    page.go_forward()
    expect(noise).to_have_value("0.3")


def test_an_experiment_file_loads_by_upload_and_a_bad_one_gets_sentences(page, server, tmp_path):
    visit(page, server)
    wait_for_results(page, 2)
    page.get_by_role("button", name="Load", exact=True).click()
    bad = tmp_path / "bad.json"
    bad.write_text(SMALL.to_json().replace('"relu"', '"rel"').replace("0.1", "-1"), "utf-8")
    page.locator("input[type=file]").set_input_files(bad)
    expect(page.get_by_text("This file does not load")).to_be_visible()
    expect(page.get_by_text("did you mean 'relu'").first).to_be_visible()
    expect(page.get_by_text("Noise").last).to_be_visible()
    good = tmp_path / "good.json"
    good.write_text(ml.lesson.numpy_experiment().to_json(), "utf-8")
    page.locator("input[type=file]").set_input_files(good)
    page.wait_for_url(lambda url: experiment_in(url) == ml.lesson.numpy_experiment())


def test_a_huge_number_is_named_and_a_cleared_one_comes_back(page, server):
    visit(page, server)
    wait_for_results(page, 2)
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("999999999")
    epochs.press("Tab")
    expect(page.get_by_text("Please correct this")).to_be_visible()
    expect(page.locator(".st-key-train button")).to_be_disabled()
    epochs.fill("30")
    epochs.press("Tab")
    expect(page.get_by_text("Please correct this")).to_have_count(0)
    epochs.fill("")
    epochs.press("Tab")
    expect(epochs).to_have_value("30")


def test_a_damaged_link_opens_the_default_page_with_one_sentence(page, server):
    page.goto(f"{server}/?{QUERY_KEY}=broken")
    expect(page.get_by_text("This link is damaged")).to_be_visible()
    wait_for_results(page, 5)


FAILING = """
import streamlit as st
from moonlab.ui import server
app = st.App({script!r}, on_script_error=server.show_calmly)
"""
FAILING_SCRIPT = """
import streamlit as st
def fail():
    raise ZeroDivisionError("a detail")
st.button("in a callback", on_click=fail)
if st.button("in the script"):
    fail()
"""


def test_a_failure_shows_one_calm_sentence_and_no_traceback(page, tmp_path):
    script, wrapper = tmp_path / "script.py", tmp_path / "app.py"
    script.write_text(FAILING_SCRIPT, encoding="utf-8")
    wrapper.write_text(FAILING.format(script=str(script)), encoding="utf-8")
    with serving(wrapper) as address:
        for where in ("in the script", "in a callback"):
            page.goto(address)
            page.get_by_role("button", name=where).click()
            expect(page.get_by_text("Something went wrong here")).to_be_visible()
            expect(page.get_by_text("ZeroDivisionError")).to_have_count(0)
            expect(page.get_by_text("a detail")).to_have_count(0)
