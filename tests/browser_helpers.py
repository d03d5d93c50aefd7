"""What the tests in a real Chromium share: the server, experiments, reading the page."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

import moonlab as ml
from moonlab.codec import QUERY_KEY

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
WIDE = {"width": 1440, "height": 1000}
SMALL = ml.Experiment(
    training=ml.Training(epochs=20),
    architectures=tuple(ml.Architecture(hidden, engine="numpy") for hidden in ((4,), (8, 8))),
    seeds=(0, 1, 2),
)
BIG = ml.Experiment(
    training=ml.Training(epochs=2_000),
    architectures=(ml.Architecture((32, 32), engine="numpy"),),
    seeds=tuple(range(64)),
)


@contextlib.contextmanager
def serving(script):
    """The address of a script that is served by a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = ["--server.headless=true", f"--server.port={port}", "--server.address=127.0.0.1"]
    process = subprocess.Popen([*command, *options], cwd=ROOT, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/_stcore/health")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def chromium():
    """The system's browser; without one, CI fails and other places skip."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have Chromium: apt-get install chromium")
        pytest.skip("there is no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextlib.contextmanager
def new_page(browser, **options):
    """A page of a visitor of its own, which waits long enough for a busy machine."""
    context = browser.new_context(**{"viewport": WIDE} | options)
    context.set_default_timeout(45_000)
    expect.set_options(timeout=45_000)
    yield context.new_page()
    context.close()


def _wait_for(url, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"{url} did not answer within {seconds} s")


def visit(page, server, experiment=SMALL):
    page.goto(f"{server}/?{QUERY_KEY}={experiment.to_query()[QUERY_KEY]}")
    expect(page.locator(".st-key-train button")).to_be_visible()


def wait_for_results(page, n_architectures, *, figures=False):
    expect(page.locator(".st-key-stop")).to_have_count(0)
    expect(page.locator(".st-key-boundaries figure canvas")).to_have_count(n_architectures)
    expect(page.get_by_text("earlier settings")).to_have_count(0)
    wait_for_run(page)
    if figures:
        expect(page.locator(".st-key-curves .js-plotly-plot")).to_be_visible()


def wait_for_run(page):
    """The panels are sent before the results, so a part may be there before the rest."""
    page.locator('[data-test-script-state="notRunning"]').first.wait_for()


def read_table(page):
    """The table's cells, by column, from what the data grid tells screen readers, once it rests."""
    rows, before = _read_table(page), None
    while rows != before:
        page.wait_for_timeout(400)  # the grid tells them a fifth of a second after it draws
        rows, before = _read_table(page), rows
    return rows


def _read_table(page):
    wait_for_run(page)
    grid = page.get_by_test_id("data-grid-canvas").first
    expect(grid.locator("tbody tr").first).to_be_attached()
    # In one call: its columns may change between two.
    header, *rows = grid.locator("tr").evaluate_all(
        "rows => rows.map(row => [...row.children].map(cell => cell.textContent))"
    )
    return [dict(zip(header, row, strict=True)) for row in rows]


def download(page, name):
    with page.expect_download() as event:
        page.get_by_role("button", name=name).click()
    return Path(event.value.path()).read_text(encoding="utf-8")


def experiment_in(url):
    found = re.search(rf"{QUERY_KEY}=([\w-]+)", url)
    return ml.Experiment.from_query({QUERY_KEY: found[1]})
