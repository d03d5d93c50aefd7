"""Any sequence of edits, against a plain model of what the page should then hold."""

from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from streamlit.testing.v1 import AppTest

import moonlab as ml
from moonlab.codec import QUERY_KEY
from moonlab.ui.state import PageState

WITH_OVERRIDES = ml.Experiment(
    data=ml.DataSpec(noise=0.5, seed=9),
    training=ml.Training(optimizer="gd", batch_size=None),
    architectures=(
        ml.Architecture((), name="line", override={"epochs": 7, "l2": 0.5}),
        ml.Architecture((3, 2, 1), activation="tanh", engine="numpy"),
    ),
    seeds=(5, 6, 100),
    margin_points=2.5,
)
LOADED = [ml.lesson.torch_experiment(), ml.lesson.numpy_experiment(), WITH_OVERRIDES]

some_panel = st.integers(0, 7)
PANEL_EDITS = st.one_of(
    st.tuples(st.just("name"), st.sampled_from([None, "a", "=1", "🚀"])),
    st.tuples(st.just("activation"), st.sampled_from(["relu", "tanh", "sigmoid"])),
    st.tuples(st.just("engine"), st.sampled_from(["torch", "numpy"])),
)
SHARED_EDITS = st.one_of(
    st.tuples(st.just("data"), st.just("noise"), st.floats(0, 2)),
    st.tuples(st.just("data"), st.just("n_samples"), st.integers(10, 100_000)),
    st.tuples(st.just("training"), st.just("epochs"), st.integers(1, 20_000)),
    st.tuples(st.just("training"), st.just("batch_size"), st.sampled_from([None, 1, 32])),
    st.tuples(st.just("training"), st.just("report"), st.sampled_from(["last", "best_validation"])),
)
MODEL = ("parts", "seeds", "seeding", "margin", "panels")


@dataclass
class ModelPanel:
    """All the widths that were ever seen, and how many of them count."""

    widths: list[int]
    depth: int
    fields: dict = field(default_factory=dict)

    def architecture(self):
        return ml.Architecture(tuple(self.widths[: self.depth]), **self.fields)


