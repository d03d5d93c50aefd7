"""Any sequence of edits, against a plain model of what the page should then hold."""

from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

import moonlab as ml
from moonlab.ui.state import PageState

WITH_OVERRIDES = ml.Experiment(
    data=ml.DataSpec(noise=0.5, seed=9),
    training=ml.Training(optimizer="gd", batch_size=None),
    architectures=(
        ml.Architecture((), name="line", override={"epochs": 7, "l2": 0.5}),
        ml.Architecture((3, 2, 1), activation="tanh", engine="numpy"),
    ),
    seeds=(5, 6, 100),
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
)


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
        self.follow(LOADED[0])

    def follow(self, experiment):
        self.parts = {
            "data": {name: getattr(experiment.data, name) for name in ml.DataSpec.RULES},
            "training": {name: getattr(experiment.training, name) for name in ml.Training.RULES},
        }
        self.seeds, self.seeding = experiment.seeds, experiment.seeding
        self.panels = [
            ModelPanel(
                list(one.hidden),
                len(one.hidden),
                {n: getattr(one, n) for n in ("activation", "engine", "name", "override")},
            )
            for one in experiment.architectures
        ]

    def edited(self):
        if self.seeding == "sequential":
            self.seeding, self.seeds = "independent", tuple(range(20))

    def chosen(self, number):
        index = number % len(self.panels)
        return index, self.state.panels[index].id

    @rule(experiment=st.sampled_from(LOADED))
    def load(self, experiment):
        self.state.load(experiment)
        self.follow(experiment)

    @rule()
    def add(self):
        self.state.add()
        if len(self.panels) < 8:
            self.panels.append(ModelPanel([16], 1))
            self.edited()

    @rule(number=some_panel)
    def duplicate(self, number):
        index, panel_id = self.chosen(number)
        self.state.duplicate(panel_id)
        if len(self.panels) < 8:
            panel = self.panels[index]
            copy = ModelPanel(panel.widths[: panel.depth], panel.depth, dict(panel.fields))
            self.panels.insert(index + 1, copy)
            self.edited()

    @rule(number=some_panel)
    def remove(self, number):
        index, panel_id = self.chosen(number)
        self.state.remove(panel_id)
        if len(self.panels) > 1:
            del self.panels[index]
            self.edited()

    @rule(number=some_panel, depth=st.integers(0, 16))
    def set_depth(self, number, depth):
        index, panel_id = self.chosen(number)
        self.state.set_depth(panel_id, depth)
        panel = self.panels[index]
        while len(panel.widths) < depth:
            panel.widths.append(panel.widths[-1] if panel.widths else 8)
        panel.depth = depth
        self.edited()

    @rule(number=some_panel, layer=st.integers(0, 15), width=st.integers(1, 1024))
    def set_width(self, number, layer, width):
        index, panel_id = self.chosen(number)
        if layer < self.panels[index].depth:
            self.state.set_width(panel_id, layer, width)
            self.panels[index].widths[layer] = width
            self.edited()

    @rule(number=some_panel, edit=PANEL_EDITS)
    def set_panel(self, number, edit):
        index, panel_id = self.chosen(number)
        self.state.set_panel(panel_id, *edit)
        self.panels[index].fields |= dict([edit])
        if edit[0] != "name":  # a name changes no number
            self.edited()

    @rule(edit=SHARED_EDITS)
    def set_shared(self, edit):
        part, name, value = edit
        self.state.set_shared(part, name, value)
        self.parts[part][name] = value
        self.edited()

    @rule(first=st.integers(0, 1000), n=st.integers(1, 128))
    def set_seeds(self, first, n):
        self.state.set_seeds(f"{first}-{first + n - 1}")
        self.seeding, self.seeds = "independent", tuple(range(first, first + n))

    @invariant()
    def panels_are_one_to_eight_with_ids_of_their_own(self):
        ids = [panel.id for panel in self.state.panels]
        assert 1 <= len(ids) <= 8
        assert len(set(ids)) == len(ids)

    @invariant()
    def the_experiment_is_the_models(self):
        assert self.state.experiment() == ml.Experiment(
            ml.DataSpec(**self.parts["data"]),
            ml.Training(**self.parts["training"]),
            tuple(panel.architecture() for panel in self.panels),
            self.seeds,
            self.seeding,
        )


TestAnySequenceOfEdits = Page.TestCase
TestAnySequenceOfEdits.settings = settings(max_examples=60, stateful_step_count=30)
