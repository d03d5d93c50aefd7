"""A run of some parts, against the whole page that is shown after it."""

import ast
import random
from collections import Counter
from pathlib import Path

import pytest
from helpers import header_of_picture, is_picture
from streamlit import session_state
from test_page import open_page

import moonlab as ml
from moonlab.presets import PRESETS
from moonlab.ui import look, page, parts, sharing, training, verdict
from moonlab.ui.fields import as_shown
from moonlab.ui.state import PageState

pytestmark = pytest.mark.usefixtures("own_worker")

UI = Path(parts.__file__).parent
STANDING = parts._standing
EXPERIMENTS = {
    "named": (
        ml.Architecture((4,), engine="numpy", override={"epochs": 5}),
        ml.Architecture((8, 8), engine="numpy", name="deep"),
    ),
    "alike": (
        ml.Architecture((4,), engine="numpy", override={"epochs": 3}),
        ml.Architecture((6,), engine="numpy"),
    ),
}


def number(key, value):
    return lambda at: at.number_input(key=key).set_value(value)


def chosen(key, value):
    return lambda at: at.selectbox(key=key).set_value(value)


def text(key, value):
    return lambda at: at.text_input(key=key).set_value(value)


def several(key, values):
    return lambda at: at.multiselect(key=key).set_value(values)


PRESET = "a preset that is trained"
EDITS = {
    "a width": number("p1_width_0", 6),
    "a width that is too large": number("p1_width_0", 99_999),
    "a depth": number("p2_depth", 3),
    "an activation": chosen("p2_activation", "tanh"),
    "an engine": chosen("p1_engine", "torch"),
    "a name": text("p1_name", "first"),
    "the name of another": text("p1_name", "deep"),
    "a departure": several("p1_departures", ["epochs", "l2"]),
    "a value of its own": number("p1_own_epochs", 7),
    "the noise": text("data_noise", "0.3"),
    "the points": number("data_n_samples", 200),
    "the data set": chosen("data_dataset", "sklearn_moons"),
    "the epochs": number("training_epochs", 5),
    "a learning rate of 0": text("training_learning_rate", "0"),
    "the batches": chosen("training_batch_size", 8),
    "the report": chosen("training_report", "best_validation"),
    "the seeds": text("seeds", "5-9"),
    "no seeds": text("seeds", "x"),
    "what varies": chosen("seeding", "with_data"),
    "the L2": text("training_l2", "1e-1"),
    "the margin": text("margin", "3"),
    PRESET: chosen("preset", PRESETS["lesson-numpy"].title),
}


OF_THE_SAME_RESULTS = {"a name", "the name of another", "the margin"}
VIEWS = [
    ("loss_axis", "Linear", "curves"),
    ("boundary_view", "difference", "boundaries"),
    ("weights_of", "deep", "numbers"),
]
TITLE = (0, 1)  # which only a run of the whole shows
PICTURE = "a picture"


def elements(at):
    """All that is shown, by its place."""
    found = {}

    def visit(block, place):
        for index, child in block.children.items():
            if hasattr(child, "children"):
                visit(child, (*place, index))
            else:
                found[*place, index] = described(child)

    visit(at._tree, ())
    return found


def described(element):
    """What the browser is told of an element, but for what is said once or differs in each run.

    And but for the value that a widget begins with: what it has by now is compared by itself.
    """
    proto = type(element.proto)()
    proto.CopyFrom(element.proto)
    once = ("set_value", "value", "raw_value", "raw_values", "url", "deferred_file_id")
    for name in (*once, "default"):
        if name in proto.DESCRIPTOR.fields_by_name:
            proto.ClearField(name)
    if is_picture(element):
        return PICTURE, str(last_pictures(element.proto.bytes))
    return element.type, str(proto)


def values_of_fields(at):
    """What all fields should have in the browser, and have, by their keys."""
    state, found = at.session_state.page, {}
    for part, values in (("data", state.data), ("training", state.training)):
        found |= {f"{part}_{name}": as_shown(part, name, one) for name, one in values.items()}
    for panel in state.panels:
        override = panel.values["override"] or {}
        own = {"name": panel.values["name"] or "", "depth": len(panel.values["hidden"])}
        own |= {name: panel.values[name] for name in ("activation", "engine")}
        own |= {f"width_{layer}": width for layer, width in enumerate(panel.values["hidden"])}
        own |= {f"own_{name}": as_shown("training", name, one) for name, one in override.items()}
        own["departures"] = list(override)
        found |= {f"p{panel.id}_{name}": value for name, value in own.items()}
    shown = {key: at.session_state[key] for key in found if key in at.session_state}
    assert shown.keys() >= {key for key in found if key.startswith(("data_", "p1_name", "p1_wid"))}
    return {key: found[key] for key in shown}, shown


