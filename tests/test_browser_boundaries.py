"""The boundaries in a real Chromium, on a page of their own."""

import contextlib
import re
import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from browser_helpers import WIDE, new_page, serving
from job_helpers import wait_until
from playwright.sync_api import expect

import moonlab as ml
from moonlab.boundary import Grid

pytestmark = pytest.mark.browser

LONG_NAME = '<b>"8" & *8*</b> ' + 40 * "x"
SCRIPT = """
from dataclasses import replace
import streamlit as st
import moonlab as ml
from moonlab.ui.boundaries import show_boundaries

NAME = {name!r}

@st.cache_resource
def compared(seeds, data, *hidden):
    networks = tuple(ml.Architecture(h, engine="numpy", name=n) for h, n in hidden)
    training = ml.Training(epochs=20, learning_rate=0.05)
    return ml.compare(ml.Experiment(data, training, networks, seeds))

st.set_page_config(layout="wide")
several = compared((0, 1, 2), ml.DataSpec(), ((4,), None), ((8, 8), NAME))
which = st.query_params.get("which", "several")
if which == "many":
    several = compared((0,), ml.DataSpec(), *(((n,), None) for n in (2, 3, 4, 5, 6)))
if which == "pinned":
    other = compared((0, 1), ml.DataSpec(n_samples=40, noise=0.5), ((3,), "pinned"))
    several = replace(several, pinned=tuple(other.groups()))
if st.button("insert"):
    st.info("inserted")
show_boundaries(several, which, (lambda: None) if st.toggle("alone") else None)
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    script = tmp_path_factory.mktemp("page") / "page.py"
    script.write_text(SCRIPT.replace("{name!r}", repr(LONG_NAME)), encoding="utf-8")
    with serving(script) as address:
        yield address


@pytest.fixture(scope="module")
def sent():
    """What the browser sends to the server."""
    return []


@pytest.fixture(scope="module")
def common_visit(context, server, sent):
    page = context.new_page()
    page.on("websocket", lambda socket: socket.on("framesent", lambda one: sent.append(one)))
    visit(page, server)
    yield page
    page.close()


@pytest.fixture
def page(common_visit):
    """One visit for nearly all tests: each finds the page wide, bright, and at its last epoch."""
    common_visit.set_viewport_size(WIDE)
    common_visit.emulate_media(color_scheme="light", reduced_motion="no-preference")
    choose(common_visit, "Mean over seeds")
    slider(common_visit).press("End")
    return common_visit


def visit(page, server, n_pictures=2, which="several"):
    page.goto(f"{server}/?which={which}")
    wait_for(page, n_pictures)


def wait_for(page, n_pictures):
    expect(page.locator(".st-key-boundaries canvas[aria-label]")).to_have_count(n_pictures)


SENTENCES = {
    "Mean over seeds": "Probability of each class, mean over 3 seeds",
    "Disagreement": "Share of the seeds that contradict their majority",
    "One seed": "The run of seed 0",
    "Difference": "Probability of class 1 in the first minus that in the second",
}
LEGENDS = {
    "Mean over seeds": ["class 0", "class 1", "wrong"],
    "Disagreement": ["all seeds agree", "half against half"],
    "One seed": ["class 0", "class 1"],
    "Difference": ["class 1", "wrong, or classified differently", "higher", "0.5 of 2→4→1"],
}
NOUNS = {"Disagreement": "disagreement", "Difference": "difference"}


def choose(page, view):
    page.get_by_role("radio", name=view).click()
    expect(page.get_by_text(SENTENCES[view])).to_be_visible()
    wait_for(page, 3 if view == "Difference" else 2)
    expect(page.locator(".st-key-boundaries .legend")).to_contain_text(LEGENDS[view][-1])


def captions(page):
    return page.locator(".st-key-boundaries figcaption")


def pictures(page):
    return [
        canvas.evaluate("canvas => canvas.toDataURL()")
        for canvas in page.locator(".st-key-boundaries canvas").all()
    ]


def saved(page, index, kind):
    """The name and the bytes of a picture's download."""
    with page.expect_download() as event:
        page.locator(".st-key-boundaries figure").nth(index).get_by_text(kind, exact=True).click()
    return event.value.suggested_filename, Path(event.value.path()).read_bytes()


def slider(page):
    return page.get_by_label("Epoch of all boundaries")


def test_the_last_epoch_alone_is_drawn_in_the_same_places_and_the_slider_goes_back(page):
    canvases, drawn = page.locator(".st-key-boundaries canvas"), pictures(page)
    handles = canvases.element_handles()
    slider(page).press("Home")
    slider(page).press("ArrowRight")
    place, before = slider(page).input_value(), pictures(page)
    assert before != drawn
    page.get_by_text("alone").click()
    expect(slider(page)).to_be_disabled()
    assert pictures(page) == drawn
    page.get_by_text("alone").click()
    expect(slider(page)).to_be_enabled()
    assert slider(page).input_value() == place
    assert pictures(page) == before
    assert all(one.evaluate("canvas => canvas.isConnected") for one in handles)


