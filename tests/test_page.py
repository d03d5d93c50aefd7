"""The page's logic, run by Streamlit's AppTest: no browser."""

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import moonlab as ml
from moonlab import jobs
from moonlab.codec import QUERY_KEY
from moonlab.presets import PRESETS
from moonlab.ui import arrival, bind, downloads, outcome, page, training
from moonlab.ui.typed import number_or_text

APP = str(Path(__file__).parent.parent / "moonlab" / "ui" / "script.py")
SMALL = ml.Experiment(
    training=ml.Training(epochs=3),
    architectures=(
        ml.Architecture((4,), engine="numpy"),
        ml.Architecture((8, 8), engine="numpy", name="deep"),
    ),
    seeds=(0, 1),
)


pytestmark = pytest.mark.usefixtures("own_worker")


def open_page(experiment=SMALL, query=None):
    at = AppTest.from_file(APP, default_timeout=30)
    for key, value in (query or experiment.to_query()).items():
        at.query_params[key] = value
    return settled(at.run())


def settled(at, seconds=60):
    """The page once its job is over and all has come; AppTest runs no timers, so by hand."""
    deadline = time.monotonic() + seconds
    while "job" in at.session_state or ("comparison" in at.session_state and is_coming(at)):
        assert time.monotonic() < deadline, "the job did not end"
        time.sleep(0.05)
        at.run()
    assert not at.exception
    return at


def is_coming(at):
    return at.session_state["stage"] < arrival.FIGURES


def shown_table(at):
    return at.dataframe[0].value


def texts(elements):
    return " ".join(element.value for element in elements)


def plain(text):
    """The text as one reads it: without escapes and invisible joiners."""
    return text.replace("\\", "").replace("\u2060", "")


def address(at):
    """The keys of the address."""
    given = at.query_params
    return {key: one[0] if isinstance(one, list) else one for key, one in given.items()}


def current(at):
    """The experiment in the address."""
    return ml.Experiment.from_query(address(at))


def test_the_page_opens_on_the_experiment_of_its_address_with_results():
    at = open_page()
    table = shown_table(at)
    expected = ml.compare(SMALL).summary()
    assert list(table["Architecture"]) == ["2→4→1", "deep"]
    assert list(table["Validation"]) == pytest.approx(list(100 * expected["val_accuracy"]))
    assert list(table["Test"]) == pytest.approx(list(100 * expected["test_accuracy"]))


def test_the_page_opens_on_the_lessons_table_without_an_address():
    at = settled(AppTest.from_file(APP, default_timeout=60).run())
    table = shown_table(at)
    assert list(table["Architecture"]) == ["2→4→1", "2→16→1", "2→32→1", "2→8→8→1", "2→16→16→1"]
    assert list(table["Train count"]) == ["240/240"] * 5
    assert list(table["Validation count"]) == ["58/60", "59/60", "59/60", "59/60", "59/60"]
    assert list(table["Parameters"]) == [17, 65, 129, 105, 337]


def test_an_edited_setting_reaches_the_address_and_the_next_training():
    at = open_page()
    at.number_input(key="training_epochs").set_value(5).run()
    assert current(at).training.epochs == 5
    assert "All of these results belong to the earlier settings" in texts(at.info)
    assert texts(at.caption).count("Not trained yet") == 2
    assert list(shown_table(at)["Architecture"]) == ["2→4→1", "deep"]
    at.button(key="train").click().run()
    settled(at)
    assert "earlier settings" not in texts(at.info)
    expected = ml.compare(current(at)).summary()
    assert list(shown_table(at)["Train loss"]) == pytest.approx(list(expected["train_loss"]))


def test_what_is_not_trained_yet_is_told_from_what_belongs_to_earlier_settings():
    at = open_page()
    assert "All results are there" in texts(at.markdown)
    at.button(key="add").click().run()
    assert "Some architectures are not trained yet" in texts(at.info)
    assert texts(at.caption).count("Not trained yet") == 1
    assert list(shown_table(at)["Architecture"]) == ["2→4→1", "deep"]
    at.button(key="p2_move_left").click().run()
    assert "earlier settings" not in texts(at.info)
    at.number_input(key="p1_width_0").set_value(5).run()
    assert "Some of these results belong to the earlier settings" in texts(at.info)
    assert texts(at.caption).count("Not trained yet") == 2
    assert list(shown_table(at)["Architecture"]) == ["2→4→1 (earlier)", "deep"]


