"""How quick the page is in a real Chromium, in turns with a bare Streamlit page as a baseline.

Run from the project's folder: python -m benchmarks.page [--rounds N]
"""

import argparse
import contextlib
import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before PyTorch is loaded

from playwright.sync_api import Browser, Locator, Page, TimeoutError, sync_playwright
from streamlit.testing.v1 import AppTest

from moonlab.presets import PRESETS
from moonlab.ui import arrival, server, training

ROOT = Path(__file__).parent.parent
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
BARE = 'import streamlit as st\nst.title("bare")\n'
LIMIT_SECONDS = 90.0
QUIET_MILLISECONDS = 500

# What is waited for: how many of what, within a part of the page, its shadow roots included
PARTS = {
    "title": ("body", "h1", 1),
    "first boundary": (".st-key-boundaries", "figure canvas[aria-label]", 1),
    "boundaries": (".st-key-boundaries", "figure canvas[aria-label]", 5),
    "last panel": ("body", ".st-key-p5_engine input", 1),
    "table": ('[data-testid="stDataFrame"], .st-key-table', "tbody tr", 5),
    "curves": (".st-key-curves", "svg path", 10),
}
WIDTH = ".st-key-p1_width_0 input"
ACTIVATION = ".st-key-p1_activation input"
PRESET = ".st-key-preset input"
OTHER_PRESET, ONLY_THERE = "width ladder", "2→2→1"  # its title's words, one of its networks

# Notes once a frame what has come, in ms since the page's start or an event, and the last change
RECORDER = """
(() => {
  const within = (root, selector) => [
    ...root.querySelectorAll(selector),
    ...[...root.querySelectorAll("*")].filter((e) => e.shadowRoot)
      .flatMap((e) => within(e.shadowRoot, selector)),
  ];
  const told = (e) => e.textContent + (e.getAttribute("aria-label") ?? "");
  const there = ([part, inner, count, text]) => {
    const found = [...document.querySelectorAll(part)].slice(0, 1)
      .flatMap((root) => part === "body" ? [...root.querySelectorAll(inner)] : within(root, inner));
    return found.length >= count && (!text || found.some((e) => told(e).includes(text)));
  };
  const begin = (parts) => {
    window.recorded = { parts, since: performance.now(), changed: performance.now(), seen: {} };
  };
  const look = () => {
    for (const [name, part] of Object.entries(recorded.parts)) {
      if (!(name in recorded.seen) && there(part)) {
        recorded.seen[name] = performance.now() - recorded.since;
      }
    }
    requestAnimationFrame(look);
  };
  window.beginAt = (event, parts) =>
    window.addEventListener(event, () => begin(parts), { capture: true, once: true });
  begin(FIRST_PARTS);
  recorded.since = 0;
  look();
  new MutationObserver(() => { recorded.changed = performance.now(); }).observe(
    document, { subtree: true, childList: true, characterData: true });
})();
"""
Times = dict[str, list[float]]


@contextlib.contextmanager
def serving(script: str) -> Iterator[str]:
    """The address of a script that is served by a process of its own, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.headless=true"]
    options = [f"--server.port={port}", "--server.address=127.0.0.1"]
    process = subprocess.Popen(
        [*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


@contextlib.contextmanager
def visiting(browser: Browser, address: str, parts: Iterable[str] = PARTS) -> Iterator[Page]:
    """The page of a visitor with an empty cache, and in `recorded.seen` when its parts came."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    context.set_default_timeout(1000 * LIMIT_SECONDS)
    page = context.new_page()
    page.add_init_script(RECORDER.replace("FIRST_PARTS", _as_script(parts)))
    try:
        page.goto(address, wait_until="commit")
        yield page
    finally:
        context.close()


def seen(page: Page) -> dict[str, float]:
    """When each part came that was waited for, in milliseconds."""
    all_seen = "Object.keys(recorded.parts).every((name) => name in recorded.seen)"
    page.wait_for_function(all_seen)
    return page.evaluate("recorded.seen")


def arrivals(browser: Browser, address: str, parts: Iterable[str] = PARTS) -> dict[str, float]:
    """Milliseconds from navigation to each part."""
    with visiting(browser, address, parts) as page:
        return seen(page)


def choose_preset(page: Page) -> dict[str, float]:
    """Milliseconds from the click on another preset to its results."""
    _wait_until_quiet(page)
    option = _opened(page, PRESET, OTHER_PRESET)
    page.evaluate(f"beginAt('pointerdown', {_as_script(('boundaries', 'table'), ONLY_THERE)})")
    option.click()
    return seen(page)


def choose_activation(page: Page) -> float:
    """Milliseconds from the click on another activation to the last change of the page."""
    option = _opened(page, ACTIVATION, "tanh")
    return _settling(page, "pointerdown", option.click)


def type_width(page: Page, width: int) -> float:
    """Milliseconds from Enter behind a width to the last change of the page."""
    page.locator(WIDTH).fill(str(width))
    return _settling(page, "keydown", lambda: page.locator(WIDTH).press("Enter"))


