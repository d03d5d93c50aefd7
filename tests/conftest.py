import os
import tempfile

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch loads: its threads wait for each
# other, and where other programs keep the cores busy that is twenty times slower

import pytest
from browser_helpers import chromium, new_page, serving
from hypothesis import configuration, settings

import moonlab as ml

configuration.set_hypothesis_home_dir(os.path.join(tempfile.gettempdir(), "moonlab-hypothesis"))
settings.register_profile("moonlab", database=None, deadline=None, derandomize=True)
settings.load_profile("moonlab")


@pytest.fixture(scope="session")
def lesson_data():
    return ml.load_data(ml.DataSpec())


@pytest.fixture(scope="session")
def small_data():
    """60 points, of which 48 train: batches of 10 leave one of 8."""
    return ml.load_data(ml.DataSpec(n_samples=60))


@pytest.fixture(scope="session")
def server():
    with serving("streamlit_app.py") as address:
        yield address


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    with new_page(browser) as page:
        yield page