def test_the_results_of_a_stopped_replay_keep_their_names(monkeypatch):
    replay = replace(SMALL, seeding="sequential", training=ml.Training(epochs=2))
    at = open_page(replay)
    begun = replace(replay, architectures=replay.architectures[:1])
    monkeypatch.setattr(training.job_runner(), "cached", lambda _: None)
    at.session_state.comparison = ml.compare(begun)
    at.run()
    assert "Some architectures are not trained yet" in texts(at.info)
    assert list(shown_table(at)["Architecture"]) == ["2→4→1"]


def test_what_varies_with_the_seed_can_be_chosen():
    at = open_page()
    at.selectbox(key="seeding").select("with_data").run()
    assert current(at).seeding == "with_data"
    at.button(key="train").click().run()
    assert list(shown_table(settled(at))["Test"]) == pytest.approx(
        list(100 * ml.compare(current(at)).summary()["test_accuracy"])
    )


def test_a_job_is_kept_going_while_another_part_of_the_page_is_looked_at():
    at = open_page()
    job = jobs.Job(SMALL, 0)
    job.seen_at = job.kept_at = time.monotonic() - 1000
    at.session_state.asides = {"a part that is not shown here": job}
    at.run()
    assert (job.is_left_behind, job.is_abandoned) == (False, False)


def test_panels_are_added_duplicated_edited_and_removed():
    at = open_page()
    at.button(key="add").click().run()
    at.button(key="p1_duplicate").click().run()
    at.number_input(key="p2_depth").set_value(3).run()
    at.number_input(key="p2_width_2").set_value(5).run()
    at.selectbox(key="p2_activation").select("tanh").run()
    at.button(key="p1_remove").click().run()
    hidden = [architecture.hidden for architecture in current(at).architectures]
    assert hidden == [(4,), (8, 8, 5), (16,)]
    assert current(at).architectures[1].activation == "tanh"
    assert not at.exception


def test_a_bad_value_is_named_keeps_training_off_and_loses_nothing():
    at = open_page()
    before = list(shown_table(at)["Test"])
    at.text_input(key="seeds").set_value("0-3, nonsense").run()
    assert "Seeds" in texts(at.error)
    assert "nonsense" in texts(at.error)
    assert at.button(key="train").disabled
    assert list(shown_table(at)["Test"]) == before
    assert at.text_input(key="seeds").value == "0-3, nonsense"
    at = open_page(query=address(at))  # a reload
    assert at.text_input(key="seeds").value == "0-3, nonsense"
    assert "nonsense" in texts(at.error)
    assert list(shown_table(at)["Test"]) == before
    at.text_input(key="seeds").set_value("0-3").run()
    assert not at.error
    assert current(at).seeds == (0, 1, 2, 3)
    assert list(at.query_params) == [QUERY_KEY]


def test_going_back_to_what_was_invalid_brings_the_valid_experiment_beside_it_back(monkeypatch):
    at = open_page()
    at.text_input(key="seeds").set_value("0-3, nonsense").run()
    invalid = address(at)
    at.text_input(key="seeds").set_value("0-3").run()
    go_back(at, invalid, monkeypatch)
    assert at.text_input(key="seeds").value == "0-3, nonsense"
    assert address(at) == invalid


def go_back(at, to, monkeypatch):
    """As the browser does it, which tells so: AppTest has no history."""
    for key, value in to.items():
        at.query_params[key] = value
    with monkeypatch.context() as history:
        history.setattr(page, "came_by_history", lambda: True)
        at.run()


def test_who_goes_back_twice_goes_back_twice_though_the_second_cuts_the_first_off(monkeypatch):
    at = open_page()
    addresses = []
    for seeds in ("0-3", "0-4", "0-5"):
        at.text_input(key="seeds").set_value(seeds).run()
        addresses.append(address(at))
    with monkeypatch.context() as cut_off:
        cut_off.setattr(page, "_finish", lambda: None)
        go_back(at, addresses[1], monkeypatch)
    go_back(at, addresses[0], monkeypatch)
    assert current(at).seeds == (0, 1, 2, 3)
    assert address(at) == addresses[0]


