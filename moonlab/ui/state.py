"""What the page knows: the experiment being set up, as plain values, and the edits to it."""

import itertools
import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from moonlab import codec
from moonlab.presets import preset_of
from moonlab.rules import Fault, SpecError, is_integer, shown
from moonlab.spec import SEEDS_RULE, Architecture, Experiment

MAX_PANELS = int(Experiment.RULES["architectures"].high)
MANY_SEEDS = "0-19"
MAX_DEPTH = 16
MAX_SEEDS = 128
_SPARE_WIDTH = 8
_MAX_UNDO = 50
_EDITED = ("data", "training", "seeds", "seeding", "margin_points", "panels", "notice")
_SEEDS = re.compile(r"\s*(\d{1,10})\s*(?:[-–]\s*(\d{1,10})\s*)?", re.ASCII)
_NOTICE = (
    f"You changed the experiment: each network now trains from 20 seeds ({MANY_SEEDS}), "
    "since a single run can be luck."
)
_NOTICE_OF_SEEDS = (
    "You changed the seeds: this is the lesson's replay no more. Each seed now draws its own first "
    "weights and batches."
)


@dataclass
class Panel:
    """One architecture as the page shows it, valid or not."""

    id: int
    values: dict[str, Any]
    """As in the experiment's JSON: hidden, activation, engine, name, override."""
    spare_widths: list[int] = field(default_factory=list)
    """Widths of layers that were taken away, for when they come back."""