def test_each_view_has_its_own_pictures_sentence_and_legend(page):
    seen = []
    for view, words in LEGENDS.items():
        choose(page, view)
        legend = page.locator(".st-key-boundaries .legend")
        for text in [*words, "0.5", "best possible", "training", "validation", "wrong"]:
            expect(legend).to_contain_text(text)
        seen.append(tuple(pictures(page)))
    assert len(set(seen)) == len(LEGENDS)


def test_the_slider_moves_all_pictures_of_a_view_without_asking_the_server(page, sent):
    for view in LEGENDS:
        choose(page, view)
        page.wait_for_timeout(300)
        before, n_sent = pictures(page), len(sent)
        assert n_sent > 0
        epoch = page.locator(".st-key-boundaries output")
        expect(epoch).to_have_text("epoch 20")
        slider(page).focus()
        slider(page).press("Home")
        expect(captions(page)).to_have_text([re.compile("^epoch 0 · ")] * len(before))
        expect(epoch).to_have_text("epoch 0")
        expect(slider(page)).to_have_attribute("aria-valuetext", "epoch 0")
        assert all(a != b for a, b in zip(before, pictures(page), strict=True))
        slider(page).press("ArrowRight")
        expect(epoch).to_have_text("epoch 1")
        slider(page).press("End")
        expect(captions(page)).to_have_text([re.compile("^epoch 20 · ")] * len(before))
        assert pictures(page) == before
        assert len(sent) == n_sent


def test_play_goes_on_from_where_the_slider_is_and_pauses(page):
    epoch = page.locator(".st-key-boundaries output")
    button = page.get_by_role("button", name="Play or pause")
    button.click()  # at the end: from the beginning
    expect(button).to_have_text("❚❚ Pause")
    expect(epoch).to_have_text(re.compile("^epoch ([1-9]|1[0-9])$"))
    button.click()
    expect(button).to_have_text("▶ Play")
    paused = epoch.text_content()
    page.wait_for_timeout(300)
    expect(epoch).to_have_text(paused)
    button.click()
    expect(epoch).to_have_text("epoch 20")
    expect(button).to_have_text("▶ Play")


def test_another_view_stays_at_the_epoch_where_the_slider_is(page):
    slider(page).focus()
    slider(page).press("Home")
    for view in ("Disagreement", "Difference", "One seed", "Mean over seeds"):
        choose(page, view)
        expect(captions(page).first).to_have_text(re.compile("^epoch 0 · "))


def test_something_new_above_leaves_the_slider_where_it_is(page):
    slider(page).focus()
    slider(page).press("Home")
    page.get_by_role("button", name="insert").click()
    expect(page.get_by_text("inserted")).to_be_visible()
    page.wait_for_timeout(300)
    expect(captions(page).first).to_have_text(re.compile("^epoch 0 · "))


def test_a_seed_and_two_architectures_can_be_chosen(page):
    choose(page, "One seed")
    before = pictures(page)
    page.get_by_label("Seed", exact=True).click()
    page.get_by_role("option", name="2").click()
    expect(page.get_by_text("The run of seed 2")).to_be_visible()
    expect(page.locator(".st-key-boundaries canvas").first).to_be_visible()
    page.wait_for_timeout(300)
    assert all(a != b for a, b in zip(before, pictures(page), strict=True))
    choose(page, "Difference")
    names = page.locator(".st-key-boundaries figure strong")
    expect(names.nth(2)).to_have_text(re.compile("^2→4→1 − "))
    page.get_by_label("First architecture").click()
    page.get_by_role("option").nth(1).click()
    expect(names.nth(2)).to_have_text(re.compile(" − 2→4→1$"))
    expect(page.get_by_role("img", name="Difference <b>")).to_be_visible()


def test_each_picture_is_saved_as_png_and_as_svg(page):
    for view in LEGENDS:
        choose(page, view)
        last = len(pictures(page)) - 1
        title = LONG_NAME if view != "Difference" else f"2→4→1 − {LONG_NAME}"
        file = rf"{NOUNS.get(view, 'boundary')} [^<>:\"/\\|?*&]+ epoch 20"
        name, png = saved(page, last, "PNG")
        assert re.fullmatch(rf"{file}\.png", name)
        assert png[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">I", png[16:20])[0] > 1000  # pixels wide
        name, svg = saved(page, last, "SVG")
        assert re.fullmatch(rf"{file}\.svg", name)
        check_drawing(ET.fromstring(svg), title)


def check_drawing(tree, title):
    """An SVG holds its title, the surface, the best boundary dashed, and points of four kinds."""
    nodes = {kind: tree.findall(f".//{{*}}{kind}") for kind in ("text", "image", "path")}
    texts = [node.text for node in nodes["text"]]
    assert texts[0] == title
    assert any(text.startswith("epoch 20 · ") for text in texts)
    assert nodes["image"][0].get("href").startswith("data:image/png;base64,")
    best = [node for node in nodes["path"] if node.get("class") == "best"]
    assert [node.get("stroke-dasharray") for node in best] == ["6 4"]
    assert len(best[0].get("d")) > 200
    for color in ("#0072B2", "#E69F00"):
        assert sum(node.get("fill") == color for node in nodes["path"]) == 2


