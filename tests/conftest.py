import os
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch loads: its threads wait for each
# other, and where other programs keep the cores busy that is twenty times slower

import pytest
from browser_helpers import WIDE, chromium, serving
from hypothesis import configuration, settings
from playwright.sync_api import expect

import moonlab as ml
from moonlab.ui import arrival, parts, training

configuration.set_hypothesis_home_dir(os.path.join(tempfile.gettempdir(), "moonlab-hypothesis"))
settings.register_profile("moonlab", database=None, deadline=None, derandomize=True)
settings.load_profile("moonlab")


def pytest_collection_modifyitems(items):
    """Files with a browser come first, for they are the longest: so all workers end together."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)


@pytest.fixture(scope="session")
def lesson_data():
    return ml.load_data(ml.DataSpec())


@pytest.fixture(scope="session")
def small_data():
    """60 points, of which 48 train: batches of 10 leave one of 8."""
    return ml.load_data(ml.DataSpec(n_samples=60))


@pytest.fixture(scope="session")
def numpy_lesson():
    return ml.compare(ml.lesson.numpy_experiment())


@pytest.fixture(scope="session")
def torch_lesson():
    return ml.compare(ml.lesson.torch_experiment())


@pytest.fixture(scope="module")
def own_worker():
    """Ends the worker of the page that AppTest runs, after the tests of a file.

    Until then the stages of a page come without the time that a browser needs to draw them, and a
    change shows the whole page anew: AppTest forgets what a run of some parts leaves alone.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrival, "_SECONDS", dict.fromkeys(arrival._SECONDS, 1e-6))
        patch.setattr(parts, "_standing", lambda: None)
        yield
    training.job_runner().close()
    training._job_runner.cache_clear()


@pytest.fixture(scope="session")
def server():
    with serving("streamlit_app.py") as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def context(browser):
    """One for all tests, so that the page's scripts are fetched and compiled once."""
    context = browser.new_context(viewport=WIDE)
    context.set_default_timeout(45_000)
    expect.set_options(timeout=45_000)
    yield context
    context.close()


@pytest.fixture
def page(context):
    page = context.new_page()
    yield page
    page.close()