def script_times() -> dict[str, float]:
    """Milliseconds of runs of the server's script, without a browser."""
    for _ in range(2):  # the first waits for training and imports, the second finds them done
        page = AppTest.from_file(str(server.SCRIPT), default_timeout=LIMIT_SECONDS)
        first = _milliseconds(page.run)
        _load(page, PRESETS["width"].title)
        _load(page, PRESETS["lesson"].title)
    ladder = page.selectbox(key="preset").select(PRESETS["width"].title)
    cached = _milliseconds(ladder.run)
    page.run()
    _wait_for_page(page)
    width = page.number_input(key="p1_width_0").set_value(6)
    return {
        "a visitor's first run": first,
        "a comparison from the cache": cached,
        "after a change": _milliseconds(width.run),
    }


def _load(page: AppTest, title: str) -> None:
    """Choose a preset once the page stands, and wait until its results stand."""
    _wait_for_page(page)
    page.selectbox(key="preset").select(title).run()
    page.run()  # the whole: AppTest forgets what a run of some parts leaves alone
    _wait_for_page(page)


def _wait_for_page(page: AppTest) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while _is_coming(page) and time.monotonic() < deadline:
        time.sleep(0.1)
        page.run()


def _is_coming(page: AppTest) -> bool:
    return "job" in page.session_state or page.session_state["stage"] < arrival.FIGURES


def _opened(page: Page, box: str, name: str) -> Locator:
    """An option of a list that stays open: one that opens during a rerun is closed by it."""
    option = page.get_by_role("option", name=name).first
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        _wait_until_quiet(page)
        page.locator(box).click()
        with contextlib.suppress(TimeoutError):
            option.wait_for(timeout=2_000)
            return option
        if time.monotonic() > deadline:
            raise RuntimeError(f"the list of {box} does not open")


def _settling(page: Page, event: str, act: Callable[[], None]) -> float:
    _wait_until_quiet(page)
    page.evaluate(f"beginAt({event!r}, {{}})")
    before = page.url
    act()
    page.wait_for_url(lambda url: url != before)
    _wait_until_quiet(page)
    return page.evaluate("recorded.changed - recorded.since")


def _wait_until_quiet(page: Page) -> None:
    page.wait_for_function(f"performance.now() - recorded.changed > {QUIET_MILLISECONDS}")


def _as_script(parts: Iterable[str], text: str = "") -> str:
    return json.dumps({name: [*PARTS[name], text] for name in parts})


def _milliseconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started)


def small_file(address: str) -> float:
    """Milliseconds until a small file has come over a connection that is kept, the median."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(address).netloc)

    def fetch() -> None:
        connection.request("GET", "/_stcore/host-config")
        connection.getresponse().read()

    with contextlib.closing(connection):
        return statistics.median(_milliseconds(fetch) for _ in range(21))


def measure_cold(browser: Browser, times: Times) -> None:
    """One server's start, and its first visitor."""
    started = time.perf_counter()
    with serving("streamlit_app.py") as address:
        times["server: start to first answer"].append(1000 * (time.perf_counter() - started))
        _note_arrival("cold", arrivals(browser, address), times)


def _note_arrival(server: str, came: dict[str, float], times: Times) -> None:
    for part, value in came.items():
        times[f"{server}: {part}"].append(value)
    times[f"{server}, its title → boundaries"].append(came["boundaries"] - came["title"])


def measure_warm(browser: Browser, bare: str, address: str, times: Times) -> None:
    """One visitor of each server, and the changes that a visitor makes."""
    times["server: a small file"].append(small_file(address))
    times["a bare page: title"] += arrivals(browser, bare, ("title",)).values()
    _note_arrival("warm", arrivals(browser, address), times)
    with visiting(browser, address) as page:
        seen(page)
        times["a visitor's first change: a width typed → settled"].append(type_width(page, 5))
        times["later: a width typed → settled"] += [type_width(page, 6 + i) for i in range(4)]
        times["later: an activation chosen → settled"].append(choose_activation(page))
    with visiting(browser, address) as page:
        seen(page)
        for part, value in choose_preset(page).items():
            times[f"a comparison from the cache → {part}"].append(value)


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    times: Times = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        bare_script = Path(folder) / "bare.py"
        bare_script.write_text(BARE, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with serving(str(bare_script)) as bare:
            for _ in range(rounds):
                measure_cold(browser, times)
            with serving("streamlit_app.py") as address:
                with visiting(browser, address) as page:  # once, so that it is in the cache
                    seen(page)
                    choose_preset(page)
                for _ in range(rounds):
                    measure_warm(browser, bare, address, times)
        browser.close()
    for _ in range(rounds):
        for what, milliseconds in script_times().items():
            times[f"server's script: {what}"].append(milliseconds)
    training.job_runner().close()
    _print_table(times, rounds)


def _print_table(times: Times, rounds: int) -> None:
    print(f"Minimum, median and maximum of {rounds} rounds, in milliseconds.\n")
    print("| what | minimum | median | maximum | median over the bare page's title |")
    print("|---|---|---|---|---|")
    bare = statistics.median(times["a bare page: title"])
    for what, values in times.items():
        median = statistics.median(values)
        over = f"{median - bare:+.0f}" if what.startswith(("warm:", "cold:")) else ""
        figures = " | ".join(_in_short(one) for one in (min(values), median, max(values)))
        print(f"| {what} | {figures} | {over} |")


def _in_short(milliseconds: float) -> str:
    return f"{milliseconds:.{0 if milliseconds > 10 else 1}f}"


if __name__ == "__main__":
    main()