def test_an_address_of_before_is_not_gone_back_to_unless_the_browser_says_so():
    """What a busy browser sends may have set out long before the last address came to it."""
    at = open_page()
    before = address(at)
    at.text_input(key="seeds").set_value("0-3").run()
    for key, value in before.items():
        at.query_params[key] = value
    at.run()
    assert current(at).seeds == (0, 1, 2, 3)
    assert address(at) != before


def test_all_faults_are_named_at_once():
    at = open_page()
    at.text_input(key="seeds").set_value("?").run()
    at.text_input(key="p1_name").set_value("bell\x07").run()
    at.session_state.page.set_shared("data", "noise", -1.0)
    at.run()
    error = texts(at.error)
    assert "Seeds" in error
    assert "Architecture 1, Name" in plain(error)
    assert "Noise" in error


def test_a_value_that_the_browser_should_have_stopped_is_refused_by_the_server():
    at = open_page()
    at.session_state.page.set_shared("training", "learning_rate", float("nan"))
    at.session_state.page.set_width(1, 0, 5000)
    at.run()
    error = texts(at.error)
    assert "Learning rate" in error
    assert "Architecture 1, Widths" in plain(error)
    assert not at.exception


def test_too_much_work_is_refused_with_the_estimate():
    at = open_page()
    at.text_input(key="seeds").set_value("0-127").run()
    at.number_input(key="training_epochs").set_value(20_000).run()
    assert "estimated" in texts(at.error)
    assert at.button(key="train").disabled


@pytest.mark.parametrize("value", ["garbage", "eJw", "x" * 9_000, "é"])
def test_a_damaged_link_opens_the_default_page_with_one_sentence(value):
    at = open_page(query={QUERY_KEY: value})
    (notice,) = at.info
    assert re.fullmatch(r"This link is damaged[^.\n]*\.", notice.value)  # one sentence
    assert len(shown_table(at)) == 5
    at.selectbox(key="preset").select("The lesson's classifier by hand").run()
    assert not settled(at).info  # it spoke of what was there before


def test_a_damaged_draft_is_left_out_with_one_sentence():
    at = open_page(query=SMALL.to_query() | {"draft": "garbage"})
    (notice,) = at.info
    assert re.fullmatch(r"What was typed last is damaged[^.\n]*\.", notice.value)
    assert current(at) == SMALL
    assert list(at.query_params) == [QUERY_KEY]


def test_the_first_edit_of_the_lessons_replay_says_that_it_is_one_no_more():
    at = settled(AppTest.from_file(APP, default_timeout=60).run())
    at.number_input(key="training_epochs").set_value(200).run()
    assert "20 seeds" in texts(at.info)
    assert current(at).seeding == "independent"
    assert len(current(at).seeds) == 20


def test_runs_that_diverged_are_counted_in_a_warning_and_in_the_table():
    wild = ml.Architecture(
        (16,),
        engine="numpy",
        name="[w]",
        override={"optimizer": "gd", "learning_rate": 100.0, "batch_size": 1, "l2": 10.0},
    )
    at = open_page(replace(SMALL, architectures=(SMALL.architectures[0], wild)))
    (warning,) = at.warning
    assert plain(warning.value).startswith("[w]: 2 of 2 runs diverged.")
    assert list(shown_table(at)["Diverged"]) == [0, 2]
    assert shown_table(at)["Diagnosis"][1] == "diverged"


def test_markup_in_a_name_is_shown_as_typed():
    at = open_page()
    at.text_input(key="p1_name").set_value("[x](http://x) **b**").run()
    assert "All results are there" in texts(at.markdown)  # a name changes no number
    assert shown_table(at)["Architecture"][0] == "[x](http://x) **b**"


def test_a_double_click_trains_once(monkeypatch):
    at = open_page()
    submitted, start_current = [], training.start_current

    def submit(experiment, has_page):
        submitted.append(jobs.Job(experiment, len(submitted)))
        return submitted[-1]

    def start_twice():  # as when the second click sets out before the button is disabled
        start_current()
        start_current()

    monkeypatch.setattr(training, "start_current", start_twice)
    monkeypatch.setattr(training.job_runner(), "submit", submit)
    at.number_input(key="training_epochs").set_value(6).run()
    at.button(key="train").click().run()
    assert at.button(key="train").disabled
    assert [job.experiment for job in submitted] == [current(at)]