COLOR_AT = """(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(
  x * canvas.width, y * canvas.height, 1, 1).data]"""


def test_class_0_is_blue_and_class_1_orange_and_the_rest_is_neither_in_both_themes(page):
    check_colors(page, ground=[255, 255, 255])
    choose(page, "Mean over seeds")
    before = pictures(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(COLOR_CHANGED, arg=before[0])
    check_colors(page, ground=[21, 26, 38])


def check_colors(page, ground):
    for view in ("Mean over seeds", "One seed"):
        choose(page, view)
        for canvas in page.locator(".st-key-boundaries canvas").all():
            red, _, blue, _ = canvas.evaluate(COLOR_AT, [0.05, 0.05])
            assert blue > red + 50
            red, _, blue, _ = canvas.evaluate(COLOR_AT, [0.6, 0.97])
            assert red > blue + 50
    choose(page, "Disagreement")
    for canvas in page.locator(".st-key-boundaries canvas").all():  # all agree there
        assert canvas.evaluate(COLOR_AT, [0.05, 0.05])[:3] == pytest.approx(ground, abs=2)
    bars = page.locator(".st-key-boundaries .bar")
    ends = bars.evaluate_all("bars => bars.map((bar) => bar.style.background)")
    assert len(ends) == 1
    red, green, blue = map(int, re.findall(r"rgb\((\d+), (\d+), (\d+)\)", ends[0])[-1])
    assert red > blue > green  # a rose


COLOR_CHANGED = """before => {
  const find = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    [...(one.matches("canvas") ? [one] : []), ...(one.shadowRoot ? find(one.shadowRoot) : [])]);
  return find(document.querySelector(".st-key-boundaries"))[0].toDataURL() !== before;
}"""


def test_circles_are_round_and_pictures_crisp_at_any_size(browser, server):
    data = ml.load_data(ml.DataSpec())
    x, y = Grid.over([data])
    with new_page(browser, device_scale_factor=2) as page:
        visit(page, server, 5, "many")
        for width, n_columns in ((390, 2), (1024, 4)):
            page.set_viewport_size({"width": width, "height": 900})
            wait_until(lambda n_columns=n_columns: crisp_columns(page) == n_columns, seconds=20)
            for canvas in page.locator("figure canvas").all():
                box = canvas.bounding_box()
                ratio = np.ptp(x) / np.ptp(y)
                assert box["width"] / box["height"] == pytest.approx(ratio, rel=0.01)


def crisp_columns(page):
    """In how many columns the pictures stand, if they have two pixels for each of the page's."""
    canvases = page.locator("figure canvas").all()
    boxes = [canvas.bounding_box() for canvas in canvases]
    n_pixels = [canvas.evaluate("canvas => canvas.width") for canvas in canvases]
    if n_pixels != pytest.approx([2 * box["width"] for box in boxes], abs=1):
        return None
    return len({round(box["x"]) for box in boxes})


def test_long_names_make_no_sideways_scroll_on_a_telephone(page):
    page.set_viewport_size({"width": 390, "height": 800})
    for view in LEGENDS:
        choose(page, view)
        main = page.get_by_test_id("stMain")
        assert main.evaluate("area => area.scrollWidth - area.clientWidth") == 0


def test_whoever_wants_less_motion_gets_slow_steps(page):
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Play or pause").click()
    page.wait_for_timeout(500)  # by then others are past the fourth step
    expect(page.locator(".st-key-boundaries output")).to_have_text("epoch 0")
    expect(page.locator(".st-key-boundaries output")).to_have_text("epoch 1")
    page.get_by_role("button", name="Play or pause").click()


def test_a_pinned_result_of_other_data_has_its_own_points_on_the_same_axes(context, server):
    with contextlib.closing(context.new_page()) as page:
        visit(page, server, 3, "pinned")
        check_pinned(page)


def check_pinned(page):
    names = page.locator(".st-key-boundaries figure strong")
    expect(names).to_have_text(["2→4→1", re.compile("<b>"), "pinned"])
    labels = [
        canvas.get_attribute("aria-label")
        for canvas in page.locator(".st-key-boundaries canvas").all()
    ]
    for label, (n, m) in zip(labels, ((240, 60), (240, 60), (32, 8)), strict=True):
        assert re.search(rf"at epoch 20; wrong: \d+/{n} training, \d+/{m} validation$", label)
    page.get_by_role("radio", name="One seed").click()
    wait_for(page, 3)
    page.get_by_label("Seed", exact=True).click()
    page.get_by_role("option", name="2").click()
    expect(page.get_by_text("There is none of pinned")).to_be_visible()
    wait_for(page, 2)
