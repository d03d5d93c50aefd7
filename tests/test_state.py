import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import moonlab as ml
from moonlab.run_keys import run_keys
from moonlab.ui.state import PageState, parse_seeds, seeds_text

SEEDS_RULE = "`seeds` must be numbers and ranges such as 0-19, 42"


def lesson():
    return PageState(ml.lesson.torch_experiment())


def independent(*hidden):
    return PageState(ml.Experiment(architectures=tuple(map(ml.Architecture, hidden))))


def ids(state):
    return [panel.id for panel in state.panels]


def hidden(state):
    return [architecture.hidden for architecture in state.experiment().architectures]


seed = st.integers(0, 2**32 - 1)
seeds_near_each_other = st.lists(st.integers(0, 200), min_size=1, max_size=128, unique=True)
seeds_anywhere = st.lists(seed, min_size=1, max_size=128, unique=True)


@given(st.one_of(seeds_near_each_other, seeds_near_each_other.map(sorted), seeds_anywhere))
def test_seeds_survive_being_written_and_read(seeds):
    assert parse_seeds(seeds_text(tuple(seeds))) == tuple(seeds)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0", (0,)),
        ("0-2, 42", (0, 1, 2, 42)),
        (" 7 - 8 ,1", (7, 8, 1)),
        ("3–5", (3, 4, 5)),
        ("5-5", (5,)),
        ("007", (7,)),
        ("0-127", tuple(range(128))),
        ("4294967295", (2**32 - 1,)),
    ],
)
def test_seeds_are_read_as_people_write_them(text, seeds):
    assert parse_seeds(text) == seeds


BAD_SEEDS = ["", " ", "a", "1-", "-1", "5-1", "１６", "٣", "0-128", "1,1", "0-5,3", "1,,2", "1,"]
BAD_SEEDS += ["4294967296", "4294967295-4294967296", "1" * 20, "1.0", "1e3", "0x10", "1_0", "1;2"]
BAD_SEEDS += ["0-99, 200-299", "0-9999999999", "1-2-3", "\x00", "1\x00", "nan", "<b>1</b>"]


@pytest.mark.parametrize("text", BAD_SEEDS)
def test_what_is_no_seeds_is_refused_with_the_rule(text):
    with pytest.raises(ml.SpecError, match=SEEDS_RULE):
        parse_seeds(text)


@pytest.mark.parametrize("part", [",", "0,", "0-127,", "1" * 50, "1-", " "])
def test_a_very_long_text_of_seeds_is_refused_quickly(part):
    started = time.perf_counter()
    with pytest.raises(ml.SpecError, match=SEEDS_RULE) as refused:
        parse_seeds(part * 10_000)
    assert time.perf_counter() - started < 0.5
    assert len(str(refused.value)) < 500


@pytest.mark.parametrize("make", [ml.lesson.torch_experiment, ml.lesson.numpy_experiment])
def test_what_is_loaded_comes_back_unchanged(make):
    assert PageState(make()).experiment() == make()


def test_removing_a_panel_changes_no_other():
    state = independent((1,), (2,), (3,))
    first, second, third = ids(state)
    state.set_depth(third, 0)  # the third remembers its width
    state.remove(second)
    assert ids(state) == [first, third]
    state.set_depth(third, 1)
    assert hidden(state) == [(1,), (3,)]


def test_the_last_panel_stays():
    state = independent((1,))
    state.remove(ids(state)[0])
    assert hidden(state) == [(1,)]


def test_there_is_room_for_eight_panels_and_no_ninth():
    state = independent((1,))
    for _ in range(10):
        state.add()
        state.duplicate(ids(state)[0])
    assert (len(state.panels), state.can_add) == (8, False)
    state.experiment()


def test_widths_come_back_when_the_depth_does():
    state = independent((5, 6, 7))
    (panel,) = ids(state)
    for depth, expected in [(1, (5,)), (0, ()), (2, (5, 6)), (3, (5, 6, 7)), (4, (5, 6, 7, 7))]:
        state.set_depth(panel, depth)
        assert hidden(state) == [expected]


def test_a_copy_and_its_original_do_not_move_each_other():
    override = {"learning_rate": 0.5}
    state = PageState(ml.Experiment(architectures=(ml.Architecture((5, 6), override=override),)))
    (original,) = ids(state)
    state.duplicate(original)
    copy = ids(state)[1]
    assert len(set(state.experiment().architectures)) == 1
    state.set_width(copy, 0, 9)
    state.panels[0].values["override"]["learning_rate"] = 0.25
    state.set_depth(original, 1)
    one, other = state.experiment().architectures
    assert (one.hidden, one.override["learning_rate"]) == ((5,), 0.25)
    assert (other.hidden, other.override["learning_rate"]) == ((9, 6), 0.5)


