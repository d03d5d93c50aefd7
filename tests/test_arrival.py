"""The stages in which a page arrives."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import header_of_picture, is_picture
from job_helpers import wait_until
from streamlit.testing.v1 import AppTest

import moonlab as ml
from moonlab.ui import arrival, page, training

APP = str(Path(__file__).parent.parent / "moonlab" / "ui" / "script.py")
EXPERIMENT = ml.Experiment(
    training=ml.Training(epochs=3),
    architectures=(ml.Architecture((4,), engine="numpy"), ml.Architecture((5,), engine="numpy")),
)


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """Has the browser draw a stage at once, and ends the worker."""
    monkeypatch.setattr(arrival, "_SECONDS", {arrival.PICTURE: 0.01, arrival.PAGE: 0.01})
    yield
    training.job_runner().close()
    training._job_runner.cache_clear()


def parts(at):
    """What has come: pictures, panels and table, figures."""
    kinds = [element.type for element in at]
    return (
        any(is_picture(element) for element in at),
        (any(one.key == "p1_width_0" for one in at.number_input), len(at.dataframe) > 0),
        "plotly_chart" in kinds,
    )


def opened(experiment=EXPERIMENT):
    at = AppTest.from_file(APP, default_timeout=30)
    at.query_params.update(experiment.to_query())
    return at.run()


def test_where_results_are_there_the_picture_comes_first_then_the_page_then_the_figures():
    at = trained_and_opened()
    assert parts(at) == (True, (False, False), False)
    assert parts(drawn_and_run(at)) == (True, (True, True), False)
    assert parts(drawn_and_run(at)) == (True, (True, True), True)
    assert parts(drawn_and_run(at)) == (True, (True, True), True)


def picture(at):
    """What the browser is sent of it."""
    return next(one.proto.bytes for one in at if is_picture(one))


def asks(at):
    """Whether the browser is to tell when it has drawn the picture."""
    return picture(at)[0] == 1


def epochs(at):
    """Those of the first boundary."""
    return header_of_picture(picture(at))["panels"][0]["epochs"]


def test_of_a_picture_that_the_page_waits_for_the_last_epoch_comes_alone():
    at = trained_and_opened()
    assert (asks(at), epochs(at)) == (True, ["3"])
    assert (asks(drawn_and_run(at)), epochs(at)) == (False, ["0", "1", "2", "3"])
    other = replace(EXPERIMENT, seeds=(4,))
    assert training.job_runner().submit(other).ended.wait(60)
    at.text_input(key="seeds").set_value("4").run()
    assert (asks(at), epochs(at)) == (True, ["3"])
    assert (asks(at.run()), epochs(at)) == (False, ["0", "1", "2", "3"])


def test_a_stage_waits_until_the_one_before_is_drawn(monkeypatch):
    monkeypatch.setattr(arrival, "_SECONDS", {arrival.PICTURE: 60.0, arrival.PAGE: 60.0})
    at = trained_and_opened()
    for _ in range(3):
        assert parts(drawn_and_run(at)) == (True, (False, False), False)


def test_the_figures_of_new_results_come_after_all_else_and_keep_their_room():
    at = trained_and_opened()
    at = drawn_and_run(drawn_and_run(at))
    assert parts(at)[2]
    other = replace(EXPERIMENT, seeds=(4,))
    assert training.job_runner().submit(other).ended.wait(60)
    at.text_input(key="seeds").set_value("4").run()
    assert at.session_state["comparison"].experiment == other
    assert parts(at) == (True, (False, False), False)
    at.run()  # as the browser's clock has it
    assert parts(at) == (True, (True, True), False)
    assert "skeleton" in {element.type for element in at}
    assert parts(drawn_and_run(at))[2]


def test_another_name_and_another_margin_leave_the_figures_where_they_are():
    at = trained_and_opened()
    at = drawn_and_run(drawn_and_run(at))
    at.text_input(key="p1_name").set_value("renamed").run()
    assert parts(at)[2]
    assert "renamed" in at.dataframe[0].value["Architecture"].tolist()
    at.text_input(key="margin").set_value("7").run()
    assert parts(at)[2]


def test_no_run_is_cut_off_for_a_stage(monkeypatch):
    ran = []
    show_controls, show_sidebar = page._show_controls, page.sidebar.show_sidebar
    monkeypatch.setattr(page, "_show_controls", lambda: (time.sleep(0.1), show_controls()))
    monkeypatch.setattr(page.sidebar, "show_sidebar", lambda: (ran.append("whole"), show_sidebar()))
    monkeypatch.setattr(arrival, "_SECONDS", {arrival.PICTURE: 0.05, arrival.PAGE: 0.05})
    at = trained_and_opened()
    for n_runs in range(2, 6):
        at.run()
        assert len(ran) == n_runs


def trained_and_opened():
    assert training.job_runner().submit(EXPERIMENT).ended.wait(60)
    return opened()


def drawn_and_run(at):
    time.sleep(0.02)
    return at.run()


def test_where_there_are_none_yet_the_panels_do_not_wait_for_them():
    at = opened()
    assert "job" in at.session_state
    assert parts(at) == (False, (True, False), False)


def lasting(architecture):
    """Some seconds of small steps."""
    return replace(architecture, override={"batch_size": 1, "epochs": 1_500})


def test_of_the_first_results_there_is_a_picture_before_all_are_trained():
    quick, other = EXPERIMENT.architectures
    at = opened(replace(EXPERIMENT, architectures=(quick, lasting(other))))
    assert parts(at) == (False, (True, False), False)
    job = at.session_state["job"]
    wait_until(lambda: job.so_far() is not None)
    assert job.so_far().experiment.architectures == (quick,)
    assert parts(at.run()) == (True, (True, False), False)
    assert "The verdict comes when all are there." in at.info[0].value
    assert epochs(at) == ["0", "1", "2", "3"]
    assert "job" in at.session_state


def test_who_comes_while_others_wait_has_their_first_results_and_the_panels():
    quick, other = EXPERIMENT.architectures
    experiment = replace(EXPERIMENT, architectures=(quick, lasting(other)))
    job = training.job_runner().submit(experiment)
    wait_until(lambda: job.so_far() is not None)
    at = opened(experiment)
    assert "job" in at.session_state
    assert parts(at) == (True, (True, False), False)