class PageState:
    """The experiment being set up. It may be invalid; nothing in it is lost for that.

    An edit that changes nothing is none: a browser may answer with a value that was sent to it.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._next_id = 0
        self.panels: list[Panel] = []
        self.own: dict[str, Any] | None = None
        """The draft that was there before, if any was, and was no preset."""
        self._past: list[dict[str, Any]] = []
        self.n_edits = 0
        self._set_up(_draft_of(experiment))

    def load(self, experiment: Experiment) -> None:
        """Set everything up as in an experiment; this can be taken back like an edit."""
        self.restore(_draft_of(experiment))

    def restore(self, draft: dict[str, Any]) -> None:
        """Set everything up as in a draft; this can be taken back like an edit."""
        if not self._is_preset():
            self.own = deepcopy(self.draft())
        self._remember()
        self._set_up(draft)

    def _is_preset(self) -> bool:
        try:
            return preset_of(self.experiment()) is not None
        except SpecError:
            return False

    def _set_up(self, draft: dict[str, Any]) -> None:
        self.data: dict[str, Any] = draft["data"]
        self.training: dict[str, Any] = draft["training"]
        self.seeds: str = draft["seeds"]
        self.seeding: str = draft["seeding"]
        self.margin_points: Any = draft["margin_points"]
        ids = [panel.id for panel in self.panels]  # kept: changed panels show sooner than new ones
        self.panels = [
            Panel(ids[i], values) if i < len(ids) else self._new_panel(values)
            for i, values in enumerate(draft["architectures"])
        ]
        self.notice = ""

    def draft(self) -> dict[str, Any]:
        """What is set up, valid or not: as in the experiment's JSON, the seeds as text."""
        return {
            "data": self.data,
            "training": self.training,
            "architectures": [panel.values for panel in self.panels],
            "seeds": self.seeds,
            "seeding": self.seeding,
            "margin_points": self.margin_points,
        }

    def experiment(self) -> Experiment:
        """The experiment.

        Raises
        ------
        SpecError
            With every fault of what is set up.
        """
        return self._experiment_of(self.panels)

    def experiment_of(self, panel: Panel) -> Experiment | None:
        """The experiment of one panel alone; None while it or what all share is not valid."""
        try:
            return self._experiment_of([panel])
        except SpecError:
            return None

    def _experiment_of(self, panels: list[Panel]) -> Experiment:
        faults: list[Fault] = []
        seeds: list[int] = []
        try:
            seeds = list(parse_seeds(self.seeds))
        except SpecError as error:
            faults += error.faults
            seeds = [0]
        document = self.draft() | {"schema_version": codec.SCHEMA_VERSION, "seeds": seeds}
        document["architectures"] = [panel.values for panel in panels]
        return Experiment(**codec.from_dict(document, faults))

    @property
    def can_add(self) -> bool:
        """Whether there is room for one more panel."""
        return len(self.panels) < MAX_PANELS

    def undo(self) -> None:
        """Take back the last edit."""
        if self._past:
            self.n_edits += 1
            for name, value in self._past.pop().items():
                setattr(self, name, value)

    @property
    def can_undo(self) -> bool:
        """Whether there is an edit to take back."""
        return bool(self._past)

    def move(self, panel_id: int, places: int) -> None:
        """Move a panel to the right, or with negative places to the left, as far as it goes."""
        position = self._position(panel_id)
        if position is None:
            return
        target = min(max(position + places, 0), len(self.panels) - 1)
        if target != position:
            self._edited()
            self.panels.insert(target, self.panels.pop(position))

    def set_departures(self, panel_id: int, names: list[str]) -> None:
        """Set in which training fields one architecture departs; new ones begin as the protocol."""
        override = self._override(panel_id)
        departures = {name: override.get(name, self.training[name]) for name in names}
        self.set_panel(panel_id, "override", departures or None)

    def set_departure(self, panel_id: int, name: str, value: Any) -> None:
        """Set the value of a training field in which one architecture departs."""
        override = self._override(panel_id)
        self.set_panel(panel_id, "override", override | {name: value})

    def add(self) -> None:
        """Put a panel at the end, in the engine of the last one."""
        values = codec.to_dict(Experiment(architectures=(Architecture(),)))["architectures"][0]
        values["engine"] = self.panels[-1].values["engine"]
        self._insert(len(self.panels), values)

    def duplicate(self, panel_id: int) -> None:
        """Put a copy of a panel behind it."""
        position = self._position(panel_id)
        if position is not None:
            self._insert(position + 1, deepcopy(self.panels[position].values))

    def remove(self, panel_id: int) -> None:
        """Take a panel away, but for the last one."""
        position = self._position(panel_id)
        if position is not None and len(self.panels) > 1:
            self._edited()
            del self.panels[position]

    def set_depth(self, panel_id: int, depth: Any) -> None:
        """Set the number of hidden layers; widths of layers that come back are as they were.

        What is no such number changes nothing.
        """
        position = self._position(panel_id)
        if position is None or not is_integer(depth, 0, MAX_DEPTH):
            return
        panel = self.panels[position]
        widths = list(panel.values["hidden"])
        if depth == len(widths):
            return
        self._edited()
        known = widths + panel.spare_widths
        known += [known[-1] if known else _SPARE_WIDTH] * (depth - len(known))
        panel.values["hidden"], panel.spare_widths = known[:depth], known[depth:]

    def set_width(self, panel_id: int, layer: int, width: float | None) -> None:
        """Set the width of one hidden layer."""
        position = self._position(panel_id)
        if position is not None and layer < len(self.panels[position].values["hidden"]):
            widths = list(self.panels[position].values["hidden"])
            if widths[layer] != width:
                widths[layer] = width
                self.set_panel(panel_id, "hidden", widths)

    def set_panel(self, panel_id: int, name: str, value: Any) -> None:
        """Set a field of one architecture."""
        position = self._position(panel_id)
        if position is not None and self.panels[position].values[name] != value:
            self._remember() if name == "name" else self._edited()  # a name changes no number
            self.panels[position].values[name] = value

    def set_shared(self, part: str, name: str, value: Any) -> None:
        """Set a field of the data or of the training protocol."""
        values = self.data if part == "data" else self.training
        if values[name] != value:
            self._remember() if name == "report" else self._edited()  # a run holds both reports
            values[name] = value

    def set_seeding(self, seeding: str) -> None:
        """Set what varies with the seed."""
        if seeding != self.seeding:
            self._edited()
            self.seeding = seeding

    def set_margin(self, margin_points: Any) -> None:
        """Set the margin of equivalence, in points; it changes no number of a run."""
        if margin_points != self.margin_points:
            self._remember()
            self.margin_points = margin_points

    def add_seeds(self, n_more: int) -> None:
        """Add the next seeds that are not there yet, as far as there may be more."""
        try:
            seeds = list(parse_seeds(self.seeds))
        except SpecError:
            return
        new = (seed for seed in itertools.count() if seed not in seeds)
        seeds += itertools.islice(new, min(n_more, MAX_SEEDS - len(seeds)))
        self.set_seeds(seeds_text(tuple(seeds)))

    def set_seeds(self, text: str) -> None:
        """Set the seeds, as text."""
        if text == self.seeds:
            return
        self._remember()
        if self.seeding == "sequential":
            self.seeding, self.notice = "independent", _NOTICE_OF_SEEDS
        self.seeds = text

    def _override(self, panel_id: int) -> dict[str, Any]:
        position = self._position(panel_id)
        return {} if position is None else self.panels[position].values["override"] or {}

    def _position(self, panel_id: int) -> int | None:
        """Where a panel is; None once it is gone, as for the second of two quick clicks."""
        return next((i for i, panel in enumerate(self.panels) if panel.id == panel_id), None)

    def _remember(self) -> None:
        """Keep what is there for `undo`; a notice lasts until the next edit."""
        self.n_edits += 1
        self._past.append({name: deepcopy(getattr(self, name)) for name in _EDITED})
        del self._past[:-_MAX_UNDO]
        self.notice = ""

    def _new_panel(self, values: dict[str, Any]) -> Panel:
        self._next_id += 1
        return Panel(self._next_id, values)

    def _insert(self, position: int, values: dict[str, Any]) -> None:
        if self.can_add:
            self._edited()
            self.panels.insert(position, self._new_panel(values))

    def _edited(self) -> None:
        """Before an edit: remember what was; at the first edit of a lesson's replay, leave it."""
        self._remember()
        if self.seeding == "sequential":
            self.seeding, self.seeds, self.notice = "independent", MANY_SEEDS, _NOTICE


def _draft_of(experiment: Experiment) -> dict[str, Any]:
    draft = codec.to_dict(experiment) | {"seeds": seeds_text(experiment.seeds)}
    del draft["schema_version"]
    return draft


def parse_seeds(text: str) -> tuple[int, ...]:
    """Seeds from a text such as "0-19, 42".

    Raises
    ------
    SpecError
        If a part is no number and no range, or the seeds break their rule.
    """
    rule = "must be numbers and ranges such as 0-19, 42, of 1 to 128 distinct seeds up to 2³²−1"
    fault = SpecError([Fault("seeds", rule, shown(text))])
    seeds: list[int] = []
    for part in text.split(","):
        found = _SEEDS.fullmatch(part)
        if found is None:
            raise fault
        first = int(found[1])
        last = first if found[2] is None else int(found[2])
        if not 0 <= last - first < MAX_SEEDS or len(seeds) > MAX_SEEDS:
            raise fault
        seeds += range(first, last + 1)
    if not SEEDS_RULE.accepts(tuple(seeds)):
        raise fault
    return tuple(seeds)


def seeds_text(seeds: tuple[int, ...]) -> str:
    """The shortest text that `parse_seeds` reads as these seeds."""
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
