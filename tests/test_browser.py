"""The page in a real Chromium, as a newcomer uses it."""

import csv
import io
import re
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from browser_helpers import (
    BIG,
    SMALL,
    download,
    experiment_in,
    new_page,
    read_table,
    serving,
    visit,
    wait_for_results,
)
from job_helpers import wait_until
from playwright.sync_api import TimeoutError, expect

import moonlab as ml
from moonlab import __main__ as cli
from moonlab.codec import QUERY_KEY
from moonlab.presets import PRESETS

pytestmark = pytest.mark.browser


COLOR_AT = """(canvas, [x, y]) => {
  const scale = canvas.width / canvas.clientWidth;
  const target = canvas.getContext('2d');
  return [...target.getImageData(x * canvas.clientWidth * scale, y * canvas.height, 1, 1).data];
}"""


def test_a_newcomer_looks_adds_a_panel_trains_reads_the_table_and_downloads(page, server):
    visit(page, server)
    wait_for_results(page, 2)
    check_colors(page)
    check_slider_and_play(page)
    add_mine(page)
    captions = page.locator(".st-key-boundaries figcaption")
    expect(captions).to_have_text([re.compile("epoch 0 "), re.compile("epoch 0 ")])
    page.get_by_role("button", name="Train and compare").click()
    wait_for_results(page, 3, figures=True)
    check_table_and_files(page, experiment_in(page.url))
    check_values_under_the_mouse(page, experiment_in(page.url))
    check_widths(page)


def check_colors(page):
    """Class 0 is blue, class 1 orange."""
    for canvas in page.locator(".st-key-boundaries canvas").all():
        red, _, blue, _ = canvas.evaluate(COLOR_AT, [0.05, 0.05])
        assert blue > red + 50
        red, _, blue, _ = canvas.evaluate(COLOR_AT, [0.6, 0.97])
        assert red > blue + 50


def check_slider_and_play(page):
    """They move all boundaries; in the end these are at epoch 0."""
    captions = page.locator(".st-key-boundaries figcaption")
    expect(captions).to_have_text([re.compile("epoch 20 "), re.compile("epoch 20 ")])
    canvases = page.locator(".st-key-boundaries canvas").all()
    pictures = [canvas.screenshot() for canvas in canvases]
    slider = page.get_by_label("Epoch of all boundaries")
    expect(slider).to_be_enabled()
    slider.focus()
    slider.press("Home")
    expect(captions).to_have_text([re.compile("epoch 0 "), re.compile("epoch 0 ")])
    now = [canvas.screenshot() for canvas in canvases]
    assert all(a != b for a, b in zip(pictures, now, strict=True))
    page.get_by_role("button", name="Play or pause").click()
    expect(captions).to_have_text([re.compile("epoch 20 "), re.compile("epoch 20 ")])
    slider.press("Home")
    expect(captions).to_have_text([re.compile("epoch 0 "), re.compile("epoch 0 ")])
    assert "Decision boundary of 2→4→1 at epoch 0" in canvases[0].get_attribute("aria-label")


def add_mine(page):
    page.get_by_role("button", name="Add architecture").click()
    expect(page.get_by_text("Architecture 3 stands after the others.")).to_be_visible()
    expect(page.get_by_label("Name of architecture 3")).to_be_visible()
    page.get_by_label("Name of architecture 3").fill("mine")
    page.get_by_label("Name of architecture 3").press("Enter")
    width = page.locator(".st-key-p3_width_0 input")
    width.fill("6")
    width.press("Enter")
    expect(page.get_by_text("2→6→1 · 25 parameters")).to_be_visible()


def check_table_and_files(page, experiment):
    assert experiment.architectures[2] == ml.Architecture((6,), engine="numpy", name="mine")
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


def check_values_under_the_mouse(page, experiment):
    """Of the loss at the epoch in the middle, for all networks at once."""
    plot = page.locator(".st-key-curves .js-plotly-plot")
    plot.scroll_into_view_if_needed()
    box = plot.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    texts = plot.locator(".hoverlayer text")
    expect(texts).to_have_count(4)
    assert texts.first.text_content() == "Epoch 10: train, validation"
    history = ml.compare(experiment).history()
    means = history[history["epoch"] == 10].groupby("architecture").mean(numeric_only=True)
    for text in texts.all_text_contents()[1:]:
        name, values = text.split(" : ")
        assert [float(value) for value in values.split(", ")] == pytest.approx(
            list(means.loc[name, ["train_loss", "val_loss"]]), rel=1e-3
        )