def test_a_copy_stands_behind_its_original():
    state = independent((1,), (2,), (3,))
    state.duplicate(ids(state)[1])
    assert hidden(state) == [(1,), (2,), (2,), (3,)]


def test_two_pages_share_nothing():
    one, other = lesson(), lesson()
    one.set_width(ids(one)[0], 0, 99)
    one.set_shared("data", "noise", 1.5)
    assert other.experiment() == ml.lesson.torch_experiment()


def test_all_faults_are_named_at_once_and_nothing_is_lost():
    state = independent((1,), (2,))
    first, second = ids(state)
    state.set_shared("data", "noise", 3.0)
    state.set_shared("training", "learning_rate", 0.0)
    state.set_width(first, 0, 0)
    state.set_panel(second, "name", "\x07")
    state.set_seeds("1, 1")
    with pytest.raises(ml.SpecError, match="noise") as refused:
        state.experiment()
    fields = {fault.field for fault in refused.value.faults}
    assert fields == {
        *["data.noise", "training.learning_rate", "seeds"],
        *["architectures[0].hidden", "architectures[1].name"],
    }
    assert state.seeds == "1, 1"
    state.set_shared("data", "noise", 0.3)
    state.set_shared("training", "learning_rate", 0.1)
    state.set_width(first, 0, 4)
    state.set_panel(second, "name", None)
    state.set_seeds("1, 2")
    experiment = state.experiment()
    assert (experiment.data.noise, experiment.seeds) == (0.3, (1, 2))


