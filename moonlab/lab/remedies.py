"""A case that overfits, remedies against it one at a time, and what each of them gains."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean
from typing import NamedTuple

from moonlab.judgement import judge
from moonlab.lab.unpaired import unpaired_difference
from moonlab.results import Group
from moonlab.spec import Architecture, DataSpec, Experiment, Training

N_POINTS, MORE, NOISE = 100, 400, 0.4
WIDTH, NARROW = 32, 4
SEEDS = tuple(range(20))
MORE_DATA = "More data"


def _network(name: str, width: int = WIDTH, **override: object) -> Architecture:
    return Architecture((width, width), "relu", "numpy", name, override or None)


BASE = _network("Base")
REMEDIES = (
    _network("Less width", NARROW),
    _network("L2", l2=0.01),
    _network("Dropout", dropout=0.5),
    _network("Best epoch", report="best_validation"),
)


class Gain(NamedTuple):
    """What a remedy gains on fresh points over the base case."""

    name: str
    mean: float
    """A share, as are the bounds of its 95% interval."""
    low: float
    high: float
    verdict: str
    """In a sentence without a full stop; empty where seeds do not pair."""


class Chosen(NamedTuple):
    """What validation points choose, a group for each run, and how their choices do."""

    counts: dict[str, int]
    """How many runs choose each group, the most chosen first."""
    validation_loss: float
    """Mean over the runs, on the very points that chose."""
    fresh_loss: float
    fresh_accuracy: float


def base() -> Experiment:
    """A wide network on few, noisy points; each seed draws its own."""
    return _experiment(N_POINTS, BASE)


def remedies() -> Experiment:
    """The base case, and the remedies that leave the data alone."""
    return _experiment(N_POINTS, BASE, *REMEDIES)


def more_data() -> Experiment:
    """The base case's network on more points, in as many steps."""
    return _experiment(MORE, _network(MORE_DATA))


def on_lessons_data() -> Experiment:
    """The base case's network and protocol on the lesson's own data."""
    return replace(base(), data=DataSpec(), seeds=SEEDS[:5], seeding="independent")


def _experiment(n_points: int, *networks: Architecture) -> Experiment:
    data = DataSpec(n_samples=n_points, noise=NOISE)
    training = Training(batch_size=None, epochs=300)
    return Experiment(data, training, networks, SEEDS, "with_data")


def compare_remedies(groups: Sequence[Group], more: Group) -> list[Gain]:
    """What remedies gain over the base case.

    Parameters
    ----------
    groups : sequence of Group
        The base case, then remedies on the same data from the same seeds: these are paired.
    more : Group
        The base case on other data; its seeds do not pair with those of the others.

    Returns
    -------
    list of Gain
        Of `more`, then of each remedy in order.
    """
    two = ([run.scores.test.accuracy for run in group.runs] for group in (more, groups[0]))
    means = unpaired_difference(*two)
    judged = judge(groups)
    gains = [Gain(more.name, means.mean, means.low, means.high, "")]
    for pair, said in zip(judged.pairs, judged.verdicts, strict=True):
        if pair.first == 0:
            name, gain = groups[pair.second].name, pair.swapped()
            gains.append(Gain(name, gain.mean, gain.low, gain.high, said.text))
    return gains


def choose_by_validation_loss(groups: Sequence[Group]) -> Chosen:
    """Let each run's validation points choose among groups, then see how the chosen ones do.

    Parameters
    ----------
    groups : sequence of Group
        Trained on the same data from the same seeds, with validation points.
    """
    chosen = [
        min(zip(groups, runs, strict=True), key=lambda one: one[1].scores.val.loss)
        for runs in zip(*(group.runs for group in groups), strict=True)
    ]
    names = Counter(group.name for group, _ in chosen)
    scores = [run.scores for _, run in chosen]
    return Chosen(
        dict(names.most_common()),
        fmean(one.val.loss for one in scores),
        fmean(one.test.loss for one in scores),
        fmean(one.test.accuracy for one in scores),
    )