def check_widths(page):
    """No width makes the page scroll sideways, figures and all."""
    expect(page.locator(".st-key-curves .js-plotly-plot")).to_be_visible()
    for width in (1920, 1440, 1024, 700, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        main = page.get_by_test_id("stMain")
        assert main.evaluate("area => area.scrollWidth - area.clientWidth") == 0
        lefts = [
            [round(one.bounding_box()["x"]) for one in page.locator(part).all()]
            for part in (".st-key-boundaries figure", ".st-key-panels > div")
        ]
        if width > 390:  # each picture stands over its panel
            assert lefts[0] == pytest.approx(lefts[1], abs=1)
        check_rows_of_a_panel(page)
        has_sidebar = page.get_by_label("Noise", exact=True).bounding_box()["x"] > 0
        hint = page.get_by_text("opens the settings and the lesson's pages")
        assert hint.is_visible() is not has_sidebar


def check_rows_of_a_panel(page):
    """Its buttons stand in one row, its choices in another below the layers and their widths."""

    def places(*names):
        return [page.locator(f".st-key-p1_{name}").bounding_box() for name in names]

    buttons = places("move_left", "move_right", "duplicate", "remove")
    choices = places("activation", "engine")
    assert all(len({round(one["y"]) for one in row}) == 1 for row in (buttons, choices))
    above = places("name", "depth", "width_0")
    assert all(box["y"] > buttons[0]["y"] for box in above)
    assert all(box["y"] + box["height"] <= choices[0]["y"] for box in above)


def test_a_training_starts_once_outlives_edits_and_other_tabs_and_is_stopped(page, server):
    name = "http://evil.example/x www.evil.example a@evil.example"
    named = ml.Architecture((32, 32), engine="numpy", name=name)
    visit(page, server, replace(BIG, architectures=(named,)))
    page.get_by_role("button", name="Train and compare").dblclick()
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    expect(page.get_by_text(re.compile("Training .*evil"))).to_be_visible()
    assert page.locator("a[href*=evil]").count() == 0
    expect(page.locator(".st-key-train button")).to_be_disabled()
    page.locator(".st-key-train button").click(force=True, click_count=3)
    page.get_by_role("button", name="Add architecture").click()
    expect(page.get_by_label("Name of architecture 2")).to_be_visible()
    with closing(page.context.new_page()) as other:
        other.goto(server)
        expect(other.locator(".st-key-train button")).to_be_visible()
        expect(stop).to_be_visible()
        stop.click()
        expect(stop).to_have_count(0)
        told = re.compile("Training was stopped|Stopped before there was anything to show")
        expect(page.get_by_text(told)).to_be_visible()
        expect(page.locator(".st-key-train button")).to_be_enabled()
        assert page.locator("a[href*=evil]").count() == 0
        check_lessons_counts(other)
        other.goto(f"{server}/?{QUERY_KEY}=broken")
        expect(other.get_by_text("This link is damaged")).to_be_visible()
        wait_for_results(other, 5)


def check_lessons_counts(page):
    wait_for_results(page, 5)
    rows = read_table(page)
    counts = ["58/60", "59/60", "59/60", "59/60", "59/60"]
    assert [row["Validation count"] for row in rows] == counts
    assert [row["Train count"] for row in rows] == ["240/240"] * 5


def test_nothing_typed_is_lost_by_back_nonsense_a_reload_or_a_bad_file(page, server, tmp_path):
    visit(page, server)
    wait_for_results(page, 2)
    go_back_and_forward(page)
    type_a_huge_number_and_none(page)
    type_numbers_in_words(page)
    arrange_panels(page)
    type_nonsense_and_reload(page)
    load_files(page, tmp_path)


def go_back_and_forward(page):
    noise = page.get_by_label("Noise", exact=True)
    for value in ("0.3", "0.4"):
        noise.fill(value)
        noise.press("Enter")
        page.wait_for_url(lambda url, value=value: experiment_in(url).data.noise == float(value))
    page.go_back()
    expect(noise).to_have_value("0.3")
    page.go_back()
    expect(noise).to_have_value("0.1")
    page.go_forward()
    expect(noise).to_have_value("0.3")
    page.go_back()
    expect(noise).to_have_value("0.1")


def type_a_huge_number_and_none(page):
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("999999999")
    epochs.press("Tab")
    expect(page.get_by_text("Please correct this")).to_be_visible()
    expect(page.locator(".st-key-train button")).to_be_disabled()
    for typed, left in (("25", "25"), ("", "25"), ("20", "20")):
        epochs.fill(typed)
        epochs.press("Tab")
        expect(page.get_by_text("Please correct this")).to_have_count(0)
        expect(epochs).to_have_value(left)


def type_numbers_in_words(page):
    """A number is read as people write it; what is none stays, with a sentence below it."""
    epochs = page.get_by_label("Epochs", exact=True)
    for typed, shown in (("2e1", "20"), ("2.5", "2.5"), ("20", "20")):
        epochs.press("Control+a")
        page.keyboard.type(typed)
        epochs.press("Enter")
        expect(epochs).to_have_value(shown)
        sentence = page.get_by_test_id("stSidebar").get_by_text("must be a whole number from 1 to")
        expect(sentence).to_have_count(1 if shown == "2.5" else 0)
    noise = page.get_by_label("Noise", exact=True)
    for typed, shown in (("0,3", "0.3"), ("0,4", "0.4"), ("1e-1", "0.1")):
        noise.fill(typed)
        noise.press("Enter")
        expect(noise).to_have_value(shown)
        page.wait_for_url(lambda url, shown=shown: experiment_in(url).data.noise == float(shown))
    noise.fill("a little")
    noise.press("Enter")
    sentence = page.get_by_test_id("stSidebar").get_by_text("must be a number from 0 to 2")
    expect(sentence).to_be_visible()
    page.wait_for_url("**draft=*")
    page.reload()
    expect(sentence).to_be_visible()
    expect(noise).to_have_value("a little")
    noise.fill("0.1")
    noise.press("Enter")
    expect(sentence).to_have_count(0)


def arrange_panels(page):
    """Of two panels the first is left, with an L2 of its own."""
    first, second = SMALL.architectures
    page.get_by_role("button", name="Move right architecture 1").click()
    page.wait_for_url(lambda url: experiment_in(url).architectures == (second, first))
    page.get_by_role("button", name="Remove architecture 1").click()
    expect(page.get_by_label("Name of architecture 2")).to_have_count(0)
    page.wait_for_url(lambda url: experiment_in(url).architectures == (first,))
    page.get_by_role("button", name="Own training").click()
    page.get_by_label("Where architecture 1 departs").fill("L2")
    page.keyboard.press("Enter")
    own = page.locator(".st-key-p1_own_l2, .st-key-p2_own_l2").locator("input")
    own.fill("0.1")
    own.press("Enter")
    departs = replace(first, override={"l2": 0.1})
    page.wait_for_url(lambda url: experiment_in(url).architectures == (departs,))
    page.keyboard.press("Escape")


def type_nonsense_and_reload(page):
    seeds = page.get_by_label("Seeds", exact=True)
    seeds.fill("１６, x")
    seeds.press("Enter")
    expect(page.get_by_text("Please correct this")).to_be_visible()
    expect(page.locator(".st-key-train button")).to_be_disabled()
    expect(seeds).to_have_value("１６, x")
    assert [row["Architecture"] for row in read_table(page)] == ["2→4→1"]
    page.wait_for_url("**draft=*")
    page.reload()
    expect(page.get_by_text("Please correct this")).to_be_visible()
    expect(seeds).to_have_value("１６, x")
    expect(page.get_by_text("Departs: L2 0")).to_be_visible()
    seeds.fill("0-2")
    seeds.press("Enter")
    expect(page.get_by_text("Please correct this")).to_have_count(0)
    wait_for_results(page, 1)
    assert [row["Architecture"] for row in read_table(page)] == ["2→4→1"]


def load_files(page, tmp_path):
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


WITHOUT_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"


@pytest.mark.parametrize("is_safe", [True, False], ids=["safe address", "other address"])
def test_link_and_command_are_copied_by_a_button_each(browser, server, is_safe):
    with new_page(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        if not is_safe:  # as browsers have it on an address without https
            page.add_init_script(WITHOUT_CLIPBOARD)
        visit(page, server)
        wait_for_results(page, 2)
        check_share(page, server, SMALL, is_safe)
        _, other = SMALL.architectures
        page.locator(".st-key-p1_width_0 input").fill("9")
        page.locator(".st-key-p1_width_0 input").press("Enter")
        changed = replace(SMALL, architectures=(ml.Architecture((9,), engine="numpy"), other))
        page.wait_for_url(lambda url: experiment_in(url) == changed)
        check_share(page, server, changed, is_safe)


def check_share(page, server, experiment, is_safe):
    page.get_by_test_id("stPopover").get_by_role("button", name="Share").click()
    link = copied(page, "Copy link", is_safe)
    assert link.startswith(f"{server}/?")
    assert experiment_in(link) == experiment
    expect(page.locator(".st-key-copy_link code")).to_have_text(link)
    command = copied(page, "Copy command", is_safe).removeprefix(".venv/bin/python -m moonlab ")
    assert cli._read(cli._parser().parse_args(command.split()))[0] == experiment
    page.keyboard.press("Escape")


def copied(page, label, is_safe):
    page.get_by_role("button", name=label).click()
    expect(page.get_by_role("status").get_by_text("Copied.").last).to_be_visible()
    if is_safe:
        return page.evaluate("navigator.clipboard.readText()")
    page.evaluate("document.body.append(document.createElement('textarea'))")
    area = page.locator("body > textarea").last
    area.focus()
    area.press("Control+v")
    return area.input_value()


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


SHORT_GRACE = """
import streamlit as st
from moonlab import jobs
from moonlab.ui import app, training
jobs._GRACE_SECONDS = 2.0
if "under_way" in st.query_params:
    st.text(f"{sum(not job.is_over for job in training.job_runner()._unfinished)} under way")
else:
    app.main()
"""


def test_a_closed_tab_ends_its_training_after_a_grace_time(page, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SHORT_GRACE, encoding="utf-8")
    with serving(script) as address, closing(page.context.new_page()) as other:
        visit(page, address, replace(BIG, training=ml.Training(epochs=20_000)))  # minutes of it
        page.get_by_role("button", name="Train and compare").click()
        expect(page.get_by_text(re.compile("Training .*epoch"))).to_be_visible()
        page.wait_for_timeout(4_000)  # beyond the grace time: an open tab keeps it going
        assert under_way(other, address) == "1 under way"
        page.close()
        wait_until(lambda: under_way(other, address) == "0 under way", seconds=45)


def under_way(page, address):
    page.goto(f"{address}/?under_way")
    return page.get_by_text("under way").text_content()


WITHOUT_CLOCK = """
from moonlab.ui import app, arrival, parts
arrival._SECONDS[arrival.PICTURE] = parts._FOLLOWS_SECONDS = 600.0
app.main()
"""


def test_the_rest_of_the_page_comes_once_the_picture_is_drawn(page, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WITHOUT_CLOCK, encoding="utf-8")
    with serving(script) as address:
        for _ in range(2):  # the second time all results are in the cache
            visit(page, address)
            wait_for_results(page, 2)
            choose_preset(page, PRESETS["lesson-numpy"], n_architectures=1)
            choose_preset(page, PRESETS["losses"], n_architectures=2)


def test_every_preset_says_what_to_look_for_and_then_what_was_seen(page, server):
    page.goto(server)
    wait_for_results(page, 5, figures=True)
    for preset in [*list(PRESETS.values())[1:], PRESETS["lesson"]]:
        choose_preset(page, preset, n_architectures=len(preset.experiment().architectures))
        expect(page.get_by_text("What was seen:")).to_be_visible()
        expect(page.locator(".st-key-verdict p").first).not_to_be_empty()


def choose_preset(page, preset, n_architectures):
    shown = page.locator(".st-key-preset input")
    for _ in range(6):  # the list may be closed by a run that is still under way
        with suppress(AssertionError, TimeoutError):
            shown.click()
            page.get_by_role("option", name=preset.title).click(timeout=3_000)
            expect(page.get_by_text(preset.look_for)).to_be_visible(timeout=7_000)
            break
    expect(page.get_by_text(preset.look_for)).to_be_visible()
    wait_for_results(page, n_architectures)
    page.wait_for_url(lambda url: experiment_in(url) == preset.experiment())  # the last that comes
