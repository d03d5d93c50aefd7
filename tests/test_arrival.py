"""The stages in which a page arrives."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import moonlab as ml
from moonlab.ui import training

APP = str(Path(__file__).parent.parent / "moonlab" / "ui" / "script.py")
EXPERIMENT = ml.Experiment(
    training=ml.Training(epochs=3),
    architectures=(ml.Architecture((4,), engine="numpy"), ml.Architecture((5,), engine="numpy")),
)


@pytest.fixture(autouse=True)
def _end_the_worker():
    yield
    training.job_runner().close()
    training._job_runner.cache_clear()


def parts(at):
    """What has come: pictures, panels and table, figures."""
    kinds = [element.type for element in at]
    return (
        "bidi_component" in kinds,
        (any(one.key == "p1_width_0" for one in at.number_input), len(at.dataframe) > 0),
        "plotly_chart" in kinds,
    )


def opened():
    at = AppTest.from_file(APP, default_timeout=30)
    at.query_params.update(EXPERIMENT.to_query())
    return at.run()


def test_where_results_are_there_the_picture_comes_first_then_the_page_then_the_figures():
    assert training.job_runner().submit(EXPERIMENT).ended.wait(60)
    at = opened()
    assert parts(at) == (True, (False, False), False)
    assert parts(at.run()) == (True, (True, True), False)
    assert parts(at.run()) == (True, (True, True), True)
    assert parts(at.run()) == (True, (True, True), True)


def test_where_there_are_none_yet_the_panels_do_not_wait_for_them():
    at = opened()
    assert "job" in at.session_state
    assert parts(at) == (False, (True, False), False)