def test_stop_ends_training_and_keeps_what_there_was():
    at = open_page()
    at.text_input(key="seeds").set_value("0-63").run()
    at.number_input(key="training_epochs").set_value(1500).run()
    assert "Training takes about" in texts(at.markdown)
    at.button(key="train").click().run()
    assert at.button(key="train").disabled
    deadline = time.monotonic() + 30
    while at.session_state.job.progress is None or at.session_state.job.progress.epoch == 0:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    at.button(key="stop").click().run()
    settled(at, seconds=5)
    assert not at.button(key="train").disabled
    assert "stopped" in texts(at.warning)
    assert set(shown_table(at)["Stopped"]) == {64}
    assert shown_table(at)["Epochs done"].max() < 1500


def test_a_message_about_earlier_training_goes_with_it():
    at = open_page()
    at.number_input(key="training_epochs").set_value(9).run()
    for act in (
        lambda: at.button(key="train").click().run(),
        lambda: at.selectbox(key="preset").select("The lesson's classifier by hand").run(),
        lambda: at.button(key="undo").click().run(),
    ):
        edits = at.session_state.page.n_edits
        at.session_state.message = edits, "Stopped before there was anything to show."
        at.run()
        assert "Stopped" in texts(at.warning)
        act()
        assert "Stopped" not in texts(settled(at).warning)


def test_a_full_batch_is_shown_as_one_wherever_it_comes_from():
    at = open_page(replace(SMALL, training=ml.Training(batch_size=None, epochs=3)))
    box = at.selectbox(key="training_batch_size")
    assert box.value == "Full batch"
    box.select("32").run()
    assert current(at).training.batch_size == 32
    at.button(key="undo").click().run()
    assert at.selectbox(key="training_batch_size").value == "Full batch"
    at.multiselect(key="p1_departures").select("batch_size").run()
    assert at.selectbox(key="p1_own_batch_size").value == "Full batch"
    assert current(at).architectures[0].override == {"batch_size": None}


def test_while_one_panel_is_not_valid_the_others_keep_their_results():
    at = open_page()
    at.number_input(key="p1_width_0").set_value(2000).run()
    assert list(shown_table(at)["Architecture"]) == ["2→4→1 (earlier)", "deep"]
    assert "Some of these results belong to the earlier settings" in texts(at.info)
    assert "Widths: must be at most 16 widths, each a whole number from 1 to 1,024. Got 2000" in (
        plain(texts(at.markdown))  # in its own panel, too
    )
    assert texts(at.caption).count("Not trained yet") == 1
    at.number_input(key="training_epochs").set_value(0).run()
    assert "All of these results belong to the earlier settings" in texts(at.info)


def test_a_refusal_is_said_once_and_goes_with_what_it_refuses():
    at = open_page()
    at.number_input(key="training_epochs").set_value(20_000).run()
    at.text_input(key="seeds").set_value("0-127").run()
    page = at.session_state.page
    for _ in range(4):
        page.add()
    at.run()
    assert "Please correct this" in texts(at.error)
    training_refused(at)
    assert len(at.error) == 1
    assert not at.warning
    while page.can_undo:
        at.button(key="undo").click().run()
    settled(at)
    assert not at.error
    assert not at.warning


def training_refused(at):
    """Train all the same, as a click does that comes before the button is off."""
    job = training.job_runner().submit(at.session_state.page.experiment())
    assert job.status == "refused"
    at.session_state.job = job
    at.run()


def test_results_that_were_stopped_give_way_to_whole_ones_that_came_meanwhile():
    at = open_page()
    longer = replace(SMALL, training=ml.Training(epochs=7))
    at.number_input(key="training_epochs").set_value(7).run()
    at.session_state.comparison = ml.compare(
        longer, should_stop=iter([False] * 20 + [True] * 999).__next__
    )
    at.run()
    assert "stopped" in texts(at.warning)
    assert training.job_runner().submit(longer).ended.wait(60)
    settled(at.run())
    assert "stopped" not in texts(at.warning)
    assert at.session_state.comparison.status == "ok"