class Page(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.state = PageState(LOADED[0])
        self.past = []
        self.follow(LOADED[0])

    def follow(self, experiment):
        self.parts = {
            "data": {name: getattr(experiment.data, name) for name in ml.DataSpec.RULES},
            "training": {name: getattr(experiment.training, name) for name in ml.Training.RULES},
        }
        self.seeds, self.seeding = experiment.seeds, experiment.seeding
        self.margin = experiment.margin_points
        self.panels = [
            ModelPanel(
                list(one.hidden),
                len(one.hidden),
                {n: getattr(one, n) for n in ("activation", "engine", "name", "override")},
            )
            for one in experiment.architectures
        ]

    def remember(self):
        """Before every edit: what undo brings back, fifty edits deep."""
        self.past = [*self.past[-49:], {name: deepcopy(getattr(self, name)) for name in MODEL}]

    def edited(self):
        if self.seeding == "sequential":
            self.seeding, self.seeds = "independent", tuple(range(20))

    def chosen(self, number):
        index = number % len(self.panels)
        return index, self.state.panels[index].id

    @rule(experiment=st.sampled_from(LOADED))
    def load(self, experiment):
        self.state.load(experiment)
        self.remember()
        self.follow(experiment)

    @rule()
    def undo(self):
        assert self.state.can_undo == bool(self.past)
        self.state.undo()
        if self.past:
            for name, value in self.past.pop().items():
                setattr(self, name, value)

    @rule(number=some_panel, places=st.integers(-8, 8))
    def move(self, number, places):
        index, panel_id = self.chosen(number)
        self.state.move(panel_id, places)
        target = min(max(index + places, 0), len(self.panels) - 1)
        if target != index:
            self.remember()
            self.panels.insert(target, self.panels.pop(index))
            self.edited()

    @rule(number=some_panel, names=st.lists(st.sampled_from(["epochs", "l2"]), unique=True))
    def set_departures(self, number, names):
        index, panel_id = self.chosen(number)
        self.state.set_departures(panel_id, names)
        fields = self.panels[index].fields
        before = fields.get("override") or {}
        departs = {name: before.get(name, self.parts["training"][name]) for name in names}
        if before != departs:
            self.remember()
            fields["override"] = departs or None
            self.edited()

    @rule(seeding=st.sampled_from(["independent", "with_data", "only_start"]))
    def set_seeding(self, seeding):
        self.state.set_seeding(seeding)
        if self.seeding != seeding:
            self.remember()
            self.edited()
            self.seeding = seeding

    @rule(margin=st.floats(0, 100, exclude_min=True))
    def set_margin(self, margin):
        self.state.set_margin(margin)
        if self.margin != margin:
            self.remember()
            self.margin = margin

    @rule(n_more=st.integers(1, 40))
    def add_seeds(self, n_more):
        self.state.add_seeds(n_more)
        if len(self.seeds) == 128:
            return
        self.remember()
        new = [seed for seed in range(300) if seed not in self.seeds][:n_more]
        self.seeds = (*self.seeds, *new)[:128]
        if self.seeding == "sequential":
            self.seeding = "independent"

    @rule()
    def add(self):
        self.state.add()
        if len(self.panels) < 8:
            self.remember()
            engine = self.panels[-1].fields.get("engine", "torch")
            self.panels.append(ModelPanel([16], 1, {"engine": engine}))
            self.edited()

    @rule(number=some_panel)
    def duplicate(self, number):
        index, panel_id = self.chosen(number)
        self.state.duplicate(panel_id)
        if len(self.panels) < 8:
            self.remember()
            panel = self.panels[index]
            copy = ModelPanel(panel.widths[: panel.depth], panel.depth, dict(panel.fields))
            self.panels.insert(index + 1, copy)
            self.edited()

    @rule(number=some_panel)
    def remove(self, number):
        index, panel_id = self.chosen(number)
        self.state.remove(panel_id)
        if len(self.panels) > 1:
            self.remember()
            del self.panels[index]
            self.edited()

    @rule(number=some_panel, depth=st.integers(0, 16))
    def set_depth(self, number, depth):
        index, panel_id = self.chosen(number)
        self.state.set_depth(panel_id, depth)
        panel = self.panels[index]
        if panel.depth == depth:
            return
        self.remember()
        while len(panel.widths) < depth:
            panel.widths.append(panel.widths[-1] if panel.widths else 8)
        panel.depth = depth
        self.edited()

    @rule(number=some_panel, layer=st.integers(0, 15), width=st.integers(1, 1024))
    def set_width(self, number, layer, width):
        index, panel_id = self.chosen(number)
        if layer < self.panels[index].depth:
            self.state.set_width(panel_id, layer, width)
            if self.panels[index].widths[layer] != width:
                self.remember()
                self.panels[index].widths[layer] = width
                self.edited()

    @rule(number=some_panel, edit=PANEL_EDITS)
    def set_panel(self, number, edit):
        index, panel_id = self.chosen(number)
        self.state.set_panel(panel_id, *edit)
        if getattr(self.panels[index].architecture(), edit[0]) == edit[1]:
            return
        self.remember()
        self.panels[index].fields |= dict([edit])
        if edit[0] != "name":  # a name changes no number
            self.edited()

    @rule(edit=SHARED_EDITS)
    def set_shared(self, edit):
        part, name, value = edit
        self.state.set_shared(part, name, value)
        if self.parts[part][name] == value:
            return
        self.remember()
        self.parts[part][name] = value
        if name != "report":  # a run holds both reports
            self.edited()

    @rule(first=st.integers(0, 1000), n=st.integers(1, 128))
    def set_seeds(self, first, n):
        is_same = self.state.seeds == f"{first}-{first + n - 1}"
        self.state.set_seeds(f"{first}-{first + n - 1}")
        if is_same:
            return
        self.remember()
        self.seeds = tuple(range(first, first + n))
        if self.seeding == "sequential":
            self.seeding = "independent"

    @invariant()
    def panels_are_one_to_eight_with_ids_of_their_own(self):
        ids = [panel.id for panel in self.state.panels]
        assert 1 <= len(ids) <= 8
        assert len(set(ids)) == len(ids)

    @invariant()
    def a_link_holds_the_experiment(self):
        try:
            experiment = self.state.experiment()
        except ml.SpecError:
            return
        assert ml.Experiment.from_query(experiment.to_query()) == experiment

    @invariant()
    def the_experiment_is_the_models(self):
        try:
            expected = ml.Experiment(
                ml.DataSpec(**self.parts["data"]),
                ml.Training(**self.parts["training"]),
                tuple(panel.architecture() for panel in self.panels),
                self.seeds,
                self.seeding,
                self.margin,
            )
        except ml.SpecError as error:  # such as the best validation epoch without validation
            faults = error.faults
            with pytest.raises(ml.SpecError) as caught:
                self.state.experiment()
            assert caught.value.faults == faults
        else:
            assert self.state.experiment() == expected


TestAnySequenceOfEdits = Page.TestCase
TestAnySequenceOfEdits.settings = settings(max_examples=60, stateful_step_count=30)


APP = str(Path(__file__).parent.parent / "moonlab" / "ui" / "script.py")
CHEAP = ml.Experiment(
    training=ml.Training(epochs=2),
    architectures=(ml.Architecture((3,), engine="numpy"), ml.Architecture((), engine="numpy")),
    seeds=(0,),
)
CLICKS = st.lists(
    st.sampled_from(["add", "duplicate", "move_left", "move_right", "remove", "depth", "undo"]),
    min_size=4,
    max_size=8,
)


@pytest.fixture(scope="module")
def page(own_worker):
    at = AppTest.from_file(APP, default_timeout=60)
    at.query_params[QUERY_KEY] = CHEAP.to_query()[QUERY_KEY]
    return at.run()


def clicked(at, action, number):
    """The page after one click, if the button can be clicked."""
    panels = at.session_state.page.panels
    panel_id = panels[number % len(panels)].id
    if action == "depth":
        return at.number_input(key=f"p{panel_id}_depth").set_value(number % 4).run()
    key = action if action in ("add", "undo") else f"p{panel_id}_{action}"
    button = at.button(key=key)
    return at if button.disabled else button.click().run()


@settings(max_examples=8)
@given(clicks=CLICKS, number=st.integers(0, 7))
def test_any_clicks_leave_panels_address_and_experiment_in_agreement(page, clicks, number):
    page.session_state.page.load(CHEAP)
    page.run()
    for action in clicks:
        clicked(page, action, number)
        state, address = page.session_state.page, page.query_params[QUERY_KEY]
        value = address[0] if isinstance(address, list) else address
        experiment = ml.Experiment.from_query({QUERY_KEY: value})
        assert state.experiment() == experiment
        depths = [page.number_input(key=f"p{panel.id}_depth").value for panel in state.panels]
        assert depths == [len(one.hidden) for one in experiment.architectures]
        widths = [
            page.number_input(key=f"p{panel.id}_width_{layer}").value
            for panel in state.panels
            for layer in range(len(panel.values["hidden"]))
        ]
        assert widths == [width for one in experiment.architectures for width in one.hidden]
    assert not page.exception