def last_pictures(sent):
    """Whose pictures are sent, up to the last epoch, whether it is alone or comes with others."""
    header = header_of_picture(sent)
    for panel in header["panels"]:
        panel["epochs"] = panel["epochs"][-1]
    return header


def after_edit(at, edit, sending_seconds=0.0):
    """What the edit's own run sends to the browser."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_standing", STANDING)
        patch.setattr(parts, "_SENDING_SECONDS", sending_seconds)
        edit(at).run()
    assert not at.exception
    return elements(at)


def opened(architectures):
    """A page all of whose results are of before, so that no mark changes with the next edit."""
    at = open_page(ml.Experiment(training=ml.Training(epochs=3), architectures=architectures))
    return at.text_input(key="data_noise").set_value("0.2").run()


def what_runs(at, edit):
    """What the edit runs: the whole, or parts that make it up, or those that go ahead of it."""
    before = elements(at.run())
    sent = after_edit(at, edit)
    is_ahead, (expected, typed) = at.session_state.parts.rest_follows, values_of_fields(at)
    shown_at = at.session_state.parts.shown_at
    if edit in EDITS.values():  # a view that is chosen is shown after them
        assert max(shown_at, key=shown_at.get) == parts.LAST
    after = elements(at.run())
    assert not at.exception
    if not is_ahead:
        assert typed == expected
    if TITLE in sent:
        return "the whole"
    if is_ahead:
        assert set(sent.items()) <= set(after.items())
        assert PICTURE in {kind for kind, _ in sent.values()}
        return "ahead"
    assert {place: sent.get(place, before.get(place)) for place in after} == after
    return "parts"


def what_should_run(at, name):
    """The parts, unless what is set up by now is trained already, so that other results come."""
    if name in OF_THE_SAME_RESULTS:
        return "parts"
    try:
        is_trained = training.job_runner().cached(at.session_state.page.experiment()) is not None
    except ml.SpecError:
        is_trained = False
    return "ahead" if is_trained else "parts"


@pytest.mark.parametrize("architectures", EXPERIMENTS.values(), ids=EXPERIMENTS)
@pytest.mark.parametrize("name", EDITS)
def test_parts_that_an_edit_shows_make_up_the_whole_page(name, architectures):
    assert training.job_runner().submit(PRESETS["lesson-numpy"].experiment()).ended.wait(60)
    at = opened(architectures)
    assert what_runs(at, EDITS[name]) == what_should_run(at, name)


def test_so_they_do_after_many_edits_valid_or_not():
    at = opened(EXPERIMENTS["named"])
    names = [name for name in EDITS if name not in (PRESET, "a value of its own")]
    random.Random(0).shuffle(names)
    assert Counter(what_runs(at, EDITS[name]) for name in names)["parts"] > len(names) / 2


@pytest.mark.parametrize("name", EDITS)
def test_so_do_those_that_mark_results_as_earlier(name):
    architectures = EXPERIMENTS["named"]
    at = open_page(ml.Experiment(training=ml.Training(epochs=3), architectures=architectures))
    assert what_runs(at, EDITS[name]) == what_should_run(at, name)


OWN_FIELD = {
    "a width": "p1_width_0",
    "the points": "data_n_samples",
    "the epochs": "training_epochs",
}


@pytest.mark.parametrize("name", OWN_FIELD)
def test_a_field_is_sent_again_only_if_it_may_not_have_gone_to_the_browser_yet(name):
    at, own = opened(EXPERIMENTS["named"]).run(), f'-{OWN_FIELD[name]}"'
    late = after_edit(at, EDITS[name])
    assert not any(own in told for _, told in late.values())
    at.run().button(key="undo").click().run()
    soon = after_edit(at, EDITS[name], sending_seconds=600.0)
    assert sum(own in told for _, told in soon.values()) == 1
    assert TITLE not in soon


def test_a_preset_that_begins_a_job_shows_the_whole_page():
    at = opened(EXPERIMENTS["named"])
    assert what_runs(at, chosen("preset", PRESETS["width"].title)) == "the whole"


def test_a_change_before_the_whole_page_has_followed_shows_it():
    at = opened(EXPERIMENTS["named"])
    assert training.job_runner().submit(PRESETS["lesson-numpy"].experiment()).ended.wait(60)
    at.session_state.parts.rest_follows = True
    assert TITLE in after_edit(at, EDITS[PRESET])


def test_a_change_while_the_whole_page_is_on_its_way_shows_the_whole_page():
    at = opened(EXPERIMENTS["named"])
    at.session_state.parts.ask = None
    assert TITLE in after_edit(at, EDITS["a width"])


@pytest.mark.parametrize(("key", "value", "part"), VIEWS)
def test_a_view_that_is_chosen_in_the_same_message_is_shown(key, value, part):
    at = opened(EXPERIMENTS["named"])
    assert part in at.session_state.parts.names

    def edit(at):
        at.get_by_key(key).set_value(value)
        return EDITS["a width"](at)

    assert what_runs(at, lambda at: at.get_by_key(key).set_value(value)) == "parts"
    assert what_runs(at, edit) == "parts"


def test_pairs_under_look_closer_are_shown_again_when_they_have_no_more_seeds_to_offer():
    experiment = ml.Experiment(
        training=ml.Training(epochs=12),
        architectures=tuple(ml.Architecture((n,), engine="numpy") for n in (4, 5)),
        seeds=tuple(range(6)),
    )
    at = open_page(experiment)
    at.segmented_control(key="details").set_value(verdict.PAIRS).run()
    assert "more_seeds_for_pair" in {one.key for one in at.button}
    sent = after_edit(at, EDITS["the noise"])
    assert TITLE not in sent
    assert any("A pair" in words for _, words in sent.values())
    assert "more_seeds_for_pair" not in {one.key for one in at.button}


def test_another_view_under_look_closer_shows_the_whole_page_which_watches_the_check():
    at = opened(EXPERIMENTS["named"])
    assert what_runs(at, lambda at: at.segmented_control(key="details").set_value("Pairs")) == (
        "the whole"
    )


REFUSED = {
    "a width": ("set_width", "p1_width_0", 4, "parts"),
    "what varies": ("set_seeding", "seeding", "independent", "the whole"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_change_that_is_refused_is_taken_back(name, monkeypatch):
    setter, key, before, runs = REFUSED[name]
    at, refused = opened(EXPERIMENTS["named"]), []
    monkeypatch.setattr(PageState, setter, lambda *given: refused.append(given[-1]))
    sent = after_edit(at.run(), EDITS[name])
    assert (TITLE in sent) == (runs == "the whole")
    assert len(refused) == 1
    assert at.session_state[key] == before


def test_a_preset_for_as_many_panels_shows_in_them_while_a_job_is_under_way(monkeypatch):
    at = opened(EXPERIMENTS["named"])
    monkeypatch.setattr(sharing, "start_if_quick", lambda _: None)
    assert what_runs(at, chosen("preset", PRESETS["losses"].title)) == "parts"


def test_another_page_that_is_asked_for_in_the_same_message_is_shown(monkeypatch):
    at = opened(EXPERIMENTS["named"])
    monkeypatch.setattr(parts, "_page", lambda: "another")
    assert TITLE in after_edit(at, EDITS["a width"])


WIDGETS = {
    "button", "checkbox", "file_uploader", "multiselect", "number_input", "pills", "radio",
    "segmented_control", "select_slider", "selectbox", "slider", "text_input", "toggle",
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(UI.glob("*.py")), ids=lambda path: path.stem)
def test_every_widget_that_is_not_bound_says_what_is_shown_after_it(path):
    calls = [
        one for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.Call)
    ]
    for call in calls:
        if ast.unparse(call.func) in {f"st.{widget}" for widget in WIDGETS}:
            given = {one.arg: ast.unparse(one.value) for one in call.keywords}
            said = given.get("on_change") or given.get("on_click", "")
            assert said in ("st.rerun", "again") or said.startswith(
                ("show_again(", "then_whole(")
            ), ast.unparse(call)


def test_a_run_of_any_page_forgets_the_parts_of_the_last_one_before_all_else(monkeypatch):
    at = opened(EXPERIMENTS["named"])
    asks = [at.session_state.parts.ask]
    monkeypatch.setattr(look, "show_style", lambda: asks.append(session_state.parts.ask))
    at.run()
    assert asks == [page._makings_anew, None]