def test_results_that_were_stopped_at_other_places_are_told_apart():
    longer = replace(SMALL, training=ml.Training(epochs=40))
    stopped = [
        ml.compare(longer, should_stop=iter([False] * n + [True] * 999).__next__) for n in (30, 60)
    ]
    stopped.append(replace(stopped[0], runs=stopped[0].runs[::-1]))
    assert len({outcome._results(one) for one in stopped}) == 3


def part_of_a_page():
    import streamlit as st

    from moonlab.ui import training

    training.comparison_of(st.session_state.asked, "part")


def test_a_part_of_a_page_whose_training_failed_can_be_trained_again():
    failed = jobs.Job(SMALL, 0)
    failed.end("failed", message=jobs.FAILURE)
    at = AppTest.from_function(part_of_a_page, default_timeout=30)
    at.session_state.asked, at.session_state.asides = SMALL, {"part": failed}
    assert jobs.FAILURE in texts(at.run().error)
    at.button(key="part_again").click().run()
    job = at.session_state.asides["part"]
    assert job is not failed
    assert job.ended.wait(60)
    assert job.status == "done"


def test_a_value_that_is_taken_back_at_once_is_taken_back():
    at = open_page()
    at.button(key="add").click().run()
    at.selectbox(key="p3_activation").select("tanh").run()
    assert current(at).architectures[2].activation == "tanh"
    at.selectbox(key="p3_activation").select("relu").run()
    assert current(at).architectures[2].activation == "relu"


def test_back_to_what_was_not_valid_is_one_step(monkeypatch):
    at = open_page()
    at.text_input(key="seeds").set_value("0-3, nonsense").run()
    before = address(at)
    at.text_input(key="seeds").set_value("0-3").run()
    go_back(at, before, monkeypatch)
    assert at.session_state.page.seeds == "0-3, nonsense"
    at.button(key="undo").click().run()
    assert at.session_state.page.seeds == "0-3"


def test_a_panel_says_what_its_results_will_be_called_unless_its_name_does():
    at = open_page()
    at.button(key="p1_duplicate").click().run()
    said = plain(texts(at.caption))
    assert [name in said for name in ("2→4→1 · ", "2→4→1 (2) · ")] == [True, True]
    assert current(at).names[1] == "2→4→1 (2)"
    made_of = at.session_state.parts.drawn["panel 3, drawing"]
    at.text_input(key="p3_name").set_value("wide").run()
    assert at.session_state.parts.drawn["panel 3, drawing"] != made_of
    at.run()  # the whole page, as AppTest forgets what a run of some parts leaves alone
    assert "(2)" not in plain(texts(at.caption))


def test_an_architecture_may_be_named_like_the_mark_of_earlier_ones():
    at = open_page(
        replace(SMALL, architectures=(ml.Architecture((2,), engine="numpy", name=" (earlier)"),))
    )
    at.segmented_control(key="details").set_value("A/A check").run()
    at.button(key="check").click().run()
    assert not at.exception
    assert at.session_state.checked.names == (" (earlier)",)


def test_a_panel_that_departs_from_the_protocol_says_so_on_its_face_and_in_the_table():
    at = open_page()
    at.multiselect(key="p1_departures").select("l2").run()
    assert "Departs" not in texts(at.caption)  # it is still as in the protocol
    at.text_input(key="p1_own_l2").set_value("0,1").run()
    assert current(at).architectures[0].override == {"l2": 0.1}
    assert "Departs: L2 0.1" in plain(texts(at.caption))
    at.button(key="train").click().run()
    settled(at)
    assert list(shown_table(at)["Departs in"]) == ["L2 0.1", ""]
    expected = ml.compare(current(at)).summary()
    assert list(shown_table(at)["Test"]) == pytest.approx(list(100 * expected["test_accuracy"]))


def test_a_number_out_of_bounds_is_named_and_never_replaced():
    at = open_page()
    at.number_input(key="training_epochs").set_value(10**9).run()
    assert "Epochs: must be a whole number from 1 to 20,000" in plain(texts(at.error))
    assert at.button(key="train").disabled
    assert current(at).training.epochs == 3
    at.number_input(key="training_epochs").set_value(12.5).run()
    assert "Epochs: must be a whole number from 1 to 20,000. Got 12.5" in plain(texts(at.error))
    assert at.number_input(key="training_epochs").value == 12.5
    at.number_input(key="training_epochs").set_value(7).run()
    assert current(at).training.epochs == 7


