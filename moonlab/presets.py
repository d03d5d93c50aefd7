"""Ready experiments, each with what to look for, and what was seen once it has run."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from moonlab import lesson
from moonlab.results import Comparison, Group
from moonlab.spec import Architecture, DataSpec, Experiment, Training
from moonlab.wording import percent

if TYPE_CHECKING:
    import pandas as pd

_MANY = tuple(range(20))


class Preset(NamedTuple):
    """A ready experiment."""

    title: str
    look_for: str
    experiment: Callable[[], Experiment]
    seen: Callable[[Comparison], str]
    """What was seen, in a sentence, from the numbers of its comparison."""


def width_ladder() -> Experiment:
    """One hidden layer of 2, 4, 8, 16 and 32 units."""
    return _ladder(*((width,) for width in (2, 4, 8, 16, 32)))


def depth_ladder() -> Experiment:
    """Zero to four hidden layers of 8 units."""
    return _ladder(*((8,) * depth for depth in range(5)))


def overfitting() -> Experiment:
    """A wide and deep network on 100 very noisy points for 1,000 epochs, beside a small one."""
    return Experiment(
        data=DataSpec(n_samples=100, noise=0.4),
        training=Training(epochs=1000),
        architectures=(Architecture((4,), engine="numpy"), Architecture((64, 64), engine="numpy")),
        seeds=tuple(range(6)),
    )


def two_engines() -> Experiment:
    """The same network from the same weights and batches through both engines."""
    return Experiment(
        architectures=(
            Architecture((16,), engine="numpy", name="by hand in NumPy"),
            Architecture((16,), engine="torch", name="PyTorch"),
        ),
        seeds=tuple(range(5)),
    )


def losses() -> Experiment:
    """Cross-entropy against squared error, full batch at rate 1.0, 200 updates."""
    return Experiment(
        data=DataSpec(validation_fraction=0.0),
        training=Training(optimizer="gd", learning_rate=1.0, batch_size=None, epochs=200),
        architectures=(
            Architecture((16,), engine="numpy", name="cross-entropy", override={"loss": "bce"}),
            Architecture((16,), engine="numpy", name="squared error", override={"loss": "mse"}),
        ),
        seeds=_MANY,
    )


def _ladder(*hidden: tuple[int, ...]) -> Experiment:
    architectures = tuple(Architecture(widths, engine="numpy") for widths in hidden)
    return Experiment(architectures=architectures, seeds=_MANY)


def _names_with(values: "pd.Series", summary: "pd.DataFrame") -> str:
    """Each architecture with its value of a column of accuracies."""
    pairs = zip(summary["architecture"], values, strict=True)
    return ", ".join(f"{name} {percent(value)}" for name, value in pairs)


def _see_lesson(comparison: Comparison) -> str:
    scores = [run.scores.val for run in comparison.runs]
    counts = ", ".join(f"{score.correct}/{score.n}" for score in scores)
    point = percent(1 / scores[0].n)
    return (
        f"On the validation points they get {counts} right. One point is {point}, and this is one "
        "run each: too little to rank them by."
    )


def _see_numpy(comparison: Comparison) -> str:
    curves = comparison.runs[0].history
    return (
        f"The loss fell from {curves.train_loss.iloc[0]:.4f} to {curves.train_loss.iloc[-1]:.4f}, "
        f"the accuracy rose from {percent(curves.train_accuracy.iloc[0])} to "
        f"{percent(curves.train_accuracy.iloc[-1])}."
    )


def _see_accuracies(comparison: Comparison) -> str:
    summary = comparison.summary()
    return f"On fresh points, on average: {_names_with(summary['test_accuracy'], summary)}."


def _see_gap(comparison: Comparison) -> str:
    summary = comparison.summary()
    return (
        f"{' '.join(_losses_of(group) for group in comparison.groups())} "
        f"On the points it learned from: {_names_with(summary['train_accuracy'], summary)}. "
        f"On fresh ones: {_names_with(summary['test_accuracy'], summary)}."
    )


def _losses_of(group: Group) -> str:
    """Where the mean losses of whole runs went."""
    n_rows = min(len(run.curves) for run in group.runs)
    train, val = np.mean([run.curves[:n_rows, :2] for run in group.runs], axis=0).T
    best = int(val.argmin())
    return (
        f"{group.name}: the validation loss fell to {val[best]:.2f} by epoch {best:,} and ended at "
        f"{val[-1]:.2f}, the training loss at {train[-1]:.2f}."
    )


def _see_engines(comparison: Comparison) -> str:
    (_, ours), (_, theirs) = comparison.groups()
    largest = max(
        abs(a.curves[:50, 0] - b.curves[:50, 0]).max() for a, b in zip(ours, theirs, strict=True)
    )
    return (
        f"Over the first 50 epochs their training losses differ by {largest:.1e} at most: "
        "the rounding of 32 against 64 bits."
    )


PRESETS = {
    "lesson": Preset(
        "The lesson's five, in PyTorch",
        "Do five or twenty times as many parameters buy accuracy?",
        lesson.torch_experiment,
        _see_lesson,
    ),
    "lesson-numpy": Preset(
        "The lesson's classifier by hand",
        "How far do 500 full-batch steps of plain gradient descent come?",
        lesson.numpy_experiment,
        _see_numpy,
    ),
    "width": Preset(
        "Width ladder",
        "At which width does accuracy stop rising, and how far do single runs scatter below it?",
        width_ladder,
        _see_accuracies,
    ),
    "depth": Preset(
        "Depth ladder",
        "What does the first hidden layer buy, and what do the others?",
        depth_ladder,
        _see_accuracies,
    ),
    "overfitting": Preset(
        "Overfitting",
        "Watch the dashed validation loss turn up while the solid training loss goes on falling.",
        overfitting,
        _see_gap,
    ),
    "engines": Preset(
        "Two engines, one network",
        "Do the two curves lie on top of each other?",
        two_engines,
        _see_engines,
    ),
    "losses": Preset(
        "Cross-entropy against squared error",
        "Which is further after the same 200 steps?",
        losses,
        _see_accuracies,
    ),
}


@lru_cache(maxsize=64)
def preset_of(experiment: Experiment) -> Preset | None:
    """The preset that an experiment is, if it is one."""
    return next((p for p in PRESETS.values() if p.experiment() == experiment), None)