EDITS = {
    "add": lambda state: state.add(),
    "duplicate": lambda state: state.duplicate(ids(state)[0]),
    "remove": lambda state: state.remove(ids(state)[0]),
    "depth": lambda state: state.set_depth(ids(state)[0], 2),
    "width": lambda state: state.set_width(ids(state)[0], 0, 5),
    "panel": lambda state: state.set_panel(ids(state)[0], "activation", "tanh"),
    "data": lambda state: state.set_shared("data", "noise", 0.2),
    "training": lambda state: state.set_shared("training", "epochs", 10),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_the_first_edit_of_a_replay_leaves_it_and_says_so(edit):
    state = lesson()
    assert state.notice == ""
    edit(state)
    experiment = state.experiment()
    assert (experiment.seeding, experiment.seeds) == ("independent", tuple(range(20)))
    assert "0-19" in state.notice
    state.set_seeds("5")
    assert state.notice == ""  # it would not be true any more
    edit(state)
    assert state.experiment().seeds == (5,)  # only the first edit sets the seeds


@pytest.mark.parametrize(
    ("change", "seeds"),
    [
        (lambda state: state.set_seeds("7, 9"), (7, 9)),
        (lambda state: state.add_seeds(2), (42, 0, 1)),
    ],
)
def test_other_seeds_leave_the_replay_say_so_and_stay(change, seeds):
    state = lesson()
    change(state)
    experiment = state.experiment()
    assert (experiment.seeding, experiment.seeds) == ("independent", seeds)
    assert "the lesson's replay no more" in state.notice
    state.set_seeds("1")
    assert state.notice == ""
    state.undo()
    state.undo()
    assert (state.experiment(), state.notice) == (ml.lesson.torch_experiment(), "")


SAME = {
    "seeds": lambda state: state.set_seeds("42"),
    "seeding": lambda state: state.set_seeding("sequential"),
    "margin": lambda state: state.set_margin(1.0),
    "noise": lambda state: state.set_shared("data", "noise", 0.1),
    "report": lambda state: state.set_shared("training", "report", "last"),
    "batch size": lambda state: state.set_shared("training", "batch_size", 32),
    "depth": lambda state: state.set_depth(ids(state)[0], 1),
    "width": lambda state: state.set_width(ids(state)[0], 0, 4),
    "name": lambda state: state.set_panel(ids(state)[0], "name", None),
    "engine": lambda state: state.set_panel(ids(state)[0], "engine", "torch"),
    "departures": lambda state: state.set_departures(ids(state)[0], []),
}


@pytest.mark.parametrize("answer", SAME.values(), ids=SAME)
def test_a_browser_that_answers_with_what_it_was_sent_edits_nothing(answer):
    state = lesson()
    answer(state)
    assert state.experiment() == ml.lesson.torch_experiment()
    assert (state.n_edits, state.can_undo, state.notice) == (0, False, "")


def test_a_name_leaves_the_replay_as_it_is():
    state = lesson()
    state.set_panel(ids(state)[0], "name", "mine")
    experiment = state.experiment()
    assert (experiment.seeding, experiment.seeds) == ("sequential", (42,))
    assert run_keys(experiment) == run_keys(ml.lesson.torch_experiment())
    state.undo()
    assert state.experiment() == ml.lesson.torch_experiment()


def test_a_margin_leaves_the_replay_and_its_runs_as_they_are():
    state = lesson()
    state.set_margin(2.5)
    experiment = state.experiment()
    assert (experiment.seeding, experiment.margin_points) == ("sequential", 2.5)
    assert run_keys(experiment) == run_keys(ml.lesson.torch_experiment())
    state.set_margin(0.0)
    with pytest.raises(ml.SpecError, match="`margin_points` must be a number above 0"):
        state.experiment()
    state.undo()
    state.undo()
    assert state.experiment() == ml.lesson.torch_experiment()


def test_an_edit_of_a_panel_or_layer_that_is_gone_changes_nothing():
    state = PageState(ml.Experiment(architectures=(ml.Architecture((4, 5)),)))
    (panel,) = ids(state)
    for late in (
        lambda: state.set_width(99, 0, 3),
        lambda: state.set_width(panel, 2, 3),
        lambda: state.set_depth(99, 3),
        lambda: state.set_depth(panel, None),
        lambda: state.set_depth(panel, 10**6),
        lambda: state.set_panel(99, "engine", "numpy"),
        lambda: state.set_departures(99, ["l2"]),
    ):
        late()
    assert state.experiment() == ml.Experiment(architectures=(ml.Architecture((4, 5)),))


def test_loading_takes_the_notice_away():
    state = lesson()
    state.add()
    state.load(ml.lesson.torch_experiment())
    assert state.notice == ""
    assert state.experiment() == ml.lesson.torch_experiment()


def test_what_is_loaded_takes_the_panels_that_are_there_and_undo_gives_them_back():
    state = independent((1,), (2,), (3,))
    first, second, third = ids(state)
    state.set_depth(first, 0)
    state.load(ml.Experiment(architectures=(ml.Architecture((7,)), ml.Architecture((8, 8)))))
    assert (ids(state), hidden(state)) == ([first, second], [(7,), (8, 8)])
    state.set_depth(first, 0)
    state.set_depth(first, 1)
    assert hidden(state) == [(7,), (8, 8)]  # it remembers nothing of what was there before
    state.add()
    assert ids(state)[2] not in (first, second, third)
    for _ in range(4):
        state.undo()
    assert (ids(state), hidden(state)) == ([first, second, third], [(), (2,), (3,)])
    widths = tuple(ml.Architecture((width,)) for width in range(1, 6))
    state.load(ml.Experiment(architectures=widths))
    assert ids(state)[:3] == [first, second, third]
    assert len(set(ids(state))) == 5


def test_an_experiment_that_is_no_replay_keeps_its_seeds_when_edited():
    state = PageState(ml.Experiment(seeds=(4,)))
    state.add()
    assert (state.experiment().seeds, state.notice) == ((4,), "")


def test_undo_takes_back_every_kind_of_edit_one_by_one():
    state = PageState(ml.Experiment(architectures=(ml.Architecture((4,)), ml.Architecture((8,)))))
    first, second = (panel.id for panel in state.panels)
    edits = (
        lambda: state.add(),
        lambda: state.duplicate(first),
        lambda: state.move(second, -1),
        lambda: state.set_depth(first, 3),
        lambda: state.set_width(first, 0, 5),
        lambda: state.set_panel(second, "activation", "tanh"),
        lambda: state.set_departures(second, ["learning_rate"]),
        lambda: state.set_departure(second, "learning_rate", 0.5),
        lambda: state.set_shared("data", "noise", 0.3),
        lambda: state.set_seeds("5"),
        lambda: state.remove(first),
        lambda: state.load(ml.lesson.numpy_experiment()),
    )
    seen = [state.experiment()]
    for edit in edits:
        edit()
        assert state.experiment() != seen[-1]
        seen.append(state.experiment())
    for before in reversed(seen[:-1]):
        state.undo()
        assert state.experiment() == before
    assert not state.can_undo
    state.undo()
    assert [panel.id for panel in state.panels] == [first, second]


def test_a_departure_begins_as_the_protocol_and_can_be_withdrawn():
    state = PageState(ml.Experiment())
    panel = state.panels[0].id
    state.set_departures(panel, ["epochs"])
    assert state.experiment().architectures[0].override == {"epochs": 300}
    state.set_departure(panel, "epochs", 50)
    assert state.experiment().architectures[0].override == {"epochs": 50}
    state.set_departures(panel, [])
    assert state.experiment().architectures[0].override is None


def test_moving_stops_at_the_ends_and_a_panel_that_is_gone_changes_nothing():
    state = PageState(ml.lesson.torch_experiment())
    ids = [panel.id for panel in state.panels]
    state.move(ids[0], -1)
    state.move(ids[-1], 1)
    state.duplicate(99)
    state.remove(99)
    assert state.experiment() == ml.lesson.torch_experiment()
    state.move(ids[0], 1)
    assert [panel.id for panel in state.panels] == [ids[1], ids[0], *ids[2:]]