def test_the_margin_is_in_the_address_and_decides_the_verdicts_without_training():
    at = open_page(replace(SMALL, seeds=tuple(range(6))))
    at.text_input(key="margin").set_value("100").run()
    assert current(at).margin_points == 100
    assert "earlier settings" not in texts(at.info)
    assert "2→4→1 and deep are equivalent" in plain(texts(at.markdown))
    at.text_input(key="margin").set_value("0").run()
    assert "Equivalent within ± points: must be a number above 0" in plain(texts(at.error))
    assert "Until then it is 1." in texts(at.caption)
    at.button(key="undo").click().run()
    assert at.text_input(key="margin").value == "100"


@pytest.mark.parametrize("depth", [None, 1.5, 17, -1])
def test_a_depth_that_is_none_changes_nothing(depth):
    at = open_page()
    at.number_input(key="p2_depth").set_value(depth).run()
    assert current(at) == SMALL
    assert at.number_input(key="p2_depth").value == 2


def test_a_preset_loads_trains_and_tells_what_was_seen_and_undo_brings_back_what_was():
    at = open_page()
    at.selectbox(key="preset").select("The lesson's classifier by hand").run()
    settled(at)
    assert current(at) == ml.lesson.numpy_experiment()
    assert "What to look for" in texts(at.markdown)
    assert "What was seen" in texts(at.markdown)
    at.button(key="undo").click().run()
    assert current(at) == SMALL


def test_ones_own_experiment_comes_back_from_a_preset_with_what_was_typed():
    at = open_page()
    at.text_input(key="data_noise").set_value("much").run()
    begin_from(at, PRESETS["lesson-numpy"].title)
    assert current(at) == PRESETS["lesson-numpy"].experiment()
    begin_from(at, PRESETS["losses"].title)
    begin_from(at, "Your own experiment")
    assert at.text_input(key="data_noise").value == "much"
    assert "Noise: must be a number" in plain(texts(at.markdown))
    at.text_input(key="data_noise").set_value("0.2").run()
    assert current(at) == replace(SMALL, data=ml.DataSpec(noise=0.2))
    at.button(key="undo").click().run()
    at.button(key="undo").click().run()
    assert current(at) == PRESETS["losses"].experiment()


def test_who_has_set_up_nothing_yet_has_nothing_to_go_back_to():
    at = open_page(PRESETS["lesson-numpy"].experiment())
    assert "Your own experiment" not in at.selectbox(key="preset").options
    at.number_input(key="p1_width_0").set_value(5).run()
    assert at.selectbox(key="preset").value == "Your own experiment"
    begin_from(at, PRESETS["lesson-numpy"].title)
    assert "Your own experiment" in at.selectbox(key="preset").options


def begin_from(at, title):
    settled(at.selectbox(key="preset").select(title).run())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2→16→1 (2)", "state_dict 2-16-1-(2) seed 7.pt"),
        ("../a\\b:c*", "state_dict a-b-c seed 7.pt"),
        ("🚀", "state_dict seed 7.pt"),
    ],
)
def test_the_file_of_weights_is_named_after_its_architecture_and_seed(name, expected):
    assert downloads._weights_name(name, 7) == expected


def test_a_link_to_too_much_work_is_refused_once_and_nothing_trains():
    huge = ml.Experiment(training=ml.Training(epochs=20_000), seeds=tuple(range(100)))
    at = open_page(huge)
    assert "estimated" in texts(at.error)
    assert not at.warning
    assert not at.dataframe


def test_what_the_browser_still_answers_from_before_an_undo_is_not_taken_for_an_edit():
    at = open_page()
    at.number_input(key="training_epochs").set_value(5).run()
    at.button(key="undo").click().run()
    assert current(at).training.epochs == 3
    at.number_input(key="training_epochs").set_value(5).run()  # at once: the browser's old value
    assert current(at).training.epochs == 3
    assert at.number_input(key="training_epochs").value == 3
    time.sleep(bind._OVERTAKING_SECONDS)
    at.number_input(key="training_epochs").set_value(5).run()  # by hand
    assert current(at).training.epochs == 5


def test_a_choice_that_is_no_more_is_not_taken_for_a_value():
    at = open_page(replace(SMALL, seeding="sequential"))
    at.number_input(key="training_epochs").set_value(5).run()
    choice = at.selectbox(key="seeding")
    assert "All, as in the lesson" not in choice.options
    choice.options.append("All, as in the lesson")  # a busy browser has it still
    choice.set_value("All, as in the lesson").run()
    assert current(at).seeding == "independent"
    assert at.selectbox(key="seeding").value == "independent"


@pytest.mark.parametrize("typed", ["(None)", "0-19, (42,)", "None"])
def test_a_fault_quotes_a_text_as_it_was_typed(typed):
    at = open_page()
    at.text_input(key="seeds").set_value(typed).run()
    assert f"Got '{typed}' instead" in plain(texts(at.error))


def test_an_answer_from_the_address_of_before_is_neither_an_edit_nor_a_way_back():
    at = open_page()
    at.number_input(key="training_epochs").set_value(5).run()
    before = dict(at.query_params)
    at.button(key="undo").click().run()
    after = dict(at.query_params)
    time.sleep(2.1)  # a busy browser may take seconds
    for _ in range(2):
        at.query_params.clear()
        at.query_params.update(before)
        at.number_input(key="training_epochs").set_value(5).run()
        assert current(at).training.epochs == 3
        assert dict(at.query_params) == after
    time.sleep(bind._OVERTAKING_SECONDS)
    at.number_input(key="training_epochs").set_value(5).run()  # from the address of now: by hand
    assert current(at).training.epochs == 5


BESIDE = [
    ("data_noise", "3", "Noise: must be a number from 0 to 2. Got 3 instead."),
    ("training_learning_rate", "a*b", "Learning rate: must be a number above 0 and at most 100."),
    ("p1_own_l2", "-1e1", "L2: must be a number from 0 to 10. Got -10 instead."),
    ("p1_name", "x" * 61, "Name: must be a text of 1 to 60 printable characters"),
    ("seeds", "0-x", "Seeds: must be numbers and ranges such as 0-19, 42"),
]


@pytest.mark.parametrize(("key", "typed", "sentence"), BESIDE, ids=[key for key, *_ in BESIDE])
def test_what_is_typed_wrong_stays_and_a_sentence_beside_it_says_why(key, typed, sentence):
    at = open_page()
    at.multiselect(key="p1_departures").select("l2").run()
    at.text_input(key=key).set_value(typed).run()
    beside = [one.value for one in at.markdown if one.value.startswith(":small[:red[")]
    assert len(beside) == 1
    assert sentence in plain(beside[0])
    assert sentence in plain(texts(at.error))
    assert number_or_text(at.text_input(key=key).value) == number_or_text(typed)
    assert "*" not in beside[0].replace("\\*", "")
    at.button(key="undo").click().run()
    assert ":small[:red[" not in texts(at.markdown)


@pytest.mark.parametrize("typed", ["0,1", "0.10", ".1", "1e-1"])
def test_the_same_number_written_otherwise_is_no_edit(typed):
    at = open_page(ml.lesson.numpy_experiment())
    at.text_input(key="data_noise").set_value(typed).run()
    assert at.text_input(key="data_noise").value == "0.1"
    assert current(at) == ml.lesson.numpy_experiment()
    assert at.button(key="undo").disabled


def test_a_faulty_value_of_its_own_is_no_departure_in_words():
    at = open_page()
    at.multiselect(key="p1_departures").select("l2").run()
    at.text_input(key="p1_own_l2").set_value("adam").run()
    assert "Departs" not in texts(at.caption)
    at.text_input(key="p1_own_l2").set_value("").run()
    assert "Departs" not in texts(at.caption)
    at.text_input(key="p1_own_l2").set_value("0.5").run()
    assert "Departs: L2 0.5" in plain(texts(at.caption))


def test_an_added_panel_is_told_of_and_one_too_many_is_not():
    at = open_page(replace(SMALL, architectures=SMALL.architectures[:1] * 7))
    at.button(key="add").click().run()
    assert texts(at.toast) == "Architecture 8 stands after the others."
    at.run()
    assert not at.toast
    at.session_state.page.undo()
    at.run()
    at.session_state.page.add()  # by the first of two quick clicks
    at.button(key="add").click().run()
    assert not at.toast
